"""Tests in several processes: nothing that shares a folder or a fixture is torn apart."""

import os
import subprocess
import sys

from tests import workers

RECORD = """
import os, pytest

@pytest.mark.parametrize("n", range(2))
def test_of_a_file(n, request):
    with open(os.environ["RECORD"], "a") as record:
        record.write(f"{request.path.parent.name}/{request.path.stem} {os.environ['PYTEST_XDIST_WORKER']}\\n")
"""
LOADED = f"""
import runpy
ByFile = runpy.run_path({workers.__file__!r})["ByFile"]

def pytest_xdist_make_scheduler(config, log):
    return ByFile(config, log)
"""


def test_one_worker_has_the_whole_book_and_no_file_has_two(tmp_path):
    for name in ("tests/book/test_a.py", "tests/book/test_b.py", "tests/test_c.py", "tests/test_d.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(RECORD)
    (tmp_path / "conftest.py").write_text(LOADED)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    alone = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "2", "-p", "no:cacheprovider", str(tmp_path)],
        capture_output=True, text=True, cwd=tmp_path, env=alone | {"RECORD": str(tmp_path / "record")},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    record = [line.split() for line in (tmp_path / "record").read_text().splitlines()]
    assert len(record) == 8
    who = {file: {worker for name, worker in record if name == file} for file, _ in record}
    assert all(len(found) == 1 for found in who.values())
    assert who["book/test_a"] == who["book/test_b"] != who["tests/test_c"]


def test_the_suite_is_shared_out_that_way(pytestconfig):
    heard = pytestconfig.hook.pytest_xdist_make_scheduler.get_hookimpls()
    assert "tests.conftest" in {one.function.__module__ for one in heard}

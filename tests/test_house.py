"""The house: what is pinned, what is ignored, and what CI runs."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PINS = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and not line.startswith("#")]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
REGISTRIES = ["py" + "pi.org", "python" + "hosted.org", "--index" + "-url", "--extra-index" + "-url"]
SKIPPED = {".git", ".venv", "__pycache__", "_build", "artefacts", "generated", "node_modules", ".hypothesis"}
TEXT = {".py", ".toml", ".txt", ".md", ".yml", ".yaml", ".sh", ".json", ".cfg", ".ini", ".csv", ""}


def plain(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def own_files():
    for folder, children, names in os.walk(ROOT):
        children[:] = [c for c in children if c not in SKIPPED and not c.endswith(("_cache", ".egg-info"))]
        yield from (Path(folder, name) for name in names if Path(name).suffix in TEXT)


def test_every_pin_is_exact_and_none_is_an_address():
    assert PINS
    assert all(re.fullmatch(r"[a-z0-9-]+==[0-9][A-Za-z0-9.+]*", pin) for pin in PINS)


def test_every_dependency_is_pinned():
    groups = PROJECT["optional-dependencies"].values()
    asked = [PROJECT["dependencies"], *groups]
    names = {plain(re.match(r"[A-Za-z0-9._-]+", one)[0]) for group in asked for one in group}
    assert names <= {pin.partition("==")[0] for pin in PINS}


def test_there_is_no_second_lock_file():
    assert not [name for name in ("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock") if (ROOT / name).exists()]


def test_no_file_names_a_package_index():
    found = [str(path) for path in own_files() if any(r in path.read_text(errors="ignore") for r in REGISTRIES)]
    assert not found


def test_ci_runs_what_a_developer_runs():
    assert (ROOT / ".ci" / "run").read_text().splitlines()[-1] == "make test"
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    steps = re.findall(r"- run: (.*)", (ROOT / ".github" / "workflows" / "ci.yml").read_text())
    assert [step.partition(" #")[0] for step in steps] == ["make lint", ".ci/run"]


@pytest.mark.parametrize(
    "target", ["forecast", "test", "coverage", "test-slow", "bench", "book", "audit", "lint", "help"]
)
def test_make_knows_the_target(target):
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.fixture
def empty_house(tmp_path):
    """A copy of the bootstrap with nothing but a PATH of our own making; returns a function that runs it."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "bootstrap.sh").write_bytes((ROOT / "scripts" / "bootstrap.sh").read_bytes())
    for name in ("pyproject.toml", "constraints.txt"):
        (tmp_path / name).write_text("")
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in ("cat", "cksum", "dirname", "ls", "mkdir", "rm", "sort"):
        (tools / tool).symlink_to(subprocess.check_output(["sh", "-c", f"command -v {tool}"], text=True).strip())

    def run(**executables):
        for name, script in executables.items():
            (tools / name).write_text(f"#!/bin/sh\n{script}\n")
            (tools / name).chmod(0o755)
        command = ["/bin/sh", str(tmp_path / "scripts" / "bootstrap.sh")]
        environment = {"PATH": str(tools), "HOME": str(tmp_path / "home")}
        return subprocess.run(command, capture_output=True, text=True, env=environment)

    run.root = tmp_path
    return run


# Stands in for a good interpreter: answers the version check, makes a .venv with itself in it, and plays pip.
GOOD_PYTHON = """case "$*" in
  "-m venv .venv") mkdir -p .venv/bin; cat "$0" >.venv/bin/python; /bin/chmod +x .venv/bin/python;;
  *"pip install"*) echo pip >>calls; [ ! -e broken ];;
esac"""


def test_without_a_python_the_bootstrap_fails_with_one_sentence_and_leaves_nothing(empty_house):
    done = empty_house(python3="exit 127", python="exit 1")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "no Python 3.12 or newer" in done.stderr
    assert not (empty_house.root / ".venv").exists()


def test_a_shim_that_fails_is_passed_over_for_a_python_of_pyenv(empty_house):
    real = empty_house.root / "home" / ".pyenv" / "versions" / "3.12.1" / "bin"
    real.mkdir(parents=True)
    (real / "python").write_text(f"#!/bin/sh\n{GOOD_PYTHON}\n")
    (real / "python").chmod(0o755)
    shim = 'echo "pyenv: python3.12: command not found" >&2; exit 127'
    done = empty_house(**{"python3.12": shim, "python3": "exit 1"})
    assert done.returncode == 0, done.stderr


def test_the_bootstrap_installs_once_and_again_only_when_the_pins_change(empty_house):
    calls = empty_house.root / "calls"
    for pins, expected in (("", 1), ("", 1), ("numpy==1", 2), ("numpy==1", 2)):
        (empty_house.root / "constraints.txt").write_text(pins)
        assert empty_house(**{"python3.12": GOOD_PYTHON}).returncode == 0
        assert len(calls.read_text().splitlines()) == expected


def test_a_bootstrap_that_was_cut_short_starts_afresh(empty_house):
    (empty_house.root / "broken").touch()
    assert empty_house(**{"python3.12": GOOD_PYTHON}).returncode != 0
    leftover = empty_house.root / ".venv" / "half-a-package"
    leftover.touch()
    (empty_house.root / "broken").unlink()
    assert empty_house(**{"python3.12": GOOD_PYTHON}).returncode == 0
    assert not leftover.exists()


CLEAN = {"name": "numpy", "version": "1", "vulns": []}
HOLED = {"name": "zarr", "version": "2", "vulns": [{"id": "X-1", "fix_versions": ["3"]}]}
UNKNOWN = {"name": "zarr", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        ({"dependencies": [CLEAN, {**HOLED, "vulns": []}]}, 0, "2 pins, none known to be vulnerable"),
        ({"dependencies": [CLEAN, HOLED]}, 1, "zarr 2: X-1, mended in 3"),
        ({"dependencies": [CLEAN, UNKNOWN]}, 2, "knows 1 of 2 pins"),
        ({"dependencies": []}, 2, "knows 0 of 2 pins"),
        ("", 2, "no service of advisories answered"),
        (None, 2, "could not be installed"),
    ],
)
def test_an_audit_passes_only_when_every_pin_was_looked_up_and_none_is_vulnerable(tmp_path, answer, code, said):
    for name, text in (
        ("scripts/audit.sh", (ROOT / "scripts" / "audit.sh").read_text()),
        ("constraints.txt", "# pins\nnumpy==1\nzarr==2\n"),
        (".venv/bin/python", f'#!/bin/sh\n[ "$1" = -m ] && exit 1\nexec {sys.executable} "$@"\n'),
        ("answer", answer if isinstance(answer, str) else json.dumps(answer)),
        (
            ".venv/rsi-audit/bin/pip-audit",
            f'#!/bin/sh\nwhile [ "$1" != --output ]; do shift; done\ncat {tmp_path}/answer >"$2"\n',
        ),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    if answer is None:
        (tmp_path / ".venv/rsi-audit/bin/pip-audit").unlink()
    done = subprocess.run([tmp_path / "scripts" / "audit.sh"], capture_output=True, text=True)
    assert done.returncode == code
    assert said in done.stdout + done.stderr
    assert len((done.stdout + done.stderr).splitlines()) == 1

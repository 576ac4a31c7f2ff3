"""The record of the fast tests says what pytest and coverage said."""

import json

import pytest

from tests import suite

JUNIT = """<testsuites><testsuite time="600"><testcase classname="tests.test_store" name="a" time="1"/>
<testcase classname="tests.test_store" name="b" time="2"><failure/></testcase>
<testcase classname="tests.book.test_land" name="c"><skipped/></testcase>
<testcase classname="tests.test_fetch" name="d"/></testsuite></testsuites>"""


@pytest.fixture
def files(tmp_path):
    def summary(covered, branches):
        return {
            "summary": {
                "num_statements": 100,
                "covered_lines": covered,
                "num_branches": 20,
                "covered_branches": branches,
            }
        }

    report, junit = tmp_path / "coverage.json", tmp_path / "junit.xml"
    report.write_text(json.dumps({"files": {
        "priors/a.py": summary(100, 20), "forecast/b.py": summary(90, 18), "cruxes/c/d.py": summary(50, 10)
    }}))  # fmt: skip
    junit.write_text(JUNIT)
    return report, junit


def test_coverage_counts_statements_and_branches_of_each_package(files):
    table = suite.branches_of(files[0]).set_index("package")["percent"]
    assert table.round(3).to_dict() == {"priors": 100.0, "forecast": 90.0, "cruxes": 50.0, "all": 80.0}


def test_a_failed_test_too_little_coverage_and_an_untested_surface_fall_short(files):
    rows = suite.measured(*files).findings.set_index("item")
    assert rows.loc["fast tests that fail", "value"] == 1.0
    assert rows.loc["time of the fast tests while coverage is measured", "value"] == 10.0
    short = set(rows.index[~rows["passes"]])
    assert {"fast tests that fail", "lines and branches reached, forecast", "hostile input: the ledger on disk",
            "hostile input: the link of the widget", "hostile input: pages of the book"} <= short  # fmt: skip
    assert rows.loc["hostile input: files of publishers", "passes"]
    assert rows.loc["lines and branches reached, priors", "passes"]
    branches = rows.loc[[f"branches reached, {name}" for name in ("priors", "forecast", "cruxes", "all")], "value"]
    assert branches.tolist() == [100.0, 90.0, 50.0, 80.0]


def test_surfaces_name_modules_that_there_are():
    from pathlib import Path

    there = {path.stem for path in Path(__file__).parent.rglob("test_*.py")}
    assert {module for modules in suite.SURFACES.values() for module in modules} <= there

"""The fast tests as a record of the trust report: `python -m tests.suite COVERAGE_JSON JUNIT_XML`.

`make coverage` writes both files. What they say is kept with the other records (`forecast.trust.records`).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd

from forecast.evidence import ledger
from forecast.trust import findings, records
from forecast.trust.findings import Context, Finding, Measured

CHECK = "suite"
PACKAGES = ("priors", "forecast", "cruxes")
LEAST_COVERAGE = 92.0
LONGEST_MINUTES = 25.0
SURFACES: Mapping[str, tuple[str, ...]] = {
    "files of publishers": ("test_importers_fuzz", "test_importers_hostile", "test_fetch"),
    "the ledger on disk": ("test_store", "test_history", "test_ledger"),
    "artefacts and records": ("test_artefacts", "test_verify_command", "test_trust_records"),
    "pages of the book": ("test_publication", "test_browser", "test_links"),
    "the link of the widget": ("test_land", "test_landing_bank"),
}
"""Where somebody else's bytes come in, and the modules of tests that feed it hostile ones."""


def tests_of(junit: Path) -> pd.DataFrame:
    """One row a test: module, name, outcome (passed, failed or skipped), seconds."""
    rows = []
    for case in ElementTree.parse(junit).getroot().iter("testcase"):
        inside = {child.tag for child in case}
        outcome = "failed" if inside & {"failure", "error"} else "skipped" if "skipped" in inside else "passed"
        module = str(case.get("classname")).rpartition(".")[2]
        rows.append((module, str(case.get("name")), outcome, float(case.get("time") or 0.0)))
    return pd.DataFrame(rows, columns=["module", "name", "outcome", "seconds"])


def branches_of(report: Path) -> pd.DataFrame:
    """One row a package and one for all: statements and branches, how many were reached, and the share in percent."""
    files: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))["files"]
    rows = []
    for package in (*PACKAGES, "all"):
        own = [
            one["summary"] for name, one in files.items() if package in ("all", name.replace("\\", "/").split("/")[0])
        ]
        counted = {key: sum(one[key] for one in own) for key in
                   ("num_statements", "covered_lines", "num_branches", "covered_branches")}  # fmt: skip
        reached, of = (counted["covered_lines"] + counted["covered_branches"],
                       counted["num_statements"] + counted["num_branches"])  # fmt: skip
        rows.append({"package": package, **counted, "percent": 100.0 * reached / of if of else float("nan")})
    return pd.DataFrame(rows)


def found(tests: pd.DataFrame, branches: pd.DataFrame, *, minutes: float) -> Iterator[Finding]:
    """Coverage by package, outcomes, time, and the surfaces."""
    for row in branches.to_dict(orient="records"):
        yield Finding(
            item=f"lines and branches reached, {row['package']}", value=row["percent"], unit="%", low=LEAST_COVERAGE,
            says=f"By the fast tests: {row['covered_lines']} of {row['num_statements']} statements and "
            f"{row['covered_branches']} of {row['num_branches']} branches.",
        )  # fmt: skip
        yield Finding(
            item=f"branches reached, {row['package']}", low=LEAST_COVERAGE, unit="%",
            value=100.0 * row["covered_branches"] / row["num_branches"] if row["num_branches"] else 100.0,
            says="The same of branches alone: each way out of each decision.",
        )  # fmt: skip
    failed = int((tests["outcome"] == "failed").sum())
    yield Finding(item="fast tests that fail", value=float(failed), unit=f"of {len(tests)}", low=0.0, high=0.0,
                  says="A test that fails here fails a change.")  # fmt: skip
    yield Finding(item="time of the fast tests while coverage is measured", value=minutes, unit="minutes",
                  high=LONGEST_MINUTES, says="Tracing makes them slower than they are in continuous integration.")  # fmt: skip
    for surface, modules in SURFACES.items():
        own = tests[tests["module"].isin(modules)]
        yield Finding(
            item=f"hostile input: {surface}", value=float((own["outcome"] == "passed").sum()), unit="tests passed",
            low=float(max(len(own), 1)), high=float(max(len(own), 1)), says=f"All of {', '.join(modules)}.",
        )  # fmt: skip


def measured(report: Path, junit: Path) -> Measured:
    """The two files as findings, with tables ``coverage`` (by package) and ``tests`` (by module)."""
    tests, branches = tests_of(junit), branches_of(report)
    suite = ElementTree.parse(junit).getroot().find("testsuite")
    minutes = float((suite.get("time") if suite is not None else None) or 0.0) / 60.0
    by_module = tests.groupby("module")["outcome"].value_counts().unstack(fill_value=0).reset_index()
    return Measured(check=CHECK, findings=findings.table(CHECK, found(tests, branches, minutes=minutes)),
                    tables={"coverage": branches, "tests": by_module})  # fmt: skip


def main(report: Path, junit: Path) -> None:
    one = measured(report, junit)
    minutes = float(one.findings.set_index("item")["value"]["time of the fast tests while coverage is measured"])
    context = Context(ledger=ledger.read(), day=date.today())
    print(records.write(one, context, where=records.folder(), seconds=60.0 * minutes, options={}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

"""The table in the README is what the code computes, within Monte Carlo error."""

import re
from datetime import date
from pathlib import Path

import numpy as np
import pytest

import priors
from forecast import views

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
LARGEST_DIFFERENCE = 0.05
"""Probability: the printed table is one seed on one machine; 4,000 correlated draws leave two or three points."""

LINE = re.compile(r"^ ?(\w*) +(stated|updated) +(\S+) +(\S+) +(\S+) +(\S+) +(\S+) +(\S+) +(\S+) +(\S+) +(\S+)$")


def printed(event):
    """{(worldview, view): [P by 2028, 2030, 2035, 2050, never, stopped]} from the README's table of an event."""
    lines = README[README.index(f"\n{event}: ") :].splitlines()[2:]
    found, name = {}, ""
    for line in lines:
        if re.match(r"[A-Z0-9]+: |```|LOOP by", line):
            break
        if match := LINE.match(line.rstrip()):
            name = match[1] or name
            found[name, match[2]] = [float(x.strip("<>")) / 100 for x in match.groups()[2:8]]
    return found


EVENTS = ("LOOP", "SWX3", "ECON10")


@pytest.mark.parametrize("event", EVENTS)
def test_the_readme_shows_every_worldview_before_and_after(event):
    assert set(printed(event)) == {(n, v) for n in priors.names() for v in ("stated", "updated")}


def test_the_readmes_probabilities_are_those_of_the_code(stated, ledger, updated_clark):
    from tests.test_views import TODAY

    for name, state in stated.items():
        updated = updated_clark if name == "clark" else views.update(state, ledger, TODAY, seed=1)
        for view in (state.view, updated):
            for event in EVENTS:
                shown = printed(event)[name, view.name]
                for year, p in zip((2028, 2030, 2035, 2050), shown, strict=False):
                    ours = view.probability(view.futures.observed(event) < year + 1)
                    assert ours == pytest.approx(p, abs=LARGEST_DIFFERENCE), (name, view.name, event, year)


def sequence():
    """{day: {worldview: (P(LOOP by the end of 2030), P(never))}} from the README's second table."""
    head, *rows = README[README.index("\nas of ") :].split("```")[0].strip().splitlines()
    found = {}
    for row in rows:
        day, *cells = re.split(r" {2,}", row.strip())
        numbers = [re.fullmatch(r"(\d+) \((\d+)\)", cell) for cell in cells]
        found[day] = {n: (int(m[1]) / 100, int(m[2]) / 100) for n, m in zip(head.split()[2:], numbers, strict=True)}
    return found


def held(name, state, ledger, days):
    for day in days:
        view = views.update(state, ledger, date.fromisoformat(day), seed=1)
        by_2030, never = sequence()[day][name]
        seen = view.futures.observed("LOOP")
        assert view.probability(seen < 2031) == pytest.approx(by_2030, abs=LARGEST_DIFFERENCE), day
        ended = np.isfinite(view.futures.dates["LOOP"]) | np.isfinite(view.futures.first_stop("LOOP"))
        assert view.probability(~ended) == pytest.approx(never, abs=0.03), day


def test_the_readmes_sequence_begins_where_the_code_does(stated, ledger):
    held("lambert", stated["lambert"], ledger, ["2026-06-01"])


@pytest.mark.slow
@pytest.mark.parametrize("name", priors.names())
def test_the_readmes_sequence_is_that_of_the_code_whether_reweighted_or_refitted(name, stated, ledger):
    held(name, stated[name], ledger, sequence())

"""Records in which an idea of the paradigm class would have shown."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from forecast.evidence import register
from forecast.future import paradigm
from forecast.future.paradigm import Record
from priors.problems import BadInput

JUDGED = {
    "none seen": Record(window_start=date(2020, 1, 1), exposure=0.5, counts="none", why="a test"),
    "each one counts": Record(window_start=date(2020, 1, 1), exposure=0.5, counts="value", why="a test"),
}


def log_density(rows, *dates):
    frame = pd.DataFrame(rows, columns=["series", "year", "value"])
    return paradigm.log_density(frame, {"T_par": np.array(dates, dtype=float)}, judged=JUDGED)


def test_every_registered_series_of_the_kind_has_been_judged_and_no_other():
    kinds = {name: entry.kind for name, entry in register.read().series.items()}
    assert {name for name, kind in kinds.items() if kind == "paradigm"} == paradigm.records().keys()


def test_no_series_of_the_packaged_register_counts_ideas_of_the_paradigm_class():
    assert {record.counts for record in paradigm.records().values()} == {"none"}


def test_no_rows_say_nothing():
    assert not log_density([], 2024.0, 2040.0).any()


def test_the_longer_none_is_seen_the_less_likely_an_early_date_and_never_impossible():
    found = log_density([("none seen", 2026.0, 7.0)], 2021.0, 2024.0, 2026.0, 2030.0, np.inf)
    assert (np.diff(found) >= 0).all()
    assert found[0] < found[1] < found[2] == found[3] == found[4]
    assert found[0] > found[4] - 3.0


def test_what_is_counted_does_not_matter_where_none_of_it_is_of_the_class():
    assert np.array_equal(
        log_density([("none seen", 2026.0, 7.0)], 2022.0, 2030.0),
        log_density([("none seen", 2026.0, 700.0)], 2022.0, 2030.0),
    )


def test_an_idea_of_the_class_says_that_the_date_has_come():
    found = log_density([("each one counts", 2026.0, 1.0)], 2023.0, 2030.0)
    assert found[0] > found[1] + 1.0


def test_a_second_look_adds_only_what_has_happened_since():
    two = log_density([("each one counts", 2024.0, 2.0), ("each one counts", 2026.0, 2.0)], 2022.0, 2023.0, 2030.0)
    one = log_density([("each one counts", 2024.0, 2.0)], 2022.0, 2023.0, 2030.0)
    assert (two < one).all()  # no third idea in two more years
    assert two[2] > one[2] - 0.1


def test_a_series_that_nobody_has_judged_is_refused_by_name():
    with pytest.raises(BadInput) as refused:
        log_density([("new a", 2026.0, 1.0), ("new b", 2026.0, 1.0)], 2030.0)
    assert [problem.where for problem in refused.value.problems] == ["new a", "new b"]

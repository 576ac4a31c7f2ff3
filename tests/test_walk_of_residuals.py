"""The walk of the log horizon is found where it is and not where it is not."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from forecast import rows
from tests import walk_of_residuals


@pytest.fixture(scope="module")
def blocks(ledger):
    return rows.blocks(rows.known_by(ledger, date(2026, 5, 31)))


def with_horizons(blocks, walk_sd, seed):
    """The same rows with made-up values: a straight line, a walk, and small errors."""
    rng, rows_ = np.random.default_rng(seed), blocks["horizon"]
    t = rows_.month + rows_.within
    order = np.argsort(t)
    steps = rng.standard_normal(len(t)) * walk_sd * np.sqrt(np.diff(t[order], prepend=t[order][0]) / 12)
    y = np.empty(len(t))
    y[order] = 0.15 * t[order] + np.cumsum(steps) + 0.05 * rng.standard_normal(len(t))
    columns = dict(rows_.columns) | {"y": y, "se_low": 0.1 + 0 * y, "se_high": 0.1 + 0 * y}
    return {**blocks, "horizon": replace(rows_, columns=columns)}


def test_a_straight_line_asks_for_less_noise_than_a_walk(blocks):
    still = np.mean([walk_of_residuals.fit(with_horizons(blocks, 0.0, s)).mean for s in range(5)])
    walks = np.mean([walk_of_residuals.fit(with_horizons(blocks, 0.6, s)).mean for s in range(5)])
    assert still < 0.15 < 0.35 < walks


def test_a_straight_line_speaks_against_a_walk_and_a_walk_for_it(blocks):
    assert walk_of_residuals.fit(with_horizons(blocks, 0.0, 1)).log_ratio < 0
    assert walk_of_residuals.fit(with_horizons(blocks, 0.8, 1)).log_ratio > 2


def test_the_real_residuals_ask_for_a_walk(blocks):
    assert walk_of_residuals.fit(blocks).log_ratio > 0


def test_without_rows_the_prior_stands(ledger):
    none = walk_of_residuals.fit(rows.blocks(rows.known_by(ledger, date(1990, 1, 1))))
    assert none.log_ratio == 0.0
    assert none.weights.sum() == pytest.approx(1.0)

"""The sampler's coordinates stand for the same posterior: they only move one of the standard normals."""

import numpy as np
import pytest

import priors
from forecast import coordinates, kernels, likelihood, parameters, rows
from forecast.coordinates import MOVED
from forecast.likelihood import MONTH
from forecast.parameters import VECTOR


@pytest.fixture(scope="module")
def case(ledger):
    worldview = priors.load("krier")
    blocks = rows.blocks(rows.known_by(ledger, ledger.rows["recorded_on"].max().date()))
    return parameters.of_worldview(worldview), blocks


def some(n, seed=3):
    return 0.5 * np.random.default_rng(seed).standard_normal((n, len(VECTOR)))


def compiled(y, prior, blocks):
    run = kernels.log_likelihood_of_coordinates()
    return run(y, prior.matrix(), coordinates.pivot(blocks), prior.t_asof, MONTH, rows.table(blocks))


def test_all_but_one_coordinate_are_the_standard_normals(case):
    prior, blocks = case
    y = some(5)
    z = coordinates.standard_normals(y, prior.matrix(), coordinates.pivot(blocks))
    assert np.array_equal(np.delete(z, MOVED, axis=1), np.delete(y, MOVED, axis=1))
    assert np.all(z[:, MOVED] != y[:, MOVED])


def test_the_move_does_not_depend_on_the_coordinate_moved_so_its_jacobian_is_one(case):
    prior, blocks = case
    y = some(5)
    further = y + 1.7 * np.eye(len(VECTOR))[MOVED]
    pivot = coordinates.pivot(blocks)
    apart = coordinates.standard_normals(further, prior.matrix(), pivot) - coordinates.standard_normals(
        y, prior.matrix(), pivot
    )
    np.testing.assert_allclose(apart, 1.7 * np.tile(np.eye(len(VECTOR))[MOVED], (5, 1)), atol=1e-9)


def test_where_no_share_can_be_read_nothing_is_moved(case, ledger):
    prior, _ = case
    pivot = coordinates.pivot(
        rows.blocks(rows.known_by(ledger, ledger.rows["recorded_on"].max().date()), without=["share"])
    )
    assert not pivot.any()
    assert np.array_equal(coordinates.standard_normals(some(3), prior.matrix(), pivot), some(3))


def test_the_pivot_is_a_date_within_the_readable_months(case):
    _, blocks = case
    strength, middle = coordinates.pivot(blocks)
    assert strength == 1.0
    assert 2025.6 < middle < 2026.7


def test_the_posterior_density_is_that_of_the_standard_normals(case):
    prior, blocks = case
    y = some(6)
    z = coordinates.standard_normals(y, prior.matrix(), coordinates.pivot(blocks))
    expected = likelihood.total(z, prior, blocks) - 0.5 * (z**2).sum(axis=1)
    found = [compiled(at, prior, blocks)[0] - 0.5 * at @ at for at in y]
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_the_gradient_is_that_of_finite_differences(case):
    prior, blocks = case
    for y in some(2, seed=5):
        _, gradient = compiled(y, prior, blocks)
        step = 1e-6
        found = [
            (compiled(y + step * e, prior, blocks)[0] - compiled(y - step * e, prior, blocks)[0]) / (2 * step)
            for e in np.eye(len(VECTOR))
        ]
        np.testing.assert_allclose(gradient, found, atol=1e-6 * np.abs(gradient).max())


def test_what_a_fit_is_told_comes_apart_as_it_was_joined(case):
    prior, blocks = case
    pivot, table = coordinates.pivot(blocks), rows.table(blocks)
    t_asof, *arrays = kernels.parts(kernels.joined(prior.t_asof, pivot, prior.matrix(), table))
    assert t_asof == prior.t_asof
    for found, expected in zip(arrays, (pivot, prior.matrix(), table), strict=True):
        assert np.array_equal(found, expected)

"""exp and log as arithmetic, against NumPy's."""

import numpy as np
import pytest
from numba import njit

from forecast import vector_math

exp, expm1, log, log1p = vector_math.exp, vector_math.expm1, vector_math.log, vector_math.log1p


@njit
def mapped(values):
    """Each function on each value: numba inlines them here as it does in the kernels."""
    out = np.empty((4, values.size))
    for i in range(values.size):
        out[0, i] = exp(values[i])
        out[1, i] = expm1(values[i])
        out[2, i] = log(abs(values[i]))
        out[3, i] = log1p(abs(values[i]))
    return out


@pytest.fixture(scope="module")
def points():
    rng = np.random.default_rng(1)
    signs = rng.choice([-1.0, 1.0], 200_000)
    near = np.concatenate([signs[:100_000] * 10.0 ** rng.uniform(-12, 0, 100_000), rng.uniform(-699, 699, 100_000)])
    return near[near != 0.0]


def test_no_exponent_is_no_gain_exactly():
    assert exp.py_func is not None
    values = mapped(np.array([0.0, 1.0]))
    assert values[0, 0] == 1.0
    assert values[1, 0] == 0.0
    assert values[2, 1] == 0.0
    assert values[3, 0] == 0.0


def test_exp_is_numpys_over_the_range_of_the_mechanism(points):
    np.testing.assert_allclose(mapped(points)[0], np.exp(points), rtol=1e-14)


def test_log_is_numpys_over_all_positive_normal_numbers(points):
    found = mapped(points)[2]
    np.testing.assert_allclose(found, np.log(np.abs(points)), rtol=1e-14, atol=1e-16)
    far = 10.0 ** np.linspace(-300.0, 300.0, 10_001)
    np.testing.assert_allclose(mapped(far)[2], np.log(far), rtol=1e-14, atol=1e-16)


def test_log_is_as_sharp_on_either_side_of_one():
    """Where the logarithm is small its relative error counts."""
    near = 1.0 + np.concatenate([-(10.0 ** np.linspace(-15, -0.4, 500)), 10.0 ** np.linspace(-15, -0.4, 500)])
    near = near[near != 1.0]
    np.testing.assert_allclose(mapped(near)[2], np.log(near), rtol=2e-15)


def test_gains_are_right_to_the_rounding_of_one(points):
    """expm1 and log1p by subtraction and addition: absolute, not relative, error."""
    small = points[np.abs(points) < 1.0]
    found = mapped(small)
    np.testing.assert_allclose(found[1], np.expm1(small), rtol=0, atol=1e-15)
    np.testing.assert_allclose(found[3], np.log1p(np.abs(small)), rtol=0, atol=4e-16)


def test_exponents_beyond_the_range_are_clamped_and_never_overflow():
    values = mapped(np.array([-1e6, 1e6, -np.inf, np.inf]))[0]
    assert np.isfinite(values).all()
    assert (values > 0.0).all()


@pytest.mark.parametrize("value", [-30.0, -1.0, 1e-9, 0.5, 2.0, 300.0])
def test_logarithm_undoes_exponential(value):
    @njit
    def there_and_back(x):
        return log(exp(x))

    assert there_and_back(value) == pytest.approx(value, rel=1e-14, abs=3e-16)

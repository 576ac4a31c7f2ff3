"""Array namespaces that `forecast.mechanism` and the observation models are written over."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special


class NumPy:
    """Floats and arrays."""

    exp, expm1, log, log1p, sqrt = np.exp, np.expm1, np.log, np.log1p, np.sqrt
    minimum, maximum, where, square = np.minimum, np.maximum, np.where, np.square
    log_ndtr = special.log_ndtr


def pytensor_namespace() -> Any:
    """The same names on PyTensor tensors (imported late: it costs most of a second)."""
    import pytensor.tensor as pt
    from pymc.distributions.dist_math import normal_lcdf

    class PyTensor:
        exp, expm1, log, log1p, sqrt = pt.exp, pt.expm1, pt.log, pt.log1p, pt.sqrt
        minimum, maximum, where, square = pt.minimum, pt.maximum, pt.where, pt.sqr

        @staticmethod
        def log_ndtr(z: Any) -> Any:
            return normal_lcdf(0.0, 1.0, z)

    return PyTensor

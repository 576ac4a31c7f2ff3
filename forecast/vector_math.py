"""exp and log as straight-line arithmetic, so that LLVM can run them on a whole vector of draws at once.

The C library's functions are called one number at a time and take two thirds of a simulation's time; NumPy's are
vectorised but want every intermediate in memory. These two use nothing but multiply, add, and bit shifts, and
`tests/test_vector_math.py` holds them to NumPy at 1e-14 over the range that the mechanism
uses (|exponent| < 700, positive normal arguments of log). exp(0) = 1 and log(1) = 0 exactly, which the identity
"no automation, no gain" needs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic


@intrinsic
def bits_of(typingctx: Any, value: Any) -> Any:
    """The 64 bits of a float as an integer."""
    return types.int64(types.float64), lambda c, b, s, args: b.bitcast(args[0], ir.IntType(64))


@intrinsic
def float_of(typingctx: Any, bits: Any) -> Any:
    """The float whose 64 bits these are."""
    return types.float64(types.int64), lambda c, b, s, args: b.bitcast(args[0], ir.DoubleType())


@intrinsic
def shift_right(typingctx: Any, bits: Any, count: Any) -> Any:
    """Logical shift: a signed one would keep LLVM from using vectors."""
    return types.int64(types.int64, types.int64), lambda c, b, s, args: b.lshr(args[0], args[1])


_LOG2E = 1.4426950408889634
_LN2_HI, _LN2_LO = 0.693145751953125, 1.42860682030941723212e-6
_SHIFT = 6755399441055744.0  # 1.5 * 2**52: adding it leaves the nearest integer in the low bits
_SHIFT_BITS = int(np.float64(_SHIFT).view(np.int64))
_ONE = np.int64(0x3FF0000000000000)


@njit(inline="always")
def exp(x: Any) -> Any:
    """e**x for |x| < 700, clamped outside."""
    x = min(max(x, -700.0), 700.0)
    shifted = x * _LOG2E + _SHIFT
    n = shifted - _SHIFT
    r = (x - n * _LN2_HI) - n * _LN2_LO
    p = 1.0 / 479001600.0
    p = p * r + 1.0 / 39916800.0
    p = p * r + 1.0 / 3628800.0
    p = p * r + 1.0 / 362880.0
    p = p * r + 1.0 / 40320.0
    p = p * r + 1.0 / 5040.0
    p = p * r + 1.0 / 720.0
    p = p * r + 1.0 / 120.0
    p = p * r + 1.0 / 24.0
    p = p * r + 1.0 / 6.0
    p = p * r + 0.5
    p = p * r + 1.0
    p = p * r + 1.0
    return p * float_of(((bits_of(shifted) - _SHIFT_BITS) << 52) + _ONE)


@njit(inline="always")
def expm1(x: Any) -> Any:
    """e**x - 1 by subtraction: exact at 0, absolute error 1e-16, which the rates added to it need."""
    return exp(x) - 1.0


@njit(inline="always")
def log(x: Any) -> Any:
    """Natural logarithm of a positive normal number."""
    bits = bits_of(x)
    # bring the mantissa into [sqrt(1/2), sqrt(2)) by taking the exponent of x * 2/sqrt(2)
    shifted = bits + (_ONE - np.int64(0x3FE6A09E667F3BCD))
    n = shift_right(shifted, np.int64(52)) - np.int64(1023)
    m = float_of(bits - (n << np.int64(52)))
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    p = 1.0 / 19.0
    p = p * z + 1.0 / 17.0
    p = p * z + 1.0 / 15.0
    p = p * z + 1.0 / 13.0
    p = p * z + 1.0 / 11.0
    p = p * z + 1.0 / 9.0
    p = p * z + 1.0 / 7.0
    p = p * z + 1.0 / 5.0
    p = p * z + 1.0 / 3.0
    whole = float_of(n + _SHIFT_BITS) - _SHIFT
    return whole * _LN2_HI + (2.0 * s + (2.0 * s * z * p + whole * _LN2_LO))


@njit(inline="always")
def log1p(x: Any) -> Any:
    """ln(1 + x) by addition: exact at 0, absolute error 1e-16."""
    return log(1.0 + x)

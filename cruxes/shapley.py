"""Shapley values and interactions, exact, from the values of all coalitions.

``values`` is an array (2**k, ...): the row at a mask is the answer with the players of its set bits taken from the
other side. Everything after the first axis is carried along, so several questions are answered at once.
"""

from __future__ import annotations

from math import factorial

import numpy as np


def players(values: np.ndarray) -> int:
    """How many players 2**k coalitions have. Raises ValueError where their number is no power of two."""
    k = len(values).bit_length() - 1
    if k < 0 or len(values) != 1 << k:
        raise ValueError(f"{len(values)} coalitions; expected a power of two")
    return k


def shapley(values: np.ndarray) -> np.ndarray:
    """(k, ...): what each player adds, averaged over all orders of joining. Their sum is values[-1] - values[0]."""
    k = players(values)
    masks = np.arange(1 << k)
    size = np.bitwise_count(masks)
    weight = np.array([factorial(s) * factorial(k - s - 1) / factorial(k) for s in range(k)])
    shares = np.empty((k, *values.shape[1:]))
    for i in range(k):
        without = masks[masks >> i & 1 == 0]
        shares[i] = np.tensordot(weight[size[without]], values[without | 1 << i] - values[without], axes=1)
    return shares


def interaction(values: np.ndarray, i: int, j: int) -> np.ndarray:
    """(...): by how much two players together do more than each alone (the Shapley interaction index); symmetric."""
    k = players(values)
    if i == j or not (0 <= i < k and 0 <= j < k):
        raise ValueError(f"players {i} and {j}; expected two different ones of {k}")
    masks = np.arange(1 << k)
    without = masks[(masks >> i & 1 == 0) & (masks >> j & 1 == 0)]
    weight = np.array([factorial(s) * factorial(k - s - 2) / factorial(k - 1) for s in range(k - 1)])
    gain = values[without | 1 << i | 1 << j] - values[without | 1 << i] - values[without | 1 << j] + values[without]
    return np.asarray(np.tensordot(weight[np.bitwise_count(without)], gain, axes=1))

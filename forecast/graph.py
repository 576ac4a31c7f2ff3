"""The likelihood as one operation of the graph: parameters and a table of rows in, log likelihood and gradient out.

The gradient comes from the same sweep as the value (sensitivities carried forward through the trajectory and the
observation models), so a leapfrog step costs one call. A graph that unrolls or scans the months takes minutes to
compile and is twenty times slower.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.gradient import DisconnectedType
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.link.numba.dispatch.basic import numba_njit, register_funcify_default_op_cache_key

from forecast import kernels
from forecast.kernels import MONTH


class LogLikelihood(Op):  # type: ignore[misc]
    """(q, t_asof, kind, month, previous, numbers) -> log likelihood (scalar), its gradient by q (len(READ),)."""

    __props__ = ("months",)

    def __init__(self, months: int) -> None:
        self.months = months

    def make_node(self, *inputs: Any) -> Apply:
        return Apply(self, [pt.as_tensor(i) for i in inputs], [pt.dscalar(), pt.dvector()])

    def perform(self, node: Any, inputs: Any, outputs: Any) -> None:
        q, t_asof, *table = inputs
        value, gradient = kernels.log_likelihood()(q, float(t_asof), self.months, MONTH, *table)
        outputs[0][0], outputs[1][0] = np.asarray(value), gradient

    def infer_shape(self, fgraph: Any, node: Any, shapes: Any) -> Any:
        return [(), shapes[0]]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[True, False], *([[False, False]] * (len(node.inputs) - 1))]

    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> Any:
        return [cotangents[0] * outputs[1], *(DisconnectedType()() for _ in inputs[1:])]

    L_op = pullback


@register_funcify_default_op_cache_key(LogLikelihood)
def _numba_log_likelihood(op: LogLikelihood, node: Any = None, **_: Any) -> Any:
    run, months, dt = kernels.log_likelihood(), op.months, MONTH

    @numba_njit
    def log_likelihood(q: Any, t_asof: Any, kind: Any, month: Any, previous: Any, numbers: Any) -> Any:
        value, gradient = run(q, t_asof.item(), months, dt, kind, month, previous, numbers)
        return np.asarray(value), gradient

    # PyTensor's disk cache knows an operation by its type, its properties and this number, not by the code it calls
    return log_likelihood, int(kernels.sources_hash()[:8], 16)

"""The likelihood as one operation of the graph: the sampler's coordinates and a table of rows in, value and gradient out.

The gradient comes from the same sweep as the value (sensitivities carried forward through the trajectory and the
observation models), so a leapfrog step costs one call. A graph that unrolls or scans the months takes minutes to
compile and is twenty times slower.
"""

from __future__ import annotations

from typing import Any

import llvmlite.binding as llvm
import numpy as np
import pytensor.tensor as pt
from numba import types
from pytensor.gradient import DisconnectedType
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.link.numba.dispatch.basic import numba_njit, register_funcify_default_op_cache_key

from forecast import kernels
from forecast.kernels import MONTH


class LogLikelihood(Op):
    """(y, known) -> log likelihood (scalar), its gradient by y (len(VECTOR),): see `coordinates` and `model.known`."""

    __props__ = ()

    def make_node(self, *inputs: Any) -> Apply:
        return Apply(self, [pt.as_tensor(i) for i in inputs], [pt.dscalar(), pt.dvector()])

    def perform(self, node: Any, inputs: Any, outputs: Any) -> None:
        y, known = inputs
        t_asof, pivot, beliefs, table = kernels.parts(known)
        value, gradient = kernels.log_likelihood_of_coordinates()(y, beliefs, pivot, t_asof, MONTH, table)
        outputs[0][0], outputs[1][0] = np.asarray(value), gradient

    def infer_shape(self, node: Any, shapes: Any) -> Any:
        return [(), shapes[0]]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[True, False], *([[False, False]] * (len(node.inputs) - 1))]

    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> Any:
        return [cotangents[0] * outputs[1], *(DisconnectedType()() for _ in inputs[1:])]

    L_op = pullback


SYMBOL = f"rsi_log_likelihood_{kernels.sources_hash()[:16]}"


@register_funcify_default_op_cache_key(LogLikelihood)
def _numba_log_likelihood(op: LogLikelihood, node: Any = None, **_: Any) -> Any:
    """Calls the compiled likelihood by a symbol instead of linking it in.

    Linked in, LLVM would optimise its thousand lines again at every level of caller, half a minute in all; an address
    would outlive its process in PyTensor's disk cache. A symbol is resolved anew in each process, and its name holds
    the hash of all that it was generated from, as does the cache key: that cache knows an operation by its type, its
    properties and this number, never by the code it calls.
    """
    llvm.add_symbol(SYMBOL, kernels.log_likelihood_address())
    numbers, real = types.CPointer(types.float64), types.float64
    run = types.ExternalFunction(SYMBOL, real(numbers, numbers, types.int64, real, numbers))
    dt = MONTH

    @numba_njit
    def log_likelihood(y: Any, known: Any) -> Any:
        gradient = np.empty(y.size)
        value = run(y.ctypes, known.ctypes, known.size, dt, gradient.ctypes)
        return np.asarray(value), gradient

    return log_likelihood, int(kernels.sources_hash()[:8], 16)

"""The past as one compiled operation in the graph: parameters in, readings on a monthly grid out, with gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.link.numba.dispatch.basic import numba_njit, register_funcify_default_op_cache_key

from forecast import kernels
from forecast.codegen import OUTPUTS, TRAJECTORY
from forecast.kernels import MONTH


class Trajectory(Op):  # type: ignore[misc]
    """theta (len(TRAJECTORY),) -> readings (months + 1, len(OUTPUTS)) and their Jacobian, from HISTORY_START on."""

    __props__ = ("months",)

    def __init__(self, months: int) -> None:
        self.months = months

    def make_node(self, theta: Any) -> Apply:
        return Apply(self, [pt.as_tensor(theta)], [pt.dmatrix(), pt.dtensor3()])

    def perform(self, node: Any, inputs: Any, outputs: Any) -> None:
        values, jacobian = kernels.trajectory_with_jacobian()(inputs[0], self.months, MONTH)
        outputs[0][0], outputs[1][0] = values, jacobian

    def infer_shape(self, fgraph: Any, node: Any, shapes: Any) -> Any:
        rows = np.int64(self.months + 1)
        return [(rows, len(OUTPUTS)), (rows, len(OUTPUTS), len(TRAJECTORY))]

    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> Any:
        return [pt.tensordot(cotangents[0], outputs[1], [[0, 1], [0, 1]])]

    L_op = pullback


@register_funcify_default_op_cache_key(Trajectory)
def _numba_trajectory(op: Trajectory, node: Any = None, **_: Any) -> Any:
    run, months, dt = kernels.trajectory_with_jacobian(), op.months, MONTH

    @numba_njit
    def trajectory(theta: Any) -> Any:
        return run(theta, months, dt)

    # PyTensor's disk cache knows an operation by its type, its properties and this number, not by the code it calls
    return trajectory, int(kernels.sources_hash()[:8], 16)

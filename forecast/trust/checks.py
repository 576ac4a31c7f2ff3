"""Every check there is, in the order of the report: what it asks, what it costs, and who measures it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from forecast.trust.findings import Measured


@dataclass(frozen=True, kw_only=True)
class Check:
    """``asks``: the question, as a reader would put it. ``module``: has `measure`, or "" where the record is written by
    ``command`` instead. ``minutes``: of one core, about."""

    name: str
    asks: str
    minutes: int
    module: str = ""
    command: str = ""


CHECKS = {
    check.name: check
    for check in (
        Check(name="calibration", asks="Do simulated truths come back as often as claimed?", minutes=97,
              module="calibration"),
        Check(name="data", asks="Does the data matter, and in the direction that common sense expects?", minutes=10,
              module="data"),
        Check(name="structure", asks="Does the structure matter, and does another one predict better?", minutes=40,
              module="structure"),
        Check(name="predictive", asks="Do readings lie where the updated views say they would?", minutes=3,
              module="predictive_checks"),
        Check(name="numerics", asks="Is it the mathematics that is shown, and not the machine?", minutes=36,
              module="numerics"),
        Check(name="mutations", asks="Would the tests notice if the model were broken?", minutes=16,
              command="make mutations"),
        Check(name="suite", asks="Is every line tested, and does the whole run in time?", minutes=30,
              command="make coverage"),
    )
}  # fmt: skip


def measurer(check: Check) -> Callable[..., Measured]:
    """The function that measures a check. Raises LookupError where it is written by a command of its own."""
    if not check.module:
        raise LookupError(f"{check.name} is written by `{check.command}`")
    found: Callable[..., Measured] = import_module(f"forecast.trust.{check.module}").measure
    return found

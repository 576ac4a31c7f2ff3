"""The mechanism as SymPy symbols, and from them straight-line code with exact derivatives.

`forecast.mechanism` is called once with symbols; what comes back is differentiated, shares its common subexpressions
and is printed as Python that numba compiles. Nothing of the mathematics is written a second time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sympy as sp
from sympy.codegen.cfunctions import expm1, log1p
from sympy.printing.pycode import PythonCodePrinter

from forecast import mechanism
from forecast.mechanism import PAST, TRAJECTORY, Parameters, State


class less(sp.Function):  # it prints as it is named
    """1 where the first is below the second, else 0."""

    def fdiff(self, argindex: int = 1) -> Any:
        return sp.Integer(0)


class minimum(sp.Function):  # it prints as it is named
    """The lesser. Opaque to SymPy, whose Piecewise would multiply out every corner and change the rounding."""

    def fdiff(self, argindex: int = 1) -> Any:
        return less(*self.args) if argindex == 1 else 1 - less(*self.args)


class maximum(sp.Function):  # it prints as it is named
    """The greater, opaque like `minimum`."""

    def fdiff(self, argindex: int = 1) -> Any:
        return less(*self.args[::-1]) if argindex == 1 else 1 - less(*self.args[::-1])


class where(sp.Function):  # it prints as it is named
    """The second where the first, an indicator, is 1; else the third."""

    def fdiff(self, argindex: int = 1) -> Any:
        indicator = self.args[0]
        return (sp.Integer(0), where(indicator, 1, 0), where(indicator, 0, 1))[argindex - 1]


def _choose(condition: Any, yes: Any, no: Any) -> Any:
    """`where` for a comparison; a comparison that SymPy can already decide picks its branch."""
    if condition in (True, False):
        return yes if condition else no
    low, high = (condition.lts, condition.gts)
    return where(less(low, high), yes, no)


class log_ndtr(sp.Function):  # it prints as it is named
    """ln of the normal distribution function."""

    def fdiff(self, argindex: int = 1) -> Any:
        z = self.args[0]
        return sp.exp(-square(z) / 2 - log_ndtr(z)) / sp.sqrt(2 * sp.pi)


class square(sp.Function):  # it prints as it is named
    """A square whose derivative is written 2 z, not 2 z^2 / z, which is not a number at 0."""

    def fdiff(self, argindex: int = 1) -> Any:
        return 2 * self.args[0]


class Symbols:
    """The array namespace of `mechanism`, on symbols."""

    exp, expm1, log, log1p, sqrt = sp.exp, expm1, sp.log, log1p, sp.sqrt
    log_ndtr = log_ndtr
    minimum, maximum, square = minimum, maximum, square
    where = staticmethod(_choose)


class _Printer(PythonCodePrinter):
    """Bare function names, so that the kernel chooses whose exp it is."""

    def _print_known(self, expr: Any) -> str:
        return f"{type(expr).__name__}({', '.join(self._print(a) for a in expr.args)})"

    def _print_minimum(self, e: Any) -> str:
        return f"min({self._print(e.args[0])}, {self._print(e.args[1])})"

    def _print_maximum(self, e: Any) -> str:
        return f"max({self._print(e.args[0])}, {self._print(e.args[1])})"

    def _print_less(self, e: Any) -> str:
        return f"(1.0 if {self._print(e.args[0])} < {self._print(e.args[1])} else 0.0)"

    def _print_where(self, e: Any) -> str:
        indicator, yes, no = map(self._print, e.args)
        return f"({yes} if {indicator} > 0.5 else {no})"

    def _print_square(self, e: Any) -> str:
        inner = self._print(e.args[0])
        return f"({inner}) * ({inner})"

    _print_exp = _print_log = _print_log_ndtr = _print_expm1 = _print_log1p = _print_known


GRADED = ("dv", "dv0", "dD", "ln_h", "k", "f")
"""What the gradient code computes: the rates are g_s above the first two."""

_S = State(*sp.symbols("v v0 D x", real=True))
_T = sp.Symbol("t", positive=True)
_NOISE = sp.Symbol("noise", real=True)


def _print(assignments: Sequence[tuple[str, Any]], reserved: str) -> list[str]:
    """Assignments with their common subexpressions taken out first, each as one line of Python."""
    printer = _Printer({"fully_qualified_modules": False})
    names = sp.numbered_symbols(reserved, real=True)
    shared, reduced = sp.cse([e for _, e in assignments], symbols=names, order="none")
    lines = [f"{name} = {printer.doprint(e)}" for name, e in shared]
    return lines + [f"{name} = {printer.doprint(e)}" for (name, _), e in zip(assignments, reduced, strict=True)]


def _constant_parts(expressions: Sequence[Any], constants: set[Any]) -> dict[Any, Any]:
    """Largest subexpressions (not atoms) that involve only ``constants``, each with a name of its own."""
    found: dict[Any, Any] = {}

    def visit(e: Any) -> None:
        if not e.args or not e.free_symbols or e.is_Relational:
            return
        if e.free_symbols <= constants:
            found.setdefault(e, sp.Symbol(f"c{len(found)}", real=True))
            return
        inside = [a for a in e.args if a.free_symbols and a.free_symbols <= constants]
        if (e.is_Mul or e.is_Add) and len(inside) > 1:
            part = e.func(*inside)
            found.setdefault(part, sp.Symbol(f"c{len(found)}", real=True))
        for a in e.args:
            visit(a)

    for e in expressions:
        visit(e)
    return found


def forward_source() -> tuple[list[str], list[str], list[str]]:
    """Code of the right-hand side for the simulation to 2100, process noise and future parameters included.

    Returns the lines that compute the per-draw constants from `Parameters`, the names of those constants, and the
    lines of the right-hand side, which assign dv, dv0, dD, target, ln_h, k, f, dcdt from v, v0, D, x, t, noise.
    """
    p = Parameters(*sp.symbols(Parameters._fields, real=True))
    rates, seen = mechanism.derivatives(_S, _T, _NOISE, p, Symbols)
    _, dcdt = mechanism.extra_compute(_T, p, Symbols)
    outputs = {"dv": rates.v, "dv0": rates.v0, "dD": rates.D, "target": rates.x, "k": seen.k, "f": seen.f, "dcdt": dcdt}
    constants = _constant_parts(list(outputs.values()), set(p))
    body = [e.xreplace(constants) for e in outputs.values()]
    head = _print([(str(name), e) for e, name in constants.items()], "h")
    used = sorted({str(s) for e in body for s in e.free_symbols} - {"v", "v0", "D", "x", "t", "noise"})
    return head, used, _print(list(zip(outputs, body, strict=True)), "s")


def gradient_source() -> tuple[list[str], list[tuple[int, int]]]:
    """Code of the right-hand side up to now, with every partial derivative that is not zero.

    The lines set ``o[i]`` to the values in the order of `GRADED`, ``j[i, s]`` to their partials by the state s of
    v, v0, D, x and ``g[i, n]`` to those by parameter n of `mechanism.PAST`; the pairs (i, s) that are not zero come with
    them. Up to now compute is on trend and no wall binds: those parts of the mechanism vanish from the expressions by
    themselves.
    """
    symbols = dict(zip(PAST, sp.symbols(PAST, real=True), strict=True))
    p = Parameters(**{n: symbols[n] for n in TRAJECTORY}, g_c_late=symbols["g_c"], zeta=sp.Integer(0))
    rates, seen = mechanism.derivatives(_S, _T, mechanism.walk(_T, symbols, Symbols), p, Symbols)
    values = [rates.v, rates.v0, rates.D, seen.ln_h, seen.k, seen.f]
    assignments = [(f"o[{i}]", e) for i, e in enumerate(values)]
    for i, e in enumerate(values):
        by_state = ((f"j[{i}, {s}]", sp.diff(e, state)) for s, state in enumerate(_S))
        by_parameter = ((f"g[{i}, {n}]", sp.diff(e, symbols[name])) for n, name in enumerate(PAST))
        assignments += [(name, e) for name, e in (*by_state, *by_parameter) if e != 0]
    pairs = [(i, s) for i, e in enumerate(values) for s, state in enumerate(_S) if sp.diff(e, state) != 0]
    return _print(assignments, "s"), pairs


def observation_source(
    log_likelihood: Callable[..., Any], columns: Sequence[str], read: Sequence[str], readings: Any
) -> list[str]:
    """Code of one observation model at one row, with its partial derivatives.

    Reads ``R[o]`` and ``B[o]`` (readings at the row and at the row before), ``q[i]`` in the order of ``read`` and
    ``c[n]`` in the order of ``columns``; sets ``ll``, ``pr[o]`` and ``pb[o]``, and adds ``weight`` times the partials
    by parameters to ``gq[i]``.
    """
    seen = readings(*sp.symbols([f"R{o}" for o in range(len(readings._fields))], real=True))
    before = readings(*sp.symbols([f"B{o}" for o in range(len(readings._fields))], real=True))
    q = dict(zip(read, sp.symbols([f"q{i}" for i in range(len(read))], real=True), strict=True))
    d = dict(zip(columns, sp.symbols([f"c{n}" for n in range(len(columns))], real=True), strict=True))
    value = log_likelihood(seen, before, q, d, Symbols)
    used = value.free_symbols
    assignments = [("ll", value)]
    assignments += [(f"pr[{o}]", sp.diff(value, s)) for o, s in enumerate(seen) if s in used]
    assignments += [(f"pb[{o}]", sp.diff(value, s)) for o, s in enumerate(before) if s in used]
    slopes = [(i, sp.diff(value, s)) for i, s in enumerate(q.values()) if s in used]
    loads = [f"{s} = {str(s)[0]}[{str(s)[1:]}]" for s in sorted(used, key=str)]
    lines = _print([*assignments, *((f"slope{i}", e) for i, e in slopes)], "s")
    return [*loads, *lines, *(f"gq[{i}] += weight * slope{i}" for i, _ in slopes)]


def natural_source(natural: Callable[..., Any], vector: Sequence[str], read: Sequence[str]) -> list[str]:
    """Code of the links: ``eta[i]`` in the order of ``vector`` to ``q[n]`` in the order of ``read``.

    Every parameter depends on its own unconstrained value only; the lines also set ``slope[n]``, its derivative, and
    ``source[n]``, the place of that value.
    """
    symbols = dict(zip(vector, sp.symbols([f"eta{i}" for i in range(len(vector))], real=True), strict=True))
    values = natural(symbols, Symbols)
    places = {s: i for i, s in enumerate(symbols.values())}
    lines = []
    for n, name in enumerate(read):
        (symbol,) = values[name].free_symbols
        lines += [f"{symbol} = eta[{places[symbol]}]", f"source[{n}] = {places[symbol]}"]
        lines += _print([(f"q[{n}]", values[name]), (f"slope[{n}]", sp.diff(values[name], symbol))], f"w{n}_")
    return lines


def away_source(away: Callable[..., Any], vector: Sequence[str], read: Sequence[str]) -> list[str]:
    """Code of `coordinates.away` from ``eta[i]`` in the order of ``vector`` and ``middle``: sets ``value``, and
    ``partial[i]`` for each of ``read``."""
    symbols = {name: sp.Symbol(f"eta{vector.index(name)}", real=True) for name in read}
    value = away(symbols, sp.Symbol("middle", real=True), Symbols)
    loads = [f"{s} = eta[{str(s)[3:]}]" for s in symbols.values()]
    partials = [(f"partial[{str(s)[3:]}]", sp.diff(value, s)) for s in symbols.values()]
    return [*loads, *_print([("value", value), *partials], "s")]

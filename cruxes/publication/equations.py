r"""The mechanism as LaTeX, from the symbols that `forecast.codegen` turns into code.

Each equation is `forecast.mechanism` called with symbols; where one step takes what another gives, the result is named
instead of written out. Put back together (`composed`) they are what the sampler and the simulation compile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import sympy as sp
from sympy.printing.latex import LatexPrinter

from forecast import codegen, mechanism
from forecast.codegen import Symbols, maximum, square
from forecast.mechanism import Parameters, State

NAMES: Mapping[str, str] = {
    "v": "v", "v0": "v_0", "u": "u", "D": "D", "x": "x", "t": "t", "noise": "w", "k": "k", "f": "f", "allowed": "a_t",
    "done": r"\bar k", "ln_m": r"\ln m", "r_eff": r"r_{\mathrm{eff}}(f)", "r_eff0": r"r_{\mathrm{eff}}(0)", "dc": r"\delta c",
    "dcdt": r"\delta\dot c", "gain": "E", "room": "q", "rate": r"\mathrm{rate}", "rate0": r"\mathrm{rate}_0", "added": r"\Delta",
    "dv0": r"\dot v_0", "ln_h": r"\ln h", "g_s": "g_s", "g_c": "g_c", "g_c_late": "g_c'", "theta": r"\theta",
    "omega": r"\omega", "rho0": r"\rho_0", "tau_rho": r"\tau_\rho", "boost": r"\mathrm{boost}", "kappa": r"\kappa",
    "phi0": r"\varphi_0", "phi1": r"\varphi_1", "headroom": "H", "tau": r"\tau", "zeta": r"\zeta", "a": "a", "b": "b",
    "r": "r", "t_asof": r"t_{\mathrm{asof}}", "t_slow": r"t_{\mathrm{slow}}", "T_par": r"T_{\mathrm{par}}",
    "wall": r"\mathrm{wall}", "feedback": r"\iota", "c_growth": r"\dot c",
}  # fmt: skip
"""How a name of the code is written."""


@dataclass(frozen=True, kw_only=True)
class Equation:
    """``left`` = ``right``, what it says, and whose form it is."""

    left: str
    right: Any
    says: str
    source: str


class _Printer(LatexPrinter):
    """The opaque functions of `codegen`, and numbers without the noise of binary fractions."""

    def _print_Symbol(self, expr: Any, style: str = "plain") -> str:
        return NAMES.get(str(expr), str(super()._print_Symbol(expr)))

    def _print_Float(self, expr: Any) -> str:
        return f"{float(expr):.4g}"

    def _print_minimum(self, expr: Any, exp: str | None = None) -> str:
        return _powered(rf"\min\left({self._list(expr)}\right)", exp)

    def _print_maximum(self, expr: Any, exp: str | None = None) -> str:
        return _powered(rf"\max\left({self._list(expr)}\right)", exp)

    def _print_less(self, expr: Any, exp: str | None = None) -> str:
        low, high = map(self._print, expr.args)
        return rf"\left[{low} < {high}\right]"

    def _print_where(self, expr: Any, exp: str | None = None) -> str:
        indicator, yes, no = expr.args
        low, high = map(self._print, indicator.args)
        return (
            rf"\begin{{cases}} {self._print(yes)} & {low} < {high} \\ {self._print(no)} & \text{{else}} \end{{cases}}"
        )

    def _print_square(self, expr: Any, exp: str | None = None) -> str:
        return rf"\left({self._print(expr.args[0])}\right)^{{2}}"

    def _print_expm1(self, expr: Any, exp: str | None = None) -> str:
        return rf"\left(e^{{{self._print(expr.args[0])}}} - 1\right)"

    def _print_log(self, expr: Any, exp: str | None = None) -> str:
        inner = expr.args[0]
        text = self._print(inner)
        return _powered(rf"\ln {text}" if inner.is_Atom else rf"\ln\left({text}\right)", exp)

    def _print_Add(self, expr: Any, order: str | None = None) -> str:
        """What is added first, then what is taken away."""
        texts = sorted(map(self._print, self._as_ordered_terms(expr)), key=lambda text: text.startswith("-"))
        return texts[0] + "".join(
            f" - {text[1:].lstrip()}" if text.startswith("-") else f" + {text}" for text in texts[1:]
        )

    def _print_logistic(self, expr: Any, exp: str | None = None) -> str:
        return rf"\operatorname{{logistic}}\left({self._print(expr.args[0])}\right)"

    def _print_logit(self, expr: Any, exp: str | None = None) -> str:
        return rf"\operatorname{{logit}} {self._print(expr.args[0])}"

    def _print_ramp(self, expr: Any, exp: str | None = None) -> str:
        inner, width = map(self._print, expr.args)
        return rf"\operatorname{{ramp}}_{{{width}}}\left({inner}\right)"

    def _list(self, expr: Any) -> str:
        return ", ".join(map(self._print, expr.args))


def _powered(text: str, exp: str | None) -> str:
    return text if exp is None else f"{text}^{{{exp}}}"


class logistic(sp.Function):  # it prints as it is named
    """1 / (1 + exp(-z))."""


class logit(sp.Function):  # it prints as it is named
    """ln (p / (1 - p))."""


class ramp(sp.Function):  # it prints as it is named
    """`mechanism.ramp` of its first argument, with the half-width given by its second."""


_P = Parameters(*sp.symbols(Parameters._fields, real=True))
_T, _X, _V, _NOISE = codegen._T, codegen._S.x, codegen._S.v, codegen._NOISE
_V0, _D = codegen._S.v0, codegen._S.D
_SHOWN = {_P.ln_boost: sp.log(sp.Symbol("boost", positive=True)), _P.logit_rho0: logit(sp.Symbol("rho0", real=True))}
_named = {name: sp.Symbol(name, real=True) for name in
          ("u", "k", "f", "allowed", "done", "ln_m", "r_eff", "r_eff0", "dc", "dcdt", "gain", "room", "rate", "rate0",
           "added", "dv0", "ln_h", "c_growth")}  # fmt: skip


@cache
def equations() -> Mapping[str, Equation]:
    """Every equation by name, in the order in which one step of the mechanism takes them."""
    n, p, xp = _named, _P, Symbols
    dc, dcdt = mechanism.extra_compute(_T, p, xp)
    rest = _growth()
    return {
        "compute": Equation(left="dc", right=dc, says="What a slowdown of financing takes from compute.",
                            source="ours; growth rates after Epoch AI 2024"),
        "compute_growth": Equation(left="dcdt", right=dcdt, says="Its slope.", source="ours"),
        "horizon": Equation(left="ln_h", right=mechanism.newest_horizon(_V, _T, n["dc"], _NOISE, p, xp),
                            says="The newest horizon, which METR measures, follows effective compute.",
                            source="METR 2025; its link to compute after Kwa 2026"),
        "lag": Equation(left=r"\dot x", right=_lag(), says="What works inside the lab trails it by a generation.",
                        source="ours"),
        "can": Equation(left="k", right=mechanism.capable_share(_X, _T, p, xp),
                        says="The share of AI R&D tasks that AI can do, below a wall while a paradigm is missing.",
                        source="logistic after Kwa 2026; the wall is ours"),
        "allowed": Equation(left="allowed", right=mechanism.permitted_share(_T, p, xp),
                            says="The share that people let it do: the odds of the residual halve in a fixed time.",
                            source="ours"),
        "done_share": Equation(left="done", right=mechanism.saturate(n["k"], xp),
                               says="Nothing is left over once the loop counts as closed.", source="ours"),
        "share": Equation(left="f", right=n["done"] * n["allowed"], says="The share that AI does.", source="ours"),
        "speedup": Equation(left="ln_m", right=mechanism.log_speedup(n["f"], p, xp),
                            says="The direct speed-up: what people still do holds up the rest.",
                            source="Amdahl 1967, in the form of a constant elasticity; size after Forethought 2025"),
        "returns": Equation(left="r_eff", right=mechanism.effective_returns(n["f"], p, xp),
                            says="Returns to research, less what friction takes.",
                            source="r as Forethought 2025; friction after Lambert 2026 and Drexler 2025"),
        **rest,
        "pace": Equation(left=r"\mathrm{pace}",
                         right=mechanism.progress_ratio(
                             mechanism.Reading(0, 0, 0, 0, n["rate"], n["rate0"]), n["c_growth"]),
                         says="Overall pace with AI over pace without, compute included: M2 is where it reaches two.",
                         source="ours"),
    }  # fmt: skip


def _growth() -> dict[str, Equation]:
    """The right-hand side, taken apart: what its steps gave is named."""
    n, p, xp = _named, _P, Symbols
    state = State(_V0 + n["u"], _V0, _D, _X)
    rates, seen = mechanism.derivatives(state, _T, _NOISE, p, xp)
    inside = tuple((_whole(old), new) for old, new in (
        (mechanism.effective_returns(0.0, p, xp), n["r_eff0"]),
        (mechanism.effective_returns(seen.f, p, xp), n["r_eff"]),
        (seen.ln_m, n["ln_m"]),
        (mechanism.extra_compute(_T, p, xp)[0], n["dc"]),
        (seen.f, n["f"]),
    ))  # fmt: skip
    gain = n["ln_m"] + p.kappa * (p.feedback * _D - n["u"] / n["r_eff"])
    room = _whole(xp.maximum(1.0 - n["u"] / p.headroom, 0.0))
    rate0, dv0, dv = (_replaced(_whole(e), inside) for e in (seen.rate0, rates.v0, rates.v))
    again = ((gain, n["gain"]), (room, n["room"]), (rate0, n["rate0"]))
    added = _replaced(dv - dv0, again)
    forethought = "Forethought 2025 (Davidson and Houlden), after Jones 1995; written here as a deviation from trend"
    return {
        "rate0": Equation(left="rate0", right=rate0, says="Software growth of the twin without AI.", source=forethought),
        "gain": Equation(left="gain", right=gain, says="What AI adds to the exponent.", source=forethought),
        "room": Equation(left="room", right=room, says="The room that is left.", source="Forethought 2025; linear here"),
        "added": Equation(left="added", right=added, says="What AI adds to the rate, capped far out.", source="ours"),
        "twin": Equation(left="dv0", right=dv0, says="The twin against trend.", source="ours"),
        "software": Equation(left=r"\dot v", right=_replaced(dv, ((dv - dv0, n["added"]), (dv0, n["dv0"]))),
                             says="Software against trend.", source=forethought),
        "researchers": Equation(left=r"\dot D", right=n["f"] * n["added"], says="AI researchers get better by what AI adds, where they are used.",
                                source=forethought),
    }  # fmt: skip


def _lag() -> Any:
    """Slope of the deployed horizon: the step of the mechanism, which is exact in the lag, at the start of a step."""
    dt = sp.Symbol("dt", positive=True)
    after, _ = mechanism.step(codegen._S, _T, dt, _NOISE, _NOISE, _P, Symbols)
    slope = sp.diff(after.x, dt).subs(dt, 0)
    target = mechanism.newest_horizon(_V, _T, mechanism.extra_compute(_T, _P, Symbols)[0], _NOISE, _P, Symbols)
    return sp.simplify(slope.subs(target, _named["ln_h"]))


def _replaced(expression: Any, pairs: Any) -> Any:
    for old, new in pairs:
        expression = expression.subs(old, new)
    return expression


def composed(name: str) -> Any:
    """The right-hand side of an equation with every named step written out again, in symbols of `codegen`."""
    known = {_named[e.left]: e.right for e in equations().values() if e.left in _named}
    known |= {_named["r_eff0"]: mechanism.effective_returns(0.0, _P, Symbols), _named["u"]: _V - _V0}
    expression = equations()[name].right
    while inside := expression.free_symbols & known.keys():
        expression = expression.xreplace({symbol: known[symbol] for symbol in inside})
    return expression


def latex(*names: str) -> str:
    """One or more equations, aligned at their equals signs. Raises KeyError for an unknown name."""
    printer = _Printer({"ln_notation": True, "mul_symbol": r"\,"})
    lines = []
    for name in names:
        one = equations()[name]
        lines.append(f"{NAMES.get(one.left, one.left)} &= {printer.doprint(_pretty(one.right))}")
    return r"\begin{aligned} " + r" \\ ".join(lines) + r" \end{aligned}"


def _pretty(expression: Any) -> Any:
    """The same in the words of a reader: logistic, ramp, ln 2, boost and rho0 instead of their transforms."""
    found = _whole(expression)
    for corner in found.atoms(square):
        found = _with_ramp(found, corner)
    found = found.xreplace({sp.Float(sign * mechanism.LN2): sign * sp.log(2) for sign in (1, -1)}).xreplace(_SHOWN)
    found = found.replace(_is_logistic, lambda e: logistic(sp.factor_terms(-(e.base - 1).args[0])))
    return found.replace(_is_power, lambda e: _power(e))


def _whole(expression: Any) -> Any:
    """Whole numbers as such."""
    return expression.xreplace({e: sp.Integer(int(e)) for e in expression.atoms(sp.Float) if float(e).is_integer()})


def _with_ramp(expression: Any, corner: Any) -> Any:
    """``expression`` with the `mechanism.ramp` that has this corner under its name."""
    rising, width = corner.args[0].args[0].args[0], corner.args[0].args[1] / 2
    for top in expression.atoms(maximum):
        if abs(sp.N(top.args[0] - rising + 2 * width)) < 1e-9:
            inner = (rising - width).xreplace({})
            return expression.subs(top, ramp(_rounded(inner), width) - sp.Rational(1, 4) / width * corner)
    return expression


def _rounded(expression: Any) -> Any:
    """Sums of binary fractions as the decimal fractions they mean."""
    return _whole(expression.xreplace({e: sp.Float(round(float(e), 12)) for e in expression.atoms(sp.Float)}))


def _is_logistic(e: Any) -> bool:
    return bool(e.is_Pow and e.exp == -1 and e.base.is_Add and (e.base - 1).func is sp.exp)


def _is_power(e: Any) -> bool:
    return e.func is sp.exp and any(a.func is sp.log for a in sp.Mul.make_args(e.args[0]))


def _power(e: Any) -> Any:
    """exp(c ln x) as x to the c."""
    (log,) = (a for a in sp.Mul.make_args(e.args[0]) if a.func is sp.log)
    return sp.Pow(log.args[0], e.args[0] / log, evaluate=False)

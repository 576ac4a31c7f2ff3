"""What the methods page prints is what is computed."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from cruxes.publication import equations
from forecast import mechanism
from forecast.mechanism import Parameters, State
from forecast.namespaces import NumPy

NUMERIC = [
    {name: getattr(NumPy, name) for name in ("minimum", "maximum", "square", "expm1", "log1p")}
    | {"less": lambda a, b: float(a < b), "where": lambda indicator, yes, no: yes if indicator > 0.5 else no},
    "numpy",
]
CLOSING = Parameters(
    g_s=1.0, g_c=1.5, a=-0.4, b=0.8, theta=2.0, omega=1.5, logit_rho0=0.6, tau_rho=1.2, ln_boost=2.1, kappa=0.3, r=1.3,
    phi0=0.3, phi1=0.2, headroom=25.0, tau=0.4, t_asof=2026.3, zeta=0.65, t_slow=2027.9, g_c_late=0.4, wall=0.7,
    T_par=2031.0, feedback=1.0,
)  # fmt: skip
NEARLY_STUCK = CLOSING._replace(r=0.14, phi0=0.3, wall=2.0, T_par=0.0, feedback=0.0, t_slow=2200.0)
STATES = [
    (2028.1, State(0.5, -0.1, 0.6, 3.0)),
    (2026.0, State(0.01, 0.0, 0.01, 1.0)),
    (2033.0, State(24.0, -2.0, 9.0, 9.0)),
]
PRINTED = {
    "compute": lambda rates, seen, dc: dc[0],
    "compute_growth": lambda rates, seen, dc: dc[1],
    "horizon": lambda rates, seen, dc: seen.ln_h,
    "can": lambda rates, seen, dc: seen.k,
    "share": lambda rates, seen, dc: seen.f,
    "speedup": lambda rates, seen, dc: seen.ln_m,
    "rate0": lambda rates, seen, dc: seen.rate0,
    "twin": lambda rates, seen, dc: rates.v0,
    "software": lambda rates, seen, dc: rates.v,
    "researchers": lambda rates, seen, dc: rates.D,
}


@pytest.mark.parametrize("p", [CLOSING, NEARLY_STUCK])
@pytest.mark.parametrize("name", PRINTED)
def test_printed_equations_put_together_are_the_mechanism(name, p):
    composed = equations.composed(name)
    order = sorted(composed.free_symbols, key=str)
    printed = sp.lambdify(order, composed, modules=NUMERIC)
    for t, state in STATES:
        known = p._asdict() | state._asdict() | {"t": t, "noise": 0.2}
        rates, seen = mechanism.derivatives(state, t, 0.2, p, NumPy)
        computed = PRINTED[name](rates, seen, mechanism.extra_compute(t, p, NumPy))
        assert printed(*(known[str(symbol)] for symbol in order)) == pytest.approx(float(computed), rel=1e-9, abs=1e-12)


def test_every_symbol_that_is_printed_is_one_of_the_code_or_a_named_step():
    from forecast import codegen

    steps = {one.left for one in equations.equations().values()} | {"u", "r_eff0", "rate", "c_growth"}
    known = {*Parameters._fields, *State._fields, "t", "noise", *steps}
    assert {str(s) for one in equations.equations().values() for s in one.right.free_symbols} <= known
    assert codegen._S.v in equations.composed("software").free_symbols


def test_a_changed_constant_of_the_mechanism_changes_what_is_printed(monkeypatch):
    before = equations.latex("horizon")
    equations.equations.cache_clear()
    monkeypatch.setattr(mechanism, "T0", 2020.0)
    assert equations.latex("horizon") != before
    equations.equations.cache_clear()


@pytest.mark.parametrize("name", equations.equations())
def test_every_equation_can_be_read_by_the_converter_of_the_book(name):
    math_core = pytest.importorskip("math_core")
    found = math_core.LatexToMathML().convert_with_local_state(equations.latex(name), displaystyle=True)
    assert found.startswith("<math")
    assert "thinspace" not in found


def test_corners_and_logistics_are_printed_by_name():
    assert "ramp" in equations.latex("done_share")
    assert "ramp" in equations.latex("returns")
    assert "logistic" in equations.latex("can", "allowed")
    assert np.isclose(mechanism.CORNER, 0.02)
    assert "ramp}_{0.02}" in equations.latex("done_share")

"""The mechanism itself, in plain NumPy: identities first, then its pieces, then its special cases."""

import numpy as np
import pytest

import priors
from benchmarks import plain
from forecast import mechanism
from forecast.mechanism import CLOSED, CORNER, LEAST_R_EFF, LN2, T0, Parameters, State
from forecast.namespaces import NumPy

WORLDVIEWS = priors.load_all()
MONTH = 1.0 / 12.0

each_worldview = pytest.mark.parametrize("name", WORLDVIEWS)


def parameters(**changed):
    """A middling draw, with what a test is about changed."""
    usual = {
        "g_s": 1.1, "g_c": 1.3, "a": -0.5, "b": 0.8, "theta": 5.0, "omega": 1.5, "logit_rho0": 0.0, "tau_rho": 1.0,
        "ln_boost": np.log(8.0), "kappa": 0.35, "r": 1.2, "phi0": 0.2, "phi1": 0.1, "headroom": 20.0, "tau": 0.3,
        "t_asof": 2026.3, "g_c_late": 1.3,
    }  # fmt: skip
    return Parameters(**usual | changed)


def run(p, end, dt=MONTH):
    """The states of many draws at every step, starting in HISTORY_START."""
    state, found = mechanism.initial_state(p), []
    for i in range(round((end - mechanism.HISTORY_START) / dt)):
        found.append(state)
        state, _ = mechanism.step(state, mechanism.HISTORY_START + i * dt, dt, 0.0, 0.0, p, NumPy)
    return [*found, state]


@each_worldview
@pytest.mark.parametrize("compute", ["slows", "stays on trend", "speeds up"])
def test_with_no_automation_for_ever_software_gains_nothing_to_the_last_bit(name, compute):
    draws, _ = plain.kernel_input(WORLDVIEWS[name], 100, seed=1)
    late = {"slows": 0.4, "stays on trend": 1.0, "speeds up": 1.5}[compute]
    p = Parameters(*draws.T)._replace(logit_rho0=np.full(100, np.inf), g_c_late=late * draws[:, 1])
    for state in run(p, 2060.0):
        np.testing.assert_array_equal(state.v, state.v0)
        assert not np.any(state.D)


def test_before_any_automation_the_horizon_is_a_straight_line():
    p = parameters(logit_rho0=np.inf)
    for i, state in enumerate(run(p, 2030.0)):
        t = mechanism.HISTORY_START + i * MONTH
        _, seen = mechanism.derivatives(state, t, 0.0, p, NumPy)
        line = p.a + p.b * (p.g_s + p.g_c) * (t - T0)
        assert seen.ln_h == pytest.approx(line, abs=1e-12)


def test_on_a_straight_line_the_deployed_horizon_trails_by_a_generation():
    """The lag's exact exponential is exact for a target that stands still; a rising one costs (dt/tau)^2/24."""
    p = parameters(logit_rho0=np.inf, tau=0.5)
    dt = MONTH / 16
    state = run(p, 2030.0, dt)[-1]
    line = p.a + p.b * (p.g_s + p.g_c) * (2030.0 - T0 - p.tau)
    assert state.x == pytest.approx(line, abs=p.b * (p.g_s + p.g_c) * p.tau * (dt / p.tau) ** 2)


def test_a_closed_loop_with_all_permitted_is_full_automation():
    assert mechanism.saturate(0.0, NumPy) == 0.0
    assert mechanism.saturate(CLOSED, NumPy) == pytest.approx(1.0, abs=1e-15)
    np.testing.assert_allclose(mechanism.saturate(np.linspace(CLOSED, 1.0, 50), NumPy), 1.0, rtol=0, atol=1e-15)


def test_below_the_corner_automation_is_linear_in_what_ai_can_do():
    k = np.linspace(0.0, CLOSED * (1.0 - CORNER) / (1.0 + CORNER), 50)
    np.testing.assert_allclose(mechanism.saturate(k, NumPy), k * (1.0 + CORNER) / CLOSED, rtol=1e-15)


def test_more_ability_never_means_less_automation():
    assert (np.diff(mechanism.saturate(np.linspace(0.0, 1.0, 10_001), NumPy)) >= -1e-15).all()


@pytest.mark.parametrize("width", [0.02, 0.5])
def test_a_ramp_is_smooth_and_exact_outside_its_corner(width):
    z = np.linspace(-3.0 * width, 3.0 * width, 6001)
    y = mechanism.ramp(z, width, NumPy)
    outside = np.abs(z) >= width
    np.testing.assert_allclose(y[outside], np.maximum(z[outside], 0.0), atol=1e-15)
    slope = np.diff(y) / np.diff(z)
    jump = np.abs(np.diff(slope)).max()
    assert jump <= 1.01 * np.diff(z)[0] / (2.0 * width), "the slope rises by 1 over the corner, and nowhere at once"


def test_compute_bends_smoothly_from_its_trend_to_its_later_growth():
    p = parameters(t_slow=2030.0, g_c_late=0.5)
    t = np.linspace(2028.0, 2032.0, 4001)
    dc, slope = mechanism.extra_compute(t, p, NumPy)
    np.testing.assert_allclose(np.diff(dc) / np.diff(t), (slope[1:] + slope[:-1]) / 2.0, atol=1e-6)
    assert dc[0] == 0.0
    assert slope[0] == 0.0
    assert slope[-1] == pytest.approx(0.5 - 1.3)
    assert dc[-1] == pytest.approx((0.5 - 1.3) * 2.0)


def test_the_odds_of_the_human_residual_halve_every_tau_rho():
    p = parameters(logit_rho0=0.7, tau_rho=1.5)
    left = 1.0 - mechanism.permitted_share(p.t_asof + 1.5 * np.arange(8), p, NumPy)
    odds = left / (1.0 - left)
    np.testing.assert_allclose(odds, np.exp(0.7) * 0.5 ** np.arange(8), rtol=1e-12)


@pytest.mark.parametrize(
    ("kappa", "boost"), [(0.1, 1.5), (0.1, 8.0), (0.35, 1.5), (0.35, 8.0), (0.35, 1000.0), (0.9, 8.0), (0.9, 1000.0)]
)
def test_full_automation_speeds_progress_up_by_the_boost_and_none_by_nothing(kappa, boost):
    """1 - f (1 - e) at f = 1 leaves e = boost^(-1/kappa) with the rounding of 1: ln m is off by kappa 1e-16 / e."""
    p = parameters(kappa=kappa, ln_boost=np.log(boost))
    assert mechanism.log_speedup(0.0, p, NumPy) == 0.0
    tolerance = 4e-16 * (1.0 + kappa * boost ** (1.0 / kappa))
    assert tolerance < 1e-5
    assert mechanism.log_speedup(1.0, p, NumPy) == pytest.approx(np.log(boost), abs=tolerance)


@pytest.mark.parametrize("f", [0.1, 0.5, 0.9, 0.99])
def test_the_direct_speedup_is_amdahls(f):
    p = parameters()
    amdahl = ((1.0 - f) + f * 8.0 ** (-1.0 / p.kappa)) ** -p.kappa
    assert mechanism.log_speedup(f, p, NumPy) == pytest.approx(np.log(amdahl), rel=1e-12)


def test_friction_takes_its_share_of_returns_and_never_all():
    p = parameters(r=1.2, phi0=0.25, phi1=-0.5)
    assert mechanism.effective_returns(0.0, p, NumPy) == pytest.approx(1.2 * 0.75)
    assert mechanism.effective_returns(1.0, p, NumPy) == pytest.approx(1.2 * (1.0 - 0.25 * 1.5))
    assert mechanism.effective_returns(0.0, p._replace(phi0=1.0), NumPy) == pytest.approx(LEAST_R_EFF)


def test_a_wall_binds_until_the_paradigm_comes_and_not_after():
    p = parameters(wall=0.9, T_par=2035.0)
    assert mechanism.capable_share(50.0, 2034.99, p, NumPy) == 0.9
    assert mechanism.capable_share(50.0, 2035.0, p, NumPy) == pytest.approx(1.0)
    assert mechanism.capable_share(50.0, 2034.99, p._replace(wall=2.0), NumPy) == pytest.approx(1.0)


def test_compute_above_its_trend_speeds_research_up_with_ai_and_without():
    p = parameters(t_slow=2026.0, g_c_late=2.3)
    dc, _ = mechanism.extra_compute(2030.0, p, NumPy)
    assert dc > 0.0
    _, seen = mechanism.derivatives(State(0.0, 0.0, 0.0, 4.0), 2030.0, 0.0, p, NumPy)
    assert seen.rate0 == p.g_s * np.exp(p.zeta * dc)
    on_trend = mechanism.derivatives(State(0.0, 0.0, 0.0, 4.0), 2030.0, 0.0, p._replace(g_c_late=p.g_c), NumPy)[1]
    assert seen.rate / seen.rate0 == pytest.approx(on_trend.rate / on_trend.rate0, rel=1e-12)


def test_before_ai_has_gained_anything_it_adds_its_direct_speedup_and_no_more():
    """Wherever the trend stands: friction weighs on what AI has added, which is nothing yet."""
    for v in (-3.0, 0.0, 3.0):
        _, seen = mechanism.derivatives(State(v, v, 0.0, 6.0), 2030.0, 0.0, parameters(), NumPy)
        assert seen.f > 0.3
        assert seen.rate / seen.rate0 == pytest.approx(np.exp(seen.ln_m), rel=1e-12)


def test_ai_researchers_gain_the_share_they_do_of_what_ai_adds():
    """Below the ceiling, and while the twin moves as well."""
    rate, seen = mechanism.derivatives(State(1.5, -0.5, 0.7, 5.0), 2030.0, 0.0, parameters(), NumPy)
    assert rate.v0 != 0.0
    assert 0.0 < seen.f < 1.0
    np.testing.assert_allclose(rate.D, seen.f * (rate.v - rate.v0), rtol=1e-12)
    np.testing.assert_allclose(rate.D, seen.f * (seen.rate - seen.rate0), rtol=1e-12)


def test_the_twin_knows_nothing_of_ai():
    """To the last bit, under slowing compute, while AI adds a good deal."""
    p = parameters(t_slow=2027.0, g_c_late=0.4)
    with_ai, without = run(p, 2035.0), run(p._replace(logit_rho0=np.inf), 2035.0)
    assert [s.v0 for s in with_ai] == [s.v0 for s in without]
    assert with_ai[-1].v > with_ai[-1].v0 + 0.5
    seen = [mechanism.derivatives(s, 2035.0, 0.0, p, NumPy)[1] for s in (with_ai[-1], without[-1])]
    assert seen[0].rate0 == seen[1].rate0


def test_a_lab_works_with_what_is_deployed_and_not_with_the_newest():
    p = parameters()
    shares = []
    for v in (0.0, 2.0):
        rate, seen = mechanism.derivatives(State(v, 0.0, 0.0, 4.0), 2027.0, 0.0, p, NumPy)
        assert rate.x == seen.ln_h
        shares.append(seen.k)
    assert shares[0] == shares[1] == pytest.approx(1.0 / (1.0 + np.exp((p.theta - 4.0) / p.omega)), rel=1e-12)


@pytest.mark.parametrize("kappa", [0.15, 0.3, 0.6])
@pytest.mark.parametrize("r", [0.4, 1.0, 3.6])
def test_at_full_automation_growth_changes_by_davidson_and_houldens_law(kappa, r):
    """By 2^(kappa (1 - 1/r)) per doubling of the software that AI added: with the trend's own growth in v and in the
    twin cancelling, D and u move together at f = 1, so the exponent is kappa (1 - 1/r) u."""
    p = parameters(kappa=kappa, r=r, phi0=0.0, headroom=1e12, theta=-100.0, omega=0.1, logit_rho0=-600.0)
    ahead = [State(u, 0.0, u, 50.0) for u in (1.0, 1.0 + LN2)]
    slow, fast = (mechanism.derivatives(s, 2030.0, 0.0, p, NumPy)[1].rate for s in ahead)
    assert fast / slow == pytest.approx(2.0 ** (kappa * (1.0 - 1.0 / r)), rel=1e-9)


def test_at_the_ceiling_software_keeps_growing_no_faster_than_nothing():
    p = parameters(headroom=5.0)
    rate, _ = mechanism.derivatives(State(5.0, 0.0, 5.0, 50.0), 2030.0, 0.0, p, NumPy)
    assert rate.v == -p.g_s, "no room, no growth above the trend's loss"


def test_the_step_is_of_second_order():
    """Each halving divides the error by about four."""
    p = parameters()
    ends = [run(p, 2030.0, MONTH / n)[-1].v for n in (1, 2, 4, 8, 64)]
    errors = np.abs(np.array(ends[:-1]) - ends[-1])
    ratios = errors[:-1] / errors[1:]
    assert (ratios > 3.0).all(), ratios
    assert (ratios < 5.5).all(), ratios


@each_worldview
def test_the_pace_ratio_is_one_before_automation_and_two_at_m2(name):
    draws, _ = plain.kernel_input(WORLDVIEWS[name], 20, seed=2)
    p = Parameters(*draws.T)
    _, seen = mechanism.derivatives(mechanism.initial_state(p), mechanism.HISTORY_START, 0.0, p, NumPy)
    no_ai = seen._replace(rate=seen.rate0)
    np.testing.assert_array_equal(mechanism.progress_ratio(no_ai, p.g_c), 1.0)
    twice = seen._replace(rate=2.0 * seen.rate0 + p.g_c)
    np.testing.assert_allclose(mechanism.progress_ratio(twice, p.g_c), 2.0, rtol=1e-15)

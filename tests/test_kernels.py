"""The compiled simulation against the mechanism stepped in NumPy, and the facts that any parameters must obey.

The reference (`benchmarks.plain`) keeps whole paths and reads dates off them afterwards; it shares the mechanism with
the kernel and nothing else.
"""

import sys
from pathlib import Path

import numpy as np
import pytest

import priors
from benchmarks import plain
from forecast import kernels, simulation
from forecast.kernels import EVENT_ROWS, MONTH, SNAPSHOT_FIELDS
from forecast.mechanism import HISTORY_START, Parameters
from forecast.simulation import HORIZON, MOST_STEPS, SNAPSHOT_YEARS

WORLDVIEWS = priors.load_all()
FIELDS = Parameters._fields
AT = {name: i for i, name in enumerate(EVENT_ROWS)}
SNAP = {name: i for i, name in enumerate(SNAPSHOT_FIELDS)}

each_worldview = pytest.mark.parametrize("name", WORLDVIEWS)


def run(compiled, draws, asi, end=HORIZON):
    quiet = np.zeros((len(draws), 120))
    return compiled(draws, asi, quiet, 2026.0, HISTORY_START, end, SNAPSHOT_YEARS, MOST_STEPS)


def column(draws, name):
    return draws[:, FIELDS.index(name)]


def changed(draws, **columns):
    other = draws.copy()
    for name, values in columns.items():
        other[:, FIELDS.index(name)] = values
    return other


def later_by(second, first):
    """Years by which the second date is later; 0 where both are never."""
    with np.errstate(invalid="ignore"):
        return np.where(second == first, 0.0, second - first)


@each_worldview
def test_the_compiled_dates_are_those_of_the_mechanism_at_the_same_steps(name, compiled):
    """To rounding, with two liberties. A draw within 1 % of its ceiling counts as there, and what it had not reached
    stays undated. A year that begins and ends within one step is dated to the end of that step."""
    draws, asi = plain.kernel_input(WORLDVIEWS[name], 60, seed=3)
    found, u_at_loop, _ = run(compiled, draws, asi)
    expected = plain.dates(draws, asi, end=HORIZON)
    ceiling = 0.99 * column(draws, "headroom")
    for event, level in (("M2", np.inf), ("X100", u_at_loop + np.log(100.0)), ("ASI", u_at_loop + asi)):
        cut = (level > ceiling) & np.isinf(found[:, AT[event]])
        expected[cut, AT[event]] = np.inf
    late = later_by(found, expected)
    years = [AT[event] for event in ("SWX3", "SWX5", "SWX10")]
    assert (late[:, years] <= MONTH).all()
    assert (np.abs(late[:, years]) > 1e-8).any(axis=1).sum() <= 1
    late[:, years] = 0.0
    assert np.abs(late).max() <= 1e-8


@pytest.mark.parametrize("name", ["clark", "yudkowsky"])
def test_steps_eight_times_finer_move_a_date_by_no_more_than_a_step(name, compiled):
    """A midpoint step errs by less than a step wherever the date is a crossing of something that keeps rising. The
    slow crossings (M2 and what counts from the loop, X100 and ASI) are held by their quantiles below."""
    draws, asi = plain.kernel_input(WORLDVIEWS[name], 60, seed=4)
    found, _, _ = run(compiled, draws, asi)
    finer = plain.dates(draws, asi, end=HORIZON, finer=8)
    for event in ("RE", "LOOP", "CORE", "HALF"):
        late = np.abs(later_by(found[:, AT[event]], finer[:, AT[event]]))
        assert np.mean(late > MONTH) <= 0.05, event
        assert np.median(late) < 0.01, event


@each_worldview
def test_halving_the_step_moves_no_quantile_by_more_than_a_twentieth_of_a_year(name, compiled):
    """300 draws, paired. A quantile of so few jumps from one draw to the next where dates are sparse, so it may lie
    anywhere between the quantiles two draws to either side; none is looked at within 2 % of never, and never itself
    is held to 2 % (M2 of a draw that just reaches it, or just does not, hangs on the step)."""
    n = 300
    draws, asi = plain.kernel_input(WORLDVIEWS[name], n, seed=5)
    found, _, _ = run(compiled, draws, asi)
    halved = plain.dates(draws, asi, end=HORIZON, finer=2)
    for event, i in AT.items():
        ours, theirs = np.sort(found[:, i]), np.sort(halved[:, i])
        never = np.isinf(ours).mean(), np.isinf(theirs).mean()
        assert never[0] == pytest.approx(never[1], abs=0.02), event
        for level in (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95):
            at = int(level * n)
            low, high = theirs[at - 2], theirs[at + 2]
            if level < 1.0 - max(never) - 0.02:
                assert low - 0.05 <= ours[at] <= high + 0.05, (event, level)


@each_worldview
@pytest.mark.parametrize("compute", [0.4, 1.0])
def test_with_no_automation_for_ever_ai_adds_no_more_than_rounding(name, compute, compiled):
    draws, asi = plain.kernel_input(WORLDVIEWS[name], 500, seed=6)
    draws = changed(draws, logit_rho0=np.inf, g_c_late=compute * column(draws, "g_c"))
    dates, u_at_loop, snaps = run(compiled, draws, asi)
    for event in ("M2", "SWX3", "SWX5", "SWX10", "X100", "ASI", "CORE", "HALF"):
        assert np.isinf(dates[:, AT[event]]).all(), event
    np.testing.assert_allclose(snaps[..., SNAP["rate"]], snaps[..., SNAP["rate0"]], rtol=1e-11)
    assert (snaps[..., SNAP["f"]] < 1e-300).all()
    assert np.abs(u_at_loop[np.isfinite(u_at_loop)]).max(initial=0.0) < 1e-10


@each_worldview
def test_with_no_automation_for_ever_the_compiled_twin_is_the_same_to_the_last_bit(name, compiled):
    draws, asi = plain.kernel_input(WORLDVIEWS[name], 500, seed=6)
    _, u_at_loop, snaps = run(compiled, changed(draws, logit_rho0=np.inf), asi)
    np.testing.assert_array_equal(snaps[..., SNAP["rate"]], snaps[..., SNAP["rate0"]])
    assert not np.any(u_at_loop[np.isfinite(u_at_loop)])


# Signs on paired draws


MORE = {
    "boost": lambda d: changed(d, ln_boost=column(d, "ln_boost") + np.log(1.5)),
    "headroom": lambda d: changed(d, headroom=1.3 * column(d, "headroom")),
    "r": lambda d: changed(d, r=1.3 * column(d, "r")),
    "less friction": lambda d: changed(d, phi0=0.5 * column(d, "phi0")),
}
EVERY = pytest.mark.parametrize("better", MORE)


def paired(compiled, better, *, slows, roomy=False):
    """Dates of every worldview's draws without and with more of something."""
    before, after = [], []
    for name in WORLDVIEWS:
        draws, asi = plain.kernel_input(WORLDVIEWS[name], 1000, seed=7)
        if not slows:
            draws = changed(draws, g_c_late=column(draws, "g_c"))
        if roomy:
            draws = changed(draws, headroom=1e4)
        before.append(run(compiled, draws, asi)[0])
        after.append(run(compiled, MORE[better](draws), asi)[0])
    return np.concatenate(before), np.concatenate(after)


@pytest.mark.parametrize(("better", "slows"), [("boost", True), ("headroom", True), *((m, False) for m in MORE)])
def test_more_never_delays_the_loop_by_more_than_a_step(better, slows, compiled):
    """Boost and headroom always; returns and friction where compute does not slow. Months are the grid, and a takeoff
    that begins inside one is dated to within it; finer steps shrink the violations in proportion (next test)."""
    before, after = paired(compiled, better, slows=slows)
    for event in ("RE", "LOOP", "CORE", "HALF"):
        late = later_by(after[:, AT[event]], before[:, AT[event]])
        assert late.max() <= MONTH, event


@EVERY
def test_the_violations_are_the_grids(better):
    """At steps eight times finer none is larger than an eighth of a month's step."""
    draws, asi = plain.kernel_input(WORLDVIEWS["yudkowsky"], 60, seed=8)
    draws = changed(draws, g_c_late=column(draws, "g_c"), headroom=np.maximum(column(draws, "headroom"), 20.0))
    before = plain.dates(draws, asi, end=2032.0, finer=8)
    after = plain.dates(MORE[better](draws), asi, end=2032.0, finer=8)
    for event in ("RE", "LOOP", "CORE", "HALF"):
        late = later_by(after[:, AT[event]], before[:, AT[event]])
        assert late.max() <= MONTH / 8, event


@pytest.mark.parametrize("better", ["boost", "r", "less friction"])
def test_with_room_to_spare_more_never_delays_the_fast_years_either(better, compiled):
    """Not so under a low ceiling: who gains more before all is permitted has less room left when it is. Nor for X100
    and ASI, which count from what was there at LOOP: an earlier loop may stand on other ground. A window has two ends,
    each to within a step."""
    before, after = paired(compiled, better, slows=False, roomy=True)
    for event in ("SWX3", "SWX5", "SWX10"):
        late = later_by(after[:, AT[event]], before[:, AT[event]])
        assert late.max() <= 2.0 * MONTH, event


# Whatever the parameters


@pytest.mark.parametrize("name", ["clark", "lambert", "yudkowsky"])
def test_extreme_parameters_give_ordered_dates(name, compiled):
    draws, asi = plain.kernel_input(WORLDVIEWS[name], 500, seed=9)
    extreme = changed(draws, r=5.0, ln_boost=np.log(1000.0), headroom=30.0 * np.log(10.0), tau=0.01)
    for some in (extreme, changed(extreme, kappa=0.99), changed(draws, headroom=0.3), changed(draws, r=0.01)):
        dates, _, _ = run(compiled, some, asi)
        in_order(dates)


@each_worldview
def test_dates_come_in_their_order(name, compiled):
    draws, asi = plain.kernel_input(WORLDVIEWS[name], 2000, seed=10)
    in_order(run(compiled, draws, asi)[0])


def in_order(dates):
    assert not np.isnan(dates).any()
    assert (dates >= HISTORY_START).all()
    assert (np.isinf(dates) | (dates <= HORIZON)).all()
    for first, then in (("RE", "LOOP"), ("SWX3", "SWX5"), ("SWX5", "SWX10"), ("LOOP", "X100"), ("X100", "ASI"),
                        ("CORE", "HALF")):  # fmt: skip
        one, other = dates[:, AT[first]], dates[:, AT[then]]
        assert (later_by(one, other) <= 1e-9).all(), (first, then)
    for first, then in (("LOOP", "X100"), ("X100", "ASI")):
        one, other = dates[:, AT[first]], dates[:, AT[then]]
        assert (np.isinf(other) | (other > one)).all()


def test_a_loop_is_closed_only_where_the_wall_lets_it(compiled):
    draws, asi = plain.kernel_input(WORLDVIEWS["lambert"], 500, seed=11)
    walled = changed(draws, wall=0.9, T_par=np.inf)
    dates, _, _ = run(compiled, walled, asi)
    assert np.isinf(dates[:, AT["LOOP"]]).all()
    assert np.isfinite(dates[:, AT["RE"]]).any()
    later, _, _ = run(compiled, changed(walled, T_par=2040.0), asi)
    loop = later[:, AT["LOOP"]]
    assert np.isfinite(loop).any()
    assert (loop[np.isfinite(loop)] >= 2040.0 - MONTH).all()


def test_where_no_paradigm_is_needed_its_date_is_irrelevant(compiled):
    draws, asi = plain.kernel_input(WORLDVIEWS["lambert"], 500, seed=12)
    draws = changed(draws, wall=2.0)
    one, other = (run(compiled, changed(draws, T_par=year), asi)[0] for year in (2030.0, np.inf))
    np.testing.assert_array_equal(one, other)


def test_draws_do_not_mind_their_neighbours(compiled):
    """Draws are stepped side by side; order and company change nothing."""
    draws, asi = plain.kernel_input(WORLDVIEWS["clark"], 300, seed=13)
    together, _, snaps = run(compiled, draws, asi)
    order = np.random.default_rng(1).permutation(300)
    shuffled, _, _ = run(compiled, draws[order], asi[order])
    np.testing.assert_array_equal(shuffled, together[order])
    alone, _, alone_snaps = run(compiled, draws[:1], asi[:1])
    np.testing.assert_array_equal(alone, together[:1])
    np.testing.assert_array_equal(alone_snaps, snaps[:1])


def test_what_was_generated_is_named_after_all_that_it_was_made_from():
    assert kernels.sources_hash()[:16] in kernels._load("forward").__name__
    assert kernels.sources_hash()[:12] in kernels.describe()


@pytest.mark.parametrize("kind", ["forward", "likelihood"])
def test_code_generated_anew_is_to_the_byte_what_was_generated_before(kind):
    """By another process as a rule, whose sets and dicts come in another order: the name of the file would promise too
    much if two of the same sources could differ."""
    generate = {"forward": kernels._forward_module, "likelihood": kernels._likelihood_module}[kind]
    assert generate() == Path(kernels._load(kind).__file__).read_text()


def test_code_is_generated_once_and_read_from_then_on(tmp_path, monkeypatch):
    """And again where the sources are others."""
    made = []

    def generate():
        made.append(f"number = {len(made)}\n")
        return made[-1]

    def loaded(sources):
        monkeypatch.setattr(kernels, "sources_hash", lambda: sources)
        monkeypatch.delitem(sys.modules, f"rsi_forward_{sources[:16]}", raising=False)
        return kernels._load("forward").number

    monkeypatch.setenv("RSI_CACHE", str(tmp_path))
    monkeypatch.setattr(kernels, "_forward_module", generate)
    try:
        assert [loaded(sources) for sources in ("a" * 64, "a" * 64, "b" * 64, "a" * 64)] == [0, 0, 1, 0]
        assert len(made) == 2
        assert sorted(path.name for path in (tmp_path / "kernels").glob("*.py")) == [
            f"rsi_forward_{letter * 16}.py" for letter in "ab"
        ]
        assert not list((tmp_path / "kernels").glob("*.tmp"))
    finally:
        for letter in "ab":
            sys.modules.pop(f"rsi_forward_{letter * 16}", None)


def test_code_that_cannot_be_loaded_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("RSI_CACHE", str(tmp_path))
    monkeypatch.setattr(kernels, "_forward_module", lambda: "")
    monkeypatch.setattr(kernels.importlib.util, "spec_from_file_location", lambda *_: None)
    with pytest.raises(ImportError, match=r"cannot load generated code .*rsi_forward_"):
        kernels._load("forward")


def test_a_draw_cut_off_by_the_step_limit_is_said_to_be(compiled):
    draws, asi = plain.kernel_input(WORLDVIEWS["clark"], 3, seed=14)
    quiet = np.zeros((3, 120))
    dates, _, _ = compiled(draws, asi, quiet, 2026.0, HISTORY_START, HORIZON, SNAPSHOT_YEARS, 50)
    assert np.isnan(dates).all()
    assert simulation.MOST_STEPS > 50

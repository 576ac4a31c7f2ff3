"""Other mechanisms: one changed line each, the standard in its limit, and a direction that common sense expects."""

import pickle
from concurrent.futures import Future, ProcessPoolExecutor
from datetime import date
from math import log
from multiprocessing import get_context

import numpy as np
import pandas as pd
import pytest
import sympy as sp
from scipy.special import ndtr

import priors
from benchmarks import plain
from forecast import codegen, kernels, likelihood, mechanism, rows, sampling, views
from forecast.kernels import EVENT_ROWS, MONTH
from forecast.mechanism import LN2, STANDARD, sigmoid
from forecast.namespaces import NumPy
from forecast.parameters import VECTOR
from forecast.trust import bridge, structure, structures
from forecast.trust.findings import Context
from forecast.trust.structures import ALTERNATIVES
from tests.conftest import TODAY

each_alternative = pytest.mark.parametrize("name", ALTERNATIVES)
NEVER = 3000.0
"""A date after all others, so that dates can be subtracted."""


@each_alternative
def test_an_alternative_changes_one_line_and_says_whose_it_is(name):
    one, found = ALTERNATIVES[name], structures.structure(name)
    changed = [field for field in STANDARD._fields if getattr(found, field) is not getattr(STANDARD, field)]
    assert changed == ["name", one.function]
    assert all((one.says.endswith("."), one.argued_by, one.source))
    assert structures.edition() in found.name, "code of another edition of the file must not be taken for this one's"


def test_an_unknown_structure_is_refused_before_anything_is_rebuilt(ledger):
    with pytest.raises(KeyError, match="no such"):
        structure.measure(Context(ledger=ledger, day=TODAY), alternatives=["no such"])


# What each line says


Z = np.linspace(-30.0, 30.0, 2001)
Y = np.linspace(-3.0, 12.0, 3001)


def test_feedback_at_nothing_leaves_researchers_as_they_were():
    assert np.array_equal(ALTERNATIVES["no feedback"].other(Z), 0.0 * Z)


def test_without_a_generation_between_them_labs_see_what_metr_sees():
    assert ALTERNATIVES["no generation time"].other(-1.0, 3.0, NumPy) == 3.0


def test_compute_holds_research_only_where_research_would_outgrow_it():
    held = ALTERNATIVES["hard compute complement"].other
    assert np.array_equal(held(Z, np.inf, NumPy), Z)
    assert np.array_equal(held(Z, 1.0, NumPy), np.minimum(Z, 1.0))


def test_each_doubling_of_the_horizon_takes_a_tenth_less_than_the_one_before():
    growth = structures.quickening(0.1)
    doublings = [np.interp(n * LN2, growth(Y, NumPy), Y) for n in range(21)]
    np.testing.assert_allclose(np.diff(doublings), LN2 * 0.9 ** np.arange(20) * (0.1 / -log(0.9)), rtol=1e-3)


def test_the_quickening_begins_in_2025_and_has_no_jump_and_no_pole():
    growth = structures.quickening(0.1)(Y, NumPy)
    slope = np.diff(growth) / np.diff(Y)
    assert np.array_equal(growth[Y <= 0.0], Y[Y <= 0.0])
    assert np.all(np.diff(slope) >= -1e-9), "never slower than before"
    assert slope[-1] == pytest.approx(structures.QUICKEST)
    assert structures.quickening(0.1)(1e6, NumPy) < 1.1e7


def test_each_family_holds_the_standard_as_its_limit():
    np.testing.assert_allclose(structures.quickening(1e-9)(Y, NumPy), Y, atol=1e-6)
    assert np.array_equal(structures.gap(1.0)(Z, 9.0, NumPy), Z)
    assert np.array_equal(structures.slower(1.0)(Z, 9.0, NumPy), Z)
    np.testing.assert_allclose(structures.long_tailed(1.0)(Z, NumPy), sigmoid(Z, NumPy), atol=1e-12)


@pytest.mark.parametrize("curve", [structures.normal_curve, structures.long_tailed(2.0)], ids=["normal", "long tail"])
def test_every_curve_is_a_share_that_rises_and_has_a_half_and_the_logistics_slope_at_theta(curve):
    k = curve(Z, NumPy)
    assert np.all((k >= 0.0) & (k <= 1.0))
    assert np.all(np.diff(k) >= 0.0)
    assert curve(0.0, NumPy) == pytest.approx(0.5)
    assert (curve(1e-5, NumPy) - curve(-1e-5, NumPy)) / 2e-5 == pytest.approx(0.25, rel=1e-6)
    with np.errstate(all="raise"):
        curve(np.array([-1e5, 1e5]), NumPy)


def test_the_normal_curve_is_the_normal_distribution_function():
    np.testing.assert_allclose(structures.normal_curve(Z, NumPy), ndtr(Z / 1.5976), atol=2e-4)


def test_halving_what_is_left_far_out_takes_twice_the_horizon_that_the_logistic_asks_for():
    def halving(left):
        ends = [np.interp(-np.log(share), -np.log(left(Z)), Z) for share in (1e-3, 5e-4)]
        return ends[1] - ends[0]

    tail = 2.0
    scale = tail * 2.0 ** (tail - 1.0) / (2.0**tail - 1.0)
    long, logistic = (
        halving(lambda z, c=c: np.clip(1.0 - c(z, NumPy), 1e-12, 1.0)) for c in (structures.long_tailed(tail), sigmoid)
    )
    assert long * scale == pytest.approx(tail * logistic, rel=2e-3)


@each_alternative
def test_the_compiled_code_of_a_line_calls_only_what_it_knows_and_gives_the_same_numbers(name):
    other = ALTERNATIVES[name].other
    symbols = sp.symbols("p q", real=True)
    arity = {"researchers": 1, "growth": 1, "curve": 1, "seen_by_labs": 2, "held": 2}[ALTERNATIVES[name].function]
    taken = {} if ALTERNATIVES[name].function == "researchers" else {"xp": codegen.Symbols}
    lines = codegen._print([("found", other(*symbols[:arity], **taken))], "s")
    numbers = {} if not taken else {"xp": NumPy}
    for p, q in ((-3.0, 1.0), (0.4, 0.7), (2.5, 2.0), (40.0, 8.0)):
        known = {"exp": np.exp, "expm1": np.expm1, "log": np.log, "min": min, "max": max, "p": p, "q": q}
        exec("\n".join(lines), {"__builtins__": {}}, known)
        assert known["found"] == pytest.approx(other(*(p, q)[:arity], **numbers), abs=1e-12)


# Which way each moves dates, on the same draws


@pytest.fixture(scope="module")
def draws():
    """(parameters, nats to ASI) of all six, twelve beliefs each."""
    parts = [plain.kernel_input(worldview, 12, seed=1) for worldview in priors.load_all().values()]
    return np.concatenate([p for p, _ in parts]), np.concatenate([nats for _, nats in parts])


def dates_of(draws, other=None):
    """Dates of RE, LOOP and SWX3 under a structure, by plain NumPy, NEVER where not by 2045."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mechanism, "_adopted", [other] if other else [])
        found = plain.dates(*draws, end=2045.0)
    found = found[:, [EVENT_ROWS.index(event) for event in ("RE", "LOOP", "SWX3")]]
    return np.where(np.isfinite(found), found, NEVER)


@pytest.fixture(scope="module")
def standard_dates(draws):
    return dates_of(draws)


DIRECTIONS = {
    "no feedback": +1, "no generation time": -1, "hard compute complement": +1, "superexponential horizon": -1,
    "benchmarks overstate": +1, "benchmarks run ahead": +1,
}  # fmt: skip


def moves(draws, before, other, sign, events=slice(None)):
    """Whether no date moves against ``sign``, to within a step, and some move along it."""
    along = sign * (dates_of(draws, other) - before)[:, events]
    return bool(np.all(along >= -MONTH) and np.any(along > MONTH))


@pytest.mark.parametrize("name", DIRECTIONS)
def test_the_loop_closes_no_sooner_with_less_ability_and_no_later_with_more(draws, standard_dates, name):
    """Of RE and LOOP. Takeoff has no such order: ability that comes late meets labs that let it do more, all at once."""
    assert moves(draws, standard_dates, structures.structure(name), DIRECTIONS[name], slice(2))


@pytest.mark.parametrize("name", ["no feedback", "hard compute complement"])
def test_takeoff_comes_no_sooner_where_research_gains_less_from_it(draws, standard_dates, name):
    assert moves(draws, standard_dates, structures.structure(name), +1)


@pytest.mark.parametrize(
    ("field", "wrong", "sign"),
    [
        ("researchers", lambda D: 2.0 * D, +1),
        ("seen_by_labs", structures.gap(1.0 / 6.0), +1),
        ("held", lambda exponent, most, xp: xp.minimum(exponent + 0.5, 5.0), +1),
        ("growth", lambda y, xp: 0.8 * y, -1),
    ],
)
def test_a_line_with_the_wrong_sign_is_noticed(draws, standard_dates, field, wrong, sign):
    assert not moves(draws, standard_dates, STANDARD._replace(**{field: wrong}), sign, slice(2))


def test_a_curve_with_a_longer_tail_closes_the_loop_later_and_a_shorter_one_sooner(draws, standard_dates):
    for name, sign in (("long tail of tasks", 1), ("normal automation curve", -1)):
        along = sign * (dates_of(draws, structures.structure(name)) - standard_dates)[:, 1]
        assert np.all(along >= -MONTH)
        assert np.median(along) > 0


def test_before_2025_compute_holds_nobody_back():
    """What compute may carry is counted from T0: before it the bound is what AI adds by itself, never less."""
    p = mechanism.Parameters(*plain.kernel_input(priors.load("yudkowsky"), 50, seed=1)[0].T)
    state = mechanism.initial_state(p)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mechanism, "_adopted", [structures.structure("hard compute complement")])
        _, seen = mechanism.derivatives(state, mechanism.HISTORY_START, 0.0, p, NumPy)
    assert np.all(np.abs(seen.rate - seen.rate0) <= 1e-12)


# A process has one structure


def test_a_process_that_has_compiled_code_adopts_no_other_structure():
    for adopt in (
        lambda: mechanism.adopt(structures.structure("no feedback")),
        lambda: structures.under("no feedback", b""),
    ):
        with pytest.raises(RuntimeError, match="fresh process"):
            adopt()
    assert mechanism.structure() is STANDARD


def test_a_fresh_process_generates_code_under_the_structure_it_was_given():
    call = pickle.dumps((kernels.sources_hash, (), {}))
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        found = pool.submit(structures.under, "no feedback", call).result()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mechanism, "_adopted", [structures.structure("no feedback")])
        assert found == kernels.sources_hash.__wrapped__() != kernels.sources_hash()


def test_the_standard_is_adopted_by_doing_nothing():
    assert structures.under("standard", pickle.dumps((kernels.sources_hash, (), {}))) == kernels.sources_hash()


@each_alternative
def test_code_of_different_structures_has_different_names(name, monkeypatch):
    own = kernels.sources_hash()
    monkeypatch.setattr(mechanism, "_adopted", [structures.structure(name)])
    first = kernels.sources_hash.__wrapped__()
    monkeypatch.setattr(structures, "edition", lambda: "another")
    monkeypatch.setattr(mechanism, "_adopted", [structures.structure(name)])
    assert len({own, first, kernels.sources_hash.__wrapped__()}) == 3


# The score


def nothing_but(log_likelihood, monkeypatch):
    """A prior of standard normals and rows whose likelihood is a function of the first of them."""
    monkeypatch.setattr(likelihood, "total", lambda z, prior, blocks: log_likelihood(z[:, 0]))
    prior = sampling.parameters.of_worldview(priors.load("trend"))
    return prior, sampling._no_rows()


def test_the_evidence_of_a_normal_reading_is_its_known_density(monkeypatch):
    prior, blocks = nothing_but(lambda z: -0.5 * ((z - 1.5) / 0.5) ** 2, monkeypatch)
    z = np.random.default_rng(1).standard_normal((2000, len(VECTOR)))
    z[:, 0] = 1.2 + z[:, 0] * np.sqrt(0.2)
    found = bridge.log_evidence(z, prior, blocks, chains=4, seed=1)
    assert found.value == pytest.approx(log(np.sqrt(0.2)) - 0.5 * 1.5**2 / 1.25, abs=4 * found.error)
    assert 0.0 < found.error < 0.05


def test_the_evidence_of_a_reading_that_says_above_or_below_is_a_half(monkeypatch):
    """The posterior is skewed, so the normal between does not fit it; by symmetry the answer is known."""
    prior, blocks = nothing_but(lambda z: -np.log1p(np.exp(-5.0 * z)), monkeypatch)
    rng = np.random.default_rng(2)
    z = rng.standard_normal((2000, len(VECTOR)))
    z[:, 0] *= np.where(rng.random(2000) < sigmoid(5.0 * z[:, 0], NumPy), 1.0, -1.0)
    found = bridge.log_evidence(z, prior, blocks, chains=4, seed=1)
    assert found.value == pytest.approx(log(0.5), abs=4 * found.error)
    assert found.value != pytest.approx(0.0, abs=4 * found.error)


def test_the_error_of_an_evidence_is_the_spread_between_independent_ones(monkeypatch):
    prior, blocks = nothing_but(lambda z: -0.5 * np.square((z - 1.0) / 0.3), monkeypatch)
    found = []
    for seed in range(8):
        z = np.random.default_rng([seed, 5]).standard_normal((600, len(VECTOR)))
        z[:, 0] = 1.0 / 1.09 + z[:, 0] * 0.3 / np.sqrt(1.09)
        found.append(bridge.log_evidence(z, prior, blocks, chains=4, seed=seed))
    spread, said = np.std([one.value for one in found], ddof=1), np.mean([one.error for one in found])
    assert 0.3 <= spread / said <= 2.0


@pytest.fixture(scope="module")
def clark_without_news():
    """Clark's stated view, with his numbers honoured, and an update to the same day by draws of the same beliefs."""
    worldview = priors.load("clark")
    prior, blocks = sampling.parameters.of_worldview(worldview), rows.blocks(rows.not_yet(worldview.as_of))
    before = views.state_from(prior, worldview, seed=1, draws=4000)
    rng = np.random.default_rng(3)
    z = rng.standard_normal((8000, len(VECTOR)))
    z = z[np.log(rng.random(8000)) < likelihood.total(z, prior, blocks)][:4000]
    posterior = sampling.Posterior(
        z=z, eta=sampling.values_of(z, prior), table=pd.DataFrame(), diagnostics={"ess_bulk": float(len(z))}
    )
    after = views.update_from(before, posterior, day=worldview.as_of, without=(), seed=2, weigh=None)
    return before, after, posterior, blocks


def test_a_view_that_has_seen_nothing_new_has_foreseen_it_for_certain(clark_without_news):
    """Neither what was open then nor the tilt is scored: both are in the stated view."""
    before, after, posterior, blocks = clark_without_news
    found = structure._score(before, after, posterior, blocks, seed=1)
    assert found.value == pytest.approx(0.0, abs=3 * found.error)
    every = bridge.log_evidence(posterior.z, before.prior, blocks, chains=4, seed=1)
    assert every.value < -3 * found.error, "unless it were taken out, what was open then would count"
    tilt = views.indicators(before.view.worldview, before.view)[0] @ before.tilt.multipliers
    assert abs(np.log(np.exp(tilt).mean())) > 3 * found.error, "and so would the tilt"


# What is made of it


def record(*, loop=50.0, score=-50.0, kept=True, bend=0.1, fails=()):
    """What one structure gives for two views, as `structure.rebuilt` has it."""
    names = ("clark", "trend")
    headlines = [
        [name, view, headline, loop + (2030.0 - loop) * (kind == "quantile_if_ever"), 0.5]
        for name in names
        for view in ("stated", "updated")
        for headline, (_, kind, _) in structure.HEADLINES.items()
    ]
    return {
        "headlines": headlines,
        "scores": [[name, 60, score, 0.05] for name in (*names, structure.NOBODY)],
        "fidelity": [["clark", 9, 10, bend, kept], ["trend", 3, 3, 0.0, True]],
        "fails": [list(one) for one in fails],
    }


def compared(ledger, **others):
    """Findings by item, and the tables."""
    named = {"gap": "benchmarks overstate", "flat": "no feedback"}
    found = {STANDARD.name: record(), structure.FLOOR: record(loop=50.5)}
    found |= {named[name]: one for name, one in others.items()}
    measured = structure._compared(found, Context(ledger=ledger, day=TODAY))
    return measured.findings.set_index("item"), measured.tables


def test_a_structure_that_predicts_better_is_a_finding_that_falls_short(ledger):
    found, _ = compared(ledger, gap=record(score=-47.0), flat=record(score=-53.0))
    better = found.loc[[one for one in found.index if one.startswith("benchmarks overstate")]]
    assert list(better["passes"]) == [False, False]
    assert better["says"].str.startswith("Falls short: with 'benchmarks overstate' the model predicts better").all()
    assert np.allclose(better["value"], 3.0)
    assert found.loc[[one for one in found.index if one.startswith("no feedback")], "passes"].all()


def test_a_difference_within_its_error_tells_nothing(ledger):
    found, _ = compared(ledger, gap=record(score=-49.9))
    own = found.loc["benchmarks overstate: the whole ledger, nobody's beliefs"]
    assert own["passes"]
    assert "do not tell" in own["says"]
    assert own["high"] == pytest.approx(2.0 * np.hypot(0.05, 0.05))


def test_what_another_seed_does_to_the_standard_is_part_of_the_error_of_a_view(ledger):
    named = {STANDARD.name: record(), structure.FLOOR: record(score=-49.0), "no feedback": record(score=-49.0)}
    table = structure._scores(named).set_index(["structure", "worldview"])
    assert table.loc[("no feedback", "clark"), "error"] == pytest.approx(np.hypot(1.0, np.hypot(0.05, 0.05)))
    assert table.loc[("no feedback", structure.NOBODY), "error"] == pytest.approx(np.hypot(0.05, 0.05))


def test_structures_are_ranked_by_how_far_they_move_a_headline(ledger):
    found, tables = compared(ledger, gap=record(loop=20.0), flat=record(loop=60.0))
    top = tables["movers"].query("view == 'updated' and headline == 'LOOP by 2030'")
    assert list(top["structure"]) == ["benchmarks overstate", "no feedback", structure.FLOOR]
    assert list(top["mean_absolute_move"]) == [30.0, 10.0, 0.5]
    assert list(top["mean_move"]) == [-30.0, 10.0, 0.5]
    assert "benchmarks overstate" in found.loc["largest mover of LOOP by 2030", "says"]
    assert top["error"].iloc[0] == pytest.approx(np.hypot(0.5, 0.5) / np.sqrt(2.0))


def test_a_date_that_nobody_has_is_left_out_of_a_mean_and_no_zero(ledger):
    other = record(loop=20.0)
    for line in other["headlines"]:
        if line[2] == "LOOP 90 %" and line[0] == "clark":
            line[3:] = [np.nan, np.nan]
    _, tables = compared(ledger, gap=other)
    row = tables["movers"].query("structure == 'benchmarks overstate' and headline == 'LOOP 90 %' and view == 'stated'")
    assert row[["worldviews", "mean_absolute_move"]].to_numpy().tolist() == [[1, 0.0]]


def test_another_seed_that_moves_a_headline_by_many_errors_fails_the_floor(ledger):
    item = "another seed moves no headline of the standard"
    assert compared(ledger)[0].loc[item, "passes"]
    wild = {STANDARD.name: record(), structure.FLOOR: record(loop=60.0)}
    assert not structure._stray(structure._moves(wild)[0]).value <= structure.STRAY


def test_a_number_that_no_tilt_brings_back_and_a_fit_that_fails_are_said(ledger):
    bad = record(kept=False, fails=[("trend", "R-hat 1.2 above 1.01")])
    found, tables = compared(ledger, gap=bad, flat=record(bend=0.4))
    lost = found.loc["views whose own numbers another structure puts out of reach"]
    assert lost["value"] == 2
    assert "clark under 'benchmarks overstate'" in lost["says"]
    failed = found.loc["fits that did not converge"]
    assert not failed["passes"]
    assert "trend under 'benchmarks overstate' (R-hat 1.2" in failed["says"]
    assert set(tables) == {"headlines", "movers", "scores", "fidelity", "structures"}


def refuse(*_, **__):
    raise sampling.NotConverged(pd.DataFrame({"r_hat": [2.0]}), ("R-hat 2.0 above 1.01", "few draws"))


def test_what_does_not_converge_is_missing_and_named(ledger, monkeypatch):
    """Of a view and of nobody's beliefs alike; the others go on."""
    done = []

    def rebuild(worldview, ledger, day, seed, lines):
        if worldview.name == "krier":
            refuse()
        done.append(worldview.name)
        lines["headlines"].append([worldview.name, "stated", "LOOP by 2030", 50.0, 0.5])

    monkeypatch.setattr(structure, "_rebuild", rebuild)
    monkeypatch.setattr(structure.sampling, "fit", refuse)
    found = structure.rebuilt(("clark", "krier", "trend"), ledger, TODAY, seed=1)
    assert done == ["clark", "trend"]
    assert [line[0] for line in found["headlines"]] == done
    assert found["scores"] == []
    assert found["fails"] == [[name, "R-hat 2.0 above 1.01; few draws"] for name in ("krier", structure.NOBODY)]


def test_the_headlines_of_a_view_are_its_probabilities_in_percent_and_its_dates(clark_without_news):
    before, after, _, _ = clark_without_news
    for view in (before.view, after):
        found = {line[2]: line for line in structure._headlines(view)}
        assert set(found) == set(structure.HEADLINES)
        assert all(line[:2] == ["clark", view.name] for line in found.values())
        event, kind, day = structure.HEADLINES["LOOP by 2030"]
        assert (event, kind) == ("LOOP", "cdf")
        share = view.probability(view.futures.observed("LOOP") < 2031.0)
        assert found["LOOP by 2030"][3] == pytest.approx(100.0 * share, abs=1e-9), day
        dates = [line[3] for name, line in found.items() if structure.HEADLINES[name][1] == "quantile_if_ever"]
        assert dates
        assert all(np.isnan(date) or 2026.0 < date < 2100.0 for date in dates)


def test_a_stated_view_says_how_many_of_its_targets_it_meets_and_how_far_it_was_bent(clark_without_news):
    before, *_ = clark_without_news
    for kept in (True, False):
        ((name, met, of, bend, said),) = structure._fidelity(before.view, kept=kept)
        assert (name, bend, said) == ("clark", before.view.bend, kept)
        assert 0 < met <= of


def test_a_structure_that_nobody_could_be_scored_under_has_no_verdict(ledger):
    """Not even that it predicts as well: neither on the rows since nor, where only that is missing, on all."""
    silent = record() | {"scores": []}
    found, _ = compared(ledger, gap=silent)
    assert not [one for one in found.index if one.startswith("benchmarks overstate:")]
    half = record()
    half["scores"] = [line for line in half["scores"] if line[0] != structure.NOBODY]
    found, _ = compared(ledger, gap=half)
    assert [one for one in found.index if one.startswith("benchmarks overstate:")] == [
        "benchmarks overstate: rows since, mean of the views"
    ]


class Here:
    """An executor that does what it is asked at once, in this process."""

    def __init__(self, *_, **__):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def submit(self, function, *arguments):
        done = Future()
        done.set_result(function(*arguments))
        return done

    def shutdown(self, **_):
        return None


def test_without_a_folder_nothing_is_kept(ledger, tmp_path, monkeypatch):
    asked = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(structure, "ProcessPoolExecutor", Here)
    monkeypatch.setattr(structure, "as_completed", list)
    monkeypatch.setattr(structures, "under", lambda name, call: asked.append(name) or record())
    context = Context(ledger=ledger, day=TODAY)
    for _ in range(2):
        structure.measure(context, alternatives=["no feedback"], worldviews=["clark"])
    assert asked == 2 * ["standard", "standard", "no feedback"]
    assert not list(tmp_path.iterdir())


def test_a_run_that_was_stopped_goes_on_with_the_structures_not_yet_done(ledger, tmp_path, monkeypatch):
    asked = []

    def under(name, call):
        seed = pickle.loads(call)[2]["seed"]
        asked.append((name, seed))
        if len(asked) == 3:
            raise KeyboardInterrupt
        return record()

    monkeypatch.setattr(structure, "ProcessPoolExecutor", Here)
    monkeypatch.setattr(structures, "under", under)
    monkeypatch.setattr(structure, "as_completed", list)
    told = []
    context = Context(ledger=ledger, day=TODAY, report=lambda done, of, what: told.append((done, of)))
    options = {"alternatives": ["no feedback"], "worldviews": ["clark"], "work": tmp_path}
    for name, seed in ((STANDARD.name, 1), (structure.FLOOR, 2)):
        list(structure._each({name: seed}, ("clark",), context, tmp_path, 1))
    with pytest.raises(KeyboardInterrupt):
        structure.measure(context, **options)
    found = structure.measure(context, **options)
    assert asked == [("standard", 1), ("standard", 2), ("no feedback", 1), ("no feedback", 1)]
    assert told[-1] == (3, 3)
    structure.measure(context, **options)
    assert len(asked) == 4, "all is kept"
    assert structure.measure(context, **options).findings.equals(found.findings)
    other = Context(ledger=ledger, day=date(2026, 11, 20))
    structure.measure(other, **options)
    assert len(asked) == 7, "another day is another question"


@pytest.mark.slow
def test_yudkowskys_takeoff_hangs_on_feedback_and_his_clock_hardly(ledger, tmp_path):
    """Four minutes of one core: three processes, each compiled anew."""
    found = structure.measure(
        Context(ledger=ledger, day=TODAY), alternatives=["no feedback"], worldviews=["yudkowsky"], work=tmp_path
    )
    table = found.tables["headlines"].query("structure == 'no feedback'").set_index(["view", "headline"])
    for view in ("stated", "updated"):
        assert table.loc[(view, "SWX3 by 2030"), "move"] < -4.0 * table.loc[(view, "SWX3 by 2030"), "error"]
        assert abs(table.loc[(view, "LOOP by 2030"), "move"]) < 10.0
    standard = found.tables["headlines"].query("structure == 'standard'")
    assert np.all(standard["move"].dropna() == 0.0)
    assert found.findings.set_index("item").loc["another seed moves no headline of the standard", "passes"]
    assert set(found.tables["scores"]["worldview"]) == {"yudkowsky", structure.NOBODY}

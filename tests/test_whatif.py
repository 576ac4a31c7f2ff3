"""What if this were seen, and what if this were so."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from cruxes import observables, outlook, signals, whatif, whatif_grammar
from forecast.artefacts import Kept
from forecast.evidence import ledger as ledgers
from forecast.functionals import happened_by
from forecast.run import Evidence
from forecast.simulation import HORIZON
from priors import BadInput
from tests.conftest import TODAY
from tests.small_views import kept

CATALOGUE = signals.read()


@pytest.fixture(scope="module")
def evidence():
    return Evidence(ledgers.read())


@pytest.fixture(scope="module")
def clark(evidence):
    """With futures as an intervention would leave them had it set nothing."""
    found = kept("clark", draws=4000)
    return replace(found, view=replace(found.view, futures=whatif.simulated(found, found.view.eta, found.view.worldview, evidence)))  # fmt: skip


def see(text, evidence):
    return whatif_grammar.see(text, catalogue=CATALOGUE, register=evidence.ledger.register, today=TODAY)


def seen(text, found, evidence, refit=False):
    return whatif.seen(found, kept("clark", "stated"), see(text, evidence), evidence, CATALOGUE, seed=1, refit=refit)


def put(text, found, evidence):
    return whatif.put(found, whatif_grammar.put(text), evidence)


@pytest.mark.parametrize(
    ("text", "kind", "name", "relation", "on"),
    [
        ("metr_horizon_p50 of 40 h by 2027-03-31", "measurement", "metr_horizon_p50", "of", date(2027, 3, 31)),
        ("metr_horizon_p50 40h 2027-03", "measurement", "metr_horizon_p50", "of", date(2027, 3, 31)),
        ("  al4_plus   above 60 % on 2027-02-28 ", "measurement", "al4_plus", "above", date(2027, 2, 28)),
        ("lab_pace below 1.5 x by 2027-06", "measurement", "lab_pace", "below", date(2027, 6, 30)),
        ("trial_time_change of -50 % by 2027-06", "measurement", "trial_time_change", "of", date(2027, 6, 30)),
        ("LOOP by 2028-12-31", "event", "LOOP", "seen", date(2028, 12, 31)),
        ("no LOOP by 2028-02", "event", "LOOP", "not seen", date(2028, 2, 29)),
        ("boost above 10", "parameter", "boost", "above", None),
    ],
)
def test_what_is_seen_is_read_from_a_line_of_text(text, kind, name, relation, on, evidence):
    found = see(text, evidence)
    assert (found.kind, found.name, found.relation, found.on) == (kind, name, relation, on)


def test_units_lead_to_the_same_reading(evidence):
    hours, minutes = (see(f"metr_horizon_p50 of {v} by 2027-03-31", evidence).value for v in ("40 h", "2400 min"))
    assert hours == pytest.approx(np.log(40.0))
    assert hours == pytest.approx(minutes)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "<quantity>"),
        ("metr_horizon_p50", "<quantity>"),
        ("nothing of 40 h by 2027-03-31", "metr_horizon_p50"),
        ("metr_horizon_p50 of 40 furlongs by 2027-03-31", "minutes"),
        ("metr_horizon_p50 of 40 h by 2026-03-31", "after 2026-11-21"),
        ("metr_horizon_p50 of 40 h by 2099-03-31", "2040"),
        ("metr_horizon_p50 of 40 h by 2027-02-30", "calendar"),
        ("metr_horizon_p50 of -4 h by 2027-02-28", "can have"),
        ("al4_plus of 120 % by 2027-02-28", "can have"),
        ("NOPE by 2027-02-28", "LOOP"),
        ("nope above 3", "boost"),
        ("boost above 0.5", "above_one"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_was_expected(text, words, evidence):
    with pytest.raises(BadInput) as refused:
        see(text, evidence)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "LOOP"),
        ("boost", "<parameter>"),
        ("boost=0.5", "above_one"),
        ("boost=2028-06", "number"),
        ("nope=3", "boost"),
        ("RE=2028-06", "No other clock starts from RE"),
        ("LOOP=2028-13", "calendar"),
    ],
)
def test_what_cannot_be_set_is_refused_with_what_was_expected(text, words):
    with pytest.raises(BadInput) as refused:
        whatif_grammar.put(text)
    assert words in str(refused.value)


def test_seeing_an_event_leaves_the_draws_in_which_it_happens(clark, evidence):
    day = date(2030, 12, 31)
    answer = seen("LOOP by 2030-12-31", clark, evidence)
    assert answer.view.probability(happened_by(answer.view, "LOOP", day)) == pytest.approx(1.0)
    inside = happened_by(clark.view, "LOOP", day)
    assert np.ptp(answer.view.weights[inside]) == pytest.approx(0.0, abs=1e-15)


def test_seeing_an_event_and_not_seeing_it_average_to_the_view(clark, evidence):
    yes, no = (seen(text, clark, evidence) for text in ("LOOP by 2030-12-31", "no LOOP by 2030-12-31"))
    p = clark.view.probability(happened_by(clark.view, "LOOP", date(2030, 12, 31)))
    assert p * yes.view.weights + (1 - p) * no.view.weights == pytest.approx(clark.view.weights)


def test_a_reading_weighs_each_draw_by_its_own_law(clark, evidence):
    what = see("lab_pace above 1.1 x by 2027-04-30", evidence)
    looking = outlook.of_view(clark.view, evidence)
    law = observables.law("ai_rd_progress_multiplier", what.on, 0.15, looking)
    expected = clark.view.weights * (1.0 - observables.below(law, np.log(1.1)))
    answer = seen(what.text, clark, evidence)
    assert answer.view.weights == pytest.approx(expected / expected.sum())


def test_longer_horizons_bring_the_loop_nearer_and_shorter_ones_put_it_off(clark, evidence):
    day = date(2030, 12, 31)
    now = clark.view.probability(happened_by(clark.view, "LOOP", day))
    above, under = (seen(f"metr_horizon_p50 {word} 40 h by 2027-03-31", clark, evidence) for word in ("above", "below"))
    assert under.view.probability(happened_by(under.view, "LOOP", day)) < now
    assert above.view.probability(happened_by(above.view, "LOOP", day)) > now


def test_what_next_to_no_draw_foresees_is_refused_and_what_few_do_is_marked(clark, evidence):
    for text in ("boost above 1000000000", "LOOP by 2020-12-31"):
        with pytest.raises(BadInput, match="foresee"):
            seen(text, clark, evidence)
    answer = seen("metr_horizon_p50 of 0.001 h by 2027-03-31", clark, evidence)
    assert answer.doubtful


def test_a_row_that_is_supposed_joins_those_that_are_known(clark, evidence):
    looking = outlook.of_view(clark.view, evidence)
    before = evidence.new(clark.view.worldview.as_of, TODAY)
    for text in ("metr_horizon_p50 of 40 h by 2027-03-31", "al4_plus of 60 % by 2027-02-28", "cobench of 80 % by 2027-03",
                 "staff_uplift of 3 x by 2027-03", "lab_pace of 1.5 x by 2027-03", "training_compute of 4 x by 2027-03"):  # fmt: skip
        what = see(text, evidence)
        blocks = whatif.with_row(looking, what, CATALOGUE)
        kind = evidence.ledger.register.series[CATALOGUE.quantities[what.name].series].kind
        added = blocks[kind].ids.index("what-if")
        assert blocks[kind].columns["y"][added] == pytest.approx(what.value, abs=0.02)
        assert set(before[kind].ids) == set(blocks[kind].ids) - {"what-if"}
        assert blocks["horizon"].columns["censored"][list(blocks["horizon"].ids).index("what-if")] == 0 if kind == "horizon" else True  # fmt: skip


@pytest.mark.parametrize(
    "text", ["LOOP by 2028-12-31", "boost above 10", "btos of 30 % by 2027-05", "metr_horizon_p50 of 900 h by 2035-03"]
)
def test_what_is_no_row_of_the_near_future_cannot_be_refitted(text, clark, evidence):
    assert whatif.with_row(outlook.of_view(clark.view, evidence), see(text, evidence), CATALOGUE) is None


def test_a_parameter_that_is_set_has_that_value_in_every_draw_and_others_keep_theirs(clark, evidence):
    for text, value in (("boost=20", 20.0), ("L=0.5", 0.5), ("T_par=2030", 2030.0), ("psi=1", 1.0), ("gap=0.3", 0.3)):
        name = text.partition("=")[0]
        answer = put(text, clark, evidence)
        assert answer.view.futures.values[name] == pytest.approx(value, rel=2e-3)
        assert answer.view.weights is clark.view.weights or np.array_equal(answer.view.weights, clark.view.weights)
        derived = {"r_eff", "u_at_loop", name}  # of which the first two follow from what is set
        for other, column in clark.view.futures.values.items():
            if other not in derived:
                assert np.array_equal(answer.view.futures.values[other], column), (text, other)


def test_setting_a_parameter_to_what_every_draw_has_changes_nothing(clark, evidence):
    once = put("boost=20", clark, evidence)
    twice = put("boost=20", replace(clark, view=once.view), evidence)
    for name, dates in once.view.futures.dates.items():
        assert np.array_equal(dates, twice.view.futures.dates[name])


def test_more_boost_makes_the_loop_likelier_soon(clark, evidence):
    less, more = (put(f"boost={b}", clark, evidence).view for b in (2, 50))
    by = date(2030, 12, 31)
    assert more.probability(happened_by(more, "LOOP", by)) > less.probability(happened_by(less, "LOOP", by))


def test_setting_tells_nothing_about_other_beliefs_and_seeing_does(clark, evidence):
    did, saw = put("theta=50", clark, evidence), seen("theta below 50", clark, evidence)

    def median(answer, name):
        return answer.view.quantile(answer.view.futures.values[name], 0.5)

    assert median(did, "omega") == clark.view.quantile(clark.view.futures.values["omega"], 0.5)
    assert did.how == "simulated"
    assert saw.how == "reweighted"
    assert np.array_equal(saw.view.futures.dates["LOOP"], clark.view.futures.dates["LOOP"])


def test_an_event_that_is_set_moves_what_follows_and_keeps_what_came_before(clark):
    futures = clark.view.futures
    moved, placed = whatif.event_set(futures, "LOOP", 2028.5)
    ever = np.isfinite(futures.dates["LOOP"])
    assert np.array_equal(placed, ever)
    assert np.all(moved.dates["LOOP"] == 2028.5)
    assert np.array_equal(moved.dates["RE"], futures.dates["RE"])
    x100 = np.isfinite(futures.dates["X100"]) & np.isfinite(moved.dates["X100"])
    passage = futures.dates["X100"] - np.where(ever, futures.dates["LOOP"], 0.0)
    assert moved.dates["X100"][x100] - 2028.5 == pytest.approx(passage[x100])
    assert np.all(moved.dates["PAUSE"] >= 2028.5)
    start = np.minimum(moved.dates["SWX3"], 2031.5)
    econ = np.minimum(start + futures.values["L"], futures.values["T_broad"])
    assert moved.dates["ECON10"] == pytest.approx(np.where(econ <= HORIZON, econ, np.inf))


def test_setting_the_loop_to_its_own_date_changes_nothing_that_follows_from_it(clark):
    futures = clark.view.futures.take(np.flatnonzero(np.isfinite(clark.view.futures.dates["LOOP"]))[:1])
    moved, _ = whatif.event_set(futures, "LOOP", float(futures.dates["LOOP"][0]))
    for name in ("LOOP", "SWX3", "X100", "ASI", "ECON10"):
        assert moved.dates[name] == pytest.approx(futures.dates[name])


def test_a_pause_that_is_set_stops_all_clocks_that_had_not_rung(clark, evidence):
    answer = put("PAUSE=2028-06", clark, evidence)
    seen_dates = answer.view.futures.observed("LOOP")
    assert np.all((seen_dates <= 2028.5) | np.isinf(seen_dates))


def test_futures_in_which_the_loop_never_closes_are_left_out_and_counted(clark, evidence):
    answer = put("LOOP=2028-06", clark, evidence)
    assert answer.left_out == pytest.approx(clark.view.probability(np.isinf(clark.view.futures.dates["LOOP"])))
    assert answer.view.weights.sum() == pytest.approx(1.0)


def test_one_sentence_says_why_the_two_differ(evidence):
    same = whatif.why_they_differ(see("boost above 10", evidence), whatif_grammar.put("boost=20"))
    other = whatif.why_they_differ(see("boost above 10", evidence), whatif_grammar.put("LOOP=2028-06"))
    assert "boost" in same
    assert same != other
    assert same.count(".") == 1


@pytest.mark.slow
def test_setting_nothing_leaves_a_fitted_view_as_it_was(updated_clark, ledger):
    """The luck, the noise and the evidence on what acts later are those of the view."""
    evidence = Evidence(ledger)
    found = Kept(
        key="c", view=updated_clark, blocks=evidence.new(updated_clark.worldview.as_of, TODAY), how="fitted", code=""
    )
    again = whatif.simulated(found, updated_clark.eta, updated_clark.worldview, evidence)
    for name, dates in updated_clark.futures.dates.items():
        assert np.array_equal(dates, again.dates[name]), name


@pytest.mark.slow
def test_a_surprising_reading_is_answered_by_a_refit_that_moves_the_same_way(stated, updated_clark, ledger):
    evidence = Evidence(ledger)
    blocks = evidence.new(updated_clark.worldview.as_of, TODAY)
    found = Kept(key="c", view=updated_clark, blocks=blocks, how="fitted", code="")
    before = stated["clark"]
    start = Kept(key="s", view=before.view, blocks={}, how="drawn", tilt=before.tilt, prior=before.prior, code="")
    what = see("al4_plus of 1 % by 2027-02-28", evidence)
    answer = whatif.seen(found, start, what, evidence, CATALOGUE, seed=1)
    assert answer.how == "refitted"
    day = date(2030, 12, 31)
    now = updated_clark.probability(happened_by(updated_clark, "LOOP", day))
    assert answer.view.probability(happened_by(answer.view, "LOOP", day)) < now
    assert answer.view.day == TODAY

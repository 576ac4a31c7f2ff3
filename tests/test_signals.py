"""The list of signals, and how each is read off a view."""

from datetime import date

import numpy as np
import pytest
from scipy import stats

import priors
from cruxes import observables, outlook, scales, signals
from forecast import predictive
from forecast.evidence import ledger as ledgers
from forecast.functionals import happened_by
from forecast.observations import KINDS
from forecast.run import Evidence
from priors import BadInput
from tests.small_views import kept

CATALOGUE = signals.read()
READINGS = [name for name, one in CATALOGUE.signals.items() if signals.reading_of(one)]


@pytest.fixture(scope="module")
def looking():
    return outlook.of_view(kept("clark").view, Evidence(ledgers.read()))


def table(**changes):
    """A catalogue of one signal, as TOML."""
    fields = {"title": '"A title"', "resolution": '"How it resolves."', "known_by": "2027-06-30",
              "reads": '[{ what = "event", event = "LOOP", by = 2027-06-30 }]'} | changes  # fmt: skip
    lines = [f"{name} = {value}" for name, value in fields.items()]
    return "\n".join(
        ["[quantities.q]", 'series = "cobench_pct"', "units = { x = 1.0 }", "se = 0.1", "[signals.s]", *lines]
    )


def problems(text):
    with pytest.raises(BadInput) as refused:
        signals.parse(text, file="mine.toml")
    return [str(problem) for problem in refused.value.problems]


def test_every_number_of_the_hand_written_list_is_there_once_or_said_to_be_out_of_reach():
    claims = [one.claim for one in CATALOGUE.signals.values() if one.claim]
    assert sorted(claims + [one.claim for one in CATALOGUE.not_expressible]) == list(range(1, 19))


def test_every_signal_is_known_after_today_or_after_what_it_reads():
    signals.parse(table(), file="mine.toml")
    for one in CATALOGUE.signals.values():
        assert one.known_by >= max(getattr(read, "by", None) or read.on for read in one.reads)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"known_by": "2027-01-01"}, "known_by"),
        ({"hand": "{ nobody = 0.5 }"}, "nobody"),
        ({"hand": "{ clark = 1.5 }"}, "hand"),
        ({"reads": '[{ what = "state", state = "f", on = 2027-06-01, sd = 0.5 }]'}, "one bound"),
        ({"reads": '[{ what = "state", state = "f", on = 2050-06-01, above = 0.5, sd = 0.5 }]', "known_by": "2060-01-01"}, "2040"),
        ({"reads": '[{ what = "measurement", quantity = "none", on = 2027-06-01 }]'}, "none"),
        ({"reads": '[{ what = "measurement", quantity = "q", on = 2027-06-01, above = 1.0, below = 2.0 }]'}, "one bound"),
        ({"reads": '[{ what = "guess", by = 2027-06-01 }]'}, "guess"),
        ({"reads": "[]"}, "reads"),
        ({"surplus": "1"}, "surplus"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_place(changes, words):
    found = problems(table(**changes))
    assert found
    assert all(line.startswith("mine.toml: ") for line in found)
    assert words in " ".join(found)


def test_all_faults_are_found_at_once():
    assert len(problems(table(hand="{ nobody = 0.5, nemo = 0.5 }", known_by="2027-01-01"))) == 3


def test_a_series_that_nothing_foresees_is_refused():
    assert "kind" in problems(table().replace("cobench_pct", "lab_revenue_usd"))[0]


def test_broken_toml_is_a_problem_not_a_traceback():
    assert "TOML" in problems("[signals")[0]


@pytest.mark.parametrize("name", CATALOGUE.quantities)
def test_a_value_survives_the_way_to_the_models_scale_and_back(name, looking):
    entry = looking.evidence.ledger.register.series[CATALOGUE.quantities[name].series]
    published = {"horizon": 600.0, "returns": 1.3, "pace": 1.4, "compute_growth": 4.0, "software_pace": 3.0}
    value = published.get(entry.kind, 42.0)
    back = float(scales.to_reader(entry, scales.to_model(entry, value)))
    expected = {"horizon": 10.0, "uplift": back}.get(entry.kind, value)
    assert back == pytest.approx(expected)


def test_a_task_time_cut_in_half_is_twice_the_speed(looking):
    entry = looking.evidence.ledger.register.series["dev_task_time_change_pct"]
    assert float(scales.to_reader(entry, scales.to_model(entry, -50.0))) == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("quantity", "value"), [("al4_plus", 120.0), ("posttrainbench", 3.0), ("metr_horizon_p50", -5.0)]
)
def test_a_value_that_no_reading_can_have_is_refused(quantity, value, looking):
    entry = looking.evidence.ledger.register.series[CATALOGUE.quantities[quantity].series]
    with pytest.raises(BadInput):
        scales.to_model(entry, value)


def test_a_state_on_new_years_day_is_the_kept_one_and_between_lies_between(looking):
    view = looking.view
    first, second = (view.futures.snapshots["ln_h"][:, i] for i in (4, 5))
    assert np.array_equal(outlook.at(view, "ln_h", 2027.0), first)
    assert outlook.at(view, "ln_h", 2027.5) == pytest.approx((first + second) / 2)
    for field in ("k", "f"):
        values = outlook.at(view, field, 2028.3)
        assert np.all((values >= 0) & (values <= 1))
    with pytest.raises(ValueError, match="2041"):
        outlook.at(view, "k", 2050.0)


def test_an_event_signal_is_the_event(looking):
    chance = observables.predict(CATALOGUE.signals["loop"], looking, CATALOGUE)
    assert np.array_equal(chance, happened_by(looking.view, "LOOP", date(2028, 12, 31)).astype(float))


def test_two_conditions_are_rarer_than_each(looking):
    both = CATALOGUE.signals["lossy"]
    alone = [observables.predict(both.model_copy(update={"reads": (one,)}), looking, CATALOGUE) for one in both.reads]
    assert np.all(observables.predict(both, looking, CATALOGUE) <= np.minimum(*alone) + 1e-15)


@pytest.mark.parametrize("name", CATALOGUE.signals)
def test_every_signal_has_a_prediction_that_sums_to_one(name, looking):
    found = observables.predict(CATALOGUE.signals[name], looking, CATALOGUE)
    bounds = np.zeros(0)
    if not isinstance(found, np.ndarray):
        bounds = observables.edges([found], [looking.view.weights], cells=8)
    chance = observables.chances(found, bounds)
    assert chance.shape == (len(looking.view.eta), len(bounds) + 1 if len(bounds) else 2)
    assert chance.sum(axis=1) == pytest.approx(1.0)
    assert np.all(chance >= 0)


@pytest.mark.parametrize("name", READINGS)
def test_the_density_of_a_reading_is_the_slope_of_its_distribution(name, looking):
    law = observables.predict(CATALOGUE.signals[name], looking, CATALOGUE)
    y = float(np.median(law.location)) + 0.3
    slope = (observables.below(law, y + 1e-4) - observables.below(law, y - 1e-4)) / 2e-4
    assert np.exp(observables.log_density(law, y)) == pytest.approx(slope, rel=1e-4, abs=1e-6)


def test_cells_are_equally_likely_to_the_mean_of_the_views(looking):
    law = observables.predict(CATALOGUE.signals["metr_spring"], looking, CATALOGUE)
    bounds = observables.edges([law], [looking.view.weights], cells=5)
    assert looking.view.weights @ observables.chances(law, bounds) == pytest.approx(0.2, abs=0.05)


def test_the_next_month_of_a_chart_remembers_its_last_error(looking):
    """The law is the observation model's own, tied to the last month that can be read, less so as time passes."""
    series = CATALOGUE.quantities["al4_plus"].series
    soon, late = (observables.law(series, day, 0.15, looking) for day in (date(2026, 12, 31), date(2029, 12, 31)))
    error = looking.q["share_error"]
    assert np.all(soon.below < late.below)
    assert late.below == pytest.approx(np.hypot(error, 0.15), rel=1e-2)


def test_a_benchmark_is_foreseen_as_its_rows_joint_likelihood_says(looking):
    """ln p(one more row | known rows) by `benchmark.joint` is the density of the law."""
    series, view = "cobench_pct", looking.view
    law = observables.law(series, date(2027, 2, 28), 0.1, looking)
    past = looking.past["benchmark"]
    ledger = looking.evidence.ledger.rows
    own = np.flatnonzero(np.isin(past.rows.ids, ledger.loc[ledger["series"] == series, "id"]))
    h = np.column_stack([past.seen.ln_h[:, own], outlook.at(view, "ln_h", priors.decimal_year(date(2027, 2, 28)))])
    d = {
        name: np.append(past.rows.columns[name][own], last) for name, last in (("y", 0.7), ("se", 0.1), ("group", 0.0))
    }
    d |= {"group": np.zeros(len(own) + 1), "context": np.append(np.ones(len(own)), 0.0)}
    seen = past.seen._replace(ln_h=h)
    joint = KINDS["benchmark"].joint(seen, looking.q, d, np.append(np.zeros(len(own)), 1.0))
    assert observables.log_density(law, 0.7) == pytest.approx(joint[:, -1], rel=1e-8, abs=1e-8)


def test_a_longer_horizon_is_expected_where_more_time_has_passed(looking):
    series = CATALOGUE.quantities["metr_horizon_p50"].series
    early, late = (
        observables.law(series, day, 0.4, looking).location for day in (date(2027, 1, 31), date(2028, 1, 31))
    )
    assert np.median(late) > np.median(early)


def test_adoption_spreads_about_a_pace_that_short_lags_speed_up(looking):
    law = observables.law(CATALOGUE.quantities["btos"].series, date(2028, 5, 31), 0.03, looking)
    lag = looking.view.futures.values["L"]
    assert stats.spearmanr(lag, law.location[:, 0]).statistic < 0
    assert isinstance(law, predictive.Law)

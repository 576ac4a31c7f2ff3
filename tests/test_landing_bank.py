"""The bank of "Where do you land?": what is stored is what was simulated, and weighing it is believing something else."""

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from scipy.special import ndtr
from scipy.stats import norm
from typer.testing import CliRunner

import priors
from cruxes import distances
from cruxes.command.app import app
from cruxes.figures.style import name_of
from cruxes.landing import bank, codes, files, page, pool, reference, tables
from cruxes.landing.files import Reader
from cruxes.landing.questions import questions, weighed
from forecast import parameters, sampling, simulation, summary, views
from forecast.functionals import happened_by
from forecast.view import View
from priors.elicit import Elicited, Link
from tests.conftest import TODAY
from tests.small_bank import CHAIN, DRAWS, drawn, write
from tests.small_views import kept as kept_view

END = date(2030, 12, 31)
STATED = Reader(evidence=False)
KEPT_APART = {"kappa": (0.3, 0.7), "r": (0.8, 2.4), "theta": (20.0, 200.0)}


@pytest.fixture(scope="module")
def stored(tmp_path_factory, ledger):
    folder = tmp_path_factory.mktemp("bank")
    write(folder, ledger)
    return bank.read(folder)


def sure(reader, **chances):
    """A worldview that knows what would be a chance."""
    beliefs = {n: reader.beliefs[n].model_copy(update={"value": v}) for n, v in chances.items()}
    return reader.model_copy(update={"beliefs": {**reader.beliefs, **beliefs}})


def view_of(eta, worldview):
    n = len(eta)
    futures = simulation.simulate(eta, worldview, seed=1)
    return View(worldview=worldview, name="stated", day=worldview.as_of, eta=eta, weights=np.full(n, 1 / n),
                futures=futures, seed=1)  # fmt: skip


# What is stored


@pytest.mark.parametrize("kept", [0.0, 1.0])
@pytest.mark.parametrize("needed", [0.0, 1.0])
def test_the_bank_holds_the_simulated_futures_under_every_answer_that_costs_no_weight(stored, needed, kept):
    """Loss of control and the need of a paradigm, mixed by the page, against a simulation that knows both."""
    said, banks = stored
    simulated = view_of(drawn().stated, sure(drawn().reader, psi=needed, A=kept))
    found = reference.land(replace(STATED, chances={"psi": needed, "A": kept}), said, banks)
    for event in ("LOOP", "SWX3", "ECON10"):
        shown = found["events"][event]
        by = [simulated.probability(happened_by(simulated, event, date(y, 12, 31))) for y in said["years"]]
        stopped = sum(simulated.probability(simulated.futures.stopped_by(event, c)) for c in simulation.COMPETING)
        assert shown["by"] == pytest.approx(by, abs=1e-12)
        assert shown["stopped"] == pytest.approx(stopped, abs=1e-12)
        assert shown["by"][-1] <= 1 - shown["never"] - shown["stopped"] + 1e-12
        seen = simulated.futures.observed(event)
        for level, quantile in zip(said["levels"], shown["quantiles"], strict=True):
            if quantile is not None:
                low, high = (simulated.quantile(seen, at, np.isfinite(seen)) for at in (level - 0.001, level + 0.001))
                assert low - 1.0 / codes.STEPS <= quantile <= high + 1.0 / codes.STEPS


def test_the_page_mixes_the_two_answers_as_probabilities_mix(stored):
    said, banks = stored
    ends = [reference.land(replace(STATED, chances={"psi": p}), said, banks)["events"]["SWX3"] for p in (0.0, 1.0)]
    middle = reference.land(replace(STATED, chances={"psi": 0.25}), said, banks)["events"]["SWX3"]
    for name in ("never", "stopped"):
        assert middle[name] == pytest.approx(0.75 * ends[0][name] + 0.25 * ends[1][name], abs=1e-12)


def test_a_reader_who_sets_nothing_has_every_draw(stored):
    said, banks = stored
    assert reference.land(STATED, said, banks)["effective"] == DRAWS
    assert reference.land(Reader(), said, banks)["effective"] == pytest.approx(CHAIN * DRAWS)


def test_the_same_draws_make_the_same_bytes(tmp_path, ledger, stored):
    said = write(tmp_path, ledger)
    assert said == stored[0]
    assert [codes.pack(bank.read(tmp_path)[1][name].columns) for name in ("stated", "updated")] == [
        (tmp_path / said["banks"][name]["file"]).read_bytes() for name in ("stated", "updated")
    ]


def test_what_is_packed_is_unpacked():
    columns = np.random.default_rng(1).integers(0, 65536, (100, 7)).astype(np.uint16)
    assert np.array_equal(codes.unpack(codes.pack(columns), 7), columns)
    cells = np.random.default_rng(2).integers(0, 4, (100, 19))
    assert np.array_equal(codes.to_cells(codes.of_cells(cells), 19), cells)


def test_never_and_stopped_are_no_dates():
    found = codes.of_dates(np.array([2031.0, np.inf, np.inf]), np.array([False, True, False]))
    assert list(found[1:]) == [codes.STOPPED, codes.NEVER]
    assert list(codes.to_dates(found)) == [pytest.approx(2031.0, abs=1 / codes.STEPS), np.inf, np.inf]


def test_the_last_second_of_a_year_lies_before_its_end_and_midnight_after():
    before, at = codes.of_dates(np.array([2031.0 - 1e-6, 2031.0]), np.zeros(2, dtype=bool))
    assert before < codes.code_at(2031.0) <= at


def test_the_tables_are_what_a_page_can_read(stored):
    said, _ = stored
    json.dumps(said, allow_nan=False)
    assert [q["name"] for q in said["questions"]] == list(questions())
    assert {person["name"] for person in said["people"]} == set(priors.names())


# Weighing


def test_a_weighted_bank_says_what_fresh_draws_of_the_readers_file_say(stored, tmp_path):
    said, banks = stored
    reader = replace(STATED, intervals=KEPT_APART, chances={"psi": 0.3, "A": 0.9})
    path = tmp_path / "reader.toml"
    path.write_text(files.toml(files.worldview(reader, drawn().reader)), encoding="utf-8")
    worldview = priors.load(path)
    z = np.random.default_rng(9).standard_normal((DRAWS, len(parameters.VECTOR)))
    fresh = view_of(sampling.values_of(z, parameters.of_worldview(worldview)), worldview)
    found = reference.land(reader, said, banks)
    for event in ("LOOP", "SWX3", "ECON10"):
        p = fresh.probability(happened_by(fresh, event, END))
        error = np.sqrt(0.25 / found["effective"] + 0.25 / DRAWS)
        assert abs(found["events"][event]["by"][1] - p) < 4 * error


def test_an_answer_that_is_the_banks_own_changes_nothing(stored):
    said, banks = stored
    own = {n: tuple(drawn().reader.beliefs[n].interval) for n in weighed()}
    found = reference.land(replace(STATED, intervals=own), said, banks)
    assert found["effective"] == pytest.approx(DRAWS)
    assert found["events"]["LOOP"]["by"] == pytest.approx(reference.land(STATED, said, banks)["events"]["LOOP"]["by"])


def test_the_weights_of_two_humps_are_a_ratio_of_densities():
    z = np.linspace(-6, 6, 4001)
    humps = Elicited(loc=-0.3, scale=0.4, jump=1.2, z0=0.2, link=Link.LOG)
    middle = Elicited(loc=0.2, scale=0.8, link=Link.LOG)
    ratio = np.exp(tables.log_ratio(humps, middle, z))
    assert np.trapezoid(norm.pdf(z) * ratio, z) == pytest.approx(1.0, abs=1e-3)
    below = np.trapezoid(norm.pdf(z) * ratio * (middle.loc + middle.scale * z < 0.5), z)
    grid = np.linspace(-8, 8, 200_001)
    place = np.interp(0.5, priors.elicit.unconstrained(humps, grid), grid)
    assert below == pytest.approx(ndtr(place), abs=2e-3)


def test_too_few_futures_are_refused_with_the_answer_that_stands_most_in_the_way(stored):
    said, banks = stored
    narrow = {"theta": (1500.0, 1600.0), "r": (1.0, 3.0)}
    found = reference.land(replace(STATED, intervals=narrow), said, banks)
    assert found["refused"]
    assert found["effective"] < said["least_effective"]
    assert "events" not in found
    assert found["loosen"] == "theta"
    assert not reference.land(replace(STATED, intervals={"r": narrow["r"]}), said, banks)["refused"]


# Beside the others


def test_shares_of_what_separates_sum_to_the_gap(stored):
    said, banks = stored
    reader = replace(STATED, intervals={"r": (0.8, 2.4)}, chances={"psi": 0.2, "A": 0.9})
    for event in said["events"]:
        for person in said["people"]:
            one = reference.apart(person, event, reader, said, banks["stated"])
            if "shares" in one:
                assert sum(one["shares"].values()) == pytest.approx(one["gap"], abs=1e-9)


def test_nothing_separates_a_reader_from_whoever_gives_the_same_answers(stored):
    said, banks = stored
    krier = next(p for p in said["people"] if p["name"] == "krier")
    reader = Reader(
        intervals={n: tuple(krier["answers"][n]["interval"]) for n in weighed()},
        chances={n: krier["answers"][n]["value"] for n in ("psi", "A")}, evidence=False,
    )  # fmt: skip
    one = reference.apart(krier, said["events"][1], reader, said, banks["stated"])
    assert one["gap"] == pytest.approx(0.0, abs=1e-12)
    assert max(map(abs, one["shares"].values())) < 1e-12


def test_the_crux_that_alone_differs_carries_the_whole_gap(stored):
    said, banks = stored
    krier = next(p for p in said["people"] if p["name"] == "krier")
    reader = Reader(
        intervals={n: tuple(krier["answers"][n]["interval"]) for n in weighed()},
        chances={"psi": 0.05, "A": krier["answers"]["A"]["value"]}, evidence=False,
    )  # fmt: skip
    one = reference.apart(krier, said["events"][0], reader, said, banks["stated"])
    assert one["gap"] < -0.02
    assert one["shares"]["psi"] == pytest.approx(one["gap"], abs=1e-12)


def test_years_and_overlap_are_those_of_the_distances_between_worldviews(stored):
    said, banks = stored
    simulated = view_of(drawn().stated, sure(drawn().reader, psi=0.0, A=1.0))
    reader = replace(STATED, chances={"psi": 0.0, "A": 1.0})
    for event in said["events"]:
        found = reference.mass(event, None, reader, said, banks["stated"])
        assert reference.by_year(found, said) == pytest.approx(
            distances.years_and_not_seen(simulated, event["name"]), abs=1e-12
        )
    other = next(p for p in said["people"] if p["name"] == "clark")["views"]["stated"]
    expected = np.mean([
        np.minimum(distances.years_and_not_seen(simulated, e), other[e]["years"]).sum() for e in ("LOOP", "SWX3")
    ])  # fmt: skip
    overlap = {p["name"]: p["overlap"] for p in reference.land(reader, said, banks)["people"]}
    assert overlap["clark"] == pytest.approx(expected, abs=1e-12)


def test_what_to_watch_is_still_to_come_and_names_each_source_once(stored):
    said, banks = stored
    told = reference.land(Reader(), said, banks)["signals"]
    by_name = {one["name"]: one for one in said["signals"]}
    assert 0 < len(told) <= reference.MOST_SIGNALS
    assert len({by_name[one["name"]]["source"] for one in told}) == len(told)
    assert all(by_name[one["name"]]["known_by"] > TODAY.isoformat() for one in told)
    assert told == sorted(told, key=lambda one: -one["rate"])
    assert all(one["bits"] > 0 for one in told)


def test_a_signal_that_has_nothing_to_do_with_the_loop_tells_no_bits():
    rng = np.random.default_rng(3)
    row, cell = rng.integers(0, 9, 4000), rng.integers(0, 4, 4000)
    table = np.bincount(row * 4 + cell, minlength=36).reshape(9, 4) / 4000
    assert reference.information(table, 4000.0) < 0.005
    assert reference.information(np.diag([0.25] * 4), 4000.0) == pytest.approx(2.0, abs=0.01)


def test_without_the_evidence_nothing_is_said_of_coming_signals(stored):
    said, banks = stored
    assert "signals" not in reference.land(STATED, said, banks)


# The middle of the five


def test_the_middle_of_people_who_agree_is_what_they_believe():
    one = priors.load("clark").elicited()["theta"]
    assert pool.mixture_quantile([one, one, one], 0.1) == pytest.approx(4.0, rel=1e-6)


def test_the_middle_reaches_out_to_everybodys_middle():
    people, middle = pool.five(), drawn().reader.elicited()
    for name in weighed():
        low, high = priors.quantile(middle[name], [0.02, 0.98])
        assert all(low < priors.quantile(one.elicited()[name], 0.5) < high for one in people)


def test_a_reader_speaks_on_the_day_of_the_newest_worldview():
    assert drawn().reader.as_of == max(one.as_of for one in pool.five())


# Without the script


def test_the_table_for_readers_without_javascript_has_everybody_with_never_beside_the_dates():
    shown = page.named_table(summary.long_table([kept_view(name).view for name in priors.names()]))
    assert [shown.count(f">{name_of(name)}<") for name in priors.names()] == [1] * len(priors.names())
    assert ">never<" in shown
    assert [page.percent(p) for p in (0.0, 0.001, 0.5, 0.999, 1.0)] == ["0", "<1", "50", ">99", "100"]


# Files and links


def test_what_a_reader_takes_home_is_a_worldview_with_a_belief_about_everything(tmp_path):
    reader = Reader(intervals={"theta": (20.0, 300.0)}, chances={"psi": 0.4})
    path = tmp_path / "reader.toml"
    path.write_text(files.toml(files.worldview(reader, drawn().reader)), encoding="utf-8")
    found = priors.load(path)
    assert found.beliefs["theta"].interval == (20.0, 300.0)
    assert found.probabilities()["psi"] == 0.4
    assert {n for n, b in found.beliefs.items() if b.strength == "stated"} == {"theta", "psi"}
    others = found.beliefs.keys() - {"theta", "psi"}
    assert all(found.beliefs[n] == drawn().reader.beliefs[n] for n in others)
    assert files.of_worldview(found).intervals["theta"] == pytest.approx((20.0, 300.0))


def test_a_link_names_every_answer_and_nothing_else():
    reader = Reader(intervals={"theta": (20.0, 300.0)}, chances={"psi": 0.4}, evidence=False)
    assert files.link(reader) == "land.html#v=1&psi=0.4&theta=20~300&on=0"
    assert files.link(Reader(), page="x.html") == "x.html#v=1&on=1"


@pytest.mark.parametrize(("value", "text"), [(0.00001234567, "0.0000123457"), (1234567.0, "1234570"), (0.5, "0.5")])
def test_numbers_are_written_without_exponents(value, text):
    assert files.number(value) == text


def test_two_humps_are_told_apart_from_what_the_page_can_show():
    assert files.humped(priors.load("yudkowsky")) == ("r",)
    assert files.humped(priors.load("clark")) == ()


def test_the_command_prints_the_link_of_a_file_and_of_one_of_ours(tmp_path):
    reader = Reader(intervals={"theta": (20.0, 300.0)}, chances={"psi": 0.4})
    path = tmp_path / "reader.toml"
    path.write_text(files.toml(files.worldview(reader, drawn().reader)), encoding="utf-8")
    found = CliRunner().invoke(app, ["worldview", "link", str(path), "--no-evidence"])
    assert found.exit_code == 0
    assert found.stdout.startswith("land.html#v=1&psi=0.4&theta=20~300&")
    assert found.stdout.endswith("&on=0\n")
    told = json.loads(CliRunner().invoke(app, ["worldview", "link", "yudkowsky", "--json"]).stdout)
    assert told["two_humps_as_one"] == ["r"]
    assert CliRunner().invoke(app, ["worldview", "link", "nobody"]).exit_code != 0


@pytest.mark.slow
def test_the_updated_bank_says_what_a_fit_of_the_readers_own_file_says(tmp_path, ledger):
    """Weights of beliefs commute with the likelihood: weighing the fitted middle, or fitting the reader."""
    middle = bank.middle()
    made = bank.draw(middle, ledger, TODAY, draws=8000, seed=1)
    bank.write(tmp_path, made, views=[], ledger=ledger, day=TODAY, seed=1)
    said, banks = bank.read(tmp_path)
    reader = Reader(intervals=KEPT_APART, chances={"psi": 0.3, "A": 0.9})
    path = tmp_path / "reader.toml"
    path.write_text(files.toml(files.worldview(reader, middle)), encoding="utf-8")
    before = views.state(priors.load(path), ledger, seed=1)
    for one, view in (
        (replace(reader, evidence=False), before.view),
        (reader, views.update(before, ledger, TODAY, seed=1)),
    ):
        found = reference.land(one, said, banks)
        draws = min(view.effective_draws, view.diagnostics.get("ess_bulk", np.inf))
        for event in ("LOOP", "SWX3", "ECON10"):
            p = view.probability(happened_by(view, event, END))
            error = np.sqrt(0.25 / found["effective"] + 0.25 / draws)
            assert abs(found["events"][event]["by"][1] - p) < 4 * error

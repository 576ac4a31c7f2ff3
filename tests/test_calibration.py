"""Truths that are drawn, simulated and fitted again: their ranks are uniform where all is right, and only there."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from scipy.stats import norm

import priors
from forecast import parameters, rows, simulation
from forecast.trust import calibration, ecdf, simulated
from forecast.trust.calibration import QUANTITIES, RANKED, Lengths, Subject, Task
from forecast.trust.findings import Context
from priors.problems import BadInput

TODAY = date(2026, 11, 21)


# --- the bands


def test_bands_hold_the_share_of_uniform_ranks_that_they_claim():
    """Exactly, up to counts being whole, and by simulation: 2000 sets of 80 ranks, 5 standard errors."""
    n, of = 80, 19
    low, high = ecdf.bands(n, of=of)
    drawn = np.random.default_rng(1).integers(of + 1, size=(2000, n))
    share = np.array([ecdf.counts(ranks, of=of) for ranks in drawn]) / n
    inside = np.all((share >= low) & (share <= high), axis=1)
    assert ecdf.LEVEL <= ecdf._within(n, of, ecdf._critical(n, of, ecdf.LEVEL)) < ecdf.LEVEL + 0.003
    assert abs(inside.mean() - ecdf.LEVEL) < 5.0 * np.sqrt(0.01 * 0.99 / 2000) + 0.003


def test_the_three_ways_to_say_outside_agree():
    """Below 0.01, past the bands, and an excursion above 1: of ranks more and more skewed."""
    n, of = 100, 49
    low, high = ecdf.bands(n, of=of)
    uniform = np.random.default_rng(2).random((60, n))
    verdicts = set()
    for power, u in zip(np.repeat([1.0, 1.3, 1.7], 20), uniform, strict=True):
        ranks = np.floor((of + 1) * u**power).astype(int)
        share = ecdf.counts(ranks, of=of) / n
        outside = bool(np.any((share < low) | (share > high)))
        assert outside == (ecdf.probability(ranks, of=of) <= 1.0 - ecdf.LEVEL)
        assert outside == (ecdf.excursion(ranks, of=of) > 1.0)
        verdicts.add(outside)
    assert verdicts == {True, False}


def test_probabilities_of_uniform_ranks_are_uniform_themselves():
    """By simulation, at three levels: a set of ranks strays that far as often as it says."""
    rng = np.random.default_rng(3)
    found = np.array([ecdf.probability(rng.integers(50, size=60), of=49) for _ in range(1500)])
    for level in (0.01, 0.1, 0.5):
        assert abs(np.mean(found <= level) - level) < 4.5 * np.sqrt(level * (1.0 - level) / 1500) + 0.01 * level + 0.005


def test_bands_are_those_that_arviz_simulates():
    """Its pointwise probability by 4000 simulations against ours by summation: tail areas within a quarter."""
    from arviz_stats.ecdf_utils import simulate_confidence_bands

    n, of = 100, 49
    at = np.arange(1, of + 1) / (of + 1)
    theirs = 1.0 - simulate_confidence_bands(n, 1, at, ecdf.LEVEL, 4000, np.random.default_rng(4))
    assert theirs == pytest.approx(ecdf._critical(n, of, ecdf.LEVEL), rel=0.25)


@pytest.mark.parametrize("ranks", [[], [-1, 3], [3, 11]])
def test_a_rank_beyond_the_draws_is_an_error(ranks):
    with pytest.raises(ValueError, match="ranks from 0 to 10"):
        ecdf.counts(np.array(ranks, dtype=int), of=10)


# --- ranks


def test_equal_values_share_their_places_evenly():
    """A truth that never happens, like half of its draws: its rank is any of the upper half's, each as likely."""
    rng = np.random.default_rng(5)
    draws = np.array([1.0, 2.0, 3.0, np.inf, np.inf, np.inf])
    ranks = np.array([calibration.rank(np.inf, draws, rng=rng) for _ in range(4000)])
    assert set(ranks) == {3, 4, 5, 6}
    assert np.all(np.abs(np.bincount(ranks)[3:] - 1000) < 4.5 * np.sqrt(4000 * 0.25 * 0.75))
    assert calibration.rank(2.5, draws, rng=rng) == 2


def conjugate_ranks(rng, *, ledgers=60, shift=0.0, spread=1.0):
    """Ranks of the mean of five normal readings and of their log likelihood, as `calibration.ranked` finds them."""
    found = []
    for _ in range(ledgers):
        truth = rng.standard_normal()
        y = truth + rng.standard_normal(5) + shift
        draws = 5.0 * y.mean() / 6.0 + spread * 6.0**-0.5 * rng.standard_normal(RANKED)
        every = np.array([truth, *draws])
        fit = norm.logpdf(y[:, None], every).sum(axis=0)
        found.append([calibration.rank(v[0], v[1:], rng=rng) for v in (every, fit)])
    return np.array(found).T


def least(ranks):
    return len(ranks) * min(ecdf.probability(of_one, of=RANKED) for of_one in ranks)


def test_ranks_of_an_exact_posterior_are_uniform():
    """Forty times sixty ledgers: the smaller of two probabilities, doubled, is below 0.01 about as rarely as that."""
    rng = np.random.default_rng(6)
    assert sum(least(conjugate_ranks(rng)) < 0.01 for _ in range(40)) <= 3


@pytest.mark.parametrize("fault", [{"shift": 1.0}, {"spread": 0.6}, {"spread": 1.6}], ids=str)
def test_a_planted_fault_is_caught_with_sixty_ledgers(fault):
    """Readings one standard deviation too high, a posterior too narrow, and one too wide: each in ten of ten tries."""
    rng = np.random.default_rng(7)
    assert all(least(conjugate_ranks(rng, **fault)) < 0.01 for _ in range(10))


# --- a whole run, with ranks that cost nothing


class Killed(Exception):
    """What ends a run from outside."""


begun = []


def cheap(task, bias=1.0):
    """Ranks of the task alone, uniform where ``bias`` is 1; the task is written down in ``begun``."""
    begun.append(task)
    rng = np.random.default_rng([task.seed, len(task.subject.name), task.number, int(10 * task.fault.horizon_shift)])
    power = 3.0 if task.fault.horizon_shift else bias
    ranks = {name: int((RANKED + 1) * rng.random() ** (power if name == "a" else 1.0)) for name in QUANTITIES}
    return {"ranks": ranks, "retried": task.number == 3, "poor": False, "r_hat": 1.01, "ess": 90.0, "divergent": 0.0}


@pytest.fixture
def context(ledger):
    return Context(ledger=ledger, day=TODAY, seed=1)


@pytest.fixture
def run(monkeypatch, context, tmp_path):
    """Calibration of two subjects that are never fitted: (number of ledgers, further fields of the context)."""

    def two(context, names):
        return [Subject(name=n, prior=None, blocks={}, worldview=None) for n in names]

    monkeypatch.setattr(calibration, "subjects", two)
    monkeypatch.setattr(calibration, "ranked", cheap)

    def run(*, ledgers=40, planted=30, work=tmp_path, **fields):
        return calibration.measure(
            replace(context, **fields), ledgers=ledgers, planted=planted, names=("broad", "clark"), work=work
        )

    return run


def same(a, b):
    return a.findings.equals(b.findings) and all(a.tables[name].equals(b.tables[name]) for name in b.tables)


def test_uniform_ranks_pass_and_the_planted_fault_is_caught(run):
    found = run().findings.set_index("item")
    few = "simulated ledgers, the fewest of any prior"
    assert found.loc[few, "value"] == 40.0
    assert not found.loc[few, "passes"], "two hundred were asked for"
    assert found.drop(index=few)["passes"].all(), found
    assert found.loc["planted fault, clark", "value"] < 0.01
    assert set(found.index) == {
        *(f"{part}, {name}" for part in calibration.PARTS for name in ("broad", "clark")),
        *(f"{what}, {name}" for what in ("outside their bands", "poor fits") for name in ("broad", "clark")),
        few,
        "outside their bands, all",
        "planted fault, clark",
    }
    assert "which 1 needed" in found.loc["poor fits, broad", "says"]


def test_one_quantity_that_is_off_stays_in_and_falls_short(run, monkeypatch):
    monkeypatch.setattr(calibration, "ranked", lambda task: cheap(task, bias=2.0))
    found = run()
    findings = found.findings.set_index("item")
    assert not findings.loc["parameters, clark", "passes"]
    assert "ranks stray as far as those of a," in findings.loc["parameters, clark", "says"]
    bands = found.tables["bands"].query("worldview == 'clark' and fault == ''").set_index("quantity")
    assert not bands.loc["a", "inside"]
    assert bands.loc["a", "excursion"] > 1.0
    assert found.tables["ranks"].query("fault == ''")["ranks"].str.split().str.len().eq(40).all()


@pytest.mark.parametrize("lasting", [True, False])
def test_who_falls_short_is_asked_again_on_other_ledgers_and_both_answers_stand(run, monkeypatch, lasting):
    """Ranks that stray for good do so again; those of the first forty ledgers alone do not."""

    def ranked(task):
        off = task.subject.name == "clark" and (lasting or task.number < 40)
        return cheap(task, bias=2.0 if off else 1.0)

    monkeypatch.setattr(calibration, "ranked", ranked)
    begun.clear()
    found = run()
    findings = found.findings.set_index("item")
    assert not findings.loc["parameters, clark", "passes"]
    assert findings.loc["parameters, clark, on as many other ledgers", "passes"] == (not lasting)
    again = findings.loc["parameters, clark, on as many other ledgers", "value"]
    assert findings.loc["parameters, clark", "says"].endswith(f"; over as many other ledgers: {again:.2g}")
    assert "other ledgers" not in findings.loc["log likelihood, clark", "says"]
    assert not any(item.startswith("parameters, broad, on") for item in findings.index)
    assert findings.loc["simulated ledgers, the fewest of any prior", "value"] == 40.0
    others = [task.number for task in begun if task.number >= 40]
    assert sorted(others) == list(range(40, 80))
    assert set(found.tables["again"]["worldview"]) == {"clark"}
    assert set(found.tables["again"]["ledgers"]) == {40}


def test_nobody_is_asked_again_where_nobody_falls_short(run):
    assert "again" not in run().tables


def test_a_fit_that_stays_poor_is_counted_and_its_ranks_are_kept(run, monkeypatch):
    monkeypatch.setattr(calibration, "ranked", lambda task: cheap(task) | {"poor": task.number < 5})
    found = run()
    findings = found.findings.set_index("item")
    assert findings.loc["poor fits, clark", "value"] == 5.0
    assert not findings.loc["poor fits, clark", "passes"]
    own = found.tables["ranks"].query("fault == '' and worldview == 'clark' and quantity == 'a'")
    assert len(own["ranks"].item().split()) == 40


@pytest.mark.parametrize("torn", ["", '{"worldview": "clark", "fau', "\x00\x00"])
def test_a_killed_run_goes_on_where_it_was(run, context, tmp_path, torn):
    """The report after the eleventh ledger ends the run; what was finished is not done again, and all comes out the same
    as without the kill."""
    whole = run(work=tmp_path / "whole")

    def kill(done, of, what):
        if done == 11:
            raise Killed

    with pytest.raises(Killed):
        run(report=kill)
    file = calibration.journal(context, work=tmp_path)
    with file.open("a") as lines:
        lines.write(torn)
    begun.clear()
    seen = []
    again = run(report=lambda done, of, what: seen.append((done, of)))
    assert same(again, whole)
    assert len(begun) == 110 - 11
    assert seen[0] == (12, 110)
    assert seen[-1] == (110, 110)
    assert len([json.loads(line) for line in file.read_text().splitlines()]) == 110
    assert same(run(), whole)
    assert len(begun) == 110 - 11


def test_more_ledgers_are_added_to_those_there(run, tmp_path):
    run(ledgers=20, planted=5)
    begun.clear()
    more = run(ledgers=25, planted=5)
    assert [task.number for task in begun] == [20, 20, 21, 21, 22, 22, 23, 23, 24, 24]
    assert same(more, run(ledgers=25, planted=5, work=tmp_path / "whole"))


def test_ranks_do_not_depend_on_who_found_them_nor_when(run, tmp_path):
    with ThreadPoolExecutor(3) as pool:
        assert same(run(executor=pool, work=tmp_path / "pool"), run(work=tmp_path / "alone"))


def test_other_inputs_seeds_and_lengths_are_another_run(context, tmp_path, monkeypatch):
    files = {calibration.journal(context, work=tmp_path)}
    files.add(calibration.journal(replace(context, seed=2), work=tmp_path))
    files.add(calibration.journal(replace(context, day=date(2026, 11, 20)), work=tmp_path))
    monkeypatch.setattr(calibration, "FIRST", replace(calibration.FIRST, tune=401))
    files.add(calibration.journal(context, work=tmp_path))
    monkeypatch.setattr(calibration.records, "inputs", lambda ledger: {"model": "another"})
    files.add(calibration.journal(context, work=tmp_path))
    assert len(files) == 5


def test_two_runs_do_not_write_into_one_file(run, context, tmp_path):
    from filelock import FileLock

    run(ledgers=5, planted=0)
    with FileLock(f"{calibration.journal(context, work=tmp_path)}.lock"), pytest.raises(BadInput, match="another run"):
        run(ledgers=5, planted=0)


# --- real fits


SHORT = {
    "first": Lengths(chains=1, tune=150, draws=150, target=0.9),
    "retry": Lengths(chains=2, tune=150, draws=100, target=0.95),
}


def subject_of(name, ledger, prior=None):
    worldview = priors.load(name)
    blocks = rows.blocks(rows.new_between(ledger, worldview.as_of, TODAY))
    return Subject(name=name, prior=prior or parameters.of_worldview(worldview), blocks=blocks, worldview=worldview)


def test_every_quantity_of_a_fit_has_a_rank_and_the_same_task_the_same(ledger):
    task = Task(subject=subject_of("yudkowsky", ledger), number=3, seed=1, **SHORT)
    found = calibration.ranked(task)
    assert tuple(found["ranks"]) == QUANTITIES
    assert all(0 <= rank <= RANKED for rank in found["ranks"].values())
    assert json.loads(json.dumps(found)) == calibration.ranked(task)
    assert calibration.ranked(replace(task, number=4))["ranks"] != found["ranks"]


def test_a_poor_fit_is_tried_once_more_at_greater_length_and_kept(ledger):
    hopeless = {
        "first": Lengths(chains=1, tune=5, draws=60, target=0.9),
        "retry": Lengths(chains=2, tune=6, draws=60, target=0.9),
    }
    found = calibration.ranked(Task(subject=subject_of("yudkowsky", ledger), number=1, seed=1, **hopeless))
    assert found["retried"]
    assert found["poor"]
    assert tuple(found["ranks"]) == QUANTITIES


def test_truth_and_draws_are_treated_alike(ledger):
    """The truth among copies of itself: the likelihood of all is one number, and dates differ by luck alone, the same
    for the first two hundred as for the others within 4.5 standard errors."""
    subject = subject_of("clark", ledger)
    z = simulated.truths(subject.prior, subject.blocks, n=1, rng=np.random.default_rng(8))
    eta = np.repeat(calibration.sampling.values_of(z, subject.prior), 2000, axis=0)
    seen = calibration._quantities(eta, subject, subject.blocks, seed=9)
    assert np.ptp(seen[calibration.LOG_LIKELIHOOD]) < 1e-9
    assert len(np.unique(seen["LOOP"])) > 1000
    for event in calibration.DATES:
        for by in (2030.0, 2040.0, simulation.HORIZON):
            first, rest = np.mean(seen[event][:200] <= by), np.mean(seen[event][200:] <= by)
            assert abs(first - rest) <= 4.5 * np.sqrt(rest * (1.0 - rest) / 200)


def test_the_joint_likelihood_is_that_of_the_sampler(ledger):
    subject = subject_of("clark", ledger)
    z = np.random.default_rng(10).standard_normal((3, len(parameters.VECTOR)))
    eta = calibration.sampling.values_of(z, subject.prior)
    seen = calibration._quantities(eta, subject, subject.blocks, seed=1)[calibration.LOG_LIKELIHOOD]
    assert np.allclose(seen, calibration.likelihood.total(z, subject.prior, subject.blocks), rtol=1e-12)


def test_the_broad_prior_goes_with_every_row_and_moves_no_belief_of_its_futures(context):
    (broad,) = calibration.subjects(context, [calibration.BROAD])
    known = rows.blocks(rows.known_by(context.ledger, TODAY))
    assert {name: block.ids for name, block in broad.blocks.items()} == {n: b.ids for n, b in known.items()}
    assert broad.worldview.as_of == TODAY
    assert broad.prior.t_asof == broad.worldview.as_of_year
    assert broad.worldview.beliefs == priors.load(calibration.FUTURES_OF_BROAD).beliefs


def test_a_worldview_goes_with_the_rows_since_its_own_and_its_own_prior(context, monkeypatch):
    asked = []

    def prior_of(worldview, ledger, *, seed):
        asked.append((worldview.name, seed))
        return parameters.of_worldview(worldview)

    monkeypatch.setattr(calibration.views, "prior_of", prior_of)
    (clark,) = calibration.subjects(context, ["clark"])
    worldview = priors.load("clark")
    new = rows.blocks(rows.new_between(context.ledger, worldview.as_of, TODAY))
    assert {name: block.ids for name, block in clark.blocks.items()} == {name: block.ids for name, block in new.items()}
    assert (clark.name, clark.worldview, asked) == ("clark", worldview, [("clark", 1)])
    assert clark.prior.t_asof == worldview.as_of_year


def test_a_planted_shift_moves_horizons_by_that_many_of_their_errors_and_nothing_else(ledger):
    subject = subject_of("clark", ledger)
    truth = calibration.sampling.values_of(np.zeros((1, len(parameters.VECTOR))), subject.prior)[0]
    blocks = subject.blocks
    assert calibration._shifted(blocks, truth, by=0.0) is blocks
    shifted = calibration._shifted(blocks, truth, by=2.0)
    d, scatter = blocks["horizon"].columns, np.exp(truth[parameters.VECTOR.index("horizon_scatter")])
    noise = np.sqrt(scatter**2 + (0.5 * (d["se_low"] + d["se_high"])) ** 2)
    np.testing.assert_allclose(shifted["horizon"].columns["y"] - d["y"], 2.0 * noise)
    assert all(shifted[kind] is block for kind, block in blocks.items() if kind != "horizon")
    no_horizon = rows.blocks(rows.not_yet(TODAY))
    assert calibration._shifted(no_horizon, truth, by=2.0) is no_horizon


def test_a_fit_that_went_well_is_not_tried_again(ledger, monkeypatch):
    """The sampler is replaced by draws from the prior, and says what it is told to of how it went."""
    task = Task(subject=subject_of("yudkowsky", ledger), number=2, seed=1, **SHORT)
    for poor in ([False], [True, False], [True, True]):
        lengths = []

        def sampled(prior, blocks, asked, *, seed, poor=poor, lengths=lengths):
            how = {"poor": poor[len(lengths)], "r_hat": 1.0, "ess": 99.0, "divergent": 0.0}
            lengths.append(asked)
            z = np.random.default_rng(seed).standard_normal((RANKED, len(parameters.VECTOR)))
            return calibration.sampling.values_of(z, prior)[None], how

        monkeypatch.setattr(calibration, "_sampled", sampled)
        found = calibration.ranked(task)
        assert lengths == [task.first, task.retry][: len(poor)]
        assert (found["retried"], found["poor"]) == (len(poor) == 2, poor[-1])


def test_planted_faults_can_be_measured_alone(run):
    found = run(ledgers=0)
    assert found.findings["item"].tolist() == ["planted fault, clark"]
    assert set(found.tables["bands"]["fault"]) == set(found.tables["fits"]["fault"])
    assert "" not in set(found.tables["bands"]["fault"])


@pytest.mark.parametrize("written", [True, False])
def test_the_command_measures_what_it_was_asked_and_writes_where_it_was_told(
    tmp_path, monkeypatch, capsys, written, ledger
):
    asked = []

    def measure(context, **options):
        asked.append((context, options))
        context.report(1, 2, "a ledger")
        finding = calibration.Finding(item="ranks of all", value=0.5, unit="probability", says="All.")
        return calibration.Measured(check=calibration.CHECK, findings=calibration.table(calibration.CHECK, [finding]))

    monkeypatch.setattr(calibration, "measure", measure)
    arguments = f"x --ledgers 7 --planted 3 --names broad clark --day 2026-11-21 --seed 5 --work {tmp_path / 'work'}"
    out = ["--out", str(tmp_path / "out")] if written else []
    monkeypatch.setattr(sys, "argv", [*arguments.split(), *out])
    calibration.main()
    ((context, options),) = asked
    assert (context.day, context.seed, context.executor) == (TODAY, 5, None)
    assert options == {"ledgers": 7, "planted": 3, "names": ["broad", "clark"], "work": tmp_path / "work"}
    said = capsys.readouterr().out
    assert "1 of 2  a ledger" in said
    assert "ranks of all" in said
    assert (tmp_path / "out").exists() == written
    if written:
        record = calibration.records.read(tmp_path / "out", calibration.CHECK, ledger=ledger)
        assert record.findings["item"].tolist() == ["ranks of all"]


@pytest.mark.slow
def test_a_fault_planted_in_real_ledgers_is_caught_and_real_ranks_are_uniform(context, tmp_path):
    """Forty ledgers of one worldview as they should be, and forty with horizons too high by one standard deviation."""
    found = calibration.measure(context, ledgers=40, planted=40, names=("drexler",), work=tmp_path)
    findings = found.findings.set_index("item")
    ranks = [f"{part}, drexler" for part in calibration.PARTS]
    assert findings.loc[[*ranks, "planted fault, drexler"], "passes"].all(), findings


@pytest.mark.slow
def test_real_ranks_are_the_same_from_processes_and_from_a_cluster(ledger):
    distributed = pytest.importorskip("distributed")
    subject = subject_of("yudkowsky", ledger)
    tasks = [Task(subject=subject, number=number, seed=1, **SHORT) for number in range(2)]

    def ranks(executor):
        done = calibration.executors.as_they_finish(calibration.ranked, tasks, executor=executor)
        return {task.number: result for task, result in done}

    alone = ranks(None)
    with calibration.executors.executor(workers=2) as pool:
        assert ranks(pool) == alone
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        calibration.executors.executor(cluster=cluster.scheduler_address) as pool,
    ):
        assert ranks(pool) == alone

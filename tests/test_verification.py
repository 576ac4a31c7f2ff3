"""A run that is had again is the same; one that is not is told, with what is another."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from forecast import artefacts, run, summary, verification
from forecast.summary import COLUMNS
from forecast.verification import compare
from priors.problems import BadInput
from tests import small_views
from tests.conftest import TODAY

LAST = summary.DAYS[-1].isoformat()


def table(*rows):
    """Numbers of one event of one view: (output_type, output_type_id, value, mcse)."""
    return pd.DataFrame([("clark", "updated", "", "LOOP", *row) for row in rows], columns=list(COLUMNS))


BY, EVER, NEVER, MEDIAN = (
    ("cdf", "2030-12-31", 0.5, 0.01),
    ("cdf", LAST, 0.9, 0.006),
    ("never", "", 0.0, 0.0),
    ("quantile_if_ever", "0.5", 2030.4, 0.2),
)
PLAIN = table(BY, EVER, NEVER, MEDIAN)


def moved(number, errors):
    """PLAIN with one number moved by that many standard errors of a difference."""
    value = PLAIN["value"].where(PLAIN.index != number, PLAIN["value"] + errors * np.sqrt(2.0) * PLAIN["mcse"])
    return PLAIN.assign(value=value)


def test_a_table_is_identical_to_itself():
    found = compare(PLAIN, PLAIN.copy())
    assert (found.outcome, found.numbers, found.worst, len(found.beyond)) == ("identical", 4, 0.0, 0)


@pytest.mark.parametrize("number", [0, 3])
@pytest.mark.parametrize(("errors", "outcome"), [(-1.0, "within"), (1.0, "within"), (6.0, "differs")])
def test_a_number_may_be_some_of_its_own_standard_errors_off_and_no_more(number, errors, outcome):
    found = compare(PLAIN, moved(number, errors))
    assert found.outcome == outcome
    assert found.worst == pytest.approx(abs(errors))
    assert list(found.beyond["output_type"]) == ([PLAIN["output_type"][number]] if outcome == "differs" else [])


def test_the_numbers_that_differ_most_come_first():
    found = compare(PLAIN, moved(0, 6.0).assign(value=lambda t: t["value"].where(t.index != 3, 2040.0)))
    assert list(found.beyond["output_type"]) == ["quantile_if_ever", "cdf"]
    assert list(found.beyond["errors"]) == sorted(found.beyond["errors"], reverse=True)


@pytest.mark.parametrize("row", [0, 3])
def test_a_row_that_is_missing_or_twice_there_differs_on_either_side(row):
    for other in (PLAIN.drop(index=row), pd.concat([PLAIN, PLAIN.iloc[[row]]])):
        for pair in ((PLAIN, other), (other, PLAIN)):
            found = compare(*pair)
            assert found.outcome == "differs"
            assert found.worst == np.inf
            assert len(found.beyond) == 1


def test_rows_in_another_order_are_the_same_numbers_in_other_bytes():
    found = compare(PLAIN, PLAIN.iloc[::-1])
    assert (found.outcome, found.worst) == ("within", 0.0)


def test_two_certainties_agree_only_if_they_are_one():
    """Without any draw on the other side a probability of 0 or 1 has no error to divide by."""
    assert compare(PLAIN, PLAIN).worst == 0.0
    assert compare(PLAIN, table(BY, EVER, ("never", "", 1e-16, 0.0), MEDIAN)).outcome == "within"
    assert compare(PLAIN, table(BY, EVER, ("never", "", 1.0, 0.0), MEDIAN)).worst == np.inf


def test_a_probability_of_nought_agrees_with_one_draw_in_four_thousand_and_not_with_a_hundred():
    for draws, outcome in ((1, "within"), (100, "differs")):
        p = draws / 4000
        other = table(BY, EVER, ("never", "", p, np.sqrt(p * (1 - p) / 4000)), MEDIAN)
        assert compare(PLAIN, other).outcome == outcome


def test_no_number_agrees_with_no_number_and_not_with_one():
    none = table(BY, EVER, NEVER, ("quantile_if_ever", "0.5", np.nan, np.nan))
    assert compare(none, none.copy()).outcome == "identical"
    for pair in ((PLAIN, none), (none, PLAIN)):
        assert compare(*pair).worst == np.inf


def test_a_number_whose_error_is_not_known_must_be_the_same():
    known = PLAIN.assign(mcse=PLAIN["mcse"].where(PLAIN.index != 3))
    assert compare(known, known.assign(value=known["value"] + 0.001)).worst == np.inf


@pytest.mark.parametrize(("value", "mcse"), [(2090.0, 0.0), (2090.0, np.nan), (np.nan, np.nan)])
def test_dates_of_an_event_that_hardly_ever_happens_are_left_to_its_probability(value, mcse):
    ever = 5 / 4000
    rare = ("cdf", LAST, ever, np.sqrt(ever * (1 - ever) / 4000))
    a, b = table(BY, rare, NEVER, MEDIAN), table(BY, rare, NEVER, ("quantile_if_ever", "0.5", value, mcse))
    found = compare(a, b)
    assert (found.outcome, found.numbers, found.too_rare) == ("within", 3, 1)
    often = table(BY, ("cdf", LAST, 0.2, 0.007), NEVER, MEDIAN)
    assert set(compare(a, often).beyond["output_type_id"]) == {LAST}
    assert compare(a, b.drop(index=3)).outcome == "differs"


ASKED = []
"""What the sampler that is none has been asked for."""


@pytest.fixture(autouse=True, scope="module")
def resampled():
    """In place of a sampler small draws that depend on nothing but the seed."""

    def state(worldview, evidence, *, seed, report=lambda _: None, cache=None):
        assert cache is None
        ASKED.append((worldview.name, "stated", seed, ()))
        return again(worldview, "stated", seed)

    def update(stated, evidence, day, *, seed, without=(), report=lambda _: None, cache=None):
        assert cache is None
        worldview = stated.view.worldview
        ASKED.append((worldview.name, day, seed, without))
        return again(worldview, "updated", seed, without)

    def again(worldview, name, seed, without=()):
        found = small_views.kept(worldview.name, name, 200, seed)
        key = "-".join([found.key, *without])
        return replace(found, key=key, view=replace(found.view, worldview=worldview, seed=seed, without=without))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "state", state)
        patch.setattr(run, "update", update)
        yield


@pytest.fixture(scope="module")
def written(resampled, ledger, tmp_path_factory):
    """The folder of a finished run of two worldviews."""
    folder = tmp_path_factory.mktemp("artefacts") / "2026-11-21-k"
    found = run.run(["clark", "trend"], ledger=ledger, day=TODAY, seed=3, variants=[("share",)])
    artefacts.save(folder, found, run_key="k", ledger_sha256=ledger.sha256)
    return folder


@pytest.fixture
def finished(written, tmp_path):
    """The same, for a test to change."""
    shutil.copytree(written.parent, tmp_path / "artefacts")
    ASKED.clear()
    return tmp_path / "artefacts" / written.name


def verified(folder, ledger, **changes):
    return verification.verify(folder, **({"ledger": ledger, "today": TODAY, "seed": 3} | changes))


def inputs(folder, ledger):
    _, manifest, kept = artefacts.examine(folder)
    return verification.inputs(manifest, kept, ledger=ledger, today=TODAY, seed=3)


def others(*inputs):
    return {one.name for one in inputs if not one.same}


def test_a_run_is_recomputed_view_by_view_and_comes_out_the_same(finished, ledger):
    found = verified(finished, ledger)
    assert found.verified
    assert found.own_draws
    assert found.comparison.outcome == "identical"
    assert others(*found.inputs) == set()
    for name, asked in zip(("clark", "trend"), (ASKED[:3], ASKED[3:]), strict=True):
        assert asked == [(name, "stated", 3, ()), (name, TODAY, 3, ()), (name, TODAY, 3, ("share",))]


def test_verifying_writes_nothing(finished, ledger):
    before = {path: path.stat().st_mtime_ns for path in finished.parent.rglob("*")}
    verified(finished, ledger)
    assert {path: path.stat().st_mtime_ns for path in finished.parent.rglob("*")} == before


def test_another_sample_is_within_monte_carlo_error_and_other_beliefs_are_not(finished, ledger, monkeypatch):
    known = run.state

    def other(name, seed):
        return lambda worldview, *_, **__: replace(
            small_views.kept(name, "stated", 200, seed), key="other", blocks=known(worldview, None, seed=3).blocks
        )

    monkeypatch.setattr(run, "state", other("clark", 77))
    assert compare_stated(finished, ledger, "clark") == "within"
    monkeypatch.setattr(run, "state", other("lambert", 77))
    assert compare_stated(finished, ledger, "clark") == "differs"


def compare_stated(folder, ledger, name):
    """How the recomputed stated view of one worldview compares."""
    table, manifest, kept = artefacts.examine(folder)
    own = [one for one in kept if (one.view.worldview.name, one.view.name) == (name, "stated")]
    again = verification.recompute(own, ledger, day=TODAY, seed=manifest["seed"])
    own_rows = table[(table["worldview"] == name) & (table["view"] == "stated")].reset_index(drop=True)
    return compare(own_rows, summary.long_table(one.view for one in again).assign(worldview=name)).outcome


def test_a_number_that_no_draw_bears_out_is_found_though_all_hashes_fit(finished, ledger):
    """Less than a standard error, and the manifest changed to match: only the draws can tell."""
    path = finished / "forecast.csv"
    numbers = artefacts._table(path)
    numbers.loc[0, "value"] += 0.5 * numbers.loc[numbers["mcse"] > 0, "mcse"].min()
    numbers.to_csv(path, index=False)
    rewrite(finished, lambda said: said["sha256"].update({"forecast.csv": artefacts._sha256(path)}))
    found = verified(finished, ledger)
    assert not found.own_draws
    assert not found.verified


def rewrite(folder, change):
    """Change the manifest by hand."""
    path = folder / "manifest.json"
    said = json.loads(path.read_text())
    change(said)
    path.write_text(json.dumps(said))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda said: said.update(code="0" * 64), "code"),
        (lambda said: said["versions"].update(numpy="1.0"), "numpy"),
        (lambda said: said["machine"].update(processor="z80"), "processor"),
        (lambda said: said.pop("machine"), "processor"),
    ],
)
def test_code_versions_and_machine_of_then_are_set_beside_those_of_now(finished, ledger, change, named):
    rewrite(finished, change)
    assert named in others(*inputs(finished, ledger))


def test_another_ledger_day_or_seed_is_named_and_the_run_keeps_its_own_day_and_seed(finished, ledger):
    other = replace(ledger, sha256="f" * 64)
    found = verified(finished, other, today=TODAY.replace(year=2027), seed=1)
    assert others(*found.inputs) == {"ledger", "day", "seed"}
    assert {seed for _, _, seed, _ in ASKED} == {3}
    assert (found.day, found.seed, found.verified) == (TODAY, 3, True)


def test_rows_that_came_and_went_since_are_named(finished, ledger, monkeypatch):
    known = run.update

    def update(stated, *given, **named):
        found = known(stated, *given, **named)
        return replace(found, view=replace(found.view, row_ids=("a-new-row",)))

    monkeypatch.setattr(run, "update", update)
    assert verified(finished, ledger).rows_new == ("a-new-row",)


def test_a_worldview_that_is_another_here_or_is_not_here_is_named(finished, ledger, resampled, monkeypatch):
    here = run.stated_by
    monkeypatch.setattr(
        run, "stated_by", lambda name, day: here(name, day).model_copy(update={"label": "another"}) if name == "clark" else here(name, day)
    )  # fmt: skip
    assert others(*inputs(finished, ledger)) == {"worldview clark"}
    monkeypatch.setattr(verification.priors, "packaged", lambda: ())
    assert {one.now for one in inputs(finished, ledger) if one.name.startswith("worldview")} == {""}


def test_a_run_is_recomputed_with_the_worldviews_that_it_keeps(finished, ledger):
    kept = artefacts.load_kept(finished)[0]
    own = kept.view.worldview.model_copy(update={"label": "my own"})
    (again,) = verification.recompute(
        [replace(kept, view=replace(kept.view, worldview=own))], ledger, day=TODAY, seed=3
    )
    assert again.view.worldview.label == "my own"


def test_a_view_that_weighs_an_earlier_fit_is_named(finished, ledger):
    kept = artefacts.load_kept(finished)
    weighed = [
        replace(one, how="reweighted", base=base)
        for one, base in zip(kept[1:3], ("elsewhere", kept[0].key), strict=True)
    ]
    assert verification._reweighted([kept[0], *weighed]) == ("clark",)


def test_a_table_that_was_changed_is_refused(finished, ledger):
    path = finished / "forecast.csv"
    path.write_text(path.read_text().replace("0.5", "0.6"))
    with pytest.raises(BadInput, match=r"forecast\.csv: the file is not the file that was written"):
        verified(finished, ledger)


def test_draws_that_were_cut_off_are_refused_with_everything_else_that_is_wrong(finished, ledger):
    views = sorted((finished.parent / "views").glob("*.nc"))
    views[0].write_bytes(views[0].read_bytes()[:1000])
    views[1].unlink()
    (finished / "forecast.csv").unlink()
    with pytest.raises(BadInput) as refused:
        verified(finished, ledger)
    said = [str(problem) for problem in refused.value.problems]
    assert len(said) == 3
    assert [word for word in ("not the file that was written", views[0].name, views[1].name, "forecast.csv") if word not in " ".join(said)] == []  # fmt: skip


@pytest.mark.parametrize("damage", ["cut", "empty", "text"])
def test_draws_that_are_no_view_are_refused_though_all_hashes_fit(finished, ledger, damage):
    path = finished.parent / "views" / "clark-stated.nc"
    path.write_bytes({"cut": path.read_bytes()[:5000], "empty": b"", "text": b"not netCDF"}[damage])
    digest = artefacts._sha256(path)
    path.with_suffix(".sha256").write_text(digest)
    rewrite(finished, lambda said: said["views"][0].update(sha256=digest))
    with pytest.raises(BadInput, match=r"clark-stated\.nc: the file is not a view"):
        verified(finished, ledger)


@pytest.mark.parametrize(
    "change",
    [
        lambda said: said.update(seed=4),
        lambda said: said.update(day="2026-11-22"),
        lambda said: said["views"][1].update(worldview="lambert"),
        lambda said: said["views"][1].update(effective_draws=9999.0),
        lambda said: said["views"][1].update(honoured=[{"number": "9"}]),
        lambda said: said["views"][1].update(key=said["views"][2]["key"], sha256=said["views"][2]["sha256"]),
    ],
)
def test_a_manifest_that_its_views_do_not_bear_out_is_refused(finished, ledger, change):
    rewrite(finished, change)
    with pytest.raises(BadInput, match="not the view that the manifest describes"):
        verified(finished, ledger)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda said: said.update(format=1), "another version"),
        (lambda said: said.pop("format"), "another version"),
        (lambda said: said.pop("seed"), "without its seed"),
        (lambda said: said.update(seed="3"), "without its seed"),
        (lambda said: said.update(versions=[], code=1), "without its code.*\n.*without its versions"),
        (lambda said: said.update(views=[]), "without a view"),
        (lambda said: said.update(views={"a": 1}), "not a manifest"),
        (lambda said: said.update(sha256=[]), "without its sha256"),
        (lambda said: said["views"][0].update(key="k" * 5000), "not readable"),
        (lambda said: said["views"][0].update(key="k\0"), "missing"),
    ],
)
def test_what_is_no_manifest_of_this_version_is_refused_in_words(finished, ledger, change, said):
    rewrite(finished, change)
    with pytest.raises(BadInput, match=said):
        verified(finished, ledger)


def test_a_folder_without_a_run_is_refused(tmp_path, ledger):
    with pytest.raises(BadInput, match="missing"):
        verified(tmp_path, ledger)

"""Checks as they are kept: one that falls short stays, one that was tampered with is refused, one from another model says so."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from forecast.trust import checks, findings, records
from forecast.trust.findings import Context, Finding, Measured
from priors.problems import BadInput


@pytest.fixture
def context(ledger):
    return Context(ledger=ledger, day=date(2026, 11, 21), seed=3)


def measured(check="toy"):
    found = findings.table(
        check,
        [
            Finding(item="one", value=0.5, unit="points", low=0.0, high=1.0, says="It lies inside."),
            Finding(item="two", value=2.0, unit="points", high=1.0, says="It does not, because."),
            Finding(item="three", value=np.inf, unit="years", says="For information."),
        ],
    )
    return Measured(check=check, findings=found, tables={"ranks": pd.DataFrame({"rank": [1, 2], "of": [99, 99]})})


def write(folder, context, **kwargs):
    return records.write(measured(**kwargs), context, where=folder, seconds=60.0, options={"ledgers": 20})


@pytest.mark.parametrize(
    ("value", "low", "high", "expected"),
    [(1.0, 1.0, 1.0, True), (1.01, 1.0, 1.0, False), (np.nan, -np.inf, np.inf, False), (np.inf, 0.0, np.inf, True),
     (-0.1, 0.0, np.inf, False)],
)  # fmt: skip
def test_a_number_passes_within_its_bounds_and_what_is_none_never(value, low, high, expected):
    assert findings.passes(value, low, high) is expected


def test_two_findings_of_one_name_are_refused():
    with pytest.raises(ValueError, match="says twice: one"):
        findings.table("toy", [Finding(item="one", value=v, unit="") for v in (1.0, 2.0)])


def test_what_falls_short_is_kept_and_read_back_as_it_was(tmp_path, context):
    write(tmp_path, context)
    found = records.read(tmp_path, "toy", ledger=context.ledger)
    pd.testing.assert_frame_equal(found.findings, measured().findings)
    pd.testing.assert_frame_equal(found.tables["ranks"], measured().tables["ranks"])
    assert list(found.findings["passes"]) == [True, False, True]
    assert found.differs == ()
    assert found.manifest["seed"] == 3
    assert found.manifest["options"] == {"ledgers": 20}


def test_the_same_check_twice_gives_the_same_bytes(tmp_path, context):
    first, second = write(tmp_path / "a", context), write(tmp_path / "b", context)
    assert {p.name: p.read_bytes() for p in first.iterdir()} == {p.name: p.read_bytes() for p in second.iterdir()}


def test_a_record_is_replaced_whole(tmp_path, context):
    write(tmp_path, context)
    fewer = Measured(check="toy", findings=measured().findings)
    records.write(fewer, context, where=tmp_path, seconds=1.0, options={})
    assert dict(records.read(tmp_path, "toy").tables) == {}


def test_a_verdict_edited_by_hand_is_refused(tmp_path, context):
    file = write(tmp_path, context) / records.FINDINGS
    file.write_text(file.read_text().replace("False", "True"))
    with pytest.raises(BadInput, match="another content") as refused:
        records.read(tmp_path, "toy")
    assert refused.value.problems[0].remedy == "measure it again: rsi trust run toy"


@pytest.mark.parametrize("spoil", ["cut", "gone", "not json"])
def test_a_record_that_is_not_whole_is_refused(tmp_path, context, spoil):
    target = write(tmp_path, context)
    if spoil == "gone":
        (target / "ranks.csv").unlink()
    else:
        text = (target / records.MANIFEST).read_text()
        (target / records.MANIFEST).write_text(text[:50] if spoil == "cut" else "[]")
    with pytest.raises(BadInput, match="whole record"):
        records.read(tmp_path, "toy")


def test_a_record_measured_on_another_model_says_so(tmp_path, context, monkeypatch):
    write(tmp_path, context)
    now = records.inputs(context.ledger)
    monkeypatch.setattr(records, "inputs", lambda ledger: now | {"model": "another"})
    assert records.read(tmp_path, "toy", ledger=context.ledger).differs == ("model",)


def test_every_check_can_be_measured_or_names_its_command():
    for check in checks.CHECKS.values():
        if check.module:
            assert callable(checks.measurer(check))
        else:
            with pytest.raises(LookupError, match=check.command):
                checks.measurer(check)


PACKAGED = sorted(path.parent.name for path in records.PACKAGED.glob(f"*/{records.MANIFEST}"))


@pytest.mark.parametrize("name", PACKAGED)
def test_packaged_records_are_whole_and_their_verdicts_follow_from_their_numbers(name):
    found = records.read(records.PACKAGED, name)
    assert name in checks.CHECKS
    for row in found.findings.to_dict(orient="records"):
        assert row["passes"] == findings.passes(row["value"], row["low"], row["high"]), row["item"]
        assert row["passes"] or row["says"], f"{row['item']} falls short without a reason"

"""Whatever a file holds, an importer answers with rows that the ledger could hold, or with BadInput."""

import json
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forecast.evidence import changes, importers
from forecast.evidence import ledger as ledgers
from forecast.evidence.rows import COLUMNS, check, content_id
from priors.problems import BadInput
from tests.fixtures.build import (
    EPOCH_RUN,
    HERE,
    METADATA,
    MODELS,
    epoch_zip,
    eval_log,
    header,
    own_row,
    table,
)

DAY = date(2026, 11, 21)
QUICK = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
LONG = settings(max_examples=1_700, deadline=None, suppress_health_check=list(HealthCheck))  # 6 x 1,700 > 10,000

ODD = [
    "", " ", "0", "-0.0", "1e400", "1e-400", "1_000", "٣", "NaN", "inf", "-inf", "0x1F", "010", "1:30", "NO", "yes",
    "null", "~", "true", "=1+1", "@x", "2026-02-30", "2026-13-01", "0000-00-00", "9999-12-31", "20260205", "20",
    "2026-02-05T00:00:00Z", "1" * 30, "1" * 5_000, "x" * 6_000, "\u202e", "\x00", "\n", "\r", "\ud7ff", "<b>", "'", '"',
    "javascript:alert(1)", "../..", "💥", "1e1000000", "- - -", ": :", "? ?", "%", "&a", "*a", "!x", "|", "{", "[",
]  # fmt: skip
NUMBERS = st.one_of(
    st.floats().map(repr), st.integers().map(str), st.decimals(allow_nan=True, allow_infinity=True).map(str)
)
CELLS = st.one_of(st.sampled_from(ODD), NUMBERS, st.dates().map(str), st.text(max_size=20))
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.floats(), st.integers(), CELLS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(CELLS, inner, max_size=3)),
    max_leaves=6,
)


def answers(path, **more):
    """Rows in order, or BadInput in words; anything else is an error of this test."""
    refused = None
    try:
        parsed = importers.read(path, fetched_on=DAY, **more)
    except BadInput as bad:
        refused = bad
    if refused is not None:
        assert all(problem.found and problem.remedy for problem in refused.problems)
        return
    for row in parsed.cells:
        assert not check({**row, "id": content_id(row), "recorded_on": "2026-11-21"})[1]
    changes.plan(ledgers.read(), parsed, day=DAY)


@st.composite
def edited(draw, text):
    """The text with a few stretches replaced, doubled or cut out: mostly its own shape still."""
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        stop = min(len(text), start + draw(st.integers(0, 30)))
        text = text[:start] + draw(st.one_of(CELLS, st.just(text[start:stop] * 2))) + text[stop:]
    return text


@st.composite
def reworded(draw, text, words):
    """The text with some of its values replaced whole."""
    for _ in range(draw(st.integers(1, 3))):
        text = text.replace(draw(st.sampled_from(words)), draw(CELLS), 1)
    return text


@st.composite
def grafted(draw, tree):
    """The tree with the value at one of its places replaced by any other."""
    tree = json.loads(json.dumps(tree))
    place = tree
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            return tree
        key = draw(st.sampled_from(keys))
        if not isinstance(place[key], (dict, list)) or draw(st.integers(0, 3)) == 0:
            place[key] = draw(JSON)
            return tree
        place = place[key]


def as_bytes(text):
    return text.encode(errors="surrogatepass")


METR = [(HERE / name).read_text() for name in ("metr_1_1.yaml", "metr_2025.yaml")]
METR_WORDS = [
    "METR-Horizon-v1.1", "METR-Horizon-v1", "718.80683", "316.685725", "2026-02-05", "true", "claude_opus_4_6_inspect",
    "metrics:", "agents:", "null", "estimate", "gpt_5", "137.318539", "release_date", "    ", "\n",
]  # fmt: skip
ECI = (HERE / "eci_scores.csv").read_text()
SCORES = json.loads((HERE / "posttrainbench_scores.json").read_text())
RELEASES = {"Gemini 3.1 Pro": date(2026, 2, 19)}


def metr(path, data):
    text = data.draw(st.sampled_from(METR).flatmap(lambda one: st.one_of(edited(one), reworded(one, METR_WORDS))))
    path.write_bytes(as_bytes(text))
    answers(path, format=data.draw(st.sampled_from([None, "metr"])))


def eci(path, data):
    path.write_bytes(
        as_bytes(data.draw(st.one_of(edited(ECI), reworded(ECI, ["161.65", "2026-07-09", "GPT-5", ",", "eci"]))))
    )
    answers(path, format=data.draw(st.sampled_from([None, "epoch-eci"])))


def own_csv(path, data):
    names = data.draw(st.lists(st.sampled_from(COLUMNS), max_size=4))
    row = own_row(**{name: data.draw(CELLS) for name in names})
    text = table(COLUMNS, row)
    path.write_bytes(as_bytes(data.draw(st.one_of(st.just(text), edited(text)))))
    answers(path, format=data.draw(st.sampled_from([None, "csv"])))


def posttrainbench(path, data):
    text = json.dumps(data.draw(grafted(SCORES)))
    path.write_bytes(as_bytes(data.draw(st.one_of(st.just(text), edited(text)))))
    answers(path, series=data.draw(st.sampled_from([None, "posttrainbench_v1_score"])), releases=RELEASES)


def inspect(path, data):
    text = json.dumps(data.draw(grafted(header())))
    eval_log(path, as_bytes(data.draw(st.one_of(st.just(text), edited(text)))))
    if data.draw(st.integers(0, 3)) == 0:
        path.write_bytes(broken(path.read_bytes(), data))
    answers(path, series=data.draw(st.sampled_from([None, "swe_bench_verified_epoch_pct"])), allow_incomplete=True)


def epoch(path, data):
    run = {name: data.draw(CELLS) for name in EPOCH_RUN}
    run |= {"Release date": data.draw(st.sampled_from(["2026-02-05", *ODD[20:25]]))}
    score = data.draw(st.sampled_from(["Best score (across scorers)", "mean_score", *ODD[:5]]))
    stated = {
        "source_file": "swe_bench_verified.csv",
        "score_column": score,
        "scale": data.draw(st.sampled_from(["1.0", "0.01", *ODD[:20]])),
    }
    files = {
        "benchmark_metadata.csv": table(METADATA, stated),
        "model_metadata.csv": table(MODELS, {"model_version": run["Model version"], "model_group": data.draw(CELLS)}),
        "swe_bench_verified.csv": table(EPOCH_RUN, run),
    }
    name = data.draw(st.sampled_from(list(files)))
    files[name] = data.draw(st.one_of(st.just(files[name]), edited(files[name])))
    epoch_zip(path, {one: as_bytes(text) for one, text in files.items()})
    if data.draw(st.integers(0, 3)) == 0:
        path.write_bytes(broken(path.read_bytes(), data))
    answers(path)


def broken(raw, data):
    """Bytes with a few of them changed, mostly in the directory at the end."""
    changed = bytearray(raw)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.one_of(st.integers(0, len(raw) - 1), st.integers(max(0, len(raw) - 200), len(raw) - 1)))
        changed[place] = data.draw(st.integers(0, 255))
    return bytes(changed[: data.draw(st.integers(len(raw) // 2, len(raw)))])


KINDS = [metr, eci, own_csv, posttrainbench, inspect, epoch]


@pytest.mark.parametrize("kind", KINDS, ids=lambda one: one.__name__)
@QUICK
@given(data=st.data())
def test_only_bad_input_escapes(tmp_path, kind, data):
    kind(tmp_path / "file", data)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS, ids=lambda one: one.__name__)
@LONG
@given(data=st.data())
def test_only_bad_input_escapes_ten_thousand_times(tmp_path, kind, data):
    kind(tmp_path / "file", data)

"""Rows of one's own, and what no importer knows."""

from datetime import date

import pytest

from forecast.evidence import importers
from forecast.evidence.rows import COLUMNS, content_id
from priors.problems import BadInput
from tests.fixtures.build import HERE, eval_log, header, own_row, table

DAY = date(2026, 11, 21)
SERIES = {"posttrainbench_scores.json": "posttrainbench_v1_score", "run.eval": "weirdml_pct"}


def read(path, *rows, columns=None, **more):
    path = path / "mine.csv"
    path.write_text(table(columns or COLUMNS, *rows))
    return importers.read(path, fetched_on=DAY, **more)


def test_what_can_only_be_one_thing_may_be_left_blank(tmp_path):
    (row,) = read(tmp_path, own_row()).cells
    assert (row["level"], row["bound"], row["unit"]) == ("0.95", "exact", "minutes")
    assert row["read_from"].startswith("file mine.csv, sha256 ")


def test_columns_may_be_in_any_order_and_the_optional_ones_missing(tmp_path):
    columns = [name for name in reversed(COLUMNS) if name not in ("id", "recorded_on", "level", "read_from")]
    row = {name: cell for name, cell in own_row().items() if name in columns}
    assert len(read(tmp_path, row, columns=columns).cells) == 1


def test_every_problem_of_every_row_is_told(tmp_path):
    with pytest.raises(BadInput) as bad:
        read(tmp_path, own_row(value="x"), own_row(), own_row(grade="rumour", observed_on="2026-02-30"))
    found = [problem.where for problem in bad.value.problems]
    assert found == ["row 2, value", "row 4, observed_on", "row 4, grade"]


def test_unknown_and_missing_columns_are_named(tmp_path):
    columns = [*(name for name in COLUMNS if name != "grade"), "quality"]
    with pytest.raises(BadInput, match="lacking 'grade'; with the unknown 'quality'"):
        read(tmp_path, columns=columns)


def test_an_id_that_is_given_must_be_right(tmp_path):
    row = own_row(unit="minutes", level="0.95", bound="exact", read_from="somewhere")
    assert len(read(tmp_path, row | {"id": content_id(row), "recorded_on": "2026-11-21"}).cells) == 1
    with pytest.raises(BadInput, match="the hash of the row's content"):
        read(tmp_path, row | {"id": "0" * 16})


def test_a_formula_is_refused(tmp_path):
    with pytest.raises(BadInput, match="no spreadsheet takes for a formula"):
        read(tmp_path, own_row(subject="=HYPERLINK(1)"))


@pytest.mark.parametrize(
    "data", [b"", b"\0\1\2", b"hello", b"a,b\n1,2\n", b"{}", b"[]", b"x: 1\n", "ä".encode("latin-1"), b"PK\x03\x04"]
)
def test_an_unknown_file_is_refused_in_words(tmp_path, data):
    path = tmp_path / "what.bin"
    path.write_bytes(data)
    with pytest.raises(BadInput) as bad:
        importers.read(path, fetched_on=DAY)
    assert "what.bin" in str(bad.value)


def test_an_unknown_file_is_told_the_known_formats(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(BadInput) as bad:
        importers.read(path, fetched_on=DAY)
    assert all(name in str(bad.value) for name in importers.FORMATS)


def test_the_content_decides_and_not_the_suffix(tmp_path):
    path = tmp_path / "scores.zip"
    path.write_text(table(COLUMNS, own_row()))
    assert importers.read(path, fetched_on=DAY).format == "csv"


@pytest.mark.parametrize(("option", "said"), [({"format": "xls"}, "--format"), ({"series": "nothing"}, "--series")])
def test_unknown_options_are_refused(tmp_path, option, said):
    with pytest.raises(BadInput, match=said):
        read(tmp_path, own_row(), **option)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(BadInput, match="not readable"):
        importers.read(tmp_path / "none.csv", fetched_on=DAY)
    for path in (tmp_path, "/dev/zero"):
        with pytest.raises(BadInput, match="no regular file"):
            importers.read(path, fetched_on=DAY)


@pytest.mark.parametrize("format", importers.FORMATS)
@pytest.mark.parametrize("name", ["metr_1_1.yaml", "eci_scores.csv", "posttrainbench_scores.json", "run.eval"])
def test_a_wrong_format_is_refused_in_words(tmp_path, format, name):
    path = eval_log(tmp_path / name, header()) if name == "run.eval" else HERE / name
    right = importers.read(path, fetched_on=DAY, series=SERIES.get(name)).format
    if format != right:
        with pytest.raises(BadInput):
            importers.read(path, fetched_on=DAY, format=format)

"""Files made to do harm: refused in words, in bounded memory, and what gets through stays text."""

import io
import resource
import struct
import subprocess
import sys
import zipfile
from datetime import date

import pytest
import zstandard

from forecast.evidence import importers
from forecast.evidence.importers import safe_csv, safe_json, safe_yaml, safe_zip
from priors.problems import BadInput
from tests.fixtures.build import HERE, ZSTD, eval_log, header, own_row, table

DAY = date(2026, 11, 21)
METR = (HERE / "metr_1_1.yaml").read_text()
LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{b}: &{b} [{', '.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LAUGHS, "an anchor"),
        ("a: *b", "an alias"),
        ("a: !!python/object/apply:os.system ['true']", "a tag"),
        ("a: !!float 1", "a tag"),
        ("a: 1\na: 2", "'a' twice"),
        ("? [a, b]\n: 1", "a key that is not text"),
        ("[" * 20_000, "nested more than 30 deep"),
        ("[" + "a," * 30_000 + "a]", "more than 20,000 parts"),
        ("- a\n" * 100_000, "262,144 bytes"),
        ("a: [1", "not YAML at line"),
        ("a: \x00", "not YAML"),
        ("--- 1\n--- 2", "not YAML"),
    ],
)
def test_yaml_that_is_more_than_data_is_refused(text, said):
    with pytest.raises(BadInput, match=said):
        safe_yaml.parse(text.encode(), file="x.yaml")


def test_words_and_dates_of_yaml_stay_text_and_numbers_stay_exact():
    found = safe_yaml.parse(b"[NO, yes, on, 010x, 1:30, 2026-02-30, 1e-3, -0.10, true, null, ~, 0o7, .5]", file="x")
    assert found[:6] == ["NO", "yes", "on", "010x", "1:30", "2026-02-30"]
    assert [str(one) for one in found[6:8]] == ["0.001", "-0.10"]
    assert found[8:] == [True, None, None, "0o7", ".5"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": NaN}', "the number NaN"),
        ('{"a": 1, "a": 2}', "'a' twice"),
        ("[" * 100_000, "nested too deeply|not JSON"),
        ("1" * 5_000, "a number of 5,000 characters"),
        ("1e99999999999999999999999", "the number 1e9"),
        ("[1", "not JSON at line 1"),
        ("\xff", "not JSON"),
        (" " * (safe_json.LARGEST_FILE + 1), "at most 8,388,608"),
    ],
)
def test_json_that_is_more_than_data_is_refused(text, said):
    with pytest.raises(BadInput, match=said):
        safe_json.parse(text.encode(), file="x.json")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a" + "," * 1_000_000, "1,000,001 columns, expected at most 200"),
        ("a,a\n1,2", "with twice 'a'"),
        ("a,b\n1", "row 2 is 1 cells wide, expected 2"),
        ("b\n1", "lacking 'a'"),
        ("", "lacking 'a'"),
        ('a\n"x', "not csv"),
        ("a\n" + "x" * 5_001, "5,001 characters long"),
        ("a\n" + "x" * 200_000, "not csv|characters long"),
        ("a\n" + "1\n" * 100_001, "at most 100,000 rows"),
        ("a\n" + "1" * safe_csv.LARGEST_FILE, "at most 16,777,216"),
    ],
)
def test_csv_of_another_shape_is_refused(text, said):
    with pytest.raises(BadInput, match=said):
        safe_csv.parse(text.encode(), file="x.csv", needed=["a"])


def test_many_bad_rows_are_told_up_to_a_bound():
    with pytest.raises(BadInput) as bad:
        safe_csv.parse(b"a,b\n" + b"1\n" * 1000, file="x.csv", needed=["a"])
    assert len(bad.value.problems) == safe_csv.MOST_PROBLEMS


def archive(path, *members, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as made:
        for name, data in members:
            made.writestr(name, data)
    return path


def read(path):
    return importers.read(path, fetched_on=DAY)


@pytest.mark.parametrize("name", ["../x", "/x", "a/../x", "C:x", "a\\x", "a//b", "x\n", "./x"])
def test_names_that_lead_elsewhere_are_refused_and_nothing_is_written(tmp_path, name):
    path = archive(tmp_path / "x.zip", (name, "a"), ("header.json", "{}"))
    with pytest.raises(BadInput, match="leads elsewhere"):
        read(path)
    assert [one.name for one in tmp_path.iterdir()] == ["x.zip"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_is_there_twice_is_refused(tmp_path):
    with pytest.raises(BadInput, match="there twice"):
        read(archive(tmp_path / "x.zip", ("header.json", "{}"), ("header.json", "{}")))


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, ZSTD])
def test_a_bomb_is_refused_before_it_is_read(tmp_path, method):
    path = archive(tmp_path / "x.eval", ("header.json", b" " * (7 * 2**20)), method=method)
    with pytest.raises(BadInput, match="compressed beyond belief"):
        read(path)
    path = archive(tmp_path / "y.eval", ("header.json", b" " * (9 * 2**20)), method=method)
    with pytest.raises(BadInput, match="at most 8,388,608"):
        read(path)


def understated(path, data, *, size, compress):
    """An archive whose one member claims `size` bytes but inflates to `data`."""
    body = compress(data)
    method = 93 if body.startswith(b"\x28\xb5\x2f\xfd") else 8
    name = b"header.json"
    fields = struct.pack("<HHHHHIIIHH", 20, 0, method, 0, 0x21, 0, len(body), size, len(name), 0)
    local = b"PK\x03\x04" + fields + name + body
    central = b"PK\x01\x02" + struct.pack("<H", 20) + fields + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)
    path.write_bytes(local + central + end)
    return path


def deflated(data):
    with io.BytesIO() as out:
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
            made.writestr("x", data)
            info = made.getinfo("x")
        return out.getvalue()[30 + 1 : 30 + 1 + info.compress_size]


@pytest.mark.parametrize("compress", [deflated, zstandard.ZstdCompressor().compress])
def test_a_member_that_is_larger_than_it_claims_is_refused(tmp_path, compress):
    path = understated(tmp_path / "x.eval", b" " * (64 * 2**20), size=1000, compress=compress)
    with pytest.raises(BadInput, match="damaged"):
        read(path)


def test_a_member_whose_checksum_is_wrong_is_refused(tmp_path):
    path = eval_log(tmp_path / "x.eval", header(), method=zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    data[data.rindex(b"success")] ^= 1
    path.write_bytes(data)
    with pytest.raises(BadInput, match="damaged"):
        importers.read(path, fetched_on=DAY, series="weirdml_pct")


@pytest.mark.parametrize("cut", [1, 10, 30, 100])
def test_a_truncated_archive_is_refused(tmp_path, cut):
    path = eval_log(tmp_path / "x.eval", header())
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(BadInput, match="damaged"):
        read(path)


def test_a_huge_directory_is_refused_before_it_is_parsed(tmp_path, monkeypatch):
    path = eval_log(tmp_path / "x.eval", header())
    monkeypatch.setattr(safe_zip, "LARGEST_DIRECTORY", 10)
    monkeypatch.setattr(zipfile.ZipFile, "__init__", lambda *_: pytest.fail("the directory was parsed"))
    with pytest.raises(BadInput, match="a huge directory"):
        read(path)


def test_an_encrypted_member_is_refused(tmp_path):
    path = eval_log(tmp_path / "x.eval", header(), method=zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(BadInput, match="encrypted"):
        read(path)


def test_more_members_than_any_publisher_has_are_refused(tmp_path, monkeypatch):
    path = archive(tmp_path / "x.eval", ("header.json", "{}"), ("a", ""), ("b", ""))
    assert len(safe_zip.members(path, file="x.eval")) == 3
    monkeypatch.setattr(safe_zip, "MOST_MEMBERS", 2)
    with pytest.raises(BadInput, match="an archive of 3 members, expected at most 2"):
        read(path)


def test_a_member_that_is_not_where_the_directory_says_is_refused(tmp_path):
    path = eval_log(tmp_path / "x.eval", header())
    data = bytearray(path.read_bytes())
    data[zipfile.ZipFile(path).getinfo("header.json").header_offset] ^= 1
    path.write_bytes(data)
    with pytest.raises(BadInput, match="a member where the directory says"):
        read(path)


def test_a_directory_that_is_none_is_refused(tmp_path):
    path = eval_log(tmp_path / "x.eval", header())
    data = bytearray(path.read_bytes())
    data[data.rindex(b"PK\x01\x02") + 3] ^= 1
    path.write_bytes(data)
    with pytest.raises(BadInput, match=r"the file is damaged, expected a zip archive"):
        read(path)


def test_a_member_compressed_in_another_way_is_refused(tmp_path):
    path = archive(tmp_path / "x.eval", ("header.json", "{}" * 100), method=zipfile.ZIP_BZIP2)
    with pytest.raises(BadInput, match="compressed by method 12, expected stored, deflated or zstd"):
        read(path)


@pytest.mark.parametrize("compress", [lambda _: b"\xff" * 40, lambda _: b"\x28\xb5\x2f\xfd" + b"\xff" * 40])
def test_a_member_that_does_not_inflate_is_refused(tmp_path, compress):
    path = understated(tmp_path / "x.eval", b"", size=1000, compress=compress)
    with pytest.raises(BadInput, match="stored, deflated or zstd, and whole"):
        read(path)


@pytest.mark.parametrize("subject", ["=1+1", "+1", "-1", "@SUM(A1)"])
def test_a_formula_for_a_name_is_left_out(tmp_path, subject):
    path = tmp_path / "eci_scores.csv"
    path.write_text((HERE / "eci_scores.csv").read_text().replace("Made-up 9", subject))
    parsed = read(path)
    assert len(parsed.cells) == 3
    assert any("formula" in why for _, why in parsed.skipped)


@pytest.mark.parametrize("hidden", ["\u202e", "\x00", "\x1b[31m", "\u200b"])
def test_hidden_characters_in_a_name_are_left_out(tmp_path, hidden):
    path = tmp_path / "eci_scores.csv"
    path.write_text((HERE / "eci_scores.csv").read_text().replace("Made-up 9", f"Made{hidden}up"))
    parsed = read(path)
    assert len(parsed.cells) == 3
    assert all(said.isprintable() for skipped in parsed.skipped for said in skipped)


def test_markup_in_a_name_is_text_and_stays_it(tmp_path):
    name = "<script>alert(1)</script> [x](javascript:y)"
    path = tmp_path / "eci_scores.csv"
    path.write_text((HERE / "eci_scores.csv").read_text().replace("Made-up 9", name))
    assert name in {row["subject"] for row in read(path).cells}


def test_an_address_that_is_none_is_refused_in_rows_of_one_s_own(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(table(list(own_row()), own_row(source_url="javascript:alert(1)")))
    with pytest.raises(BadInput, match="an http or https address"):
        read(path)


def test_the_name_of_a_file_cannot_pass_for_an_address(tmp_path):
    path = tmp_path / "javascript:alert(1)"
    path.write_bytes((HERE / "eci_scores.csv").read_bytes())
    assert len(read(path).cells) == 4


BIG = {
    "laughs.yaml": lambda: ("benchmark_name: x\nresults: x\n" + LAUGHS).encode(),
    "parts.yaml": lambda: b"benchmark_name: x\nresults: [" + b"a," * 100_000 + b"a]",
    "columns.csv": lambda: b"eci,Model" + b"," * 16_000_000,
    "rows.csv": lambda: b"eci,Display name,eci_ci_low,eci_ci_high,date,Organization\n" + b",,,,,\n" * 2_300_000,
    "lists.json": lambda: b'{"aggregatedScores": [' + b"[]," * 2_700_000 + b"[]]}",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", [*BIG, "deflate.eval", "zstd.eval"])
def test_no_file_takes_half_a_gigabyte(tmp_path, name):
    path = tmp_path / name
    if name in BIG:
        path.write_bytes(BIG[name]())
    else:
        data = b" " * 2**29
        compress = deflated if name.startswith("deflate") else zstandard.ZstdCompressor().compress
        understated(path, data, size=1000, compress=compress)
    code = (
        "import resource, sys\nfrom datetime import date\nfrom forecast.evidence import importers\n"
        "from priors.problems import BadInput\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try:\n    importers.read(sys.argv[1], fetched_on=date(2026, 11, 21))\nexcept BadInput:\n    pass\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    limit = 3 * 2**30  # so that a failure cannot take the machine with it
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 500 * 1024  # kilobytes

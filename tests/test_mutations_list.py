"""The list of planted faults: each has its place and its test, none asked for is missing, and the runner tells the truth."""

from dataclasses import replace

import pytest

from tests.mutations import listed, record, runner
from tests.mutations.listed import ROOT, Mutation
from tests.mutations.runner import Outcome

MUTATIONS = listed.read()

ASKED = {
    "sign of phi", "sign of zeta", "sign of gap", "r inverted", "boost applied twice", "D fed by v instead of u",
    "twin with AI in it", "Jacobian dropped", "tilt weight dropped", "tilt re-applied on update", "censoring ignored",
    "interval read as 1 sd", "vintage mixed", "future row leaked", "as-of off by one month",
    "observed_on used for published_on", "minutes as hours", "percent as fraction", "worldviews swapped",
    "crux block missing", "coalition weights uniform", "VOD clipped at zero", "never dropped from quantiles",
    "competing risk read as never", "seed ignored", "cache key without the ledger", "superseded row still counted",
    "escape function removed",
}  # fmt: skip
"""Faults set down before any test was looked at; "each of phi" is two mutations under one name."""

each = pytest.mark.parametrize("mutation", MUTATIONS, ids=[one.name for one in MUTATIONS])


@each
def test_a_mutation_has_one_place_and_leaves_a_file_that_parses(mutation):
    text = (ROOT / mutation.file).read_text(encoding="utf-8")
    changed = listed.mutated(mutation, text)
    assert changed != text
    listed.parse(mutation.file, changed)


@each
def test_a_mutation_names_tests_that_are_there_and_says_why_it_matters(mutation):
    assert mutation.tests
    assert mutation.why
    for test in mutation.tests:
        file, _, name = test.partition("::")
        assert name.partition("[")[0] in listed.tests_in(ROOT / file), test


def test_every_fault_that_was_asked_for_is_on_the_list():
    assert {one.asked for one in MUTATIONS} - {""} == ASKED
    assert sum(one.asked == "sign of phi" for one in MUTATIONS) == 2


def test_no_two_mutations_share_a_name():
    names = [one.name for one in MUTATIONS]
    assert len(set(names)) == len(names) >= 45


TOY = Mutation(name="a sum turned round", file="toy/__init__.py", old="a + b", new="a - b", why="",
               tests=("tests/test_toy.py::test_a_sum",))  # fmt: skip


def test_a_place_that_is_gone_or_there_twice_is_refused():
    for text, times in (("a * b", 0), ("a + b\na + b", 2)):
        with pytest.raises(ValueError, match=f"stands {times} times"):
            listed.mutated(TOY, text)
    with pytest.raises(ValueError, match="changes nothing"):
        listed.mutated(replace(TOY, new=TOY.old), "a + b")


@pytest.fixture
def toy(tmp_path):
    """A package with one tested function, under the name of a package of ours."""
    for folder, files in {
        "toy": {"__init__.py": "# adds\ndef add(a, b):\n    return a + b\n"},
        "priors": {"__init__.py": "NAME = 'not the installed one'\n"},
        "tests": {"__init__.py": "", "test_toy.py": TOY_TESTS},
    }.items():
        (tmp_path / "tree" / folder).mkdir(parents=True)
        for name, text in files.items():
            (tmp_path / "tree" / folder / name).write_text(text)
    return tmp_path / "tree"


TOY_TESTS = """import priors, toy

def test_a_sum():
    assert toy.add(1, 2) == 3
    assert priors.NAME == 'not the installed one'
"""


def test_the_runner_tells_a_caught_mutation_from_a_surviving_and_a_broken_one(toy):
    survives = replace(TOY, name="a comment changed", old="# adds", new="# sums")
    broken = replace(TOY, name="a name that is not there", old="a + b", new="a + c")
    unread = replace(TOY, name="an import that fails", old="# adds", new="import nowhere_at_all")
    told: list[Outcome] = []
    found = runner.run([TOY, survives, broken, unread], root=toy, report=told.append)
    assert [one.verdict for one in found] == ["caught", "survived", "broken", "broken"]
    assert list(found) == told
    assert found[0].by == "tests/test_toy.py::test_a_sum"
    assert "NameError" in found[2].by
    assert "a + b" in (toy / "toy" / "__init__.py").read_text()


def test_tests_that_fail_as_the_code_is_say_nothing_of_any_mutation(toy):
    (toy / "tests" / "test_toy.py").write_text(TOY_TESTS.replace("== 3", "== 4"))
    with pytest.raises(runner.NotSound, match=r"do not pass as the code is: tests/test_toy\.py::test_a_sum"):
        runner.run([TOY], root=toy)


@pytest.mark.parametrize(
    ("code", "failures", "errors", "verdict"),
    [
        (0, (), (), "survived"),
        (1, (("t", "assert 1 == 2"),), (), "caught"),
        (1, (("t", "ValueError: no date"),), (), "caught"),
        (1, (("t", "numba.core.errors.TypingError: no such type"),), (), "broken"),
        (1, (), (("t", "failed on setup"),), "broken"),
        (2, (), (("t", "collection failure"),), "broken"),
        (4, (), (), "broken"),
        (None, (), (), "timed out"),
    ],
)
def test_only_a_failed_test_is_a_catch(code, failures, errors, verdict):
    assert runner.judged(code, failures, errors, "the end of the output")[0] == verdict


def test_a_record_falls_short_where_one_survives_and_names_it():
    kept = replace(TOY, asked="sign of phi")
    caught = Outcome(mutation=kept, verdict="caught", by="t", seconds=1.0)
    survived = Outcome(mutation=replace(kept, name="another"), verdict="survived", by="", seconds=1.0)
    good, bad = (record.measured(one) for one in ([caught], [caught, survived]))
    assert good.findings["passes"].all()
    assert not bad.findings["passes"].any()
    assert "another" in bad.findings["says"].iloc[0]
    assert list(bad.tables["mutations"]["caught"]) == [True, False]

"""Every bad input is refused, all faults at once, each with its place, what was found, what was expected, a remedy."""

import copy
import tomllib
from datetime import date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import priors
from priors import BadInput, Problem, check, files

VARIABLES = priors.variables()
GOOD = files.read_table(files.worldview_paths()["clark"]["2026-05-04"])
DELETE = object()


def changed(*changes):
    """The good table with some places changed; a place is a dotted path, list items by number."""
    table = copy.deepcopy(GOOD)
    for place, value in changes:
        *steps, last = [int(s) if s.isdigit() else s for s in place.split(".")]
        spot = table
        for step in steps:
            spot = spot[step]
        if value is DELETE:
            del spot[last]
        else:
            spot[last] = value
    return table


def problems(*changes):
    return check.worldview_problems(changed(*changes), variables=VARIABLES, file="clark.toml")


def test_a_good_table_has_no_problems():
    assert problems() == []


BAD = [
    ("unknown belief", "beliefs.sigma", {"interval": [0.5, 2.0]}, "beliefs.sigma", "one of theta"),
    ("missing belief", "beliefs.theta", DELETE, "beliefs.theta", "a belief about every variable"),
    ("shared variable in a worldview", "beliefs.g_s", {"interval": [0.5, 2.0]}, "beliefs.g_s", "one of theta"),
    ("unknown crux", "claims.0.crux", ["C11"], "claims.CL1.crux.#1", "'C10'"),
    ("low above high", "beliefs.theta.interval", [400.0, 20.0], "beliefs.theta", "low < high"),
    ("low equal to high", "beliefs.theta.interval", [20.0, 20.0], "beliefs.theta", "low < high"),
    ("three numbers", "beliefs.theta.interval", [1.0, 2.0, 3.0], "beliefs.theta.interval", "fewer items"),
    ("probability above 1", "beliefs.psi.value", 1.2, "beliefs.psi.value", "less than or equal to 1"),
    ("percentage", "beliefs.theta.mass", 80, "beliefs.theta.mass", "less than 1"),
    ("interval for a probability", "beliefs.psi", {**GOOD["beliefs"]["theta"]}, "beliefs.psi", "value = a probability"),
    ("value for a quantity", "beliefs.theta", {**GOOD["beliefs"]["psi"]}, "beliefs.theta", "interval = [low, high]"),
    ("date in quotes", "as_of", "2026-05-04", "as_of", "a date like 2026-05-04, without quotes"),
    ("date with a time", "as_of", datetime(2026, 5, 4, 12), "as_of", "date"),
    ("date as a number", "as_of", 20260504, "as_of", "a date like 2026-05-04, without quotes"),
    ("date out of this world", "as_of", date(206, 5, 4), "as_of", "a date between 1950 and 2100"),
    ("wrong unit", "beliefs.theta.unit", "minutes", "beliefs.theta.unit", "hours"),
    ("unknown functional", "targets.0.functional", "p_before", "targets.1.functional", "p_by"),
    ("unknown event", "targets.0.arguments.event", "FOOM", "targets.1.arguments.event", "one of RE, LOOP"),
    ("unknown argument", "targets.0.arguments.until", 3, "targets.1.arguments.until", "arguments event, by"),
    ("missing argument", "targets.0.arguments.by", DELETE, "targets.1.arguments.by", "a date, without quotes"),
    ("argument of another kind", "targets.0.arguments.by", "2026", "targets.1.arguments.by", "a date, without quotes"),
    ("argument that is a table", "targets.0.arguments.by", {"a": 1}, "targets.1.arguments.by", "a number, text, date"),
    ("accept beyond a probability", "targets.0.accept", [0.0, 6.0], "targets.1.accept", "probabilities, 0 to 1"),
    ("accept upside down", "targets.0.accept", [0.06, 0.0], "targets.1", "low <= high"),
    ("accept of nan", "targets.0.accept", [float("nan"), 1.0], "targets.1.accept.#1", "a number"),
    (
        "target with neither",
        "targets.0.functional",
        DELETE,
        "targets.1",
        "a functional with accept, or not_expressible",
    ),
    ("target with both", "targets.0.not_expressible", "All of it.", "targets.1", "either a functional or not_express"),
    ("honour outside accept", "targets.1.honour.value", 0.5, "targets.2", "a value to honour inside accept"),
    (
        "honour of an inference",
        "targets.1.kind",
        "inferred",
        "targets.2.honour",
        "an explicit number for a probability",
    ),
    (
        "honour of what is no probability",
        "targets.8.honour",
        {"relation": "equal", "value": 1.0},
        "targets.9",
        "only beside p_by",
    ),
    ("duplicate claim", "claims.1.id", "CL1", "claims.CL1", "once"),
    ("duplicate target", "targets.1.number", "1", "targets.1", "once"),
    ("duplicate source", "sources.1.key", "import-ai-455", "sources.import-ai-455", "once"),
    ("missing why", "beliefs.theta.why", DELETE, "beliefs.theta.why", "a value"),
    ("blank why", "beliefs.theta.why", "  ", "beliefs.theta.why", "some text"),
    ("missing source", "beliefs.theta.source", DELETE, "beliefs.theta.source", "a value"),
    ("missing strength", "beliefs.theta.strength", DELETE, "beliefs.theta.strength", "a value"),
    ("belief of an unknown claim", "beliefs.theta.source", "CL1, CL99", "beliefs.theta.source", "claims or sources"),
    ("claim of an unknown source", "claims.0.source", "hearsay", "claims.CL1.source", "sources of this file"),
    ("target of an unknown claim", "targets.0.claim", "LA1", "targets.1.claim", "claims of this file"),
    ("negative hours", "beliefs.theta.interval", [-1.0, 20.0], "beliefs.theta.interval", "above 0"),
    ("share above 1", "beliefs.rho0.interval", [0.3, 1.0], "beliefs.rho0.interval", "between 0 and 1"),
    ("speed-up below 1", "beliefs.boost.interval", [0.5, 8.0], "beliefs.boost.interval", "above 1"),
    ("signed share beyond -1", "beliefs.phi1.interval", [-1.5, 0.5], "beliefs.phi1.interval", "between -1 and 1"),
    (
        "year before the as-of date",
        "beliefs.T_par.interval",
        [2025.0, 2040.0],
        "beliefs.T_par.interval",
        "a year after the as-of date",
    ),
    ("number in quotes", "beliefs.theta.interval", ["20", 400.0], "beliefs.theta.interval.#1", "a number"),
    ("true for a number", "beliefs.psi.value", True, "beliefs.psi.value", "a number"),
    ("infinite hours", "beliefs.theta.interval", [20.0, float("inf")], "beliefs.theta.interval.#2", "a finite number"),
    ("nan", "beliefs.psi.value", float("nan"), "beliefs.psi.value", "finite number"),
    ("a number beyond floats", "beliefs.theta.interval", [20.0, 10**400], "beliefs.theta.interval.#2", "a number"),
    ("unknown field", "beliefs.theta.wyh", "typo", "beliefs.theta.wyh", "no such field"),
    ("unknown top field", "asof", 3, "asof", "no such field"),
    ("unknown strength", "beliefs.theta.strength", "sure", "beliefs.theta.strength", "'stated'"),
    ("link to the future", "links.0.between", ["kappa", "L"], "links.kappa-L", "two of theta"),
    ("link to itself", "links.0.between", ["r", "r"], "links.r-r", "two different variables"),
    ("correlation of 1", "links.0.correlation", 1.0, "links.#1.correlation", "less than 1"),
    ("NUL", "summary", "a\x00b", "summary", "one line of visible characters"),
    ("two lines", "summary", "a\nb", "summary", "one line of visible characters"),
    ("text that runs backwards", "label", "a\u202eb", "label", "one line of visible characters"),
    ("endless text", "summary", "word " * 1000, "summary", "at most 700 characters"),
    ("script for an address", "sources.0.url", "javascript:alert(1)", "sources.import-ai-455.url", "URL"),
    ("name that is a path", "name", "../clark", "name", "pattern"),
    ("beliefs that are no table", "beliefs", 3, "beliefs", "a table"),
    ("claims that are no list", "claims", "CL1", "claims", "a list"),
    ("belief that is no table", "beliefs.theta", 20.0, "beliefs.theta", "a table"),
    (
        "an interval and humps at once",
        "beliefs.r",
        {**GOOD["beliefs"]["r"], "low": [0.2, 2.0], "high": [1.8, 6.0], "weight_high": 0.7},
        "beliefs.r",
        "no such field",
    ),
]


@pytest.mark.parametrize(("fault", "place", "value", "where", "expected"), BAD, ids=[row[0] for row in BAD])
def test_a_bad_input_is_refused_where_it_is_wrong(fault, place, value, where, expected):
    found = problems((place, value))
    here = [p for p in found if p.where == where or p.where.startswith(f"{where}.")]
    assert here, [str(p) for p in found]
    assert any(expected in p.expected for p in here), [str(p) for p in here]
    for p in found:
        assert p.file == "clark.toml"
        assert p.found
        assert p.expected
        assert p.remedy
        assert str(p).isprintable()


def humped(low, high):
    fields = {k: v for k, v in GOOD["beliefs"]["r"].items() if k != "interval"}
    return {**fields, "low": low, "high": high, "weight_high": 0.7}


def test_humps_that_overlap_are_refused():
    (problem,) = problems(("beliefs.r", humped([0.2, 2.0], [1.8, 6.0])))
    assert problem.expected == "a low hump that ends below the high one"


def test_humps_too_unlike_to_be_fitted_are_refused():
    (problem,) = problems(("beliefs.r", humped([0.0001, 0.7], [1.8, 1.9])))
    assert problem.where == "beliefs.r"
    assert "fit" in problem.expected


def test_correlations_that_contradict_each_other_are_refused():
    links = [
        {"between": list(pair), "correlation": c, "why": "A test."}
        for pair, c in ((("kappa", "r"), 0.9), (("r", "boost"), 0.9), (("kappa", "boost"), -0.9))
    ]
    (problem,) = problems(("links", links))
    assert problem.where == "links"
    assert problem.expected == "a positive definite matrix"


def test_a_pair_linked_twice_is_refused():
    link = {"between": ["r", "kappa"], "correlation": 0.1, "why": "A test."}
    (problem,) = problems(("links", [*GOOD["links"], link]))
    assert problem.where == "links.kappa-r"
    assert problem.expected == "once"


def test_every_problem_is_found_at_once():
    chosen = [
        row for row in BAD if row[0] in {"unknown belief", "wrong unit", "share above 1", "NUL", "duplicate claim"}
    ]
    found = {p.where for p in problems(*((place, value) for _, place, value, _, _ in chosen))}
    assert {where for *_, where, _ in chosen} <= found


def test_a_problem_is_a_sentence_with_a_remedy():
    (problem,) = problems(("beliefs.theta.interval", [400.0, 20.0]))
    assert str(problem) == (
        "clark.toml: beliefs.theta is [400.0, 20.0], expected low < high. Swap or part the two numbers."
    )


def test_a_fault_in_a_source_is_not_blamed_on_those_who_cite_it():
    (problem,) = problems(("sources.0.url", "javascript:alert(1)"))
    assert problem.where == "sources.import-ai-455.url"


def test_checking_changes_nothing():
    table = changed(("beliefs.theta.interval", [400.0, 20.0]))
    before = copy.deepcopy(table)
    check.worldview_problems(table, variables=VARIABLES, file="x.toml")
    assert table == before


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates() | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
PLACES = sorted({place for _, place, value, *_ in BAD if value is not DELETE})


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(place=st.sampled_from(PLACES), value=ANYTHING)
def test_the_check_itself_never_fails(place, value):
    assert all(isinstance(p, Problem) for p in problems((place, value)))


@settings(max_examples=100, deadline=None)
@given(ANYTHING.filter(lambda table: isinstance(table, dict)))
def test_any_table_at_all_gets_an_answer(table):
    assert check.worldview_problems(table, variables=VARIABLES, file="x.toml")


def test_a_variable_with_two_blocks_for_one_crux_is_refused():
    table = files.read_table(files.FOLDER / "variables.toml")
    table["omega"]["block"] = "elsewhere"
    (problem,) = check.variable_problems(table, file="variables.toml")
    assert problem.where == "omega.block"


def test_a_variable_without_meaning_is_refused():
    table = files.read_table(files.FOLDER / "variables.toml")
    del table["omega"]["meaning"]
    (problem,) = check.variable_problems(table, file="variables.toml")
    assert (problem.where, problem.found) == ("omega.meaning", "missing")


def test_a_shared_prior_that_is_missing_is_refused():
    table = files.read_table(files.FOLDER / "shared.toml")
    del table["beliefs"]["g_s"]
    (problem,) = check.shared_problems(table, variables=VARIABLES, file="shared.toml")
    assert problem.where == "beliefs.g_s"


FILES = [
    ("not TOML", b"name = = 3", "TOML"),
    ("a date that does not exist", b"as_of = 2026-02-30", "TOML"),
    ("a number of too many digits", b"x = " + b"9" * 5000, "TOML"),
    ("brackets without end", b"x = " + b"[" * 20_000, "TOML"),
    ("not UTF-8", b'name = "\xff"', "TOML"),
    ("a binary file", bytes(range(256)), "TOML"),
    ("the same key twice", b"a = 1\na = 2", "TOML"),
    ("too large", b"#" * (files.LARGEST_BYTES + 1), "at most 262144"),
]


@pytest.mark.parametrize(("content", "expected"), [row[1:] for row in FILES], ids=[row[0] for row in FILES])
def test_a_file_that_cannot_be_read_is_refused(tmp_path, content, expected):
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    with pytest.raises(BadInput) as refused:
        priors.load(path)
    (problem,) = refused.value.problems
    assert (problem.file, problem.expected) == ("mine.toml", expected)
    assert str(problem).isprintable()
    assert str(tmp_path) not in str(problem)


@pytest.mark.parametrize("name", ["absent.toml", "."])
def test_a_file_that_is_not_there_is_refused(tmp_path, name):
    with pytest.raises(BadInput):
        priors.load(tmp_path / name)


def test_an_empty_file_is_told_everything_it_lacks(tmp_path):
    path = tmp_path / "mine.toml"
    path.touch()
    with pytest.raises(BadInput) as refused:
        priors.load(path)
    assert {p.where for p in refused.value.problems} >= {"name", "label", "as_of", "sources", "beliefs"}


def test_a_worldview_of_ones_own_loads_from_anywhere(tmp_path):
    path = tmp_path / "mine.toml"
    text = files.worldview_paths()["clark"]["2026-05-04"].read_text(encoding="utf-8")
    path.write_text(text.replace('name = "clark"', 'name = "mine"'), encoding="utf-8")
    assert tomllib.loads(path.read_text(encoding="utf-8"))["name"] == priors.load(path).name == "mine"

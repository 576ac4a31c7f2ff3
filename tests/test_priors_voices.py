"""The further voices: as complete, dated, sourced and even-handed as the named five, and apart from them."""

from datetime import date

import pytest

import priors
from forecast import mechanism
from priors import Role, files
from priors.schema import Crux, Grade, Strength
from tests import worldview_facts as facts

VOICES = {name: priors.load(name) for name in priors.voices()}
NAMED = {name: view for name, view in priors.load_all().items() if name != "trend"}
CLAIMS = {
    "akiranin": ("AK", 9),
    "aschenbrenner": ("AS", 7),
    "christiano": ("CH", 8),
    "davidson": ("DV", 12),
    "erdil": ("ER", 7),
    "hanson": ("HN", 5),
    "hassabis": ("DH", 5),
    "kokotajlo": ("KO", 10),
    "lecun": ("LC", 4),
    "lifland": ("LI", 7),
    "narayanan-kapoor": ("NK", 5),
}
TARGETS = {
    "akiranin": 6,
    "aschenbrenner": 5,
    "christiano": 4,
    "davidson": 7,
    "erdil": 5,
    "hanson": 5,
    "hassabis": 4,
    "kokotajlo": 6,
    "lecun": 4,
    "lifland": 5,
    "narayanan-kapoor": 5,
}
HONOURED = {("kokotajlo", "1"): ("equal", 0.5), ("lifland", "1"): ("equal", 0.5)}
SILENT = {
    ("akiranin", "2"),
    ("akiranin", "5"),
    ("akiranin", "6"),
    ("aschenbrenner", "5"),
    ("christiano", "1"),
    ("davidson", "5"),
    ("davidson", "7"),
    ("erdil", "1a"),
    ("erdil", "2a"),
    ("erdil", "5a"),
    ("hanson", "5"),
    ("hassabis", "1a"),
    ("hassabis", "4"),
    ("kokotajlo", "5"),
    ("kokotajlo", "6"),
    ("lecun", "2a"),
    ("narayanan-kapoor", "5"),
}
"""Targets, by voice and number, about what the mechanism has no event or variable for."""

each_voice = pytest.mark.parametrize("name", VOICES)


def test_voices_stand_beside_the_named_five_and_the_baseline_and_not_among_them():
    assert set(VOICES) == set(CLAIMS) == set(TARGETS)
    assert not set(VOICES) & set(priors.names())
    assert priors.names() == ("clark", "krier", "lambert", "yudkowsky", "drexler", "trend")
    assert priors.packaged() == (*priors.names(), *priors.voices())


def test_voices_do_not_widen_the_envelope_under_which_shared_parameters_are_fitted():
    envelope = priors.broad()
    assert {belief.source for belief in envelope.values()} == {", ".join(NAMED)}


@each_voice
def test_a_file_is_named_after_its_voice_and_date(name):
    facts.assert_named_after_person_and_day(VOICES[name])


@each_voice
def test_every_variable_but_the_shared_has_a_belief(name):
    facts.assert_every_variable_has_a_belief(VOICES[name])


@each_voice
def test_every_number_carries_strength_source_and_reason(name):
    facts.assert_every_number_carries_a_reason(VOICES[name])


@each_voice
def test_no_two_numbers_of_a_voice_share_a_reason(name):
    reasons = [belief.why for belief in VOICES[name].beliefs.values()]
    assert len(set(reasons)) == len(reasons)


@each_voice
def test_a_single_probability_is_a_value_and_everything_else_a_distribution(name):
    facts.assert_probabilities_are_values_and_the_rest_distributions(VOICES[name])


@each_voice
def test_an_inferred_number_says_so_in_words(name):
    facts.assert_inferred_numbers_say_so(VOICES[name])


@each_voice
def test_every_claim_of_a_voice_is_there(name):
    facts.assert_claims_are_numbered(VOICES[name], *CLAIMS[name])


@each_voice
def test_every_fidelity_target_of_a_voice_is_there(name):
    facts.assert_targets_are_numbered(VOICES[name], TARGETS[name])


@each_voice
def test_explicit_targets_rest_on_stated_claims(name):
    facts.assert_explicit_targets_rest_on_stated_claims(VOICES[name])


@each_voice
def test_a_voice_is_a_person_with_an_affiliation_to_be_shown(name):
    view = VOICES[name]
    assert view.person
    assert view.affiliation


@each_voice
def test_a_target_asks_about_what_the_voice_says_of_some_crux_or_of_the_world(name):
    view = VOICES[name]
    asked = {ref.strip() for target in view.targets for ref in target.claim.split(",")}
    assert asked <= {claim.id for claim in view.claims}
    assert {crux for claim in view.claims for crux in claim.crux} <= set(Crux) - {Crux.SHARED}


@each_voice
def test_every_source_is_leant_on_by_some_claim_or_number(name):
    view = VOICES[name]
    cited = [claim.source for claim in view.claims] + [belief.source for belief in view.beliefs.values()]
    assert {source.key for source in view.sources} <= {ref.strip() for one in cited for ref in one.split(",")}


@each_voice
def test_every_address_is_a_secure_one(name):
    assert all(source.url.scheme == "https" for source in VOICES[name].sources if source.url)


def test_only_probabilities_that_a_voice_put_a_number_on_are_honoured():
    assert facts.honoured(VOICES.values()) == HONOURED


def test_what_cannot_be_expressed_is_listed_with_what_it_would_need():
    silent = facts.not_expressible(VOICES.values())
    assert silent.keys() == SILENT
    assert all(len(needs.split()) >= 8 for needs in silent.values())


@each_voice
def test_a_day_is_assumed_unless_a_text_of_that_very_day_states_the_view(name):
    view = VOICES[name]
    if view.as_of_basis == "stated":
        assert view.as_of.isoformat() in {source.date for source in view.sources}


@each_voice
def test_no_view_is_dated_before_the_mechanism_begins(name):
    """The twin without AI and the human residual have no earlier state to start from."""
    assert VOICES[name].as_of_year >= mechanism.HISTORY_START


def test_composites_of_older_texts_say_so_in_their_label():
    composites = {name for name, view in VOICES.items() if "composite" in view.label}
    assert composites == {"christiano", "hanson"}
    assert all(VOICES[name].as_of_basis == "assumed" for name in composites)


def test_what_is_known_from_the_press_alone_is_marked():
    for name in ("hassabis", "lecun"):
        own = [source for source in VOICES[name].sources if source.title.startswith(VOICES[name].person.split()[-1])]
        assert own
        assert {source.grade for source in own} == {Grade.X}


@pytest.mark.parametrize("variable", [v.id for v in facts.VARIABLES.values() if v.role is not Role.SHARED])
def test_no_inferred_belief_is_narrower_than_the_narrowest_one_that_rests_on_words(variable):
    """Of the named five: what a voice's words support may be narrower, what we infer for it may not."""
    worded = facts.widths(NAMED.values(), variable, inferred=False)
    floor = min(worded.values(), default=facts.NARROWEST_UNANCHORED)
    inferred = facts.widths(VOICES.values(), variable, inferred=True)
    assert {name: width for name, width in inferred.items() if width < floor - 1e-9} == {}


def test_a_number_from_the_person_is_stated_and_few_are():
    stated = {(v.name, b) for v in VOICES.values() for b, one in v.beliefs.items() if one.strength is Strength.STATED}
    assert ("hassabis", "psi") in stated
    assert ("christiano", "J") in stated
    assert len(stated) < len(VOICES) * 3


@each_voice
def test_a_voice_does_not_exist_before_it_spoke(name):
    view = VOICES[name]
    assert priors.load(name, as_of=view.as_of) == view == priors.load(files.worldview_paths()[name][str(view.as_of)])
    with pytest.raises(priors.BadInput, match="not yet stated"):
        priors.load(name, as_of=date(view.as_of.year - 1, 12, 31))

"""The blocks of the methods pages say what the code says."""

from __future__ import annotations

import re

import pytest

import priors
from cruxes.publication import equations as printed
from cruxes.publication import mathml
from cruxes.publication.pages import methods
from cruxes.wording import MEANINGS
from forecast import sampling
from forecast.future import evidence as future
from forecast.observations import KINDS


def test_every_kind_of_rows_that_is_read_has_its_place_on_the_page():
    assert set(methods.READS) == {*KINDS, *future.KINDS}


def test_every_variable_and_every_event_is_listed():
    assert all(f">{one.name}<" in methods.symbols() for one in priors.variables().values())
    assert all(f">{code}<" in methods.events() for code in MEANINGS)


def test_every_crux_lists_its_variables_and_every_variable_is_in_one():
    said = methods.cruxes()
    assert all(one.name in said for one in priors.variables().values())


def test_every_measuring_parameter_is_listed_with_its_prior():
    for kind, model in KINDS.items():
        if model.measurements:
            said = methods.measurements(kind)
            assert all(one.name.replace("_", " ") in said for one in model.measurements)


def test_the_gate_on_the_page_is_the_gate_of_the_sampler(monkeypatch):
    assert "1.01 or less" in methods.gate()
    monkeypatch.setattr(sampling, "LARGEST_R_HAT", 1.5)
    assert "1.5 or less" in methods.gate()


def test_all_equations_are_shown_with_their_sources():
    said = methods.equations(*printed.equations())
    assert said.count("<math") == len(printed.equations()) == said.count("Source:")


def test_a_formula_that_cannot_be_read_is_refused():
    with pytest.raises(ValueError, match="nosuchthing"):
        mathml.mathml(r"\nosuchthing", block=False)


def test_a_wide_formula_can_be_scrolled_from_the_keyboard():
    assert re.match(
        r'<div class="rsi-equation" role="group" aria-label="[^"]+" tabindex="0"><math', mathml.display("x")
    )


def test_series_that_are_not_read_each_have_a_reason():
    assert "forecast or judgement by others is never data" in methods.unread()

"""A parsed table -> a list of Problems, all of them at once. Raises nothing and mends nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
from pydantic import BaseModel, TypeAdapter, ValidationError

from priors import elicit
from priors.dates import decimal_year
from priors.functionals import FUNCTIONALS
from priors.problems import Problem
from priors.schema import (
    Belief,
    Claim,
    IntervalBelief,
    Link,
    Role,
    Shared,
    Source,
    Support,
    Target,
    TargetKind,
    TwoHumpedBelief,
    ValueBelief,
    Variable,
    WorldviewTable,
)

_WORDS = {
    Support.POSITIVE: "above 0",
    Support.SHARE: "between 0 and 1",
    Support.ABOVE_ONE: "above 1",
    Support.SIGNED_SHARE: "between -1 and 1",
    Support.YEAR: "a year after the as-of date",
}
_SHAPE_WORDS = {IntervalBelief: "an interval", TwoHumpedBelief: "two humps", ValueBelief: "a single value"}

HUMP_TOLERANCE = 0.25
"""How far, on the unconstrained scale, the fitted edge of a hump may lie from the stated one."""

_SHAPES = frozenset({"interval", "two_humped", "value"})
_REMEDIES = {
    "missing": ("a value", "Add it."),
    "extra_forbidden": ("no such field", "Remove it, or mend its spelling."),
    "float_type": ("a number", "Write a number without quotes."),
    "int_type": ("a whole number", "Write a whole number without quotes."),
    "finite_number": ("a finite number", "Write a finite number."),
    "string_type": ("text", "Put it in quotes."),
    "too_long": ("fewer items", "Remove the surplus."),
    "tuple_type": ("a list", "Put it in square brackets."),
    "dict_type": ("a table", "Give it fields of its own."),
    "model_type": ("a table", "Give it fields of its own."),
    "model_attributes_type": ("a table", "Give it fields of its own."),
    "date_type": ("a date like 2026-05-04, without quotes", "Write year-month-day without quotes."),
}


def parse_problem(file: str, fault: str) -> Problem:
    return Problem(file=file, where="the file", found=fault, expected="TOML", remedy="Mend the syntax.")


def worldview_problems(table: Mapping[str, Any], *, variables: Mapping[str, Variable], file: str) -> list[Problem]:
    """Everything wrong with a worldview: its fields first, then what the parts say about each other."""
    found = _field_problems(WorldviewTable, table, file)
    as_of = table.get("as_of")
    origin = decimal_year(as_of) if type(as_of) is date else None
    stated = [v for v in variables.values() if v.role is not Role.SHARED]
    sources = _readable(Source, table.get("sources"))
    claims = _readable(Claim, table.get("claims"))
    targets = _readable(Target, table.get("targets"))
    keys, ids = _named(table.get("sources"), "key"), _named(table.get("claims"), "id")
    found += _belief_problems(table.get("beliefs"), stated, keys | ids, file, origin)
    found += _claim_problems(claims, keys, file)
    found += _target_problems(targets, ids, file)
    found += _link_problems(_readable(Link, table.get("links")), stated, file)
    for what, named in (
        ("sources", [source.key for source in sources]),
        ("claims", [claim.id for claim in claims]),
        ("targets", [target.number for target in targets]),
    ):
        found += _duplicates(what, named, file)
    return found


def shared_problems(table: Mapping[str, Any], *, variables: Mapping[str, Variable], file: str) -> list[Problem]:
    found = _field_problems(Shared, table, file)
    stated = [v for v in variables.values() if v.role is Role.SHARED]
    keys = [source.key for source in _readable(Source, table.get("sources"))]
    found += _belief_problems(table.get("beliefs"), stated, set(keys), file, None)
    return found + _duplicates("sources", keys, file)


def variable_problems(table: Mapping[str, Any], *, file: str) -> list[Problem]:
    """Each variable on its own, and that a crux has one block and a block one crux."""
    found: list[Problem] = []
    block_of: dict[str, str] = {}
    for name, fields in table.items():
        row = {"id": name, **fields} if isinstance(fields, dict) else {"id": name}
        found += _field_problems(Variable, row, file, prefix=(name,))
        crux, block = row.get("crux"), row.get("block")
        if isinstance(crux, str) and isinstance(block, str) and block_of.setdefault(crux, block) != block:
            found.append(
                _problem(
                    file,
                    f"{name}.block",
                    block,
                    f"{block_of[crux]!r}, as for the rest of {crux}",
                    "Give one crux one block.",
                )
            )
    return found


def _problem(file: str, where: str, found: object, expected: str, remedy: str) -> Problem:
    return Problem(file=file, where=where, found=_shown(found), expected=expected, remedy=remedy)


def _shown(value: object) -> str:
    text = value if isinstance(value, str) and value in {"missing", "unknown"} else ascii(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _field_problems(
    model: type[BaseModel], table: Mapping[str, Any], file: str, prefix: tuple[str, ...] = ()
) -> list[Problem]:
    try:
        model.model_validate(table)
    except ValidationError as error:
        return list(dict.fromkeys(_from_pydantic(e, table, file, prefix) for e in error.errors(include_url=False)))
    return []


def _from_pydantic(error: Any, table: Mapping[str, Any], file: str, prefix: tuple[str, ...]) -> Problem:
    where = ".".join([*prefix, *_place(error["loc"], table)]) or "the table"
    context = error.get("ctx", {})
    if error["type"] == "refused":
        found = context["found"] if context["found"] is not None else _shown(error["input"])
        return Problem(file=file, where=where, found=found, expected=context["expected"], remedy=context["remedy"])
    if "arguments" in error["loc"]:
        return _problem(
            file, where, error["input"], "a number, text, date, true or false, or a list", "Mend the value."
        )
    expected, remedy = _REMEDIES.get(error["type"], (_lower(error["msg"]), "Mend the value."))
    found = "missing" if error["type"] == "missing" else _shown(error["input"])
    return Problem(file=file, where=where, found=found, expected=expected, remedy=remedy)


def _lower(message: str) -> str:
    for opening in ("Input should be ", "String should ", "Input should "):
        message = message.removeprefix(opening)
    return message


def _place(loc: Sequence[int | str], table: Any) -> list[str]:
    """Items of a list go by their own id, so that a reader can search the file for it."""
    if len(loc) > 2 and loc[0] == "beliefs" and loc[2] in _SHAPES:
        loc = (*loc[:2], *loc[3:])
    if len(loc) > 3 and loc[0] == "targets" and loc[2] == "arguments":
        loc = loc[:4]
    place: list[str] = []
    for step in loc:
        item = table[step] if _has(table, step) else None
        label = str(step)
        if isinstance(step, int):
            keys = [item[key] for key in ("id", "key", "number") if isinstance(item, dict) and key in item]
            label = str(keys[0])[:40] if keys else f"#{step + 1}"
        place.append(label)
        table = item
    return place


def _has(table: Any, step: int | str) -> bool:
    if isinstance(table, dict):
        return step in table
    return isinstance(table, list) and isinstance(step, int) and step < len(table)


def _readable[T: BaseModel](model: type[T], items: Any) -> list[T]:
    """The items that stand on their own; the others have been reported already."""
    good: list[T] = []
    for item in items if isinstance(items, list) else []:
        try:
            good.append(model.model_validate(item))
        except ValidationError:
            continue
    return good


def _named(items: Any, field: str) -> set[str]:
    """Ids of all items, faulty ones too: one fault in a claim must not be reported again by all who cite it."""
    found = (item.get(field) for item in (items if isinstance(items, list) else []) if isinstance(item, dict))
    return {name for name in found if isinstance(name, str)}


def _references(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")]


def _unknown(file: str, where: str, text: str, known: Iterable[str], what: str) -> list[Problem]:
    known = sorted(known)
    return [
        _problem(
            file, where, name, f"{what}: {', '.join(known) or 'none'}", f"Add {name!r} to the file or cite another."
        )
        for name in _references(text)
        if name not in known
    ]


def _duplicates(what: str, ids: Iterable[str], file: str) -> list[Problem]:
    return [
        Problem(
            file=file,
            where=f"{what}.{name}",
            found=f"there {count} times",
            expected="once",
            remedy="Rename the others.",
        )
        for name, count in Counter(ids).items()
        if count > 1
    ]


def _belief_problems(
    beliefs: Any, stated: Sequence[Variable], known: set[str], file: str, origin: float | None
) -> list[Problem]:
    if not isinstance(beliefs, dict):
        return []
    variables = {variable.id: variable for variable in stated}
    found = [
        _problem(file, f"beliefs.{name}", "unknown", f"one of {', '.join(variables)}", "Mend the name or remove it.")
        for name in sorted(beliefs.keys() - variables.keys())
    ]
    found += [
        _problem(file, f"beliefs.{name}", "missing", "a belief about every variable", f"Add [beliefs.{name}].")
        for name in variables
        if name not in beliefs
    ]
    adapter: TypeAdapter[Any] = TypeAdapter(Belief)
    for name in beliefs.keys() & variables.keys():
        try:
            belief = adapter.validate_python(beliefs[name])
        except ValidationError:
            continue
        found += _one_belief(belief, variables[name], known, file, origin)
    return sorted(found, key=lambda problem: problem.where)


def _one_belief(
    belief: elicit.AnyBelief, variable: Variable, known: set[str], file: str, origin: float | None
) -> list[Problem]:
    where = f"beliefs.{variable.id}"
    found = _unknown(file, f"{where}.source", belief.source, known, "claims or sources of this file")
    if belief.unit is not None and belief.unit != variable.unit:
        found.append(_problem(file, f"{where}.unit", belief.unit, variable.unit, "Restate the numbers in that unit."))
    single = variable.support is Support.PROBABILITY
    if single != isinstance(belief, ValueBelief):
        expected = "value = a probability" if single else "interval = [low, high]"
        found.append(
            Problem(file=file, where=where, found=_SHAPE_WORDS[type(belief)], expected=expected, remedy="Restate it.")
        )
    if single or isinstance(belief, ValueBelief) or (variable.support is Support.YEAR and origin is None):
        return found
    outside = [
        _problem(file, f"{where}.{field}", number, _WORDS[variable.support], "Mend the number.")
        for field, number in _numbers(belief)
        if not elicit.inside(variable.support, number, origin=origin or 0.0)
    ]
    if not outside and isinstance(belief, TwoHumpedBelief):
        off = elicit.misfit(belief, variable, as_of=origin or 0.0)
        if off > HUMP_TOLERANCE:
            found.append(
                _problem(
                    file,
                    where,
                    f"two humps of unlike shape, fitted only within {off:.2f}",
                    f"a fit within {HUMP_TOLERANCE}",
                    "Bring the relative widths of the humps together.",
                )
            )
    return found + outside


def _numbers(belief: IntervalBelief | TwoHumpedBelief) -> list[tuple[str, float]]:
    fields = ("interval",) if isinstance(belief, IntervalBelief) else ("low", "high")
    return [(field, number) for field in fields for number in getattr(belief, field)]


def _claim_problems(claims: Iterable[Claim], keys: set[str], file: str) -> list[Problem]:
    return [
        problem
        for claim in claims
        for problem in _unknown(file, f"claims.{claim.id}.source", claim.source, keys, "sources of this file")
    ]


def _target_problems(targets: Iterable[Target], claims: set[str], file: str) -> list[Problem]:
    found: list[Problem] = []
    for target in targets:
        where = f"targets.{target.number}"
        found += _unknown(file, f"{where}.claim", target.claim, claims, "claims of this file")
        if target.functional is None or target.accept is None:
            continue
        functional = FUNCTIONALS.get(target.functional)
        if functional is None:
            found.append(
                _problem(
                    file,
                    f"{where}.functional",
                    target.functional,
                    f"one of {', '.join(FUNCTIONALS)}",
                    "Mend the name, or say not_expressible.",
                )
            )
            continue
        found += _argument_problems(target, file)
        if functional.probability and not (target.accept[0] >= 0 and target.accept[1] <= 1):
            found.append(
                _problem(file, f"{where}.accept", list(target.accept), "probabilities, 0 to 1", "Mend the range.")
            )
        if target.honour and (not functional.probability or target.kind is not TargetKind.EXPLICIT):
            found.append(
                _problem(
                    file,
                    f"{where}.honour",
                    f"{target.kind} {target.functional}",
                    "an explicit number for a probability",
                    "Remove honour.",
                )
            )
    return found


def _argument_problems(target: Target, file: str) -> list[Problem]:
    wanted = FUNCTIONALS[target.functional or ""].arguments
    where = f"targets.{target.number}.arguments"
    names = ", ".join(wanted) or "none"
    found = [
        _problem(file, f"{where}.{name}", "unknown", f"arguments {names}", "Remove it, or mend its spelling.")
        for name in sorted(target.arguments.keys() - wanted.keys())
    ]
    for name, kind in wanted.items():
        if name not in target.arguments:
            found.append(_problem(file, f"{where}.{name}", "missing", kind.expected, "Add it."))
        elif not kind.accepts(target.arguments[name]):
            found.append(_problem(file, f"{where}.{name}", target.arguments[name], kind.expected, "Mend the value."))
    return found


def correlations(links: Iterable[Link], order: Sequence[str]) -> np.ndarray:
    """The correlation matrix over `order`; links to variables outside it play no part."""
    place = {name: i for i, name in enumerate(order)}
    matrix = np.eye(len(order))
    for link in links:
        one, other = link.between
        if one in place and other in place:
            matrix[place[one], place[other]] = matrix[place[other], place[one]] = link.correlation
    return matrix


def _link_problems(links: Sequence[Link], stated: Iterable[Variable], file: str) -> list[Problem]:
    names = [variable.id for variable in stated if variable.role is Role.TRAJECTORY]
    found: list[Problem] = []
    for link in links:
        where = f"links.{'-'.join(link.between)}"
        for name in link.between:
            if name not in names:
                found.append(
                    _problem(file, where, name, f"two of {', '.join(names)}", "Link trajectory variables only.")
                )
        if link.between[0] == link.between[1]:
            found.append(_problem(file, where, list(link.between), "two different variables", "Mend one of them."))
    found += _duplicates("links", ["-".join(sorted(link.between)) for link in links], file)
    if not found and np.linalg.eigvalsh(correlations(links, names)).min() <= 1e-9:
        found.append(
            _problem(
                file,
                "links",
                "correlations that contradict each other",
                "a positive definite matrix",
                "Weaken some of the correlations.",
            )
        )
    return found

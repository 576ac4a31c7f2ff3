"""TOML on disk -> checked tables. The only module here that touches the disk; raises once, with every Problem."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from priors import check
from priors.problems import BadInput, Problem
from priors.schema import Shared, Variable

FOLDER = Path(__file__).parent
WORLDVIEWS = FOLDER / "worldviews"
JSON_SCHEMA = FOLDER / "worldview.schema.json"
LARGEST_BYTES = 262_144


def worldview_paths() -> dict[str, dict[str, Path]]:
    """Name -> as-of date in ISO form -> file, for the worldviews that come with the package."""
    found: dict[str, dict[str, Path]] = {}
    for path in sorted(WORLDVIEWS.glob("*.toml")):
        name, as_of = path.stem[:-11], path.stem[-10:]
        found.setdefault(name, {})[as_of] = path
    return found


def read_table(path: Path) -> dict[str, Any]:
    """Size, encoding and syntax; the meaning is `check`'s business."""
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        fault = error.strerror or type(error).__name__
        raise BadInput(
            [
                Problem(
                    file=path.name,
                    where="the file",
                    found=fault,
                    expected="a readable TOML file",
                    remedy="Check the path.",
                )
            ]
        ) from error
    if len(raw) > LARGEST_BYTES:
        raise BadInput(
            [
                Problem(
                    file=path.name,
                    where="the file",
                    found=f"more than {LARGEST_BYTES} bytes",
                    expected=f"at most {LARGEST_BYTES}",
                    remedy="Shorten it.",
                )
            ]
        )
    try:
        return tomllib.loads(raw.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise BadInput([check.parse_problem(path.name, _one_line(error))]) from error


def _one_line(error: Exception) -> str:
    return ascii(str(error) or type(error).__name__).strip("'\"")[:120]


def worldview_table(path: Path) -> dict[str, Any]:
    table = read_table(path)
    if problems := check.worldview_problems(table, variables=variables(), file=path.name):
        raise BadInput(problems)
    return table


@cache
def variables() -> dict[str, Variable]:
    path = FOLDER / "variables.toml"
    table = read_table(path)
    if problems := check.variable_problems(table, file=path.name):
        raise BadInput(problems)
    return {name: Variable.model_validate({"id": name, **fields}) for name, fields in table.items()}


@cache
def shared_table() -> Shared:
    path = FOLDER / "shared.toml"
    table = read_table(path)
    if problems := check.shared_problems(table, variables=variables(), file=path.name):
        raise BadInput(problems)
    return Shared.model_validate(table)


def write_json_schema(text: str) -> None:
    JSON_SCHEMA.write_text(text, encoding="utf-8")

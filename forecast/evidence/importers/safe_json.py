"""JSON as data only: exact numbers, no repeated keys, no NaN; bounded in size."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from priors.problems import BadInput, Problem

LARGEST_FILE = 8 * 2**20
LONGEST_NUMBER = 60


class _Refused(ValueError):
    pass


def parse(data: bytes, *, file: str) -> Any:
    """Nested dicts and lists of text, Decimal, bool and None. Raises BadInput."""
    if len(data) > LARGEST_FILE:
        raise _bad(file, f"{len(data):,} bytes long", f"at most {LARGEST_FILE:,} bytes")
    try:
        return json.loads(
            data.decode("utf-8-sig"),
            parse_float=_number,
            parse_int=_number,
            parse_constant=_no_constant,
            object_pairs_hook=_no_repeats,
        )
    except UnicodeDecodeError as bad:
        raise _bad(file, f"not UTF-8 at byte {bad.start}", "UTF-8 text") from None
    except json.JSONDecodeError as bad:
        raise _bad(file, f"not JSON at line {bad.lineno}", "JSON") from None
    except _Refused as bad:
        raise _bad(file, f"JSON with {bad}", "JSON without it") from None
    except RecursionError:
        raise _bad(file, "nested too deeply", "JSON that a person could read") from None


def _number(text: str) -> Decimal:
    if len(text) > LONGEST_NUMBER:
        raise _Refused(f"a number of {len(text):,} characters")
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent beyond all bounds
        raise _Refused(f"the number {text}") from None


def _no_constant(name: str) -> None:
    raise _Refused(f"the number {name}")


def _no_repeats(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in found if keys.count(key) > 1)
        raise _Refused(f"the key {ascii(repeated)[:60]} twice in one place")
    return found


def _bad(file: str, found: str, expected: str) -> BadInput:
    remedy = "Fetch the publisher's file again, and import it as it is."
    return BadInput([Problem(file=file, where="the file", found=found, expected=expected, remedy=remedy)])

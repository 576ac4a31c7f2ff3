"""YAML as data only: no anchors, tags, repeated keys or words that turn into booleans and dates; bounded in size."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, ClassVar

import yaml  # type: ignore[import-untyped]

from priors.problems import BadInput, Problem

LARGEST_FILE = 256 * 2**10
MOST_NODES = 20_000
DEEPEST = 30


class _Refused(yaml.YAMLError):
    pass


class _Loader(yaml.SafeLoader):
    """Plain scalars are text, but for true and false, null, and decimal numbers, which stay exact."""

    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, re.Pattern[str]]]]] = {}
    depth = nodes = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise _Refused("an alias (*name)")
        event = self.peek_event()
        if getattr(event, "anchor", None) is not None:
            raise _Refused("an anchor (&name)")
        if getattr(event, "tag", None) is not None:
            raise _Refused("a tag (!name)")
        self.depth, self.nodes = self.depth + 1, self.nodes + 1
        if self.depth > DEEPEST:
            raise _Refused(f"nested more than {DEEPEST} deep")
        if self.nodes > MOST_NODES:
            raise _Refused(f"of more than {MOST_NODES:,} parts")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def mapping(self, node: yaml.MappingNode) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value
            if not isinstance(key, str):
                raise _Refused("a key that is not text")
            if key in found:
                raise _Refused(f"the key {ascii(key)[:60]} twice in one place")
            found[key] = self.construct_object(value_node, deep=True)
        return found

    def number(self, node: yaml.ScalarNode) -> Decimal:
        return Decimal(node.value)


_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(true|false)\Z"), ["t", "f"])
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"(null|~|)\Z"), ["n", "~", ""])
_Loader.add_implicit_resolver(
    "number", re.compile(r"[-+]?[0-9]{1,30}(\.[0-9]{1,30})?([eE][-+]?[0-9]{1,3})?\Z"), list("-+0123456789")
)
_Loader.add_constructor("tag:yaml.org,2002:map", _Loader.mapping)
_Loader.add_constructor("number", _Loader.number)


def parse(data: bytes, *, file: str) -> Any:
    """Nested dicts and lists of text, Decimal, bool and None. Raises BadInput."""
    if len(data) > LARGEST_FILE:
        raise _bad(file, f"{len(data):,} bytes long", f"at most {LARGEST_FILE:,} bytes")
    try:
        return yaml.load(data.decode("utf-8-sig"), Loader=_Loader)
    except UnicodeDecodeError as bad:
        raise _bad(file, f"not UTF-8 at byte {bad.start}", "UTF-8 text") from None
    except _Refused as bad:
        raise _bad(file, f"YAML with {bad}", "plain YAML: nested keys, text and numbers") from None
    except (yaml.YAMLError, ValueError, RecursionError) as bad:
        mark = getattr(bad, "problem_mark", None)
        where = "" if mark is None else f" at line {mark.line + 1}"
        raise _bad(file, f"not YAML{where}", "plain YAML: nested keys, text and numbers") from None


def _bad(file: str, found: str, expected: str) -> BadInput:
    remedy = "Fetch the publisher's file again, and import it as it is."
    return BadInput([Problem(file=file, where="the file", found=found, expected=expected, remedy=remedy)])

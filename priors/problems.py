"""What is wrong with an input, said so that the reader can mend it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One fault: which file, where in it, what was found, what was expected, and the remedy."""

    file: str
    where: str
    found: str
    expected: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}: {self.where} is {self.found}, expected {self.expected}. {self.remedy}"


class BadInput(ValueError):
    """Every problem of an input at once; nothing was stored and nothing was changed."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))

"""What one worker does of the tests, where there are several: `pytest -n 2`."""

from typing import Any

from xdist.scheduler import LoadScopeScheduling

BOOK = "tests/book"
"""These build a book into one folder and share a browser."""


class ByFile(LoadScopeScheduling):
    """A file is the work of one worker, and the whole of ``BOOK`` is; that comes first, as nothing else takes so long.

    The mark `xdist_group` would say the same, but is passed over without a word from pytest 9.2 on (xdist issue 1386).
    """

    def __init__(self, config: Any, log: Any = None) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False  # it would put first what has the most tests

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return BOOK if file.startswith(f"{BOOK}/") else file

"""Processes that write to one store, for `test_store`: `python -m tests.store_writers kill|together FOLDER COUNT`.

They are forked here, from a small process without threads, since the tests' own process has many.
"""

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from forecast.evidence import store


def observation(subject: str) -> dict[str, str]:
    return {
        "series": "metr_horizon_p50_minutes",
        "subject": subject,
        "observed_on": "2026-10-01",
        "published_on": "2026-10-03",
        "value": "1500.5",
        "bound": "exact",
        "unit": "minutes",
        "grade": "primary",
        "source_title": "METR time horizons",
        "read_from": "the page",
    }


def fork(work: Callable[[int], None]) -> tuple[int, int]:
    """A child that does the work, given a pipe to write to: its process id and the end to read from."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        try:
            work(writer)
        finally:
            os._exit(0)
    os.close(writer)
    return child, reader


def told(reader: int) -> list[str]:
    with open(reader) as pipe:
        return pipe.read().split()


def kill(folder: Path, trials: int) -> None:
    """Kill a writer at a random moment, again and again; each stores rows slowly, in pieces, and names them."""
    whole = os.write

    def write_a_piece(handle: int, data: bytes) -> int:
        time.sleep(0.0002)
        return whole(handle, data[:40])

    def write_forever(trial: int, pipe: int) -> None:
        os.write = write_a_piece
        number = 0
        while True:
            done = store.append(folder, [observation(f"{trial}, {number}")], check=lambda stored, new: [])
            whole(pipe, f"{done.added[0]}\n".encode())
            number += 1

    torn = 0
    for trial in range(trials):
        before = store.read(folder).rows
        child, reader = fork(lambda pipe, trial=trial: write_forever(trial, pipe))
        time.sleep(random.uniform(0.001, 0.03))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        named, path = told(reader), folder / store.FILE
        torn += path.exists() and not path.read_bytes().endswith(b"\n")
        after = store.read(folder).rows
        assert after[: len(before)] == before, "a stored row changed"
        ids = [row["id"] for row in after[len(before) :]]
        assert ids[: len(named)] == named, "a stored row was lost"
        assert len(ids) - len(named) in (0, 1), "more than the row being written is in doubt"
    last = store.append(folder, [observation("last")], check=lambda stored, new: [])
    assert store.read(folder).rows[-1]["id"] == last.added[0]
    print(json.dumps({"rows": len(store.read(folder).rows), "torn": torn}))


def together(folder: Path, writers: int) -> None:
    """As many processes, each of which adds ten rows of its own and one that all of them add."""
    from forecast.evidence import ledger

    def write_some(writer: int, pipe: int) -> None:
        for subject in ("shared", *(f"{writer}, {number}" for number in range(10))):
            done = ledger.add(folder, [observation(subject)])
            os.write(pipe, "".join(f"{one}\n" for one in done.added).encode())

    started = [fork(lambda pipe, writer=writer: write_some(writer, pipe)) for writer in range(writers)]
    named = [one for _, reader in started for one in told(reader)]
    for child, _ in started:
        os.waitpid(child, 0)
    print(json.dumps({"named": named}))


if __name__ == "__main__":
    {"kill": kill, "together": together}[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))

"""Wall time and peak memory of the main job in fresh processes: caches empty, caches full, and from artefacts."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

COMMAND = ("forecast", "--seed", "1")
MIB_PER_RU_MAXRSS = 1.0 / (1024.0 * (1024.0 if sys.platform == "darwin" else 1.0))


def _seconds(environment: dict[str, str], folder: Path) -> float:
    """One run from start to exit. Raises CalledProcessError, with what was said on stderr shown, where it fails."""
    rsi = Path(sys.executable).parent / "rsi"
    start = perf_counter()
    subprocess.run([str(rsi), *COMMAND], env=environment, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return perf_counter() - start


def measure(*, quick: bool) -> dict[str, float]:
    """``warm`` keeps the compiled code but runs in another folder, so that no artefact is there to be reused."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        folders = [home / "first", home / "second"]
        for folder in folders:
            folder.mkdir()
        flags = ",".join(filter(None, [os.environ.get("PYTENSOR_FLAGS"), f"base_compiledir={home / 'pytensor'}"]))
        own = {"RSI_CACHE": str(home / "cache"), "RSI_LEDGER": str(home / "ledger"), "RSI_ARTEFACTS": "artefacts"}
        environment = os.environ | own | {"PYTENSOR_FLAGS": flags}
        found = {"cold_seconds": _seconds(environment, folders[0])}
        if not quick:
            found["warm_seconds"] = _seconds(environment, folders[1])
        found["from_artefacts_seconds"] = _seconds(environment, folders[0])
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return found | {"peak_memory_mib": peak * MIB_PER_RU_MAXRSS}

"""Forecasts on disk: one netCDF tree with the draws, one long csv, one manifest; written whole or not at all.

The key of a run is a hash of the code that computes it, the ledger, the worldview files and the options. A rerun with
the same key loads the table; a file that was changed afterwards is refused.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from priors.problems import BadInput, Problem

if TYPE_CHECKING:
    from forecast.run import Forecast

PACKAGES = ("pymc", "pytensor", "nutpie", "numba", "numpy", "scipy", "arviz", "xarray")
ROOT = Path(__file__).parent.parent


@cache
def code_hash() -> str:
    """SHA-256 of everything that computes a forecast: modules of priors and forecast, and their TOML tables."""
    digest = hashlib.sha256()
    for package in ("priors", "forecast"):
        for file in sorted((ROOT / package).rglob("*")):
            if file.suffix in {".py", ".toml"} and "worldviews" not in file.parts:
                digest.update(f"{file.relative_to(ROOT)}\n".encode() + file.read_bytes())
    return digest.hexdigest()


def versions() -> dict[str, str]:
    """Versions of what the numbers depend on."""
    return {name: version(name) for name in PACKAGES}


def key(worldviews: Sequence[str], *, ledger_sha256: str, day: date, seed: int, options: dict[str, Any]) -> str:
    """The run's name, 16 hex digits, from the content of the worldviews and all else that the numbers depend on."""
    said = {
        "code": code_hash(),
        "versions": versions(),
        "ledger": ledger_sha256,
        "worldviews": [hashlib.sha256(text.encode()).hexdigest() for text in worldviews],
        "day": day.isoformat(),
        "seed": seed,
        "options": options,
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """A temporary file beside ``path`` that replaces it when all went well; on any failure ``path`` is as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb+") as written:
            os.fsync(written.fileno())
        os.replace(temporary, path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` fill a temporary file, then put it in place of ``path`` in one step."""
    with _whole(path) as temporary:
        write(temporary)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def tree(forecast: Forecast) -> Any:
    """The draws as an xarray.DataTree: /worldview/view[-without-kind] with eta, weights and every date."""
    import numpy as np
    import xarray as xr

    from forecast.parameters import VECTOR

    groups = {}
    for view in forecast.views:
        name = view.name + "".join(f"-without-{kind}" for kind in view.without)
        dates = {event: ("draw", date_) for event, date_ in view.futures.dates.items()}
        groups[f"/{view.worldview.name}/{name}"] = xr.Dataset(
            {"eta": (("draw", "parameter"), view.eta), "weight": ("draw", view.weights), **dates},
            coords={"parameter": np.array(VECTOR, dtype=object)},
            attrs={
                "as_of": view.worldview.as_of.isoformat(),
                "day": view.day.isoformat(),
                "rows": json.dumps(list(view.row_ids)),
                "bend_nats": view.bend,
                "diagnostics": json.dumps(dict(view.diagnostics)),
                "dates": "decimal years, inf where not by 2100, before censoring by LOC and PAUSE",
            },
        )
    return xr.DataTree.from_dict(groups)


def save(folder: Path, forecast: Forecast, *, run_key: str, ledger_sha256: str) -> None:
    """Write forecast.nc, forecast.csv and, last, manifest.json into ``folder``.

    The manifest holds the hashes of both, so a run whose writing was cut off is a run that is not there.
    """
    draws, numbers = folder / "forecast.nc", folder / "forecast.csv"
    found = tree(forecast)
    found.attrs = {"run": run_key, "seed": forecast.seed, "day": forecast.day.isoformat(), "ledger": ledger_sha256,
                   "versions": json.dumps(versions())}  # fmt: skip
    checks = {"zlib": True, "complevel": 1, "fletcher32": True}
    encoding = {
        node.path: {name: checks for name, array in node.dataset.data_vars.items() if array.dtype.kind in "fi"}
        for node in found.subtree
        if node.has_data
    }
    write_whole(draws, lambda path: found.to_netcdf(path, engine="h5netcdf", encoding=encoding))
    write_whole(numbers, lambda path: forecast.table.to_csv(path, index=False))
    manifest = {
        "run": run_key, "day": forecast.day.isoformat(), "seed": forecast.seed, "ledger": ledger_sha256,
        "code": code_hash(), "versions": versions(), "not_yet_stated": list(forecast.not_yet_stated),
        "views": [
            {"worldview": v.worldview.name, "view": v.name, "without": list(v.without), "bend_nats": v.bend,
             "as_of": v.worldview.as_of.isoformat(), "label": v.worldview.label,
             "effective_draws": v.effective_draws, "rows": len(v.row_ids), "diagnostics": dict(v.diagnostics),
             "honoured": [vars(h) for h in v.honoured]}
            for v in forecast.views
        ],
        "sha256": {file.name: _sha256(file) for file in (draws, numbers)},
    }  # fmt: skip
    text = json.dumps(manifest, indent=1, ensure_ascii=False)
    write_whole(folder / "manifest.json", lambda path: path.write_text(text, encoding="utf-8"))


def load(folder: Path, *, run_key: str) -> tuple[pd.DataFrame, dict[str, Any]] | None:
    """Table and manifest of a finished run with this key; None where there is none.

    Raises BadInput where a file of the run is not the one that was written.
    """
    path = folder / "manifest.json"
    if not path.exists():
        return None
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        written = dict(manifest["sha256"])
    except (ValueError, KeyError, TypeError):
        raise BadInput([_damaged(path, "not a manifest of this tool")]) from None
    if manifest.get("run") != run_key:
        return None
    for name, digest in written.items():
        file = folder / name
        if not file.exists() or _sha256(file) != digest:
            raise BadInput([_damaged(file, "missing" if not file.exists() else "not the file that was written")])
    table = pd.read_csv(
        folder / "forecast.csv", dtype={"without": str, "output_type_id": str}, keep_default_na=False,
        na_values={"value": ["", "nan"], "mcse": ["", "nan"]},
    )  # fmt: skip
    return table, manifest


def _damaged(path: Path, found: str) -> Problem:
    return Problem(
        file=path.name, where="the file", found=found, expected="the file whose hash the manifest holds",
        remedy="Delete the folder of artefacts and run rsi forecast again.",
    )  # fmt: skip

"""Forecasts on disk: for each run a long csv and a manifest, for each view the draws; written whole or not at all.

A run is a folder named by its day and key, and its views are files of ``views/`` beside it, each under a key of its
own: a hash of the code that computes it, the worldview, the rows, the day and the seed. So a view whose inputs have not
changed, or are what they once were, is read and not computed again. A file that was changed afterwards is refused.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import platform
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import pandas as pd

from priors.problems import BadInput, Problem

if TYPE_CHECKING:
    import numpy as np
    import xarray as xr

    from forecast.observations import Block
    from forecast.parameters import Prior
    from forecast.rows import Blocks
    from forecast.tilt import Tilt
    from forecast.view import View
    from priors import Worldview

FORMAT = 2
"""Of a manifest; of a run of an earlier one only the table can be read."""

VIEWS = "views"
"""Folder of the views of all runs, beside those of the runs."""

PACKAGES = ("pymc", "pytensor", "nutpie", "numba", "numpy", "scipy", "arviz", "xarray")
ROOT = Path(__file__).parent.parent


@cache
def code_hash() -> str:
    """SHA-256 of everything that computes a forecast: modules of priors and forecast, and their TOML tables.

    `forecast.trust` measures forecasts and makes none.
    """
    digest = hashlib.sha256()
    for package in ("priors", "forecast"):
        for file in sorted((ROOT / package).rglob("*")):
            if file.suffix in {".py", ".toml"} and not {"worldviews", "trust"} & set(file.parts):
                digest.update(f"{file.relative_to(ROOT)}\n".encode() + file.read_bytes())
    return digest.hexdigest()


def versions() -> dict[str, str]:
    """Versions of what the numbers depend on."""
    return {name: version(name) for name in PACKAGES}


def machine() -> dict[str, str]:
    """What the same bytes can be expected on: the interpreter, the system and the processor that code is compiled for."""
    from llvmlite import binding

    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": str(binding.get_host_cpu_name()),
    }


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


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A view with what another day needs of it.

    ``blocks`` are the rows that the view has seen: those since its as-of date; of a stated view, that no loop had been
    shown by then. ``how``: drawn from the beliefs, fitted to the rows, or the draws of the fit named by ``base`` under
    other weights, with the ``shape`` of their tail. ``tilt`` and ``prior`` are kept with a stated view, for
    refits. ``code`` is the hash of what computed it.
    """

    key: str
    view: View
    blocks: Blocks
    how: Literal["drawn", "fitted", "reweighted"]
    base: str = ""
    shape: float = 0.0
    tilt: Tilt | None = None
    prior: Prior | None = None
    code: str = field(default_factory=lambda: code_hash())


def view_key(
    worldview: Worldview, name: str, *, day: date, seed: int, read: Sequence[Blocks], later: Collection[str] = (),
    without: Collection[str] = (), base: str = "",
) -> str:  # fmt: skip
    """Names a view by all that its numbers depend on: 16 hex digits.

    ``read`` are the rows: of a stated view those known at its date; of an updated one also those since. ``later`` are
    ids of new rows about what acts only after today. ``base`` names the fit whose draws were re-weighted, where no sampler ran.
    """
    said = {
        "code": code_hash(),
        "versions": versions(),
        "worldview": worldview.model_dump(mode="json"),
        "name": name,
        "day": day.isoformat(),
        "seed": seed,
        "rows": [_blocks_said(blocks) for blocks in read],
        "later": sorted(later),
        "without": sorted(without),
        "base": base,
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]


def _blocks_said(blocks: Blocks) -> dict[str, Any]:
    """Rows as JSON can hold them; floats come back to the last bit."""
    return {
        kind: {
            "ids": list(b.ids),
            **{name: getattr(b, name).tolist() for name in ("month", "within", "before", "weight", "previous")},
            "columns": {name: column.tolist() for name, column in b.columns.items()},
        }
        for kind, b in blocks.items()
    }


def _block_of(said: Mapping[str, Any]) -> Block:
    import numpy as np

    from forecast.observations import Block

    return Block(
        ids=tuple(said["ids"]),
        month=np.array(said["month"], dtype=np.int64),
        previous=np.array(said["previous"], dtype=np.int64),
        **{name: np.array(said[name], dtype=float) for name in ("within", "before", "weight")},
        columns={name: np.array(column, dtype=float) for name, column in said["columns"].items()},
    )


def _said_of(kept: Kept) -> dict[str, Any]:
    """Everything about a view that is no array of draws."""
    view = kept.view
    return {
        "key": kept.key,
        "how": kept.how,
        "base": kept.base,
        "shape": kept.shape,
        "code": kept.code,
        "worldview": view.worldview.model_dump(mode="json"),
        "name": view.name,
        "day": view.day.isoformat(),
        "without": list(view.without),
        "honoured": [asdict(h) for h in view.honoured],
        "bend": view.bend,
        "row_ids": list(view.row_ids),
        "seed": view.seed,
        "diagnostics": dict(view.diagnostics),
        "blocks": _blocks_said(kept.blocks),
        "tilt": None if kept.tilt is None else [kept.tilt.multipliers.tolist(), kept.tilt.bend],
        "prior": None if kept.prior is None else {
            name: column.tolist() if hasattr(column, "tolist") else column for name, column in vars(kept.prior).items()
        },
    }  # fmt: skip


def once(eta: np.ndarray) -> np.ndarray:
    """Draws without the repeats that differ in their futures only."""
    return eta[:: _repeats(eta)]


def _repeats(eta: np.ndarray) -> int:
    """How many futures in a row each draw has: 1 or views.REPEATS."""
    import numpy as np

    from forecast.views import REPEATS

    whole = len(eta) % REPEATS == 0
    return REPEATS if whole and all(np.array_equal(eta[::REPEATS], eta[i::REPEATS]) for i in range(1, REPEATS)) else 1


def dataset(kept: Kept) -> xr.Dataset:
    """A view as it is stored: ``eta`` (each draw once), ``weight`` and one variable for each date, value and snapshot.

    ``about`` is the rest as bytes of JSON, so that one checksum serves everything.
    """
    import numpy as np
    import xarray as xr

    from forecast.parameters import VECTOR
    from forecast.simulation import SNAPSHOT_YEARS

    view, draws = kept.view, once(kept.view.eta)
    about = json.dumps(_said_of(kept), ensure_ascii=True).encode("ascii")
    return xr.Dataset(
        {
            "eta": (("fitted_draw", "parameter"), draws),
            "weight": ("draw", view.weights),
            **{f"date_{name}": ("draw", column) for name, column in view.futures.dates.items()},
            **{f"value_{name}": ("draw", column) for name, column in view.futures.values.items()},
            **{f"snapshot_{name}": (("year", "draw"), column.T) for name, column in view.futures.snapshots.items()},
            "about": ("byte", np.frombuffer(about, dtype=np.uint8)),
        },
        coords={"parameter": np.array(VECTOR, dtype=object), "year": SNAPSHOT_YEARS},
        attrs={
            "worldview": view.worldview.name,
            "view": view.name,
            "as_of": view.worldview.as_of.isoformat(),
            "day": view.day.isoformat(),
            "futures_per_fitted_draw": len(view.eta) // len(draws),
            "dates": "decimal years, inf where not by 2100, before censoring by LOC and PAUSE",
        },
    )


def _kept_of(found: xr.Dataset) -> Kept:
    import numpy as np

    from forecast.parameters import Prior
    from forecast.simulation import Futures
    from forecast.tilt import Tilt
    from forecast.view import Honoured, View
    from priors import Worldview

    said = json.loads(found["about"].to_numpy().tobytes())

    def columns(prefix: str) -> dict[str, np.ndarray]:
        names = [str(name) for name in found.data_vars if str(name).startswith(prefix)]
        return {name.removeprefix(prefix): found[name].to_numpy() for name in names}

    view = View(
        worldview=Worldview.model_validate_json(json.dumps(said["worldview"])),
        name=said["name"],
        day=date.fromisoformat(said["day"]),
        without=tuple(said["without"]),
        eta=np.repeat(found["eta"].to_numpy(), int(found.attrs["futures_per_fitted_draw"]), axis=0),
        weights=found["weight"].to_numpy(),
        futures=Futures(
            dates=columns("date_"),
            snapshots={name: np.ascontiguousarray(column.T) for name, column in columns("snapshot_").items()},
            values=columns("value_"),
        ),
        honoured=tuple(Honoured(**h) for h in said["honoured"]),
        bend=said["bend"],
        row_ids=tuple(said["row_ids"]),
        seed=said["seed"],
        diagnostics=said["diagnostics"],
    )
    tilt, prior = said["tilt"], said["prior"]
    return Kept(
        key=said["key"],
        view=view,
        blocks={kind: _block_of(block) for kind, block in said["blocks"].items()},
        how=said["how"],
        base=said["base"],
        shape=said["shape"],
        code=said["code"],
        tilt=None if tilt is None else Tilt(multipliers=np.array(tilt[0], dtype=float), bend=tilt[1]),
        prior=None if prior is None else Prior(
            t_asof=prior.pop("t_asof"), **{name: np.array(column, dtype=float) for name, column in prior.items()}
        ),
    )  # fmt: skip


def keep(root: Path, kept: Kept) -> str:
    """Store a view under its key, unless it is there, and return the file's SHA-256.

    The hash is written last, so a view whose writing was cut off is a view that is not there.
    """
    path = root / VIEWS / f"{kept.key}.nc"
    digest = path.with_suffix(".sha256")
    if not (path.exists() and digest.exists()):
        found = dataset(kept)
        checks = {"zlib": True, "complevel": 1, "shuffle": True, "fletcher32": True}
        encoding = dict.fromkeys(found.data_vars, checks)
        write_whole(path, lambda temporary: found.to_netcdf(temporary, engine="h5netcdf", encoding=encoding))
        write_whole(digest, lambda temporary: temporary.write_text(_sha256(path), encoding="ascii"))
    return digest.read_text(encoding="ascii")


def find(root: Path, view: str, *, sha256: str | None = None) -> Kept | None:
    """The view of a key; None where there is none. ``sha256`` is what a manifest says of it.

    Raises BadInput where the file is not the one that was written.
    """
    path = root / VIEWS / f"{view}.nc"
    digest = path.with_suffix(".sha256")
    if not digest.exists():
        return None
    written = {digest.read_text(encoding="ascii", errors="replace"), *([sha256] if sha256 else [])}
    if not path.exists() or written != {_sha256(path)}:
        raise BadInput([_damaged(path, "missing" if not path.exists() else "not the file that was written")])
    import xarray as xr

    try:
        with xr.open_dataset(path, engine="h5netcdf") as found:
            return _kept_of(found.load())
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RuntimeError):  # what HDF5 and JSON raise
        raise BadInput([_damaged(path, "not a view as this version writes it")]) from None


class Run(Protocol):
    """What of a `run.Forecast` is stored."""

    @property
    def day(self) -> date: ...
    @property
    def seed(self) -> int: ...
    @property
    def views(self) -> tuple[View, ...]: ...
    @property
    def kept(self) -> tuple[Kept, ...]: ...
    @property
    def not_yet_stated(self) -> tuple[str, ...]: ...
    @property
    def table(self) -> pd.DataFrame: ...


def save(folder: Path, forecast: Run, *, run_key: str, ledger_sha256: str) -> None:
    """Write the views into ``views/`` beside ``folder``, forecast.csv into it and, last, manifest.json.

    The manifest holds the hashes of all, so a run whose writing was cut off is a run that is not there.
    """
    numbers = folder / "forecast.csv"
    all_kept = forecast.kept or tuple(_alone(view) for view in forecast.views)
    hashes = [keep(folder.parent, kept) for kept in all_kept]
    write_whole(numbers, lambda path: forecast.table.to_csv(path, index=False))
    manifest = {
        "format": FORMAT, "run": run_key, "day": forecast.day.isoformat(), "seed": forecast.seed, "ledger": ledger_sha256,
        "code": code_hash(), "versions": versions(), "machine": machine(), "not_yet_stated": list(forecast.not_yet_stated),
        "views": [{**_listed(kept), "sha256": digest} for kept, digest in zip(all_kept, hashes, strict=True)],
        "sha256": {numbers.name: _sha256(numbers)},
    }  # fmt: skip
    text = json.dumps(manifest, indent=1, ensure_ascii=False)
    write_whole(folder / "manifest.json", lambda path: path.write_text(text, encoding="utf-8"))


def _listed(kept: Kept) -> dict[str, Any]:
    """What a manifest says of a view, its file's hash apart."""
    view = kept.view
    return {
        "worldview": view.worldview.name, "view": view.name, "without": list(view.without), "bend_nats": view.bend,
        "as_of": view.worldview.as_of.isoformat(), "label": view.worldview.label,
        "effective_draws": view.effective_draws, "rows": len(view.row_ids), "row_ids": list(view.row_ids),
        "diagnostics": dict(view.diagnostics), "honoured": [vars(h) for h in view.honoured],
        "key": kept.key, "how": kept.how, "shape": kept.shape,
    }  # fmt: skip


def _alone(view: View) -> Kept:
    """A view of which nothing but itself is known, under a key made from its own numbers."""
    digest = hashlib.sha256()
    for array in (view.eta, view.weights, *(column for _, column in sorted(view.futures.dates.items()))):
        digest.update(array.tobytes())
    said = [digest.hexdigest(), *view.row_ids]
    key = view_key(view.worldview, view.name, day=view.day, seed=view.seed, read=(), without=view.without,
                   base="".join(said))  # fmt: skip
    return Kept(key=key, view=view, blocks={}, how="drawn" if view.name == "stated" else "fitted")


def latest(root: Path, *, until: date | None = None) -> Path | None:
    """The folder of the run that was finished last, of those as of ``until`` or earlier; None where there is none."""
    finished = sorted(root.glob("*/manifest.json"), key=lambda path: (path.stat().st_mtime_ns, path), reverse=True)
    for path in finished:
        manifest = _with_draws(path)
        if manifest and (until is None or date.fromisoformat(manifest["day"]) <= until):
            return path.parent
    return None


def load_kept(folder: Path, *, without: Collection[str] | None = None) -> tuple[Kept, ...]:
    """The views of a finished run with all that is stored of them, in the order of the run.

    ``without`` chooses those that leave out these kinds, and no others; () those that leave out none.
    Raises BadInput where the run is not there, or a file is not the one that was written.
    """
    path = folder / "manifest.json"
    manifest = _with_draws(path) if path.exists() else None
    if manifest is None:
        raise BadInput([_damaged(path, "missing, or of an earlier version")])
    found = []
    for said in manifest["views"]:
        if without is not None and sorted(said["without"]) != sorted(without):
            continue
        kept = find(folder.parent, said["key"], sha256=said["sha256"])
        if kept is None:
            raise BadInput([_damaged(folder.parent / VIEWS / f"{said['key']}.nc", "missing")])
        found.append(kept)
    return tuple(found)


def load_views(folder: Path) -> tuple[View, ...]:
    """The views of a finished run, equal to those saved. Raises BadInput as `load_kept`."""
    return tuple(kept.view for kept in load_kept(folder))


def _manifest(path: Path) -> dict[str, Any]:
    """What a manifest says. Raises BadInput for what is none."""
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        dict(found["sha256"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BadInput([_damaged(path, "not a manifest of this tool")]) from None
    return found


def _with_draws(path: Path) -> dict[str, Any] | None:
    """A manifest that names its views; None for one of an earlier FORMAT, which did not. Raises BadInput."""
    found = _manifest(path)
    if found.get("format") != FORMAT:
        return None
    try:
        date.fromisoformat(found["day"])
        named = all({"worldview", "view", "without", "key", "sha256"} <= said.keys() for said in found["views"])
    except (ValueError, KeyError, TypeError, AttributeError):
        named = False
    if not named:
        raise BadInput([_damaged(path, "not a manifest of this tool")])
    return found


def load(folder: Path, *, run_key: str) -> tuple[pd.DataFrame, dict[str, Any]] | None:
    """Table and manifest of a finished run with this key; None where there is none. The draws are not read.

    Raises BadInput where a file of the run is missing, or not the one that was written.
    """
    path = folder / "manifest.json"
    if not path.exists():
        return None
    manifest = _manifest(path)
    if manifest.get("run") != run_key:
        return None
    for name, digest in manifest["sha256"].items():
        file = folder / name
        if not file.exists() or _sha256(file) != digest:
            raise BadInput([_damaged(file, "missing" if not file.exists() else "not the file that was written")])
    for said in manifest["views"] if manifest.get("format") == FORMAT else ():
        draws = folder.parent / VIEWS / f"{said['key']}.nc"
        if not draws.exists():
            raise BadInput([_damaged(draws, "missing")])
    return _table(folder / "forecast.csv"), manifest


def _table(path: Path) -> pd.DataFrame:
    """A long table, floats to the last bit as they were computed."""
    return pd.read_csv(
        path, dtype={"without": str, "output_type_id": str}, keep_default_na=False,
        na_values={"value": ["", "nan"], "mcse": ["", "nan"]},
    )  # fmt: skip


def examine(folder: Path) -> tuple[pd.DataFrame, dict[str, Any], tuple[Kept, ...]]:
    """Table, manifest and views of a finished run, every file held against what the manifest says of it.

    Raises BadInput with every file that is missing, not the one that was written, or does not bear the manifest out.
    """
    path = folder / "manifest.json"
    if not path.is_file():
        raise BadInput([_damaged(path, "missing")])
    manifest = _with_draws(path)
    if manifest is None:
        raise BadInput([_damaged(path, "of another version, which this one cannot recompute")])
    numbers = folder / "forecast.csv"
    if found := [_damaged(path, said) for said in _misshapen(manifest)]:
        raise BadInput(found)
    if not numbers.is_file() or _sha256(numbers) != manifest["sha256"].get(numbers.name):
        found.append(_damaged(numbers, "not the file that was written" if numbers.is_file() else "missing"))
    all_kept = []
    for said in manifest["views"]:
        draws = folder.parent / VIEWS / f"{said['key']}.nc"
        try:
            kept = find(folder.parent, str(said["key"]), sha256=str(said["sha256"]))
        except BadInput as bad:
            found += bad.problems
        except OSError:
            found.append(_damaged(draws, "not readable"))
        else:
            if kept is None:
                found.append(_damaged(draws, "missing"))
            elif not _bears_out(kept, said, manifest):
                found.append(_damaged(draws, "not the view that the manifest describes"))
            else:
                all_kept.append(kept)
    if found:
        raise BadInput(found)
    try:
        return _table(numbers), manifest, tuple(all_kept)
    except ValueError:
        raise BadInput([_damaged(numbers, "not a table of this tool")]) from None


def _misshapen(manifest: Mapping[str, Any]) -> Iterator[str]:
    """What a manifest lacks of that from which its run can be had again."""
    expected = {"seed": int, "day": str, "ledger": str, "code": str, "versions": dict, "sha256": dict, "views": list}
    for name, kind in expected.items():
        if type(manifest.get(name)) is not kind:
            yield f"without its {name}"
    if manifest["views"] == []:
        yield "without a view"


def _bears_out(kept: Kept, said: Mapping[str, Any], manifest: Mapping[str, Any]) -> bool:
    """Whether a stored view is the one that the manifest lists, of the day and the seed that it names."""
    listed = _listed(kept)
    claimed = {name: value for name, value in said.items() if name != "sha256"}
    draws, claimed_draws = listed.pop("effective_draws"), claimed.pop("effective_draws", None)
    return (
        json.dumps(listed, sort_keys=True) == json.dumps(claimed, sort_keys=True)
        and isinstance(claimed_draws, float)
        and math.isclose(draws, claimed_draws, rel_tol=1e-9)  # a sum, whose last bits depend on the machine
        and kept.view.seed == manifest.get("seed")
        and (kept.view.name == "stated" or kept.view.day.isoformat() == manifest["day"])
    )


def _damaged(path: Path, found: str) -> Problem:
    return Problem(
        file=path.name, where="the file", found=found, expected="the file whose hash the manifest holds",
        remedy="Delete the folder of artefacts and run rsi forecast again.",
    )  # fmt: skip

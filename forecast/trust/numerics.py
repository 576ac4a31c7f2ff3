"""Is it the mathematics that is shown, and not the machine: steps, draws, samplers, precision, extremes, repetition.

Parts can be measured alone:

    measure(context, parts=("steps", "extremes"), worldviews=("clark",))
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

import priors
from forecast.evidence.ledger import Ledger
from forecast.trust import executors, extremes, numerics_samplers, numerics_steps, repeats, single_precision
from forecast.trust.findings import Context, Finding, Measured, table
from forecast.trust.numerics_fits import fitted

CHECK = "numerics"
OF_EACH = ("steps", "draws", "oracle")
"""Parts measured on every worldview, which share its fit."""

PARTS = (*OF_EACH, "samplers", "repeats", "precision", "extremes")

PARTICLES = 4000
CHEAPEST = "lambert"
"""The posterior on which slow things are done once: PyMC's own sampler, and everything again from the same seed."""

DRAWS_AT_EXTREMES, DRAWS_OF_LEVERS, DRAWS_IN_32_BITS = 20, 1000, 100
"""For each named worldview."""

END_IN_32_BITS = 2060.0

type Found = tuple[list[Finding], dict[str, pd.DataFrame]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Piece:
    """What is measured in one go: ``parts`` on the posterior of ``worldview``, which is "" where they need none."""

    parts: tuple[str, ...]
    worldview: str = ""
    ledger: Ledger
    day: date
    seed: int
    particles: int


def of_piece(piece: Piece) -> Found:
    """Findings and tables of one piece."""
    findings: list[Finding] = []
    tables: dict[str, pd.DataFrame] = {}
    for part in piece.parts:
        found, of_part = _of_posterior(part, piece) if piece.worldview else _of_mechanism(part, piece.seed)
        findings += found
        tables |= of_part
    return findings, tables


def _of_posterior(part: str, piece: Piece) -> Found:
    fit = fitted(piece.worldview, ledger=piece.ledger, day=piece.day, seed=piece.seed)
    if part == "steps":
        return numerics_steps.of_worldview(fit, seed=piece.seed)
    if part == "draws":
        findings, found = numerics_samplers.of_draws(fit, seed=piece.seed)
    elif part == "oracle":
        findings, found = numerics_samplers.of_oracle(fit, seed=piece.seed, particles=piece.particles)
    elif part == "samplers":
        findings, found = numerics_samplers.of_samplers(fit, seed=piece.seed)
        findings = [*findings, numerics_samplers.numpyro_installed()]
    else:
        return repeats.findings(fit, ledger=piece.ledger, seed=piece.seed), {}
    return findings, {part: found}


def _of_mechanism(part: str, seed: int) -> Found:
    if part == "precision":
        draws, _ = extremes.beliefs(DRAWS_IN_32_BITS, seed=seed)
        found = single_precision.compared(draws, end=END_IN_32_BITS)
        return single_precision.findings(found, draws=len(draws)), {"precision": found}
    found = extremes.cases(DRAWS_AT_EXTREMES, seed=seed)
    moved = extremes.levers(DRAWS_OF_LEVERS, seed=seed)
    return extremes.findings(found, moved), {"extremes": found, "levers": moved}


def measure(
    context: Context,
    *,
    parts: Sequence[str] = PARTS,
    worldviews: Sequence[str] | None = None,
    particles: int = PARTICLES,
) -> Measured:
    """Measure some or all ``parts`` (`PARTS`), those of OF_EACH on each of ``worldviews`` (the named six by default).

    Tables: steps, step_quantiles, step_likelihood, draws, oracle, samplers, precision, extremes, levers.
    Raises ValueError for a part that there is not, sampling.NotConverged where a fit fails its gate.
    """
    if unknown := set(parts) - set(PARTS):
        raise ValueError(
            f"no such part of the numerical checks: {', '.join(sorted(unknown))}; known: {', '.join(PARTS)}"
        )
    asked = pieces(context, parts, priors.names() if worldviews is None else worldviews, particles)
    # "repeats" starts a process of its own, which a worker may not: it stays here
    here = [piece for piece in asked if piece.parts == ("repeats",)]
    away = [piece for piece in asked if piece.parts != ("repeats",)]
    found: list[tuple[int, Found]] = []
    for where, some in ((context.executor, away), (None, here)):
        for piece, one in executors.as_they_finish(of_piece, some, executor=where):
            found.append((asked.index(piece), one))
            context.report(len(found), len(asked), " ".join([*piece.parts, piece.worldview]).strip())
    return _joined([one for _, one in sorted(found, key=lambda pair: pair[0])])


def pieces(context: Context, parts: Sequence[str], worldviews: Sequence[str], particles: int) -> list[Piece]:
    """What can be measured independently, what takes longest first."""

    def piece(*some: str, worldview: str = "") -> Piece:
        return Piece(
            parts=some, worldview=worldview, ledger=context.ledger, day=context.day, seed=context.seed,
            particles=particles,
        )  # fmt: skip

    each = [part for part in OF_EACH if part in parts]
    found = [piece("samplers", worldview=CHEAPEST)] if "samplers" in parts else []
    found += [piece(*each, worldview=name) for name in worldviews] if each else []
    found += [piece(part) for part in ("precision", "extremes") if part in parts]
    return found + ([piece("repeats", worldview=CHEAPEST)] if "repeats" in parts else [])


def _joined(found: Sequence[Found]) -> Measured:
    frames: dict[str, list[pd.DataFrame]] = {}
    for _, tables in found:
        for name, frame in tables.items():
            frames.setdefault(name, []).append(frame)
    return Measured(
        check=CHECK,
        findings=table(CHECK, [finding for findings, _ in found for finding in findings]),
        tables={name: pd.concat(parts, ignore_index=True) for name, parts in frames.items()},
    )

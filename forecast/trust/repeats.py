"""The same seed again, here and in a fresh process: the long table has to be the same to the byte."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context

import priors
from forecast import sampling, summary, views
from forecast.evidence.ledger import Ledger
from forecast.trust.findings import Finding
from forecast.trust.numerics_fits import Fit
from forecast.view import View


def digest(name: str, ledger: Ledger, day: date, seed: int) -> str:
    """`of_table` of a worldview's stated view, its cut fitted anew."""
    views._cuts.clear()
    return of_table(views.stated(priors.load(name, as_of=day), ledger, seed=seed))


def of_table(view: View) -> str:
    """SHA-256 of the long table of a view as csv at full precision."""
    return hashlib.sha256(summary.table(view).to_csv(index=False).encode()).hexdigest()


def elsewhere(function: Callable[..., str], *arguments: object) -> str:
    """What a function says in a process of its own that shares nothing with this one but files."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def finding(digests: list[str], *, item: str, says: str) -> Finding:
    """How many different results there are: 1 where all are the same."""
    return Finding(item=item, value=float(len(set(digests))), unit="different tables", low=1.0, high=1.0, says=says)


def findings(fit: Fit, *, ledger: Ledger, seed: int) -> list[Finding]:
    """The stated view, twice here and once in a fresh process, and the chains of the update, twice here."""
    worldview = fit.view.worldview
    asked = (worldview.name, ledger, fit.view.day, seed)
    again = sampling.fit(fit.stated.prior, fit.blocks, seed=seed)
    chains = [hashlib.sha256(chain.z.tobytes()).hexdigest() for chain in (fit.posterior, again)]
    return [
        finding(
            [digest(*asked), digest(*asked), elsewhere(digest, *asked)],
            item=f"the same seed again, {worldview.name}, stated",
            says="Long tables from one seed, cut included: two from this process and one from a fresh one.",
        ),
        finding(
            chains,
            item=f"the same seed again, {worldview.name}, updated",
            says="Chains of the sampler from one seed, twice in this process, compared to the last bit.",
        ),
    ]

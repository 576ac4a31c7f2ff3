"""Log likelihoods with their gradient per CPU-second, on all rows of the packaged ledger."""

from __future__ import annotations

from datetime import date

from benchmarks import timing
from forecast import kernels, parameters, rows
from forecast.evidence import ledger
from forecast.likelihood import MONTH
from forecast.observations import last_month

TODAY = date(2026, 11, 21)


def measure(*, quick: bool) -> dict[str, float]:
    blocks = rows.blocks(rows.known_by(ledger.read(), TODAY))
    prior = parameters.broad(2026.3)
    table, run = rows.table(blocks), kernels.log_likelihood()

    def thousand() -> None:
        for _ in range(1000):
            run(prior.loc, prior.t_asof, MONTH, table)

    seconds = timing.cpu_seconds(thousand, at_least=0.2 if quick else 2.0)
    return {
        "rows": float(len(table)),
        "months": float(last_month(blocks)),
        "gradients_per_cpu_second": 1000.0 / seconds,
    }

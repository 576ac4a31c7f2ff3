"""Shared by the tests of the likelihood, the observation models and the simulation: compiled once, read once."""

from datetime import date

import pytest

from forecast import kernels, rows
from forecast.evidence import ledger as ledgers

TODAY = date(2026, 11, 21)


@pytest.fixture(scope="session")
def ledger():
    return ledgers.read()


@pytest.fixture(scope="session")
def all_blocks(ledger):
    """Everything in the packaged ledger that any observation model reads."""
    return rows.blocks(rows.known_by(ledger, TODAY))


@pytest.fixture(scope="session")
def compiled():
    """The compiled simulation: (draws, asi nats, noise, ...) -> dates, u at the loop, snapshots."""
    return kernels.forward()

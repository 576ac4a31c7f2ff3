"""Shared by the tests of the likelihood, the observation models and the simulation: compiled once, read once."""

import os
from datetime import date

import pytest
from filelock import FileLock

import priors
from forecast import kernels, rows, views
from forecast.evidence import ledger as ledgers

TODAY = date(2026, 11, 21)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Whatever `--dist` says: see `tests.workers`."""
    from tests.workers import ByFile

    return ByFile(config, log)


@pytest.fixture(scope="session", autouse=True)
def compiled_by_one_worker():
    """On an empty cache one worker compiles and the others wait. Numba writes each file of its cache whole, but reads an
    index and writes it again without a lock: two workers could give one name to the code for different arguments."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return
    from tests import small_views

    folder = kernels._cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "tests.lock"):
        kernels.log_likelihood_address()
        small_views.kept("clark", draws=2)


@pytest.fixture(autouse=True)
def own_ledger(tmp_path, monkeypatch):
    """No test ever sees the user's own rows: RSI_LEDGER names a folder of the test's own, which is not there yet."""
    folder = tmp_path / "own-ledger"
    monkeypatch.setenv("RSI_LEDGER", str(folder))
    return folder


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


@pytest.fixture(scope="session")
def stated(ledger):
    """The stated view of every worldview, with its prior and tilt, at the default seed."""
    return {name: views.state(worldview, ledger, seed=1) for name, worldview in priors.load_all().items()}


@pytest.fixture(scope="session")
def updated_clark(stated, ledger):
    """One update, for what holds of any."""
    return views.update(stated["clark"], ledger, TODAY, seed=1)

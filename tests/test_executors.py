"""Independent pieces come out the same wherever they run, and a place where nothing can run is named with its remedy."""

import builtins
import logging
import os
import socket
import sys
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest

from forecast.trust import executors
from priors.problems import BadInput

PIECES = 12


def piece(number):
    """Cheap, and of its number alone: the rank of one draw among others, and what a library of linear algebra may use."""
    truth, *draws = np.random.default_rng([1, number]).standard_normal(100)
    return int(np.sum(np.array(draws) < truth))


def threads(number):
    return [os.environ.get(name) for name in (*executors.ONE_THREAD, "NUMBA_NUM_THREADS")]


def one_that_fails(number):
    if number == 3:
        raise ArithmeticError("piece 3")
    return number


def done(executor, function=piece):
    return dict(executors.as_they_finish(function, range(PIECES), executor=executor))


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=logging.CRITICAL
    ) as found:
        yield found


def test_one_worker_is_this_process():
    with executors.executor(workers=1) as found:
        assert found is None
        assert list(executors.as_they_finish(piece, range(3), executor=found)) == [(i, piece(i)) for i in range(3)]


def test_processes_find_what_one_process_finds_and_keep_to_one_thread():
    before = dict(os.environ)
    with executors.executor(workers=2) as found:
        assert done(found) == done(None)
        assert set(map(tuple, done(found, threads).values())) == {("1",) * 4}
    assert dict(os.environ) == before


def test_a_cluster_finds_what_one_process_finds(cluster):
    with executors.executor(cluster=cluster.scheduler_address) as found:
        assert done(found) == done(None)


def test_more_pieces_than_are_handed_out_at_a_time_all_come_back(monkeypatch):
    monkeypatch.setattr(executors, "AHEAD", 3)
    with ThreadPoolExecutor(2) as pool:
        assert done(pool) == done(None)


def test_what_a_piece_raises_is_raised_here_and_nothing_more_is_begun(monkeypatch):
    monkeypatch.setattr(executors, "AHEAD", 2)
    begun = []

    def watched(number):
        begun.append(number)
        return one_that_fails(number)

    with ThreadPoolExecutor(1) as pool, pytest.raises(ArithmeticError, match="piece 3"):
        done(pool, watched)
    assert max(begun) <= 5


def test_what_was_begun_is_cancelled_when_nobody_wants_the_rest():
    """An executor that finishes only its first piece: the caller takes that one and leaves."""
    handed = []

    class One(Executor):
        def submit(self, function, *arguments):
            handed.append(Future())
            if len(handed) == 1:
                handed[0].set_result(function(*arguments))
            return handed[-1]

    left = executors.as_they_finish(piece, range(5), executor=One())
    assert next(left) == (0, piece(0))
    left.close()
    assert [one.cancelled() for one in handed] == [False, True, True, True, True]


def test_what_a_library_was_told_before_it_is_told_again_afterwards(monkeypatch):
    first, other, *_ = executors.ONE_THREAD
    monkeypatch.setenv(first, "7")
    monkeypatch.delenv(other, raising=False)
    with executors._environment(executors.ONE_THREAD):
        assert {name: os.environ[name] for name in executors.ONE_THREAD} == executors.ONE_THREAD
    assert os.environ[first] == "7"
    assert other not in os.environ


class Client:
    """Dask's client as it is used here, with threads of this process for workers."""

    begun, closed = [], []

    def __init__(self, address, **_):
        self.begun.append(address)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.closed.append(self)

    def get_executor(self, *, pure):
        assert not pure, "pieces of the same arguments are asked for because they differ in what they draw"
        return ThreadPoolExecutor(2)


@pytest.fixture
def client(monkeypatch):
    monkeypatch.setattr(Client, "begun", [])
    monkeypatch.setattr(Client, "closed", [])
    monkeypatch.setattr(executors, "CONNECT_SECONDS", 0.5)
    monkeypatch.setitem(sys.modules, "distributed", SimpleNamespace(Client=Client))
    return Client


def test_a_scheduler_that_answers_gets_the_pieces_and_is_left_afterwards(client):
    with socket.create_server(("127.0.0.1", 0)) as scheduler:
        address = f"tcp://127.0.0.1:{scheduler.getsockname()[1]}"
        with executors.executor(cluster=address) as found:
            assert done(found) == done(None)
            assert not client.closed
    assert client.begun == [address]
    assert len(client.closed) == 1


@pytest.mark.parametrize("address", ["", "nonsense://here:1", "tcp://127.0.0.1", "tcp://127.0.0.1:1"])
def test_nothing_is_begun_where_no_scheduler_is(address, client):
    """A client that asks in vain would leave a thread behind."""
    with pytest.raises(BadInput, match="the address of a running scheduler"), executors.executor(cluster=address):
        pass
    assert not client.begun


@pytest.mark.parametrize("workers", [0, -2])
def test_a_number_of_workers_below_one_is_refused(workers):
    with pytest.raises(BadInput, match="expected 1 or more"), executors.executor(workers=workers):
        pass


def test_an_address_where_nobody_answers_is_named_with_the_remedy(monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(executors, "CONNECT_SECONDS", 0.5)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    with (
        pytest.raises(BadInput, match=r"no scheduler answers.*dask scheduler") as caught,
        executors.executor(cluster=address),
    ):
        pass
    assert address in str(caught.value)


@pytest.mark.parametrize("address", ["", "nonsense://here", "tcp://127.0.0.1"])
def test_what_is_no_address_is_refused_too(address, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(executors, "CONNECT_SECONDS", 0.5)
    with pytest.raises(BadInput, match="the address of a running scheduler"), executors.executor(cluster=address):
        pass


def test_without_distributed_the_group_to_install_is_named(monkeypatch):
    own = builtins.__import__

    def missing(name, *args, **kwargs):
        if name.partition(".")[0] == "distributed":
            raise ImportError(name)
        return own(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(BadInput, match=r"rsi-cruxes\[cluster\]"), executors.executor(cluster="tcp://127.0.0.1:8786"):
        pass

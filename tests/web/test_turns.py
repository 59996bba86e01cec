"""A process's requests take turns, what takes long holds nobody up, and processes share the connections."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from socket import socket
from threading import Event, Lock
from typing import Any

import pytest
from gunicorn.config import Config

from incubator.web import serving
from incubator.web.serving import STEP_BACK, InTurn, Worker

LONG_ENOUGH = 10
"""Seconds after which a test is given up."""


class Counting:
    """An application that notes how many of its requests run at once; each does what its environment says."""

    def __init__(self) -> None:
        self.running, self.most, self._lock = 0, 0, Lock()

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._lock:
            self.running += 1
            self.most = max(self.most, self.running)
        try:
            yield
        finally:
            with self._lock:
                self.running -= 1

    def __call__(self, environ: Any, start_response: Any) -> list[bytes]:
        if "waits for" in environ:
            environ["begun"].set()
            assert environ["waits for"].wait(LONG_ENOUGH)
            return [b"long"]
        with self._counted():
            environ.get("does", lambda: time.sleep(0.001))()
        return [b"short"]


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


def ask(pool: ThreadPoolExecutor, served: InTurn, **environ: Any) -> Future[list[bytes]]:
    return pool.submit(served, environ, None)


def begin_long(pool: ThreadPoolExecutor, served: InTurn) -> tuple[Future[list[bytes]], Callable[[], None]]:
    begun, ends = Event(), Event()
    asked = ask(pool, served, **{"waits for": ends, "begun": begun})
    assert begun.wait(LONG_ENOUGH)
    return asked, ends.set


def test_short_ones_are_served_one_after_the_other(pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "PATIENCE", LONG_ENOUGH)
    app = Counting()
    served = InTurn(app)
    for asked in [ask(pool, served) for _ in range(60)]:
        assert asked.result(LONG_ENOUGH) == [b"short"]
    assert app.most == 1


def test_a_long_one_is_passed_and_those_that_pass_take_turns(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = Counting()
    served = InTurn(app)
    first, end_first = begin_long(pool, served)
    second, end_second = begin_long(pool, served)
    assert [ask(pool, served).result(LONG_ENOUGH) for _ in range(5)] == [[b"short"]] * 5
    assert not first.done() and not second.done()
    monkeypatch.setattr(serving, "PATIENCE", LONG_ENOUGH)  # a slow moment of the machine makes no short one long
    app.most = 0
    many = [ask(pool, served) for _ in range(40)]
    end_first()
    more = [ask(pool, served) for _ in range(40)]
    assert {asked.result(LONG_ENOUGH)[0] for asked in many + more} == {b"short"}
    end_second()
    assert first.result(LONG_ENOUGH) == second.result(LONG_ENOUGH) == [b"long"]
    assert app.most == 1, "what took long has come back to no turn of others"


def test_one_that_fails_gives_its_turn_back(pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "PATIENCE", LONG_ENOUGH)
    served = InTurn(Counting())

    def fall_over() -> None:
        raise RuntimeError("fell over")

    with pytest.raises(RuntimeError, match="fell over"):
        ask(pool, served, does=fall_over).result(LONG_ENOUGH)
    assert ask(pool, served).result(LONG_ENOUGH) == [b"short"]


def a_worker(connections: int, taken: list[Any], workers: int = 2) -> Worker:
    worker = object.__new__(Worker)
    worker.nr_conns, worker.cfg, worker.enqueue_req = connections, Config(), taken.append
    worker.cfg.set("workers", workers)
    return worker


def test_whoever_has_more_connections_leaves_the_next_one_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(serving, "sleep", waited.append)
    with socket() as listener, socket() as browser:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        browser.connect(listener.getsockname())
        taken: list[Any] = []
        few, many = a_worker(1, taken), a_worker(7, taken)
        for worker in (few, many, a_worker(0, taken), a_worker(5000, taken), a_worker(9, taken, workers=1)):
            worker.accept(listener)  # it is the first one's by then, and the others find none
        taken[0].sock.close()
    assert (len(taken), few.nr_conns, many.nr_conns) == (1, 2, 7)
    assert waited[2] == 0 < waited[0] < waited[1] < waited[3] < STEP_BACK
    assert len(waited) == 4, "one that is alone leaves nothing to others"

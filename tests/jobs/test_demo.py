"""The demo: the same each time, whole, and true to the rules."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session

from incubator.accounts.models import Tenant
from incubator.accounts.operations.identities import authenticate
from incubator.accounts.operations.sessions import resume_session, start_session
from incubator.core.identifiers import normalise_credit_code
from incubator.database import INSTALLATION, as_operator, set_operator
from incubator.jobs.demo.loading import NAME, PASSWORD, is_loaded, load_demo
from tests.database import Databases

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
LISTS = (
    "SELECT code, name, credit_code, registered_on FROM startups ORDER BY id",
    "SELECT number, starts_on, ends_on FROM residencies ORDER BY id",
    "SELECT resource_id, startup_id, period, price_minor, cancelled_at FROM bookings ORDER BY id",
    "SELECT year, number, net_minor, subsidy_minor FROM invoices ORDER BY id",
    "SELECT month, encode(sha256, 'hex') FROM frozen_reports ORDER BY id",
)


def contents(databases: Databases) -> list[list[tuple[object, ...]]]:
    with databases.copy() as database:
        engine = create_engine(database.settings().database_url)
        with Session(engine) as session:
            assert not is_loaded(session)
            sign_ins = load_demo(session, now=NOW)
            session.commit()
            assert is_loaded(session)
            check_sign_ins(session, sign_ins)
            with as_operator(session, INSTALLATION):
                demo = session.execute(select(Tenant.tenant_id).where(Tenant.name == NAME)).scalar_one()
            set_operator(session, demo)
            found = [[tuple(row) for row in session.execute(text(query))] for query in LISTS]
        engine.dispose()
    return found


def check_sign_ins(session: Session, sign_ins: dict[str, str]) -> None:
    assert set(sign_ins) == {"owner", "manager", "front_desk", "finance", "auditor", "mentor", "founder", "member"}
    for role, email in sign_ins.items():
        identity_id = authenticate(session, email=email, password=PASSWORD)
        assert identity_id is not None, email
        token = start_session(session, now=NOW, identity_id=identity_id)
        resumed = resume_session(session, now=NOW, token=token)
        assert resumed is not None and resumed.operator_name == NAME
        assert {each.value for each in resumed.actor.roles} == {role}


@pytest.mark.xdist_group("demo")
def test_the_same_seed_and_day_give_the_same_year(databases: Databases) -> None:
    first, second = contents(databases), contents(databases)
    assert first == second
    startups, residencies, bookings, invoices, reports = first
    assert len(startups) == 62  # sixty, the one that the selection admitted, and the one that began again
    assert len(residencies) >= 50
    assert 3_000 <= len(bookings) <= 9_000
    # twelve months of three sites, the figures of a quarter; subsidies and mentoring of three sites and qualifications
    # of four months
    assert len(reports) == 12 * 3 + 1 + 4 * (2 * 3 + 1)
    assert [number for _year, number, *_ in sorted(invoices) if _year == 2026] == list(
        range(1, sum(row[0] == 2026 for row in invoices) + 1)
    )
    for _code, name, credit_code, registered_on in startups:
        if credit_code is not None:
            assert normalise_credit_code(str(credit_code)) == credit_code, name
            assert registered_on is not None

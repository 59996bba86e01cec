"""What is forgotten of visitors, when, and where: every column, the letters, the trail."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.orm import Session

from incubator.accounts.models import Operator
from incubator.accounts.operations.keys import open_key
from incubator.audit.models import AuditEvent
from incubator.bookings.operations import (
    cancel_visit,
    erase_visitors,
    let_in,
    let_out,
    set_visitor_days,
)
from incubator.bookings.visitor_models import Visitor
from incubator.core.clock import utc_now
from incubator.core.errors import Forbidden, NotFound, Refusal
from incubator.database import set_operator
from incubator.jobs.sweeps import WAKES
from incubator.jobs.worker import Pace, Worker
from incubator.notices.models import Notice
from tests.bookings.conftest import Place, make_place
from tests.bookings.filling import at
from tests.bookings.visiting import LI, NOBODYS, WANG, ask, invite, letters, mails_to, token_in
from tests.cast import NOW, Cast, assemble_cast
from tests.database import TestDatabase

SECRETS = ("王小明", "wang@corp.example", "深海科技", "粤B12345", "corp.example")


def everything(session: Session) -> str:
    """Every column of every row of every table that the operator may read."""
    tables = session.execute(text(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace "
        "AND has_table_privilege(current_user, oid, 'SELECT')"
    )).scalars().all()  # fmt: skip
    assert {"visitors", "outbox_mails", "notices", "audit_events", "access_keys"} <= set(tables)
    return "\n".join(
        str(row) for table in tables for row in session.execute(text(f'SELECT t::text FROM "{table}" t')).scalars()
    )


def test_after_its_days_nothing_tells_who_it_was(session: Session, cast: Cast, place: Place) -> None:
    booking = ask(session, cast.founder_a, place)
    came, stayed_away = invite(session, cast.founder_a, place, WANG, WANG, booking_id=booking.id)
    first, failed, *_rest = mails_to(session, "wang@corp.example")
    first.sent_at, first.text_body, first.html_body = NOW, "", ""  # as the worker leaves it
    failed.failed_at, failed.error = NOW, "550 no mailbox wang@corp.example"
    token = token_in(failed)
    let_in(session, cast.front_desk, now=at(12, 10), visitor_id=came.id, source="front_desk")
    let_out(session, cast.front_desk, now=at(12, 12), visitor_id=came.id)
    letters(session, at(12, 12))  # to the host, with the visitor's name
    send = invite(session, cast.founder_a, place, WANG)[0]  # never written: its notice holds the address
    cancel_visit(session, cast.founder_a, now=NOW, visitor_id=send.id)
    session.flush()
    before = everything(session)
    assert all(secret in before for secret in SECRETS)
    assert erase_visitors(session, cast.system, now=at(12, 11) + timedelta(days=30)) == 1 + 0  # cancelled on the 1st
    assert erase_visitors(session, cast.system, now=at(12, 11, 1) + timedelta(days=30)) == 1  # planned until 11:00
    assert erase_visitors(session, cast.system, now=at(12, 12, 1) + timedelta(days=30)) == 1  # left at 12:00
    assert erase_visitors(session, cast.system, now=at(12, 12, 2) + timedelta(days=30)) == 0
    session.flush()
    session.expire_all()
    after = everything(session)
    assert not [secret for secret in SECRETS if secret in after]
    with pytest.raises(NotFound):
        open_key(session, token, kind="pass")
    set_operator(session, cast.operator_id)
    assert (came.arrived_at, came.left_at, came.host_id) == (at(12, 10), at(12, 12), cast.founder_a.person_id)
    assert session.execute(select(func.count()).select_from(Visitor)).scalar_one() == 3  # the numbers remain
    assert stayed_away.erased_at is not None
    assert letters(session, at(12, 12) + timedelta(days=30)) == []
    assert first.sent_at == NOW and session.execute(select(Notice.outcome).where(Notice.outcome.is_(None))).all() == []


def test_the_trail_never_has_it(session: Session, cast: Cast, place: Place) -> None:
    (guest,) = invite(session, cast.founder_a, place)
    letters(session)
    let_in(session, cast.front_desk, now=at(12, 14), visitor_id=guest.id, source="pass")
    let_out(session, cast.front_desk, now=at(12, 15), visitor_id=guest.id)
    (other,) = invite(session, cast.founder_a, place)
    cancel_visit(session, cast.founder_a, now=NOW, visitor_id=other.id)
    erase_visitors(session, cast.system, now=at(30, 15) + timedelta(days=30))
    trail = [str((event.action, event.before, event.after)) for event in session.execute(select(AuditEvent)).scalars()]
    assert {"invite_visitors", "let_visitor_in", "let_visitor_out", "cancel_visit", "erase_visitors"} <= {
        event.action for event in session.execute(select(AuditEvent)).scalars()
    }  # fmt: skip
    assert not [line for line in trail for secret in SECRETS if secret in line]


def test_the_operator_says_how_long(session: Session, cast: Cast, place: Place) -> None:
    (guest,) = invite(session, cast.founder_a, place)
    for actor in (cast.front_desk, cast.founder_a, cast.auditor):
        with pytest.raises(Forbidden):
            set_visitor_days(session, actor, now=NOW, days=7)
    for days in (0, 366):
        with pytest.raises(Refusal, match="From 1 to 365"):
            set_visitor_days(session, cast.manager, now=NOW, days=days)
    set_visitor_days(session, cast.owner, now=NOW, days=7)
    assert session.get_one(Operator, cast.operator_id).visitor_days == 7
    assert erase_visitors(session, cast.system, now=at(12, 15) + timedelta(days=7)) == 0
    assert erase_visitors(session, cast.system, now=at(12, 15, 1) + timedelta(days=7)) == 1
    assert guest.name == ""
    set_operator(session, cast.other_operator_id)
    assert session.get_one(Operator, cast.other_operator_id).visitor_days == 30


def test_the_worker_forgets_for_each_operator(own_database: TestDatabase) -> None:
    engine = create_engine(own_database.settings().database_url)
    with Session(engine, expire_on_commit=False) as session:
        cast = assemble_cast(session)
        place = make_place(session, cast.manager)
        invite(session, cast.founder_a, place, WANG, LI)
        session.execute(text("UPDATE visitors SET expected = tstzrange(now() - interval '32 days', now() - interval '31 days')"))
        invite(session, cast.founder_a, place, NOBODYS, now=utc_now(), start=utc_now(), end=utc_now() + timedelta(hours=1))
        session.commit()
    worker = Worker(own_database.settings(), {}, Pace())
    erase = next(wake for wake in WAKES if wake.sweeps[0].name == "erase_visitors")
    worker._look(erase)
    worker._look(erase)
    worker.engine.dispose()
    with Session(engine) as session:
        set_operator(session, cast.operator_id)
        names = session.execute(select(Visitor.name).order_by(Visitor.id)).scalars().all()
        told = session.execute(select(AuditEvent.after).where(AuditEvent.action == "erase_visitors")).scalars().all()
    engine.dispose()
    assert (names, told) == (["", "", "赵先生"], [{"count": 2}])

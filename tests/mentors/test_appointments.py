"""Appointments: numbers without gaps, one at a time, ended early, told of before their end; and the letter."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.models import Person
from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.documents.models import Document
from incubator.documents.operations.files import content_of
from incubator.documents.queries import get_version
from incubator.mentors.letters import WRITERS
from incubator.mentors.models import MentorAppointment
from incubator.mentors.operations.appointments import (
    appoint_mentor,
    end_appointment,
    file_letters,
    remind_of_appointments,
)
from incubator.mentors.queries.appointments import appointed_on, get_appointment, list_appointments
from incubator.notices.models import Notice, OutboxMail
from incubator.notices.writing import write_notices
from incubator.spaces.models import Site
from tests.browser import Live
from tests.cast import NOW, Cast
from tests.mentors.build import add_mentor_at, make_mentor, make_site

FIRST, LAST = date(2026, 10, 1), date(2026, 12, 31)


@pytest.fixture
def site(session: Session, cast: Cast) -> Site:
    return make_site(session, cast)


def appoint(session: Session, cast: Cast, mentor_id: int, first: date = FIRST, last: date = LAST, now: datetime = NOW) -> MentorAppointment:
    return appoint_mentor(session, cast.manager, now=now, mentor_id=mentor_id, title="创业导师", first=first, last=last)


def test_numbers_have_no_gaps_and_begin_again_with_the_year(session: Session, cast: Cast, site: Site) -> None:
    mentor, _ = make_mentor(session, cast, site)
    other, _ = make_mentor(session, cast, site, name="lin")
    made = [appoint(session, cast, mentor.id), appoint(session, cast, other.id)]
    with pytest.raises(Conflict):
        appoint(session, cast, mentor.id, date(2026, 12, 31), date(2027, 6, 30))
    new_year = datetime(2026, 12, 31, 16, 30, tzinfo=UTC)
    made += [appoint(session, cast, mentor.id, date(2027, 1, 1), date(2027, 12, 31)),
             appoint(session, cast, other.id, date(2027, 1, 1), date(2027, 12, 31), now=new_year)]  # fmt: skip
    assert [each.label for each in made] == ["MA-2026-0001", "MA-2026-0002", "MA-2026-0003", "MA-2027-0001"]
    assert [(each.first, each.last) for each in made[:1]] == [(FIRST, LAST)]
    assert set(appointed_on(session, date(2026, 12, 31))) == {mentor.id, other.id}
    assert appointed_on(session, date(2026, 9, 30)) == {}
    assert set(appointed_on(session, date(2027, 6, 1), [other.id])) == {other.id}


def test_the_database_refuses_two_at_a_time(live: Live) -> None:
    """Six managers at once: one letter, and the next number is 2."""
    cast = live.cast
    with live.session() as session:
        mentor_id = make_mentor(session, cast, make_site(session, cast))[0].id
    barrier, outcomes = threading.Barrier(6), []

    def try_it() -> None:
        with live.session() as session:
            barrier.wait()
            try:
                appoint(session, cast, mentor_id)
                session.commit()
                outcomes.append("made")
            except Conflict:
                session.rollback()
                outcomes.append("refused")

    threads = [threading.Thread(target=try_it) for _ in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(outcomes) == ["made"] + ["refused"] * 5
    with live.session() as session:
        assert appoint(session, cast, mentor_id, date(2027, 1, 1), date(2027, 1, 31)).number == 2


@pytest.mark.parametrize(
    ("first", "last", "title", "field"),
    [(LAST, FIRST, "导师", "last"), (FIRST, date(2032, 1, 1), "导师", "last"), (FIRST, LAST, " ", "title"),
     (date(1999, 1, 1), LAST, "导师", "first"), (FIRST, LAST, "长" * 41, "title")],
)  # fmt: skip
def test_terms_that_can_not_be(session: Session, cast: Cast, site: Site, first: date, last: date, title: str, field: str) -> None:
    mentor, _ = make_mentor(session, cast, site)
    with pytest.raises(Refusal) as refused:
        appoint_mentor(session, cast.manager, now=NOW, mentor_id=mentor.id, title=title, first=first, last=last)
    assert refused.value.field == field


def test_ended_early_with_a_reason(session: Session, cast: Cast, site: Site) -> None:
    mentor, max_ = make_mentor(session, cast, site)
    now, next_ = appoint(session, cast, mentor.id), appoint(session, cast, mentor.id, date(2027, 1, 1), date(2027, 12, 31))
    with pytest.raises(Forbidden):
        end_appointment(session, max_, now=NOW, appointment_id=now.id, last=date(2026, 11, 10), reason="调任")
    for last, reason, field in ((LAST, "调任", "last"), (date(2026, 11, 10), "", "reason")):
        with pytest.raises(Refusal) as refused:
            end_appointment(session, cast.manager, now=NOW, appointment_id=now.id, last=last, reason=reason)
        assert refused.value.field == field
    end_appointment(session, cast.manager, now=NOW, appointment_id=now.id, last=date(2026, 11, 10), reason="调任")
    end_appointment(session, cast.manager, now=NOW, appointment_id=next_.id, last=date(2026, 11, 10), reason="调任")
    assert (now.last, now.last_of_term, next_.last, next_.last_of_term) == (date(2026, 11, 10), LAST, date(2026, 12, 31), date(2027, 12, 31))
    assert set(appointed_on(session, date(2026, 11, 10))) == {mentor.id}
    assert appointed_on(session, date(2026, 11, 11)) == appointed_on(session, date(2027, 1, 1)) == {}
    with pytest.raises(Conflict):
        end_appointment(session, cast.manager, now=NOW, appointment_id=now.id, last=date(2026, 11, 1), reason="又")
    assert appoint(session, cast, mentor.id, date(2027, 1, 1), date(2027, 6, 30)).number == 3


def test_the_letter_is_filed_once(session: Session, cast: Cast, site: Site) -> None:
    mentor, _ = make_mentor(session, cast, site)
    made = appoint(session, cast, mentor.id)
    assert (file_letters(session, cast.system, now=NOW), file_letters(session, cast.system, now=NOW)) == (1, 0)
    document = session.execute(select(Document)).scalar_one()
    assert (made.document_id, document.title, document.audience, document.startup_id) == (document.id, "聘书 MA-2026-0001 max", "staff", None)
    _, _, file = get_version(session, cast.manager, document.id, 1)
    assert (file.name, content_of(session, file)[:5]) == ("MA-2026-0001.pdf", b"%PDF-")


def outcomes(session: Session) -> list[tuple[str, str]]:
    write_notices(session, now=NOW, base_url="https://x", writers=WRITERS)
    rows = session.execute(select(Notice.outcome, Person.name).join(Person, Person.id == Notice.person_id).order_by(Notice.id))
    return [(outcome or "", name) for outcome, name in rows]


def test_an_end_that_is_near_is_told_once(session: Session, cast: Cast, site: Site) -> None:
    """A letter until 31 December is told of from 1 December on, one that is renewed is not."""
    mentor, _ = make_mentor(session, cast, site)
    renewed, _ = make_mentor(session, cast, site, name="lin")
    for each in (mentor, renewed):
        appoint(session, cast, each.id)
    appoint(session, cast, renewed.id, date(2027, 1, 1), date(2027, 12, 31))
    outcomes(session)
    day = timedelta(days=1)
    assert remind_of_appointments(session, cast.system, now=datetime(2026, 11, 30, 2, tzinfo=UTC)) == 0
    assert remind_of_appointments(session, cast.system, now=datetime(2026, 12, 1, 2, tzinfo=UTC)) == 1
    assert remind_of_appointments(session, cast.system, now=datetime(2026, 12, 1, 2, tzinfo=UTC) + day) == 0
    assert outcomes(session)[-2:] == [("written", "mia"), ("written", "max")]
    mails = session.execute(select(OutboxMail.subject).order_by(OutboxMail.id.desc()).limit(2)).scalars().all()
    assert mails == ["max的聘任将于2026年12月31日到期"] * 2


def test_who_sees_a_letter(session: Session, cast: Cast, site: Site) -> None:
    mentor, max_ = add_mentor_at(session, cast, site)
    _, lin = add_mentor_at(session, cast, site, name="lin")
    (appointment,) = appointed_on(session, FIRST, [mentor.id]).values()
    for actor in (max_, cast.auditor, cast.manager):
        assert get_appointment(session, actor, appointment.id).mentor.id == mentor.id
    for actor in (lin, cast.founder_a):
        with pytest.raises(NotFound):
            get_appointment(session, actor, appointment.id)
    with pytest.raises(Forbidden):
        list_appointments(session, cast.founder_a, today=FIRST)
    rows = list_appointments(session, cast.auditor, today=FIRST).rows
    assert [row.appointment.label for row in rows] == ["MA-2026-0001", "MA-2026-0002"]
    assert rows[0].state(FIRST) == "current"

"""What the house and startup A have of mentoring, for `belongings.py`."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.queries import get_actor
from incubator.core.periods import Interval
from incubator.mentors.models import Mentor, MentorAppointment
from incubator.mentors.operations.certificates import certify_hours
from incubator.mentors.operations.conflicts import declare_conflict
from incubator.mentors.operations.logs import confirm_log, write_log
from incubator.mentors.operations.needs import NeedFacts, state_need
from incubator.mentors.operations.proposals import send_profile
from incubator.mentors.operations.sessions import Where, book_session
from incubator.mentors.operations.tasks import add_task
from incubator.mentors.queries.profiles import profile_of
from incubator.spaces.models import Site
from tests.cast import Cast
from tests.mentors.build import add_mentor_at, make_field
from tests.mentors.meeting import at
from tests.scenarios.october import AFTER_OCTOBER

MARKS = {
    "conflict": "甲的股权关系", "need": "甲想找天使投资", "session": "甲的融资辅导", "place": "甲的茶室", "task": "甲的数据包",
    "topics": "甲的估值",
}  # fmt: skip
"""What only these rows of A's say."""


def open_mentoring(session: Session, cast: Cast, site: Site) -> dict[str, object]:
    """A mentor, who is not the cast's, with an appointment and a change that waits; a field of help."""
    field = make_field(session, cast, name="融资")
    mentor, lin = add_mentor_at(session, cast, site, name="lin", fields=[field])
    changed = replace(profile_of(session, mentor), headline="林的新职务")
    proposal = send_profile(session, lin, now=AFTER_OCTOBER, mentor_id=mentor.id, profile=changed)
    appointment_id = session.execute(select(MentorAppointment.id)).scalar_one()
    return {"mentor_id": mentor.id, "proposal_id": proposal.id, "appointment_id": appointment_id, "field_id": field.id}


def be_mentored(session: Session, cast: Cast, of_the_house: dict[str, object]) -> dict[str, object]:
    """A's own: what it needs help with, a session with the mentor, its log, a task, the certificate that is made of it; and after that it has
    declared a conflict of interest."""
    mentor_id, a = int(str(of_the_house["mentor_id"])), cast.startup_a
    mentor = session.execute(select(Mentor).where(Mentor.id == mentor_id)).scalar_one()
    lin = get_actor(session, mentor.person_id)
    assert lin is not None  # the house's mentor
    start = at(2, 10)
    meeting = book_session(
        session, cast.founder_a, now=AFTER_OCTOBER, mentor_id=mentor_id, startup_id=a, start=start,
        end=start + timedelta(hours=1), title=MARKS["session"], where=Where("place", place=MARKS["place"]),
    )  # fmt: skip
    task = add_task(session, lin, now=start, session_id=meeting.id, text=MARKS["task"])
    after = start + timedelta(hours=2)
    write_log(session, lin, now=after, session_id=meeting.id, held=Interval(start, start + timedelta(hours=1)),
              field_ids=[int(str(of_the_house["field_id"]))], topics=MARKS["topics"])  # fmt: skip
    confirm_log(session, cast.founder_a, now=after, session_id=meeting.id, version=1)
    certificate = certify_hours(session, cast.manager, now=at(9, 10), mentor_id=mentor_id, first=start.date(),
                                last=start.date())  # fmt: skip
    conflict = declare_conflict(session, cast.founder_a, now=AFTER_OCTOBER, mentor_id=mentor_id, startup_id=a, kind="other",
                                note=MARKS["conflict"])  # fmt: skip
    need = state_need(session, cast.founder_a, now=AFTER_OCTOBER, startup_id=a,
                      facts=NeedFacts(MARKS["need"], field_ids=(int(str(of_the_house["field_id"])),)))  # fmt: skip
    return {"session_id": meeting.id, "task_id": task.id, "certificate_id": certificate.id, "conflict_id": conflict.id,
            "need_id": need.id}  # fmt: skip

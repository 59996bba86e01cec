"""What the house and startup A have of mentoring, for `belongings.py`."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.mentors.models import MentorAppointment
from incubator.mentors.operations.conflicts import declare_conflict
from incubator.mentors.operations.proposals import send_profile
from incubator.mentors.queries.profiles import profile_of
from incubator.spaces.models import Site
from tests.cast import Cast
from tests.mentors.build import add_mentor_at, make_field
from tests.scenarios.october import AFTER_OCTOBER

MARKS = {"conflict": "甲的股权关系"}
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
    """A's own: it has declared a conflict of interest with the mentor."""
    conflict = declare_conflict(session, cast.founder_a, now=AFTER_OCTOBER, mentor_id=int(str(of_the_house["mentor_id"])),
                                startup_id=cast.startup_a, kind="other", note=MARKS["conflict"])  # fmt: skip
    return {"conflict_id": conflict.id}

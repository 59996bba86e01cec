"""Reads of proposals: what waits for approval, and what became of a mentor's last one."""

from __future__ import annotations

from msgspec import Struct
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.mentors.models import Mentor, MentorProposal
from incubator.mentors.rules.profiles import Profile, read_profile


class ProposalRow(Struct, frozen=True):
    """A proposal with whose profile it is."""

    proposal: MentorProposal
    mentor: Mentor
    person: Person

    @property
    def profile(self) -> Profile:
        """What it proposes."""
        return read_profile(self.proposal.content)

    @property
    def is_first(self) -> bool:
        """Whether nobody sees the mentor before it is approved."""
        return self.mentor.approved_at is None


def get_proposal(session: Session, actor: Actor, proposal_id: int) -> ProposalRow:
    """A proposal, for who manages mentors and for whose profile it is; NotFound otherwise."""
    actor.require(Action.SEE_MENTORS)
    query = _rows().where(MentorProposal.id == proposal_id)
    if not actor.can(Action.MANAGE_MENTORS):
        query = query.where(Mentor.person_id == actor.person_id)
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound(N_("There is no such proposal."))
    return ProposalRow(*row)


def list_waiting(session: Session, actor: Actor, page: int = 1) -> Page[ProposalRow]:
    """What waits for approval, the oldest first."""
    actor.require(Action.MANAGE_MENTORS)
    query = _rows().where(MentorProposal.decided_at.is_(None))
    total = count_waiting(session, actor)
    rows = session.execute(
        query.order_by(MentorProposal.sent_at, MentorProposal.id).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    ).all()
    return Page([ProposalRow(*row) for row in rows], page, total)


def count_waiting(session: Session, actor: Actor) -> int:
    """How many wait."""
    actor.require(Action.MANAGE_MENTORS)
    return session.execute(
        select(func.count()).select_from(MentorProposal).where(MentorProposal.decided_at.is_(None))
    ).scalar_one()


def last_proposal(session: Session, mentor: Mentor) -> MentorProposal | None:
    """The latest of a mentor that the caller may keep: it waits, was returned, or stands; None: never was one."""
    return session.execute(
        select(MentorProposal)
        .where(MentorProposal.mentor_id == mentor.id)
        .order_by(MentorProposal.decided_at.desc().nulls_first(), MentorProposal.id.desc())
        .limit(1)
    ).scalar_one_or_none()


def _rows() -> Select[MentorProposal, Mentor, Person]:
    return (
        select(MentorProposal, Mentor, Person)
        .join(Mentor, Mentor.id == MentorProposal.mentor_id)
        .join(Person, Person.id == Mentor.person_id)
    )

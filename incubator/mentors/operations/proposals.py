"""What a profile is to say: sent by its mentor, approved or returned by staff; staff's own change holds at once."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, Forbidden, Refusal
from incubator.database import current_operator
from incubator.mentors.models import HelpField, Mentor, MentorField, MentorProposal, MentorSite
from incubator.mentors.operations.keeping import load_kept
from incubator.mentors.queries.profiles import profile_of
from incubator.mentors.queries.proposals import get_proposal
from incubator.mentors.rules.profiles import Profile, check_complete, compare, read_profile, tidy_profile
from incubator.notices.operations import notify
from incubator.spaces.models import Site, Unit
from incubator.spaces.operations.words import unique
from incubator.startups.queries.agreements import list_manager_ids
from incubator.startups.rules.texts import paragraphs_of

LONGEST_REMARK = 1_000
NOT_YOURSELF = N_("Nobody approves their own profile. Ask a colleague who manages mentors.")
DECIDED = N_("This was decided or withdrawn in the meantime.")


def send_profile(session: Session, actor: Actor, *, now: datetime, mentor_id: int, profile: Profile) -> MentorProposal:
    """What the profile is to say. From its mentor it waits for approval, in place of what waited before; from who
    manages mentors it holds at once."""
    mentor = load_kept(session, actor, mentor_id)
    standing = profile_of(session, mentor)
    profile = tidy_profile(profile)
    check_complete(profile)
    _check_choices(session, profile, standing)
    if mentor.approved_at is not None and not compare(standing, profile):
        raise Refusal(N_("Nothing is different from what stands."))
    holds = mentor.person_id != actor.person_id
    if not holds:
        decide_open(session, mentor, now=now, outcome="replaced", actor=actor)
    proposal = MentorProposal(mentor_id=mentor.id, content=profile.as_data(), sent_at=now, sent_by=actor.person_id)
    if holds:
        proposal.decided_at, proposal.decided_by, proposal.outcome = now, actor.person_id, "approved"
    session.add(proposal)
    session.flush()
    before, after = _said(standing, profile)
    if holds:
        _write(session, mentor, profile, now)
        record(session, actor, "change_profile", ("mentors", mentor.id), now=now, before=before, after=after)
        return proposal
    notify(session, now=now, kind="mentoring", about=("mentor_proposals", proposal.id), facts={"what": "sent"},
           people=[each for each in list_manager_ids(session) if each != actor.person_id])  # fmt: skip
    record(session, actor, "send_profile", ("mentors", mentor.id), now=now, before=before, after=after)
    return proposal


def withdraw_profile(session: Session, actor: Actor, *, now: datetime, mentor_id: int) -> None:
    """What waits is to be forgotten; what stands goes on standing."""
    mentor = load_kept(session, actor, mentor_id)
    if not decide_open(session, mentor, now=now, outcome="withdrawn", actor=actor):
        raise Conflict(DECIDED)
    record(session, actor, "withdraw_profile", ("mentors", mentor.id), now=now, after={"number": mentor.label})


def approve_profile(session: Session, actor: Actor, *, now: datetime, proposal_id: int) -> Mentor:
    """From now on others see it so; by somebody else than whose profile it is."""
    proposal, mentor = _load_open(session, actor, proposal_id)
    profile, standing = read_profile(proposal.content), profile_of(session, mentor)
    _check_choices(session, profile, standing)
    proposal.decided_at, proposal.decided_by, proposal.outcome = now, actor.person_id, "approved"
    _write(session, mentor, profile, now)
    _tell_mentor(session, mentor, proposal, now, "approved")
    before, after = _said(standing, profile)
    record(session, actor, "approve_profile", ("mentors", mentor.id), now=now, before=before, after=after)
    return mentor


def return_profile(session: Session, actor: Actor, *, now: datetime, proposal_id: int, remark: str) -> Mentor:
    """Back to the mentor, with what is to be mended; what stands goes on standing."""
    proposal, mentor = _load_open(session, actor, proposal_id)
    remark = paragraphs_of(remark, "remark", LONGEST_REMARK)
    if not remark:
        raise Refusal(N_("Say what is to be mended."), field="remark")
    proposal.decided_at, proposal.decided_by, proposal.outcome = now, actor.person_id, "returned"
    proposal.remark = remark
    _tell_mentor(session, mentor, proposal, now, "returned")
    record(session, actor, "return_profile", ("mentors", mentor.id), now=now, after={"remark": remark})
    return mentor


def decide_open(session: Session, mentor: Mentor, *, now: datetime, outcome: str, actor: Actor) -> bool:
    """End what waits of a mentor that is locked; whether there was any."""
    waiting = session.execute(
        select(MentorProposal).where(MentorProposal.mentor_id == mentor.id, MentorProposal.decided_at.is_(None))
    ).scalar_one_or_none()
    if waiting is not None:
        waiting.decided_at, waiting.decided_by, waiting.outcome = now, actor.person_id, outcome
        session.flush()
    return waiting is not None


def _load_open(session: Session, actor: Actor, proposal_id: int) -> tuple[MentorProposal, Mentor]:
    row = get_proposal(session, actor, proposal_id)
    actor.require(Action.MANAGE_MENTORS)
    if row.mentor.person_id == actor.person_id:
        raise Forbidden(NOT_YOURSELF)
    mentor = load_kept(session, actor, row.mentor.id)
    session.refresh(row.proposal)
    if row.proposal.decided_at is not None:
        raise Conflict(DECIDED)
    return row.proposal, mentor


def _check_choices(session: Session, profile: Profile, standing: Profile) -> None:
    """Fields and sites are the operator's; a retired field stays with who has it, and nobody else gets it."""
    fields = dict(session.execute(
        select(HelpField.id, HelpField.retired_at).where(HelpField.id.in_(profile.field_ids))
    ).all())  # fmt: skip
    for field_id in profile.field_ids:
        if field_id not in fields or (fields[field_id] is not None and field_id not in standing.field_ids):
            raise Refusal(N_("One of these fields can't be chosen any more."), field="field_ids")
    wanted = {profile.site_id, *profile.site_ids}
    if set(session.execute(select(Site.id).where(Site.id.in_(wanted))).scalars()) != wanted:
        raise Refusal(N_("There is no such site."), field="site_id")


def _write(session: Session, mentor: Mentor, profile: Profile, now: datetime) -> None:
    """What others see is this from now on."""
    for name in ("kind", "engagement", "headline", "headline_en", "biography", "biography_en", "rate_minor",
                 "takes_vouchers"):  # fmt: skip
        setattr(mentor, name, getattr(profile, name))
    mentor.industries, mentor.stages = list(profile.industries), list(profile.stages)
    mentor.languages = list(profile.languages)
    mentor.approved_at = mentor.approved_at or now
    if mentor.site_id != profile.site_id:
        _move(session, mentor, profile.site_id)
    _replace(session, MentorField, "field_id", mentor.id, profile.field_ids)
    _replace(session, MentorSite, "site_id", mentor.id, profile.site_ids)
    session.flush()


def _move(session: Session, mentor: Mentor, site_id: int) -> None:
    """Their unit goes with them."""
    site = session.execute(select(Site).where(Site.id == site_id)).scalar_one()
    unit = session.execute(select(Unit).where(Unit.id == mentor.unit_id).with_for_update()).scalar_one()
    taken = Conflict(N_("A unit of %(site)s is called %(code)s: give it another code first."), field="site_id",
                     site=site.name, code=unit.code)  # fmt: skip
    with unique(session, "units_operator_id_site_id_code_key", taken):
        mentor.site_id = unit.site_id = site_id


def _replace(
    session: Session, table: type[MentorField | MentorSite], column: str, mentor_id: int, ids: Collection[int]
) -> None:
    session.execute(delete(table).where(table.mentor_id == mentor_id))
    if ids:
        operator_id = current_operator(session)
        rows = [{"operator_id": operator_id, "mentor_id": mentor_id, column: each} for each in ids]
        session.execute(insert(table), rows)


def _tell_mentor(session: Session, mentor: Mentor, proposal: MentorProposal, now: datetime, what: str) -> None:
    session.flush()
    notify(session, now=now, kind="mentoring", about=("mentor_proposals", proposal.id), facts={"what": what},
           people=[mentor.person_id])  # fmt: skip


def _said(standing: Profile, profile: Profile) -> tuple[dict[str, object], dict[str, object]]:
    """What is different, before and after, for the trail."""
    changes = compare(standing, profile)
    return {each.name: each.before for each in changes}, {each.name: each.after for each in changes}

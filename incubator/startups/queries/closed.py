"""What of an application is closed to whom: by a conflict of interest, or by a review that is still to be given."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person, RoleGrant
from incubator.accounts.permissions import PERMISSIONS, Action, Role
from incubator.core.errors import N_, Forbidden
from incubator.startups.models import Application, Review, SelectionStage

OPEN = and_(Review.submitted_at.is_(None), Review.conflict_at.is_(None), Review.withdrawn_at.is_(None))
DECIDERS = tuple(role.value for role, actions in PERMISSIONS.items() if Action.MANAGE_SELECTION in actions)
CLOSED = ("conflict", "blind")
ORDER = ("conflict", "blind", "own")
WHY = {
    "conflict": N_("You have declared a conflict of interest with %(number)s: it is closed to you."),
    "blind": N_("You are to review %(number)s without knowing who applies. It opens once your review is submitted."),
}


def hidden_from(session: Session, actor: Actor, application_ids: Collection[int] | None = None) -> dict[int, str]:
    """Of which applications the actor may not see others' reviews, and why: they declared a `conflict` of interest, or
    have a review still to give, `blind` or simply their `own`.

    A conflict is for good, also where the review was taken from them since. Only an owner who must decide, since
    everybody else who could has a conflict with it, too, sees it all the same.
    """
    if actor.person_id is None:
        return {}
    which = [Review.person_id == actor.person_id]
    if application_ids is not None:
        which.append(Review.application_id.in_(application_ids))
    rows = session.execute(
        select(Review.application_id, Review.conflict_at.is_not(None), SelectionStage.is_blind)
        .join(SelectionStage, SelectionStage.id == Review.stage_id)
        .where(*which, Review.conflict_at.is_not(None) | (OPEN & SelectionStage.retired_at.is_(None)))
    )
    found: dict[int, str] = {}
    for application_id, conflict, is_blind in rows:
        why = "conflict" if conflict else "blind" if is_blind else "own"
        if application_id not in found or ORDER.index(why) < ORDER.index(found[application_id]):
            found[application_id] = why
    conflicts = [each for each, why in found.items() if why == "conflict"]
    for application_id in _left_to(session, actor, conflicts):
        del found[application_id]
    return found


def closed_to(session: Session, actor: Actor, application_ids: Collection[int] | None = None) -> dict[int, str]:
    """Which applications the actor may not open at all, and why: `conflict` or `blind`. They see that it exists: its
    number, its call, its state."""
    hidden = hidden_from(session, actor, application_ids)
    return {application_id: why for application_id, why in hidden.items() if why in CLOSED}


def require_open(session: Session, actor: Actor, application: Application) -> None:
    """Forbidden where the application is closed to the actor."""
    why = closed_to(session, actor, [application.id]).get(application.id)
    if why is not None:
        raise Forbidden(WHY[why], number=application.number)


def require_no_conflict(session: Session, actor: Actor, application_id: int) -> None:
    """Forbidden where the actor has declared a conflict: they have no part in what becomes of it."""
    if hidden_from(session, actor, [application_id]).get(application_id) == "conflict":
        number = session.execute(select(Application.number).where(Application.id == application_id)).scalar_one()
        raise Forbidden(N_("You have declared a conflict of interest with %(number)s: somebody else decides."),
                        number=number)  # fmt: skip


def must_decide(session: Session, actor: Actor, application_ids: Collection[int]) -> set[int]:
    """With which of these the actor has a conflict and decides all the same, as the owner to whom it is left."""
    declared = session.execute(
        select(Review.application_id).where(
            Review.person_id == actor.person_id, Review.application_id.in_(application_ids),
            Review.conflict_at.is_not(None),
        )
    ).scalars().all()  # fmt: skip
    return _left_to(session, actor, declared)


def _left_to(session: Session, actor: Actor, application_ids: Collection[int]) -> set[int]:
    """Which of these only the actor is left to decide about: an owner, everybody else with a conflict of their own."""
    if not application_ids or Role.OWNER not in actor.roles:
        return set()
    others = set(session.execute(
        select(RoleGrant.person_id)
        .join(Person, Person.id == RoleGrant.person_id)
        .where(RoleGrant.role.in_(DECIDERS), Person.left_at.is_(None), RoleGrant.person_id != actor.person_id)
    ).scalars())  # fmt: skip
    counts = session.execute(
        select(Review.application_id, func.count(Review.person_id.distinct()))
        .where(Review.application_id.in_(application_ids), Review.person_id.in_(others),
               Review.conflict_at.is_not(None))
        .group_by(Review.application_id)
    )  # fmt: skip
    barred: dict[int, int] = {row[0]: row[1] for row in counts}
    return {each for each in application_ids if barred.get(each, 0) == len(others)}

"""Startups are reminded of the evidence that is still wanted of them, not more often than every few days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime, timedelta

from sqlalchemy import any_, func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person, RoleGrant
from incubator.accounts.permissions import Action, Role
from incubator.audit.operations import record
from incubator.claims.models import ClaimReminder
from incubator.claims.operations.gathering import lock_inner
from incubator.claims.queries.claims import list_lines
from incubator.claims.queries.evidence import load_dossier
from incubator.claims.rules.completeness import BROUGHT, PRESENT, Cell
from incubator.core.clock import CHINA
from incubator.core.errors import N_, Conflict, Refusal
from incubator.database import id_array
from incubator.notices.operations import Telling, notify_each

REMIND_EVERY = timedelta(days=3)
"""A startup has three days before it is reminded again of the same claim."""


def remind_startups(
    session: Session, actor: Actor, *, now: datetime, claim_id: int, due_on: date,
    startup_ids: Collection[int] | None = None,
) -> list[ClaimReminder]:  # fmt: skip
    """Tell the founders of each startup (None: of all) what is still wanted of it, and until when.

    Those that have everything, or were reminded in the last three days, are left out; refused where nobody is left.
    """
    actor.require(Action.MANAGE_CLAIMS)
    row = lock_inner(session, actor, claim_id)
    if due_on < now.astimezone(CHINA).date():
        raise Refusal(N_("This day is over."), field="due_on")
    dossier = load_dossier(session, row.claim, list_lines(session, actor, claim_id), now=now)
    lately = last_reminders(session, claim_id)
    wanted = {
        startup_id: kinds
        for startup_id, kinds in missing_kinds(dossier.cells).items()
        if (startup_ids is None or startup_id in startup_ids)
        and (startup_id not in lately or now - lately[startup_id] >= REMIND_EVERY)
    }
    if not wanted:
        raise Conflict(N_("Nobody is to be reminded: nothing is missing that startups can bring, or they were "
                          "reminded in the last three days."))  # fmt: skip
    made = [ClaimReminder(claim_id=claim_id, startup_id=startup_id, kinds=kinds, due_on=due_on, created_at=now,
                          created_by=actor.person_id) for startup_id, kinds in sorted(wanted.items())]  # fmt: skip
    session.add_all(made)
    session.flush()
    founders = _founders(session, wanted)
    notify_each(session, now=now, kind="expiry", tellings=[
        Telling(("claim_reminders", each.id), founders[each.startup_id], f"claim_reminders:{each.id}") for each in made
    ])  # fmt: skip
    record(session, actor, "remind_evidence", ("claims", claim_id), now=now,
           after={"number": row.number, "startups": len(made), "due_on": due_on})  # fmt: skip
    return made


def missing_kinds(cells: Collection[Cell]) -> dict[int, list[str]]:
    """By startup the kinds of evidence that it can bring and that are not there."""
    found: dict[int, list[str]] = {}
    for each in cells:
        if each.startup_id is not None and each.state != PRESENT and each.need.kind in BROUGHT:
            kinds = found.setdefault(each.startup_id, [])
            if each.need.kind not in kinds:
                kinds.append(each.need.kind)
    return found


def last_reminders(session: Session, claim_id: int) -> dict[int, datetime]:
    """By startup when it was last reminded of a claim."""
    rows = session.execute(
        select(ClaimReminder.startup_id, func.max(ClaimReminder.created_at).label("last_at"))
        .where(ClaimReminder.claim_id == claim_id)
        .group_by(ClaimReminder.startup_id)
    ).all()
    return {row.startup_id: row.last_at for row in rows}


def _founders(session: Session, startup_ids: Collection[int]) -> dict[int, list[int]]:
    rows = session.execute(
        select(RoleGrant.startup_id, RoleGrant.person_id)
        .join(Person, Person.id == RoleGrant.person_id)
        .where(RoleGrant.role == Role.FOUNDER.value, RoleGrant.startup_id == any_(id_array(startup_ids)),
               Person.left_at.is_(None))
    ).all()  # fmt: skip
    found: dict[int, list[int]] = defaultdict(list)
    for startup_id, person_id in rows:
        found[startup_id or 0].append(person_id)
    return found

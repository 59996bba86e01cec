"""What a founder sees of claims: which evidence of their own startup is asked for, and until when. No amounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.claims.models import Claim, ClaimLine, ClaimReminder
from incubator.claims.queries.claims import claim_number, load_lines
from incubator.claims.queries.evidence import load_dossier
from incubator.claims.rules.completeness import BROUGHT, PRESENT, Cell
from incubator.claims.rules.states import INNER
from incubator.core.errors import N_, NotFound
from incubator.startups.models import Startup
from incubator.subsidies.models import Decision, GrantInstalment, OperatorGrant, Scheme


@dataclass(frozen=True, slots=True)
class OwnTask:
    """A claim with what a startup should still bring."""

    claim: Claim
    scheme: Scheme
    startup: Startup
    due_on: date | None
    """As the last reminder named it, or the claim's own deadline."""
    wanted: tuple[Cell, ...]
    there: tuple[Cell, ...]

    @property
    def number(self) -> str:
        return claim_number(self.claim)


def list_own_tasks(session: Session, actor: Actor, *, now: datetime) -> list[OwnTask]:
    """For each claim that is not handed in and each of the actor's startups in it. Claims of a startup are few."""
    mine = actor.startups_for(Action.EDIT_OWN_STARTUP)
    if not mine:
        return []
    tasks = []
    for claim, scheme, startup in _claims_of(session, sorted(mine)):
        wanted, there = _cells(session, claim, startup.id, now)
        due = session.execute(
            select(func.max(ClaimReminder.due_on))
            .where(ClaimReminder.claim_id == claim.id, ClaimReminder.startup_id == startup.id)
        ).scalar_one()  # fmt: skip
        tasks.append(OwnTask(claim, scheme, startup, due or claim.due_on, tuple(wanted), tuple(there)))
    return tasks


def get_own_claim(
    session: Session, actor: Actor, claim_id: int, startup_id: int, *, for_update: bool = False
) -> Claim:
    """A claim that is not handed in and has a line of the actor's startup; NotFound otherwise."""
    actor.require_for(Action.EDIT_OWN_STARTUP, startup_id)
    query = select(Claim).where(Claim.id == claim_id, Claim.state.in_(INNER))
    if for_update:
        query = query.with_for_update().execution_options(populate_existing=True)
    claim = session.execute(query).scalar_one_or_none()
    if claim is None or not any(found.id == claim_id for found, _, _ in _claims_of(session, [startup_id])):
        raise NotFound(N_("There is no such claim."))
    return claim


def _claims_of(session: Session, startup_ids: Sequence[int]) -> list[tuple[Claim, Scheme, Startup]]:
    rows = session.execute(
        select(Claim, Scheme, Startup)
        .join(Scheme, Scheme.id == Claim.scheme_id)
        .join(ClaimLine, ClaimLine.claim_id == Claim.id)
        .outerjoin(Decision, Decision.id == ClaimLine.decision_id)
        .outerjoin(GrantInstalment, GrantInstalment.id == ClaimLine.instalment_id)
        .outerjoin(OperatorGrant, OperatorGrant.id == func.coalesce(GrantInstalment.grant_id, ClaimLine.grant_id))
        .join(Startup, Startup.id == func.coalesce(Decision.startup_id, OperatorGrant.startup_id))
        .where(Claim.state.in_(INNER), ClaimLine.released_at.is_(None), Startup.id.in_(startup_ids))
        .group_by(Claim.operator_id, Claim.id, Scheme.operator_id, Scheme.id, Startup.operator_id, Startup.id)
        .order_by(Claim.due_on.asc().nulls_last(), Claim.id)
        .limit(50)
    ).all()
    return [(claim, scheme, startup) for claim, scheme, startup in rows]


def _cells(session: Session, claim: Claim, startup_id: int, now: datetime) -> tuple[list[Cell], list[Cell]]:
    """What is wanted of the startup, and what is there: of the kinds that it can bring."""
    lines = load_lines(session, [
        ClaimLine.claim_id == claim.id, ClaimLine.released_at.is_(None),
        or_(Decision.startup_id == startup_id, OperatorGrant.startup_id == startup_id),
    ])  # fmt: skip
    cells = [each for each in load_dossier(session, claim, lines, now=now).cells
             if each.startup_id == startup_id and each.need.kind in BROUGHT]  # fmt: skip
    wanted = {each.need: each for each in cells if each.state != PRESENT}
    there = {each.need: each for each in cells if each.need not in wanted}
    return list(wanted.values()), list(there.values())

"""What a founder sees of claims: which evidence of their own startup is asked for, and until when. No amounts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from msgspec import Struct
from sqlalchemy import Row, Select, any_, func, or_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.claims.models import Claim, ClaimLine, ClaimReminder
from incubator.claims.queries.claims import LineRow, claim_number, load_lines
from incubator.claims.queries.evidence import load_dossiers
from incubator.claims.rules.completeness import BROUGHT, PRESENT, Cell
from incubator.claims.rules.states import INNER
from incubator.core.errors import N_, NotFound
from incubator.core.paging import Page
from incubator.database import id_array
from incubator.startups.models import Startup
from incubator.subsidies.models import Decision, GrantInstalment, OperatorGrant, Scheme

NO_CLAIM = N_("There is no such claim.")
TASKS_AT_ONCE = 20
"""Each is a card of its own."""


class OwnTask(Struct, frozen=True):
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


def list_own_tasks(session: Session, actor: Actor, *, now: datetime, page: int = 1) -> Page[OwnTask]:
    """Each claim that is not handed in with each of the actor's startups in it: what is due first, first. Past the
    last page: the last."""
    mine = sorted(actor.startups_for(Action.EDIT_OWN_STARTUP))
    if not mine:
        return Page([], 1, 0, TASKS_AT_ONCE)
    wanted = _claims_of(mine)
    total = session.execute(select(func.count()).select_from(wanted.order_by(None).subquery())).scalar_one()
    page = min(page, Page([], 1, total, TASKS_AT_ONCE).pages)
    rows = session.execute(wanted.limit(TASKS_AT_ONCE).offset((page - 1) * TASKS_AT_ONCE)).all()
    return Page(_tasks(session, rows, now), page, total, TASKS_AT_ONCE)


def get_own_task(session: Session, actor: Actor, claim_id: int, startup_id: int, *, now: datetime) -> OwnTask:
    """What a claim that is not handed in wants of a startup of the actor's; NotFound where it has no line of it."""
    actor.require_for(Action.EDIT_OWN_STARTUP, startup_id)
    row = session.execute(_claims_of([startup_id]).where(Claim.id == claim_id)).one_or_none()
    if row is None:
        raise NotFound(NO_CLAIM)
    return _tasks(session, [row], now)[0]


def get_own_claim(
    session: Session, actor: Actor, claim_id: int, startup_id: int, *, for_update: bool = False
) -> Claim:
    """A claim that is not handed in and has a line of the actor's startup; NotFound otherwise."""
    actor.require_for(Action.EDIT_OWN_STARTUP, startup_id)
    query = select(Claim).where(Claim.id == claim_id, Claim.state.in_(INNER))
    if for_update:
        query = query.with_for_update().execution_options(populate_existing=True)
    claim = session.execute(query).scalar_one_or_none()
    if claim is None or session.execute(_claims_of([startup_id]).where(Claim.id == claim_id)).first() is None:
        raise NotFound(NO_CLAIM)
    return claim


def _claims_of(startup_ids: Sequence[int]) -> Select[Claim, Scheme, Startup]:
    return (
        select(Claim, Scheme, Startup)
        .join(Scheme, Scheme.id == Claim.scheme_id)
        .join(ClaimLine, ClaimLine.claim_id == Claim.id)
        .outerjoin(Decision, Decision.id == ClaimLine.decision_id)
        .outerjoin(GrantInstalment, GrantInstalment.id == ClaimLine.instalment_id)
        .outerjoin(OperatorGrant, OperatorGrant.id == func.coalesce(GrantInstalment.grant_id, ClaimLine.grant_id))
        .join(Startup, Startup.id == func.coalesce(Decision.startup_id, OperatorGrant.startup_id))
        .where(Claim.state.in_(INNER), ClaimLine.released_at.is_(None), Startup.id.in_(startup_ids))
        .group_by(Claim.operator_id, Claim.id, Scheme.operator_id, Scheme.id, Startup.operator_id, Startup.id)
        .order_by(Claim.due_on.asc().nulls_last(), Claim.id, Startup.id)
    )


def _tasks(session: Session, rows: Sequence[Row[Claim, Scheme, Startup]], now: datetime) -> list[OwnTask]:
    """What is wanted of each startup, and what is there: of the kinds that it can bring."""
    claims = {claim.id: claim for claim, _, _ in rows}
    claim_ids, startup_ids = id_array(claims), id_array({startup.id for _, _, startup in rows})
    lines: dict[int, list[LineRow]] = {claim_id: [] for claim_id in claims}
    for each in load_lines(session, [
        ClaimLine.claim_id == any_(claim_ids), ClaimLine.released_at.is_(None),
        or_(Decision.startup_id == any_(startup_ids), OperatorGrant.startup_id == any_(startup_ids)),
    ]):  # fmt: skip
        lines[each.line.claim_id].append(each)
    dossiers = load_dossiers(session, [(claim, lines[claim_id]) for claim_id, claim in claims.items()], now=now)
    cells = {claim_id: dossier.cells for claim_id, dossier in zip(claims, dossiers, strict=True)}
    reminded = {(claim_id, startup_id): due_on for claim_id, startup_id, due_on in session.execute(
        select(ClaimReminder.claim_id, ClaimReminder.startup_id, func.max(ClaimReminder.due_on))
        .where(ClaimReminder.claim_id == any_(claim_ids), ClaimReminder.startup_id == any_(startup_ids))
        .group_by(ClaimReminder.claim_id, ClaimReminder.startup_id)
    )}  # fmt: skip
    return [
        OwnTask(claim, scheme, startup, reminded.get((claim.id, startup.id)) or claim.due_on,
                *_sorted(each for each in cells[claim.id] if each.startup_id == startup.id))
        for claim, scheme, startup in rows
    ]  # fmt: skip


def _sorted(cells: Iterable[Cell]) -> tuple[tuple[Cell, ...], tuple[Cell, ...]]:
    """Each need once: those that some cell wants something for, and the others."""
    brought = [each for each in cells if each.need.kind in BROUGHT]
    wanted = {each.need: each for each in brought if each.state != PRESENT}
    there = {each.need: each for each in brought if each.need not in wanted}
    return tuple(wanted.values()), tuple(there.values())

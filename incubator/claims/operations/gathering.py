"""A claim is made of every line that is not claimed yet; lines come to it and leave it until it is handed in."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, literal, select, update
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Operator
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.billing.operations.numbering import take_numbers
from incubator.claims.models import Claim, ClaimLine, ClaimStep
from incubator.claims.operations.locking import lock_claim, lock_gathering
from incubator.claims.queries.claims import SERIES, ClaimRow, claim_number, get_line
from incubator.claims.queries.gathering import (
    Scope,
    is_anything_open,
    open_decisions,
    open_grants,
    open_instalments,
)
from incubator.claims.rules.states import INNER
from incubator.core.clock import CHINA
from incubator.core.errors import N_, Conflict, Refusal
from incubator.core.texts import one_line
from incubator.database import current_operator
from incubator.pricing.rules import check_day
from incubator.spaces.operations.words import LONGEST_TEXT
from incubator.spaces.queries import get_site
from incubator.subsidies.models import Scheme

LONGEST_NUMBER = 60


def create_claim(
    session: Session, actor: Actor, *, now: datetime, scheme_id: int, site_id: int | None, first_on: date,
    last_on: date, due_on: date | None = None, authority_number: str = "",
) -> Claim:  # fmt: skip
    """A claim of a scheme for some months with every line that no living claim has, under the next number of the year.

    What is left of earlier months comes with it, and what credit notes have taken back since. Refused where there is
    nothing: two who claim at once never share a line, the later finds what the earlier has left.
    """
    actor.require(Action.MANAGE_CLAIMS)
    scheme = session.execute(select(Scheme).where(Scheme.id == scheme_id)).scalar_one_or_none()
    if scheme is None:
        raise Refusal(N_("Choose a scheme."), field="scheme")
    site = None if site_id is None else get_site(session, actor, site_id)
    _check_months(first_on, last_on)
    if due_on is not None:
        check_day(due_on, "due_on")
    today = now.astimezone(CHINA).date()
    lock_gathering(session)
    scope = Scope(scheme_id, site_id, last_on, session.execute(select(Operator.currency)).scalar_one())
    if not is_anything_open(session, scope):
        raise Conflict(N_("There is nothing to claim: every line of this scheme up to then is claimed already, or its "
                          "invoices are not posted yet."))  # fmt: skip
    [number] = take_numbers(session, SERIES, today.year)
    claim = Claim(
        year=today.year, number=number, scheme_id=scheme_id, site_id=site_id, first_on=first_on, last_on=last_on,
        state="draft", currency=scope.currency, due_on=due_on,
        authority_number=one_line(authority_number, "authority_number", LONGEST_NUMBER), created_at=now,
        created_by=actor.person_id,
    )  # fmt: skip
    session.add(claim)
    session.flush()
    lines = _gather(session, actor, claim, scope, now)
    session.add(ClaimStep(claim_id=claim.id, number=1, state="draft", on=today, created_at=now,
                          created_by=actor.person_id))  # fmt: skip
    after = {"number": claim_number(claim), "scheme": scheme.code, "site": site.code if site else None,
             "first_on": first_on, "last_on": last_on, "lines": lines, "due_on": due_on}  # fmt: skip
    record(session, actor, "create_claim", ("claims", claim.id), now=now, after=after)
    return claim


def gather_again(session: Session, actor: Actor, *, now: datetime, claim_id: int) -> int:
    """Take what has come since (a late invoice, a credit note) into a claim that is not handed in; how many lines.

    What was checked or approved of it is then to be checked again.
    """
    actor.require(Action.MANAGE_CLAIMS)
    lock_gathering(session)
    row = lock_inner(session, actor, claim_id)
    lines = _gather(session, actor, row.claim, scope_of(row.claim), now)
    if not lines:
        raise Conflict(N_("Nothing has come since that this claim doesn’t have."))
    record(session, actor, "gather_claim", ("claims", claim_id), now=now,
           after={"number": row.number, "lines": lines})  # fmt: skip
    return lines


def remove_line(
    session: Session, actor: Actor, *, now: datetime, claim_id: int, line_id: int, reason: str
) -> ClaimLine:  # fmt: skip
    """Take a line out of a claim that is not handed in; another claim may have it."""
    actor.require(Action.MANAGE_CLAIMS)
    words = one_line(reason, "reason", LONGEST_TEXT)
    if not words:
        raise Refusal(N_("Say why, so that others understand."), field="reason")
    row = lock_inner(session, actor, claim_id)
    found = get_line(session, actor, claim_id, line_id)
    if found.is_released:
        raise Conflict(N_("This line was taken out already."))
    found.line.released_at, found.line.released_by, found.line.released_reason = now, actor.person_id, words
    session.flush()
    record(session, actor, "remove_claim_line", ("claims", claim_id), now=now,
           after={"number": row.number, "line": line_id, "amount_minor": found.amount_minor,
                  "reason": words})  # fmt: skip
    return found.line


def release_lines(session: Session, actor: Actor, claim_id: int, reason: str, now: datetime) -> None:
    """All lines of a claim that has ended are free for others. The caller holds the claim."""
    session.execute(
        update(ClaimLine)
        .where(ClaimLine.claim_id == claim_id, ClaimLine.released_at.is_(None))
        .values(released_at=now, released_by=actor.person_id, released_reason=reason)
    )


def scope_of(claim: Claim) -> Scope:
    """What a claim gathers."""
    return Scope(claim.scheme_id, claim.site_id, claim.last_on, claim.currency)


def lock_inner(session: Session, actor: Actor, claim_id: int) -> ClaimRow:
    """A claim of which lines and evidence can still change; Conflict otherwise."""
    row = lock_claim(session, actor, claim_id)
    if row.claim.state not in INNER:
        raise Conflict(N_("This claim was handed in: nothing of it can be changed any more."))
    return row


def _gather(session: Session, actor: Actor, claim: Claim, scope: Scope, now: datetime) -> int:
    """Insert what is open as lines; how many. The caller holds the gathering."""
    count = 0
    for source, name in (
        (open_decisions(scope), "decision_id"), (open_instalments(scope), "instalment_id"),
        (open_grants(scope), "grant_id"),
    ):  # fmt: skip
        found = source.subquery()
        same: dict[str, Any] = {
            "operator_id": current_operator(session), "claim_id": claim.id, "created_at": now,
            "created_by": actor.person_id,
        }  # fmt: skip
        columns = [literal(value, ClaimLine.__table__.c[key].type) for key, value in same.items()]
        made = session.execute(
            insert(ClaimLine)
            .from_select([*same, name], select(*columns, found.c.id).order_by(found.c.id), include_defaults=False)
            .returning(ClaimLine.id)
        )
        count += len(made.all())
    return count


def _check_months(first_on: date, last_on: date) -> None:
    check_day(first_on, "first_on")
    check_day(last_on, "last_on")
    if first_on.day != 1 or (last_on + timedelta(days=1)).day != 1:
        raise Refusal(N_("A claim is for whole months."), field="first_on")
    if last_on < first_on:
        raise Refusal(N_("The end must come after the start."), field="last_on")

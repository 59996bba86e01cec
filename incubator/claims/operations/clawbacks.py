"""The authority wants back what it paid: a debt until it is paid back; the operator's loss, or borne by the startup."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.audit.operations import record
from incubator.billing.operations.journal import lock_books, open_day, post_entries
from incubator.billing.rules.journal import Entry
from incubator.claims.models import ClaimClawback, ClaimStep
from incubator.claims.operations.rulings import give_back, returned_of, take_from_startups
from incubator.claims.operations.steps import begin, take_step
from incubator.claims.queries.claims import LineRow, list_lines
from incubator.claims.rules.money import book_clawback, check_clawback
from incubator.core.errors import N_, NotFound, Refusal
from incubator.core.texts import one_line
from incubator.spaces.operations.words import LONGEST_TEXT
from incubator.subsidies.operations.locking import lock_for_giving


class Demand(Struct, frozen=True):
    """What is wanted back of a line, and who bears it."""

    amount_minor: int
    borne_by: str = "operator"


def claw_back(
    session: Session, actor: Actor, *, now: datetime, claim_id: int, demands: Mapping[int, Demand], reason: str,
    demanded_on: date, due_on: date,
) -> ClaimStep:  # fmt: skip
    """Note that the authority wants money back, by line, with its reason and until when.

    A loss against what is owed to the authority, back to its budget where that is open; what a startup bears is no
    loss, but no more taken off its invoices. It is paid back by `pay_claim` or a line of the bank.
    """
    row = begin(session, actor, claim_id, "clawed_back")
    words = one_line(reason, "reason", LONGEST_TEXT)
    if not words:
        raise Refusal(N_("Say why, so that others understand."), field="reason")
    if not demands:
        raise Refusal(N_("Choose at least one line."))
    if due_on < demanded_on:
        raise Refusal(N_("It can’t be due before it is demanded."), field="due_on")
    lines = {each.line.id: each for each in list_lines(session, actor, claim_id)}
    if set(demands) - set(lines):
        raise NotFound(N_("There is no such line in this claim."))
    before = _before(session, claim_id)
    for line_id, demand in demands.items():
        _check(lines[line_id], demand, before.get(line_id, 0))
    lock_for_giving(session, sorted({lines[line_id].site.id for line_id in demands}))
    returned = give_back(session, [
        (lines[line_id].budget_id, demand.amount_minor) for line_id, demand in demands.items()
        if demand.borne_by == "operator"
    ])  # fmt: skip
    take_from_startups(session, row, now, "clawed_back", demanded_on, [
        (lines[line_id], demand.amount_minor, words)
        for line_id, demand in sorted(demands.items()) if demand.borne_by == "startup"
    ])  # fmt: skip
    lock_books(session)
    made = [
        ClaimClawback(
            claim_id=claim_id, line_id=line_id, amount_minor=demand.amount_minor, reason=words,
            demanded_on=demanded_on, due_on=due_on, borne_by=demand.borne_by, budget_id=lines[line_id].budget_id,
            returned_minor=returned_of(lines[line_id], demand.borne_by, demand.amount_minor, returned),
            created_at=now, created_by=actor.person_id,
        )
        for line_id, demand in sorted(demands.items())
    ]  # fmt: skip
    session.add_all(made)
    step = take_step(session, actor, now, row.claim, "clawed_back", on=demanded_on, note=words)
    day = open_day(session, demanded_on)
    says = {"claim": row.number, "scheme": row.scheme.code, "reason": words}
    post_entries(session, actor, [
        Entry("subsidy_demanded", day, ("claim_clawbacks", each.id),
              book_clawback(each.amount_minor, row.claim.scheme_id, _startup_id(lines[each.line_id]), each.borne_by),
              says, lines[each.line_id].site.id)
        for each in made
    ], now=now)  # fmt: skip
    after = {"number": row.number, "state": "clawed_back", "on": step.on, "reason": words, "due_on": due_on,
             "clawed_back_minor": sum(each.amount_minor for each in made), "lines": len(made)}  # fmt: skip
    record(session, actor, "claw_back", ("claims", claim_id), now=now, after=after)
    return step


def _before(session: Session, claim_id: int) -> dict[int, int]:
    rows = session.execute(
        select(ClaimClawback.line_id, func.sum(ClaimClawback.amount_minor))
        .where(ClaimClawback.claim_id == claim_id)
        .group_by(ClaimClawback.line_id)
    )
    return {line_id: int(minor) for line_id, minor in rows}


def _check(line: LineRow, demand: Demand, before_minor: int) -> None:
    check_clawback(line.ruling.granted_minor if line.ruling else 0, before_minor, demand.amount_minor, demand.borne_by,
                   is_taken_off=line.decision is not None)  # fmt: skip


def _startup_id(line: LineRow) -> int | None:
    return line.startup.id if line.startup else None

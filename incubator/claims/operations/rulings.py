"""The authority's answer: granted in full or in part, line by line; what is not granted is borne by somebody else."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.audit.operations import record
from incubator.billing.operations.journal import lock_books, open_day, post_entries
from incubator.billing.rules.journal import Entry
from incubator.claims.models import ClaimRuling, ClaimStep
from incubator.claims.operations.steps import begin, take_step
from incubator.claims.queries.claims import ClaimRow, LineRow, list_lines
from incubator.claims.rules.money import Answer, Ruled, book_rulings, check_answer, returns_of
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.core.texts import one_line
from incubator.spaces.operations.words import LONGEST_TEXT
from incubator.subsidies.models import Budget
from incubator.subsidies.operations.locking import lock_for_giving
from incubator.subsidies.operations.rulings import Ruled as RuledDecision
from incubator.subsidies.operations.rulings import rule_decisions


def rule_claim(
    session: Session, actor: Actor, *, now: datetime, claim_id: int, on: date, answers: Mapping[int, Answer],
    note: str = "",
) -> ClaimStep:  # fmt: skip
    """What the authority grants, on which day, for each line that it does not grant in full; the others are granted.

    What is not granted is a loss, or is no more taken off the startup's invoices, and goes back to its budget; or the
    line is released, to be claimed again. Refused where nothing at all is granted: then the claim was rejected.
    """
    row = begin(session, actor, claim_id, "granted")
    lines = list_lines(session, actor, claim_id)
    unknown = set(answers) - {each.line.id for each in lines}
    if unknown:
        raise NotFound(N_("There is no such line in this claim."))
    found = [(each, _answer(each, answers.get(each.line.id))) for each in lines]
    if not any(answer.granted_minor for _, answer in found):
        raise Refusal(N_("Where nothing is granted, note that the claim was rejected."))
    if sum(answer.granted_minor for _, answer in found) < 0:
        raise Conflict(N_("More is taken back than granted: nobody is paid by that."))
    refused = {each.line.id: check_answer(each.amount_minor, answer, is_taken_off=each.decision is not None)
               for each, answer in found}  # fmt: skip
    lock_for_giving(session, sorted({each.site.id for each in lines}))
    returned = give_back(session, [(each.budget_id, _lost(answer, refused[each.line.id])) for each, answer in found])
    take_from_startups(session, row, now, "refused", on, [
        (each, refused[each.line.id], answer.reason) for each, answer in found if answer.left_to == "startup"
    ])  # fmt: skip
    lock_books(session)
    made = [
        ClaimRuling(
            claim_id=claim_id, line_id=each.line.id, granted_minor=answer.granted_minor,
            refused_minor=refused[each.line.id], reason=answer.reason, left_to=answer.left_to,
            budget_id=each.budget_id, created_at=now, created_by=actor.person_id,
            returned_minor=returned_of(each, answer.left_to, refused[each.line.id], returned),
        )
        for each, answer in found
    ]  # fmt: skip
    session.add_all(made)
    for each, answer in found:
        if answer.left_to == "again":
            each.line.released_at, each.line.released_by, each.line.released_reason = (
                now, actor.person_id, answer.reason
            )  # fmt: skip
    step = take_step(session, actor, now, row.claim, "granted", on=on, note=one_line(note, "note", LONGEST_TEXT))
    _book(session, actor, row, [(each, answer, refused[each.line.id]) for each, answer in found], step.on, now)
    after = {
        "number": row.number, "state": "granted", "on": step.on,
        "granted_minor": sum(each.granted_minor for each in made),
        "refused_minor": sum(each.refused_minor for each in made),
    }  # fmt: skip
    record(session, actor, "rule_claim", ("claims", claim_id), now=now, after=after)
    return step


def give_back(session: Session, lines: Sequence[tuple[int | None, int]]) -> set[int]:
    """Put what is lost of some lines back to their budgets, as far as they are not closed; the ids of those. What a
    startup bears goes back with its decision."""
    wanted = returns_of(lines)
    budgets = session.execute(
        select(Budget).where(Budget.id.in_(sorted(wanted)), Budget.closed_at.is_(None)).order_by(Budget.id)
        .with_for_update().execution_options(populate_existing=True)
    ).scalars().all()  # fmt: skip
    for budget in budgets:
        budget.used_minor -= wanted[budget.id]
    session.flush()
    return {each.id for each in budgets}


def take_from_startups(
    session: Session, row: ClaimRow, now: datetime, kind: str, on: date, borne: Sequence[tuple[LineRow, int, str]]
) -> None:
    """What startups bear of some lines (line, amount, why): each a decision that takes it back, also for its budget.
    The caller holds what `lock_for_giving` locks."""
    ruling = {"kind": kind, "claim": row.number, "claim_id": row.claim.id, "on": on.isoformat()}
    rule_decisions(session, now=now, ruled=[
        RuledDecision(each.decision, minor, reason, ruling | {"line_id": each.line.id})
        for each, minor, reason in borne if each.decision is not None
    ])  # fmt: skip


def returned_of(each: LineRow, borne_by: str | None, minor: int, open_budgets: Collection[int]) -> int:
    """What of a line went back to its budget: what the operator bears where that is open; what a startup bears in any
    case, as its decision does."""
    if borne_by == "startup":
        return minor if each.budget_id is not None else 0
    return minor if borne_by == "operator" and each.budget_id in open_budgets else 0


def _answer(each: LineRow, given: Answer | None) -> Answer:
    if given is None or given.granted_minor == each.amount_minor:
        return Answer(each.amount_minor)
    return Answer(given.granted_minor, one_line(given.reason, "reason", LONGEST_TEXT), given.left_to)


def _lost(answer: Answer, refused_minor: int) -> int:
    """What the operator bears."""
    return refused_minor if answer.left_to == "operator" else 0


def _book(
    session: Session, actor: Actor, row: ClaimRow, ruled: Sequence[tuple[LineRow, Answer, int]], on: date, now: datetime
) -> None:  # fmt: skip
    postings = book_rulings(
        Ruled(answer.granted_minor, _lost(answer, refused), row.claim.scheme_id,
              each.startup.id if each.startup else None, each.decision is None)
        for each, answer, refused in ruled
    )  # fmt: skip
    says = {"claim": row.number, "scheme": row.scheme.code}
    entry = Entry("subsidy_ruled", open_day(session, on), ("claims", row.claim.id), postings, says, row.claim.site_id)
    post_entries(session, actor, [entry], now=now)

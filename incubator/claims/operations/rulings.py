"""The authority's answer: granted in full or in part, line by line; what is not granted leaves the books."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.audit.operations import record
from incubator.billing.operations.journal import lock_books, open_day, post_entries
from incubator.billing.operations.one_off import propose_one_off
from incubator.billing.rules.journal import Entry
from incubator.claims.models import ClaimRuling, ClaimStep
from incubator.claims.operations.steps import begin, take_step
from incubator.claims.queries.claims import ClaimRow, LineRow, list_lines
from incubator.claims.rules.money import Answer, Ruled, book_rulings, check_answer, returns_of
from incubator.core.clock import CHINA
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.core.texts import one_line
from incubator.spaces.operations.words import LONGEST_TEXT
from incubator.subsidies.models import Budget

NOT_GRANTED = "补贴未获批 {number} · Subsidy not granted"


def rule_claim(
    session: Session, actor: Actor, *, now: datetime, claim_id: int, on: date, answers: Mapping[int, Answer],
    note: str = "",
) -> ClaimStep:  # fmt: skip
    """What the authority grants, on which day, for each line that it does not grant in full; the others are granted.

    What is not granted is a loss or a charge on the startup's next invoice, and goes back to its budget; or the line is
    released, to be claimed again. Refused where nothing at all is granted: then the claim was rejected.
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
    refused = {each.line.id: check_answer(each.amount_minor, answer, has_startup=each.startup is not None)
               for each, answer in found}  # fmt: skip
    returned = give_back(session, [(each.budget_id, _lost(answer, refused[each.line.id])) for each, answer in found])
    lock_books(session)
    made = [
        ClaimRuling(
            claim_id=claim_id, line_id=each.line.id, granted_minor=answer.granted_minor,
            refused_minor=refused[each.line.id], reason=answer.reason, left_to=answer.left_to,
            budget_id=each.budget_id, created_at=now, created_by=actor.person_id,
            returned_minor=_lost(answer, refused[each.line.id]) if each.budget_id in returned else 0,
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
    for each, ruling in zip(lines, made, strict=True):
        if ruling.left_to == "startup":
            _charge(session, actor, row, each, ruling, now)
    after = {
        "number": row.number, "state": "granted", "on": step.on,
        "granted_minor": sum(each.granted_minor for each in made),
        "refused_minor": sum(each.refused_minor for each in made),
    }  # fmt: skip
    record(session, actor, "rule_claim", ("claims", claim_id), now=now, after=after)
    return step


def give_back(session: Session, lines: Sequence[tuple[int | None, int]]) -> set[int]:
    """Put what is lost of some lines back to their budgets, as far as they are not closed; the ids of those."""
    wanted = returns_of(lines)
    budgets = session.execute(
        select(Budget).where(Budget.id.in_(sorted(wanted)), Budget.closed_at.is_(None)).order_by(Budget.id)
        .with_for_update().execution_options(populate_existing=True)
    ).scalars().all()  # fmt: skip
    for budget in budgets:
        budget.used_minor -= wanted[budget.id]
    session.flush()
    return {each.id for each in budgets}


def _answer(each: LineRow, given: Answer | None) -> Answer:
    if given is None or given.granted_minor == each.amount_minor:
        return Answer(each.amount_minor)
    return Answer(given.granted_minor, one_line(given.reason, "reason", LONGEST_TEXT), given.left_to)


def _lost(answer: Answer, refused_minor: int) -> int:
    return 0 if answer.left_to == "again" else refused_minor


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


def _charge(
    session: Session, actor: Actor, row: ClaimRow, each: LineRow, ruling: ClaimRuling, now: datetime
) -> None:
    assert each.startup is not None, "checked"
    propose_one_off(
        session, actor, now=now, startup_id=each.startup.id, site_id=each.site.id, kind="other",
        description=NOT_GRANTED.format(number=row.number), amount_minor=ruling.refused_minor,
        on=now.astimezone(CHINA).date(), source=("claim_rulings", ruling.id),
    )  # fmt: skip

"""A claim's money: what is granted, paid, wanted back, and what of the bank could be it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

from msgspec import Struct
from sqlalchemy import and_, any_, case, func, or_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.billing.models import BankLine
from incubator.claims.models import Claim, ClaimClawback, ClaimLine, ClaimPayment, ClaimRuling
from incubator.claims.queries.claims import ClaimRow
from incubator.claims.rules.money import Sums
from incubator.database import id_array
from incubator.spaces.models import Site
from incubator.subsidies.models import Decision, GrantInstalment, OperatorGrant, Scheme


def load_sums(session: Session, claim_ids: Collection[int]) -> dict[int, Sums]:
    """The money of some claims; four statements, however many there are."""
    ids = any_(id_array(claim_ids))
    amount = func.coalesce(Decision.amount_minor, GrantInstalment.amount_minor, OperatorGrant.amount_minor)
    claimed = session.execute(
        select(ClaimLine.claim_id, func.sum(amount))
        .outerjoin(Decision, Decision.id == ClaimLine.decision_id)
        .outerjoin(GrantInstalment, GrantInstalment.id == ClaimLine.instalment_id)
        .outerjoin(OperatorGrant, OperatorGrant.id == ClaimLine.grant_id)
        .outerjoin(ClaimRuling, ClaimRuling.line_id == ClaimLine.id)
        .outerjoin(Claim, Claim.id == ClaimLine.claim_id)
        .where(ClaimLine.claim_id == ids,
               or_(ClaimLine.released_at.is_(None), ClaimRuling.id.is_not(None), Claim.state == "rejected"))
        .group_by(ClaimLine.claim_id)
    ).all()  # fmt: skip
    again = func.coalesce(func.sum(case((ClaimRuling.left_to == "again", ClaimRuling.refused_minor), else_=0)), 0)
    ruled = session.execute(
        select(ClaimRuling.claim_id, func.sum(ClaimRuling.granted_minor), func.sum(ClaimRuling.refused_minor), again)
        .where(ClaimRuling.claim_id == ids)
        .group_by(ClaimRuling.claim_id)
    ).all()
    paid = session.execute(
        select(ClaimPayment.claim_id, ClaimPayment.kind, func.sum(ClaimPayment.amount_minor))
        .where(ClaimPayment.claim_id == ids, ClaimPayment.undone_at.is_(None))
        .group_by(ClaimPayment.claim_id, ClaimPayment.kind)
    ).all()
    back = session.execute(
        select(ClaimClawback.claim_id, func.sum(ClaimClawback.amount_minor))
        .where(ClaimClawback.claim_id == ids)
        .group_by(ClaimClawback.claim_id)
    ).all()
    by_claim = {claim_id: int(minor) for claim_id, minor in claimed}
    rulings = {claim_id: (int(granted), int(refused), int(more)) for claim_id, granted, refused, more in ruled}
    money: dict[tuple[int, str], int] = defaultdict(int)
    money.update({(claim_id, kind): int(minor) for claim_id, kind, minor in paid})
    wanted = {claim_id: int(minor) for claim_id, minor in back}
    found = {}
    for claim_id in claim_ids:
        granted, refused, more = rulings.get(claim_id, (0, 0, 0))
        found[claim_id] = Sums(by_claim.get(claim_id, 0), granted, refused - more, more, money[claim_id, "paid"],
                               wanted.get(claim_id, 0), money[claim_id, "returned"])  # fmt: skip
    return found


class PaymentRow(Struct, frozen=True):
    """A payment with who entered it and the bank's line, where there is one."""

    payment: ClaimPayment
    person: Person | None
    line: BankLine | None


def list_payments(session: Session, actor: Actor, claim_id: int) -> list[PaymentRow]:
    """What was paid of a claim and paid back, in order; undone ones, too."""
    actor.require(Action.SEE_CLAIMS)
    rows = session.execute(
        select(ClaimPayment, Person, BankLine)
        .outerjoin(Person, Person.id == ClaimPayment.created_by)
        .outerjoin(BankLine, BankLine.id == ClaimPayment.bank_line_id)
        .where(ClaimPayment.claim_id == claim_id)
        .order_by(ClaimPayment.on, ClaimPayment.id)
    ).all()
    return [PaymentRow(*row) for row in rows]


def list_clawbacks(session: Session, actor: Actor, claim_id: int) -> Sequence[ClaimClawback]:
    """What the authority wants back of a claim, in order."""
    actor.require(Action.SEE_CLAIMS)
    return session.execute(
        select(ClaimClawback).where(ClaimClawback.claim_id == claim_id).order_by(ClaimClawback.id)
    ).scalars().all()  # fmt: skip


def list_open_bank_lines(
    session: Session, actor: Actor, *, outgoing: bool, wanted: int | None = None
) -> list[BankLine]:
    """Lines of the bank that nobody has dealt with, those of the wanted amount first, then the latest."""
    actor.require(Action.MANAGE_CLAIMS)
    sign = -1 if outgoing else 1
    exact = case((BankLine.amount_minor == sign * (wanted or 0), 0), else_=1)
    return list(session.execute(
        select(BankLine)
        .where(BankLine.state == "open", BankLine.amount_minor < 0 if outgoing else BankLine.amount_minor > 0)
        .order_by(exact, BankLine.booked_on.desc(), BankLine.id.desc())
        .limit(50)
    ).scalars())  # fmt: skip


def list_awaiting(session: Session, actor: Actor, *, outgoing: bool) -> list[tuple[ClaimRow, Sums]]:
    """Claims of which money is to come (or to be paid back), the oldest first."""
    actor.require(Action.MANAGE_CLAIMS)
    states = ("paid", "audited", "clawed_back") if outgoing else ("granted",)
    rows = [ClaimRow(*row) for row in session.execute(
        select(Claim, Scheme, Site)
        .join(Scheme, Scheme.id == Claim.scheme_id)
        .outerjoin(Site, and_(Site.id == Claim.site_id))
        .where(Claim.state.in_(states))
        .order_by(Claim.id)
    ).all()]  # fmt: skip
    sums = load_sums(session, [row.claim.id for row in rows])
    left = {row.claim.id: sums[row.claim.id].owed_back_minor if outgoing else sums[row.claim.id].to_come_minor
            for row in rows}  # fmt: skip
    return [(row, sums[row.claim.id]) for row in rows if left[row.claim.id] > 0]

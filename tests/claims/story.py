"""A claim taken through its states, as the tests tell it."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from incubator.billing.models import Posting
from incubator.claims.models import Claim
from incubator.claims.operations.gathering import create_claim
from incubator.claims.operations.steps import approve_claim, check_claim, submit_claim
from tests.cast import Cast

NOVEMBER_2 = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
DAYS = {"first_on": date(2026, 10, 1), "last_on": date(2026, 10, 31)}


def at(day: int, month: int = 11) -> datetime:
    """09:00 in Shanghai on a day of November 2026."""
    return datetime(2026, month, day, 1, 0, tzinfo=UTC)


def make(session: Session, cast: Cast, scheme_id: int) -> Claim:
    """A draft of October, made on 2 November."""
    return create_claim(session, cast.finance, now=at(2), scheme_id=scheme_id, site_id=None, **DAYS)


def hand_in(session: Session, cast: Cast, claim: Claim) -> None:
    """Checked by finance on the 3rd, approved by the manager on the 4th, handed in on the 5th."""
    check_claim(session, cast.finance, now=at(3), claim_id=claim.id)
    approve_claim(session, cast.manager, now=at(4), claim_id=claim.id)
    submit_claim(session, cast.finance, now=at(5), claim_id=claim.id, on=date(2026, 11, 5))


def held(session: Session, account: str) -> int:
    """Debits less credits of an account."""
    signed = case((Posting.debit == account, Posting.amount_minor), else_=-Posting.amount_minor)
    return int(session.execute(
        select(func.coalesce(func.sum(signed), 0)).where(or_(Posting.debit == account, Posting.credit == account))
    ).scalar_one())  # fmt: skip

"""Whoever gathers lines, or changes a claim, takes its turn here.

Locked in this order: the operator's row for claims (who gathers), the claim, budgets, the books.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.billing.operations.numbering import lock_series
from incubator.claims.models import Claim
from incubator.claims.queries.claims import SERIES, ClaimRow, get_claim


def lock_gathering(session: Session) -> None:
    """One who gathers at a time: what the one has taken the next doesn't find. The unique indexes would refuse it, too,
    but whole."""
    lock_series(session, SERIES, 0)


def lock_claim(session: Session, actor: Actor, claim_id: int) -> ClaimRow:
    """A claim that is this transaction's until its commit, read anew; NotFound where there is none."""
    session.execute(
        select(Claim).where(Claim.id == claim_id).with_for_update().execution_options(populate_existing=True)
    )
    return get_claim(session, actor, claim_id)

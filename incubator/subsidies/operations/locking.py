"""Whoever gives what caps and budgets limit takes its turn here."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.spaces.models import Site
from incubator.subsidies.models import Budget, Scheme


def lock_for_giving(session: Session, site_ids: Sequence[int]) -> None:
    """The sites, every scheme and every budget, in this order: two postings never charge one thing twice, nor use one
    cap or budget twice. What they give is worked out under these locks."""
    sites = select(Site.id).where(Site.id.in_(site_ids)).order_by(Site.id)
    for rows in (sites, select(Scheme.id).order_by(Scheme.id), select(Budget.id).order_by(Budget.id)):
        session.execute(rows.with_for_update(key_share=True))

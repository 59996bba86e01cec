"""Reads of what programmes and plans include: whom it is still to be given to, and what stands on the page."""

from __future__ import annotations

from msgspec import Struct
from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.pricing.models import Allowance, PlanAllowance
from incubator.spaces.models import Site
from incubator.startups.models import Enrolment, Programme


def missing_included() -> Select[Enrolment, PlanAllowance]:
    """What plans include and stays in them do not have yet."""
    is_given = (
        select(Allowance.id)
        .where(Allowance.enrolment_id == Enrolment.id, Allowance.plan_allowance_id == PlanAllowance.id)
        .correlate(Enrolment, PlanAllowance)
        .exists()
    )
    return (
        select(Enrolment, PlanAllowance)
        .join(PlanAllowance, PlanAllowance.programme_id == Enrolment.programme_id)
        .where(
            PlanAllowance.ended_at.is_(None),
            or_(func.upper_inf(Enrolment.days), func.upper(Enrolment.days) > PlanAllowance.valid_from),
            ~is_given,
        )
        .order_by(Enrolment.startup_id, PlanAllowance.id, Enrolment.id)
    )


class IncludedRow(Struct, frozen=True):
    """What a plan includes, and how many startups have it by now."""

    included: PlanAllowance
    programme: Programme
    site: Site | None
    startups: int


def list_included(session: Session, actor: Actor) -> list[IncludedRow]:
    """What programmes and plans include, by programme; what newcomers get no more last."""
    actor.require(Action.SEE_PRICES)
    count = (
        select(func.count(Allowance.startup_id.distinct()))
        .where(Allowance.plan_allowance_id == PlanAllowance.id)
        .correlate(PlanAllowance)
        .scalar_subquery()
    )
    rows = session.execute(
        select(PlanAllowance, Programme, Site, count)
        .join(Programme, Programme.id == PlanAllowance.programme_id)
        .outerjoin(Site, Site.id == PlanAllowance.site_id)
        .order_by(PlanAllowance.ended_at.is_not(None), Programme.name, PlanAllowance.id)
    )
    return [IncludedRow(*row) for row in rows]

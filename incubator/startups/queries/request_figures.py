"""How requests are served: medians, shares within target and satisfaction, by category and by month."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Date, Integer, Select, and_, cast, func, or_, select, type_coerce
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.core.periods import Month
from incubator.spaces.models import Site
from incubator.startups.models import Request, RequestCategory

MOST_ROWS = 200


class Served(Struct, frozen=True):
    """How a number of requests was served. Minutes are of opening time; None: there is nothing to reckon with yet."""

    count: int
    answer_minutes: int | None
    answer_share: Decimal | None
    resolve_minutes: int | None
    resolve_share: Decimal | None
    rating: Decimal | None
    ratings: int
    reopened: int


class Figures(Struct, frozen=True):
    """All of them together, by category (None: without one) and by month; requests belong to when they were opened."""

    total: Served
    by_category: list[tuple[RequestCategory | None, Served]]
    by_month: list[tuple[date, Served]]


def get_figures(
    session: Session, actor: Actor, *, now: datetime, first: Month, last: Month, site_id: int | None = None
) -> Figures:
    """The figures of the requests that were opened in some months, at the sites' own dates; four statements.

    The median of what was answered after 10, 20 and 90 minutes is 20. Within target counts what was answered in time
    against what was answered or is late by now; the same for resolutions.
    """
    actor.require(Action.SEE_REQUESTS)
    day = type_coerce(func.date(func.timezone(Site.zone, Request.opened_at)), Date)
    wanted: list[ColumnElement[bool]] = [day >= first.first, day <= last.last]
    if site_id is not None:
        wanted.append(Request.site_id == site_id)
    measures = _measures(now)

    def asked(*of: Any) -> Select[Any]:
        return select(*of, *measures).select_from(Request).join(Site, Site.id == Request.site_id).where(*wanted)

    total = _served(session.execute(asked()).one())
    categories = {each.id: each for each in session.execute(select(RequestCategory).limit(MOST_ROWS)).scalars()}
    of_category = asked(Request.category_id).group_by(Request.category_id).order_by(func.count().desc())
    rows = session.execute(of_category.limit(MOST_ROWS)).all()
    month = type_coerce(cast(func.date_trunc("month", day), Date), Date).label("month")
    months = session.execute(asked(month).group_by(month).order_by(month.desc()).limit(MOST_ROWS)).all()
    return Figures(
        total,
        [(categories.get(category_id) if category_id else None, _served(row)) for category_id, *row in rows],
        [(on, _served(row)) for on, *row in months],
    )  # fmt: skip


def _measures(now: datetime) -> list[Any]:
    stopped = func.coalesce(Request.resolved_at, Request.waiting_since, now)
    answered, resolved = Request.first_answered_at.is_not(None), Request.resolved_at.is_not(None)
    answer_ok = and_(answered, Request.first_answered_at <= Request.answer_due_at)
    answer_known = and_(Request.answer_due_at.is_not(None), or_(answered, Request.answer_due_at < stopped))
    resolve_ok = and_(resolved, Request.resolve_minutes <= Request.resolve_target)
    resolve_known = or_(resolved, Request.resolve_due_at < stopped)
    return [
        func.count(), _median(Request.answer_minutes), func.count().filter(answer_ok),
        func.count().filter(answer_known), _median(Request.resolve_minutes), func.count().filter(resolve_ok),
        func.count().filter(resolve_known), func.sum(Request.rating), func.count(Request.rating),
        func.count().filter(Request.reopened > 0),
    ]  # fmt: skip


def _median(minutes: Any) -> Any:
    return cast(func.round(func.percentile_cont(0.5).within_group(minutes.asc())), Integer)


def _served(row: Any) -> Served:
    count, answer, in_time, answers, resolve, kept, resolutions, stars, ratings, reopened = row
    return Served(
        count, answer, _share(in_time, answers), resolve, _share(kept, resolutions),
        Decimal(int(stars)) / ratings if ratings else None, ratings, reopened,
    )  # fmt: skip


def _share(part: int, whole: int) -> Decimal | None:
    return Decimal(part) / whole if whole else None

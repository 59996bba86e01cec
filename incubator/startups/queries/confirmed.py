"""Figures as they are confirmed: what reports, criteria and graduation count from. Loading the startups is the
caller's; a correction that is on its way changes nothing until it is confirmed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from decimal import Decimal

from msgspec import Struct, field
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, aliased

from incubator.startups.models import Figure, FigureSheet, FigureVersion, Indicator
from incubator.startups.rules.periods import Period


class ConfirmedFigure(Struct, frozen=True):
    """One value with where it comes from. Money is in fen."""

    startup_id: int
    code: str
    period: Period
    value: Decimal
    sheet_id: int
    version_id: int
    number: int
    """Which version of its sheet."""
    figure_id: int
    document_id: int | None
    confirmed_at: datetime


def list_confirmed(
    session: Session, startup_ids: Collection[int], codes: Collection[str], first: date | None, last: date, *,
    as_of: datetime | None = None,
) -> list[ConfirmedFigure]:  # fmt: skip
    """The confirmed figures of periods that lie between two days (inclusive), the oldest period first; one statement.

    Each period has its latest confirmed version; `as_of`: the latest that was confirmed by that moment.
    """
    chosen = (
        select(FigureVersion)
        .join(FigureSheet, FigureSheet.id == FigureVersion.sheet_id)
        .where(FigureVersion.confirmed_at.is_not(None), FigureSheet.startup_id.in_(startup_ids),
               FigureSheet.ends_on <= last)
        .order_by(FigureVersion.sheet_id, FigureVersion.number.desc())
        .ext(distinct_on(FigureVersion.sheet_id))
    )  # fmt: skip
    if first is not None:
        chosen = chosen.where(FigureSheet.starts_on >= first)
    if as_of is not None:
        chosen = chosen.where(FigureVersion.confirmed_at <= as_of)
    version = aliased(FigureVersion, chosen.subquery())
    rows = session.execute(
        select(
            FigureSheet.startup_id, FigureSheet.rhythm, FigureSheet.starts_on, Indicator.code, Figure.value,
            version.sheet_id, version.id, version.number, Figure.id, Figure.document_id, version.confirmed_at,
        )
        .select_from(version)
        .join(FigureSheet, FigureSheet.id == version.sheet_id)
        .join(Figure, Figure.version_id == version.id)
        .join(Indicator, Indicator.id == Figure.indicator_id)
        .where(Indicator.code.in_(codes), Figure.value.is_not(None))
        .order_by(FigureSheet.starts_on, FigureSheet.startup_id, Indicator.position)
    )  # fmt: skip
    return [
        ConfirmedFigure(startup_id, code, Period(rhythm, starts_on), value, *rest)
        for startup_id, rhythm, starts_on, code, value, *rest in rows
        if value is not None
    ]


def latest_confirmed(
    session: Session, startup_ids: Collection[int], code: str, first: date | None, last: date, *,
    as_of: datetime | None = None,
) -> dict[int, ConfirmedFigure]:  # fmt: skip
    """By startup, the confirmed figure of the latest period between two days; who has none is not in it."""
    return {each.startup_id: each for each in list_confirmed(session, startup_ids, [code], first, last, as_of=as_of)}


class FigureSum(Struct):
    """A total with the figures behind it."""

    total: Decimal = Decimal(0)
    rows: list[ConfirmedFigure] = field(default_factory=list)


def sum_figures(
    session: Session, startup_ids: Collection[int], codes: Sequence[str], first: date | None, last: date, *,
    as_of: datetime | None = None,
) -> dict[int, FigureSum]:  # fmt: skip
    """By startup, the sum of the confirmed figures of all periods between two days, for indicators that add up.

    Of several codes the first one that has a figure in a calendar year counts for that year: the yearly revenue, else
    the quarters'. Nothing is counted twice.
    """
    rows = list_confirmed(session, startup_ids, codes, first, last, as_of=as_of)
    best: dict[tuple[int, int], str] = {}
    for each in rows:
        key = (each.startup_id, each.period.first.year)
        if key not in best or codes.index(each.code) < codes.index(best[key]):
            best[key] = each.code
    found: dict[int, FigureSum] = {}
    for each in rows:
        if best[(each.startup_id, each.period.first.year)] == each.code:
            total = found.setdefault(each.startup_id, FigureSum())
            total.total += each.value
            total.rows.append(each)
    return found

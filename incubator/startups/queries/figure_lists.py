"""Lists of sheets: a startup's own, a period of all startups, and what of it is confirmed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, aliased

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.core.clock import CHINA
from incubator.core.paging import PAGE_SIZE, Page
from incubator.startups.models import Figure, FigureSheet, FigureVersion, Startup
from incubator.startups.queries.figures import STATES, WITH_STARTUP, period_of_sheet, require_figures
from incubator.startups.rules.figures import days_late
from incubator.startups.rules.periods import Period


class SheetRow(Struct, frozen=True):
    """A sheet in a list: whose, which period, where it stands."""

    sheet: FigureSheet
    startup: Startup
    version: FigureVersion | None

    @property
    def period(self) -> Period:
        return period_of_sheet(self.sheet)

    @property
    def state(self) -> str:
        return "none" if self.version is None else self.version.state

    def late(self, today: date) -> int:
        """Days after its deadline: still with the startup today, or submitted then (by China's days)."""
        if self.version is not None and self.version.submitted_at is not None and self.state != "returned":
            return days_late(self.sheet.due_on, self.version.submitted_at.astimezone(CHINA).date())
        return days_late(self.sheet.due_on, today) if self.state in WITH_STARTUP else 0


def _newest() -> type[FigureVersion]:
    chosen = (
        select(FigureVersion)
        .ext(distinct_on(FigureVersion.sheet_id))
        .order_by(FigureVersion.sheet_id, FigureVersion.number.desc())
    )
    return aliased(FigureVersion, chosen.subquery())


def _state(version: type[FigureVersion]) -> ColumnElement[str]:
    return case(
        (version.id.is_(None), "none"), (version.confirmed_at.is_not(None), "confirmed"),
        (version.returned_at.is_not(None), "returned"), (version.submitted_at.is_not(None), "submitted"),
        else_="draft",
    )  # fmt: skip


def _rows(version: type[FigureVersion]) -> Select[FigureSheet, Startup, FigureVersion]:
    return (
        select(FigureSheet, Startup, version)
        .join(Startup, Startup.id == FigureSheet.startup_id)
        .outerjoin(version, version.sheet_id == FigureSheet.id)
    )


def list_own_sheets(session: Session, actor: Actor, startup_id: int, page: int = 1) -> Page[SheetRow]:
    """A page of a startup's sheets: those that are its turn first, then the newest period; two statements."""
    require_figures(actor, startup_id)
    version = _newest()
    total = session.execute(
        select(func.count()).select_from(FigureSheet).where(FigureSheet.startup_id == startup_id)
    ).scalar_one()
    rows = session.execute(
        _rows(version)
        .where(FigureSheet.startup_id == startup_id)
        .order_by(_state(version).not_in(WITH_STARTUP), FigureSheet.starts_on.desc(), FigureSheet.id)
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    ).all()
    return Page([SheetRow(*row) for row in rows], page, total)


def list_due(session: Session, startup_ids: Collection[int], most: int = 10) -> list[SheetRow]:
    """The sheets that some startups still have to submit, the most urgent first: for their homes; one statement."""
    version = _newest()
    rows = session.execute(
        _rows(version)
        .where(FigureSheet.startup_id.in_(startup_ids), _state(version).in_(WITH_STARTUP))
        .order_by(FigureSheet.due_on, FigureSheet.id)
        .limit(most)
    ).all()
    return [SheetRow(*row) for row in rows]


LATE = "late"


class Overview(Struct, frozen=True):
    """A period of all startups: a page of sheets, and how many stand where (and are late)."""

    page: Page[SheetRow]
    counts: dict[str, int]


def list_period(
    session: Session, actor: Actor, period: Period, today: date, *, state: str = "", search: str = "", page: int = 1
) -> Overview:
    """Who has come how far with a period: a page by state and name, the latest first; three statements."""
    actor.require(Action.SEE_FIGURES)
    version = _newest()
    wanted = [FigureSheet.rhythm == period.rhythm, FigureSheet.starts_on == period.first]
    if search.strip():
        columns = (Startup.code, Startup.name, Startup.name_en)
        wanted.append(or_(*(column.icontains(search.strip(), autoescape=True) for column in columns)))
    late = and_(_state(version).in_(WITH_STARTUP), FigureSheet.due_on < today)
    stands = (
        select(_state(version).label("state"), late.label("late"))
        .select_from(FigureSheet)
        .join(Startup, Startup.id == FigureSheet.startup_id)
        .outerjoin(version, version.sheet_id == FigureSheet.id)
        .where(*wanted)
        .subquery()
    )
    counted = select(stands.c.state, func.count(), func.count().filter(stands.c.late)).group_by(stands.c.state)
    counts, lates = dict.fromkeys(STATES, 0), 0
    for name, count, count_late in session.execute(counted):
        counts[name], lates = count, lates + count_late
    counts = {"": sum(counts.values()), **counts, LATE: lates}
    chosen = [*wanted, late] if state == LATE else [*wanted, _state(version) == state] if state in STATES else wanted
    page = min(page, Page([], 1, counts.get(state, counts[""])).pages)
    rows = session.execute(
        _rows(version).where(*chosen).order_by(Startup.code, FigureSheet.id).limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    ).all()  # fmt: skip
    return Overview(Page([SheetRow(*row) for row in rows], page, counts.get(state, counts[""])), counts)


def list_period_figures(
    session: Session, actor: Actor, period: Period, *, startup_ids: Collection[int] | None = None,
    only_confirmed: bool = False,
) -> list[tuple[SheetRow, dict[int, Figure]]]:  # fmt: skip
    """Every sheet of a period with its figures, by startup: the newest version that is submitted, or only what is
    confirmed. Two statements."""
    actor.require(Action.SEE_FIGURES)
    wanted = [FigureSheet.rhythm == period.rhythm, FigureSheet.starts_on == period.first]
    if startup_ids is not None:
        wanted.append(FigureSheet.startup_id.in_(startup_ids))
    which = [FigureVersion.confirmed_at.is_not(None)] if only_confirmed else []
    chosen = (
        select(FigureVersion)
        .join(FigureSheet, FigureSheet.id == FigureVersion.sheet_id)
        .where(*wanted, *which)
        .ext(distinct_on(FigureVersion.sheet_id))
        .order_by(FigureVersion.sheet_id, FigureVersion.number.desc())
    )
    version = aliased(FigureVersion, chosen.subquery())
    rows = [SheetRow(*row) for row in session.execute(
        _rows(version).where(*wanted, *([version.id.is_not(None)] if only_confirmed else [])).order_by(Startup.code)
    )]  # fmt: skip
    figures: dict[int, dict[int, Figure]] = {}
    ids = [row.version.id for row in rows if row.version is not None]
    for figure in session.execute(select(Figure).where(Figure.version_id.in_(ids))).scalars():
        figures.setdefault(figure.version_id, {})[figure.indicator_id] = figure
    return [(row, figures.get(row.version.id, {}) if row.version else {}) for row in rows]


def list_asked_periods(session: Session, actor: Actor, rhythm: str, most: int = 24) -> list[Period]:
    """The periods of a rhythm that somebody was asked for, the newest first."""
    actor.require(Action.SEE_FIGURES)
    rows = session.execute(
        select(FigureSheet.starts_on).where(FigureSheet.rhythm == rhythm).distinct()
        .order_by(FigureSheet.starts_on.desc()).limit(most)
    ).scalars()  # fmt: skip
    return [Period(rhythm, first) for first in rows]

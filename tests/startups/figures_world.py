"""Startups in residence that are asked for figures: what the tests of figures begin with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.spaces.operations import create_site
from incubator.startups.models import FigureSheet, FigureVersion, Indicator, Residency
from incubator.startups.operations.figure_sheets import open_due_sheets
from incubator.startups.operations.figures import Said, confirm_figures, save_figures, submit_figures
from incubator.startups.operations.indicators import adopt_defaults
from tests.cast import NOW, Cast

JULY = datetime(2026, 7, 1, 1, 0, tzinfo=UTC)
OCTOBER = datetime(2026, 10, 1, 1, 0, tzinfo=UTC)
"""09:00 in Shanghai on the first day after the second, and after the third quarter."""
DAY = timedelta(days=1)
PLAUSIBLE = {"employees": 20, "fresh_graduates": 3, "rd_staff": 8, "revenue": "1200.5", "total_cost": 900,
             "rd_spend": 300, "net_profit": 200, "tax": 60}  # fmt: skip
"""As typed: amounts in thousand yuan."""


@dataclass(frozen=True)
class World:
    """The cast, whose startups A and B are in residence at one site, and the indicators by code."""

    session: Session
    cast: Cast
    site_id: int
    indicators: Mapping[str, Indicator]

    def sheet(self, startup_id: int | None = None, starts_on: date = date(2026, 7, 1)) -> FigureSheet:
        return self.session.execute(
            select(FigureSheet).where(FigureSheet.startup_id == (startup_id or self.cast.startup_a),
                                      FigureSheet.starts_on == starts_on, FigureSheet.rhythm == "quarter")
        ).scalar_one()  # fmt: skip

    def said(self, values: Mapping[str, object], remarks: Mapping[str, str] | None = None) -> dict[int, Said]:
        """Values as typed: people, and thousand yuan."""
        found = {}
        for code, value in values.items():
            indicator = self.indicators[code]
            kept = None if value is None else Decimal(str(value)) * (100_000 if indicator.kind == "money" else 1)
            found[indicator.id] = Said(kept, (remarks or {}).get(code, ""))
        return found

    def submit(
        self, sheet: FigureSheet, values: Mapping[str, object] = PLAUSIBLE, *, actor: Actor | None = None,
        now: datetime = OCTOBER, remarks: Mapping[str, str] | None = None,
    ) -> FigureVersion:  # fmt: skip
        actor = actor or self.cast.founder_a
        save_figures(self.session, actor, now=now, sheet_id=sheet.id, said=self.said(values, remarks))
        return submit_figures(self.session, actor, now=now, sheet_id=sheet.id)

    def confirm(self, sheet: FigureSheet, values: Mapping[str, object] = PLAUSIBLE, **more: object) -> FigureVersion:
        version = self.submit(sheet, values, **more)  # type: ignore[arg-type] # as submit takes them
        return confirm_figures(self.session, self.cast.manager, now=OCTOBER, version_id=version.id)


def found_world(session: Session, cast: Cast) -> World:
    """Both startups move in on 1 May 2026; asked by the quarter since April."""
    site = create_site(session, cast.owner, now=NOW, code="NS", name="南山", name_en="Nanshan", hours=[],
                       open_from=date(2020, 1, 1))  # fmt: skip
    for number, startup_id in enumerate((cast.startup_a, cast.startup_b), start=1):
        session.add(Residency(startup_id=startup_id, site_id=site.id, number=f"R-{number}", starts_on=date(2026, 5, 1)))
    session.flush()
    adopt_defaults(session, cast.manager, now=JULY - 40 * DAY, today=date(2026, 5, 20))
    open_due_sheets(session, cast.system, now=JULY)
    open_due_sheets(session, cast.system, now=OCTOBER)
    indicators = {each.code: each for each in session.execute(select(Indicator)).scalars()}
    return World(session, cast, site.id, indicators)

"""What startups owe by which day, and how their operator reminds them of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date

from msgspec import Struct
from sqlalchemy import any_, select
from sqlalchemy.orm import Session

from incubator.billing.models import DunningSetting, DunningStep, Invoice, OpenItem
from incubator.billing.queries.instalments import open_parts
from incubator.billing.rules.dunning import DuePart, Owed, Step
from incubator.billing.rules.interest import Terms
from incubator.billing.rules.invoicing import invoice_number
from incubator.database import id_array


def overdue_of(
    session: Session, *, until: date, startup_ids: Collection[int] | None = None, site_id: int | None = None
) -> dict[int, Owed]:
    """What is open and due by a day, by startup, the part due first first; one statement."""
    wanted = [OpenItem.startup_id == any_(id_array(startup_ids))] if startup_ids is not None else []
    parts = open_parts(*wanted)
    due = [parts.c.due_on <= until, *([Invoice.site_id == site_id] if site_id is not None else [])]
    rows = session.execute(
        select(parts, Invoice.site_id, Invoice.series, Invoice.year, Invoice.number)
        .join(Invoice, Invoice.id == parts.c.invoice_id)
        .where(*due)
        .order_by(parts.c.due_on, parts.c.invoice_id)
    ).all()
    found: dict[int, list[DuePart]] = defaultdict(list)
    for startup_id, invoice_id, due_on, minor, site, series, year, number in rows:
        found[startup_id].append(DuePart(invoice_id, invoice_number(series, year, number), site, due_on, minor))
    return {startup_id: Owed(startup_id, tuple(each)) for startup_id, each in found.items()}


class Plan(Struct, frozen=True):
    """The settings of a day with their steps."""

    setting: DunningSetting
    steps: tuple[Step, ...]

    @property
    def active(self) -> bool:
        return self.setting.active

    @property
    def ahead_days(self) -> int:
        """How long before a due day the first reminder is."""
        return max((-step.after_days for step in self.steps if step.after_days <= 0), default=0)

    @property
    def terms(self) -> Terms:
        row = self.setting
        return Terms(row.valid_from, row.interest_basis, row.interest_rate, row.interest_from_day, row.interest_cap)


def get_plan(session: Session, on: date) -> Plan | None:
    """The settings that hold on a day: of one day the last entered. None where an operator never had any."""
    setting = session.execute(
        select(DunningSetting).where(DunningSetting.valid_from <= on)
        .order_by(DunningSetting.valid_from.desc(), DunningSetting.id.desc()).limit(1)
    ).scalar_one_or_none()  # fmt: skip
    return None if setting is None else _with_steps(session, [setting])[0]


def list_plans(session: Session, most: int = 50) -> list[Plan]:
    """All versions, the latest first."""
    rows = session.execute(
        select(DunningSetting).order_by(DunningSetting.valid_from.desc(), DunningSetting.id.desc()).limit(most)
    ).scalars()
    return _with_steps(session, list(rows))


def _with_steps(session: Session, settings: list[DunningSetting]) -> list[Plan]:
    rows = session.execute(
        select(DunningStep).where(DunningStep.setting_id.in_([each.id for each in settings])).order_by(DunningStep.line)
    ).scalars()
    steps: dict[int, list[Step]] = defaultdict(list)
    for row in rows:
        steps[row.setting_id].append(Step(row.after_days, row.measure, row.least_minor))
    return [Plan(each, tuple(sorted(steps[each.id]))) for each in settings]

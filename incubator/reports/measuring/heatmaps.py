"""One measure of one site, where and when: on the floor plan, by weekday and hour, and on a calendar."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from msgspec import Struct
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.core.errors import NotFound
from incubator.core.periods import Month
from incubator.reports.measuring.asking import ask
from incubator.reports.measuring.catalogue import MEASURES
from incubator.reports.measuring.choosing import Choice
from incubator.reports.measuring.heat import Scale
from incubator.reports.measuring.question import Amount, Key, Question
from incubator.spaces.models import Site
from incubator.spaces.plan_queries import PlacedUnit, ShownPlan, list_placed_units, list_plans, list_units_of_plans

CALENDAR_MONTHS = 12
LARGEST_LABEL, SMALLEST_LABEL, LETTER = 22, 9, 0.62


class HotUnit(Struct, frozen=True):
    """A unit on the plan with its figure; None: it is not measured."""

    placed: PlacedUnit
    amount: Amount | None
    shade: int | None

    @property
    def label_size(self) -> float:
        """How large its code can stand in it; 0: not at all."""
        _, _, width, height = self.placed.shape.box
        size = min(LARGEST_LABEL, height * 0.6, width / (LETTER * max(2, len(self.placed.unit.code))))
        return round(size, 1) if size >= SMALLEST_LABEL else 0


class HotCell(Struct, frozen=True):
    """A cell of a table; None: there is nothing to measure."""

    amount: Amount | None
    shade: int | None


class Maps(Struct, frozen=True):
    """All that the page shows. A map that the measure has no meaning in is None."""

    site: Site
    measure: str
    plans: list[ShownPlan]
    plan: ShownPlan | None
    units: list[HotUnit]
    unit_scale: Scale
    week: list[tuple[int, list[HotCell]]] | None
    """By hour, Monday to Sunday."""
    week_scale: Scale
    calendar: list[tuple[Month, list[HotCell]]] | None
    """By month, from the 1st to the 31st."""
    calendar_scale: Scale


def see_maps(session: Session, actor: Actor, sites: Sequence[Site], choice: Choice, plan_id: str | None) -> Maps:
    """The maps of the choice's first measure at its first site (or the operator's first); NotFound where it is none."""
    wanted = choice.site_ids[0] if choice.site_ids else sites[0].id
    site = next((each for each in sites if each.id == wanted), None)
    if site is None:
        raise NotFound
    measure = choice.measures[0]
    question = Question((measure,), choice.first.first, choice.last.last, ("unit",), site_ids=(site.id,))
    by_unit = {line.key[0]: line.amounts[measure] for line in ask(session, actor, question).lines}
    plans = list_plans(session, actor, site.id)
    measured = {unit for unit, amount in by_unit.items() if amount.share is not None}
    plan, placed = _choose_plan(session, plans, plan_id, measured)
    scale = Scale.of(amount.share for amount in by_unit.values())
    units = [HotUnit(each, amount, scale.shade(amount.share if amount else None))
             for each in placed for amount in (by_unit.get(each.unit.id),)]  # fmt: skip
    week, week_scale = _week(session, actor, choice, measure, site)
    calendar, calendar_scale = _calendar(session, actor, choice, measure, site)
    return Maps(site, measure, plans, plan, units, scale, week, week_scale, calendar, calendar_scale)


def _choose_plan(
    session: Session, plans: Sequence[ShownPlan], plan_id: str | None, measured: Collection[Key]
) -> tuple[ShownPlan | None, list[PlacedUnit]]:
    """The plan that is asked for with its units; else the first, from the lowest floor up, that has a measured one."""
    if not plans:
        return None, []
    asked = next((each for each in plans if str(each.id) == plan_id), None)
    if asked is not None:
        return asked, list(list_placed_units(session, asked.id))
    placed = list_units_of_plans(session, [each.id for each in plans])
    plan = next((each for each in plans if any(one.unit.id in measured for one in placed[each.id])), plans[0])
    return plan, placed[plan.id]


def _week(
    session: Session, actor: Actor, choice: Choice, measure: str, site: Site
) -> tuple[list[tuple[int, list[HotCell]]] | None, Scale]:
    if "hour" not in MEASURES[measure].dimensions:
        return None, Scale.of(())
    question = Question((measure,), choice.first.first, choice.last.last, ("weekday", "hour"), site_ids=(site.id,))
    found = {line.key: line.amounts[measure] for line in ask(session, actor, question).lines}
    scale = Scale.of(amount.share for amount in found.values())
    hours = sorted({int(key[1] or 0) for key in found})
    shown = range(hours[0], hours[-1] + 1) if hours else range(0)
    return [(hour, [_cell(scale, found.get((day, hour))) for day in range(1, 8)]) for hour in shown], scale


def _calendar(
    session: Session, actor: Actor, choice: Choice, measure: str, site: Site
) -> tuple[list[tuple[Month, list[HotCell]]] | None, Scale]:
    """The twelve months that end with the choice's last."""
    if "day" not in MEASURES[measure].dimensions:
        return None, Scale.of(())
    months = [choice.last - back for back in range(CALENDAR_MONTHS - 1, -1, -1)]
    question = Question((measure,), months[0].first, months[-1].last, ("day",), site_ids=(site.id,))
    found = {line.key[0]: line.amounts[measure] for line in ask(session, actor, question).lines}
    scale = Scale.of(amount.share for amount in found.values())
    return [
        (month, [_cell(scale, found.get(f"{month}-{day:02d}")) for day in range(1, 32)]) for month in months
    ], scale


def _cell(scale: Scale, amount: Amount | None) -> HotCell:
    return HotCell(amount, scale.shade(amount.share if amount else None))

"""Reads of meters and of what they showed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from itertools import pairwise

from msgspec import Struct
from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session, aliased

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.core.periods import Month
from incubator.pricing.models import Meter, MeterReading, Tariff, TariffItem
from incubator.pricing.queries.tariffs import last_day, list_tiers
from incubator.pricing.queries.taxes import load_taxes
from incubator.pricing.rules.metered import MeteredPrice, with_tax
from incubator.pricing.rules.readings import Reading, Segment, between
from incubator.pricing.rules.taxes import NO_TAXES
from incubator.spaces.models import Site, Unit

MOST_METERS = 500
"""Of a site, on the page on which all are typed."""
_Newer = aliased(MeterReading)


def current_readings() -> Select[MeterReading]:
    """The rows that hold: not superseded, not withdrawn."""
    newer = exists().where(_Newer.meter_id == MeterReading.meter_id, _Newer.supersedes_id == MeterReading.id)
    return select(MeterReading).where(~newer, MeterReading.kind != "withdrawn")


def readings_of(
    session: Session, meter_ids: Collection[int], *, until: date | None = None
) -> dict[int, list[Reading]]:  # fmt: skip
    """What holds of some meters' readings, in order of their days; one statement."""
    found: dict[int, list[Reading]] = {meter_id: [] for meter_id in meter_ids}
    if not found:
        return found
    query = current_readings().where(MeterReading.meter_id.in_(found)).order_by(MeterReading.read_on)
    if until is not None:
        query = query.where(MeterReading.read_on <= until)
    for row in session.execute(query).scalars():
        found[row.meter_id].append(as_reading(row))
    return found


def as_reading(row: MeterReading) -> Reading:
    """A row as the rules read it."""
    return Reading(row.id, row.read_on, row.reading, row.digits, row.factor, row.next_start)


def withdrawn_ids(session: Session, meter_ids: Collection[int]) -> dict[tuple[int, date], int]:
    """Of days whose reading was withdrawn: the row that a new one takes the place of."""
    newer = exists().where(_Newer.meter_id == MeterReading.meter_id, _Newer.supersedes_id == MeterReading.id)
    rows = session.execute(
        select(MeterReading.meter_id, MeterReading.read_on, MeterReading.id)
        .where(MeterReading.meter_id.in_(meter_ids), MeterReading.kind == "withdrawn", ~newer)
    )  # fmt: skip
    return {(meter_id, read_on): reading_id for meter_id, read_on, reading_id in rows}


def last_of_day(session: Session, meter_id: int, on: date) -> MeterReading | None:
    """The row at the end of a day's chain, withdrawn or not."""
    newer = exists().where(_Newer.meter_id == MeterReading.meter_id, _Newer.supersedes_id == MeterReading.id)
    return session.execute(
        select(MeterReading).where(MeterReading.meter_id == meter_id, MeterReading.read_on == on, ~newer)
    ).scalar_one_or_none()


def lock_meter(session: Session, actor: Actor, meter_id: int) -> Meter:
    """The meter, for who may enter its readings; nobody else enters one meanwhile."""
    get_meter(session, actor, meter_id)
    return session.execute(
        select(Meter).where(Meter.id == meter_id).with_for_update().execution_options(populate_existing=True)
    ).scalar_one()


def lock_meters(session: Session, site_id: int, meter_ids: Collection[int]) -> dict[int, Meter]:
    """Meters of a site in the order of their ids; NotFound where one is not there."""
    rows = session.execute(
        select(Meter)
        .where(Meter.site_id == site_id, Meter.id.in_(sorted(meter_ids)))
        .order_by(Meter.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalars()
    found = {meter.id: meter for meter in rows}
    if set(meter_ids) - set(found):
        raise NotFound(N_("There is no such meter."))
    return found


class MeterRow(Struct, frozen=True):
    """A meter with its place, its last reading and what it usually counts."""

    meter: Meter
    site: Site
    unit: Unit | None
    last: Reading | None = None
    before: Reading | None = None

    @property
    def used(self) -> Segment | None:
        """Between its last two readings."""
        return between(self.before, self.last) if self.before and self.last else None


def get_meter(session: Session, actor: Actor, meter_id: int) -> MeterRow:
    """A meter of the operator; NotFound otherwise."""
    actor.require(Action.SEE_PRICES)
    row = session.execute(_meters().where(Meter.id == meter_id)).one_or_none()
    if row is None:
        raise NotFound(N_("There is no such meter."))
    return MeterRow(*row)


def get_reading(session: Session, actor: Actor, reading_id: int) -> MeterReading:
    """One row of a meter's readings, also an old one; NotFound otherwise."""
    actor.require(Action.SEE_PRICES)
    row = session.execute(select(MeterReading).where(MeterReading.id == reading_id)).scalar_one_or_none()
    if row is None:
        raise NotFound(N_("There is no such reading."))
    return row


def list_meters(session: Session, actor: Actor, site_id: int, *, removed: bool = False) -> list[MeterRow]:
    """The meters of a site that are there (or those that are not any more) with their last two readings, by medium
    and unit; two statements."""
    actor.require(Action.SEE_PRICES)
    gone = Meter.removed_on.is_not(None) if removed else Meter.removed_on.is_(None)
    rows = session.execute(
        _meters()
        .where(Meter.site_id == site_id, gone)
        .order_by(Meter.medium, Unit.code.nulls_first(), Meter.number)
        .limit(MOST_METERS)
    ).all()
    newest = _newest(session, [row[0].id for row in rows])
    return [MeterRow(meter, site, unit, *newest.get(meter.id, (None, None))) for meter, site, unit in rows]


def _newest(session: Session, meter_ids: Sequence[int]) -> dict[int, tuple[Reading | None, Reading | None]]:
    inner = current_readings().where(MeterReading.meter_id.in_(meter_ids)).add_columns(
        func.row_number().over(partition_by=MeterReading.meter_id, order_by=MeterReading.read_on.desc()).label("place")
    ).subquery()  # fmt: skip
    row = aliased(MeterReading, inner)
    found: dict[int, list[Reading]] = defaultdict(list)
    for each in session.execute(select(row).where(inner.c.place <= 2).order_by(row.read_on.desc())).scalars():
        found[each.meter_id].append(as_reading(each))
    return {meter_id: (two[0], two[1] if len(two) > 1 else None) for meter_id, two in found.items()}


def count_meters(session: Session, actor: Actor) -> dict[int, int]:
    """How many meters each site has that are there; one statement."""
    actor.require(Action.SEE_PRICES)
    rows = session.execute(
        select(Meter.site_id, func.count()).where(Meter.removed_on.is_(None)).group_by(Meter.site_id)
    ).all()
    return {row[0]: row[1] for row in rows}


class HistoryRow(Struct, frozen=True):
    """A row of a meter's readings: whether it holds, who entered it, and what was used since the one before."""

    reading: MeterReading
    by: str | None
    holds: bool
    used: Segment | None


def list_history(session: Session, actor: Actor, meter_id: int, page: int = 1) -> Page[HistoryRow]:
    """A page of everything that was entered for a meter, the latest day first; three statements."""
    actor.require(Action.SEE_PRICES)
    total = session.execute(
        select(func.count()).select_from(MeterReading).where(MeterReading.meter_id == meter_id)
    ).scalar_one()
    rows = session.execute(
        select(MeterReading, Person.name)
        .outerjoin(Person, Person.id == MeterReading.created_by)
        .where(MeterReading.meter_id == meter_id)
        .order_by(MeterReading.read_on.desc(), MeterReading.id.desc())
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    ).all()
    holding = readings_of(session, [meter_id])[meter_id]
    used = {after.reading_id: between(before, after) for before, after in pairwise(holding)}
    ids = {each.reading_id for each in holding}
    found = [HistoryRow(row, by, row.id in ids, used.get(row.id)) for row, by in rows]
    return Page(found, page, total)


class Metered(Struct, frozen=True):
    """A meter with all that its months are made of."""

    meter: Meter
    unit_code: str
    readings: tuple[Reading, ...]
    prices: tuple[MeteredPrice, ...]

    def is_expected_in(self, month: Month) -> bool:
        """Whether a reading of the month is expected: it was there on one of its days, and not only just put in."""
        meter = self.meter
        return meter.installed_on < month.last and (meter.removed_on is None or meter.removed_on >= month.first)


def list_metered(session: Session, site_ids: Collection[int], until: date) -> list[Metered]:
    """Every meter of some sites with its readings up to a day, and the prices of what it counts; four statements,
    however many meters there are."""
    rows = session.execute(
        select(Meter, Unit.code)
        .outerjoin(Unit, Unit.id == Meter.unit_id)
        .where(Meter.site_id.in_(site_ids), Meter.installed_on <= until)
        .order_by(Meter.medium, Unit.code.nulls_first(), Meter.id)
    ).all()
    if not rows:
        return []
    readings = readings_of(session, [meter.id for meter, _ in rows], until=until)
    prices = list_metered_prices(session, site_ids)
    return [
        Metered(meter, code or "", tuple(readings[meter.id]), tuple(prices.get((meter.site_id, meter.medium), ())))
        for meter, code in rows
    ]


def list_metered_prices(session: Session, site_ids: Collection[int]) -> dict[tuple[int, str], list[MeteredPrice]]:
    """By site and medium the metered prices of all tariffs, with VAT; two statements, and two more where one of them is
    without."""
    rows = session.execute(
        select(TariffItem, Tariff)
        .join(Tariff, Tariff.id == TariffItem.tariff_id)
        .where(Tariff.site_id.in_(site_ids), TariffItem.basis == "metered")
        .order_by(func.lower(Tariff.valid))
    ).all()
    tiers = list_tiers(session, [item.id for item, _ in rows])
    taxes = NO_TAXES if all(tariff.tax_included for _, tariff in rows) else load_taxes(session)
    found: dict[tuple[int, str], list[MeteredPrice]] = defaultdict(list)
    for item, tariff in rows:
        assert item.medium is not None, "of a metered price"
        above = tuple((tier.above, tier.unit_price) for tier in tiers[item.id])
        price = MeteredPrice(item.id, item.medium, item.unit_price, tariff.valid.lower or date.min,
                             last_day(tariff.valid), above, item.currency, tariff.name)  # fmt: skip
        found[tariff.site_id, item.medium] += [price] if tariff.tax_included else with_tax(price, taxes)
    return found


def _meters() -> Select[Meter, Site, Unit]:
    return (
        select(Meter, Site, Unit)
        .join(Site, Site.id == Meter.site_id)
        .outerjoin(Unit, Unit.id == Meter.unit_id)
    )  # fmt: skip


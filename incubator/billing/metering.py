"""From meters to charges: what is pulled of them for a month, and what can't be charged and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from msgspec import Struct
from sqlalchemy import Numeric, cast, func, select
from sqlalchemy.orm import Session

from incubator.billing.models import Charge
from incubator.billing.queries.runs import TAKEN_BACK
from incubator.billing.rules.invoicing import ChargeDraft
from incubator.core.periods import Month, overlap_days
from incubator.pricing.models import Meter
from incubator.pricing.queries.meters import Metered, list_metered
from incubator.pricing.rules.chains import NOTHING, Chain, Charged, Difference, chain_of
from incubator.pricing.rules.metered import MeterMonth, Stay, average_price, price_meter
from incubator.pricing.rules.readings import A_DAY, plain
from incubator.startups.queries.occupants import Occupancy, list_occupants

METER = "meter"


class MeterGap(Struct, frozen=True):
    """What finance should know of a meter's month: no reading, no price, split by days, begun again at 0, or
    corrected after it was charged."""

    kind: str
    meter: Meter
    unit: str
    startup_ids: tuple[int, ...]
    """Whom it concerns; none: the site, because the meter is shared."""
    since: date | None = None
    until: date | None = None
    quantity: Decimal = NOTHING
    """What earlier months were charged too little; below zero: too much."""


class MeterGround(Struct, frozen=True):
    """All that months of meters are made of, read at once for some sites."""

    meters: Sequence[Metered]
    occupants: Mapping[int, Occupancy]
    charged: Mapping[int, Sequence[Charged]]


def survey_meters(session: Session, site_ids: Collection[int], until: date) -> MeterGround:
    """Meters, readings, prices, who was where, and what is charged already: seven statements, however many meters
    and sites there are; one where there is no meter."""
    meters = list_metered(session, site_ids, until)
    if not meters:
        return MeterGround((), {}, {})
    first = min((each.readings[0].read_on for each in meters if each.readings), default=until)
    heads = any(each.meter.shared_by == "headcount" for each in meters)
    occupants = list_occupants(session, {each.meter.site_id for each in meters}, first, until, heads=heads)
    return MeterGround(meters, occupants, _list_charged(session, [each.meter.id for each in meters]))


def charge_meters(ground: MeterGround, site_id: int, month: Month) -> tuple[list[ChargeDraft], list[MeterGap]]:
    """The month's charges of each meter of a site, and what is to be looked at.

    A charge is computed as if the month were not posted yet; what other months are charged for is left out.
    """
    charges: list[ChargeDraft] = []
    gaps: list[MeterGap] = []
    for each in ground.meters:
        if each.meter.site_id != site_id:
            continue
        stays = _stays(each, ground.occupants[site_id])
        chain = chain_of(each.readings, month, ground.charged.get(each.meter.id, ()))
        carried = chain.carried if _is_theirs(each, stays, chain) else NOTHING
        dropped = chain.carried - carried
        found = price_meter(chain.readings, each.prices, stays, is_shared=each.meter.unit_id is None, carried=carried)
        gaps += _gaps(each, stays, found, month, dropped)
        if found is not None:
            charges += _charges(each, found, dropped, chain.differences if carried else ())
    return charges, gaps


def _is_theirs(metered: Metered, stays: Sequence[Stay], chain: Chain) -> bool:
    """Whether who has the unit now was charged for it before: nobody pays, or is given, what another has used."""
    if metered.meter.unit_id is None or len(chain.readings) < 2:
        return True
    first, last = chain.readings[0].read_on + A_DAY, chain.readings[-1].read_on
    return {each.startup_id for each in stays if overlap_days(first, last, each.first, each.last)} <= chain.startup_ids


def _charges(
    metered: Metered, found: MeterMonth, dropped: Decimal, made_up: Sequence[Difference]
) -> list[ChargeDraft]:  # fmt: skip
    meter = metered.meter
    description = {"meter": meter.number, "medium": meter.medium, "unit": metered.unit_code, "place": meter.place}
    more: dict[str, Any] = {"shared_by": meter.shared_by} if meter.shared_by else {}
    more |= {"dropped": plain(dropped)} if dropped else {}
    more |= {"differences": [each.as_data() for each in made_up]} if made_up else {}
    return [
        ChargeDraft(
            share.startup_id, "utilities", METER, meter.id, meter.unit_id, None, share.first, share.last,
            share.quantity, "metered", average_price(share), share.gross_minor, found.currency,
            found.as_data() | more | {"quantity": format(share.quantity, "f"), "gross_minor": share.gross_minor,
                                      "stretches": [each.as_data() for each in share.stretches]},
            description,
        )
        for share in found.shares
    ]  # fmt: skip


def _gaps(
    metered: Metered, stays: Sequence[Stay], found: MeterMonth | None, month: Month, dropped: Decimal
) -> list[MeterGap]:
    meter, unit = metered.meter, metered.unit_code
    here = sorted({each.startup_id for each in stays
                   if each.first <= month.last and (each.last is None or each.last >= month.first)})  # fmt: skip
    concerned = () if meter.unit_id is None else tuple(here)
    if not here:
        return []
    is_read = any(month.first <= each.read_on <= month.last for each in metered.readings)
    if not is_read:
        return [MeterGap("no_reading", meter, unit, concerned)] if metered.is_expected_in(month) else []
    if found is None:
        return []
    if found.unpriced is not None:
        return [MeterGap("no_price", meter, unit, concerned, *found.unpriced)]
    gaps = []
    for kind, quantity in (("carried", found.carried), ("dropped", dropped)):
        if quantity:
            gaps.append(MeterGap(kind, meter, unit, concerned, found.since, found.until, quantity))
    if found.is_estimated:
        gaps.append(MeterGap("estimated", meter, unit, concerned, found.since, found.until))
    if found.rolled_over:
        gaps.append(MeterGap("rolled_over", meter, unit, concerned, found.since, found.until))
    return gaps


def _stays(metered: Metered, occupancy: Occupancy) -> Sequence[Stay]:
    meter = metered.meter
    if meter.unit_id is not None:
        return [Stay(each.startup_id, each.first, each.last) for each in occupancy.of_unit(meter.unit_id)]
    if meter.shared_by == "headcount":
        return [Stay(each.startup_id, each.first, each.last, Decimal(each.heads)) for each in occupancy.heads]
    return [Stay(each.startup_id, each.first, each.last, each.area_m2) for each in occupancy.units]


def _list_charged(session: Session, meter_ids: Sequence[int]) -> dict[int, list[Charged]]:
    """By meter the months that are on invoices, with the days that they stand for and what was charged of them."""
    kept = Charge.derivation
    rows = session.execute(
        select(
            Charge.source_id, Charge.month, func.min(kept["since"].astext), func.max(kept["until"].astext),
            func.max(cast(kept["consumption"].astext, Numeric)), func.max(cast(kept["dropped"].astext, Numeric)),
            func.array_agg(Charge.startup_id),
        )
        .where(Charge.source_kind == METER, Charge.source_id.in_(meter_ids), ~TAKEN_BACK)
        .group_by(Charge.source_id, Charge.month)
    ).all()  # fmt: skip
    found: dict[int, list[Charged]] = defaultdict(list)
    for meter_id, month, since, until, quantity, dropped, startup_ids in rows:
        days = date.fromisoformat(since), date.fromisoformat(until)
        found[meter_id].append(
            Charged(Month.of(month), *days, quantity, dropped or NOTHING, frozenset(startup_ids))
        )  # fmt: skip
    return found

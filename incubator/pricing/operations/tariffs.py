"""Setting prices."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, Refusal
from incubator.pricing.models import BASES, CHARGE_KINDS, MEDIA, Tariff, TariffItem, TariffTier
from incubator.pricing.rules.compositions import BOOKING_BASES, USUAL_WINDOWS, Windows
from incubator.pricing.rules.proposals import NOTHING_PROPOSED, Proposals, check_proposals
from incubator.pricing.rules.tariffs import check_day, check_price
from incubator.spaces.models import RESOURCE_KINDS, UNIT_KINDS, Resource, Site

MOST_ABOVE = Decimal(10_000_000)
"""Kilowatt hours or the like, above which no tier begins."""


class TariffLine(Struct, frozen=True):
    """One price of a new tariff: for a kind of unit, a kind of resource, one resource, or what meters count."""

    charge_kind: str
    basis: str
    unit_price: Decimal
    unit_kind: str | None = None
    resource_kind: str | None = None
    resource: Resource | None = None
    medium: str | None = None
    tiers: tuple[tuple[Decimal, Decimal], ...] = ()
    """Of a metered price: (above so much a month, price) in ascending order; below the first, `unit_price`."""
    outside: bool = False
    minimum: Decimal | None = None
    round_minutes: int | None = None

    @property
    def subject(self) -> tuple[str, object]:
        """What it prices, for telling two lines apart."""
        named = self.unit_kind or self.resource_kind or self.medium
        kind = f"{self.charge_kind} {self.basis} {self.outside}" if self.charge_kind == "booking" else self.charge_kind
        return kind, named or (self.resource and self.resource.id)


def create_tariff(
    session: Session,
    actor: Actor,
    *,
    now: datetime,
    site: Site,
    name: str,
    valid_from: date,
    items: Sequence[TariffLine],
    valid_until: date | None = None,
    windows: Windows = USUAL_WINDOWS,
    proposals: Proposals = NOTHING_PROPOSED,
) -> Tariff:
    """A new price list from `valid_from` on (until a last day, inclusive), with what it proposes to agreements.

    The tariff before it ends the day before: one from 2025-01-01 on and a new one from 2027-01-01 make the first
    end on 2026-12-31. What was agreed or booked under that one keeps its price.
    """
    actor.require(Action.MANAGE_PRICES)
    name = name.strip()
    if not name:
        raise Refusal(N_("Give the tariff a name."), field="name")
    check_day(valid_from, "valid_from")
    check_day(valid_until, "valid_until")
    if valid_until is not None and valid_until < valid_from:
        raise Refusal(N_("The end must come after the start."), field="valid_until")
    if not items:
        raise Refusal(N_("A tariff has at least one price."), field="items")
    _check_lines(items, site)
    _check_windows(windows)
    check_proposals(proposals)
    _end_the_one_before(session, site, valid_from, valid_until, name)
    until = None if valid_until is None else valid_until + timedelta(days=1)
    tariff = Tariff(site_id=site.id, name=name, valid=Range(valid_from, until), created_at=now,
                    half_day_minutes=windows.half_day_minutes, night_from_minute=windows.night_from,
                    night_until_minute=windows.night_until, **asdict(proposals))  # fmt: skip
    session.add(tariff)
    session.flush()
    _add_items(session, tariff, items)
    prices = [[line.charge_kind, line.basis, str(line.subject[1]), line.unit_price, *map(list, line.tiers)]
              for line in items]  # fmt: skip
    after = {"site": site.code, "name": name, "valid_from": valid_from, "valid_until": valid_until, "prices": prices}
    after |= {name: value for name, value in asdict(proposals).items() if value is not None}
    record(session, actor, "create_tariff", ("tariffs", tariff.id), now=now, after=after)
    return tariff


def _add_items(session: Session, tariff: Tariff, lines: Sequence[TariffLine]) -> None:
    items = [
        TariffItem(
            tariff_id=tariff.id, charge_kind=line.charge_kind, basis=line.basis, unit_kind=line.unit_kind,
            resource_kind=line.resource_kind, resource_id=line.resource.id if line.resource else None,
            medium=line.medium, unit_price=line.unit_price, outside=line.outside, minimum=line.minimum,
            round_minutes=line.round_minutes,
        )
        for line in lines
    ]  # fmt: skip
    session.add_all(items)
    session.flush()
    session.add_all(
        TariffTier(tariff_item_id=item.id, above=above, unit_price=price)
        for item, line in zip(items, lines, strict=True)
        for above, price in line.tiers
    )
    session.flush()


def _end_the_one_before(session: Session, site: Site, valid_from: date, valid_until: date | None, name: str) -> None:
    session.execute(select(Site.id).where(Site.id == site.id).with_for_update(key_share=True))
    others = select(Tariff).where(Tariff.site_id == site.id).execution_options(populate_existing=True)
    for other in session.execute(others).scalars():
        first, after = other.valid.lower, other.valid.upper
        if other.name == name:
            raise Conflict(N_("This site has a tariff %(name)s already."), field="name", name=name)
        if first is not None and first >= valid_from and (valid_until is None or first <= valid_until):
            raise Conflict(N_("The tariff %(name)s begins on %(day)s already; begin later, or end before it."),
                           field="valid_from", name=other.name, day=first)  # fmt: skip
        if (first is None or first < valid_from) and (after is None or after > valid_from):
            other.valid = Range(first, valid_from)
    session.flush()


def _check_lines(items: Sequence[TariffLine], site: Site) -> None:
    seen = set()
    for line in items:
        known = line.charge_kind in CHARGE_KINDS and line.basis in BASES
        fits = (line.charge_kind == "booking") == (line.basis in BOOKING_BASES)
        if not known or not fits or (line.charge_kind == "utilities") != (line.basis == "metered"):
            raise Refusal(N_("%(kind)s by %(basis)s is not a price."), field="items", kind=line.charge_kind,
                          basis=line.basis)  # fmt: skip
        check_price(line.unit_price, "items")
        _check_of_bookings(line)
        if line.unit_kind not in (None, *UNIT_KINDS) or line.resource_kind not in (None, *RESOURCE_KINDS):
            raise Refusal(N_("A price is for a kind of unit, a kind of resource, or one resource."), field="items")
        if line.medium not in (None, *MEDIA) or (line.charge_kind == "utilities") != (line.medium is not None):
            raise Refusal(N_("A metered price is for what a meter counts."), field="items")
        is_of_resources = line.resource_kind is not None or line.resource is not None
        if (line.charge_kind == "booking") != is_of_resources or line.subject[1] is None:
            raise Refusal(N_("A price is for a kind of unit, a kind of resource, or one resource."), field="items")
        _check_tiers(line)
        if line.resource is not None and line.resource.site_id != site.id:
            raise Refusal(N_("A tariff prices what is at its own site."), field="items")
        if line.subject in seen:
            raise Refusal(N_("Two lines price the same thing."), field="items")
        seen.add(line.subject)


def _check_tiers(line: TariffLine) -> None:
    if line.tiers and line.charge_kind != "utilities":
        raise Refusal(N_("Only what meters count is priced in tiers."), field="items")
    before = Decimal(0)
    for above, price in line.tiers:
        check_price(price, "items")
        if not before < above <= MOST_ABOVE or above != round(above, 3):
            raise Refusal(N_("Each tier begins above the one before it."), field="items")
        before = above


def _check_of_bookings(line: TariffLine) -> None:
    if line.charge_kind != "booking" and (line.outside or line.minimum is not None or line.round_minutes is not None):
        raise Refusal(N_("Only bookings have a minimum, steps of time, and prices of outsiders."), field="items")
    if line.minimum is not None:
        check_price(line.minimum, "items")
    if line.round_minutes is not None and not 1 <= line.round_minutes <= 1440:
        raise Refusal(N_("Time is rounded up to from 1 to 1,440 minutes."), field="items")


def _check_windows(windows: Windows) -> None:
    if not 60 <= windows.half_day_minutes <= 720:
        raise Refusal(N_("Half a day has from 1 to 12 hours."), field="half_day_hours")
    if not 720 <= windows.night_from < 1440 or not 0 < windows.night_until <= 720:
        raise Refusal(N_("A night begins after noon and ends before the next noon."), field="night_from")

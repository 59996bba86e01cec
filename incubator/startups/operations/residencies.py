"""Residencies: incubation agreements, and the units they hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import cast, func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Operator
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, Refusal
from incubator.core.periods import local_instant
from incubator.pricing.queries import get_proposals
from incubator.pricing.rules import check_day, check_price
from incubator.pricing.rules.proposals import check_proration
from incubator.pricing.rules.proration import CALENDAR_DAYS
from incubator.spaces.models import Site, Unit
from incubator.spaces.operations.ledger import allocate, release
from incubator.startups.models import Residency, ResidencyPrice, Startup, UnitHold
from incubator.startups.operations.holds import use_hold
from incubator.startups.rules.schedule import AS_IT_IS, Schedule, Span, check_schedule, make_spans

NUMBER_KEY = "residencies_operator_id_number_key"
MOST_DEPOSIT_MINOR = 10**12
MOST_NOTICE_DAYS = 730


class UnitTerms(Struct, frozen=True):
    """A unit of an agreement: its rent and a service fee by m² or by unit, and a property fee per m², in yuan a
    month."""

    unit: Unit
    rent_basis: str
    rent: Decimal
    property_fee: Decimal | None = None
    service_fee: Decimal | None = None
    service_basis: str = "unit_month"

    @property
    def service(self) -> tuple[str, Decimal] | None:
        """What the service fee is by, and how much it is."""
        return None if self.service_fee is None else (self.service_basis, self.service_fee)


def sign_residency(
    session: Session,
    actor: Actor,
    *,
    now: datetime,
    startup: Startup,
    site: Site,
    starts_on: date,
    units: Sequence[UnitTerms],
    ends_on: date | None = None,
    number: str | None = None,
    signed_on: date | None = None,
    schedule: Schedule = AS_IT_IS,
    deposit_minor: int | None = None,
    notice_days: int | None = None,
    hold: UnitHold | None = None,
    tax_included: bool | None = None,
    proration: str | None = None,
) -> Residency:
    """An agreement from `starts_on` to `ends_on` (inclusive; None: open-ended) for units at agreed prices.

    The units are taken from local midnight of the first day to local midnight after the last; the ledger refuses
    what another holds. What `hold` kept goes over to it, in the same transaction. The schedule's rent-free times and
    steps hold for every unit. Without a number it gets the next of R-<year>-0001; the rule for parts of a month, and
    whether prices are with VAT, are those of the site's tariff on its first day unless they are given.
    """
    actor.require(Action.MANAGE_RESIDENCIES)
    for field, day in (("starts_on", starts_on), ("ends_on", ends_on), ("signed_on", signed_on)):
        check_day(day, field)
    if ends_on is not None and ends_on < starts_on:
        raise Refusal(N_("The last day must not come before the first."), field="ends_on")
    if not units:
        raise Refusal(N_("An agreement is for at least one unit."), field="units")
    for terms in units:
        check_terms(terms, site, starts_on, ends_on)
    if len({terms.unit.id for terms in units}) != len(units):
        raise Refusal(N_("One unit stands in the agreement twice."), field="units")
    check_schedule(schedule, starts_on, ends_on)
    check_facts(deposit_minor, notice_days)
    proposed = get_proposals(session, site.id, starts_on)
    proration = proration or proposed.proration
    check_proration(proration)
    number = (number or "").strip() or _next_number(session, starts_on.year)
    residency = _insert(session, Residency(
        startup_id=startup.id, site_id=site.id, number=number, starts_on=starts_on, ends_on=ends_on,
        signed_on=signed_on, deposit_minor=deposit_minor, notice_days=notice_days, proration=proration,
        tax_included=proposed.tax_included if tax_included is None else tax_included,
        created_at=now, created_by=actor.person_id,
    ))  # fmt: skip
    zone = ZoneInfo(site.zone)
    start = local_instant(starts_on, 0, zone)
    if hold is not None:
        use_hold(session, actor, now=now, hold=hold, residency=residency, units=[terms.unit for terms in units],
                 start=start)  # fmt: skip
    allocate(
        session, actor, now=now, holder=("residency", residency.id), units=[terms.unit for terms in units],
        start=start,
        end=None if ends_on is None else local_instant(ends_on + timedelta(days=1), 0, zone),
    )  # fmt: skip
    for terms in units:
        add_prices(session, residency, terms.unit, spans_of(terms, schedule, starts_on, ends_on))
    after: dict[str, object] = {
        "number": number, "startup": startup.code, "site": site.code, "starts_on": starts_on, "ends_on": ends_on,
        "units": [[terms.unit.code, terms.rent_basis, terms.rent, terms.property_fee, *(terms.service or ())]
                  for terms in units],
    }  # fmt: skip
    agreed = {"deposit_minor": deposit_minor, "notice_days": notice_days,
              "rent_free": [[each.first, each.last] for each in schedule.free],
              "proration": proration if proration != CALENDAR_DAYS else None}  # fmt: skip
    after |= {name: value for name, value in agreed.items() if value}
    if not residency.tax_included:
        after["tax_included"] = False
    record(session, actor, "sign_residency", ("residencies", residency.id), now=now, after=after)
    return residency


def end_residency(
    session: Session, actor: Actor, *, now: datetime, residency: Residency, ends_on: date, reason: str
) -> Residency:
    """End an agreement on a day before its term; its units are free from the next local midnight.

    One of 1 August, ended on 15 October, holds its units until 16 October 00:00 at the site; October costs 15/31.
    """
    actor.require(Action.MANAGE_RESIDENCIES)
    session.refresh(residency, with_for_update=True)
    if not reason.strip():
        raise Refusal(N_("Say why, so that others understand."), field="reason")
    check_day(ends_on, "ends_on")
    if ends_on < residency.starts_on:
        raise Refusal(N_("The last day must not come before the first."), field="ends_on")
    if residency.ends_on is not None and ends_on >= residency.ends_on:
        raise Refusal(N_("The agreement ends on %(day)s anyway."), field="ends_on", day=residency.ends_on)
    zone = session.execute(select(Site.zone).where(Site.id == residency.site_id)).scalar_one()
    before = {"ends_on": residency.ends_on}
    residency.ends_on, residency.ended_at, residency.end_reason = ends_on, now, reason.strip()
    release(
        session, actor, now=now, holder=("residency", residency.id), reason=reason.strip(),
        at=local_instant(ends_on + timedelta(days=1), 0, ZoneInfo(zone)),
    )  # fmt: skip
    after = {"ends_on": ends_on, "reason": residency.end_reason}
    record(session, actor, "end_residency", ("residencies", residency.id), now=now, before=before, after=after)
    return residency


def _insert(session: Session, residency: Residency) -> Residency:
    number = residency.number
    savepoint = session.begin_nested()
    try:
        session.add(residency)
        session.flush()
        savepoint.commit()
    except IntegrityError as error:
        savepoint.rollback()
        if getattr(getattr(error.orig, "diag", None), "constraint_name", None) == NUMBER_KEY:
            raise Conflict(N_("There is an agreement %(number)s already."), field="number", number=number) from error
        raise
    return residency


def check_terms(terms: UnitTerms, site: Site, starts_on: date, ends_on: date | None) -> None:
    """Refusal of a price that can't be meant, and of a unit that is elsewhere or out of service during the term."""
    if terms.rent_basis not in ("m2_month", "unit_month"):
        raise Refusal(N_("A rent is by m² and month, or by unit and month."), field="units")
    if terms.service_basis not in ("m2_month", "unit_month"):
        raise Refusal(N_("A service fee is by m² and month, or by unit and month."), field="units")
    check_price(terms.rent, "units")
    for fee in (terms.property_fee, terms.service_fee):
        if fee is not None:
            check_price(fee, "units")
    check_unit(terms.unit, site, starts_on, ends_on)


def check_unit(unit: Unit, site: Site, starts_on: date, ends_on: date | None) -> None:
    """Refusal of a unit that is elsewhere, or not in service all that time."""
    if unit.site_id != site.id:
        raise Refusal(N_("%(unit)s is not at this site."), field="units", unit=unit.code)
    first, after = unit.in_service.lower, unit.in_service.upper
    if (first is not None and starts_on < first) or (after is not None and (ends_on is None or ends_on >= after)):
        raise Refusal(N_("%(unit)s is not in service during the whole term."), field="units", unit=unit.code)


def check_facts(deposit_minor: int | None, notice_days: int | None) -> None:
    """Refusal of a deposit or a notice that nobody means."""
    if deposit_minor is not None and not 0 <= deposit_minor <= MOST_DEPOSIT_MINOR:
        raise Refusal(N_("This is no deposit that can be meant."), field="deposit")
    if notice_days is not None and not 0 <= notice_days <= MOST_NOTICE_DAYS:
        raise Refusal(N_("Give a number of days from 0 to %(most)s."), field="notice_days", most=MOST_NOTICE_DAYS)


def spans_of(terms: UnitTerms, schedule: Schedule, first: date, last: date | None) -> list[Span]:
    """A unit's prices from a day on."""
    return make_spans(basis=terms.rent_basis, rent=terms.rent, fee=terms.property_fee, schedule=schedule, first=first,
                      last=last, service=terms.service)  # fmt: skip


def add_prices(session: Session, residency: Residency, unit: Unit, spans: Iterable[Span]) -> None:
    """Write prices as rows."""
    session.add_all(
        ResidencyPrice(
            residency_id=residency.id, unit_id=unit.id, charge_kind=span.charge_kind, basis=span.basis,
            unit_price=span.unit_price, days=Range(span.first, span.after), reason=span.reason,
        )
        for span in spans
    )  # fmt: skip


def _next_number(session: Session, year: int) -> str:
    session.execute(select(Operator.operator_id).with_for_update(key_share=True))
    digits = func.substring(Residency.number, f"^R-{year}-([0-9]{{1,9}})$")
    last = session.execute(select(func.max(cast(digits, Residency.id.type)))).scalar()
    return f"R-{year}-{(last or 0) + 1:04}"

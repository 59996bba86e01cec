"""Residencies: incubation agreements, and the units they hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import cast, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Operator
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, Refusal
from incubator.core.periods import local_instant
from incubator.pricing.rules import check_day, check_price
from incubator.spaces.models import Site, Unit
from incubator.spaces.operations.ledger import allocate, release
from incubator.startups.models import Residency, ResidencyPrice, Startup

NUMBER_KEY = "residencies_operator_id_number_key"


@dataclass(frozen=True, slots=True)
class UnitTerms:
    """A unit of an agreement: its rent by m² or by unit, and a property fee per m², in yuan a month, tax included."""

    unit: Unit
    rent_basis: str
    rent: Decimal
    property_fee: Decimal | None = None


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
) -> Residency:
    """An agreement from `starts_on` to `ends_on` (inclusive; None: open-ended) for units at agreed prices.

    The units are taken from local midnight of the first day to local midnight after the last; the ledger refuses
    what another holds. Without a number it gets the next of R-<year>-0001.
    """
    actor.require(Action.MANAGE_RESIDENCIES)
    for field, day in (("starts_on", starts_on), ("ends_on", ends_on), ("signed_on", signed_on)):
        check_day(day, field)
    if ends_on is not None and ends_on < starts_on:
        raise Refusal(N_("The last day must not come before the first."), field="ends_on")
    if not units:
        raise Refusal(N_("An agreement is for at least one unit."), field="units")
    for terms in units:
        _check_terms(terms, site, starts_on, ends_on)
    if len({terms.unit.id for terms in units}) != len(units):
        raise Refusal(N_("One unit stands in the agreement twice."), field="units")
    number = (number or "").strip() or _next_number(session, starts_on.year)
    residency = _insert(session, Residency(
        startup_id=startup.id, site_id=site.id, number=number, starts_on=starts_on, ends_on=ends_on,
        signed_on=signed_on, created_at=now, created_by=actor.person_id,
    ))  # fmt: skip
    zone = ZoneInfo(site.zone)
    allocate(
        session, actor, now=now, holder=("residency", residency.id), units=[terms.unit for terms in units],
        start=local_instant(starts_on, 0, zone),
        end=None if ends_on is None else local_instant(ends_on + timedelta(days=1), 0, zone),
    )  # fmt: skip
    session.add_all(_prices(residency, units))
    after = {
        "number": number, "startup": startup.code, "site": site.code, "starts_on": starts_on, "ends_on": ends_on,
        "units": [[terms.unit.code, terms.rent_basis, terms.rent, terms.property_fee] for terms in units],
    }  # fmt: skip
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


def _check_terms(terms: UnitTerms, site: Site, starts_on: date, ends_on: date | None) -> None:
    if terms.unit.site_id != site.id:
        raise Refusal(N_("%(unit)s is not at this site."), field="units", unit=terms.unit.code)
    if terms.rent_basis not in ("m2_month", "unit_month"):
        raise Refusal(N_("A rent is by m² and month, or by unit and month."), field="units")
    check_price(terms.rent, "units")
    if terms.property_fee is not None:
        check_price(terms.property_fee, "units")
    first, after = terms.unit.in_service.lower, terms.unit.in_service.upper
    if (first is not None and starts_on < first) or (after is not None and (ends_on is None or ends_on >= after)):
        raise Refusal(N_("%(unit)s is not in service during the whole term."), field="units", unit=terms.unit.code)


def _prices(residency: Residency, units: Sequence[UnitTerms]) -> list[ResidencyPrice]:
    rows = []
    for terms in units:
        rows.append(
            ResidencyPrice(residency_id=residency.id, unit_id=terms.unit.id, charge_kind="rent",
                           basis=terms.rent_basis, unit_price=terms.rent)
        )  # fmt: skip
        if terms.property_fee is not None:
            rows.append(
                ResidencyPrice(residency_id=residency.id, unit_id=terms.unit.id, charge_kind="property_fee",
                               basis="m2_month", unit_price=terms.property_fee)
            )  # fmt: skip
    return rows


def _next_number(session: Session, year: int) -> str:
    session.execute(select(Operator.operator_id).with_for_update(key_share=True))
    digits = func.substring(Residency.number, f"^R-{year}-([0-9]{{1,9}})$")
    last = session.execute(select(func.max(cast(digits, Residency.id.type)))).scalar()
    return f"R-{year}-{(last or 0) + 1:04}"

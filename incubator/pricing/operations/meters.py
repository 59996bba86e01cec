"""Meters: where they are, and that one is exchanged or taken away."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, Refusal
from incubator.core.texts import one_line
from incubator.pricing.models import MEDIA, SHARED_BY, Meter, MeterReading
from incubator.pricing.queries.meters import lock_meter, readings_of
from incubator.pricing.rules.readings import check_reading, check_value
from incubator.pricing.rules.tariffs import check_day
from incubator.spaces.models import Site, Unit

LONGEST_NUMBER, LONGEST_PLACE = 40, 100
DIGITS = (3, 10)
FACTORS = (Decimal("0.0001"), Decimal(100_000))


def add_meter(
    session: Session, actor: Actor, *, now: datetime, site: Site, medium: str, number: str, installed_on: date,
    reading: Decimal, unit: Unit | None = None, shared_by: str | None = None, place: str = "", digits: int = 6,
    factor: Decimal = Decimal(1),
) -> Meter:  # fmt: skip
    """A meter of a unit, or one that the startups of the site share by area or by heads; with its first reading, of
    the end of the day on which it is counted from."""
    actor.require(Action.ENTER_READINGS)
    check_day(installed_on, "installed_on")
    number, place = one_line(number, "number", LONGEST_NUMBER), one_line(place, "place", LONGEST_PLACE)
    if not number:
        raise Refusal(N_("Give the meter's number."), field="number")
    if medium not in MEDIA:
        raise Refusal(N_("Choose what it counts."), field="medium")
    if unit is not None and unit.site_id != site.id:
        raise Refusal(N_("%(unit)s is not at this site."), field="unit", unit=unit.code)
    if unit is None and shared_by not in SHARED_BY:
        raise Refusal(N_("Say how it is shared out: by area or by heads."), field="shared_by")
    _check_device(digits, factor)
    check_value(reading, digits, "reading")
    meter = Meter(site_id=site.id, unit_id=unit.id if unit else None, shared_by=None if unit else shared_by,
                  medium=medium, number=number, place=place, digits=digits, factor=factor,
                  installed_on=installed_on, created_at=now, created_by=actor.person_id)  # fmt: skip
    _insert(session, meter)
    session.add(MeterReading(meter_id=meter.id, read_on=installed_on, kind="start", reading=reading, number=number,
                             digits=digits, factor=factor, source="typed", created_at=now,
                             created_by=actor.person_id))  # fmt: skip
    session.flush()
    after = {"site": site.code, "medium": medium, "number": number, "unit": unit.code if unit else None,
             "shared_by": meter.shared_by, "installed_on": installed_on, "reading": reading}  # fmt: skip
    record(session, actor, "add_meter", ("meters", meter.id), now=now, after=after)
    return meter


def exchange_meter(
    session: Session, actor: Actor, *, now: datetime, meter_id: int, on: date, reading: Decimal, number: str,
    next_start: Decimal = Decimal(0), digits: int = 6, factor: Decimal = Decimal(1), sure: bool = False,
) -> Meter:  # fmt: skip
    """Another device from the end of a day on: the old one's last reading, and the new one's number and first.

    It comes after every reading there is, so that no reading belongs to the wrong device.
    """
    actor.require(Action.ENTER_READINGS)
    meter = lock_meter(session, actor, meter_id)
    check_day(on, "on")
    number = one_line(number, "number", LONGEST_NUMBER)
    if not number:
        raise Refusal(N_("Give the meter's number."), field="number")
    _check_device(digits, factor)
    check_value(next_start, digits, "next_start")
    known = readings_of(session, [meter.id])[meter.id]
    _check_after(meter, on, max((each.read_on for each in known), default=meter.installed_on))
    check_reading(known, on, reading, meter.digits, meter.factor, sure=sure, field="reading")
    before = {"number": meter.number}
    row = MeterReading(meter_id=meter.id, read_on=on, kind="exchange", reading=reading, next_start=next_start,
                       number=meter.number, digits=meter.digits, factor=meter.factor, source="typed", created_at=now,
                       created_by=actor.person_id)  # fmt: skip
    session.add(row)
    meter.number, meter.digits, meter.factor = number, digits, factor
    _flush(session, number)
    after = {"number": number, "on": on, "reading": reading, "next_start": next_start}
    record(session, actor, "exchange_meter", ("meters", meter.id), now=now, before=before, after=after)
    return meter


def remove_meter(session: Session, actor: Actor, *, now: datetime, meter_id: int, on: date) -> Meter:
    """From the day after it on nothing is expected of it; what it counted until its last reading is charged still."""
    actor.require(Action.ENTER_READINGS)
    meter = lock_meter(session, actor, meter_id)
    check_day(on, "on")
    if meter.removed_on is not None:
        raise Conflict(N_("This meter was removed already."))
    known = readings_of(session, [meter.id])[meter.id]
    last = max((each.read_on for each in known), default=meter.installed_on)
    if on < last:
        raise Refusal(N_("It was read on %(day)s; it is removed on that day or later."), field="on", day=last)
    meter.removed_on = on
    session.flush()
    record(session, actor, "remove_meter", ("meters", meter.id), now=now, after={"number": meter.number, "on": on})
    return meter


def _check_after(meter: Meter, on: date, last: date) -> None:
    if meter.removed_on is not None:
        raise Conflict(N_("This meter was removed already."))
    if on <= last:
        raise Refusal(N_("It was read on %(day)s; another device comes after that."), field="on", day=last)


def _check_device(digits: int, factor: Decimal) -> None:
    if not DIGITS[0] <= digits <= DIGITS[1]:
        raise Refusal(N_("A meter shows from %(fewest)s to %(most)s digits."), field="digits", fewest=DIGITS[0],
                      most=DIGITS[1])  # fmt: skip
    if not factor.is_finite() or not FACTORS[0] <= factor <= FACTORS[1] or factor != round(factor, 4):
        raise Refusal(N_("A factor is a number above 0, such as 1 or 40."), field="factor")


def _insert(session: Session, meter: Meter) -> None:
    session.add(meter)
    _flush(session, meter.number)


def _flush(session: Session, number: str) -> None:
    try:
        session.flush()
    except IntegrityError as error:
        if getattr(getattr(error.orig, "diag", None), "constraint_name", None) == "meters_number_key":
            raise Conflict(N_("This site has a meter %(number)s already."), field="number", number=number) from error
        raise

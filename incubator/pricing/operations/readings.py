"""Readings: entered all at once, corrected by a newer row, shown by a photo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from msgspec import Struct
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, Refusal
from incubator.core.texts import one_line
from incubator.documents.operations.files import store_file
from incubator.documents.pictures import MEDIA_TYPE, make_pictures
from incubator.pricing.models import Meter, MeterReading
from incubator.pricing.queries.meters import (
    get_reading,
    last_of_day,
    lock_meter,
    lock_meters,
    readings_of,
    withdrawn_ids,
)
from incubator.pricing.rules.readings import Reading, check_reading, check_value
from incubator.pricing.rules.tariffs import check_day
from incubator.spaces.models import Site
from incubator.spaces.operations.sites import today_at

LONGEST_NOTE = 300


class Entry(Struct, frozen=True):
    """What somebody read from one meter; `sure`: asked again, and said that it is right."""

    meter_id: int
    read_on: date
    reading: Decimal
    sure: bool = False


class ReadingsRefused(Refusal):
    """Some of them are wrong or doubtful: none is kept. By the place of the entry, what is wrong with it."""

    def __init__(self, faults: Mapping[int, Refusal]) -> None:
        super().__init__(N_("Nothing was saved yet. Look at the readings that are marked."))
        self.faults = dict(faults)


def enter_readings(
    session: Session, actor: Actor, *, now: datetime, site: Site, entries: Sequence[Entry], source: str = "typed"
) -> list[MeterReading]:
    """Keep readings of a site's meters: all, or none and what is wrong with each.

    A day that has a reading already is refused; that one is to be corrected.
    """
    actor.require(Action.ENTER_READINGS)
    if not entries:
        raise Refusal(N_("Enter at least one reading."))
    meters = lock_meters(session, site.id, {each.meter_id for each in entries})
    known, withdrawn = readings_of(session, list(meters)), withdrawn_ids(session, list(meters))
    today, faults, rows = today_at(site, now), dict[int, Refusal](), list[MeterReading]()
    taken: set[tuple[int, date]] = set()
    for place, entry in enumerate(entries):
        meter = meters[entry.meter_id]
        try:
            _check(meter, known[meter.id], entry, today, taken)
        except Refusal as refusal:
            faults[place] = refusal
            continue
        taken.add((meter.id, entry.read_on))
        known[meter.id] = sorted(
            [*known[meter.id], Reading(0, entry.read_on, entry.reading, meter.digits, meter.factor)],
            key=lambda each: each.read_on,
        )
        rows.append(MeterReading(
            meter_id=meter.id, read_on=entry.read_on, kind="reading", reading=entry.reading, number=meter.number,
            digits=meter.digits, factor=meter.factor, source=source,
            supersedes_id=withdrawn.get((meter.id, entry.read_on)), created_at=now, created_by=actor.person_id,
        ))  # fmt: skip
    if faults:
        raise ReadingsRefused(faults)
    session.add_all(rows)
    session.flush()
    said = [[meters[row.meter_id].number, row.read_on, row.reading] for row in rows]
    record(session, actor, "enter_readings", ("sites", site.id), now=now, after={"readings": said, "source": source})
    return rows


def correct_reading(
    session: Session, actor: Actor, *, now: datetime, reading_id: int, note: str, reading: Decimal | None,
    sure: bool = False,
) -> MeterReading:  # fmt: skip
    """Another number for the same meter and day, or none at all (`reading` None: it was no reading of this meter).

    The old row stays. What is posted of it stays too; billing names the difference.
    """
    actor.require(Action.ENTER_READINGS)
    old = get_reading(session, actor, reading_id)
    meter = lock_meter(session, actor, old.meter_id)
    note = one_line(note, "note", LONGEST_NOTE)
    if not note:
        raise Refusal(N_("Say why, so that others understand."), field="note")
    last = last_of_day(session, meter.id, old.read_on)
    if last is None or last.id != old.id or old.kind == "withdrawn":
        raise Conflict(N_("This reading was corrected meanwhile. Look at the latest one."))
    if reading is None and old.kind in ("start", "exchange"):
        raise Refusal(N_("The reading at which a meter begins or is exchanged can be corrected, not withdrawn."),
                      field="reading")  # fmt: skip
    if reading is not None:
        others = [each for each in readings_of(session, [meter.id])[meter.id] if each.reading_id != old.id]
        check_reading(others, old.read_on, reading, old.digits, old.factor, sure=sure, field="reading")
    row = MeterReading(
        meter_id=meter.id, read_on=old.read_on, kind="withdrawn" if reading is None else old.kind,
        reading=old.reading if reading is None else reading, next_start=None if reading is None else old.next_start,
        number=old.number, digits=old.digits, factor=old.factor, source="typed", note=note, supersedes_id=old.id,
        photo_file_id=old.photo_file_id, small_file_id=old.small_file_id, created_at=now, created_by=actor.person_id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    record(session, actor, "correct_reading", ("meters", meter.id), now=now,
           before={"on": old.read_on, "reading": old.reading}, after={"reading": reading, "note": note})  # fmt: skip
    return row


def attach_photo(
    session: Session, actor: Actor, *, now: datetime, reading_id: int, content: bytes
) -> MeterReading:  # fmt: skip
    """A photo of the display, made smaller and without where it was taken: a newer row of the same reading has it."""
    actor.require(Action.ENTER_READINGS)
    old = get_reading(session, actor, reading_id)
    meter = lock_meter(session, actor, old.meter_id)
    last = last_of_day(session, meter.id, old.read_on)
    if last is None or last.id != old.id or old.kind == "withdrawn":
        raise Conflict(N_("This reading was corrected meanwhile. Look at the latest one."))
    pictures = make_pictures(content, "photo")
    name = f"{meter.number}-{old.read_on.isoformat()}"
    files = [
        store_file(session, actor, now=now, name=f"{name}{suffix}.jpg", media_type=MEDIA_TYPE, content=each.content)
        for each, suffix in zip(pictures, ("", "-small"), strict=True)
    ]
    row = MeterReading(
        meter_id=meter.id, read_on=old.read_on, kind=old.kind, reading=old.reading, next_start=old.next_start,
        number=old.number, digits=old.digits, factor=old.factor, source=old.source, note=old.note,
        supersedes_id=old.id, photo_file_id=files[0].id, small_file_id=files[1].id, created_at=now,
        created_by=actor.person_id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    record(session, actor, "attach_photo", ("meters", meter.id), now=now,
           after={"on": old.read_on, "reading": old.reading})  # fmt: skip
    return row


def _check(
    meter: Meter, known: Sequence[Reading], entry: Entry, today: date, taken: set[tuple[int, date]]
) -> None:  # fmt: skip
    check_day(entry.read_on, "read_on")
    if entry.read_on > today:
        raise Refusal(N_("%(day)s is still to come."), field="read_on", day=entry.read_on)
    if entry.read_on < meter.installed_on:
        raise Refusal(N_("This meter is counted from %(day)s on."), field="read_on", day=meter.installed_on)
    if meter.removed_on is not None and entry.read_on > meter.removed_on:
        raise Refusal(N_("This meter was removed on %(day)s."), field="read_on", day=meter.removed_on)
    if (meter.id, entry.read_on) in taken:
        raise Refusal(N_("This meter stands here twice on %(day)s."), field="read_on", day=entry.read_on)
    if any(each.read_on == entry.read_on for each in known):
        raise Conflict(N_("There is a reading of %(day)s already; correct that one."), field="read_on",
                       day=entry.read_on)  # fmt: skip
    exchanged = max((each.read_on for each in known if each.next_start is not None), default=None)
    if exchanged is not None and entry.read_on < exchanged:
        raise Refusal(N_("The device was exchanged on %(day)s; a reading of the old one can't be entered any more."),
                      field="read_on", day=exchanged)  # fmt: skip
    check_value(entry.reading, meter.digits, "reading")
    check_reading(known, entry.read_on, entry.reading, meter.digits, meter.factor, sure=entry.sure, field="reading")

"""One piece of evidence, as it is posted or stands in a row of a file: read, or refused with its field. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from incubator.core.errors import N_, Refusal
from incubator.core.periods import Month, local_instant
from incubator.reports.presence.rules import person_hash
from incubator.startups.rules.people import identify

FIELDS = ("id", "at", "starts", "ends", "person", "startup", "unit", "count", "month")
LONGEST_ID, LONGEST_PERSON, MOST_PEOPLE = 100, 64, 100_000
LONGEST_SESSION = timedelta(hours=24)
AHEAD = timedelta(minutes=5)
"""How far a source's clock may be ahead of ours."""


class Frame(Struct, frozen=True):
    """What an item is read in: its source's kind and zone, who is known, from when on, and until now."""

    kind: str
    operator_id: int
    secret: bytes
    zone: ZoneInfo
    startups: Mapping[str, int]
    units: Mapping[str, int]
    first: date
    now: datetime


class Item(Struct, frozen=True):
    """Evidence as it is kept: of a person nothing but the hash."""

    external_id: str
    starts_at: datetime
    ends_at: datetime | None
    on: date
    person: bytes | None
    startup_id: int | None
    unit_id: int | None
    count: int | None


def read_item(frame: Frame, given: Mapping[str, object]) -> Item:
    """An item; Refusal with the field at fault. In a file a time without a zone is the site's own."""
    external_id = _text(given, "id", LONGEST_ID)
    if not external_id:
        raise Refusal(N_("Each item needs an id of its own, so that a repeated post changes nothing."), field="id")
    start, end = _times(frame, given)
    on = start.astimezone(frame.zone).date()
    if on < frame.first:
        raise Refusal(N_("Events are kept from %(day)s on; this one is older."), field=_time_field(given),
                      day=frame.first)  # fmt: skip
    if start > frame.now + AHEAD:
        raise Refusal(N_("This lies in the future."), field=_time_field(given))
    person, startup_id = _person(frame, given), _known(given, "startup", frame.startups)
    item = Item(external_id, start, end, on, person, startup_id, _known(given, "unit", frame.units), _count(given))
    _check(frame.kind, item)
    return item


def _check(kind: str, item: Item) -> None:
    if kind in ("door", "wifi") and item.person is None:
        raise Refusal(N_("Say whose card or telephone it was."), field="person")
    if kind == "desk" and item.person is None and item.startup_id is None:
        raise Refusal(N_("Say who checked in: a person or a startup."), field="person")
    if kind == "sensor" and item.count is None:
        raise Refusal(N_("Say how many were counted."), field="count")
    if kind == "social_insurance":
        if item.startup_id is None:
            raise Refusal(N_("Say of which startup."), field="startup")
        if item.person is None and item.count is None:
            raise Refusal(N_("Give the number of people, or the identity number of one."), field="count")
    elif kind != "sensor" and item.count is not None:
        raise Refusal(N_("Only sensors and social-insurance lists count."), field="count")


def _times(frame: Frame, given: Mapping[str, object]) -> tuple[datetime, datetime | None]:
    if frame.kind == "social_insurance":
        try:
            month = Month.parse(_text(given, "month", 7))
        except ValueError:
            raise Refusal(N_("“%(value)s” is no month such as 2026-10."), field="month",
                          value=str(given.get("month", ""))[:40]) from None  # fmt: skip
        return local_instant(month.first, 0, frame.zone), None
    if _text(given, "at", 40):
        return _instant(frame, given, "at"), None
    start = _instant(frame, given, "starts")
    if not _text(given, "ends", 40):
        return start, None
    end = _instant(frame, given, "ends")
    if end <= start:
        raise Refusal(N_("It ends before it begins."), field="ends")
    if end - start > LONGEST_SESSION:
        raise Refusal(N_("A session lasts 24 hours at the most."), field="ends")
    return start, end


def _time_field(given: Mapping[str, object]) -> str:
    return next((name for name in ("at", "starts") if given.get(name)), "month")


def _instant(frame: Frame, given: Mapping[str, object], name: str) -> datetime:
    text = _text(given, name, 40)
    try:
        at = datetime.fromisoformat(text.replace("/", "-"))
    except ValueError:
        raise Refusal(N_("“%(value)s” is no time such as 2026-10-01T09:00:00+08:00."), field=name, value=text) from None
    if not 2000 <= at.year <= 2199:
        raise Refusal(N_("“%(value)s” is no time such as 2026-10-01T09:00:00+08:00."), field=name, value=text)
    if at.tzinfo is None:
        at = at.replace(tzinfo=frame.zone)
    return at.astimezone(UTC)


def _person(frame: Frame, given: Mapping[str, object]) -> bytes | None:
    text = _text(given, "person", LONGEST_PERSON)
    if not text:
        return None
    if frame.kind == "social_insurance":
        try:
            return identify(frame.secret, "resident", text).hash
        except Refusal as refusal:
            raise Refusal(refusal.message, field="person", **refusal.values) from refusal
    return person_hash(frame.secret, frame.operator_id, text)


def _known(given: Mapping[str, object], name: str, known: Mapping[str, int]) -> int | None:
    code = _text(given, name, 60)
    if not code:
        return None
    if code not in known:
        if name == "startup":
            raise Refusal(N_("There is no startup with this code."), field=name)
        raise Refusal(N_("The site has no unit of this code."), field=name)
    return known[code]


def _count(given: Mapping[str, object]) -> int | None:
    raw = given.get("count")
    if raw is None or raw == "":
        return None
    text = str(raw).strip()
    if isinstance(raw, bool) or not (text.isascii() and text.isdigit() and len(text) <= 6 and int(text) <= MOST_PEOPLE):
        raise Refusal(N_("Give a number of people from 0 to %(most)s."), field="count", most=MOST_PEOPLE)
    return int(text)


def _text(given: Mapping[str, object], name: str, longest: int) -> str:
    raw = given.get(name)
    if raw is None:
        return ""
    if isinstance(raw, bool) or not isinstance(raw, (str, int)):
        raise Refusal(N_("This must be a text."), field=name)
    text = str(raw).strip()
    if len(text) > longest or not text.isprintable():
        raise Refusal(N_("At most %(most)s characters, and none that can't be seen."), field=name, most=longest)
    return text

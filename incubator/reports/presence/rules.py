"""What evidence says, and what of it doesn't fit: plain values in, plain values out. Pure."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal

from msgspec import Struct, field

from incubator.core.canonical import canonical_json

KINDS = ("door", "wifi", "desk", "sensor", "social_insurance")
SEEN = ("door", "wifi", "desk")
"""Evidence of somebody: a sensor counts heads without names, and an insured person need not be here."""
FINDINGS = ("never_present", "over_capacity", "sensor_over", "one_in_many", "out_of_hours")

KEEP_DAYS, FEWEST_DAYS, MOST_DAYS = 400, 62, 3660
"""Days that events are kept: at the least until a month can be looked at after it is over."""
M2_PER_PERSON = Decimal(6)
"""Square metres of an office that one person needs (JGJ/T 67-2019 asks for no less than 6 m²)."""
TOLERANCE_SECONDS = 300
"""How far the clock of whoever signs may be from ours."""
SIGNATURE = re.compile(r"(?:sha256=)?([0-9a-f]{64})")


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 over timestamp, a point, and the body as it is sent; in hexadecimal."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def is_signed(secret: str, timestamp: str, signature: str, body: bytes, now: float) -> bool:
    """Whether a post is the source's own and of these five minutes: one that was read on its way is of no use later."""
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return False
    given = SIGNATURE.fullmatch(signature)
    is_own = hmac.compare_digest(sign(secret, timestamp, body), given[1] if given else "")
    return is_own and abs(now - int(timestamp)) <= TOLERANCE_SECONDS


def person_hash(secret: bytes, operator_id: int, number: str) -> bytes:
    """A card's number, an account or a MAC address as it is kept: keyed with the instance's secret, so that who reads
    the table alone can't try all numbers. aa:bb:cc:00:11:22 and AABBCC001122 are the same."""
    plain = re.sub(r"[\s:.\-]", "", number).upper()
    return hmac.digest(secret, f"presence:{operator_id}:{plain}".encode(), "sha256")


class Holding(Struct, frozen=True):
    """A desk or another place that an agreement holds on some days (`last` inclusive)."""

    is_desk: bool
    area_m2: Decimal
    first: date
    last: date


class Let(Struct, frozen=True):
    """What is let at the most on one day: desks, and the area of other places."""

    desks: int = 0
    area_m2: Decimal = Decimal(0)

    def places(self, m2_per_person: Decimal) -> int:
        """For how many people it is: each desk is one, and 50 m² of office are 8 at 6 m² each."""
        return self.desks + int((self.area_m2 / m2_per_person).to_integral_value(ROUND_FLOOR))


def let_at_most(holdings: Iterable[Holding], first: date, last: date) -> Let:
    """The day on which most is held, desks and area each for themselves; a move on the 10th does not count twice."""
    held = list(holdings)
    days = {max(each.first, first) for each in held if each.first <= last and each.last >= first}
    desks, area = 0, Decimal(0)
    for day in days:  # what is held grows on first days only
        now = [each for each in held if each.first <= day <= each.last]
        desks = max(desks, sum(each.is_desk for each in now))
        area = max(area, sum((each.area_m2 for each in now if not each.is_desk), Decimal(0)))
    return Let(desks, area)


class DaySum(Struct, frozen=True):
    """What was seen of a startup on a local day."""

    on: date
    events: int
    people: int
    outside: int = 0
    """Sessions that lie wholly outside the site's opening hours."""


class Party(Struct, frozen=True):
    """A startup in a site's month: registered, let and present side by side."""

    startup_id: int
    code: str
    name: str
    name_en: str
    registered: bool = False
    posts: int = 0
    """People with a post in it on the month's last day."""
    insured: int | None = None
    """By the latest social-insurance list of the month; None: there is none."""
    let: Let = field(default_factory=Let)
    days: tuple[DaySum, ...] = ()
    people: int = 0
    peak: int = 0
    """Most people at once."""

    @property
    def present_days(self) -> int:
        return len(self.days)

    @property
    def outside(self) -> int:
        return sum(day.outside for day in self.days)

    def share(self, workdays: Sequence[date]) -> Decimal | None:
        """Of the working days those on which somebody was there; None: there was none."""
        seen = {day.on for day in self.days}
        return Decimal(sum(day in seen for day in workdays)) / len(workdays) if workdays else None


class SensorDay(Struct, frozen=True):
    """The most that a sensor counted on a day, and how many its area holds."""

    source_id: int
    name: str
    capacity: int
    on: date
    most: int


class Shared(Struct, frozen=True):
    """One person, by the beginning of their hash, in several startups; by what kind of evidence."""

    key: str
    kind: str
    startups: tuple[tuple[str, str], ...]
    """Code and name of each."""


class Site(Struct, frozen=True):
    """All that a site's month shows."""

    parties: tuple[Party, ...]
    sensors: tuple[SensorDay, ...]
    shared: tuple[Shared, ...]
    workdays: tuple[date, ...]
    """Up to today."""
    is_watched: bool
    """Whether any source that sees people said anything in the month: without, nobody can be said to be absent."""
    unknown: int = 0
    """Events of badges that are nobody's."""


class Finding(Struct, frozen=True):
    """Something that doesn't fit: its kind, whom or what it is about, and the figures that say so."""

    kind: str
    key: str
    facts: Mapping[str, object]
    startup_id: int | None = None

    @property
    def sha256(self) -> bytes:
        """Of what it says: an explanation is of these figures, and of no others."""
        return hashlib.sha256(canonical_json({"kind": self.kind, "key": self.key, **self.facts})).digest()


def find(site: Site, m2_per_person: Decimal) -> list[Finding]:
    """What doesn't fit in a site's month, by kind.

    Registered or let here and nobody came, though other people were seen; more people at once than desks and area are
    for; a sensor that counted more than its area holds; one person in two startups or more; sessions that lie wholly
    outside the opening hours. Who works late, into the night, is not found: their session begins within them.
    """
    found = []
    for party in site.parties:
        places = party.let.places(m2_per_person)
        if site.is_watched and not party.days and (party.registered or party.let != Let()):
            facts = {"registered": party.registered, "desks": party.let.desks, "area_m2": str(party.let.area_m2)}
            found.append(_of(party, "never_present", facts))
        if party.let != Let() and party.peak > places:
            found.append(_of(party, "over_capacity", {"peak": party.peak, "places": places}))
        if party.outside:
            nights = sum(day.outside > 0 for day in party.days)
            found.append(_of(party, "out_of_hours", {"sessions": party.outside, "days": nights}))
    worst: dict[int, SensorDay] = {}
    for each in site.sensors:
        if each.most > each.capacity and (each.source_id not in worst or each.most > worst[each.source_id].most):
            worst[each.source_id] = each
    found += [
        Finding("sensor_over", f"c{each.source_id}",
                {"name": each.name, "capacity": each.capacity, "most": each.most, "on": each.on.isoformat(),
                 "days": sum(day.source_id == each.source_id and day.most > day.capacity for day in site.sensors)})
        for each in worst.values()
    ]  # fmt: skip
    found += [
        Finding("one_in_many", f"p{each.key}",
                {"evidence": each.kind, "startups": [list(part) for part in each.startups]})
        for each in site.shared if len(each.startups) > 1
    ]  # fmt: skip
    return sorted(found, key=lambda each: (FINDINGS.index(each.kind), each.key))


def _of(party: Party, kind: str, facts: dict[str, object]) -> Finding:
    return Finding(kind, f"s{party.startup_id}", {"code": party.code, **facts}, party.startup_id)


def first_kept(today: date, keep_days: int) -> date:
    """The first of the months whose events are all kept: a month goes as a whole, when its last day is too long ago.

    400 days before 27 November 2026 is 23 October 2025: September 2025 is gone, October is kept.
    """
    return (today - timedelta(days=keep_days)).replace(day=1)

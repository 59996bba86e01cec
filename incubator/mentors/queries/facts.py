"""What ranking counts of mentors and of what startups want, read for any number of them in four statements.

Lists of words come as text ("zh en"): thousands of rows say the same few, and a text is read and looked up quickly.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Date,
    DateTime,
    Integer,
    Select,
    String,
    Subquery,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import DATERANGE, Range, aggregate_order_by
from sqlalchemy.orm import InstrumentedAttribute, Session

from incubator.core.clock import CHINA
from incubator.core.periods import Month
from incubator.mentors.models import (
    Mentor,
    MentorAppointment,
    MentorConflict,
    MentorDay,
    MentorField,
    MentorHours,
    MentoringNeed,
    MentoringSettings,
    MentorSession,
    Mentorship,
    MentorSite,
    NeedField,
    SessionFeedback,
)
from incubator.mentors.queries.settings import weights_of
from incubator.mentors.rules.free_time import NOTHING, ByPart, Fortnight, Hours, OtherDay, Span, count_free, minute_of
from incubator.mentors.rules.ranking import Candidate, Distances, Wanted, Weights, kilometres, unite
from incubator.spaces.models import Site
from incubator.startups.models import Residency, Startup

EPOCH = date(1970, 1, 1)
ACTIVE = and_(Mentor.approved_at.is_not(None), Mentor.paused_at.is_(None), Mentor.ended_at.is_(None))
"""Mentors who take new sessions."""
COUNTS = and_(MentorSession.cancelled_at.is_(None), MentorSession.missed_at.is_(None))
"""Sessions that were held, or are still to be: these take the mentor's unit."""
THROUGHOUT = "all"
_NO_KINDS: dict[int, str] = {}


class Place(NamedTuple):
    """A site as far as ranking needs it."""

    id: int
    zone: str
    coordinates: tuple[float, float] | None


class House(NamedTuple):
    """What is the same for all pairs: the sites, and the operator's weights."""

    places: dict[int, Place]
    weights: Weights

    def zone_of(self, site_id: int | None) -> str:
        return self.places[site_id].zone if site_id in self.places else str(CHINA)

    def distances_from(self, site_id: int | None) -> Distances:
        """Kilometres to each site whose coordinates are known."""
        here = self.places[site_id].coordinates if site_id in self.places else None
        if here is None:
            return frozenset()
        known = [each for each in self.places.values() if each.coordinates]
        return frozenset((each.id, kilometres(here, each.coordinates)) for each in known if each.coordinates)


def read_house(session: Session) -> House:
    """Sites and settings, in one statement; without settings the defaults."""
    rows = session.execute(
        select(Site.id, Site.zone, Site.latitude, Site.longitude, MentoringSettings)
        .outerjoin(MentoringSettings, true())
    ).all()  # fmt: skip
    places, weights = {}, Weights()
    for site_id, zone, latitude, longitude, settings in rows:
        where = None if latitude is None or longitude is None else (float(latitude), float(longitude))
        places[site_id], weights = Place(site_id, zone, where), weights_of(settings)
    return House(places, weights)


def read_wanted(
    session: Session, house: House, startup_ids: Collection[int], *, now: datetime, need_id: int | None = None
) -> dict[int, Wanted]:
    """What each startup wants, in one statement: one need, or all that are open together, or what it does and where."""
    today = now.astimezone(CHINA).date()
    fields = (
        select(func.string_agg(cast(NeedField.field_id, String), literal(" ")))
        .where(NeedField.need_id == MentoringNeed.id).correlate(MentoringNeed).scalar_subquery()
    )  # fmt: skip
    runs = and_(Residency.starts_on <= today, or_(Residency.ends_on.is_(None), Residency.ends_on >= today))
    home = (
        select(Residency.site_id).where(Residency.startup_id == Startup.id)
        .order_by(runs.desc(), Residency.starts_on.desc(), Residency.id.desc()).limit(1)
        .correlate(Startup).scalar_subquery()
    )  # fmt: skip
    which = MentoringNeed.id == need_id if need_id is not None else MentoringNeed.ended_at.is_(None)
    rows = session.execute(
        select(Startup.id, Startup.industry_code, func.coalesce(MentoringNeed.site_id, home), fields,
               MentoringNeed.stage, _words(MentoringNeed.languages), _words(MentoringNeed.times))
        .outerjoin(MentoringNeed, and_(MentoringNeed.startup_id == Startup.id, which))
        .where(Startup.id.in_(startup_ids))
        .order_by(Startup.id, MentoringNeed.created_at, MentoringNeed.id)
    ).all()  # fmt: skip
    found: dict[int, list[Wanted]] = {}
    for startup_id, industry, site_id, field_ids, stage, languages, times in rows:
        found.setdefault(startup_id, []).append(Wanted(
            startup_id, frozenset(_ids(field_ids)), industry, stage, frozenset(_split(languages)),
            frozenset(_split(times)), site_id, house.distances_from(site_id),
        ))  # fmt: skip
    return {startup_id: unite(needs) for startup_id, needs in found.items()}


class Read(NamedTuple):
    """The mentors as each zone counts their time; and how many answers the house has, with their sum."""

    by_zone: dict[str, list[Candidate]]
    answers: int
    points: int


def read_candidates(
    session: Session, *, now: datetime, startup_ids: Collection[int], fields: Collection[int], zones: Iterable[str]
) -> Read:
    """All mentors with what counts of them, in two statements.

    Free minutes by part of the week are counted as each of the `zones` has its week; conflicts with the startups, and
    of the fields those that are asked for, come with them.
    """
    fortnights = {zone: Fortnight(now, zone) for zone in zones}
    first, last = (min(each.first for each in fortnights.values()), max(each.last for each in fortnights.values()))
    rows: Sequence[Any] = session.execute(_mentors(), {
        "startups": list(startup_ids), "fields": list(fields), "today": first, "days": Range(first, last, bounds="[]"),
    }).all()  # fmt: skip
    limits = {row.id: list(_days_of(row.days)) for row in rows if row.days and row.days != THROUGHOUT}
    time = _read_time(session, first, last)
    by_zone = {}
    for zone, fortnight in fortnights.items():
        free = count_free(fortnight, time.hours, time.other_days, time.taken_in(fortnight), limits)
        by_zone[zone] = [_candidate(row, free, time) for row in rows]
    return Read(by_zone, sum([row.answers for row in rows]), sum([row.points for row in rows]))


def _candidate(row: Sequence[Any], free: dict[int, ByPart], time: _Time) -> Candidate:
    (mentor_id, number, site_id, hours, industries, stages, languages, online, standing, fields, sites, conflicts, days,
     startups, sessions, answers, points) = row
    capacity, booked = hours * 60, time.booked.get(mentor_id)
    left = sum([max(0, capacity - minutes) for minutes in booked]) if booked else capacity * time.months
    return Candidate(
        mentor_id, number, _id_set(fields), _split(industries), _split(stages), _split(languages),
        (site_id, *_ids(sites)) if sites else (site_id,), online, free.get(mentor_id, NOTHING), capacity,
        booked[0] if booked else 0, left, startups, answers, points, sessions, standing, days is not None,
        _conflicts(conflicts) if conflicts else _NO_KINDS,
    )  # fmt: skip


@cache
def _mentors() -> Select[*tuple[Any, ...]]:
    """A row for each mentor; asks for `startups`, `fields`, `today`, and the `days` of the fortnight."""
    sessions, conflicts, appointed, mentored = _sessions(), _conflict_list(), _appointments(), _mentorships()
    of_fields = _listed(MentorField, MentorField.field_id, MentorField.field_id.in_(_several("fields")))
    sites = _listed(MentorSite, MentorSite.site_id, true())
    standing = case(
        (Mentor.ended_at.is_not(None), "ended"), (Mentor.approved_at.is_(None), "unapproved"),
        (Mentor.paused_at.is_not(None), "paused"), else_="",
    )  # fmt: skip

    def count(column: ColumnElement[Any]) -> ColumnElement[int]:
        return func.coalesce(cast(column, Integer), 0)

    return (
        select(
            Mentor.id, Mentor.number, Mentor.site_id, Mentor.capacity_hours, _words(Mentor.industries),
            _words(Mentor.stages), _words(Mentor.languages), Mentor.meeting_link != "", standing, of_fields.c.ids,
            sites.c.ids, conflicts.c.ids, appointed.c.days, count(mentored.c.startups), count(sessions.c.sessions),
            count(sessions.c.answers).label("answers"), count(sessions.c.points).label("points"),
        )
        .outerjoin(sessions, sessions.c.mentor_id == Mentor.id)
        .outerjoin(of_fields, of_fields.c.mentor_id == Mentor.id)
        .outerjoin(sites, sites.c.mentor_id == Mentor.id)
        .outerjoin(conflicts, conflicts.c.mentor_id == Mentor.id)
        .outerjoin(appointed, appointed.c.mentor_id == Mentor.id)
        .outerjoin(mentored, mentored.c.mentor_id == Mentor.id)
        .order_by(Mentor.number)
    )  # fmt: skip


def _sessions() -> Subquery:
    """Of each mentor: sessions that were not called off or missed, and what startups said of them."""
    said = and_(SessionFeedback.session_id == MentorSession.id, SessionFeedback.side == "startup")
    return (
        select(MentorSession.mentor_id, func.count().label("sessions"),
               func.count(SessionFeedback.rating).label("answers"), func.sum(SessionFeedback.rating).label("points"))
        .outerjoin(SessionFeedback, said)
        .where(COUNTS)
        .group_by(MentorSession.mentor_id).subquery()
    )  # fmt: skip


def _listed(table: Any, column: InstrumentedAttribute[int], which: ColumnElement[bool]) -> Subquery:
    ids = func.string_agg(cast(column, String), literal(" ")).label("ids")
    return select(table.mentor_id, ids).where(which).group_by(table.mentor_id).subquery()


def _conflict_list() -> Subquery:
    """Live conflicts with the startups, as "7:invested 8:family"."""
    each = cast(MentorConflict.startup_id, String).op("||")(":").op("||")(MentorConflict.kind)
    in_order = aggregate_order_by(literal(" "), MentorConflict.id.desc())
    return (
        select(MentorConflict.mentor_id, func.string_agg(each, in_order).label("ids"))
        .where(MentorConflict.startup_id.in_(_several("startups")), MentorConflict.ended_at.is_(None))
        .group_by(MentorConflict.mentor_id).subquery()
    )  # fmt: skip


def _appointments() -> Subquery:
    """Whoever is appointed on one of the days: on all of them, or on "[2026-10-01,2026-11-01) […)"."""
    days = bindparam("days", type_=DATERANGE)
    spans = func.string_agg(cast(MentorAppointment.days, String), literal(" "))
    in_part = spans.filter(~MentorAppointment.days.op("@>")(days))
    return (
        select(MentorAppointment.mentor_id, func.coalesce(in_part, THROUGHOUT).label("days"))
        .where(MentorAppointment.days.op("&&")(days))
        .group_by(MentorAppointment.mentor_id).subquery()
    )  # fmt: skip


def _mentorships() -> Subquery:
    return (
        select(Mentorship.mentor_id, func.count(func.distinct(Mentorship.startup_id)).label("startups"))
        .where(Mentorship.days.op("@>")(bindparam("today", type_=Date)))
        .group_by(Mentorship.mentor_id).subquery()
    )  # fmt: skip


def _several(name: str) -> BindParameter[Any]:
    return bindparam(name, expanding=True, type_=BigInteger)


class _Time(NamedTuple):
    """Weekly hours, other days, and the sessions of the months that the fortnight lies in."""

    hours: list[Hours]
    other_days: list[OtherDay]
    taken: list[tuple[int, int, int]]
    booked: dict[int, list[int]]
    """Minutes by month, of mentors who have any."""
    months: int

    def taken_in(self, fortnight: Fortnight) -> dict[int, list[Span]]:
        spans: dict[int, list[Span]] = {}
        for mentor_id, start, end in self.taken:
            if start < fortnight.end and fortnight.start < end:
                spans.setdefault(mentor_id, []).append((start, end))
        return spans


def _read_time(session: Session, first: date, last: date) -> _Time:
    """Of the mentors who take sessions: weekly hours, other days and what is taken, in one statement."""
    months = list(dict.fromkeys((Month.of(first), Month.of(last))))
    begin, end = months[0].interval(CHINA).start, months[-1].interval(CHINA).end
    found, second = _Time([], [], [], {}, len(months)), minute_of(months[-1].interval(CHINA).start)
    asked = {"first": first - timedelta(days=1), "last": last + timedelta(days=1), "begin": begin, "end": end}
    rows: Sequence[Any] = session.execute(_hours_and_taken(), asked).all()
    for kind, ids, zone, day, opens, closes in rows:
        if kind == 0:
            found.hours.append((zone, day, opens, closes, tuple(map(int, ids.split()))))
        elif kind == 1:
            found.other_days.append((int(ids), zone, EPOCH + timedelta(days=day), opens, closes))
        else:
            mentor_id = int(ids)
            found.taken.append((mentor_id, opens, closes))
            by_month = found.booked.setdefault(mentor_id, [0] * len(months))
            by_month[-1 if opens >= second else 0] += closes - opens
    return found


@cache
def _hours_and_taken() -> CompoundSelect[*tuple[Any, ...]]:
    """Rows of three kinds; asks for the `first` and `last` of other days, and `begin` and `end` of the sessions."""
    one_id = cast(Mentor.id, String)

    def minute(at: Any) -> ColumnElement[int]:
        return cast(func.extract("epoch", at) / 60, Integer)

    weekly = (
        select(literal(0), func.string_agg(one_id, literal(" ")), Mentor.zone, cast(MentorHours.weekday, Integer),
               MentorHours.opens_minute, MentorHours.closes_minute)
        .join(Mentor, Mentor.id == MentorHours.mentor_id).where(ACTIVE)
        .group_by(Mentor.zone, MentorHours.weekday, MentorHours.opens_minute, MentorHours.closes_minute)
    )  # fmt: skip
    other = (
        select(literal(1), one_id, Mentor.zone, MentorDay.on - EPOCH, MentorDay.opens_minute, MentorDay.closes_minute)
        .join(Mentor, Mentor.id == MentorDay.mentor_id)
        .where(ACTIVE, MentorDay.on.between(bindparam("first", type_=Date), bindparam("last", type_=Date)))
    )
    begin, end = (bindparam(name, type_=DateTime(timezone=True)) for name in ("begin", "end"))
    taken = (
        select(literal(2), cast(MentorSession.mentor_id, String), literal(""), literal(0),
               minute(MentorSession.starts_at), minute(func.upper(MentorSession.period)))
        .where(MentorSession.starts_at >= begin, MentorSession.starts_at < end, COUNTS)
    )  # fmt: skip
    return union_all(weekly, other, taken)


def _words(column: Any) -> ColumnElement[str]:
    return func.array_to_string(column, " ", type_=String)


@lru_cache(maxsize=4096)
def _split(words: str | None) -> tuple[str, ...]:
    return tuple(words.split()) if words else ()


@lru_cache(maxsize=4096)
def _ids(text: str | None) -> tuple[int, ...]:
    return tuple(map(int, text.split())) if text else ()


@lru_cache(maxsize=4096)
def _id_set(text: str | None) -> frozenset[int]:
    return frozenset(_ids(text))


def _conflicts(text: str) -> dict[int, str]:
    """"7:invested 8:family" by startup; of several kinds the one declared first."""
    return {int(startup_id): kind for startup_id, kind in (each.split(":") for each in text.split())}


def _days_of(text: str) -> Iterable[tuple[date, date]]:
    """"[2026-10-01,2026-11-01)": from the 1st to the 31st."""
    for each in text.split():
        first, end = each[1:-1].split(",")
        yield date.fromisoformat(first), date.fromisoformat(end) - timedelta(days=1)

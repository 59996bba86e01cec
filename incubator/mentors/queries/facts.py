"""What ranking counts of mentors and of what startups want, read for any number of them in four statements.

Lists of words come as text ("zh en"): thousands of rows say the same few, and a text is read and looked up quickly.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Integer,
    Row,
    Select,
    String,
    Subquery,
    and_,
    case,
    cast,
    func,
    literal,
    null,
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
from incubator.mentors.rules.free_time import ByPart, Fortnight, Hours, OtherDay, Span, count_free
from incubator.mentors.rules.ranking import Candidate, Wanted, Weights, kilometres, unite
from incubator.mentors.rules.vocabulary import SCORE_PARTS
from incubator.spaces.models import Allocation, Site
from incubator.startups.models import Residency, Startup

EPOCH = date(1970, 1, 1)
ACTIVE = and_(Mentor.approved_at.is_not(None), Mentor.paused_at.is_(None), Mentor.ended_at.is_(None))
"""Mentors who take new sessions."""
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

    def distances_from(self, site_id: int | None) -> dict[int, int]:
        """Kilometres to each site whose coordinates are known."""
        here = self.places[site_id].coordinates if site_id in self.places else None
        if here is None:
            return {}
        return {each.id: kilometres(here, each.coordinates) for each in self.places.values() if each.coordinates}


def read_house(session: Session) -> House:
    """Sites, settings and the house's feedback, in one statement; without settings the defaults."""
    said = SessionFeedback.side == "startup"
    answers = select(func.count()).where(said).scalar_subquery()
    points = select(func.coalesce(func.sum(SessionFeedback.rating), 0)).where(said).scalar_subquery()
    rows = session.execute(
        select(Site.id, Site.zone, Site.latitude, Site.longitude, answers, points, MentoringSettings)
        .outerjoin(MentoringSettings, true())
    ).all()  # fmt: skip
    places, weights = {}, Weights()
    for site_id, zone, latitude, longitude, house_answers, house_points, settings in rows:
        where = None if latitude is None or longitude is None else (float(latitude), float(longitude))
        places[site_id] = Place(site_id, zone, where)
        weights = weights_of(settings)._replace(house_answers=house_answers, house_points=house_points)
    return House(places, weights)


def weights_of(settings: MentoringSettings | None) -> Weights:
    """The operator's, or the defaults; without what the house has answered."""
    if settings is None:
        return Weights()
    parts = {name: getattr(settings, name) for name in SCORE_PARTS}
    return Weights(**parts, prior_count=settings.prior_count)


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


def read_candidates(
    session: Session, *, now: datetime, startup_ids: Collection[int], fields: Collection[int], zones: Iterable[str],
    mentor_ids: Collection[int] | None = None,
) -> dict[str, list[Candidate]]:  # fmt: skip
    """All mentors (or those named) with what counts of them, in two statements.

    Free minutes by part of the week are counted as each of the `zones` has its week; conflicts with the startups, and
    of the fields those that are asked for, come with them.
    """
    fortnights = {zone: Fortnight(now, zone) for zone in zones}
    first, last = (min(each.first for each in fortnights.values()), max(each.last for each in fortnights.values()))
    months = [Month.of(first)] if Month.of(first) == Month.of(last) else [Month.of(first), Month.of(last)]
    some = Mentor.id.in_(mentor_ids) if mentor_ids is not None else true()
    rows = session.execute(_mentors(months, first, last, startup_ids, fields).where(some)).all()
    limits = {row.id: list(_days_of(row.part_days)) for row in rows if row.part_days}
    free = _read_free(session, fortnights, some, limits)
    return {zone: [_candidate(row, len(months), free[zone]) for row in rows] for zone in fortnights}


def _candidate(row: Row[Any], months: int, free: dict[int, ByPart]) -> Candidate:
    capacity = row.capacity_hours * 60
    left = max(0, capacity - row.booked) + (max(0, capacity - row.booked_next) if months > 1 else 0)
    return Candidate(
        row.id, row.number, _id_set(row.fields), _split(row.industries), _split(row.stages), _split(row.languages),
        (row.site_id, *_ids(row.sites)), row.online, free.get(row.id, (0, 0, 0, 0)), capacity, row.booked, left,
        row.startups, row.answers, row.points, row.sessions, row.approved, row.paused, row.ended, row.appointed,
        _conflicts(row.conflicts) if row.conflicts else _NO_KINDS,
    )  # fmt: skip


def _mentors(
    months: Sequence[Month], first: date, last: date, startup_ids: Collection[int], fields: Collection[int]
) -> Select[*tuple[Any, ...]]:
    sessions, conflicts = _sessions(months), _conflict_list(startup_ids)
    of_fields = _listed(MentorField, MentorField.field_id, MentorField.field_id.in_(fields))
    sites = _listed(MentorSite, MentorSite.site_id, true())
    appointed, mentored = _appointments(first, last), _mentorships(first)

    def count(column: ColumnElement[Any]) -> ColumnElement[int]:
        return func.coalesce(cast(column, Integer), 0)

    return (
        select(
            Mentor.id, Mentor.number, Mentor.site_id, Mentor.capacity_hours,
            _words(Mentor.industries).label("industries"), _words(Mentor.stages).label("stages"),
            _words(Mentor.languages).label("languages"), (Mentor.meeting_link != "").label("online"),
            Mentor.approved_at.is_not(None).label("approved"), Mentor.paused_at.is_not(None).label("paused"),
            Mentor.ended_at.is_not(None).label("ended"), of_fields.c.ids.label("fields"), sites.c.ids.label("sites"),
            conflicts.c.ids.label("conflicts"), appointed.c.mentor_id.is_not(None).label("appointed"),
            appointed.c.part_days, count(mentored.c.startups).label("startups"),
            count(sessions.c.sessions).label("sessions"), count(sessions.c.answers).label("answers"),
            count(sessions.c.points).label("points"), count(sessions.c.booked).label("booked"),
            count(sessions.c.booked_next).label("booked_next"),
        )
        .outerjoin(sessions, sessions.c.mentor_id == Mentor.id)
        .outerjoin(of_fields, of_fields.c.mentor_id == Mentor.id)
        .outerjoin(sites, sites.c.mentor_id == Mentor.id)
        .outerjoin(conflicts, conflicts.c.mentor_id == Mentor.id)
        .outerjoin(appointed, appointed.c.mentor_id == Mentor.id)
        .outerjoin(mentored, mentored.c.mentor_id == Mentor.id)
        .order_by(Mentor.number)
    )  # fmt: skip


def _sessions(months: Sequence[Month]) -> Subquery:
    """Of each mentor: sessions that were not called off or missed, what startups said of them, and what is booked."""
    start = func.lower(MentorSession.period)
    minutes = func.extract("epoch", func.upper(MentorSession.period) - start) / 60

    def booked(number: int) -> ColumnElement[Any]:
        if number >= len(months):
            return null()
        month = months[number].interval(CHINA)
        return func.sum(minutes).filter(start >= month.start, start < month.end)

    said = and_(SessionFeedback.session_id == MentorSession.id, SessionFeedback.side == "startup")
    return (
        select(MentorSession.mentor_id, func.count().label("sessions"),
               func.count(SessionFeedback.rating).label("answers"), func.sum(SessionFeedback.rating).label("points"),
               booked(0).label("booked"), booked(1).label("booked_next"))
        .outerjoin(SessionFeedback, said)
        .where(MentorSession.cancelled_at.is_(None), MentorSession.missed_at.is_(None))
        .group_by(MentorSession.mentor_id).subquery()
    )  # fmt: skip


def _listed(table: Any, column: InstrumentedAttribute[int], which: ColumnElement[bool]) -> Subquery:
    ids = func.string_agg(cast(column, String), literal(" ")).label("ids")
    return select(table.mentor_id, ids).where(which).group_by(table.mentor_id).subquery()


def _conflict_list(startup_ids: Collection[int]) -> Subquery:
    """Live conflicts with the startups, as "7:invested 8:family"."""
    each = cast(MentorConflict.startup_id, String).op("||")(":").op("||")(MentorConflict.kind)
    in_order = aggregate_order_by(literal(" "), MentorConflict.id.desc())
    return (
        select(MentorConflict.mentor_id, func.string_agg(each, in_order).label("ids"))
        .where(MentorConflict.startup_id.in_(startup_ids), MentorConflict.ended_at.is_(None))
        .group_by(MentorConflict.mentor_id).subquery()
    )  # fmt: skip


def _appointments(first: date, last: date) -> Subquery:
    """Whoever is appointed on a day from `first` to `last`; `part_days`, where it is not all of them: "[…,…) […,…)"."""
    window = cast(Range(first, last, bounds="[]"), DATERANGE)
    covers = func.range_agg(MentorAppointment.days).op("@>")(window)
    spans = func.string_agg(cast(MentorAppointment.days, String), literal(" "))
    return (
        select(MentorAppointment.mentor_id, case((~covers, spans)).label("part_days"))
        .where(MentorAppointment.days.op("&&")(window))
        .group_by(MentorAppointment.mentor_id).subquery()
    )  # fmt: skip


def _mentorships(today: date) -> Subquery:
    return (
        select(Mentorship.mentor_id, func.count(func.distinct(Mentorship.startup_id)).label("startups"))
        .where(Mentorship.days.op("@>")(today))
        .group_by(Mentorship.mentor_id).subquery()
    )  # fmt: skip


def _read_free(
    session: Session, fortnights: dict[str, Fortnight], some: ColumnElement[bool],
    limits: dict[int, list[tuple[date, date]]],
) -> dict[str, dict[int, ByPart]]:  # fmt: skip
    """Free minutes of the mentors who take sessions, for each zone; weekly hours, other days and the ledger at once."""
    first = min(each.first for each in fortnights.values()) - timedelta(days=1)
    last = max(each.last for each in fortnights.values()) + timedelta(days=1)
    ahead = func.tstzrange(
        datetime.combine(first, datetime.min.time(), CHINA), datetime.combine(last, datetime.max.time(), CHINA)
    )
    who = and_(ACTIVE, some)

    def minute(at: ColumnElement[Any]) -> ColumnElement[int]:
        return cast(func.extract("epoch", at) / 60, Integer)

    weekly = (
        select(literal(0).label("kind"), Mentor.id, Mentor.zone, cast(MentorHours.weekday, Integer).label("day"),
               MentorHours.opens_minute, MentorHours.closes_minute)
        .join(Mentor, Mentor.id == MentorHours.mentor_id).where(who)
    )  # fmt: skip
    other = (
        select(literal(1), Mentor.id, Mentor.zone, MentorDay.on - EPOCH, MentorDay.opens_minute,
               MentorDay.closes_minute)
        .join(Mentor, Mentor.id == MentorDay.mentor_id).where(who, MentorDay.on.between(first, last))
    )  # fmt: skip
    taken = (
        select(literal(2), Mentor.id, literal(""), literal(0), minute(func.lower(Allocation.period)),
               minute(func.upper(Allocation.period)))
        .join(Mentor, Mentor.unit_id == Allocation.unit_id)
        .where(who, Allocation.voided_at.is_(None), Allocation.period.op("&&")(ahead))
    )  # fmt: skip
    hours: list[Hours] = []
    other_days: list[OtherDay] = []
    spans: dict[int, list[Span]] = {}
    rows: Iterable[Any] = session.execute(union_all(weekly, other, taken))
    for kind, mentor_id, zone, day, opens, closes in rows:
        if kind == 0:
            hours.append((mentor_id, zone, day, opens, closes))
        elif kind == 1:
            other_days.append((mentor_id, zone, EPOCH + timedelta(days=day), opens, closes))
        else:
            spans.setdefault(mentor_id, []).append((opens, closes))
    return {zone: count_free(each, hours, other_days, spans, limits) for zone, each in fortnights.items()}


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

"""A site with a room, a mentor with hours, and how tests make them meet. November 2026; the 2nd is a Monday."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.core.periods import Interval
from incubator.mentors.models import HelpField, Mentor, MentorSession
from incubator.mentors.operations.logs import confirm_log, write_log
from incubator.mentors.operations.sessions import Where, book_session
from incubator.mentors.rules.hours import Hours
from incubator.pricing.operations import TariffLine, create_tariff
from incubator.spaces.models import Allocation, Resource, Site
from incubator.spaces.operations import add_floor, add_resource, add_unit, create_site
from tests.cast import Cast
from tests.mentors.build import add_mentor_at, make_field

SHANGHAI = timedelta(hours=8)
AFTERNOONS = tuple(Hours(weekday, 14 * 60, 18 * 60) for weekday in range(1, 6))
ONLINE = Where("online", link="https://meet.example.com/max")


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """Local time in November 2026."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC) - SHANGHAI


@dataclass(frozen=True)
class Place:
    """What sessions need."""

    site: Site
    room: Resource
    mentor: Mentor
    fields: list[HelpField]


def make_place(session: Session, cast: Cast) -> Place:
    """南山一号 with a meeting room of 60.00 an hour; max mentors on workdays from 14:00 to 18:00 until August 2027."""
    now = at(1, 9)
    site = create_site(session, cast.manager, now=now, code="NS", name="南山一号", hours=[("workday", 540, 1260)],
                       open_from=date(2026, 1, 1))  # fmt: skip
    floor = add_floor(session, cast.manager, now=now, site=site, name="1F")
    unit = add_unit(session, cast.manager, now=now, floor=floor, code="R1", kind="room", purpose="public_service",
                    area_m2=Decimal(20), in_service_from=date(2026, 1, 1))  # fmt: skip
    room = add_resource(session, cast.manager, now=now, site=site, code="R1", name="会议室一", kind="meeting_room",
                        units=[unit])  # fmt: skip
    create_tariff(session, cast.manager, now=now, site=site, name="2026", valid_from=date(2026, 1, 1),
                  items=[TariffLine("booking", "hour", Decimal(60), resource_kind="meeting_room")])  # fmt: skip
    fields = [make_field(session, cast, name, english)
              for name, english in (("融资", "Financing"), ("股权架构", "Equity"), ("市场营销", "Marketing"))]  # fmt: skip
    mentor, _actor = add_mentor_at(session, cast, site, fields=fields, kind="investor", hours=AFTERNOONS)
    return Place(site, room, mentor, fields)


def meet(
    session: Session, actor: Actor, place: Place, startup_id: int, start: datetime, minutes: int = 60, *,
    now: datetime | None = None, where: Where = ONLINE, title: str = "融资计划", **more: object,
) -> MentorSession:  # fmt: skip
    """Book a session, a day before unless it is said otherwise."""
    return book_session(
        session, actor, now=now or start - timedelta(days=1), mentor_id=place.mentor.id, startup_id=startup_id,
        start=start, end=start + timedelta(minutes=minutes), title=title, where=where, **more,  # type: ignore[arg-type]
    )  # fmt: skip


def hold(
    session: Session, cast: Cast, place: Place, start: datetime, minutes: int = 60, *, founder: Actor | None = None,
    startup_id: int | None = None, fields: list[HelpField] | None = None,
) -> MentorSession:  # fmt: skip
    """A session that was booked, held, logged by its mentor and confirmed by the startup."""
    founder = founder or cast.founder_a
    meeting = meet(session, founder, place, startup_id or cast.startup_a, start, minutes)
    over = start + timedelta(minutes=minutes + 30)
    write_log(session, cast.mentor, now=over, session_id=meeting.id,
              held=Interval(start, start + timedelta(minutes=minutes)),
              field_ids=[each.id for each in fields or place.fields[:1]], topics="估值与条款")  # fmt: skip
    confirm_log(session, founder, now=over, session_id=meeting.id, version=1)
    return meeting


def live_units(session: Session, unit_id: int) -> list[tuple[datetime, datetime]]:
    """What the ledger holds of a unit."""
    rows = session.execute(
        select(Allocation.period).where(Allocation.unit_id == unit_id, Allocation.voided_at.is_(None))
        .order_by(Allocation.period)
    ).scalars()  # fmt: skip
    return [(row.lower, row.upper) for row in rows]

"""The demo's mentors: a dozen of all kinds, with hours, letters, two conflicts of interest, and a profile that "
"waits."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.operations import add_person, grant_role
from incubator.accounts.permissions import Role
from incubator.accounts.queries import get_actor
from incubator.core.clock import CHINA
from incubator.jobs.demo.mentor_sketches import SKETCHES, Sketch
from incubator.mentors.models import Mentor
from incubator.mentors.operations.appointments import appoint_mentor, end_appointment, file_letters
from incubator.mentors.operations.availability import set_day, set_hours, set_terms
from incubator.mentors.operations.conflicts import declare_conflict
from incubator.mentors.operations.fields import adopt_fields
from incubator.mentors.operations.mentors import add_mentor, pause_mentor
from incubator.mentors.operations.proposals import send_profile
from incubator.mentors.queries.profiles import profile_of
from incubator.mentors.rules.hours import Hours
from incubator.mentors.rules.profiles import Profile
from incubator.spaces.models import Site
from incubator.startups.models import Startup
from incubator.startups.rules.limits import add_months

A_DAY = timedelta(days=1)
ENDS_SOON, ENDED, PAUSED = 2, 11, 4
"""By their place among the sketches: whose letter ends soon, whose was ended early, who is paused."""


def settle_mentors(
    session: Session, actor: Actor, sites: list[Site], founders: list[Startup], *, began: datetime, now: datetime
) -> list[Mentor]:
    """The vocabulary and a dozen mentors since the year began; the first is who signs in as mentor."""
    fields = {field.name: field.id for field in adopt_fields(session, actor, now=began)}
    made = [
        _settle(session, actor, sketch, sites[place % len(sites)], sites, fields, began)
        for place, sketch in enumerate(SKETCHES)
    ]
    for place, mentor in enumerate(made):
        _appoint(session, actor, place, mentor, began, now)
    _be_away(session, actor, made, now)
    pause_mentor(session, actor, now=now - 6 * A_DAY, mentor_id=made[PAUSED].id)
    declare_conflict(session, _person(session, made[1]), now=now - 40 * A_DAY, mentor_id=made[1].id,
                     startup_id=founders[0].id, kind="invested", note="2026 年天使轮，持股 3%")  # fmt: skip
    declare_conflict(session, actor, now=now - 12 * A_DAY, mentor_id=made[3].id, startup_id=founders[3].id,
                     kind="competes", note="同一客户的竞标方顾问")  # fmt: skip
    _change_mind(session, made[0], fields, now)
    while file_letters(session, actor, now=now):
        pass
    return made


def _settle(
    session: Session, actor: Actor, sketch: Sketch, site: Site, sites: list[Site], fields: dict[str, int],
    now: datetime,
) -> Mentor:  # fmt: skip
    if sketch.name:
        email = f"mentor-{SKETCHES.index(sketch)}@demo.example"
        person = add_person(session, actor, now=now, name=sketch.name, email=email)
        grant_role(session, actor, now=now, person=person, role=Role.MENTOR)
    else:
        person = session.execute(select(Person).where(Person.email == "mentor@demo.example")).scalar_one()
    mentor = add_mentor(session, actor, now=now, site_id=site.id, kind=sketch.kind, person_id=person.id)
    profile = Profile(
        kind=sketch.kind, site_id=site.id, engagement="full_time" if sketch.full_time else "part_time",
        headline=sketch.headline, headline_en=sketch.headline_en, biography=sketch.biography,
        biography_en=sketch.biography_en, field_ids=tuple(fields[name] for name in sketch.fields),
        industries=sketch.industries, stages=sketch.stages, languages=sketch.languages,
        site_ids=tuple(each.id for each in sites if each is not site) if sketch.full_time or sketch.link else (),
        rate_minor=None if sketch.rate_yuan is None else sketch.rate_yuan * 100, takes_vouchers=sketch.vouchers,
    )  # fmt: skip
    send_profile(session, actor, now=now, mentor_id=mentor.id, profile=profile)
    set_hours(session, actor, now=now, mentor_id=mentor.id, zone="Asia/Shanghai",
              hours=[Hours(weekday, opens * 60, closes * 60) for weekday, opens, closes in sketch.hours])  # fmt: skip
    set_terms(session, actor, now=now, mentor_id=mentor.id, capacity_hours=sketch.capacity,
              meeting_place=sketch.place, meeting_link=sketch.link)  # fmt: skip
    return mentor


def _appoint(session: Session, actor: Actor, place: int, mentor: Mentor, began: datetime, now: datetime) -> None:
    """A year from the beginning, renewed for the next; one ends soon, one was ended early."""
    first, today = began.astimezone(CHINA).date(), now.astimezone(CHINA).date()
    last = today + 18 * A_DAY if place == ENDS_SOON else add_months(first, 12) - A_DAY
    letter = appoint_mentor(
        session, actor, now=began, mentor_id=mentor.id, title=_title(place), first=first, last=last
    )
    if place == ENDED:
        end_appointment(session, actor, now=now - 95 * A_DAY, appointment_id=letter.id, last=today - 90 * A_DAY,
                        reason="本人移居海外，无法继续到场")  # fmt: skip
    elif last < today:
        after = last + A_DAY
        appoint_mentor(session, actor, now=began + (after - first) - 12 * A_DAY, mentor_id=mentor.id,
                       title=_title(place), first=after, last=add_months(after, 12) - A_DAY)  # fmt: skip


def _title(place: int) -> str:
    return "首席创业导师" if place == 0 else "创业导师"


def _be_away(session: Session, actor: Actor, made: list[Mentor], now: datetime) -> None:
    """The coming weeks' exceptions: a trip, an extra morning, a holiday."""
    today = now.astimezone(CHINA).date()
    away: tuple[tuple[int, date, int | None, int | None, str], ...] = (
        (0, today + 9 * A_DAY, None, None, "出差上海"), (0, today + 12 * A_DAY, 10, 12, "补一次上午"),
        (1, today + 5 * A_DAY, None, None, "投委会"), (3, today + 30 * A_DAY, None, None, "圣诞假期"),
        (8, today + 8 * A_DAY, 9, 11, "年终审计，时间提前"),
    )  # fmt: skip
    for place, on, opens, closes, note in away:
        minutes = {name: None if hour is None else hour * 60 for name, hour in (("opens", opens), ("closes", closes))}
        set_day(session, actor, now=now, mentor_id=made[place].id, on=on, note=note, **minutes)


def _change_mind(session: Session, mentor: Mentor, fields: dict[str, int], now: datetime) -> None:
    """Who signs in as mentor has sent a change, which waits."""
    stands = profile_of(session, mentor)
    wanted = replace(
        stands, headline="鹏芯微电子联合创始人、湾区芯片协会理事",
        headline_en="Co-founder, Pengxin Microelectronics; board member, Bay Area Chip Association",
        biography=stands.biography.replace("三次流片", "四次流片") + "\n\n近期也在辅导团队做海外众筹。",
        field_ids=(*stands.field_ids, fields["出海"]), rate_minor=500_00, takes_vouchers=True,
    )  # fmt: skip
    send_profile(session, _person(session, mentor), now=now - A_DAY, mentor_id=mentor.id, profile=wanted)


def _person(session: Session, mentor: Mentor) -> Actor:
    found = get_actor(session, mentor.person_id)
    assert found is not None
    return found

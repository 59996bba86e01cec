"""The demo's events: two or three a month in the rooms that the operator had booked, some elsewhere, some to come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.bookings.event_models import Event
from incubator.bookings.models import Booking
from incubator.bookings.operations.events import (
    Came,
    Plan,
    add_proof,
    cancel_event,
    confirm_event,
    link_cost,
    plan_event,
)
from incubator.jobs.demo.pictures import draw_hall, draw_room
from incubator.mentors.models import Mentor
from incubator.spaces.models import Resource, Site
from incubator.startups.models import Residency, Startup
from incubator.subsidies.operations.evidence import Proof, record_cost

Item = tuple[str, str, str, str, str]
"""Kind, titles, for whom and with whom."""
PROGRAMMES: dict[str, tuple[Item, ...]] = {
    "NS": (
        ("roadshow", "南山创客项目路演日", "Nanshan demo day", "public", "鹏城创投"),
        ("training", "知识产权申请实务培训", "Training: applying for patents", "tenants", "南山区市场监管局"),
        ("salon", "创始人午餐会", "Founders' lunch", "tenants", ""),
        ("training", "财税政策与研发费用归集培训", "Training: tax and R&D costs", "tenants", "立信会计师事务所"),
        ("forum", "人工智能应用论坛", "Forum: applied AI", "public", "南山区科技创新局"),
        ("visit", "高校师生参观交流", "Visit of university students", "public", "深圳大学"),
        ("competition", "创新创业大赛南山选拔赛", "Innovation contest, Nanshan round", "public", "南山区科技创新局"),
        ("salon", "投资人对接沙龙", "Meet the investors", "tenants", "鹏城创投"),
    ),
    "BA": (
        ("training", "可制造性设计与打样培训", "Training: design for manufacture", "tenants", "宝安区硬件产业联盟"),
        ("roadshow", "智能硬件新品发布日", "Hardware launch day", "public", "湾区硬件基金"),
        ("visit", "供应链企业走访对接", "Suppliers visit the works", "tenants", "宝安区工业和信息化局"),
        ("training", "产品认证（CCC、CE）实务培训", "Training: CCC and CE certification", "tenants", "华检认证中心"),
        ("competition", "智能硬件创客马拉松", "Hardware hackathon", "public", "宝安区科技创新局"),
    ),
    "WC": (
        ("forum", "光电子技术转化论坛", "Forum: photonics from lab to market", "public", "华中科技大学"),
        ("training", "高新技术企业申报辅导", "Training: applying as a high-tech enterprise", "tenants", "武昌区科技局"),
        ("salon", "校友创业者茶话会", "Tea with alumni founders", "tenants", "武汉大学校友会"),
        ("roadshow", "光谷项目路演", "Optics Valley demo day", "public", "楚天创投"),
        ("visit", "光电实验室开放日", "Open day of the photonics laboratory", "public", "华中科技大学"),
    ),
}
"""Of each site, in the order in which they come."""
OPEN_SPACES = {"NS": "一层公共活动区", "BA": "二层展示厅", "WC": "五层路演区"}
TO_COME: dict[str, tuple[int, int, str, str, str, str, str, str]] = {
    "NS": (21, 14, "forum", "年度创新创业论坛", "Annual forum on innovation", "科技园国际会议中心 二层",
           "南山区科技创新局", "主旨演讲、项目展示与圆桌讨论。报名请联系前台。"),
    "BA": (12, 10, "visit", "东莞模具厂参访", "Visit to a mould maker in Dongguan", "东莞市长安镇振安科技园",
           "宝安区硬件产业联盟", "大巴 9:00 从园区正门出发，每家企业限两人。"),
    "WC": (30, 9, "competition", "“光谷杯”创业大赛复赛", "Optics Cup, second round", "光谷会展中心 3 号厅",
           "武昌区科技局", "入围的八个项目现场答辩，前三名推荐至市级决赛。"),
}  # fmt: skip
"""One of each site elsewhere: in so many days, at which hour, kind, titles, place, with whom, and what it says."""
EVERY = timedelta(days=13)
TO_COUNT = timedelta(days=10)
"""Later ones are still to be counted."""
PEOPLE = {"roadshow": (30, 70), "training": (15, 40), "salon": (10, 25), "forum": (40, 90), "visit": (15, 30),
          "competition": (60, 120)}  # fmt: skip
COST = {"roadshow": 6_800_00, "forum": 12_500_00, "competition": 21_000_00}
CORRECTED, CANCELLED = 3, 5
"""By their number: whose count was corrected, and which was called off."""


def hold_events(
    session: Session, actor: Actor, sites: Sequence[Site], mentors: Sequence[Mentor], *, first: datetime, now: datetime
) -> None:
    """Each site by its own programme: the first fills the year, the others have fewer. What is past is counted, all but
    the last days'."""
    random = Random(2019)  # noqa: S311  a demo's dice
    for place, site in enumerate(sites):
        bookings = _own_bookings(session, site, first, now + timedelta(days=20))
        if place:
            bookings = bookings[place::4]
        here = _residents(session, site)
        for number, (booking, resource) in enumerate(bookings):
            event = _plan(session, actor, site, number, booking, resource)
            if number == CANCELLED and booking.end < now:
                at = booking.start - timedelta(days=2)
                cancel_event(session, actor, now=at, event_id=event.id, reason="主讲人临时有事")
            elif booking.end < now - TO_COUNT:
                _count(session, actor, event, number, resource, here, mentors, random)
        _come(session, actor, site, now)


def _own_bookings(session: Session, site: Site, first: datetime, until: datetime) -> list[tuple[Booking, Resource]]:
    """The operator's own of halls and meeting rooms, thirteen days or more after one another."""
    rows = session.execute(
        select(Booking, Resource).join(Resource, Resource.id == Booking.resource_id)
        .where(Booking.site_id == site.id, Booking.startup_id.is_(None), Booking.cancelled_at.is_(None),
               Resource.kind.in_(("hall", "meeting_room")), Booking.starts_at.between(first, until))
        .order_by(Booking.starts_at, Resource.kind, Booking.id)
    ).all()  # fmt: skip
    kept: list[tuple[Booking, Resource]] = []
    for booking, resource in rows:
        if not kept or booking.start - kept[-1][0].start >= EVERY:
            kept.append((booking, resource))
    return kept


def _residents(session: Session, site: Site) -> list[tuple[int, Residency]]:
    rows = session.execute(
        select(Startup.id, Residency).join(Residency, Residency.startup_id == Startup.id)
        .where(Residency.site_id == site.id).order_by(Startup.code, Residency.id)
    )  # fmt: skip
    return [(startup_id, residency) for startup_id, residency in rows]


def _plan(
    session: Session, actor: Actor, site: Site, number: int, booking: Booking, resource: Resource
) -> Event:
    """In the room that is booked where it is a hall or a small round; other ones take the open space."""
    programme = PROGRAMMES[site.code]
    kind, title, title_en, audience, organiser = programme[number % len(programme)]
    fits = resource.kind == "hall" or kind == "salon"
    month = f"{booking.start.astimezone(ZoneInfo(site.zone)):%Y-%m}"
    return plan_event(session, actor, now=booking.start - timedelta(days=14), plan=Plan(
        site.id, kind, f"{title}（{month}）", booking.start, booking.end, audience,
        booking_id=booking.id if fits else None, place="" if fits else OPEN_SPACES[site.code],
        title_en=f"{title_en} ({month})", organiser=organiser))  # fmt: skip


def _count(
    session: Session, actor: Actor, event: Event, number: int, resource: Resource,
    here: Sequence[tuple[int, Residency]], mentors: Sequence[Mentor], random: Random,
) -> None:  # fmt: skip
    day, after = event.start.date(), event.end + timedelta(hours=1)
    there = sorted({startup_id for startup_id, stay in here
                    if stay.starts_on <= day and (stay.ends_on is None or day <= stay.ends_on)})  # fmt: skip
    startups = random.sample(there, min(len(there), random.randrange(3, 9)))
    guides = [each.person_id for each in mentors if each.site_id == event.site_id][: 1 + number % 2]
    people = random.randrange(*PEOPLE[event.kind])
    if event.booking_id is not None and resource.kind != "hall":
        people = min(people, resource.capacity)
    came = Came(people, "签到表", startups, guides)
    confirm_event(session, actor, now=after, event_id=event.id, came=came)
    if number == CORRECTED:
        more = Came(came.participants + 2, "签到表", startups, guides)
        confirm_event(session, actor, now=after + timedelta(days=1), event_id=event.id, came=more,
                      reason="补录两名线下签到者")  # fmt: skip
    if number % 3 != 2:
        photo = draw_room(resource.capacity) if event.booking_id and resource.kind != "hall" else draw_hall()
        add_proof(session, actor, now=after, event_id=event.id, files=[], photos=[photo])
    if event.kind in COST:
        cost = record_cost(session, actor, now=after, site_id=event.site_id, kind="events", title=event.title,
                           first=day, last=day, amount_minor=COST[event.kind],
                           proof=Proof(f"活动决算表 {day}（演示）"))  # fmt: skip
        link_cost(session, actor, now=after, event_id=event.id, cost_id=cost.id)


def _come(session: Session, actor: Actor, site: Site, now: datetime) -> None:
    """One that takes place elsewhere, some weeks ahead."""
    days, hour, kind, title, title_en, place, organiser, description = TO_COME[site.code]
    today = now.astimezone(ZoneInfo(site.zone)).replace(hour=hour, minute=0, second=0, microsecond=0)
    begins = today + timedelta(days=days)
    plan_event(session, actor, now=now, plan=Plan(
        site.id, kind, title, begins, begins + timedelta(hours=3), "tenants" if kind == "visit" else "public",
        place=place, title_en=title_en, organiser=organiser, description=description,
    ))  # fmt: skip

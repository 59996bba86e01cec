"""The demo's sessions: a year of them that both sides have confirmed, and a few in every state that there is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import cycle
from random import Random
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person, RoleGrant
from incubator.accounts.operations import add_person, grant_role
from incubator.accounts.permissions import Role
from incubator.accounts.queries import get_actor
from incubator.core.clock import CHINA
from incubator.core.errors import Refusal
from incubator.core.periods import Interval
from incubator.mentors.models import Mentor, MentorConflict, MentorField, MentorSession
from incubator.mentors.operations.certificates import certify_hours
from incubator.mentors.operations.feedback import give_feedback
from incubator.mentors.operations.logs import confirm_log, keep_note, write_log
from incubator.mentors.operations.sessions import Where, book_session, cancel_session, miss_session
from incubator.mentors.operations.tasks import add_task, end_task
from incubator.mentors.queries.times import list_free_days
from incubator.startups.models import Startup

MET = 12
"""Startups that have mentors."""
THEMES = (
    ("融资计划与估值", "当前估值依据与下一轮时间表", "先补齐近 6 个月的经营数据，再约见机构；条款中注意回购。",
     "两周内完成数据包"),
    ("股权架构调整", "两位创始人比例与员工期权池", "预留 12% 期权池，由持股平台代持，工商变更前先签股东协议。",
     "起草股东协议"),
    ("产品定位", "目标客户与首个付费场景", "先做一个行业的深度方案，不要同时铺开三个。", "访谈 10 位目标客户"),
    ("高新技术企业认定", "知识产权与研发费用归集", "软著之外至少补 1 项实用新型，研发辅助账按项目归集。",
     "建立研发辅助账"),
    ("供应链与小批量试产", "打样周期与良率", "关键器件准备第二供应商，试产前做一次可制造性评审。",
     "联系两家代工厂报价"),
    ("出海合规", "目标市场与数据跨境", "先做东南亚，隐私政策与数据出境评估同步准备。", "梳理数据清单"),
)
REMARKS = ("很有帮助，思路清楚了", "给了具体的名单和模板", "", "建议很实在", "", "准备很充分")
ONLINE = Where("online", link="https://meeting.tencent.com/dm/demo")


class Pair(Struct, frozen=True):
    """A mentor and a startup, and those who act for them."""

    mentor: Mentor
    giver: Actor
    startup: Startup
    seeker: Actor
    field_ids: list[int]


def hold_sessions(session: Session, actor: Actor, startups: Sequence[Startup], random: Random, now: datetime) -> None:
    """Sessions of the last half-year, some of today's states, and a certificate for who has given most."""
    pairs = _pairs(session, actor, startups, now)
    if not pairs:
        return
    today = now.astimezone(CHINA).date()
    themes, remarks, held = cycle(THEMES), cycle(REMARKS), 0
    for back in range(6, 0, -1):
        for number, pair in enumerate(pairs):
            if (number + back) % 3 == 0:
                continue
            start = _free(session, pair, today - timedelta(days=30 * back - number), random)
            if start is None or start > now - timedelta(days=3):
                continue
            meeting = _book(session, pair, start, random.choice((45, 60, 60, 90)), next(themes)[0])
            if meeting is not None:
                held += 1
                _log(session, pair, meeting, confirmed=True)
                _say_how_it_was(session, pair, meeting, random, next(remarks))
    _show_every_state(session, pairs, random, now, today)
    best = max(pairs, key=lambda pair: sum(each.mentor.id == pair.mentor.id for each in pairs))
    if held:
        try:
            certify_hours(session, actor, now=now, mentor_id=best.mentor.id, first=date(today.year - 1, 1, 1),
                          last=today - timedelta(days=1))  # fmt: skip
        except Refusal:  # nobody has confirmed anything of theirs
            return


def _pairs(session: Session, actor: Actor, startups: Sequence[Startup], now: datetime) -> list[Pair]:
    """Every mentor who can be met with one or two startups that have somebody who signs for them."""
    mentors = session.execute(
        select(Mentor).where(Mentor.approved_at.is_not(None), Mentor.ended_at.is_(None), Mentor.paused_at.is_(None))
        .order_by(Mentor.number)
    ).scalars().all()  # fmt: skip
    seekers = [(startup, _founder_of(session, actor, startup, now)) for startup in startups[:MET]]
    found = []
    for number, startup_and_seeker in enumerate(seekers):
        startup, seeker = startup_and_seeker
        for step in (0, 5):
            mentor = mentors[(number + step) % len(mentors)] if mentors else None
            giver = get_actor(session, mentor.person_id) if mentor is not None else None
            if mentor is None or giver is None or _in_conflict(session, mentor, startup):
                continue
            fields = session.execute(
                select(MentorField.field_id).where(MentorField.mentor_id == mentor.id).order_by(MentorField.field_id)
            ).scalars().all()  # fmt: skip
            if fields:
                found.append(Pair(mentor, giver, startup, seeker, list(fields[:2])))
    return found


def _in_conflict(session: Session, mentor: Mentor, startup: Startup) -> bool:
    query = select(exists().where(MentorConflict.mentor_id == mentor.id, MentorConflict.startup_id == startup.id))
    return bool(session.execute(query).scalar())


def _founder_of(session: Session, actor: Actor, startup: Startup, now: datetime) -> Actor:
    """The startup's founder; one who does not sign in is added where there is none."""
    person_id = session.execute(
        select(RoleGrant.person_id).where(RoleGrant.startup_id == startup.id, RoleGrant.role == Role.FOUNDER.value)
        .order_by(RoleGrant.id).limit(1)
    ).scalar()  # fmt: skip
    if person_id is None:
        email = f"{startup.code.lower()}@founders.demo.example"
        person = session.execute(select(Person).where(Person.email == email)).scalar_one_or_none()
        person = person or add_person(session, actor, now=now, name=startup.contact_name, email=email, locale="zh_Hans")
        grant_role(session, actor, now=now, person=person, role=Role.FOUNDER, startup_id=startup.id)
        person_id = person.id
    found = get_actor(session, person_id)
    assert found is not None  # somebody of it
    return found


def _free(session: Session, pair: Pair, on: date, random: Random) -> datetime | None:
    """A time of the mentor's in the week from a day on."""
    midnight = datetime.combine(on, datetime.min.time(), ZoneInfo(pair.mentor.zone))
    days = list_free_days(session, pair.mentor, first=on, minutes=90, now=midnight, days=7)
    starts = [start for each in days for start in each.starts]
    return random.choice(starts) if starts else None


def _book(session: Session, pair: Pair, start: datetime, minutes: int, title: str) -> MentorSession | None:
    try:
        return book_session(
            session, pair.seeker, now=start - timedelta(days=4), mentor_id=pair.mentor.id, startup_id=pair.startup.id,
            start=start, end=start + timedelta(minutes=minutes), title=title, where=ONLINE,
        )  # fmt: skip
    except Refusal:  # the month's capacity is used up: another month
        return None


def _log(session: Session, pair: Pair, meeting: MentorSession, *, confirmed: bool) -> None:
    _title, topics, advice, steps = next(each for each in THEMES if each[0] == meeting.title)
    after = meeting.end + timedelta(hours=2)
    write_log(session, pair.giver, now=after, session_id=meeting.id, held=Interval(meeting.start, meeting.end),
              field_ids=pair.field_ids, topics=topics, advice=advice, next_steps=steps)  # fmt: skip
    if confirmed:
        confirm_log(session, pair.seeker, now=after + timedelta(hours=20), session_id=meeting.id, version=1)


def _say_how_it_was(session: Session, pair: Pair, meeting: MentorSession, random: Random, remark: str) -> None:
    after = meeting.end + timedelta(days=1)
    give_feedback(session, pair.seeker, now=after, session_id=meeting.id, rating=random.choice((4, 5, 5)),
                  remark=remark)  # fmt: skip
    if random.random() < 0.5:
        give_feedback(session, pair.giver, now=after, session_id=meeting.id, rating=random.choice((4, 5)))
    task = add_task(session, pair.giver, now=after, session_id=meeting.id, text="按建议整理材料并回传",
                    due_on=(after + timedelta(days=14)).date())  # fmt: skip
    end_task(session, pair.seeker, now=after + timedelta(days=9), session_id=meeting.id, task_id=task.id, ending="done")


def _show_every_state(session: Session, pairs: Sequence[Pair], random: Random, now: datetime, today: date) -> None:
    """Around today: two without a log, two to be confirmed (one by each side), one missed, one cancelled, four to come.

    The first pairs are of the startup and the mentor that sign in.
    """
    for number, pair in enumerate([*pairs[:4], *pairs[:2]]):
        start = _free(session, pair, today - timedelta(days=8 - number), random)
        if start is None or start > now - timedelta(hours=3):
            continue
        meeting = _book(session, pair, start, 60, THEMES[number % len(THEMES)][0])
        if meeting is None:
            continue
        if number in (0, 3):
            _log(session, pair, meeting, confirmed=False)
        elif number == 4:
            miss_session(session, pair.giver, now=meeting.start + timedelta(minutes=30), session_id=meeting.id,
                         missed_by="startup")  # fmt: skip
        if number == 0:
            keep_note(session, pair.giver, now=meeting.end, session_id=meeting.id, text="下次请他们带上最新的现金流表")
            add_task(session, pair.giver, now=meeting.end, session_id=meeting.id, text="两周内完成融资数据包",
                     due_on=today + timedelta(days=9))  # fmt: skip
    for number, pair in enumerate(pairs[:5]):
        start = _free(session, pair, today + timedelta(days=1 + number), random)
        if start is None:
            continue
        try:
            meeting = book_session(
                session, pair.seeker, now=now, mentor_id=pair.mentor.id, startup_id=pair.startup.id, start=start,
                end=start + timedelta(minutes=60), title=THEMES[(number + 2) % len(THEMES)][0], where=ONLINE,
            )  # fmt: skip
        except Refusal:
            continue
        if number == 4:
            cancel_session(session, pair.giver, now=now, session_id=meeting.id, reason="临时出差，改约下周")

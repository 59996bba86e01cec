"""A programme and a plan with startups in them, their teams with categories, and who applies and is chosen."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.bookings.operations import add_rule, include_allowance
from incubator.core.clock import CHINA
from incubator.core.periods import Month
from incubator.jobs.demo.calls import call_for_applications
from incubator.jobs.demo.choosing import choose
from incubator.jobs.demo.names import person_name
from incubator.startups.models import Startup
from incubator.startups.operations import add_post, add_programme, claim_standing, confirm_standing, enrol


def gather(session: Session, actor: Actor, startups: list[Startup], now: datetime) -> None:
    """A programme and a plan with some of the startups in them, and the rules of this autumn."""
    today = now.astimezone(CHINA).date()
    camp = add_programme(session, actor, now=now, kind="programme", name="硬科技加速营",
                         name_en="Deep-tech accelerator")  # fmt: skip
    plan = add_programme(session, actor, now=now, kind="plan", name="流动工位套餐", name_en="Flexible desks")
    for number, startup in enumerate(startups[:15]):
        if number % 3 == 0:
            enrol(session, actor, now=now, programme_id=camp.id, startup_id=startup.id,
                  starts_on=today - timedelta(days=60), ends_on=today + timedelta(days=120))  # fmt: skip
        elif number % 3 == 1:
            enrol(session, actor, now=now, programme_id=plan.id, startup_id=startup.id,
                  starts_on=today - timedelta(days=90))  # fmt: skip
    _form_teams(session, actor, startups, now)
    call_for_applications(session, actor, camp_id=camp.id, startups=startups, now=now)
    choose(session, actor, now=now)
    include_allowance(session, actor, now=now, programme_id=plan.id, name="套餐含会议室每月 4 小时", minutes=240,
                      repeats="month", resource_kind="meeting_room", valid_from=Month.of(today).first)  # fmt: skip
    add_rule(session, actor, now=now, name="仪器限加速营", name_en="Instruments: accelerator only",
             resource_kind="instrument", programmes=[camp.id])  # fmt: skip
    add_rule(session, actor, now=now, name="会议室须签到", name_en="Check in to meeting rooms",
             resource_kind="meeting_room", check_in_minutes=15, strikes_most=3, strikes_days=30,
             pause_days=7)  # fmt: skip


def _form_teams(session: Session, actor: Actor, startups: list[Startup], now: datetime) -> None:
    """A founder or two and some employees of the first startups; most categories and identities are confirmed."""
    random, today = Random(4754), now.astimezone(CHINA).date()  # noqa: S311  a demo's dice
    kinds = (("graduate", "毕业证书"), ("returnee", "留学回国证明"), ("veteran", "退役军人优待证"),
             ("serial", "股权登记"))  # fmt: skip
    for number, startup in enumerate(startups[:20]):
        since = today - timedelta(days=random.randrange(200, 900))
        for place in range(random.randrange(2, 5)):
            role = "founder" if place < 2 else "employee"
            post = add_post(
                session, actor, now=now, secret=b"", startup_id=startup.id, name=person_name(random), role=role,
                first=since + timedelta(days=60 * place), share_bp=5000 if role == "founder" else None,
                id_kind="passport" if place == 0 and number % 4 else "",
                id_number=f"E{20260000 + number}" if place == 0 and number % 4 else "",
            )  # fmt: skip
            category, document = kinds[(number + place) % len(kinds)]
            if place != 1:
                said = claim_standing(session, actor, now=now, post_id=post.id, category=category, first=since,
                                      evidence=f"{document}，编号 {10000 + number * 10 + place}（演示）")  # fmt: skip
                if number % 5:
                    confirm_standing(session, actor, now=now, standing_id=said.id)

"""The demo's exits: one graduated, one removed, one dissolved whose founders start again; and a rule to graduate by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.core.clock import CHINA
from incubator.startups.models import Enrolment, Programme, Residency, Startup
from incubator.startups.operations.achievements import claim_achievement, confirm_achievement
from incubator.startups.operations.deposits import move_deposit
from incubator.startups.operations.exit_access import end_exited_access
from incubator.startups.operations.exit_items import settle_item
from incubator.startups.operations.exits import leave_incubation
from incubator.startups.operations.graduation import adopt_rule
from incubator.startups.operations.restarts import restart_startup
from incubator.startups.queries.exits import list_items, list_last_founders

A_DAY = timedelta(days=1)


def let_some_leave(session: Session, actor: Actor, startups: Sequence[Startup], now: datetime) -> None:
    """Yesterday was the last day of three of them; what is to be settled is half done."""
    today = now.astimezone(CHINA).date()
    last = today - A_DAY
    camp = session.execute(
        select(Programme).where(Programme.kind == "programme").order_by(Programme.id).limit(1)
    ).scalar_one()
    adopt_rule(session, actor, now=now, programme_id=camp.id, starts_on=date(2019, 1, 1))
    here = _who_can_leave(session, startups[3:20], last)
    graduate = next((each for each in here if _is_in(session, each, camp, last)), None)
    if graduate is not None:
        _prove(session, actor, now, graduate, today)
        leave_incubation(session, actor, now=now, startup_id=graduate.id, kind="graduated", on=last, keeps_access=True,
                         reason="达到毕业条件", destination="自购厂房，深圳光明")  # fmt: skip
    others = _who_can_leave(session, [each for each in startups[3:20] if each is not graduate], last)
    removed, dissolved = next(others, None), next(others, None)
    if removed is not None:
        _give_deposit_back(session, actor, now, removed, last)
        made = leave_incubation(session, actor, now=now, startup_id=removed.id, kind="removed", on=last, notice_days=30,
                                reason="连续三个月未到场办公，经两次书面通知仍未改正（演示）")  # fmt: skip
        for row in list_items(session, made.id):
            if row.item.task == "documents":
                settle_item(session, actor, now=now, exit_id=made.id, item_id=row.item.id, outcome="waived",
                            remark="无资料需移交")  # fmt: skip
    if dissolved is not None:
        leave_incubation(session, actor, now=now, startup_id=dissolved.id, kind="dissolved", on=last,
                         reason="股东会决议解散（演示）",
                         licence_cancelled_on=last if dissolved.kind == "company" else None)  # fmt: skip
        founders = [human.id for _post, human in list_last_founders(session, dissolved.id, last)]
        if founders:
            restart_startup(session, actor, now=now, startup_id=dissolved.id, name="再启航团队", name_en="Second Sail",
                            on=today, individual_ids=founders)  # fmt: skip
    end_exited_access(session, actor, now=now)


def _give_deposit_back(session: Session, actor: Actor, now: datetime, startup: Startup, last: date) -> None:
    """Of its deposit a part is withheld for a lock and the rest returned: the entry of the exit is done by that."""
    residency = session.execute(
        select(Residency).where(Residency.startup_id == startup.id).order_by(Residency.id).limit(1)
    ).scalar_one()
    whole = residency.deposit_minor or 1_000_000
    part = min(80_000, whole // 2)
    moves = (("received", whole, residency.starts_on, ""), ("withheld", part, last, "扣除门锁维修费（演示）"),
             ("returned", whole - part, last, ""))  # fmt: skip
    for kind, minor, on, reason in moves:
        move_deposit(session, actor, now=now, residency_id=residency.id, kind=kind, amount_minor=minor, happened_on=on,
                     how="" if reason else "bank", reason=reason)  # fmt: skip


def _who_can_leave(session: Session, startups: Sequence[Startup], on: date) -> Iterator[Startup]:
    """Those in residence on a day, without an agreement or a programme that begins later."""
    for startup in startups:
        mine = select(Residency.starts_on).where(
            Residency.startup_id == startup.id, or_(Residency.ends_on.is_(None), Residency.ends_on > on)
        )
        running = session.execute(mine).scalars().all()
        if running and max(running) <= on:
            yield startup


def _is_in(session: Session, startup: Startup, programme: Programme, on: date) -> bool:
    found = select(Enrolment.id).where(
        Enrolment.startup_id == startup.id, Enrolment.programme_id == programme.id, Enrolment.days.contains(on)
    )
    return session.execute(found).first() is not None


def _prove(session: Session, actor: Actor, now: datetime, startup: Startup, today: date) -> None:
    achieved: tuple[tuple[str, str, str, int | None], ...] = (
        ("qualification", "high_tech", "高新技术企业证书（演示）", None),
        ("financing", "a", "A 轮融资（演示）", 800_000_000),
    )  # fmt: skip
    for kind, sort, title, amount in achieved:
        said = claim_achievement(
            session, actor, now=now, today=today, startup_id=startup.id, document_id=None, kind=kind, sort=sort,
            title=title, happened_on=today - timedelta(days=45), valid_until=None, amount_minor=amount,
        )  # fmt: skip
        confirm_achievement(session, actor, now=now, achievement_id=said.id)

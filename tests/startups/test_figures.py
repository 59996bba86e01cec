"""Figures on their way: asked for, filled in, submitted, returned, confirmed, corrected, locked, and who may."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from incubator.accounts.models import Person
from incubator.audit.models import AuditEvent
from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.notices.models import Notice, OutboxMail
from incubator.notices.writing import write_notices
from incubator.startups.letters import WRITERS
from incubator.startups.models import Exit, FigureLock, FigureSheet, FigureVersion, Residency
from incubator.startups.operations.figure_sheets import ask_startup, open_due_sheets, remind_of_figures
from incubator.startups.operations.figures import (
    begin_correction,
    confirm_figures,
    confirm_many,
    lock_figures,
    return_figures,
    save_figures,
    submit_figures,
)
from incubator.startups.operations.indicators import adopt_defaults, edit_rhythm
from incubator.startups.queries.confirmed import latest_confirmed, list_confirmed, sum_figures
from incubator.startups.queries.figure_lists import list_due, list_period
from incubator.startups.queries.figures import confirms_own, load_sheet
from incubator.startups.rules.periods import Period
from tests.cast import Cast
from tests.startups.figures_world import DAY, OCTOBER, PLAUSIBLE, World, found_world

Q2, Q3 = Period("quarter", date(2026, 4, 1)), Period("quarter", date(2026, 7, 1))


@pytest.fixture
def world(session: Session, cast: Cast) -> World:
    return found_world(session, cast)


def test_who_was_in_residence_is_asked_once_for_each_period_that_is_over(world: World) -> None:
    session, cast = world.session, world.cast
    found = session.execute(select(FigureSheet.startup_id, FigureSheet.starts_on, FigureSheet.due_on)).all()
    assert sorted(found) == sorted(
        (startup_id, period.first, period.last + 15 * DAY)
        for startup_id in (cast.startup_a, cast.startup_b) for period in (Q2, Q3)
    )  # fmt: skip
    assert open_due_sheets(session, cast.system, now=OCTOBER) == 0
    assert adopt_defaults(session, cast.manager, now=OCTOBER, today=OCTOBER.date()) == 0
    # the last quarter and the year are asked for on 1 January, of A, which left on 2 October, and of B
    session.execute(select(Residency).where(Residency.startup_id == cast.startup_a)).scalar_one().ends_on = date(2026, 10, 2)
    assert open_due_sheets(session, cast.system, now=OCTOBER.replace(month=12, day=31)) == 0
    new_year = OCTOBER.replace(year=2027, month=1, day=1)
    assert open_due_sheets(session, cast.system, now=new_year) == 4
    assert open_due_sheets(session, cast.system, now=new_year.replace(month=4)) == 1


def test_who_left_is_asked_for_the_year_as_long_as_the_rhythm_says(world: World) -> None:
    session, cast = world.session, world.cast
    session.execute(select(Residency).where(Residency.startup_id == cast.startup_a)).scalar_one().ends_on = date(2026, 6, 30)
    session.execute(select(Residency).where(Residency.startup_id == cast.startup_b)).scalar_one().ends_on = date(2026, 6, 30)
    session.add(Exit(startup_id=cast.startup_a, kind="graduated", happened_on=date(2026, 6, 30), reason="x", decided_at=OCTOBER))
    session.add(Exit(startup_id=cast.startup_b, kind="left", happened_on=date(2026, 6, 30), reason="x", decided_at=OCTOBER))
    edit_rhythm(session, cast.manager, now=OCTOBER, rhythm="year", due_days=60, asked_from=date(2026, 1, 1),
                alumni_years=2)  # fmt: skip
    asked = []
    for year in (2027, 2028, 2029, 2030):
        open_due_sheets(session, cast.system, now=OCTOBER.replace(year=year, month=1, day=1))
        asked.append(session.execute(
            select(func.count()).where(FigureSheet.rhythm == "year", FigureSheet.startup_id == cast.startup_a)
        ).scalar_one())  # fmt: skip
    assert asked == [1, 2, 3, 3]
    of_b = select(func.count()).where(FigureSheet.rhythm == "year", FigureSheet.startup_id == cast.startup_b)
    assert session.execute(of_b).scalar_one() == 1  # who left otherwise is asked no more
    with pytest.raises(Refusal, match="days"):
        edit_rhythm(session, cast.manager, now=OCTOBER, rhythm="year", due_days=0, asked_from=date(2026, 1, 1))


def test_from_draft_to_confirmed_and_what_then_counts(world: World) -> None:
    session, cast, sheet = world.session, world.cast, world.sheet()
    save_figures(session, cast.founder_a, now=OCTOBER, sheet_id=sheet.id, said=world.said({"employees": 20}))
    with pytest.raises(Refusal, match="missing") as refused:
        submit_figures(session, cast.founder_a, now=OCTOBER, sheet_id=sheet.id)
    assert refused.value.field == f"value_{world.indicators['fresh_graduates'].id}"
    version = world.submit(sheet)
    assert (version.number, version.state) == (1, "submitted")
    with pytest.raises(Conflict, match="submitted"):
        save_figures(session, cast.founder_a, now=OCTOBER, sheet_id=sheet.id, said=world.said({"employees": 30}))
    assert latest_confirmed(session, [cast.startup_a], "employees", None, date(2026, 12, 31)) == {}
    confirm_figures(session, cast.manager, now=OCTOBER, version_id=version.id)
    found = latest_confirmed(session, [cast.startup_a, cast.startup_b], "revenue", None, date(2026, 12, 31))
    assert {key: (each.value, each.period) for key, each in found.items()} == {
        cast.startup_a: (Decimal(120_050_000), Q3)
    }
    assert latest_confirmed(session, [cast.startup_a], "revenue", None, date(2026, 9, 29)) == {}
    with pytest.raises(Conflict, match="quicker"):
        confirm_figures(session, cast.owner, now=OCTOBER, version_id=version.id)


def test_a_check_refuses_and_another_is_answered_by_a_remark(world: World) -> None:
    session, cast = world.session, world.cast
    world.confirm(world.sheet(starts_on=Q2.first), PLAUSIBLE | {"employees": 10, "rd_staff": 4})
    sheet = world.sheet()
    with pytest.raises(Refusal, match="does not fit") as refused:
        world.submit(sheet, PLAUSIBLE | {"fresh_graduates": 21, "employees": 15})
    assert refused.value.field == f"value_{world.indicators['fresh_graduates'].id}"
    # 10 → 16 people is more than half
    with pytest.raises(Refusal, match="remark"):
        world.submit(sheet, PLAUSIBLE | {"employees": 16})
    loaded = load_sheet(session, cast.manager, sheet.id)
    (doubt,) = [doubt for line in loaded.lines for doubt, _ in line.doubts]
    assert (doubt.left, doubt.right, doubt.is_answered) == (16, 10, False)
    assert {line.indicator.code: line.before for line in loaded.lines}["employees"] == 10
    assert world.submit(sheet, PLAUSIBLE | {"employees": 16}, remarks={"employees": "并入一个团队"}).state == "submitted"


def test_evidence_is_asked_for(world: World) -> None:
    session, cast = world.session, world.cast
    world.indicators["tax"].needs_evidence = True
    with pytest.raises(Refusal, match="evidence"):
        world.submit(world.sheet())
    with pytest.raises(Refusal, match="not asked"):
        save_figures(session, cast.founder_a, now=OCTOBER, sheet_id=world.sheet().id, said=world.said({"insured": 1}))


def test_returned_with_a_remark_it_goes_on_in_a_next_version(world: World) -> None:
    session, cast, sheet = world.session, world.cast, world.sheet()
    first = world.submit(sheet)
    with pytest.raises(Refusal, match="mended"):
        return_figures(session, cast.manager, now=OCTOBER, version_id=first.id, remark=" ")
    return_figures(session, cast.manager, now=OCTOBER, version_id=first.id, remark="收入与报表不符")
    second = world.submit(sheet, {"revenue": 1300})
    assert (first.state, second.number, second.state) == ("returned", 2, "submitted")
    lines = {line.indicator.code: line.value for line in load_sheet(session, cast.manager, sheet.id).lines}
    assert (lines["revenue"], lines["employees"]) == (130_000_000, 20)
    earlier = {line.indicator.code: line.value for line in load_sheet(session, cast.manager, sheet.id, number=1).lines}
    assert earlier["revenue"] == 120_050_000
    told = session.execute(select(Notice.person_id, Notice.facts)).all()
    assert told == [(cast.founder_a.person_id, {"returned": 1})]


def test_a_correction_is_a_next_version_and_the_earlier_one_counts_until_it_is_confirmed(world: World) -> None:
    session, cast, sheet = world.session, world.cast, world.sheet()
    world.confirm(sheet)
    with pytest.raises(Conflict, match="correction"):
        save_figures(session, cast.founder_a, now=OCTOBER, sheet_id=sheet.id, said=world.said({"employees": 30}))
    with pytest.raises(Refusal, match="wrong"):
        begin_correction(session, cast.founder_a, now=OCTOBER, sheet_id=sheet.id, reason="")
    begin_correction(session, cast.founder_a, now=OCTOBER, sheet_id=sheet.id, reason="漏报一人")

    def counted() -> Decimal:
        return latest_confirmed(session, [cast.startup_a], "employees", None, Q3.last)[cast.startup_a].value

    version = world.submit(sheet, {"employees": 21})
    assert (version.number, version.reason, counted()) == (2, "漏报一人", 20)
    confirm_figures(session, cast.manager, now=OCTOBER + DAY, version_id=version.id)
    assert counted() == 21
    then = latest_confirmed(session, [cast.startup_a], "employees", None, Q3.last, as_of=OCTOBER)
    assert then[cast.startup_a].value == 20


def test_once_used_by_a_report_only_staff_open_it_again(world: World) -> None:
    session, cast, sheet = world.session, world.cast, world.sheet()
    version = world.submit(sheet)
    with pytest.raises(Conflict, match="confirmed"):
        lock_figures(session, cast.finance, now=OCTOBER, version_ids=[version.id], used_kind="frozen_reports", used_id=7,
                     label="2026-Q3 v1")  # fmt: skip
    confirm_figures(session, cast.manager, now=OCTOBER, version_id=version.id)
    lock_figures(session, cast.finance, now=OCTOBER, version_ids=[version.id], used_kind="frozen_reports", used_id=7,
                 label="2026-Q3 v1")  # fmt: skip
    with pytest.raises(Refusal, match="2026-Q3 v1"):
        begin_correction(session, cast.founder_a, now=OCTOBER, sheet_id=sheet.id, reason="漏报一人")
    begin_correction(session, cast.manager, now=OCTOBER, sheet_id=sheet.id, reason="企业来函更正")
    assert world.submit(sheet, {"employees": 21}).number == 2  # by the founder, with the permission
    event = session.execute(select(AuditEvent).where(AuditEvent.action == "begin_correction")).scalar_one()
    assert event.after["used_by"] == ["2026-Q3 v1"]
    assert [lock.version_id for lock in load_sheet(session, cast.manager, sheet.id).locks] == [version.id]
    assert session.execute(select(func.count()).select_from(FigureLock)).scalar_one() == 1


def test_who_submitted_for_a_startup_is_not_who_confirms(world: World) -> None:
    """The manager fills in for A; the owner confirms it. Where nobody else may, the manager does, and the record says so."""
    session, cast = world.session, world.cast
    own, theirs = world.submit(world.sheet(), actor=cast.manager), world.submit(world.sheet(cast.startup_b), actor=cast.founder_b)
    with pytest.raises(Conflict, match="somebody else confirms"):
        confirm_figures(session, cast.manager, now=OCTOBER, version_id=own.id)
    assert confirms_own(session, cast.manager, own) == "refused" and confirms_own(session, cast.owner, own) == ""
    assert confirm_many(session, cast.manager, now=OCTOBER, version_ids=[own.id, theirs.id]) == (1, 1)
    confirm_figures(session, cast.owner, now=OCTOBER, version_id=own.id)
    assert (own.submitted_by, own.confirmed_by) == (cast.manager.person_id, cast.owner.person_id)
    begin_correction(session, cast.manager, now=OCTOBER, sheet_id=own.sheet_id, reason="漏报")
    again = world.submit(world.sheet(), actor=cast.manager)
    session.execute(update(Person).where(Person.id == cast.owner.person_id).values(left_at=OCTOBER))
    assert confirms_own(session, cast.manager, again) == "alone"
    confirm_figures(session, cast.manager, now=OCTOBER, version_id=again.id)
    said = [event.after.get("entered_and_confirmed_by_one") for event in session.execute(
        select(AuditEvent).where(AuditEvent.action == "confirm_figures").order_by(AuditEvent.number)).scalars()]
    assert said == [None, None, True]


def test_many_are_confirmed_at_once_and_who_changed_meanwhile_is_left_out(world: World) -> None:
    session, cast = world.session, world.cast
    a = world.submit(world.sheet())
    b = world.submit(world.sheet(cast.startup_b), actor=cast.founder_b)
    return_figures(session, cast.manager, now=OCTOBER, version_id=b.id, remark="请补充")
    assert confirm_many(session, cast.manager, now=OCTOBER, version_ids=[a.id, b.id, 2**40]) == (1, 2)
    overview = list_period(session, cast.auditor, Q3, OCTOBER.date())
    assert overview.counts == {"": 2, "none": 0, "draft": 0, "submitted": 0, "returned": 1, "confirmed": 1, "late": 0}


def test_a_year_is_the_sum_of_its_quarters_or_what_was_said_of_the_year(world: World) -> None:
    session, cast = world.session, world.cast
    world.confirm(world.sheet(starts_on=Q2.first), PLAUSIBLE | {"revenue": 1000})
    world.confirm(world.sheet())
    codes = ["annual_revenue", "revenue"]
    year = (date(2026, 1, 1), date(2026, 12, 31))
    total = sum_figures(session, [cast.startup_a, cast.startup_b], codes, *year)[cast.startup_a]
    assert (total.total, len(total.rows)) == (220_050_000, 2)
    assert len(list_confirmed(session, [cast.startup_a], ["revenue"], date(2026, 7, 1), year[1])) == 1
    open_due_sheets(session, cast.system, now=OCTOBER.replace(year=2027, month=1))
    sheet = session.execute(
        select(FigureSheet).where(FigureSheet.rhythm == "year", FigureSheet.startup_id == cast.startup_a)
    ).scalar_one()
    for code in ("insured", "annual_revenue", "annual_tax"):
        world.indicators[code].needs_evidence = False
    world.confirm(sheet, {"annual_employees": 22, "insured": 20, "annual_revenue": 5000, "annual_rd_spend": 900,
                          "annual_tax": 200, "total_assets": 8000})  # fmt: skip
    assert sum_figures(session, [cast.startup_a], codes, *year)[cast.startup_a].total == 500_000_000


def test_what_is_late_and_what_is_told_each_once(world: World) -> None:
    session, cast = world.session, world.cast
    world.confirm(world.sheet(starts_on=Q2.first))
    sheet = world.sheet()
    told = []
    for on in (0, 1, 7, 8, 14, 15, 22, 29, 60):  # days after 1 October; due on the 15th
        remind_of_figures(session, cast.system, now=OCTOBER + on * DAY)
        told.append(sheet.told)
    assert told == [1, 1, 2, 2, 2, 3, 4, 5, 5]
    mine = session.execute(
        select(func.count()).select_from(Notice).where(Notice.subject_id == sheet.id, Notice.kind == "figures")
    ).scalar_one()
    assert mine == 5
    on = date(2026, 10, 20)
    (row,) = list_due(session, [cast.startup_a])
    assert (row.late(on), row.late(date(2026, 10, 15))) == (5, 0)
    assert list_period(session, cast.finance, Q3, on, state="late").counts["late"] == 2
    world.submit(sheet, now=OCTOBER + timedelta(days=16, hours=16))  # 01:00 on the 18th in Shanghai
    assert list_due(session, [cast.startup_a]) == []
    (row,) = list_period(session, cast.finance, Q3, on, state="submitted").page.rows
    assert row.late(on) == 3


def test_of_another_startup_nobody_knows_anything(world: World) -> None:
    session, cast, sheet = world.session, world.cast, world.sheet()
    version = world.submit(sheet)
    for actor, error in ((cast.founder_b, NotFound), (cast.member_a, Forbidden), (cast.front_desk, Forbidden),
                         (cast.mentor, Forbidden)):  # fmt: skip
        with pytest.raises((error, NotFound)):
            load_sheet(session, actor, sheet.id)
    for actor in (cast.founder_a, cast.finance, cast.auditor):
        assert load_sheet(session, actor, sheet.id).state == "submitted"
        with pytest.raises(Forbidden):
            confirm_figures(session, actor, now=OCTOBER, version_id=version.id)
    with pytest.raises(Forbidden):
        save_figures(session, cast.finance, now=OCTOBER, sheet_id=sheet.id, said={})
    with pytest.raises(Forbidden):
        list_period(session, cast.founder_a, Q3, OCTOBER.date())


def test_one_startup_is_asked_by_hand(world: World) -> None:
    session, cast = world.session, world.cast
    with pytest.raises(Conflict, match="asked already"):
        ask_startup(session, cast.manager, now=OCTOBER, startup_id=cast.startup_a, rhythm="quarter")
    assert ask_startup(session, cast.manager, now=OCTOBER, startup_id=cast.startup_a, rhythm="year").ends_on.year == 2025
    with pytest.raises(Refusal, match="rhythm"):
        ask_startup(session, cast.manager, now=OCTOBER, startup_id=cast.startup_a, rhythm="month")


def test_each_step_is_on_the_trail(world: World) -> None:
    session, sheet = world.session, world.sheet()
    world.confirm(sheet)
    actions = set(session.execute(select(AuditEvent.action)).scalars())
    assert {"adopt_indicators", "ask_for_figures", "save_figures", "submit_figures", "confirm_figures"} <= actions
    assert session.execute(select(func.count()).select_from(FigureVersion)).scalar_one() == 1




def test_letters_say_what_is_still_so(world: World) -> None:
    session, cast, sheet = world.session, world.cast, world.sheet()
    remind_of_figures(session, cast.system, now=OCTOBER + 8 * DAY)
    version = world.submit(sheet)
    return_figures(session, cast.manager, now=OCTOBER + 8 * DAY, version_id=version.id, remark="收入与报表不符")
    write_notices(session, now=OCTOBER + 8 * DAY, base_url="https://hub.example", writers=WRITERS)
    mails = session.execute(select(OutboxMail).where(OutboxMail.to_address == "anna@example.com")).scalars().all()
    subjects = [mail.subject for mail in mails]
    assert "数据填报即将截止：2026年第3季度 · 甲科技有限公司" in subjects
    (returned,) = [mail for mail in mails if mail.subject.startswith("填报数据被退回")]
    assert "收入与报表不符" in returned.text_body and f"https://hub.example/figures/{sheet.id}" in returned.text_body
    world.submit(sheet)
    remind_of_figures(session, cast.system, now=OCTOBER + 20 * DAY)
    write_notices(session, now=OCTOBER + 20 * DAY, base_url="https://hub.example", writers=WRITERS)
    later = session.execute(select(func.count()).select_from(OutboxMail).where(
        OutboxMail.to_address == "anna@example.com", OutboxMail.about_id == sheet.id)).scalar_one()  # fmt: skip
    assert later == 2  # what is submitted is not reminded of

"""Programmes and plans: who is in them when, and the pages."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.audit.models import AuditEvent
from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.startups.models import Programme
from incubator.startups.operations import add_programme, edit_programme, end_enrolment, enrol
from incubator.startups.queries import list_programme_rows, list_stays_of
from tests.cast import NOW, Cast
from tests.conftest import Browser

OCTOBER, END_OF_OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 10, 31), date(2026, 11, 1)


@pytest.fixture
def plan(session: Session, cast: Cast) -> Programme:
    return add_programme(session, cast.manager, now=NOW, kind="plan", name="流动工位套餐", name_en="Flexible desks")


def test_a_stay_counts_on_its_days_and_no_other(session: Session, cast: Cast, plan: Programme) -> None:
    enrol(session, cast.manager, now=NOW, programme_id=plan.id, startup_id=cast.startup_a, starts_on=OCTOBER,
          ends_on=END_OF_OCTOBER)  # fmt: skip
    counts = {on: list_programme_rows(session, cast.finance, on)[0].startups
              for on in (date(2026, 9, 30), OCTOBER, END_OF_OCTOBER, NOVEMBER)}  # fmt: skip
    assert list(counts.values()) == [0, 1, 1, 0]
    (stay,) = list_stays_of(session, cast.startup_a)
    assert (stay.first, stay.last) == (OCTOBER, END_OF_OCTOBER)
    assert [stay.state(on) for on in counts] == ["coming", "current", "current", "ended"]


def test_nobody_is_in_one_twice_at_a_time(session: Session, cast: Cast, plan: Programme) -> None:
    stay = enrol(session, cast.manager, now=NOW, programme_id=plan.id, startup_id=cast.startup_a, starts_on=OCTOBER)
    with pytest.raises(Conflict, match="some of these days") as refused:
        enrol(session, cast.manager, now=NOW, programme_id=plan.id, startup_id=cast.startup_a, starts_on=NOVEMBER)
    assert refused.value.field == "programme_id"
    enrol(session, cast.manager, now=NOW, programme_id=plan.id, startup_id=cast.startup_b, starts_on=NOVEMBER)
    end_enrolment(session, cast.manager, now=NOW, enrolment_id=stay.id, ends_on=END_OF_OCTOBER)
    enrol(session, cast.manager, now=NOW, programme_id=plan.id, startup_id=cast.startup_a, starts_on=NOVEMBER)
    with pytest.raises(Conflict, match="again from"):
        end_enrolment(session, cast.manager, now=NOW, enrolment_id=stay.id, ends_on=NOVEMBER)
    with pytest.raises(Refusal, match="can't end before"):
        end_enrolment(session, cast.manager, now=NOW, enrolment_id=stay.id, ends_on=date(2026, 9, 30))


def test_a_closed_one_keeps_who_is_in_it_and_takes_nobody_new(session: Session, cast: Cast, plan: Programme) -> None:
    enrol(session, cast.manager, now=NOW, programme_id=plan.id, startup_id=cast.startup_a, starts_on=OCTOBER)
    edit_programme(session, cast.manager, now=NOW, programme_id=plan.id, name="流动工位", closed=True)
    with pytest.raises(Conflict, match="takes nobody new"):
        enrol(session, cast.manager, now=NOW, programme_id=plan.id, startup_id=cast.startup_b, starts_on=OCTOBER)
    assert list_programme_rows(session, cast.finance, OCTOBER)[0].startups == 1
    edit_programme(session, cast.manager, now=NOW, programme_id=plan.id, name="流动工位", closed=False)
    enrol(session, cast.manager, now=NOW, programme_id=plan.id, startup_id=cast.startup_b, starts_on=OCTOBER)


def test_what_is_wrong_is_refused_and_what_is_done_is_on_the_trail(session: Session, cast: Cast, plan: Programme) -> None:
    with pytest.raises(Conflict, match="this name"):
        add_programme(session, cast.manager, now=NOW, kind="programme", name="流动工位套餐")
    with pytest.raises(Refusal, match="name"):
        add_programme(session, cast.manager, now=NOW, kind="plan", name=" ")
    with pytest.raises(Refusal, match="programme or a plan"):
        add_programme(session, cast.manager, now=NOW, kind="club", name="X")
    with pytest.raises(Refusal, match="before the first"):
        enrol(session, cast.manager, now=NOW, programme_id=plan.id, startup_id=cast.startup_a, starts_on=NOVEMBER,
              ends_on=OCTOBER)  # fmt: skip
    with pytest.raises(NotFound):
        enrol(session, cast.manager, now=NOW, programme_id=2**40, startup_id=cast.startup_a, starts_on=OCTOBER)
    with pytest.raises(Forbidden):
        add_programme(session, cast.founder_a, now=NOW, kind="plan", name="X")
    with pytest.raises(Forbidden):
        enrol(session, cast.finance, now=NOW, programme_id=plan.id, startup_id=cast.startup_a, starts_on=OCTOBER)
    stay = enrol(session, cast.manager, now=NOW, programme_id=plan.id, startup_id=cast.startup_a, starts_on=OCTOBER)
    end_enrolment(session, cast.manager, now=NOW, enrolment_id=stay.id, ends_on=END_OF_OCTOBER)
    edit_programme(session, cast.manager, now=NOW, programme_id=plan.id, name="流动工位")
    done = session.execute(select(AuditEvent.action).where(
        AuditEvent.subject_kind.in_(["programmes", "enrolments"])).order_by(AuditEvent.number)).scalars().all()  # fmt: skip
    assert done == ["add_programme", "enrol", "end_enrolment", "edit_programme"]


def test_the_manager_s_way_through_the_pages(client: Browser, session: Session, cast: Cast) -> None:
    client.sign_in(cast.manager)
    assert "暂无计划与套餐" in client.get("/programmes").text
    bad = client.post("/programmes/new", data={"kind": "plan", "name": "", "name_en": "Kept words"})
    assert bad.status_code == 422 and "Kept words" in bad.text
    made = client.post("/programmes/new", data={"kind": "programme", "name": "加速营", "name_en": "Accelerator"})
    assert made.status_code == 303
    here = f"/startups/{cast.startup_a}/programmes"
    programme = session.execute(select(Programme)).scalar_one()
    wish = {"programme_id": programme.id, "starts_on": "2026-10-01", "ends_on": ""}
    assert client.post(here, data=wish | {"ends_on": "2026-09-01"}).status_code == 422
    assert client.post(here, data=wish | {"programme_id": "x"}).status_code == 422
    assert client.post(here, data=wish).status_code == 303
    again = client.post(here, data=wish)
    assert again.status_code == 409 and "在其中部分日期已参加“加速营”" in again.text
    for page in (here, f"/startups/{cast.startup_a}", made.location):
        assert "无固定期限" in client.get(page).text, page
    (stay,) = list_stays_of(session, cast.startup_a)
    end = f"{here}/{stay.id}/end"
    client.post(end, data={"ends_on": ""})
    assert list_stays_of(session, cast.startup_a)[0].last is None
    client.post(end, data={"ends_on": "2026-12-31"})
    assert "2026年12月31日" in client.get(here).text
    client.sign_in(cast.founder_a)
    assert "加速营" in client.get(f"/startups/{cast.startup_a}").text
    assert client.get(here).status_code == 403

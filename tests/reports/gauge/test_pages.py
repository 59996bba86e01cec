"""The gauge over the database: a standard taken over, goals, figures stated, thresholds replaced from a day on."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
from sqlalchemy import event, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.mentors.operations.appointments import appoint_mentor, end_appointment
from incubator.mentors.queries.appointments import list_appointments
from incubator.reports.gauge import operations, queries
from incubator.reports.gauge.measures import MEASURES
from incubator.reports.gauge.models import Goal
from incubator.reports.gauge.rules import stand
from incubator.spaces.queries import get_site
from incubator.startups.models import Achievement, Exit, RegisteredAddress, Startup
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.mentors.build import add_mentor_at
from tests.reports.world import CREATED, World

ON = date(2026, 10, 31)


@pytest.fixture
def october(world: World) -> World:
    return world


def aim(session: Session, cast: Cast, world: World, code: str = "CN-SPACE") -> Goal:
    standard = operations.adopt_standard(session, cast.manager, now=NOW, code=code)
    return operations.set_goal(session, cast.manager, now=NOW, standard_id=standard.id, site_ids=[world.site_id])


def observe(session: Session, cast: Cast, goal: Goal) -> object:
    return queries.observe(session, cast.auditor, queries.get_goal_row(session, cast.auditor, goal.id))


def figure(session: Session, cast: Cast, goal: Goal, measure: str, on: date = ON) -> Decimal | None:
    return MEASURES[measure](observe(session, cast, goal), on).value  # type: ignore[arg-type]


def test_the_october_site_by_hand(session: Session, cast: Cast, october: World) -> None:
    """O1 30 and O2 54.50 m², four desks of 6, R1 20 m² public: 128.50 in all."""
    goal = aim(session, cast, october)
    assert figure(session, cast, goal, "usable_area") == Decimal("128.50")
    assert figure(session, cast, goal, "desks") == 4
    assert figure(session, cast, goal, "operating_months") == 4  # since 1 July
    assert figure(session, cast, goal, "under_agreement") == len(october.startups)
    assert figure(session, cast, goal, "mentors") == 0  # max has the role, and no appointment
    assert figure(session, cast, goal, "staff") == 4  # owner, manager, front desk, finance; not the auditor
    assert figure(session, cast, goal, "under_agreement", date(2026, 6, 30)) == 0


def test_mentors_count_on_the_days_of_their_letters(session: Session, cast: Cast, october: World) -> None:
    """Max from 1 September 2026 to 31 August 2027, ended early on 10 November; Lin, who comes on 15 October, stays."""
    goal, site = aim(session, cast, october), get_site(session, cast.manager, october.site_id)
    add_mentor_at(session, cast, site)
    lin, _ = add_mentor_at(session, cast, site, name="lin", appointed=False)
    appoint_mentor(session, cast.manager, now=NOW, mentor_id=lin.id, title="创业导师", first=date(2026, 10, 15), last=date(2026, 12, 31))
    letters = list_appointments(session, cast.manager, today=date(2026, 10, 1)).rows
    end_appointment(session, cast.manager, now=NOW, appointment_id=letters[0].appointment.id, last=date(2026, 11, 10), reason="调任")
    days = (date(2026, 8, 31), date(2026, 10, 14), date(2026, 10, 15), date(2026, 11, 11), date(2027, 1, 1))
    assert [figure(session, cast, goal, "mentors", day) for day in days] == [0, 1, 2, 1, 0]
    world: World = observe(session, cast, goal)  # type: ignore[assignment]
    lines = MEASURES["mentors"](world, date(2026, 10, 20)).lines  # type: ignore[arg-type]
    assert [(line.label, str(line.note)) for line in lines] == [
        ("lin", "letter of appointment MA-2026-0002"), ("max", "letter of appointment MA-2026-0001")]  # fmt: skip


def test_companies_count_where_their_licence_says_here(session: Session, cast: Cast, october: World) -> None:
    goal = aim(session, cast, october)
    assert figure(session, cast, goal, "incubated_companies") == 0
    company = session.execute(
        select(Startup).where(Startup.id.in_(october.startups.values()), Startup.kind == "company").order_by(Startup.id).limit(1)
    ).scalar_one()  # fmt: skip
    company.registered_on = date(2026, 3, 1)
    session.add(RegisteredAddress(startup_id=company.id, site_id=october.site_id, address="南山 1 号", days=Range(date(2026, 9, 1), None),
                                  consent_number=1, consent_on=date(2026, 9, 1), created_at=CREATED))  # fmt: skip
    session.add(Achievement(startup_id=company.id, kind="financing", sort="angel", title="天使轮", happened_on=date(2026, 10, 15),
                            amount_minor=100_000_00, claimed_at=NOW, confirmed_at=NOW))  # fmt: skip
    session.add(Achievement(startup_id=company.id, kind="financing", sort="a", title="未确认", happened_on=date(2026, 10, 16),
                            amount_minor=100_000_00, claimed_at=NOW))  # fmt: skip
    session.add(Exit(startup_id=company.id, kind="graduated", happened_on=date(2026, 10, 31), reason="毕业", decided_at=NOW))
    session.flush()
    assert figure(session, cast, goal, "incubated_companies") == 1
    assert figure(session, cast, goal, "incubated_companies", date(2026, 8, 31)) == 0
    assert figure(session, cast, goal, "financing_cases") == 1
    assert figure(session, cast, goal, "financing_cases", date(2026, 10, 14)) == 0
    assert figure(session, cast, goal, "financed_share") == Decimal("100.00")
    assert [figure(session, cast, goal, "graduates", day) for day in (date(2026, 10, 30), ON)] == [0, 1]


def test_a_threshold_is_replaced_from_a_day_on(session: Session, cast: Cast, october: World) -> None:
    goal = aim(session, cast, october)
    old = next(each for each in queries.list_criteria(session, goal.standard_id) if each.measure == "desks")
    operations.add_criterion(session, cast.manager, now=NOW, standard_id=goal.standard_id, measure="desks",
                             threshold=Decimal(4), starts_on=date(2026, 11, 1), replaces=old.id, source="新办法第三条")  # fmt: skip
    criteria, world = queries.list_criteria(session, goal.standard_id), observe(session, cast, goal)
    asked = {
        day: [(each.demand.threshold, each.is_met) for each in stand(queries.demands_of(criteria, day), world, day).verdicts  # type: ignore[arg-type]
              if each.demand.measure == "desks"]
        for day in (ON, date(2026, 11, 1))
    }  # fmt: skip
    assert asked == {ON: [(30, False)], date(2026, 11, 1): [(4, True)]}
    with pytest.raises(Conflict):
        operations.end_criterion(session, cast.manager, now=NOW, criterion_id=old.id, ends_on=date(2026, 12, 1))
    with pytest.raises(Refusal):
        operations.end_criterion(session, cast.manager, now=NOW, criterion_id=old.id, ends_on=date(2017, 1, 1))


def test_a_stated_figure_and_its_withdrawal(session: Session, cast: Cast, october: World) -> None:
    goal = aim(session, cast, october)
    say = {"goal_id": goal.id, "measure": "events_year", "figure": Decimal(12), "starts_on": date(2026, 1, 1)}
    with pytest.raises(Refusal) as refused:
        operations.state_figure(session, cast.manager, now=NOW, evidence=" ", **say)  # type: ignore[arg-type]
    assert refused.value.field == "evidence"
    with pytest.raises(Refusal):
        operations.state_figure(session, cast.manager, now=NOW, evidence="x", **{**say, "measure": "desks"})  # type: ignore[arg-type]
    with pytest.raises(Refusal):
        operations.state_figure(session, cast.manager, now=NOW, evidence="x", **{**say, "figure": Decimal("NaN")})  # type: ignore[arg-type]
    with pytest.raises(Forbidden):
        operations.state_figure(session, cast.auditor, now=NOW, evidence="x", **say)  # type: ignore[arg-type]
    kept = operations.state_figure(session, cast.manager, now=NOW, evidence="活动台账", **say)  # type: ignore[arg-type]
    assert figure(session, cast, goal, "events_year") == 12
    other = Goal(standard_id=goal.standard_id, name="另一个", created_at=NOW)
    session.add(other)
    session.flush()
    with pytest.raises(NotFound):
        operations.withdraw_statement(session, cast.manager, now=NOW, goal_id=other.id, statement_id=kept.id, reason="of another goal")
    operations.withdraw_statement(session, cast.manager, now=NOW, goal_id=goal.id, statement_id=kept.id, reason="重复计算")
    assert figure(session, cast, goal, "events_year") is None
    with pytest.raises(Conflict):
        operations.withdraw_statement(session, cast.manager, now=NOW, goal_id=goal.id, statement_id=kept.id, reason="again")


def test_looking_takes_a_bounded_number_of_statements(session: Session, cast: Cast, october: World) -> None:
    goal = aim(session, cast, october)
    row, seen = queries.get_goal_row(session, cast.auditor, goal.id), []
    session.flush()
    connection = session.connection()
    listen = lambda *given: seen.append(given[2])  # noqa: E731
    event.listen(connection, "before_cursor_execute", listen)
    queries.observe(session, cast.auditor, row)
    event.remove(connection, "before_cursor_execute", listen)
    assert len(seen) <= 11


def test_the_pages(client: Browser, session: Session, cast: Cast, october: World) -> None:
    client.sign_in(cast.manager)
    assert "还没有" in client.get("/gauge").text
    assert client.post("/gauge/new", data={"standard": "CN-SPACE"}).status_code == 422
    made = client.post("/gauge/new", data={"standard": "CN-SPACE", "site_ids": [october.site_id]})
    assert made.status_code == 303
    page = client.get(made.location)
    assert page.status_code == 200 and "128.5" in page.text
    goal = session.execute(select(Goal)).scalar_one()
    for measure in MEASURES:
        assert client.get(f"/gauge/{goal.id}/rows/{measure}?on=2026-10-31").status_code == 200, measure
    assert client.get(f"/gauge/{goal.id}/rows/nonsense").status_code == 404
    assert client.get(f"/gauge/{goal.id}?on=nonsense").status_code == 200
    assert client.post(f"/gauge/{goal.id}/statements", data={"measure": "events_year", "figure": "-1", "starts_on": "2026-01-01",
                                                              "evidence": "台账"}).status_code == 422  # fmt: skip
    assert client.post(f"/gauge/{goal.id}/statements", data={"measure": "events_year", "figure": "12", "starts_on": "2026-01-01",
                                                              "evidence": "台账"}).status_code == 303  # fmt: skip
    assert "台账" in client.get(f"/gauge/{goal.id}/statements").text
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"/gauge/{goal.id}/export.xlsx?on=2026-10-31").data))
    area = next(row for row in book.worksheets[0].iter_rows(values_only=True) if row[3] == 128.5)
    assert area[2] == 500 and area[6] == 371.5
    standard = f"/gauge/standards/{goal.standard_id}"
    assert client.get(standard).status_code == 200
    assert client.post(standard, data={"measure": "desks", "comparison": "at_least", "threshold": "", "starts_on": ""}).status_code == 422
    assert client.post(standard, data={"measure": "graduates", "comparison": "at_least", "threshold": "1",
                                       "starts_on": "2026-01-01"}).status_code == 303  # fmt: skip
    client.sign_in(cast.auditor)
    assert client.get(made.location).status_code == 200
    assert client.get(f"/gauge/{goal.id}/statements").status_code == 403
    assert client.post(standard, data={}).status_code == 403
    client.sign_in(cast.founder_a)
    assert client.get(made.location).status_code == 403
    client.sign_in(cast.other_owner)
    assert client.get(made.location).status_code == 404
    client.sign_in(cast.manager)
    assert client.post(f"/gauge/{goal.id}/drop").status_code == 303
    assert client.get(made.location).status_code == 404
    with pytest.raises(NotFound):
        operations.drop_goal(session, cast.manager, now=NOW, goal_id=goal.id)

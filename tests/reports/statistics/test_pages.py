"""Yearly statistics over the database: the October site's year, what is stated and explained, and its pages."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import event as listening
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from incubator.bookings.operations.events import Came, Plan, confirm_event, plan_event
from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.reports.statistics import operations, queries, views
from incubator.reports.statistics.models import StatisticValue
from incubator.spaces.queries import get_site
from incubator.startups.models import Achievement
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.documents.test_filetypes import picture
from tests.reports.world import CREATED, World

FORM = "/reports/statistics/incubator"


def sheet(session: Session, cast: Cast, world: World, year: int = 2026) -> queries.Sheet:
    return queries.make_sheet(session, cast.auditor, world.site_id, "incubator", year)


def value(found: queries.Sheet, code: str) -> Decimal | None:
    row = found.row(code)
    assert row is not None
    return row.value


def state(session: Session, cast: Cast, world: World, code: str, figure: str, year: int = 2026) -> StatisticValue:
    return operations.state_statistic(session, cast.manager, now=NOW, site_id=world.site_id, year=year, code=code,
                                      figure=Decimal(figure), evidence="审计报告 2026-12")  # fmt: skip


def test_the_october_site_by_hand(session: Session, cast: Cast, world: World) -> None:
    """O1 30, O2 54.50, four desks of 6, R1 20 m² public: 128.50; O1 and O2 are let on 31 December: 84.50; team C was here in
    October."""
    begins = datetime(2026, 10, 8, 6, tzinfo=UTC)
    for kind, people in (("roadshow", 46), ("training", 30)):
        event = plan_event(session, cast.manager, now=NOW, plan=Plan(
            world.site_id, kind, "活动", begins, begins.replace(hour=8), "public", place="大厅"))  # fmt: skip
        confirm_event(session, cast.manager, now=begins.replace(hour=9), event_id=event.id, came=Came(people, "签到表"))
    session.add(Achievement(startup_id=world.startups["A"], kind="financing", sort="angel", title="天使轮", happened_on=date(2026, 9, 9),
                            amount_minor=123_456_780, claimed_at=CREATED, confirmed_at=CREATED))  # fmt: skip
    session.flush()
    found = sheet(session, cast, world)
    by_hand = {"area_total": "128.50", "area_used": "84.50", "area_public": "20.00", "area_share": "65.76", "desks": "4", "served": "3",
               "served_teams": "1", "served_companies": "2", "served_new": "3", "resident": "2", "resident_companies": "2",
               "events": "1", "trainings": "1", "participants": "76", "financed": "1", "financed_amount": "1235", "staff": "4",
               "income_rent": "0", "subsidies_passed_on": "0"}  # fmt: skip
    assert {code: str(value(found, code)) for code in by_hand} == by_hand
    assert {code for code in ("seed_fund", "income", "company_people") if value(found, code) is None} == {
        "seed_fund", "income", "company_people"}  # fmt: skip
    assert value(sheet(session, cast, world, 2025), "events") == 0


def test_looking_takes_a_bounded_number_of_statements(session: Session, cast: Cast, world: World) -> None:
    seen: list[object] = []
    site = get_site(session, cast.auditor, world.site_id)
    session.flush()
    connection = session.connection()
    listen = lambda *given: seen.append(given[2])  # noqa: E731
    listening.listen(connection, "before_cursor_execute", listen)
    queries.year_facts(session, cast.auditor, [site], 2026, site.id)
    listening.remove(connection, "before_cursor_execute", listen)
    assert len(seen) <= 28, len(seen)


def test_what_is_stated_holds_until_it_is_withdrawn(session: Session, cast: Cast, world: World) -> None:
    """5,000 thousand yuan are kept as 500,000,000 fen; the newest holds, and the earlier one again once it is gone."""
    state(session, cast, world, "seed_fund", "5000")
    later = state(session, cast, world, "seed_fund", "6000")
    assert later.figure == 600_000_000 and value(sheet(session, cast, world), "seed_fund") == 6000
    with pytest.raises(Refusal, match="Say why"):
        operations.withdraw_statistic(session, cast.manager, now=NOW, site_id=world.site_id, value_id=later.id, reason=" ")
    operations.withdraw_statistic(session, cast.manager, now=NOW, site_id=world.site_id, value_id=later.id, reason="误填")
    assert value(sheet(session, cast, world), "seed_fund") == 5000
    with pytest.raises(Conflict):
        operations.withdraw_statistic(session, cast.manager, now=NOW, site_id=world.site_id, value_id=later.id, reason="误填")
    with pytest.raises(DBAPIError, match="permission denied"), session.begin_nested():
        session.execute(text("UPDATE statistic_values SET figure = 1"))


@pytest.mark.parametrize(
    ("code", "figure", "field"),
    [("seed_fund", "-1", "figure"), ("seed_fund", "NaN", "figure"), ("seed_fund", "5000.5", "figure"), ("seed_fund", "1e12", "figure"),
     ("served", "5", "code"), ("shells", "5", "code")],
)  # fmt: skip
def test_what_is_refused(session: Session, cast: Cast, world: World, code: str, figure: str, field: str) -> None:
    with pytest.raises(Refusal) as refused:
        state(session, cast, world, code, figure)
    assert refused.value.field == field
    assert session.execute(select(StatisticValue)).first() is None


def test_the_year_before_is_what_was_filed(session: Session, cast: Cast, world: World) -> None:
    """Filed for 2025: 2 served. 3 in 2026 are +50.0 %, which needs no word; of 1 they are +200.0 %, which does."""
    state(session, cast, world, "served", "2", year=2025)
    found = sheet(session, cast, world)
    row = found.row("served")
    assert row is not None and (row.last, row.change) == (2, Decimal("50.0"))
    assert not [each for each in found.findings if each.codes == ("served",)]
    state(session, cast, world, "served", "1", year=2025)
    assert [each.is_open for each in sheet(session, cast, world).findings_at("served") if each.codes == ("served",)] == [True]
    operations.explain_statistic(session, cast.manager, now=NOW, site_id=world.site_id, year=2026, code="served", note="新场地启用")
    assert [each.is_open for each in sheet(session, cast, world).findings_at("served") if each.codes == ("served",)] == [False]
    operations.explain_statistic(session, cast.manager, now=NOW, site_id=world.site_id, year=2026, code="served", note="")
    assert sheet(session, cast, world).row("served").note == ""  # type: ignore[union-attr]


def test_who_may(session: Session, cast: Cast, world: World) -> None:
    for actor in (cast.finance, cast.auditor, cast.front_desk, cast.founder_a):
        with pytest.raises(Forbidden):
            operations.state_statistic(session, actor, now=NOW, site_id=world.site_id, year=2026, code="seed_fund",
                                       figure=Decimal(1), evidence="x")  # fmt: skip
    with pytest.raises(Forbidden):
        queries.make_sheet(session, cast.front_desk, world.site_id, "incubator", 2026)
    with pytest.raises(NotFound):
        queries.make_sheet(session, cast.other_owner, 999_999, "incubator", 2026)


@pytest.fixture
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "utc_now", lambda: datetime(2026, 11, 1, 1, tzinfo=UTC))


@pytest.mark.usefixtures("today")
def test_from_the_list_of_years_to_a_stated_value(client: Browser, session: Session, cast: Cast, world: World) -> None:
    client.sign_in(cast.manager)
    year = f"{FORM}/{world.site_id}/2026"
    assert year in client.get("/reports/statistics").text
    page = client.get(year).text
    for words in ("使用总面积", "128.50", "平方米", "冻结前需处理", "未知：请附证据填报", "该年度尚未结束", "千元"):
        assert words in page, words
    assert "在孵企业从业人员" not in client.get(f"/reports/statistics/space/{world.site_id}/2026").text
    rows = client.get(f"{year}/rows/area_used").text
    assert "O1" in rows and "54.5" in rows and "D1" not in rows  # the team left on 31 October
    sent = {"code": "seed_fund", "figure": "5000", "evidence": "验资报告 0001"}
    assert client.post(f"{year}/values", data=sent | {"evidence": ""}).status_code == 422
    wrong = client.post(f"{year}/values", data=sent | {"figure": "12.5"})
    assert wrong.status_code == 422 and "表内要求填写整数" in wrong.text
    assert client.post(f"{year}/values", data=sent | {"code": "served"}).status_code == 422
    made = client.post(f"{year}/values", data=sent | {"file": (io.BytesIO(picture("PNG")), "验资.png")}, content_type="multipart/form-data")
    assert made.status_code == 303
    kept = session.execute(select(StatisticValue)).scalar_one()
    assert kept.document_id is not None and kept.figure == 500_000_000
    page = client.get(f"{year}/values").text
    assert "5,000" in page and "验资报告 0001" in page
    assert "¥5,000,000.00" in client.get(f"{year}/rows/seed_fund").text
    assert client.post(f"{year}/notes/served", data={"note": "新场地启用"}).status_code == 303
    assert "新场地启用" in client.get(year).text
    assert client.post(f"{year}/values/{kept.id}/withdraw", data={"reason": "误填"}).status_code == 303
    assert "误填" in client.get(f"{year}/values").text
    assert client.post(f"{FORM}/{world.site_id}/2025/values", data={"code": "served", "figure": "2", "evidence": "上年报表"}).status_code == 303
    assert client.get(year, headers={"Accept-Language": "en"}).status_code == 200


@pytest.mark.usefixtures("today")
def test_what_is_not_there(client: Browser, cast: Cast, world: World) -> None:
    client.sign_in(cast.owner)
    for page in (f"/reports/statistics/kiosk/{world.site_id}/2026", f"{FORM}/999999/2026", f"{FORM}/{world.site_id}/2027",
                 f"{FORM}/{world.site_id}/1999", f"{FORM}/{world.site_id}/2026/rows/shells",
                 f"{FORM}/{world.site_id}/2101/values"):  # fmt: skip
        assert client.get(page).status_code == 404, page
    assert client.post(f"{FORM}/{world.site_id}/2026/values/1099511627776/withdraw", data={"reason": "x"}).status_code == 404
    client.sign_in(cast.auditor)
    assert client.get(f"{FORM}/{world.site_id}/2026").status_code == 200
    assert client.get(f"{FORM}/{world.site_id}/2026/values").status_code == 403
    assert client.post(f"{FORM}/{world.site_id}/2026/notes/served", data={"note": "x"}).status_code == 403

"""The pages of figures, achievements and indicators: who sees them, what they say, and how many statements they take."""

from __future__ import annotations

import io
from datetime import date

import pytest
from openpyxl import load_workbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.startups.models import Achievement, FigureSheet, FigureVersion, Residency, Startup
from incubator.startups.operations.achievements import claim_achievement
from incubator.startups.operations.figure_sheets import open_due_sheets
from incubator.startups.operations.figures import Said, save_figures
from incubator.startups.queries.figure_lists import list_period, list_period_figures
from incubator.startups.queries.figures import load_sheet
from incubator.startups.rules.periods import Period
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.scenarios.test_access import counting
from tests.startups.figures_world import OCTOBER, PLAUSIBLE, World, found_world

Q3 = Period("quarter", date(2026, 7, 1))
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


@pytest.fixture
def world(session: Session, cast: Cast) -> World:
    return found_world(session, cast)


def typed(world: World, values: dict[str, object]) -> dict[str, str]:
    return {f"value_{world.indicators[code].id}": str(value) for code, value in values.items()}


def test_a_founder_fills_in_keeps_and_submits(client: Browser, world: World) -> None:
    sheet = world.sheet()
    page = client.sign_in(world.cast.founder_a)
    assert "2026年第3季度" in page.get("/my/figures").text
    path = f"/figures/{sheet.id}"
    assert "上期" in page.get(path).text
    kept = page.post(path, data=typed(world, {"employees": 20, "revenue": "1,200.5"}) | {"keep": "1"})
    assert kept.status_code == 303
    assert 'value="1200.5"' in page.get(path).text
    wrong = page.post(path, data=typed(world, PLAUSIBLE | {"fresh_graduates": 21}) | {"submit": "1"})
    assert wrong.status_code == 422 and "应届毕业生不能多于从业人员" in wrong.text
    bad = page.post(path, data=typed(world, {"employees": "二十"}))
    assert bad.status_code == 422 and "请填写数字" in bad.text and "二十" in bad.text
    done = page.post(path, data=typed(world, dict(PLAUSIBLE)) | {"submit": "1"})
    assert done.status_code == 303
    assert "已提交" in page.get(path).text
    assert page.post(path, data=typed(world, {"employees": 30})).status_code == 409


def test_while_typing_the_notes_come_line_by_line(client: Browser, world: World) -> None:
    page = client.sign_in(world.cast.founder_a)
    found = page.post(f"/figures/{world.sheet().id}/check", data=typed(world, {"employees": 2, "fresh_graduates": 3}))
    assert found.status_code == 200 and "应届毕业生不能多于从业人员" in found.text and "hx-swap-oob" in found.text
    assert world.session.execute(select(FigureVersion)).first() is None


def test_evidence_is_a_document_of_the_startup(client: Browser, world: World) -> None:
    sheet, indicator = world.sheet(), world.indicators["tax"]
    page = client.sign_in(world.cast.founder_a)
    file = (io.BytesIO(PDF), "完税证明.pdf")
    data = typed(world, {"tax": 60}) | {f"file_{indicator.id}": file}
    assert page.post(f"/figures/{sheet.id}", data=data, content_type="multipart/form-data").status_code == 303
    assert "完税证明.pdf" in page.get(f"/figures/{sheet.id}").text
    (line,) = [each for each in load_sheet(world.session, world.cast.manager, sheet.id).lines if each.document]
    assert line.document and (line.document.document.kind, line.document.document.audience) == ("figures", "founders")
    address = f"/documents/{line.document.document.id}"
    assert page.get(address).status_code == 200
    assert client.sign_in(world.cast.founder_b).get(address).status_code == 404


def test_a_manager_returns_confirms_and_opens_a_correction(client: Browser, world: World) -> None:
    sheet = world.sheet()
    version = world.submit(sheet)
    page = client.sign_in(world.cast.manager)
    path = f"/figures/{sheet.id}"
    assert "审核" in page.get(path).text
    empty = page.post(f"{path}/decide", data={"version": version.id, "return": "1", "remark": ""})
    assert empty.status_code == 422 and "请写明" in empty.text
    assert page.post(f"{path}/decide", data={"version": version.id, "return": "1", "remark": "收入有误"}).status_code == 303
    assert "收入有误" in page.get(path).text
    second = world.submit(sheet, {"revenue": 1300})
    page.post("/figures/confirm?period=2026-Q3", data={"version": [str(version.id), str(second.id)]})
    assert second.state == "confirmed"
    assert page.post(f"{path}/correct", data={"reason": ""}).status_code == 422
    assert page.post(f"{path}/correct", data={"reason": "企业来函"}).status_code == 303
    assert "企业来函" in page.get(path).text
    assert "收入有误" in page.get(f"{path}?version=1").text
    assert page.get(f"{path}?version=9").status_code == 404


def test_who_has_come_how_far_as_a_page_and_as_a_workbook(client: Browser, world: World) -> None:
    world.submit(world.sheet())
    page = client.sign_in(world.cast.finance)
    shown = page.get("/figures?rhythm=quarter&period=2026-Q3").text
    assert "已提交" in shown and "确认所选" not in shown
    assert "乙科技" not in page.get("/figures?period=2026-Q3&state=submitted").text
    assert page.get("/figures?rhythm=x&period=x&state=x&page=x").status_code == 200
    book = load_workbook(io.BytesIO(page.get("/figures/quarter/2026-Q3.xlsx").data))
    rows = [[cell.value for cell in row] for row in book.worksheets[0].iter_rows()]
    a = next(row for row in rows if row[0] == "S-A")
    assert a[6] == 20 and 1200.5 in a
    assert page.get("/figures/quarter/2026-Q9.xlsx").status_code == 404


def test_achievements_are_claimed_and_confirmed(client: Browser, world: World) -> None:
    cast, path = world.cast, f"/startups/{world.cast.startup_a}/achievements"
    page = client.sign_in(cast.founder_a)
    assert "暂无" in page.get(path).text
    wrong = page.post(path, data={"what": "financing:angel", "title": "天使轮", "happened_on": "2026-08-01"})
    assert wrong.status_code == 422 and "融资金额" in wrong.text
    data = {"what": "financing:angel", "title": "天使轮", "happened_on": "2026-08-01", "amount": "3000000"}
    assert page.post(path, data=data).status_code == 303
    made = world.session.execute(select(Achievement)).scalar_one()
    assert made.amount_minor == 300_000_000
    assert page.post(f"/achievements/{made.id}/confirm").status_code == 403
    page = client.sign_in(cast.manager)
    assert "天使轮" in page.get("/achievements").text
    assert page.post(f"/achievements/{made.id}/confirm", data={"list": "1"}).status_code == 303
    assert made.state == "confirmed"
    assert "3,000,000" in client.sign_in(cast.founder_a).get(f"/figures/{world.sheet().id}").text


def test_indicators_are_adopted_added_changed_and_checked(client: Browser, session: Session, cast: Cast) -> None:
    page = client.sign_in(cast.manager)
    assert "采用火炬统计指标" in page.get("/indicators").text
    assert page.post("/indicators/adopt").status_code == 303
    assert "应届高校毕业生" in page.get("/indicators").text
    new = {"code": "export_revenue", "kind": "money", "rhythm": "quarter", "name": "出口收入", "in_thousands": "y"}
    assert page.post("/indicators/new", data=new).status_code == 303
    assert page.post("/indicators/new", data=new).status_code == 409
    check = {"left": "export_revenue", "comparison": "at_most", "factor": "1", "right": "revenue", "level": "hard",
             "sentence": "出口收入不能高于营业收入。"}  # fmt: skip
    assert page.post("/indicators/checks/new?rhythm=quarter", data=check).status_code == 303
    assert "出口收入 ≤ 营业收入" in page.get("/indicators").text
    days = {"quarter-due_days": "20", "quarter-asked_from": "2026-01-01", "quarter-alumni_years": "0"}
    assert page.post("/indicators/rhythms/quarter", data=days).status_code == 303
    assert page.post("/indicators/rhythms/quarter", data=days | {"quarter-due_days": "0"}).status_code == 422
    assert page.get("/indicators/checks/new?rhythm=month").status_code == 404
    assert client.sign_in(cast.auditor).get("/indicators").status_code == 200
    assert client.sign_in(cast.founder_a).get("/indicators").status_code == 403


def test_nothing_of_another_startup_by_any_address(client: Browser, world: World) -> None:
    cast, sheet = world.cast, world.sheet()
    version = world.submit(sheet)
    made = claim_achievement(world.session, cast.founder_a, now=NOW, today=OCTOBER.date(), startup_id=cast.startup_a,
                             kind="award", title="大奖", happened_on=date(2026, 9, 1))  # fmt: skip
    gets = (f"/startups/{cast.startup_a}/figures", f"/figures/{sheet.id}", f"/startups/{cast.startup_a}/achievements")
    posts = (f"/figures/{sheet.id}", f"/figures/{sheet.id}/check", f"/figures/{sheet.id}/correct",
             f"/startups/{cast.startup_a}/achievements", f"/achievements/{made.id}/withdraw")  # fmt: skip
    page = client.sign_in(cast.founder_b)
    data = {"reason": "x", "what": "award:", "title": "x", "happened_on": "2026-09-01"}
    assert {page.get(path).status_code for path in gets} == {404}
    assert {page.post(path, data=data).status_code for path in posts} == {404}
    assert page.post(f"/figures/{sheet.id}/decide", data={"version": version.id}).status_code == 403
    page = client.sign_in(cast.member_a)
    assert {page.get(path).status_code for path in gets} == {403}
    assert made.withdrawn_at is None


def test_three_hundred_startups_take_as_many_statements_as_two(session: Session, world: World) -> None:
    cast = world.cast

    def statements() -> list[int]:
        found = []
        for read in (
            lambda: list_period(session, cast.manager, Q3, OCTOBER.date()),
            lambda: list_period_figures(session, cast.manager, Q3),
            lambda: load_sheet(session, cast.manager, world.sheet().id),
        ):
            session.expire_all()
            with counting(session) as counted:
                read()
            found.append(len(counted))
        return found

    world.submit(world.sheet())
    few = statements()
    for number in range(298):
        startup = Startup(code=f"T-{number:03}", name=f"企业{number}", kind="team")
        session.add(startup)
        session.flush()
        session.add(Residency(startup_id=startup.id, site_id=world.site_id, number=f"T-{number}", starts_on=date(2026, 8, 1)))
    session.flush()
    with counting(session) as asked:
        assert open_due_sheets(session, cast.system, now=OCTOBER) == 298
    assert len(asked) < 25
    indicator = world.indicators["employees"].id
    for sheet_id in session.execute(select(FigureSheet.id).where(FigureSheet.startup_id > cast.startup_b).limit(20)).scalars():
        save_figures(session, cast.manager, now=OCTOBER, sheet_id=sheet_id, said={indicator: Said(None, "稍后")})
    assert statements() == few
    assert few[0] <= 3 and few[1] <= 2 and few[2] <= 13

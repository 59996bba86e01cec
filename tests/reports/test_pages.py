"""The occupancy pages: who sees them, what stands on them, and what bad addresses and forms come to."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.orm import Session

from incubator.database import as_operator
from incubator.reports.models import FrozenReport
from incubator.reports.operations import freeze_occupancy
from tests.cast import Cast
from tests.conftest import Browser
from tests.reports.world import NOVEMBER_FIRST, OCTOBER, World, book

SEERS = ("owner", "manager", "finance", "auditor")
OTHERS = ("front_desk", "founder_a", "member_a", "founder_b", "mentor")


def freeze(session: Session, cast: Cast, world: World, reason: str = "") -> FrozenReport:
    return freeze_occupancy(
        session, cast.system, now=NOVEMBER_FIRST, site_id=world.site_id, month=OCTOBER, reason=reason
    )


def paths(world: World) -> list[str]:
    base = f"/reports/occupancy/{world.site_id}/2026-10"
    return ["/reports/occupancy", base, f"{base}?version=live", f"{base}?verify=1",
            *(f"{base}/rows/{measure}" for measure in ("area", "desks", "time"))]  # fmt: skip


@pytest.mark.parametrize("who", SEERS)
def test_seen_by(session: Session, cast: Cast, client: Browser, world: World, who: str) -> None:
    freeze(session, cast, world)
    client.sign_in(getattr(cast, who))
    for path in paths(world):
        assert client.get(path).status_code == 200, path


@pytest.mark.parametrize("who", OTHERS)
def test_not_seen_by(session: Session, cast: Cast, client: Browser, world: World, who: str) -> None:
    freeze(session, cast, world)
    client.sign_in(getattr(cast, who))
    for path in [*paths(world), f"/reports/occupancy/{world.site_id}/2026-10/export.pdf"]:
        assert client.get(path).status_code == 403, path


def test_another_operators_site_is_not_there(session: Session, cast: Cast, client: Browser, world: World) -> None:
    freeze(session, cast, world)
    with as_operator(session, cast.other_operator_id):
        client.sign_in(cast.other_owner)
    for path in [*paths(world)[1:], f"/reports/occupancy/{world.site_id}/2026-10/export.csv"]:
        assert client.get(path).status_code == 404, path
    assert "南山园区" not in client.get("/reports/occupancy").text


def test_the_figures_of_the_example_and_a_click_to_their_rows(
    session: Session, cast: Cast, client: Browser, world: World
) -> None:
    page = client.sign_in(cast.auditor).get(f"/reports/occupancy/{world.site_id}/2026-10").text
    for text_ in ("64.64%", "2,174", "3,363.5", "50.00%", "62", "124", "3.40%", "330", "9,720", "18 天", "162 小时"):
        assert text_ in page, text_
    for measure, numerator in (("area", "2,174"), ("desks", "62"), ("time", "330")):
        link = f"/reports/occupancy/{world.site_id}/2026-10/rows/{measure}?version=live"
        assert link in page
        rows = client.get(link).text
        foot = rows[rows.index("<tfoot>") :]
        assert f'<td class="num">{numerator}</td>' in foot


def test_the_rows_say_who_when_and_what_was_left_out(
    session: Session, cast: Cast, client: Browser, world: World
) -> None:
    base = f"/reports/occupancy/{world.site_id}/2026-10/rows/time"
    client.sign_in(cast.finance)
    page = client.get(base).text
    for text_ in ("甲科技有限公司", "S-A", "2026年10月10日 10:00", "2026年10月20日 19:00", "开放时间以外：60 分钟", "运营方（免费使用）"):
        assert text_ in page, text_
    only = client.get(f"{base}?only=left-out").text
    assert "乙科技有限公司" in only and "甲科技有限公司" not in only
    other_unit = client.get(f"{base}?unit={world.unit('O1')}").text
    assert "没有明细" in other_unit


@pytest.mark.parametrize(
    "path",
    [
        "2026-13", "2026-1", "9998-12", "0001-01", "x", "2026-10?version=2", "2026-10?version=x", "2026-10?version=-1",
        "2026-10?version=99999999999999999999", "2026-10?version=²", "2026-10/rows/everything",
        "2026-10/export.exe", "2026-10/export.pdf?version=7", "2026-11/export.pdf",
    ],
)  # fmt: skip
def test_an_address_that_is_none(session: Session, cast: Cast, client: Browser, world: World, path: str) -> None:
    freeze(session, cast, world)
    assert client.sign_in(cast.owner).get(f"/reports/occupancy/{world.site_id}/{path}").status_code == 404


def test_freezing_by_hand(session: Session, cast: Cast, client: Browser, world: World) -> None:
    base = f"/reports/occupancy/{world.site_id}/2026-10"
    client.sign_in(cast.finance)
    done = client.post(f"{base}/freeze")
    assert (done.status_code, done.headers["Location"]) == (303, f"{base}?version=1")
    again = client.post(f"{base}/freeze", data={"reason": "没有变化"})
    assert again.status_code == 409 and "没有任何变化" in again.text
    book(session, world, "A", "2026-10-23 09:00", "2026-10-23 10:00")
    unexplained = client.post(f"{base}/freeze", data={"reason": " "})
    assert unexplained.status_code == 422 and 'id="reason-error"' in unexplained.text
    assert client.post(f"{base}/freeze", data={"reason": "补录"}).status_code == 303
    page = client.get(base).text
    assert "补录" in page and "版本 2" in page and "版本 1" in page


@pytest.mark.parametrize("who", ["auditor", "front_desk", "founder_a"])
def test_freezing_needs_the_right(session: Session, cast: Cast, client: Browser, world: World, who: str) -> None:
    path = f"/reports/occupancy/{world.site_id}/2026-10/freeze"
    assert client.sign_in(getattr(cast, who)).post(path).status_code == 403
    assert session.execute(select(func.count()).select_from(FrozenReport)).scalar_one() == 0


def test_a_running_month_is_shown_live_and_cannot_be_frozen(
    session: Session, cast: Cast, client: Browser, world: World
) -> None:
    base = f"/reports/occupancy/{world.site_id}/2099-01"
    assert "本月尚未结束" in client.sign_in(cast.finance).get(base).text
    refused = client.post(f"{base}/freeze")
    assert refused.status_code == 422
    assert session.execute(select(func.count()).select_from(FrozenReport)).scalar_one() == 0


def test_the_check_on_the_page(session: Session, cast: Cast, client: Browser, world: World) -> None:
    frozen = freeze(session, cast, world)
    base = f"/reports/occupancy/{world.site_id}/2026-10"
    client.sign_in(cast.auditor)
    page = client.get(f"{base}?verify=1").text
    assert "没有一个字节被改动" in page and "完全一致" in page
    assert re.sub(r"<[^>]+>", "", page).count(frozen.sha256.hex()) == 1
    book(session, world, "A", "2026-10-23 09:00", "2026-10-23 10:00")
    changed = client.get(f"{base}?verify=1").text
    assert "指标已不同" in changed and "330" in changed and "390" in changed


def test_an_empty_month_and_an_empty_operator(session: Session, cast: Cast, client: Browser, world: World) -> None:
    empty = client.sign_in(cast.owner).get(f"/reports/occupancy/{world.site_id}/2025-03")
    assert empty.status_code == 200 and "本月没有投入使用的单元" in empty.text
    with as_operator(session, cast.other_operator_id):
        client.sign_in(cast.other_owner)
    assert "还没有场地" in client.get("/reports/occupancy").text


def test_names_are_shown_in_the_readers_language(session: Session, cast: Cast, client: Browser, world: World) -> None:
    session.execute(text("UPDATE people SET locale = 'en' WHERE id = :id"), {"id": cast.finance.person_id})
    page = client.sign_in(cast.finance).get(f"/reports/occupancy/{world.site_id}/2026-10").text
    for text_ in ("Nanshan Park", "October 2026", "Incubation area let", "18 days", "162 h"):
        assert text_ in page, text_
    assert not re.search(r"[\u4e00-\u9fff]", re.sub(r"南山创客空间|一层|中文|简体中文", "", page)), "Chinese on an English page"


def test_as_many_statements_for_a_full_month_as_for_an_empty_one(
    session: Session, cast: Cast, client: Browser, world: World
) -> None:
    client.sign_in(cast.auditor)
    counts = []
    for busy in (False, True):
        if busy:
            for day in range(1, 31):
                book(session, world, "B", f"2026-10-{day:02d} 13:00", f"2026-10-{day:02d} 13:30")
        seen: list[str] = []

        def note(_c: object, _k: object, statement: str, *_r: object, seen: list[str] = seen) -> None:
            if statement.startswith("SELECT"):
                seen.append(statement)

        connection = session.connection()
        event.listen(connection, "before_cursor_execute", note)
        assert client.get(f"/reports/occupancy/{world.site_id}/2026-10").status_code == 200
        event.remove(connection, "before_cursor_execute", note)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 32


def test_months_before_the_first_unit_are_none(cast: Cast, client: Browser, world: World) -> None:
    page = client.sign_in(cast.finance).get("/reports/occupancy?until=2026-08").text
    shown = re.findall(rf"/reports/occupancy/{world.site_id}/(\d{{4}}-\d{{2}})\"", page)
    assert shown == ["2026-08", "2026-07"]

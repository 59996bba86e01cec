"""Reports of figures: totals from rows, frozen with their hash, what they used locked, and what changed since."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import date, timedelta

import pytest
from openpyxl import load_workbook
from sqlalchemy.orm import Session

from incubator.core.errors import Conflict, Forbidden, Refusal
from incubator.reports.figure_operations import freeze_figures
from incubator.reports.figure_queries import measure_figures
from incubator.reports.figures import totals_of
from incubator.reports.frozen.figures import FIGURES
from incubator.reports.frozen.proving import check_content
from incubator.startups.operations.achievements import claim_achievement, confirm_achievement
from incubator.startups.operations.figures import begin_correction, confirm_figures
from incubator.startups.queries.figures import load_sheet
from incubator.startups.rules.periods import Period
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.startups.figures_world import DAY, OCTOBER, PLAUSIBLE, World, found_world

Q3 = Period("quarter", date(2026, 7, 1))


@pytest.fixture
def world(session: Session, cast: Cast) -> World:
    return found_world(session, cast)


def test_totals_are_the_sums_of_confirmed_rows(world: World) -> None:
    session, cast = world.session, world.cast
    world.confirm(world.sheet())
    world.submit(world.sheet(cast.startup_b), PLAUSIBLE | {"employees": 5, "rd_staff": 2}, actor=cast.founder_b)
    for kind, sort, amount in (("right_applied", "invention", None), ("financing", "a", 250_000_000)):
        made = claim_achievement(session, cast.founder_a, now=NOW, today=NOW.date(), startup_id=cast.startup_a,
                                 kind=kind, sort=sort, title="x", happened_on=date(2026, 8, 1), amount_minor=amount)  # fmt: skip
        confirm_achievement(session, cast.manager, now=NOW, achievement_id=made.id)
    content = measure_figures(session, cast.finance, world.site_id, Q3).content
    totals = {each["code"]: (each["total"], each["startups"]) for each in content["figures"]}
    assert totals["employees"] == ("20", 1) and totals["revenue"] == ("120050000", 1)
    assert totals["right_applied"] == ("1", 1) and totals["financing_minor"] == ("250000000", 1)
    assert [row["startup"]["code"] for row in content["missing"]] == ["S-B"]
    world.session.expire_all()
    confirm_figures(session, cast.manager, now=OCTOBER, version_id=load_sheet(session, cast.manager, world.sheet(cast.startup_b).id).versions[0][0].id)
    content = measure_figures(session, cast.finance, world.site_id, Q3).content
    assert {each["code"]: each["total"] for each in content["figures"]}["employees"] == "25"
    assert totals_of(content) == content["figures"] and content["missing"] == []


def test_frozen_locked_corrected_and_frozen_anew(world: World) -> None:
    session, cast, sheet = world.session, world.cast, world.sheet()
    with pytest.raises(Refusal, match="nothing to freeze"):
        freeze_figures(session, cast.finance, now=OCTOBER, site_id=world.site_id, period=Q3)
    world.confirm(sheet)
    with pytest.raises(Refusal, match="not over"):
        freeze_figures(session, cast.finance, now=OCTOBER - DAY, site_id=world.site_id, period=Q3)
    with pytest.raises(Forbidden):
        freeze_figures(session, cast.auditor, now=OCTOBER, site_id=world.site_id, period=Q3)
    frozen = freeze_figures(session, cast.finance, now=OCTOBER, site_id=world.site_id, period=Q3)
    assert hashlib.sha256(frozen.content.encode()).digest() == frozen.sha256
    assert [lock.label for lock in load_sheet(session, cast.manager, sheet.id).locks] == ["南山 2026-Q3 v1"]

    def verified():  # type: ignore[no-untyped-def] # the answer is read below
        return check_content(FIGURES["quarter"], frozen.content, frozen.sha256, measure_figures(session, cast.auditor, world.site_id, Q3))

    assert verified().current
    with pytest.raises(Refusal, match="v1"):
        begin_correction(session, cast.founder_a, now=OCTOBER, sheet_id=sheet.id, reason="漏报")
    begin_correction(session, cast.manager, now=OCTOBER, sheet_id=sheet.id, reason="企业来函")
    assert verified().current  # what is confirmed counts until the correction is
    world.confirm(sheet, {"employees": 21})
    answer = verified()
    assert answer.intact and not answer.current and not answer.figures_hold
    assert ("employees", "20", "21") in {(each.subject, each.before, each.after) for each in answer.differences}
    later = OCTOBER + timedelta(days=2)
    with pytest.raises(Refusal, match="corrected"):
        freeze_figures(session, cast.finance, now=later, site_id=world.site_id, period=Q3)
    second = freeze_figures(session, cast.finance, now=later, site_id=world.site_id, period=Q3, reason="更正从业人员")
    assert second.version == 2 and json.loads(second.content)["rows"][0]["number"] == 2
    with pytest.raises(Conflict, match="Nothing has changed"):
        freeze_figures(session, cast.finance, now=later, site_id=world.site_id, period=Q3, reason="再来")
    changed = frozen.content.replace('"total":"20"', '"total":"99"')
    assert not check_content(FIGURES["quarter"], changed, frozen.sha256, measure_figures(session, cast.auditor, world.site_id, Q3)).intact


def test_its_pages_and_files(client: Browser, world: World) -> None:
    cast = world.cast
    world.confirm(world.sheet())
    base = f"/reports/figures/{world.site_id}/quarter/2026-Q3"
    page = client.sign_in(cast.finance)
    assert "尚未冻结" in page.get("/reports/figures").text
    assert "冻结本期" in page.get(base).text
    assert page.post(f"{base}/freeze").status_code == 303
    assert page.post(f"{base}/freeze").status_code == 422
    assert "没有一个字节被改动" in page.get(f"{base}?verify=1").text
    assert page.get(f"{base}/export.pdf").data.startswith(b"%PDF")
    book = load_workbook(io.BytesIO(page.get(f"{base}/export.xlsx").data))
    assert 20 in [cell.value for row in book.worksheets[1].iter_rows() for cell in row]
    assert json.loads(page.get(f"{base}/export.json").data)["definition"] == "figures/1"
    assert "20" in page.get(f"{base}/export.csv").text and page.get(f"{base}/export.csv?table=totals").status_code == 200
    for path in (f"{base}?version=7", f"{base}/export.csv?table=none", f"{base}/export.docx", f"/reports/figures/{world.site_id}/quarter/2026-Q7",
                 "/reports/figures/1099511627776/quarter/2026-Q3"):  # fmt: skip
        assert page.get(path).status_code == 404
    assert client.sign_in(cast.founder_a).get(base).status_code == 403
    assert client.sign_in(cast.auditor).post(f"{base}/freeze").status_code == 403

"""A frozen report as files: the figures, the hash, numbers as numbers; nothing of the live ledger."""

from __future__ import annotations

import csv
import hashlib
import io
from datetime import datetime
from typing import Any

import openpyxl
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from incubator.reports import exports
from incubator.reports.measuring.catalogue import OCCUPANCY, measures_of_subject
from incubator.reports.models import FrozenReport
from incubator.reports.operations import freeze_occupancy
from tests.cast import Cast
from tests.conftest import Browser
from tests.reports.world import NOVEMBER_FIRST, OCTOBER, World, book


@pytest.fixture
def frozen(session: Session, cast: Cast, world: World) -> FrozenReport:
    made = freeze_occupancy(session, cast.system, now=NOVEMBER_FIRST, site_id=world.site_id, month=OCTOBER)
    # what happens afterwards has no place in the files
    book(session, world, "A", "2026-10-23 09:00", "2026-10-23 10:00")
    session.execute(text("UPDATE sites SET name = '改名以后' WHERE id = :id"), {"id": world.site_id})
    return made


def get(client: Browser, world: World, extension: str) -> bytes:
    answer = client.get(f"/reports/occupancy/{world.site_id}/2026-10/export.{extension}?version=1")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    return answer.data


def test_the_workbook(session: Session, cast: Cast, client: Browser, world: World, frozen: FrozenReport) -> None:
    book_ = openpyxl.load_workbook(io.BytesIO(get(client.sign_in(cast.finance), world, "xlsx")))
    assert book_.sheetnames == ["指标", "全部指标", "单元", "明细", "未计入", "开放时段"]
    figures = [[cell.value for cell in row] for row in book_["指标"].iter_rows()]
    everything = "\n".join(str(value) for row in figures for value in row)
    assert frozen.sha256.hex() in everything and "改名以后" not in everything and "南山园区" in everything
    numbers = {row[0]: row[3:9] for row in figures if isinstance(row[3], (int, float))}
    assert numbers == {
        "孵化面积出租率": [2174, "面积 × 可用天数", 3363.5, 0.6464, 6, 4],
        "工位出租率": [62, "可用工位·天", 124, 0.5, 4, 2],
        "公共服务单元使用率": [330, "开放分钟", 9720, 0.034, 1, 3],
    }
    rows = list(book_["明细"].iter_rows(min_row=2, values_only=True))
    assert sum(row[11] for row in rows if "面积" in row[0]) == 2174
    assert sum(row[9] for row in rows if row[0] == "公共服务单元使用率") == 330
    assert rows[0][7] == datetime(2026, 10, 1)
    left = list(book_["未计入"].iter_rows(min_row=2, values_only=True))
    assert [(row[9], row[10]) for row in left] == [("开放时间以外", 60)]
    assert book_["开放时段"].max_row == 19  # a heading and 18 days


def test_the_table(session: Session, cast: Cast, client: Browser, world: World, frozen: FrozenReport) -> None:
    data = get(client.sign_in(cast.auditor), world, "csv")
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert sum(int(row["计入量"]) for row in rows if row["指标"] == "公共服务单元使用率") == 330
    assert sum(float(row["计入分子"]) for row in rows if "孵化面积出租率" in row["指标"]) == 2174
    assert rows[-1]["起"] == "2026-10-21T09:00:00+08:00"


def test_the_pdf_is_the_same_bytes_every_time(
    session: Session, cast: Cast, client: Browser, world: World, frozen: FrozenReport
) -> None:
    client.sign_in(cast.finance)
    first, second = get(client, world, "pdf"), get(client, world, "pdf")
    assert first == second and first.startswith(b"%PDF") and b"NotoSansSC" in first


def test_the_paper_has_every_measure_with_its_definition(
    cast: Cast, client: Browser, world: World, frozen: FrozenReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed: dict[str, Any] = {}

    def keep(template: str, data: dict[str, Any], pictures: object = None) -> bytes:
        printed.update(data)
        return b"%PDF"

    monkeypatch.setattr(exports.pdf, "render", keep)
    get(client.sign_in(cast.finance), world, "pdf")
    measures = measures_of_subject(OCCUPANCY)
    assert len(printed["measures"]) == len(printed["definitions"]) == len(measures) > 15
    assert printed["measures"][0] == ["孵化面积出租率", "2,174", "3,363.5", "m² × 天", "64.64%"]
    assert all(each["title"] and len(each["facts"]) >= 3 for each in printed["definitions"])


def test_a_formula_in_a_name_stays_text(session: Session, cast: Cast, client: Browser, world: World) -> None:
    session.execute(text("UPDATE startups SET name = '=HYPERLINK(1)' WHERE code = 'S-A'"))
    freeze_occupancy(session, cast.system, now=NOVEMBER_FIRST, site_id=world.site_id, month=OCTOBER)
    client.sign_in(cast.finance)
    assert b",'=HYPERLINK(1)," in get(client, world, "csv")
    sheet = openpyxl.load_workbook(io.BytesIO(get(client, world, "xlsx")))["明细"]
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value == "=HYPERLINK(1)"]
    assert cells and all(cell.data_type == "s" for cell in cells)


def test_an_unfrozen_month_has_no_file(session: Session, cast: Cast, client: Browser, world: World) -> None:
    assert client.sign_in(cast.owner).get(f"/reports/occupancy/{world.site_id}/2026-10/export.csv").status_code == 404


def test_the_exact_bytes_under_the_hash(client: Browser, cast: Cast, world: World, frozen: FrozenReport) -> None:
    client.sign_in(cast.auditor)
    content = get(client, world, "json")
    assert hashlib.sha256(content).digest() == frozen.sha256
    assert "export.json" in client.get(f"/reports/occupancy/{world.site_id}/2026-10?version=1").text

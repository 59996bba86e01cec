"""The import: the template's own examples, every kind of fault by row and column, everything or nothing."""

from __future__ import annotations

import io
import itertools
import zipfile
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any

import openpyxl
import pytest
from openpyxl.utils import get_column_letter
from sqlalchemy import text
from sqlalchemy.orm import Session

from incubator.core.errors import Forbidden, Refusal
from incubator.documents.operations import store_file
from incubator.jobs.job import JobFailed, Run
from incubator.jobs.workbook.job import import_workbook
from incubator.jobs.workbook.reading import read_workbook
from incubator.jobs.workbook.sheets import SHEETS
from incubator.jobs.workbook.template import write_template
from tests.cast import NOW, Cast
from tests.conftest import Browser

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TABLES = ("sites", "floors", "units", "resources", "tariffs", "tariff_items", "startups", "residencies",
          "residency_prices", "bookings", "allocations", "audit_events")  # fmt: skip


def workbook(**sheets: Sequence[dict[str, Any]]) -> bytes:
    """A workbook with these rows, its columns titled by their keys."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for sheet in SHEETS:
        if sheet.key in sheets:
            page = book.create_sheet(sheet.zh)
            keys = [column.key for column in sheet.columns]
            page.append(keys)
            for row in sheets[sheet.key]:
                page.append([row.get(key) for key in keys])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


SITE = {"code": "NS", "name": "南山", "opens": "09:00", "closes": time(18, 0), "open_from": date(2026, 1, 1)}
DESK = {"site": "NS", "floor": "3F", "code": "D1", "kind": "工位", "purpose": "孵化", "area_m2": "６．００", "in_service_from": "2026年1月1日"}
ROOM = DESK | {"code": "R1", "kind": "room", "purpose": "public_service", "area_m2": 20}
RESOURCE = {"site": "NS", "code": "R1", "name": "会议室一", "kind": "meeting_room", "units": "R1", "capacity": 8}
PRICE = {"site": "NS", "name": "2026", "valid_from": "2026-01-01", "charge": "booking", "priced": "meeting_room", "basis": "hour", "price": 50}
TEAM = {"code": "T1", "name": "丙团队", "kind": "team"}
AGREEMENT = {"number": "A1", "company": "T1", "site": "NS", "unit": "D1", "starts_on": "2026-08-01", "rent_basis": "unit_month", "rent": 600}
BOOKING = {"site": "NS", "resource": "R1", "company": "T1", "on": "2026-10-12", "start": "10:00", "end": "11:30"}
WHOLE = {"sites": [SITE], "units": [DESK, ROOM], "resources": [RESOURCE], "tariffs": [PRICE], "companies": [TEAM],
         "residencies": [AGREEMENT], "bookings": [BOOKING]}  # fmt: skip


def run(session: Session, cast: Cast, content: bytes, told: list[tuple[int, int]] | None = None) -> dict[str, Any]:
    file = store_file(session, cast.manager, now=NOW, name="a.xlsx", media_type=XLSX, content=content)
    job = Run(1, cast.operator_id, "import_workbook", None, str(file.id), {"file_id": file.id}, 1, None, "test", NOW)
    return import_workbook(session, cast.manager, job, lambda done, total: None if told is None else told.append((done, total)))


def faults(session: Session, cast: Cast, **sheets: Sequence[dict[str, Any]]) -> list[tuple[str, int, str, str]]:
    with pytest.raises(JobFailed) as failed:
        run(session, cast, workbook(**sheets))
    return [
        (each["sheet"], each["row"], each["column"] or "", each["message"] % each["values"])
        for each in failed.value.result["faults"]
    ]


def counts(session: Session) -> dict[str, int]:
    return {table: session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() for table in TABLES}


def test_a_whole_workbook(session: Session, cast: Cast) -> None:
    told: list[tuple[int, int]] = []
    result = run(session, cast, workbook(**WHOLE), told)
    assert result["counts"] == dict.fromkeys(("sites", "resources", "tariffs", "companies", "residencies", "bookings"), 1) | {"units": 2}
    assert told[0] == (0, 8) and told[-1] == (8, 8)
    price = session.execute(text("SELECT price_minor, lower(period) FROM bookings")).one()
    assert price == (7_500, datetime(2026, 10, 12, 2, tzinfo=UTC))
    assert session.execute(text("SELECT area_m2 FROM units WHERE code = 'D1'")).scalar_one() == 6


@pytest.mark.parametrize("locale", ["zh_Hans", "en"])
def test_the_templates_examples_import_cleanly(session: Session, cast: Cast, app: Any, locale: str) -> None:
    with app.test_request_context():
        content = write_template(locale)
    assert run(session, cast, content)["counts"]["bookings"] == 1


def changed(sheet: str, **cells: Any) -> dict[str, Any]:
    rows = [dict(row) for row in WHOLE[sheet]]
    rows[0] |= cells
    return WHOLE | {sheet: rows}


@pytest.mark.parametrize(
    ("sheet", "cells", "column", "sentence"),
    [
        ("sites", {"name": " "}, "name", "This must be filled in."),
        ("sites", {"zone": "Mars/Olympus"}, "zone", "Mars/Olympus is not a time zone."),
        ("sites", {"opens": "half past"}, "opens", "“half past” is not a time such as 09:30."),
        ("sites", {"closes": "08:00"}, "closes", "The site must open before it closes."),
        ("units", {"kind": "椅子"}, "kind", "“椅子” is not one of: 工位、办公室、房间、大厅、仪器设备、车位."),
        ("units", {"area_m2": "big"}, "area_m2", "“big” is not a number."),
        ("units", {"area_m2": "=1+1"}, "area_m2", "A formula is not read; put its value here."),
        ("units", {"in_service_from": "2026-02-30"}, "in_service_from", "“2026-02-30” is not a date such as 2026-10-01."),
        ("units", {"site": "XX"}, "site", "There is no site XX."),
        ("resources", {"units": "R1, R9"}, "units", "There is no unit R9 at this site."),
        ("resources", {"capacity": 1.5}, "capacity", "“1.5” is not a whole number."),
        ("tariffs", {"price": -1}, "price", "“-1” is below zero."),
        ("companies", {"registered_on": "0001-01-01"}, "registered_on", "“0001-01-01” is not a day from 1980 to 2099."),
        ("resources", {"capacity": 10**19}, "capacity", "“10000000000000000000” is more than 1,000,000."),
        ("resources", {"granularity_minutes": 2}, "granularity_minutes", "A resource is booked in steps of 5 minutes to a day."),
        ("tariffs", {"price": "1e400"}, "price", "A price is from 0 to 1,000,000."),
        ("residencies", {"rent": "1000000.01"}, "rent", "A price is from 0 to 1,000,000."),
        ("units", {"area_m2": "1e400"}, "area_m2", "An area is from 0 to 100,000 m²."),
        ("units", {"area_m2": "1e-400"}, "area_m2", "A number has four decimals at most."),
        ("companies", {"kind": "company", "credit_code": "91110000802100433A"}, "credit_code",
         "91110000802100433A is not a valid credit code: its check character does not fit, so one is mistyped."),
        ("companies", {"name": "x" * 201}, "name", "This is longer than 200 characters."),
        ("companies", {"industry_code": "99"}, "industry_code",
         "“99” is no industry of GB/T 4754-2017: give two to four digits, such as 65 or 6513."),
        ("companies", {"capital": 100}, "capital", "A team has no registered capital yet."),
        ("companies", {"paid_in": "12.5"}, "paid_in", "A team has no registered capital yet."),
        ("residencies", {"company": "nobody"}, "company", "There is no company nobody."),
        ("residencies", {"ends_on": "2026-07-01"}, "ends_on", "The last day must not come before the first."),
        ("bookings", {"resource": "R2"}, "resource", "There is no resource R2 at this site."),
        ("bookings", {"end": "09:00"}, "end", "The end must come after the start."),
        ("bookings", {"start": "10:07"}, "start", "This is booked in steps of 15 minutes."),
        ("bookings", {"attendees": 9}, "attendees", "This seats 8."),
    ],
)  # fmt: skip
def test_each_fault_has_its_place_and_is_the_only_one(
    session: Session, cast: Cast, sheet: str, cells: dict[str, Any], column: str, sentence: str
) -> None:
    assert faults(session, cast, **changed(sheet, **cells)) == [(sheet, 2, column, sentence)]


TOGETHER: dict[str, list[dict[str, Any]]] = {
    "sites": [{"name": " "}, {"zone": "Mars/Olympus"}, {"opens": "half past"}, {"calendar": "moon"}],
    "units": [{"kind": "椅子"}, {"area_m2": "1e400"}, {"in_service_from": "2026-02-30"}, {"site": "XX"}],
    "resources": [{"units": "R1, R9"}, {"capacity": 1.5}, {"granularity_minutes": 2}, {"name": ""}],
    "tariffs": [{"price": -1}, {"valid_from": "soon"}, {"charge": "gift"}, {"site": "XX"}],
    "companies": [{"name": "x" * 201}, {"registered_on": "2026-02-30"}, {"contact_email": "nobody"}, {"kind": "shop"}, {"capital": "much"},
                  {"industry_code": "none"}],
    "residencies": [{"company": "nobody"}, {"unit": "D9"}, {"starts_on": "soon"}, {"rent": -1}],
    "bookings": [{"resource": "R2"}, {"company": "nobody"}, {"on": "soon"}, {"attendees": -1}],
}
"""Of each sheet what can be wrong with one row at once."""
PAIRS = [(sheet, *pair) for sheet, each in TOGETHER.items() for pair in itertools.combinations(each, 2)]
UNCHECKED = {("units", "site", "area_m2")}
"""What is not asked of a row whose site is unknown."""


@pytest.mark.parametrize(("sheet", "one", "other"), PAIRS)
def test_two_faults_of_one_row_are_told_together(
    session: Session, cast: Cast, sheet: str, one: dict[str, Any], other: dict[str, Any]
) -> None:
    found = faults(session, cast, **changed(sheet, **one, **other))
    wanted = {*one, *other}
    if (sheet, "site", "area_m2") in UNCHECKED and wanted == {"site", "area_m2"}:
        wanted = {"site"}
    assert {(where, row, column) for where, row, column, _ in found} == {(sheet, 2, column) for column in wanted}


def test_all_sheets_at_once_and_in_the_order_of_the_workbook(session: Session, cast: Cast) -> None:
    rows = {sheet: [dict(row) for row in of] for sheet, of in WHOLE.items()}
    for sheet, each in TOGETHER.items():
        rows[sheet].append(dict(rows[sheet][0]) | {"code": "Z", "number": "Z"} | each[0] | each[1])
    found = faults(session, cast, **rows)
    assert [sheet for sheet, *_ in found] == sorted((sheet for sheet, *_ in found), key=[each.key for each in SHEETS].index)
    assert {(sheet, column) for sheet, _, column, _ in found} == {
        (sheet, column) for sheet, each in TOGETHER.items() for column in {*each[0], *each[1]}}  # fmt: skip


def test_a_sheet_without_its_titles_is_one_fault_and_makes_none_elsewhere(session: Session, cast: Cast) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(**WHOLE)))
    book["单元"].delete_rows(1)
    file = io.BytesIO()
    book.save(file)
    with pytest.raises(JobFailed) as failed:
        run(session, cast, file.getvalue())
    told = [(each["sheet"], each["row"], each["message"]) for each in failed.value.result["faults"]]
    assert told == [("units", 1, "The first row must hold the column titles; take them from the template.")]


def test_a_code_that_is_a_formula_makes_no_faults_elsewhere(session: Session, cast: Cast) -> None:
    found = faults(session, cast, **changed("units", code="=A1"))
    assert found == [("units", 2, "code", "A formula is not read; put its value here.")]


def test_what_nobody_sees_is_not_taken_over(session: Session, cast: Cast) -> None:
    run(session, cast, workbook(**changed("companies", name="\ufeff丙\u200b团\n队\u3000")))
    assert session.execute(text("SELECT name FROM startups WHERE code = 'T1'")).scalar_one() == "丙团 队"


def test_a_name_of_nothing_that_can_be_seen_is_missing(session: Session, cast: Cast) -> None:
    missing = [("companies", 2, "name", "This must be filled in.")]
    assert faults(session, cast, **changed("companies", name="\u200b\u3164")) == missing


def test_two_rows_for_one_time_and_one_unit(session: Session, cast: Cast) -> None:
    late = BOOKING | {"start": "11:00", "end": "12:00"}
    found = faults(session, cast, **WHOLE | {"bookings": [BOOKING, late], "residencies": [AGREEMENT, AGREEMENT | {"number": "A2"}]})
    assert [(sheet, row, column) for sheet, row, column, _ in found] == [("residencies", 3, "unit"), ("bookings", 3, "start")]
    assert "D1 is taken from" in found[0][3]


def test_every_fault_at_once_and_nothing_is_written(client: Browser, session: Session, cast: Cast) -> None:
    before = counts(session)
    savepoint = session.begin_nested()
    found = faults(session, cast, **changed("units", area_m2="big") | {"companies": [TEAM | {"kind": "club"}]})
    savepoint.rollback()  # the worker's rollback
    # the agreement and the booking refer to rows with faults of their own: no faults of theirs
    assert [(sheet, row, column) for sheet, row, column, _ in found] == [("units", 2, "area_m2"), ("companies", 2, "kind")]
    assert counts(session) == before


def test_unknown_and_missing_columns(session: Session, cast: Cast) -> None:
    book = openpyxl.Workbook()
    page = book.active
    page.title = "sites"
    page.append(["编号", "名称", "颜色"])
    page.append(["NS", "南山", "绿"])
    file = io.BytesIO()
    book.save(file)
    with pytest.raises(JobFailed) as failed:
        run(session, cast, file.getvalue())
    said = {each["message"] % each["values"] for each in failed.value.result["faults"]}
    assert {"The column “颜色” is not known.", "The column “启用日期” is missing."} <= said


def bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 30_000_000)
    return file.getvalue()


def plain_zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("hello.txt", "hello")
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"hello", "can't be read as a workbook"),
        (plain_zip(), "can't be read as a workbook"),
        (bomb(), "unpacks to more"),
        (workbook(sites=[]), "sheets are empty"),
    ],
    ids=["text", "zip", "bomb", "empty"],
)
def test_what_is_no_workbook_gets_a_clear_sentence(content: bytes, sentence: str) -> None:
    with pytest.raises(Refusal, match=sentence):
        read_workbook(content)


def test_only_who_may_import_does(session: Session, cast: Cast) -> None:
    job = Run(1, cast.operator_id, "import_workbook", None, "1", {"file_id": 1}, 1, None, "test", NOW)
    for actor in (cast.finance, cast.auditor, cast.front_desk, cast.founder_a):
        with pytest.raises(Forbidden):
            import_workbook(session, actor, job, lambda done, total: None)


def test_the_pages(client: Browser, session: Session, cast: Cast) -> None:
    client.sign_in(cast.finance)
    assert client.get("/imports").status_code == 403
    client.sign_in(cast.manager)
    assert client.get("/imports").status_code == 200
    assert client.get("/imports/template.xlsx").mimetype == XLSX
    for name, content, status in [("a.xlsx", workbook(**WHOLE), 303), ("a.txt", b"x", 422), ("", b"", 422), ("b.xlsx", b"", 422)]:
        answer = client.post("/imports", data={"file": (io.BytesIO(content), name)})
        assert answer.status_code == status, name
    waiting = client.get(client.post("/imports", data={"file": (io.BytesIO(workbook(**WHOLE)), "c.xlsx")}).location)
    assert waiting.status_code == 200 and "hx-get" in waiting.text
    client.sign_in(cast.other_owner)
    assert client.get(waiting.request.path).status_code == 404


def test_letters_are_those_of_the_file() -> None:
    contents = read_workbook(workbook(units=[DESK | {"area_m2": "x"}]))
    (fault,) = contents.faults
    assert fault.letter == get_column_letter(6)

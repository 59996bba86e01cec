"""The pages of meters: entered, read, imported, corrected, as the people who walk the house use them."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.core.errors import Conflict, Refusal
from incubator.pricing.models import Meter, MeterReading, TariffTier
from incubator.pricing.operations import (
    Entry,
    TariffLine,
    add_meter,
    correct_reading,
    create_tariff,
    enter_readings,
    exchange_meter,
    remove_meter,
)
from incubator.pricing.queries.meters import last_of_day, readings_of
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.documents.test_pictures import picture
from tests.scenarios.october import October

D = Decimal
JULY_31 = date(2026, 7, 31)


@pytest.fixture
def meters(session: Session, cast: Cast, october: October) -> list[Meter]:
    return [
        add_meter(session, cast.front_desk, now=NOW, site=october.site, medium="electricity", number=f"D-{unit}",
                  installed_on=date(2026, 6, 30), reading=D(1200), unit=october.units[unit], digits=5)
        for unit in ("O1", "O2")
    ]  # fmt: skip


def count(session: Session) -> int:
    return session.execute(select(func.count()).select_from(MeterReading)).scalar_one()


def test_the_front_desk_enters_a_meter(client: Browser, cast: Cast, october: October, session: Session) -> None:
    browser = client.sign_in(cast.front_desk)
    typed = {"medium": "water", "number": "S-1", "unit": "area", "place": "茶水间", "installed_on": "2026-06-30",
             "reading": "310.5", "digits": "5", "factor": "1"}  # fmt: skip
    assert browser.post(f"/meters/new?site={october.site.id}", data=typed).status_code == 303
    page = browser.get(f"/meters?site={october.site.id}").text
    assert "S-1" in page and "310.5" in page and "按面积公摊" in page
    again = browser.post(f"/meters/new?site={october.site.id}", data=typed)
    assert again.status_code == 409 and "已有表号为 S-1 的表计" in again.text


def test_all_readings_are_typed_at_once_and_what_is_doubtful_is_asked_again(
    client: Browser, cast: Cast, october: October, meters: list[Meter], session: Session
) -> None:
    one, two = (meter.id for meter in meters)
    browser, address = client.sign_in(cast.front_desk), f"/meters/read?site={october.site.id}"
    typed = {"read_on": "2026-07-31", f"reading_{one}": "1,450.5", f"reading_{two}": "50"}
    asked = browser.post(address, data=typed)
    assert asked.status_code == 422 and "低于上次读数" in asked.text and f"sure_{two}" in asked.text and count(session) == 2
    assert browser.post(address, data=typed | {f"sure_{two}": "y"}).status_code == 303
    known = readings_of(session, [one, two])
    assert [known[each][-1].value for each in (one, two)] == [D("1450.5"), D(50)]
    twice = browser.post(address, data=typed)
    assert twice.status_code == 422 and "已有读数" in twice.text


def test_what_is_still_to_come_or_too_long_is_refused(session: Session, cast: Cast, october: October, meters: list[Meter]) -> None:
    for entry, words in (
        (Entry(meters[0].id, date(2027, 1, 1), D(1300)), "still to come"),
        (Entry(meters[0].id, JULY_31, D(100000)), "digits"),
        (Entry(meters[0].id, date(2026, 6, 1), D(1000)), "counted from"),
    ):
        with pytest.raises(Refusal) as refused:
            enter_readings(session, cast.front_desk, now=NOW, site=october.site, entries=[entry])
        assert words in str(refused.value.faults[0].message)  # type: ignore[attr-defined]


def test_a_correction_leaves_the_old_row_and_a_withdrawn_day_can_be_read_again(
    session: Session, cast: Cast, october: October, meters: list[Meter]
) -> None:
    meter = meters[0]
    (row,) = enter_readings(session, cast.front_desk, now=NOW, site=october.site, entries=[Entry(meter.id, JULY_31, D(1450))])
    correct_reading(session, cast.front_desk, now=NOW, reading_id=row.id, reading=D(1405), note="看错一位")
    assert readings_of(session, [meter.id])[meter.id][-1].value == 1405
    with pytest.raises(Conflict):
        correct_reading(session, cast.front_desk, now=NOW, reading_id=row.id, reading=D(1), note="又一次")
    last = last_of_day(session, meter.id, JULY_31)
    assert last is not None
    correct_reading(session, cast.front_desk, now=NOW, reading_id=last.id, reading=None, note="是隔壁的表")
    assert len(readings_of(session, [meter.id])[meter.id]) == 1
    enter_readings(session, cast.front_desk, now=NOW, site=october.site, entries=[Entry(meter.id, JULY_31, D(1410))])
    assert readings_of(session, [meter.id])[meter.id][-1].value == 1410


def test_an_exchanged_device_counts_from_its_own_beginning(session: Session, cast: Cast, october: October, meters: list[Meter]) -> None:
    meter = meters[0]
    exchange_meter(session, cast.manager, now=NOW, meter_id=meter.id, on=date(2026, 7, 15), reading=D(1300), number="D-9",
                   next_start=D(2), digits=6)  # fmt: skip
    enter_readings(session, cast.front_desk, now=NOW, site=october.site, entries=[Entry(meter.id, JULY_31, D(42))])
    found = readings_of(session, [meter.id])[meter.id]
    assert [each.goes_on_from for each in found] == [1200, 2, 42] and meter.number == "D-9"
    with pytest.raises(Refusal):
        remove_meter(session, cast.manager, now=NOW, meter_id=meter.id, on=date(2026, 7, 30))
    assert remove_meter(session, cast.manager, now=NOW, meter_id=meter.id, on=JULY_31).removed_on == JULY_31


def test_a_photo_is_kept_with_the_reading(client: Browser, cast: Cast, meters: list[Meter], session: Session) -> None:
    row = last_of_day(session, meters[0].id, date(2026, 6, 30))
    assert row is not None
    browser = client.sign_in(cast.front_desk)
    sent = browser.post(f"/readings/{row.id}/photo", data={"photo": (io.BytesIO(picture("JPEG")), "a.jpg")})
    assert sent.status_code == 303
    kept = last_of_day(session, meters[0].id, date(2026, 6, 30))
    assert kept is not None and kept.supersedes_id == row.id
    assert browser.get(f"/readings/{kept.id}/photo?size=small").mimetype == "image/jpeg"
    assert "照片" in browser.get(f"/meters/{meters[0].id}").text
    assert client.sign_in(cast.other_owner).get(f"/readings/{kept.id}/photo").status_code == 404


def csv(*rows: str) -> bytes:
    return ("表号,日期,读数\r\n" + "\r\n".join(rows) + "\r\n").encode("gb18030")


def workbook(*rows: tuple[object, ...]) -> bytes:
    book = openpyxl.Workbook()
    for row in (("Meter", "Day", "Reading"), *rows):
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


@pytest.mark.parametrize("content, name", [
    (csv("D-O1,2026-07-31,1450.5", "d-o2,2026/7/31,1300"), "a.csv"),
    (workbook(("D-O1", JULY_31, 1450.5), ("D-O2", "2026-07-31", 1300)), "a.xlsx"),
])  # fmt: skip
def test_a_table_is_imported(client: Browser, cast: Cast, october: October, meters: list[Meter], session: Session,
                             content: bytes, name: str) -> None:  # fmt: skip
    sent = client.sign_in(cast.finance).post(f"/meters/import?site={october.site.id}", data={"file": (io.BytesIO(content), name)})
    assert sent.status_code == 303
    known = readings_of(session, [meter.id for meter in meters])
    assert [known[meter.id][-1].value for meter in meters] == [D("1450.5"), D(1300)]


def test_a_table_with_faults_is_refused_by_row_and_column(
    client: Browser, cast: Cast, october: October, meters: list[Meter], session: Session
) -> None:
    browser, address = client.sign_in(cast.finance), f"/meters/import?site={october.site.id}"
    page = browser.post(address, data={"file": (io.BytesIO(csv("D-O1,2026-07-31,1450", "", "D-X,2026-07-31,12", "D-O2,gestern,a")), "a.csv")})
    assert page.status_code == 400 or page.status_code == 422
    assert "没有表号为 D-X 的表计" in page.text and "A 表号" in page.text and "B 日期" in page.text and "C 读数" in page.text
    assert count(session) == 2, "nothing of it was kept"
    below = browser.post(address, data={"file": (io.BytesIO(csv("D-O1,2026-07-31,1100")), "a.csv")})
    assert "低于上次读数" in below.text and "异常读数已核对" in below.text
    sure = browser.post(address, data={"file": (io.BytesIO(csv("D-O1,2026-07-31,1100")), "a.csv"), "sure": "y"})
    assert sure.status_code == 303


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04nothing", b"\x00\x01\x02", "表号,日期\r\n".encode(), b"\xff\xfe\xff"])
def test_what_is_no_table_is_refused(client: Browser, cast: Cast, october: October, meters: list[Meter], content: bytes) -> None:
    sent = client.sign_in(cast.finance).post(f"/meters/import?site={october.site.id}", data={"file": (io.BytesIO(content), "a.csv")})
    assert sent.status_code in (400, 422)


def test_a_half_day_a_minimum_and_outsiders_are_set_on_the_page(client: Browser, cast: Cast, october: October) -> None:
    browser, address, room = client.sign_in(cast.finance), f"/tariffs/new?site={october.site.id}", october.room.id
    typed = {
        "name": "2027", "valid_from": "2027-01-01", f"resource_{room}": "50", f"more_resource_{room}-half_day": "160",
        f"more_resource_{room}-minimum": "100", f"more_resource_{room}-round_minutes": "30",
        f"more_resource_{room}-outside_hour": "90", f"more_resource_{room}-outside_day": "400", "half_day_hours": "4",
        "night_from": "20:00", "night_until": "07:30",
        "unit_office-basis": "m2_month", "unit_desk-basis": "unit_month",
    }  # fmt: skip
    early = browser.post(address, data=typed | {"night_from": "09:00"})
    assert early.status_code in (400, 409, 422) and "夜间须在中午之后开始" in early.text
    answer = browser.post(address, data=typed)
    assert answer.status_code == 303
    page = browser.get(answer.location or "").text
    assert "160.00" in page and "元/半天" in page and "最低 100.00" in page and "非入驻企业" in page
    again = browser.get(address).text
    assert 'value="20:00"' in again and 'value="160.00"' in again and 'value="90.00"' in again and 'value="400.00"' in again


def test_a_minimum_is_proposed_again_though_outsiders_have_none(client: Browser, cast: Cast, october: October, session: Session) -> None:
    create_tariff(session, cast.finance, now=NOW, site=october.site, name="x", valid_from=date(2027, 1, 1), items=[
        TariffLine("booking", "hour", D(50), resource=october.room, minimum=D(70), round_minutes=15),
        TariffLine("booking", "hour", D(90), resource=october.room, outside=True),
    ])  # fmt: skip
    page = client.sign_in(cast.finance).get(f"/tariffs/new?site={october.site.id}").text
    assert 'value="70.00"' in page and 'value="15"' in page and 'value="90.00"' in page


def test_prices_in_tiers_are_set_on_the_page(client: Browser, cast: Cast, october: October, session: Session) -> None:
    browser, address = client.sign_in(cast.finance), f"/tariffs/new?site={october.site.id}"
    typed = {
        "name": "2027", "valid_from": "2027-01-01", "unit_office-basis": "m2_month", "unit_desk-basis": "unit_month",
        "medium_electricity-first": "0.68", "medium_electricity-above_1": "200", "medium_electricity-then_1": "0.95",
    }  # fmt: skip
    half = browser.post(address, data=typed | {"medium_water-above_1": "10"})
    assert half.status_code == 422 and "每一档都要有用量和单价" in half.text
    answer = browser.post(address, data=typed)
    assert answer.status_code == 303
    page = browser.get(answer.location or "").text
    assert "0.68" in page and "每月超过 200 kWh" in page and "0.95" in page
    assert session.execute(select(TariffTier.above, TariffTier.unit_price)).all() == [(200, D("0.95"))]
    assert 'value="200"' in browser.get(address).text, "proposed again from the latest"

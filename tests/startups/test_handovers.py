"""Handover and return lists: walked through, signed, confirmed, compared, printed."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import pytest
from pypdf import PdfReader
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.startups.models import Handover, HandoverPhoto, Residency
from incubator.startups.operations.handovers import (
    add_thing,
    begin_handover,
    confirm_handover,
    look_at,
    sign_handover,
)
from incubator.startups.queries.handovers import get_handover, list_items
from incubator.startups.rules.handovers import Seen, compare, propose_withheld
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.documents.test_filetypes import picture
from tests.startups.test_amending import Place, place, sign  # noqa: F401  a fixture


@pytest.fixture
def residency(session: Session, cast: Cast, place: Place) -> Residency:  # noqa: F811
    return sign(session, cast, place, "D1 D2")


def begin(session: Session, cast: Cast, residency: Residency, kind: str = "handover") -> Handover:
    return begin_handover(session, cast.manager, now=NOW, residency_id=residency.id, kind=kind, happened_on=date(2026, 10, 1))


def walk(session: Session, cast: Cast, handover: Handover, **conditions: str) -> None:
    """Everything is good, but what is named."""
    for row in list_items(session, handover.id):
        look_at(session, cast.manager, now=NOW, handover_id=handover.id, item_id=row.item.id,
                condition=conditions.get(f"{row.unit}_{row.item.thing}", "good"))  # fmt: skip


def test_each_unit_has_what_is_usually_there(session: Session, cast: Cast, residency: Residency) -> None:
    rows = list_items(session, begin(session, cast, residency).id)
    assert [(row.unit, row.item.thing) for row in rows[:6]] == [
        ("D1", "card"), ("D1", "desk"), ("D1", "chair"), ("D1", "drawer"), ("D1", "sockets"), ("D2", "card")]  # fmt: skip
    with pytest.raises(Conflict, match="not signed yet"):
        begin(session, cast, residency)


def test_a_return_proposes_what_to_withhold(session: Session, cast: Cast, residency: Residency) -> None:
    """A desk of 800.00 damaged: 400.00; a chair of 400.00 missing: 400.00; a worn one nothing; the one that was damaged
    before nothing either: in all 800.00."""
    handover = begin(session, cast, residency)
    walk(session, cast, handover, D2_desk="damaged")
    sign_handover(session, cast.manager, now=NOW, handover_id=handover.id, electricity=Decimal("120.50"))
    given = begin(session, cast, residency, "return")
    walk(session, cast, given, D1_desk="damaged", D1_chair="missing", D2_chair="worn", D2_desk="damaged")
    from_handover = {(row.unit, row.item.thing) for row in list_items(session, handover.id)}
    assert {(row.unit, row.item.thing) for row in list_items(session, given.id)} == from_handover


def test_compare() -> None:
    before = [Seen(1, "桌", "good", 80_000), Seen(1, "椅", "good", 40_000), Seen(1, "柜", "damaged", 30_000), Seen(2, "桌", "good", 80_000)]
    after = [Seen(1, "桌", "damaged", None), Seen(1, "椅", "missing", 1), Seen(1, "柜", "missing", 30_000), Seen(1, "白板", "damaged", 9)]
    rows = compare(before, after)
    assert [row.withhold_minor for row in rows] == [40_000, 40_000, 15_000, 0, 0]
    assert rows[4].after is None and rows[4].before == before[3] and propose_withheld(rows) == 95_000
    assert [row.is_worse for row in rows] == [True, True, True, True, False]


def test_signed_it_stands_and_a_founder_confirms_once(session: Session, cast: Cast, residency: Residency) -> None:
    handover = begin(session, cast, residency)
    with pytest.raises(Conflict, match="looked at"):
        sign_handover(session, cast.manager, now=NOW, handover_id=handover.id)
    with pytest.raises(NotFound):
        get_handover(session, cast.founder_a, handover.id)
    with pytest.raises(Conflict):
        confirm_handover(session, cast.founder_a, now=NOW, handover_id=handover.id) if handover.signed_at else begin(session, cast, residency)
    item = list_items(session, handover.id)[0].item
    with pytest.raises(Refusal, match="how it is"):
        look_at(session, cast.manager, now=NOW, handover_id=handover.id, item_id=item.id, condition="fine")
    look_at(session, cast.manager, now=NOW, handover_id=handover.id, item_id=item.id, condition="worn", remark="划痕")
    add_thing(session, cast.manager, now=NOW, handover_id=handover.id, name="绿植", unit_id=item.unit_id)
    with pytest.raises(Conflict, match="already"):
        add_thing(session, cast.manager, now=NOW, handover_id=handover.id, name="绿植", unit_id=item.unit_id)
    sign_handover(session, cast.manager, now=NOW, handover_id=handover.id)
    with pytest.raises(Conflict, match="signed"):
        look_at(session, cast.manager, now=NOW, handover_id=handover.id, item_id=item.id, condition="good")
    for actor, error in ((cast.founder_b, NotFound), (cast.member_a, Forbidden), (cast.manager, Forbidden)):
        with pytest.raises(error):
            confirm_handover(session, actor, now=NOW, handover_id=handover.id)
    confirm_handover(session, cast.founder_a, now=NOW, handover_id=handover.id, note="椅子有点松")
    with pytest.raises(Conflict, match="already"):
        confirm_handover(session, cast.founder_a, now=NOW, handover_id=handover.id)


def test_the_front_desk_walks_through_and_changes_no_agreement(client: Browser, session: Session, cast: Cast, residency: Residency) -> None:
    client.sign_in(cast.front_desk)
    address = client.post(f"/residencies/{residency.id}/handovers", data={"kind": "handover", "happened_on": "2026-10-01"}).location
    handover = session.execute(select(Handover)).scalar_one()
    first = list_items(session, handover.id)[0].item
    assert client.get(f"{address}/things/{first.id}").status_code == 200
    assert client.post(f"{address}/things/{first.id}", data={"condition": "good"}).status_code == 303
    assert client.post(f"{address}/things", data={"name": "绿植", "unit_id": str(first.unit_id)}).status_code == 303
    assert client.post(f"{address}/sign", data={"note": ""}).status_code == 303
    assert handover.signed_by == cast.front_desk.person_id
    for page in (f"/residencies/{residency.id}/amend", f"/residencies/{residency.id}/end", f"/residencies/{residency.id}/deposit"):
        assert client.post(page, data={}).status_code == 403
    for actor in (cast.finance, cast.auditor, cast.mentor, cast.founder_a):
        with pytest.raises(Forbidden):
            begin_handover(session, actor, now=NOW, residency_id=residency.id, kind="return", happened_on=date(2026, 10, 1))


def test_the_pages(client: Browser, session: Session, cast: Cast, residency: Residency) -> None:
    session.connection().exec_driver_sql("UPDATE people SET locale = 'en'")
    client.sign_in(cast.manager)
    lists = f"/residencies/{residency.id}/handovers"
    assert "No list yet" in client.get(lists).get_data(as_text=True)
    address = client.post(lists, data={"kind": "handover", "happened_on": "2026-10-01"}).location
    page = client.get(address).get_data(as_text=True)
    assert "Walk through" in page and "not looked at" in page
    handover = session.execute(select(Handover)).scalar_one()
    first, second = [row.item.id for row in list_items(session, handover.id)][:2]
    data = {"condition": "damaged", "remark": "桌角缺口", "photo": (io.BytesIO(picture("JPEG")), "IMG.JPG")}
    answer = client.post(f"{address}/things/{first}", data=data, content_type="multipart/form-data")
    assert answer.status_code == 303 and answer.location.endswith(f"/things/{second}"), "on to the next"
    bad = {"condition": "good", "photo": (io.BytesIO(b"no picture"), "a.jpg")}
    assert "no picture that can be read" in client.post(
        f"{address}/things/{second}", data=bad, content_type="multipart/form-data").get_data(as_text=True)  # fmt: skip
    photo = session.execute(select(HandoverPhoto)).scalar_one()
    assert client.get(f"{address}/pictures/{photo.id}?size=small").content_type == "image/jpeg"
    assert client.post(f"{address}/sign", data={"electricity": "120.5", "note": "无"}).status_code == 303
    sheet = PdfReader(io.BytesIO(client.get(f"{address}/list.pdf").data)).pages[0]
    paper = sheet.extract_text()
    assert all(part in paper for part in ("场地交接清单", "门禁卡", "损坏", "桌角缺口", "120.5 kWh", "尚未确认", "门禁卡 · 损坏"))
    assert len(sheet.images) == 1
    client.sign_in(cast.founder_b)
    for path in ("", "/list.pdf", f"/pictures/{photo.id}"):
        assert client.get(f"{address}{path}").status_code == 404
    client.sign_in(cast.founder_a)
    assert "Confirm the list" in client.get(address).get_data(as_text=True)
    assert client.post(f"{address}/confirm", data={"note": ""}).status_code == 303
    assert "confirmed by the startup" in client.get(address).get_data(as_text=True)

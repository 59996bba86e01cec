"""The pages of price lists, as the cast sees them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from markupsafe import escape
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.pricing.models import Tariff, TariffItem
from incubator.pricing.operations import TariffLine, create_tariff
from incubator.spaces.operations import create_site
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.scenarios.october import October


def typed(**changes: str) -> dict[str, str]:
    return {
        "name": "2027", "valid_from": "2027-01-01", "unit_office-rent": "1,085.5", "unit_office-basis": "m2_month",
        "unit_office-fee": "¥10", "unit_desk-rent": "", "unit_desk-basis": "unit_month", "unit_desk-fee": "",
        "kind_meeting_room": "55",
    } | changes  # fmt: skip


@pytest.mark.parametrize("role", ["owner", "manager", "front_desk", "finance", "auditor"])
def test_staff_see_tariffs(client: Browser, cast: Cast, october: October, session: Session, role: str) -> None:
    browser = client.sign_in(getattr(cast, role))
    tariff_id = session.execute(select(Tariff.id)).scalar_one()
    page = browser.get("/tariffs").text
    assert "南山一号" in page and "50.00" in page and "生效中" in page
    assert "会议室" in browser.get(f"/tariffs/{tariff_id}").text
    may_set = role in ("owner", "manager", "finance")
    assert ("/tariffs/new" in page) == may_set
    assert browser.get("/tariffs/new").status_code == (200 if may_set else 403)


@pytest.mark.parametrize("role", ["mentor", "founder_a", "member_a"])
def test_others_do_not(client: Browser, cast: Cast, october: October, role: str) -> None:
    assert client.sign_in(getattr(cast, role)).get("/tariffs").status_code == 403


def test_another_operators_tariff_is_not_there(client: Browser, cast: Cast, october: October, session: Session) -> None:
    tariff_id = session.execute(select(Tariff.id)).scalar_one()
    browser = client.sign_in(cast.other_owner)
    assert browser.get(f"/tariffs/{tariff_id}").status_code == 404
    assert browser.get(f"/tariffs/new?site={october.site.id}").status_code in (303, 404)
    assert "南山一号" not in browser.get("/tariffs").text


def test_a_new_tariff_is_proposed_from_the_latest_and_ends_it(
    client: Browser, cast: Cast, october: October, session: Session
) -> None:
    browser = client.sign_in(cast.finance)
    form = browser.get(f"/tariffs/new?site={october.site.id}").text
    assert 'name="kind_meeting_room" ' in form and 'value="50.00"' in form and f'name="resource_{october.room.id}"' in form
    answer = browser.post(f"/tariffs/new?site={october.site.id}",
                          data=typed(**{f"resource_{october.room.id}": "80"}))  # fmt: skip
    assert answer.status_code == 303
    made = session.execute(select(Tariff).where(Tariff.name == "2027")).scalar_one()
    items = session.execute(select(TariffItem).where(TariffItem.tariff_id == made.id).order_by(TariffItem.id)).scalars()
    assert [(item.charge_kind, item.unit_kind or item.resource_kind or item.resource_id, str(item.unit_price)) for item in items] == [
        ("rent", "office", "1085.5000"), ("property_fee", "office", "10.0000"),
        ("booking", "meeting_room", "55.0000"), ("booking", october.room.id, "80.0000"),
    ]  # fmt: skip
    page = browser.get(answer.location).text
    assert "2027年1月1日 起" in page and "1,085.50" in page and "上一份：2026" in page
    assert "2026年12月31日" in browser.get("/tariffs").text


@pytest.mark.parametrize(
    ("changes", "status", "sentence"),
    [
        ({"name": ""}, 422, "name"),
        ({"name": "2026"}, 409, "本场地已有价目表 2026。"),
        ({"valid_from": "2026-01-01"}, 409, "价目表 2026 已于 2026年1月1日 开始"),
        ({"valid_from": "1900-01-01"}, 422, "超出可用日期范围"),
        ({"valid_from": "soon"}, 422, "valid_from"),
        ({"kind_meeting_room": "cheap"}, 422, "kind_meeting_room"),
        ({"kind_meeting_room": "-1"}, 422, "价格须在 0 至 1,000,000 之间。"),
        ({"kind_meeting_room": "NaN"}, 422, "价格须在 0 至 1,000,000 之间。"),
        ({"kind_meeting_room": "1e400"}, 422, "价格须在 0 至 1,000,000 之间。"),
        ({"kind_meeting_room": "0.00001"}, 422, "价格最多保留四位小数。"),
        ({"unit_office-basis": "hour"}, 422, "unit_office-basis"),
        ({"unit_office-rent": "", "unit_office-fee": "", "kind_meeting_room": ""}, 422, "价目表至少有一项价格。"),
        ({"name": "x" * 101}, 422, "name"),
        ({"step_percent": "5"}, 422, "租金递增须同时填写百分比和间隔月数。"),
        ({"step_percent": "0", "step_months": "12"}, 422, "step_percent"),
        ({"step_percent": "five", "step_months": "12"}, 422, "step_percent"),
        ({"deposit_months": "-1"}, 422, "押金为 0 至 36 个月租金，例如 2 或 1.5。"),
    ],
)
def test_bad_input_gets_a_sentence_and_changes_nothing(
    client: Browser, cast: Cast, october: October, session: Session, changes: dict[str, str], status: int, sentence: str
) -> None:
    answer = client.sign_in(cast.finance).post(f"/tariffs/new?site={october.site.id}", data=typed(**changes))
    assert (answer.status_code, sentence in answer.text) == (status, True)
    assert "is-invalid" in answer.text or "alert" in answer.text
    assert [tariff.name for tariff in session.execute(select(Tariff)).scalars()] == ["2026"]
    for typed_in in typed(**changes).values():
        assert not typed_in or escape(typed_in) in answer.text, "what was typed stays"


def test_what_is_proposed_to_agreements_is_shown_and_proposed_again(
    client: Browser, cast: Cast, october: October, session: Session
) -> None:
    browser = client.sign_in(cast.finance)
    terms = {"proration": "half_months", "step_percent": "5", "step_months": "12", "deposit_months": "1.5",
             "unit_desk-service": "80", "unit_desk-service_basis": "unit_month"}  # fmt: skip
    answer = browser.post(f"/tariffs/new?site={october.site.id}", data=typed(**terms))
    assert answer.status_code == 303
    made = session.execute(select(Tariff).where(Tariff.name == "2027")).scalar_one()
    assert (made.proration, made.step_percent, made.step_months, made.deposit_months) == (
        "half_months", Decimal(5), 12, Decimal("1.5"))  # fmt: skip
    page = browser.get(answer.location).text
    for said in ("15 天及以内按半个月，超过按整月", "每 12 个月递增 5%", "首个整月租金的 1.5 倍", "服务费", "80.00"):
        assert said in page
    form = browser.get(f"/tariffs/new?site={october.site.id}").text
    for said in ('<option selected value="half_months">', 'value="1.5"', 'value="80.00"'):
        assert said in form, said


def test_an_operator_without_a_site_is_told_what_to_do_first(client: Browser, cast: Cast) -> None:
    page = client.sign_in(cast.manager).get("/tariffs")
    assert "先添加场地" in page.text
    assert client.get("/tariffs/new").status_code == 303


def test_a_site_without_prices_says_so(client: Browser, cast: Cast, october: October, session: Session) -> None:
    create_site(session, cast.manager, now=NOW, code="FT", name="福田", hours=[], open_from=date(2026, 1, 1))
    page = client.sign_in(cast.manager).get("/tariffs").text
    assert "福田" in page and "还没有价格" in page


def test_many_tariffs_are_paged(client: Browser, cast: Cast, october: October, session: Session) -> None:
    line = TariffLine("booking", "hour", Decimal(1), resource_kind="meeting_room")
    for year in range(2027, 2087):
        create_tariff(session, cast.manager, now=NOW, site=october.site, name=str(year), valid_from=date(year, 1, 1),
                      items=[line])  # fmt: skip
    browser = client.sign_in(cast.auditor)
    assert "第 1–50 条，共 61 条" in browser.get("/tariffs").text
    assert ">2027<" in browser.get("/tariffs?page=2").text
    assert browser.get("/tariffs?page=99").status_code == 200

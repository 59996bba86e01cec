"""The pages of vouchers: what they say, what they refuse, who opens what a code opens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from io import BytesIO

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.subsidies.models import (
    ServiceProvider,
    Voucher,
    VoucherApplication,
    VoucherOrder,
    VoucherSeries,
    VoucherSettlement,
)
from incubator.subsidies.operations.voucher_issuing import renew_code
from incubator.subsidies.voucher_codes import code_of
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.subsidies.vouchers.issuing import (
    PDF,
    at,
    balance,
    make_provider,
    make_series,
    make_voucher,
    order,
    settle_in,
    take,
)


@pytest.fixture(autouse=True)
def october(app: Flask) -> object:
    with time_machine.travel(at(10, 20), tick=True):
        yield


@dataclass
class Place:
    series: VoucherSeries
    provider: ServiceProvider
    voucher: Voucher
    made: VoucherOrder


@pytest.fixture
def place(session: Session, cast: Cast) -> Place:
    settle_in(session, cast)
    series, provider = make_series(session, cast), make_provider(session, cast)
    voucher = make_voucher(session, cast, series)
    return Place(series, provider, voucher, order(session, cast, voucher, provider, 800_000))


def faults(page: str) -> dict[str, str]:
    return dict(re.findall(r'id="([^"]+)-error">([^<]+)<', page))


def test_finance_enters_a_series_from_its_policy(client: Browser, cast: Cast, session: Session) -> None:
    data = {
        "code": "CY26", "name": "创业券", "name_en": "Startup voucher", "issuer": "某区人力资源局", "source": "办法第三条",
        "budget": "1000000", "face": "10000.50", "share_percent": "60", "yearly_limit": "", "uses": ["services", "training"],
        "valid_days": "365", "first_on": "2026-10-01", "last_on": "2026-12-31", "issued_by": "application", "who": "companies",
        "registered_months": "24", "most_each": "1",
    }  # fmt: skip
    answer = client.sign_in(cast.finance).post("/vouchers/series/new", data=data, follow_redirects=True)
    series = session.execute(select(VoucherSeries)).scalar_one()
    assert (series.face_minor, series.budget_minor, series.yearly_limit_minor) == (1_000_050, 100_000_000, None)
    assert "创业券" in answer.text and "¥1,000,000.00" in answer.text
    wrong = client.post("/vouchers/series/new", data=data | {"face": "0.001", "share_percent": "101", "uses": [], "code": "CY26"})
    assert wrong.status_code == 422 and set(faults(wrong.text)) == {"face", "share_percent", "uses"}
    again = client.post("/vouchers/series/new", data=data)
    assert again.status_code == 409 and set(faults(again.text)) == {"code"}


def test_a_founder_applies_and_finance_decides(client: Browser, cast: Cast, session: Session) -> None:
    settle_in(session, cast)
    series = make_series(session, cast)
    client.sign_in(cast.founder_a)
    assert "创新券" in client.get("/my/vouchers").text
    client.post(f"/my/vouchers/series/{series.id}/apply", data={"startup_id": cast.startup_a, "purpose": "样机检测"})
    application = session.execute(select(VoucherApplication)).scalar_one()
    assert "等待审核" in client.get("/my/vouchers").text
    twice = client.post(f"/my/vouchers/series/{series.id}/apply", data={"startup_id": cast.startup_a, "purpose": "样机检测"})
    assert twice.status_code == 409
    address = f"/vouchers/applications/{application.id}"
    client.sign_in(cast.finance)
    assert "样机检测" in client.get(address).text
    refused = client.post(address, data={"outcome": "refused", "reason": ""})
    assert refused.status_code == 422 and set(faults(refused.text)) == {"reason"}
    assert client.post(address, data={"outcome": "nonsense"}).status_code == 422
    client.post(address, data={"outcome": "approved"})
    voucher = session.execute(select(Voucher)).scalar_one()
    mine = client.sign_in(cast.founder_a).get("/my/vouchers").text
    assert voucher.label in mine and "<svg" in mine and "¥10,000.00" in mine


def test_an_order_is_placed_redeemed_returned_and_settled(
    client: Browser, cast: Cast, session: Session, place: Place
) -> None:
    client.sign_in(cast.founder_a)
    data = {"title": "二次检测", "use": "services", "provider_id": place.provider.id, "gross": "500"}
    wrong = client.post(f"/vouchers/{place.voucher.id}/orders/new", data=data | {"gross": "-5", "title": ""})
    assert wrong.status_code == 422 and set(faults(wrong.text)) == {"gross", "title"}
    client.post(f"/vouchers/{place.voucher.id}/orders/new", data=data)
    assert balance(session, place.voucher).reserved == 480_000 + 30_000
    client.sign_in(cast.front_desk)
    address = f"/vouchers/orders/{place.made.id}"
    without = client.post(f"{address}/redeem", data={"gross": "8000", "happened_on": "2026-10-20"})
    assert without.status_code == 422 and set(faults(without.text)) == {"file"}
    paper = {"gross": "8000", "happened_on": "2026-10-20", "file": (BytesIO(PDF), "invoice.pdf")}
    late = client.post(f"{address}/redeem", data=paper | {"happened_on": "2026-10-21", "file": (BytesIO(PDF), "i.pdf")})
    assert late.status_code == 422 and set(faults(late.text)) == {"happened_on"}
    assert client.post(f"{address}/redeem", data=paper).status_code == 303
    assert balance(session, place.voucher).redeemed == 480_000
    client.sign_in(cast.finance)
    page = client.get(f"{address}/return").text
    entry_id = re.search(r'<option value="(\d+)"|<option selected value="(\d+)"', page)
    assert entry_id is not None
    data = {"entry_id": entry_id[1] or entry_id[2], "amount": "800", "reason": "部分退款"}
    assert client.post(f"{address}/return", data=data).status_code == 303
    days = {"provider_id": place.provider.id, "first": "2026-10-01", "last": "2026-10-20"}
    preview = client.get("/vouchers/settlements/new", query_string=days).text
    assert "¥4,000.00" in preview
    assert client.post("/vouchers/settlements", data=days | {"expected": "1"}, follow_redirects=True).status_code == 200
    assert session.execute(select(VoucherSettlement)).scalar() is None
    shown = client.post("/vouchers/settlements", data=days | {"expected": "400000"}, follow_redirects=True).text
    made = session.execute(select(VoucherSettlement)).scalar_one()
    assert made.label in shown and made.sha256.hex() in shown
    ledger = client.get(f"/vouchers/{place.voucher.id}").text
    for words in ("发放", "预留", "核销", "退回", "结算"):
        assert words in ledger
    wrong = client.get("/vouchers/settlements/new", query_string=days | {"last": "2026-11-30"})
    assert wrong.status_code == 422 and "last" in faults(wrong.text)


def code(app: Flask, voucher: Voucher) -> str:
    return code_of(app.config["SETTINGS"].secret_key, voucher)


def test_a_code_opens_its_voucher_for_staff_alone(
    client: Browser, cast: Cast, session: Session, place: Place, app: Flask
) -> None:
    address = f"/vouchers/codes/{code(app, place.voucher)}"
    assert client.get(address).status_code == 302
    for who in (cast.front_desk, cast.finance, cast.owner, cast.manager):
        page = client.sign_in(who).get(address).text
        assert "甲科技有限公司" in page and place.made.label in page and "可以使用" in page
    for who in (cast.founder_a, cast.founder_b, cast.member_a, cast.mentor, cast.auditor):
        assert client.sign_in(who).get(address).status_code == 403
    assert client.sign_in(cast.other_owner).get(address).status_code == 404
    client.sign_in(cast.front_desk)
    for wrong in (address[:-1] + ("A" if address[-1] != "A" else "B"), "/vouchers/codes/1-x", "/vouchers/codes/zz-" + "x" * 32,
                  "/vouchers/codes/" + "f" * 20 + "-" + "x" * 32, "/vouchers/codes/x"):  # fmt: skip
        assert client.get(wrong).status_code == 404, wrong
    renew_code(session, cast.founder_a, now=NOW, voucher_id=place.voucher.id)
    assert client.get(address).status_code == 404
    assert client.get(f"/vouchers/codes/{code(app, place.voucher)}").status_code == 200


def test_the_code_of_what_is_used_up_or_over_says_so(
    client: Browser, cast: Cast, session: Session, place: Place, app: Flask
) -> None:
    take(session, cast, place.made.id, 800_000)
    take(session, cast, order(session, cast, place.voucher, place.provider, 900_000).id, 900_000)
    address = f"/vouchers/codes/{code(app, place.voucher)}"
    assert "已用完" in client.sign_in(cast.front_desk).get(address).text
    other = make_voucher(session, cast, place.series, startup_id=cast.startup_b)
    with time_machine.travel(at(10, 1, year=2027)):
        assert "已过期" in client.sign_in(cast.front_desk).get(f"/vouchers/codes/{code(app, other)}").text


def test_lists_filter_and_page(client: Browser, cast: Cast, session: Session, place: Place) -> None:
    make_voucher(session, cast, place.series, startup_id=cast.startup_b)
    client.sign_in(cast.auditor)
    assert "甲科技" in client.get("/vouchers").text
    for query, a, b in (("q=乙", False, True), ("view=unused", False, True), ("view=in_use", True, False), ("q=V-2026-0001", True, False),
                        ("view=ending", False, False), (f"startup={cast.startup_b}", False, True), ("view=expired", False, False)):  # fmt: skip
        page = client.get(f"/vouchers?{query}").text
        assert ("甲科技" in page, "乙科技" in page) == (a, b), query
    for page in ("/vouchers?page=7", "/vouchers?series=x&startup=99999999999999999999", "/vouchers/applications?view=decided",
                 "/vouchers/series", "/vouchers/providers", "/vouchers/settlements", f"/vouchers/series/{place.series.id}"):  # fmt: skip
        assert client.get(page).status_code == 200, page


def test_by_rule_with_reasons(client: Browser, cast: Cast, session: Session) -> None:
    settle_in(session, cast)
    series = make_series(session, cast, issued_by="rule")
    make_voucher(session, cast, series, startup_id=cast.startup_b)
    client.sign_in(cast.finance)
    address = f"/vouchers/series/{series.id}/issue"
    page = client.get(address).text
    assert f'value="{cast.startup_a}"' in page and f'value="{cast.startup_b}"' not in page and "已达每家上限" in page
    client.post(address, data={"startups": [cast.startup_a, cast.startup_b]})
    assert len(session.execute(select(Voucher)).all()) == 1
    client.post(address, data={"startups": [cast.startup_a]})
    assert len(session.execute(select(Voucher)).all()) == 2
    assert client.get(f"/vouchers/series/{make_series(session, cast, code='X').id}/issue").status_code == 404


def test_providers(client: Browser, cast: Cast, session: Session) -> None:
    client.sign_in(cast.finance)
    client.post("/vouchers/providers/new", data={"name": "某律所", "uses": ["services"]})
    provider = session.execute(select(ServiceProvider)).scalar_one()
    wrong = client.post("/vouchers/providers/new", data={"name": "某律所", "uses": ["services"]})
    assert wrong.status_code == 409 and set(faults(wrong.text)) == {"name"}
    wrong = client.post(f"/vouchers/providers/{provider.id}", data={"name": "某律所", "credit_code": "9111", "uses": ["services"]})
    assert wrong.status_code == 422 and set(faults(wrong.text)) == {"credit_code"}
    client.post(f"/vouchers/providers/{provider.id}/end", data={"again": "no"})
    assert provider.ended_at is not None


@pytest.mark.parametrize("locale", ["zh_Hans", "en"])
def test_every_page_is_in_its_readers_language(client: Browser, cast: Cast, session: Session, place: Place, locale: str) -> None:
    browser = client.sign_in(cast.finance)
    browser.post("/locale", data={"locale": locale, "next": "/"})
    for path in ("/vouchers", "/vouchers/series", f"/vouchers/series/{place.series.id}", f"/vouchers/{place.voucher.id}",
                 f"/vouchers/orders/{place.made.id}", f"/vouchers/orders/{place.made.id}/redeem", "/vouchers/providers/new",
                 f"/vouchers/orders/{place.made.id}/release", f"/vouchers/orders/{place.made.id}/return", "/vouchers/series/new",
                 "/vouchers/settlements/new", f"/vouchers/{place.voucher.id}/orders/new", f"/vouchers/series/{place.series.id}/budget",
                 "/vouchers/applications"):  # fmt: skip
        assert browser.get(path).status_code == 200, path

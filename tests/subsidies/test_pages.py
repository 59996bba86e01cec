"""The pages of schemes, as the cast sees them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from markupsafe import escape
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.billing.operations import post_month
from incubator.subsidies.models import Scheme, SchemeVersion
from incubator.subsidies.operations import add_scheme_version, create_scheme
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER, SCHEME_Y, October, tell_october

Typed = dict[str, str | list[str]]


@pytest.fixture
def october(session: Session, cast: Cast) -> October:
    return tell_october(session, cast)


@pytest.fixture
def scheme_id(session: Session, october: October) -> int:
    return session.execute(select(Scheme.id)).scalar_one()


def typed(**changes: Any) -> Typed:
    return {
        "valid_from": "2027-01-01", "valid_until": "", "site": "0", "covers": ["rent", "booking"], "percent": "12.5",
        "cap_yuan": "3,000.50".replace(",", ""), "cap_window": "month", "companies_only": "y", "months": "24",
        "source": "某区 2027 年第 1 号，第三条",
    } | changes  # fmt: skip


def versions(session: Session) -> list[SchemeVersion]:
    return list(session.execute(select(SchemeVersion).order_by(SchemeVersion.version)).scalars())


def test_from_a_name_to_a_rule_in_force(client: Browser, cast: Cast, session: Session) -> None:
    browser = client.sign_in(cast.finance)
    empty = browser.get("/schemes").text
    assert "还没有补贴方案" in empty and 'href="/schemes/new"' in empty
    answer = browser.post("/schemes/new", data={"code": "P1a", "name": "场租补贴", "name_en": "Rent", "issuer": "某区"})
    assert answer.status_code == 303
    scheme = session.execute(select(Scheme)).scalar_one()
    assert answer.location == f"/schemes/{scheme.id}/versions/new"
    answer = browser.post(answer.location, data=typed())
    assert (answer.status_code, answer.location) == (303, f"/schemes/{scheme.id}")
    (version,) = versions(session)
    assert version.rule == {
        "who": {"all": [{"fact": "startup.kind", "is": "company"}, {"fact": "residency.month_number", "at_most": 24}]},
        "covers": ["rent", "booking"], "rate": "0.125",
        "caps": [{"per": "startup", "window": "month", "amount_minor": 300_050}],
    }  # fmt: skip
    assert (version.version, version.site_id, version.valid.lower, version.valid.upper) == (1, None, date(2027, 1, 1), None)
    page = browser.get(answer.location).text
    assert "已注册企业；入驻前 24 个月。" in page and "按实际收取金额的 12.5% 补贴。" in page
    assert "每家每月 ¥3,000.50。" in page and "某区 2027 年第 1 号，第三条" in page


def test_without_cap_months_or_kind_and_for_one_site_until_a_day(
    client: Browser, cast: Cast, session: Session, october: October, scheme_id: int
) -> None:
    data = typed(cap_yuan="", months="", site=str(october.site.id), valid_until="2027-12-31", percent="100")
    del data["companies_only"]
    assert client.sign_in(cast.owner).post(f"/schemes/{scheme_id}/versions/new", data=data).status_code == 303
    version = versions(session)[-1]
    assert version.rule == {"who": {"all": []}, "covers": ["rent", "booking"], "rate": "1", "caps": []}
    assert (version.version, version.site_id, version.valid.upper) == (2, october.site.id, date(2028, 1, 1))
    page = client.get(f"/schemes/{scheme_id}").text
    assert "2027年1月1日 至 2027年12月31日" in page and "全部创业企业。" in page and "不设上限。" in page


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"percent": "101"}, "percent"), ({"percent": "-1"}, "percent"), ({"percent": "NaN"}, "percent"),
        ({"percent": "1e400"}, "percent"), ({"percent": "0.00001"}, "最多 4 位小数。"), ({"percent": ""}, "percent"),
        ({"percent": "a lot"}, "percent"), ({"cap_yuan": "-0.01"}, "cap_yuan"), ({"cap_yuan": "1.001"}, "最多 2 位小数。"),
        ({"cap_yuan": "1e400"}, "cap_yuan"), ({"cap_window": "week"}, "cap_window"), ({"months": "0"}, "months"),
        ({"months": "1.5"}, "months"), ({"covers": []}, "covers"), ({"covers": ["coffee"]}, "covers"),
        ({"source": "  "}, "source"), ({"valid_from": ""}, "valid_from"), ({"valid_from": "1900-01-01"}, "超出可用日期范围"),
        ({"valid_until": "2026-12-31"}, "结束必须晚于开始。"), ({"site": "99"}, "site"), ({"source": "x" * 501}, "source"),
    ],
)  # fmt: skip
def test_bad_input_gets_a_sentence_and_enters_nothing(
    client: Browser, cast: Cast, session: Session, scheme_id: int, changes: dict[str, Any], sentence: str
) -> None:
    data = typed(**changes)
    answer = client.sign_in(cast.finance).post(f"/schemes/{scheme_id}/versions/new", data=data)
    assert (answer.status_code, sentence in answer.text) == (422, True)
    assert "is-invalid" in answer.text or "invalid-feedback" in answer.text
    assert len(versions(session)) == 1
    for name in ("percent", "cap_yuan", "months", "source"):
        value = str(data[name]).strip()
        assert not value or str(escape(value)) in answer.text, f"what was typed stays: {name}"


def test_a_code_is_taken_once(client: Browser, cast: Cast, october: October) -> None:
    answer = client.sign_in(cast.finance).post("/schemes/new", data={"code": "Y", "name": "又一个", "name_en": "", "issuer": ""})
    assert answer.status_code == 409
    assert "已有编号为 Y 的补贴方案。" in answer.text and "又一个" in answer.text


@pytest.mark.parametrize("role", ["owner", "manager", "finance", "auditor"])
def test_who_sees_and_who_enters(client: Browser, cast: Cast, scheme_id: int, role: str) -> None:
    browser, may = client.sign_in(getattr(cast, role)), role in ("owner", "finance")
    page = browser.get(f"/schemes/{scheme_id}")
    assert page.status_code == 200 and ("/versions/new" in page.text) == may
    for path, data in ((f"/schemes/{scheme_id}/versions/new", typed()), ("/schemes/new", {"code": "N", "name": "新"})):
        assert browser.post(path, data=data).status_code == (303 if may else 403)


@pytest.mark.parametrize("role", ["front_desk", "mentor", "founder_a", "member_a"])
def test_others_do_not(client: Browser, cast: Cast, scheme_id: int, role: str) -> None:
    assert client.sign_in(getattr(cast, role)).get("/schemes").status_code == 403


def test_another_operators_scheme_is_not_there(client: Browser, cast: Cast, scheme_id: int, session: Session) -> None:
    browser = client.sign_in(cast.other_owner)
    assert browser.get(f"/schemes/{scheme_id}").status_code == 404
    assert browser.post(f"/schemes/{scheme_id}/versions/new", data=typed()).status_code == 404
    assert "永修" not in browser.get("/schemes").text
    assert len(versions(session)) == 1


def test_what_it_granted_by_month(client: Browser, cast: Cast, session: Session, october: October, scheme_id: int) -> None:
    """A 1,620.00 and B 1,434.58 in October; C is not eligible."""
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    page = client.sign_in(cast.auditor).get(f"/schemes/{scheme_id}").text
    assert "¥3,054.58" in page and "1 家不符合条件" in page and "2026年10月" in page


def test_a_scheme_without_a_version_says_that_it_gives_nothing(client: Browser, cast: Cast, session: Session) -> None:
    scheme = create_scheme(session, cast.finance, now=NOW, code="E", name="空方案")
    page = client.sign_in(cast.finance).get(f"/schemes/{scheme.id}").text
    assert "还没有规则" in page and "/versions/new" in page
    assert "空方案" in client.get("/schemes").text


def test_versions_show_how_they_stand(client: Browser, cast: Cast, session: Session, scheme_id: int) -> None:
    scheme = session.get_one(Scheme, (cast.operator_id, scheme_id))
    for first, until in ((date(2026, 2, 1), date(2026, 2, 28)), (date(2190, 1, 1), None)):
        add_scheme_version(session, cast.finance, now=NOW, scheme=scheme, valid_from=first, valid_until=until, source="x",
                           rule=SCHEME_Y)  # fmt: skip
    page = client.sign_in(cast.finance).get(f"/schemes/{scheme_id}").text
    assert [page.count(word) for word in ("生效中", "即将开始", "已结束")] == [1, 1, 1]

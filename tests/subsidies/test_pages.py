"""The pages of schemes, as the cast sees them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from markupsafe import escape
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.audit.models import AuditEvent
from incubator.billing.operations import post_month
from incubator.core.errors import Conflict, Forbidden, Refusal
from incubator.spaces.operations import create_site
from incubator.subsidies.models import Scheme, SchemeVersion
from incubator.subsidies.operations.schemes import add_scheme_version, create_scheme
from incubator.subsidies.rules.rule import Rule
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER, October

P6 = "永修县入园企业扶持办法第三条"


@pytest.fixture
def scheme(session: Session, cast: Cast) -> Scheme:
    return create_scheme(session, cast.finance, now=NOW, code="P1", name="创业场租补贴", name_en="Venue rent")


def typed(**changes: Any) -> dict[str, Any]:
    """A version as one types it; None: left out."""
    form = {
        "valid_from": "2026-01-01", "valid_until": "", "site": "0", "covers": ["rent", "property_fee"], "percent": "60",
        "cap_yuan": "10000", "cap_window": "quarter", "companies_only": "y", "months": "36", "source": P6,
    } | changes  # fmt: skip
    return {name: value for name, value in form.items() if value is not None}


def versions(session: Session) -> list[SchemeVersion]:
    return list(session.execute(select(SchemeVersion).order_by(SchemeVersion.version)).scalars())


def test_an_empty_page_leads_to_the_first_scheme(client: Browser, cast: Cast) -> None:
    page = client.sign_in(cast.finance).get("/schemes").text
    assert "还没有补贴方案" in page and 'href="/schemes/new"' in page
    read_only = client.sign_in(cast.auditor).get("/schemes").text
    assert "还没有补贴方案" in read_only and "/schemes/new" not in read_only


def test_a_scheme_is_entered_and_asks_for_its_rule(client: Browser, cast: Cast, session: Session) -> None:
    browser = client.sign_in(cast.finance)
    answer = browser.post("/schemes/new", data={"code": " P6 ", "name": "租金补贴", "name_en": "Rent", "issuer": "永修县"})
    made = session.execute(select(Scheme)).scalar_one()
    assert (answer.status_code, answer.location) == (303, f"/schemes/{made.id}/versions/new")
    assert (made.code, made.name, made.name_en, made.issuer) == ("P6", "租金补贴", "Rent", "永修县")
    assert "还没有规则，不产生补贴。" in browser.get(f"/schemes/{made.id}").text
    assert "还没有规则，不产生补贴。" in browser.get("/schemes").text


@pytest.mark.parametrize(
    ("form", "status", "sentence"),
    [
        ({"code": "", "name": "租金补贴"}, 422, 'id="code-error"'),
        ({"code": "  ", "name": "租金补贴"}, 422, 'id="code-error"'),
        ({"code": "P6", "name": ""}, 422, 'id="name-error"'),
        ({"code": "\x00", "name": "租金补贴"}, 422, 'id="code-error"'),
        ({"code": "x" * 21, "name": "租金补贴"}, 422, 'id="code-error"'),
        ({"code": "P6", "name": "x" * 201}, 422, 'id="name-error"'),
        ({"code": "P1", "name": "另一个"}, 409, "已有编号为 P1 的补贴方案。"),
        ({}, 422, 'id="code-error"'),
    ],
)
def test_a_scheme_that_can_not_be(
    client: Browser, cast: Cast, session: Session, scheme: Scheme, form: dict[str, str], status: int, sentence: str
) -> None:
    answer = client.sign_in(cast.owner).post("/schemes/new", data=form)
    assert (answer.status_code, sentence in answer.text) == (status, True)
    assert [each.code for each in session.execute(select(Scheme)).scalars()] == ["P1"]
    for value in form.values():
        assert not value.strip("\x00 ") or f'value="{escape(value)}"' in answer.text, "what was typed stays"


def test_a_version_is_the_rule_that_was_typed(client: Browser, cast: Cast, session: Session, scheme: Scheme) -> None:
    browser = client.sign_in(cast.finance)
    answer = browser.post(f"/schemes/{scheme.id}/versions/new", data=typed())
    assert (answer.status_code, answer.location) == (303, f"/schemes/{scheme.id}")
    (made,) = versions(session)
    assert made.rule == {
        "who": {"all": [{"fact": "startup.kind", "is": "company"}, {"fact": "residency.month_number", "at_most": 36}]},
        "covers": ["rent", "property_fee"], "rate": "0.6",
        "caps": [{"per": "startup", "window": "quarter", "amount_minor": 1_000_000}],
    }  # fmt: skip
    assert (made.valid.lower, made.valid.upper, made.site_id, made.source) == (date(2026, 1, 1), None, None, P6)
    assert (made.version, made.created_by) == (1, cast.finance.person_id)
    page = browser.get(answer.location).text
    for words in ("已注册企业；入驻前 36 个月。", "租金和物业费。", "按实际收取金额的 60% 补贴。", "每家每季度 ¥10,000.00。",
                  "自 2026年1月1日 起", "全部场地", P6):  # fmt: skip
        assert words in page, words
    event = session.execute(select(AuditEvent).where(AuditEvent.action == "add_scheme_version")).scalar_one()
    assert event.after["rule"] == made.rule


def test_without_a_cap_for_everybody_at_one_site_until_a_day(
    client: Browser, cast: Cast, october: October, session: Session, scheme: Scheme
) -> None:
    browser = client.sign_in(cast.owner)
    form = typed(cap_yuan="", companies_only=None, months="", site=str(october.site.id), valid_until="2026-12-31",
                 percent="12.3456", covers=["booking"])  # fmt: skip
    assert browser.post(f"/schemes/{scheme.id}/versions/new", data=form).status_code == 303
    made = versions(session)[-1]
    assert made.scheme_id == scheme.id
    assert made.rule == {"who": {"all": []}, "covers": ["booking"], "rate": "0.123456", "caps": []}
    assert (made.valid.lower, made.valid.upper, made.site_id) == (date(2026, 1, 1), date(2027, 1, 1), october.site.id)
    page = browser.get(f"/schemes/{scheme.id}").text
    assert "全部创业企业。" in page and "不设上限。" in page and "12.3456%" in page
    assert "2026年1月1日 至 2026年12月31日" in page and "南山一号" in page


def test_numbers_are_kept_as_plain_digits_and_fen(
    client: Browser, cast: Cast, session: Session, scheme: Scheme
) -> None:
    browser = client.sign_in(cast.finance)
    shares = {"0": "0", "100": "1", "1E+1": "0.1", "0.0001": "0.000001", "60.00": "0.6", "+5": "0.05"}
    caps = {"0": 0, "0.01": 1, "10000.5": 1_000_050, "1e3": 100_000, "100000000": 10_000_000_000, "5.000": 500}
    for (percent, rate), (cap, minor) in zip(shares.items(), caps.items(), strict=True):
        answer = browser.post(f"/schemes/{scheme.id}/versions/new", data=typed(percent=percent, cap_yuan=cap))
        assert answer.status_code == 303
        rule = versions(session)[-1].rule
        assert (rule["rate"], rule["caps"][0]["amount_minor"]) == (rate, minor)
        Rule.parse(rule)


BAD: dict[str, tuple[Any, ...]] = {
    "percent": (
        "", "1e400", "-1e400", "NaN", "sNaN", "-NaN", "Infinity", "-Infinity", "-1", "-0", "101", "100.0001", "sixty", "60%",
        "0.00001", "1e-400", "1e-99999999999", "1e99999999999999999999", "9" * 5000, "50.00000000000000000000000000000001",
        None,
    ),
    "cap_yuan": (
        "1.234", "-1", "NaN", "sNaN", "Infinity", "1e400", "1e-400", "100000001", "much", "0.1000000000000000000000000000001",
    ),
    "months": ("0", "-1", "601", "1.5", "many", "9" * 5000),
    "valid_from": ("", "soon", "2026-02-30", "1999-12-31", "2200-01-01", None),
    "valid_until": ("2025-12-31", "never", "9999-12-31", "2200-01-01"),
    "covers": (None, [], ["rents"], ["rent", "all"]),
    "source": ("", "   ", None, "x" * 501),
    "site": ("999999999", "here", "-1"),
    "cap_window": ("decade",),
}  # fmt: skip
SHOWN_AGAIN = ("percent", "cap_yuan", "months", "valid_from", "valid_until", "source")


@pytest.mark.parametrize("name", BAD)
def test_bad_input_gets_a_sentence_at_its_field_and_stays(
    client: Browser, cast: Cast, session: Session, scheme: Scheme, name: str
) -> None:
    browser = client.sign_in(cast.finance)
    for value in BAD[name]:
        form = typed(**{name: value})
        answer = browser.post(f"/schemes/{scheme.id}/versions/new", data=form)
        assert (answer.status_code, f'id="{name}-error"' in answer.text) == (422, True), value
        for each in (form[key] for key in SHOWN_AGAIN if key in form):
            assert not each.strip() or f'value="{escape(each)}"' in answer.text, f"what was typed stays: {each}"
        said = answer.text.split(f'id="{name}-error"')[1].split("</div>")[0]
        assert any("一" <= char <= "鿿" for char in said), f"a sentence in the reader's language: {said}"
    assert versions(session) == []


def test_dates_that_are_reversed_are_said_so(client: Browser, cast: Cast, scheme: Scheme) -> None:
    page = client.sign_in(cast.finance).post(
        f"/schemes/{scheme.id}/versions/new", data=typed(valid_from="2026-07-01", valid_until="2026-06-30")
    )
    assert page.status_code == 422 and "结束必须晚于开始。" in page.text
    same_day = client.post(f"/schemes/{scheme.id}/versions/new", data=typed(valid_from="2026-07-01", valid_until="2026-07-01"))
    assert same_day.status_code == 303


def test_nothing_typed_at_all(client: Browser, cast: Cast, scheme: Scheme, session: Session) -> None:
    answer = client.sign_in(cast.finance).post(f"/schemes/{scheme.id}/versions/new", data={})
    assert answer.status_code == 422 and versions(session) == []


@pytest.mark.parametrize("role", ["owner", "finance"])
def test_who_enters_schemes(client: Browser, cast: Cast, scheme: Scheme, role: str) -> None:
    browser = client.sign_in(getattr(cast, role))
    assert f"/schemes/{scheme.id}/versions/new" in browser.get(f"/schemes/{scheme.id}").text
    for page in ("/schemes/new", f"/schemes/{scheme.id}/versions/new"):
        assert browser.get(page).status_code == 200


@pytest.mark.parametrize("role", ["manager", "auditor"])
def test_who_only_reads_them(client: Browser, cast: Cast, scheme: Scheme, session: Session, role: str) -> None:
    browser = client.sign_in(getattr(cast, role))
    assert "创业场租补贴" in browser.get("/schemes").text
    page = browser.get(f"/schemes/{scheme.id}")
    assert page.status_code == 200 and "versions/new" not in page.text
    for path, data in (("/schemes/new", {"code": "X", "name": "x"}), (f"/schemes/{scheme.id}/versions/new", typed())):
        assert browser.get(path).status_code == 403
        assert browser.post(path, data=data).status_code == 403
    assert len(session.execute(select(Scheme)).all()) == 1 and versions(session) == []


@pytest.mark.parametrize("role", ["front_desk", "founder_a", "member_a", "founder_b", "mentor"])
def test_who_does_not_see_them(client: Browser, cast: Cast, scheme: Scheme, role: str) -> None:
    browser = client.sign_in(getattr(cast, role))
    for page in ("/schemes", f"/schemes/{scheme.id}", "/schemes/new", f"/schemes/{scheme.id}/versions/new"):
        assert browser.get(page).status_code == 403, page


def test_another_operator_neither_sees_nor_changes_them(
    client: Browser, cast: Cast, scheme: Scheme, session: Session
) -> None:
    browser = client.sign_in(cast.other_owner)
    assert "创业场租补贴" not in browser.get("/schemes").text
    for page in (f"/schemes/{scheme.id}", f"/schemes/{scheme.id}/versions/new"):
        assert browser.get(page).status_code == 404
    assert browser.post(f"/schemes/{scheme.id}/versions/new", data=typed()).status_code == 404
    assert browser.post("/schemes/new", data={"code": "P1", "name": "同号"}).status_code == 303, "codes are each operator's own"
    assert versions(session) == []


def test_the_site_of_another_operator_is_no_choice(client: Browser, cast: Cast, october: October, session: Session) -> None:
    browser = client.sign_in(cast.other_owner)
    location = browser.post("/schemes/new", data={"code": "Z", "name": "别家的"}).location
    assert "南山一号" not in browser.get(location).text
    assert browser.post(location, data=typed(site=str(october.site.id))).status_code == 422


def test_what_a_scheme_gave_stands_beside_its_rule(
    client: Browser, cast: Cast, october: October, session: Session
) -> None:
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    scheme_id = session.execute(select(Scheme.id)).scalar_one()
    page = client.sign_in(cast.auditor).get(f"/schemes/{scheme_id}").text
    # A 1,620.00 and B 1,434.58; team C is not eligible
    assert "¥3,054.58" in page and "1 家不符合条件" in page and "达到上限" not in page


def test_versions_show_how_they_stand(client: Browser, cast: Cast, scheme: Scheme, session: Session) -> None:
    rule = {"covers": ["rent"], "rate": "0.5"}
    for valid_from, valid_until in ((date(2020, 1, 1), date(2020, 12, 31)), (date(2021, 1, 1), None), (date(2022, 1, 1), None),
                                    (date(2150, 1, 1), None)):  # fmt: skip
        add_scheme_version(session, cast.finance, now=NOW, scheme=scheme, valid_from=valid_from, valid_until=valid_until,
                           source="x", rule=rule)  # fmt: skip
    page = client.sign_in(cast.finance).get(f"/schemes/{scheme.id}").text
    states = [word for part in page.split('id="version-')[1:]
              for word in ("即将开始", "生效中", "已被后续版本取代", "已结束") if word in part.split("</section>")[0]]  # fmt: skip
    assert states == ["即将开始", "生效中", "已被后续版本取代", "已结束"]
    assert "自 2022年1月1日 起" in client.get("/schemes").text, "the list shows the one in force"


# operations


def test_operations_ask_for_the_right_themselves(session: Session, cast: Cast, scheme: Scheme) -> None:
    for actor in (cast.manager, cast.auditor, cast.front_desk, cast.founder_a):
        with pytest.raises(Forbidden):
            create_scheme(session, actor, now=NOW, code="X", name="x")
        with pytest.raises(Forbidden):
            add_scheme_version(session, actor, now=NOW, scheme=scheme, valid_from=date(2026, 1, 1), source="x",
                               rule={"covers": ["rent"], "rate": "0.5"})  # fmt: skip


def test_a_taken_code_leaves_the_transaction_usable(session: Session, cast: Cast, scheme: Scheme) -> None:
    with pytest.raises(Conflict, match="P1 already"):
        create_scheme(session, cast.finance, now=NOW, code="P1", name="again")
    assert create_scheme(session, cast.finance, now=NOW, code="P2", name="another").id


def test_versions_are_numbered_within_their_scheme(session: Session, cast: Cast, scheme: Scheme) -> None:
    site = create_site(session, cast.manager, now=NOW, code="FT", name="福田", hours=[], open_from=date(2026, 1, 1))
    other = create_scheme(session, cast.finance, now=NOW, code="P2", name="x")
    made = [add_scheme_version(session, cast.finance, now=NOW, scheme=each, valid_from=date(2026, 1, 1), source=" s ",
                               rule={"covers": ["rent"], "rate": "0.5"}, site=site) for each in (scheme, scheme, other)]  # fmt: skip
    assert [version.version for version in made] == [1, 2, 1]
    assert {version.source for version in made} == {"s"} and {version.site_id for version in made} == {site.id}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"source": " "}, "source"),
        ({"valid_from": date(1999, 12, 31)}, "valid_from"),
        ({"valid_until": date(2200, 1, 1)}, "valid_until"),
        ({"valid_until": date(2025, 12, 31)}, "valid_until"),
        ({"rule": {"covers": [], "rate": "0.5"}}, "covers"),
        ({"rule": None}, "rule"),
    ],
)
def test_a_version_that_can_not_be_is_not_written(
    session: Session, cast: Cast, scheme: Scheme, changes: dict[str, Any], field: str
) -> None:
    good = {"valid_from": date(2026, 1, 1), "source": "x", "rule": {"covers": ["rent"], "rate": "0.5"}}
    with pytest.raises(Refusal) as refused:
        add_scheme_version(session, cast.finance, now=NOW, scheme=scheme, **good | changes)  # type: ignore[arg-type]
    assert refused.value.field == field
    assert versions(session) == []

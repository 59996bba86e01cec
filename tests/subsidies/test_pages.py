"""The pages of schemes, as the cast sees them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from markupsafe import escape
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.billing.operations.posting import post_month
from incubator.core.errors import Conflict, Forbidden, Refusal
from incubator.spaces.operations import create_site
from incubator.subsidies.models import Scheme, SchemeVersion
from incubator.subsidies.operations.schemes import add_scheme_version, create_scheme
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER, October

P6 = "永修县入园企业扶持办法第三条"


@pytest.fixture
def scheme(session: Session, cast: Cast) -> Scheme:
    return create_scheme(session, cast.finance, now=NOW, code="P1", name="创业场租补贴", name_en="Venue rent")


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
    assert (answer.status_code, answer.location) == (303, f"/schemes/{made.id}/drafts/new")
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


@pytest.mark.parametrize("role", ["owner", "finance"])
def test_who_enters_schemes(client: Browser, cast: Cast, scheme: Scheme, role: str) -> None:
    browser = client.sign_in(getattr(cast, role))
    assert f"/schemes/{scheme.id}/drafts/new" in browser.get(f"/schemes/{scheme.id}").text
    for page in ("/schemes/new", f"/schemes/{scheme.id}/drafts/new"):
        assert browser.get(page).status_code == 200


@pytest.mark.parametrize("role", ["manager", "auditor"])
def test_who_only_reads_them(client: Browser, cast: Cast, scheme: Scheme, session: Session, role: str) -> None:
    browser = client.sign_in(getattr(cast, role))
    assert "创业场租补贴" in browser.get("/schemes").text
    page = browser.get(f"/schemes/{scheme.id}")
    assert page.status_code == 200 and "drafts/new" not in page.text
    for path, data in (("/schemes/new", {"code": "X", "name": "x"}), (f"/schemes/{scheme.id}/drafts/new", {"name": "x"})):
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
    for page in (f"/schemes/{scheme.id}", f"/schemes/{scheme.id}/versions/new", f"/schemes/{scheme.id}/drafts/new"):
        assert browser.get(page).status_code == 404
    assert browser.post(f"/schemes/{scheme.id}/drafts/new", data={"name": "x"}).status_code == 404
    assert browser.post("/schemes/new", data={"code": "P1", "name": "同号"}).status_code == 303, "codes are each operator's own"
    assert versions(session) == []


def test_the_site_of_another_operator_is_no_choice(client: Browser, cast: Cast, october: October, session: Session) -> None:
    browser = client.sign_in(cast.other_owner)
    location = browser.post("/schemes/new", data={"code": "Z", "name": "别家的"}).location
    assert "南山一号" not in browser.get(location).text
    page = browser.post(location, data={"name": "x", "site": str(october.site.id)})
    assert page.status_code == 422 and 'id="site-error"' in page.text


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


def test_the_list_is_found_by_state_by_whom_and_by_name_and_pages(
    client: Browser, cast: Cast, session: Session, scheme: Scheme
) -> None:
    for number, (first, until, goes_to) in enumerate([
        (date(2020, 1, 1), date(2020, 12, 31), "startup"), (date(2021, 1, 1), None, "operator"),
        (date(2150, 1, 1), None, "startup"),
    ]):  # fmt: skip
        made = create_scheme(session, cast.finance, now=NOW, code=f"S{number}", name=f"方案{number}")
        add_scheme_version(session, cast.finance, now=NOW, scheme=made, valid_from=first, valid_until=until, source="x",
                           rule={"covers": ["rent"], "rate": "0.5", "goes_to": goes_to})  # fmt: skip
    browser = client.sign_in(cast.finance)

    def found(query: str) -> set[str]:
        page = browser.get(f"/schemes?{query}").text
        return {name for name in ("方案0", "方案1", "方案2", "创业场租补贴") if f">{name}</a>" in page}

    assert found("state=over") == {"方案0"} and found("state=in_force") == {"方案1"}
    assert found("state=coming") == {"方案2"} and found("state=none") == {"创业场租补贴"}
    assert found("goes_to=operator") == {"方案1"} and found("goes_to=startup") == {"方案0", "方案2"}
    assert found("search=场租") == {"创业场租补贴"} and found("search=%25") == set() and found("state=x&page=0") == found("")
    for number in range(20):
        create_scheme(session, cast.finance, now=NOW, code=f"T{number:02}", name=f"很多{number}")
    assert 'rel="next"' in browser.get("/schemes").text
    assert ">很多19</a>" in browser.get("/schemes?page=2").text and ">很多19</a>" not in browser.get("/schemes").text


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

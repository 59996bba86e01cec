"""Drafts of schemes: begun, changed, discarded, put in force, as operations and as the cast sees their pages."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

import pytest
from markupsafe import escape
from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.audit.models import AuditEvent
from incubator.billing.operations.posting import post_month
from incubator.billing.queries.invoices import list_posted_months
from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.spaces.operations import create_site
from incubator.subsidies.forms.showing import show_rule
from incubator.subsidies.forms.typed import fields_of
from incubator.subsidies.models import Scheme, SchemeDraft, SchemeVersion
from incubator.subsidies.operations.drafts import Terms, change_draft, create_draft, discard_draft, put_in_force
from incubator.subsidies.operations.schemes import create_scheme
from incubator.subsidies.rules.rule import Rule
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER, October
from tests.subsidies.test_rule_form import P1

SOURCE = "深圳市创业场租补贴办法第五条"
NOVEMBER = date(2026, 11, 1)


@pytest.fixture
def scheme(session: Session, cast: Cast) -> Scheme:
    return create_scheme(session, cast.finance, now=NOW, code="P1", name="创业场租补贴", name_en="Venue rent")


def terms(**changes: Any) -> Terms:
    return replace(Terms("按原文", P1, NOVEMBER, source=SOURCE), **changes)


@pytest.fixture
def draft(session: Session, cast: Cast, scheme: Scheme) -> SchemeDraft:
    return create_draft(session, cast.finance, now=NOW, scheme=scheme, terms=terms())


def nothing_posted(_since: date) -> list[Any]:
    return []


def test_a_draft_is_changed_and_becomes_a_version_that_stays(session: Session, cast: Cast, draft: SchemeDraft) -> None:
    change_draft(session, cast.owner, now=NOW, draft_id=draft.id, terms=terms(name=" 首年 70% ", valid_until=date(2027, 12, 31)))
    version = put_in_force(session, cast.finance, now=NOW, draft_id=draft.id, posted=nothing_posted)
    assert (version.version, version.rule, version.source) == (1, P1, SOURCE)
    assert (version.valid.lower, version.valid.upper) == (NOVEMBER, date(2028, 1, 1))
    assert (draft.name, draft.version_id) == ("首年 70%", version.id)
    for refused in (partial(change_draft, terms=terms()), discard_draft, partial(put_in_force, posted=nothing_posted)):
        with pytest.raises(Conflict, match="in force"):
            refused(session, cast.finance, now=NOW, draft_id=draft.id)
    said = [each.action for each in session.execute(select(AuditEvent).order_by(AuditEvent.number)).scalars()]
    assert said[-4:] == ["create_scheme_draft", "change_scheme_draft", "add_scheme_version", "put_in_force"]


def test_a_discarded_draft_is_done_with(session: Session, cast: Cast, draft: SchemeDraft) -> None:
    discard_draft(session, cast.finance, now=NOW, draft_id=draft.id)
    for refused in (partial(change_draft, terms=terms()), discard_draft, partial(put_in_force, posted=nothing_posted)):
        with pytest.raises(Conflict, match="discarded"):
            refused(session, cast.finance, now=NOW, draft_id=draft.id)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "  "}, "name"), ({"name": "x" * 101}, "name"), ({"source": "x" * 501}, "source"),
        ({"valid_from": date(1999, 12, 31)}, "valid_from"), ({"valid_until": date(2200, 1, 1)}, "valid_until"),
        ({"valid_until": date(2026, 10, 31)}, "valid_until"), ({"rule": {"covers": []}}, "rule"), ({"rule": None}, "rule"),
    ],
)  # fmt: skip
def test_a_draft_that_can_not_be_is_not_written(
    session: Session, cast: Cast, scheme: Scheme, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Refusal) as refused:
        create_draft(session, cast.finance, now=NOW, scheme=scheme, terms=terms(**changes))
    assert refused.value.field == field
    assert session.execute(select(SchemeDraft)).first() is None


def test_without_a_source_it_is_a_draft_and_no_version(session: Session, cast: Cast, scheme: Scheme) -> None:
    made = create_draft(session, cast.finance, now=NOW, scheme=scheme, terms=terms(source=""))
    with pytest.raises(Refusal) as refused:
        put_in_force(session, cast.finance, now=NOW, draft_id=made.id, posted=nothing_posted)
    assert refused.value.field == "source"


def test_who_may_not(session: Session, cast: Cast, scheme: Scheme, draft: SchemeDraft) -> None:
    for actor in (cast.manager, cast.auditor, cast.front_desk, cast.founder_a, cast.mentor):
        with pytest.raises(Forbidden):
            create_draft(session, actor, now=NOW, scheme=scheme, terms=terms())
        with pytest.raises(Forbidden):
            put_in_force(session, actor, now=NOW, draft_id=draft.id, posted=nothing_posted)
    with pytest.raises(NotFound):
        discard_draft(session, cast.finance, now=NOW, draft_id=999_999)


def test_it_may_not_begin_in_a_month_that_is_posted_where_it_holds(
    session: Session, cast: Cast, october: October, scheme: Scheme
) -> None:
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    posted = partial(list_posted_months, session)

    def enact(first: date, until: date | None = None) -> SchemeVersion:
        made = create_draft(session, cast.finance, now=NOW, scheme=scheme, terms=terms(valid_from=first, valid_until=until))
        return put_in_force(session, cast.finance, now=AFTER_OCTOBER, draft_id=made.id, posted=posted)

    for first, until in ((date(2026, 9, 15), None), (date(2026, 10, 1), None), (date(2026, 10, 1), date(2026, 10, 31))):
        with pytest.raises(Refusal, match="2026-10 is posted already at 南山一号") as refused:
            enact(first, until)
        assert (refused.value.field, refused.value.values["day"]) == ("valid_from", NOVEMBER)
    assert enact(date(2026, 10, 2)).version == 1, "October begins before it: it decides from November on"
    assert enact(date(2026, 9, 1), date(2026, 9, 30)).version == 2, "nothing is posted of September"


def test_what_is_posted_elsewhere_does_not_hinder_it(
    session: Session, cast: Cast, october: October, scheme: Scheme
) -> None:
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    other = create_site(session, cast.manager, now=NOW, code="FT", name="福田", hours=[], open_from=date(2026, 1, 1))
    made = create_draft(session, cast.finance, now=NOW, scheme=scheme,
                        terms=terms(valid_from=date(2026, 10, 1), site=other))  # fmt: skip
    version = put_in_force(session, cast.finance, now=AFTER_OCTOBER, draft_id=made.id,
                           posted=partial(list_posted_months, session))  # fmt: skip
    assert version.site_id == other.id


# pages


def fields(**changes: str | None) -> list[tuple[str, str]]:
    """P1 as one types it; None: left out."""
    header = {"name": "按原文", "valid_from": "2026-11-01", "valid_until": "", "site": "0", "source": SOURCE}
    rule = [(name, text) for name, text in fields_of(show_rule(P1)) if name not in changes]
    given = {**header, **changes}
    return [*rule, *((name, text) for name, text in given.items() if text is not None)]


def send(browser: Browser, path: str, typed: list[tuple[str, str]]) -> Any:
    data: dict[str, list[str]] = {}
    for name, text in typed:
        data.setdefault(name, []).append(text)
    return browser.post(path, data=data)


def test_a_draft_is_typed_kept_and_shown_in_words(client: Browser, cast: Cast, session: Session, scheme: Scheme) -> None:
    browser = client.sign_in(cast.finance)
    old = browser.get(f"/schemes/{scheme.id}/versions/new")
    assert (old.status_code, old.location) == (303, f"/schemes/{scheme.id}/drafts/new"), "the old address leads on"
    answer = send(browser, f"/schemes/{scheme.id}/drafts/new", fields())
    made = session.execute(select(SchemeDraft)).scalar_one()
    assert (answer.status_code, answer.location) == (303, f"/schemes/drafts/{made.id}")
    assert Rule.parse(made.rule) == Rule.parse(P1)
    page = browser.get(answer.location).text
    assert "第一年每月最高 1,200 元，第二年 1,000 元，第三年 700 元；实际租金较低的，按实际租金。" in page
    assert SOURCE in page and f"/schemes/drafts/{made.id}/put-in-force" in page
    assert f"/schemes/drafts/{made.id}" in browser.get(f"/schemes/{scheme.id}").text


def test_what_is_wrong_is_said_and_everything_typed_stays(
    client: Browser, cast: Cast, session: Session, scheme: Scheme
) -> None:
    browser = client.sign_in(cast.finance)
    bad = fields(**{"name": "", "who-parts-1-value": "三年", "caps-0-number-other-steps-0-value": "<b>"})
    answer = send(browser, f"/schemes/{scheme.id}/drafts/new", bad)
    assert answer.status_code == 422 and session.execute(select(SchemeDraft)).first() is None
    for name in ("name", "who-parts-1-value", "caps-0-number-other-steps-0-value"):
        assert f'id="{name}-error"' in answer.text, name
    for text in ("三年", escape("<b>"), "1560", "910", SOURCE):
        assert str(text) in answer.text, f"what was typed stays: {text}"
    assert "有 2 处无法识别，已填内容均已保留。" in answer.text


@pytest.mark.parametrize("header", [{"valid_from": "soon"}, {"valid_until": "2026-10-31"}, {"site": "999999"}, {"source": "x" * 501}])
def test_a_wrong_header_is_said_at_its_field(
    client: Browser, cast: Cast, session: Session, scheme: Scheme, header: dict[str, str]
) -> None:
    answer = send(client.sign_in(cast.finance), f"/schemes/{scheme.id}/drafts/new", fields(**header))
    (name,) = header
    assert (answer.status_code, f'id="{name}-error"' in answer.text) == (422, True)
    assert session.execute(select(SchemeDraft)).first() is None


def test_every_step_comes_back_with_what_was_typed(client: Browser, cast: Cast, session: Session, scheme: Scheme) -> None:
    path, browser = f"/schemes/{scheme.id}/drafts/new", client.sign_in(cast.finance)
    page = send(browser, path, [*fields(name="半成品"), ("step", "add_condition:who")])
    assert page.status_code == 200 and 'name="who-parts-2-fact"' in page.text and 'data-focus="who-parts-2-fact"' in page.text
    assert 'value="半成品"' in page.text and 'value="1560"' in page.text
    page = send(browser, path, [*fields(), ("step", "add_cap:")])
    assert 'name="caps-1-window"' in page.text
    page = send(browser, path, [*fields(), ("step", "drop:caps-0")])
    assert 'name="caps-0-window"' not in page.text
    page = send(browser, path, [*fields(**{"how-number-kind": "cases"}), ("step", "show:")])
    assert 'name="how-number-cases-0-who-parts-0-fact"' in page.text and 'name="how-number-other-plain" value="100"' in page.text
    assert session.execute(select(SchemeDraft)).first() is None


def test_the_words_follow_what_is_typed(client: Browser, cast: Cast) -> None:
    browser = client.sign_in(cast.finance)
    page = send(browser, "/schemes/rule-words", fields()).text
    assert "按实际收取金额全额补贴。" in page and "All of what is charged." in page
    assert "at most 1,200 yuan a month in year 1, 1,000 yuan in year 2, 700 yuan in year 3" in page
    page = send(browser, "/schemes/rule-words", fields(**{"how-number-plain": "much"})).text
    assert "还有 1 处待完善：" in page and 'href="#how-number-plain"' in page and "全额补贴" not in page
    assert send(browser, "/schemes/rule-words", [("who", "x"), ("who-parts", "y"), ("caps-0", "z"), ("how-number-steps-0", "1")]).status_code == 200


def test_a_new_draft_is_like_a_version_or_another_draft(
    client: Browser, cast: Cast, session: Session, scheme: Scheme, draft: SchemeDraft
) -> None:
    version = put_in_force(session, cast.finance, now=NOW, draft_id=draft.id, posted=nothing_posted)
    browser = client.sign_in(cast.finance)
    for word in (f"draft-{draft.id}", f"version-{version.id}"):
        page = browser.get(f"/schemes/{scheme.id}/drafts/new?like={word}")
        assert page.status_code == 200 and 'value="1560"' in page.text and SOURCE in page.text and 'name="name" required type="text" value=""' in page.text
    for word in ("draft-999999", "version-x", "scheme-1", "draft-"):
        assert browser.get(f"/schemes/{scheme.id}/drafts/new?like={word}").status_code == 404
    assert browser.get(f"/schemes/drafts/{draft.id}/change").status_code == 303, "what is in force is not changed"
    late = send(browser, f"/schemes/drafts/{draft.id}/change", fields(name="迟到"))
    assert late.status_code == 409 and "迟到" in late.text


def test_a_draft_is_put_in_force_and_discarded_by_its_buttons(
    client: Browser, cast: Cast, october: October, session: Session, scheme: Scheme
) -> None:
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    late = create_draft(session, cast.finance, now=NOW, scheme=scheme, terms=terms(valid_from=date(2026, 10, 1)))
    good = create_draft(session, cast.finance, now=NOW, scheme=scheme, terms=terms())
    browser = client.sign_in(cast.finance)
    answer = browser.post(f"/schemes/drafts/{late.id}/put-in-force")
    assert answer.location == f"/schemes/drafts/{late.id}"
    assert "南山一号的 2026-10 账单已出账" in browser.get(answer.location).text
    assert browser.post(f"/schemes/drafts/{good.id}/put-in-force").location == f"/schemes/{scheme.id}"
    assert "第 1 版" in browser.get(f"/schemes/{scheme.id}").text
    assert browser.post(f"/schemes/drafts/{late.id}/discard").location == f"/schemes/{scheme.id}"
    assert "已作废" in browser.get(f"/schemes/drafts/{late.id}").text
    assert browser.post(f"/schemes/drafts/{late.id}/discard").location == f"/schemes/drafts/{late.id}"


@pytest.mark.parametrize("role", ["manager", "auditor"])
def test_who_only_reads(client: Browser, cast: Cast, draft: SchemeDraft, role: str) -> None:
    browser = client.sign_in(getattr(cast, role))
    page = browser.get(f"/schemes/drafts/{draft.id}")
    assert page.status_code == 200 and "put-in-force" not in page.text and "/change" not in page.text
    assert browser.get(f"/schemes/drafts/{draft.id}/change").status_code == 403
    for path in ("change", "discard", "put-in-force"):
        assert browser.post(f"/schemes/drafts/{draft.id}/{path}", data={}).status_code == 403


def test_another_operator_does_not_know_of_it(client: Browser, cast: Cast, draft: SchemeDraft) -> None:
    browser = client.sign_in(cast.other_owner)
    for path in (f"/schemes/drafts/{draft.id}", f"/schemes/drafts/{draft.id}/change", f"/schemes/try/draft-{draft.id}",
                 f"/schemes/compare?left=draft-{draft.id}&right=draft-{draft.id}"):  # fmt: skip
        assert browser.get(path).status_code == 404, path
    for path in ("change", "discard", "put-in-force"):
        status = send(browser, f"/schemes/drafts/{draft.id}/{path}", fields()).status_code
        assert status == 404, path


# comparing


def test_two_texts_line_by_line(client: Browser, cast: Cast, session: Session, scheme: Scheme, draft: SchemeDraft) -> None:
    other = create_draft(session, cast.finance, now=NOW, scheme=scheme,
                         terms=terms(name="更少", rule=P1 | {"how": {"share": "0.8"}}))  # fmt: skip
    browser = client.sign_in(cast.auditor)
    page = browser.get(f"/schemes/compare?left=draft-{draft.id}&right=draft-{other.id}").text
    assert "<code>how.share</code>" in page and "<code>&#34;1&#34;</code>" in page and "<code>&#34;0.8&#34;</code>" in page
    assert "<ins" in page and "80%" in page and "<del" in page and "全额" in page
    same = browser.get(f"/schemes/compare?left=draft-{draft.id}&right=draft-{draft.id}").text
    assert "两份规则相同。" in same and "<ins" not in same and "<del" not in same
    foreign = create_scheme(session, cast.finance, now=NOW, code="P2", name="别的")
    apart = create_draft(session, cast.finance, now=NOW, scheme=foreign, terms=terms())
    assert browser.get(f"/schemes/compare?left=draft-{draft.id}&right=draft-{apart.id}").status_code == 404
    assert browser.get("/schemes/compare").status_code == 404

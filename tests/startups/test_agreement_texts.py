"""The text of agreements: what the PDF says, who accepts it, and what is refused."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.documents.operations import content_of, get_file
from incubator.notices.models import OutboxMail
from incubator.notices.writing import write_notices
from incubator.startups.letters import WRITERS
from incubator.startups.models import Acceptance, AgreementText, Residency
from incubator.startups.operations import UnitTerms, amend_residency
from incubator.startups.operations.accepting import accept_text
from incubator.startups.operations.agreement_texts import keep_scan, keep_template, make_text, void_text
from incubator.startups.queries.agreements import list_text_rows, list_waiting_texts
from incubator.startups.rules.agreements import GAPS, PLACEHOLDERS, Clause, check_clauses, fill, leave_out, text_state
from incubator.startups.rules.clauses import SHIPPED, TITLES
from incubator.startups.rules.schedule import FreeTime, Schedule, Steps
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.startups.test_amending import Place, place, sign  # noqa: F401  a fixture

LATER = datetime(2026, 10, 2, 1, 30, tzinfo=UTC)


def adopt(session: Session, cast: Cast) -> None:
    for kind, clauses in SHIPPED.items():
        keep_template(session, cast.manager, now=NOW, kind=kind, title=TITLES[kind], clauses=clauses)


@pytest.fixture
def residency(session: Session, cast: Cast, place: Place) -> Residency:  # noqa: F811
    """54.50 m² at 75.00 and a fee of 10.00 from 16 October, free until 15 November, +5 % after 12 months."""
    adopt(session, cast)
    terms = [UnitTerms(place.units["O1"], "m2_month", Decimal(75), Decimal(10))]
    return sign(session, cast, place, "O1", starts_on=date(2026, 10, 16), ends_on=date(2028, 10, 15), units=terms,
                schedule=Schedule((FreeTime(date(2026, 10, 16), date(2026, 11, 15)),), Steps(12, percent=Decimal(5))),
                deposit_minor=817_500, notice_days=60)  # fmt: skip


def made(session: Session, cast: Cast, residency: Residency) -> AgreementText:
    return make_text(session, cast.manager, now=NOW, residency_id=residency.id)


def accept(session: Session, actor: Any, text: AgreementText, side: str = "startup", **changes: Any) -> Acceptance:
    said = {"name": "安娜", "agrees": True, "sha256": text.sha256.hex(), "address": "203.0.113.7", "agent": "Test/1"} | changes
    return accept_text(session, actor, now=LATER, text_id=text.id, side=side, **said)


def words(session: Session, text: AgreementText) -> str:
    reader = PdfReader(io.BytesIO(content_of(session, get_file(session, text.file_id))))
    assert len(reader.pages) >= 3
    return "".join(page.extract_text() for page in reader.pages).replace("\n", "").replace(" ", "")


def test_the_paper_agrees_with_the_rows_to_the_fen(session: Session, cast: Cast, residency: Residency) -> None:
    text = made(session, cast, residency)
    said = words(session, text)
    for part in (
        "入驻孵化协议", residency.number, "甲科技有限公司", "54.50", "2026年10月16日起至2028年10月15日止", "4,087.50", "肆仟零捌拾柒元伍角",
        "545.00", "伍佰肆拾伍元整", "2026年10月16日至2026年11月15日", "8,175.00", "捌仟壹佰柒拾伍元整", "60日", "免租", "递增", "78.75",
        "4,291.88", "2026-11-16", "2027-10-15", "2027-10-16", "2028-10-15", "第1页，共",
    ):  # fmt: skip
        assert part.replace(" ", "") in said, part
    assert "{{" not in said


@pytest.mark.parametrize(
    ("rule", "said"),
    [("calendar_days", "不足整月的，按当月实际天数计算"), ("thirty_days", "不足整月的，每日按月度金额的三十分之一计算"),
     ("half_months", "不足整月的，使用十五日以内（含）的按半个月计算")],
)  # fmt: skip
def test_the_paper_says_what_parts_of_a_month_cost_and_the_service_fee(
    session: Session, cast: Cast, place: Place, rule: str, said: str  # noqa: F811
) -> None:
    adopt(session, cast)
    terms = [UnitTerms(place.units["O1"], "m2_month", Decimal(75), Decimal(10), Decimal(200))]
    with_fee = sign(session, cast, place, "O1", units=terms, proration=rule)
    paper = words(session, made(session, cast, with_fee))
    assert paper.count(said) == 2 and "服务费为每月人民币200.00元（大写：贰佰元整）" in paper and "服务费（元/整月）" in paper
    without = sign(session, cast, place, "D1", units=[UnitTerms(place.units["D1"], "unit_month", Decimal(600))])
    paper = words(session, made(session, cast, without))
    assert "服务费为零元（不收取服务费）" in paper and "服务费（元/整月）" not in paper and "不足整月的，按当月实际天数计算" in paper


def test_the_same_rows_give_the_same_bytes_and_are_not_made_twice(session: Session, cast: Cast, residency: Residency) -> None:
    text = made(session, cast, residency)
    content = content_of(session, get_file(session, text.file_id))
    assert hashlib.sha256(content).digest() == text.sha256
    with pytest.raises(Conflict, match="nothing of it is different"):
        made(session, cast, residency)
    void_text(session, cast.manager, now=NOW, text_id=text.id, reason="by mistake")
    assert made(session, cast, residency).sha256 == text.sha256


def test_both_accept_and_the_agreement_is_signed(session: Session, cast: Cast, residency: Residency) -> None:
    text = made(session, cast, residency)
    assert [row.state for row in list_text_rows(session, residency)] == ["startup"]
    assert [each.id for each, _ in list_waiting_texts(session, [cast.startup_a])] == [text.id]
    with pytest.raises(Conflict, match="The startup accepts first"):
        accept(session, cast.manager, text, "operator", name="米娅")
    kept = accept(session, cast.founder_a, text)
    assert (kept.name, kept.address, kept.agent, kept.sha256) == ("安娜", "203.0.113.7", "Test/1", text.sha256)
    assert list_waiting_texts(session, [cast.startup_a]) == [] and residency.signed_on is None
    with pytest.raises(Conflict, match="accepted it already"):
        accept(session, cast.founder_a, text)
    with pytest.raises(Conflict, match="not made again"):
        made(session, cast, residency)
    accept(session, cast.manager, text, "operator", name="米娅")
    assert [row.state for row in list_text_rows(session, residency)] == ["accepted"]
    assert residency.signed_on == date(2026, 10, 2)
    with pytest.raises(Conflict, match="Both sides"):
        void_text(session, cast.manager, now=NOW, text_id=text.id, reason="x")


@pytest.mark.parametrize(
    ("changes", "says"),
    [({"name": " "}, "full name"), ({"agrees": False}, "Tick"), ({"sha256": "00" * 32}, "Another text"), ({"name": "x" * 99}, "at most")],
)
def test_what_is_no_acceptance(session: Session, cast: Cast, residency: Residency, changes: dict[str, Any], says: str) -> None:
    text = made(session, cast, residency)
    with pytest.raises(Refusal, match=says):
        accept(session, cast.founder_a, text, **changes)
    assert session.execute(select(Acceptance)).first() is None


def test_who_may_not(session: Session, cast: Cast, residency: Residency) -> None:
    text = made(session, cast, residency)
    for actor, error in ((cast.member_a, Forbidden), (cast.founder_b, NotFound), (cast.manager, Forbidden), (cast.mentor, Forbidden)):
        with pytest.raises(error):
            accept(session, actor, text)
    accept(session, cast.founder_a, text)
    for actor in (cast.founder_a, cast.finance, cast.front_desk):
        with pytest.raises(Forbidden):
            accept(session, actor, text, "operator")


def test_a_text_made_meanwhile_is_read_first(session: Session, cast: Cast, residency: Residency) -> None:
    old = made(session, cast, residency)
    keep_template(session, cast.manager, now=NOW, kind="agreement", title="入驻协议", clauses=[Clause("一", "{{startup}}")])
    new = made(session, cast, residency)
    assert old.void_at is not None and new.sha256 != old.sha256
    with pytest.raises(Conflict, match="Another text"):
        accept(session, cast.founder_a, old)
    accept(session, cast.founder_a, new)


def test_an_amendment_has_a_text_of_its_own(session: Session, cast: Cast, place: Place, residency: Residency) -> None:  # noqa: F811
    text = made(session, cast, residency)
    accept(session, cast.founder_a, text)
    accept(session, cast.manager, text, "operator")
    amendment = amend_residency(
        session, cast.manager, now=LATER, residency=residency, effective_on=date(2026, 12, 1), ends_on=date(2028, 12, 31),
        as_before=[place.units["O1"]], units=[UnitTerms(place.units["D1"], "unit_month", Decimal(600))],
    )  # fmt: skip
    other = make_text(session, cast.manager, now=LATER, residency_id=residency.id, amendment_id=amendment.id)
    said = words(session, other) if False else "".join(
        page.extract_text() for page in PdfReader(io.BytesIO(content_of(session, get_file(session, other.file_id)))).pages
    ).replace("\n", "").replace(" ", "")
    for part in (f"{residency.number}/1", "2026年12月1日", "增加D1", "2028年12月31日", "4,687.50", "肆仟陆佰捌拾柒元伍角"):
        assert part in said, part
    assert "2026-10-16" not in said, "what was before the day is not in its prices"
    assert [row.state for row in list_text_rows(session, residency)] == ["accepted", "startup"]


def test_the_scan_of_what_was_signed_on_paper(session: Session, cast: Cast, residency: Residency) -> None:
    said = {"residency_id": residency.id, "amendment_id": None, "signed_on": date(2026, 9, 30), "name": "a.pdf"}
    with pytest.raises(Refusal, match="PDF or a JPEG"):
        keep_scan(session, cast.manager, now=NOW, content=b"text", **said | {"name": "a.txt"})
    with pytest.raises(Refusal, match="still to come"):
        keep_scan(session, cast.manager, now=NOW, content=b"%PDF-1.7 x", **said | {"signed_on": date(2026, 10, 2)})
    text = made(session, cast, residency)
    keep_scan(session, cast.manager, now=NOW, content=b"%PDF-1.7 x", **said)
    assert residency.signed_on == date(2026, 9, 30)
    assert [row.state for row in list_text_rows(session, residency)] == ["scan"]
    assert list_waiting_texts(session, [cast.startup_a]) == []
    for refused in (lambda: accept(session, cast.founder_a, text), lambda: made(session, cast, residency),
                    lambda: keep_scan(session, cast.manager, now=NOW, content=b"%PDF-1.7 y", **said)):  # fmt: skip
        with pytest.raises(Conflict):
            refused()


def test_who_is_told_and_only_while_it_is_so(session: Session, cast: Cast, residency: Residency) -> None:
    session.connection().exec_driver_sql("UPDATE people SET locale = 'en'")

    def letters(now: datetime) -> list[tuple[str, str]]:
        write_notices(session, now=now, base_url="https://x", writers=WRITERS)
        rows = session.execute(select(OutboxMail).where(OutboxMail.created_at == now).order_by(OutboxMail.id)).scalars()
        return [(mail.to_address.split("@")[0], mail.subject.split(":")[0]) for mail in rows]

    text = made(session, cast, residency)
    assert letters(NOW) == [("anna", "Agreement to be accepted")]
    accept(session, cast.founder_a, text)
    assert letters(LATER) == [("mia", "Agreement to be countersigned")]
    accept(session, cast.manager, text, "operator")
    assert letters(LATER.replace(hour=2)) == [("anna", "Agreement accepted")]


def test_placeholders() -> None:
    assert fill("{{startup}}租用{{ units }}", {"startup": "甲公司", "units": "D1"}) == "甲公司租用D1"
    for text, says in (("{{rents}}", "no placeholder"), ("{{startup", "not closed"), ("}}", "not closed"), ("{{}}", "no placeholder")):
        with pytest.raises(Refusal, match=says):
            fill(text, {"startup": "甲"})
    with pytest.raises(Refusal) as refused:
        check_clauses("t", [Clause("a", "b"), Clause("c", "{{rents}}")])
    assert refused.value.field == "clause-2"
    for kind, clauses in SHIPPED.items():
        check_clauses(TITLES[kind], clauses)


@given(st.dictionaries(st.sampled_from(sorted(PLACEHOLDERS)), st.text(max_size=8).filter(lambda text: "{" not in text and "}" not in text), min_size=1))
def test_what_is_filled_in_is_never_read_again(values: dict[str, str]) -> None:
    template = "x".join("{{" + name + "}}" for name in values)
    assert fill(template, values) == "x".join(values.values())


def test_where_a_text_stands() -> None:
    states = {
        (text, startup, operator, scan): text_state(has_text=text, by_startup=startup, by_operator=operator, has_scan=scan)
        for text, startup, operator, scan in (
            (False, False, False, False), (True, False, False, False), (True, True, False, False), (True, True, True, False),
            (True, True, False, True), (False, False, False, True))
    }  # fmt: skip
    assert list(states.values()) == ["none", "startup", "operator", "accepted", "scan", "scan"]


def test_the_pages(client: Browser, session: Session, cast: Cast, residency: Residency) -> None:
    session.connection().exec_driver_sql("UPDATE people SET locale = 'en'")
    client.sign_in(cast.manager)
    answer = client.post(f"/residencies/{residency.id}/texts")
    assert answer.status_code == 303
    address = answer.location
    page = client.get(address).get_data(as_text=True)
    assert "waits for the startup" in page and "肆仟零捌拾柒元伍角" in page and "Countersign" not in page
    assert client.get(f"{address}/file").content_type == "application/pdf"
    assert client.get(f"{address}/acceptance.pdf").status_code == 404, "nobody has accepted it"
    client.sign_in(cast.founder_a)
    assert "Read and accept the agreement" in client.get("/my/startup").get_data(as_text=True)
    text = session.execute(select(AgreementText)).scalar_one()
    data = {"name": "安娜", "agrees": "y", "sha256": text.sha256.hex()}
    assert "Another text" in client.post(f"{address}/accept", data=data | {"sha256": "0"}).get_data(as_text=True)
    assert client.post(f"{address}/accept", data=data).status_code == 303
    page = client.get(address).get_data(as_text=True)
    assert "安娜" in page and "127.0.0.1" in page and "waits for us" in page
    client.sign_in(cast.member_a)
    page = client.get(address).get_data(as_text=True)
    assert "安娜" not in page and "127.0.0.1" not in page
    assert client.get(f"{address}/acceptance.pdf").status_code == 404
    client.sign_in(cast.manager)
    assert client.post(f"{address}/countersign", data=data | {"name": "米娅"}).status_code == 303
    sheet = client.get(f"{address}/acceptance.pdf")
    said = PdfReader(io.BytesIO(sheet.data)).pages[0].extract_text().replace("\n", "")
    assert all(part in said for part in ("确认页", "安娜", "米娅", "127.0.0.1", text.sha256.hex()))
    client.sign_in(cast.founder_b)
    for path in ("", "/file", "/acceptance.pdf"):
        assert client.get(f"{address}{path}").status_code == 404


def test_clauses_are_adopted_changed_and_looked_at(client: Browser, session: Session, cast: Cast) -> None:
    session.connection().exec_driver_sql("UPDATE people SET locale = 'en'")
    client.sign_in(cast.manager)
    assert "not adopted yet" in client.get("/agreement-template").get_data(as_text=True)
    data = {"title": "协议", "clauses-0-place": "2", "clauses-0-heading": "乙", "clauses-0-text": "{{rent}}",
            "clauses-1-place": "1", "clauses-1-heading": "甲", "clauses-1-text": "{{startup}}\n二"}  # fmt: skip
    preview = client.post("/agreement-template/preview", data=data)
    assert preview.content_type == "application/pdf"
    assert client.post("/agreement-template", data=data).status_code == 303
    page = client.get("/agreement-template").get_data(as_text=True)
    assert "Version 1" in page and page.index(">甲<" if ">甲<" in page else 'value="甲"') < page.index('value="乙"')
    answer = client.post("/agreement-template", data=data | {"clauses-0-text": "{{rents}}"})
    assert answer.status_code in (400, 422) and "no placeholder {{rents}}" in answer.get_data(as_text=True)
    assert "no placeholder" in client.post("/agreement-template/preview", data=data | {"clauses-0-text": "{{x}}"}).get_data(as_text=True)
    client.sign_in(cast.finance)
    assert client.get("/agreement-template").status_code == 403


@pytest.mark.parametrize(("text", "reads"), [
    ("甲方：{{operator}}，统一社会信用代码：{{operator_code}}，地址：{{operator_address}}。", "甲方：甲。"),
    ("乙方：{{startup}}，联系人：{{contact}}。\n甲乙双方订立本协议。", "乙方：乙。\n甲乙双方订立本协议。"),
    ("甲方（统一社会信用代码：{{operator_code}}）与乙方", "甲方与乙方"), ("甲方（{{ operator_code }}）与乙方", "甲方与乙方"),
    ("甲方将位于{{address}}的{{site}}内的{{units}}", "甲方将南山内的D1"), ("乙方可将{{address}}登记为住所", "乙方可将上述场地登记为住所"),
    ("地址：{{operator_address}}，电话：123。", "电话：123。"), ("致{{contact}}，送{{operator_address}}", "致乙方代表，送甲方住所地"),
    ("联系人：{{contact}}", ""), ("租金为1,000元。地址：{{address}}。押金另计。", "租金为1,000元。押金另计。"),
])  # fmt: skip
def test_what_is_missing_is_left_out_in_words_that_read_well(text: str, reads: str) -> None:
    values = dict.fromkeys(PLACEHOLDERS, "?") | {"operator": "甲", "startup": "乙", "site": "南山", "units": "D1"}
    assert fill(leave_out(text, list(GAPS)), values) == reads
    assert leave_out(text, []) == text


@given(st.lists(st.sampled_from([*GAPS]), unique=True), st.sampled_from([clause for clauses in SHIPPED.values() for clause in clauses]))
def test_the_shipped_clauses_never_show_a_gap(missing: list[str], clause: Clause) -> None:
    said = fill(leave_out(clause.text, missing), dict.fromkeys(PLACEHOLDERS, "某") | dict.fromkeys(missing, ""))
    assert not any(bad in said for bad in ("：。", "：，", "，，", "，。", "：\n", "（）", "位于的", "——")) and said


def test_the_page_names_what_is_missing_and_the_paper_leaves_it_out(
    client: Browser, session: Session, cast: Cast, residency: Residency
) -> None:
    session.connection().exec_driver_sql("UPDATE startups SET contact_name = ''")
    client.sign_in(cast.owner)
    page = client.get(f"/residencies/{residency.id}").text
    for address in ("/operator", f"/sites/{residency.site_id}/edit", f"/startups/{cast.startup_a}/edit"):
        assert f'href="{address}"' in page.split("text-missing")[1], address
    said = words(session, made(session, cast, residency))
    assert "——" not in said and "地址：" not in said and "联系人" not in said and "上述场地" in said
    client.post("/operator", data={"credit_code": "91110000802100433b", "address": "深圳市南山区 1 号"})
    page = client.get(f"/residencies/{residency.id}").text
    assert "运营方的地址" not in page and "场地的地址" in page
    said = words(session, made(session, cast, residency))
    assert "统一社会信用代码：91110000802100433B，地址：深圳市南山区1号。" in said
    client.sign_in(cast.manager)
    assert 'href="/operator"' not in client.get(f"/residencies/{residency.id}").text
    client.sign_in(cast.founder_a)
    assert "text-missing" not in client.get(f"/residencies/{residency.id}").text


@pytest.mark.parametrize("typed", [{"credit_code": "91110000802100434B"}, {"address": "x" * 201}, {"credit_code": "9" * 41}])
def test_details_that_cannot_be_meant(client: Browser, session: Session, cast: Cast, typed: dict[str, str]) -> None:
    client.sign_in(cast.owner)
    answer = client.post("/operator", data={"credit_code": "", "address": ""} | typed)
    assert answer.status_code == 422 and "invalid-feedback" in answer.text

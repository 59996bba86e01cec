"""The people of startups, and where companies are registered: operations and pages."""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.audit.models import AuditEvent
from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.documents.operations import content_of
from incubator.documents.queries import get_version, list_documents
from incubator.spaces.operations import create_site
from incubator.startups.models import Individual, Post, RegisteredAddress, Standing
from incubator.startups.operations import (
    add_post,
    claim_standing,
    confirm_standing,
    edit_post,
    edit_startup,
    register_address,
    withdraw_standing,
)
from incubator.startups.operations.addresses import file_consent, file_consents
from incubator.startups.queries import (
    count_categories,
    get_startup,
    list_addresses,
    list_humans,
    list_team,
)
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.scenarios.test_access import counting

SECRET = b"of the tests"
OCTOBER = date(2026, 10, 1)
CARD = "11010519491231002X"


def join(session: Session, cast: Cast, **more: Any) -> Post:
    values: dict[str, Any] = {"now": NOW, "secret": SECRET, "startup_id": cast.startup_a, "name": "王小明", "role": "founder",
                              "first": OCTOBER, "share_bp": 6000} | more  # fmt: skip
    return add_post(session, values.pop("actor", cast.founder_a), **values)


def test_the_same_human_in_two_startups_counts_once(session: Session, cast: Cast) -> None:
    a = join(session, cast, id_kind="resident", id_number=CARD)
    b = join(session, cast, actor=cast.founder_b, startup_id=cast.startup_b, role="employee", share_bp=None, name="王 小明",
             id_kind="resident", id_number=CARD)  # fmt: skip
    join(session, cast, name="李雨桐", share_bp=None, role="employee")
    assert a.individual_id == b.individual_id
    assert count_categories(session, cast.finance, OCTOBER)[""] == 2
    assert [len(row.posts) for row in list_humans(session, cast.auditor, OCTOBER).rows] == [1, 2]
    individual = session.execute(select(Individual).where(Individual.id == a.individual_id)).scalar_one()
    assert individual.id_tail == "002X" and CARD not in str(vars(individual))
    with pytest.raises(Conflict, match="another name"):
        join(session, cast, name="别人", id_kind="resident", id_number=CARD)
    with pytest.raises(Conflict, match="already") as refused:
        join(session, cast, id_kind="resident", id_number=CARD, first=date(2026, 11, 1))
    assert refused.value.field == "first"


def test_a_category_counts_when_its_evidence_is_confirmed_and_only_on_its_days(session: Session, cast: Cast) -> None:
    post = join(session, cast, first=date(2024, 1, 1))
    standing = claim_standing(session, cast.founder_a, now=NOW, post_id=post.id, category="graduate",
                              first=date(2022, 6, 30), evidence="毕业证书 10558，中山大学")  # fmt: skip
    assert count_categories(session, cast.finance, OCTOBER)["graduate"] == 0
    with pytest.raises(Forbidden):
        confirm_standing(session, cast.founder_a, now=NOW, standing_id=standing.id)
    confirm_standing(session, cast.manager, now=NOW, standing_id=standing.id)
    assert [count_categories(session, cast.finance, on)["graduate"] for on in (
        date(2023, 12, 31), date(2024, 1, 1), date(2027, 6, 29), date(2027, 6, 30))] == [0, 1, 1, 0]  # fmt: skip
    with pytest.raises(Conflict):
        confirm_standing(session, cast.manager, now=NOW, standing_id=standing.id)
    with pytest.raises(Forbidden):  # what is confirmed is staff's
        withdraw_standing(session, cast.founder_a, now=NOW, standing_id=standing.id, post_id=post.id, reason="误填")
    withdraw_standing(session, cast.manager, now=NOW, standing_id=standing.id, post_id=post.id, reason="证书不符")
    assert count_categories(session, cast.finance, OCTOBER)["graduate"] == 0
    edit_post(session, cast.founder_a, now=NOW, post_id=post.id, name="王小明", last=date(2026, 9, 30))
    assert [count_categories(session, cast.finance, on)[""] for on in (date(2026, 9, 30), OCTOBER)] == [1, 0]


def test_nobody_touches_another_startup_s_people(session: Session, cast: Cast) -> None:
    post = join(session, cast)
    standing = claim_standing(session, cast.founder_a, now=NOW, post_id=post.id, category="veteran", first=OCTOBER,
                              evidence="退役证")  # fmt: skip
    for attempt in (
        lambda: join(session, cast, actor=cast.founder_b),
        lambda: edit_post(session, cast.founder_b, now=NOW, post_id=post.id, name="X"),
        lambda: list_team(session, cast.founder_b, cast.startup_a),
        lambda: claim_standing(session, cast.founder_b, now=NOW, post_id=post.id, category="veteran", first=OCTOBER, evidence="X"),
        lambda: withdraw_standing(session, cast.founder_b, now=NOW, standing_id=standing.id, post_id=post.id, reason="X"),
    ):  # fmt: skip
        with pytest.raises(NotFound):
            attempt()
    own = join(session, cast, actor=cast.founder_b, startup_id=cast.startup_b)
    with pytest.raises(NotFound):
        withdraw_standing(session, cast.founder_b, now=NOW, standing_id=standing.id, post_id=own.id, reason="X")
    for may_not in (cast.member_a, cast.front_desk, cast.finance):
        with pytest.raises(Forbidden):
            join(session, cast, actor=may_not)
    with pytest.raises(Forbidden):
        list_humans(session, cast.front_desk, OCTOBER)


@pytest.mark.parametrize("fault", [
    {"name": " "}, {"role": "king"}, {"share_bp": 10_001}, {"role": "employee"}, {"last": date(2026, 9, 1)},
    {"id_kind": "resident", "id_number": "1"}, {"id_kind": "", "id_number": CARD}, {"first": date(1, 1, 1)},
])  # fmt: skip
def test_what_can_t_be_is_refused(session: Session, cast: Cast, fault: dict[str, Any]) -> None:
    with pytest.raises(Refusal):
        join(session, cast, **fault)
    assert session.execute(select(Post)).first() is None


def test_the_trail_has_no_name(session: Session, cast: Cast) -> None:
    post = join(session, cast, id_kind="resident", id_number=CARD)
    edit_post(session, cast.founder_a, now=NOW, post_id=post.id, name="王大明", share_bp=5000)
    said = " ".join(f"{each.before} {each.after}" for each in session.execute(select(AuditEvent)).scalars())
    assert "王" not in said.replace("王小明", "王小明" if "王小明" in said else "") and CARD not in said
    assert "name_changed" in said


def test_a_company_s_address_has_a_history_and_the_operator_s_letter(session: Session, cast: Cast) -> None:
    site = create_site(session, cast.manager, now=NOW, code="NS", name="南山", hours=[], open_from=date(2026, 1, 1))
    startup = get_startup(session, cast.manager, cast.startup_a)
    edit_startup(session, cast.manager, now=NOW, startup=startup, name=startup.name, kind="company",
                 credit_code="91110000802100433B", industry_code="I6513", capital_minor=100_000_000,
                 paid_in_minor=30_000_000)  # fmt: skip
    register_address(session, cast.manager, now=NOW, startup_id=startup.id, address="深圳市南山区旧址 1 号", first=date(2025, 1, 1))
    register_address(session, cast.manager, now=NOW, startup_id=startup.id, address="科技园 18 号 3 楼 301", first=OCTOBER,
                     site_id=site.id)  # fmt: skip
    rows = list_addresses(session, cast.founder_a, startup.id, OCTOBER)
    assert [(row.first, row.last, row.address.consent_number, row.together) for row in rows] == [
        (OCTOBER, None, 1, 1), (date(2025, 1, 1), date(2026, 9, 30), None, 0)]  # fmt: skip
    with pytest.raises(Conflict, match="since"):
        register_address(session, cast.manager, now=NOW, startup_id=startup.id, address="X", first=OCTOBER)
    with pytest.raises(Forbidden):
        register_address(session, cast.founder_a, now=NOW, startup_id=startup.id, address="X", first=date(2027, 1, 1))
    assert (startup.industry_code, startup.capital_minor) == ("6513", 100_000_000)
    with pytest.raises(Refusal, match="paid in"):
        edit_startup(session, cast.manager, now=NOW, startup=startup, name=startup.name, kind="company",
                     credit_code="91110000802100433B", capital_minor=1, paid_in_minor=2)  # fmt: skip


def test_the_founder_s_and_the_manager_s_way_through_the_pages(client: Browser, session: Session, cast: Cast) -> None:
    here = f"/startups/{cast.startup_a}/team"
    client.sign_in(cast.founder_a)
    assert "暂无人员" in client.get(here).text
    typed = {"name": "王小明", "role": "founder", "first": "2024-01-01", "share": "60", "id_kind": "resident", "id_number": "123"}
    bad = client.post(f"{here}/new", data=typed)
    assert bad.status_code == 422 and "王小明" in bad.text and "身份证号码有误" in bad.text
    made = client.post(f"{here}/new", data=typed | {"id_number": CARD})
    assert made.status_code == 303
    claim = {"category": "graduate", "standing_first": "2024-06-30", "evidence": ""}
    refused = client.post(f"{made.location}/standings", data=claim)
    assert refused.status_code == 422 and "请填写证明材料" in refused.text
    assert client.post(f"{made.location}/standings", data=claim | {"evidence": "毕业证书 1"}).status_code == 303
    page = client.get(made.location).text
    assert "待确认" in page and "2029年6月29日" in page and "002X" in page and CARD not in page
    standing = session.execute(select(Standing)).scalar_one()
    assert client.post(f"{made.location}/standings/{standing.id}/confirm").status_code == 403
    client.sign_in(cast.manager)
    client.post(f"{made.location}/standings/{standing.id}/confirm")
    assert "毕业 5 年内高校毕业生" in client.get(here).text
    listed = client.get("/individuals?on=2026-10-01&category=graduate").text
    assert "王小明" in listed and "王小明" not in client.get("/individuals?on=2023-10-01").text
    assert client.get("/individuals?on=never&category=king&role=queen&page=x").status_code == 200
    client.sign_in(cast.front_desk)
    assert client.get(here).status_code == 403


def test_a_letter_of_consent_is_filed_once_as_it_was_made(session: Session, cast: Cast) -> None:
    """At a site the letter is a document of the startup, with its hash; one from before is filed by the worker, once."""
    site = create_site(session, cast.manager, now=NOW, code="NS", name="南山", hours=[], open_from=date(2026, 1, 1))
    startup = get_startup(session, cast.manager, cast.startup_a)
    edit_startup(session, cast.manager, now=NOW, startup=startup, name=startup.name, kind="company", credit_code="91110000802100433B")
    made = register_address(session, cast.manager, now=NOW, startup_id=startup.id, address="科技园 18 号", first=OCTOBER, site_id=site.id)
    document, version, file = get_version(session, cast.founder_a, made.document_id or 0)
    assert (document.kind, document.title, document.startup_id, version.number) == (
        "consent", "住所（经营场所）使用证明 ZS-2026-0001", startup.id, 1)  # fmt: skip
    before = content_of(session, file)
    assert before.startswith(b"%PDF") and sha256(before).digest() == file.sha256
    assert file_consent(session, cast.manager, now=NOW, address=made) == document.id
    startup.name = "改名科技有限公司"
    session.flush()
    assert content_of(session, get_version(session, cast.manager, document.id)[2]) == before, "what was given stays as it was"
    elsewhere = register_address(session, cast.manager, now=NOW, startup_id=startup.id, address="别处", first=date(2027, 1, 1))
    assert elsewhere.document_id is None
    old = RegisteredAddress(startup_id=cast.startup_b, site_id=site.id, address="科技园 18 号", days=Range(OCTOBER, None),
                            consent_number=2, consent_on=OCTOBER, created_at=NOW)  # fmt: skip
    session.add(old)
    session.flush()
    assert [file_consents(session, cast.system, now=NOW) for _ in range(2)] == [1, 0]
    assert old.document_id and list_documents(session, cast.founder_b, startup_id=cast.startup_b, kind="consent").total == 1
    assert list_documents(session, cast.manager, startup_id=cast.startup_a, kind="consent").total == 1


def test_a_letter_of_consent_is_a_pdf(client: Browser, session: Session, cast: Cast) -> None:
    site = create_site(session, cast.manager, now=NOW, code="NS", name="南山创客空间", hours=[], open_from=date(2026, 1, 1))
    here = f"/startups/{cast.startup_a}/addresses"
    client.sign_in(cast.manager)
    startup = get_startup(session, cast.manager, cast.startup_a)
    if startup.kind != "company":
        edit_startup(session, cast.manager, now=NOW, startup=startup, name=startup.name, kind="company",
                     credit_code="91110000802100433B")  # fmt: skip
    wish = {"site_id": site.id, "address": "科技园 18 号", "first": "2026-10-01"}
    assert client.post(here, data=wish | {"address": ""}).status_code == 422
    assert client.post(here, data=wish).status_code == 303
    (row,) = session.execute(select(RegisteredAddress)).scalars()
    letter = client.get(f"{here}/{row.id}/consent.pdf")
    assert letter.status_code == 200 and letter.data.startswith(b"%PDF") and len(letter.data) > 5000
    client.sign_in(cast.founder_a)
    assert client.get(f"{here}/{row.id}/consent.pdf").status_code == 200
    client.sign_in(cast.founder_b)
    assert client.get(f"{here}/{row.id}/consent.pdf").status_code == 404


def test_the_list_of_all_people_takes_as_many_statements_for_many(client: Browser, session: Session, cast: Cast) -> None:
    client.sign_in(cast.finance)
    join(session, cast)
    with counting(session) as few:
        client.get("/individuals?on=2026-10-01")
    for n in range(30):
        post = join(session, cast, name=f"人{n:02}")
        claim_standing(session, cast.manager, now=NOW, post_id=post.id, category="veteran", first=OCTOBER, evidence="证")
    with counting(session) as many:
        assert client.get("/individuals?on=2026-10-01").text.count("人2") >= 10
    assert len(many) == len(few)

"""A reviewer from outside: what they see, what they don't, until when, and that it is noted."""

from __future__ import annotations

import hashlib
import re
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import system_actor
from incubator.accounts.operations.keys import issue_key
from incubator.claims.models import Claim, ClaimReviewer, ReviewRemark, ReviewVisit
from incubator.claims.operations.evidence import require_evidence
from incubator.claims.operations.reviewers import (
    ReviewEnded,
    answer_remark,
    invite_reviewer,
    note_visit,
    open_review,
    remark,
    revoke_reviewer,
)
from incubator.claims.pack.basis import load_basis
from incubator.claims.review_letters import WRITERS
from incubator.core.clock import CHINA, utc_now
from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.documents.models import StoredFile
from incubator.documents.operations.documents import file_document
from incubator.notices.models import OutboxMail
from incubator.notices.writing import write_notices
from tests.cast import Cast
from tests.claims.story import make
from tests.conftest import Browser
from tests.scenarios.october import October


@pytest.fixture
def claim(session: Session, cast: Cast, posted: October, scheme_id: int) -> Claim:
    return make(session, cast, scheme_id)


def invited(session: Session, cast: Cast, claim: Claim, **more: Any) -> ClaimReviewer:
    now = utc_now()
    said = {"name": "李审计", "organisation": "市科技局", "email": "li@example.org", "until": now.date() + timedelta(days=30)}
    return invite_reviewer(session, cast.owner, now=now, claim_id=claim.id, **(said | more))


def token_of(session: Session, cast: Cast, reviewer: ClaimReviewer) -> str:
    return issue_key(session, system_actor(cast.operator_id), now=utc_now(), kind="review", opens_id=reviewer.id)


@pytest.fixture
def opened(session: Session, cast: Cast, claim: Claim, client: Browser) -> Browser:
    """The browser of a reviewer who has opened their address."""
    token = token_of(session, cast, invited(session, cast, claim))
    answer = client.get(f"/review/open/{token}")
    assert (answer.status_code, answer.location) == (303, "/review")
    return client


def links(page: str) -> list[str]:
    return re.findall(r'href="(/review[^"#]*)', page)


def test_the_mailed_address_opens_the_claim_and_stands_nowhere_else(
    session: Session, cast: Cast, claim: Claim, client: Browser
) -> None:  # fmt: skip
    invited(session, cast, claim)
    write_notices(session, now=utc_now(), base_url="https://house.example", writers=WRITERS)
    mail = session.execute(select(OutboxMail).order_by(OutboxMail.id.desc()).limit(1)).scalar_one()
    assert mail.to_address == "li@example.org" and "李审计" in mail.text_body
    (address,) = set(re.findall(r"https://house\.example(/review/open/[\w-]+)", mail.text_body))
    answer = client.get(address)
    token = address.rpartition("/")[2]
    assert answer.status_code == 303 and token not in answer.location
    page = client.get("/review")
    assert page.status_code == 200 and "¥3,054.58" in page.text and "叁仟零伍拾肆元伍角捌分" in page.text
    assert token not in page.text and page.headers["Referrer-Policy"] == "same-origin"
    assert 'name="robots" content="noindex"' in page.text


def test_from_the_total_to_a_file_in_at_most_four_clicks(
    session: Session, cast: Cast, claim: Claim, opened: Browser
) -> None:  # fmt: skip
    """A walk over the pages' own links, breadth first: each kind of thing is at most four clicks away."""
    first = next(line for line in load(session, cast, claim).lines if line.startup)
    assert first.startup is not None
    file_document(session, cast.owner, now=utc_now(), kind="licence", title="营业执照", startup_id=first.startup.id,
                  audience="staff", name="licence.pdf", content=PDF)  # fmt: skip
    attach(session, cast, claim, first.startup.id)
    distance, waits = {"/review": 0}, ["/review"]
    while waits:
        path = waits.pop(0)
        answer = opened.get(path)
        assert answer.status_code == 200, path
        if answer.mimetype != "text/html":
            continue
        for each in links(answer.text):
            if each not in distance and "open" not in each:
                distance[each] = distance[path] + 1
                waits.append(each)
    kinds = {path.split("/")[2].split("?")[0]: far for path, far in sorted(distance.items(), key=lambda one: -one[1]) if path.count("/") > 1}
    assert set(kinds) == {"lines", "invoices", "agreements", "files"}
    assert max(distance.values()) <= 4
    assert {each.what for each in session.execute(select(ReviewVisit)).scalars()} == {"claim", "line", "invoice", "agreement", "file"}


def test_nothing_of_another_claim_startup_or_operator(
    session: Session, cast: Cast, claim: Claim, opened: Browser, october: October
) -> None:  # fmt: skip
    basis = load(session, cast, claim)
    mine = {"lines": {line.line.id for line in basis.lines}, "invoices": set(basis.invoices),
            "agreements": set(basis.residencies), "files": set(basis.files)}  # fmt: skip
    other = session.execute(select(StoredFile.id)).scalars().all()
    file_document(session, cast.owner, now=utc_now(), kind="licence", title="内部", startup_id=None, audience="staff",
                  name="secret.pdf", content=PDF)  # fmt: skip
    assert set(session.execute(select(StoredFile.id)).scalars()) - set(other)
    visits = len(session.execute(select(ReviewVisit)).scalars().all())
    for kind, ids in mine.items():
        for each in sorted({*range(1, 20), *ids, *(known + step for known in ids for step in (-1, 1))} - {0}):
            answer = opened.get(f"/review/{kind}/{each}")
            assert (answer.status_code == 200) == (each in ids), (kind, each, answer.status_code)
            assert answer.status_code in (200, 404)
    seen = session.execute(select(ReviewVisit)).scalars().all()
    assert len(seen) - visits == sum(len(ids) for ids in mine.values()), "what is not there is not noted as seen"
    for path in (f"/claims/{claim.id}/trace", f"/claims/{claim.id}/packs", "/claims", "/billing"):
        assert opened.get(path).status_code in (302, 303, 404), path


def test_without_an_address_there_is_nothing(client: Browser, cast: Cast, claim: Claim, session: Session) -> None:
    token = token_of(session, cast, invited(session, cast, claim))
    for path in ("/review", "/review/lines/1", "/review/files/1", "/review/open/x", f"/review/open/{token}x", f"/review/open/1-{token}"):
        assert client.get(path).status_code == 404, path
    client.sign_in(cast.owner)
    assert client.get("/review").status_code == 404


def test_after_its_end_or_taken_back_a_page_says_so(session: Session, cast: Cast, claim: Claim, opened: Browser) -> None:
    reviewer = session.execute(select(ClaimReviewer)).scalar_one()
    revoke_reviewer(session, cast.owner, now=utc_now(), reviewer_id=reviewer.id)
    answer = opened.get("/review")
    assert answer.status_code == 410 and "收回" in answer.text
    assert opened.get("/review").status_code == 404, "the browser has forgotten it"
    with pytest.raises(Conflict):
        revoke_reviewer(session, cast.owner, now=utc_now(), reviewer_id=reviewer.id)
    second = invited(session, cast, claim)
    token = token_of(session, cast, second)
    review = open_review(session, now=second.ends_at - timedelta(seconds=1), token=token)
    assert review.claim_id == claim.id
    with pytest.raises(ReviewEnded) as ended:
        open_review(session, now=second.ends_at, token=token)
    assert not ended.value.is_revoked


def test_who_may_invite_and_for_how_long(session: Session, cast: Cast, claim: Claim) -> None:
    today = utc_now().astimezone(CHINA).date()
    for actor in (cast.auditor, cast.front_desk, cast.founder_a):
        with pytest.raises(Forbidden):
            invite_reviewer(session, actor, now=utc_now(), claim_id=claim.id, name="x", organisation="y", email="a@example.org", until=today)
    for wrong in ({"until": today + timedelta(days=92)}, {"until": today - timedelta(days=2)}, {"name": " "}, {"email": "nobody"}):
        with pytest.raises(Refusal):
            invited(session, cast, claim, **wrong)
    for number in range(20):
        invited(session, cast, claim, email=f"r{number}@example.org")
    with pytest.raises(Conflict):
        invited(session, cast, claim)
    with pytest.raises(NotFound):
        invite_reviewer(session, cast.owner, now=utc_now(), claim_id=claim.id + 99, name="x", organisation="y",
                        email="a@example.org", until=today + timedelta(days=1))  # fmt: skip


def test_remarks_and_their_answers(session: Session, cast: Cast, claim: Claim, opened: Browser) -> None:
    line = load(session, cast, claim).lines[0].line.id
    for data in ({"words": "请说明面积"}, {"words": "为何 60 %？", "line": str(line)}):
        assert opened.post("/review/remarks", data=data).status_code == 303
    assert opened.post("/review/remarks", data={"words": "x", "line": "99999"}).status_code == 404
    assert opened.post("/review/remarks", data={"words": "  "}).status_code == 303
    rows = session.execute(select(ReviewRemark).order_by(ReviewRemark.id)).scalars().all()
    assert [(each.words, each.line_id) for each in rows] == [("请说明面积", None), ("为何 60 %？", line)]
    answer_remark(session, cast.finance, now=utc_now(), remark_id=rows[1].id, words="依据方案第三条")
    assert "依据方案第三条" in opened.get(f"/review/lines/{line}").text
    with pytest.raises(Forbidden):
        answer_remark(session, cast.auditor, now=utc_now(), remark_id=rows[0].id, words="x")
    with pytest.raises(NotFound):  # an answer is not answered
        answer_remark(session, cast.finance, now=utc_now(), remark_id=rows[1].id + 1, words="x")


def test_a_reviewer_of_another_claim_sees_no_remark_of_this(session: Session, cast: Cast, claim: Claim, opened: Browser) -> None:
    one, two = invited(session, cast, claim, email="b@example.org"), session.execute(select(ClaimReviewer).limit(1)).scalar_one()
    review = open_review(session, now=utc_now(), token=token_of(session, cast, one))
    remark(session, review, now=utc_now(), words="只给运营方看")
    note_visit(session, review, now=utc_now(), what="claim", subject=(claim.id, "x"))
    assert two.id != one.id and "只给运营方看" not in opened.get("/review").text


def test_staff_see_reviewers_visits_and_the_same_trace(session: Session, cast: Cast, claim: Claim, client: Browser) -> None:
    reviewer = invited(session, cast, claim)
    review = open_review(session, now=utc_now(), token=token_of(session, cast, reviewer))
    note_visit(session, review, now=utc_now(), what="line", subject=(1, "A-01 2026-10"))
    page = client.sign_in(cast.auditor).get(f"/claims/{claim.id}/reviewers").text
    assert "李审计" in page and "市科技局" in page and "A-01 2026-10" in page
    trace = client.get(f"/claims/{claim.id}/trace")
    assert trace.status_code == 200 and "¥3,054.58" in trace.text
    for path in sorted(set(re.findall(rf'href="(/claims/{claim.id}/trace/[^"#]*)', trace.text))):
        assert client.get(path).status_code == 200, path
    assert client.get(f"/claims/{claim.id + 9}/trace").status_code == 404


def test_the_verifier_is_had_by_itself(client: Browser, shared_app: Flask) -> None:
    page, file = client.get("/verifier"), client.get("/verifier/verify.py")
    assert page.status_code == 200 and "attachment" in file.headers["Content-Disposition"]
    assert hashlib.sha256(file.data).hexdigest() in page.text


PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def load(session: Session, cast: Cast, claim: Claim) -> Any:
    return load_basis(session, cast.owner, claim.id, now=utc_now())


def attach(session: Session, cast: Cast, claim: Claim, startup_id: int) -> None:
    """One file as evidence of a startup; agreements are asked for as well, and are proved by rows of ours."""
    require_evidence(session, cast.owner, now=utc_now(), scheme_id=claim.scheme_id, kind="licence", per="startup",
                     is_required=True, valid_on="period", first_on=date(2026, 1, 1))  # fmt: skip

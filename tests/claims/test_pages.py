"""Pages of claims: what they show, to whom, and what their forms do."""

from __future__ import annotations

import io
from datetime import date

import openpyxl
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.claims.models import Claim, ClaimEvidence, ClaimLetter, ClaimReminder
from incubator.claims.operations.evidence import require_evidence
from incubator.claims.queries.claims import list_lines
from incubator.core.clock import CHINA
from tests.cast import Cast
from tests.claims.story import at, make
from tests.conftest import Browser
from tests.scenarios.october import October

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


@pytest.fixture
def claim(session: Session, cast: Cast, posted: October, scheme_id: int) -> Claim:
    """A draft of October, whose scheme asks for a licence, the social-insurance list and proof of payment."""
    for kind, per in (("licence", "startup"), ("social_insurance", "startup"), ("payment_proof", "line")):
        require_evidence(session, cast.finance, now=at(1), scheme_id=scheme_id, kind=kind, per=per, is_required=True,
                         valid_on="period", first_on=date(2026, 1, 1))  # fmt: skip
    return make(session, cast, scheme_id)


def paths(session: Session, cast: Cast, claim: Claim) -> list[str]:
    line = list_lines(session, cast.finance, claim.id)[0].line
    base = f"/claims/{claim.id}"
    return ["/claims", base, f"{base}/lines/{line.id}", f"{base}/evidence", f"{base}/evidence?show=missing",
            f"{base}/evidence/licence?startup={cast.startup_a}", "/claims/fund", "/claims/fund.csv",
            f"/claims/requirements/{claim.scheme_id}"]  # fmt: skip


def forms(session: Session, cast: Cast, claim: Claim) -> list[str]:
    line = list_lines(session, cast.finance, claim.id)[0].line
    base = f"/claims/{claim.id}"
    return ["/claims/new", f"{base}/edit", f"{base}/steps/checked", f"{base}/remind", f"{base}/letters/new",
            f"{base}/lines/{line.id}/remove", f"{base}/ruling", f"{base}/payments/paid", f"{base}/payments/returned",
            f"{base}/clawback"]  # fmt: skip


def test_who_sees_what(session: Session, cast: Cast, client: Browser, claim: Claim) -> None:
    for path in paths(session, cast, claim):
        for who, status in (("finance", 200), ("auditor", 200), ("owner", 200), ("front_desk", 403), ("founder_a", 403),
                            ("mentor", 403)):  # fmt: skip
            assert client.sign_in(getattr(cast, who)).get(path).status_code == status, (path, who)
    for path in forms(session, cast, claim):
        for who, status in (("finance", 200), ("auditor", 403), ("founder_a", 403)):
            assert client.sign_in(getattr(cast, who)).get(path).status_code == status, (path, who)


def test_the_page_says_every_amount_and_what_is_missing(cast: Cast, client: Browser, claim: Claim) -> None:
    page = client.sign_in(cast.finance).get(f"/claims/{claim.id}").text
    for text in ("CLM-2026-000001", "¥3,054.58", "¥1,620.00", "¥1,434.58", "¥144.00", "INV-2026-000002"):
        assert (text in page) == (text != "¥144.00"), text
    matrix = client.get(f"/claims/{claim.id}/evidence").text
    assert matrix.count("cell-missing") == 6


def test_from_a_new_claim_to_the_money(session: Session, cast: Cast, client: Browser, posted: October, scheme_id: int) -> None:
    browser = client.sign_in(cast.finance)
    asked = {"scheme": scheme_id, "site": "", "first_on": "2026-10-01", "last_on": "2026-10-31", "due_on": ""}
    shown = browser.get("/claims/new", query_string=asked).text
    assert "¥1,620.00" in shown and "¥3,054.58" in shown
    assert browser.post("/claims", data=asked).status_code == 303
    assert browser.post("/claims", data=asked).status_code == 409
    claim = session.execute(select(Claim)).scalar_one()
    base = f"/claims/{claim.id}"
    assert browser.post(f"{base}/steps/checked", data={"note": "", "shown": "old"}).status_code == 409
    assert browser.post(f"{base}/steps/checked", data={"note": ""}).status_code == 303
    assert browser.post(f"{base}/steps/approved", data={}).status_code == 403
    assert client.sign_in(cast.owner).post(f"{base}/steps/approved", data={}).status_code == 303
    browser = client.sign_in(cast.finance)
    assert browser.post(f"{base}/steps/submitted", data={"on": ""}).status_code == 422
    today = claim.created_at.astimezone(CHINA).date().isoformat()
    assert browser.post(f"{base}/steps/submitted", data={"on": today, "authority_number": "深南科2026-88"}).status_code == 303
    line = {each.amount_minor: each.line.id for each in list_lines(session, cast.finance, claim.id)}[144_000]
    wrong = browser.post(f"{base}/ruling", data={"on": today, f"granted_{line}": "1000"})
    assert wrong.status_code == 422 and 'value="1000"' in wrong.text
    answer = {"on": today, f"granted_{line}": "1000", f"reason_{line}": "超标准", f"left_{line}": "operator"}
    assert browser.post(f"{base}/ruling", data=answer).status_code == 303
    assert browser.post(f"{base}/payments/paid", data={"amount": "2614.59", "on": today}).status_code == 422
    assert browser.post(f"{base}/payments/paid", data={"amount": "2614.58", "on": today}).status_code == 303
    session.refresh(claim)
    assert (claim.state, claim.authority_number) == ("paid", "深南科2026-88")
    back = {"demanded_on": today, "due_on": today, "reason": "核减", f"back_{line}": "100", f"borne_{line}": "startup"}
    assert browser.post(f"{base}/clawback", data=back).status_code == 303
    assert browser.post(f"{base}/payments/returned", data={"amount": "100", "on": today}).status_code == 303
    page = browser.get(base).text
    assert "超标准" in page and "核减" in page
    fund = openpyxl.load_workbook(io.BytesIO(browser.get("/claims/fund.xlsx").data)).active
    assert fund is not None and fund["F2"].value == pytest.approx(3054.58) and fund["G2"].value == pytest.approx(2614.58)


def test_a_founder_brings_what_is_missing_of_their_own(
    session: Session, cast: Cast, client: Browser, claim: Claim
) -> None:
    page = client.sign_in(cast.founder_a).get("/my/evidence").text
    assert page.count("cell-missing") == 3 and "¥" not in page.replace("¥0", "")
    base = f"/my/evidence/{claim.id}"
    form = {"title": "10月社保清单", "file": (io.BytesIO(PDF), "insurance.pdf")}
    assert client.post(f"{base}/{cast.startup_b}/social_insurance", data=form).status_code == 404
    form = {"title": "10月社保清单", "file": (io.BytesIO(PDF), "insurance.pdf")}
    assert client.post(f"{base}/{cast.startup_a}/social_insurance", data=form).status_code == 303
    assert session.execute(select(ClaimEvidence.startup_id)).scalar_one() == cast.startup_a
    assert client.get("/my/evidence").text.count("cell-missing") == 2
    fake = {"title": "x", "file": (io.BytesIO(b"MZ not a pdf"), "licence.pdf")}
    assert client.post(f"{base}/{cast.startup_a}/licence", data=fake).status_code == 422
    assert client.sign_in(cast.member_a).get("/my/evidence").status_code == 403
    hand_in_later = client.sign_in(cast.finance).get(f"/claims/{claim.id}/evidence").text
    assert hand_in_later.count("cell-present") == 1


def test_startups_are_reminded_once_in_three_days(session: Session, cast: Cast, client: Browser, claim: Claim) -> None:
    browser = client.sign_in(cast.finance)
    assert browser.post(f"/claims/{claim.id}/remind", data={"due_on": "2099-01-01"}).status_code == 303
    assert session.execute(select(ClaimReminder.startup_id)).scalars().all() == [cast.startup_a, cast.startup_b]
    assert browser.post(f"/claims/{claim.id}/remind", data={"due_on": "2099-01-01"}).status_code == 409
    assert browser.post(f"/claims/{claim.id}/remind", data={"due_on": "2020-01-01"}).status_code == 422


def test_a_letter_is_filed_with_its_hash(session: Session, cast: Cast, client: Browser, claim: Claim) -> None:
    browser = client.sign_in(cast.finance)
    letter = {"way": "in", "on": "2026-11-03", "subject": "补正通知", "number": "深南科〔2026〕8号",
              "file": (io.BytesIO(PDF), "letter.pdf")}  # fmt: skip
    assert browser.post(f"/claims/{claim.id}/letters/new", data=letter).status_code == 303
    assert session.execute(select(ClaimLetter.is_incoming)).scalar_one()
    assert "SHA-256" in browser.get(f"/claims/{claim.id}").text



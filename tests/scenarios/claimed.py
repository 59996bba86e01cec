"""A claim of October with what it asks for, for `belongings.py` and `test_access.py`."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.claims.operations.evidence import attach_evidence, require_evidence
from incubator.claims.operations.gathering import create_claim
from incubator.claims.queries.claims import list_lines
from incubator.documents.operations import add_document
from incubator.subsidies.models import Scheme
from tests.cast import Cast
from tests.scenarios.october import AFTER_OCTOBER

MARKS = {"insurance": "甲的社保清单"}
"""What only A's own rows say."""

MONEY = {"owner", "manager", "finance", "auditor"}
CLAIM = {"owner", "finance"}

PAGES: dict[str, tuple[set[str], set[str]]] = {
    "/claims/months": (MONEY, set()),
    "/claims/months/{site}/2026-10": (MONEY, set()),
    "/claims": (MONEY, set()),
    "/claims/fund": (MONEY, set()),
    "/claims/fund.csv": (MONEY, set()),
    "/claims/new": (CLAIM, set()),
    "/claims/{claim}": (MONEY, set()),
    "/claims/{claim}/evidence": (MONEY, set()),
    "/claims/{claim}/evidence/licence": (MONEY, set()),
    "/claims/{claim}/lines/{claim_line}": (MONEY, set()),
    "/claims/{claim}/lines/{claim_line}/remove": (CLAIM, set()),
    "/claims/{claim}/edit": (CLAIM, set()),
    "/claims/{claim}/remind": (CLAIM, set()),
    "/claims/{claim}/steps/checked": (CLAIM, set()),
    "/claims/{claim}/ruling": (CLAIM, set()),
    "/claims/{claim}/ruling.xlsx": (CLAIM, set()),
    "/claims/{claim}/payments/paid": (CLAIM, set()),
    "/claims/{claim}/clawback": (CLAIM, set()),
    "/claims/{claim}/letters/new": (CLAIM, set()),
    "/claims/requirements/{scheme}": (MONEY, set()),
    "/claims/requirements/{scheme}/{requirement}/end": (CLAIM, set()),
    "/my/evidence": ({"founder_a", "founder_b"}, set()),
}
"""Address: who opens it, who must not know of it; all others are told that they may not."""

UNKNOWN = (
    "/claims/{none}", "/claims/{none}/evidence", "/claims/{claim}/lines/{none}", "/claims/{none}/steps/checked",
    "/claims/{claim}/steps/dancing", "/claims/{claim}/payments/borrowed", "/claims/{none}/ruling", "/claims/{none}/ruling.xlsx", "/claims/{none}/edit",
    "/claims/requirements/{none}", "/claims/requirements/{scheme}/{none}/end", "/claims/bank/{none}", "/claims/fund.exe",
    "/claims/months/{none}/2026-10",
)  # fmt: skip
STATEMENTS = [
    ("/claims", 24), ("/claims/{claim}", 27), ("/claims/{claim}/evidence", 16), ("/claims/{claim}/lines/{claim_line}", 22),
    ("/claims/fund", 18), ("/claims/{claim}/ruling", 8), ("/claims/{claim}/ruling.xlsx", 8), ("/claims/{claim}/payments/paid", 12),
]  # fmt: skip


def claim(session: Session, cast: Cast) -> tuple[dict[str, int], dict[str, int]]:
    """What is the house's, and what is A's. Its invoices are posted."""
    scheme_id = session.execute(select(Scheme.id).where(Scheme.code == "Y")).scalar_one()
    made = create_claim(session, cast.finance, now=AFTER_OCTOBER, scheme_id=scheme_id, site_id=None,
                        first_on=date(2026, 10, 1), last_on=date(2026, 10, 31))  # fmt: skip
    requirement = require_evidence(
        session, cast.finance, now=AFTER_OCTOBER, scheme_id=scheme_id, kind="social_insurance", per="startup",
        is_required=True, valid_on="period", first_on=date(2026, 1, 1),
    )  # fmt: skip
    document = add_document(
        session, cast.founder_a, now=AFTER_OCTOBER + timedelta(days=1), kind="social_insurance", title=MARKS["insurance"],
        startup_id=cast.startup_a, audience="startup", name="a.pdf", content=b"%PDF-1.4\n1 0 obj<<>>endobj\n%%EOF\n",
    )  # fmt: skip
    evidence = attach_evidence(session, cast.finance, now=AFTER_OCTOBER + timedelta(days=1), claim_id=made.id,
                               kind="social_insurance", document_id=document.id, startup_id=cast.startup_a)  # fmt: skip
    line = list_lines(session, cast.finance, made.id)[0]
    house = {"claim_id": made.id, "requirement_id": requirement.id}
    return house, {"evidence_id": evidence.id, "claim_line": line.line.id}

"""A claim with its pack, a reviewer and their remark, for `belongings.py` and `test_access.py`."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import system_actor
from incubator.accounts.operations.keys import issue_key
from incubator.claims.models import Claim
from incubator.claims.operations.gathering import create_claim
from incubator.claims.operations.packs import make_pack
from incubator.claims.operations.reviewers import invite_reviewer, open_review, remark
from incubator.claims.operations.steps import approve_claim, check_claim
from incubator.claims.pack.basis import load_basis
from incubator.core.clock import utc_now
from incubator.subsidies.models import Scheme
from tests.cast import Cast
from tests.scenarios.october import AFTER_OCTOBER

MONEY = {"owner", "manager", "finance", "auditor"}
INVITE = {"owner", "finance"}

PAGES: dict[str, tuple[set[str], set[str]]] = {
    "/claims/{reviewed}/packs": (MONEY, set()),
    "/claims/{reviewed}/reviewers": (MONEY, set()),
    "/claims/{reviewed}/reviewers/new": (INVITE, set()),
    "/claims/{reviewed}/trace": (MONEY, set()),
    "/claims/{reviewed}/trace/lines/{reviewed_line}": (MONEY, set()),
    "/claims/{reviewed}/trace/invoices/{reviewed_invoice}": (MONEY, set()),
    "/claims/{reviewed}/trace/agreements/{reviewed_agreement}": (MONEY, set()),
    "/claims/packs/{pack}": (MONEY, set()),
}
"""Address: who opens it, who must not know of it; all others are told that they may not."""

UNKNOWN = (
    "/claims/{none}/packs", "/claims/{none}/reviewers", "/claims/{none}/reviewers/new", "/claims/{none}/trace",
    "/claims/{reviewed}/trace/lines/{none}", "/claims/{reviewed}/trace/invoices/{none}", "/claims/packs/{none}",
    "/claims/{reviewed}/trace/agreements/{none}", "/claims/{reviewed}/trace/files/{none}",
)  # fmt: skip
STATEMENTS = [
    ("/claims/{reviewed}/packs", 8), ("/claims/{reviewed}/reviewers", 11), ("/claims/{reviewed}/trace", 25),
    ("/claims/{reviewed}/trace/lines/{reviewed_line}", 25),
]
PLACES = {
    "claim_id": "reviewed", "line_id": "reviewed_line", "invoice_id": "reviewed_invoice",
    "residency_id": "reviewed_agreement", "pack_id": "pack", "reviewer_id": "reviewer", "remark_id": "remark",
    "file_id": "pack_file",
}  # fmt: skip
ROUTES = (
    "show_packs", "download_pack", "list_reviewers", "invite_reviewer", "revoke_reviewer", "answer_remark",
    *(f"{way}_{what}" for way in ("trace", "review") for what in ("claim", "line", "invoice", "agreement", "file", "pack")),
)
ON_THIS_ROUTE: dict[tuple[str, str], Any] = {
    (f"claims.{route}", place): lambda b, name=name: b.of_the_house[name] for route in ROUTES for place, name in PLACES.items()
} | {("jobs.make_pack", "claim_id"): lambda b: b.of_the_house["reviewed"]}
"""What stands on the routes of packs and reviewers."""


def review(session: Session, cast: Cast) -> dict[str, int]:
    """October's claim as far as its pack, and one who looks at it."""
    now = AFTER_OCTOBER + timedelta(days=2)
    claim = session.execute(select(Claim).order_by(Claim.id).limit(1)).scalar_one_or_none()
    if claim is None:
        scheme_id = session.execute(select(Scheme.id).where(Scheme.code == "Y")).scalar_one()
        claim = create_claim(session, cast.finance, now=now, scheme_id=scheme_id, site_id=None,
                             first_on=date(2026, 10, 1), last_on=date(2026, 10, 31))  # fmt: skip
    if claim.state in ("draft", "checked"):
        check_claim(session, cast.finance, now=now, claim_id=claim.id, note="随后补交")
        approve_claim(session, cast.owner, now=now, claim_id=claim.id)
    pack = make_pack(session, cast.finance, now=now, claim_id=claim.id)
    reviewer = invite_reviewer(session, cast.owner, now=utc_now(), claim_id=claim.id, name="李审计", organisation="市科技局",
                               email="li@example.org", until=(utc_now() + timedelta(days=30)).date())  # fmt: skip
    token = issue_key(session, system_actor(cast.operator_id), now=utc_now(), kind="review", opens_id=reviewer.id)
    said = remark(session, open_review(session, now=utc_now(), token=token), now=utc_now(), words="请说明面积")
    basis = load_basis(session, cast.finance, claim.id, now=now)
    return {
        "reviewed": claim.id, "reviewed_line": basis.lines[0].line.id, "reviewed_invoice": min(basis.invoices),
        "reviewed_agreement": min(basis.residencies), "pack": pack.id, "pack_file": pack.file_id,
        "reviewer": reviewer.id, "remark": said.id,
    }  # fmt: skip


def belongings(session: Session, cast: Cast) -> dict[str, object]:
    """The same by the names of places: all of it is the house's."""
    found = review(session, cast)
    return {**found, **{place: found[name] for place, name in PLACES.items() if place in ("pack_id", "reviewer_id", "remark_id")}}

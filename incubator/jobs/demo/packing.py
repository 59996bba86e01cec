"""The demo's packs and reviewers: what was handed in is packed, and somebody of the authority looks at a claim."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor, system_actor
from incubator.accounts.models import Person
from incubator.accounts.operations.keys import issue_key
from incubator.accounts.queries import get_actor
from incubator.claims.models import Claim
from incubator.claims.operations.packs import make_pack
from incubator.claims.operations.reviewers import (
    KEY,
    answer_remark,
    invite_reviewer,
    note_visit,
    open_review,
    remark,
    revoke_reviewer,
)
from incubator.claims.queries.claims import list_lines
from incubator.core.clock import CHINA

PACKED = ("approved", "submitted", "publicised", "granted", "paid", "audited", "clawed_back")


def pack_claims(session: Session, now: datetime) -> None:
    """A pack of every claim that can have one; a reviewer of the county and one of accountants for the last."""
    finance = _actor(session, "finance@demo.example")
    rows = session.execute(select(Claim).where(Claim.state.in_(PACKED)).order_by(Claim.id)).scalars().all()
    for claim in rows:
        make_pack(session, finance, now=now - timedelta(days=9), claim_id=claim.id)
    if rows:
        _review(session, finance, rows[-1], now)


def _review(session: Session, finance: Actor, claim: Claim, now: datetime) -> None:
    began = now - timedelta(days=3)
    until = (began + timedelta(days=60)).astimezone(CHINA).date()
    reviewer = invite_reviewer(session, finance, now=began, claim_id=claim.id, name="梁文清", organisation="县审计局",
                               email="liang.wenqing@audit.example", until=until)  # fmt: skip
    other = invite_reviewer(session, finance, now=began, claim_id=claim.id, name="Mary Lin",
                            organisation="诚信会计师事务所", email="mary.lin@cpa.example", until=until,
                            locale="en")  # fmt: skip
    revoke_reviewer(session, finance, now=began + timedelta(days=1), reviewer_id=other.id)
    system = system_actor(finance.operator_id)
    token = issue_key(session, system, now=began, kind=KEY, opens_id=reviewer.id)
    at = began + timedelta(hours=3)
    review = open_review(session, now=at, token=token)
    lines = list_lines(session, system, claim.id)
    note_visit(session, review, now=at, what="claim", subject=(claim.id, f"CLM-{claim.year}-{claim.number:06}"))
    for number, line in enumerate(lines[:3]):
        code = line.startup.code if line.startup else "-"
        note_visit(session, review, now=at + timedelta(minutes=4 * number + 2), what="line",
                   subject=(line.line.id, f"{code} {line.month:%Y-%m}"))  # fmt: skip
    asked = remark(session, review, now=at + timedelta(minutes=16), line_id=lines[0].line.id,
                   words="请说明该企业的计费面积与协议面积是否一致。")  # fmt: skip
    answer_remark(session, finance, now=at + timedelta(hours=5), remark_id=asked.id,
                  words="一致：协议附件列明的工位面积即计费面积，见占用记录。")  # fmt: skip
    remark(session, review, now=at + timedelta(days=1), words="请补充 9 月社保缴纳清单。")


def _actor(session: Session, email: str) -> Actor:
    person_id = session.execute(select(Person.id).where(Person.email == email)).scalar_one()
    actor = get_actor(session, person_id)
    assert actor is not None
    return actor

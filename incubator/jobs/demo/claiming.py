"""The demo's claims: one in each state, one granted in part, one clawed back, with evidence partly missing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.queries import get_actor
from incubator.claims.models import Claim
from incubator.claims.operations.clawbacks import Demand, claw_back
from incubator.claims.operations.evidence import require_evidence
from incubator.claims.operations.gathering import create_claim
from incubator.claims.operations.letters import file_letter
from incubator.claims.operations.payments import pay_claim
from incubator.claims.operations.reminders import remind_startups
from incubator.claims.operations.rulings import rule_claim
from incubator.claims.operations.steps import approve_claim, audit_claim, check_claim, publicise_claim, submit_claim
from incubator.claims.queries.claims import LineRow, claim_number, list_lines
from incubator.claims.queries.money import load_sums
from incubator.claims.rules.money import Answer
from incubator.core.clock import CHINA
from incubator.core.errors import Conflict
from incubator.core.periods import Month
from incubator.documents.operations import add_document
from incubator.documents.pdf import render
from incubator.jobs.demo.policies import P1, P1B, P4, P6
from incubator.startups.models import Startup
from incubator.subsidies.models import Scheme

ASKED = (
    ("agreement", "startup", True, "period", "入驻协议或租赁合同"),
    ("licence", "startup", True, "submission", "营业执照副本"),
    ("payment_proof", "line", True, "period", "租金、物业费实际支付凭证"),
    ("fapiao", "line", False, "period", "对应发票"),
    ("social_insurance", "startup", True, "period", "申领期末月社保缴纳清单"),
    ("photograph", "startup", False, "submission", "工位实景照片"),
)  # fmt: skip
"""What the county asks for: kind, of whom, whether required, when it must be valid, in the policy's words."""


class _People(Struct, frozen=True):
    """Who works on claims: one checks, the other approves."""

    finance: Actor
    manager: Actor


def make_claims(session: Session, founders: Sequence[Startup], first: Month, now: datetime) -> None:
    """Quarter by quarter under the county's policy, and claims of others that are on their way."""
    people = _People(_actor(session, "finance@demo.example"), _actor(session, "manager@demo.example"))
    schemes = {each.code: each for each in session.execute(select(Scheme)).scalars()}
    _ask(session, people, schemes[P6.code], first, now)
    _insure(session, people.manager, founders[:5], now)
    quarters = [Month.of(first.first) + 3 * number for number in range(4)]
    ends = [_moment(each + 2, 12) for each in quarters]
    if ends[3] > now:
        return
    _clawed_back(session, people, schemes[P6.code], quarters[0], ends[0])
    _audited(session, people, schemes[P6.code], quarters[1], ends[1])
    _in_part(session, people, schemes[P6.code], quarters[2], now)
    _prepared(session, people, schemes[P6.code], quarters[3], now)
    last = Month.of(now.astimezone(CHINA).date()) - 1
    for code, step in ((P1.code, "publicised"), (P1B.code, "checked"), (P4.code, "approved")):
        _on_its_way(session, people, schemes[code], first, last, step, now)


def _actor(session: Session, email: str) -> Actor:
    person_id = session.execute(select(Person.id).where(Person.email == email)).scalar_one()
    actor = get_actor(session, person_id)
    assert actor is not None
    return actor


def _moment(month: Month, day: int) -> datetime:
    """Ten o'clock on a day of the month after it."""
    return datetime.combine((month + 1).first, datetime.min.time(), CHINA) + timedelta(days=day - 1, hours=10)


def _ask(session: Session, people: _People, scheme: Scheme, first: Month, now: datetime) -> None:
    for kind, per, is_required, valid_on, note in ASKED:
        start = first if kind in ("agreement", "licence") else first + 6
        require_evidence(session, people.finance, now=now, scheme_id=scheme.id, kind=kind, per=per,
                         is_required=is_required, valid_on=valid_on, first_on=start.first, note=note)  # fmt: skip


def _insure(session: Session, actor: Actor, startups: Sequence[Startup], now: datetime) -> None:
    """A social-insurance list of some, one of them of a month that is over."""
    today = now.astimezone(CHINA).date()
    for number, startup in enumerate(startups):
        month = Month.of(today) - (5 if number == 1 else 1)
        add_document(
            session, actor, now=now, kind="social_insurance", title=f"{month} 社保缴纳清单", startup_id=startup.id,
            audience="startup", name="社保缴纳清单.pdf", valid_from=month.first, expires_on=month.last,
            content=render("startups/demo_paper.typ", {"title": "社保缴纳清单", "startup": startup.name}),
        )  # fmt: skip


def _make(session: Session, people: _People, scheme: Scheme, first: Month, last: Month, at: datetime) -> Claim:
    return create_claim(session, people.finance, now=at, scheme_id=scheme.id, site_id=None, first_on=first.first,
                        last_on=last.last, due_on=(at + timedelta(days=20)).astimezone(CHINA).date())  # fmt: skip


def _hand_in(session: Session, people: _People, claim: Claim, at: datetime, number: str) -> None:
    check_claim(session, people.finance, now=at, claim_id=claim.id, note="个别企业材料已向主管部门说明，随后补交")
    approve_claim(session, people.manager, now=at + timedelta(days=1), claim_id=claim.id)
    then = at + timedelta(days=2)
    submit_claim(session, people.finance, now=then, claim_id=claim.id, on=then.astimezone(CHINA).date(),
                 authority_number=number)  # fmt: skip
    file_letter(session, people.finance, now=then, claim_id=claim.id, is_incoming=False,
                on=then.astimezone(CHINA).date(), subject="关于申领入园企业扶持资金的函",
                number=f"湾创〔{then.year}〕{claim.number} 号", name="申领函.pdf",
                content=render("startups/demo_paper.typ", {
                    "title": f"申领函 {claim_number(claim)}", "startup": "湾区创孵运营有限公司",
                }))  # fmt: skip


def _publicise(session: Session, people: _People, claim: Claim, at: datetime) -> None:
    on = at.astimezone(CHINA).date()
    publicise_claim(session, people.finance, now=at, claim_id=claim.id, on=on, note="县政府网站公示五个工作日")


def _pay(session: Session, people: _People, claim: Claim, at: datetime, amount_minor: int, kind: str = "paid") -> None:
    pay_claim(session, people.finance, now=at, claim_id=claim.id, kind=kind, amount_minor=amount_minor,
              on=at.astimezone(CHINA).date(), reference=f"财政拨款 {claim.number:03}")  # fmt: skip


def _granted(
    session: Session, people: _People, claim: Claim, at: datetime, answers: dict[int, Answer] | None = None
) -> list[LineRow]:
    on = at.astimezone(CHINA).date()
    rule_claim(session, people.finance, now=at, claim_id=claim.id, on=on, answers=answers or {})
    return [each for each in list_lines(session, people.finance, claim.id) if each.amount_minor > 0]


def _clawed_back(session: Session, people: _People, scheme: Scheme, first: Month, at: datetime) -> None:
    """Paid in full; the audit took two lines back, of which one part is paid back."""
    claim = _make(session, people, scheme, first, first + 2, at)
    _hand_in(session, people, claim, at + timedelta(days=1), "永工信受〔2026〕018 号")
    _publicise(session, people, claim, at + timedelta(days=12))
    lines = _granted(session, people, claim, at + timedelta(days=22))
    _pay(session, people, claim, at + timedelta(days=35), load_sums(session, [claim.id])[claim.id].granted_minor)
    then = at + timedelta(days=90)
    on = then.astimezone(CHINA).date()
    audit_claim(session, people.finance, now=then, claim_id=claim.id, on=on, note="县审计局专项审计：两户面积核减")
    claw_back(
        session, people.finance, now=then + timedelta(days=5), claim_id=claim.id, reason="实际使用面积小于申报面积",
        demands={lines[0].line.id: Demand(lines[0].amount_minor // 2), lines[1].line.id: Demand(lines[1].amount_minor)},
        demanded_on=on + timedelta(days=5), due_on=on + timedelta(days=35),
    )  # fmt: skip
    file_letter(session, people.finance, now=then + timedelta(days=5), claim_id=claim.id, is_incoming=True,
                on=on + timedelta(days=5), subject="关于追回部分扶持资金的通知",
                number="永审通〔2026〕7 号")  # fmt: skip
    _pay(session, people, claim, then + timedelta(days=20), lines[0].amount_minor // 2, "returned")


def _audited(session: Session, people: _People, scheme: Scheme, first: Month, at: datetime) -> None:
    claim = _make(session, people, scheme, first, first + 2, at)
    _hand_in(session, people, claim, at + timedelta(days=1), "永工信受〔2026〕052 号")
    _publicise(session, people, claim, at + timedelta(days=12))
    _granted(session, people, claim, at + timedelta(days=22))
    total = load_sums(session, [claim.id])[claim.id].granted_minor
    _pay(session, people, claim, at + timedelta(days=30), total // 2)
    _pay(session, people, claim, at + timedelta(days=44), total - total // 2)
    then = at + timedelta(days=60)
    audit_claim(session, people.finance, now=then, claim_id=claim.id, on=then.astimezone(CHINA).date(),
                note="绩效评价：优")  # fmt: skip


def _in_part(session: Session, people: _People, scheme: Scheme, first: Month, now: datetime) -> None:
    """One line the operator bears in part, one the startup does, one is claimed again; a half is paid."""
    at = now - timedelta(days=40)
    claim = _make(session, people, scheme, first, first + 2, at)
    _hand_in(session, people, claim, at + timedelta(days=1), "永工信受〔2026〕103 号")
    _publicise(session, people, claim, at + timedelta(days=14))
    lines = [each for each in list_lines(session, people.finance, claim.id) if each.amount_minor > 1000][:3]
    _granted(session, people, claim, now - timedelta(days=6), {
        lines[0].line.id: Answer(lines[0].amount_minor // 2, "租金单价超过支持标准", "operator"),
        lines[1].line.id: Answer(0, "企业社保缴纳不足", "startup"),
        lines[2].line.id: Answer(0, "支付凭证不清晰", "again"),
    })  # fmt: skip
    _pay(session, people, claim, now - timedelta(days=2),
         load_sums(session, [claim.id])[claim.id].granted_minor // 2)  # fmt: skip


def _prepared(session: Session, people: _People, scheme: Scheme, first: Month, now: datetime) -> None:
    """A draft that is due soon, of which startups were reminded."""
    at = now - timedelta(days=12)
    claim = _make(session, people, scheme, first, first + 2, at)
    due = (now + timedelta(days=5)).astimezone(CHINA).date()
    remind_startups(session, people.finance, now=now - timedelta(days=4), claim_id=claim.id, due_on=due)


def _on_its_way(
    session: Session, people: _People, scheme: Scheme, first: Month, last: Month, step: str, now: datetime
) -> None:
    at = now - timedelta(days=15)
    try:
        claim = _make(session, people, scheme, first, last, at)
    except Conflict:  # nobody was granted anything by it
        return
    if step == "publicised":
        _hand_in(session, people, claim, at + timedelta(days=1), "深人社受〔2026〕2207 号")
        _publicise(session, people, claim, at + timedelta(days=9))
        return
    check_claim(session, people.finance, now=at + timedelta(days=2), claim_id=claim.id)
    if step == "approved":
        approve_claim(session, people.manager, now=at + timedelta(days=3), claim_id=claim.id)

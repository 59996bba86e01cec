"""What a claim gathers: every subsidised line that no living claim has, once."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from incubator.billing.models import Invoice
from incubator.billing.operations.credit_notes import credit_invoice
from incubator.billing.operations.posting import post_month
from incubator.claims.models import Claim, ClaimLine
from incubator.claims.operations.gathering import create_claim, gather_again, remove_line
from incubator.claims.queries.claims import claim_number, group_lines, list_lines
from incubator.claims.queries.gathering import Scope, list_unclaimed, preview
from incubator.core.errors import Conflict, Forbidden, Refusal
from incubator.subsidies.models import Decision, Scheme
from tests.billing.stage import Stage
from tests.cast import Cast
from tests.racing import race
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER, October

DAYS = {"first_on": date(2026, 10, 1), "last_on": date(2026, 10, 31)}


def claim(session: Session, cast: Cast, scheme_id: int, **changes: object) -> Claim:
    values = DAYS | {"scheme_id": scheme_id, "site_id": None} | changes
    return create_claim(session, cast.finance, now=AFTER_OCTOBER, **values)  # type: ignore[arg-type]  # by name


def test_a_claim_has_what_the_scheme_bore_by_company(
    session: Session, cast: Cast, posted: October, scheme_id: int
) -> None:
    found = preview(session, cast.finance, Scope(scheme_id, None, DAYS["last_on"]))
    assert [(each.startup.code if each.startup else None, each.lines, each.amount_minor) for each in found] == [
        (posted.a.code, 2, 162_000), (posted.b.code, 2, 143_458),
    ]  # fmt: skip
    made = claim(session, cast, scheme_id)
    assert claim_number(made) == "CLM-2026-000001"
    groups = group_lines(list_lines(session, cast.auditor, made.id))
    assert [(each.startup.code if each.startup else None, each.amount_minor) for each in groups] == [
        (posted.a.code, 162_000), (posted.b.code, 143_458),
    ]  # fmt: skip
    assert [line.amount_minor for line in groups[0].lines] == [144_000, 18_000]
    assert {line.invoice_number for line in groups[0].lines} == {"INV-2026-000002"}
    assert preview(session, cast.finance, Scope(scheme_id, None, DAYS["last_on"])) == []


def test_there_is_nothing_left_for_a_second_claim_and_no_number_is_lost(
    session: Session, cast: Cast, posted: October, scheme_id: int
) -> None:
    claim(session, cast, scheme_id)
    with pytest.raises(Conflict), session.begin_nested():
        claim(session, cast, scheme_id)
    line = session.execute(select(ClaimLine).order_by(ClaimLine.id)).scalars().first()
    assert line is not None
    remove_line(session, cast.finance, now=AFTER_OCTOBER, claim_id=line.claim_id, line_id=line.id, reason="晚交材料")
    second = claim(session, cast, scheme_id)
    assert claim_number(second) == "CLM-2026-000002"
    assert [each.amount_minor for each in list_lines(session, cast.finance, second.id)] == [144_000]


def test_a_credit_note_comes_with_the_next_claim_with_its_sign(
    session: Session, cast: Cast, posted: October, scheme_id: int
) -> None:
    first = claim(session, cast, scheme_id)
    invoice = session.execute(select(Invoice).where(Invoice.startup_id == posted.a.id)).scalar_one()
    credit_invoice(session, cast.finance, now=AFTER_OCTOBER, invoice_id=invoice.id, reason="开错")
    second = claim(session, cast, scheme_id)
    taken = list_lines(session, cast.finance, second.id)
    assert [(each.outcome, each.amount_minor, each.base_minor) for each in taken] == [
        ("credited", -144_000, 0), ("credited", -18_000, 0),
    ]  # fmt: skip
    assert sum(each.amount_minor for each in list_lines(session, cast.finance, first.id)) == 305_458


def test_what_came_before_it_was_handed_in_is_gathered_again_and_nets_to_nothing(
    session: Session, cast: Cast, posted: October, scheme_id: int
) -> None:
    made = claim(session, cast, scheme_id)
    with pytest.raises(Conflict):
        gather_again(session, cast.finance, now=AFTER_OCTOBER, claim_id=made.id)
    invoice = session.execute(select(Invoice).where(Invoice.startup_id == posted.a.id)).scalar_one()
    credit_invoice(session, cast.finance, now=AFTER_OCTOBER, invoice_id=invoice.id, reason="开错")
    assert gather_again(session, cast.finance, now=AFTER_OCTOBER, claim_id=made.id) == 2
    groups = group_lines(list_lines(session, cast.finance, made.id))
    assert [each.amount_minor for each in groups] == [0, 143_458]


def test_only_what_government_bears_and_what_is_posted_is_found(
    session: Session, cast: Cast, october: October
) -> None:
    scheme_id = session.execute(select(Scheme.id)).scalar_one()
    scope = Scope(scheme_id, None, DAYS["last_on"])
    assert preview(session, cast.finance, scope) == []
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    decided = session.execute(
        select(func.count(), func.sum(Decision.amount_minor)).where(Decision.amount_minor != 0)
    ).one()
    assert tuple(decided) == (4, 305_458)
    assert sum(each.amount_minor for each in preview(session, cast.finance, scope)) == 305_458
    assert preview(session, cast.finance, Scope(scheme_id, None, date(2026, 9, 30))) == []
    assert preview(session, cast.finance, Scope(scheme_id, october.site.id + 1, DAYS["last_on"])) == []
    (waiting,) = list_unclaimed(session, cast.finance, DAYS["last_on"])
    assert (waiting.lines, waiting.amount_minor) == (4, 305_458)


def test_the_database_itself_refuses_a_line_in_two_living_claims(
    session: Session, cast: Cast, posted: October, scheme_id: int
) -> None:
    made = claim(session, cast, scheme_id)
    line = list_lines(session, cast.finance, made.id)[0].line
    with pytest.raises(IntegrityError, match="claim_lines_decision_once"):
        session.add(ClaimLine(claim_id=made.id, decision_id=line.decision_id, created_at=AFTER_OCTOBER))
        session.flush()


def test_who_may_not_and_what_is_refused(session: Session, cast: Cast, posted: October, scheme_id: int) -> None:
    for who in ("auditor", "manager", "front_desk", "founder_a"):
        with pytest.raises(Forbidden):
            create_claim(session, getattr(cast, who), now=AFTER_OCTOBER, scheme_id=scheme_id, site_id=None, **DAYS)
    with pytest.raises(Refusal):
        claim(session, cast, scheme_id, last_on=date(2026, 10, 30))
    with pytest.raises(Refusal):
        claim(session, cast, scheme_id, first_on=date(2026, 11, 1))
    with pytest.raises(Refusal):
        claim(session, cast, scheme_id + 2**40)


def test_of_eight_who_claim_at_once_one_has_the_lines(stage: Stage) -> None:
    with stage.connection() as session:
        scheme_id = session.execute(select(Scheme.id)).scalar_one()
    outcomes = race(stage.connection, [lambda session: claim(session, stage.cast, scheme_id).id] * 8)
    assert sum(isinstance(each, int) for each in outcomes) == 1
    assert sum(isinstance(each, Conflict) for each in outcomes) == 7, outcomes
    with stage.connection() as session:
        assert session.execute(select(func.count()).select_from(ClaimLine)).scalar_one() == 4
        assert session.execute(select(func.max(Claim.number))).scalar_one() == 1

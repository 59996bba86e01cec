"""A claim's states: which follows which, two persons, and what takes an approval back by itself."""

from __future__ import annotations

from datetime import date
from itertools import product

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from incubator.billing.models import Invoice
from incubator.billing.operations.credit_notes import credit_invoice
from incubator.claims.models import ClaimStep
from incubator.claims.operations.evidence import require_evidence
from incubator.claims.operations.gathering import gather_again, remove_line
from incubator.claims.operations.steps import (
    approve_claim,
    audit_claim,
    check_claim,
    publicise_claim,
    reject_claim,
    reopen_claim,
    submit_claim,
    withdraw_claim,
)
from incubator.claims.queries.claims import list_lines, list_steps
from incubator.claims.queries.gathering import Scope, preview
from incubator.claims.rules.states import DECIDED, ENDED, INNER, OUTER, STATES, TABLE, check_step, follows
from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.subsidies.models import Scheme
from tests.billing.stage import Stage
from tests.cast import Cast
from tests.claims.story import DAYS, at, hand_in, make
from tests.racing import race
from tests.scenarios.october import October


def test_every_state_is_reached_and_nothing_follows_an_end() -> None:
    assert set(STATES) == {*INNER, *OUTER, *DECIDED, *ENDED}
    assert {each for each in STATES if follows(each) == ()} == set(ENDED)
    reached, before = {"draft"}, set[str]()
    while reached != before:
        before = set(reached)
        reached |= {each for state in before for each in follows(state)}
    assert reached == set(STATES)


def test_what_the_table_does_not_say_is_refused_with_a_sentence() -> None:
    allowed = {(state, each) for state in STATES for each in follows(state)}
    assert ("draft", "submitted") not in allowed and ("granted", "withdrawn") not in allowed
    assert ("approved", "checked") in allowed and ("paid", "clawed_back") in allowed
    for state, wanted in product(STATES, TABLE):
        if (state, wanted) in allowed:
            check_step(state, wanted)
        else:
            with pytest.raises(Conflict):
                check_step(state, wanted)


def test_two_people_take_it_to_the_authority(session: Session, cast: Cast, posted: October, scheme_id: int) -> None:
    claim = make(session, cast, scheme_id)
    hand_in(session, cast, claim)
    publicise_claim(session, cast.finance, now=at(9), claim_id=claim.id, on=date(2026, 11, 8))
    steps = list_steps(session, cast.auditor, claim.id)
    assert [(each.step.number, each.step.state, each.step.on.day, each.step.created_by) for each in steps] == [
        (1, "draft", 2, cast.finance.person_id), (2, "checked", 3, cast.finance.person_id),
        (3, "approved", 4, cast.manager.person_id), (4, "submitted", 5, cast.finance.person_id),
        (5, "publicised", 8, cast.finance.person_id),
    ]  # fmt: skip
    assert claim.state == "publicised" and steps[2].step.checked_by == cast.finance.person_id
    with pytest.raises(Conflict):
        remove_line(session, cast.finance, now=at(9), claim_id=claim.id, reason="x",
                    line_id=list_lines(session, cast.finance, claim.id)[0].line.id)  # fmt: skip


def test_nobody_approves_what_they_checked(session: Session, cast: Cast, posted: October, scheme_id: int) -> None:
    claim = make(session, cast, scheme_id)
    with pytest.raises(Conflict):
        approve_claim(session, cast.manager, now=at(3), claim_id=claim.id)
    check_claim(session, cast.finance, now=at(3), claim_id=claim.id)
    with pytest.raises(Forbidden):  # though finance may approve money
        approve_claim(session, cast.finance, now=at(3), claim_id=claim.id)
    with pytest.raises(Forbidden):
        approve_claim(session, cast.auditor, now=at(3), claim_id=claim.id)
    with pytest.raises(Forbidden):
        check_claim(session, cast.manager, now=at(3), claim_id=claim.id)
    with pytest.raises(IntegrityError, match="two_people"), session.begin_nested():
        session.add(ClaimStep(claim_id=claim.id, number=3, state="approved", on=date(2026, 11, 3), fingerprint="x",
                              checked_by=cast.finance.person_id, created_at=at(3),
                              created_by=cast.finance.person_id))  # fmt: skip
        session.flush()


def test_a_line_taken_out_takes_the_approval_back(
    session: Session, cast: Cast, posted: October, scheme_id: int
) -> None:
    claim = make(session, cast, scheme_id)
    check_claim(session, cast.finance, now=at(3), claim_id=claim.id)
    approve_claim(session, cast.manager, now=at(3), claim_id=claim.id)
    line = list_lines(session, cast.finance, claim.id)[0].line
    remove_line(session, cast.finance, now=at(3), claim_id=claim.id, line_id=line.id, reason="x")
    with pytest.raises(Conflict, match="approved"):
        submit_claim(session, cast.finance, now=at(5), claim_id=claim.id, on=date(2026, 11, 5))
    check_claim(session, cast.finance, now=at(5), claim_id=claim.id)
    approve_claim(session, cast.manager, now=at(5), claim_id=claim.id)
    submit_claim(session, cast.finance, now=at(5), claim_id=claim.id, on=date(2026, 11, 5))


def test_a_credit_note_takes_check_and_approval_back(
    session: Session, cast: Cast, posted: October, scheme_id: int
) -> None:
    claim = make(session, cast, scheme_id)
    check_claim(session, cast.finance, now=at(3), claim_id=claim.id)
    approve_claim(session, cast.manager, now=at(3), claim_id=claim.id)
    invoice = session.execute(select(Invoice).where(Invoice.startup_id == posted.a.id)).scalar_one()
    credit_invoice(session, cast.finance, now=at(4), invoice_id=invoice.id, reason="开错")
    with pytest.raises(Conflict, match="since this claim was approved"):
        submit_claim(session, cast.finance, now=at(5), claim_id=claim.id, on=date(2026, 11, 5))
    gather_again(session, cast.finance, now=at(5), claim_id=claim.id)
    with pytest.raises(Conflict):
        submit_claim(session, cast.finance, now=at(5), claim_id=claim.id, on=date(2026, 11, 5))
    check_claim(session, cast.finance, now=at(5), claim_id=claim.id)
    approve_claim(session, cast.manager, now=at(5), claim_id=claim.id)
    submit_claim(session, cast.finance, now=at(5), claim_id=claim.id, on=date(2026, 11, 5))


def test_what_was_seen_is_what_is_checked(session: Session, cast: Cast, posted: October, scheme_id: int) -> None:
    claim = make(session, cast, scheme_id)
    with pytest.raises(Conflict, match="changed since you saw it"):
        check_claim(session, cast.finance, now=at(3), claim_id=claim.id, shown="something else")
    reopened = check_claim(session, cast.finance, now=at(3), claim_id=claim.id)
    check_claim(session, cast.finance, now=at(3), claim_id=claim.id, shown=reopened.fingerprint)
    reopen_claim(session, cast.finance, now=at(3), claim_id=claim.id, note="金额有误")
    assert claim.state == "draft"


def test_missing_evidence_is_to_be_explained(session: Session, cast: Cast, posted: October, scheme_id: int) -> None:
    require_evidence(session, cast.finance, now=at(1), scheme_id=scheme_id, kind="licence", per="startup",
                     is_required=True, valid_on="submission", first_on=date(2026, 1, 1))  # fmt: skip
    claim = make(session, cast, scheme_id)
    with pytest.raises(Refusal, match="required pieces"):
        check_claim(session, cast.finance, now=at(3), claim_id=claim.id)
    check_claim(session, cast.finance, now=at(3), claim_id=claim.id, note="执照换证中，随后补交")


def test_days_follow_one_another(session: Session, cast: Cast, posted: October, scheme_id: int) -> None:
    claim = make(session, cast, scheme_id)
    check_claim(session, cast.finance, now=at(3), claim_id=claim.id)
    approve_claim(session, cast.manager, now=at(4), claim_id=claim.id)
    for day in (date(2026, 11, 3), date(2026, 11, 6)):  # before the approval; still to come
        with pytest.raises(Refusal):
            submit_claim(session, cast.finance, now=at(5), claim_id=claim.id, on=day)


@pytest.mark.parametrize("how", ["withdrawn", "rejected"])
def test_what_has_ended_leaves_its_lines_to_others(
    session: Session, cast: Cast, posted: October, scheme_id: int, how: str
) -> None:
    claim = make(session, cast, scheme_id)
    hand_in(session, cast, claim)
    if how == "withdrawn":
        withdraw_claim(session, cast.finance, now=at(6), claim_id=claim.id, note="并入下季度")
    else:
        reject_claim(session, cast.finance, now=at(6), claim_id=claim.id, on=date(2026, 11, 6), note="逾期")
    assert claim.state == how and list_lines(session, cast.finance, claim.id) == []
    found = preview(session, cast.finance, Scope(scheme_id, None, DAYS["last_on"]))
    assert sum(each.amount_minor for each in found) == 305_458
    assert make(session, cast, scheme_id).number == 2
    with pytest.raises(Conflict, match="ended"):
        audit_claim(session, cast.finance, now=at(7), claim_id=claim.id, on=date(2026, 11, 7), note="x")


def test_another_operator_knows_of_nothing(session: Session, cast: Cast, posted: October, scheme_id: int) -> None:
    claim = make(session, cast, scheme_id)
    with pytest.raises((NotFound, Forbidden)):
        list_steps(session, cast.founder_a, claim.id)
    with pytest.raises(NotFound):
        check_claim(session, cast.finance, now=at(3), claim_id=claim.id + 1)


def test_of_two_who_approve_at_once_one_does(stage: Stage) -> None:
    claim_id, _ = _checked(stage)
    attempts = [
        lambda session, who=who: approve_claim(session, who, now=at(4), claim_id=claim_id).id
        for who in (stage.cast.manager, stage.cast.owner)
    ]
    outcomes = race(stage.connection, attempts)
    assert sorted(isinstance(each, Conflict) for each in outcomes) == [False, True], outcomes


def test_approving_and_changing_at_once_never_hands_in_what_nobody_saw(stage: Stage) -> None:
    """Whoever comes first: either the line is gone and nothing is approved, or the approval no longer holds."""
    claim_id, line_id = _checked(stage)
    outcomes = race(stage.connection, [
        lambda session: approve_claim(session, stage.cast.manager, now=at(4), claim_id=claim_id).id,
        lambda session: remove_line(session, stage.cast.finance, now=at(4), claim_id=claim_id, line_id=line_id,
                                    reason="x").id,
    ])  # fmt: skip
    assert not isinstance(outcomes[1], BaseException)
    with stage.connection() as session, pytest.raises(Conflict):
        submit_claim(session, stage.cast.finance, now=at(5), claim_id=claim_id, on=date(2026, 11, 5))


def _checked(stage: Stage) -> tuple[int, int]:
    with stage.connection() as session:
        claim = make(session, stage.cast, session.execute(select(Scheme.id)).scalar_one())
        check_claim(session, stage.cast.finance, now=at(3), claim_id=claim.id)
        found = claim.id, list_lines(session, stage.cast.finance, claim.id)[0].line.id
        session.commit()
    return found

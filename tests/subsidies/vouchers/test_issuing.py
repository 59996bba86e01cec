"""Series, their budgets, applications and rules."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.notices.models import Notice
from incubator.subsidies.models import VoucherApplication
from incubator.subsidies.operations.voucher_issuing import (
    apply_for_voucher,
    decide_application,
    issue_by_rule,
    renew_code,
    withdraw_application,
)
from incubator.subsidies.operations.voucher_series import (
    ProviderFacts,
    add_provider,
    close_series,
    edit_provider,
    open_series,
    set_budget,
)
from incubator.subsidies.queries.vouchers import list_candidates
from tests.cast import NOW, Cast
from tests.subsidies.vouchers.issuing import TERMS, at, make_provider, make_series, make_voucher, settle_in


@pytest.fixture(autouse=True)
def here(session: Session, cast: Cast) -> None:
    settle_in(session, cast)


def test_an_application_is_approved_and_a_voucher_issued(session: Session, cast: Cast) -> None:
    series = make_series(session, cast)
    voucher = make_voucher(session, cast, series)
    assert (voucher.label, voucher.face_minor, voucher.valid_from, voucher.valid_until) == (
        "V-2026-0001", 1_000_000, date(2026, 10, 1), date(2027, 9, 30),
    )  # fmt: skip
    assert series.committed_minor == 1_000_000
    told = {(notice.person_id, notice.facts["what"]) for notice in session.execute(select(Notice)).scalars()}
    assert told == {(cast.finance.person_id, "sent"), (cast.founder_a.person_id, "approved")}


def test_refused_with_a_reason_and_asked_for_again(session: Session, cast: Cast) -> None:
    series = make_series(session, cast)
    ask = {"now": NOW, "series_id": series.id, "startup_id": cast.startup_a}
    first = apply_for_voucher(session, cast.founder_a, purpose="检测", **ask)  # type: ignore[arg-type]
    with pytest.raises(Conflict, match="applied for this already"):
        apply_for_voucher(session, cast.founder_a, purpose="检测", **ask)  # type: ignore[arg-type]
    with pytest.raises(Refusal, match="Say why"):
        decide_application(session, cast.finance, now=NOW, application_id=first.id, outcome="refused")
    assert decide_application(session, cast.finance, now=NOW, application_id=first.id, outcome="refused", reason="用途不符") is None
    with pytest.raises(Conflict, match="decided already"):
        decide_application(session, cast.finance, now=NOW, application_id=first.id, outcome="approved")
    second = apply_for_voucher(session, cast.founder_a, purpose="样机检测", **ask)  # type: ignore[arg-type]
    withdraw_application(session, cast.founder_a, now=NOW, application_id=second.id)
    assert second.outcome == "withdrawn" and series.committed_minor == 0


def test_who_may_apply_and_decide(session: Session, cast: Cast) -> None:
    series = make_series(session, cast)
    for actor, error in ((cast.founder_b, NotFound), (cast.member_a, Forbidden), (cast.mentor, NotFound), (cast.finance, Forbidden)):
        with pytest.raises(error):
            apply_for_voucher(session, actor, now=NOW, series_id=series.id, startup_id=cast.startup_a, purpose="x")
    application = apply_for_voucher(session, cast.founder_a, now=NOW, series_id=series.id, startup_id=cast.startup_a, purpose="x")
    for actor, error in ((cast.manager, Forbidden), (cast.auditor, Forbidden), (cast.founder_a, Forbidden)):
        with pytest.raises(error):
            decide_application(session, actor, now=NOW, application_id=application.id, outcome="approved")
    with pytest.raises(NotFound):
        withdraw_application(session, cast.founder_b, now=NOW, application_id=application.id)
    for call in (
        lambda who: open_series(session, who, now=NOW, terms=TERMS),
        lambda who: set_budget(session, who, now=NOW, series_id=series.id, budget_minor=10**9),
        lambda who: close_series(session, who, now=NOW, series_id=series.id),
        lambda who: issue_by_rule(session, who, now=NOW, series_id=series.id, startup_ids=[cast.startup_a]),
        lambda who: add_provider(session, who, now=NOW, facts=ProviderFacts("x", ("services",))),
    ):
        for who in (cast.manager, cast.auditor, cast.front_desk, cast.founder_a, cast.mentor):
            with pytest.raises(Forbidden):
                call(who)


def test_one_for_each_unless_the_series_says_more(session: Session, cast: Cast) -> None:
    series = make_series(session, cast)
    make_voucher(session, cast, series)
    with pytest.raises(Conflict, match="has had as many"):
        make_voucher(session, cast, series)
    more = make_series(session, cast, code="CX27", most_each=2)
    assert make_voucher(session, cast, more).number == 2
    assert make_voucher(session, cast, more).number == 3


def test_the_budget_is_never_exceeded(session: Session, cast: Cast) -> None:
    # 15,000.00 in vouchers of 10,000.00: one; with 20,000.00 another one; it can't become less than what is issued
    series = make_series(session, cast, budget_minor=1_500_000)
    make_voucher(session, cast, series)
    with pytest.raises(Conflict, match="budget of"):
        make_voucher(session, cast, series, startup_id=cast.startup_b)
    with pytest.raises(Conflict, match="issued already"):
        set_budget(session, cast.finance, now=NOW, series_id=series.id, budget_minor=999_999)
    set_budget(session, cast.finance, now=NOW, series_id=series.id, budget_minor=2_000_000)
    waiting = session.execute(
        select(VoucherApplication).where(VoucherApplication.startup_id == cast.startup_b, VoucherApplication.decided_at.is_(None))
    ).scalar_one()
    decide_application(session, cast.finance, now=NOW, application_id=waiting.id, outcome="approved")
    assert series.committed_minor == 2_000_000


def test_issued_by_rule_to_all_or_none(session: Session, cast: Cast) -> None:
    series = make_series(session, cast, issued_by="rule", registered_months=12)
    both = [cast.startup_a, cast.startup_b]
    found = {each.startup.id: each.why_not for each in list_candidates(session, series, date(2026, 10, 1))}
    assert found == {cast.startup_a: [], cast.startup_b: []}
    session.execute(text("UPDATE startups SET registered_on = '2020-01-01' WHERE id = :b"), {"b": cast.startup_b})
    session.expire_all()
    with pytest.raises(Conflict, match="registered too long ago"):
        issue_by_rule(session, cast.finance, now=NOW, series_id=series.id, startup_ids=both)
    assert series.committed_minor == 0
    (voucher,) = issue_by_rule(session, cast.finance, now=NOW, series_id=series.id, startup_ids=[cast.startup_a])
    assert voucher.application_id is None
    with pytest.raises(Refusal, match="at least one"):
        issue_by_rule(session, cast.finance, now=NOW, series_id=series.id, startup_ids=[])
    with pytest.raises(Refusal, match="not applied for"):
        apply_for_voucher(session, cast.founder_b, now=NOW, series_id=series.id, startup_id=cast.startup_b, purpose="x")


def test_too_small_a_budget_issues_none(session: Session, cast: Cast) -> None:
    series = make_series(session, cast, issued_by="rule", budget_minor=1_500_000)
    with pytest.raises(Conflict, match="budget of"), session.begin_nested():
        issue_by_rule(session, cast.finance, now=NOW, series_id=series.id, startup_ids=[cast.startup_a, cast.startup_b])
    assert session.execute(text("SELECT count(*) FROM vouchers")).scalar() == 0


@pytest.mark.parametrize("now", [at(9, 30, 23), at(1, 1, 0, year=2027)])
def test_not_before_the_first_day_nor_after_the_last(session: Session, cast: Cast, now: Any) -> None:
    series = make_series(session, cast)
    with pytest.raises(Conflict):
        apply_for_voucher(session, cast.founder_a, now=now, series_id=series.id, startup_id=cast.startup_a, purpose="x")


def test_closed_means_no_more(session: Session, cast: Cast) -> None:
    series = make_series(session, cast)
    close_series(session, cast.finance, now=NOW, series_id=series.id)
    with pytest.raises(Conflict, match="No more of this series"):
        make_voucher(session, cast, series)


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"code": " "}, "code"), ({"name": ""}, "name"), ({"source": ""}, "source"), ({"budget_minor": 0}, "budget"),
        ({"face_minor": -1}, "face"), ({"face_minor": 6_000_000}, "budget"), ({"share_percent": Decimal("100.01")}, "share_percent"),
        ({"share_percent": Decimal("33.333")}, "share_percent"), ({"valid_days": 0}, "valid_days"), ({"uses": ()}, "uses"),
        ({"uses": ("rent",)}, "uses"), ({"issued_by": "luck"}, "issued_by"), ({"who": "friends"}, "who"),
        ({"registered_months": 0}, "registered_months"), ({"most_each": 0}, "most_each"), ({"last_on": date(2026, 9, 1)}, "last_on"),
        ({"first_on": date(1999, 1, 1)}, "first_on"), ({"yearly_limit_minor": 0}, "yearly_limit"),
    ],
)  # fmt: skip
def test_wrong_terms(session: Session, cast: Cast, terms: dict[str, Any], field: str) -> None:
    with pytest.raises(Refusal) as refused:
        open_series(session, cast.finance, now=NOW, terms=replace(TERMS, **terms))
    assert refused.value.field == field


def test_a_code_and_a_provider_are_there_once(session: Session, cast: Cast) -> None:
    make_series(session, cast)
    with pytest.raises(Conflict, match="already"):
        make_series(session, cast)
    made = make_provider(session, cast, credit_code="91110000802100433B")
    with pytest.raises(Conflict, match="of this name"):
        make_provider(session, cast)
    with pytest.raises(Conflict, match="credit code already"):
        make_provider(session, cast, name="另一家", credit_code="91110000802100433B")
    with pytest.raises(Refusal, match="valid credit code"):
        make_provider(session, cast, name="第三家", credit_code="91110000802100434B")
    edit_provider(session, cast.finance, now=NOW, provider_id=made.id, facts=ProviderFacts(made.name, ("training",)))
    assert (made.uses, made.credit_code, made.bank) == (["training"], None, "")


def test_a_code_can_be_made_anew(session: Session, cast: Cast) -> None:
    voucher = make_voucher(session, cast, make_series(session, cast))
    before = voucher.code_salt
    with pytest.raises(NotFound):
        renew_code(session, cast.founder_b, now=NOW, voucher_id=voucher.id)
    renew_code(session, cast.founder_a, now=NOW, voucher_id=voucher.id)
    assert voucher.code_salt != before

"""One-off charges and exclusions: billed once, by the month's draft, and withdrawn until then."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.billing.drafts import draft_month
from incubator.billing.models import Charge, Invoice, InvoiceLine
from incubator.billing.operations.exclusions import exclude_startup, lift_exclusion
from incubator.billing.operations.one_off import OneOffTerms, add_one_off, propose_one_off, withdraw_one_off
from incubator.billing.operations.posting import post_month
from incubator.core.errors import Conflict, Forbidden, Refusal
from tests.cast import Cast
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER, October

LAST = date(2026, 10, 31)


def post(session: Session, cast: Cast, october: October) -> list[Invoice]:
    return post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)


def key_of(session: Session, cast: Cast, october: October, **changes: object) -> OneOffTerms:
    values: dict[str, object] = {"kind": "other", "description": "补办门禁卡", "starts_on": LAST, "ends_on": LAST,
                                 "amount_minor": 12_000}  # fmt: skip
    return OneOffTerms(**values | changes)  # type: ignore[arg-type] # a dictionary of all


def test_a_lost_key_stands_on_the_months_invoice_once(session: Session, cast: Cast, october: October) -> None:
    add_one_off(session, cast.finance, now=AFTER_OCTOBER, startup_id=october.a.id, site_id=october.site.id,
                terms=key_of(session, cast, october))  # fmt: skip
    before = {each.startup_id: each.gross_minor for each in draft_month(session, cast.finance, october.site.id, OCTOBER).invoices}
    made = {each.startup_id: each for each in post(session, cast, october)}
    assert made[october.a.id].gross_minor == before[october.a.id]
    line = session.execute(
        select(InvoiceLine).join(Charge, Charge.id == InvoiceLine.charge_id).where(Charge.source_kind == "one_off")
    ).scalar_one()
    assert (line.gross_minor, line.subsidy_minor, line.description) == (12_000, 0, {"what": "补办门禁卡"})
    with pytest.raises(Conflict, match="nothing to post"):
        post(session, cast, october)


def test_one_that_schemes_apply_to_is_subsidised(session: Session, cast: Cast, october: October) -> None:
    # scheme Y bears 60 % of A's rent: of 1,000.00 more, 600.00
    def of_a() -> int:
        found = draft_month(session, cast.finance, october.site.id, OCTOBER).invoices
        return next(each.subsidy_minor for each in found if each.startup_id == october.a.id)

    before = of_a()
    add_one_off(session, cast.finance, now=AFTER_OCTOBER, startup_id=october.a.id, site_id=october.site.id,
                terms=key_of(session, cast, october, kind="rent", amount_minor=100_000))  # fmt: skip
    assert of_a() == before
    add_one_off(session, cast.finance, now=AFTER_OCTOBER, startup_id=october.a.id, site_id=october.site.id,
                terms=key_of(session, cast, october, kind="rent", amount_minor=100_000, is_subsidised=True))  # fmt: skip
    assert of_a() == before + 60_000


def test_withdrawn_it_is_not_charged_and_posted_it_stays(session: Session, cast: Cast, october: October) -> None:
    made = [
        propose_one_off(session, cast.finance, now=AFTER_OCTOBER, startup_id=october.a.id, site_id=october.site.id,
                        kind="interest", description="逾期利息", amount_minor=500 + n, on=LAST, source=("dunning_steps", n))
        for n in (1, 2)
    ]  # fmt: skip
    with pytest.raises(Conflict, match="charged already"):
        propose_one_off(session, cast.finance, now=AFTER_OCTOBER, startup_id=october.a.id, site_id=october.site.id,
                        kind="interest", description="逾期利息", amount_minor=1, on=LAST, source=("dunning_steps", 1))  # fmt: skip
    withdraw_one_off(session, cast.finance, now=AFTER_OCTOBER, one_off_id=made[0].id, reason="免除")
    post(session, cast, october)
    assert session.execute(select(Charge.source_id).where(Charge.source_kind == "one_off")).scalars().all() == [made[1].id]
    with pytest.raises(Conflict, match="credit note"):
        withdraw_one_off(session, cast.finance, now=AFTER_OCTOBER, one_off_id=made[1].id, reason="免除")
    with pytest.raises(Conflict, match="withdrawn already"):
        withdraw_one_off(session, cast.finance, now=AFTER_OCTOBER, one_off_id=made[0].id, reason="免除")


@pytest.mark.parametrize(("changes", "field"), [
    ({"amount_minor": 0}, "amount"), ({"kind": "gift"}, "kind"), ({"description": " "}, "description"),
    ({"ends_on": date(2026, 10, 1)}, "ends_on"), ({"starts_on": date(1, 1, 1)}, "starts_on"),
])  # fmt: skip
def test_refused(session: Session, cast: Cast, october: October, changes: dict[str, object], field: str) -> None:
    with pytest.raises(Refusal) as caught:
        add_one_off(session, cast.finance, now=AFTER_OCTOBER, startup_id=october.a.id, site_id=october.site.id,
                    terms=key_of(session, cast, october, **changes))  # fmt: skip
    assert caught.value.field == field


def test_a_founder_charges_nobody(session: Session, cast: Cast, october: October) -> None:
    with pytest.raises(Forbidden):
        add_one_off(session, cast.founder_a, now=AFTER_OCTOBER, startup_id=october.a.id, site_id=october.site.id,
                    terms=key_of(session, cast, october))  # fmt: skip


def test_excluded_it_waits_and_is_billed_later(session: Session, cast: Cast, october: October) -> None:
    found = exclude_startup(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, startup_id=october.a.id,
                            month=OCTOBER, reason="租金减免在商谈")  # fmt: skip
    draft = draft_month(session, cast.finance, october.site.id, OCTOBER)
    assert october.a.id not in {each.startup_id for each in draft.invoices}
    assert [each.exclusion.reason for each in draft.excluded] == ["租金减免在商谈"] and draft.excluded[0].gross_minor > 0
    assert {each.startup_id for each in post(session, cast, october)} == {october.b.id, october.c.id}
    with pytest.raises(Conflict, match="nothing to post"):
        post(session, cast, october)
    lift_exclusion(session, cast.finance, now=AFTER_OCTOBER, exclusion_id=found.id)
    with pytest.raises(Conflict, match="lifted already"):
        lift_exclusion(session, cast.finance, now=AFTER_OCTOBER, exclusion_id=found.id)
    assert [each.startup_id for each in post(session, cast, october)] == [october.a.id]

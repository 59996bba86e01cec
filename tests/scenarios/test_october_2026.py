"""October 2026, to the fen: what each startup pays, what the subsidy bears, and why team C gets none."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from incubator.billing.drafts import draft_month
from incubator.billing.models import Charge, Invoice, InvoiceLine
from incubator.billing.operations.posting import post_month
from incubator.core.errors import Conflict, Forbidden, Refusal
from incubator.core.money import Money
from incubator.subsidies.models import Decision
from tests.cast import NOW, Cast
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER, October


def yuan(minor: int) -> Decimal:
    return Money(minor).major


def test_the_invoices_of_october(session: Session, cast: Cast, october: October) -> None:
    invoices = post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)

    by_startup = {invoice.startup_id: invoice for invoice in invoices}
    a, b, c = (by_startup[startup.id] for startup in (october.a, october.b, october.c))

    # A: rent 2,400.00 + property 300.00 = 2,700.00, of which 60 % are borne; its booking of 75.00 is not covered
    assert (yuan(a.gross_minor), yuan(a.subsidy_minor), yuan(a.net_minor)) == (
        Decimal("2775.00"), Decimal("1620.00"), Decimal("1155.00"),
    )  # fmt: skip
    # B: 16 of 31 days: 2,109.68 + 281.29 = 2,390.97; 1,265.81 + 168.77 = 1,434.58; 956.39 left, and 100.00 of booking
    assert (yuan(b.gross_minor), yuan(b.subsidy_minor), yuan(b.net_minor)) == (
        Decimal("2490.97"), Decimal("1434.58"), Decimal("1056.39"),
    )  # fmt: skip
    # C: two desks at 600.00, no subsidy
    assert (yuan(c.gross_minor), yuan(c.subsidy_minor), yuan(c.net_minor)) == (
        Decimal("1200.00"), Decimal("0.00"), Decimal("1200.00"),
    )  # fmt: skip
    assert sorted(invoice.number for invoice in invoices) == [1, 2, 3]


def test_each_line_of_october(session: Session, cast: Cast, october: October) -> None:
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    rows = session.execute(
        select(Charge.startup_id, Charge.kind, InvoiceLine.gross_minor, InvoiceLine.subsidy_minor, InvoiceLine.net_minor)
        .join(InvoiceLine, InvoiceLine.charge_id == Charge.id)
        .order_by(InvoiceLine.invoice_id, InvoiceLine.line)
    ).all()
    lines = {october.a.id: [], october.b.id: [], october.c.id: []}  # type: dict[int, list[tuple[str, str, str, str]]]
    for startup_id, kind, *amounts in rows:
        lines[startup_id].append((kind, *(str(yuan(amount)) for amount in amounts)))  # type: ignore[arg-type]
    assert lines[october.a.id] == [
        ("rent", "2400.00", "1440.00", "960.00"),
        ("property_fee", "300.00", "180.00", "120.00"),
        ("booking", "75.00", "0.00", "75.00"),
    ]
    assert lines[october.b.id] == [
        ("rent", "2109.68", "1265.81", "843.87"),
        ("property_fee", "281.29", "168.77", "112.52"),
        ("booking", "100.00", "0.00", "100.00"),
    ]
    assert lines[october.c.id] == [("rent", "600.00", "0.00", "600.00")] * 2


def test_the_record_says_why_team_c_gets_nothing(session: Session, cast: Cast, october: October) -> None:
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    refused = session.execute(select(Decision).where(Decision.startup_id == october.c.id)).scalars().all()
    assert [(decision.outcome, decision.amount_minor) for decision in refused] == [("refused", 0)] * 2
    kind, months = refused[0].derivation["who"]["all"]
    assert kind == {"fact": "startup.kind", "comparison": "is", "value": "company", "found": "team", "answer": "not_met"}
    assert (months["answer"], months["found"]) == ("met", 1)
    assert refused[0].derivation["source"].startswith("永修县")


def test_the_cap_of_the_quarter_is_counted(session: Session, cast: Cast, october: October) -> None:
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    fee = session.execute(
        select(Decision)
        .join(Charge, Charge.id == Decision.charge_id)
        .where(Decision.startup_id == october.a.id, Charge.kind == "property_fee")
    ).scalar_one()
    # the rent before it took 1,440.00; this line takes 180.00 more
    assert fee.derivation["caps"] == [
        {
            "per": "startup", "window": "quarter", "amount_minor": 1_000_000, "used_before_minor": 144_000,
            "left_before_minor": 856_000, "left_after_minor": 838_000,
        }
    ]  # fmt: skip


def test_what_the_draft_shows_is_what_is_posted_and_only_once(session: Session, cast: Cast, october: October) -> None:
    draft = draft_month(session, cast.finance, october.site.id, OCTOBER)
    assert (yuan(draft.gross_minor), yuan(draft.subsidy_minor), yuan(draft.net_minor)) == (
        Decimal("6465.97"), Decimal("3054.58"), Decimal("3411.39"),
    )  # fmt: skip
    post = {"now": AFTER_OCTOBER, "site_id": october.site.id, "month": OCTOBER}
    with pytest.raises(Conflict, match="has changed since you saw it"):
        post_month(session, cast.finance, **post, shown="another")  # type: ignore[arg-type]
    post_month(session, cast.finance, **post, shown=draft.fingerprint)  # type: ignore[arg-type]
    assert draft_month(session, cast.finance, october.site.id, OCTOBER).invoices == []
    with pytest.raises(Conflict, match="nothing to post"):
        post_month(session, cast.finance, **post)  # type: ignore[arg-type]
    assert len(session.execute(select(Invoice)).scalars().all()) == 3


def test_a_month_that_has_not_ended_is_not_posted(session: Session, cast: Cast, october: October) -> None:
    with pytest.raises(Refusal, match="2026-10 has not ended yet"):
        post_month(session, cast.finance, now=NOW, site_id=october.site.id, month=OCTOBER)


def test_what_is_posted_can_neither_be_changed_nor_deleted(session: Session, cast: Cast, october: October) -> None:
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    changes = [
        "UPDATE invoices SET net_minor = 1, gross_minor = subsidy_minor + 1",
        "UPDATE invoice_lines SET description = '{}'",
        "UPDATE charges SET gross_minor = 0",
        "UPDATE subsidy_decisions SET outcome = 'refused', amount_minor = 0",
        "UPDATE scheme_versions SET rule = '{}'",
        *(f"DELETE FROM {table}" for table in (
            "invoice_lines", "invoices", "charges", "subsidy_decisions", "scheme_versions", "number_series")),
        *(f"TRUNCATE {table} CASCADE" for table in ("invoices", "charges", "subsidy_decisions")),
    ]  # fmt: skip
    for change in changes:
        with pytest.raises(ProgrammingError, match="permission denied"), session.begin_nested():
            session.execute(text(change))
    # the same role may write them once, and read them: the refusal above is not for want of any right at all
    assert session.execute(text("SELECT count(*) FROM invoices")).scalar_one() == 3


def test_who_may_post(session: Session, cast: Cast, october: October) -> None:
    for actor in (cast.manager, cast.auditor, cast.front_desk, cast.founder_a):
        with pytest.raises(Forbidden):
            post_month(session, actor, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)

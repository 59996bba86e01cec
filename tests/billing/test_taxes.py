"""VAT on charges, invoices and files: October once more, by a general taxpayer (9 % of rent and rooms, 6 % of fees)."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given as given_by
from hypothesis import strategies as st
from pypdf import PdfReader
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from incubator.billing.correction_lists import propose
from incubator.billing.drafts import draft_month
from incubator.billing.models import Charge, Invoice, InvoiceLine
from incubator.billing.operations.posting import post_month, rerate_startup
from incubator.billing.rules.invoicing import LineDraft, TaxSum, sum_taxes, tax_charge
from incubator.billing.waiting import list_waiting
from incubator.pricing.operations import TariffLine, create_tariff, set_tax_rate, set_tax_status
from incubator.pricing.rules.proposals import Proposals
from incubator.pricing.rules.taxes import Rate, Taxes
from incubator.startups.models import Residency
from incubator.startups.operations import UnitTerms, edit_startup, sign_residency
from tests.billing.sample import charge
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER, October

NOVEMBER = OCTOBER + 1
DECEMBER_3 = datetime(2026, 12, 3, 1, tzinfo=UTC)
EXEMPT = "财税〔2018〕120号：孵化服务免征增值税，至2027年12月31日"


@pytest.fixture
def taxed(session: Session, cast: Cast, october: October) -> October:
    set_tax_status(session, cast.finance, now=NOW, status="general", valid_from=date(2026, 1, 1), usual=True)
    return october


def post(session: Session, cast: Cast, october: October, month: object = OCTOBER, now: datetime = AFTER_OCTOBER) -> dict[int, Invoice]:
    made = post_month(session, cast.finance, now=now, site_id=october.site.id, month=month)  # type: ignore[arg-type]
    return {each.startup_id: each for each in made}


def lines(session: Session, invoice: Invoice) -> list[tuple[str, Decimal | None, int | None, int, int | None]]:
    rows = session.execute(
        select(Charge.kind, Charge.tax_rate, Charge.tax_minor, InvoiceLine.net_minor, InvoiceLine.tax_minor)
        .join(InvoiceLine, InvoiceLine.charge_id == Charge.id)
        .where(InvoiceLine.invoice_id == invoice.id).order_by(InvoiceLine.line)
    ).all()  # fmt: skip
    return list(rows)


def test_each_line_says_what_of_it_is_vat(session: Session, cast: Cast, taxed: October) -> None:
    invoice = post(session, cast, taxed)[taxed.a.id]
    nine, six = Decimal("0.0900"), Decimal("0.0600")
    # of the gross: 2,400.00 × 9/109, 300.00 × 6/106, 75.00 × 9/109; of the net 960.00, 120.00 and 75.00
    assert lines(session, invoice) == [
        ("rent", nine, 19_817, 96_000, 7_927), ("property_fee", six, 1_698, 12_000, 679), ("booking", nine, 619, 7_500, 619)]  # fmt: skip
    assert invoice.net_minor == 115_500, "as without: prices were with VAT"


def test_nobody_has_said_how_it_is_taxed(session: Session, cast: Cast, october: October) -> None:
    assert draft_month(session, cast.finance, october.site.id, OCTOBER).untaxed == ()
    invoice = post(session, cast, october)[october.a.id]
    assert [(rate, tax, of_net) for _, rate, tax, _, of_net in lines(session, invoice)] == [(None, None, None)] * 3


def test_a_kind_without_a_rate_is_named_before_posting(client: Browser, session: Session, cast: Cast, october: October) -> None:
    set_tax_status(session, cast.finance, now=NOW, status="general", valid_from=date(2026, 1, 1))
    set_tax_rate(session, cast.finance, now=NOW, status="general", charge_kind="rent", valid_from=date(2026, 1, 1), rate=Decimal("0.09"),
                 source="增值税法")  # fmt: skip
    assert draft_month(session, cast.finance, october.site.id, OCTOBER).untaxed == ("booking", "property_fee")
    session.commit()
    page = client.sign_in(cast.finance).get(f"/billing/{october.site.id}/2026-10").text
    assert "以下费用尚未填写税率：预订、物业费。" in page and "/tariffs/taxes" in page


def test_prices_agreed_without_vat_have_it_put_on_top(session: Session, cast: Cast, taxed: October) -> None:
    """54.50 m² at 75.00 for 16 of 31 days: 2,109.68 and 9 % of it, 189.87; the scheme gives 60 % of both together."""
    session.execute(update(Residency).where(Residency.startup_id == taxed.b.id).values(tax_included=False))
    invoice = post(session, cast, taxed)[taxed.b.id]
    rent = session.execute(select(Charge).where(Charge.startup_id == taxed.b.id, Charge.kind == "rent")).scalar_one()
    assert (rent.gross_minor, rent.tax_minor, rent.derivation["tax"]["on_minor"]) == (229_955, 18_987, 210_968)
    # 545.00 × 16/31 = 281.29 and 6 % of it, 16.88
    fee = session.execute(select(Charge).where(Charge.startup_id == taxed.b.id, Charge.kind == "property_fee")).scalar_one()
    assert (fee.gross_minor, fee.tax_minor) == (29_817, 1_688)
    by_kind = {kind: (net, tax) for kind, _, _, net, tax in lines(session, invoice)}
    assert by_kind["rent"] == (91_982, 7_595)  # 2,299.55 − 1,379.73; × 9/109


def test_a_tariff_proposes_and_the_agreement_keeps(session: Session, cast: Cast, taxed: October) -> None:
    create_tariff(session, cast.finance, now=NOW, site=taxed.site, name="不含税", valid_from=date(2026, 11, 1), proposals=Proposals(tax_included=False),
                  items=[TariffLine("rent", "unit_month", Decimal("1000.00"), unit_kind="desk")])  # fmt: skip
    terms = [UnitTerms(taxed.units["D3"], "unit_month", Decimal("1000.00"))]
    signed = sign_residency(session, cast.manager, now=NOW, startup=taxed.c, site=taxed.site, starts_on=date(2026, 11, 1), units=terms)
    assert signed.tax_included is False
    assert all(each.tax_included for each in session.execute(select(Residency).where(Residency.id != signed.id)).scalars())
    draft = draft_month(session, cast.finance, taxed.site.id, NOVEMBER)
    (mine,) = [each for each in draft.invoices if each.startup_id == taxed.c.id]
    assert sorted(line.charge.gross_minor for line in mine.lines) == [60_000, 60_000, 109_000]


def test_the_rate_of_its_last_day_holds_and_what_is_posted_stays(session: Session, cast: Cast, taxed: October) -> None:
    invoice = post(session, cast, taxed)[taxed.a.id]
    before = lines(session, invoice)
    set_tax_rate(session, cast.finance, now=DECEMBER_3, status="general", charge_kind="rent", valid_from=date(2026, 11, 15), rate=Decimal(0),
                 source=EXEMPT)  # fmt: skip
    november = post(session, cast, taxed, NOVEMBER, DECEMBER_3)[taxed.a.id]
    assert lines(session, invoice) == before
    assert lines(session, november)[0][1:] == (Decimal(0), 0, 96_000, 0)


def test_what_is_taken_back_is_taxed_as_what_it_corrects(session: Session, cast: Cast, taxed: October) -> None:
    post(session, cast, taxed)
    edit_startup(session, cast.manager, now=DECEMBER_3, startup=taxed.a, name=taxed.a.name, kind="company", credit_code=taxed.a.credit_code,
                 registered_on=date(2026, 11, 2))  # fmt: skip
    rerate_startup(session, cast.finance, now=DECEMBER_3, startup_id=taxed.a.id, reason="登记日期有误")
    november = post(session, cast, taxed, NOVEMBER, DECEMBER_3)[taxed.a.id]
    # 1,440.00 × 9/109 and 180.00 × 6/106
    assert lines(session, november)[-2:] == [
        ("rent", Decimal("0.09"), 0, 144_000, 11_890), ("property_fee", Decimal("0.06"), 0, 18_000, 1_019)]  # fmt: skip


def test_page_pdf_and_files_say_it(client: Browser, session: Session, cast: Cast, taxed: October) -> None:
    invoice = post(session, cast, taxed)[taxed.a.id]
    set_tax_rate(session, cast.finance, now=NOW, status="general", charge_kind="rent", valid_from=date(2026, 1, 1), rate=Decimal(0), source=EXEMPT)
    session.commit()
    said = "¥1,035.00 中含增值税（9%）¥85.46；¥120.00 中含增值税（6%）¥6.79"
    assert said in client.sign_in(cast.founder_a).get(f"/invoices/{invoice.id}").text
    pdf = PdfReader(io.BytesIO(client.get(f"/invoices/{invoice.id}/pdf").data))
    assert "¥85.46" in "".join(page.extract_text() for page in pdf.pages)
    browser = client.sign_in(cast.finance)
    base = f"/billing/{taxed.site.id}/2026-10/export"
    rows = list(csv.DictReader(io.StringIO(browser.get(f"{base}.csv").data.decode("utf-8-sig"))))
    mine = [row for row in rows if row["编号"].endswith(f"{invoice.number:06}")]
    assert [(row["增值税率"], row["其中增值税"]) for row in mine] == [("9%", "79.27"), ("6%", "6.79"), ("9%", "6.19")]
    book = openpyxl.load_workbook(io.BytesIO(browser.get(f"{base}.xlsx").data))
    cells = [[cell.value for cell in row] for sheet in book for row in sheet.iter_rows()]
    assert any(row[-2:] == ["9%", 79.27] for row in cells)


def test_the_explanation_of_a_price_without_vat(client: Browser, session: Session, cast: Cast, taxed: October) -> None:
    session.execute(update(Residency).where(Residency.startup_id == taxed.b.id).values(tax_included=False))
    invoice = post(session, cast, taxed)[taxed.b.id]
    session.commit()
    assert "= ¥2,109.68，另加增值税（9%）¥189.87，合计 ¥2,299.55" in client.sign_in(cast.founder_b).get(f"/invoices/{invoice.id}").text


def test_the_database_refuses_a_tax_that_cannot_be(session: Session, cast: Cast, taxed: October) -> None:
    rent = charge()
    values = {"site_id": taxed.site.id, "startup_id": taxed.a.id, "month": OCTOBER.first, "kind": "rent", "source_kind": "booking",
              "source_id": 999, "starts_on": rent.starts_on, "ends_on": rent.ends_on, "quantity": 1, "basis": "hour", "unit_price": 1,
              "gross_minor": 100, "derivation": {}}  # fmt: skip
    for odd in ({"tax_rate": Decimal("0.09")}, {"tax_minor": 5}, {"tax_rate": Decimal("0.09"), "tax_minor": 101},
                {"tax_rate": Decimal("-0.01"), "tax_minor": 0}, {"tax_rate": Decimal(1), "tax_minor": 5}):  # fmt: skip
        with pytest.raises(IntegrityError), session.begin_nested():
            session.add(Charge(**values, **odd))
            session.flush()


@given_by(st.lists(st.tuples(st.sampled_from(["rent", "property_fee", "booking"]), st.integers(0, 10**9), st.booleans()), max_size=6),
          st.integers(0, 99), st.integers(0, 99))  # fmt: skip
def test_sums_by_rate_are_the_lines(drawn: list[tuple[str, int, bool]], rent: int, fee: int) -> None:
    """However prices and rates are: net and VAT of the rates add up to those of the lines, and no VAT is more than its net."""
    first = date(2026, 1, 1)
    taxes = Taxes(((first, "general"),), tuple(
        Rate("general", kind, first, Decimal(percent) / 100, "x") for kind, percent in (("rent", rent), ("property_fee", fee))))  # fmt: skip
    found = [
        LineDraft(tax_charge(charge(n, gross, kind, derivation={"without_tax": True} if without else {}), taxes), ())
        for n, (kind, gross, without) in enumerate(drawn)
    ]
    sums = sum_taxes((each.charge.tax_rate, each.net_minor, each.tax_minor) for each in found)
    known = [each for each in found if each.charge.tax_rate is not None]
    assert sum(each.net_minor for each in sums) == sum(each.net_minor for each in known)
    assert sum(each.tax_minor for each in sums) == sum(each.tax_minor or 0 for each in known)
    assert all(isinstance(each, TaxSum) and 0 <= each.tax_minor <= each.net_minor for each in sums)
    assert len(sums) == len({each.rate for each in sums}) <= 2


def test_what_waits_and_what_changed_count_vat_on_top_too(session: Session, cast: Cast, taxed: October) -> None:
    session.execute(update(Residency).where(Residency.startup_id == taxed.b.id).values(tax_included=False))
    draft = draft_month(session, cast.finance, taxed.site.id, OCTOBER)
    waiting = list_waiting(session, cast.finance, OCTOBER, OCTOBER)[taxed.site.id, OCTOBER.first]
    assert waiting.gross_minor == draft.gross_minor
    post(session, cast, taxed)
    assert propose(session, cast.finance, taxed.b.id).changed == []

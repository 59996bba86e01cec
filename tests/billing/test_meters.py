"""What meters counted, on the invoices of October: once, by who had the unit, and named where a reading is missing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import event, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from incubator.billing.drafts import Draft, draft_month
from incubator.billing.models import Charge
from incubator.billing.operations.credit_notes import credit_invoice
from incubator.billing.operations.posting import post_month
from incubator.billing.queries.invoices import get_invoice
from incubator.billing.waiting import list_waiting
from incubator.billing.wording import anomaly_words, line_formula, line_title
from incubator.core.periods import Month
from incubator.pricing.models import Meter
from incubator.pricing.operations import (
    Entry,
    TariffLine,
    add_meter,
    correct_reading,
    create_tariff,
    enter_readings,
)
from incubator.pricing.queries.meters import last_of_day
from incubator.startups.operations import UnitTerms, end_residency, sign_residency
from incubator.startups.queries import list_startups_residencies
from tests.cast import NOW, Cast
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER, October

D = Decimal
NOVEMBER = OCTOBER + 1
SEPTEMBER_30, OCTOBER_15, OCTOBER_31, NOVEMBER_30 = date(2026, 9, 30), date(2026, 10, 15), date(2026, 10, 31), date(2026, 11, 30)
DECEMBER_31 = date(2026, 12, 31)
LATER = AFTER_OCTOBER.replace(month=12)
NEW_YEAR = AFTER_OCTOBER.replace(year=2027, month=1)


@pytest.fixture
def priced(session: Session, cast: Cast, october: October) -> October:
    """Electricity at 0.68 up to 200 kWh a month and 0.95 above, water at 4.20, since 1 September."""
    create_tariff(session, cast.finance, now=NOW, site=october.site, name="水电", valid_from=date(2026, 9, 1), items=[
        TariffLine("booking", "hour", D("50.00"), resource_kind="meeting_room"),
        TariffLine("utilities", "metered", D("0.68"), medium="electricity", tiers=((D(200), D("0.95")),)),
        TariffLine("utilities", "metered", D("4.20"), medium="water"),
    ])  # fmt: skip
    return october


def meter(session: Session, cast: Cast, october: October, unit: str = "O1", *, reading: str = "1200", medium: str = "electricity",
          shared_by: str | None = None, number: str = "") -> Meter:  # fmt: skip
    return add_meter(session, cast.front_desk, now=NOW, site=october.site, medium=medium, number=number or f"{medium}-{unit}",
                     installed_on=SEPTEMBER_30, reading=D(reading), unit=None if shared_by else october.units[unit],
                     shared_by=shared_by, digits=5)  # fmt: skip


def enter(session: Session, cast: Cast, october: October, *typed: tuple[Meter, date, str]) -> None:
    enter_readings(session, cast.front_desk, now=NEW_YEAR, site=october.site,
                   entries=[Entry(each.id, on, D(value), sure=True) for each, on, value in typed])  # fmt: skip


def drafted(session: Session, cast: Cast, october: October, month: Month = OCTOBER) -> Draft:
    return draft_month(session, cast.finance, october.site.id, month)


def utilities(draft: Draft) -> dict[int, list[tuple[int, int]]]:
    """By startup what its meters cost, gross and subsidy."""
    return {
        each.startup_id: [(line.charge.gross_minor, line.subsidy_minor) for line in each.lines if line.charge.kind == "utilities"]
        for each in draft.invoices
    }


def odd(draft: Draft, kind: str) -> list[int]:
    return [each.startup_id for each in draft.anomalies if each.kind == kind]


def test_an_offices_electricity_is_on_its_invoice_and_subsidised(session: Session, cast: Cast, priced: October) -> None:
    """250 kWh: 200 × 0.68 + 50 × 0.95 = 183.50; scheme Y bears 60 %: 110.10."""
    mine = meter(session, cast, priced)
    enter(session, cast, priced, (mine, OCTOBER_31, "1450"))
    found = drafted(session, cast, priced)
    assert utilities(found)[priced.a.id] == [(18_350, 11_010)] and not utilities(found)[priced.b.id]
    assert not odd(found, "no_reading")


def test_it_says_how_it_came_about(session: Session, cast: Cast, priced: October, app: Flask) -> None:
    enter(session, cast, priced, (meter(session, cast, priced), OCTOBER_31, "1450"))
    (line,) = [line.charge for each in drafted(session, cast, priced).invoices for line in each.lines if line.charge.kind == "utilities"]
    with app.app_context(), force_locale("zh_Hans"):
        assert line_title("utilities", line.description, "zh_Hans") == "电 · O1"
        said = line_formula("utilities", line.basis, line.unit_price, line.gross_minor, "CNY", line.derivation, "zh_Hans")
    assert said == "读数 1,200 → 1,450，用量 250。200 × 0.68 + 50 × 0.95 = ¥183.50"


def test_a_missing_reading_is_named_and_charged_with_the_next(session: Session, cast: Cast, priced: October, app: Flask) -> None:
    """Nothing in October. 500 kWh until 30 November are two months: 400 × 0.68 + 100 × 0.95 = 367.00."""
    mine = meter(session, cast, priced)
    found = drafted(session, cast, priced)
    assert odd(found, "no_reading") == [priced.a.id] and not utilities(found)[priced.a.id]
    (anomaly,) = [each for each in found.anomalies if each.kind == "no_reading"]
    with app.app_context(), force_locale("en"):
        assert "Electric power O1 electricity-O1 has no reading" in anomaly_words(anomaly, "CNY", "en")
    post_month(session, cast.finance, now=LATER, site_id=priced.site.id, month=OCTOBER)
    enter(session, cast, priced, (mine, NOVEMBER_30, "1700"))
    assert utilities(drafted(session, cast, priced, NOVEMBER))[priced.a.id][0][0] == 36_700
    assert odd(drafted(session, cast, priced), "no_reading") == [priced.a.id], "October still has none"


def test_a_reading_that_was_entered_late_belongs_to_the_next_month(session: Session, cast: Cast, priced: October) -> None:
    """Posted with the reading of the 15th (150 kWh: 102.00); then that of the 31st comes. November has 16 days more."""
    mine = meter(session, cast, priced)
    enter(session, cast, priced, (mine, OCTOBER_15, "1350"))
    post_month(session, cast.finance, now=LATER, site_id=priced.site.id, month=OCTOBER)
    enter(session, cast, priced, (mine, OCTOBER_31, "1450"), (mine, NOVEMBER_30, "1550"))
    again = drafted(session, cast, priced)
    assert not again.invoices and odd(again, "changed") == [priced.a.id], "named, and never charged to October again"
    # 200 kWh in 46 days: two months' tiers, all of it at 0.68
    found = [line.charge for each in drafted(session, cast, priced, NOVEMBER).invoices for line in each.lines
             if line.charge.kind == "utilities"]  # fmt: skip
    assert [(each.gross_minor, each.starts_on, each.ends_on) for each in found] == [(13_600, date(2026, 10, 16), NOVEMBER_30)]


def test_nothing_is_charged_twice(session: Session, cast: Cast, priced: October) -> None:
    enter(session, cast, priced, (meter(session, cast, priced), OCTOBER_31, "1450"))
    before = list_waiting(session, cast.finance, OCTOBER, OCTOBER)[priced.site.id, OCTOBER.first]
    assert before.gross_minor == drafted(session, cast, priced).gross_minor
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=priced.site.id, month=OCTOBER)
    assert not drafted(session, cast, priced).invoices
    assert (priced.site.id, OCTOBER.first) not in list_waiting(session, cast.finance, OCTOBER, OCTOBER)
    row = session.execute(select(Charge).where(Charge.source_kind == "meter")).scalar_one()
    values = {column.name: getattr(row, column.name) for column in Charge.__table__.columns if column.name != "id"}
    with pytest.raises(IntegrityError, match="charges_metered_once_key"):
        session.execute(Charge.__table__.insert().values(values))  # type: ignore[attr-defined]


def test_two_tenants_of_an_office_are_split_by_the_reading_at_the_handover(session: Session, cast: Cast, priced: October) -> None:
    """A leaves O1 on the 15th at 1,350; the rest of the month it is empty: 150 of 250 kWh of 183.50 are 110.10."""
    mine = meter(session, cast, priced)
    residency, _site = list_startups_residencies(session, [priced.a.id])[0]
    end_residency(session, cast.manager, now=NOW, residency=residency, ends_on=OCTOBER_15, reason="搬走")
    enter(session, cast, priced, (mine, OCTOBER_31, "1450"))
    estimated = drafted(session, cast, priced)
    assert odd(estimated, "estimated") == [priced.a.id]
    assert utilities(estimated)[priced.a.id][0][0] == 8_879  # 15/31 of 183.50
    enter(session, cast, priced, (mine, OCTOBER_15, "1350"))
    found = drafted(session, cast, priced)
    assert utilities(found)[priced.a.id][0][0] == 11_010 and not odd(found, "estimated")


def test_a_shared_meter_is_borne_by_area(session: Session, cast: Cast, priced: October) -> None:
    """100 m³ at 4.20 are 420.00. m² × days: A 30 × 31 = 930, B 54.5 × 16 = 872, C 12 × 31 = 372; together 2,174.

    A 420 × 930/2174 = 179.669, B 168.463, C 71.867: 179.67 + 168.46 + 71.87 = 420.00.
    """
    shared = meter(session, cast, priced, reading="0", medium="water", shared_by="area", number="W-0")
    enter(session, cast, priced, (shared, OCTOBER_31, "100"))
    found = utilities(drafted(session, cast, priced))
    assert [found[each.id][0][0] for each in (priced.a, priced.b, priced.c)] == [17_967, 16_846, 7_187]


def test_heads_of_which_none_is_on_record_count_as_one(session: Session, cast: Cast, priced: October) -> None:
    """Head-days: A 31, B 16, C 31 of 78. 100 m³ are 420.00: 166.92, 86.16 (86.154 and the largest rest), 166.92."""
    shared = meter(session, cast, priced, reading="0", medium="water", shared_by="headcount", number="W-0")
    enter(session, cast, priced, (shared, OCTOBER_31, "100"))
    found = utilities(drafted(session, cast, priced))
    assert [found[each.id][0][0] for each in (priced.a, priced.b, priced.c)] == [16_692, 8_616, 16_692]


def test_a_shared_meter_without_a_reading_is_the_sites(session: Session, cast: Cast, priced: October) -> None:
    meter(session, cast, priced, medium="water", shared_by="area", number="W-0")
    assert odd(drafted(session, cast, priced), "no_reading") == [0]


def test_without_a_price_it_is_named(session: Session, cast: Cast, priced: October) -> None:
    gas = meter(session, cast, priced, medium="gas", number="G-1")
    enter(session, cast, priced, (gas, OCTOBER_31, "1300"))
    assert odd(drafted(session, cast, priced), "no_price") == [priced.a.id]


def test_what_is_corrected_after_the_posting_is_named(session: Session, cast: Cast, priced: October) -> None:
    mine = meter(session, cast, priced)
    enter(session, cast, priced, (mine, OCTOBER_31, "1450"))
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=priced.site.id, month=OCTOBER)
    row = last_of_day(session, mine.id, OCTOBER_31)
    assert row is not None
    correct_reading(session, cast.front_desk, now=LATER, reading_id=row.id, reading=D(1400), note="看错")
    assert odd(drafted(session, cast, priced), "changed") == [priced.a.id]


def corrected(session: Session, cast: Cast, meter: Meter, on: date, value: int) -> None:
    row = last_of_day(session, meter.id, on)
    assert row is not None
    correct_reading(session, cast.front_desk, now=LATER, reading_id=row.id, reading=D(value), note="看错")


def test_what_is_corrected_after_the_posting_is_charged_once(
    session: Session, cast: Cast, priced: October, app: Flask
) -> None:
    """250 kWh in October, up to 1,450, which should have been 1,400. November goes up to 1,550: it has used 150 and is
    charged 100, 68.00; together 350, as much as from 1,200 to 1,550."""
    mine = meter(session, cast, priced)
    enter(session, cast, priced, (mine, OCTOBER_31, "1450"))
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=priced.site.id, month=OCTOBER)
    corrected(session, cast, mine, OCTOBER_31, 1_400)
    enter(session, cast, priced, (mine, NOVEMBER_30, "1550"))
    found = drafted(session, cast, priced, NOVEMBER)
    assert utilities(found)[priced.a.id][0][0] == 6_800 and odd(found, "carried") == [priced.a.id]
    (line,) = [line.charge for each in found.invoices for line in each.lines if line.charge.kind == "utilities"]
    (anomaly,) = [each for each in found.anomalies if each.kind == "carried"]
    with app.app_context(), force_locale("zh_Hans"):
        said = line_formula("utilities", line.basis, line.unit_price, line.gross_minor, "CNY", line.derivation, "zh_Hans")
        named = anomaly_words(anomaly, "CNY", "zh_Hans")
    assert said == "读数 1,400 → 1,550，用量 150。减去前期多计的 50（出账后读数有更正），计费用量 100。100 × 0.68 = ¥68.00"
    assert named == "电 O1 electricity-O1 的读数在出账后有更正：前期多计 50，在本月用量内扣减。"
    post_month(session, cast.finance, now=LATER, site_id=priced.site.id, month=NOVEMBER)
    enter(session, cast, priced, (mine, DECEMBER_31, "1600"))
    december = drafted(session, cast, priced, NOVEMBER + 1)
    assert utilities(december)[priced.a.id][0][0] == 3_400 and not odd(december, "carried"), "50 at 0.68, and nothing of it again"


def test_what_was_charged_too_little_comes_on_top(session: Session, cast: Cast, priced: October) -> None:
    """1,450 should have been 1,500: November, up to 1,550, has used 50 and is charged 100."""
    mine = meter(session, cast, priced)
    enter(session, cast, priced, (mine, OCTOBER_31, "1450"))
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=priced.site.id, month=OCTOBER)
    corrected(session, cast, mine, OCTOBER_31, 1_500)
    enter(session, cast, priced, (mine, NOVEMBER_30, "1550"))
    assert utilities(drafted(session, cast, priced, NOVEMBER))[priced.a.id][0][0] == 6_800


def test_a_month_that_used_less_than_was_too_much_is_not_charged(session: Session, cast: Cast, priced: October) -> None:
    """1,450 should have been 1,250: 200 too much. Up to 1,300 in November: nothing. Up to 1,500 in December: 250 of two
    months less 200 are 50, 34.00; 250 + 50 = 300, as from 1,200 to 1,500."""
    mine = meter(session, cast, priced)
    enter(session, cast, priced, (mine, OCTOBER_31, "1450"))
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=priced.site.id, month=OCTOBER)
    corrected(session, cast, mine, OCTOBER_31, 1_250)
    enter(session, cast, priced, (mine, NOVEMBER_30, "1300"))
    november = drafted(session, cast, priced, NOVEMBER)
    assert not utilities(november)[priced.a.id] and odd(november, "carried") == [priced.a.id]
    post_month(session, cast.finance, now=LATER, site_id=priced.site.id, month=NOVEMBER)
    enter(session, cast, priced, (mine, DECEMBER_31, "1500"))
    assert utilities(drafted(session, cast, priced, NOVEMBER + 1))[priced.a.id][0][0] == 3_400


def test_nobody_pays_for_who_was_there_before(session: Session, cast: Cast, priced: October) -> None:
    """A leaves O1 with October, whose 1,450 should have been 1,500. C has O1 from November on and is charged the 50
    up to 1,550 that it used, 34.00; that A owes 50 is named, and named once."""
    mine = meter(session, cast, priced)
    residency, _site = list_startups_residencies(session, [priced.a.id])[0]
    end_residency(session, cast.manager, now=NOW, residency=residency, ends_on=OCTOBER_31, reason="搬走")
    sign_residency(session, cast.manager, now=NOW, startup=priced.c, site=priced.site, starts_on=date(2026, 11, 1),
                   units=[UnitTerms(priced.units["O1"], "m2_month", D("80.00"))])  # fmt: skip
    enter(session, cast, priced, (mine, OCTOBER_31, "1450"))
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=priced.site.id, month=OCTOBER)
    corrected(session, cast, mine, OCTOBER_31, 1_500)
    enter(session, cast, priced, (mine, NOVEMBER_30, "1550"))
    found = drafted(session, cast, priced, NOVEMBER)
    assert utilities(found)[priced.c.id] == [(3_400, 0)] and odd(found, "dropped") == [priced.c.id]
    post_month(session, cast.finance, now=LATER, site_id=priced.site.id, month=NOVEMBER)
    enter(session, cast, priced, (mine, DECEMBER_31, "1600"))
    december = drafted(session, cast, priced, NOVEMBER + 1)
    assert utilities(december)[priced.c.id] == [(3_400, 0)] and not odd(december, "carried") and not odd(december, "dropped")


def test_a_draft_asks_as_many_statements_for_ninety_meters_as_for_one(session: Session, cast: Cast, priced: October) -> None:
    def statements() -> int:
        seen: list[str] = []
        bind = session.get_bind()
        def count(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
            seen.append(statement)
        event.listen(bind, "before_cursor_execute", count)
        try:
            drafted(session, cast, priced)
        finally:
            event.remove(bind, "before_cursor_execute", count)
        return len(seen)

    first = meter(session, cast, priced)
    enter(session, cast, priced, (first, OCTOBER_31, "1450"))
    one = statements()
    more = [meter(session, cast, priced, number=f"E{number}") for number in range(90)]
    enter(session, cast, priced, *((each, OCTOBER_31, "1300") for each in more))
    assert statements() == one <= 32


def test_taken_back_and_billed_anew_it_is_by_the_reading_that_is_right(session: Session, cast: Cast, priced: October) -> None:
    """Posted with 1,450 (250 kWh, 183.50); it was 1,400. Taken back to be billed anew October has 200 kWh, 136.00, of
    which Y bears 81.60; November, to 1,500, has its own 100 kWh, 68.00, and nothing to make up for."""
    mine = meter(session, cast, priced)
    enter(session, cast, priced, (mine, OCTOBER_31, "1450"))
    invoices = post_month(session, cast.finance, now=LATER, site_id=priced.site.id, month=OCTOBER)
    [wrong] = [each for each in invoices if each.startup_id == priced.a.id]
    corrected(session, cast, mine, OCTOBER_31, 1400)
    credit_invoice(session, cast.finance, now=NEW_YEAR, invoice_id=wrong.id, is_anew=True, reason="读数有误")
    assert utilities(drafted(session, cast, priced)) == {priced.a.id: [(13_600, 8_160)]}
    post_month(session, cast.finance, now=NEW_YEAR, site_id=priced.site.id, month=OCTOBER)
    enter(session, cast, priced, (mine, NOVEMBER_30, "1500"))
    assert utilities(drafted(session, cast, priced, NOVEMBER))[priced.a.id] == [(6_800, 4_080)]


def test_after_a_part_credit_it_is_billed_anew_as_a_whole(session: Session, cast: Cast, priced: October) -> None:
    """20.00 of electricity were taken off first (12.00 of them Y's), then the rest of the invoice: 183.50 stand in the
    draft again, and the two notes have given back all of it."""
    mine = meter(session, cast, priced)
    enter(session, cast, priced, (mine, OCTOBER_31, "1450"))
    invoices = post_month(session, cast.finance, now=LATER, site_id=priced.site.id, month=OCTOBER)
    [wrong] = [each for each in invoices if each.startup_id == priced.a.id]
    [line] = [each.line for each in get_invoice(session, cast.finance, wrong.id).lines if each.charge.kind == "utilities"]
    first = credit_invoice(session, cast.finance, now=NEW_YEAR, invoice_id=wrong.id, amounts={line.line: 2_000}, reason="错")
    rest = credit_invoice(session, cast.finance, now=NEW_YEAR, invoice_id=wrong.id, is_anew=True, reason="错")
    assert first.net_minor == 800 and first.net_minor + rest.net_minor == wrong.net_minor
    assert first.gross_minor + rest.gross_minor == wrong.gross_minor
    assert utilities(drafted(session, cast, priced)) == {priced.a.id: [(18_350, 11_010)]}

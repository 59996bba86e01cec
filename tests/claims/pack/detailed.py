"""October with more in it: a meter that two tenants had, a composed booking with what paid of it, a credit note."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from incubator.claims.pack.columns import COLUMNS
from incubator.claims.pack.details import TABLES, add_details
from incubator.claims.pack.layout import Contents, Row
from incubator.core.canonical import plain
from incubator.pricing.rules.chains import Difference
from incubator.pricing.rules.compositions import USUAL_WINDOWS
from incubator.pricing.rules.metered import MeteredPrice, Stay, average_price, price_meter
from incubator.pricing.rules.readings import Reading
from incubator.pricing.rules.tariffs import PriceItem, quote
from tests.claims.pack.sample import october

D = Decimal
CHINA = ZoneInfo("Asia/Shanghai")
AT = "2026-11-05T10:00:00.000000+08:00"
MONTH = "2026-10-01"


def metered() -> tuple[dict[str, Any], dict[str, Any]]:
    """A meter ×40 that is exchanged on the 15th and passes zero: used are 2 × 40 = 80 until then, (7 + 3) × 40 = 400
    after; 480 in all, and 20 that September was charged too little, for 2 × 40 = 80 it was charged 60: 500. At 0.68 up to 200 and 0.95 above it is 136.00
    + 285.00 = 421.00. A was there until the 20th: of the first 15 days all, of the other 16 five."""
    chain = [
        Reading(1, date(2026, 9, 30), D("1200"), 5, D(40)),
        Reading(2, date(2026, 10, 15), D("1202"), 5, D(40), D("99993")),
        Reading(3, date(2026, 10, 31), D("3"), 5, D(40)),
    ]
    price = MeteredPrice(1, "electricity", D("0.68"), date(2026, 1, 1), None, ((D(200), D("0.95")),), "CNY", "2026")
    stays = [Stay(1, date(2026, 4, 1), date(2026, 10, 20)), Stay(2, date(2026, 10, 21), None)]
    found = price_meter(chain, [price], stays, is_shared=False, carried=D(20))
    assert found is not None and found.total_minor == 42_100
    share = found.shares[0]
    september = Difference(date(2026, 9, 1), date(2026, 9, 30), D(80), D(60), D(0),
                           (Reading(0, date(2026, 8, 31), D("1198"), 5, D(40)), chain[0]))  # fmt: skip
    assert september.quantity == 20
    derivation = found.as_data() | {
        "differences": [september.as_data()],
        "quantity": format(share.quantity, "f"), "gross_minor": share.gross_minor,
        "stretches": [each.as_data() for each in share.stretches],
        "tax": {"rate": "0.13", "source": "—"},
    }  # fmt: skip
    row = {"basis": "metered", "quantity": format(share.quantity, "f"), "unit_price": format(average_price(share), "f"),
           "first": share.first.isoformat(), "last": share.last.isoformat(), "month": MONTH, "gross": share.gross_minor,
           "tax_rate": "0.13"}  # fmt: skip
    return plain(derivation), row


def booked() -> tuple[dict[str, Any], dict[str, Any]]:
    """From 09:00, 4 h 50 min by half hours are 5 h: half a day at 160.00 and an hour at 50.00 are 210.00. An allowance
    pays 145 of the 290 minutes, 105.00; a voucher bears 5.00: 100.00 are left."""
    prices = (("hour", D("50.00")), ("half_day", D("160.00")), ("day", D("280.00")), ("night", D("300.00")))
    item = PriceItem(7, D("50.00"), "CNY", 1, None, date(2026, 1, 1), None, "hour", prices, False, D("90.00"), 30,
                     USUAL_WINDOWS, CHINA.key)  # fmt: skip
    asked = quote(item, datetime(2026, 10, 9, 9, 0, tzinfo=CHINA), datetime(2026, 10, 9, 13, 50, tzinfo=CHINA))
    assert asked.gross_minor == 21_000
    paid = [{"name": "10 h", "minutes": 145, "value_minor": 10_500},
            {"voucher": "V-2026-0001", "order": "O-1", "order_id": 1, "value_minor": 500}]  # fmt: skip
    row = {"basis": "hour", "quantity": "4.8333", "unit_price": "50.00", "first": "2026-10-09", "last": "2026-10-09",
           "month": MONTH, "gross": 10_000, "tax_rate": None}  # fmt: skip
    return plain(asked.as_data() | {"paid": paid}), row


def _charge(number: int, kind: str, derivation: dict[str, Any], row: dict[str, Any], tax: int | None) -> Row:
    values = dict.fromkeys((column.key for column in COLUMNS["charges"]), None) | {
        "charge": number, "company": "A-01", "invoice": "INV-2026-000001", "kind": kind, "what": kind, "month": MONTH,
        **row, "tax": tax, "invoice_line": number - 100, "subsidy": 0, "net": row["gross"], "net_tax": tax,
        "derivation": f"derivations/charge-{number}.json",
    }  # fmt: skip
    if row["basis"] == "hour":
        values["hours"] = row["quantity"]
    return tuple(values.values())


def detailed() -> Contents:
    """Of A's 2,400.00, 1,000.00 are credited, 600.00 of its subsidy and 400.00 of its net, then the other 1,400.00."""
    contents = october()
    tables: dict[str, list[Row]] = {name: list(rows) for name, rows in contents.tables.items()}
    records = dict(contents.records)
    for number, kind, (derivation, row), tax in ((103, "utilities", metered(), None), (104, "booking", booked(), None)):
        if "tax" in derivation:
            tax = round(row["gross"] * 13 / 113)
        tables["charges"].append(_charge(number, kind, derivation, row, tax))
        records[f"derivations/charge-{number}.json"] = derivation
        add_details(tables, number, derivation, {"meter": "E-1", "medium": "electricity"})
    gross, subsidy, net = tables["invoices"][0][5:8]
    more = sum(row[14 - 1] for row in tables["charges"][2:])  # type: ignore[misc]
    tables["invoices"][0] = (*tables["invoices"][0][:5], gross + more, subsidy, net + more)  # type: ignore[operator]
    left, notes = (240_000, 144_000), (("CN-2026-000001", 100_000, 60_000), ("CN-2026-000002", 140_000, 84_000))
    for number, (note, taken, back) in enumerate(notes, start=3):
        at = AT.replace("10:00", f"1{number}:00")
        tables["credits"].append((note, "INV-2026-000001", 1, 101, "2026-11-05", "面积", left[0], taken, left[1], back,
                                  taken - back, None, None, 0, 0, at))  # fmt: skip
        tables["decisions"].append((number, 101, "Y-1", "government", "startup", 1, "credited", "credit", 1, note, -back, 0, at))
        left = left[0] - taken, left[1] - back
        path = f"derivations/{number:05}.json"
        tables["lines"].append((number, *tables["lines"][0][1:9], "credited", 0, -back, 1, number, None, path))
        records[path] = {"line": number, "kind": "decision", "outcome": "credited", "base_minor": 0, "amount_minor": -back,
                         "item": records["derivations/00001.json"]["item"],
                         "derivation": {"scheme": "Y", "credit_note": number, "credit_note_number": note, "reason": "面积"}}  # fmt: skip
    for name, key, at in (("companies", 1, 4), ("versions", 8, 4)):
        for index, row in enumerate(tables[name]):
            mine = [line for line in tables["lines"] if line[key] == row[0]]
            sums = (len(mine), *(sum(line[column] for line in mine) for column in (10, 11)))  # type: ignore[misc]
            tables[name][index] = (*row[:at], *sums, *row[at + 3 :])
    assert set(TABLES) <= set(tables)
    return replace(contents, tables=tables, records=records)

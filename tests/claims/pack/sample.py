"""A claim's contents by hand and by dice: real decisions of the real engine, laid out as a pack and signed."""

from __future__ import annotations

import hashlib
import io
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from incubator.claims.pack.columns import COLUMNS
from incubator.claims.pack.layout import Contents, Laid, PackFile, Row, lay_out, write_pack
from incubator.core.canonical import plain
from incubator.pricing.rules import price_month
from incubator.subsidies.rules.amounts import exact_text
from incubator.subsidies.rules.engine import DecisionDraft, rate
from incubator.subsidies.rules.items import Item
from incubator.subsidies.rules.state import Tally
from tests.subsidies.sample import OCTOBER, party, scheme

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
RULE: dict[str, Any] = {
    "who": {"all": [{"fact": "startup.kind", "is": "company"}, {"fact": "residency.month_number", "at_most": 36}]},
    "covers": ["rent", "property_fee", "utilities"], "rate": "0.60",
    "caps": [{"window": "quarter", "amount_minor": 1_000_000}],
}  # fmt: skip
"""Scheme Y of the field's example: companies, 36 months, 60 %, 10,000.00 a quarter."""
FACTS: dict[str, Any] = {"startup.kind": "company", "residency.month_number": 7}
RESIDENTS = (
    ("A-01", "甲科技有限公司", "91440300MA5A000011", "AGR-2026-0001", Decimal("32.00"), date(2026, 10, 1)),
    ("B-02", "乙数据有限公司", "91440300MA5B000022", "AGR-2026-0002", Decimal("54.50"), date(2026, 10, 16)),
)
EVIDENCE = b"%PDF-1.7 an agreement, as it was signed\n%%EOF\n"


def item_data(item: Item, borne: dict[str, int]) -> dict[str, Any]:
    """An item as a pack keeps it."""
    return {
        "gross_minor": item.gross_minor, "first": item.first.isoformat(), "last": item.last.isoformat(),
        "month": item.month.first.isoformat(), "borne": borne,
        "area_m2": None if item.area_m2 is None else exact_text(Fraction(item.area_m2)),
        "hours": None if item.hours is None else exact_text(Fraction(item.hours)),
    }  # fmt: skip


def derivation_of(draft: DecisionDraft, item: Item, line: int) -> dict[str, Any]:
    """A line's file under derivations/."""
    by = draft.by
    names = {"scheme": by.code, "scheme_name": by.name, "scheme_name_en": by.name_en, "version": by.version, "source": by.source}
    return plain({
        "line": line, "kind": "decision", "decision": line, "outcome": draft.outcome.value, "base_minor": draft.base_minor,
        "amount_minor": draft.amount_minor, "held_minor": draft.held_minor, "item": item_data(item, {}),
        "derivation": names | draft.derivation,
    })  # fmt: skip


def october(used: int = 0) -> Contents:
    """A's whole month and B's from the 16th: 75.00 a square metre, 60 % of it; 1,440.00 and 1,265.81."""
    asked = scheme(RULE)
    tables: dict[str, list[Row]] = {name: [] for name in COLUMNS}
    records: dict[str, Any] = {"rules/y-1.json": {"version": "Y-1", "source": "办法", "rule": RULE}}
    evidence = []
    for number, (code, name, credit, agreement, area, since) in enumerate(RESIDENTS, start=1):
        priced = price_month(unit_price=Decimal("75.00"), quantity=area, month=OCTOBER, starts_on=since, ends_on=None)
        assert priced is not None
        item = Item(0, "rent", priced.gross_minor, OCTOBER, priced.starts_on, priced.ends_on, "office", area)
        (draft,) = rate(party(FACTS, startup_id=number), [item], [asked], Tally({("cap", asked.scheme_id, "startup", number, "quarter", date(2026, 10, 1)): used}))
        invoice, path = f"INV-2026-{number:06}", f"evidence/{number:04}-agreement.pdf"
        first, last = item.first.isoformat(), item.last.isoformat()
        amounts = draft.base_minor, draft.amount_minor
        tables["lines"].append((number, code, name, credit, "2026-10-01", 100 + number, invoice, "rent", "Y-1",
                                draft.outcome.value, *amounts, None, number, None, f"derivations/{number:05}.json"))  # fmt: skip
        tables["companies"].append((code, name, "", credit, 1, *amounts))
        tables["invoices"].append((invoice, code, "2026-10-01", "2026-11-01", "2026-11-15", item.gross_minor,
                                   draft.amount_minor, item.gross_minor - draft.amount_minor))  # fmt: skip
        tables["charges"].append((100 + number, code, invoice, "rent", "办公室", "2026-10-01", first, last, str(area),
                                  "m2_month", "75.00", exact_text(Fraction(area)), None, item.gross_minor, None, None, 1, draft.amount_minor,
                                  item.gross_minor - draft.amount_minor, None, agreement, None, f"derivations/charge-{100 + number}.json"))  # fmt: skip
        tables["decisions"].append((number, 100 + number, "Y-1", "government", "startup", 1, draft.outcome.value, None, None, None,
                                    draft.amount_minor, 0, "2026-11-01T09:00:00.000000+08:00"))  # fmt: skip
        tables["agreements"].append((agreement, code, "2026-04-01", None, f"F3-{number}", str(area)))
        tables["allocations"].append((number, f"F3-{number}", code, agreement, None, "2026-04-01T00:00:00+08:00", None))
        (cap,) = draft.derivation["caps"]
        tables["limits"].append((number, "startup", "quarter", cap["amount_minor"], cap["used_before_minor"],
                                 cap["left_before_minor"], cap["left_after_minor"]))  # fmt: skip
        content = EVIDENCE + bytes([number])
        evidence.append(PackFile(path, len(content), hashlib.sha256(content).hexdigest(), lambda content=content: content))
        tables["evidence"].append((number, "agreement", code, None, "孵化协议", "2026-04-01", None, path,
                                   hashlib.sha256(content).hexdigest()))  # fmt: skip
        records[f"derivations/{number:05}.json"] = derivation_of(draft, item, number)
        records[f"derivations/charge-{100 + number}.json"] = plain(priced.as_data() | {"area_m2": str(area)})
    lines = [dict(zip([each.key for each in COLUMNS["lines"]], row, strict=True)) for row in tables["lines"]]
    tables["versions"].append(("Y-1", "办法", "2026-01-01", None, len(lines), sum(each["base"] for each in lines),
                               sum(each["amount"] for each in lines), "rules/y-1.json"))  # fmt: skip
    tables["sessions"].append((900, "A-01", "会议室", "2026-10-09T09:00:00+08:00", "2026-10-09T11:00:00+08:00",
                               "2026-10-09T09:03:00+08:00", None, 10_000))  # fmt: skip
    tables["reports"].append(("OCC-1", "occupancy", "2026-10", 1, "ab" * 32))
    return Contents(
        {"number": "CLM-2026-000001", "scheme": "Y", "scheme_name": "方案Y", "first": "2026-10-01", "last": "2026-10-31"},
        {"name": "示例运营方", "name_en": "Example", "credit_code": "91440300MA5X000033"},
        "2026-11-02T09:00:00+08:00", tables, records,
        {"form/letter.pdf": b"%PDF letter", "README.txt": "说明".encode()}, evidence,
    )  # fmt: skip


def sign(laid: Laid) -> bytes:
    return KEY.sign(laid.to_sign)


def zipped(contents: Contents) -> bytes:
    """The pack as one file."""
    stream, laid = io.BytesIO(), lay_out(contents)
    write_pack(laid, PUBLIC, sign(laid), stream)
    return stream.getvalue()


def written(contents: Contents, folder: Path, name: str = "pack.zip") -> Path:
    path = folder / name
    path.write_bytes(zipped(contents))
    return path



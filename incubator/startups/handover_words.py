"""What the paper of a list says, in Chinese."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from incubator.documents.formats import day, moment, number
from incubator.startups.drafting import Parties
from incubator.startups.models import Handover, Residency
from incubator.startups.queries.handovers import HandoverRow, ItemRow, grouped

ZH = "zh_Hans"
TITLES = {"handover": "场地交接清单", "return": "场地交还清单"}
CONDITIONS = {"good": "完好", "worn": "正常磨损", "damaged": "损坏", "missing": "缺失"}


def paper_of(
    parties: Parties, residency: Residency, row: HandoverRow, items: Sequence[ItemRow]
) -> dict[str, Any]:
    """All that the PDF says; what nobody looked at is not on it."""
    handover, zone = row.handover, parties.site.zone
    looked_at = [each for each in items if each.item.condition is not None]
    confirmed = "尚未确认"
    if handover.confirmed_at is not None:
        confirmed = f"{row.confirmed_by}，{moment(handover.confirmed_at, zone, ZH)} 在平台确认"
        confirmed += f"（{handover.confirmed_note}）" if handover.confirmed_note else ""
    signed = "尚未签署"
    if handover.signed_at is not None:
        signed = f"{row.signed_by or ''}，{moment(handover.signed_at, zone, ZH)} 在平台签署"
    return {
        "title": TITLES[handover.kind], "number": residency.number, "operator": parties.operator.name,
        "startup": parties.startup.name, "facts": _facts(parties, residency, handover), "note": handover.note,
        "signed": signed, "confirmed": confirmed,
        "groups": [
            {"unit": unit or "其他", "items": [_line(each) for each in mine]} for unit, mine in grouped(looked_at)
        ],
    }  # fmt: skip


def _facts(parties: Parties, residency: Residency, handover: Handover) -> list[list[str]]:
    rows = [
        ["协议编号", residency.number], ["日期", day(handover.happened_on, ZH)], ["运营方", parties.operator.name],
        ["入驻方", parties.startup.name], ["场地", parties.site.name],
        *([["地址", parties.site.address]] if parties.site.address else []),
    ]  # fmt: skip
    readings = (("电表读数", handover.electricity, "kWh"), ("水表读数", handover.water, "m³"))
    rows += [[name, f"{number(reading, ZH)} {unit}"] for name, reading, unit in readings if reading is not None]
    return [*rows, *([["", ""]] if len(rows) % 2 else [])]


def _line(row: ItemRow) -> dict[str, str]:
    item = row.item
    value = "" if item.value_minor is None else number(Decimal(item.value_minor).scaleb(-2), ZH, 2)
    return {"name": item.name, "condition": CONDITIONS[item.condition or "good"], "remark": item.remark,
            "photos": str(len(row.photos) or ""), "value": value}  # fmt: skip

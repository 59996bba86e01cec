"""What the paper of a list says, in Chinese."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from incubator.documents.formats import day, moment, number
from incubator.startups.drafting import Parties
from incubator.startups.models import Handover, HandoverPhoto, Residency
from incubator.startups.queries.handovers import HandoverRow, ItemRow, grouped

ZH = "zh_Hans"
TITLES = {"handover": "场地交接清单", "return": "场地交还清单"}
MOST_PRINTED = 240
"""How many photos are printed; the rest are to be seen on the page."""
CONDITIONS = {"good": "完好", "worn": "正常磨损", "damaged": "损坏", "missing": "缺失"}


def paper_of(
    parties: Parties, residency: Residency, row: HandoverRow, items: Sequence[ItemRow]
) -> dict[str, Any]:
    """All that the PDF says; what nobody looked at is not on it. Of photos the names under which it finds them."""
    handover, zone = row.handover, parties.site.zone
    looked_at = [each for each in items if each.item.condition is not None]
    printed = {photo.id for photo in printed_photos(items)}
    confirmed = "尚未确认"
    if handover.confirmed_at is not None:
        confirmed = f"{row.confirmed_by}，{moment(handover.confirmed_at, zone, ZH)} 在平台确认"
        confirmed += f"（{handover.confirmed_note}）" if handover.confirmed_note else ""
    signed = "尚未签署"
    if handover.signed_at is not None:
        signed = f"{row.signed_by or ''}，{moment(handover.signed_at, zone, ZH)} 在平台签署"
    left = sum(len(each.photos) for each in looked_at) - len(printed_photos(items))
    return {
        "left": f"另有 {left} 张照片，请在平台查看。" if left else "",
        "title": TITLES[handover.kind], "number": residency.number, "operator": parties.operator.name,
        "startup": parties.startup.name, "facts": _facts(parties, residency, handover), "note": handover.note,
        "signed": signed, "confirmed": confirmed,
        "groups": [
            {"unit": unit or "其他", "items": [_line(each) for each in mine],
             "photos": [_photo(each, photo) for each in mine for photo in each.photos if photo.id in printed]}
            for unit, mine in grouped(looked_at)
        ],
    }  # fmt: skip


def printed_photos(items: Sequence[ItemRow]) -> list[HandoverPhoto]:
    """The photos that the paper shows, in its order."""
    return [photo for row in items if row.item.condition is not None for photo in row.photos][:MOST_PRINTED]


def photo_name(photo: HandoverPhoto) -> str:
    """Under which name the paper finds it."""
    return f"photo-{photo.id}.jpg"


def _photo(row: ItemRow, photo: HandoverPhoto) -> dict[str, str]:
    place = f"（{row.photos.index(photo) + 1}）" if len(row.photos) > 1 else ""
    condition = CONDITIONS[row.item.condition or "good"]
    return {"file": photo_name(photo), "caption": f"{row.item.name}{place} · {condition}"}


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

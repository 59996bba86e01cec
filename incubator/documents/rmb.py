"""Amounts in RMB capitals, as Chinese documents show them."""

from __future__ import annotations

from decimal import Decimal

ZERO = "零元整"


def rmb_capitals(minor: int) -> str:
    """Fen in capitals: 108000 → 壹仟零捌拾元整, 105639 → 壹仟零伍拾陆元叁角玖分.

    整 stands after 元 and after 角, never after 分; an amount below zero begins with 负.
    """
    if minor == 0:
        return ZERO
    import cn2an  # noqa: PLC0415  few requests need it

    words = str(cn2an.an2cn(format(Decimal(abs(minor)).scaleb(-2), "f"), "rmb"))
    words = words.removeprefix("零元").lstrip("零")
    if not words.endswith(("整", "分")):
        words += "整"
    return f"负{words}" if minor < 0 else words

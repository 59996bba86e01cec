"""Amounts in RMB capitals, as Chinese papers write them."""

from __future__ import annotations

DIGITS, PLACES, GROUPS = "零壹贰叁肆伍陆柒捌玖", ("", "拾", "佰", "仟"), ("", "万", "亿", "万亿")


def capitals(minor: int) -> str:
    """Fen as Chinese papers write them: 105639 is 壹仟零伍拾陆元叁角玖分."""
    yuan, rest = divmod(abs(minor), 100)
    jiao, fen = divmod(rest, 10)
    words = _yuan(yuan) + "元" if yuan else ""
    if jiao:
        words += DIGITS[jiao] + "角"
    elif yuan and fen:
        words += "零"
    words += DIGITS[fen] + "分" if fen else "整"
    if minor == 0:
        words = "零元整"
    return "负" + words if minor < 0 else words


def _yuan(value: int) -> str:
    groups, found, gap = [], "", False
    while value:
        value, group = divmod(value, 10000)
        groups.append(group)
    for at in range(len(groups) - 1, -1, -1):
        group = groups[at]
        if group == 0:
            gap = bool(found)
            continue
        if found and (gap or group < 1000):
            found += "零"
        found += _group_words(group) + GROUPS[at]
        gap = False
    return found


def _group_words(group: int) -> str:
    found, gap = "", False
    for at in (3, 2, 1, 0):
        digit = group // 10**at % 10
        if digit:
            found += ("零" if gap and found else "") + DIGITS[digit] + PLACES[at]
            gap = False
        else:
            gap = True
    return found

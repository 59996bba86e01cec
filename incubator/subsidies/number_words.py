"""Numbers and amounts of a rule as a policy says them, in the reader's language.

"第一年每月最高 1,200 元，第二年 1,000 元，第三年 700 元": what a number is of stands at the first of its steps.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from msgspec import Struct

from incubator.core.money import decimal_places
from incubator.documents.formats import number
from incubator.subsidies.rule_names import BEARER_NAMES, fact_label
from incubator.subsidies.rules.amounts import MONTH_NUMBER
from incubator.subsidies.wording import joined

YEAR = 12
APPROVED = "site.approved_months"
_CHINESE = "零一二三四五六七八九十"
Say = Callable[[str], str]


class Reader(Struct, frozen=True):
    """For whom it is said: the language, who a condition means, and the last month that the rule is for at all."""

    locale: str
    who: Callable[[dict[str, Any]], str]
    last_month: int | None = None

    def spaced(self, words: str) -> str:
        """In Chinese a figure stands apart from the characters before it."""
        return f" {words}" if self.locale == "zh_Hans" and words[:1].isascii() else words

    def several(self, words: list[str]) -> str:
        return ("；" if self.locale == "zh_Hans" else "; ").join(words)


def digits(text: str, locale: str) -> str:
    """A plain number with its own decimals."""
    value = Decimal(text).normalize()
    return number(value, locale, max(0, decimal_places(value)))


def yuan(text: str, locale: str) -> str:
    """1,200 元."""
    return _("%(amount)s yuan", amount=digits(text, locale))


def in_percent(text: str, locale: str) -> str:
    """60%."""
    return f"{digits(format(Decimal(text) * 100, 'f'), locale)}%"


def number_words(data: Any, unit: Say, frame: Say, reader: Reader) -> str:
    """A number in any form: `unit` says a plain one, `frame` what it is of, once for each list of steps."""
    if isinstance(data, str):
        return frame(unit(data))
    if "fact" in data:
        return frame(fact_label(data["fact"]))
    if "steps" in data:
        return _steps(data, unit, frame, reader)
    if "product" in data:
        return frame(" × ".join(_factor(part, place, unit, reader) for place, part in enumerate(data["product"])))
    said = [_("for %(who)s: %(value)s", who=reader.who(who), value=number_words(value, unit, frame, reader))
            for who, value in data["cases"]]  # fmt: skip
    return reader.several([*said, _("for others: %(value)s", value=number_words(data["else"], unit, frame, reader))])


def _factor(part: Any, place: int, unit: Say, reader: Reader) -> str:
    if isinstance(part, str):
        return unit(part) if place == 0 else digits(part, reader.locale)
    words = number_words(part, lambda text: digits(text, reader.locale), str, reader)
    return words if "fact" in part else f"（{words}）" if reader.locale == "zh_Hans" else f"({words})"


def _steps(data: dict[str, Any], unit: Say, frame: Say, reader: Reader) -> str:
    by, before = data.get("by", MONTH_NUMBER), 0
    words: list[str] = []
    for until, text in data["steps"]:
        value = unit(text) if words else frame(unit(text))
        if by in (MONTH_NUMBER, APPROVED):
            words.append(_span(before, until, value, reader))
        else:
            words.append(_("%(fact)s up to %(until)s: %(value)s", fact=fact_label(by), value=value,
                           until=number(until, reader.locale)))  # fmt: skip
        before = until
    if by != MONTH_NUMBER or reader.last_month is None or reader.last_month > before:
        words.append(_("nothing after that"))
    said = ("，" if reader.locale == "zh_Hans" else ", ").join(words)
    return _("since the space's approval: %(steps)s", steps=said) if by == APPROVED else said


def _span(before: int, until: int, value: str, reader: Reader) -> str:
    value = reader.spaced(value)
    if before % YEAR == 0 and until % YEAR == 0:
        first, last = (_ordinal(months // YEAR, reader.locale) for months in (before + YEAR, until))
        if first == last:
            return _("%(value)s in year %(year)s", value=value, year=first)
        return _("%(value)s in years %(first)s to %(last)s", value=value, first=first, last=last)
    if before == 0:
        return _("%(value)s in the first %(months)s months", value=value, months=until)
    return _("%(value)s in months %(first)s to %(last)s", value=value, first=before + 1, last=until)


def _ordinal(year: int, locale: str) -> str:
    return _CHINESE[year] if locale == "zh_Hans" and year < len(_CHINESE) else str(year)


def per_measure(per: str, price: str) -> str:
    """A price with what it is multiplied by: 每平方米每月 18 元."""
    return {
        "m2_month": _("%(price)s a m² and month", price=price),
        "unit_month": _("%(price)s a place and month", price=price),
        "m2_day": _("%(price)s a m² and day", price=price),
        "day": _("%(price)s a day", price=price),
        "hour": _("%(price)s an hour", price=price),
        "m2": _("%(price)s a m²", price=price),
        "item": _("%(price)s each", price=price),
    }[per]


def amount_of(how: dict[str, Any], base: str, reader: Reader) -> str:
    """How much, as part of a sentence; `base` is what is counted: charges, costs, a contribution or an amount."""

    def money(text: str) -> str:
        return yuan(text, reader.locale)

    def share(text: str) -> str:
        return in_percent(text, reader.locale)

    if "share" in how:
        if how["share"] == "1" or (isinstance(how["share"], str) and Decimal(how["share"]) == 1):
            return _all_of(base)
        return number_words(how["share"], share, lambda said: _share_of(base, said), reader)
    if "price" in how:
        if how["per"] == "item" and not isinstance(how["price"], str):
            return number_words(how["price"], money, str, reader)
        return number_words(how["price"], money, lambda said: per_measure(how["per"], said), reader)
    if "above" in how:
        return number_words(
            how["above"], money, lambda said: _("what is above %(price)s", price=per_measure(how["per"], said)), reader
        )
    if "top_up" in how:
        over = joined([str(BEARER_NAMES[each]) for each in how["over"]], "and", reader.locale)
        words = number_words(how["top_up"], share, lambda said: _(
            "what %(over)s bears is raised to %(share)s", over=over, share=said), reader)  # fmt: skip
        return reader.several([words, _("where it is higher already, nothing is added")])
    ((kind, parts),) = ((key, how[key]) for key in ("sum", "lesser", "greater") if key in how)
    said = reader.several([amount_of(part, base, reader) for part in parts])
    return {
        "sum": _("together (%(parts)s)", parts=said),
        "lesser": _("the lesser of (%(parts)s)", parts=said),
        "greater": _("the greater of (%(parts)s)", parts=said),
    }[kind]


def _all_of(base: str) -> str:
    return {
        "charges": _("all of what is charged"), "costs": _("all of what is spent"),
        "contribution": _("all of the contribution"), "amount": _("all of the amount"),
    }[base]  # fmt: skip


def _share_of(base: str, share: str) -> str:
    return {
        "charges": _("%(share)s of what is charged", share=share),
        "costs": _("%(share)s of what is spent", share=share),
        "contribution": _("%(share)s of the contribution", share=share),
        "amount": _("%(share)s of the amount", share=share),
    }[base]

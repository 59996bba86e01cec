"""How an amount came about, in sentences, from the data that a decision keeps."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from flask_babel import gettext as _

from incubator.core.money import round_half_up
from incubator.documents.formats import day, money, number
from incubator.subsidies.fact_words import counted_name
from incubator.subsidies.rule_names import MEASURE_NAMES


def exact(text: str | None) -> Fraction:
    """A number as a derivation has it: 1265.808, 16/31."""
    return Fraction(text or "0")


def figure(value: Fraction, locale: str) -> str:
    """A quantity: 1,000, 28.13; what no decimal says is rounded to two for reading."""
    exactly = Decimal(value.numerator) / Decimal(value.denominator)
    return number(exactly if exactly == round(exactly, 4) else round(exactly, 2), locale)


def share(value: Fraction, locale: str) -> str:
    """A share in percent with the decimals that it has: 0.60 → 60%."""
    return f"{figure(value * 100, locale)}%"


def fen(text: str | None) -> int:
    """Exact fen as a derivation has them, rounded for reading."""
    return round_half_up(exact(text))


def yuan(value: Fraction, currency: str, locale: str) -> str:
    """A price in yuan."""
    return money(round_half_up(value * 100), currency, locale)


def gives(data: Any) -> Fraction:
    """What a number came to."""
    return exact(data if isinstance(data, str) else data["gives"])


def why(data: Any, locale: str) -> str:
    """Why a number is what it is: "（入驻第 13 个月）"; "" for a plain one."""
    if isinstance(data, str):
        return ""
    if "steps" in data:
        if data["by"] == "residency.month_number":
            return _(" (month %(month)s of residence)", month=data["found"])
        return _(" (%(fact)s: %(found)s)", fact=counted_name(data["by"]), found=number(data["found"], locale))
    if "fact" in data:
        return _(" (%(fact)s: %(found)s)", fact=counted_name(data["fact"]), found=figure(gives(data), locale))
    if "use" in data:
        return why(data["use"], locale)
    return "".join(why(part, locale) for part in data["product"])


def counted_words(counted: dict[str, Any], base: str, currency: str, locale: str) -> list[str]:
    """What of an item is counted, where a price or an area is cut."""
    found = []
    if "unit_price" in counted:
        most = counted["unit_price"]
        found.append(_("a price of at most %(price)s per %(measure)s", measure=MEASURE_NAMES[most["per"]],
                       price=yuan(gives(most["most"]), currency, locale)))  # fmt: skip
    if "area" in counted:
        area = counted["area"]
        found.append(_("of %(area)s m² at most %(most)s m²", area=number(Decimal(area["m2"]), locale),
                       most=figure(gives(area["most"]), locale)))  # fmt: skip
    sentences = []
    if found:
        value = money(fen(counted["gives"]), currency, locale)
        sentences.append(_("Counted are %(counted)s of %(base)s: %(what)s.", counted=value, base=base,
                           what=("；" if locale == "zh_Hans" else "; ").join(found)))  # fmt: skip
    if "at_least" in counted and not counted["at_least"]["met"]:
        least = yuan(gives(counted["at_least"]["yuan"]), currency, locale)
        sentences.append(_("%(base)s is less than %(least)s, from which it counts.", base=base, least=least))
    return sentences


def amount_words(how: dict[str, Any], currency: str, locale: str) -> str:
    """One amount as part of a sentence: "60% = ¥3,900.00", "¥18.00 × 28.13 m² and month = ¥506.25"."""
    total = money(fen(how["gives"]), currency, locale)
    if "share" in how:
        return _("%(share)s%(why)s = %(total)s", share=share(gives(how["share"]), locale),
                 why=why(how["share"], locale), total=total)  # fmt: skip
    if "price" in how:
        return _("%(price)s%(why)s × %(measure)s (%(per)s) = %(total)s", why=why(how["price"], locale),
                 price=yuan(gives(how["price"]), currency, locale), per=MEASURE_NAMES[how["per"]], total=total,
                 measure=figure(exact(how["measure"]), locale))  # fmt: skip
    if "above" in how:
        return _("what is above %(price)s%(why)s × %(measure)s (%(per)s) = %(total)s",
                 price=yuan(gives(how["above"]), currency, locale), why=why(how["above"], locale),
                 measure=figure(exact(how["measure"]), locale), per=MEASURE_NAMES[how["per"]], total=total)  # fmt: skip
    if "top_up" in how:
        return _("raised to %(share)s%(why)s, of which %(borne)s is borne already = %(total)s",
                 share=share(gives(how["top_up"]), locale), why=why(how["top_up"], locale), total=total,
                 borne=money(how["borne_minor"], currency, locale))  # fmt: skip
    ((kind, parts),) = ((key, how[key]) for key in ("sum", "lesser", "greater") if key in how)
    said = ("；" if locale == "zh_Hans" else "; ").join(amount_words(part, currency, locale) for part in parts)
    return {
        "sum": _("together (%(parts)s) = %(total)s", parts=said, total=total),
        "lesser": _("the lesser of (%(parts)s) = %(total)s", parts=said, total=total),
        "greater": _("the greater of (%(parts)s) = %(total)s", parts=said, total=total),
    }[kind]


def cap_words(cap: dict[str, Any], now: str, currency: str, locale: str) -> str:
    """A cap, or a budget, with what was left of it before and after."""
    values = {
        "cap": money(cap["amount_minor"], currency, locale), "now": now,
        "used": money(cap["used_before_minor"], currency, locale),
        "left": money(cap["left_after_minor"], currency, locale),
    }  # fmt: skip
    return f"{_cap_name(cap, values['cap'], locale)}{_cap_use(values)}"


def _cap_use(values: dict[str, str]) -> str:
    return _(": %(used)s used before, %(now)s by this, %(left)s left then.", **values)


def _cap_name(cap: dict[str, Any], amount: str, locale: str) -> str:
    if cap["per"] == "budget":
        first, last = (day(date.fromisoformat(each), locale) for each in cap["window"].split("/"))
        return _("Budget of %(first)s to %(last)s, %(cap)s", first=first, last=last, cap=amount)
    name = {
        "invoice": _("Cap of the invoice %(cap)s", cap=amount),
        "month": _("Cap of the month %(cap)s", cap=amount),
        "quarter": _("Cap of the quarter %(cap)s", cap=amount),
        "year": _("Cap of the year %(cap)s", cap=amount),
        "life": _("Cap in all %(cap)s", cap=amount),
    }[cap["window"]] + why(cap.get("amount", ""), locale)
    whose = {
        "startup": "", "person": _(" for %(person)s", person=cap.get("of", "")), "site": _(" for the space"),
        "operator": _(" for the operator"),
    }[cap["per"]]  # fmt: skip
    return name + whose

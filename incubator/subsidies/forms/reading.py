"""From the fields of the editor to a rule, with a sentence at every field that can't be read: pure.

What is wrong never stops the reading: the rest is read all the same, so that every fault is said at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from msgspec import Struct, field

from incubator.core.errors import N_, Phrase, Refusal
from incubator.subsidies.forms.typed import Typed, branch, rows_of, text_of, texts_of
from incubator.subsidies.rules import amounts, conditions
from incubator.subsidies.rules.amounts import BEARERS, MONTH_NUMBER, NUMBER, PLURAL
from incubator.subsidies.rules.conditions import GROUPS
from incubator.subsidies.rules.facts import COUNTED, FACTS, MOST
from incubator.subsidies.rules.items import CHARGE_KINDS, KINDS, MEASURES
from incubator.subsidies.rules.rule import (
    CODE,
    EVERY,
    GATES,
    GOES_TO,
    MOST_CAPS,
    SUBJECTS,
    USUAL_ORDER,
    WINDOWS,
    Rule,
)

MOST_INSTALMENTS = 12
LATEST_INSTALMENT = 120
LAST_TURN = 9999
WHOLE = re.compile(r"0|[1-9][0-9]{0,13}")
DIGITS = re.compile(r"[0-9]{1,16}(\.[0-9]{0,8})?|\.[0-9]{1,8}")


class Faults(Struct):
    """Sentences by the name of the field that they belong to; the first at a field stands."""

    by_field: dict[str, Phrase] = field(default_factory=dict)

    def say(self, name: str, message: str, **values: object) -> None:
        self.by_field.setdefault(name, Phrase(message, values))


Read = Callable[[str, str, Faults], str]


def read_rule(typed: Typed) -> tuple[dict[str, Any], dict[str, Phrase]]:
    """The rule that is typed, and what is wrong with it by field; without a fault it is a rule that `Rule.parse` reads.

    The parts that can be read stand in it even where others can't: the page says those in words already.
    """
    faults = Faults()
    goes_to = _one_of(typed, "goes_to", "goes_to", GOES_TO, faults)
    rule: dict[str, Any] = {
        "who": read_group(branch(typed, "who"), "who", faults),
        "covers": _covers(typed, goes_to, faults),
        "how": read_amount(branch(typed, "how"), "how", faults),
        "caps": _caps(typed, faults),
        "bearer": _bearer(branch(typed, "bearer"), faults),
        "goes_to": goes_to,
    }
    units, counts, together = _units(typed, faults), _counts(branch(typed, "counts"), faults), _together(typed, faults)
    every, instalments = _one_of(typed, "every", "every", EVERY, faults), _instalments(typed, goes_to, faults)
    if goes_to == "startup" and every != "month":
        faults.say("every", N_("What is taken off charges is given every month."))
    rule |= {"units": units} if units else {}
    rule |= {"counts": counts} if counts else {}
    rule |= {"together": together} if together else {}
    rule |= {"every": every} if every != "month" else {}
    rule |= {"instalments": instalments} if instalments else {}
    if not faults.by_field:
        try:
            Rule.parse(rule)
        except Refusal as refusal:
            faults.say(refusal.field or "rule", refusal.message, **refusal.values)
    return rule, faults.by_field


# who


def read_group(typed: Typed, name: str, faults: Faults, depth: int = 1) -> dict[str, Any]:
    """All, any or none of some parts."""
    kind = text_of(typed, "kind") if text_of(typed, "kind") in GROUPS else "all"
    parts = rows_of(typed, "parts")
    if depth > conditions.DEEPEST:
        faults.say(f"{name}-kind", N_("Groups stand in each other at most %(deep)s deep."), deep=conditions.DEEPEST)
        return {kind: []}
    if not parts and (kind, depth) != ("all", 1):
        faults.say(f"{name}-kind", N_("A group needs at least one condition."))
    _at_most(parts, conditions.MOST_PARTS, f"{name}-kind", faults)
    return {kind: [_part(part, f"{name}-parts-{number}", faults, depth) for number, part in enumerate(parts)]}


def _part(typed: Typed, name: str, faults: Faults, depth: int) -> dict[str, Any]:
    if text_of(typed, "kind") in GROUPS:
        return read_group(typed, name, faults, depth + 1)
    fact = text_of(typed, "fact")
    if fact not in FACTS:
        faults.say(f"{name}-fact", N_("Choose what is asked."))
        return {"fact": fact, "known": True}
    comparison = text_of(typed, "compare")
    if comparison not in conditions.comparisons_of(fact):
        faults.say(f"{name}-compare", N_("Choose how it is compared."))
        return {"fact": fact, "known": True}
    return {"fact": fact, comparison: _value(fact, comparison, typed, name, faults)}


def _value(fact: str, comparison: str, typed: Typed, name: str, faults: Faults) -> Any:
    kind, at = FACTS[fact], f"{name}-value"
    if comparison == "known":
        return True
    if comparison == "one_of":
        return _values(fact, typed, at, faults)
    text = text_of(typed, "value")
    if kind.type is bool:
        if text not in ("yes", "no"):
            faults.say(at, N_("Choose yes or no."))
        return text == "yes"
    if kind.type is int:
        return whole(text, at, faults, MOST)
    if kind.choices:
        if text not in kind.choices:
            faults.say(at, N_("Choose one."))
        return text
    if kind.is_day:
        if not conditions.is_day(text):
            faults.say(at, N_("There is no such day; write it as 2026-10-31."))
        return text
    return _text(text, at, faults)


def _values(fact: str, typed: Typed, at: str, faults: Faults) -> list[str]:
    choices = FACTS[fact].choices
    if choices:
        chosen = [each for each in choices if each in texts_of(typed, "values")]
        if not chosen:
            faults.say(at, N_("Choose at least one."))
        return chosen
    lines = [line.strip() for line in text_of(typed, "value").splitlines() if line.strip()]
    if not lines:
        faults.say(at, N_("Type at least one, each on a line of its own."))
    _at_most(lines, conditions.MOST_PARTS, at, faults)
    return [_text(line, at, faults) for line in lines]


def _text(text: str, at: str, faults: Faults) -> str:
    if not text:
        faults.say(at, N_("Type what it is."))
    elif len(text) > conditions.LONGEST_TEXT:
        faults.say(at, N_("This may be at most %(longest)s characters long."), longest=conditions.LONGEST_TEXT)
    elif not text.isprintable():
        faults.say(at, N_("This holds characters that can't be printed."))
    return text


# numbers


def whole(text: str, at: str, faults: Faults, most: int, least: int = 0) -> int:
    """A whole number; the least where it is none."""
    if not WHOLE.fullmatch(text) or not least <= int(text) <= most:
        faults.say(at, N_("Type a whole number from %(least)s to %(most)s."), least=least, most=most)
        return least
    return int(text)


def plain(text: str, at: str, faults: Faults) -> str:
    """A number of yuan, m² or anything that is multiplied: as it is typed."""
    if not text:
        faults.say(at, N_("Type a number."))
    elif not NUMBER.fullmatch(text):
        return _mended(text, 0, at, faults)
    return text if NUMBER.fullmatch(text) else "0"


def percent(text: str, at: str, faults: Faults) -> str:
    """A share typed in percent: 60 → 0.6."""
    if not text:
        faults.say(at, N_("Type a number."))
        return "0"
    return _mended(text, -2, at, faults)


def _mended(text: str, shift: int, at: str, faults: Faults) -> str:
    """Commas between digits are read as meant; then plain digits with at most six decimals, or a fault."""
    bare = text.replace(",", "").replace("，", "")
    if shift:
        bare = bare.removesuffix("%").removesuffix("％").strip()
    try:
        if not DIGITS.fullmatch(bare):
            raise InvalidOperation
        value = Decimal(bare).scaleb(shift).normalize()
    except InvalidOperation:
        faults.say(at, N_("Type a plain number such as 1200 or 0.5."))
        return "0"
    found = format(value, "f")
    if not NUMBER.fullmatch(found):
        faults.say(at, N_("Type at most %(whole)s digits and %(places)s decimals."), whole=13 + shift * -1,
                   places=6 + shift)  # fmt: skip
        return "0"
    return found


def read_number(typed: Typed, name: str, faults: Faults, read: Read = plain, depth: int = 1) -> Any:
    """A number in any of its forms; `read` says what its plain ones are of."""
    kind = text_of(typed, "kind") or "plain"
    if kind == "plain":
        return read(text_of(typed, "plain"), f"{name}-plain", faults)
    if depth > amounts.DEEPEST:
        faults.say(f"{name}-kind", N_("Numbers stand in each other at most %(deep)s deep."), deep=amounts.DEEPEST)
        return "0"
    if kind == "fact":
        return {"fact": _counted(typed, "fact", name, faults)}
    if kind == "steps":
        return {"steps": _steps(typed, name, faults, read), "by": _counted(typed, "by", name, faults)}
    if kind == "product":
        parts = _some(typed, "parts", name, faults, amounts.MOST_PARTS)
        return {"product": [read_number(part, f"{name}-parts-{number}", faults, plain, depth + 1)
                            for number, part in enumerate(parts)]}  # fmt: skip
    if kind != "cases":
        faults.say(f"{name}-kind", N_("Choose one."))
        return "0"
    cases = [
        [read_group(branch(case, "who"), f"{name}-cases-{number}-who", faults),
         read_number(branch(case, "number"), f"{name}-cases-{number}-number", faults, read, depth + 1)]
        for number, case in enumerate(_some(typed, "cases", name, faults, amounts.MOST_PARTS))
    ]  # fmt: skip
    return {"cases": cases, "else": read_number(branch(typed, "other"), f"{name}-other", faults, read, depth + 1)}


def _counted(typed: Typed, key: str, name: str, faults: Faults) -> str:
    fact = text_of(typed, key)
    if fact not in COUNTED:
        faults.say(f"{name}-{key}", N_("Choose what is counted."))
        return MONTH_NUMBER
    return fact


def _steps(typed: Typed, name: str, faults: Faults, read: Read) -> list[list[Any]]:
    found: list[list[Any]] = []
    for number, step in enumerate(_some(typed, "steps", name, faults, amounts.MOST_PARTS)):
        at = f"{name}-steps-{number}"
        until = whole(text_of(step, "until"), f"{at}-until", faults, MOST, 1)
        if found and until <= found[-1][0]:
            faults.say(f"{at}-until", N_("Each step goes further than the one before it."))
        found.append([until, read(text_of(step, "value"), f"{at}-value", faults)])
    return found


def _some(typed: Typed, key: str, name: str, faults: Faults, most: int) -> list[Typed]:
    rows = rows_of(typed, key)
    if not rows:
        faults.say(f"{name}-kind", N_("Add at least one row."))
    _at_most(rows, most, f"{name}-kind", faults)
    return rows


def _at_most(rows: list[Any], most: int, at: str, faults: Faults) -> None:
    if len(rows) > most:
        faults.say(at, N_("There may be at most %(most)s of them."), most=most)


# amounts


def read_amount(typed: Typed, name: str, faults: Faults, depth: int = 1) -> dict[str, Any]:
    """How much, in any of its forms."""
    kind, number = text_of(typed, "kind") or "share", branch(typed, "number")
    if depth > amounts.DEEPEST:
        faults.say(f"{name}-kind", N_("Amounts stand in each other at most %(deep)s deep."), deep=amounts.DEEPEST)
        return {"share": "0"}
    if kind in PLURAL:
        parts = _some(typed, "parts", name, faults, amounts.MOST_PARTS)
        return {kind: [read_amount(part, f"{name}-parts-{n}", faults, depth + 1) for n, part in enumerate(parts)]}
    if kind in ("price", "above"):
        return {kind: read_number(number, f"{name}-number", faults),
                "per": _one_of(typed, "per", f"{name}-per", MEASURES, faults)}  # fmt: skip
    share = read_number(number, f"{name}-number", faults, percent)
    if kind == "top_up":
        over = [each for each in BEARERS if each in texts_of(typed, "over")]
        if not over:
            faults.say(f"{name}-over", N_("Choose at least one."))
        return {"top_up": share, "over": over}
    if kind != "share":
        faults.say(f"{name}-kind", N_("Choose one."))
    return {"share": share}


# the rest


def _one_of(typed: Typed, key: str, name: str, choices: tuple[str, ...], faults: Faults) -> str:
    found = text_of(typed, key) or choices[0]
    if found not in choices:
        faults.say(name, N_("Choose one."))
        return choices[0]
    return found


def _covers(typed: Typed, goes_to: str, faults: Faults) -> list[str]:
    covers = [kind for kind in KINDS if kind in texts_of(typed, "covers")]
    if not covers or set(texts_of(typed, "covers")) - set(KINDS):
        faults.say("covers", N_("Choose at least one."))
    elif goes_to == "startup" and set(covers) - set(CHARGE_KINDS):
        faults.say("covers", N_("A startup is only given something on its charges; a space's own costs, and what is "
                                "given by tenant, go to the operator."))  # fmt: skip
    return covers


def _units(typed: Typed, faults: Faults) -> list[str]:
    units = list(dict.fromkeys(texts_of(typed, "units")))
    if not all(CODE.fullmatch(each) for each in units):
        faults.say("units", N_("There is no such kind."))
    return units


def _counts(typed: Typed, faults: Faults) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key in ("unit_price", "area", "at_least"):
        number = branch(typed, key)
        if text_of(number, "kind") not in ("", "plain") or text_of(number, "plain"):
            found[key] = read_number(number, f"counts-{key}", faults)
    per = _one_of(typed, "per", "counts-per", MEASURES, faults)
    return found | ({"per": per} if found and per != "m2_month" else {})


def _caps(typed: Typed, faults: Faults) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    rows = rows_of(typed, "caps")
    _at_most(rows, MOST_CAPS, "caps", faults)
    for number, row in enumerate(rows):
        at = f"caps-{number}"
        cap = {
            "per": _one_of(row, "per", f"{at}-per", SUBJECTS, faults),
            "window": _one_of(row, "window", f"{at}-window", WINDOWS, faults),
            "amount": read_number(branch(row, "number"), f"{at}-number", faults),
        }
        if any((each["per"], each["window"]) == (cap["per"], cap["window"]) for each in found):
            faults.say(f"{at}-window", N_("There is such a cap already: change that one."))
        found.append(cap)
    return found


def _together(typed: Typed, faults: Faults) -> dict[str, Any]:
    part = branch(typed, "together")
    order = whole(text_of(part, "order") or str(USUAL_ORDER), "together-order", faults, LAST_TURN)
    base = _one_of(part, "base", "together-base", ("left", "gross"), faults)
    best_of, once = _short(part, "best_of", "together-best_of", 40, faults), text_of(part, "once")
    if once not in ("", "person"):
        faults.say("together-once", N_("Choose one."))
    return ({"order": order} if order != USUAL_ORDER else {}) | ({"base": base} if base != "left" else {}) | (
        {"best_of": best_of} if best_of else {}) | ({"once": once} if once else {})  # fmt: skip


def _bearer(typed: Typed, faults: Faults) -> dict[str, Any]:
    kind = text_of(typed, "kind") or "government"
    if kind not in BEARERS:
        faults.say("bearer-kind", N_("Choose one."))
    name = _short(typed, "name", "bearer-name", 100, faults)
    account = _short(typed, "account", "bearer-account", 40, faults)
    return {"kind": kind} | ({"name": name} if name else {}) | ({"account": account} if account else {})


def _short(typed: Typed, key: str, name: str, longest: int, faults: Faults) -> str:
    text = text_of(typed, key)
    if len(text) > longest:
        faults.say(name, N_("This may be at most %(longest)s characters long."), longest=longest)
    elif not text.isprintable():
        faults.say(name, N_("This holds characters that can't be printed."))
    return text


def _instalments(typed: Typed, goes_to: str, faults: Faults) -> list[dict[str, Any]]:
    rows, found, total = rows_of(typed, "instalments"), [], Decimal(0)
    _at_most(rows, MOST_INSTALMENTS, "instalments", faults)
    if rows and goes_to == "startup":
        faults.say("instalments", N_("What is taken off charges is given whole; instalments are for the operator."))
    for number, row in enumerate(rows):
        at = f"instalments-{number}"
        share = percent(text_of(row, "share"), f"{at}-share", faults)
        months = whole(text_of(row, "after_months") or "0", f"{at}-after_months", faults, LATEST_INSTALMENT)
        gate = _one_of(row, "gate", f"{at}-gate", GATES, faults)
        total += Decimal(share)
        found.append({"share": share} | ({"after_months": months} if months else {}) |
                     ({"gate": gate} if gate != "none" else {}))  # fmt: skip
    if found and total != 1:
        faults.say("instalments", N_("The instalments add up to 100%%; these come to %(sum)s%%."),
                   sum=format((total * 100).normalize(), "f"))  # fmt: skip
    return found

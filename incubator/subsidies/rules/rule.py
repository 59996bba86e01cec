"""A subsidy rule as data: read and checked. Pure; nothing of it is ever evaluated as code.

    {"who": {"all": [{"fact": "startup.kind", "is": "company"},
                     {"fact": "residency.month_number", "at_most": 36}]},
     "covers": ["rent", "property_fee", "utilities"],
     "how": {"share": "0.60"},
     "caps": [{"per": "startup", "window": "quarter", "amount": "10000"}]}

is scheme Y: companies, in their first 36 months, 60 % of three kinds of charge, 10,000.00 yuan a quarter for each.
Numbers are text: no float gets in. `docs/decisions/0009-subsidies.md` has every key.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from msgspec import Struct

from incubator.core.errors import N_, Refusal
from incubator.subsidies.rules.amounts import BEARERS, Amount, Number, parse_amount, parse_number
from incubator.subsidies.rules.conditions import Group, parse_group
from incubator.subsidies.rules.items import CHARGE_KINDS, KINDS, MEASURES

GOES_TO = ("startup", "operator")
EVERY = ("month", "quarter", "year")
SUBJECTS = ("startup", "person", "site", "operator")
WINDOWS = ("invoice", "month", "quarter", "year", "life")
GATES = ("none", "assessment")
RATE = re.compile(r"0(\.[0-9]{1,6})?|1(\.0{1,6})?")
LARGEST_MINOR = 10**15
MOST_CAPS = 8
USUAL_ORDER = 100
CODE = re.compile(r"[\w.-]{1,40}")

KEYS = frozenset({"who", "covers", "units", "counts", "how", "rate", "caps", "together", "bearer", "goes_to", "every",
                  "instalments"})  # fmt: skip


class Cap(Struct, frozen=True):
    """At most an amount for each `per` in a `window`: 10,000.00 yuan for each startup in a quarter."""

    per: str
    window: str
    amount: Number
    """In yuan; it may step down with the residence, or be another for another category."""


class Counts(Struct, frozen=True):
    """What of an item is counted: up to a price per measure, up to an area, and only from an amount on."""

    unit_price: Number | None = None
    per: str = "m2_month"
    area: Number | None = None
    """In m², of all items of a party on each day together."""
    at_least: Number | None = None
    """In yuan: an item of less counts for nothing."""


class Together(Struct, frozen=True):
    """How a rule stands to others: its turn, what its base is, of which group only the best is given."""

    order: int = USUAL_ORDER
    base: str = "left"
    best_of: str = ""
    once: str = ""
    """`person`: whom another startup of the same person was counted for this month is not counted again."""


class Bearer(Struct, frozen=True):
    """Who bears it in the end, and the account that it is posted to."""

    kind: str = "government"
    name: str = ""
    account: str = ""


class Instalment(Struct, frozen=True):
    """A part of what is granted, so many months after it, behind a gate: 30 %, 12 months later, once assessed."""

    share: Decimal
    after_months: int
    gate: str


class Rule(Struct, frozen=True):
    """A scheme version's rule: who, what, how much, at most; together with others; borne by whom."""

    who: Group
    covers: frozenset[str]
    how: Amount
    caps: tuple[Cap, ...] = ()
    units: frozenset[str] = frozenset()
    """Kinds of unit or resource; none: all."""
    counts: Counts | None = None
    together: Together = Together()
    bearer: Bearer = Bearer()
    goes_to: str = "startup"
    every: str = "month"
    instalments: tuple[Instalment, ...] = ()

    @classmethod
    def parse(cls, data: Any) -> Rule:
        """From the JSON that a scheme version keeps; Refusal that names what is wrong."""
        try:
            if not isinstance(data, dict):
                raise ValueError("it is no object")
            foreign = sorted(repr(key) for key in data.keys() - KEYS)
            if foreign:
                raise ValueError(f"nothing is called {', '.join(foreign)}")
            if "covers" not in data:
                raise ValueError("covers is missing")
            if len(data.keys() & {"how", "rate"}) != 1:
                raise ValueError("how, or rate, is missing" if "how" not in data else "how and rate say it twice")
            return _check(cls(
                parse_group(data.get("who", {"all": []})),
                _parse_covers(data["covers"]),
                parse_amount(data["how"]) if "how" in data else _parse_rate(data["rate"]),
                _parse_caps(data.get("caps", [])),
                _parse_units(data.get("units", [])),
                _parse_counts(data.get("counts")),
                _parse_together(data.get("together", {})),
                _parse_bearer(data.get("bearer", {})),
                _one_of(data.get("goes_to", "startup"), GOES_TO, "goes_to"),
                _one_of(data.get("every", "month"), EVERY, "every"),
                _parse_instalments(data.get("instalments", [])),
            ))  # fmt: skip
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise Refusal(N_("The rule can't be read: %(fault)s."), field="rule", fault=str(error)) from error

    def facts(self) -> tuple[str, ...]:
        """The name of every fact that it asks for, once, in the order of the alphabet."""
        return tuple(sorted(set(self._facts())))

    def _facts(self) -> Iterator[str]:
        yield from self.who.facts()
        yield from self.how.facts()
        for cap in self.caps:
            yield from cap.amount.facts()
        if self.counts is not None:
            for number in (self.counts.unit_price, self.counts.area, self.counts.at_least):
                if number is not None:
                    yield from number.facts()


def _check(rule: Rule) -> Rule:
    """What no part can see by itself."""
    if rule.goes_to == "startup" and not rule.covers <= set(CHARGE_KINDS):
        raise ValueError("what a startup is given is taken off its charges; a space's own costs go to the operator")
    if rule.goes_to == "startup" and (rule.every != "month" or rule.instalments):
        raise ValueError("what is taken off charges is given every month, whole")
    return rule


def _one_of(value: Any, choices: tuple[str, ...], name: str) -> str:
    if value not in choices:
        raise ValueError(f"{name} is one of {', '.join(choices)}, not {value!r}")
    return str(value)


def _keys(data: Any, name: str, *allowed: str) -> dict[str, Any]:
    if not isinstance(data, dict) or not data.keys() <= set(allowed):
        raise ValueError(f"{name} has {', '.join(allowed)}, and nothing else")
    return data


def _text(value: Any, name: str, longest: int) -> str:
    if not isinstance(value, str) or len(value) > longest or not (value.isprintable() or not value):
        raise ValueError(f"{name} is a short text, not {value!r}")
    return value.strip()


def _parse_covers(data: Any) -> frozenset[str]:
    if not isinstance(data, list) or not data or not all(kind in KINDS for kind in data):
        raise Refusal(N_("A scheme covers at least one kind of charge."), field="covers")
    return frozenset(data)


def _parse_units(data: Any) -> frozenset[str]:
    if not isinstance(data, list) or not all(isinstance(kind, str) and CODE.fullmatch(kind) for kind in data):
        raise ValueError("units are a list of kinds of unit")
    return frozenset(data)


def _parse_rate(data: Any) -> Amount:
    if not isinstance(data, str):
        raise ValueError("the rate is not text such as 0.60")
    if not RATE.fullmatch(data):
        raise Refusal(N_("A rate is a share from 0 to 1 with at most six decimals."), field="percent")
    return parse_amount({"share": data})


def _parse_caps(data: Any) -> tuple[Cap, ...]:
    if not isinstance(data, list) or len(data) > MOST_CAPS:
        raise ValueError(f"caps are a list of at most {MOST_CAPS}")
    caps = tuple(_parse_cap(each) for each in data)
    if len({(cap.per, cap.window) for cap in caps}) < len(caps):
        raise Refusal(N_("There is one cap for each month, quarter or year."), field="cap_yuan")
    return caps


def _parse_cap(data: Any) -> Cap:
    _keys(data, "a cap", "per", "window", "amount", "amount_minor")
    if "window" not in data or len(data.keys() & {"amount", "amount_minor"}) != 1:
        raise ValueError("a cap has a window, an amount and perhaps a per, and nothing else")
    per, window = data.get("per", "startup"), data["window"]
    minor = data.get("amount_minor", 0)
    whole = isinstance(minor, int) and not isinstance(minor, bool) and 0 <= minor <= LARGEST_MINOR
    if per not in SUBJECTS or window not in WINDOWS or not whole:
        raise Refusal(N_("A cap is an amount per month, quarter or year."), field="cap_yuan")
    if "amount" in data:
        return Cap(per, window, parse_number(data["amount"]))
    return Cap(per, window, parse_number(format(Decimal(minor).scaleb(-2), "f")))


def _parse_counts(data: Any) -> Counts | None:
    if data is None:
        return None
    _keys(data, "counts", "unit_price", "per", "area", "at_least")
    read = {key: parse_number(data[key]) for key in ("unit_price", "area", "at_least") if key in data}
    if not read:
        raise ValueError("counts says up to which unit price or area, or from which amount on")
    return Counts(**read, per=_one_of(data.get("per", "m2_month"), MEASURES, "per"))


def _parse_together(data: Any) -> Together:
    _keys(data, "together", "order", "base", "best_of", "once")
    order = data.get("order", USUAL_ORDER)
    if type(order) is not int or not 0 <= order <= 9999:
        raise ValueError("the order is a whole number from 0 to 9999")
    once = data.get("once", "")
    if once not in ("", "person"):
        raise ValueError("once is person, or nothing")
    return Together(order, _one_of(data.get("base", "left"), ("left", "gross"), "base"),
                    _text(data.get("best_of", ""), "best_of", 40), once)  # fmt: skip


def _parse_bearer(data: Any) -> Bearer:
    _keys(data, "bearer", "kind", "name", "account")
    return Bearer(_one_of(data.get("kind", "government"), BEARERS, "bearer"),
                  _text(data.get("name", ""), "name", 100), _text(data.get("account", ""), "account", 40))  # fmt: skip


def _parse_instalments(data: Any) -> tuple[Instalment, ...]:
    if not isinstance(data, list) or len(data) > 12:
        raise ValueError("instalments are a list of at most 12")
    found = []
    for each in data:
        _keys(each, "an instalment", "share", "after_months", "gate")
        months = each.get("after_months", 0)
        if type(months) is not int or not 0 <= months <= 120:
            raise ValueError("an instalment comes 0 to 120 months later")
        share = parse_number(each["share"])
        if share.kind != "plain":
            raise ValueError("an instalment's share is a plain number")
        found.append(Instalment(share.plain, months, _one_of(each.get("gate", "none"), GATES, "gate")))
    if found and sum(each.share for each in found) != 1:
        raise ValueError("the instalments' shares add up to 1")
    return tuple(found)

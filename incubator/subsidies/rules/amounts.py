"""How much: numbers that depend on facts, and what they make of one item. Pure and exact, read from data.

A **number** is a text such as "0.60"; or steps by a counted fact; or another number in each case; or a product:

    {"steps": [[12, "1200"], [24, "1000"], [36, "700"]], "by": "residency.month_number"}
    {"cases": [[{"all": [{"fact": "founders.categories", "has": "graduate"}]}, "1560"]], "else": "1200"}
    {"product": ["1.00", "50", {"fact": "site.companies"}]}

An **amount** is a share of what is counted of an item, a price by a measure of it, what its price is above a reference,
what raises another bearer's share, or the sum, the lesser or the greater of such:

    {"share": "0.60"}      {"price": "18", "per": "m2_month"}      {"above": "50", "per": "m2_month"}
    {"top_up": "0.80", "over": ["operator"]}      {"lesser": [{"share": "0.50"}, {"price": "1000", "per": "m2"}]}
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from msgspec import Struct

from incubator.subsidies.rules.conditions import Group, Known, parse_group
from incubator.subsidies.rules.facts import COUNTED, MOST, Fact
from incubator.subsidies.rules.items import MEASURES, Item

BEARERS = ("operator", "government", "voucher", "sponsor")
MONTH_NUMBER = "residency.month_number"
NUMBER = re.compile(r"(0|[1-9][0-9]{0,12})(\.[0-9]{1,6})?")
"""As it is written: plain digits, so that whoever checks a decision elsewhere reads the same number."""
DEEPEST = 4
MOST_PARTS = 12
PLURAL = ("sum", "lesser", "greater")


class Worked(Struct, frozen=True):
    """A number or an amount with the data that says how it came about; None: a fact that it needs is not known."""

    value: Fraction | None
    data: Any
    missing: tuple[str, ...] = ()


class Number(Struct, frozen=True):
    """One number, read: `kind` is plain, steps, cases, product or fact."""

    kind: str
    plain: Decimal = Decimal(0)
    fact: str = ""
    steps: tuple[tuple[int, Decimal], ...] = ()
    cases: tuple[tuple[Group, Number], ...] = ()
    parts: tuple[Number, ...] = ()

    def work(self, facts: Mapping[str, Fact]) -> Worked:
        """The number for these facts. After the last step it is 0; where no case is met it is `else`."""
        if self.kind == "plain":
            return Worked(Fraction(self.plain), format(self.plain, "f"))
        if self.kind == "fact":
            found = _counted(self.fact, facts)
            data = {"fact": self.fact, "gives": None if found is None else str(found)}
            return Worked(found, data, () if found is not None else (self.fact,))
        if self.kind == "steps":
            return self._step(facts)
        return self._choose(facts) if self.kind == "cases" else self._multiply(facts)

    def _step(self, facts: Mapping[str, Fact]) -> Worked:
        found = _counted(self.fact, facts)
        data: dict[str, Any] = {"steps": [[until, format(value, "f")] for until, value in self.steps], "by": self.fact}
        if found is None:
            return Worked(None, data | {"found": None, "gives": None}, (self.fact,))
        value = next((value for until, value in self.steps if found <= until), Decimal(0))
        return Worked(Fraction(value), data | {"found": int(found), "gives": format(value, "f")})

    def _choose(self, facts: Mapping[str, Fact]) -> Worked:
        for number, (who, value) in enumerate(self.cases):
            answer = who.ask(facts)
            if answer is Known.UNKNOWN:
                missing = tuple(dict.fromkeys(fact for fact in who.facts() if _is_open(fact, facts)))
                return Worked(None, {"case": number, "who": who.answered(facts), "gives": None}, missing)
            if answer is Known.MET:
                worked = value.work(facts)
                data = {"case": number, "who": who.answered(facts), "use": worked.data, "gives": _text(worked.value)}
                return Worked(worked.value, data, worked.missing)
        worked = self.parts[0].work(facts)
        data = {"case": None, "not": [who.answered(facts) for who, _ in self.cases], "use": worked.data,
                "gives": _text(worked.value)}  # fmt: skip
        return Worked(worked.value, data, worked.missing)

    def _multiply(self, facts: Mapping[str, Fact]) -> Worked:
        worked = [part.work(facts) for part in self.parts]
        missing = tuple(dict.fromkeys(fact for each in worked for fact in each.missing))
        value: Fraction | None = Fraction(1)
        for each in worked:
            value = None if value is None or each.value is None else value * each.value
        return Worked(value, {"product": [each.data for each in worked], "gives": _text(value)}, missing)

    def facts(self) -> Iterator[str]:
        """The name of every fact that it depends on."""
        if self.fact:
            yield self.fact
        for who, value in self.cases:
            yield from who.facts()
            yield from value.facts()
        for part in self.parts:
            yield from part.facts()


def _is_open(fact: str, facts: Mapping[str, Fact]) -> bool:
    found = facts.get(fact)
    return found is None or not isinstance(found, str | int)


def _counted(fact: str, facts: Mapping[str, Fact]) -> Fraction | None:
    found = facts.get(fact)
    return Fraction(found) if isinstance(found, int) else None


def _text(value: Fraction | None) -> str | None:
    return None if value is None else exact_text(value)


def exact_text(value: Fraction) -> str:
    """Exactly: 1265.808, or 16/31 where no decimal says it."""
    if value.denominator == 1:
        return str(value.numerator)
    denominator = value.denominator
    for prime in (2, 5):
        while denominator % prime == 0:
            denominator //= prime
    if denominator != 1:
        return str(value)
    places = 0
    while (value * 10**places).denominator != 1:
        places += 1
    return format(Decimal(int(value * 10**places)).scaleb(-places), "f")


class Base(Struct, frozen=True):
    """What an amount is made of: the item, what of it is counted, and what other bearers have given on it already."""

    item: Item
    counted: Fraction
    """In fen; exact, for a price or area that is cut may leave a fraction."""
    borne_minor: Mapping[str, int]


class Amount(Struct, frozen=True):
    """How much of one item: `kind` is share, price, above, top_up, sum, lesser or greater."""

    kind: str
    number: Number | None = None
    per: str = ""
    over: tuple[str, ...] = ()
    parts: tuple[Amount, ...] = ()

    def work(self, base: Base, facts: Mapping[str, Fact]) -> Worked:
        """In fen, exact: 60 % of 2,109.68 are 126580.8 fen. Rounded by whoever asked, once."""
        if self.number is None:
            return self._gather([part.work(base, facts) for part in self.parts])
        number = self.number.work(facts)
        data: dict[str, Any] = {self.kind: number.data}
        if self.per:
            data["per"] = self.per
        if number.value is None:
            return Worked(None, data | {"gives": None}, number.missing)
        if self.kind == "share":
            return _worked(base.counted * number.value, data)
        if self.kind == "top_up":
            borne = sum(base.borne_minor.get(bearer, 0) for bearer in self.over)
            data |= {"over": list(self.over), "borne_minor": borne}
            return _worked(max(Fraction(0), base.item.gross_minor * number.value - borne), data)
        measure = base.item.measure(self.per)
        if measure is None:
            return Worked(None, data | {"gives": None}, (f"item.{self.per}",))
        data |= {"measure": exact_text(measure)}
        priced = number.value * 100 * measure
        return _worked(priced if self.kind == "price" else max(Fraction(0), base.item.gross_minor - priced), data)

    def _gather(self, worked: list[Worked]) -> Worked:
        missing = tuple(dict.fromkeys(fact for each in worked for fact in each.missing))
        data: dict[str, Any] = {self.kind: [each.data for each in worked]}
        values = [each.value for each in worked if each.value is not None]
        if len(values) < len(worked):
            return Worked(None, data | {"gives": None}, missing)
        value = sum(values, Fraction(0)) if self.kind == "sum" else {"lesser": min, "greater": max}[self.kind](values)
        return _worked(value, data)

    def facts(self) -> Iterator[str]:
        """The name of every fact that it depends on."""
        if self.number is not None:
            yield from self.number.facts()
        for part in self.parts:
            yield from part.facts()


def _worked(value: Fraction, data: dict[str, Any]) -> Worked:
    return Worked(value, data | {"gives": exact_text(value)})


def parse_number(data: Any, depth: int = 1) -> Number:
    """A number from data; ValueError that says what is wrong with it."""
    if isinstance(data, str):
        if not NUMBER.fullmatch(data):
            raise ValueError(f"{data!r} is no plain number such as 0.60 or 1200")
        return Number("plain", plain=Decimal(data))
    if not isinstance(data, dict) or depth > DEEPEST:
        raise ValueError(f"a number is text, steps, cases, a product or a fact, at most {DEEPEST} deep: {data!r}")
    keys = set(data)
    if keys == {"fact"}:
        return Number("fact", fact=_counted_fact(data["fact"]))
    if keys in ({"steps"}, {"steps", "by"}):
        return Number("steps", fact=_counted_fact(data.get("by", MONTH_NUMBER)), steps=_parse_steps(data["steps"]))
    if keys == {"cases", "else"}:
        cases = _list(data["cases"], "cases")
        if not all(isinstance(case, list) and len(case) == 2 for case in cases):
            raise ValueError("a case is whom it is for and a number")
        return Number(
            "cases", cases=tuple((parse_group(who), parse_number(value, depth + 1)) for who, value in cases),
            parts=(parse_number(data["else"], depth + 1),),
        )  # fmt: skip
    if keys == {"product"}:
        parts = _list(data["product"], "product")
        return Number("product", parts=tuple(parse_number(each, depth + 1) for each in parts))
    raise ValueError(f"{sorted(keys)} is no number")


def _counted_fact(fact: Any) -> str:
    if fact not in COUNTED:
        raise ValueError(f"{fact!r} is not counted; {', '.join(COUNTED)} are")
    return str(fact)


def _parse_steps(data: Any) -> tuple[tuple[int, Decimal], ...]:
    steps: list[tuple[int, Decimal]] = []
    for each in _list(data, "steps"):
        if not isinstance(each, list) or len(each) != 2 or type(each[0]) is not int or not 0 < each[0] <= MOST:
            raise ValueError(f"a step is up to what it goes and a number: [12, 1200], not {each!r}")
        if steps and each[0] <= steps[-1][0]:
            raise ValueError("steps go up")
        if not isinstance(each[1], str) or not NUMBER.fullmatch(each[1]):
            raise ValueError(f"{each[1]!r} is no plain number such as 0.60 or 1200")
        steps.append((each[0], Decimal(each[1])))
    return tuple(steps)


def _list(data: Any, name: str) -> list[Any]:
    if not isinstance(data, list) or not 0 < len(data) <= MOST_PARTS:
        raise ValueError(f"{name} are a list of at most {MOST_PARTS}")
    return data


def parse_amount(data: Any, depth: int = 1) -> Amount:
    """An amount from data; ValueError that says what is wrong with it."""
    if not isinstance(data, dict) or depth > DEEPEST:
        raise ValueError(f"an amount is a share, a price, or some of them, at most {DEEPEST} deep: {data!r}")
    keys = set(data)
    for kind in PLURAL:
        if keys == {kind}:
            return Amount(kind, parts=tuple(parse_amount(each, depth + 1) for each in _list(data[kind], kind)))
    if keys == {"share"}:
        return Amount("share", parse_number(data["share"]))
    for kind in ("price", "above"):
        if keys == {kind, "per"}:
            if data["per"] not in MEASURES:
                raise ValueError(f"a price is per {', '.join(MEASURES)}, not {data['per']!r}")
            return Amount(kind, parse_number(data[kind]), per=data["per"])
    if keys == {"top_up", "over"}:
        over = _list(data["over"], "over")
        if not all(bearer in BEARERS for bearer in over):
            raise ValueError(f"what is raised was borne by {', '.join(BEARERS)}")
        return Amount("top_up", parse_number(data["top_up"]), over=tuple(over))
    raise ValueError(f"{sorted(keys)} is no amount")



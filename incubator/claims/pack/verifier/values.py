"""Exact numbers, and what is done when two are not the same."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from incubator.claims.pack.verifier.report import NUMBER, Differs, NotKnown, shown

SEVERAL = ("sum", "lesser", "greater")
KINDS = (*SEVERAL, "share", "top_up", "price", "above")
"""Of amounts."""


def round_half_up(value: Fraction) -> int:
    """To the fen; a half goes away from zero."""
    sign = -1 if value < 0 else 1
    return sign * ((2 * abs(value.numerator) + value.denominator) // (2 * value.denominator))


def exact(text: Any, field: str) -> Fraction:
    """A number as derivations write it: 0.60, 16/31."""
    if not isinstance(text, str) or not NUMBER.fullmatch(text):
        raise NotKnown(f"{field}: {shown(text)}")
    return Fraction(text)


def same(field: str, expected: Any, found: Any, code: str = "recomputed") -> None:
    """The recomputed value and the one that is written."""
    if expected != found or type(expected) is not type(found):
        raise Differs(field, expected, found, code)


def gives(data: Any, value: Fraction, field: str) -> Fraction:
    """An intermediate result, exact."""
    if exact(data.get("gives"), field) != value:
        raise Differs(field, value, data.get("gives"))
    return value


def days_of(month: date) -> int:
    """How many days a month has."""
    return ((month.replace(day=28) + timedelta(days=4)).replace(day=1) - month.replace(day=1)).days

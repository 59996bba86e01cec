"""What is plausible about figures, when they are late, and how they are typed. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from unicodedata import normalize

from msgspec import Struct

from incubator.core.errors import N_, Refusal

FEN = Decimal(100)
THOUSAND = Decimal(1000)
LARGEST = Decimal(10) ** 15
PLACES = {"count": 0, "money": 0, "decimal": 4, "percent": 2}
"""Decimals of a value as it is kept: people whole, money in whole fen."""
REMINDED_BEFORE, BETWEEN_REMINDERS, MOST_OVERDUE = 7, 7, 3
STEPS = ("opened", "soon", "overdue_1", "overdue_2", "overdue_3")
"""What a startup is told of a sheet that is still with it, each once, in this order."""


class Check(Struct, frozen=True):
    """A rule of plausibility, as `FigureCheck` keeps it."""

    id: int
    level: str
    left: tuple[str, ...]
    comparison: str | None
    right: tuple[str, ...] = ()
    factor: Decimal = Decimal(1)
    constant: Decimal = Decimal(0)
    percent: Decimal | None = None


class Doubt(Struct, frozen=True):
    """A check that does not hold: what stands on its sides, and whether a remark answers it."""

    check: Check
    left: Decimal
    right: Decimal
    is_answered: bool

    @property
    def hinders(self) -> bool:
        """Whether the sheet can't be submitted because of it."""
        return self.check.level == "hard" or not self.is_answered


def find_doubts(
    checks: Iterable[Check], values: Mapping[str, Decimal | None], before: Mapping[str, Decimal | None],
    remarked: Collection[str],
) -> list[Doubt]:  # fmt: skip
    """The checks that some values do not hold, by the values of the last period and the codes that have a remark.

    A check of which a value is missing says nothing: that a figure is required is another rule. 30 fresh graduates
    of 25 employees break "at most 1 × employees"; revenue of 300 after 200 changes by 50 %, which "at most 50 %"
    lets pass and 301 does not; what was nothing last period has no percentage.
    """
    found = []
    for check in checks:
        sides = _change(check, values, before) if check.comparison is None else _sides(check, values)
        if sides is not None and not _holds(check, *sides):
            found.append(Doubt(check, *sides, any(code in remarked for code in check.left)))
    return found


def _sides(check: Check, values: Mapping[str, Decimal | None]) -> tuple[Decimal, Decimal] | None:
    left = [values.get(code) for code in check.left]
    right = [values.get(code) for code in check.right]
    if any(each is None for each in (*left, *right)):
        return None
    return _sum(left), _sum(right) * check.factor + check.constant


def _change(
    check: Check, values: Mapping[str, Decimal | None], before: Mapping[str, Decimal | None]
) -> tuple[Decimal, Decimal] | None:
    now, then = values.get(check.left[0]), before.get(check.left[0])
    return None if now is None or not then else (now, then)


def _holds(check: Check, left: Decimal, right: Decimal) -> bool:
    if check.comparison is None:
        return abs(left - right) * 100 <= (check.percent or 0) * abs(right)
    return {"at_most": left <= right, "at_least": left >= right, "equal": left == right}[check.comparison]


def _sum(values: Iterable[Decimal | None]) -> Decimal:
    return sum((each for each in values if each is not None), Decimal())


def read_value(text: str, kind: str, *, in_thousands: bool = False) -> Decimal | None:
    """What somebody typed, as it is kept; None for nothing. Money is typed in yuan or thousand yuan, kept in fen.

    "1,234.5" in thousand yuan is 123,450,000 fen; "12" people is 12; half a person is refused.
    """
    plain = normalize("NFKC", text).replace(",", "").replace("、", "").strip().removesuffix("%").strip()
    if not plain:
        return None
    try:
        value = Decimal(plain)
    except InvalidOperation:
        raise Refusal(N_("Give a number such as 1200 or 12.5.")) from None
    if len(plain) > 24 or not value.is_finite() or abs(value) > LARGEST:
        raise Refusal(N_("Give a number such as 1200 or 12.5."))
    if kind == "money":
        value = value * FEN * (THOUSAND if in_thousands else 1)
    if kind == "count" and value < 0:
        raise Refusal(N_("This is counted: 0 or more."))
    if value != round(value, PLACES[kind]):
        raise Refusal(
            {"count": N_("This is counted in whole numbers."), "money": N_("Amounts go down to the fen."),
             "percent": N_("At most two decimals.")}.get(kind, N_("At most four decimals."))
        )  # fmt: skip
    if abs(value) > LARGEST:
        raise Refusal(N_("Give a number such as 1200 or 12.5."))
    return round(value, PLACES[kind])


def as_typed(value: Decimal | None, kind: str, *, in_thousands: bool = False) -> Decimal | None:
    """A kept value in the unit that it is typed and shown in: 123,450,000 fen is 1,234.5 thousand yuan."""
    if value is None or kind != "money":
        return value
    return value / FEN / (THOUSAND if in_thousands else 1)


def plain_text(value: Decimal | None) -> str:
    """A number as a form has it: no grouping, no idle zeros."""
    if value is None:
        return ""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def due_step(due_on: date, today: date) -> int:
    """How far a startup is to be told of a sheet that is still with it: 1 that it is asked, 2 that the deadline comes
    near, 3 to 5 that it is over, a week apart.

    Due on 15 October: 2 from the 8th, 3 from the 16th, 4 from the 23rd, 5 from the 30th, and no more.
    """
    if today <= due_on:
        return 2 if today >= due_on - timedelta(days=REMINDED_BEFORE) else 1
    return 2 + min(MOST_OVERDUE, ((today - due_on).days - 1) // BETWEEN_REMINDERS + 1)


def days_late(due_on: date, until: date) -> int:
    """By how many days, on the day that it was submitted or today: 0 on the last day, 1 on the next."""
    return max(0, (until - due_on).days)

"""What is true of startups and their terms: pure."""

from __future__ import annotations

import unicodedata
from datetime import date, datetime, timedelta
from decimal import Decimal

from msgspec import Struct

from incubator.core.errors import N_, Refusal
from incubator.core.identifiers import normalise_credit_code
from incubator.pricing.rules.proration import CALENDAR_DAYS

CODE_LENGTH = 18
CODE_ALPHABET = frozenset("0123456789ABCDEFGHJKLMNPQRTUWXY")
ENDING_DAYS = 30
"""An agreement is "ending soon" on its last day and the 30 days before it."""


def check_identity(kind: str, credit_code: str | None, registered_on: date | None) -> str | None:
    """The normalised credit code of a company, None of a team; Refusal where kind and code don't go together."""
    given = (credit_code or "").strip()
    if kind == "team":
        if given or registered_on:
            raise Refusal(N_("A team has no credit code yet; with one it is a company."), field="credit_code")
        return None
    if kind != "company":
        raise Refusal(N_("A startup is a team or a company."), field="kind")
    if not given:
        raise Refusal(N_("A company has a unified social credit code of 18 characters."), field="credit_code")
    return check_credit_code(given)


FIRST_REGISTRATION = date(1900, 1, 1)


def check_registration(registered_on: date | None, now: datetime) -> None:
    """Refusal for a day of registration that is still to come, or before any company there is: the year 1 or 206."""
    if registered_on is None:
        return
    if registered_on > (now + timedelta(days=1)).date():
        raise Refusal(N_("%(day)s is still to come."), field="registered_on", day=registered_on)
    if registered_on < FIRST_REGISTRATION:
        raise Refusal(N_("%(day)s is not a day that can be meant: no company is registered before 1900."),
                      field="registered_on", day=registered_on)  # fmt: skip


FEN_PER_WAN = 1_000_000
"""Capital is written in units of 10,000 yuan (万元)."""
MOST_CAPITAL_MINOR = 10**14
"""A trillion yuan: more was never meant."""


def check_capital(kind: str, capital_minor: int | None, paid_in_minor: int | None) -> None:
    """A team has no capital; of a company's no more is paid in than is registered. In fen."""
    if kind == "team" and (capital_minor is not None or paid_in_minor is not None):
        raise Refusal(N_("A team has no registered capital yet."),
                      field="paid_in" if capital_minor is None else "capital")  # fmt: skip
    for field, minor in (("capital", capital_minor), ("paid_in", paid_in_minor)):
        if minor is not None and not 0 <= minor <= MOST_CAPITAL_MINOR:
            raise Refusal(N_("This is no capital that can be meant."), field=field)
    if paid_in_minor is not None and (capital_minor is None or paid_in_minor > capital_minor):
        raise Refusal(N_("No more can be paid in than is registered."), field="paid_in")


def check_credit_code(text: str) -> str:
    """The code in capitals without blanks or dashes; Refusal that says what is wrong with it (GB 32100-2015).

    18 characters of 0-9 and A-Z without I O S V Z; the last checks the others: of 91110000802100433B one digit
    changed is refused, and so are two swapped. Full-width characters count as what they look like.
    """
    code = "".join(char for char in unicodedata.normalize("NFKC", text).upper() if char not in " -\t")
    if len(code) != CODE_LENGTH:
        raise Refusal(
            N_("A credit code has 18 characters; %(code)s has %(count)s."), field="credit_code", code=code[:40],
            count=len(code),
        )  # fmt: skip
    foreign = sorted({char for char in code if char not in CODE_ALPHABET})
    if foreign:
        raise Refusal(
            N_("%(characters)s does not occur in a credit code: it is of 0-9 and A-Z without I, O, S, V, Z."),
            field="credit_code", characters=" ".join(foreign),
        )  # fmt: skip
    normalised = normalise_credit_code(code)
    if normalised is None:
        raise Refusal(
            N_("%(code)s is not a valid credit code: its check character does not fit, so one is mistyped."),
            field="credit_code", code=code,
        )  # fmt: skip
    return normalised


class ResidencyTerm(Struct, frozen=True):
    """One agreed price of one unit on the days on which it holds, with all that a month's charge is made of."""

    price_id: int
    residency_id: int
    residency_number: str
    startup_id: int
    unit_id: int
    unit_code: str
    unit_kind: str
    area_m2: Decimal
    charge_kind: str
    basis: str
    unit_price: Decimal
    currency: str
    starts_on: date
    ends_on: date | None
    """Of the price within the agreement's term; inclusive, None: open-ended."""
    reason: str = ""
    """`free` of rent, a `step`, or neither."""
    proration: str = CALENDAR_DAYS
    """The agreement's rule for parts of a month."""
    tax_included: bool = True

    def runs_on(self, on: date) -> bool:
        """Whether this is the price on the day."""
        return self.starts_on <= on and (self.ends_on is None or on <= self.ends_on)

    @property
    def quantity(self) -> Decimal:
        """What the unit price is multiplied by: the area, or one unit."""
        return self.area_m2 if self.basis == "m2_month" else Decimal(1)


def shown_day(starts_on: date, ends_on: date | None, today: date) -> date:
    """The day whose units and prices a page shows: today, or the first or last day where that is outside the term."""
    day = max(starts_on, today)
    return day if ends_on is None else min(day, ends_on)


def term_state(starts_on: date, ends_on: date | None, today: date) -> str:
    """`coming`, `current`, `ending` (its last day is at most 30 days away) or `ended`, on the site's local date.

    One until 31 October is ending from 1 October on, and ended on 1 November.
    """
    if today < starts_on:
        return "coming"
    if ends_on is None:
        return "current"
    left = (ends_on - today).days
    return "ended" if left < 0 else "ending" if left <= ENDING_DAYS else "current"

"""Vouchers: who may have one, what an order is covered by, what each entry does to what is left. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from msgspec import Struct
from msgspec.structs import replace

from incubator.core.errors import N_, Conflict, Refusal
from incubator.core.money import Money, round_half_up
from incubator.startups.rules.limits import add_months

USES = ("services", "instruments", "mentors", "training")
"""What a voucher may pay for: services of providers, instruments, mentors, training."""
BOOKING_USES = ("services", "instruments")
"""Those by which the operator's own rooms and instruments can be booked."""
WHO = ("companies", "all")
"""Who may have one of a series: registered companies, or teams, too."""
WAYS = ("application", "rule")
"""How a series is issued: to who applies and is approved, or to whoever meets its rule."""
SOURCES = ("booking", "mentor_session")
"""What of the operator's own an order may be for, instead of a provider's service."""
ENTRY_KINDS = ("issue", "reserve", "release", "redeem", "return", "expire", "settle", "recover", "deduct")
PAYMENT_KINDS = ("pay", "undo")
PAYMENT_WAYS = ("transfer", "cheque", "cash", "other")
"""How a settlement is paid."""
VOUCHER_STATES = ("unused", "in_use", "used_up", "expired")
ORDER_STATES = ("open", "part", "done", "cancelled", "returned")
OUTCOMES = ("approved", "refused", "withdrawn")
WHY_NOT = ("team", "unknown_registration", "registered_long_ago", "not_here", "has_enough")
"""Why a startup can have none: not registered; nobody knows since when; for too long; not in residence; it has had
as many as there are for one."""

MOST_MINOR = 10**12
LONGEST_VALIDITY = 5 * 366
REMINDERS = (30, 7)
"""How many days before its last day a voucher with something left is spoken of."""


class Balance(Struct, frozen=True):
    """Where a voucher's money is; it always adds up to the face value."""

    left: int = 0
    """Free to be ordered by."""
    reserved: int = 0
    redeemed: int = 0
    """Used with a provider, and not settled yet."""
    settled: int = 0
    expired: int = 0

    @property
    def face(self) -> int:
        return self.left + self.reserved + self.redeemed + self.settled + self.expired


_MOVES: dict[str, tuple[str | None, str | None]] = {
    "issue": (None, "left"),
    "reserve": ("left", "reserved"),
    "release": ("reserved", "left"),
    "redeem": ("reserved", "redeemed"),
    "return": ("redeemed", "left"),
    "expire": ("left", "expired"),
    "settle": ("redeemed", "settled"),
    "recover": ("settled", "left"),
    "deduct": (None, None),
}
"""What each kind of entry takes from, and adds to; that a recovery is deducted from a settlement moves nothing."""


def move(balance: Balance, kind: str, amount_minor: int) -> Balance:
    """The balance after an entry; Conflict where there is not so much to move.

    Of 5,000.00 left, 4,800.00 are reserved: 200.00 are left. Redeemed in part with 3,000.00: 1,800.00 stay reserved. A
    return of 3,000.00 makes 3,200.00 left. Another order of 3,200.01 is refused.
    """
    if kind not in _MOVES:
        raise ValueError(f"{kind!r} is no entry of a voucher")
    if not 0 < amount_minor <= MOST_MINOR:
        raise Refusal(N_("Give an amount above zero."), field="amount")
    source, target = _MOVES[kind]
    if source is not None:
        held = getattr(balance, source)
        if amount_minor > held:
            raise Conflict(N_("Only %(held)s of the voucher can be used for that."), field="amount", held=Money(held))
        balance = replace(balance, **{source: held - amount_minor})
    if target is None:
        return balance
    return replace(balance, **{target: getattr(balance, target) + amount_minor})


class Cover(Struct, frozen=True):
    """What of an order a voucher bears, and what kept it from bearing more: `share`, `left` or `year`."""

    minor: int
    limited_by: str


def cover(gross_minor: int, share: Decimal, left_minor: int, year_left_minor: int | None) -> Cover:
    """The share of the price, at most what is left of the voucher, and of the company's limit for the year.

    Of 8,000.00 at 60 % a voucher with 6,000.00 left bears 4,800.00; one with 1,000.00 left, 1,000.00; where 3,500.00
    are left of the year, 3,500.00. Rounded half up, once.
    """
    found = [("share", share_of(gross_minor, share)), ("left", left_minor)]
    found += [] if year_left_minor is None else [("year", max(year_left_minor, 0))]
    limited_by, minor = min(found, key=lambda each: each[1])
    return Cover(minor, limited_by)


class Standing(Struct, frozen=True):
    """How a voucher stands on the day on which something is ordered by it."""

    share: Decimal
    uses: tuple[str, ...]
    valid_from: date
    valid_until: date
    left_minor: int
    year_left_minor: int | None
    """Of the startup's limit for the year; None: there is none."""


def bear(standing: Standing, use: str, gross_minor: int, today: date) -> Cover:
    """What it bears of a price, above nothing; else what speaks against it. What is shown is what is ordered."""
    if use not in standing.uses:
        raise Refusal(N_("This voucher can't be used for that."), field="use")
    if not 0 < gross_minor <= MOST_MINOR:
        raise Refusal(N_("Give an amount above zero."), field="gross")
    if not standing.valid_from <= today <= standing.valid_until:
        raise Conflict(N_("This voucher was valid until %(day)s."), day=standing.valid_until)
    covered = cover(gross_minor, standing.share, standing.left_minor, standing.year_left_minor)
    if covered.minor == 0:
        raise Conflict(
            N_("Nothing is left of this voucher.") if covered.limited_by == "left" else
            N_("Nothing is left of this year's limit.") if covered.limited_by == "year" else
            N_("This is too little for the voucher to bear a part of."), field="gross",
        )  # fmt: skip
    return covered


def use_of_resource(resource_kind: str) -> str:
    """What of its uses a booking is: of an instrument `instruments`, of anything else a service of the space."""
    return "instruments" if resource_kind == "instrument" else "services"


def too_much(reserved_minor: int, share: Decimal, to_pay_minor: int) -> int:
    """What of a reservation is more than its share of a price that has become less: of 150.00 reserved at 50 % for
    300.00, 125.00 where allowances leave 50.00 to pay."""
    return max(reserved_minor - share_of(to_pay_minor, share), 0)


class Borne(Struct, frozen=True):
    """What a voucher bears of a booking: "V-2026-0001" 150.00, by its order; 0: it is not ordered yet."""

    voucher_id: int
    voucher: str
    order_id: int
    order: str
    value_minor: int

    def as_data(self) -> dict[str, object]:
        """As JSON data, kept with the charge."""
        return {"voucher": self.voucher, "order": self.order, "order_id": self.order_id,
                "value_minor": self.value_minor}  # fmt: skip


def take_deductions(payable_minor: int, open_minor: Sequence[int]) -> list[bool]:
    """Which of the open deductions a settlement carries, in order: each that leaves no less than nothing to pay. Of
    600.00 to pay, 500.00, 200.00 and 100.00 open: the first and the last; 200.00 stay open."""
    taken = []
    for each in open_minor:
        taken.append(each <= payable_minor)
        payable_minor -= each if taken[-1] else 0
    return taken


def share_of(gross_minor: int, share: Decimal) -> int:
    """A percentage of an amount: 60 % of 8,000.00 are 4,800.00; 33.33 % of 0.05 are 0.02."""
    return round_half_up(Fraction(share) * gross_minor / 100)


def redeemable(
    *, gross_minor: int, covered_minor: int, share: Decimal, gross_before: int, redeemed_before: int
) -> int:
    """What of an order's cover is redeemed once `gross_minor` more of it is delivered, after `gross_before`.

    Of 8,000.00 covered with 4,800.00 (60 %), the first 5,000.00 redeem 3,000.00 and the last 3,000.00 the other
    1,800.00: parts add up to the whole, to the fen. Where the voucher bears less than its share, it bears it first.
    """
    return max(min(covered_minor, share_of(gross_before + gross_minor, share)) - redeemed_before, 0)


def last_day(first: date, valid_days: int) -> date:
    """The last of so many days: 365 from 1 January 2026 on end with 31 December."""
    return first + timedelta(days=valid_days - 1)


def voucher_state(balance: Balance, valid_until: date, today: date) -> str:
    """How it stands on a day. What is reserved can still be redeemed after its last day."""
    if balance.left == 0 and balance.reserved == 0:
        return "expired" if balance.expired else "used_up"
    if today > valid_until and balance.reserved == 0:
        return "expired"
    return "unused" if balance.left == balance.face else "in_use"


def order_state(covered: int, reserved: int, redeemed: int, returned: int) -> str:
    """How an order stands, by the sums of its entries: `reserved` is what of it is still kept."""
    if reserved:
        return "part" if redeemed else "open"
    if redeemed == 0:
        return "cancelled"
    return "returned" if returned == redeemed else "done"


class Holder(Struct, frozen=True):
    """What is asked of a startup that is to have a voucher."""

    is_company: bool
    registered_on: date | None
    is_here: bool
    """In residence on the day."""
    has: int
    """Vouchers of the series that it has had."""


def why_not(holder: Holder, *, who: str, registered_months: int | None, most_each: int, on: date) -> list[str]:
    """What keeps a startup from a voucher, of `WHY_NOT`; none: it can have one.

    Registered on 31 January 2024, and 24 months are asked: until 31 January 2026 it can, on 1 February it can't.
    """
    found = []
    if not holder.is_here:
        found.append("not_here")
    if not holder.is_company and (who == "companies" or registered_months is not None):
        found.append("team")
    elif registered_months is not None:
        if holder.registered_on is None:
            found.append("unknown_registration")
        elif on > add_months(holder.registered_on, registered_months):
            found.append("registered_long_ago")
    if holder.has >= most_each:
        found.append("has_enough")
    return found


def check_uses(uses: Collection[str]) -> list[str]:
    """What a series pays for, in the order of `USES`; Refusal where it is nothing, or something unknown."""
    if not uses or not set(uses) <= set(USES):
        raise Refusal(N_("Choose what it can be used for."), field="uses")
    return [each for each in USES if each in uses]


def reminder_due(valid_from: date, valid_until: date, today: date) -> int | None:
    """Which reminder a day is for: 30 or 7 days before the last one; None: too early, too late, or valid so shortly
    that nobody has forgotten it."""
    left = (valid_until - today).days
    if left < 0:
        return None
    due = [days for days in REMINDERS if left <= days and (valid_until - valid_from).days > days]
    return min(due, default=None)

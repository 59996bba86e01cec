"""What becomes of a claim's money: who bears what is not granted or wanted back, and what is still to come. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from incubator.billing.rules.accounts import Account
from incubator.billing.rules.journal import Posting, both_ways
from incubator.core.errors import N_, Refusal
from incubator.core.money import Money

BEARERS = ("operator", "startup")
"""Who bears what the authority doesn't: the operator as a loss, or the startup, of whose next invoice it is no more
taken off."""

LEFT = (*BEARERS, "again")
"""What becomes of what is not granted; `again`: the line is released, and the next claim may have it."""

PAYMENT_KINDS = ("paid", "returned")


class Answer(Struct, frozen=True):
    """What the authority says of a line, and who bears the rest."""

    granted_minor: int
    reason: str = ""
    left_to: str | None = None


def check_answer(amount_minor: int, answer: Answer, *, is_taken_off: bool) -> int:
    """What of a line is not granted; a Refusal where the answer can't be.

    Of 1,620.00 granted 1,000.00: 620.00, which somebody bears, and why. A line that takes back (below 0) is granted
    between 0 and what it takes back. A startup bears only what was taken off its invoices.
    """
    low, high = min(0, amount_minor), max(0, amount_minor)
    if not low <= answer.granted_minor <= high:
        raise Refusal(N_("Grant between 0 and %(amount)s of it."), field="granted", amount=Money(amount_minor))
    refused = amount_minor - answer.granted_minor
    if not refused:
        return 0
    if not answer.reason:
        raise Refusal(N_("Say why it is not granted in full."), field="reason")
    if answer.left_to not in LEFT:
        raise Refusal(N_("Say who bears what is not granted."), field="left_to")
    if answer.left_to == "again" and answer.granted_minor:
        raise Refusal(N_("Only what is refused as a whole can be claimed again."), field="left_to")
    if answer.left_to == "startup" and (refused < 0 or not is_taken_off):
        raise Refusal(N_("No startup can bear this line."), field="left_to")
    return refused


class Ruled(Struct, frozen=True):
    """A line with what was granted of it and what is lost of it for good, as the books want it; signed."""

    granted_minor: int
    lost_minor: int
    """What is not granted and not claimed again, and the operator bears."""
    scheme_id: int
    startup_id: int | None
    is_own: bool
    """A grant to the operator, or its instalment: nothing of it is in the books before it is granted."""


def book_rulings(lines: Iterable[Ruled]) -> tuple[Posting, ...]:
    """What the operator bears leaves what government owes; what is granted to the operator itself comes into it. What a
    startup bears leaves it with the startup's invoice.

    Of 1,620.00 receivable, 1,000.00 granted: 620.00 from subsidy_receivable to subsidy_losses. Of a grant's instalment
    of 50,000.00, 40,000.00 granted: subsidy_receivable against income.grants 40,000.00.
    """
    found: list[Posting] = []
    for each in lines:
        about = {"scheme_id": each.scheme_id, "startup_id": each.startup_id}
        if each.is_own:
            found += both_ways(Account.SUBSIDY_RECEIVABLE, Account.GRANTS, each.granted_minor, **about)
        else:
            found += both_ways(Account.SUBSIDY_LOSSES, Account.SUBSIDY_RECEIVABLE, each.lost_minor, **about)
    return tuple(found)


def book_payment(kind: str, amount_minor: int, scheme_id: int) -> tuple[Posting, ...]:
    """What the authority paid settles what it owes; what is paid back settles what it wants back."""
    debit, credit = {
        "paid": (Account.BANK, Account.SUBSIDY_RECEIVABLE), "returned": (Account.SUBSIDY_PAYABLE, Account.BANK),
    }[kind]  # fmt: skip
    return tuple(both_ways(debit, credit, amount_minor, scheme_id=scheme_id))


def book_clawback(amount_minor: int, scheme_id: int, startup_id: int | None, borne_by: str) -> tuple[Posting, ...]:
    """What was paid is owed to the authority until it is paid back: a loss after all, or, where the startup bears it, a
    receivable that its next invoice takes over."""
    bears = Account.SUBSIDY_LOSSES if borne_by == "operator" else Account.SUBSIDY_RECEIVABLE
    return tuple(both_ways(bears, Account.SUBSIDY_PAYABLE, amount_minor, scheme_id=scheme_id, startup_id=startup_id))


class Sums(Struct, frozen=True):
    """A claim's money."""

    claimed_minor: int
    granted_minor: int = 0
    lost_minor: int = 0
    """Not granted, and borne by the operator or the startup."""
    again_minor: int = 0
    """Not granted, and to be claimed again."""
    paid_minor: int = 0
    clawed_back_minor: int = 0
    returned_minor: int = 0

    @property
    def to_come_minor(self) -> int:
        """What the authority still owes of what it granted."""
        return self.granted_minor - self.paid_minor

    @property
    def owed_back_minor(self) -> int:
        """What is wanted back and not paid back yet."""
        return self.clawed_back_minor - self.returned_minor

    @property
    def kept_minor(self) -> int:
        """What was paid and is not wanted back."""
        return self.paid_minor - self.clawed_back_minor


def check_payment(sums: Sums, kind: str, amount_minor: int) -> None:
    """A Refusal where more would be paid than is to come, or returned than is wanted back."""
    left = sums.to_come_minor if kind == "paid" else sums.owed_back_minor
    if amount_minor <= 0:
        raise Refusal(N_("Give an amount above zero."), field="amount")
    if amount_minor > left:
        raise Refusal(
            N_("Only %(left)s of this claim is still to come.") if kind == "paid"
            else N_("Only %(left)s of this claim is still to be paid back."),
            field="amount", left=Money(left),
        )  # fmt: skip


def check_clawback(
    granted_minor: int, before_minor: int, amount_minor: int, borne_by: str = "operator", *, is_taken_off: bool = True
) -> None:
    """A Refusal where more of a line would be wanted back than was granted of it: of 1,000.00, of which 300.00 are
    wanted back already, at most 700.00. A startup bears only what was taken off its invoices."""
    if borne_by not in BEARERS:
        raise Refusal(N_("Say who bears it."), field="borne_by")
    if borne_by == "startup" and not is_taken_off:
        raise Refusal(N_("No startup can bear this line."), field="borne_by")
    left = granted_minor - before_minor
    if not 0 < amount_minor <= left:
        raise Refusal(N_("At most %(left)s of this line can be wanted back."), field="amount",
                      left=Money(max(left, 0)))  # fmt: skip


def returns_of(lines: Sequence[tuple[int | None, int]]) -> dict[int, int]:
    """By budget what goes back to it of lines (budget, what is lost of them), signed; those without one: nothing."""
    found: dict[int, int] = {}
    for budget_id, lost in lines:
        if budget_id is not None and lost:
            found[budget_id] = found.get(budget_id, 0) + lost
    return found

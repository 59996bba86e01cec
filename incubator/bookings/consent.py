"""What somebody agreed to pay: nothing is booked or cancelled at a price that they have not seen. Pure."""

from __future__ import annotations

from msgspec import Struct

from incubator.core.errors import N_, Conflict, Refusal
from incubator.core.money import Money


class Consent(Struct, frozen=True):
    """The price that somebody had before their eyes when they confirmed; None: none yet."""

    minor: int | None


class PriceUnseen(Refusal):
    """The price was not shown yet; `price` is to be."""

    def __init__(self, price: Money) -> None:
        super().__init__(
            N_("This costs %(price)s. Nothing is booked yet: confirm once more if you agree."), price=price
        )
        self.price = price


class PriceChanged(Conflict):
    """Somebody changed the price after it was shown; `price` is the one that holds now."""

    def __init__(self, price: Money, seen: Money) -> None:
        super().__init__(
            N_("The price is now %(price)s, not %(seen)s. Nothing is booked yet: confirm once more if you agree."),
            price=price, seen=seen,
        )  # fmt: skip
        self.price = price


def check_consent(consent: Consent, price: Money) -> None:
    """Refused unless the price that was seen is the price: 75.00 seen, 90.00 now, and nothing is booked."""
    if consent.minor is None:
        raise PriceUnseen(price)
    if consent.minor != price.minor:
        raise PriceChanged(price, Money(consent.minor, price.currency))


class FeeUnseen(Conflict):
    """Cancelling costs something, and not what was shown; `price` is what it costs now."""

    def __init__(self, price: Money) -> None:
        super().__init__(
            N_("Cancelling now costs %(price)s. It is not cancelled yet: confirm once more if you agree."), price=price
        )
        self.price = price


def check_fee_consent(consent: Consent, fee: Money) -> None:
    """Refused unless the fee that was seen is the fee; where it has become none, nobody minds."""
    if fee.minor and consent.minor != fee.minor:
        raise FeeUnseen(fee)

"""The stand-in for Stripe of `make run`, with faults on purpose around it, as tests want them.

`lose_answers` does what is asked and then closes the connection; `away` closes it before. Lists come by threes, so that the
second page is asked for, too.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from incubator.stand_ins.stripe import KEY, WEBHOOK_SECRET
from incubator.stand_ins.stripe.account import DECLINED, GOOD, Account, Thing
from incubator.stand_ins.stripe.server import Handler, listening

__all__ = ["DECLINED", "GOOD", "KEY", "WEBHOOK_SECRET", "StripeFake", "Thing", "serve"]


@dataclass
class StripeFake(Account):
    """The account, and what a test does to it."""

    calls: list[tuple[str, str]] = field(default_factory=list)
    """Method and path of every call that came through."""
    lose_answers: int = 0
    """So many calls that change something are done, and not answered."""
    away: bool = False
    slow: float = 0.0
    """Seconds before an answer."""
    most_listed: int = 3

    def charge_elsewhere(self, amount: int, currency: str = "cny") -> str:
        """Another shop takes money in the same account."""
        intent = self.new_intent(amount, currency, {})
        self.take(intent, "card", GOOD)
        return str(intent["id"])

    def change(self, thing_id: str, **values: object) -> None:
        """Have a thing be otherwise."""
        self.get(thing_id).update(values)

    def taken(self) -> int:
        """All that was ever charged, in the account."""
        return sum(each["amount"] for each in self.all_of("charge"))

    def last(self, kind: str) -> Thing:
        """The newest thing of a kind."""
        return self.all_of(kind)[0]


class Faulty(Handler):
    """One request, that may come to nothing."""

    account: StripeFake

    def answer_call(self, method: str, path: str, text: str) -> None:
        if self.account.away:
            self.close_connection = True
            return
        self.account.calls.append((method, path))
        super().answer_call(method, path, text)

    def send(self, status: int, kind: str, text: str) -> None:
        if kind == "application/json":
            time.sleep(self.account.slow)
            if self.command == "POST" and self.account.lose_answers > 0:
                self.account.lose_answers -= 1
                self.close_connection = True
                return
        super().send(status, kind, text)


@contextmanager
def serve() -> Iterator[StripeFake]:
    """The account at a free port of this machine."""
    fake = StripeFake()
    with listening(fake, Faulty):
        yield fake

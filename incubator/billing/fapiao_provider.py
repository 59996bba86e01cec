"""Who issues fapiaos for the operator over a wire: what a provider can do, and a stand-in that issues none.

No real provider is connected. The stand-in is for demonstrations and tests; each number that it makes begins with
eight nines, as no real one does, and each file says what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from msgspec import Struct
from sqlalchemy import Engine, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from incubator.billing.fapiao_wording import DEMO_PREFIX
from incubator.billing.models import DemoFapiao
from incubator.core.clock import CHINA
from incubator.core.money import Money
from incubator.database import set_operator
from incubator.documents.pdf import render

DEMO_WORDS = "本地演示开票，非真实发票"


class Order(Struct, frozen=True):
    """What a provider is to issue: the key is our own number of the paper, the same however often it is asked."""

    key: str
    content: Mapping[str, Any]
    blue_number: str = ""
    """Of the one that a red-letter one takes back."""


class Issued(Struct, frozen=True):
    """What it has issued."""

    number: str
    issued_on: date
    confirmation: str = ""
    pdf: bytes = b""


class Unanswered(Exception):
    """No answer came: it may be issued or not. Ask for it (`query`) before it is sent again."""


class Declined(Exception):
    """The provider refuses this one for good, and says why."""


class Provider(Protocol):
    """One that issues digital fapiaos. Each call is idempotent by the order's key."""

    def issue(self, order: Order) -> Issued: ...
    def red_letter(self, order: Order) -> Issued: ...
    def query(self, key: str) -> Issued | None:
        """What was issued under this key; None: nothing was."""


Behaviour = Callable[[str, Order | None], None]
"""Called before ("issue", order) and after ("issued", order) a thing is issued, and before a query: what it raises
comes out of the call. So tests make the stand-in slow, deaf, or lose its answers."""


def _be_kind(_moment: str, _order: Order | None) -> None:
    return


class DemoProvider:
    """The local stand-in, with a memory of its own: its commits are none of ours, as with one far away."""

    def __init__(self, engine: Engine, operator_id: int, clock: Callable[[], datetime], behave: Behaviour = _be_kind
                 ) -> None:  # fmt: skip
        self._engine, self._operator_id, self._clock, self._behave = engine, operator_id, clock, behave

    def issue(self, order: Order) -> Issued:
        """A number and a paper that says that it is none."""
        return self._make(order, "")

    def red_letter(self, order: Order) -> Issued:
        """The same for a red-letter one, with a number of its confirmation form."""
        return self._make(order, "99")

    def query(self, key: str) -> Issued | None:
        """What was issued under a key."""
        self._behave("query", None)
        with Session(self._engine) as session:
            set_operator(session, self._operator_id)
            row = session.execute(select(DemoFapiao).where(DemoFapiao.key == key)).scalar_one_or_none()
            return None if row is None else _answer(row)

    def _make(self, order: Order, confirmation: str) -> Issued:
        self._behave("issue", order)
        if not order.content.get("buyer"):
            raise Declined("没有购买方名称")
        with Session(self._engine) as session:
            set_operator(session, self._operator_id)
            last = session.execute(select(func.max(DemoFapiao.id))).scalar_one() or 0
            number = f"{DEMO_PREFIX}{int(order.key[2:]):012}"
            session.execute(
                insert(DemoFapiao).values(
                    operator_id=self._operator_id, key=order.key, number=number,
                    issued_on=self._clock().astimezone(CHINA).date(),
                    confirmation=f"{confirmation}{last + 1:018}" if confirmation else "",
                    content={**order.content, "blue_number": order.blue_number},
                ).on_conflict_do_update(index_elements=["operator_id", "key"], set_={"asked": DemoFapiao.asked + 1})
            )  # fmt: skip
            row = session.execute(select(DemoFapiao).where(DemoFapiao.key == order.key)).scalar_one()
            session.commit()
            session.refresh(row)
            found = _answer(row)
        self._behave("issued", order)
        return found


def _answer(row: DemoFapiao) -> Issued:
    return Issued(row.number, row.issued_on, row.confirmation, write_demo_pdf(row.number, row.issued_on, row.content))


def write_demo_pdf(number: str, issued_on: date, content: Mapping[str, Any]) -> bytes:
    """A page that names itself a demonstration, with what was ordered."""
    rows = [
        [row["name"], f"{Decimal(row['rate']):.0%}" if Decimal(row["rate"]) else "免税", _yuan(row["net_minor"]),
         _yuan(row["tax_minor"])]
        for row in content["rows"]
    ]  # fmt: skip
    said = {name: content[name] for name in ("buyer", "tax_number", "seller", "blue_number")}
    return render("billing/fapiao_demo.typ", {
        **said, "words": DEMO_WORDS, "number": number, "issued_on": issued_on.isoformat(), "rows": rows,
        "total": _yuan(content["net_minor"]), "kind": content["kind"],
    })  # fmt: skip


def _yuan(minor: int) -> str:
    return f"{Money(minor).major:,.2f}"

"""Deposits: never below zero, never more back than came, each movement once."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.startups.models import DepositEntry, Residency
from incubator.startups.operations.deposits import move_deposit
from incubator.startups.queries.deposits import list_entries
from incubator.startups.rules.deposits import ADDS, KINDS, TAKES, balance_after
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.startups.test_amending import Place, place, sign  # noqa: F401  a fixture


@pytest.fixture
def residency(session: Session, cast: Cast, place: Place) -> Residency:  # noqa: F811
    return sign(session, cast, place, deposit_minor=500_000)


def move(session: Session, cast: Cast, residency: Residency, kind: str, yuan: int, **changes: Any) -> DepositEntry:
    said = {"happened_on": date(2026, 10, 1), "reason": "椅子"} | changes
    return move_deposit(session, changes.pop("actor", cast.manager), now=NOW, residency_id=residency.id, kind=kind,
                        amount_minor=yuan * 100, **{key: value for key, value in said.items() if key != "actor"})  # fmt: skip


def test_received_withheld_and_returned(session: Session, cast: Cast, residency: Residency) -> None:
    """Of 5,000.00 received 300.00 is withheld and 4,700.00 returned: nothing is left."""
    balances = [move(session, cast, residency, kind, yuan).balance_minor
                for kind, yuan in (("asked", 5000), ("received", 5000), ("withheld", 300), ("returned", 4700))]  # fmt: skip
    assert balances == [0, 500_000, 470_000, 0]
    with pytest.raises(Conflict, match="is held"):
        move(session, cast, residency, "returned", 1)
    assert [row.entry.number for row in list_entries(session, residency.id)] == [4, 3, 2, 1]


def test_carried_over_to_the_next_agreement(session: Session, cast: Cast, place: Place, residency: Residency) -> None:  # noqa: F811
    following = sign(session, cast, place, "D2")
    strange = sign(session, cast, place, "D3", whose=cast.startup_b)
    move(session, cast, residency, "received", 5000)
    with pytest.raises(Refusal, match="same startup"):
        move(session, cast, residency, "transferred", 5000, other_residency_id=strange.id)
    entry = move(session, cast, residency, "transferred", 5000, other_residency_id=following.id)
    assert entry.balance_minor == 0
    (row,) = list_entries(session, following.id)
    assert (row.entry.kind, row.entry.balance_minor, row.other) == ("taken_over", 500_000, residency.number)


@pytest.mark.parametrize(
    ("kind", "yuan", "changes", "error"),
    [("received", 0, {}, Refusal), ("received", 5, {"happened_on": date(2026, 10, 2)}, Refusal), ("stolen", 5, {}, Refusal),
     ("taken_over", 5, {}, Refusal), ("withheld", 5, {"reason": ""}, Refusal), ("received", 5, {"how": "gold"}, Refusal),
     ("transferred", 5, {}, Refusal), ("received", 5, {"document_id": 2**40}, NotFound)],
)  # fmt: skip
def test_what_is_refused(session: Session, cast: Cast, residency: Residency, kind: str, yuan: int, changes: dict[str, Any],
                         error: type[Exception]) -> None:  # fmt: skip
    with pytest.raises(error):
        move(session, cast, residency, kind, yuan, **changes)


def test_who_may(session: Session, cast: Cast, residency: Residency) -> None:
    move(session, cast, residency, "received", 5, actor=cast.finance)
    for actor in (cast.front_desk, cast.auditor, cast.founder_a):
        with pytest.raises(Forbidden):
            move(session, cast, residency, "received", 5, actor=actor)


def test_the_database_refuses_what_the_operation_would(session: Session, cast: Cast, residency: Residency) -> None:
    move(session, cast, residency, "received", 5)
    for wrong in ("2, 'returned', 600, -100", "1, 'received', 100, 600"):
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(text(
                "INSERT INTO deposit_entries (operator_id, residency_id, number, kind, amount_minor, balance_minor, happened_on, created_at)"
                f" VALUES ({cast.operator_id}, {residency.id}, {wrong}, '2026-10-01', now())"))  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.integers(1, 1000))))
def test_never_below_zero_and_never_more_back_than_came(moves: list[tuple[str, int]]) -> None:
    held = came = went = 0
    for kind, amount in moves:
        try:
            held = balance_after(held, kind, amount)
        except Conflict:
            assert kind in TAKES and amount > held
            continue
        came, went = came + (amount if kind in ADDS else 0), went + (amount if kind in TAKES else 0)
        assert held == came - went >= 0


def test_the_page(client: Browser, session: Session, cast: Cast, residency: Residency) -> None:
    session.connection().exec_driver_sql("UPDATE people SET locale = 'en'")
    client.sign_in(cast.finance)
    address = f"/residencies/{residency.id}/deposit"
    assert "Nothing has moved yet" in client.get(address).get_data(as_text=True)
    data = {"kind": "received", "amount": "5,000.00", "happened_on": "2026-10-01", "how": "bank", "reason": "", "document_id": "0",
            "other_residency_id": "0"}  # fmt: skip
    assert client.post(address, data=data).status_code == 303
    page = client.get(address).get_data(as_text=True)
    assert "CN¥5,000.00" in page and "Bank transfer" in page
    answer = client.post(address, data=data | {"kind": "returned", "amount": "5000.01"})
    assert answer.status_code == 409 and "is held" in answer.get_data(as_text=True)
    client.sign_in(cast.founder_a)
    page = client.get(address).get_data(as_text=True)
    assert "CN¥5,000.00" in page and "Write a movement down" not in page
    assert client.post(address, data=data).status_code == 403
    for actor in (cast.founder_b, cast.member_a):
        client.sign_in(actor)
        assert client.get(address).status_code == 404

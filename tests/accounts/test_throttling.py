"""How often one may try. These apps count, in databases of their own: what is counted is committed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from incubator.accounts.throttling import PostgresStorage, client_address
from incubator.app import create_app
from incubator.database import db
from tests.accounts.conftest import closing
from tests.cast import PASSWORD
from tests.database import TestDatabase


def attempt(client: FlaskClient, email: str, password: str = "wrong", address: str = "203.0.113.7") -> int:
    answer = client.post(
        "/sign-in", data={"email": email, "password": password}, environ_overrides={"REMOTE_ADDR": address}
    )
    return answer.status_code


def test_the_ninth_attempt_at_an_account_is_refused_with_a_sentence(throttled: Flask) -> None:
    client = throttled.test_client()
    assert [attempt(client, "fiona@example.com", address=f"203.0.113.{n}") for n in range(8)] == [422] * 8
    answer = client.post("/sign-in", data={"email": "Fiona@example.com ", "password": PASSWORD})
    assert answer.status_code == 429, "not even with the right password, from a browser that nobody knows"
    assert 0 < int(answer.headers["Retry-After"]) <= 300
    assert "短时间内尝试次数过多" in answer.get_data(as_text=True)
    assert attempt(client, "mia@example.com", PASSWORD) == 303, "another account is another count"


def test_unknown_addresses_are_counted_alike(throttled: Flask) -> None:
    client = throttled.test_client()
    assert [attempt(client, "nobody@example.com") for _ in range(9)] == [422] * 8 + [429]


def test_who_tries_from_elsewhere_does_not_lock_the_owner_out(throttled: Flask) -> None:
    owner, attacker = throttled.test_client(), throttled.test_client()
    assert attempt(owner, "alice@example.com", PASSWORD, "198.51.100.1") == 303
    owner.post("/sign-out")
    for number in range(12):
        attempt(attacker, "alice@example.com", address=f"203.0.113.{number}")
    assert attempt(attacker, "alice@example.com") == 429
    assert attempt(owner, "alice@example.com", PASSWORD, "198.51.100.1") == 303
    # and being known for one account helps at no other
    assert attempt(owner, "mia@example.com", address="198.51.100.1") == 422
    for number in range(9):
        attempt(attacker, "mia@example.com", address=f"203.0.113.{number}")
    assert attempt(owner, "mia@example.com", PASSWORD, "198.51.100.1") == 429


def test_one_address_trying_many_accounts_is_refused(throttled: Flask) -> None:
    client = throttled.test_client()
    answers = [attempt(client, f"{number}@example.com") for number in range(31)]
    assert answers == [422] * 30 + [429]
    assert attempt(client, "x@example.com", address="198.51.100.9") == 422


def test_the_window_ends_by_itself(throttled: Flask, own_database: TestDatabase) -> None:
    client = throttled.test_client()
    for _ in range(9):
        attempt(client, "fiona@example.com")
    with psycopg.connect(own_database.owner_url, autocommit=True) as connection:
        connection.execute("UPDATE rate_windows SET expires_at = expires_at - interval '6 minutes'")
    assert attempt(client, "fiona@example.com", PASSWORD) == 303


def test_all_web_processes_count_together(throttled: Flask, own_database: TestDatabase) -> None:
    other = create_app(own_database.settings())
    other.config["THROTTLING"] = True
    clients = [throttled.test_client(), other.test_client()]
    answers = [attempt(clients[number % 2], "fiona@example.com") for number in range(9)]
    assert answers == [422] * 8 + [429]
    closing(other)


def test_at_once_no_attempt_slips_through(throttled: Flask) -> None:
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda n: attempt(throttled.test_client(), "fiona@example.com"), range(12)))
    assert sorted(answers) == [422] * 8 + [429] * 4


def test_the_count_survives_the_rollback_of_its_request(throttled: Flask) -> None:
    storage = PostgresStorage()
    with throttled.app_context():
        db.session.execute(db.text("SELECT 1"))
        assert [storage.incr("k", 60), storage.incr("k", 60)] == [1, 2]
        db.session.rollback()
        assert storage.get("k") == 2
        assert storage.get_expiry("k") > 0
        storage.clear("k")
        assert storage.get("k") == 0


def test_rows_that_are_over_are_cleared_away(throttled: Flask, own_database: TestDatabase) -> None:
    storage = PostgresStorage()
    with throttled.app_context():
        for number in range(5):
            storage.incr(f"old {number}", 60)
        with psycopg.connect(own_database.owner_url, autocommit=True) as connection:
            connection.execute("UPDATE rate_windows SET expires_at = now() - interval '1 hour'")
        assert storage.incr("new", 60) == 1
    with psycopg.connect(own_database.owner_url) as connection:
        assert connection.execute("SELECT key FROM rate_windows").fetchall() == [("new",)]


def test_no_address_of_a_person_is_in_the_counters(throttled: Flask, own_database: TestDatabase) -> None:
    attempt(throttled.test_client(), "fiona@example.com")
    with psycopg.connect(own_database.owner_url) as connection:
        keys = [row[0] for row in connection.execute("SELECT key FROM rate_windows").fetchall()]
    assert keys and not any("fiona" in key for key in keys)


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [("203.0.113.7", "203.0.113.7"), ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
     ("2001:db8:1:2:bbbb::9", "2001:db8:1:2::/64"), ("", "unknown")],
)  # fmt: skip
def test_whom_to_count(throttled: Flask, address: str, counted_as: str) -> None:
    with throttled.test_request_context(environ_base={"REMOTE_ADDR": address}):
        assert client_address() == counted_as


def test_letters_are_limited_for_known_and_unknown_alike(throttled: Flask) -> None:
    client = throttled.test_client()
    for email in ("fiona@example.com", "nobody@example.com"):
        answers = [
            client.post("/forgot", data={"email": email}, environ_overrides={"REMOTE_ADDR": f"203.0.113.{n}"}).status_code
            for n in range(4)
        ]
        assert answers == [200, 200, 200, 429], email

"""An operator's keys: made once, kept sealed, retired and never changed; and Ed25519 as RFC 8032 has it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from incubator.accounts.actor import system_actor
from incubator.core import sealing
from incubator.core.errors import Forbidden, NotFound, Refusal
from incubator.database import as_operator, set_operator
from incubator.documents.models import SigningKey
from incubator.documents.signing import (
    UNREADABLE,
    Signature,
    fingerprint,
    get_public_key,
    public_keys,
    retire_key,
    sign,
    verify,
)
from tests.cast import Cast, assemble_cast
from tests.database import SECRET, TestDatabase
from tests.racing import race

NOW = datetime(2026, 11, 1, 0, 10, tzinfo=UTC)

RFC_8032 = [  # section 7.1: secret key, public key, message, signature
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.mark.parametrize(("secret", "public", "message", "signature"), RFC_8032)
def test_the_vectors_of_rfc_8032(secret: str, public: str, message: str, signature: str) -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret))
    assert key.public_key().public_bytes_raw().hex() == public
    assert key.sign(bytes.fromhex(message)).hex() == signature
    said, signed = bytes.fromhex(message), bytes.fromhex(signature)
    assert verify(bytes.fromhex(public), said, signed)
    assert not verify(bytes.fromhex(public), said + b"x", signed)
    for position in (0, 31, 32, 63):
        assert not verify(bytes.fromhex(public), said, _flipped(signed, position))
        assert not verify(_flipped(bytes.fromhex(public), position % 32), said, signed)


@pytest.mark.parametrize(("key", "signature"), [(b"", b""), (bytes(31), bytes(64)), (bytes(32), bytes(63))])
def test_what_is_no_key_or_signature_verifies_nothing(key: bytes, signature: bytes) -> None:
    assert not verify(key, b"x", signature)


def test_the_first_signature_makes_the_key_and_the_next_uses_it(session: Session, cast: Cast) -> None:
    first, second = (sign(session, cast.finance, now=NOW, message=message) for message in (b"a", b"b"))
    [key] = public_keys(session)
    assert first.key_id == second.key_id == key.id and key.made_by == cast.finance.person_id
    public = get_public_key(session, key.id)
    assert verify(public, b"a", first.value) and verify(public, b"b", second.value)
    assert not verify(public, b"b", first.value)
    assert fingerprint(bytes.fromhex(RFC_8032[0][1])) == "21fe 31df a154 a261"


def test_each_operator_has_its_own(session: Session, cast: Cast) -> None:
    mine = sign(session, cast.finance, now=NOW, message=b"a")
    with as_operator(session, cast.other_operator_id):
        theirs = sign(session, cast.other_owner, now=NOW, message=b"a")
        [key] = public_keys(session)
        assert verify(key.public_key, b"a", theirs.value) and not verify(key.public_key, b"a", mine.value)
        with pytest.raises(NotFound):
            get_public_key(session, mine.key_id)
        with pytest.raises(NotFound):
            retire_key(session, cast.other_owner, now=NOW, key_id=mine.key_id, reason="x")


def test_an_owner_retires_a_key_and_what_it_signed_stays_valid(session: Session, cast: Cast) -> None:
    before = sign(session, cast.finance, now=NOW, message=b"a")
    with pytest.raises(Forbidden):
        retire_key(session, cast.manager, now=NOW, key_id=before.key_id, reason="泄露")
    with pytest.raises(Refusal):
        retire_key(session, cast.owner, now=NOW, key_id=before.key_id, reason="  ")
    new = retire_key(session, cast.owner, now=NOW, key_id=before.key_id, reason="每年更换")
    after = sign(session, cast.finance, now=NOW, message=b"a")
    assert after.key_id == new.id != before.key_id
    assert verify(get_public_key(session, before.key_id), b"a", before.value)
    assert [(key.id, key.retired_reason) for key in public_keys(session)] == [
        (new.id, ""), (before.key_id, "每年更换"),
    ]  # fmt: skip
    with pytest.raises(Refusal):
        retire_key(session, cast.owner, now=NOW, key_id=before.key_id, reason="again")


@pytest.mark.parametrize(
    "statement",
    ["UPDATE signing_keys SET public_key = public_key", "UPDATE signing_keys SET sealed_secret = 'x'",
     "DELETE FROM signing_keys"],
)  # fmt: skip
def test_the_database_refuses_to_change_or_remove_a_key(session: Session, cast: Cast, statement: str) -> None:
    sign(session, cast.finance, now=NOW, message=b"a")
    with pytest.raises(ProgrammingError, match="permission denied"), session.begin_nested():
        session.execute(text(statement))


def test_another_secret_key_and_what_helps(
    session: Session, cast: Cast, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    signature = sign(session, cast.finance, now=NOW, message=b"a")
    monkeypatch.setattr(sealing._Instance, "keys", ("another SECRET_KEY",))
    with caplog.at_level(logging.WARNING), pytest.raises(Refusal) as refused:
        sign(session, cast.finance, now=NOW, message=b"a")
    assert str(refused.value) == UNREADABLE and "FORMER_SECRET_KEYS" in caplog.text
    assert verify(get_public_key(session, signature.key_id), b"a", signature.value), "checking needs no secret"
    monkeypatch.setattr(sealing._Instance, "keys", ("another SECRET_KEY", SECRET))  # FORMER_SECRET_KEYS
    assert sign(session, cast.finance, now=NOW, message=b"a") == signature
    monkeypatch.setattr(sealing._Instance, "keys", ("another SECRET_KEY",))
    retire_key(session, cast.owner, now=NOW, key_id=signature.key_id, reason="SECRET_KEY 已更换")
    assert sign(session, cast.finance, now=NOW, message=b"a").key_id != signature.key_id


def test_the_secret_half_is_nowhere_in_the_open(session: Session, cast: Cast) -> None:
    sign(session, cast.finance, now=NOW, message=b"a")
    sealed = session.execute(select(SigningKey.sealed_secret)).scalar_one()
    secret = sealing.unseal_here(sealed, "signing keys")
    assert len(bytes.fromhex(secret)) == 32
    row = session.execute(text("SELECT row_to_json(k)::text FROM signing_keys k")).scalar_one()
    trail = session.execute(text("SELECT string_agg(e::text, ' ') FROM audit_events e")).scalar_one()
    assert secret not in row and secret not in trail and sealed not in trail


def test_eight_who_sign_first_at_once_make_one_key(own_database: TestDatabase) -> None:
    engine = create_engine(own_database.settings().database_url)
    with Session(engine) as session:
        operator_id = assemble_cast(session).operator_id
        session.commit()

    @contextmanager
    def connect() -> Iterator[Session]:
        with Session(engine) as session:
            set_operator(session, operator_id)
            yield session

    actor = system_actor(operator_id)
    outcomes = race(connect, [lambda session: sign(session, actor, now=NOW, message=b"a")] * 8)
    assert {type(each) for each in outcomes} == {Signature} and len(set(map(str, outcomes))) == 1
    with connect() as session:
        assert session.execute(select(func.count()).select_from(SigningKey)).scalar_one() == 1
        made = session.execute(text("SELECT count(*) FROM audit_events WHERE action = 'make_signing_key'"))
        assert made.scalar_one() == 1
    engine.dispose()


def _flipped(value: bytes, position: int) -> bytes:
    return value[:position] + bytes([value[position] ^ 1]) + value[position + 1 :]

"""The chain of an operator's reports: numbers without gaps, and every changed byte is found and named."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session

from incubator.core.canonical import canonical_json
from incubator.core.errors import Refusal
from incubator.core.periods import Month
from incubator.database import set_operator
from incubator.documents.models import SigningKey
from incubator.documents.signing import public_keys, retire_key
from incubator.reports.frozen.chain import (
    Fault,
    Link,
    check_chain,
    make_token,
    printed_code,
    public_code,
    read_code,
)
from incubator.reports.frozen.freezing import sign_waiting
from incubator.reports.frozen.proving import check_all, prove
from incubator.reports.frozen.queries import get_head, list_links
from incubator.reports.models import FrozenReport
from incubator.reports.operations import freeze_occupancy
from incubator.startups.rules.periods import Period
from tests.cast import Cast, assemble_cast
from tests.database import TestDatabase
from tests.reports.world import NOVEMBER_FIRST, OCTOBER, World, book, make_october

NOW = NOVEMBER_FIRST


def freeze(session: Session, cast: Cast, world: World, month: Month = OCTOBER, reason: str = "") -> FrozenReport:
    return freeze_occupancy(session, cast.finance, now=NOW, site_id=world.site_id, month=month, reason=reason)


@pytest.fixture
def chain(session: Session, cast: Cast, world: World) -> list[Link]:
    """Five reports: four months, and a second version of October."""
    for back in range(4):
        freeze(session, cast, world, OCTOBER - back)
    book(session, world, "A", "2026-10-23 09:00", "2026-10-23 10:00")
    freeze(session, cast, world, reason="补录")
    return list_links(session, with_content=True)


def test_a_statement_says_all_and_the_link_is_its_hash(session: Session, cast: Cast, world: World) -> None:
    frozen = freeze(session, cast, world)
    said = json.loads(frozen.statement)
    assert said == {
        "form": "frozen-report/1",
        "operator": {"id": cast.operator_id, "name": "南山创客空间", "name_en": "Nanshan Maker Hub"},
        "kind": "occupancy", "subject": "",
        "site": {"id": world.site_id, "code": "NS", "name": "南山园区", "name_en": "Nanshan Park"},
        "period": {"rhythm": "month", "key": "2026-10", "first": "2026-10-01", "last": "2026-10-31"},
        "version": 1, "definition": frozen.definition, "sha256": hashlib.sha256(frozen.content.encode()).hexdigest(),
        "reason_sha256": hashlib.sha256(b"").hexdigest(), "frozen_at": "2026-10-31T16:10:00+00:00",
        "number": 1, "previous": "00" * 32,
    }  # fmt: skip
    assert canonical_json(said).decode() == frozen.statement
    assert frozen.link == hashlib.sha256(frozen.statement.encode()).digest()


def test_numbers_run_through_all_months_and_versions(chain: list[Link], session: Session, cast: Cast) -> None:
    assert [row.number for row in chain] == [1, 2, 3, 4, 5]
    assert [row.version for row in chain] == [1, 1, 1, 1, 2]
    assert [row.previous for row in chain] == [bytes(32), *(row.link for row in chain[:-1])]
    assert get_head(session) == (5, chain[-1].link)
    assert check_all(session, cast.auditor) == (5, [])
    proof = prove(session, cast.auditor, chain[2].id)
    assert proof.holds and proof.chain_holds and proof.length == 5 and len(proof.keys) == 1


CHANGES: dict[str, tuple[Callable[[Link], Link], set[str]]] = {
    "a byte of the content": (lambda row: replace(row, content_sha256=bytes(32)), {"content"}),
    "content and hash": (lambda row: replace(row, content_sha256=bytes(32), sha256=bytes(32)), {"statement"}),
    "the kind": (lambda row: replace(row, kind="figures_month"), {"statement"}),
    "the site": (lambda row: replace(row, site_id=None), {"statement"}),
    "the period": (lambda row: replace(row, period=Period("month", date(2026, 1, 1))), {"statement"}),
    "the version": (lambda row: replace(row, version=9), {"statement"}),
    "the definition": (lambda row: replace(row, definition="occupancy/9"), {"statement"}),
    "the reason": (lambda row: replace(row, reason="x"), {"statement"}),
    "the moment": (lambda row: replace(row, frozen_at=row.frozen_at + timedelta(seconds=1)), {"statement"}),
    "a byte of the statement": (lambda row: replace(row, statement=row.statement.replace("南山", "南天")), {"link"}),
    "the statement's form": (lambda row: replace(row, statement=row.statement + " "), {"form", "link"}),
    "no statement": (lambda row: replace(row, statement="[]"), {"form", "link"}),
    "the link": (lambda row: replace(row, link=bytes(32)), {"link", "signature", "previous"}),
    "the previous link": (lambda row: replace(row, previous=bytes(32)), {"statement", "previous"}),
    "the signature": (lambda row: replace(row, signatures=((row.signatures[0][0], bytes(64)),)), {"signature"}),
    "the key": (lambda row: replace(row, signatures=((bytes(32), row.signatures[0][1]),)), {"signature"}),
    "no signature": (lambda row: replace(row, signatures=()), {"unsigned"}),
}


@pytest.mark.parametrize("what", CHANGES)
def test_every_changed_part_is_named_with_its_place(chain: list[Link], session: Session, what: str) -> None:
    head, (change, wanted) = get_head(session), CHANGES[what]
    changed = [*chain[:2], change(chain[2]), *chain[3:]]
    found = check_chain(changed, head)
    assert {fault.what for fault in found} == wanted
    assert {fault.number for fault in found} <= {3, 4} and found[0].number == 3
    assert check_chain(chain, head) == []


def test_each_byte_of_a_statement_counts(chain: list[Link], session: Session) -> None:
    row = chain[2]
    for position in range(0, len(row.statement), 7):
        other = "x" if row.statement[position] != "x" else "y"
        broken = replace(row, statement=row.statement[:position] + other + row.statement[position + 1 :])
        assert "link" in {fault.what for fault in check_chain([*chain[:2], broken, *chain[3:]], get_head(session))}


def test_a_report_taken_out_is_missed_wherever_it_was(chain: list[Link], session: Session) -> None:
    head = get_head(session)
    assert check_chain(chain[1:], head) == [Fault("missing", 1)]
    assert check_chain([*chain[:2], *chain[3:]], head) == [Fault("missing", 3)]
    assert check_chain(chain[:2] + chain[4:], head) == [Fault("missing", 3), Fault("missing", 4)]
    assert check_chain(chain[:4], head) == [Fault("head", 4, "5")]
    assert check_chain([], head) == [Fault("head", 0, "5")]


def test_a_forger_who_makes_all_hashes_fit_lacks_the_key(chain: list[Link], session: Session) -> None:
    """The owner of the database writes another content, its hash, statement and every link after it."""
    forged, previous = list(chain[:2]), chain[1].link
    for row in chain[2:]:
        said = json.loads(row.statement) | {"previous": previous.hex()}
        sha256 = row.sha256
        if row.number == 3:
            sha256 = hashlib.sha256(b"{}").digest()
            said |= {"sha256": sha256.hex()}
        statement = canonical_json(said).decode()
        link = hashlib.sha256(statement.encode()).digest()
        forged.append(replace(row, statement=statement, link=link, previous=previous, sha256=sha256, content_sha256=sha256))
        previous = link
    found = check_chain(forged, (5, previous))
    assert [(fault.what, fault.number) for fault in found] == [("signature", number) for number in (3, 4, 5)]


BY_THE_OWNER = {
    "a digit of the content": (
        "UPDATE frozen_reports SET content = replace(content, '\"units\":6', '\"units\":7') WHERE number = 2",
        [Fault("content", 2)],
    ),
    "a letter of the statement": (
        "UPDATE frozen_reports SET statement = replace(statement, '南山园区', '南山园囗') WHERE number = 2",
        [Fault("link", 2)],
    ),
    "the link": (
        "UPDATE frozen_reports SET link = sha256('x') WHERE number = 2",
        [Fault("link", 2), Fault("signature", 2), Fault("previous", 3)],
    ),
    "a byte of the signature": (
        "UPDATE report_signatures SET signature = set_byte(signature, 5, (get_byte(signature, 5) + 1) % 256) "
        "WHERE report_id = (SELECT id FROM frozen_reports WHERE number = 2)",
        [Fault("signature", 2)],
    ),
    "a row in the middle": (
        "WITH gone AS (DELETE FROM report_signatures s USING frozen_reports f WHERE f.id = s.report_id "
        "AND f.number = 2) DELETE FROM frozen_reports WHERE number = 2",
        [Fault("missing", 2)],
    ),
    "the last row": (
        "WITH gone AS (DELETE FROM report_signatures s USING frozen_reports f WHERE f.id = s.report_id "
        "AND f.number = 3) DELETE FROM frozen_reports WHERE number = 3",
        [Fault("head", 2, "3")],
    ),
}  # fmt: skip


def test_what_the_owner_of_the_database_changes_is_found(own_database: TestDatabase) -> None:
    """What the application's role is refused, whoever owns the tables can do: it shows, with its place."""
    engine = create_engine(own_database.settings().database_url)
    owner = create_engine(own_database.settings().owner_database_url)
    with Session(engine) as session:
        cast = assemble_cast(session)
        set_operator(session, cast.operator_id)
        world = make_october(session, cast)
        for back in range(3):
            freeze(session, cast, world, OCTOBER - back)
        session.commit()
    for what, (change, wanted) in BY_THE_OWNER.items():
        with Session(owner) as session:
            set_operator(session, cast.operator_id)
            session.execute(text("ALTER TABLE report_signatures DROP CONSTRAINT report_signatures_operator_id_report_id_fkey"))
            assert session.connection().exec_driver_sql(change.replace("%", "%%")).rowcount, what
            session.execute(text("SET LOCAL ROLE incubator_app"))
            assert check_all(session, cast.auditor)[1] == wanted, what
            session.rollback()
    engine.dispose()
    owner.dispose()


def test_what_waits_is_signed_once_and_a_retired_key_stays_valid(
    chain: list[Link], session: Session, cast: Cast, world: World
) -> None:
    [key] = public_keys(session)
    retire_key(session, cast.owner, now=NOW, key_id=key.id, reason="每年更换")
    assert check_all(session, cast.auditor)[1] == []
    assert sign_waiting(session, cast.system, now=NOW) == 0
    freeze(session, cast, world, OCTOBER - 4)
    keys = {each for row in list_links(session) for each, _ in row.signatures}
    assert keys == set(session.execute(select(SigningKey.public_key)).scalars()) and len(keys) == 2
    assert check_all(session, cast.auditor) == (6, [])


def test_without_a_key_nothing_is_frozen(
    session: Session, cast: Cast, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    freeze(session, cast, world)
    monkeypatch.setattr("incubator.core.sealing._Instance.keys", ("another",))
    with pytest.raises(Refusal, match="FORMER_SECRET_KEYS"):
        freeze(session, cast, world, OCTOBER - 1)
    session.expire_all()


def test_a_code_is_read_as_people_type_it() -> None:
    token = make_token()
    code = public_code(163, token)
    assert code == f"a3-{token}" and len(token) == 26
    printed = printed_code(code)
    assert printed.startswith("A3-") and read_code(printed) == code
    assert read_code(f"  {printed.lower().replace('-', ' ')} ") == code
    assert read_code(printed.replace("0", "O").replace("1", "I")) == code
    for text_ in ("", "a3", "-" + token, f"g-{token}", f"a3-{token[:-1]}u", "ａ3"):
        assert read_code(text_) is None, text_
    assert len({make_token() for _ in range(200)}) == 200

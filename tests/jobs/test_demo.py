"""The demo: the same each time, whole, and true to the rules."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session

from incubator.accounts.models import Person, RoleGrant, Tenant
from incubator.accounts.operations.identities import authenticate
from incubator.accounts.operations.sessions import resume_session, start_session
from incubator.audit.queries import verify_chain
from incubator.claims.models import ClaimPack
from incubator.claims.pack.bundle import bundle
from incubator.claims.pack.verifier.command import verify
from incubator.core.identifiers import normalise_credit_code
from incubator.database import INSTALLATION, as_operator, current_operator, set_operator
from incubator.documents.operations.files import content_of, get_file
from incubator.jobs.demo.loading import NAME, PASSWORD, is_loaded, load_demo
from tests.database import Databases, TestDatabase
from tests.jobs.budgets import grown, over_budget, walk, walk_again
from tests.jobs.growing import grow

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
LISTS = (
    "SELECT code, name, credit_code, registered_on FROM startups ORDER BY id",
    "SELECT number, starts_on, ends_on FROM residencies ORDER BY id",
    "SELECT resource_id, startup_id, period, price_minor, cancelled_at FROM bookings ORDER BY id",
    "SELECT year, number, net_minor, subsidy_minor FROM invoices ORDER BY id",
    "SELECT month, encode(sha256, 'hex') FROM frozen_reports ORDER BY id",
)


def contents(
    databases: Databases, look: Callable[[Session, TestDatabase, dict[str, str]], None] = lambda *_: None
) -> list[list[tuple[object, ...]]]:  # fmt: skip
    with databases.copy() as database:
        engine = create_engine(database.settings().database_url)
        with Session(engine) as session:
            assert not is_loaded(session)
            sign_ins = load_demo(session, now=NOW)
            session.commit()
            assert is_loaded(session)
            check_sign_ins(session, sign_ins)
            with as_operator(session, INSTALLATION):
                demo = session.execute(select(Tenant.tenant_id).where(Tenant.name == NAME)).scalar_one()
            set_operator(session, demo)
            found = [[tuple(row) for row in session.execute(text(query))] for query in LISTS]
            look(session, database, sign_ins)
        engine.dispose()
    return found


def check_packs(session: Session, folder: Path) -> None:
    """Every pack of the demo is accepted by the verifier alone, and all of it recomputed; 200 random single-byte changes
    of the smallest are refused, each with a place."""
    files = session.execute(select(ClaimPack.file_id).order_by(ClaimPack.id)).scalars().all()
    packs = [content_of(session, get_file(session, each)) for each in files]
    (folder / "verify.py").write_bytes(bundle())
    for number, pack in enumerate(packs):
        (folder / f"{number}.zip").write_bytes(pack)
        done = subprocess.run([sys.executable, "-I", "-S", "verify.py", f"{number}.zip", "--lang", "en", "--strict"],
                              cwd=folder, capture_output=True, text=True)  # fmt: skip
        assert done.returncode == 0 and "VERIFIED" in done.stdout, done
    assert len(packs) >= 4
    smallest, seed, path = min(packs, key=len), random.randrange(2**32), folder / "changed.zip"
    dice = random.Random(seed)
    for number in range(200):
        changed = bytearray(smallest)
        changed[dice.randrange(len(changed))] ^= dice.randrange(1, 256)
        path.write_bytes(changed)
        found = verify(str(path)).findings
        assert found and all(each["place"] for each in found), (seed, number)


def check_sign_ins(session: Session, sign_ins: dict[str, str]) -> None:
    assert set(sign_ins) == {"owner", "manager", "front_desk", "finance", "auditor", "mentor", "founder", "member"}
    for role, email in sign_ins.items():
        identity_id = authenticate(session, email=email, password=PASSWORD)
        assert identity_id is not None, email
        token = start_session(session, now=NOW, identity_id=identity_id)
        resumed = resume_session(session, now=NOW, token=token)
        assert resumed is not None and resumed.operator_name == NAME
        assert {each.value for each in resumed.actor.roles} == {role}


@pytest.mark.xdist_group("demo")
def test_the_same_seed_and_day_give_the_same_year(databases: Databases, tmp_path: Path) -> None:
    def look(session: Session, *_: object) -> None:
        check_packs(session, tmp_path)

    def look_at_pages(session: Session, database: TestDatabase, sign_ins: dict[str, str]) -> None:
        signing_in = (
            select(RoleGrant.startup_id)
            .join(Person, Person.id == RoleGrant.person_id)
            .where(Person.email.in_(sign_ins.values()), RoleGrant.startup_id.is_not(None))
        )
        theirs = {each for each in session.execute(signing_in).scalars() if each is not None}
        operator_id = current_operator(session)
        few = walk(session, database.settings(), sign_ins)
        assert len({path for _, path in few}) > 300
        assert over_budget(few) == {}
        session.rollback()
        grow(database.settings().owner_database_url, operator_id, stays=theirs)
        assert verify_chain(session).is_whole
        many = walk_again(session, database.settings(), sign_ins, few)
        assert over_budget(many) == {} and grown(few, many) == {}

    first, second = contents(databases, look), contents(databases, look_at_pages)
    assert first == second
    startups, residencies, bookings, invoices, reports = first
    assert len(startups) == 62  # sixty, the one that the selection admitted, and the one that began again
    assert len(residencies) >= 50
    assert 3_000 <= len(bookings) <= 9_000
    # twelve months of three sites, the figures of a quarter; subsidies and mentoring of three sites and qualifications
    # of four months; a saved report twice
    assert len(reports) == 12 * 3 + 1 + 4 * (2 * 3 + 1) + 2
    assert [number for _year, number, *_ in sorted(invoices) if _year == 2026] == list(
        range(1, sum(row[0] == 2026 for row in invoices) + 1)
    )
    for _code, name, credit_code, registered_on in startups:
        if credit_code is not None:
            assert normalise_credit_code(str(credit_code)) == credit_code, name
            assert registered_on is not None

"""The cast: the same people in every test.

Operator "Nanshan Maker Hub" with an owner, a manager, a front-desk person, a finance person and an auditor; startup A
with a founder and a member; startup B with a founder who may see nothing of A; a mentor. And a second
operator, whose owner may see nothing of the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor, system_actor
from incubator.accounts.models import Identity
from incubator.accounts.operations import add_person, affiliate, found_operator, grant_role
from incubator.accounts.passwords import hash_password
from incubator.accounts.permissions import Role
from incubator.accounts.queries import get_actor
from incubator.core.identifiers import complete_credit_code
from incubator.database import INSTALLATION, as_operator, set_operator
from incubator.startups.models import Startup
from tests.database import TestDatabase

NOW = datetime(2026, 10, 1, 1, 0, tzinfo=UTC)
"""09:00 on 1 October 2026 in Shanghai."""

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Cast:
    """Actors, and the two startups."""

    operator_id: int
    other_operator_id: int
    owner: Actor
    manager: Actor
    front_desk: Actor
    finance: Actor
    auditor: Actor
    mentor: Actor
    founder_a: Actor
    member_a: Actor
    founder_b: Actor
    other_owner: Actor
    system: Actor
    startup_a: int
    startup_b: int


@dataclass(frozen=True)
class Peopled:
    """A database in which the cast is, committed; nobody works in it, others are copied from it."""

    database: TestDatabase
    cast: Cast


def make_identity(session: Session, email: str, locale: str = "zh_Hans") -> Identity:
    """A sign-in with the cast's password."""
    with as_operator(session, INSTALLATION):
        identity = Identity(
            operator_id=INSTALLATION, email=email, password_hash=hash_password(PASSWORD), locale=locale,
            password_changed_at=NOW,
        )  # fmt: skip
        session.add(identity)
        session.flush()
    return identity


def join(session: Session, operator_id: int, name: str, role: Role, startup_id: int | None = None) -> Actor:
    """A person `<role>.<name>@example.com` of the operator who can sign in."""
    identity = make_identity(session, f"{name}@example.com")
    system = system_actor(operator_id)
    person = add_person(session, system, now=NOW, name=name, email=f"{name}@example.com")
    grant_role(session, system, now=NOW, person=person, role=role, startup_id=startup_id)
    affiliate(session, person, identity.id)
    actor = get_actor(session, person.id)
    assert actor is not None
    return actor


def assemble_cast(session: Session) -> Cast:
    """Make them all; the session belongs to the first operator afterwards."""
    other, other_owner = found_operator(
        session, now=NOW, name="别家孵化器", owner_name="olga", owner_identity=make_identity(session, "olga@example.com")
    )
    other_actor = get_actor(session, other_owner.id)
    operator, owner = found_operator(
        session, now=NOW, name="南山创客空间", name_en="Nanshan Maker Hub", owner_name="alice",
        owner_identity=make_identity(session, "alice@example.com"),
    )  # fmt: skip
    operator_id, other_id = operator.operator_id, other.operator_id
    owner_actor = get_actor(session, owner.id)
    startups = []
    for code, name, first_17 in (("S-A", "甲科技有限公司", "91440300MA5ABCDE1"), ("S-B", "乙科技有限公司", "91440300MA5ABCDF1")):
        startup = Startup(
            code=code, name=name, kind="company", credit_code=complete_credit_code(first_17),
            registered_on=date(2026, 1, 5),
        )  # fmt: skip
        session.add(startup)
        session.flush()
        startups.append(startup.id)
    a, b = startups
    assert owner_actor and other_actor
    people = {
        "manager": join(session, operator_id, "mia", Role.MANAGER),
        "front_desk": join(session, operator_id, "fred", Role.FRONT_DESK),
        "finance": join(session, operator_id, "fiona", Role.FINANCE),
        "auditor": join(session, operator_id, "arthur", Role.AUDITOR),
        "mentor": join(session, operator_id, "max", Role.MENTOR),
        "founder_a": join(session, operator_id, "anna", Role.FOUNDER, a),
        "member_a": join(session, operator_id, "andy", Role.MEMBER, a),
        "founder_b": join(session, operator_id, "bob", Role.FOUNDER, b),
    }
    set_operator(session, operator_id)
    return Cast(
        operator_id, other_id, owner=owner_actor, other_owner=other_actor, system=system_actor(operator_id),
        startup_a=a, startup_b=b, **people,
    )  # fmt: skip

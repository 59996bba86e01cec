"""The team page, and who may change whose rights."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from incubator.accounts.models import Person, RoleGrant, SignInSession
from incubator.accounts.operations import end_access, grant_role, take_role
from incubator.accounts.permissions import Role
from incubator.accounts.queries import get_actor, list_team
from incubator.audit.models import AuditEvent
from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.database import INSTALLATION, as_operator, set_operator
from tests.accounts.conftest import assembled
from tests.cast import NOW, Cast, join
from tests.conftest import Browser
from tests.database import TestDatabase


def person_of(session: Session, person_id: int) -> Person:
    return session.execute(select(Person).where(Person.id == person_id)).scalar_one()


def grant_of(session: Session, person_id: int, role: Role) -> int:
    return session.execute(
        select(RoleGrant.id).where(RoleGrant.person_id == person_id, RoleGrant.role == role.value)
    ).scalar_one()


@pytest.mark.parametrize(
    ("who", "status"),
    [("owner", 200), ("manager", 200), ("auditor", 200), ("front_desk", 403), ("finance", 403), ("mentor", 403),
     ("founder_a", 403), ("member_a", 403), ("founder_b", 403)],
)  # fmt: skip
def test_who_sees_it(client: Browser, cast: Cast, who: str, status: int) -> None:
    client.sign_in(getattr(cast, who))
    assert client.get("/team").status_code == status
    assert client.get(f"/team/{cast.finance.person_id}").status_code == status


def test_signed_out_it_leads_to_sign_in(client: Browser, cast: Cast) -> None:
    assert client.get("/team").location == "/sign-in?next=/team"


def test_it_shows_this_operators_people_and_no_others(client: Browser, cast: Cast) -> None:
    client.sign_in(cast.owner)
    page = client.get("/team").get_data(as_text=True)
    assert "fiona@example.com" in page and "max@example.com" in page
    assert "olga@example.com" not in page and "anna@example.com" not in page
    startups = client.get("/team?group=startups").get_data(as_text=True)
    assert "anna@example.com" in startups and "甲科技有限公司" in startups and "fiona@example.com" not in startups
    assert client.get(f"/team/{cast.other_owner.person_id}").status_code == 404


def test_searching(client: Browser, cast: Cast) -> None:
    client.sign_in(cast.owner)
    page = client.get("/team?q=FION").get_data(as_text=True)
    assert "fiona@example.com" in page and "fred@example.com" not in page
    assert "没有此姓名或邮箱的人员" in client.get("/team?q=%25").get_data(as_text=True)
    assert client.get("/team?q=%00&page=99999999999&group=x").status_code == 200


def test_the_auditor_sees_no_buttons(client: Browser, cast: Cast) -> None:
    client.sign_in(cast.auditor)
    page = client.get(f"/team/{cast.finance.person_id}").get_data(as_text=True)
    assert '/end"' not in page and '/roles"' not in page
    for path in (f"/team/{cast.finance.person_id}/end", f"/team/{cast.finance.person_id}/roles"):
        assert client.post(path).status_code == 403


def test_a_role_is_given_and_holds_at_once(client: Browser, cast: Cast, session: Session) -> None:
    client.sign_in(cast.front_desk)
    assert client.get("/billing").status_code == 403
    client.sign_in(cast.manager)
    path = f"/team/{cast.front_desk.person_id}/roles"
    assert client.post(path, data={"role": "finance", "startup_id": ""}).status_code == 303
    assert client.post(path, data={"role": "finance", "startup_id": ""}).status_code == 409
    assert client.post(path, data={"role": "founder", "startup_id": ""}).status_code == 422
    assert client.post(path, data={"role": "owner", "startup_id": ""}).status_code == 422
    client.sign_in(cast.front_desk)
    assert client.get("/billing").status_code == 200


def test_a_role_is_taken_but_not_the_only_one(client: Browser, cast: Cast, session: Session) -> None:
    fred = cast.front_desk.person_id
    grant_role(session, cast.owner, now=NOW, person=person_of(session, fred), role=Role.FINANCE)
    client.sign_in(cast.owner)
    path = f"/team/{fred}/roles/{grant_of(session, fred, Role.FINANCE)}/take"
    assert client.post(path).status_code == 303
    assert client.post(path).status_code == 404
    last = client.post(f"/team/{fred}/roles/{grant_of(session, fred, Role.FRONT_DESK)}/take")
    assert last.status_code == 409 and "唯一的角色" in last.get_data(as_text=True)


def test_a_grant_of_somebody_else_is_not_taken_by_this_persons_page(client: Browser, cast: Cast, session: Session) -> None:
    client.sign_in(cast.owner)
    grant = grant_of(session, cast.finance.person_id, Role.FINANCE)
    assert client.post(f"/team/{cast.front_desk.person_id}/roles/{grant}/take").status_code == 404


def test_nobody_changes_their_own_rights(client: Browser, cast: Cast, session: Session) -> None:
    for me in (cast.owner, cast.manager):
        client.sign_in(me)
        assert client.post(f"/team/{me.person_id}/roles", data={"role": "finance", "startup_id": ""}).status_code == 403
        assert client.post(f"/team/{me.person_id}/end").status_code == 403
        with pytest.raises(Forbidden):
            grant_role(session, me, now=NOW, person=person_of(session, me.person_id), role=Role.AUDITOR)


def test_a_manager_touches_no_owner(session: Session, cast: Cast) -> None:
    alice = person_of(session, cast.owner.person_id)
    with pytest.raises(Forbidden):
        end_access(session, cast.manager, now=NOW, person_id=alice.id)
    with pytest.raises(Forbidden):
        grant_role(session, cast.manager, now=NOW, person=person_of(session, cast.finance.person_id), role=Role.OWNER)
    grant_role(session, cast.manager, now=NOW, person=alice, role=Role.FINANCE)
    with pytest.raises(Forbidden):
        take_role(session, cast.manager, now=NOW, person_id=alice.id,
                  grant_id=grant_of(session, alice.id, Role.FINANCE))  # fmt: skip


def test_an_owner_ends_another_owner_but_never_the_last(session: Session, cast: Cast) -> None:
    second = join(session, cast.operator_id, "oscar", Role.OWNER)
    set_operator(session, cast.operator_id)
    end_access(session, second, now=NOW, person_id=cast.owner.person_id)
    # oscar is the last now; the system itself may not end him
    with pytest.raises(Conflict):
        end_access(session, cast.system, now=NOW, person_id=second.person_id)


def test_an_owner_who_never_came_in_does_not_count_as_one(session: Session, cast: Cast) -> None:
    person = Person(name="ghost", email="ghost@example.com", created_at=NOW)
    session.add(person)
    session.flush()
    grant_role(session, cast.owner, now=NOW, person=person, role=Role.OWNER)
    with pytest.raises(Conflict):
        end_access(session, cast.system, now=NOW, person_id=cast.owner.person_id)


def test_two_owners_who_end_each_other_at_once_leave_one(own_database: TestDatabase) -> None:
    cast = assembled(own_database)
    engine = create_engine(own_database.settings().database_url)
    with Session(engine) as session:
        set_operator(session, cast.operator_id)
        second = join(session, cast.operator_id, "oscar", Role.OWNER)
        session.commit()

    def end(pair: tuple[object, int]) -> str:
        actor, victim = pair
        with Session(engine) as session:
            set_operator(session, cast.operator_id)
            try:
                end_access(session, actor, now=NOW, person_id=victim)
                session.commit()
            except Refusal:
                return "refused"
            return "done"

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(end, [(cast.owner, second.person_id), (second, cast.owner.person_id)]))
    assert outcomes == ["done", "refused"]
    with Session(engine) as session:
        set_operator(session, cast.operator_id)
        left = [get_actor(session, person_id) for person_id in (cast.owner.person_id, second.person_id)]
    assert sum(actor is not None for actor in left) == 1
    engine.dispose()


def test_ended_access_signs_out_and_keeps_the_person(client: Browser, cast: Cast, session: Session) -> None:
    client.sign_in(cast.finance)
    assert client.get("/profile").status_code == 200
    end_access(session, cast.owner, now=NOW, person_id=cast.finance.person_id)
    assert client.get("/profile").location.startswith("/sign-in")
    person = person_of(session, cast.finance.person_id)
    assert person.left_at == NOW and person.name == "fiona"
    with as_operator(session, INSTALLATION):
        live = session.execute(
            select(SignInSession.id).where(
                SignInSession.tenant_id == cast.operator_id, SignInSession.ended_at.is_(None))
        ).first()  # fmt: skip
    assert live is None
    with pytest.raises(NotFound):
        end_access(session, cast.owner, now=NOW, person_id=cast.finance.person_id)
    event = session.execute(select(AuditEvent).order_by(AuditEvent.number.desc()).limit(1)).scalar_one()
    assert (event.action, event.before) == ("end_access", {"roles": ["finance"]})


def test_the_list_pages(session: Session, cast: Cast) -> None:
    session.add_all(
        Person(name=f"P{number:03}", email=f"p{number}@example.com", created_at=NOW) for number in range(60)
    )
    session.flush()
    first, second = (list_team(session, cast.owner, group="waiting", page=page) for page in (1, 2))
    assert (first.total, len(first.rows), len(second.rows)) == (60, 50, 10)

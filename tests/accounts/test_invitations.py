"""Inviting, and taking an invitation up."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from incubator.accounts.models import Affiliation, Identity, Person
from incubator.accounts.operations import (
    accept_invitation,
    authenticate,
    end_access,
    invite,
    resend_invitation,
    withdraw_invitation,
)
from incubator.accounts.permissions import Role
from incubator.accounts.queries import get_actor, get_member
from incubator.audit.models import AuditEvent
from incubator.core.clock import utc_now
from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.database import INSTALLATION, as_operator
from tests.accounts.conftest import assembled
from tests.accounts.post import letters, link_for
from tests.cast import NOW, PASSWORD, Cast
from tests.conftest import Browser
from tests.database import TestDatabase

NEW = "four words make one"


def form(**more: object) -> dict[str, object]:
    return {"name": "Gina", "email": "gina@example.com", "role": "finance", "startup_id": "", "locale": "zh_Hans"} | more


def test_somebody_new_chooses_a_password_and_is_in(client: Browser, cast: Cast, session: Session) -> None:
    client.sign_in(cast.manager)
    assert client.post("/team/invite", data=form()).location == "/team?group=waiting"
    page = client.get("/team?group=waiting").get_data(as_text=True)
    assert "Gina" in page and "已邀请" in page
    path = link_for(session, "gina@example.com")
    client.post("/sign-out")
    assert "南山创客空间" in client.get(path).get_data(as_text=True)
    assert client.post(path, data={"name": "Gina Li", "password": NEW}).location == "/"
    assert client.get("/billing").status_code == 200
    assert "Gina Li" in client.get("/profile").get_data(as_text=True)
    assert "邮箱已确认" in client.get("/profile").get_data(as_text=True)
    client.post("/sign-out")
    assert client.post("/sign-in", data={"email": "gina@example.com", "password": NEW}).location == "/"
    assert client.get(path).status_code == 404


def test_who_is_known_gives_their_password(client: Browser, cast: Cast, session: Session) -> None:
    """olga owns the other operator; she comes into this one with the password that she has."""
    invite(session, cast.owner, now=utc_now(), name="Olga", email="olga@example.com", role=Role.AUDITOR)
    path = link_for(session, "olga@example.com")
    page = client.get(path).get_data(as_text=True)
    assert 'name="name"' not in page and "current-password" in page
    assert client.post(path, data={"password": "not hers at all"}).status_code == 422
    assert client.post(path, data={"password": PASSWORD}).location == "/"
    assert client.get("/audit").status_code == 200
    with as_operator(session, INSTALLATION):
        theirs = session.execute(
            select(Affiliation.tenant_id).join(Identity, Identity.id == Affiliation.identity_id).where(
                Identity.email == "olga@example.com")
        ).scalars().all()  # fmt: skip
    assert sorted(theirs) == sorted([cast.operator_id, cast.other_operator_id])


def test_who_is_signed_in_takes_it_up_with_one_press(client: Browser, cast: Cast, session: Session) -> None:
    invite(session, cast.owner, now=utc_now(), name="Olga", email="olga@work.example.com", role=Role.MENTOR)
    client.sign_in(cast.other_owner)
    path = link_for(session, "olga@work.example.com")
    assert "olga@example.com" in client.get(path).get_data(as_text=True)
    assert client.post(path).location == "/"
    assert "南山创客空间" in client.get("/profile").get_data(as_text=True)


def test_nobody_is_two_people_of_one_operator(client: Browser, cast: Cast, session: Session) -> None:
    invite(session, cast.owner, now=utc_now(), name="Again", email="again@example.com", role=Role.MENTOR)
    client.sign_in(cast.finance)
    answer = client.post(link_for(session, "again@example.com"))
    assert answer.status_code == 409 and "fiona" in answer.get_data(as_text=True)


def test_a_founder_is_invited_to_one_startup_and_sees_that_one(client: Browser, cast: Cast, session: Session) -> None:
    client.sign_in(cast.owner)
    assert client.post("/team/invite", data=form(role="founder")).status_code == 422, "which startup?"
    assert client.post("/team/invite", data=form(role="founder", startup_id=str(cast.startup_b))).status_code == 303
    person = session.execute(select(Person).where(Person.email == "gina@example.com")).scalar_one()
    actor = get_actor(session, person.id)
    assert actor and actor.startup_ids == {cast.startup_b} and actor.roles == {Role.FOUNDER}


def test_a_startup_of_another_operator_is_not_there(session: Session, cast: Cast) -> None:
    with pytest.raises(NotFound):
        invite(session, cast.owner, now=NOW, name="G", email="g@example.com", role=Role.FOUNDER, startup_id=987654)


def test_a_startup_left_standing_beside_another_role_means_nothing(client: Browser, cast: Cast, session: Session) -> None:
    client.sign_in(cast.owner)
    assert client.post("/team/invite", data=form(startup_id=str(cast.startup_a))).status_code == 303
    person = session.execute(select(Person).where(Person.email == "gina@example.com")).scalar_one()
    assert get_member(session, cast.owner, person.id).roles[0].startup is None


@pytest.mark.parametrize("who", ["front_desk", "finance", "auditor", "mentor", "founder_a", "member_a"])
def test_who_does_not_manage_the_team_invites_nobody(client: Browser, cast: Cast, session: Session, who: str) -> None:
    actor = getattr(cast, who)
    client.sign_in(actor)
    assert client.get("/team/invite").status_code == 403
    assert client.post("/team/invite", data=form()).status_code == 403
    with pytest.raises(Forbidden):
        invite(session, actor, now=NOW, name="G", email="g@example.com", role=Role.MENTOR)


def test_only_an_owner_invites_an_owner(client: Browser, cast: Cast, session: Session) -> None:
    client.sign_in(cast.manager)
    assert client.post("/team/invite", data=form(role="owner")).status_code == 422, "it is not among the choices"
    with pytest.raises(Forbidden):
        invite(session, cast.manager, now=NOW, name="G", email="g@example.com", role=Role.OWNER)
    client.sign_in(cast.owner)
    assert client.post("/team/invite", data=form(role="owner")).status_code == 303


@pytest.mark.parametrize(
    "wrong", [{"email": "no address"}, {"email": ""}, {"name": ""}, {"role": "god"}, {"startup_id": "x"},
              {"locale": "tlh"}, {"name": "x" * 101}, {"startup_id": "99999999"}]
)  # fmt: skip
def test_a_bad_form_keeps_what_was_typed(client: Browser, cast: Cast, wrong: dict[str, str]) -> None:
    client.sign_in(cast.owner)
    answer = client.post("/team/invite", data=form(**wrong))
    assert answer.status_code == 422
    assert "Gina" in answer.get_data(as_text=True) or "name" in wrong


def test_somebody_of_the_team_is_not_invited_again(client: Browser, cast: Cast) -> None:
    client.sign_in(cast.owner)
    answer = client.post("/team/invite", data=form(email="FIONA@example.com"))
    assert answer.status_code == 409 and "已属于您团队" in answer.get_data(as_text=True)


def test_sent_again_the_earlier_link_is_dead(session: Session, cast: Cast) -> None:
    person = invite(session, cast.owner, now=utc_now(), name="G", email="g@example.com", role=Role.MENTOR)
    first = link_for(session, "g@example.com").rpartition("/")[2]
    resend_invitation(session, cast.manager, now=utc_now(), person_id=person.id)
    second = link_for(session, "g@example.com").rpartition("/")[2]
    olga = authenticate(session, email="olga@example.com", password=PASSWORD)
    with pytest.raises(Refusal):
        accept_invitation(session, now=utc_now(), token=first, identity_id=olga)
    accept_invitation(session, now=utc_now(), token=second, identity_id=olga)


def test_withdrawn_it_lets_nobody_in(client: Browser, cast: Cast, session: Session) -> None:
    person = invite(session, cast.owner, now=utc_now(), name="G", email="g@example.com", role=Role.MENTOR)
    path = link_for(session, "g@example.com")
    withdraw_invitation(session, cast.owner, now=utc_now(), person_id=person.id)
    assert client.get(path).status_code == 404
    with pytest.raises(NotFound):
        get_member(session, cast.owner, person.id)


def test_a_letter_not_written_yet_is_not_written_after_the_withdrawal(session: Session, cast: Cast) -> None:
    person = invite(session, cast.owner, now=utc_now(), name="G", email="g@example.com", role=Role.MENTOR)
    withdraw_invitation(session, cast.owner, now=utc_now(), person_id=person.id)
    assert letters(session) == []


def test_it_works_for_seven_days(session: Session, cast: Cast) -> None:
    invite(session, cast.owner, now=NOW, name="G", email="g@example.com", role=Role.MENTOR)
    token = link_for(session, "g@example.com", now=NOW).rpartition("/")[2]
    olga = authenticate(session, email="olga@example.com", password=PASSWORD)
    with pytest.raises(Refusal):
        accept_invitation(session, now=NOW + timedelta(days=7, minutes=1), token=token, identity_id=olga)
    accept_invitation(session, now=NOW + timedelta(days=6, hours=23), token=token, identity_id=olga)


def test_who_left_comes_back_as_the_same_person(session: Session, cast: Cast) -> None:
    fiona = cast.finance.person_id
    end_access(session, cast.owner, now=NOW, person_id=fiona)
    again = invite(session, cast.owner, now=utc_now(), name="Fiona", email="fiona@example.com", role=Role.AUDITOR)
    assert again.id == fiona
    token = link_for(session, "fiona@example.com").rpartition("/")[2]
    identity_id = authenticate(session, email="fiona@example.com", password=PASSWORD)
    accept_invitation(session, now=utc_now(), token=token, identity_id=identity_id)
    actor = get_actor(session, fiona)
    assert actor and actor.roles == {Role.AUDITOR}


def test_a_manager_may_not_touch_the_invitation_of_an_owner(session: Session, cast: Cast) -> None:
    person = invite(session, cast.owner, now=utc_now(), name="O", email="o@example.com", role=Role.OWNER)
    for verb in (resend_invitation, withdraw_invitation):
        with pytest.raises(Forbidden):
            verb(session, cast.manager, now=utc_now(), person_id=person.id)


def test_each_step_is_in_the_trail(session: Session, cast: Cast) -> None:
    person = invite(session, cast.owner, now=utc_now(), name="G", email="g@example.com", role=Role.MENTOR)
    resend_invitation(session, cast.owner, now=utc_now(), person_id=person.id)
    withdraw_invitation(session, cast.owner, now=utc_now(), person_id=person.id)
    actions = session.execute(
        select(AuditEvent.action).where(AuditEvent.subject_id == person.id).order_by(AuditEvent.number)
    ).scalars().all()  # fmt: skip
    assert actions == ["add_person", "grant_role", "invite", "resend_invitation", "withdraw_invitation"]


def test_the_letter_is_in_the_language_chosen(session: Session, cast: Cast) -> None:
    invite(session, cast.owner, now=utc_now(), name="G", email="g@example.com", role=Role.MENTOR, locale="en")
    invite(session, cast.owner, now=utc_now(), name="王", email="w@example.com", role=Role.MENTOR, locale="zh_Hans")
    (_, english, english_text), (_, chinese, chinese_text) = letters(session)
    assert english == "Your invitation to Nanshan Maker Hub" and "alice invites you" in english_text
    assert chinese == "南山创客空间邀请您加入" and "王，您好：" in chinese_text


def test_two_at_once_one_gets_it(own_database: TestDatabase) -> None:
    cast = assembled(own_database)
    engine = create_engine(own_database.settings().database_url)
    with Session(engine) as session:
        session.info["operator_id"] = cast.operator_id
        invite(session, cast.owner, now=utc_now(), name="G", email="g@example.com", role=Role.MENTOR)
        token = link_for(session, "g@example.com").rpartition("/")[2]
        session.info["operator_id"] = cast.other_operator_id
        session.commit()
        ids = [authenticate(session, email="olga@example.com", password=PASSWORD)] * 2

    def use(identity_id: int) -> str:
        with Session(engine) as session:
            try:
                accept_invitation(session, now=utc_now(), token=token, identity_id=identity_id)
                session.commit()
            except Refusal:
                return "refused"
            return "done"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(use, ids)) == ["done", "refused"]
    engine.dispose()


def test_conflict_where_it_was_taken_up(session: Session, cast: Cast) -> None:
    with pytest.raises(Conflict):
        resend_invitation(session, cast.owner, now=NOW, person_id=cast.finance.person_id)
    with pytest.raises(Conflict):
        withdraw_invitation(session, cast.owner, now=NOW, person_id=cast.finance.person_id)

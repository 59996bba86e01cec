"""A founder's team: who is invited, what each may do, and that a startup always keeps a founder."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person, RoleGrant
from incubator.accounts.operations import (
    grant_role,
    invite_member,
    invite_member_again,
    remove_member,
    set_member_rights,
)
from incubator.accounts.permissions import Action, Role, allowed_in_startup
from incubator.accounts.queries import get_actor, list_own_team
from incubator.billing.queries.invoices import list_invoices
from incubator.bookings.queries import check_holder
from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from tests.cast import NOW, Cast
from tests.conftest import Browser


def again(session: Session, actor: Actor) -> Actor:
    found = get_actor(session, actor.person_id or 0)
    assert found is not None
    return found


def rights(session: Session, cast: Cast, **more: object) -> Actor:
    """Andy with other rights."""
    said = {"role": Role.MEMBER} | more
    set_member_rights(session, cast.founder_a, now=NOW, startup_id=cast.startup_a,
                      person_id=cast.member_a.person_id or 0, **said)  # type: ignore[arg-type] # fmt: skip
    return again(session, cast.member_a)


def test_a_founder_invites_and_the_person_is_in_the_list(session: Session, cast: Cast) -> None:
    person = invite_member(session, cast.founder_a, now=NOW, startup_id=cast.startup_a, name="小林", email="Lin@x.example",
                           role=Role.MEMBER, sees_invoices=True)  # fmt: skip
    team = {each.person.name: each for each in list_own_team(session, cast.member_a, cast.startup_a)}
    assert set(team) == {"anna", "andy", "小林"} and not team["小林"].is_in and team["小林"].invitation
    invite_member_again(session, cast.founder_a, now=NOW, startup_id=cast.startup_a, person_id=person.id)
    with pytest.raises(Conflict):
        invite_member_again(session, cast.founder_a, now=NOW, startup_id=cast.startup_a,
                            person_id=cast.member_a.person_id or 0)  # fmt: skip
    remove_member(session, cast.founder_a, now=NOW, startup_id=cast.startup_a, person_id=person.id)
    assert person.left_at is not None
    back = invite_member(session, cast.founder_a, now=NOW, startup_id=cast.startup_a, name="小林", email="lin@x.example",
                         role=Role.FOUNDER)  # fmt: skip
    assert back.id == person.id and back.left_at is None


@pytest.mark.parametrize("email", ["fiona@example.com", "bob@example.com", "andy@example.com"])
def test_who_is_known_to_the_operator_is_not_taken_in_by_a_founder(session: Session, cast: Cast, email: str) -> None:
    with pytest.raises(Conflict) as refused:
        invite_member(session, cast.founder_a, now=NOW, startup_id=cast.startup_a, name="x", email=email, role=Role.MEMBER)
    assert refused.value.field == "email"


def test_no_role_of_the_operator_is_given(session: Session, cast: Cast) -> None:
    with pytest.raises(Refusal):
        invite_member(session, cast.founder_a, now=NOW, startup_id=cast.startup_a, name="x", email="x@x.example", role=Role.OWNER)
    with pytest.raises(Refusal):
        rights(session, cast, role=Role.FINANCE)


def test_rights_hold_at_once_and_for_their_startup_only(session: Session, cast: Cast) -> None:
    andy = rights(session, cast, may_book=False, sees_invoices=True)
    assert not andy.can(Action.BOOK) and andy.can(Action.SEE_OWN_INVOICES)
    with pytest.raises(Forbidden):
        check_holder(session, andy, cast.startup_a)
    # a member of B, too, who may book there: what they may do for B does not reach A, nor the other way round
    person = session.execute(select(Person).where(Person.id == andy.person_id)).scalar_one()
    grant_role(session, cast.manager, now=NOW, person=person, role=Role.MEMBER, startup_id=cast.startup_b)
    both = again(session, andy)
    assert both.startups_for(Action.BOOK) == {cast.startup_b}
    assert both.startups_for(Action.SEE_OWN_INVOICES) == {cast.startup_a}
    check_holder(session, both, cast.startup_b)
    with pytest.raises(Forbidden):
        check_holder(session, both, cast.startup_a)
    assert list_invoices(session, both).total == 0
    with pytest.raises(NotFound):
        check_holder(session, cast.founder_a, cast.startup_b)


def test_a_founder_has_all_of_it_whatever_is_ticked(session: Session, cast: Cast) -> None:
    andy = rights(session, cast, role=Role.FOUNDER, may_book=False, sees_invoices=False)
    assert andy.can(Action.BOOK) and andy.can(Action.SEE_OWN_INVOICES) and andy.can(Action.MANAGE_OWN_TEAM)
    grant = session.execute(select(RoleGrant).where(RoleGrant.person_id == andy.person_id)).scalar_one()
    assert (grant.may_book, grant.sees_invoices) == (True, False)


def test_nobody_changes_their_own_and_the_last_founder_stays(session: Session, cast: Cast) -> None:
    anna = cast.founder_a.person_id or 0
    for change in (
        lambda actor: set_member_rights(session, actor, now=NOW, startup_id=cast.startup_a, person_id=anna, role=Role.MEMBER),
        lambda actor: remove_member(session, actor, now=NOW, startup_id=cast.startup_a, person_id=anna),
    ):
        with pytest.raises(Forbidden):
            change(cast.founder_a)
        with pytest.raises(NotFound):
            change(cast.founder_b)
        with pytest.raises(Forbidden):
            change(cast.member_a)
    andy = rights(session, cast, role=Role.FOUNDER)
    remove_member(session, andy, now=NOW, startup_id=cast.startup_a, person_id=anna)
    assert get_actor(session, anna) is None
    # the rights that anna's request still carries are of before: the lock and the count decide
    with pytest.raises(Conflict, match="only founder"):
        remove_member(session, cast.founder_a, now=NOW, startup_id=cast.startup_a, person_id=andy.person_id or 0)


def test_the_table_of_members(session: Session) -> None:
    usual = allowed_in_startup(Role.MEMBER)
    assert Action.BOOK in usual and Action.SEE_OWN_INVOICES not in usual and Action.EDIT_OWN_STARTUP not in usual
    assert allowed_in_startup(Role.MEMBER, may_book=False) == usual - {Action.BOOK}


def test_pages_ask_for_the_password_before_rights_change(session: Session, cast: Cast, client: Browser) -> None:
    page = client.sign_in(cast.founder_a).get(f"/my/team/{cast.startup_a}")
    assert page.status_code == 200 and "anna@example.com" in page.text
    address = f"/my/team/{cast.startup_a}/{cast.member_a.person_id}"
    assert client.post(address, data={"role": "member", "sees_invoices": "y"}).status_code == 303
    assert again(session, cast.member_a).actions >= {Action.SEE_OWN_INVOICES} and not again(session, cast.member_a).can(Action.BOOK)
    assert client.post(f"/my/team/{cast.startup_a}/{cast.founder_a.person_id}/remove").status_code == 403
    assert client.get(f"/my/team/{cast.startup_b}").status_code == 404
    assert client.sign_in(cast.member_a).get(address).status_code == 403

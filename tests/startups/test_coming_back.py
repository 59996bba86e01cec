"""Startups that come back after an exit, and alumni who found another: who is near, who is let in, who books."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person, RoleGrant
from incubator.accounts.operations import grant_role
from incubator.accounts.permissions import Action, Role
from incubator.accounts.queries import get_actor
from incubator.startups.models import Exit, ExitItem, Residency
from incubator.startups.operations import enrol
from incubator.startups.operations.exit_access import ask_alumni, end_exited_access
from incubator.startups.operations.exits import leave_incubation
from incubator.startups.queries.graduation import list_near
from tests.cast import NOW, Cast
from tests.startups.test_exits import LAST, leave, meet, programme_id  # noqa: F401  a fixture

AUGUST, BACK = date(2026, 8, 31), date(2026, 9, 15)
SEPTEMBER = datetime(2026, 9, 1, 1, tzinfo=UTC)
"""1 September 2026, 9:00 in Shenzhen: the day after the first exit."""


def sign_again(session: Session, cast: Cast, first: date = BACK, last: date | None = None) -> Residency:
    site_id = session.execute(select(Residency.site_id)).scalars().first()
    made = Residency(startup_id=cast.startup_a, site_id=site_id, number="R-9", starts_on=first, ends_on=last)
    session.add(made)
    session.flush()
    return made


def roles_of(session: Session, actor: Actor) -> set[Role]:
    found = get_actor(session, actor.person_id or 0)
    return set(found.roles) if found else set()


def access_item(session: Session, exit_: Exit) -> ExitItem:
    return session.execute(
        select(ExitItem).where(ExitItem.exit_id == exit_.id, ExitItem.task == "access")
    ).scalar_one()


def test_who_came_back_may_graduate_after_all(session: Session, cast: Cast, programme_id: int) -> None:  # noqa: F811
    """A left on 31 August and joined the programme again on 15 September: near on the 30th, not in between."""
    meet(session, cast.startup_a)
    leave(session, cast, on=AUGUST)
    assert list_near(session, cast.manager, LAST).total == 0
    sign_again(session, cast)
    enrol(session, cast.manager, now=NOW, programme_id=programme_id, startup_id=cast.startup_a, starts_on=BACK)
    assert list_near(session, cast.manager, date(2026, 9, 14)).total == 0
    assert [row.startup.id for row in list_near(session, cast.manager, BACK).rows] == [cast.startup_a]
    leave(session, cast, kind="graduated")
    assert [row.startup.id for row in list_near(session, cast.manager, LAST - timedelta(days=1)).rows] == [cast.startup_a]
    assert list_near(session, cast.manager, LAST).total == 0


def test_an_exit_that_was_followed_by_another_agreement_ends_nobodys_access(session: Session, cast: Cast, programme_id: int) -> None:  # noqa: F811
    made = leave(session, cast, on=AUGUST)
    sign_again(session, cast, last=date(2026, 9, 20))
    assert end_exited_access(session, cast.system, now=SEPTEMBER) == 0
    assert end_exited_access(session, cast.system, now=NOW) == 0, "its second agreement ran out, and nobody decided an exit"
    assert roles_of(session, cast.founder_a) == {Role.FOUNDER}
    item = access_item(session, made)
    assert (item.outcome, item.remark, made.access_ended_at) == ("waived", "R-9", None)


def test_a_graduate_that_comes_back_has_founders_again_and_leaves_by_its_last_exit(session: Session, cast: Cast, programme_id: int) -> None:  # noqa: F811
    """Graduated on 31 August, alumni from 1 September, founders from 15 September, removed on the 30th: let in no more."""
    meet(session, cast.startup_a)
    leave(session, cast, kind="graduated", keeps_access=True, on=AUGUST)
    assert end_exited_access(session, cast.system, now=SEPTEMBER) == 1
    assert roles_of(session, cast.founder_a) == {Role.ALUMNUS}
    sign_again(session, cast)
    end_exited_access(session, cast.system, now=SEPTEMBER + timedelta(days=13))
    assert roles_of(session, cast.founder_a) == {Role.ALUMNUS}, "on the 14th its agreement has not begun"
    end_exited_access(session, cast.system, now=SEPTEMBER + timedelta(days=14))
    assert roles_of(session, cast.founder_a) == {Role.FOUNDER}
    assert ask_alumni(session, cast.system, now=datetime(2027, 1, 2, tzinfo=UTC)) == 0, "it is here"
    leave(session, cast, kind="removed", notice_days=10)
    assert end_exited_access(session, cast.system, now=NOW) == 1
    assert roles_of(session, cast.founder_a) == set()


def test_the_last_exit_says_who_stays(session: Session, cast: Cast, programme_id: int) -> None:  # noqa: F811
    """Two exits are seen to at once: a graduation long ago keeps nobody whom the removal after it lets go."""
    meet(session, cast.startup_a)
    leave(session, cast, kind="graduated", keeps_access=True, on=AUGUST)
    sign_again(session, cast)
    last = leave(session, cast, kind="removed", notice_days=10)
    end_exited_access(session, cast.system, now=NOW)
    assert roles_of(session, cast.founder_a) == set() and last.access_ended_at == NOW


def test_an_alumnus_who_founds_another_startup_books_for_that_one(session: Session, cast: Cast, programme_id: int) -> None:  # noqa: F811
    meet(session, cast.startup_a)
    leave(session, cast, kind="graduated", keeps_access=True)
    end_exited_access(session, cast.system, now=NOW)
    person = session.execute(select(Person).where(Person.id == cast.founder_a.person_id)).scalar_one()
    grant_role(session, cast.owner, now=NOW, person=person, role=Role.FOUNDER, startup_id=cast.startup_b)
    session.flush()
    both = get_actor(session, person.id)
    assert both is not None and both.roles == {Role.ALUMNUS, Role.FOUNDER}
    assert both.startups_for(Action.BOOK) == both.startups_for(Action.MANAGE_OWN_TEAM) == {cast.startup_b}
    assert both.startups_for(Action.EDIT_OWN_STARTUP) == {cast.startup_a, cast.startup_b}
    leave_incubation(session, cast.manager, now=NOW, startup_id=cast.startup_b, kind="left", on=NOW.date(), reason="搬走")
    end_exited_access(session, cast.system, now=NOW + timedelta(days=1))
    kept = session.execute(select(RoleGrant.role, RoleGrant.startup_id).where(RoleGrant.person_id == person.id)).all()
    assert [tuple(row) for row in kept] == [("alumnus", cast.startup_a)]

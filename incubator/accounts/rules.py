"""Who may change whose rights: pure, so that the page and the operation say the same."""

from __future__ import annotations

from collections.abc import Collection

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import STARTUP_ROLES, Action, Role


def may_touch(actor: Actor, person_id: int, roles: Collection[Role]) -> bool:
    """Whether `actor` may change the rights of a person who has `roles`: a manager may not touch an owner.

    Nor may anybody change their own: what one person takes or gives themselves nobody else has looked at.
    """
    if not actor.can(Action.MANAGE_TEAM) or actor.person_id == person_id:
        return False
    return Role.OWNER not in roles or actor.can(Action.MANAGE_OPERATOR)


def roles_to_give(actor: Actor) -> list[Role]:
    """The roles that `actor` may give, in the order of the table: only an owner makes an owner."""
    if not actor.can(Action.MANAGE_TEAM):
        return []
    return [role for role in Role if role is not Role.OWNER or actor.can(Action.MANAGE_OPERATOR)]


def is_of_startup(role: Role) -> bool:
    """Whether the role holds for one startup, which must then be named."""
    return role in STARTUP_ROLES

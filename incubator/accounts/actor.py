"""The one who acts: a plain value that every operation takes."""

from __future__ import annotations

from functools import lru_cache

from msgspec import Struct

from incubator.accounts.permissions import STAFF, STARTUP_ROLES, Action, Role, allowed
from incubator.core.errors import N_, Forbidden, NotFound

NOT_YOURS = N_("Your role does not include this. Ask the owner of your operator for it.")


class Actor(Struct, frozen=True):
    """A person of one operator with their roles, or the system itself (`person_id` None, all rights)."""

    operator_id: int
    person_id: int | None
    name: str
    roles: frozenset[Role]
    startup_ids: frozenset[int] = frozenset()
    """The startups whose founder or member this is."""
    locale: str = "zh_Hans"
    startup_actions: frozenset[tuple[int, Action]] = frozenset()
    """What they may do for which of them: a founder of one may be a member of another."""

    @property
    def actions(self) -> frozenset[Action]:
        return frozenset(Action) if self.is_system else _actions(self.roles, self.startup_actions)

    def startups_for(self, action: Action) -> frozenset[int]:
        """The startups for which this is a founder or member who may do `action`."""
        return frozenset(startup_id for startup_id, each in self.startup_actions if each is action)

    @property
    def is_system(self) -> bool:
        return self.person_id is None

    @property
    def is_staff(self) -> bool:
        """Of the operator, not of a startup: sees all of its startups."""
        return self.is_system or bool(self.roles & STAFF)

    def can(self, action: Action) -> bool:
        return action in self.actions

    def require(self, action: Action) -> None:
        """Forbidden, unless the actor's roles allow it."""
        if not self.can(action):
            raise Forbidden(NOT_YOURS)

    def require_startup(self, startup_id: int | None) -> None:
        """NotFound, unless the actor is staff or one of that startup's people: others must not know of it."""
        if not (self.is_staff or (startup_id is not None and startup_id in self.startup_ids)):
            raise NotFound

    def require_for(self, action: Action, startup_id: int | None) -> None:
        """NotFound for who is neither staff nor of that startup; Forbidden for who is of it without `action`."""
        self.require_startup(startup_id)
        if startup_id not in self.startups_for(action) and not (self.is_staff and self.can(action)):
            raise Forbidden(NOT_YOURS)


@lru_cache(maxsize=4096)
def _actions(roles: frozenset[Role], in_startups: frozenset[tuple[int, Action]]) -> frozenset[Action]:
    """Asked some fifty times for a page."""
    return allowed(roles - STARTUP_ROLES) | {action for _, action in in_startups}


def system_actor(operator_id: int) -> Actor:
    """Who acts when no person does: a job, the demo's generator, the sign-up itself."""
    return Actor(operator_id, None, "system", frozenset())

"""The one who acts: a plain value that every operation takes."""

from __future__ import annotations

from dataclasses import dataclass

from incubator.accounts.permissions import STAFF, Action, Role, allowed
from incubator.core.errors import N_, Forbidden, NotFound


@dataclass(frozen=True, slots=True)
class Actor:
    """A person of one operator with their roles, or the system itself (`person_id` None, all rights)."""

    operator_id: int
    person_id: int | None
    name: str
    roles: frozenset[Role]
    startup_ids: frozenset[int] = frozenset()
    """The startups whose founder or member this is."""
    locale: str = "zh_Hans"

    @property
    def actions(self) -> frozenset[Action]:
        return frozenset(Action) if self.is_system else allowed(self.roles)

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
            raise Forbidden(N_("Your role does not include this. Ask the owner of your operator for it."))

    def require_startup(self, startup_id: int | None) -> None:
        """NotFound, unless the actor is staff or one of that startup's people: others must not know of it."""
        if not (self.is_staff or (startup_id is not None and startup_id in self.startup_ids)):
            raise NotFound


def system_actor(operator_id: int) -> Actor:
    """Who acts when no person does: a job, the demo's generator, the sign-up itself."""
    return Actor(operator_id, None, "system", frozenset())

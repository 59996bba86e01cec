"""Who may do what: one table, asked by operations, views and templates alike."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Role(StrEnum):
    """What a person is to an operator; one may be several."""

    OWNER = "owner"
    MANAGER = "manager"
    FRONT_DESK = "front_desk"
    FINANCE = "finance"
    AUDITOR = "auditor"
    MENTOR = "mentor"
    FOUNDER = "founder"
    MEMBER = "member"
    ALUMNUS = "alumnus"


STAFF = frozenset({Role.OWNER, Role.MANAGER, Role.FRONT_DESK, Role.FINANCE, Role.AUDITOR})
TENANT_ROLES = frozenset({Role.FOUNDER, Role.MEMBER})
"""Of a startup that is here: who can book."""
STARTUP_ROLES = TENANT_ROLES | {Role.ALUMNUS}


class Action(StrEnum):
    """`<what>:<verb>`. A startup's people do what they may only for their own startup."""

    SEE_HOME = "home:see"
    SEE_SPACES = "spaces:see"
    MANAGE_SPACES = "spaces:manage"
    SEE_DASHBOARD = "dashboard:see"
    SEE_TIMELINE = "timeline:see"
    BOOK = "bookings:book"
    BOOK_FOR_OTHERS = "bookings:book-for-others"
    SEE_ALL_BOOKINGS = "bookings:see-all"
    SEE_STARTUPS = "startups:see"
    SEE_OWN_STARTUP = "startups:see-own"
    MANAGE_STARTUPS = "startups:manage"
    EDIT_OWN_STARTUP = "startups:edit-own"
    SEE_PEOPLE = "people:see"
    MANAGE_RESIDENCIES = "residencies:manage"
    SEE_FIGURES = "figures:see"
    MANAGE_FIGURES = "figures:manage"
    MANAGE_EXITS = "exits:manage"
    SEE_PRICES = "prices:see"
    MANAGE_PRICES = "prices:manage"
    SEE_SCHEMES = "schemes:see"
    MANAGE_SCHEMES = "schemes:manage"
    SEE_BILLING = "billing:see"
    SEE_OWN_INVOICES = "billing:see-own"
    POST_INVOICES = "billing:post"
    SEE_REPORTS = "reports:see"
    FREEZE_REPORTS = "reports:freeze"
    MANAGE_GOALS = "goals:manage"
    SEE_CLAIMS = "claims:see"
    IMPORT = "imports:run"
    SEE_JOBS = "jobs:see"
    RUN_JOBS = "jobs:run"
    SEE_TEAM = "team:see"
    MANAGE_TEAM = "team:manage"
    SEE_AUDIT = "audit:see"
    MANAGE_OPERATOR = "operator:manage"


_A = Action
_SEE = {
    _A.SEE_HOME, _A.SEE_DASHBOARD, _A.SEE_SPACES, _A.SEE_TIMELINE, _A.SEE_ALL_BOOKINGS, _A.SEE_STARTUPS,
    _A.SEE_PRICES,
}  # fmt: skip
_MONEY = {_A.SEE_PEOPLE, _A.SEE_SCHEMES, _A.SEE_BILLING, _A.SEE_REPORTS, _A.SEE_CLAIMS, _A.SEE_JOBS,
          _A.SEE_FIGURES}  # fmt: skip
_MANAGE = {
    _A.BOOK, _A.BOOK_FOR_OTHERS, _A.MANAGE_SPACES, _A.MANAGE_STARTUPS, _A.MANAGE_RESIDENCIES, _A.MANAGE_PRICES,
    _A.IMPORT, _A.SEE_TEAM, _A.RUN_JOBS, _A.FREEZE_REPORTS, _A.MANAGE_FIGURES, _A.MANAGE_GOALS, _A.MANAGE_EXITS,
}  # fmt: skip
_BILL = {
    _A.MANAGE_PRICES, _A.MANAGE_SCHEMES, _A.POST_INVOICES, _A.FREEZE_REPORTS, _A.RUN_JOBS, _A.SEE_AUDIT,
}  # fmt: skip

PERMISSIONS: dict[Role, frozenset[Action]] = {
    Role.OWNER: frozenset(Action) - {_A.SEE_OWN_STARTUP, _A.EDIT_OWN_STARTUP, _A.SEE_OWN_INVOICES},
    Role.MANAGER: frozenset(_SEE | _MONEY | _MANAGE | {_A.SEE_AUDIT, _A.MANAGE_TEAM}),
    Role.FRONT_DESK: frozenset(_SEE | {_A.BOOK, _A.BOOK_FOR_OTHERS}),
    Role.FINANCE: frozenset(_SEE | _MONEY | _BILL),
    Role.AUDITOR: frozenset(_SEE | _MONEY | {_A.SEE_AUDIT, _A.SEE_TEAM}),
    Role.MENTOR: frozenset({_A.SEE_HOME, _A.SEE_TIMELINE}),
    Role.FOUNDER: frozenset(
        {_A.SEE_HOME, _A.SEE_TIMELINE, _A.BOOK, _A.SEE_OWN_STARTUP, _A.EDIT_OWN_STARTUP, _A.SEE_OWN_INVOICES}
    ),
    Role.MEMBER: frozenset({_A.SEE_HOME, _A.SEE_TIMELINE, _A.BOOK, _A.SEE_OWN_STARTUP}),
    Role.ALUMNUS: frozenset({_A.SEE_HOME, _A.SEE_OWN_STARTUP, _A.EDIT_OWN_STARTUP}),
}


def allowed(roles: Iterable[Role]) -> frozenset[Action]:
    """All that the roles may do together."""
    return frozenset().union(*(PERMISSIONS[role] for role in roles))

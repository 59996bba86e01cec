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
    MANAGE_OWN_TEAM = "startups:manage-own-team"
    SEE_DIRECTORY = "directory:see"
    ASK = "requests:ask"
    SEE_REQUESTS = "requests:see"
    HANDLE_REQUESTS = "requests:handle"
    MANAGE_REQUESTS = "requests:manage"
    ANNOUNCE = "announcements:publish"
    SEE_PEOPLE = "people:see"
    SEE_SELECTION = "selection:see"
    MANAGE_SELECTION = "selection:manage"
    REVIEW = "reviews:write"
    SEE_APPLICATIONS = "applications:see"
    MANAGE_APPLICATIONS = "applications:manage"
    MANAGE_RESIDENCIES = "residencies:manage"
    HAND_OVER = "handovers:fill"
    SEE_FIGURES = "figures:see"
    MANAGE_FIGURES = "figures:manage"
    MANAGE_EXITS = "exits:manage"
    SEE_MENTORS = "mentors:see"
    SEE_MENTORING = "mentoring:see"
    MANAGE_MENTORS = "mentors:manage"
    MENTOR = "mentoring:give"
    SEEK_MENTORS = "mentoring:seek"
    SEE_PRICES = "prices:see"
    MANAGE_PRICES = "prices:manage"
    ENTER_READINGS = "readings:enter"
    SEE_SCHEMES = "schemes:see"
    MANAGE_SCHEMES = "schemes:manage"
    TAKE_VOUCHERS = "vouchers:take"
    USE_VOUCHERS = "vouchers:use"
    SEE_BILLING = "billing:see"
    SEE_OWN_INVOICES = "billing:see-own"
    PAY_OWN_INVOICES = "billing:pay-own"
    POST_INVOICES = "billing:post"
    TAKE_PAYMENTS = "payments:take"
    APPROVE_MONEY = "money:approve"
    MANAGE_BILLING = "billing:manage"
    CLOSE_BOOKS = "books:close"
    SEE_REPORTS = "reports:see"
    FREEZE_REPORTS = "reports:freeze"
    MANAGE_GOALS = "goals:manage"
    SEE_PRESENCE = "presence:see"
    MANAGE_PRESENCE = "presence:manage"
    MANAGE_EVENTS = "events:manage"
    SEE_CLAIMS = "claims:see"
    MANAGE_CLAIMS = "claims:manage"
    INVITE_REVIEWERS = "claims:invite-reviewers"
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
    _A.SEE_PRICES, _A.SEE_DIRECTORY, _A.SEE_REQUESTS, _A.SEE_MENTORS,
}  # fmt: skip
_SERVE = {_A.HANDLE_REQUESTS, _A.ANNOUNCE, _A.HAND_OVER, _A.TAKE_VOUCHERS, _A.ENTER_READINGS}
_MONEY = {_A.SEE_PEOPLE, _A.SEE_SCHEMES, _A.SEE_BILLING, _A.SEE_REPORTS, _A.SEE_CLAIMS, _A.SEE_JOBS,
          _A.SEE_FIGURES, _A.SEE_MENTORING, _A.SEE_PRESENCE}  # fmt: skip
_MANAGE = {
    _A.BOOK, _A.BOOK_FOR_OTHERS, _A.MANAGE_SPACES, _A.MANAGE_STARTUPS, _A.MANAGE_RESIDENCIES, _A.MANAGE_PRICES,
    _A.IMPORT, _A.SEE_TEAM, _A.RUN_JOBS, _A.FREEZE_REPORTS, _A.MANAGE_FIGURES, _A.MANAGE_GOALS,
    _A.MANAGE_REQUESTS,
    _A.SEE_SELECTION, _A.MANAGE_SELECTION, _A.REVIEW,
    _A.MANAGE_EXITS, _A.MANAGE_MENTORS, _A.APPROVE_MONEY, _A.MANAGE_PRESENCE, _A.MANAGE_EVENTS,
}  # fmt: skip
_BILL = {
    _A.MANAGE_PRICES, _A.MANAGE_SCHEMES, _A.POST_INVOICES, _A.FREEZE_REPORTS, _A.RUN_JOBS, _A.SEE_AUDIT,
    _A.TAKE_VOUCHERS, _A.ENTER_READINGS, _A.TAKE_PAYMENTS, _A.APPROVE_MONEY, _A.MANAGE_BILLING, _A.CLOSE_BOOKS,
    _A.MANAGE_CLAIMS, _A.INVITE_REVIEWERS,
}  # fmt: skip
_SHARE = {_A.SEE_HOME, _A.SEE_TIMELINE, _A.SEE_OWN_STARTUP, _A.SEE_DIRECTORY, _A.ASK, _A.SEE_MENTORS, _A.SEEK_MENTORS}
_OF_STARTUPS = {_A.SEE_OWN_STARTUP, _A.EDIT_OWN_STARTUP, _A.SEE_OWN_INVOICES, _A.MANAGE_OWN_TEAM, _A.ASK,
                _A.SEEK_MENTORS, _A.USE_VOUCHERS, _A.PAY_OWN_INVOICES}  # fmt: skip

PERMISSIONS: dict[Role, frozenset[Action]] = {
    Role.OWNER: frozenset(Action) - _OF_STARTUPS - {_A.MENTOR},
    Role.MANAGER: frozenset(
        _SEE | _SERVE | _MONEY | _MANAGE
        | {_A.SEE_AUDIT, _A.MANAGE_TEAM, _A.SEE_APPLICATIONS, _A.MANAGE_APPLICATIONS}
    ),
    Role.FRONT_DESK: frozenset(_SEE | _SERVE | {_A.BOOK, _A.BOOK_FOR_OTHERS, _A.REVIEW, _A.MANAGE_EVENTS}),
    Role.FINANCE: frozenset(_SEE | _MONEY | _BILL | {_A.HANDLE_REQUESTS, _A.REVIEW}),
    Role.AUDITOR: frozenset(_SEE | _MONEY | {_A.SEE_AUDIT, _A.SEE_TEAM, _A.SEE_APPLICATIONS, _A.SEE_SELECTION}),
    Role.MENTOR: frozenset({_A.SEE_HOME, _A.SEE_TIMELINE, _A.REVIEW, _A.SEE_MENTORS, _A.MENTOR}),
    Role.FOUNDER: frozenset(_SHARE | {_A.BOOK, _A.EDIT_OWN_STARTUP, _A.SEE_OWN_INVOICES, _A.MANAGE_OWN_TEAM,
                                  _A.USE_VOUCHERS, _A.PAY_OWN_INVOICES}),
    Role.MEMBER: frozenset(_SHARE | {_A.BOOK}),
    Role.ALUMNUS: frozenset({_A.SEE_HOME, _A.SEE_OWN_STARTUP, _A.EDIT_OWN_STARTUP}),
}

MEMBER_RIGHTS: dict[str, Action] = {"may_book": _A.BOOK, "sees_invoices": _A.SEE_OWN_INVOICES}
"""What a founder gives to a member or takes from them, by the column of their role. A founder has both."""


def allowed(roles: Iterable[Role]) -> frozenset[Action]:
    """All that the roles may do together."""
    return frozenset().union(*(PERMISSIONS[role] for role in roles))


def roles_with(action: Action) -> frozenset[Role]:
    """The roles that may do it."""
    return frozenset(role for role, actions in PERMISSIONS.items() if action in actions)


def allowed_in_startup(role: Role, *, may_book: bool = True, sees_invoices: bool = False) -> frozenset[Action]:
    """What one role lets somebody do for its startup: a member as their founder has set it."""
    if role is not Role.MEMBER:
        return PERMISSIONS[role]
    given = {MEMBER_RIGHTS[name] for name, has in (("may_book", may_book), ("sees_invoices", sees_invoices)) if has}
    return (PERMISSIONS[role] - set(MEMBER_RIGHTS.values())) | given

"""Roles and languages in words."""

from __future__ import annotations

from incubator.accounts.permissions import Role
from incubator.core.errors import N_

ROLE_NAMES: dict[Role, str] = {
    Role.OWNER: N_("Owner"),
    Role.MANAGER: N_("Manager"),
    Role.FRONT_DESK: N_("Front desk"),
    Role.FINANCE: N_("Finance"),
    Role.AUDITOR: N_("Auditor"),
    Role.MENTOR: N_("Mentor"),
    Role.FOUNDER: N_("Founder"),
    Role.MEMBER: N_("Member"),
    Role.ALUMNUS: N_("Alumnus"),
}
ROLE_WORDS: dict[Role, str] = {
    Role.OWNER: N_("Everything, and who the owners are."),
    Role.MANAGER: N_("Spaces, startups, bookings, prices, imports and the team; sees the money, does not post it."),
    Role.FRONT_DESK: N_("The timeline; books and cancels for others."),
    Role.FINANCE: N_("Prices, subsidy schemes, the month's invoices, reports and claims."),
    Role.AUDITOR: N_("Sees everything, changes nothing."),
    Role.MENTOR: N_("Sees the timeline; reviews applications that are given to them."),
    Role.FOUNDER: N_("Their startup: its agreement, bookings and invoices."),
    Role.MEMBER: N_("Books for their startup."),
    Role.ALUMNUS: N_("Their startup that has graduated: its yearly figures and achievements; books nothing."),
}
LOCALE_NAMES = (("zh_Hans", "中文"), ("en", "English"))

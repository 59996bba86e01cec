"""Where each of the cast can go, and where they are."""

from __future__ import annotations

import re

import pytest

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.web.navigation import SECTIONS, current_place, places_for
from tests.cast import Cast
from tests.conftest import Browser

EVERYWHERE = {
    "web.home", "bookings.timeline", "startups.list_announcements", "startups.house_documents", "mentors.list_mentors",
    "bookings.list_events",
}  # fmt: skip
SEEN = EVERYWHERE | {
    "bookings.list_bookings", "bookings.list_rules", "spaces.list_sites", "startups.list_startups", "startups.rent_control",
    "startups.list_exits", "startups.list_requests", "startups.list_directory", "pricing.list_tariffs", "pricing.list_site_meters", "bookings.list_allowances",
}  # fmt: skip
STAFF = SEEN | {"startups.my_reviews", "billing.list_access"}
MONEY = {
    "billing.desk", "billing.books", "billing.months", "billing.list_invoices", "billing.list_card_payments", "billing.list_dunning",
    "billing.list_one_offs", "billing.list_credit_notes", "billing.list_payments", "billing.list_lines", "billing.list_fapiaos",
    "subsidies.list_schemes", "subsidies.list_budgets", "subsidies.list_grants",
    "reports.list_reports", "reports.list_occupancy", "measuring.use", "reports.list_figures", "statistics.list_years", "builder.build", "presence.show_presence", "gauge.list_goals", "claims.list_claims", "jobs.list_runs", "startups.figures_overview", "startups.list_graduation",
    "startups.list_alumni", "startups.list_humans", "mentors.list_needs", "mentors.list_sessions", "mentors.list_rounds",
    "mentors.figures", "mentors.list_mentorships", "subsidies.list_vouchers",
}  # fmt: skip
OWN = {
    "bookings.list_bookings", "bookings.find", "bookings.visitors", "bookings.waitlist", "startups.mine", "bookings.my_allowances",
    "startups.my_documents", "startups.my_requests", "startups.list_directory", "accounts.own_teams", "mentors.my_needs", "mentors.list_sessions",
    "mentors.list_mentorships",
}  # fmt: skip
DESK = {"bookings.desk", "bookings.find", "bookings.waitlist", "bookings.visitors"}
MANAGING = {"audit.trail", "jobs.imports", "accounts.team", "startups.list_programmes", "startups.list_calls", "mentors.settings"}
OPENS = {
    "owner": STAFF | DESK | MONEY | MANAGING,
    "manager": STAFF | DESK | MONEY | MANAGING,
    "front_desk": STAFF | DESK | {"subsidies.list_vouchers"},
    "finance": STAFF | MONEY | {"audit.trail"},
    "auditor": SEEN | MONEY | {"audit.trail", "accounts.team", "startups.list_calls"},
    "mentor": EVERYWHERE | {"startups.my_reviews", "mentors.my_profile", "mentors.list_sessions", "mentors.list_mentorships"},
    "founder_a": EVERYWHERE | OWN | {"startups.my_figures", "claims.my_evidence", "startups.my_applications", "billing.list_invoices", "billing.list_credit_notes", "billing.to_pay", "billing.my_fapiaos", "subsidies.my_vouchers"},
    "member_a": EVERYWHERE | OWN,
}


def endpoints(actor: Actor) -> set[str]:
    return {place.endpoint for section in places_for(actor.actions, lambda _: True) for place in section.places}


@pytest.mark.parametrize("role", OPENS)
def test_each_role_sees_what_it_may_open(cast: Cast, role: str) -> None:
    assert endpoints(getattr(cast, role)) == OPENS[role]


def test_a_page_that_does_not_exist_is_not_offered(cast: Cast) -> None:
    sections = places_for(cast.owner.actions, lambda endpoint: endpoint == "web.home")
    assert [place.endpoint for section in sections for place in section.places] == ["web.home"]
    assert len(sections) == 1


@pytest.mark.parametrize("role", OPENS)
def test_every_place_opens_for_who_sees_it(client: Browser, cast: Cast, role: str) -> None:
    actor = getattr(cast, role)
    page = client.sign_in(actor).get("/").text
    menu = page[page.index('id="sidebar-menu"') : page.index("sidebar-person")]
    links = re.findall(r'class="sidebar-link" href="([^"]+)"', menu)
    assert links
    for link in links:
        assert client.get(link).status_code == 200, link


@pytest.mark.parametrize(
    ("endpoint", "place"),
    [
        ("web.home", "web.home"),
        ("spaces.show_site", "spaces.list_sites"),
        ("billing.draft", "billing.months"),
        ("billing.show_invoice", "billing.list_invoices"),
        ("billing.show_payment", "billing.list_payments"),
        ("billing.show_statement_file", "billing.list_lines"),
        ("jobs.show_import", "jobs.imports"),
        ("jobs.show_run", "jobs.list_runs"),
        ("claims.annex", "claims.list_claims"),
        ("bookings.timeline", "bookings.timeline"),
        ("bookings.show", "bookings.list_bookings"),
        ("bookings.invite", "bookings.visitors"),
        ("bookings.desk_visitors", "bookings.desk"),
        ("startups.show_request", "startups.list_requests"),
        ("startups.edit_category", "startups.list_requests"),
        ("startups.show_announcement", "startups.list_announcements"),
        ("startups.edit_entry", "startups.list_directory"),
        ("accounts.own_member", "accounts.own_teams"),
        ("startups.show", "startups.list_startups"),
        ("accounts.profile", None),
        ("web.units_today", None),
        (None, None),
    ],
)
def test_each_page_belongs_to_one_place(endpoint: str | None, place: str | None) -> None:
    here = current_place(SECTIONS, endpoint)
    assert (here and here.endpoint) == place


def test_the_current_place_is_marked_and_nothing_else(client: Browser, cast: Cast) -> None:
    page = client.sign_in(cast.manager).get("/").text
    assert re.findall(r'class="sidebar-link" href="([^"]+)" aria-current="page"', page) == ["/"]


def test_every_action_named_is_one(cast: Cast) -> None:
    for section in SECTIONS:
        for place in section.places:
            assert place.actions and all(isinstance(action, Action) for action in place.actions)

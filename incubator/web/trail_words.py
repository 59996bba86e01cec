"""The trail in words: what was done, to what, and what was different before and after."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext

from incubator.accounts.words import ROLE_NAMES
from incubator.audit.models import AuditEvent
from incubator.core.errors import N_
from incubator.documents import formats
from incubator.jobs.registry import JOBS

ACTIONS: dict[str, str] = {
    "accept_invitation": N_("took up the invitation"),
    "add_booking_rule": N_("added a booking rule"),
    "add_check": N_("added a check of plausibility"),
    "add_criterion": N_("added a criterion to a standard"),
    "add_document": N_("added a document"),
    "add_exit_item": N_("added something to settle at an exit"),
    "add_floor": N_("added a floor"),
    "add_indicator": N_("added an indicator"),
    "add_person": N_("added a person"),
    "add_photo": N_("added a photo"),
    "add_plan": N_("added a floor plan"),
    "add_post": N_("added somebody to a startup's team"),
    "add_programme": N_("added a programme or plan"),
    "add_resource": N_("added a resource"),
    "add_scheme_version": N_("added a version of a subsidy scheme"),
    "add_unit": N_("added a unit"),
    "add_units": N_("added units"),
    "add_version": N_("added a version of a document"),
    "adopt_indicators": N_("took the Torch survey's set of indicators"),
    "adopt_standard": N_("took over a standard"),
    "approve": N_("approved a booking"),
    "ask_for_figures": N_("asked startups for figures"),
    "begin_correction": N_("opened confirmed figures for a correction"),
    "book": N_("made a booking"),
    "book_many": N_("made many bookings"),
    "book_series": N_("booked a series"),
    "cancel": N_("cancelled a booking"),
    "cancel_series": N_("cancelled a series"),
    "cancel_visit": N_("cancelled a visit"),
    "change_booking": N_("changed a booking"),
    "change_password": N_("changed the password"),
    "check_in": N_("checked a booking in"),
    "choose_notices": N_("chose which mails they get"),
    "claim_achievement": N_("said what a startup has achieved"),
    "claim_standing": N_("said of which category somebody is"),
    "clear_resource_day": N_("let a resource have its usual hours again"),
    "close_exit": N_("closed an exit, all being settled"),
    "close_units": N_("closed units"),
    "confirm_achievement": N_("confirmed an achievement by its evidence"),
    "confirm_figures": N_("confirmed figures"),
    "confirm_standing": N_("confirmed somebody's category by its evidence"),
    "create_scheme": N_("created a subsidy scheme"),
    "create_site": N_("created a site"),
    "create_tariff": N_("created a tariff"),
    "decline": N_("declined a booking"),
    "describe_photo": N_("described a photo"),
    "draw_plan": N_("drew units on a floor plan"),
    "drop_goal": N_("stopped measuring a qualification"),
    "edit_booking_rule": N_("changed a booking rule"),
    "edit_indicator": N_("changed an indicator"),
    "edit_plan": N_("changed a floor plan"),
    "edit_post": N_("changed somebody's part in a startup"),
    "edit_profile": N_("changed their profile"),
    "edit_programme": N_("changed a programme or plan"),
    "edit_resource": N_("changed a resource"),
    "edit_rhythm": N_("changed when figures are due"),
    "edit_site": N_("changed a site"),
    "edit_startup": N_("changed a startup"),
    "edit_unit": N_("changed a unit"),
    "end_access": N_("ended somebody's access"),
    "end_allowance": N_("ended an allowance"),
    "end_check": N_("ended a check of plausibility"),
    "end_criterion": N_("let a criterion end on a day"),
    "end_early": N_("ended a booking early"),
    "end_enrolment": N_("let a startup's part in a programme end"),
    "end_exited_access": N_("ended the access of a startup that left"),
    "end_graduation_rule": N_("let a graduation rule end"),
    "end_included": N_("let newcomers to a plan get something no more"),
    "end_residency": N_("ended a residency"),
    "end_wait": N_("ended a wait"),
    "enqueue_job": N_("asked for a job"),
    "enrol": N_("let a startup join a programme"),
    "erase_visitors": N_("erased the data of visitors"),
    "excuse": N_("excused a no-show"),
    "expire_hold": N_("let a booking go that was not approved in time"),
    "extend_series": N_("made a series longer"),
    "follow_calendar": N_("let a day follow the calendar again"),
    "found_operator": N_("founded the operator"),
    "freeze_figures": N_("froze a report of figures"),
    "freeze_occupancy": N_("froze an occupancy report"),
    "grant_allowance": N_("gave an allowance"),
    "grant_role": N_("gave a role"),
    "import_calendar": N_("imported a calendar"),
    "import_workbook": N_("imported a workbook"),
    "include_allowance": N_("let a plan include an allowance"),
    "invite": N_("invited somebody"),
    "invite_visitors": N_("invited visitors"),
    "issue_key": N_("made a secret address"),
    "join_waitlist": N_("joined a waitlist"),
    "leave_incubation": N_("let a startup leave"),
    "let_visitor_in": N_("let a visitor in"),
    "let_visitor_out": N_("saw a visitor out"),
    "lift_closure": N_("lifted a closure"),
    "lock_figures": N_("used figures in a report"),
    "move_photo": N_("put a photo in another place"),
    "no_show": N_("gave the rest of a booking back: nobody came"),
    "offer_wait": N_("offered what became free"),
    "override_day": N_("made an exception for a day"),
    "post_month": N_("posted a month's invoices"),
    "register_address": N_("registered a startup's address"),
    "register_startup": N_("registered a startup"),
    "remove_floor": N_("removed a floor"),
    "remove_photo": N_("removed a photo"),
    "rename_floor": N_("renamed a floor"),
    "reopen_exit_item": N_("opened something at an exit again"),
    "resend_invitation": N_("sent an invitation again"),
    "reset_password": N_("set a new password by mail"),
    "restart_startup": N_("let founders start again"),
    "retire_booking_rule": N_("retired a booking rule"),
    "retire_plan": N_("removed a floor plan"),
    "retire_resource": N_("retired a resource"),
    "retire_unit": N_("retired a unit"),
    "return_figures": N_("returned figures"),
    "revoke_exit": N_("revoked an exit"),
    "revoke_key": N_("withdrew a secret address"),
    "run_job_again": N_("ran a job again"),
    "save_figures": N_("filled in figures"),
    "send_pass": N_("sent a pass again"),
    "set_goal": N_("set a qualification to measure"),
    "set_graduation_rule": N_("set a graduation rule"),
    "set_opening_hours": N_("set opening hours"),
    "set_resource_day": N_("made an exception for a day of a resource"),
    "set_resource_hours": N_("set a resource's opening hours"),
    "set_visitor_days": N_("set how long visitors' data are kept"),
    "settle_allowances": N_("brought the ledger of allowances up to date"),
    "settle_exit_item": N_("settled something at an exit"),
    "sign_in": N_("signed in"),
    "sign_out": N_("signed out"),
    "sign_out_browsers": N_("signed other browsers out"),
    "sign_residency": N_("signed a residency"),
    "state_figure": N_("stated a figure of a qualification"),
    "store_file": N_("stored a file"),
    "submit_figures": N_("submitted figures"),
    "take_offer": N_("took an offer"),
    "take_offer_back": N_("took an offer back"),
    "take_role": N_("took a role away"),
    "withdraw_achievement": N_("withdrew an achievement"),
    "withdraw_document": N_("withdrew a document"),
    "withdraw_invitation": N_("withdrew an invitation"),
    "withdraw_standing": N_("withdrew somebody's category"),
    "withdraw_statement": N_("withdrew a stated figure"),
}
"""Every action that an operation records; a test looks for others."""

SUBJECTS: dict[str, str] = {
    "access_keys": N_("Secret address"),
    "allowances": N_("Allowance"),
    "booking_rules": N_("Booking rule"),
    "booking_series": N_("Series"),
    "bookings": N_("Booking"),
    "closures": N_("Closure"),
    "documents": N_("Document"),
    "floor_plans": N_("Floor plan"),
    "floors": N_("Floor"),
    "frozen_reports": N_("Occupancy report"),
    "goal_statements": N_("Stated figure"),
    "goals": N_("Qualification"),
    "invoices": N_("Invoice"),
    "job_runs": N_("Job"),
    "operators": N_("Operator"),
    "people": N_("Person"),
    "enrolments": N_("Part in a programme"),
    "plan_allowances": N_("Included in plans"),
    "posts": N_("Part in a startup's team"),
    "registered_addresses": N_("Registered address"),
    "achievements": N_("Achievement"),
    "exits": N_("Exit"),
    "figure_checks": N_("Check of plausibility"),
    "figure_rhythms": N_("Figures asked for"),
    "figure_versions": N_("Figures of a startup"),
    "indicators": N_("Indicator"),
    "standings": N_("Category of a person"),
    "programmes": N_("Programme or plan"),
    "residencies": N_("Residency"),
    "resources": N_("Resource"),
    "scheme_versions": N_("Scheme version"),
    "schemes": N_("Subsidy scheme"),
    "sites": N_("Site"),
    "standard_criteria": N_("Criterion"),
    "standards": N_("Standard"),
    "startups": N_("Startup"),
    "stored_files": N_("File"),
    "tariffs": N_("Tariff"),
    "units": N_("Unit"),
    "visitors": N_("Visitor"),
    "waits": N_("Wait"),
}

PAGES: dict[str, tuple[str, str]] = {
    "allowances": ("bookings.show_allowance", "allowance_id"),
    "booking_rules": ("bookings.edit_rule", "rule_id"),
    "booking_series": ("bookings.show_series", "series_id"),
    "bookings": ("bookings.show", "booking_id"),
    "goals": ("gauge.show_goal", "goal_id"),
    "exits": ("startups.show_exit", "exit_id"),
    "documents": ("startups.show_document", "document_id"),
    "invoices": ("billing.show_invoice", "invoice_id"),
    "job_runs": ("jobs.show_run", "run_id"),
    "people": ("accounts.show_person", "person_id"),
    "resources": ("bookings.show_resource", "resource_id"),
    "residencies": ("startups.show_residency", "residency_id"),
    "programmes": ("startups.show_programme", "programme_id"),
    "schemes": ("subsidies.show_scheme", "scheme_id"),
    "sites": ("spaces.show_site", "site_id"),
    "standards": ("gauge.show_standard", "standard_id"),
    "startups": ("startups.show", "startup_id"),
    "tariffs": ("pricing.show_tariff", "tariff_id"),
    "visitors": ("bookings.show_visitor", "visitor_id"),
    "waits": ("bookings.show_wait", "wait_id"),
}
"""Where a thing can be seen: endpoint, and the name of its id there."""

FIELDS: dict[str, str] = {
    "added": N_("Added"),
    "address": N_("Address"),
    "alt": N_("What is to be seen"),
    "alt_en": N_("In English"),
    "area_m2": N_("Area in m²"),
    "at": N_("At"),
    "audience": N_("Who may see it"),
    "browser": N_("Browser"),
    "calendar": N_("Calendar"),
    "closed": N_("Takes nobody new"),
    "capital_minor": N_("Registered capital"),
    "category": N_("Category"),
    "code": N_("Code"),
    "consent_number": N_("Letter of consent"),
    "individual": N_("Person"),
    "industry_code": N_("Industry by GB/T 4754"),
    "name_changed": N_("Name changed"),
    "paid_in_minor": N_("Of it paid in"),
    "share_bp": N_("Share in hundredths of a percent"),
    "contact_changed": N_("Contact changed"),
    "count": N_("How many"),
    "credit_code": N_("Credit code"),
    "currency": N_("Currency"),
    "day_kind": N_("Kind of day"),
    "definition": N_("Definition"),
    "email": N_("E-mail"),
    "end": N_("End"),
    "ends_on": N_("Last day"),
    "error": N_("Fault"),
    "first": N_("First"),
    "first_id": N_("First number"),
    "from": N_("From"),
    "gross_minor": N_("Gross"),
    "hours": N_("Opening hours"),
    "industry": N_("Industry"),
    "invoices": N_("Invoices"),
    "job": N_("Job"),
    "kind": N_("Kind"),
    "last": N_("Last"),
    "last_id": N_("Last number"),
    "last_on": N_("Last day"),
    "minutes": N_("Minutes"),
    "month": N_("Month"),
    "moved": N_("Moved"),
    "name": N_("Name"),
    "name_en": N_("English name"),
    "net_minor": N_("Net"),
    "note": N_("Note"),
    "number": N_("Number"),
    "on": N_("Day"),
    "period": N_("Period"),
    "phone": N_("Telephone"),
    "photo": N_("Photo"),
    "place": N_("Place"),
    "price_minor": N_("Price"),
    "prices": N_("Prices"),
    "purpose": N_("Purpose"),
    "document_id": N_("Document"),
    "amount_minor": N_("Deposit returned"),
    "criteria": N_("Criteria"),
    "ended": N_("Agreements ended"),
    "founders": N_("Founders"),
    "notice_days": N_("Days of notice"),
    "outcome": N_("Outcome"),
    "override_reason": N_("Exception"),
    "remark": N_("Remark"),
    "task": N_("To settle"),
    "title": N_("Title"),
    "due_on": N_("Due on"),
    "wanted": N_("How many wanted"),
    "way": N_("Way"),
    "withheld_minor": N_("Kept of it"),
    "expires_on": N_("Valid until"),
    "reason": N_("Reason"),
    "registered_on": N_("Registered on"),
    "removed": N_("Removed"),
    "repeats": N_("Given"),
    "resource": N_("Resource"),
    "resource_kind": N_("Kind of resource"),
    "result": N_("Result"),
    "role": N_("Role"),
    "roles": N_("Roles"),
    "rule": N_("Rule"),
    "scheme": N_("Subsidy scheme"),
    "sha256": N_("SHA-256"),
    "signed_on": N_("Signed on"),
    "signed_out": N_("Browsers signed out"),
    "site": N_("Site"),
    "site_id": N_("Site"),
    "size": N_("Size in bytes"),
    "source": N_("Source"),
    "start": N_("Start"),
    "programme": N_("Programme or plan"),
    "programmes": N_("Programmes and plans"),
    "starts_on": N_("First day"),
    "startup": N_("Startup"),
    "startup_id": N_("Startup"),
    "state": N_("State"),
    "subsidy_minor": N_("Subsidy"),
    "takes": N_("Takes"),
    "unit": N_("Unit"),
    "units": N_("Units"),
    "valid_from": N_("Valid from"),
    "valid_until": N_("Valid until"),
    "version": N_("Version"),
    "visitor_days": N_("Days that visitors' data are kept"),
    "zone": N_("Time zone"),
}

VALUES: dict[tuple[str, str], str] = {
    ("calendar", "CN"): N_("China's statutory calendar"),
    ("calendar", "weekdays"): N_("Monday to Friday"),
    ("day_kind", "workday"): N_("working day"),
    ("day_kind", "restday"): N_("rest day"),
    ("day_kind", "closed"): N_("closed all day"),
    ("kind", "graduated"): N_("graduated"),
    ("kind", "left"): N_("left"),
    ("kind", "removed"): N_("removed"),
    ("kind", "dissolved"): N_("dissolved"),
    ("outcome", "done"): N_("done"),
    ("outcome", "waived"): N_("waived"),
    ("kind", "company"): N_("company"),
    ("kind", "team"): N_("team"),
    ("kind", "programme"): N_("programme"),
    ("kind", "plan"): N_("membership plan"),
    ("kind", "desk"): N_("desk"),
    ("kind", "office"): N_("office"),
    ("kind", "room"): N_("room"),
    ("kind", "hall"): N_("hall"),
    ("kind", "instrument"): N_("instrument"),
    ("kind", "parking"): N_("parking bay"),
    ("kind", "meeting_room"): N_("meeting room"),
    ("purpose", "incubation"): N_("incubation"),
    ("purpose", "public_service"): N_("public service"),
    ("purpose", "operator"): N_("the operator's own use"),
    ("repeats", "month"): N_("every month"),
    ("repeats", "once"): N_("once"),
    ("resource_kind", "desk"): N_("desk"),
    ("resource_kind", "hall"): N_("hall"),
    ("resource_kind", "instrument"): N_("instrument"),
    ("resource_kind", "meeting_room"): N_("meeting room"),
    ("resource_kind", "parking"): N_("parking bay"),
    ("state", "done"): N_("done"),
    ("state", "failed"): N_("failed"),
    ("takes", "all"): N_("all its units"),
    ("takes", "any"): N_("any free one"),
}

ROLE_WORDS = {role.value: name for role, name in ROLE_NAMES.items()}
Names = Mapping[tuple[str, int], str]
"""What the ids in an event stand for: ("startup_id", 7) → its name."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}.*")
DATES = frozenset({
    "at", "end", "ends_on", "expires_on", "from", "in_service_from", "in_service_until", "last_on", "on",
    "registered_on", "signed_on", "start", "starts_on", "valid_from", "valid_until",
})  # fmt: skip
"""The fields whose text is a day or an instant, and is written as one."""
NOTHING = "—"


@dataclass(frozen=True, slots=True)
class Row:
    """One field of an event, as it was and as it is now."""

    label: str
    before: str
    after: str

    @property
    def is_changed(self) -> bool:
        return self.before != self.after


def say_action(action: str) -> str:
    """What was done; an action that has no words yet by its own name."""
    return gettext(ACTIONS[action]) if action in ACTIONS else action.replace("_", " ")


def say_subject(kind: str) -> str:
    return gettext(SUBJECTS[kind]) if kind in SUBJECTS else kind.replace("_", " ")


def list_ids(event: AuditEvent, name: str) -> set[int]:
    """The ids that a field of the event holds, before and after."""
    found = [_flat(state).get(name) for state in (event.before, event.after)]
    return {value for value in found if isinstance(value, int)}


def say_changes(event: AuditEvent, locale: str, zone: str, names: Names) -> list[Row]:
    """The event's fields before and after, in words, in the order in which they were written."""
    before, after = _flat(event.before), _flat(event.after)
    write = _writer(locale, zone, names)
    return [
        Row(_label(name), write(name, before.get(name)), write(name, after.get(name)))
        for name in dict.fromkeys([*before, *after])
    ]


def say_briefly(event: AuditEvent, locale: str, zone: str) -> str:
    """The two or three fields that tell events of one kind apart in a list."""
    state = _flat(event.after) or _flat(event.before)
    write = _writer(locale, zone, {})
    telling = [name for name in ("number", "code", "name", "email", "role", "month", "job", "period", "on", "title",
                                 "reason", "browser", "count") if state.get(name)]  # fmt: skip
    return " · ".join(write(name, state[name]) for name in telling[:3])


def _label(name: str) -> str:
    return gettext(FIELDS[name]) if name in FIELDS else name.replace("_", " ")


def _flat(state: Any) -> dict[str, Any]:
    if isinstance(state, dict):
        return state
    return {} if state is None else {"result": state}


def _writer(locale: str, zone: str, names: Names) -> Callable[[str, Any], str]:
    def write(name: str, value: Any) -> str:
        if value is None or value == "" or value == []:
            return NOTHING
        if isinstance(value, bool):
            return gettext("yes") if value else gettext("no")
        if isinstance(value, int):
            if (name, value) in names:
                return names[name, value]
            return formats.money(value, "CNY", locale) if name.endswith("_minor") else str(value)
        if isinstance(value, list):
            comma = gettext(", ")
            return comma.join(write(name, item) for item in value)
        if isinstance(value, dict):
            return "; ".join(f"{_label(key)}: {write(key, item)}" for key, item in value.items())
        return _write_text(name, str(value), locale, zone)

    return write


def _write_text(name: str, value: str, locale: str, zone: str) -> str:
    if (name, value) in VALUES:
        return gettext(VALUES[name, value])
    if name == "job" and value in JOBS:
        return gettext(JOBS[value].title)
    if name in ("role", "roles") and value in ROLE_WORDS:
        return gettext(ROLE_WORDS[value])
    if name not in DATES:  # a floor may be called 2026-11-24: the trail shows what was stored
        return value
    try:
        if _DAY.fullmatch(value):
            return formats.day(date.fromisoformat(value), locale)
        if _INSTANT.fullmatch(value):
            return formats.moment(datetime.fromisoformat(value), zone, locale)
    except (ValueError, OverflowError):
        return value
    return value

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
    "add_call": N_("added a call for applications"),
    "add_question": N_("added a question to a call's form"),
    "admit_application": N_("admitted an application"),
    "close_call": N_("closed a call"),
    "edit_call": N_("changed a call"),
    "edit_question": N_("changed a question of a call's form"),
    "erase_drafts": N_("erased drafts of applications that were never sent"),
    "move_question": N_("moved a question of a call's form"),
    "publish_call": N_("published a call"),
    "reopen_call": N_("opened a call again"),
    "restore_question": N_("asked a question of a call's form again"),
    "retire_question": N_("retired a question of a call's form"),
    "send_application": N_("sent an application"),
    "start_application": N_("began an application"),
    "withdraw_application": N_("withdrew an application"),
    "add_booking_rule": N_("added a booking rule"),
    "add_floor": N_("added a floor"),
    "add_person": N_("added a person"),
    "add_photo": N_("added a photo"),
    "add_plan": N_("added a floor plan"),
    "add_post": N_("added somebody to a startup's team"),
    "add_programme": N_("added a programme or plan"),
    "add_resource": N_("added a resource"),
    "add_scheme_version": N_("added a version of a subsidy scheme"),
    "add_unit": N_("added a unit"),
    "add_units": N_("added units"),
    "accept_offer": N_("accepted an offer of a place"),
    "add_criterion": N_("added a criterion to a rubric"),
    "add_selection_stage": N_("added a stage of a selection"),
    "approve": N_("approved a booking"),
    "assign_review": N_("asked somebody for a review"),
    "assign_reviews": N_("shared out a stage's reviews"),
    "decide_application": N_("decided about an application"),
    "declare_conflict": N_("declared a conflict of interest"),
    "decline_offer": N_("declined an offer of a place"),
    "drop_criterion": N_("took a criterion out of a rubric"),
    "drop_selection_stage": N_("took a stage of a selection back"),
    "edit_criterion": N_("changed a criterion of a rubric"),
    "edit_selection_stage": N_("changed a stage of a selection"),
    "hand_back_review": N_("handed a review back to its reviewer"),
    "lapse_offer": N_("let an offer of a place lapse"),
    "renew_selection_stage": N_("made a new version of a stage"),
    "save_review": N_("kept the draft of a review"),
    "submit_review": N_("submitted a review"),
    "withdraw_offer": N_("withdrew an offer of a place"),
    "withdraw_review": N_("took a review from its reviewer"),
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
    "clear_resource_day": N_("let a resource have its usual hours again"),
    "claim_standing": N_("said of which category somebody is"),
    "close_units": N_("closed units"),
    "confirm_standing": N_("confirmed somebody's category by its evidence"),
    "create_scheme": N_("created a subsidy scheme"),
    "create_site": N_("created a site"),
    "create_tariff": N_("created a tariff"),
    "decline": N_("declined a booking"),
    "describe_photo": N_("described a photo"),
    "draw_plan": N_("drew units on a floor plan"),
    "edit_booking_rule": N_("changed a booking rule"),
    "edit_plan": N_("changed a floor plan"),
    "edit_programme": N_("changed a programme or plan"),
    "edit_post": N_("changed somebody's part in a startup"),
    "edit_profile": N_("changed their profile"),
    "edit_resource": N_("changed a resource"),
    "edit_site": N_("changed a site"),
    "edit_startup": N_("changed a startup"),
    "edit_unit": N_("changed a unit"),
    "end_access": N_("ended somebody's access"),
    "end_early": N_("ended a booking early"),
    "end_included": N_("let newcomers to a plan get something no more"),
    "end_residency": N_("ended a residency"),
    "end_allowance": N_("ended an allowance"),
    "end_enrolment": N_("let a startup's part in a programme end"),
    "include_allowance": N_("let a plan include an allowance"),
    "enqueue_job": N_("asked for a job"),
    "enrol": N_("let a startup join a programme"),
    "erase_visitors": N_("erased the data of visitors"),
    "invite_visitors": N_("invited visitors"),
    "let_visitor_in": N_("let a visitor in"),
    "let_visitor_out": N_("saw a visitor out"),
    "send_pass": N_("sent a pass again"),
    "set_visitor_days": N_("set how long visitors' data are kept"),
    "follow_calendar": N_("let a day follow the calendar again"),
    "found_operator": N_("founded the operator"),
    "expire_hold": N_("let a booking go that was not approved in time"),
    "end_wait": N_("ended a wait"),
    "excuse": N_("excused a no-show"),
    "extend_series": N_("made a series longer"),
    "freeze_occupancy": N_("froze an occupancy report"),
    "grant_allowance": N_("gave an allowance"),
    "grant_role": N_("gave a role"),
    "import_calendar": N_("imported a calendar"),
    "import_workbook": N_("imported a workbook"),
    "invite": N_("invited somebody"),
    "issue_key": N_("made a secret address"),
    "join_waitlist": N_("joined a waitlist"),
    "lift_closure": N_("lifted a closure"),
    "no_show": N_("gave the rest of a booking back: nobody came"),
    "offer_wait": N_("offered what became free"),
    "move_photo": N_("put a photo in another place"),
    "override_day": N_("made an exception for a day"),
    "post_month": N_("posted a month's invoices"),
    "register_address": N_("registered a startup's address"),
    "register_startup": N_("registered a startup"),
    "remove_floor": N_("removed a floor"),
    "remove_photo": N_("removed a photo"),
    "rename_floor": N_("renamed a floor"),
    "resend_invitation": N_("sent an invitation again"),
    "reset_password": N_("set a new password by mail"),
    "retire_booking_rule": N_("retired a booking rule"),
    "retire_resource": N_("retired a resource"),
    "retire_unit": N_("retired a unit"),
    "revoke_key": N_("withdrew a secret address"),
    "run_job_again": N_("ran a job again"),
    "set_opening_hours": N_("set opening hours"),
    "set_resource_day": N_("made an exception for a day of a resource"),
    "set_resource_hours": N_("set a resource's opening hours"),
    "settle_allowances": N_("brought the ledger of allowances up to date"),
    "sign_in": N_("signed in"),
    "retire_plan": N_("removed a floor plan"),
    "sign_out": N_("signed out"),
    "sign_out_browsers": N_("signed other browsers out"),
    "sign_residency": N_("signed a residency"),
    "store_file": N_("stored a file"),
    "take_offer": N_("took an offer"),
    "take_offer_back": N_("took an offer back"),
    "take_role": N_("took a role away"),
    "withdraw_standing": N_("withdrew somebody's category"),
    "withdraw_invitation": N_("withdrew an invitation"),
}
"""Every action that an operation records; a test looks for others."""

SUBJECTS: dict[str, str] = {
    "access_keys": N_("Secret address"),
    "allowances": N_("Allowance"),
    "booking_rules": N_("Booking rule"),
    "booking_series": N_("Series"),
    "bookings": N_("Booking"),
    "applications": N_("Application"),
    "calls": N_("Call for applications"),
    "closures": N_("Closure"),
    "floor_plans": N_("Floor plan"),
    "floors": N_("Floor"),
    "frozen_reports": N_("Occupancy report"),
    "invoices": N_("Invoice"),
    "job_runs": N_("Job"),
    "operators": N_("Operator"),
    "people": N_("Person"),
    "enrolments": N_("Part in a programme"),
    "plan_allowances": N_("Included in plans"),
    "place_offers": N_("Offer of a place"),
    "posts": N_("Part in a startup's team"),
    "registered_addresses": N_("Registered address"),
    "standings": N_("Category of a person"),
    "programmes": N_("Programme or plan"),
    "residencies": N_("Residency"),
    "resources": N_("Resource"),
    "reviews": N_("Review"),
    "rubric_lines": N_("Criterion of a rubric"),
    "scheme_versions": N_("Scheme version"),
    "schemes": N_("Subsidy scheme"),
    "selection_decisions": N_("Decision about an application"),
    "selection_stages": N_("Stage of a selection"),
    "sites": N_("Site"),
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
    "calls": ("startups.show_call", "call_id"),
    "invoices": ("billing.show_invoice", "invoice_id"),
    "job_runs": ("jobs.show_run", "run_id"),
    "people": ("accounts.show_person", "person_id"),
    "resources": ("bookings.show_resource", "resource_id"),
    "residencies": ("startups.show_residency", "residency_id"),
    "programmes": ("startups.show_programme", "programme_id"),
    "schemes": ("subsidies.show_scheme", "scheme_id"),
    "selection_stages": ("startups.show_stage", "stage_id"),
    "sites": ("spaces.show_site", "site_id"),
    "startups": ("startups.show", "startup_id"),
    "tariffs": ("pricing.show_tariff", "tariff_id"),
    "visitors": ("bookings.show_visitor", "visitor_id"),
    "waits": ("bookings.show_wait", "wait_id"),
}
"""Where a thing can be seen: endpoint, and the name of its id there."""

FIELDS: dict[str, str] = {
    "added": N_("Added"),
    "address": N_("Address"),
    "application": N_("Application"),
    "alt": N_("What is to be seen"),
    "alt_en": N_("In English"),
    "area_m2": N_("Area in m²"),
    "answers": N_("Answers"),
    "at": N_("At"),
    "call": N_("Call for applications"),
    "closes_at": N_("Open until"),
    "cohort": N_("Cohort"),
    "days": N_("Days"),
    "is_closed": N_("Closed"),
    "opens_at": N_("Open from"),
    "options": N_("Answers to choose from"),
    "published": N_("Published"),
    "question": N_("Question"),
    "required": N_("Has to be answered"),
    "slug": N_("End of its address"),
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
    "due_on": N_("Due on"),
    "email": N_("E-mail"),
    "end": N_("End"),
    "ends_on": N_("Last day"),
    "error": N_("Fault"),
    "expires_at": N_("Can be accepted until"),
    "first": N_("First"),
    "first_id": N_("First number"),
    "from": N_("From"),
    "gross_minor": N_("Gross"),
    "highest": N_("Highest score"),
    "highest_means": N_("The highest score means"),
    "hours": N_("Opening hours"),
    "industry": N_("Industry"),
    "is_blind": N_("Blind"),
    "invoices": N_("Invoices"),
    "job": N_("Job"),
    "kind": N_("Kind"),
    "label": N_("What is scored"),
    "last": N_("Last"),
    "last_id": N_("Last number"),
    "last_on": N_("Last day"),
    "limit": N_("At most for each"),
    "lowest": N_("Lowest score"),
    "lowest_means": N_("The lowest score means"),
    "middle_means": N_("The middle score means"),
    "minutes": N_("Minutes"),
    "month": N_("Month"),
    "moved": N_("Moved"),
    "name": N_("Name"),
    "name_en": N_("English name"),
    "net_minor": N_("Net"),
    "note": N_("Note"),
    "number": N_("Number"),
    "on": N_("Day"),
    "outcome": N_("Decision"),
    "period": N_("Period"),
    "phone": N_("Telephone"),
    "photo": N_("Photo"),
    "place": N_("Place"),
    "position": N_("Place"),
    "price_minor": N_("Price"),
    "prices": N_("Prices"),
    "purpose": N_("Purpose"),
    "reason": N_("Reason"),
    "registered_on": N_("Registered on"),
    "removed": N_("Removed"),
    "repeats": N_("Given"),
    "resource": N_("Resource"),
    "resource_kind": N_("Kind of resource"),
    "result": N_("Result"),
    "reviewer": N_("Reviewer"),
    "reviewers": N_("Reviewers"),
    "reviews": N_("Reviews"),
    "reviews_wanted": N_("Reviews of each application"),
    "role": N_("Role"),
    "roles": N_("Roles"),
    "rule": N_("Rule"),
    "scheme": N_("Subsidy scheme"),
    "seed": N_("Seed of the chance"),
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
    "stage": N_("Stage"),
    "starts_on": N_("First day"),
    "startup": N_("Startup"),
    "startup_id": N_("Startup"),
    "state": N_("State"),
    "submitted_at": N_("Submitted at"),
    "subsidy_minor": N_("Subsidy"),
    "takes": N_("Takes"),
    "unit": N_("Unit"),
    "units": N_("Units"),
    "valid_from": N_("Valid from"),
    "valid_until": N_("Valid until"),
    "version": N_("Version"),
    "visitor_days": N_("Days that visitors' data are kept"),
    "weight": N_("Weight"),
    "zone": N_("Time zone"),
}

VALUES: dict[tuple[str, str], str] = {
    ("calendar", "CN"): N_("China's statutory calendar"),
    ("calendar", "weekdays"): N_("Monday to Friday"),
    ("day_kind", "workday"): N_("working day"),
    ("day_kind", "restday"): N_("rest day"),
    ("day_kind", "closed"): N_("closed all day"),
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
    ("outcome", "advance"): N_("on to the next stage"),
    ("outcome", "decline"): N_("declined"),
    ("outcome", "offer"): N_("offered a place"),
    ("outcome", "return"): N_("given back to be mended"),
    ("outcome", "waitlist"): N_("on the waitlist"),
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
    "at", "end", "ends_on", "from", "in_service_from", "in_service_until", "last_on", "on", "registered_on",
    "signed_on", "start", "starts_on", "valid_from", "valid_until",
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

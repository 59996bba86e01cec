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
    "accept_agreement_text": N_("accepted the text of an agreement"),
    "accept_invitation": N_("took up the invitation"),
    "accept_offer": N_("accepted an offer of a place"),
    "add_booking_rule": N_("added a booking rule"),
    "add_call": N_("added a call for applications"),
    "add_category": N_("added a category of requests"),
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
    "add_question": N_("added a question to a call's form"),
    "add_resource": N_("added a resource"),
    "add_scheme_version": N_("added a version of a subsidy scheme"),
    "add_selection_stage": N_("added a stage of a selection"),
    "add_standard_criterion": N_("added a criterion to a standard"),
    "add_thing": N_("put a thing on a handover list"),
    "add_unit": N_("added a unit"),
    "add_units": N_("added units"),
    "add_version": N_("added a version of a document"),
    "admit_application": N_("admitted an application"),
    "adopt_indicators": N_("took the Torch survey's set of indicators"),
    "adopt_standard": N_("took over a standard"),
    "amend_residency": N_("amended a residency"),
    "answer_request": N_("answered a request"),
    "approve": N_("approved a booking"),
    "ask_for_figures": N_("asked startups for figures"),
    "assign_request": N_("gave a request to somebody"),
    "assign_review": N_("asked somebody for a review"),
    "assign_reviews": N_("shared out a stage's reviews"),
    "begin_correction": N_("opened confirmed figures for a correction"),
    "begin_handover": N_("began a handover list"),
    "book": N_("made a booking"),
    "book_many": N_("made many bookings"),
    "book_series": N_("booked a series"),
    "cancel": N_("cancelled a booking"),
    "cancel_series": N_("cancelled a series"),
    "cancel_visit": N_("cancelled a visit"),
    "change_booking": N_("changed a booking"),
    "change_password": N_("changed the password"),
    "change_request": N_("changed a request's category or priority"),
    "check_in": N_("checked a booking in"),
    "choose_notices": N_("chose which mails they get"),
    "claim_achievement": N_("said what a startup has achieved"),
    "claim_standing": N_("said of which category somebody is"),
    "clear_resource_day": N_("let a resource have its usual hours again"),
    "close_call": N_("closed a call"),
    "close_exit": N_("closed an exit, all being settled"),
    "close_request": N_("closed a request that was resolved"),
    "close_units": N_("closed units"),
    "confirm_achievement": N_("confirmed an achievement by its evidence"),
    "confirm_figures": N_("confirmed figures"),
    "confirm_handover": N_("confirmed a handover list"),
    "confirm_request": N_("said that a request is solved"),
    "confirm_standing": N_("confirmed somebody's category by its evidence"),
    "create_scheme": N_("created a subsidy scheme"),
    "create_site": N_("created a site"),
    "create_tariff": N_("created a tariff"),
    "decide_application": N_("decided about an application"),
    "declare_conflict": N_("declared a conflict of interest"),
    "decline": N_("declined a booking"),
    "decline_offer": N_("declined an offer of a place"),
    "describe_photo": N_("described a photo"),
    "draw_plan": N_("drew units on a floor plan"),
    "drop_criterion": N_("took a criterion out of a rubric"),
    "drop_goal": N_("stopped measuring a qualification"),
    "drop_selection_stage": N_("took a stage of a selection back"),
    "edit_announcement": N_("changed an announcement"),
    "edit_booking_rule": N_("changed a booking rule"),
    "edit_call": N_("changed a call"),
    "edit_category": N_("changed a category of requests"),
    "edit_criterion": N_("changed a criterion of a rubric"),
    "edit_entry": N_("changed a startup's page in the directory"),
    "edit_indicator": N_("changed an indicator"),
    "edit_plan": N_("changed a floor plan"),
    "edit_post": N_("changed somebody's part in a startup"),
    "edit_profile": N_("changed their profile"),
    "edit_programme": N_("changed a programme or plan"),
    "edit_question": N_("changed a question of a call's form"),
    "edit_resource": N_("changed a resource"),
    "edit_rhythm": N_("changed when figures are due"),
    "edit_selection_stage": N_("changed a stage of a selection"),
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
    "end_standard_criterion": N_("let a criterion end on a day"),
    "end_wait": N_("ended a wait"),
    "enqueue_job": N_("asked for a job"),
    "enrol": N_("let a startup join a programme"),
    "erase_drafts": N_("erased drafts of applications that were never sent"),
    "erase_visitors": N_("erased the data of visitors"),
    "excuse": N_("excused a no-show"),
    "expire_hold": N_("let a booking go that was not approved in time"),
    "extend_hold": N_("held units for longer"),
    "extend_series": N_("made a series longer"),
    "follow_calendar": N_("let a day follow the calendar again"),
    "found_operator": N_("founded the operator"),
    "freeze_figures": N_("froze a report of figures"),
    "freeze_occupancy": N_("froze an occupancy report"),
    "grant_allowance": N_("gave an allowance"),
    "grant_role": N_("gave a role"),
    "hand_back_review": N_("handed a review back to its reviewer"),
    "hold_units": N_("held units for somebody"),
    "import_calendar": N_("imported a calendar"),
    "import_workbook": N_("imported a workbook"),
    "include_allowance": N_("let a plan include an allowance"),
    "invite": N_("invited somebody"),
    "invite_member": N_("invited somebody to a startup"),
    "invite_visitors": N_("invited visitors"),
    "issue_key": N_("made a secret address"),
    "join_waitlist": N_("joined a waitlist"),
    "keep_agreement_scan": N_("kept the signed scan of an agreement"),
    "keep_agreement_template": N_("kept clauses of agreements"),
    "lapse_hold": N_("let a hold lapse"),
    "lapse_offer": N_("let an offer of a place lapse"),
    "leave_incubation": N_("let a startup leave"),
    "let_visitor_in": N_("let a visitor in"),
    "let_visitor_out": N_("saw a visitor out"),
    "lift_closure": N_("lifted a closure"),
    "lock_figures": N_("used figures in a report"),
    "look_at_thing": N_("looked at a thing of a handover list"),
    "make_agreement_text": N_("made the text of an agreement"),
    "move_deposit": N_("wrote a movement of a deposit down"),
    "move_photo": N_("put a photo in another place"),
    "move_question": N_("moved a question of a call's form"),
    "no_show": N_("gave the rest of a booking back: nobody came"),
    "note_on_request": N_("noted something on a request"),
    "offer_wait": N_("offered what became free"),
    "open_request": N_("opened a request"),
    "override_day": N_("made an exception for a day"),
    "post_month": N_("posted a month's invoices"),
    "publish_announcement": N_("published an announcement"),
    "publish_call": N_("published a call"),
    "rate_request": N_("rated a request"),
    "register_address": N_("registered a startup's address"),
    "register_startup": N_("registered a startup"),
    "release_hold": N_("let the units of a hold go"),
    "remove_floor": N_("removed a floor"),
    "remove_member": N_("removed somebody from a startup"),
    "remove_photo": N_("removed a photo"),
    "rename_floor": N_("renamed a floor"),
    "renew_selection_stage": N_("made a new version of a stage"),
    "reopen_call": N_("opened a call again"),
    "reopen_exit_item": N_("opened something at an exit again"),
    "reopen_request": N_("reopened a request"),
    "reply_to_request": N_("wrote on a request"),
    "resend_invitation": N_("sent an invitation again"),
    "reset_password": N_("set a new password by mail"),
    "resolve_request": N_("resolved a request"),
    "restart_startup": N_("let founders start again"),
    "restore_question": N_("asked a question of a call's form again"),
    "retire_booking_rule": N_("retired a booking rule"),
    "retire_plan": N_("removed a floor plan"),
    "retire_question": N_("retired a question of a call's form"),
    "retire_resource": N_("retired a resource"),
    "retire_unit": N_("retired a unit"),
    "return_figures": N_("returned figures"),
    "revoke_exit": N_("revoked an exit"),
    "revoke_key": N_("withdrew a secret address"),
    "run_job_again": N_("ran a job again"),
    "save_figures": N_("filled in figures"),
    "save_review": N_("kept the draft of a review"),
    "send_application": N_("sent an application"),
    "send_pass": N_("sent a pass again"),
    "set_goal": N_("set a qualification to measure"),
    "set_graduation_rule": N_("set a graduation rule"),
    "set_levels": N_("set target times of requests"),
    "set_member_rights": N_("set somebody's rights in a startup"),
    "set_opening_hours": N_("set opening hours"),
    "set_resource_day": N_("made an exception for a day of a resource"),
    "set_resource_hours": N_("set a resource's opening hours"),
    "set_visitor_days": N_("set how long visitors' data are kept"),
    "settle_allowances": N_("brought the ledger of allowances up to date"),
    "settle_exit_item": N_("settled something at an exit"),
    "sign_handover": N_("signed a handover list"),
    "sign_in": N_("signed in"),
    "sign_out": N_("signed out"),
    "sign_out_browsers": N_("signed other browsers out"),
    "sign_residency": N_("signed a residency"),
    "start_application": N_("began an application"),
    "state_figure": N_("stated a figure of a qualification"),
    "store_file": N_("stored a file"),
    "submit_figures": N_("submitted figures"),
    "submit_review": N_("submitted a review"),
    "take_offer": N_("took an offer"),
    "take_offer_back": N_("took an offer back"),
    "take_role": N_("took a role away"),
    "use_hold": N_("let an agreement have what was held"),
    "void_agreement_text": N_("took the text of an agreement back"),
    "withdraw_achievement": N_("withdrew an achievement"),
    "withdraw_announcement": N_("withdrew an announcement"),
    "withdraw_application": N_("withdrew an application"),
    "withdraw_document": N_("withdrew a document"),
    "withdraw_invitation": N_("withdrew an invitation"),
    "withdraw_offer": N_("withdrew an offer of a place"),
    "withdraw_review": N_("took a review from its reviewer"),
    "withdraw_standing": N_("withdrew somebody's category"),
    "withdraw_statement": N_("withdrew a stated figure"),
}
"""Every action that an operation records; a test looks for others."""

SUBJECTS: dict[str, str] = {
    "access_keys": N_("Secret address"),
    "achievements": N_("Achievement"),
    "agreement_templates": N_("Clauses of agreements"),
    "allowances": N_("Allowance"),
    "announcements": N_("Announcement"),
    "applications": N_("Application"),
    "booking_rules": N_("Booking rule"),
    "booking_series": N_("Series"),
    "bookings": N_("Booking"),
    "calls": N_("Call for applications"),
    "closures": N_("Closure"),
    "documents": N_("Document"),
    "enrolments": N_("Part in a programme"),
    "exits": N_("Exit"),
    "figure_checks": N_("Check of plausibility"),
    "figure_rhythms": N_("Figures asked for"),
    "figure_versions": N_("Figures of a startup"),
    "floor_plans": N_("Floor plan"),
    "floors": N_("Floor"),
    "frozen_reports": N_("Occupancy report"),
    "goal_statements": N_("Stated figure"),
    "goals": N_("Qualification"),
    "handovers": N_("Handover list"),
    "indicators": N_("Indicator"),
    "invoices": N_("Invoice"),
    "job_runs": N_("Job"),
    "operators": N_("Operator"),
    "people": N_("Person"),
    "place_offers": N_("Offer of a place"),
    "plan_allowances": N_("Included in plans"),
    "posts": N_("Part in a startup's team"),
    "programmes": N_("Programme or plan"),
    "registered_addresses": N_("Registered address"),
    "request_categories": N_("Category of requests"),
    "requests": N_("Request"),
    "residencies": N_("Residency"),
    "resources": N_("Resource"),
    "reviews": N_("Review"),
    "rubric_lines": N_("Criterion of a rubric"),
    "scheme_versions": N_("Scheme version"),
    "schemes": N_("Subsidy scheme"),
    "selection_decisions": N_("Decision about an application"),
    "selection_stages": N_("Stage of a selection"),
    "sites": N_("Site"),
    "standard_criteria": N_("Criterion of a standard"),
    "standards": N_("Standard"),
    "standings": N_("Category of a person"),
    "startups": N_("Startup"),
    "stored_files": N_("File"),
    "tariffs": N_("Tariff"),
    "unit_holds": N_("Hold of units"),
    "units": N_("Unit"),
    "visitors": N_("Visitor"),
    "waits": N_("Wait"),
}

PAGES: dict[str, tuple[str, str]] = {
    "allowances": ("bookings.show_allowance", "allowance_id"),
    "announcements": ("startups.show_announcement", "announcement_id"),
    "booking_rules": ("bookings.edit_rule", "rule_id"),
    "booking_series": ("bookings.show_series", "series_id"),
    "bookings": ("bookings.show", "booking_id"),
    "calls": ("startups.show_call", "call_id"),
    "documents": ("startups.show_document", "document_id"),
    "exits": ("startups.show_exit", "exit_id"),
    "goals": ("gauge.show_goal", "goal_id"),
    "handovers": ("startups.show_handover", "handover_id"),
    "invoices": ("billing.show_invoice", "invoice_id"),
    "job_runs": ("jobs.show_run", "run_id"),
    "people": ("accounts.show_person", "person_id"),
    "programmes": ("startups.show_programme", "programme_id"),
    "request_categories": ("startups.edit_category", "category_id"),
    "requests": ("startups.show_request", "request_id"),
    "residencies": ("startups.show_residency", "residency_id"),
    "resources": ("bookings.show_resource", "resource_id"),
    "schemes": ("subsidies.show_scheme", "scheme_id"),
    "selection_stages": ("startups.show_stage", "stage_id"),
    "sites": ("spaces.show_site", "site_id"),
    "standards": ("gauge.show_standard", "standard_id"),
    "startups": ("startups.show", "startup_id"),
    "tariffs": ("pricing.show_tariff", "tariff_id"),
    "unit_holds": ("startups.show_hold", "hold_id"),
    "visitors": ("bookings.show_visitor", "visitor_id"),
    "waits": ("bookings.show_wait", "wait_id"),
}
"""Where a thing can be seen: endpoint, and the name of its id there."""

FIELDS: dict[str, str] = {
    "added": N_("Added"),
    "address": N_("Address"),
    "alt": N_("What is to be seen"),
    "alt_en": N_("In English"),
    "amendment": N_("Amendment"),
    "amount_minor": N_("Deposit returned"),
    "answers": N_("Answers"),
    "application": N_("Application"),
    "area_m2": N_("Area in m²"),
    "assigned_to": N_("Looked after by"),
    "at": N_("At"),
    "audience": N_("Who may see it"),
    "balance_minor": N_("Held after it"),
    "blurb": N_("What it does"),
    "browser": N_("Browser"),
    "by_mail": N_("By mail"),
    "calendar": N_("Calendar"),
    "call": N_("Call for applications"),
    "capital_minor": N_("Registered capital"),
    "category": N_("Category"),
    "clauses": N_("Clauses"),
    "closed": N_("Takes nobody new"),
    "closes_at": N_("Open until"),
    "code": N_("Code"),
    "cohort": N_("Cohort"),
    "consent_number": N_("Letter of consent"),
    "contact_changed": N_("Contact changed"),
    "contact_choice": N_("Who may be written to"),
    "count": N_("How many"),
    "credit_code": N_("Credit code"),
    "criteria": N_("Criteria"),
    "currency": N_("Currency"),
    "day_kind": N_("Kind of day"),
    "days": N_("Days"),
    "definition": N_("Definition"),
    "deposit_minor": N_("Deposit"),
    "document_id": N_("Document"),
    "due_on": N_("Due on"),
    "effective_on": N_("From this day on"),
    "email": N_("E-mail"),
    "end": N_("End"),
    "ended": N_("Agreements ended"),
    "ends_on": N_("Last day"),
    "error": N_("Fault"),
    "expires_at": N_("Can be accepted until"),
    "expires_on": N_("Valid until"),
    "first": N_("First"),
    "first_id": N_("First number"),
    "for_whom": N_("For whom"),
    "founders": N_("Founders"),
    "from": N_("From"),
    "gross_minor": N_("Gross"),
    "high_minutes": N_("High: minutes to answer and resolution"),
    "highest": N_("Highest score"),
    "highest_means": N_("The highest score means"),
    "hours": N_("Opening hours"),
    "individual": N_("Person"),
    "industry": N_("Industry"),
    "industry_code": N_("Industry by GB/T 4754"),
    "invoices": N_("Invoices"),
    "is_blind": N_("Blind"),
    "is_closed": N_("Closed"),
    "job": N_("Job"),
    "kind": N_("Kind"),
    "label": N_("What is scored"),
    "last": N_("Last"),
    "last_id": N_("Last number"),
    "last_on": N_("Last day"),
    "limit": N_("At most for each"),
    "listed": N_("In the directory"),
    "logo": N_("Logo"),
    "low_minutes": N_("Low: minutes to answer and resolution"),
    "lowest": N_("Lowest score"),
    "lowest_means": N_("The lowest score means"),
    "may_book": N_("May book"),
    "middle_means": N_("The middle score means"),
    "minutes": N_("Minutes"),
    "month": N_("Month"),
    "moved": N_("Moved"),
    "name": N_("Name"),
    "name_changed": N_("Name changed"),
    "name_en": N_("English name"),
    "net_minor": N_("Net"),
    "normal_minutes": N_("Normal: minutes to answer and resolution"),
    "note": N_("Note"),
    "notice_days": N_("Days of notice"),
    "number": N_("Number"),
    "offers": N_("Offers"),
    "on": N_("Day"),
    "opens_at": N_("Open from"),
    "options": N_("Answers to choose from"),
    "outcome": N_("Outcome"),
    "override_reason": N_("Exception"),
    "paid_in_minor": N_("Of it paid in"),
    "period": N_("Period"),
    "phone": N_("Telephone"),
    "photo": N_("Photo"),
    "pinned": N_("Kept on top"),
    "place": N_("Place"),
    "position": N_("Place"),
    "price_minor": N_("Price"),
    "prices": N_("Prices"),
    "priority": N_("Priority"),
    "programme": N_("Programme or plan"),
    "programmes": N_("Programmes and plans"),
    "published": N_("Published"),
    "purpose": N_("Purpose"),
    "question": N_("Question"),
    "rating": N_("Stars"),
    "reason": N_("Reason"),
    "registered_on": N_("Registered on"),
    "remark": N_("Remark"),
    "removed": N_("Removed"),
    "rent_free": N_("Rent-free"),
    "repeats": N_("Given"),
    "required": N_("Has to be answered"),
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
    "seeks": N_("Looks for"),
    "sees_invoices": N_("Sees the invoices"),
    "sha256": N_("SHA-256"),
    "share_bp": N_("Share in hundredths of a percent"),
    "side": N_("Side"),
    "signed_on": N_("Signed on"),
    "signed_out": N_("Browsers signed out"),
    "site": N_("Site"),
    "site_id": N_("Site"),
    "size": N_("Size in bytes"),
    "slug": N_("End of its address"),
    "source": N_("Source"),
    "stage": N_("Stage"),
    "start": N_("Start"),
    "starts_on": N_("First day"),
    "startup": N_("Startup"),
    "startup_id": N_("Startup"),
    "state": N_("State"),
    "submitted_at": N_("Submitted at"),
    "subsidy_minor": N_("Subsidy"),
    "takes": N_("Takes"),
    "task": N_("To settle"),
    "title": N_("Title"),
    "unit": N_("Unit"),
    "units": N_("Units"),
    "urgent_minutes": N_("Urgent: minutes to answer and resolution"),
    "valid_from": N_("Valid from"),
    "valid_until": N_("Valid until"),
    "version": N_("Version"),
    "visitor_days": N_("Days that visitors' data are kept"),
    "waits": N_("Waits for the startup"),
    "wanted": N_("How many wanted"),
    "way": N_("Way"),
    "website": N_("Website"),
    "weight": N_("Weight"),
    "withheld_minor": N_("Kept of it"),
    "zone": N_("Time zone"),
}

VALUES: dict[tuple[str, str], str] = {
    ("calendar", "CN"): N_("China's statutory calendar"),
    ("calendar", "weekdays"): N_("Monday to Friday"),
    ("day_kind", "workday"): N_("working day"),
    ("day_kind", "restday"): N_("rest day"),
    ("day_kind", "closed"): N_("closed all day"),
    ("kind", "agreement"): N_("agreement"),
    ("kind", "amendment"): N_("amendment"),
    ("kind", "asked"): N_("asked for"),
    ("kind", "handover"): N_("handover"),
    ("kind", "received"): N_("received"),
    ("kind", "return"): N_("return"),
    ("kind", "returned"): N_("returned"),
    ("kind", "transferred"): N_("carried over to another agreement"),
    ("kind", "withheld"): N_("withheld"),
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
    ("audience", "all"): N_("everybody"),
    ("audience", "programmes"): N_("startups in some programmes"),
    ("audience", "sites"): N_("startups at some sites"),
    ("audience", "staff"): N_("staff only"),
    ("contact_choice", "contact"): N_("the contact in the facts"),
    ("contact_choice", "founders"): N_("the founders"),
    ("contact_choice", "none"): N_("nobody"),
    ("priority", "high"): N_("high"),
    ("priority", "low"): N_("low"),
    ("priority", "normal"): N_("normal"),
    ("priority", "urgent"): N_("urgent"),
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
    ("side", "operator"): N_("operator"),
    ("side", "startup"): N_("startup"),
    ("state", "damaged"): N_("damaged"),
    ("state", "good"): N_("good"),
    ("state", "missing"): N_("missing"),
    ("state", "worn"): N_("worn by use"),
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
    "effective_on", "rent_free",
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
            pairs = (gettext("%(label)s: %(value)s", label=_label(key), value=write(key, item))
                     for key, item in value.items())  # fmt: skip
            return gettext("; ").join(pairs)
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

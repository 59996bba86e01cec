"""What the trail says of what is paid late."""

from __future__ import annotations

from incubator.core.errors import N_

DUNNING_ACTIONS: dict[str, str] = {
    "charge_interest": N_("charged interest on a late payment"),
    "dun": N_("took the day's steps of dunning"),
    "end_dunning": N_("found all that was overdue paid"),
    "lift_limit": N_("let a startup book again"),
    "pause_dunning": N_("let the steps of dunning wait"),
    "promise_payment": N_("noted a promise to pay"),
    "record_call": N_("noted a call about a payment"),
    "resume_dunning": N_("let the steps of dunning go on"),
    "see_to_access": N_("saw to the access of a startup"),
    "set_dunning": N_("set the steps of dunning"),
    "waive_interest": N_("waived interest on a late payment"),
}

DUNNING_SUBJECTS: dict[str, str] = {"dunning_settings": N_("Steps of dunning")}

DUNNING_PAGES: dict[str, tuple[str, str]] = {}

DUNNING_FIELDS: dict[str, str] = {
    "active": N_("Turned on"),
    "interest_basis": N_("Interest"),
    "interest_cap": N_("At most, as a share of the invoice"),
    "interest_from_day": N_("From which day after the due day"),
    "interest_minor": N_("Interest"),
    "interest_rate": N_("Rate"),
    "late_invoice": N_("Invoice"),
    "limit_lifted": N_("Can book again"),
    "newly_overdue": N_("Newly overdue"),
    "overdue_from": N_("Overdue from"),
    "overdue_until": N_("Paid on"),
    "entry": N_("What was entered"),
    "paid_up": N_("Paid up"),
    "payee": N_("Payee"),
    "promise_days": N_("Days ahead that a startup can promise"),
    "promised_minor": N_("Promised"),
    "reply_days": N_("Days to answer a notice letter"),
    "dunning_steps": N_("Steps"),
    "steps_taken": N_("Steps taken"),
    "up_to": N_("Up to"),
}

DUNNING_VALUES: dict[tuple[str, str], str] = {
    ("entry", "dispute"): N_("Disputed"),
    ("entry", "lifted"): N_("Booking limit lifted"),
    ("entry", "no_answer"): N_("Called, no answer"),
    ("entry", "pause"): N_("Paused"),
    ("entry", "promise"): N_("Payment promised"),
    ("entry", "reached"): N_("Called, reached"),
    ("entry", "restored"): N_("Access given back"),
    ("entry", "restricted"): N_("Access limited"),
    ("entry", "resume"): N_("Goes on"),
    ("interest_basis", "day"): N_("A share a day"),
    ("interest_basis", "none"): N_("No interest"),
    ("interest_basis", "year"): N_("A share a year, by days of 365"),
}

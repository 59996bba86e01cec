"""What the trail says of events and of yearly statistics."""

from __future__ import annotations

from incubator.core.errors import N_

EVENT_SUBJECTS = {
    "events": N_("Event"),
    "statistic_filings": N_("Yearly statistics filed"),
    "statistic_notes": N_("Note on a statistic"),
    "statistic_values": N_("Stated statistic"),
}
EVENT_PAGES = {"events": ("bookings.show_event", "event_id")}
EVENT_ACTIONS = {
    "plan_event": N_("planned an event"),
    "edit_event": N_("changed an event"),
    "cancel_event": N_("cancelled an event"),
    "confirm_event": N_("said who came to an event"),
    "prove_event": N_("added photos or papers of an event"),
    "link_event_cost": N_("assigned a cost to an event"),
    "unlink_event_cost": N_("freed a cost from an event"),
    "state_statistic": N_("stated a value of the yearly statistics"),
    "withdraw_statistic": N_("withdrew a value of the yearly statistics"),
    "explain_statistic": N_("explained a value of the yearly statistics"),
    "set_statistic_filing": N_("said which yearly statistics are filed"),
}
EVENT_FIELDS = {
    "participants": N_("People who came"),
    "counted_from": N_("Basis of the count"),
    "organiser": N_("Together with"),
    "form": N_("Form"),
    "ripe_days": N_("Days after the year's end"),
    "documents": N_("Documents"),
}
EVENT_VALUES = {
    ("kind", "competition"): N_("Competition"),
    ("kind", "roadshow"): N_("Roadshow"),
    ("kind", "forum"): N_("Forum"),
    ("kind", "training"): N_("Training"),
    ("kind", "salon"): N_("Salon or networking"),
    ("kind", "visit"): N_("Visit"),
    ("audience", "tenants"): N_("Startups here"),
    ("audience", "public"): N_("Everybody"),
    ("form", "incubator"): N_("Statistics of an incubator"),
    ("form", "space"): N_("Statistics of a Zhongchuang space"),
}

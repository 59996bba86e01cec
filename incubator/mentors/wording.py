"""The fixed words of mentoring, as their readers know them."""

from __future__ import annotations

from incubator.core.errors import N_

MENTOR_KINDS = {
    "entrepreneur": N_("Entrepreneur"), "investor": N_("Investor"), "technical": N_("Technical expert"),
    "legal": N_("Legal adviser"), "finance": N_("Finance adviser"), "policy": N_("Policy adviser"),
}  # fmt: skip
STAGES = {
    "idea": N_("Idea"), "prototype": N_("Prototype"), "seed": N_("First customers"), "early": N_("First income"),
    "growth": N_("Growth"),
}  # fmt: skip
LANGUAGES = {
    "zh": N_("Mandarin"), "yue": N_("Cantonese"), "en": N_("English"), "ja": N_("Japanese"), "ko": N_("Korean"),
    "de": N_("German"), "fr": N_("French"), "ru": N_("Russian"), "es": N_("Spanish"), "pt": N_("Portuguese"),
    "ar": N_("Arabic"),
}  # fmt: skip
ENGAGEMENTS = {"part_time": N_("Part-time"), "full_time": N_("Full-time")}
CONFLICT_KINDS = {
    "invested": N_("has invested in it"), "employed": N_("is employed by it"), "competes": N_("competes with it"),
    "family": N_("is related to one of its people"), "other": N_("another reason"),
}  # fmt: skip
URGENCIES = {"low": N_("It can wait"), "normal": N_("Within a month"), "high": N_("Within a week")}
URGENCY_TONES = {"low": "secondary", "normal": "azure", "high": "orange"}
PARTS_OF_WEEK = {
    "morning": N_("Workdays before noon"), "afternoon": N_("Workdays after noon"),
    "evening": N_("Workdays after 18:00"), "weekend": N_("Weekends"),
}  # fmt: skip
WAYS = {"room": N_("In a room of the house"), "place": N_("At another place"), "online": N_("Online")}
SIDES = {"mentor": N_("the mentor"), "startup": N_("the startup")}
SESSION_VIEWS = {
    "coming": N_("Coming"), "to_log": N_("Log missing"), "to_confirm": N_("Log to confirm"), "evident": N_("Confirmed"),
    "other": N_("Cancelled or missed"), "all": N_("All"),
}  # fmt: skip
SESSION_STATES = {
    "coming": (N_("Coming"), "azure"), "running": (N_("Now"), "orange"), "to_log": (N_("Log missing"), "yellow"),
    "to_confirm": (N_("Log to confirm"), "yellow"), "evident": (N_("Confirmed by both"), "green"),
    "missed": (N_("Nobody came"), "red"), "cancelled": (N_("Cancelled"), "secondary"),
}  # fmt: skip
"""Its name and its tone."""
MISSED = {"mentor": N_("The mentor did not come"), "startup": N_("The startup did not come")}

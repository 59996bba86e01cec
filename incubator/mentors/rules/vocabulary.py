"""The fixed words of mentoring, as they stand in the tables. Pure."""

from __future__ import annotations

MENTOR_KINDS = ("entrepreneur", "investor", "technical", "legal", "finance", "policy")
STAGES = ("idea", "prototype", "seed", "early", "growth")
"""Of a startup: an idea, a prototype, the first customers, first income, growth."""
LANGUAGES = ("zh", "yue", "en", "ja", "ko", "de", "fr", "ru", "es", "pt", "ar")
"""ISO 639; zh is Mandarin, yue is Cantonese."""
ENGAGEMENTS = ("part_time", "full_time")
CONFLICT_KINDS = ("invested", "employed", "competes", "family", "other")
URGENCIES = ("low", "normal", "high")
NEED_SOURCES = ("startup", "review")
NEED_ENDS = ("met", "withdrawn")
PARTS_OF_WEEK = ("morning", "afternoon", "evening", "weekend")
"""When a startup has time: before 12:00, until 18:00, from 18:00 on, on Saturday and Sunday."""
WAYS = ("room", "place", "online")
"""Where a session is held: in a booked room, in another place, by a link."""
SIDES = ("mentor", "startup")
WISHES = ("pin", "exclude")
PAYERS = ("nobody", "startup", "voucher")
PROPOSAL_OUTCOMES = ("approved", "returned", "withdrawn", "replaced")
SCORE_PARTS = (
    "expertise", "industry", "stage", "language", "hours", "feedback", "load", "distance", "exploration",
)  # fmt: skip
"""What a suggestion is the sum of."""
FULL = 1000
"""The most that a part, and so a weighted score, can be."""

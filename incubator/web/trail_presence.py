"""What the trail says of presence."""

from __future__ import annotations

from incubator.core.errors import N_
from incubator.reports.presence.words import FINDING_WORDS, KIND_WORDS

PRESENCE_ACTIONS: dict[str, str] = {
    "add_presence_source": N_("added a source of presence"),
    "erase_presence": N_("erased a month's events of presence and kept its sums"),
    "explain_presence_finding": N_("explained a finding of presence"),
    "load_presence_badges": N_("imported badges of startups"),
    "load_presence_events": N_("imported events of presence"),
    "renew_presence_secret": N_("gave a source of presence another secret"),
    "retire_presence_source": N_("retired a source of presence"),
    "set_presence": N_("changed the settings of presence"),
}

PRESENCE_SUBJECTS: dict[str, str] = {
    "presence_notes": N_("Finding of presence"),
    "presence_settings": N_("Settings of presence"),
    "presence_sources": N_("Source of presence"),
}

PRESENCE_PAGES: dict[str, tuple[str, str]] = {"presence_sources": ("presence.show_source", "source_id")}

PRESENCE_FIELDS: dict[str, str] = {
    "accepted": N_("New"),
    "finding": N_("Finding"),
    "keep_days": N_("Days that events are kept"),
    "known_before": N_("Known"),
    "m2_per_person": N_("Square metres of an office for one person"),
    "presence_kind": N_("Kind of evidence"),
}

PRESENCE_VALUES: dict[tuple[str, str], str] = {
    **{("presence_kind", kind): words for kind, words in KIND_WORDS.items()},
    **{("finding", kind): words for kind, words in FINDING_WORDS.items()},
}

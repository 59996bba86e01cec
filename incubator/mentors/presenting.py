"""Profiles in words: what two of them say differently, and the week of a mentor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext
from msgspec import Struct

from incubator.core.errors import N_
from incubator.documents.formats import money, named
from incubator.mentors import wording
from incubator.mentors.models import HelpField
from incubator.mentors.rules.hours import WEEKDAYS, Hours
from incubator.mentors.rules.profiles import Change, compare_texts
from incubator.spaces.models import Site
from incubator.startups.rules.industries import DIVISIONS

LABELS = {
    "kind": N_("Kind"), "site_id": N_("Based at"), "engagement": N_("Part-time or full-time"),
    "headline": N_("Post and company"), "headline_en": N_("Post and company, in English"),
    "biography": N_("Biography"), "biography_en": N_("Biography, in English"), "field_ids": N_("Fields of help"),
    "industries": N_("Industries"), "stages": N_("Stages of startups"), "languages": N_("Languages"),
    "site_ids": N_("Comes to other sites"), "rate_minor": N_("Price of an hour"),
    "takes_vouchers": N_("Vouchers"),
}  # fmt: skip
TEXTS = ("headline", "headline_en", "biography", "biography_en")
VOCABULARIES: Mapping[str, Mapping[str, str]] = {
    "kind": wording.MENTOR_KINDS, "engagement": wording.ENGAGEMENTS, "stages": wording.STAGES,
    "languages": wording.LANGUAGES,
}  # fmt: skip
STATE_NAMES = {
    "here": N_("Takes sessions"), "paused": N_("Paused"), "unapproved": N_("Not approved yet"),
    "unappointed": N_("Not appointed"), "ended": N_("No mentor any more"),
}  # fmt: skip
STATE_TONES = {"here": "green", "paused": "yellow", "unapproved": "azure", "unappointed": "orange",
               "ended": "secondary"}  # fmt: skip
APPOINTMENT_STATES = {"coming": N_("Coming"), "current": N_("Holds"), "past": N_("Over"), "ended": N_("Ended early")}
APPOINTMENT_TONES = {"coming": "azure", "current": "green", "past": "secondary", "ended": "red"}


class ChangeWords(Struct, frozen=True):
    """One difference as a page shows it: a text piece by piece, a list by what is new and gone, else both values."""

    label: str
    how: str
    """`text`, `list` or `value`."""
    pieces: list[tuple[str, str]]
    added: list[str]
    removed: list[str]
    kept: list[str]
    before: str = ""
    after: str = ""


class Namer:
    """The names of what a profile points at, in one language."""

    def __init__(self, fields: Sequence[HelpField], sites: Sequence[Site], locale: str) -> None:
        self.locale = locale
        self.fields = {each.id: named(each, locale) for each in fields}
        self.sites = {each.id: named(each, locale) for each in sites}

    def name(self, of: str, value: Any) -> str:
        """One value of a profile's `of`."""
        if of == "field_ids":
            return self.fields.get(value, "?")
        if of in ("site_id", "site_ids"):
            return self.sites.get(value, "?")
        if of == "industries":
            return f"{value} {named(DIVISIONS[value], self.locale)}" if value in DIVISIONS else str(value)
        if of in VOCABULARIES:
            return gettext(VOCABULARIES[of][value])
        if of == "rate_minor":
            return gettext("Pro bono") if value is None else money(value, "CNY", self.locale)
        if of == "takes_vouchers":
            return gettext("accepted") if value else gettext("not accepted")
        return str(value)

    def change(self, change: Change) -> ChangeWords:
        """A difference in words."""
        label, of = gettext(LABELS[change.name]), change.name
        if of in TEXTS:
            return ChangeWords(label, "text", compare_texts(change.before, change.after), [], [], [])
        if change.is_list:
            added, removed, kept = (
                [self.name(of, each) for each in part] for part in (change.added, change.removed, change.kept)
            )
            return ChangeWords(label, "list", [], added, removed, kept)
        return ChangeWords(label, "value", [], [], [], [], self.name(of, change.before), self.name(of, change.after))


def week_rows(hours: Sequence[Hours]) -> list[tuple[str, list[str]]]:
    """Each weekday with its times: 14:00–18:00."""
    return [
        (gettext(name), [f"{_clock(each.opens)}–{_clock(each.closes)}" for each in hours if each.weekday == weekday])
        for weekday, name in WEEKDAYS.items()
    ]


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"

"""Words of the selection for its pages: what a score means, what happened when, an answer as a reviewer reads it."""

from __future__ import annotations

from datetime import date

from flask_babel import gettext as _
from msgspec import Struct

from incubator.core.errors import N_
from incubator.documents.formats import day, money
from incubator.i18n import reader_locale
from incubator.startups.forms.selection import OUTCOME_WORDS
from incubator.startups.models import RubricLine
from incubator.startups.queries.records import Step
from incubator.startups.queries.reviews import Said
from incubator.startups.rules.selection import Standing

STEPS = {
    "sent": N_("The application %(detail)s was sent."),
    "assigned": N_("%(detail)s was asked for a review by %(who)s."),
    "conflict": N_("%(who)s declared a conflict of interest."),
    "submitted": N_("%(who)s submitted a review."),
    "taken": N_("The review was taken from %(who)s."),
    "withdrawn": N_("The applicant withdrew the application."),
    "admitted": N_("The applicant was admitted."),
    "offer_accepted": N_("The offer was accepted by %(detail)s."),
    "offer_declined": N_("The applicant declined the offer."),
    "offer_withdrawn": N_("The offer was withdrawn: %(detail)s"),
    "offer_lapsed": N_("The offer lapsed."),
}


def step_words(step: Step) -> str:
    """One thing that happened, as a sentence."""
    if step.what in OUTCOME_WORDS:
        said = OUTCOME_WORDS[step.what]
        who = step.who or _("the system")
        return _("Decided by %(who)s: %(outcome)s. %(reason)s", who=who, outcome=said, reason=step.detail)
    return _(STEPS[step.what], who=step.who or _("the system"), detail=step.detail)


def in_words(thing: object, name: str) -> str:
    """`thing.label_en` for who reads English and where it is given, else `thing.label`."""
    words = getattr(thing, f"{name}_en", "") if reader_locale() == "en" else ""
    return str(words or getattr(thing, name))


def meaning_of(line: RubricLine, score: int) -> str:
    """What a score of the scale means in words; empty for those in between."""
    for name, at in (("lowest", line.lowest), ("highest", line.highest), ("middle", (line.lowest + line.highest) // 2)):
        if score == at:
            return in_words(line, f"{name}_means")
    return ""


def answer_words(said: Said) -> str:
    """An answer that is no choice and no file, in the reader's language."""
    kind, text, locale = said.row.question.kind, said.text, reader_locale()
    if kind == "money" and text.isdigit():
        return money(int(text), "CNY", locale)
    if kind == "date" and text:
        return day(date.fromisoformat(text), locale)
    if kind == "yes_no":
        return _("Yes") if text == "yes" else _("No")
    return text


class Bar(Struct, frozen=True):
    """Where a bar of 100 begins, how wide it is, and where its mean lies."""

    low: float
    width: float
    mean: float


def spread_of(standing: Standing) -> Bar | None:
    """A standing's range as a bar from 0 to 100; what lies outside is drawn at the edge."""
    if standing.lowest is None or standing.highest is None or standing.normalised is None:
        return None
    shown = (standing.lowest, standing.highest, standing.normalised)
    low, high, mean = (min(100.0, max(0.0, float(each))) for each in shown)
    return Bar(round(low, 2), round(max(0.8, high - low), 2), round(min(98.6, mean), 2))

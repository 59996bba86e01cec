"""A suggestion in words: why a mentor is where they are, part by part, for its reader."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

from flask_babel import gettext, lazy_gettext
from msgspec import Struct

from incubator.core.errors import N_
from incubator.documents.formats import duration, number
from incubator.mentors import wording
from incubator.mentors.queries.ranking import Suggestion
from incubator.mentors.rules import ranking
from incubator.mentors.rules.ranking import Candidate, Wanted, Weights
from incubator.mentors.rules.sessions import SHOWN_FROM
from incubator.mentors.rules.vocabulary import FULL, LANGUAGES, SCORE_PARTS

_l = lazy_gettext
PART_NAMES = {
    "expertise": _l("Fields of help"), "industry": _l("Industry"), "stage": _l("Stage"), "language": _l("Language"),
    "hours": _l("Free time"), "feedback": _l("Feedback"), "load": _l("Room for more"), "distance": _l("Distance"),
    "exploration": _l("New mentors"),
}  # fmt: skip
PART_HINTS = {
    "expertise": _l("The share of the fields asked for that the mentor helps with."),
    "industry": _l("The startup's industry is one of the mentor's; half for the same section of GB/T 4754."),
    "stage": _l("The startup's stage is one of the mentor's; half for the one before or after."),
    "language": _l("They have a language in common."),
    "hours": _l("An hour that suits the startup is free in the next two weeks."),
    "feedback": _l("What startups said, mixed with the average of the house; from five answers on."),
    "load": _l("How much of the month's hours is not taken; each startup that is mentored takes one."),
    "distance": _l("Full at the same site, nothing from 50 km on; at least half for who meets online."),
    "exploration": _l("Full for a mentor without a session yet, nothing from the fifth on."),
}  # fmt: skip
REASONS = {
    "ended": N_("No mentor any more"), "unapproved": N_("Profile not approved"), "paused": N_("Takes a pause"),
    "conflict": N_("Conflict of interest"), "unappointed": N_("Not appointed in the next two weeks"),
    "no_capacity": N_("Gives no hours"), "used_up": N_("The month's hours are used up"),
}  # fmt: skip
REASON_TONES = {"conflict": "red", "paused": "yellow", "used_up": "orange", "unappointed": "orange",
                "unapproved": "azure"}  # fmt: skip
SHOWN_FIRST = 3


class PartLine(Struct, frozen=True):
    """One part of a suggestion: its name, why, how full it is (of 100), and what it brings to the total."""

    name: str
    label: str
    words: str
    hundredths: int
    points: int
    is_reason: bool
    """Whether it speaks for this mentor, and not for everybody."""


class Card(Struct, frozen=True):
    """A suggestion as its card shows it."""

    suggestion: Suggestion
    lines: tuple[PartLine, ...]

    @property
    def best(self) -> list[PartLine]:
        """What speaks most for it."""
        reasons = [each for each in self.lines if each.points and each.is_reason]
        return sorted(reasons, key=lambda each: -each.points)[:SHOWN_FIRST]


class Names(Struct, frozen=True):
    """What the words need beside the numbers: the need's fields and the industry, in the reader's language."""

    locale: str
    fields: Mapping[int, str]
    industry: str = ""


def card_of(suggestion: Suggestion, wanted: Wanted, weights: Weights, names: Names) -> Card:
    """All parts that weigh something, in the order in which they are counted."""
    lines = [
        PartLine(name, str(PART_NAMES[name]), part_words(name, wanted, suggestion.candidate, names),
                 100 * suggestion.score.parts[name] // FULL, suggestion.points[name],
                 _is_reason(name, wanted, suggestion.candidate))
        for name in SCORE_PARTS if getattr(weights, name)
    ]  # fmt: skip
    return Card(suggestion, tuple(lines))


def part_words(name: str, wanted: Wanted, candidate: Candidate, names: Names) -> str:
    """Why a part is what it is: “Knows 2 of the 3 fields: financing, equity”."""
    words = {
        "expertise": _expertise, "industry": _industry, "stage": _stage, "language": _language, "hours": _hours,
        "feedback": _feedback, "load": _load, "distance": _distance, "exploration": _exploration,
    }[name]  # fmt: skip
    return words(wanted, candidate, names)


def _is_reason(name: str, wanted: Wanted, candidate: Candidate) -> bool:
    """What was not asked for is no reason for anybody, nor is the average of the house."""
    asked = {
        "expertise": bool(wanted.fields), "industry": bool(wanted.industry), "stage": wanted.stage is not None,
        "language": bool(wanted.languages), "distance": wanted.site_id is not None,
        "feedback": candidate.answers >= SHOWN_FROM, "load": False,
    }  # fmt: skip
    return asked.get(name, True)


def _expertise(wanted: Wanted, candidate: Candidate, names: Names) -> str:
    known = [names.fields.get(each, "?") for each in sorted(wanted.fields & candidate.fields)]
    if not wanted.fields:
        return gettext("No field is asked for.")
    if not known:
        return gettext("Helps with other fields.")
    listed = _listed(known, names.locale)
    if len(known) == len(wanted.fields):
        return gettext("Helps with all that is asked: %(fields)s.", fields=listed)
    return gettext("Helps with %(known)s of the %(all)s fields: %(fields)s.", known=len(known), all=len(wanted.fields),
                   fields=listed)  # fmt: skip


def _industry(wanted: Wanted, candidate: Candidate, names: Names) -> str:
    points = ranking.industry(wanted.industry, candidate.industries)
    if not wanted.industry:
        return gettext("The startup has not said its industry.")
    if not candidate.industries:
        return gettext("Is not tied to an industry.")
    if points == FULL:
        return gettext("Knows the industry: %(industry)s.", industry=names.industry)
    return gettext("Knows a related industry.") if points else gettext("Knows other industries.")


def _stage(wanted: Wanted, candidate: Candidate, _names: Names) -> str:
    points = ranking.stage(wanted.stage, candidate.stages)
    if wanted.stage is None:
        return gettext("No stage is asked for.")
    if not candidate.stages:
        return gettext("For startups of any stage.")
    if points == FULL:
        return gettext("Works with startups at this stage: %(stage)s.", stage=gettext(wording.STAGES[wanted.stage]))
    return gettext("Works with the stage before or after.") if points else gettext("Works with other stages.")


def _language(wanted: Wanted, candidate: Candidate, names: Names) -> str:
    spoken = [each for each in LANGUAGES if each in candidate.languages]
    common = [each for each in spoken if each in wanted.languages] if wanted.languages else spoken
    said = _listed([gettext(wording.LANGUAGES[each]) for each in common or spoken], names.locale)
    return gettext("Speaks %(languages)s.", languages=said) if common else gettext(
        "Speaks only %(languages)s.", languages=said)  # fmt: skip


def _hours(wanted: Wanted, candidate: Candidate, names: Names) -> str:
    minutes, at_times = min(candidate.free, candidate.left), bool(wanted.times)
    if not minutes:
        return gettext("Not free at your times in the next two weeks.") if at_times else gettext(
            "Not free in the next two weeks.")  # fmt: skip
    time = duration(timedelta(minutes=minutes), names.locale, in_days=False)
    if candidate.left < candidate.free:
        return gettext("Can give %(time)s more in the next two weeks.", time=time)
    if at_times:
        return gettext("Free for %(time)s in the next two weeks, at the times you can.", time=time)
    return gettext("Free for %(time)s in the next two weeks.", time=time)


def _feedback(_wanted: Wanted, candidate: Candidate, names: Names) -> str:
    if candidate.answers < SHOWN_FROM:
        return gettext("Few answers yet: counted as the average of the house.")
    mean = number(Decimal(candidate.points) / candidate.answers, names.locale, 1)
    return gettext("Startups gave %(mean)s of 5, in %(count)s answers.", mean=mean, count=candidate.answers)


def _load(_wanted: Wanted, candidate: Candidate, names: Names) -> str:
    month = duration(timedelta(minutes=candidate.capacity), names.locale, in_days=False)
    if not candidate.booked and not candidate.startups:
        return gettext("Nothing of %(month)s a month is booked yet.", month=month)
    taken = duration(timedelta(minutes=candidate.booked), names.locale, in_days=False)
    if candidate.startups == 1:
        return gettext("%(taken)s of %(month)s a month are booked; mentors one startup.", taken=taken, month=month)
    if candidate.startups:
        return gettext("%(taken)s of %(month)s a month are booked; mentors %(count)s startups.", taken=taken,
                       month=month, count=candidate.startups)  # fmt: skip
    return gettext("%(taken)s of %(month)s a month are booked.", taken=taken, month=month)


def _distance(wanted: Wanted, candidate: Candidate, names: Names) -> str:
    if wanted.site_id is None:
        return gettext("No site is asked for.")
    if wanted.site_id in candidate.site_ids:
        return gettext("Comes to your site.")
    near = [away for site_id, away in wanted.distances if site_id in candidate.site_ids]
    if near:
        away = number(min(near), names.locale)
        return gettext("%(away)s km away, meets online.", away=away) if candidate.online else gettext(
            "%(away)s km away.", away=away)  # fmt: skip
    return gettext("At another site, meets online.") if candidate.online else gettext("At another site.")


def _exploration(_wanted: Wanted, candidate: Candidate, _names: Names) -> str:
    if not candidate.sessions:
        return gettext("New here: gets a chance.")
    if candidate.sessions == 1:
        return gettext("One session so far: still new here.")
    if candidate.sessions < ranking.EXPLORED:
        return gettext("%(count)s sessions so far: still new here.", count=candidate.sessions)
    return gettext("Well known here: %(count)s sessions.", count=candidate.sessions)


def _listed(words: list[str], locale: str) -> str:
    return ("、" if locale == "zh_Hans" else ", ").join(words)

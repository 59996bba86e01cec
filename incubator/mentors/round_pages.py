"""Rounds as pages show them: lines of who has whom, and what could not be, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from msgspec import Struct

from incubator.documents.formats import named
from incubator.i18n import reader_locale
from incubator.mentors.queries.rounds import Desk, Party, names_of
from incubator.mentors.rules.assignment import Breach, Change, Pair, Shortage

ROUND_STATES = {
    "draft": _l("Being prepared"), "proposed": _l("Proposed"), "published": _l("Published"),
    "discarded": _l("Discarded"),
}  # fmt: skip
ROUND_TONES = {"draft": "secondary", "proposed": "azure", "published": "green", "discarded": "secondary"}
TALLIES = {
    "present": _l("As it stands now"), "proposal": _l("Best proposal"), "greedy": _l("Pair by pair, the best first"),
    "last": _l("As in the last round"),
}  # fmt: skip
MENTORSHIP_NAMES = {"current": _l("Under way"), "coming": _l("Still to begin"), "ended": _l("Over")}
MENTORSHIP_TONES = {"current": "green", "coming": "azure", "ended": "secondary"}
NAMES_SHOWN = 6


class Seat(Struct, frozen=True):
    """One of whom a party has."""

    pair: Pair
    other: Party
    score: int
    pinned: bool
    is_proposed: bool


class Line(Struct, frozen=True):
    """A startup with its mentors, or a mentor with their startups."""

    party: Party
    seats: Sequence[Seat]

    @property
    def missing(self) -> int:
        return max(0, self.party.limits.least - len(self.seats))

    @property
    def is_full(self) -> bool:
        return len(self.seats) >= self.party.limits.most

    @property
    def total(self) -> int:
        return sum(seat.score for seat in self.seats)


def list_lines(desk: Desk, side: str) -> list[Line]:
    """A line for each of the side; who has too few stands first."""
    place = 0 if side == "startups" else 1
    parties, others = (desk.startups, desk.mentors) if place == 0 else (desk.mentors, desk.startups)
    pins, seats = desk.pairs_wished("pin"), {key: list[Seat]() for key in parties}
    for pair in sorted(desk.chosen, key=lambda pair: (-desk.scores[pair], pair)):
        seat = Seat(pair, others[pair[1 - place]], desk.scores[pair], pair in pins, pair in desk.proposal)
        seats[pair[place]].append(seat)
    lines = [Line(party, seats[key]) for key, party in parties.items()]
    return sorted(lines, key=lambda line: line.missing == 0)


def shortage_words(desk: Desk, shortage: Shortage) -> str:
    """Why some have fewer than they are to have at least, whatever one does."""
    mine, theirs = (desk.startups, desk.mentors) if shortage.side == "startups" else (desk.mentors, desk.startups)
    says = {"who": list_names(mine, shortage.ones), "others": list_names(theirs, shortage.others),
            "possible": shortage.possible}  # fmt: skip
    count = shortage.wanted
    if shortage.side == "startups":
        return _short_startups(shortage, count, says)
    return _short_mentors(shortage, count, says)


def _short_startups(shortage: Shortage, count: int, says: Mapping[str, object]) -> str:
    if len(shortage.ones) > 1:
        return _("%(who)s want %(count)s mentors together, and can have %(possible)s: only %(others)s come into "
                 "question.", count=count, **says)  # fmt: skip
    if not shortage.others:
        return ngettext("%(who)s wants at least %(num)s mentor, and nobody comes into question: all are excluded, in "
                        "conflict of interest, or not appointed now.",
                        "%(who)s wants at least %(num)s mentors, and nobody comes into question: all are excluded, in "
                        "conflict of interest, or not appointed now.", count, **says)  # fmt: skip
    if len(shortage.others) < count:
        return ngettext("%(who)s wants at least %(num)s mentor, and only %(others)s come into question.",
                        "%(who)s wants at least %(num)s mentors, and only %(others)s come into question.", count,
                        **says)  # fmt: skip
    return ngettext("%(who)s wants at least %(num)s mentor, and all who come into question are full: %(others)s.",
                    "%(who)s wants at least %(num)s mentors, and all who come into question are full: %(others)s.",
                    count, **says)  # fmt: skip


def _short_mentors(shortage: Shortage, count: int, says: Mapping[str, object]) -> str:
    if len(shortage.ones) > 1:
        return _("%(who)s want %(count)s startups together, and can have %(possible)s: only %(others)s come into "
                 "question.", count=count, **says)  # fmt: skip
    if not shortage.others:
        return ngettext("%(who)s wants at least %(num)s startup, and none comes into question: all are excluded or "
                        "in conflict of interest, or the mentor is not appointed now.",
                        "%(who)s wants at least %(num)s startups, and none comes into question: all are excluded or "
                        "in conflict of interest, or the mentor is not appointed now.", count, **says)  # fmt: skip
    if len(shortage.others) < count:
        return ngettext("%(who)s wants at least %(num)s startup, and only %(others)s come into question.",
                        "%(who)s wants at least %(num)s startups, and only %(others)s come into question.", count,
                        **says)  # fmt: skip
    return ngettext("%(who)s wants at least %(num)s startup, and all that come into question are full: %(others)s.",
                    "%(who)s wants at least %(num)s startups, and all that come into question are full: %(others)s.",
                    count, **says)  # fmt: skip


def breach_words(desk: Desk, breach: Breach) -> str:
    """A wish that is not kept, as a sentence."""
    names = {"wanted": breach.wanted, "found": breach.found}
    startup, mentor = (list_names(side, [] if key is None else [key])
                       for side, key in ((desk.startups, breach.startup), (desk.mentors, breach.mentor)))  # fmt: skip
    said = {
        "startup_under": _l("%(startup)s is to have at least %(wanted)s, and has %(found)s."),
        "mentor_under": _l("%(mentor)s is to have at least %(wanted)s, and has %(found)s."),
        "startup_over": _l("%(startup)s may have %(wanted)s at most, and has %(found)s."),
        "mentor_over": _l("%(mentor)s may have %(wanted)s at most, and has %(found)s."),
        "pin": _l("%(startup)s and %(mentor)s are pinned, and are no pair."),
        "excluded": _l("%(startup)s and %(mentor)s are excluded, and are a pair."),
        "conflict": _l("%(startup)s and %(mentor)s have no score, and are a pair."),
    }[breach.kind]
    return str(said) % {"startup": startup, "mentor": mentor, **names}


def list_unmet(desk: Desk) -> list[str]:
    """What is not kept, in sentences: first what could not be when it was proposed, then what else is not now."""
    under = {("startups" if each.startup is not None else "mentors", each.startup or each.mentor)
             for each in desk.breaches if not each.is_hard}  # fmt: skip
    why = [each for each in desk.shortages if any((each.side, one) in under for one in each.ones)]
    told = {(each.side, one) for each in why for one in each.ones}
    rest = [
        each for each in desk.breaches
        if each.is_hard or ("startups" if each.startup is not None else "mentors", each.startup or each.mentor)
        not in told
    ]  # fmt: skip
    return [shortage_words(desk, each) for each in why] + [breach_words(desk, each) for each in rest]


def list_names(parties: Mapping[int, Party], ids: Sequence[int]) -> str:
    """The names, at most six of them: S-1 甲、S-2 乙等 12 个."""
    locale = reader_locale()
    found = names_of(parties, ids)
    shown = ("、" if locale == "zh_Hans" else ", ").join(named(each, locale) for each in found[:NAMES_SHOWN])
    if len(found) > NAMES_SHOWN:
        return _("%(names)s and %(count)s more", names=shown, count=len(found) - NAMES_SHOWN)
    return shown


class Option(Struct, frozen=True):
    """A change by hand that is offered: whom the startup gets, and who gets its mentor in exchange."""

    change: Change
    mentor: Party | None
    """None: the pair is only taken out."""
    score: int
    swapped_with: Party | None
    breaches: Sequence[str]
    mends: int

    @property
    def value(self) -> str:
        """What the form sends: `12-7` for a mentor, with the startup that comes in exchange; empty: take it out."""
        return "-".join(str(each.id) for each in (self.mentor, self.swapped_with) if each is not None)


def list_options(desk: Desk, changes: Sequence[Change], startup: int) -> list[Option]:
    """The changes with names, in their order."""
    found = []
    for change in changes:
        mine = next((pair for pair in change.given if pair[0] == startup), None)
        swapped = next((pair[0] for pair in change.given if pair[0] != startup), None)
        found.append(Option(
            change, None if mine is None else desk.mentors[mine[1]], 0 if mine is None else desk.scores[mine],
            None if swapped is None else desk.startups[swapped], [breach_words(desk, each) for each in change.broken],
            len(change.mended),
        ))  # fmt: skip
    return found

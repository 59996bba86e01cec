"""The value of each indicator, with the rows behind it: pure functions of a year's facts.

A `Figure` is the gauge's: a number (of money in fen), or None where it can't be known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from incubator.core.errors import N_, Phrase
from incubator.reports.gauge.measures import MEASURES, why_not_incubated
from incubator.reports.gauge.world import Figure, Line, Party
from incubator.reports.statistics.facts import FOUNDER_CATEGORIES, Deed, YearFacts
from incubator.reports.statistics.indicators import INDICATORS

ONE = Decimal(1)
MENTOR_PARTS = {"mentors_entrepreneur": ("entrepreneur",), "mentors_investor": ("investor",),
                "mentors_technical": ("technical",), "mentors_advisers": ("legal", "finance", "policy")}  # fmt: skip
BOOKED = {"income_services": "services", "income_rent": "rent", "income_other": "other",
          "subsidies_passed_on": "passed_on"}  # fmt: skip

Compute = Callable[[YearFacts], Figure]


def compute_all(facts: YearFacts) -> dict[str, Figure]:
    """Every indicator by its code; a stated one as it is stated, or None."""
    found = {}
    for each in INDICATORS:
        if each.is_stated:
            found[each.code] = _stated(facts, each.code)
        elif each.or_stated:
            told = COMPUTED[each.code](facts)
            by_books = any(line.counts for line in told.lines)
            found[each.code] = told if by_books else _stated(facts, each.code, told.lines)
        elif each.code != "income":
            found[each.code] = COMPUTED[each.code](facts)
    found["income"] = _sum_of_parts("income", found)
    return {each.code: found[each.code] for each in INDICATORS}


def _stated(facts: YearFacts, code: str, beside: tuple[Line, ...] = ()) -> Figure:
    """As staff state it, after rows that do not count."""
    stated = facts.stated.get(code)
    if stated is None:
        return Figure(None, beside)
    says = Phrase(N_("stated, with this evidence"))
    parts = [(f"{site}: {evidence}", value) for site, value, evidence in stated.parts]
    lines = [Line(label, "", says, value) for label, value in parts or [(stated.evidence, stated.figure)]]
    return Figure(stated.figure, (*beside, *lines))


def _sum_of_parts(code: str, found: Mapping[str, Figure]) -> Figure:
    """None where a part is not known: what is unknown is not nothing."""
    parts = [(each, found[each.code]) for each in INDICATORS if each.part_of == code]
    lines = tuple(Line("", "", Phrase(each.title), figure.value) for each, figure in parts if figure.value is not None)
    if any(figure.value is None for _, figure in parts):
        return Figure(None, lines)
    return Figure(sum((line.amount for line in lines), Decimal(0)), lines)


def _count(lines: Iterable[Line]) -> Figure:
    kept = tuple(lines)
    return Figure(sum((line.amount for line in kept if line.counts), Decimal(0)), kept)


def _line(party: Party, note: Phrase | str = "", amount: Decimal = ONE, counts: bool = True) -> Line:
    return Line(f"{party.code} {party.name}", f"{party.code} {party.name_en or party.name}", note, amount, counts,
                startup_id=party.id)  # fmt: skip


def _served(facts: YearFacts) -> list[Party]:
    ids = {each.startup_id for each in facts.world.lets if each.touches(facts.first, facts.last)}
    return sorted((facts.world.parties[each] for each in ids), key=lambda party: party.code)


def _resident(facts: YearFacts) -> list[Party]:
    ids = {each.startup_id for each in facts.world.lets if each.runs(facts.last)}
    return sorted((facts.world.parties[each] for each in ids), key=lambda party: party.code)


def _kind(party: Party) -> Phrase:
    return Phrase(N_("company") if party.kind == "company" else N_("team"))


def _gauge(measure: str) -> Compute:
    return lambda facts: MEASURES[measure](facts.world, facts.last)


def _area_used(facts: YearFacts) -> Figure:
    let = {each.unit_id: each.startup_id for each in facts.world.lets if each.runs(facts.last)}
    parties = facts.world.parties
    several = len({place.site_id for place in facts.world.places}) > 1
    return _count(
        Line(f"{place.site} {place.code}" if several else place.code, "",
             f"{parties[let[place.id]].code} {parties[let[place.id]].name}", place.area_m2, place=place)
        for place in facts.world.places if place.is_there(facts.last) and place.id in let
    )  # fmt: skip


def _area_public(facts: YearFacts) -> Figure:
    return _count(Line(place.code, "", place.site, place.area_m2, place=place) for place in facts.world.places
                  if place.is_there(facts.last) and place.purpose == "public_service")  # fmt: skip


def _area_share(facts: YearFacts) -> Figure:
    used, whole = _area_used(facts), MEASURES["usable_area"](facts.world, facts.last).value
    assert used.value is not None
    if not whole:
        return Figure(None)
    return Figure((used.value * 100 / whole).quantize(Decimal("0.01"), ROUND_HALF_UP), used.lines)


def _of_kind(choose: Callable[[YearFacts], list[Party]], kind: str) -> Compute:
    return lambda facts: _count(_line(party) for party in choose(facts) if party.kind == kind)


def _new(facts: YearFacts) -> Figure:
    return _count(_line(party, Phrase(N_("since %(day)s"), {"day": party.entered_on})) for party in _served(facts)
                  if facts.first <= party.entered_on <= facts.last)  # fmt: skip


def _registered(facts: YearFacts) -> Figure:
    return _count(
        _line(party, Phrase(N_("registered on %(day)s"), {"day": party.registered_on})) for party in _served(facts)
        if party.registered_on is not None and facts.first <= party.registered_on <= facts.last
    )  # fmt: skip


def _founders(categories: tuple[str, ...]) -> Compute:
    """Counted by startup, without names: of each startup how many."""

    def find(facts: YearFacts) -> Figure:
        counted = Counter(each.startup_id for each in facts.founders
                          if not categories or each.categories & set(categories))  # fmt: skip
        parties = sorted((facts.world.parties[each] for each in counted), key=lambda party: party.code)
        return _count(_line(party, amount=Decimal(counted[party.id])) for party in parties)

    return find


def _team_people(facts: YearFacts) -> Figure:
    return _count(_line(party, amount=Decimal(facts.team_people.get(party.id, 0))) for party in _served(facts)
                  if party.kind == "team")  # fmt: skip


def _heads(codes: tuple[str, ...], only_incubated: bool = False) -> Compute:
    """What companies at the year's end have confirmed; who has confirmed nothing is named, and not counted as 0.

    Where nobody has confirmed anything, it is not known.
    """

    def find(facts: YearFacts) -> Figure:
        lines = []
        for party in _resident(facts):
            if party.kind != "company" or (only_incubated and why_not_incubated(facts.world, party, facts.last)):
                continue
            mine = {each.code: each for each in facts.heads if each.startup_id == party.id}
            head = next((mine[code] for code in codes if code in mine), None)
            if head is None:
                lines.append(_line(party, Phrase(N_("nothing confirmed")), Decimal(0), False))
            else:
                lines.append(_line(party, Phrase(N_("on %(day)s"), {"day": head.ends_on}), head.value))
        if lines and not any(line.counts for line in lines):
            return Figure(None, tuple(lines))
        return _count(lines)

    return find


def _deeds(facts: YearFacts, kind: str, parties: Iterable[Party], first: date | None) -> list[tuple[Party, Deed]]:
    known = {party.id: party for party in parties}
    return [
        (known[deed.startup_id], deed) for deed in facts.deeds
        if deed.kind == kind and deed.startup_id in known and (first or deed.on) <= deed.on <= facts.last
    ]  # fmt: skip


def _told(deed: Deed) -> Phrase:
    return Phrase(N_("%(title)s, %(day)s"), {"title": deed.title, "day": deed.on})


def _rights(kind: str) -> Compute:
    return lambda facts: _count(_line(party, _told(deed))
                                for party, deed in _deeds(facts, kind, _served(facts), facts.first))  # fmt: skip


def _held(sorts: tuple[str, ...]) -> Compute:
    return lambda facts: _count(
        _line(party, _told(deed)) for party, deed in _deeds(facts, "right_granted", _resident(facts), None)
        if (deed.valid_until is None or facts.last <= deed.valid_until) and (not sorts or deed.sort in sorts)
    )  # fmt: skip


def _financed(facts: YearFacts) -> Figure:
    rounds = {party.id: (party, deed) for party, deed in _deeds(facts, "financing", _served(facts), facts.first)}
    return _count(_line(party, _told(deed)) for party, deed in rounds.values())


def _financed_amount(facts: YearFacts) -> Figure:
    """A round whose amount is not told is named, and adds nothing."""
    return _count(
        _line(party, _told(deed), Decimal(deed.amount_minor or 0), deed.amount_minor is not None)
        for party, deed in _deeds(facts, "financing", _served(facts), facts.first)
    )


def _mentors(kinds: tuple[str, ...]) -> Compute:
    def find(facts: YearFacts) -> Figure:
        there = {each.mentor_id: each for each in facts.world.people
                 if each.role == "mentor" and each.first <= facts.last
                 and (each.after is None or facts.last < each.after)}  # fmt: skip
        return _count(Line(each.name, "", each.letter, ONE)
                      for mentor_id, each in sorted(there.items(), key=lambda item: item[1].name)
                      if not kinds or facts.mentor_kinds.get(mentor_id or 0) in kinds)  # fmt: skip

    return find


def _sessions(facts: YearFacts) -> Figure:
    given = Counter(each.mentor_id for each in facts.world.given if facts.first <= each.on <= facts.last)
    names = {each.mentor_id: each.name for each in facts.world.people if each.role == "mentor"}
    return _count(Line(names.get(mentor_id, "–"), "", "", Decimal(number)) for mentor_id, number in sorted(
        given.items(), key=lambda item: (names.get(item[0], ""), item[0])))  # fmt: skip


def _events(wanted: Callable[[str], bool], by_people: bool = False) -> Compute:
    return lambda facts: _count(
        Line(each.title, each.title_en,
             Phrase(N_("%(day)s, %(people)s people"), {"day": each.on, "people": each.participants}),
             Decimal(each.participants) if by_people else ONE)
        for each in facts.took if wanted(each.kind)
    )  # fmt: skip


def _graduates(of_year: bool) -> Compute:
    return lambda facts: _count(
        _line(facts.world.parties[startup_id], Phrase(N_("graduated on %(day)s"), {"day": day}))
        for startup_id, day in sorted(facts.world.graduations, key=lambda item: (item[1], item[0]))
        if startup_id in facts.world.parties and (facts.first if of_year else day) <= day <= facts.last
    )  # fmt: skip


def _booked(source: str) -> Compute:
    return lambda facts: _count(
        Line(f"{each.month:%Y-%m}", "", "", Decimal(each.amount_minor))
        for each in facts.booked if each.source == source
    )  # fmt: skip


def _by_entries(source: str) -> Compute:
    """Entry by entry. What is of no site is named at each, and counts for the operator as a whole."""
    return lambda facts: _count(
        Line(each.number, "", Phrase(N_("claim %(claim)s, %(day)s"), {"claim": each.claim, "day": each.on})
             if each.is_here else Phrase(N_("claim %(claim)s, %(day)s, over all sites: counted for the whole operator"),
                                         {"claim": each.claim, "day": each.on}),
             Decimal(each.amount_minor), each.is_here, entry_id=each.entry_id)
        for each in facts.subsidies if each.source == source
    )  # fmt: skip


COMPUTED: dict[str, Compute] = {
    "area_total": _gauge("usable_area"), "area_used": _area_used, "area_public": _area_public,
    "area_share": _area_share, "desks": _gauge("desks"),
    "served": lambda facts: _count(_line(party, _kind(party)) for party in _served(facts)),
    "served_teams": _of_kind(_served, "team"), "served_companies": _of_kind(_served, "company"),
    "served_new": _new, "registered_new": _registered,
    "resident": lambda facts: _count(_line(party, _kind(party)) for party in _resident(facts)),
    "resident_companies": _of_kind(_resident, "company"), "incubated": _gauge("incubated_companies"),
    "founders": _founders(()), **{code: _founders(kinds) for code, kinds in FOUNDER_CATEGORIES.items()},
    "team_people": _team_people, "company_people": _heads(("annual_employees", "employees")),
    "incubated_people": _heads(("annual_employees", "employees"), only_incubated=True),
    "fresh_graduates": _heads(("fresh_graduates",)),
    "rights_applied": _rights("right_applied"), "rights_granted": _rights("right_granted"),
    "rights_held": _held(()), "inventions_held": _held(("invention",)),
    "financed": _financed, "financed_amount": _financed_amount,
    "mentors": _mentors(()), **{code: _mentors(kinds) for code, kinds in MENTOR_PARTS.items()},
    "mentor_sessions": _sessions, "staff": _gauge("staff"),
    "events": _events(lambda kind: kind != "training"), "trainings": _events(lambda kind: kind == "training"),
    "participants": _events(lambda kind: True, by_people=True),
    "graduates": _graduates(True), "graduates_all": _graduates(False),
    **{code: _booked(source) for code, source in BOOKED.items()},
    "subsidies_received": _by_entries("received"), "income_subsidies": _by_entries("own"),
}  # fmt: skip

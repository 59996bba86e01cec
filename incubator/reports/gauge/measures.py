"""The measures of the gauge: each a pure function of a `World` and a day.

It gives a `Figure`: a number, or None where it can't be known, with the rows behind it. A day to come is the same
question: agreements that have ended by then are over, open ones go on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from incubator.core.errors import N_, Phrase
from incubator.reports.gauge.world import Feat, Figure, Line, Party, Place, World
from incubator.startups.rules.limits import Stay, add_months, check_stay, limits_on, months_between

CENT = Decimal("0.01")
SERVICE_KINDS = ("desk", "office")
"""With areas of public service, what a space's own text counts as used for its purpose."""
STATED = ("seed_fund", "statistics_years", "events_year", "professional_share")
"""Measures without rows in the product: the operator states them, with evidence. Of events, only where the register
has none in the twelve months."""

Measure = Callable[[World, date], Figure]


def _count(lines: Iterable[Line]) -> Figure:
    """The sum of what counts."""
    kept = tuple(lines)
    return Figure(sum((line.amount for line in kept if line.counts), Decimal(0)), kept)


def _share(part: Decimal, whole: Decimal) -> Decimal | None:
    """A percentage with two decimals, half up, as it is compared; None of nothing: 7,500 of 10,000 is 75.00."""
    return (part * 100 / whole).quantize(CENT, ROUND_HALF_UP) if whole else None


def _year_before(on: date) -> date:
    """The first day of the twelve months that end on a day."""
    return add_months(on + timedelta(days=1), -12)


def operating_months(world: World, on: date) -> Figure:
    """Full months since the first unit was in service: from 1 January 2026, 17 on 30 June 2027, 18 on it."""
    begun = [place for place in world.places if place.first is not None and place.first <= on]
    if not begun:
        return Figure(Decimal(0))
    first = min(begun, key=lambda place: (place.first or on, place.code))
    months = Decimal(months_between(first.first or on, on))
    return Figure(months, (Line(first.code, "", first.site, months, place=first),))


def _places(world: World, on: date) -> list[Place]:
    return [place for place in world.places if place.is_there(on)]


def _area_line(place: Place, counts: bool = True, note: Phrase | str = "") -> Line:
    return Line(place.code, "", note or place.site, place.area_m2, counts, place=place)


def usable_area(world: World, on: date) -> Figure:
    """The area of all units in service, in m²."""
    return _count(_area_line(place) for place in _places(world, on))


def desks(world: World, on: date) -> Figure:
    """How many desks are in service."""
    there = (place for place in _places(world, on) if place.kind == "desk")
    return _count(Line(place.code, "", place.site, Decimal(1), place=place) for place in there)


def incubation_share(world: World, on: date) -> Figure:
    """Of the usable area, what agreements let to startups and what serves all of them, in percent.

    6,000 m² let and 1,500 m² of public service of 10,000 m² are 75.00.
    """
    let = {each.unit_id: each.startup_id for each in world.lets if each.runs(on)}
    lines = []
    for place in _places(world, on):
        if place.purpose == "public_service":
            lines.append(_area_line(place, note=Phrase(N_("public service"))))
        elif place.id in let:
            party = world.parties.get(let[place.id])
            lines.append(_area_line(place, note=f"{party.code} {party.name}" if party else ""))
        else:
            lines.append(_area_line(place, False, Phrase(N_("not let"))))
    return _share_of(lines)


def service_share(world: World, on: date) -> Figure:
    """Of the usable area, what is offices, desks and public service, in percent."""
    return _share_of([
        _area_line(place, place.kind in SERVICE_KINDS or place.purpose == "public_service")
        for place in _places(world, on)
    ])  # fmt: skip


def _share_of(lines: Sequence[Line]) -> Figure:
    whole = sum((line.amount for line in lines), Decimal(0))
    return Figure(_share(_count(lines).value or Decimal(0), whole), tuple(lines))


def _resident(world: World, on: date) -> list[Party]:
    ids = {each.startup_id for each in world.lets if each.runs(on)}
    return sorted((world.parties[each] for each in ids), key=lambda party: party.code)


def _line(party: Party, note: Phrase | str = "", counts: bool = True) -> Line:
    return Line(f"{party.code} {party.name}", f"{party.code} {party.name_en or party.name}", note, Decimal(1), counts,
                startup_id=party.id)  # fmt: skip


def under_agreement(world: World, on: date) -> Figure:
    """Teams and companies whose agreement runs."""
    return _count(_line(party, Phrase(N_("company") if party.kind == "company" else N_("team")))
                  for party in _resident(world, on))  # fmt: skip


def why_not_incubated(world: World, party: Party, on: date) -> Phrase | None:
    """Why a startup in residence is no incubated company by the limits of the day; None: it is one."""
    if party.kind != "company":
        return Phrase(N_("a team, not registered yet"))
    if not any(first <= on and (after is None or on < after) for first, after in party.registered_here):
        return Phrase(N_("not registered at this address"))
    areas = {place.id: place.area_m2 for place in world.places}
    area = sum((areas.get(each.unit_id, Decimal(0)) for each in world.lets
                if each.startup_id == party.id and each.runs(on)), Decimal(0))  # fmt: skip
    checked = check_stay(Stay(party.industry_code, party.entered_on, area, party.registered_on), on)
    if checked.was_set_up_too_early:
        return Phrase(N_("set up more than %(months)s months before it entered"),
                      {"months": limits_on(on).set_up_months})  # fmt: skip
    if checked.state == "over":
        return Phrase(N_("longer here than %(months)s months"), {"months": checked.months_most})
    if checked.is_too_large:
        return Phrase(N_("on more than %(area)s m²"), {"area": checked.area_most})
    return None


def incubated_companies(world: World, on: date) -> Figure:
    """Companies in residence that fulfil the definition of an incubated company on the day."""
    reasons = [(party, why_not_incubated(world, party, on)) for party in _resident(world, on)]
    return _count(_line(party, why or "", why is None) for party, why in reasons)


def companies_per_1000_m2(world: World, on: date) -> Figure:
    """Incubated companies for each 1,000 m² of usable area: 30 on 10,000 m² are 3.00."""
    companies, area = incubated_companies(world, on), usable_area(world, on).value
    assert companies.value is not None
    rate = (companies.value * 1000 / area).quantize(CENT, ROUND_HALF_UP) if area else None
    return Figure(rate, companies.lines)


def _of_year(world: World, on: date) -> list[Party]:
    """Who had an agreement on a day of the twelve months that end on the day."""
    first = _year_before(on)
    ids = {each.startup_id for each in world.lets if each.touches(first, on)}
    return sorted((world.parties[each] for each in ids), key=lambda party: party.code)


def new_registrations(world: World, on: date) -> Figure:
    """Companies that were registered within the twelve months and had an agreement in them."""
    first = _year_before(on)
    return _count(
        _line(party, Phrase(N_("registered on %(day)s"), {"day": party.registered_on}))
        for party in _of_year(world, on)
        if party.registered_on is not None and first <= party.registered_on <= on
    )


def _financings(world: World, first: date | None, on: date) -> dict[int, list[Feat]]:
    """Rounds until the day (from `first` on) of each startup, dated since it entered."""
    found: dict[int, list[Feat]] = {}
    for feat in world.feats:
        party = world.parties.get(feat.startup_id)
        if feat.kind == "financing" and party and max(party.entered_on, first or party.entered_on) <= feat.on <= on:
            found.setdefault(feat.startup_id, []).append(feat)
    return found


def _feat_note(feats: Sequence[Feat]) -> Phrase:
    last = max(feats, key=lambda feat: feat.on)
    return Phrase(N_("%(title)s, %(day)s"), {"title": last.title, "day": last.on})


def financed_year(world: World, on: date) -> Figure:
    """Startups of the twelve months that were financed within them."""
    rounds = _financings(world, _year_before(on), on)
    return _count(_line(party, _feat_note(rounds[party.id])) for party in _of_year(world, on) if party.id in rounds)


def financed_share(world: World, on: date) -> Figure:
    """Of the incubated companies, those that have been financed since they entered, in percent."""
    rounds = _financings(world, None, on)
    return _share_of_companies(world, on, {each: _feat_note(mine) for each, mine in rounds.items()})


def _share_of_companies(world: World, on: date, having: Mapping[int, Phrase]) -> Figure:
    companies = [line for line in incubated_companies(world, on).lines if line.counts]
    lines = tuple(
        Line(line.label, line.label_en, having.get(line.startup_id or 0, ""), line.amount, line.startup_id in having,
             line.startup_id)
        for line in companies
    )  # fmt: skip
    return Figure(_share(Decimal(sum(line.counts for line in lines)), Decimal(len(lines))), lines)


def financing_cases(world: World, on: date) -> Figure:
    """Rounds of financing of startups that have entered, each of them."""
    rounds = _financings(world, None, on)
    parties = sorted((world.parties[each] for each in rounds), key=lambda party: party.code)
    return _count(_line(party, _feat_note([feat])) for party in parties
                  for feat in sorted(rounds[party.id], key=lambda feat: feat.on))  # fmt: skip


def ip_applied_share(world: World, on: date) -> Figure:
    """Of the incubated companies, those that have applied for a right of intellectual property, in percent."""
    feats = [feat for feat in world.feats if feat.kind in ("right_applied", "right_granted") and feat.on <= on]
    return _share_of_companies(world, on, {feat.startup_id: _feat_note([feat]) for feat in feats})


def ip_valid_share(world: World, on: date) -> Figure:
    """Of the incubated companies, those that hold a granted right that is valid on the day, in percent."""
    feats = [feat for feat in world.feats if feat.kind == "right_granted" and feat.on <= on
             and (feat.valid_until is None or on <= feat.valid_until)]  # fmt: skip
    return _share_of_companies(world, on, {feat.startup_id: _feat_note([feat]) for feat in feats})


def graduates(world: World, on: date) -> Figure:
    """Startups that have graduated."""
    gone = sorted((day, world.parties[startup_id].code, startup_id) for startup_id, day in world.graduations
                  if day <= on and startup_id in world.parties)  # fmt: skip
    return _count(_line(world.parties[each], Phrase(N_("graduated on %(day)s"), {"day": day})) for day, _, each in gone)


def _people(world: World, role: str, on: date) -> Figure:
    there = sorted({(each.name, each.letter) for each in world.people
                    if each.role == role and each.first <= on and (each.after is None or on < each.after)})  # fmt: skip
    return _count(Line(name, "", _letter_note(letter), Decimal(1)) for name, letter in there)


def _letter_note(letter: str) -> Phrase | str:
    return Phrase(N_("letter of appointment %(number)s"), {"number": letter}) if letter else ""


def staff(world: World, on: date) -> Figure:
    """People of the operator who serve startups: owner, managers, front desk, finance."""
    return _people(world, "staff", on)


def mentors(world: World, on: date) -> Figure:
    """Mentors of the operator who are appointed on the day, each with the letter that says so."""
    return _people(world, "mentor", on)


def mentors_per_10(world: World, on: date) -> Figure:
    """Mentors for each 10 incubated companies; None where there is no such company: 5 for 50 are 1.00."""
    companies, there = incubated_companies(world, on).value, mentors(world, on)
    assert there.value is not None
    return Figure((there.value * 10 / companies).quantize(CENT, ROUND_HALF_UP) if companies else None, there.lines)


def mentor_sessions(world: World, on: date) -> Figure:
    """The fewest sessions that a mentor who is appointed on the day has held in the twelve months until it; None where
    nobody is appointed. Of three who have held 5, 2 and 3 it is 2."""
    since = _year_before(on)
    held = Counter(each.mentor_id for each in world.given if since <= each.on <= on)
    there = {each.mentor_id: each for each in world.people
             if each.role == "mentor" and each.first <= on and (each.after is None or on < each.after)}  # fmt: skip
    lines = tuple(
        Line(each.name, "", _letter_note(each.letter), Decimal(held[mentor_id or 0]))
        for mentor_id, each in sorted(there.items(), key=lambda item: (held[item[0] or 0], item[1].name))
    )
    return Figure(min((line.amount for line in lines), default=None), lines)


def _stated(measure: str, note: Phrase | str = "") -> Measure:
    def find(world: World, on: date) -> Figure:
        """What the operator states of it on the day."""
        for each in world.stated:
            if each.measure == measure and each.first <= on and (each.after is None or on < each.after):
                return Figure(each.figure, (Line(each.evidence, "", note, each.figure),))
        return Figure(None)

    return find


_events_stated = _stated("events_year", Phrase(N_("stated: the register has no event of these twelve months")))


def events_year(world: World, on: date) -> Figure:
    """Events held in the twelve months until the day, by the register; what is stated only where it has none: twelve
    stated and three in the register are 3."""
    since = _year_before(on)
    held = [each for each in world.gatherings if since <= each.on <= on]
    if not held:
        return _events_stated(world, on)
    return _count(
        Line(each.title, each.title_en,
             Phrase(N_("%(day)s, %(people)s people"), {"day": each.on, "people": each.participants}), Decimal(1))
        for each in held
    )  # fmt: skip


MEASURES: dict[str, Measure] = {
    "operating_months": operating_months,
    "statistics_years": _stated("statistics_years"),
    "usable_area": usable_area,
    "desks": desks,
    "incubation_share": incubation_share,
    "service_share": service_share,
    "under_agreement": under_agreement,
    "incubated_companies": incubated_companies,
    "companies_per_1000_m2": companies_per_1000_m2,
    "new_registrations": new_registrations,
    "financed_year": financed_year,
    "financed_share": financed_share,
    "financing_cases": financing_cases,
    "seed_fund": _stated("seed_fund"),
    "staff": staff,
    "professional_share": _stated("professional_share"),
    "mentors": mentors,
    "mentors_per_10": mentors_per_10,
    "mentor_sessions": mentor_sessions,
    "events_year": events_year,
    "ip_applied_share": ip_applied_share,
    "ip_valid_share": ip_valid_share,
    "graduates": graduates,
}

"""What is known of a party in a month, from what is kept of it: pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from msgspec import Struct, field

from incubator.core.periods import Month, months_between
from incubator.startups.rules.industries import division_of
from incubator.subsidies.rules.facts import LISTED, Fact, Held


class Claim(Struct, frozen=True):
    """A qualification or a category on some days, with its evidence; confirmed by staff, or said and waiting."""

    name: str
    first: date
    last: date | None
    """Inclusive; None: until further notice."""
    confirmed: bool
    evidence: str = ""

    def holds(self, on: date) -> bool:
        return self.first <= on and (self.last is None or on <= self.last)


class Record(Struct, frozen=True):
    """A recorded fact on some days."""

    name: str
    value: str | int | bool
    first: date
    last: date | None
    evidence: str

    def holds(self, on: date) -> bool:
        return self.first <= on and (self.last is None or on <= self.last)


class Kept(Struct, frozen=True):
    """All that is kept of a startup, as far as a month's rules ask for it; None and () where they don't."""

    kind: str
    industry: str = ""
    industry_code: str = ""
    registered_on: date | None = None
    paid_in_yuan: int | None = None
    first_day: date | None = None
    registered_here: bool | None = None
    people: int | None = None
    qualifications: tuple[Claim, ...] = ()
    categories: tuple[Claim, ...] = ()
    founders: int = 0
    verified: int = 0
    """How many founders there are, and of how many the identity was checked."""
    records: tuple[Record, ...] = ()
    persons: dict[int, str] = field(default_factory=dict)


def facts_of(kept: Kept, month: Month) -> tuple[dict[str, Fact], dict[str, tuple[str, ...]]]:
    """What schemes may ask of a startup in a month, and the evidence of what has one; None is not known.

    A company that was registered after the month's last day was a team in it: registered on 5 November, posted on the
    6th, it is a team for October. The month of residence counts from 1, from the startup's first day at any site: in
    since 15 August, October is the 3rd, and the 36th is July three years on. What changes within a month counts as it
    stands on its last day.
    """
    on = month.last
    registered = kept.registered_on if kept.registered_on is None or kept.registered_on <= on else None
    then_kind = "team" if kept.kind == "company" and kept.registered_on != registered else kept.kind
    resident = kept.first_day if kept.first_day is not None and kept.first_day <= on else None
    qualifications, by_certificate = held(kept.qualifications, on)
    categories, by_founder = held(kept.categories, on)
    division = division_of(kept.industry_code) if kept.industry_code else None
    facts: dict[str, Fact] = {
        "startup.kind": then_kind,
        "startup.industry": kept.industry or None,
        "startup.industry_section": division.section if division else None,
        "startup.industry_division": kept.industry_code[:2] or None,
        "startup.registered_on": registered.isoformat() if registered else None,
        "startup.registered_months": months_between(registered, month) - 1 if registered else None,
        "startup.registered_here": kept.registered_here,
        "startup.paid_in_yuan": kept.paid_in_yuan if then_kind == "company" else None,
        "startup.people": kept.people,
        "startup.qualifications": qualifications,
        "founders.categories": categories if kept.founders else None,
        "founders.verified": kept.verified > 0 if kept.founders else None,
        "residency.month_number": months_between(resident, month) if resident else None,
        "residency.first_day": resident.isoformat() if resident else None,
    }
    evidence = {"startup.qualifications": by_certificate, "founders.categories": by_founder}
    recorded, by_record = recorded_facts(kept.records, month)
    return {LISTED: False} | facts | recorded, evidence | by_record


def site_facts(records: Iterable[Record], companies: int | None, month: Month) -> dict[str, Fact]:
    """What schemes may ask of a site in a month: what is recorded, how many companies it incubates (None: nobody asks),
    and how long ago it was approved: approved on 10 March, March is its 1st month. Without a record it has no shared
    office zones."""
    facts, _ = recorded_facts(records, month)
    approved = facts.get("site.approved_on")
    if isinstance(approved, str):
        facts["site.approved_months"] = max(0, months_between(date.fromisoformat(approved), month))
    zones = {"site.zones": 0, "site.zone_companies": 0} | facts
    if companies is None:
        return zones
    in_zones = zones["site.zone_companies"]
    outside = companies - in_zones if isinstance(in_zones, int) else companies
    return zones | {"site.companies": companies, "site.companies_outside": max(0, outside)}


def recorded_facts(records: Iterable[Record], month: Month) -> tuple[dict[str, Fact], dict[str, tuple[str, ...]]]:
    """The records that hold on the month's last day, and their evidence."""
    holding = [each for each in records if each.holds(month.last)]
    return {each.name: each.value for each in holding}, {each.name: (each.evidence,) for each in holding}


def held(claims: Iterable[Claim], on: date) -> tuple[Held, tuple[str, ...]]:
    """What holds on a day, and the evidence of what is confirmed; what is confirmed once is not also claimed."""
    holding = [each for each in claims if each.holds(on)]
    confirmed = {each.name for each in holding if each.confirmed}
    claimed = {each.name for each in holding} - confirmed
    evidence = sorted({each.evidence for each in holding if each.confirmed and each.evidence})
    return Held(tuple(sorted(confirmed)), tuple(sorted(claimed))), tuple(evidence)

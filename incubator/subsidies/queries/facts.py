"""What is known of startups and of a site in a month, as far as rules ask: a bounded number of statements for all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta

from sqlalchemy import ARRAY, Date, TableValuedAlias, and_, any_, column, func, literal, or_, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import InstrumentedAttribute, Session

from incubator.core.money import MINOR_PER_MAJOR
from incubator.core.periods import Month
from incubator.database import id_array
from incubator.startups.models import Achievement, Individual, Post, RegisteredAddress, Residency, Standing, Startup
from incubator.startups.rules.people import last_day_of
from incubator.subsidies.models import RecordedFact
from incubator.subsidies.rules.engine import Party
from incubator.subsidies.rules.facts import Fact
from incubator.subsidies.rules.known import Claim, Kept, Record, facts_of, site_facts

_PERSONS = frozenset({"founders.categories", "founders.verified", "persons"})
_COMPANIES = frozenset({"site.companies", "site.companies_outside"})


Place = tuple[int, Month]
"""A site in a month: by its facts what is charged there is rated."""


def load_parties(
    session: Session, site_id: int, month: Month, startup_ids: Collection[int], names: Collection[str]
) -> dict[int, Party]:
    """The startups with the facts of those `names`, as they stand in the month; "persons" asks for the founders too."""
    return load_parties_of(session, {(site_id, month): startup_ids}, names)[site_id, month]


def load_parties_of(
    session: Session, wanted: Mapping[Place, Collection[int]], names: Collection[str]
) -> dict[Place, dict[int, Party]]:
    """By site and month its startups, with the facts of those `names` as they stand there.

    Two statements, and at most six more by what is asked for; none for each startup or month.
    """
    ids, lasts = sorted({each for found in wanted.values() for each in found}), {month.last for _, month in wanted}
    asked = set(names)
    startups = _startups(session, ids)
    people = _people(session, ids, lasts) if "startup.people" in asked else {}
    registered = _registered_at(session, ids, lasts) if "startup.registered_here" in asked else {}
    qualifications = _qualifications(session, ids) if "startup.qualifications" in asked else {}
    founders = _founders(session, ids, lasts) if asked & _PERSONS else {}
    categories = _categories(session, founders.values()) if "founders.categories" in asked else {}
    records = _records(session, RecordedFact.startup_id, ids)
    sites = _facts_of_sites(session, wanted, asked) if any(name.startswith("site.") for name in asked) else {}
    parties: dict[Place, dict[int, Party]] = {}
    for (site_id, month), startup_ids in wanted.items():
        here, found = set(startup_ids), dict[int, Party]()
        parties[site_id, month] = found
        for startup, first_day in startups:
            if startup.id not in here:
                continue
            then = startup.id, month.last
            mine = founders.get(then, {})
            kept = Kept(
                startup.kind, startup.industry, startup.industry_code, startup.registered_on,
                None if startup.paid_in_minor is None else startup.paid_in_minor // MINOR_PER_MAJOR,
                first_day, registered[then] == site_id if then in registered else None,
                people.get(then), tuple(qualifications.get(startup.id, ())),
                tuple(claim for individual in mine for claim in categories.get(individual, ())),
                len(mine), sum(verified for _, verified in mine.values()), tuple(records.get(startup.id, ())),
            )  # fmt: skip
            facts, evidence = facts_of(kept, month)
            persons = {individual: name for individual, (name, _) in mine.items()}
            facts |= sites.get((site_id, month), {})
            found[startup.id] = Party(startup.id, site_id, month, facts, evidence, persons)
    return parties


def load_site_facts(session: Session, site_id: int, month: Month) -> dict[str, Fact]:
    """What is known of a site in a month, in two statements."""
    return _facts_of_sites(session, [(site_id, month)], _COMPANIES)[site_id, month]


def _facts_of_sites(
    session: Session, places: Collection[Place], asked: Collection[str]
) -> dict[Place, dict[str, Fact]]:  # fmt: skip
    site_ids = sorted({site_id for site_id, _ in places})
    records = _records(session, RecordedFact.site_id, site_ids)
    companies = _companies(session, site_ids, {month.last for _, month in places}) if _COMPANIES & {*asked} else None
    return {
        (site_id, month): site_facts(
            records.get(site_id, ()), None if companies is None else companies.get((site_id, month.last), 0), month
        )
        for site_id, month in places
    }


def _companies(session: Session, site_ids: Sequence[int], days: Iterable[date]) -> dict[tuple[int, date], int]:
    """How many each site incubates on each day."""
    lasts = _each_of(days)
    last = lasts.c.on
    rows = session.execute(
        select(Residency.site_id, last, func.count(func.distinct(Residency.startup_id)))
        .join(Startup, Startup.id == Residency.startup_id)
        .join(lasts, and_(Startup.registered_on <= last, Residency.starts_on <= last,
                          or_(Residency.ends_on.is_(None), Residency.ends_on >= last)))
        .where(Residency.site_id == any_(id_array(site_ids)), Startup.kind == "company")
        .group_by(Residency.site_id, last)
    ).all()  # fmt: skip
    return {(site_id, on): number for site_id, on, number in rows}


def _each_of(days: Iterable[date]) -> TableValuedAlias:
    """Days as the rows of a statement: `on`."""
    days = literal(sorted(set(days)), ARRAY(Date))
    return func.unnest(days).table_valued(column("on", Date), name="lasts").render_derived()


def _startups(session: Session, ids: Sequence[int]) -> Sequence[tuple[Startup, date | None]]:
    """Each with its first day at any site."""
    first_days = (
        select(Residency.startup_id, func.min(Residency.starts_on).label("first"))
        .where(Residency.startup_id == any_(id_array(ids)))
        .group_by(Residency.startup_id)
        .subquery()
    )
    rows = session.execute(
        select(Startup, first_days.c.first)
        .outerjoin(first_days, first_days.c.startup_id == Startup.id)
        .where(Startup.id == any_(id_array(ids)))
    ).all()
    return [(startup, first) for startup, first in rows]


def _people(session: Session, ids: Sequence[int], lasts: Iterable[date]) -> dict[tuple[int, date], int]:
    each = _each_of(lasts)
    rows = session.execute(
        select(Post.startup_id, each.c.on, func.count(func.distinct(Post.individual_id)))
        .join(each, Post.days.op("@>")(each.c.on))
        .where(Post.startup_id == any_(id_array(ids)))
        .group_by(Post.startup_id, each.c.on)
    ).all()
    return {(startup_id, on): number for startup_id, on, number in rows}


def _registered_at(
    session: Session, ids: Sequence[int], lasts: Iterable[date]
) -> dict[tuple[int, date], int | None]:
    each = _each_of(lasts)
    rows = session.execute(
        select(RegisteredAddress.startup_id, each.c.on, RegisteredAddress.site_id)
        .join(each, RegisteredAddress.days.op("@>")(each.c.on))
        .where(RegisteredAddress.startup_id == any_(id_array(ids)))
    ).all()  # fmt: skip
    return {(startup_id, on): site_id for startup_id, on, site_id in rows}


def _qualifications(session: Session, ids: Sequence[int]) -> dict[int, list[Claim]]:
    found: dict[int, list[Claim]] = defaultdict(list)
    rows = session.execute(
        select(Achievement)
        .where(Achievement.startup_id == any_(id_array(ids)), Achievement.kind == "qualification",
               Achievement.withdrawn_at.is_(None))
        .order_by(Achievement.id)
    ).scalars()  # fmt: skip
    for each in rows:
        evidence = " ".join(part for part in (each.title, each.number) if part)
        found[each.startup_id].append(
            Claim(each.sort, each.happened_on, each.valid_until, each.confirmed_at is not None, evidence)
        )
    return found


Founders = dict[int, tuple[str, bool]]
"""By person: the name, and whether the identity was checked."""


def _founders(session: Session, ids: Sequence[int], lasts: Iterable[date]) -> dict[tuple[int, date], Founders]:
    """By startup and day who its founders were on it."""
    found: dict[tuple[int, date], Founders] = defaultdict(dict)
    each = _each_of(lasts)
    rows = session.execute(
        select(Post.startup_id, each.c.on, Individual.id, Individual.name, Individual.id_hash.is_not(None))
        .join(each, Post.days.op("@>")(each.c.on))
        .join(Individual, Individual.id == Post.individual_id)
        .where(Post.startup_id == any_(id_array(ids)), Post.role == "founder")
        .order_by(Post.startup_id, Individual.id)
    ).all()
    for startup_id, on, individual_id, name, verified in rows:
        found[startup_id, on][individual_id] = name, verified
    return found


def _categories(session: Session, founders: Iterable[Founders]) -> dict[int, list[Claim]]:
    found: dict[int, list[Claim]] = defaultdict(list)
    individuals = sorted({individual for mine in founders for individual in mine})
    rows = session.execute(
        select(Standing)
        .where(Standing.individual_id == any_(id_array(individuals)), Standing.withdrawn_at.is_(None))
        .order_by(Standing.id)
    ).scalars()
    for each in rows:
        last = last_day_of(each.category, each.first, each.last)
        found[each.individual_id].append(
            Claim(each.category, each.first, last, each.confirmed_at is not None, each.evidence)
        )
    return found


def _records(
    session: Session, whose: InstrumentedAttribute[int | None], ids: Sequence[int]
) -> dict[int | None, list[Record]]:
    """By the startup or the site that they are of."""
    found: dict[int | None, list[Record]] = defaultdict(list)
    rows = session.execute(
        select(whose, RecordedFact)
        .where(whose == any_(id_array(ids)), RecordedFact.withdrawn_at.is_(None))
        .order_by(RecordedFact.id)
    ).all()
    for owner, each in rows:
        found[owner].append(record_of(each))
    return found


def record_of(row: RecordedFact) -> Record:
    """A row as the rules read it."""
    first, last = span(row.days)
    return Record(row.name, row.value, first, last, row.evidence)


def span(days: Range[date]) -> tuple[date, date | None]:
    """First and last day, inclusive, of a range that PostgreSQL gives with the first day after it."""
    assert days.lower is not None, "a named CHECK of every table with days"
    return days.lower, None if days.upper is None else days.upper - timedelta(days=1)

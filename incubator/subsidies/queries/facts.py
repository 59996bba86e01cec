"""What is known of startups and of a site in a month, as far as rules ask: a bounded number of statements for all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, any_, func, or_, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

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


def load_parties(
    session: Session, site_id: int, month: Month, startup_ids: Collection[int], names: Collection[str]
) -> dict[int, Party]:
    """The startups with the facts of those `names`, as they stand in the month; "persons" asks for the founders too.

    Two statements, and at most seven more by what is asked for; none for each startup.
    """
    ids = sorted(startup_ids)
    asked = set(names)
    startups = session.execute(select(Startup).where(Startup.id == any_(id_array(ids)))).scalars().all()
    first_days = _first_days(session, ids)
    people = _people(session, ids, month) if "startup.people" in asked else {}
    here = _registered_here(session, site_id, ids, month) if "startup.registered_here" in asked else {}
    qualifications = _qualifications(session, ids) if "startup.qualifications" in asked else {}
    founders = _founders(session, ids, month) if asked & _PERSONS else {}
    categories = _categories(session, founders) if "founders.categories" in asked else {}
    records = _records(session, RecordedFact.startup_id == any_(id_array(ids)))
    site = load_site_facts(session, site_id, month) if any(name.startswith("site.") for name in asked) else {}
    parties = {}
    for startup in startups:
        mine = founders.get(startup.id, {})
        kept = Kept(
            startup.kind, startup.industry, startup.industry_code, startup.registered_on,
            None if startup.paid_in_minor is None else startup.paid_in_minor // MINOR_PER_MAJOR,
            first_days.get(startup.id), here.get(startup.id), people.get(startup.id),
            tuple(qualifications.get(startup.id, ())),
            tuple(claim for individual in mine for claim in categories.get(individual, ())),
            len(mine), sum(verified for _, verified in mine.values()), tuple(records.get(startup.id, ())),
        )  # fmt: skip
        facts, evidence = facts_of(kept, month)
        persons = {individual: name for individual, (name, _) in mine.items()}
        parties[startup.id] = Party(startup.id, site_id, month, facts | site, evidence, persons)
    return parties


def load_site_facts(session: Session, site_id: int, month: Month) -> dict[str, Fact]:
    """What is known of a site in a month, in two statements."""
    records = _records(session, RecordedFact.site_id == site_id)
    companies = session.execute(
        select(func.count(func.distinct(Residency.startup_id)))
        .join(Startup, Startup.id == Residency.startup_id)
        .where(Residency.site_id == site_id, Startup.kind == "company", Startup.registered_on <= month.last,
               *_runs_on(month.last))
    ).scalar_one()  # fmt: skip
    return site_facts(records.get(None, ()), companies, month)


def _runs_on(on: date) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return Residency.starts_on <= on, or_(Residency.ends_on.is_(None), Residency.ends_on >= on)


def _first_days(session: Session, ids: Sequence[int]) -> dict[int, date]:
    rows = session.execute(
        select(Residency.startup_id, func.min(Residency.starts_on))
        .where(Residency.startup_id == any_(id_array(ids)))
        .group_by(Residency.startup_id)
    ).all()
    return dict(rows)


def _people(session: Session, ids: Sequence[int], month: Month) -> dict[int, int]:
    rows = session.execute(
        select(Post.startup_id, func.count(func.distinct(Post.individual_id)))
        .where(Post.startup_id == any_(id_array(ids)), Post.days.op("@>")(month.last))
        .group_by(Post.startup_id)
    ).all()
    return dict(rows)


def _registered_here(session: Session, site_id: int, ids: Sequence[int], month: Month) -> dict[int, bool]:
    rows = session.execute(
        select(RegisteredAddress.startup_id, RegisteredAddress.site_id)
        .where(RegisteredAddress.startup_id == any_(id_array(ids)), RegisteredAddress.days.op("@>")(month.last))
    ).all()  # fmt: skip
    return {startup_id: at == site_id for startup_id, at in rows}


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


def _founders(session: Session, ids: Sequence[int], month: Month) -> dict[int, dict[int, tuple[str, bool]]]:
    """By startup: its founders on the month's last day, with their names and whether their identity was checked."""
    found: dict[int, dict[int, tuple[str, bool]]] = defaultdict(dict)
    rows = session.execute(
        select(Post.startup_id, Individual.id, Individual.name, Individual.id_hash.is_not(None))
        .join(Individual, Individual.id == Post.individual_id)
        .where(Post.startup_id == any_(id_array(ids)), Post.role == "founder", Post.days.op("@>")(month.last))
        .order_by(Post.startup_id, Individual.id)
    ).all()
    for startup_id, individual_id, name, verified in rows:
        found[startup_id][individual_id] = name, verified
    return found


def _categories(session: Session, founders: Mapping[int, Mapping[int, object]]) -> dict[int, list[Claim]]:
    found: dict[int, list[Claim]] = defaultdict(list)
    individuals = sorted({individual for mine in founders.values() for individual in mine})
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


def _records(session: Session, whose: ColumnElement[bool]) -> dict[int | None, list[Record]]:
    """By startup; None: those of a site."""
    found: dict[int | None, list[Record]] = defaultdict(list)
    rows: Iterable[RecordedFact] = session.execute(
        select(RecordedFact).where(and_(whose, RecordedFact.withdrawn_at.is_(None))).order_by(RecordedFact.id)
    ).scalars()
    for each in rows:
        found[each.startup_id].append(record_of(each))
    return found


def record_of(row: RecordedFact) -> Record:
    """A row as the rules read it."""
    first, last = span(row.days)
    return Record(row.name, row.value, first, last, row.evidence)


def span(days: Range[date]) -> tuple[date, date | None]:
    """First and last day, inclusive, of a range that PostgreSQL gives with the first day after it."""
    assert days.lower is not None, "a named CHECK of every table with days"
    return days.lower, None if days.upper is None else days.upper - timedelta(days=1)

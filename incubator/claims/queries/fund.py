"""The fund: what each scheme granted in a year against what became of those whom it bore, for its evaluation.

Outcomes come from confirmed figures, confirmed achievements, agreements and exits alone; what nobody has confirmed is
unknown, and said to be.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from msgspec import Struct, field
from sqlalchemy import any_, exists, func, select
from sqlalchemy.orm import Session, aliased

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.claims.models import Claim, ClaimLine
from incubator.claims.queries.lists import add_up
from incubator.claims.queries.money import load_sums
from incubator.claims.rules.money import Sums
from incubator.claims.rules.states import ENDED
from incubator.database import id_array
from incubator.startups.models import Achievement, Exit, Figure, FigureSheet, FigureVersion, Indicator, Residency
from incubator.subsidies.models import Budget, Decision, GrantInstalment, OperatorGrant, Scheme

JOBS, REVENUE = "employees", "revenue"


class Known(Struct, frozen=True):
    """A sum over startups, and of how many it is known; None where of nobody."""

    value: Decimal | None
    known: int


class Outcomes(Struct, frozen=True):
    """What became of the companies of a scheme and year."""

    companies: int
    kept: int
    """Still in residence at the year's end, or graduated."""
    graduates: int
    jobs: Known
    revenue_minor: Known
    rights: int
    """Intellectual property granted in the year, confirmed."""


class FundRow(Struct, frozen=True):
    """A scheme in a year, by the last month of its claims."""

    scheme: Scheme
    year: int
    claims: int
    sums: Sums
    budget_minor: int | None
    """Of its pool for the year; None: the scheme has none."""
    outcomes: Outcomes


class _World(Struct, frozen=True):
    """What outcomes are told from."""

    exits: Mapping[int, Sequence[Exit]] = field(default_factory=dict)
    residencies: Mapping[int, Sequence[Residency]] = field(default_factory=dict)
    figures: Mapping[tuple[int, str], Sequence[tuple[date, Decimal]]] = field(default_factory=dict)
    rights: Mapping[int, Sequence[date]] = field(default_factory=dict)


def list_fund(session: Session, actor: Actor, *, today: date) -> list[FundRow]:
    """Every scheme and year with a claim that has not ended, the latest first; a dozen statements."""
    actor.require(Action.SEE_CLAIMS)
    rows = session.execute(
        select(Claim, Scheme).join(Scheme, Scheme.id == Claim.scheme_id)
        .where(Claim.state.not_in(ENDED)).order_by(Claim.last_on.desc(), Scheme.code)
    ).all()  # fmt: skip
    found: dict[tuple[int, str], list[Claim]] = defaultdict(list)
    schemes: dict[str, Scheme] = {}
    for claim, scheme in rows:
        found[claim.last_on.year, scheme.code].append(claim)
        schemes[scheme.code] = scheme
    sums = load_sums(session, [claim.id for claim, _ in rows])
    companies = _companies(session, [claim.id for claim, _ in rows])
    world = _load(session, {each for ids in companies.values() for each in ids})
    budgets = _budgets(session)
    made = []
    for (year, code), claims in sorted(found.items(), key=lambda each: (-each[0][0], each[0][1])):
        mine = {each for claim in claims for each in companies.get(claim.id, ())}
        made.append(FundRow(
            schemes[code], year, len(claims), add_up([sums[claim.id] for claim in claims]),
            _budget_of(budgets, schemes[code].pool_id, year), _outcomes(world, mine, year, today),
        ))  # fmt: skip
    return made


def _companies(session: Session, claim_ids: Collection[int]) -> dict[int, set[int]]:
    """By claim the startups whose lines are in it."""
    startup = func.coalesce(Decision.startup_id, OperatorGrant.startup_id)
    rows = session.execute(
        select(ClaimLine.claim_id, startup)
        .outerjoin(Decision, Decision.id == ClaimLine.decision_id)
        .outerjoin(GrantInstalment, GrantInstalment.id == ClaimLine.instalment_id)
        .outerjoin(OperatorGrant, OperatorGrant.id == func.coalesce(GrantInstalment.grant_id, ClaimLine.grant_id))
        .where(ClaimLine.claim_id == any_(id_array(claim_ids)), ClaimLine.released_at.is_(None), startup.is_not(None))
        .distinct()
    ).all()
    found: dict[int, set[int]] = defaultdict(set)
    for claim_id, startup_id in rows:
        found[claim_id].add(startup_id)
    return found


def _budgets(session: Session) -> dict[int, list[Budget]]:
    found: dict[int, list[Budget]] = defaultdict(list)
    for each in session.execute(select(Budget)).scalars():
        found[each.pool_id].append(each)
    return found


def _budget_of(budgets: Mapping[int, Sequence[Budget]], pool_id: int | None, year: int) -> int | None:
    if pool_id is None:
        return None
    mine = [each for each in budgets.get(pool_id, ()) if each.days.lower is not None and each.days.lower.year == year]
    return sum(each.amount_minor for each in mine) if mine else None


def _load(session: Session, startup_ids: Collection[int]) -> _World:
    ids = any_(id_array(startup_ids))
    exits, residencies, rights = defaultdict(list), defaultdict(list), defaultdict(list)
    for leaving in session.execute(select(Exit).where(Exit.startup_id == ids).order_by(Exit.happened_on)).scalars():
        exits[leaving.startup_id].append(leaving)
    for stay in session.execute(select(Residency).where(Residency.startup_id == ids)).scalars():
        residencies[stay.startup_id].append(stay)
    granted = session.execute(
        select(Achievement.startup_id, Achievement.happened_on)
        .where(Achievement.startup_id == ids, Achievement.kind == "right_granted",
               Achievement.confirmed_at.is_not(None), Achievement.withdrawn_at.is_(None))
    ).all()  # fmt: skip
    for startup_id, on in granted:
        rights[startup_id].append(on)
    return _World(exits, residencies, _figures(session, startup_ids), rights)


def _figures(
    session: Session, startup_ids: Collection[int]
) -> dict[tuple[int, str], list[tuple[date, Decimal]]]:
    """By startup and indicator the confirmed values, by the last day of their period: of each sheet the version that
    was confirmed last."""
    later = aliased(FigureVersion)
    rows = session.execute(
        select(FigureSheet.startup_id, Indicator.code, FigureSheet.ends_on, Figure.value)
        .join(FigureVersion, FigureVersion.sheet_id == FigureSheet.id)
        .join(Figure, Figure.version_id == FigureVersion.id)
        .join(Indicator, Indicator.id == Figure.indicator_id)
        .where(FigureSheet.startup_id == any_(id_array(startup_ids)), Indicator.code.in_((JOBS, REVENUE)),
               FigureVersion.confirmed_at.is_not(None), Figure.value.is_not(None),
               ~exists().where(later.sheet_id == FigureSheet.id, later.confirmed_at.is_not(None),
                               later.number > FigureVersion.number))
        .order_by(FigureSheet.ends_on)
    ).all()  # fmt: skip
    found: dict[tuple[int, str], list[tuple[date, Decimal]]] = defaultdict(list)
    for startup_id, code, on, value in rows:
        if value is not None:
            found[startup_id, code].append((on, value))
    return found


def _outcomes(world: _World, startup_ids: Collection[int], year: int, today: date) -> Outcomes:
    last = min(date(year, 12, 31), today)
    graduated = {each for each in startup_ids if any(
        leaving.kind == "graduated" and leaving.happened_on <= last for leaving in world.exits.get(each, ()))}
    kept = graduated | {each for each in startup_ids if _resides(world.residencies.get(each, ()), last)}
    of_year = {each for each in graduated if any(
        leaving.kind == "graduated" and leaving.happened_on.year == year for leaving in world.exits.get(each, ()))}
    return Outcomes(
        len(startup_ids), len(kept), len(of_year),
        _known(_last(world.figures.get((each, JOBS), ()), year) for each in startup_ids),
        _known(_total(world.figures.get((each, REVENUE), ()), year) for each in startup_ids),
        sum(on.year == year for each in startup_ids for on in world.rights.get(each, ())),
    )  # fmt: skip


def _resides(stays: Iterable[Residency], on: date) -> bool:
    return any(each.starts_on <= on and (each.ends_on is None or on <= each.ends_on) for each in stays)


def _last(values: Iterable[tuple[date, Decimal]], year: int) -> Decimal | None:
    """The value of the year's last period that is confirmed: people are counted at its end."""
    mine = [value for on, value in values if on.year == year]
    return mine[-1] if mine else None


def _total(values: Iterable[tuple[date, Decimal]], year: int) -> Decimal | None:
    """The sum of the year's confirmed periods."""
    mine = [value for on, value in values if on.year == year]
    return sum(mine, Decimal(0)) if mine else None


def _known(values: Iterable[Decimal | None]) -> Known:
    found = [each for each in values if each is not None]
    return Known(sum(found, Decimal(0)) if found else None, len(found))



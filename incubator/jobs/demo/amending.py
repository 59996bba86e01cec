"""What becomes of the demo's agreements: one moves, one grows, one gives back, one goes on; and units that are held."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.core.periods import Month, local_instant
from incubator.spaces.models import Site, Unit
from incubator.startups.models import Residency, ResidencyPrice, Startup
from incubator.startups.operations import AgreedFacts, UnitTerms, amend_residency, hold_units
from incubator.startups.operations.amending import get_standing
from incubator.startups.queries import list_conflicts
from incubator.startups.rules.limits import add_months

A_DAY = timedelta(days=1)
Rents = tuple[Decimal, Decimal, Decimal]
"""An office's by m², a desk's, and the property fee."""
KINDS = ("move", "enlargement", "return", "renewal", "price")


def amend_some(session: Session, actor: Actor, site: Site, rents: Rents, now: datetime) -> None:
    """At one site, from the first of next month on: the first agreements that fit, one for each kind of amendment."""
    first = (Month.of(now.astimezone(ZoneInfo(site.zone)).date()) + 1).first
    waiting = list(KINDS)
    running = session.execute(
        select(Residency)
        .where(Residency.site_id == site.id, Residency.starts_on < first, Residency.ends_on > first + 40 * A_DAY)
        .order_by(Residency.id)
    ).scalars().all()  # fmt: skip
    for residency in running:
        had = sorted(get_standing(session, residency).had_by(first))
        kind = next((each for each in waiting if each != "return" or len(had) > 1), None)
        if kind is None:
            break
        if _amend(session, actor, site, residency, kind, had, first, rents, now):
            waiting.remove(kind)
    _hold(session, actor, site, first, now)


def _amend(
    session: Session, actor: Actor, site: Site, residency: Residency, kind: str, had: list[int], first: date,
    rents: Rents, now: datetime,
) -> bool:  # fmt: skip
    units = {unit.id: unit for unit in session.execute(select(Unit).where(Unit.id.in_(had))).scalars()}
    mine = [units[each] for each in had]
    more = [unit for unit in _free(session, site, first, residency.ends_on) if unit.kind == mine[0].kind][:1]
    if kind in ("move", "enlargement") and not more:
        return False
    ends_on, facts = residency.ends_on, AgreedFacts(100_000 * len(mine), 30)
    kept, taken = mine, more if kind in ("move", "enlargement") else []
    if kind in ("move", "return"):
        kept = mine[1:]
    if kind == "renewal":
        assert ends_on is not None, "of those that end"
        ends_on = add_months(ends_on + A_DAY, 12) - A_DAY
        if any(unit.id in list_conflicts(session, site.id, *_span(site, residency.ends_on, ends_on)) for unit in mine):
            return False
    notes = {"move": "按企业要求换到靠窗位置", "enlargement": "团队扩充", "return": "团队收缩，退回部分工位",
             "renewal": "到期续签一年", "price": "按新价目调整"}  # fmt: skip
    terms = [_terms(unit, rents) for unit in (taken if kind != "price" else mine)]
    amend_residency(
        session, actor, now=now, residency=residency, effective_on=first, ends_on=ends_on, units=terms,
        as_before=[] if kind == "price" else kept, facts=facts, signed_on=first - 10 * A_DAY, note=notes[kind],
    )  # fmt: skip
    return True


def _span(site: Site, ended: date | None, ends_on: date) -> tuple[datetime, datetime]:
    assert ended is not None, "of those that end"
    zone = ZoneInfo(site.zone)
    return local_instant(ended + A_DAY, 0, zone), local_instant(ends_on + A_DAY, 0, zone)


def _terms(unit: Unit, rents: Rents) -> UnitTerms:
    office, desk, fee = rents
    if unit.kind == "office":
        return UnitTerms(unit, "m2_month", office + 2, fee)
    return UnitTerms(unit, "unit_month", desk + 20)


def _free(session: Session, site: Site, first: date, last: date | None) -> list[Unit]:
    """Units that are let at other times and that nobody has in these."""
    zone = ZoneInfo(site.zone)
    until = None if last is None else local_instant(last + A_DAY, 0, zone)
    taken = list_conflicts(session, site.id, local_instant(first, 0, zone), until)
    let = select(ResidencyPrice.unit_id)
    units = session.execute(select(Unit).where(Unit.site_id == site.id, Unit.id.in_(let)).order_by(Unit.code)).scalars()
    return [unit for unit in units if unit.id not in taken]


def _hold(session: Session, actor: Actor, site: Site, first: date, now: datetime) -> None:
    today = now.astimezone(ZoneInfo(site.zone)).date()
    free = _free(session, site, today, first + 90 * A_DAY)
    if free:
        hold_units(session, actor, now=now, site=site, units=free[:1], first=today, last=today + 13 * A_DAY,
                   for_whom="深海机器人团队", reason="已看场地，等待评审结果")  # fmt: skip
    if len(free) > 2:
        startup = session.execute(select(Startup).order_by(Startup.id).limit(1)).scalar_one()
        hold_units(session, actor, now=now, site=site, units=free[1:3], first=first, last=first + 29 * A_DAY,
                   startup=startup, reason="拟扩租")  # fmt: skip

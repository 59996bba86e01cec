"""Who sat where on which days, with how many m² and how many heads: what shared things are borne by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from msgspec import Struct, field
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from incubator.spaces.models import Unit
from incubator.startups.models import Post, Residency, ResidencyPrice
from incubator.startups.queries.residencies import IN_TERM

A_DAY = timedelta(days=1)


class UnitStay(Struct, frozen=True):
    """A startup had a unit on some days, both inclusive; None: open-ended."""

    startup_id: int
    unit_id: int
    area_m2: Decimal
    first: date
    last: date | None


class HeadStay(Struct, frozen=True):
    """So many people of a startup were here on some days."""

    startup_id: int
    heads: int
    first: date
    last: date


class Occupancy(Struct):
    """A site's occupants between two days."""

    units: list[UnitStay] = field(default_factory=list)
    heads: list[HeadStay] = field(default_factory=list)

    def of_unit(self, unit_id: int) -> Sequence[UnitStay]:
        """Who had one unit, in turn."""
        return [each for each in self.units if each.unit_id == unit_id]


def list_occupants(
    session: Session, site_ids: Collection[int], first: date, last: date, *, heads: bool = False
) -> dict[int, Occupancy]:  # fmt: skip
    """By site who had which unit by agreement between two days, free of rent or not; one statement, and one more for
    the heads. A startup of which nobody is on record counts as one head."""
    rows = session.execute(
        select(Residency.site_id, Residency.id, Residency.startup_id, ResidencyPrice.unit_id, Unit.area_m2,
               func.greatest(func.lower(ResidencyPrice.days), Residency.starts_on),
               func.least(func.upper(ResidencyPrice.days) - 1, Residency.ends_on))
        .join(Residency, Residency.id == ResidencyPrice.residency_id)
        .join(Unit, Unit.id == ResidencyPrice.unit_id)
        .where(IN_TERM, Residency.site_id.in_(site_ids), Residency.starts_on <= last,
               or_(Residency.ends_on.is_(None), Residency.ends_on >= first),
               ResidencyPrice.days.op("&&")(func.daterange(first, last, "[]")))
        .order_by(Residency.site_id, Residency.id, ResidencyPrice.unit_id)
    ).all()  # fmt: skip
    spans: dict[tuple[int, int, int, int, Decimal], list[tuple[date, date | None]]] = defaultdict(list)
    for site_id, residency_id, startup_id, unit_id, area, begins, ends in rows:
        spans[site_id, residency_id, startup_id, unit_id, area].append((begins, ends))
    found = {site_id: Occupancy() for site_id in site_ids}
    for (site_id, _residency, startup_id, unit_id, area), days in spans.items():
        found[site_id].units += [UnitStay(startup_id, unit_id, area, *span) for span in joined(days)]
    if heads:
        _add_heads(session, found, first, last)
    return found


def joined(spans: Iterable[tuple[date, date | None]]) -> list[tuple[date, date | None]]:
    """Days that overlap or follow each other as one span: rent and fee of a unit, and the steps of its rent."""
    found: list[tuple[date, date | None]] = []
    for first, last in sorted(spans, key=lambda span: (span[0], span[1] or date.max)):
        if found and (found[-1][1] is None or first <= found[-1][1] + A_DAY):
            before = found[-1]
            latest = None if before[1] is None or last is None else max(before[1], last)
            found[-1] = before[0], latest
        else:
            found.append((first, last))
    return found


def _add_heads(session: Session, found: dict[int, Occupancy], first: date, last: date) -> None:
    """The heads of each startup while it was here: day by day as its people came and went."""
    here: dict[tuple[int, int], list[tuple[date, date | None]]] = defaultdict(list)
    for site_id, occupancy in found.items():
        for unit in occupancy.units:
            here[site_id, unit.startup_id].append((max(unit.first, first), min(unit.last or last, last)))
    posts: dict[int, list[tuple[date, date]]] = defaultdict(list)
    rows = session.execute(
        select(Post.startup_id, func.lower(Post.days), func.upper(Post.days))
        .where(Post.startup_id.in_({startup_id for _site, startup_id in here}),
               Post.days.op("&&")(func.daterange(first, last, "[]")))
    )  # fmt: skip
    for startup_id, begins, after in rows:
        posts[startup_id].append((begins, last if after is None else after - A_DAY))
    for (site_id, startup_id), spans in here.items():
        for begins, ends in joined(spans):
            found[site_id].heads += _heads(startup_id, begins, ends or last, posts[startup_id])


def _heads(startup_id: int, first: date, last: date, posts: Sequence[tuple[date, date]]) -> Iterable[HeadStay]:
    cuts = {first, *(begins for begins, _ in posts), *(ends + A_DAY for _, ends in posts)}
    days = [*sorted(day for day in cuts if first <= day <= last), last + A_DAY]
    for begins, after in pairwise(days):
        heads = sum(post[0] <= begins <= post[1] for post in posts)
        yield HeadStay(startup_id, max(heads, 1), begins, after - A_DAY)

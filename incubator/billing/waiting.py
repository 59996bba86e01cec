"""What waits to be posted, of all sites and several months at once: for the overview of the months."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta

from msgspec import Struct
from sqlalchemy import Date, cast, exists, func, or_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.billing.metering import METER, charge_meters, survey_meters
from incubator.billing.models import Charge, OneOffCharge
from incubator.billing.queries.runs import TAKEN_BACK
from incubator.billing.rules.invoicing import charge_terms
from incubator.billing.rules.one_off import ONE_OFF
from incubator.bookings.models import Booking
from incubator.bookings.queries import CHARGED_MINOR, IS_CHARGED
from incubator.core.periods import Month
from incubator.pricing.models import Meter
from incubator.pricing.queries.taxes import load_taxes
from incubator.spaces.models import Site, Unit
from incubator.startups.models import Residency, ResidencyPrice
from incubator.startups.queries.residencies import IN_TERM, TERM_COLUMNS
from incubator.startups.rules import ResidencyTerm

A_DAY = timedelta(days=1)


class Waiting(Struct, frozen=True):
    """Charges of a site's month that are on no invoice yet."""

    startups: int
    gross_minor: int


def list_waiting(session: Session, actor: Actor, first: Month, last: Month) -> dict[tuple[int, date], Waiting]:
    """By site and month what is not posted, from `first` to `last`: five statements, whatever the number of sites,
    two more where the operator is taxed, and eight more where they have meters."""
    actor.require(Action.SEE_BILLING)
    gross: dict[tuple[int, date], dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for site_id, startup_id, month, minor in [
        *_of_agreements(session, first, last),
        *_of_bookings(session, first, last),
        *_of_meters(session, first, last),
        *_of_one_offs(session, first, last),
    ]:
        gross[site_id, month][startup_id] += minor
    return {key: Waiting(len(found), sum(found.values())) for key, found in gross.items()}


def _of_agreements(session: Session, first: Month, last: Month) -> Iterable[tuple[int, int, date, int]]:
    posted = {
        (source_id, month)
        for source_id, month in session.execute(
            select(Charge.source_id, Charge.month).where(
                Charge.source_kind == "residency_price", Charge.month.between(first.first, last.first), ~TAKEN_BACK
            )
        )
    }
    rows = session.execute(
        select(Residency.site_id, *TERM_COLUMNS)
        .join(Residency, Residency.id == ResidencyPrice.residency_id)
        .join(Unit, Unit.id == ResidencyPrice.unit_id)
        .where(
            IN_TERM,
            ResidencyPrice.days.op("&&")(func.daterange(first.first, last.last, "[]")),
            Residency.starts_on <= last.last,
            or_(Residency.ends_on.is_(None), Residency.ends_on >= first.first),
        )
    ).all()
    terms: dict[tuple[int, Month], list[ResidencyTerm]] = defaultdict(list)
    for site_id, *values in rows:
        term = ResidencyTerm(*values)
        month = max(first, Month.of(term.starts_on))
        while month <= last and (term.ends_on is None or month.first <= term.ends_on):
            terms[site_id, month].append(term)
            month = month + 1
    taxes = load_taxes(session)
    for (site_id, month), found in terms.items():
        for charge in charge_terms(found, month, taxes):
            if (charge.source_id, month.first) not in posted:
                yield site_id, charge.startup_id, month.first, charge.gross_minor


def _of_meters(session: Session, first: Month, last: Month) -> Iterable[tuple[int, int, date, int]]:
    site_ids = list(session.execute(select(Meter.site_id).distinct()).scalars())
    if not site_ids:
        return
    ground = survey_meters(session, site_ids, last.last)
    posted = {
        (source_id, startup_id, month)
        for source_id, startup_id, month in session.execute(
            select(Charge.source_id, Charge.startup_id, Charge.month).where(
                Charge.source_kind == METER, Charge.month.between(first.first, last.first), ~TAKEN_BACK
            )
        )
    }
    for site_id in site_ids:
        month = first
        while month <= last:
            for charge in charge_meters(ground, site_id, month)[0]:
                if (charge.source_id, charge.startup_id, month.first) not in posted:
                    yield site_id, charge.startup_id, month.first, charge.gross_minor
            month = month + 1


def _of_one_offs(session: Session, first: Month, last: Month) -> Iterable[tuple[int, int, date, int]]:
    charged = exists().where(Charge.source_kind == ONE_OFF, Charge.source_id == OneOffCharge.id, ~TAKEN_BACK)
    rows = session.execute(
        select(OneOffCharge.site_id, OneOffCharge.startup_id, OneOffCharge.month, func.sum(OneOffCharge.amount_minor))
        .where(OneOffCharge.month.between(first.first, last.first), OneOffCharge.withdrawn_at.is_(None), ~charged)
        .group_by(OneOffCharge.site_id, OneOffCharge.startup_id, OneOffCharge.month)
    ).all()
    return [(site_id, startup_id, month, int(minor)) for site_id, startup_id, month, minor in rows]


def _of_bookings(session: Session, first: Month, last: Month) -> Iterable[tuple[int, int, date, int]]:
    start = Booking.starts_at
    month = cast(func.date_trunc("month", func.timezone(Site.zone, start)), Date)
    charged = exists().where(Charge.source_kind == "booking", Charge.source_id == Booking.id, ~TAKEN_BACK)
    rows = session.execute(
        select(Booking.site_id, Booking.startup_id, month, func.sum(CHARGED_MINOR))
        .join(Site, Site.id == Booking.site_id)
        .where(
            Booking.startup_id.is_not(None),
            IS_CHARGED,
            CHARGED_MINOR > 0,
            start >= first.first - A_DAY,  # the index first, then each site's own months
            start < last.last + 2 * A_DAY,
            month.between(first.first, last.first),
            ~charged,
        )
        .group_by(Booking.site_id, Booking.startup_id, month)
    ).all()
    return [(site_id, startup_id or 0, of, int(minor)) for site_id, startup_id, of, minor in rows]

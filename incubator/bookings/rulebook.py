"""Reads of booking rules, and of what counts in their quotas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import ColumnElement, Row, ScalarSelect, any_, func, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.bookings.attendance import Strike, strike_refusal
from incubator.bookings.models import Booking, BookingRule, BookingRuleProgramme
from incubator.bookings.terms import Asking, Circle, Place, Rule, RuleBroken, Terms, Use, quota_refusal, quota_window
from incubator.core.errors import N_, NotFound
from incubator.core.periods import Interval
from incubator.database import among, id_array, read
from incubator.spaces.amenities import same_tag
from incubator.spaces.ledger_queries import overlapping
from incubator.spaces.models import Resource, Site
from incubator.startups.models import Enrolment, Programme
from incubator.startups.queries.booking_limits import list_booking_limits
from incubator.startups.rules.booking_limits import Limit

A_DAY = timedelta(days=1)


def _circles(startup_ids: ColumnElement[Any]) -> ScalarSelect[Any]:
    """The programmes that a rule admits, by name, with the stays in them of some startups."""
    days = Enrolment.days
    stays = (
        select(func.json_agg(func.json_build_array(Enrolment.startup_id, func.lower(days), func.upper(days))))
        .where(Enrolment.programme_id == Programme.id, Enrolment.startup_id == startup_ids)
        .correlate(Programme)
        .scalar_subquery()
    )
    circle = func.json_build_object("id", Programme.id, "name", Programme.name, "name_en", Programme.name_en,
                                    "stays", stays)  # fmt: skip
    return (
        select(func.json_agg(aggregate_order_by(circle, Programme.name)))
        .join(BookingRuleProgramme, BookingRuleProgramme.programme_id == Programme.id)
        .where(BookingRuleProgramme.rule_id == BookingRule.id)
        .correlate(BookingRule)
        .scalar_subquery()
    )


NOBODY = any_(id_array(()))
_ASKED = tuple(name for name in Rule.__struct_fields__ if name != "programmes")
_RULES = (
    select(*(getattr(BookingRule, name) for name in _ASKED), _circles(among("startup_ids")).label("circles"))
    .where(BookingRule.retired_at.is_(None))
    .order_by(BookingRule.name, BookingRule.id)
)


def list_rules(session: Session, startup_ids: Iterable[int] = ()) -> list[Rule]:
    """Every rule of the operator that holds today, by name; one statement.

    Of the programmes that a rule admits it is read which of `startup_ids` are in them, and when.
    """
    return [as_rule(row, row.circles) for row in read(session, _RULES, {"startup_ids": list(startup_ids)})]


def as_rule(row: BookingRule | Row[Any], circles: Sequence[dict[str, Any]] | None = None) -> Rule:
    """The row, and the programmes that it admits, as the pure rules read them."""
    values: dict[str, Any] = {name: getattr(row, name) for name in _ASKED}
    tag = same_tag(row.tag) if row.tag else None
    programmes = tuple(_circle(**each) for each in circles) if circles else None
    return Rule(**(values | {"roles": tuple(row.roles) if row.roles else None, "tag": tag, "programmes": programmes}))


def read_rule(session: Session, row: BookingRule) -> Rule:
    """One rule with the programmes that it admits."""
    return as_rule(row, session.execute(select(_circles(NOBODY)).where(BookingRule.id == row.id)).scalar_one())


def _circle(id: int, name: str, name_en: str, stays: Sequence[tuple[int, str, str | None]] | None) -> Circle:
    return Circle(id, name, name_en, tuple(
        (startup_id, date.fromisoformat(first), date.fromisoformat(last) - A_DAY if last else None)
        for startup_id, first, last in stays or ()
    ))  # fmt: skip


def holder_ids(startup_id: int | None) -> tuple[int, ...]:
    """The startup that a rule is asked about; the operator's own use is none."""
    return () if startup_id is None else (startup_id,)


def limits_for(session: Session, actor: Actor, *startup_ids: int | None) -> dict[int, Limit]:
    """Who of these can't book for the time being; staff, who book for them all the same, don't ask."""
    if actor.can(Action.BOOK_FOR_OTHERS):
        return {}
    return list_booking_limits(session, {each for each in startup_ids if each is not None})


def place_of(resource: Resource) -> Place:
    """The resource as a rule's scope reads it."""
    return Place(resource.site_id, resource.id, resource.kind, frozenset(same_tag(tag) for tag in resource.tags))


def terms_of(rules: Sequence[Rule], resource: Resource) -> Terms:
    """The rules among these that hold for the resource."""
    return Terms.of(rules, place_of(resource), resource.granularity_minutes)


class RuleRow(Struct, frozen=True):
    """A rule with the names of where it holds."""

    row: BookingRule
    site: Site | None
    resource: Resource | None
    rule: Rule


def list_rule_rows(session: Session, actor: Actor) -> list[RuleRow]:
    """The rules that hold today, by name."""
    actor.require(Action.SEE_SPACES)
    return [RuleRow(row, site, resource, as_rule(row, circles)) for row, site, resource, circles in session.execute(
        select(BookingRule, Site, Resource, _circles(NOBODY))
        .outerjoin(Site, Site.id == BookingRule.site_id)
        .outerjoin(Resource, Resource.id == BookingRule.resource_id)
        .where(BookingRule.retired_at.is_(None))
        .order_by(BookingRule.name, BookingRule.id)
    )]  # fmt: skip


def get_rule(session: Session, actor: Actor, rule_id: int) -> BookingRule:
    """A rule that holds today; NotFound otherwise."""
    actor.require(Action.SEE_SPACES)
    row = session.execute(
        select(BookingRule).where(BookingRule.id == rule_id, BookingRule.retired_at.is_(None))
    ).scalar_one_or_none()
    if row is None:
        raise NotFound(N_("There is no such rule."))
    return row


class Quotas(Struct, frozen=True):
    """The quotas of some rules, what a startup and a person have booked already in their windows, and the no-shows of
    that person."""

    uses: Sequence[Use]
    startup_id: int | None
    person_id: int | None
    zone: ZoneInfo
    strikes: Sequence[Strike] = ()
    now: datetime | None = None

    def refusal(self, terms: Terms, interval: Interval) -> RuleBroken | None:
        """What speaks against one more booking: no-shows, or the first quota that refuses; None: it fits all."""
        for rule in terms.strikes if self.now else ():
            if self.now and (refusal := strike_refusal(rule, self.strikes, self.now, self.zone)) is not None:
                return refusal
        asking = Asking(interval, self.startup_id, self.person_id, self.zone)
        for rule in terms.quotas:
            if (refusal := quota_refusal(rule, self.uses, asking)) is not None:
                return refusal
        return None


def survey_quotas(
    session: Session, rules: Sequence[Rule], *, startup_id: int | None, person_id: int | None, zone: ZoneInfo,
    around: Interval, now: datetime, leave_out: Iterable[int] = (),
) -> Quotas:  # fmt: skip
    """All that counts in the rules' quotas for bookings that start within `around`, and in their strikes at `now`; a
    statement for each, none without such rules. `leave_out` are bookings that are being changed."""
    strikes = _list_strikes(session, rules, person_id, now)
    quotas = [rule for rule in rules if rule.quota_window is not None]
    if not quotas:
        return Quotas((), startup_id, person_id, zone, strikes, now)
    spans = [quota_window(rule.quota_window or "", at, zone) for rule in quotas for at in (around.start, around.end)]
    first, last = min(span.start for span in spans), max(span.end for span in spans)
    whose: list[ColumnElement[bool]] = []
    if startup_id is not None:
        whose.append(Booking.startup_id == startup_id)
    if person_id is not None:
        whose.append(Booking.booked_by == person_id)
    rows = session.execute(
        select(Booking.starts_at, func.upper(Booking.period), Booking.startup_id, Booking.booked_by, Resource)
        .join(Resource, Resource.id == Booking.resource_id)
        .where(
            or_(*whose),
            Booking.startup_id.is_not(None),
            Booking.cancelled_at.is_(None),
            overlapping(first, last, Booking),
            Booking.id.not_in(set(leave_out)),
        )
    ).all()
    uses = [Use(Interval(start, end), place_of(resource), of_startup, of_person)
            for start, end, of_startup, of_person, resource in rows]  # fmt: skip
    return Quotas(uses, startup_id, person_id, zone, strikes, now)


def _list_strikes(
    session: Session, rules: Sequence[Rule], person_id: int | None, now: datetime
) -> list[Strike]:
    days = max(((rule.strikes_days or 0) + (rule.pause_days or 0) for rule in rules if rule.strikes_most), default=0)
    if not days or person_id is None:
        return []
    rows = session.execute(
        select(Booking.no_show_at, Resource)
        .join(Resource, Resource.id == Booking.resource_id)
        .where(
            Booking.booked_by == person_id,
            Booking.no_show_at > now - timedelta(days=days),
            Booking.excused_at.is_(None),
        )
    ).all()
    return [Strike(at, place_of(resource)) for at, resource in rows if at]

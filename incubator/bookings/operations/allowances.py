"""Granting and ending allowances, and keeping their ledger true to what is granted and booked."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, insert, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.bookings.allowances import (
    get_allowance,
    list_due_startups,
    list_terms,
    list_uses,
    local_date,
    near,
)
from incubator.bookings.models import Booking
from incubator.bookings.operations.by_voucher import trim
from incubator.core.clock import CHINA
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.core.periods import Month
from incubator.database import among, current_operator, read
from incubator.pricing.allowances import Grant, GrantKey, Share, Terms, Window, cover, list_grants, reach
from incubator.pricing.models import REPEATS, Allowance, AllowanceEntry
from incubator.pricing.rules import check_day
from incubator.spaces.models import RESOURCE_KINDS, Site
from incubator.spaces.operations.words import LONGEST_NAME, LONGEST_TEXT, one_line
from incubator.spaces.queries import get_site
from incubator.startups.models import BookingLimit, Residency, Startup
from incubator.startups.queries import get_startup
from incubator.startups.rules.booking_limits import Limit

MOST_MINUTES = 31 * 24 * 60
MOST_STARTUPS = 50
"""How many the worker settles in one go."""
A_DAY = timedelta(days=1)
BACK, AHEAD = timedelta(days=62), timedelta(days=750)
"""What the worker looks at: nobody books farther ahead, and what lies back farther was settled before."""

Key = tuple[int, date | None, int]
"""A grant and a booking."""


def grant_allowance(
    session: Session, actor: Actor, *, now: datetime, startup_id: int, name: str, minutes: int, repeats: str,
    valid_from: date, valid_until: date | None = None, resource_kind: str | None = None, site_id: int | None = None,
    residency_id: int | None = None,
) -> Allowance:  # fmt: skip
    """Give a startup `minutes` every month or once, from `valid_from` to a last day (inclusive; None: open-ended).

    It counts at once, for what is booked already, too: granted on 20 October from the 1st on, it pays for the
    bookings of the 2nd. Bound to an agreement, it ends with it.
    """
    actor.require(Action.MANAGE_PRICES)
    get_startup(session, actor, startup_id)
    lock_startups(session, [startup_id])
    name = check_given(session, actor, name, minutes, repeats, valid_from, valid_until, resource_kind, site_id)
    _check_residency(session, startup_id, residency_id, valid_from, valid_until)
    allowance = Allowance(
        startup_id=startup_id, residency_id=residency_id, name=name, resource_kind=resource_kind, site_id=site_id,
        minutes=minutes, repeats=repeats, valid=Range(valid_from, valid_until and valid_until + A_DAY),
        created_at=now, created_by=actor.person_id,
    )  # fmt: skip
    session.add(allowance)
    session.flush()
    settle(session, actor, now=now, startup_id=startup_id)
    after = {"startup_id": startup_id, "name": name, "minutes": minutes, "repeats": repeats,
             "resource_kind": resource_kind, "site_id": site_id, "valid_from": valid_from,
             "valid_until": valid_until}  # fmt: skip
    record(session, actor, "grant_allowance", ("allowances", allowance.id), now=now, after=after)
    return allowance


def check_given(
    session: Session, actor: Actor, name: str, minutes: int, repeats: str, valid_from: date, valid_until: date | None,
    resource_kind: str | None, site_id: int | None,
) -> str:  # fmt: skip
    """Raise the first thing that can't be given so; the name as it is kept."""
    name = one_line(name, "name", LONGEST_NAME)
    if not name:
        raise Refusal(N_("Give it a name: invoices say it."), field="name")
    if not 1 <= minutes <= MOST_MINUTES:
        raise Refusal(N_("From one minute to %(most)s hours."), field="hours", most=MOST_MINUTES // 60)
    if repeats not in REPEATS:
        raise Refusal(N_("Choose whether it is given every month or once."), field="repeats")
    if resource_kind is not None and resource_kind not in RESOURCE_KINDS:
        raise Refusal(N_("There is no such kind of resource."), field="resource_kind")
    if site_id is not None:
        get_site(session, actor, site_id)
    check_day(valid_from, "valid_from")
    check_day(valid_until, "valid_until")
    if valid_until is not None and valid_until < valid_from:
        raise Refusal(N_("The end must come after the start."), field="valid_until")
    return name


def end_allowance(
    session: Session, actor: Actor, *, now: datetime, allowance_id: int, ends_on: date, reason: str
) -> Allowance:
    """Let `ends_on` be its last day; what is booked for later pays its price in full, or is paid by another one.

    Refused for a day before one on which a booking that has begun uses it: what is used up stays used.
    """
    actor.require(Action.MANAGE_PRICES)
    startup_id = get_allowance(session, actor, allowance_id).startup_id
    lock_startups(session, [startup_id])
    allowance = get_allowance(session, actor, allowance_id, for_update=True)
    words = one_line(reason, "reason", LONGEST_TEXT)
    if not words:
        raise Refusal(N_("Say why, so that others understand."), field="reason")
    check_day(ends_on, "ends_on")
    terms = next(each for each in list_terms(session, startup_id)[0] if each.allowance_id == allowance_id)
    if terms.until is not None and ends_on >= terms.until - A_DAY:
        raise Conflict(N_("It ends on %(day)s anyway."), field="ends_on", day=terms.until - A_DAY)
    last_used = _last_used(session, allowance_id, now)
    if last_used is not None and ends_on < last_used:
        raise Conflict(N_("It paid for something on %(day)s already; end it on that day or later."), field="ends_on",
                       day=last_used)  # fmt: skip
    before = {"valid_until": None if terms.until is None else terms.until - A_DAY}
    allowance.ended_at, allowance.ended_on, allowance.ended_by = now, ends_on, actor.person_id
    allowance.end_reason = words
    session.flush()
    settle(session, actor, now=now, startup_id=startup_id)
    after = {"valid_until": ends_on, "reason": words}
    record(session, actor, "end_allowance", ("allowances", allowance_id), now=now, before=before, after=after)
    return allowance


def settle_due(session: Session, actor: Actor, *, now: datetime) -> int:
    """What nobody's booking brings about: the grant of a new month, and the end of an agreement. How many startups,
    50 at a time at the most."""
    actor.require(Action.MANAGE_PRICES)
    due = list_due_startups(session, now=now, most=MOST_STARTUPS)
    lock_startups(session, due)
    for startup_id in due:
        count = settle(session, actor, now=now, startup_id=startup_id, around=[now - BACK, now + AHEAD])
        if count:
            record(session, actor, "settle_allowances", ("startups", startup_id), now=now, after={"count": count})
    return len(due)


_LOCK = (
    select(Startup.id, BookingLimit.since_on, BookingLimit.reason)
    .outerjoin(BookingLimit, and_(BookingLimit.startup_id == Startup.id, BookingLimit.lifted_at.is_(None)))
    .where(Startup.id == among("ids"))
    .order_by(Startup.id, BookingLimit.since_on.desc(), BookingLimit.id.desc())
    .with_for_update(of=Startup, key_share=True)
)


def lock_startups(session: Session, startup_ids: Collection[int]) -> dict[int, Limit]:
    """Let nobody else book for these startups before this transaction ends; in one order, whoever asks.

    Says which of them can't book for the time being, as `list_booking_limits` does: who books needs both.
    """
    rows = read(session, _LOCK, {"ids": list(startup_ids)}) if startup_ids else ()
    return {startup_id: Limit(since, reason) for startup_id, since, reason in rows if reason}


def settle(
    session: Session, actor: Actor, *, now: datetime, startup_id: int | None, around: Iterable[datetime] | None = None
) -> int:
    """Bring the startup's ledger to what its grants cover of its bookings today, and say how many lines that took.

    Who books, moves or cancels calls it in the same transaction, with the instants `around` which something has
    changed (None: anywhere); the startup is locked first, so that of twenty who book its last hour at the same time
    one has it. Lines are only added: what is not covered any more is given back by a line of its own.
    """
    if startup_id is None:
        return 0
    lock_startups(session, [startup_id])
    terms, _names = list_terms(session, startup_id)
    if not terms:
        return 0
    days = None if around is None else {(at + side).date() for at in around for side in (-A_DAY, A_DAY)}
    window = Window(date(1900, 1, 1), None) if not days else reach(terms, days)
    uses = list_uses(session, startup_id, window)
    today = now.astimezone(CHINA).date()
    grants = list_grants(terms, [Month.of(today), *(Month.of(use.on) for use in uses)])
    shares = cover(grants, uses)
    rows = _grant_rows(session, terms, grants, shares, today) + _use_rows(session, startup_id, shares, window)
    if rows:
        common = {"operator_id": current_operator(session), "at": now, "by": actor.person_id}
        blank: dict[str, Any] = {"booking_id": None, "value_minor": None, "currency": None}
        session.execute(insert(AllowanceEntry), [blank | row | common for row in rows])
        trim(session, actor, {row["booking_id"] for row in rows if row["kind"] == "use"}, now=now)
    return len(rows)


def _grant_rows(
    session: Session, terms: list[Terms], grants: list[Grant], shares: list[Share], today: date
) -> list[dict[str, Any]]:
    """Grants that are not written yet, and written ones that are given no more."""
    by_id = {each.allowance_id: each for each in terms}
    written: dict[GrantKey, set[str]] = {}
    for allowance_id, month, kind in session.execute(
        select(AllowanceEntry.allowance_id, AllowanceEntry.month, AllowanceEntry.kind).where(
            AllowanceEntry.allowance_id.in_(by_id), AllowanceEntry.booking_id.is_(None)
        )
    ):
        written.setdefault((allowance_id, month), set()).add(kind)
    used = {share.grant for share in shares}
    rows = [
        {"allowance_id": grant.allowance_id, "month": grant.month, "kind": "grant", "minutes": grant.minutes}
        for grant in grants
        if grant.key not in written and (grant.key in used or grant.month is None or grant.first <= today)
    ]
    for (allowance_id, month), kinds in written.items():
        each = by_id[allowance_id]
        stands = each.grant_in(Month.of(month or each.first)) is not None
        if not stands and "withdraw" not in kinds:
            rows.append({"allowance_id": allowance_id, "month": month, "kind": "withdraw", "minutes": -each.minutes})
    return rows


def _use_rows(
    session: Session, startup_id: int, shares: list[Share], window: Window
) -> list[dict[str, Any]]:
    """The lines that lead from what is covered by the ledger to what should be."""
    currencies = {share.booking_id: share.currency for share in shares}
    should: dict[Key, tuple[int, int]] = {
        (*share.grant, share.booking_id): (share.minutes, share.value_minor) for share in shares
    }
    is_: dict[Key, tuple[int, int]] = {}
    rows: Any = session.execute(
        select(
            AllowanceEntry.allowance_id, AllowanceEntry.month, AllowanceEntry.booking_id,
            func.max(AllowanceEntry.currency),
            -func.sum(AllowanceEntry.minutes), -func.sum(AllowanceEntry.value_minor), Booking.starts_at,
            Site.zone,
        )
        .join(Booking, Booking.id == AllowanceEntry.booking_id)
        .join(Site, Site.id == Booking.site_id)
        .where(Booking.startup_id == startup_id, *near(window))
        .group_by(AllowanceEntry.allowance_id, AllowanceEntry.month, AllowanceEntry.booking_id, Booking.starts_at,
                  Site.zone)
    )  # fmt: skip
    for allowance_id, month, booking_id, currency, minutes, value, start, zone in rows:
        if minutes and window.holds(local_date(start, zone)):
            is_[allowance_id, month, booking_id] = int(minutes), int(value)
            currencies.setdefault(booking_id, currency)
    lines: list[dict[str, Any]] = []
    for key in sorted(should.keys() | is_.keys(), key=lambda key: (key[2], key[0], key[1] or date.min)):
        for kind, minutes, value in _steps(is_.get(key, (0, 0)), should.get(key, (0, 0))):
            allowance_id, month, booking_id = key
            lines.append({"allowance_id": allowance_id, "month": month, "booking_id": booking_id, "kind": kind,
                          "minutes": minutes, "value_minor": value, "currency": currencies[booking_id]})  # fmt: skip
    return sorted(lines, key=lambda row: row["kind"])  # what is given back stands before what is used anew


def _steps(was: tuple[int, int], now: tuple[int, int]) -> list[tuple[str, int, int]]:
    """From so many minutes worth so much to others: more are used, some are given back, or all and used anew."""
    minutes, value = now[0] - was[0], now[1] - was[1]
    if (minutes, value) == (0, 0):
        return []
    if minutes > 0 and value >= 0:
        return [("use", -minutes, -value)]
    if minutes < 0 and value <= 0:
        return [("return", -minutes, -value)]
    return [("return", *was), ("use", -now[0], -now[1])]


def _check_residency(
    session: Session, startup_id: int, residency_id: int | None, valid_from: date, valid_until: date | None
) -> None:
    if residency_id is None:
        return
    residency = session.execute(
        select(Residency).where(Residency.id == residency_id, Residency.startup_id == startup_id)
    ).scalar_one_or_none()
    if residency is None:
        raise NotFound(N_("This startup has no such agreement."), field="residency_id")
    over = residency.ends_on is not None and valid_from > residency.ends_on
    if over or (valid_until is not None and valid_until < residency.starts_on):
        raise Refusal(N_("The agreement does not run on any of these days."), field="residency_id")


def _last_used(session: Session, allowance_id: int, now: datetime) -> date | None:
    """The last local day on which a booking that has begun uses it."""
    start = Booking.starts_at
    row = session.execute(
        select(start, Site.zone)
        .join(AllowanceEntry, AllowanceEntry.booking_id == Booking.id)
        .join(Site, Site.id == Booking.site_id)
        .where(AllowanceEntry.allowance_id == allowance_id, start <= now)
        .group_by(Booking.id, start, Site.zone)
        .having(func.sum(AllowanceEntry.minutes) < 0)
        .order_by(start.desc())
        .limit(1)
    ).first()
    return None if row is None else local_date(*row)

"""Reads of series, providers, applications and vouchers: always through the actor."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, Text, and_, cast, exists, func, or_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.startups.models import Residency, Startup
from incubator.startups.queries.startups import found_by
from incubator.subsidies.models import ServiceProvider, Voucher, VoucherApplication, VoucherEntry, VoucherSeries
from incubator.subsidies.queries.voucher_ledger import IS_LAST, balance_of
from incubator.subsidies.rules.vouchers import Balance, Holder, why_not

VIEWS = ("all", "unused", "in_use", "ending", "used_up", "expired")
ENDING_DAYS = 30


class VoucherRow(Struct, frozen=True):
    """A voucher as a list shows it."""

    voucher: Voucher
    series: VoucherSeries
    startup: Startup
    balance: Balance


class SeriesRow(Struct, frozen=True):
    """A series with where its money is: of all its vouchers together."""

    series: VoucherSeries
    vouchers: int
    balance: Balance

    @property
    def free_minor(self) -> int:
        """What of the budget is not issued."""
        return self.series.budget_minor - self.series.committed_minor

    @property
    def used_minor(self) -> int:
        return self.balance.redeemed + self.balance.settled


class ApplicationRow(Struct, frozen=True):
    """An application, for what, of whom, and what it led to."""

    application: VoucherApplication
    series: VoucherSeries
    startup: Startup
    voucher: Voucher | None


class Candidate(Struct, frozen=True):
    """A startup, and what keeps it from a voucher of the series."""

    startup: Startup
    has: int
    why_not: list[str]


def get_series(session: Session, actor: Actor, series_id: int, *, for_update: bool = False) -> VoucherSeries:
    """A series: for staff who see schemes, and for startups' people who see money, any of them."""
    if not actor.can(Action.SEE_SCHEMES):
        actor.require(Action.SEE_OWN_INVOICES)
    query = select(VoucherSeries).where(VoucherSeries.id == series_id)
    if for_update:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = session.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFound(N_("There is no such voucher series."))
    return found


def list_series(session: Session, actor: Actor, *, series_id: int | None = None) -> list[SeriesRow]:
    """All series (or one) with their sums, those that are issued first; one statement."""
    actor.require(Action.SEE_SCHEMES)
    sums = [func.coalesce(func.sum(column), 0) for column in (
        VoucherEntry.left_minor, VoucherEntry.reserved_minor, VoucherEntry.redeemed_minor, VoucherEntry.settled_minor,
        VoucherEntry.expired_minor)]  # fmt: skip
    query = (
        select(VoucherSeries, func.count(Voucher.id), *sums)
        .outerjoin(Voucher, Voucher.series_id == VoucherSeries.id)
        .outerjoin(VoucherEntry, and_(VoucherEntry.voucher_id == Voucher.id, IS_LAST))
        .group_by(VoucherSeries.operator_id, VoucherSeries.id)
        .order_by(VoucherSeries.closed_at.is_not(None), VoucherSeries.last_on.desc(), VoucherSeries.code)
    )
    if series_id is not None:
        query = query.where(VoucherSeries.id == series_id)
    return [SeriesRow(series, count, Balance(*map(int, amounts)))
            for series, count, *amounts in session.execute(query)]  # fmt: skip


def get_series_row(session: Session, actor: Actor, series_id: int) -> SeriesRow:
    """One series with its sums."""
    found = list_series(session, actor, series_id=series_id)
    if not found:
        raise NotFound(N_("There is no such voucher series."))
    return found[0]


def list_open_series(session: Session, actor: Actor, on: date) -> Sequence[VoucherSeries]:
    """What startups can apply for on a day."""
    actor.require(Action.SEE_OWN_INVOICES)
    query = select(VoucherSeries).where(
        VoucherSeries.issued_by == "application", VoucherSeries.closed_at.is_(None), VoucherSeries.first_on <= on,
        VoucherSeries.last_on >= on,
    )  # fmt: skip
    return session.execute(query.order_by(VoucherSeries.last_on, VoucherSeries.code)).scalars().all()


def get_provider(session: Session, actor: Actor, provider_id: int, *, for_update: bool = False) -> ServiceProvider:
    """A provider, for staff who see schemes."""
    actor.require(Action.SEE_SCHEMES)
    query = select(ServiceProvider).where(ServiceProvider.id == provider_id)
    if for_update:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = session.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFound(N_("There is no such provider."))
    return found


def list_providers(session: Session, actor: Actor) -> Sequence[ServiceProvider]:
    """All of them by name, those that have ended last."""
    actor.require(Action.SEE_SCHEMES)
    query = select(ServiceProvider).order_by(ServiceProvider.ended_at.is_not(None), ServiceProvider.name)
    return session.execute(query).scalars().all()


def list_series_names(session: Session) -> Sequence[VoucherSeries]:
    """All series by code, for a filter."""
    return session.execute(select(VoucherSeries).order_by(VoucherSeries.code)).scalars().all()


def list_choosable(session: Session, uses: Sequence[str]) -> Sequence[ServiceProvider]:
    """Whom one can order from by a voucher for these uses; mentors' sessions are ordered where they are booked."""
    query = select(ServiceProvider).where(
        ServiceProvider.ended_at.is_(None), ServiceProvider.uses.op("&&")(uses), ServiceProvider.mentor_id.is_(None)
    )
    return session.execute(query.order_by(ServiceProvider.name)).scalars().all()


def get_voucher(session: Session, actor: Actor, voucher_id: int) -> Voucher:
    """A voucher: for staff who see schemes or take vouchers, and for who sees their startup's money."""
    found = session.execute(select(Voucher).where(Voucher.id == voucher_id)).scalar_one_or_none()
    if found is None:
        raise NotFound(N_("There is no such voucher."))
    require_sight(actor, found.startup_id)
    return found


def require_sight(actor: Actor, startup_id: int) -> None:
    """Staff who see schemes or take vouchers see all, a startup's people their own if they see its money."""
    if not (actor.can(Action.SEE_SCHEMES) or actor.can(Action.TAKE_VOUCHERS)):
        actor.require_for(Action.SEE_OWN_INVOICES, startup_id)


def _require_staff(actor: Actor) -> None:
    if not actor.can(Action.TAKE_VOUCHERS):
        actor.require(Action.SEE_SCHEMES)


def get_voucher_row(session: Session, actor: Actor, voucher_id: int) -> VoucherRow:
    """The same with its series, startup and balance."""
    get_voucher(session, actor, voucher_id)
    return _rows(session, [Voucher.id == voucher_id], 1, 1)[0]


def list_vouchers(
    session: Session, actor: Actor, *, today: date, view: str = "all", search: str = "", series_id: int | None = None,
    startup_id: int | None = None, page: int = 1,
) -> Page[VoucherRow]:  # fmt: skip
    """A page of all vouchers, the latest first; those that end soon, the next to end first. Two statements."""
    _require_staff(actor)
    wanted = [*_of_view(view, today), *_filter(search, series_id, startup_id)]
    total = session.execute(_joined(select(func.count()).select_from(Voucher)).where(*wanted)).scalar_one()
    return Page(_rows(session, wanted, page, PAGE_SIZE, by_end=view == "ending"), page, total)


def count_views(
    session: Session, actor: Actor, *, today: date, search: str = "", series_id: int | None = None,
    startup_id: int | None = None,
) -> dict[str, int]:  # fmt: skip
    """How many vouchers each view has; one statement."""
    _require_staff(actor)
    counts = [func.count().filter(*_of_view(view, today)) for view in VIEWS]
    query = _joined(select(*counts).select_from(Voucher)).where(*_filter(search, series_id, startup_id))
    return dict(zip(VIEWS, session.execute(query).one(), strict=True))


def list_own_vouchers(session: Session, actor: Actor) -> list[VoucherRow]:
    """One's startups' vouchers: what can still be used first, the next to end first. At most 50."""
    actor.require(Action.SEE_OWN_INVOICES)
    mine = Voucher.startup_id.in_(actor.startups_for(Action.SEE_OWN_INVOICES))
    return _rows(session, [mine], 1, PAGE_SIZE, by_end=True)


def list_usable(session: Session, wanted: Sequence[ColumnElement[bool]]) -> list[VoucherRow]:
    """Vouchers for which all of `wanted` holds, the next to end first; at most 50. Who calls has asked who may."""
    return _rows(session, wanted, 1, PAGE_SIZE, by_end=True)


def list_applications(
    session: Session, actor: Actor, *, is_open: bool, page: int = 1
) -> Page[ApplicationRow]:  # fmt: skip
    """A page of applications: open ones the oldest first, decided ones the latest first."""
    actor.require(Action.SEE_SCHEMES)
    wanted = VoucherApplication.decided_at.is_(None) == is_open
    total = session.execute(select(func.count()).select_from(VoucherApplication).where(wanted)).scalar_one()
    order = VoucherApplication.id if is_open else VoucherApplication.decided_at.desc()
    query = _applications().where(wanted).order_by(order).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    return Page([ApplicationRow(*row) for row in session.execute(query)], page, total)


def count_open_applications(session: Session, actor: Actor) -> int:
    """How many wait for a decision."""
    actor.require(Action.SEE_SCHEMES)
    query = select(func.count()).select_from(VoucherApplication).where(VoucherApplication.decided_at.is_(None))
    return session.execute(query).scalar_one()


def list_own_applications(session: Session, actor: Actor) -> list[ApplicationRow]:
    """One's startups' applications that wait or were refused; the latest first, at most twenty."""
    actor.require(Action.SEE_OWN_INVOICES)
    mine = VoucherApplication.startup_id.in_(actor.startups_for(Action.SEE_OWN_INVOICES))
    open_ = or_(VoucherApplication.outcome.is_(None), VoucherApplication.outcome == "refused")
    query = _applications().where(mine, open_).order_by(VoucherApplication.id.desc()).limit(20)
    return [ApplicationRow(*row) for row in session.execute(query)]


def get_application(session: Session, actor: Actor, application_id: int) -> ApplicationRow:
    """An application, for staff who see schemes and for who sees their startup's money."""
    row = session.execute(_applications().where(VoucherApplication.id == application_id)).one_or_none()
    if row is None:
        raise NotFound(N_("There is no such application."))
    found = ApplicationRow(*row)
    if not actor.can(Action.SEE_SCHEMES):
        actor.require_for(Action.SEE_OWN_INVOICES, found.startup.id)
    return found


def list_candidates(
    session: Session, series: VoucherSeries, on: date, startup_ids: Sequence[int] | None = None
) -> list[Candidate]:
    """The startups that are here (or those asked for), each with what keeps it from a voucher; one statement."""
    here = exists().where(
        Residency.startup_id == Startup.id, Residency.starts_on <= on,
        or_(Residency.ends_on.is_(None), Residency.ends_on >= on),
    )  # fmt: skip
    has = (
        select(func.count()).where(Voucher.startup_id == Startup.id, Voucher.series_id == series.id)
        .correlate(Startup).scalar_subquery()
    )  # fmt: skip
    query = select(Startup, here, has).where(here if startup_ids is None else Startup.id.in_(startup_ids))
    found = []
    for startup, is_here, count in session.execute(query.order_by(Startup.code)):
        holder = Holder(startup.kind == "company", startup.registered_on, is_here, count)
        reasons = why_not(holder, who=series.who, registered_months=series.registered_months,
                          most_each=series.most_each, on=on)  # fmt: skip
        found.append(Candidate(startup, count, reasons))
    return found


def _applications() -> Select[VoucherApplication, VoucherSeries, Startup, Voucher | None]:
    return (
        select(VoucherApplication, VoucherSeries, Startup, Voucher)
        .join(VoucherSeries, VoucherSeries.id == VoucherApplication.series_id)
        .join(Startup, Startup.id == VoucherApplication.startup_id)
        .outerjoin(Voucher, Voucher.application_id == VoucherApplication.id)
    )


def _joined(query: Any) -> Any:
    """Any select from vouchers, with their series, startups and last entries beside them."""
    return (
        query.join(VoucherSeries, VoucherSeries.id == Voucher.series_id)
        .join(Startup, Startup.id == Voucher.startup_id)
        .join(VoucherEntry, and_(VoucherEntry.voucher_id == Voucher.id, IS_LAST))
    )


def _rows(
    session: Session, wanted: Sequence[ColumnElement[bool]], page: int, size: int, *, by_end: bool = False
) -> list[VoucherRow]:
    spent = and_(VoucherEntry.left_minor == 0, VoucherEntry.reserved_minor == 0)
    order: list[Any] = [spent, Voucher.valid_until, Voucher.id] if by_end else [Voucher.id.desc()]
    query = _joined(select(Voucher, VoucherSeries, Startup, VoucherEntry)).where(*wanted).order_by(*order)
    rows = session.execute(query.limit(size).offset((page - 1) * size))
    return [VoucherRow(voucher, series, startup, balance_of(entry)) for voucher, series, startup, entry in rows]


def _of_view(view: str, today: date) -> list[ColumnElement[bool]]:
    """`voucher_state` as conditions; `ending` is of those that can still be used."""
    left, reserved = VoucherEntry.left_minor, VoucherEntry.reserved_minor
    over = Voucher.valid_until < today
    live = or_(reserved > 0, and_(left > 0, ~over))
    return {
        "unused": [left == Voucher.face_minor, ~over],
        "in_use": [live, left != Voucher.face_minor],
        "ending": [left > 0, ~over, Voucher.valid_until - today <= ENDING_DAYS],
        "used_up": [left == 0, reserved == 0, VoucherEntry.expired_minor == 0],
        "expired": [reserved == 0, or_(and_(left == 0, VoucherEntry.expired_minor > 0), and_(left > 0, over))],
    }.get(view, [])


def _filter(search: str, series_id: int | None, startup_id: int | None) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if words := search.strip():
        label = func.concat("V-", Voucher.year, "-", func.lpad(cast(Voucher.number, Text), 4, "0"))
        wanted.append(or_(label.icontains(words, autoescape=True), *found_by(words)))
    if series_id is not None:
        wanted.append(Voucher.series_id == series_id)
    if startup_id is not None:
        wanted.append(Voucher.startup_id == startup_id)
    return wanted

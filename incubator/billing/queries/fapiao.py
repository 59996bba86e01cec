"""Reads of fapiaos: title data, settings, requests with their papers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal

from msgspec import Struct, field
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person, RoleGrant
from incubator.accounts.permissions import Action, roles_with
from incubator.billing.models import (
    Charge,
    Fapiao,
    FapiaoBatch,
    FapiaoCall,
    FapiaoEvent,
    FapiaoFile,
    FapiaoPlace,
    FapiaoRequest,
    FapiaoSettings,
    FapiaoTitle,
    Invoice,
    InvoiceLine,
    OpenItem,
)
from incubator.billing.queries.fapiao_credits import credited_lines
from incubator.billing.rules.fapiao import Item
from incubator.billing.rules.invoicing import invoice_number
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.startups.models import Startup
from incubator.startups.queries import get_startup

NO_REQUEST = N_("There is no such request for a fapiao.")


class Settings(Struct, frozen=True):
    """How the operator has it; where nothing was saved yet, no code is."""

    timing: str = "posting"
    provider: str = "none"
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    saved_at: datetime | None = None


class PaperRow(Struct, frozen=True):
    """A paper with the forms that its file is there in, and how the provider's call stands."""

    fapiao: Fapiao
    forms: tuple[str, ...]
    call: FapiaoCall | None
    left_minor: int
    """What of a blue one no red-letter one has taken back or is to."""


class EventRow(Struct, frozen=True):
    """What happened, and who did it (None: the system)."""

    event: FapiaoEvent
    by: str | None


class RequestRow(Struct, frozen=True):
    """A request in a list."""

    request: FapiaoRequest
    invoice: Invoice
    startup: Startup
    batch: FapiaoBatch | None = None

    @property
    def invoice_number(self) -> str:
        """As printed."""
        return invoice_number(self.invoice.series, self.invoice.year, self.invoice.number)


class RequestPage(Struct, frozen=True):
    """A request with its papers and what became of it."""

    row: RequestRow
    papers: tuple[PaperRow, ...]
    events: tuple[EventRow, ...]

    @property
    def is_untouched(self) -> bool:
        """Whether no paper of it is issued, and no provider was asked for one."""
        return not any(each.fapiao.number or each.call for each in self.papers)


def get_title(session: Session, actor: Actor, startup_id: int) -> FapiaoTitle | None:
    """The title that holds, for staff who see billing and the startup's own people who see invoices."""
    _require_seen(actor, startup_id)
    return newest_title(session, startup_id)


def newest_title(session: Session, startup_id: int) -> FapiaoTitle | None:
    query = select(FapiaoTitle).where(FapiaoTitle.startup_id == startup_id)
    return session.execute(query.order_by(FapiaoTitle.version.desc()).limit(1)).scalar_one_or_none()


def titles_of(session: Session, startup_ids: Collection[int]) -> dict[int, FapiaoTitle]:
    """The titles that hold, by startup."""
    rows = session.execute(
        select(FapiaoTitle)
        .ext(distinct_on(FapiaoTitle.startup_id))
        .where(FapiaoTitle.startup_id.in_(startup_ids))
        .order_by(FapiaoTitle.startup_id, FapiaoTitle.version.desc())
    ).scalars()
    return {each.startup_id: each for each in rows}


def get_settings(session: Session) -> Settings:
    """What holds."""
    found = session.execute(select(FapiaoSettings).order_by(FapiaoSettings.id.desc()).limit(1)).scalar_one_or_none()
    return Settings() if found is None else Settings(found.timing, found.provider, found.codes, found.created_at)


def places_of(session: Session, site_ids: Collection[int]) -> dict[int, FapiaoPlace]:
    """What papers for leases say of sites, by site."""
    rows = session.execute(
        select(FapiaoPlace)
        .ext(distinct_on(FapiaoPlace.site_id))
        .where(FapiaoPlace.site_id.in_(site_ids))
        .order_by(FapiaoPlace.site_id, FapiaoPlace.id.desc())
    ).scalars()
    return {each.site_id: each for each in rows}


def items_of(session: Session, invoice: Invoice) -> list[Item]:
    """What of an invoice's lines a fapiao can be asked for: the net, less what is credited."""
    rows = session.execute(
        select(InvoiceLine, Charge)
        .join(Charge, Charge.id == InvoiceLine.charge_id)
        .where(InvoiceLine.invoice_id == invoice.id)
        .order_by(InvoiceLine.line)
    ).all()
    credited = credited_lines(session, [invoice.id])
    return [_item(line, charge, *credited.get((invoice.id, line.line), (0, 0))) for line, charge in rows]


def _item(line: InvoiceLine, charge: Charge, net_off: int, tax_off: int) -> Item:
    area = charge.derivation.get("area_m2") or (charge.quantity if charge.basis == "m2_month" else None)
    tax = None if line.tax_minor is None else line.tax_minor - tax_off
    return Item(charge.kind, charge.tax_rate, line.net_minor - net_off, tax, charge.starts_on, charge.ends_on,
                None if area is None else Decimal(str(area)))  # fmt: skip


def is_paid(session: Session, invoice_id: int) -> bool:
    """Whether nothing of an invoice is open any more."""
    left = select(OpenItem.open_minor).where(OpenItem.invoice_id == invoice_id)
    return session.execute(left).scalar_one_or_none() == 0


def get_request(session: Session, actor: Actor, request_id: int, *, for_update: bool = False) -> RequestRow:
    """A request; NotFound for another startup's people."""
    query = select(FapiaoRequest).where(FapiaoRequest.id == request_id)
    if for_update:
        query = query.with_for_update().execution_options(populate_existing=True)
    request = session.execute(query).scalar_one_or_none()
    if request is None:
        raise NotFound(NO_REQUEST)
    _require_seen(actor, request.startup_id)
    invoice, startup, batch = session.execute(
        select(Invoice, Startup, FapiaoBatch)
        .join(Startup, Startup.id == Invoice.startup_id)
        .outerjoin(FapiaoBatch, FapiaoBatch.id == request.batch_id)
        .where(Invoice.id == request.invoice_id)
    ).one()
    return RequestRow(request, invoice, startup, batch)


def get_request_page(session: Session, actor: Actor, request_id: int) -> RequestPage:
    """The same with its papers and events, in five statements more."""
    row = get_request(session, actor, request_id)
    events = session.execute(
        select(FapiaoEvent, Person.name)
        .outerjoin(Person, Person.id == FapiaoEvent.done_by)
        .where(FapiaoEvent.request_id == request_id)
        .order_by(FapiaoEvent.id)
    ).all()
    papers = papers_of(session, [request_id]).get(request_id, [])
    return RequestPage(row, tuple(papers), tuple(EventRow(event, by) for event, by in events))


def papers_of(session: Session, request_ids: Collection[int]) -> dict[int, list[PaperRow]]:
    """The papers of requests, each blue one before its red-letter ones, in three statements."""
    fapiaos = session.execute(
        select(Fapiao)
        .where(Fapiao.request_id.in_(request_ids))
        .order_by(Fapiao.request_id, func.coalesce(Fapiao.reverses_id, Fapiao.id), Fapiao.id)
    ).scalars().all()  # fmt: skip
    ids = [each.id for each in fapiaos]
    forms: dict[int, list[str]] = {}
    files = select(FapiaoFile.fapiao_id, FapiaoFile.form).where(FapiaoFile.fapiao_id.in_(ids)).order_by(FapiaoFile.form)
    for fapiao_id, form in session.execute(files).all():
        forms.setdefault(fapiao_id, []).append(form)
    calls = {each.fapiao_id: each for each in session.execute(
        select(FapiaoCall).where(FapiaoCall.fapiao_id.in_(ids))).scalars()}  # fmt: skip
    found: dict[int, list[PaperRow]] = {}
    for each in fapiaos:
        taken = sum(red.net_minor for red in fapiaos if red.reverses_id == each.id and red.given_up_at is None)
        row = PaperRow(each, tuple(forms.get(each.id, ())), calls.get(each.id), each.net_minor - taken)
        found.setdefault(each.request_id, []).append(row)
    return found


def get_paper(session: Session, actor: Actor, fapiao_id: int) -> Fapiao:
    """A paper, for who may see its request."""
    found = session.execute(select(Fapiao).where(Fapiao.id == fapiao_id)).scalar_one_or_none()
    if found is None:
        raise NotFound(N_("There is no such fapiao."))
    _require_seen(actor, found.startup_id)
    return found


def get_paper_file(session: Session, actor: Actor, fapiao_id: int, form: str) -> tuple[Fapiao, int]:
    """A paper and the id of its file in this form."""
    paper = get_paper(session, actor, fapiao_id)
    file_id = session.execute(
        select(FapiaoFile.file_id).where(FapiaoFile.fapiao_id == fapiao_id, FapiaoFile.form == form)
    ).scalar_one_or_none()
    if file_id is None:
        raise NotFound(N_("There is no such fapiao."))
    return paper, file_id


def list_of_invoice(session: Session, actor: Actor, invoice: Invoice) -> list[FapiaoRequest]:
    """What was asked for of an invoice, the latest first."""
    _require_seen(actor, invoice.startup_id)
    query = select(FapiaoRequest).where(FapiaoRequest.invoice_id == invoice.id).order_by(FapiaoRequest.id.desc())
    return list(session.execute(query).scalars())


def list_requests(
    session: Session, actor: Actor, *, state: str = "", startup_id: int | None = None, batch_id: int | None = None,
    search: str = "", page: int = 1,
) -> Page[RequestRow]:  # fmt: skip
    """A page of requests: what waits the longest first where a state is asked for, else the latest first."""
    wanted = _wanted(actor)
    if state:
        wanted.append(FapiaoRequest.state == state)
    if startup_id is not None:
        wanted.append(FapiaoRequest.startup_id == startup_id)
    if batch_id is not None:
        wanted.append(FapiaoRequest.batch_id == batch_id)
    if search:
        numbered = select(Fapiao.request_id).where(or_(Fapiao.number == search, Fapiao.serial == search.upper()))
        wanted.append(or_(FapiaoRequest.id.in_(numbered), Startup.name.icontains(search, autoescape=True),
                          Startup.code.icontains(search, autoescape=True)))  # fmt: skip
    joined = select(FapiaoRequest).join(Startup, Startup.id == FapiaoRequest.startup_id).where(*wanted)
    total = session.execute(select(func.count()).select_from(joined.subquery())).scalar_one()
    order = FapiaoRequest.id if state in ("asked", "batched") else FapiaoRequest.id.desc()
    rows = session.execute(
        joined.add_columns(Invoice, Startup, FapiaoBatch)
        .join(Invoice, Invoice.id == FapiaoRequest.invoice_id)
        .outerjoin(FapiaoBatch, FapiaoBatch.id == FapiaoRequest.batch_id)
        .order_by(order)
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    ).all()
    return Page([RequestRow(*row) for row in rows], page, total)


def _wanted(actor: Actor) -> list[ColumnElement[bool]]:
    if actor.can(Action.SEE_BILLING):
        return []
    actor.require(Action.SEE_OWN_INVOICES)
    return [FapiaoRequest.startup_id.in_(actor.startups_for(Action.SEE_OWN_INVOICES))]


def list_askers(session: Session, startup_id: int) -> list[int]:
    """Who of a startup asks for fapiaos: they are told of them."""
    roles = [role.value for role in roles_with(Action.PAY_OWN_INVOICES)]
    rows = session.execute(
        select(RoleGrant.person_id).join(Person, Person.id == RoleGrant.person_id)
        .where(RoleGrant.role.in_(roles), RoleGrant.startup_id == startup_id, Person.left_at.is_(None))
        .distinct().order_by(RoleGrant.person_id)
    ).scalars()  # fmt: skip
    return list(rows)


def get_title_startup(session: Session, actor: Actor, startup_id: int) -> Startup:
    """The startup whose title it is, for who may see its invoices."""
    _require_seen(actor, startup_id)
    return get_startup(session, actor, startup_id)


def may_ask(actor: Actor, startup_id: int) -> bool:
    """Whether the actor may ask for a startup's fapiaos, and edit its title."""
    return actor.can(Action.POST_INVOICES) or startup_id in actor.startups_for(Action.PAY_OWN_INVOICES)


def require_ask(actor: Actor, startup_id: int) -> None:
    """`may_ask`, or NotFound for who must not know of it, Forbidden for who may not."""
    if not actor.can(Action.POST_INVOICES):
        actor.require_for(Action.PAY_OWN_INVOICES, startup_id)


def _require_seen(actor: Actor, startup_id: int) -> None:
    if not actor.can(Action.SEE_BILLING):
        actor.require(Action.SEE_OWN_INVOICES)
        actor.require_for(Action.SEE_OWN_INVOICES, startup_id)


"""What finance has to do about fapiaos: requests by state, what is missing, batches, red letters that are needed."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.billing.models import Fapiao, FapiaoBatch, FapiaoCall, FapiaoRequest, Invoice
from incubator.billing.queries.fapiao import get_settings, places_of
from incubator.billing.queries.fapiao_credits import credited_lines
from incubator.billing.rules.fapiao import LIVING, missing_for
from incubator.core.errors import N_, NotFound, Phrase
from incubator.core.paging import PAGE_SIZE, Page


def count_states(session: Session, actor: Actor) -> dict[str, int]:
    """How many requests stand in each state."""
    actor.require(Action.SEE_BILLING)
    query = select(FapiaoRequest.state, func.count()).group_by(FapiaoRequest.state)
    return dict(session.execute(query).all())


def find_missing(session: Session, requests: Sequence[FapiaoRequest]) -> dict[int, list[Phrase]]:
    """What keeps each request from being issued, by request; in four statements."""
    if not requests:
        return {}
    codes = get_settings(session).codes
    invoices = select(Invoice.id, Invoice.site_id).where(Invoice.id.in_([each.invoice_id for each in requests]))
    sites = dict(session.execute(invoices).all())
    places = places_of(session, set(sites.values()))
    papers: dict[int, list[tuple[str, list[str]]]] = {}
    asked = select(Fapiao).where(Fapiao.request_id.in_([each.id for each in requests]), Fapiao.reverses_id.is_(None))
    for each in session.execute(asked).scalars():
        kinds = [row["charge_kind"] for row in each.content["rows"]]
        papers.setdefault(each.request_id, []).append((each.business, kinds))
    return {each.id: missing_for(papers.get(each.id, ()), codes, sites[each.invoice_id] in places)
            for each in requests}  # fmt: skip


def list_batches(session: Session, actor: Actor, page: int = 1) -> Page[FapiaoBatch]:
    """A page of batches, the latest first."""
    actor.require(Action.SEE_BILLING)
    total = session.execute(select(func.count()).select_from(FapiaoBatch)).scalar_one()
    query = select(FapiaoBatch).order_by(FapiaoBatch.year.desc(), FapiaoBatch.number.desc())
    rows = session.execute(query.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)).scalars().all()
    return Page(rows, page, total)


def get_batch(session: Session, actor: Actor, batch_id: int) -> FapiaoBatch:
    """A batch."""
    actor.require(Action.SEE_BILLING)
    found = session.execute(select(FapiaoBatch).where(FapiaoBatch.id == batch_id)).scalar_one_or_none()
    if found is None:
        raise NotFound(N_("There is no such batch."))
    return found


class Excess(Struct, frozen=True):
    """An invoice of which fapiaos stand over more than it still comes to: a red-letter one is needed."""

    request_id: int
    invoice_id: int
    startup_id: int
    amount_minor: int


def needs_red_letter(session: Session) -> list[Excess]:
    """Requests with issued papers over more than their invoice less credit notes, less red-letter ones that were
    asked for already; the oldest first."""
    off: dict[int, int] = {}
    for (invoice_id, _line), (net, _tax) in credited_lines(session, None).items():
        off[invoice_id] = off.get(invoice_id, 0) + net
    if not off:
        return []
    rows = session.execute(
        select(Fapiao).join(FapiaoRequest, FapiaoRequest.id == Fapiao.request_id)
        .where(FapiaoRequest.state.in_(LIVING), Fapiao.invoice_id.in_(off), Fapiao.given_up_at.is_(None), _stands())
        .order_by(Fapiao.request_id, Fapiao.id)
    ).scalars().all()  # fmt: skip
    standing: dict[int, int] = {}
    first: dict[int, Fapiao] = {}
    for each in rows:
        standing[each.request_id] = standing.get(each.request_id, 0) + (-1 if each.is_red else 1) * each.net_minor
        first.setdefault(each.request_id, each)
    amounts = select(Invoice.id, Invoice.net_minor).where(Invoice.id.in_(off))
    nets = dict(session.execute(amounts).all())
    return [
        Excess(request_id, each.invoice_id, each.startup_id, over)
        for request_id, each in first.items()
        if (over := standing[request_id] - nets[each.invoice_id] + off[each.invoice_id]) > 0
    ]


def _stands() -> ColumnElement[bool]:
    """Blue papers that are issued; red-letter ones also while they wait."""
    return or_(Fapiao.number.is_not(None), Fapiao.reverses_id.is_not(None))


def count_fapiao_to_do(session: Session) -> int:
    """What finance has to do: requests to check and issue, red-letter ones to issue and to ask for, calls that
    failed."""
    asked = select(func.count()).select_from(FapiaoRequest).where(FapiaoRequest.state == "asked")
    reds = select(func.count()).select_from(Fapiao).where(
        Fapiao.reverses_id.is_not(None), Fapiao.number.is_(None), Fapiao.given_up_at.is_(None)
    )  # fmt: skip
    failed = select(func.count()).select_from(FapiaoCall).where(FapiaoCall.state == "failed")
    row = session.execute(select(asked.scalar_subquery(), reds.scalar_subquery(), failed.scalar_subquery())).one()
    return sum(row) + len(needs_red_letter(session))

"""Fapiaos are asked for, withdrawn and returned; what became of each is written down beside it.

Who changes several rows takes them in this order: the invoice's open item, requests by id, papers by id, number series,
the trail.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec.structs import asdict
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.billing.models import Fapiao, FapiaoCall, FapiaoEvent, FapiaoRequest, OpenItem
from incubator.billing.operations.fapiao_titles import title_of
from incubator.billing.operations.numbering import FAPIAOS, take_numbers
from incubator.billing.queries.fapiao import (
    RequestRow,
    get_request,
    get_settings,
    is_paid,
    items_of,
    list_askers,
    newest_title,
    papers_of,
    require_ask,
)
from incubator.billing.queries.invoices import get_invoice
from incubator.billing.rules.fapiao import KINDS, LONGEST_NOTE, Paper, make_papers
from incubator.core.clock import CHINA
from incubator.core.errors import N_, Conflict, Refusal
from incubator.core.texts import one_line
from incubator.notices.operations import notify
from incubator.spaces.operations.words import LONGEST_TEXT, unique


def ask_fapiao(
    session: Session, actor: Actor, *, now: datetime, invoice_id: int, kind: str, note: str = ""
) -> FapiaoRequest:
    """Ask for the fapiaos of an invoice: for the startup's founders, and for staff who bill.

    For all that the startup pays by it, less what is credited; once, while the request lives. Rent comes on a paper of
    its own, and what is exempt never on a special one (`make_papers`).
    """
    posted = get_invoice(session, actor, invoice_id)
    invoice = posted.invoice
    require_ask(actor, invoice.startup_id)
    session.execute(select(OpenItem.id).where(OpenItem.invoice_id == invoice.id).with_for_update())
    if get_settings(session).timing == "payment" and not is_paid(session, invoice.id):
        raise Refusal(N_("Fapiaos are issued once the invoice is paid."))
    row = newest_title(session, invoice.startup_id)
    if row is None:
        raise Refusal(N_("Enter the title data first: a fapiao names its buyer."))
    if kind not in KINDS:
        raise Refusal(N_("Choose ordinary or special."), field="kind")
    title, words = title_of(row), one_line(note, "note", LONGEST_NOTE)
    if kind == "special":
        title.require_special("kind")
    papers = make_papers(items_of(session, invoice), kind)
    if not papers:
        raise Refusal(N_("There is nothing to pay by this invoice, so there is nothing to issue."))
    if kind == "special" and all(paper.kind == "ordinary" for paper in papers):
        raise Refusal(N_("All of this invoice is exempt from VAT, and for that only ordinary fapiaos can be issued."),
                      field="kind")  # fmt: skip
    request = FapiaoRequest(
        startup_id=invoice.startup_id, invoice_id=invoice.id, title_id=row.id, title=asdict(title), kind=kind,
        net_minor=sum(paper.net_minor for paper in papers), tax_minor=sum(paper.tax_minor for paper in papers),
        note=words, state="asked", asked_at=now, asked_by=actor.person_id,
    )  # fmt: skip
    with unique(session, "fapiao_requests_living_key", Conflict(N_("A fapiao is asked for already."))):
        session.add(request)
    _write_papers(session, actor, now, request, papers)
    note_event(session, actor, now, request.id, "asked", {"net_minor": request.net_minor, "kind": kind})
    after = {"number": posted.number, "kind": kind, "net_minor": request.net_minor, "name": title.name,
             "papers": len(papers), "startup_id": request.startup_id}  # fmt: skip
    record(session, actor, "ask_fapiao", ("fapiao_requests", request.id), now=now, after=after)
    return request


def withdraw_fapiao(session: Session, actor: Actor, *, now: datetime, request_id: int) -> FapiaoRequest:
    """Who asked does not want it any more, while it is not in a batch."""
    row = get_request(session, actor, request_id, for_update=True)
    require_ask(actor, row.request.startup_id)
    if row.request.state != "asked":
        raise Conflict(N_("This request is being worked on or has ended; it can't be withdrawn any more."))
    return _end(session, actor, now, row, "withdrawn", "")


def return_fapiao(session: Session, actor: Actor, *, now: datetime, request_id: int, reason: str) -> FapiaoRequest:
    """Back to the startup, with what is to be mended; before anything of it is issued."""
    actor.require(Action.POST_INVOICES)
    row = get_request(session, actor, request_id, for_update=True)
    words = one_line(reason, "reason", LONGEST_TEXT)
    if not words:
        raise Refusal(N_("Say what is to be mended, so that others understand."), field="reason")
    _require_untouched(session, row.request)
    _drop_calls(session, now, row.request)
    request = _end(session, actor, now, row, "returned", words)
    tell(session, now, request, "returned")
    return request


def release_fapiao(session: Session, actor: Actor, *, now: datetime, request_id: int, reason: str) -> FapiaoRequest:
    """Out of its batch, because the platform did not take it: it can go into another one."""
    actor.require(Action.POST_INVOICES)
    row = get_request(session, actor, request_id, for_update=True)
    words = one_line(reason, "reason", LONGEST_TEXT)
    if not words:
        raise Refusal(N_("Say why, so that others understand."), field="reason")
    request = row.request
    if request.state != "batched":
        raise Conflict(N_("This request is in no batch."))
    _require_untouched(session, request)
    batch = row.batch.label if row.batch else ""
    request.state, request.batch_id = "asked", None
    _drop_calls(session, now, request)
    note_event(session, actor, now, request.id, "released", {"batch": batch, "reason": words})
    after = {"number": row.invoice_number, "batch": batch, "reason": words}
    record(session, actor, "release_fapiao", ("fapiao_requests", request.id), now=now, after=after)
    return request


def _require_untouched(session: Session, request: FapiaoRequest) -> None:
    if request.state not in ("asked", "batched"):
        raise Conflict(N_("This request has ended, or is issued."))
    papers = papers_of(session, [request.id])[request.id]
    if any(each.fapiao.number for each in papers):
        raise Conflict(N_("A part of this request is issued; what is wrong is taken back by a red-letter fapiao."))
    if any(each.call is not None and each.call.state in ("waiting", "done") for each in papers):
        raise Conflict(N_("The provider was asked to issue this; wait for its answer."))


def _drop_calls(session: Session, now: datetime, request: FapiaoRequest) -> None:
    """What the provider has refused is not waited for any more."""
    owned = select(Fapiao.id).where(Fapiao.request_id == request.id)
    session.execute(
        update(FapiaoCall).where(FapiaoCall.fapiao_id.in_(owned)).values(state="dropped", settled_at=now),
        execution_options={"synchronize_session": False},
    )


def _end(session: Session, actor: Actor, now: datetime, row: RequestRow, state: str, reason: str) -> FapiaoRequest:
    request = row.request
    request.state, request.reason = state, reason
    note_event(session, actor, now, request.id, state, {"reason": reason} if reason else {})
    action = "return_fapiao" if state == "returned" else "withdraw_fapiao"
    after = {"number": row.invoice_number, "reason": reason} if reason else {"number": row.invoice_number}
    record(session, actor, action, ("fapiao_requests", request.id), now=now, after=after)
    return request


def _write_papers(session: Session, actor: Actor, now: datetime, request: FapiaoRequest, papers: list[Paper]) -> None:
    numbers = take_numbers(session, FAPIAOS, now.astimezone(CHINA).year, len(papers))
    session.add_all(
        Fapiao(
            request_id=request.id, startup_id=request.startup_id, invoice_id=request.invoice_id,
            serial=serial("FP", now, number), kind=paper.kind, business=paper.business,
            net_minor=paper.net_minor, tax_minor=paper.tax_minor,
            content={"rows": [row.as_data() for row in paper.rows]}, created_at=now, created_by=actor.person_id,
        )
        for number, paper in zip(numbers, papers, strict=True)
    )  # fmt: skip
    session.flush()


def serial(prefix: str, now: datetime, number: int) -> str:
    """Our own number of a paper: FP2026000042."""
    return f"{prefix}{now.astimezone(CHINA).year}{number:06}"


def note_event(
    session: Session, actor: Actor, now: datetime, request_id: int, what: str, facts: dict[str, Any],
    fapiao_id: int | None = None,
) -> None:  # fmt: skip
    """Write down what became of a request."""
    session.add(FapiaoEvent(request_id=request_id, fapiao_id=fapiao_id, what=what, facts=facts, happened_at=now,
                            done_by=actor.person_id))  # fmt: skip
    session.flush()


def tell(session: Session, now: datetime, request: FapiaoRequest, what: str) -> None:
    """Have the startup's founders told, and whom the title names for delivery where that is none of them: nobody gets
    the same mail twice."""
    people, address = list_askers(session, request.startup_id), str(request.title.get("email") or "")
    own = select(Person.id).where(Person.id.in_(people), func.lower(Person.email) == address.lower())
    if address and session.execute(own).first():
        address = ""
    notify(session, now=now, kind="fapiao", about=("fapiao_requests", request.id), people=people,
           address=address or None, facts={"what": what})  # fmt: skip

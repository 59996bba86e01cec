"""Batches: requests that go to the platform together, in a file that stays as it was written, or to a provider."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.billing.fapiao_workbook import write_batch
from incubator.billing.models import Fapiao, FapiaoBatch, FapiaoCall, FapiaoRequest, Invoice
from incubator.billing.operations.fapiao_requests import note_event
from incubator.billing.operations.numbering import FAPIAO_BATCHES, take_numbers
from incubator.billing.queries.fapiao import get_settings, places_of
from incubator.billing.queries.fapiao_work import find_missing
from incubator.billing.rules.fapiao import WAYS
from incubator.billing.rules.invoicing import invoice_number
from incubator.core.clock import CHINA
from incubator.core.errors import N_, Conflict, NotFound, Phrase, Refusal
from incubator.database import current_operator
from incubator.documents.operations import store_file

MOST_IN_ONE = 500
"""Requests: the platform takes so many papers of one file, and one can still look them over."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def make_batch(
    session: Session, actor: Actor, *, now: datetime, request_ids: Collection[int], way: str = "file"
) -> FapiaoBatch:
    """Put requests into a batch and write its file, or have the provider called for each of its papers.

    All of them or none: what somebody else has put into another batch, withdrawn or returned meanwhile is said. Tax
    codes and the site's address are copied into the papers now.
    """
    actor.require(Action.POST_INVOICES)
    if not request_ids:
        raise Refusal(N_("Choose at least one request."), field="requests")
    if len(request_ids) > MOST_IN_ONE:
        raise Refusal(N_("A batch has at most %(most)s requests."), field="requests", most=MOST_IN_ONE)
    if way not in WAYS or (way == "provider" and get_settings(session).provider == "none"):
        raise Refusal(N_("No provider is set up."))
    requests = _lock(session, request_ids)
    if any(each.state != "asked" for each in requests):
        raise Conflict(N_("Some of these are in a batch, withdrawn or returned by now. Look again."))
    _check(session, requests)
    papers = _complete(session, requests)
    year = now.astimezone(CHINA).year
    (number,) = take_numbers(session, FAPIAO_BATCHES, year)
    batch = FapiaoBatch(
        year=year, number=number, way=way, requests=len(requests), papers=len(papers), made_at=now,
        net_minor=sum(each.net_minor for each in requests), made_by=actor.person_id,
    )  # fmt: skip
    if way == "file":
        _write_file(session, actor, now, batch, papers)
    session.add(batch)
    session.flush()
    for request in requests:
        request.state, request.batch_id = "batched", batch.id
        note_event(session, actor, now, request.id, "batched", {"batch": batch.label, "way": way})
    if way == "provider":
        _call(session, now, papers)
    after = {"number": batch.label, "requests": batch.requests, "papers": batch.papers, "net_minor": batch.net_minor,
             "way": way, "sha256": batch.sha256}  # fmt: skip
    record(session, actor, "make_fapiao_batch", ("fapiao_batches", batch.id), now=now, after=after)
    return batch


def _call(session: Session, now: datetime, papers: Sequence[tuple[FapiaoRequest, Fapiao, str]]) -> None:
    """Have the provider called for each paper; one that it had refused before is asked for anew."""
    operator_id = current_operator(session)
    call = upsert(FapiaoCall)
    session.execute(
        call.on_conflict_do_update(index_elements=["operator_id", "fapiao_id"],
                                   set_={"state": "waiting", "due_at": now, "settled_at": None, "error": ""}),
        [{"operator_id": operator_id, "fapiao_id": paper.id, "state": "waiting", "due_at": now, "created_at": now}
         for _request, paper, _invoice in papers],
    )  # fmt: skip


def _lock(session: Session, request_ids: Collection[int]) -> list[FapiaoRequest]:
    query = select(FapiaoRequest).where(FapiaoRequest.id.in_(request_ids)).order_by(FapiaoRequest.id)
    found = session.execute(query.with_for_update().execution_options(populate_existing=True)).scalars().all()
    if len(found) != len(set(request_ids)):
        raise NotFound(N_("There is no such request for a fapiao."))
    return list(found)


def _check(session: Session, requests: Sequence[FapiaoRequest]) -> None:
    missing = find_missing(session, requests)
    for request in requests:
        if missing[request.id]:
            raise Refusal(N_("%(startup)s: %(what)s Enter it in the settings first."), field="requests",
                          startup=request.title["name"], what=Phrase(missing[request.id][0].message,
                          missing[request.id][0].values))  # fmt: skip


def _complete(session: Session, requests: Sequence[FapiaoRequest]) -> list[tuple[FapiaoRequest, Fapiao, str]]:
    """The papers in order, with codes and place as they are now; each with its request and invoice's number."""
    by_id = {each.id: each for each in requests}
    codes = get_settings(session).codes
    invoices = {each.id: each for each in session.execute(
        select(Invoice).where(Invoice.id.in_([each.invoice_id for each in requests]))).scalars()}  # fmt: skip
    places = places_of(session, {each.site_id for each in invoices.values()})
    query = select(Fapiao).where(Fapiao.request_id.in_(by_id), Fapiao.reverses_id.is_(None)).order_by(Fapiao.id)
    found = []
    for paper in session.execute(query).scalars():
        invoice = invoices[paper.invoice_id]
        rows = [{**row, **codes[row["charge_kind"]]} for row in paper.content["rows"]]
        paper.content = {"rows": rows}
        if paper.business == "lease":
            place = places[invoice.site_id]
            paper.content = {"rows": rows, "place": {"region": place.region, "address": place.address, "certificate":
                             place.certificate, "is_other_city": place.is_other_city}}  # fmt: skip
        found.append((by_id[paper.request_id], paper, invoice_number(invoice.series, invoice.year, invoice.number)))
    return found


def _write_file(
    session: Session, actor: Actor, now: datetime, batch: FapiaoBatch,
    papers: Sequence[tuple[FapiaoRequest, Fapiao, str]],
) -> None:  # fmt: skip
    file = store_file(session, actor, now=now, name=f"{batch.label}.xlsx", media_type=XLSX, content=write_batch(papers))
    batch.file_id, batch.sha256 = file.id, file.sha256

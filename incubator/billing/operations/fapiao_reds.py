"""Red-letter fapiaos: what takes an issued one back, whole or in part."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.billing.models import Fapiao, FapiaoBatch, FapiaoCall
from incubator.billing.operations.fapiao_requests import note_event, serial
from incubator.billing.operations.numbering import FAPIAOS, take_numbers
from incubator.billing.queries.fapiao import get_paper, get_request, get_settings
from incubator.billing.rules.fapiao import check_red, red_rows
from incubator.core.clock import CHINA
from incubator.core.errors import N_, Conflict
from incubator.core.texts import one_line
from incubator.spaces.operations.words import LONGEST_TEXT, unique


def ask_red_letter(
    session: Session, actor: Actor, *, now: datetime, fapiao_id: int, amount_minor: int, reason: str, note: str = ""
) -> Fapiao:  # fmt: skip
    """Have an issued paper taken back, whole or in part: finance says how much and why.

    A mistake is taken back whole; afterwards the invoice's fapiao can be asked for anew. One at a time for each paper,
    and never more than what is left of it. One that came from a provider goes to it again.
    """
    actor.require(Action.POST_INVOICES)
    blue = get_paper(session, actor, fapiao_id)
    request = get_request(session, actor, blue.request_id, for_update=True).request
    papers = session.execute(
        select(Fapiao).where(Fapiao.request_id == request.id).execution_options(populate_existing=True)
    ).scalars().all()  # fmt: skip
    blue = next(each for each in papers if each.id == fapiao_id)
    if blue.is_red or blue.number is None:
        raise Conflict(N_("Only an issued fapiao is taken back by a red-letter one."))
    earlier = [each for each in papers if each.reverses_id == blue.id and each.given_up_at is None]
    check_red(reason, amount_minor, blue.net_minor - sum(each.net_minor for each in earlier))
    rows = red_rows(blue.content["rows"], [each.content["rows"] for each in earlier], amount_minor)
    (number,) = take_numbers(session, FAPIAOS, now.astimezone(CHINA).year)
    red = Fapiao(
        request_id=request.id, startup_id=request.startup_id, invoice_id=request.invoice_id, kind=blue.kind,
        serial=serial("FR", now, number), business=blue.business, net_minor=amount_minor,
        tax_minor=sum(row["tax_minor"] for row in rows), content={**blue.content, "rows": rows}, reverses_id=blue.id,
        reason=reason, note=one_line(note, "note", LONGEST_TEXT), created_at=now, created_by=actor.person_id,
    )  # fmt: skip
    with unique(session, "fapiaos_red_waiting_key", Conflict(N_("A red-letter fapiao of this one waits already."))):
        session.add(red)
    if get_settings(session).provider != "none" and _came_from_provider(session, request.batch_id):
        session.add(FapiaoCall(fapiao_id=red.id, state="waiting", due_at=now, created_at=now))
    facts = {"net_minor": amount_minor, "reason": reason, "number": blue.number}
    note_event(session, actor, now, request.id, "red_asked", facts, red.id)
    after = {"number": blue.number, "serial": red.serial, "net_minor": amount_minor, "red_reason": reason,
             "note": red.note}  # fmt: skip
    record(session, actor, "ask_red_letter", ("fapiao_requests", request.id), now=now, after=after)
    return red


def give_up_red_letter(session: Session, actor: Actor, *, now: datetime, fapiao_id: int) -> Fapiao:
    """A red-letter one is not issued after all."""
    actor.require(Action.POST_INVOICES)
    red = get_paper(session, actor, fapiao_id)
    request = get_request(session, actor, red.request_id, for_update=True).request
    session.refresh(red)
    call = session.execute(select(FapiaoCall).where(FapiaoCall.fapiao_id == red.id)).scalar_one_or_none()
    if not red.is_red or red.number is not None or red.given_up_at is not None:
        raise Conflict(N_("This is no red-letter fapiao that waits."))
    if call is not None and call.state == "waiting":
        raise Conflict(N_("The provider was asked to issue this; wait for its answer."))
    red.given_up_at = now
    note_event(session, actor, now, request.id, "red_given_up", {"net_minor": red.net_minor}, red.id)
    after = {"serial": red.serial, "net_minor": red.net_minor}
    record(session, actor, "give_up_red_letter", ("fapiao_requests", request.id), now=now, after=after)
    return red


def _came_from_provider(session: Session, batch_id: int | None) -> bool:
    way = session.execute(select(FapiaoBatch.way).where(FapiaoBatch.id == batch_id)).scalar_one_or_none()
    return way == "provider"

"""Calling the provider: after the commit, by the worker, under our own number of the paper; what is issued is issued
once.

A call is claimed in a transaction of its own, made outside of any, and its answer written in another. A worker that is
killed, or gets no answer, leaves a call that is due again; before it is sent once more, the provider is asked whether
it was issued.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import system_actor
from incubator.accounts.models import Operator
from incubator.billing.fapiao_provider import Declined, DemoProvider, Issued, Order, Provider, Unanswered
from incubator.billing.models import Fapiao, FapiaoCall, FapiaoRequest
from incubator.billing.operations.fapiao_results import PaperFile, issue, keep_file, lock_papers
from incubator.billing.queries.fapiao import get_settings
from incubator.core.errors import Refusal
from incubator.database import set_operator
from incubator.notices.rules import wait_for_server

log = logging.getLogger("incubator.fapiao")

LEASE = timedelta(minutes=5)
"""How long a worker has for a call; longer than any provider takes."""
AT_ONCE = 50

ProviderOf = Callable[[str, int], Provider | None]
"""The provider by the name in the settings, for an operator; None: there is none of that name."""


def demo_provider_of(engine: Engine, clock: Callable[[], datetime]) -> ProviderOf:
    """The only one there is: the stand-in."""
    return lambda name, operator_id: DemoProvider(engine, operator_id, clock) if name == "demo" else None


class Claimed(Struct, frozen=True):
    """A call in hand."""

    call_id: int
    fapiao_id: int
    provider: str
    order: Order
    is_red: bool
    is_again: bool
    waited: timedelta


def call_due(engine: Engine, operator_id: int, provider_of: ProviderOf, clock: Callable[[], datetime]) -> int:
    """Make the operator's calls that are due; how many papers were issued. Any number of workers may do this."""
    issued = 0
    for _turn in range(AT_ONCE):
        claimed = _claim(engine, operator_id, clock())
        if claimed is None:
            break
        provider = provider_of(claimed.provider, operator_id)
        if provider is None:
            _fail(engine, operator_id, claimed, clock(), "没有可用的开票服务")
            continue
        try:
            answer = _call(provider, claimed)
        except Declined as error:
            _fail(engine, operator_id, claimed, clock(), str(error))
        except (Unanswered, OSError) as error:
            _later(engine, operator_id, claimed, clock(), f"{type(error).__name__}: {error}")
        else:
            issued += _settle(engine, operator_id, claimed, answer, clock())
    return issued


def _call(provider: Provider, claimed: Claimed) -> Issued:
    """Its answer; what may have been issued already is asked for first."""
    if claimed.is_again:
        found = provider.query(claimed.order.key)
        if found is not None:
            return found
    return provider.red_letter(claimed.order) if claimed.is_red else provider.issue(claimed.order)


def _claim(engine: Engine, operator_id: int, now: datetime) -> Claimed | None:
    with Session(engine) as session:
        set_operator(session, operator_id)
        call = session.execute(
            select(FapiaoCall).where(FapiaoCall.state == "waiting", FapiaoCall.due_at <= now)
            .order_by(FapiaoCall.due_at, FapiaoCall.id).limit(1).with_for_update(skip_locked=True)
        ).scalar_one_or_none()  # fmt: skip
        if call is None:
            return None
        paper = session.get_one(Fapiao, (operator_id, call.fapiao_id))
        request = session.get_one(FapiaoRequest, (operator_id, paper.request_id))
        blue = None if paper.reverses_id is None else session.get_one(Fapiao, (operator_id, paper.reverses_id))
        seller = session.execute(select(Operator.name)).scalar_one()
        order = Order(paper.serial, _content(paper, request, seller), "" if blue is None else blue.number or "")
        claimed = Claimed(call.id, paper.id, get_settings(session).provider, order, paper.is_red, call.attempts > 0,
                          now - call.created_at)  # fmt: skip
        call.attempts, call.due_at = call.attempts + 1, now + LEASE
        session.commit()
        return claimed


def _content(paper: Fapiao, request: FapiaoRequest, seller: str) -> dict[str, Any]:
    title = request.title
    return {
        "buyer": title["name"], "tax_number": title["tax_number"], "email": title["email"], "seller": seller,
        "kind": paper.kind, "business": paper.business, "net_minor": paper.net_minor, "tax_minor": paper.tax_minor,
        "rows": paper.content["rows"], "place": paper.content.get("place"), "note": request.note,
    }  # fmt: skip


def _settle(engine: Engine, operator_id: int, claimed: Claimed, answer: Issued, now: datetime) -> bool:
    """Write the answer down; whether it was not yet."""
    actor = system_actor(operator_id)
    with Session(engine) as session:
        set_operator(session, operator_id)
        owner = select(Fapiao.request_id).where(Fapiao.id == claimed.fapiao_id)
        request, papers = lock_papers(session, actor, session.execute(owner).scalar_one())
        call = _lock(session, claimed.call_id)
        paper = next(each for each in papers if each.id == claimed.fapiao_id)
        if call.state != "waiting":
            return False
        try:
            if paper.number is None:
                issue(session, actor, now, request, papers, paper, answer.number, answer.issued_on,
                      answer.confirmation)  # fmt: skip
            if answer.pdf:
                keep_file(session, actor, now, paper, PaperFile("pdf", f"{answer.number}.pdf", answer.pdf))
        except Refusal as refusal:
            session.rollback()
            log.error("the provider's answer for %s of operator %s can't be kept: %s", claimed.order.key, operator_id,
                      refusal)  # fmt: skip
            _fail(engine, operator_id, claimed, now, str(refusal))
            return False
        call.state, call.settled_at, call.error = "done", now, ""
        session.commit()
        return True


def _later(engine: Engine, operator_id: int, claimed: Claimed, now: datetime, error: str) -> None:
    with Session(engine) as session:
        set_operator(session, operator_id)
        call = _lock(session, claimed.call_id)
        if call.state == "waiting":
            call.due_at, call.error = now + wait_for_server(claimed.waited), error[:500]
        session.commit()
    log.warning("the provider gives no answer for %s of operator %s", claimed.order.key, operator_id)


def _fail(engine: Engine, operator_id: int, claimed: Claimed, now: datetime, error: str) -> None:
    with Session(engine) as session:
        set_operator(session, operator_id)
        call = _lock(session, claimed.call_id)
        if call.state == "waiting":
            call.state, call.settled_at, call.error = "failed", now, error[:500]
        session.commit()


def _lock(session: Session, call_id: int) -> FapiaoCall:
    query = select(FapiaoCall).where(FapiaoCall.id == call_id).with_for_update()
    return session.execute(query.execution_options(populate_existing=True)).scalar_one()

"""Reminding of documents that expire: 30 days before, and when it has come to that."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Date, case, cast, exists, literal, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.core.clock import CHINA
from incubator.documents.models import Document
from incubator.documents.rules import OF_A_STARTUP, SOON
from incubator.notices.models import Notice
from incubator.notices.operations import notify
from incubator.startups.queries.agreements import list_founder_ids, list_manager_ids

MOST_AT_ONCE = 200
TOO_LATE = timedelta(days=30)
"""Nobody is told of what has expired longer ago, as after an import of old papers."""


def remind_of_documents(session: Session, actor: Actor, *, now: datetime) -> int:
    """Have founders and managers told of documents that expire within 30 days, and again of those that have expired.

    Each of them is told once of each last day; a new version with another last day starts it anew. How many documents.
    """
    actor.require(Action.MANAGE_STARTUPS)
    today = now.astimezone(CHINA).date()
    what = case((Document.expires_on < today, literal("expired")), else_=literal("soon"))
    told = exists().where(
        Notice.subject_kind == "documents", Notice.subject_id == Document.id, Notice.kind == "expiry",
        Notice.facts["what"].astext == what, cast(Notice.facts["expires_on"].astext, Date) == Document.expires_on,
    )  # fmt: skip
    found = session.execute(
        select(Document, what)
        .where(
            Document.withdrawn_at.is_(None), Document.expires_on.between(today - TOO_LATE, today + SOON), ~told,
        )
        .order_by(Document.expires_on, Document.id)
        .limit(MOST_AT_ONCE)
    ).all()  # fmt: skip
    managers = list_manager_ids(session)
    for document, which in found:
        founders = []
        if document.startup_id is not None and document.audience in OF_A_STARTUP:
            founders = list_founder_ids(session, document.startup_id)
        notify(
            session, now=now, kind="expiry", about=("documents", document.id), people=[*managers, *founders],
            facts={"what": which, "expires_on": document.expires_on},
            key=f"expiry:{document.id}:{document.expires_on}:{which}",
        )  # fmt: skip
    return len(found)


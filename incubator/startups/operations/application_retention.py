"""Applications that led nowhere: how long they are kept, and how they are emptied."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Operator
from incubator.accounts.operations.keys import revoke_keys
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Refusal
from incubator.documents.operations.files import erase_files
from incubator.notices.operations import forget_mails, forget_mails_to
from incubator.startups.models import (
    Application,
    ApplicationAnswer,
    ApplicationFounder,
    DraftFile,
    PlaceOffer,
    Review,
    SelectionDecision,
)
from incubator.startups.queries.application_retention import ended_before, get_application_months
from incubator.startups.rules.applications import FEWEST_MONTHS, MOST_MONTHS, kept_from

AT_ONCE = 100
QUIETLY = {"synchronize_session": False}


def set_application_months(session: Session, actor: Actor, *, now: datetime, months: int) -> None:
    """How many months an application that led nowhere is kept: from 1 to 120. It holds for those that were, too."""
    actor.require(Action.MANAGE_APPLICATIONS)
    if not FEWEST_MONTHS <= months <= MOST_MONTHS:
        raise Refusal(N_("From %(low)s to %(high)s."), field="months", low=FEWEST_MONTHS, high=MOST_MONTHS)
    operator = session.execute(
        select(Operator).where(Operator.operator_id == actor.operator_id).with_for_update()
    ).scalar_one()
    before, operator.application_months = operator.application_months, months
    if before != months:
        record(session, actor, "set_application_months", ("operators", actor.operator_id), now=now,
               before={"months": before}, after={"months": months})  # fmt: skip


def erase_ended_applications(session: Session, actor: Actor, *, now: datetime) -> int:
    """Empty the applications that led nowhere and ended longer ago than the operator keeps them; how many, of at most
    100 at a time.

    Who applied, founders, contact, answers and files go, what mails, reviews and decisions say of them, too, and their
    secret addresses open nothing. Number, kind, industry, scores, outcomes and instants stay: the counts of a call
    remain right. An admitted application is the startup's first page and stays with it.
    """
    actor.require(Action.MANAGE_APPLICATIONS)
    months = get_application_months(session)
    old = session.execute(
        select(Application)
        .where(ended_before(kept_from(now, months)))
        .order_by(Application.sent_at, Application.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    ).scalars().all()  # fmt: skip
    if not old:
        return 0
    ids = [application.id for application in old]
    _forget(session, now, old, ids)
    for application in old:
        _empty(application, now)
    session.flush()
    record(session, actor, "erase_applications", ("operators", actor.operator_id), now=now,
           after={"count": len(ids), "months": months})  # fmt: skip
    return len(ids)


def _empty(application: Application, now: datetime) -> None:
    """Its number is its name from now on."""
    application.name = application.number or ""
    application.name_en = application.contact_name = application.contact_email = application.contact_phone = ""
    application.summary, application.draft = "", {}
    application.credit_code = application.registered_on = None
    application.erased_at = now


def _forget(session: Session, now: datetime, old: Sequence[Application], ids: Sequence[int]) -> None:
    """All that hangs on them: parts and files, words of reviews and decisions, mails, secret addresses."""
    files: set[int] = set()
    for table in (DraftFile, ApplicationAnswer):
        gone = delete(table).where(table.application_id.in_(ids)).returning(table.file_id)
        files |= {each for each in session.execute(gone, execution_options=QUIETLY).scalars() if each is not None}
    session.execute(
        delete(ApplicationFounder).where(ApplicationFounder.application_id.in_(ids)), execution_options=QUIETLY
    )
    erase_files(session, files)
    session.execute(update(Review).where(Review.application_id.in_(ids)).values(to_panel="", to_applicant=""),
                    execution_options=QUIETLY)  # fmt: skip
    session.execute(
        update(Review).where(Review.application_id.in_(ids), Review.conflict_at.is_not(None))
        .values(conflict_reason="—"), execution_options=QUIETLY,
    )  # fmt: skip
    decisions = session.execute(
        update(SelectionDecision)
        .where(SelectionDecision.application_id.in_(ids))
        .values(reason="", to_applicant="", erased_at=now)
        .returning(SelectionDecision.id), execution_options=QUIETLY,
    ).scalars().all()  # fmt: skip
    offers = session.execute(
        update(PlaceOffer).where(PlaceOffer.application_id.in_(ids)).values(declined_reason="")
        .returning(PlaceOffer.id), execution_options=QUIETLY,
    ).scalars().all()  # fmt: skip
    for kind, about in (("applications", ids), ("selection_decisions", decisions), ("place_offers", offers)):
        forget_mails(session, now=now, about_kind=kind, about_ids=about)
    forget_mails_to(session, now=now, about_kind="calls", addresses={each.contact_email for each in old})
    revoke_keys(session, now=now, kind="application", opens_ids=ids)
    revoke_keys(session, now=now, kind="decision", opens_ids=decisions)

"""An application taken back by its applicant, and with it the place that it was offered."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.queries import get_operator
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict
from incubator.notices.languages import translations
from incubator.notices.operations import notify
from incubator.startups.models import Application, PlaceOffer
from incubator.startups.queries.applications import get_own_application

WITH_IT = N_("The applicant withdrew the application.")


def withdraw_application(session: Session, actor: Actor, *, now: datetime, application_id: int) -> Application:
    """The applicant takes it back, at any time until it is admitted; it keeps its number.

    An offer that waits for an answer is withdrawn with it, since nobody is left to accept it, and whoever made it is
    told.
    """
    application, _call = get_own_application(session, actor, application_id, for_update=True)
    if application.sent_at is None:
        raise Conflict(N_("It was never sent, so there is nothing to withdraw."))
    if application.withdrawn_at is not None:
        raise Conflict(N_("It is withdrawn already."))
    if application.admitted_at is not None:
        raise Conflict(N_("It is admitted already. Please talk to the operator."))
    application.withdrawn_at = now
    record(session, actor, "withdraw_application", ("applications", application.id), now=now,
           after={"number": application.number})  # fmt: skip
    _end_offer(session, actor, now, application)
    return application


def _end_offer(session: Session, actor: Actor, now: datetime, application: Application) -> None:
    offers = session.execute(
        select(PlaceOffer)
        .where(PlaceOffer.application_id == application.id)
        .order_by(PlaceOffer.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalars()
    for offer in offers:
        if not offer.is_open:
            continue
        if offer.expires_at <= now:
            offer.lapsed_at = now  # the worker has not come by yet
            continue
        locale = get_operator(session).locale
        offer.withdrawn_at, offer.withdrawn_reason = now, translations(locale).gettext(WITH_IT)
        record(session, actor, "withdraw_offer", ("place_offers", offer.id), now=now,
               after={"application": application.number, "reason": offer.withdrawn_reason})  # fmt: skip
        if offer.made_by is not None:
            notify(session, now=now, kind="review", about=("place_offers", offer.id), people=[offer.made_by],
                   facts={"what": "gone"})  # fmt: skip
    session.flush()

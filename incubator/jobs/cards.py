"""The jobs of payments by Stripe: what is due by saved methods each morning, and the comparison each night."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.billing.card_keys import open_provider
from incubator.billing.card_provider import Refused
from incubator.billing.operations.card_methods import charge_due
from incubator.billing.operations.card_reconciling import list_at_stripe, reconcile
from incubator.core.errors import N_, Refusal
from incubator.jobs.groups import BILLING, RECONCILIATION
from incubator.jobs.job import Job, Progress, Run
from incubator.jobs.timetable import Daily


def charge(session: Session, actor: Actor, run: Run, progress: Progress) -> dict[str, Any]:
    """Have what is due today taken by the methods that startups have saved."""
    assert run.site_id is not None
    progress(0, 1)
    count = charge_due(session, actor, now=run.now, site_id=run.site_id)
    return {"outcome": "asked" if count else "nothing", "count": count}


def compare(session: Session, actor: Actor, run: Run, progress: Progress) -> dict[str, Any]:
    """All that Stripe has of the last days against the books; Stripe is asked before anything is locked."""
    provider = open_provider(session)
    if provider is None:
        return {"outcome": "no_account"}
    progress(0, 2)
    try:
        listed = list_at_stripe(session, provider, now=run.now)
    except Refused as refused:
        raise Refusal(N_("Stripe does not take the key (%(code)s). Look at the settings."), code=refused.code) from None
    progress(1, 2)
    return {"outcome": "compared"} | reconcile(session, actor, now=run.now, listed=listed)


CHARGE_SAVED = Job(
    name="charge_saved_cards",
    title=N_("Take what is due by saved cards"),
    about=N_("Takes each invoice that is due by the card that its startup has saved for that; one that was declined "
             "comes again after 1, 3 and 5 days."),
    run=charge,
    group=BILLING,
    schedule=Daily(minute=9 * 60),
    results={
        "asked": N_("%(count)s invoices are being taken by saved cards."),
        "nothing": N_("Nothing is due by saved cards."),
    },
)  # fmt: skip

RECONCILE_STRIPE = Job(
    name="reconcile_stripe",
    title=N_("Compare with Stripe"),
    about=N_("Compares payments, refunds, disputes and payouts of the last days with the books, and mends what no "
             "message has brought."),
    run=compare,
    group=RECONCILIATION,
    schedule=Daily(minute=3 * 60 + 20),
    once=True,
    results={
        "no_account": N_("There is no account at Stripe."),
        "compared": N_("%(seen)s compared, %(mended)s mended, %(unexplained)s can't be explained."),
    },
)  # fmt: skip

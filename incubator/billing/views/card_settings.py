"""The page of an operator's account at Stripe."""

from __future__ import annotations

from flask import current_app, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires, requires_recent_password
from incubator.accounts.permissions import Action
from incubator.billing.card_keys import open_provider
from incubator.billing.card_provider import Refused, Unreached
from incubator.billing.forms.cards import StripeForm
from incubator.billing.operations.card_settings import keep_stripe_settings
from incubator.billing.queries.cards import get_stripe_settings
from incubator.billing.views.blueprint import blueprint
from incubator.core.clock import utc_now
from incubator.core.errors import Refusal
from incubator.database import db
from incubator.documents.refusing import refuse


@blueprint.route("/billing/stripe")
@requires(Action.MANAGE_BILLING)
@requires_recent_password
def stripe_settings() -> str:
    """Keys (their last four characters), what is offered, the address for events."""
    return _show(StripeForm(formdata=None, obj=get_stripe_settings(db.session(), current_actor())))


@blueprint.route("/billing/stripe/keep", methods=["POST"])
@requires(Action.MANAGE_BILLING)
@requires_recent_password
def keep_stripe() -> Response | tuple[str, int]:
    """Keep what was entered."""
    form = StripeForm()
    if not form.validate():
        return _show(form), 422
    try:
        keep_stripe_settings(
            db.session(), current_actor(), now=utc_now(), secret_key=form.secret_key.data or "",
            webhook_secret=form.webhook_secret.data or "", methods=form.methods.data or [], is_on=form.is_on.data,
        )  # fmt: skip
        db.session.commit()
    except Refusal as refusal:
        status = refuse(form, refusal)
        return _show(form), status
    flash(_("The settings are kept."), "success")
    return redirect(url_for("billing.stripe_settings"), 303)


@blueprint.route("/billing/stripe/try", methods=["POST"])
@requires(Action.MANAGE_BILLING)
@requires_recent_password
def try_stripe() -> Response:
    """Ask Stripe whether it takes the key; nothing is paid."""
    provider = open_provider(db.session())
    db.session.commit()
    try:
        if provider is None:
            flash(_("There is no key that can be read. Enter it again."), "danger")
        else:
            provider.check()
            flash(_("Stripe takes the key."), "success")
    except Refused:
        flash(_("Stripe does not take this key. Enter another one."), "danger")
    except Unreached:
        flash(_("Stripe can't be reached at the moment. Try again in a few minutes."), "danger")
    return redirect(url_for("billing.stripe_settings"), 303)


def _show(form: StripeForm) -> str:
    settings = get_stripe_settings(db.session(), current_actor())
    base = current_app.config["SETTINGS"].base_url
    address = f"{base}/stripe/webhooks/{settings.webhook_token}" if settings else ""
    return render_template("billing/cards/settings.html", form=form, settings=settings, address=address)

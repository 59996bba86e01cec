"""Pages on which founders pay: their open invoices, the way to Stripe and back, the saved card."""

from __future__ import annotations

from datetime import timedelta

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires, requires_recent_password
from incubator.accounts.permissions import Action
from incubator.accounts.queries import get_operator
from incubator.accounts.throttling import limiter, person_key
from incubator.billing.card_keys import is_offered
from incubator.billing.card_provider import Refused, Unreached
from incubator.billing.card_wording import consent_words
from incubator.billing.operations.card_methods import end_method
from incubator.billing.queries.card_offers import list_to_pay
from incubator.billing.queries.cards import get_card_payment, get_saved_method
from incubator.billing.views.blueprint import blueprint
from incubator.billing.views.parts import card_desk
from incubator.core.clock import utc_now
from incubator.core.errors import N_, Refusal
from incubator.core.paging import row_id
from incubator.database import db
from incubator.documents.formats import named
from incubator.documents.refusing import tell
from incubator.i18n import reader_locale
from incubator.startups.queries import get_startup

PAYING = "30 per 5 minutes;200 per day"
ASKS_AGAIN = timedelta(seconds=8)
"""How long the page one comes back to waits for an event before it asks Stripe itself (again)."""


@blueprint.route("/pay")
@requires(Action.PAY_OWN_INVOICES)
def to_pay() -> str:
    """What is open of one's startups, to be chosen and paid."""
    return render_template("billing/cards/to_pay.html", found=list_to_pay(db.session(), current_actor()))


@blueprint.route("/pay/begin", methods=["POST"])
@requires(Action.PAY_OWN_INVOICES)
@limiter.limit(PAYING, key_func=person_key)
def begin_paying() -> Response:
    """Write down what is to be paid, get a page for it from Stripe, and lead there."""
    chosen = request.form.getlist("invoices", type=row_id)
    try:
        card_payment_id = card_desk().open_checkout(current_actor(), chosen)
    except Refusal as refusal:
        tell(refusal)
        return redirect(url_for("billing.to_pay"), 303)
    return redirect(url_for("billing.go_and_pay", card_payment_id=card_payment_id), 303)


@blueprint.route("/pay/<int:card_payment_id>/go")
@requires(Action.PAY_OWN_INVOICES)
def go_and_pay(card_payment_id: int) -> Response | str:
    """The step to Stripe: a page of ours that leads on by itself, since no form of ours may lead to another site."""
    row = get_card_payment(db.session(), current_actor(), card_payment_id)
    if row.payment.state != "open" or not row.payment.page_url:
        return redirect(url_for("billing.show_paying", card_payment_id=card_payment_id))
    return render_template("billing/cards/go.html", address=row.payment.page_url, row=row)


@blueprint.route("/pay/<int:card_payment_id>")
@requires(Action.PAY_OWN_INVOICES)
def show_paying(card_payment_id: int) -> str:
    """Where one comes back to: what is true now. Where the event is late, Stripe is asked."""
    row = get_card_payment(db.session(), current_actor(), card_payment_id)
    back, looked_at = request.args.get("back"), row.payment.looked_at
    away = False
    if row.is_living and back and (looked_at is None or utc_now() - looked_at > ASKS_AGAIN):
        away = not _look(card_payment_id)
        row = get_card_payment(db.session(), current_actor(), card_payment_id)
    return render_template("billing/cards/paying.html", row=row, back=back, away=away)


def _look(card_payment_id: int) -> bool:
    """Whether Stripe could be asked."""
    try:
        card_desk().look(card_payment_id)
    except (Unreached, Refused, Refusal):
        db.session.rollback()
        return False
    return True


@blueprint.route("/pay/card/<int:startup_id>")
@requires(Action.PAY_OWN_INVOICES)
def saved_card(startup_id: int) -> str:
    """The card that a startup's invoices are charged by: what it is, who agreed to what, and how to end it."""
    session, actor = db.session(), current_actor()
    startup = get_startup(session, actor, startup_id)
    method = get_saved_method(session, actor, startup_id)
    if request.args.get("back") and method is None:
        try:
            card_desk().look_at_method(startup_id)
        except (Unreached, Refused, Refusal):
            db.session.rollback()
        startup, method = get_startup(session, actor, startup_id), get_saved_method(session, actor, startup_id)
    return render_template(
        "billing/cards/saved_card.html", startup=startup, method=method, consent=_consent(),
        offered=is_offered(session), back=request.args.get("back"),
    )  # fmt: skip


@blueprint.route("/pay/card/<int:startup_id>/save", methods=["POST"])
@requires(Action.PAY_OWN_INVOICES)
@requires_recent_password
@limiter.limit(PAYING, key_func=person_key)
def save_card(startup_id: int) -> Response | str:
    """Keep the consent, and lead to Stripe, where the card is given."""
    startup = get_startup(db.session(), current_actor(), startup_id)
    try:
        if request.form.get("agree") != "yes":
            raise Refusal(N_("Say that you agree."))
        address = card_desk().open_method(current_actor(), startup_id, named(startup, reader_locale()), _consent())
    except Refusal as refusal:
        tell(refusal)
        return redirect(url_for("billing.saved_card", startup_id=startup_id), 303)
    return render_template("billing/cards/go.html", address=address, row=None)


@blueprint.route("/pay/card/<int:startup_id>/end", methods=["POST"])
@requires(Action.PAY_OWN_INVOICES)
def end_saved_card(startup_id: int) -> Response:
    """Charge nothing by it any more."""
    try:
        stripe_method = end_method(db.session(), current_actor(), now=utc_now(), startup_id=startup_id)
        db.session.commit()
        card_desk().forget(stripe_method)
        flash(_("The card is charged no more."), "success")
    except Refusal as refusal:
        tell(refusal)
    return redirect(url_for("billing.saved_card", startup_id=startup_id), 303)


def _consent() -> str:
    operator = get_operator(db.session())
    english = current_user.operator_name_en if reader_locale() == "en" else ""
    return consent_words(english or operator.name)

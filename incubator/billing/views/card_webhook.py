"""Where Stripe's events arrive."""

from __future__ import annotations

import logging

from flask import request
from werkzeug.wrappers import Response

from incubator.accounts.access import public
from incubator.accounts.throttling import limiter
from incubator.billing.card_keys import open_webhook_secret
from incubator.billing.card_provider import BadSignature, read_event
from incubator.billing.operations.card_events import keep_event
from incubator.billing.operations.card_settings import open_webhook
from incubator.billing.views.blueprint import blueprint
from incubator.core.clock import utc_now
from incubator.database import db

log = logging.getLogger("incubator.cards")

EVENTS = "1200 per minute"
LARGEST = 512 * 1024
"""Bytes of an event."""


@blueprint.route("/stripe/webhooks/<token>", methods=["POST"])
@public
@limiter.limit(EVENTS)
def receive_event(token: str) -> Response:
    """Check the signature, keep the event under its id, answer; the worker handles it. Without CSRF: it is signed."""
    session = db.session()
    settings = open_webhook(session, token)
    secret = open_webhook_secret(settings)
    if secret is None:  # Stripe sends it again
        return Response(status=503)
    request.max_content_length = LARGEST
    try:
        seen = read_event(request.get_data(), request.headers.get("Stripe-Signature", ""), secret)
    except BadSignature:
        log.warning("an event for operator %s was not signed by Stripe", settings.operator_id)
        return Response(status=400)
    keep_event(session, now=utc_now(), seen=seen)
    session.commit()
    return Response(status=200)

"""An operator's account at Stripe: its keys, what is offered, on or off."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.operations.keys import LONGEST_TOKEN, read_operator
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.billing.card_keys import get_settings, is_misplaced, is_stand_in, seal_key
from incubator.billing.models import StripeSettings
from incubator.billing.rules.cards import METHODS
from incubator.core.errors import N_, NotFound, Refusal
from incubator.core.sealing import last_four
from incubator.database import set_operator

KEY_BEGINS = ("sk_", "rk_")
WEBHOOK_BEGINS = "whsec_"
LONGEST_KEY = 255
LIVE_KEY = N_("This installation speaks with a stand-in for Stripe: a key for real money has no place here.")
STAND_IN_KEY = N_("This is the key of a stand-in. Stripe does not know it.")


def keep_stripe_settings(
    session: Session, actor: Actor, *, now: datetime, secret_key: str, webhook_secret: str, methods: Sequence[str],
    is_on: bool,
) -> StripeSettings:  # fmt: skip
    """Keep the operator's keys and what is offered; an empty key leaves the one that is kept.

    On only with both keys: without the webhook's secret nobody could say that a payment has come. The trail has the
    last four characters of a key that is new, and nothing else of it.
    """
    actor.require(Action.MANAGE_BILLING)
    secret_key, webhook_secret = secret_key.strip(), webhook_secret.strip()
    if secret_key:
        _check_key(secret_key, KEY_BEGINS, "secret_key", N_("A secret key of Stripe's begins with sk_ or rk_."))
        if is_misplaced(secret_key):
            raise Refusal(LIVE_KEY if is_stand_in() else STAND_IN_KEY, field="secret_key")
    if webhook_secret:
        _check_key(webhook_secret, (WEBHOOK_BEGINS,), "webhook_secret", N_("A webhook's secret begins with whsec_."))
    if unknown := set(methods) - set(METHODS):
        raise Refusal(N_("There is no such way to pay: %(way)s."), field="methods", way=min(unknown))
    settings = session.execute(select(StripeSettings).with_for_update()).scalar_one_or_none()
    before = _said(settings) if settings is not None else None
    if settings is None:
        if not secret_key:
            raise Refusal(N_("Enter the secret key."), field="secret_key")
        settings = StripeSettings(webhook_token=_new_token(actor.operator_id), webhook_secret="", webhook_ends="")
        session.add(settings)
    if secret_key:
        settings.secret_key, settings.secret_ends = seal_key(secret_key), last_four(secret_key)
    if webhook_secret:
        settings.webhook_secret, settings.webhook_ends = seal_key(webhook_secret), last_four(webhook_secret)
    if is_on and not settings.webhook_secret:
        raise Refusal(N_("Enter the webhook's secret before you switch paying on."), field="webhook_secret")
    settings.methods = [each for each in METHODS if each in methods]
    settings.is_on, settings.changed_at, settings.changed_by = is_on, now, actor.person_id
    session.flush()
    record(session, actor, "keep_stripe_settings", ("stripe_settings", settings.id), now=now, before=before,
           after=_said(settings))  # fmt: skip
    return settings


def open_webhook(session: Session, token: str) -> StripeSettings:
    """The settings that an event's address belongs to; the transaction belongs to their operator from here on.

    NotFound for any other text.
    """
    operator, dash, _secret = token.partition("-")
    if not dash or len(token) > LONGEST_TOKEN:
        raise NotFound
    set_operator(session, read_operator(operator))
    settings = get_settings(session)
    if settings is None or not secrets.compare_digest(settings.webhook_token.encode(), token.encode()):
        set_operator(session, None)
        raise NotFound
    return settings


def _new_token(operator_id: int) -> str:
    return f"{operator_id:x}-{secrets.token_urlsafe(24)}"


def _check_key(key: str, begins: tuple[str, ...], field: str, message: str) -> None:
    plain = key.isascii() and key.replace("_", "").isalnum()
    if not key.startswith(begins) or not plain or not 12 <= len(key) <= LONGEST_KEY:
        raise Refusal(message, field=field)


def _said(settings: StripeSettings) -> dict[str, object]:
    return {"is_on": settings.is_on, "secret_ends": settings.secret_ends, "webhook_ends": settings.webhook_ends,
            "methods": settings.methods}  # fmt: skip

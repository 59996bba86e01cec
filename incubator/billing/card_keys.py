"""An operator's keys at Stripe: sealed on their way into the database, opened only to make a call."""

from __future__ import annotations

import logging

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.billing.card_provider import CardProvider, StripeProvider
from incubator.billing.models import StripeSettings
from incubator.core.sealing import Unreadable, seal_here, unseal_here

log = logging.getLogger("incubator.cards")

PURPOSE = "stripe keys"
STAND_IN_BEGINS = "sk_test_standin"
"""A stand-in's key: it never leaves for Stripe."""
LIVE_BEGINS = ("sk_live_", "rk_live_")
"""A key for real money: it never leaves for a stand-in."""


class _Instance:
    """Where Stripe is: said once, when the application or the worker is made."""

    api: str = ""


def use(api: str) -> None:
    """Call Stripe at another address than its own from here on; empty: at its own."""
    _Instance.api = api


def is_stand_in() -> bool:
    """Whether calls go to another address than Stripe's: then no real money moves, and pages say so."""
    return bool(_Instance.api)


def is_misplaced(secret_key: str) -> bool:
    """Whether a key is a stand-in's where Stripe is called, or one for real money where a stand-in is."""
    return secret_key.startswith(LIVE_BEGINS if is_stand_in() else STAND_IN_BEGINS)


def stand_in_address() -> str:
    """Where the stand-in's own page is; empty: calls go to Stripe."""
    return _Instance.api


def seal_key(key: str) -> str:
    """As it is kept."""
    return seal_here(key, PURPOSE)


def make_provider(secret_key: str) -> CardProvider:
    """Who speaks with Stripe for the owner of a key."""
    return StripeProvider(secret_key, _Instance.api)


def get_settings(session: Session) -> StripeSettings | None:
    """The operator's settings; None where nobody has made any."""
    return session.execute(select(StripeSettings)).scalar_one_or_none()


def open_provider(session: Session) -> CardProvider | None:
    """Who speaks with Stripe for this operator; None without a key, or with one that can't be read any more.

    Also where paying is switched off: what was begun before is brought to its end.
    """
    settings = get_settings(session)
    key = _open_secret(settings) if settings is not None else None
    return make_provider(key) if key else None


def open_webhook_secret(settings: StripeSettings) -> str | None:
    """What Stripe signs this operator's events by."""
    return _open(settings.webhook_secret)


def is_offered(session: Session) -> bool:
    """Whether founders are shown that they can pay by Stripe."""
    settings = get_settings(session)
    return settings is not None and settings.is_on and _open_secret(settings) is not None


def _open_secret(settings: StripeSettings) -> str | None:
    key = _open(settings.secret_key)
    return None if key is None or is_misplaced(key) else key


def _open(sealed: str) -> str | None:
    if not sealed:
        return None
    try:
        return unseal_here(sealed, PURPOSE)
    except Unreadable:
        log.warning("a key of Stripe's was sealed by another SECRET_KEY; FORMER_SECRET_KEYS can name it")
        return None

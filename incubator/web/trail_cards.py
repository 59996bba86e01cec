"""What the trail says of payments by Stripe."""

from __future__ import annotations

from incubator.core.errors import N_

CARD_ACTIONS: dict[str, str] = {
    "ask_card_refund": N_("gave money back by Stripe"),
    "begin_card_method": N_("agreed that invoices are charged to a card"),
    "begin_checkout": N_("began a payment by Stripe"),
    "book_payout": N_("booked a payout of Stripe's"),
    "charge_due": N_("asked for what is due by saved cards"),
    "close_dispute": N_("closed a dispute"),
    "end_card_method": N_("ended the charges to a saved card"),
    "fail_card_payment": N_("noted that a payment by Stripe was not taken"),
    "keep_stripe_settings": N_("changed the account at Stripe"),
    "open_dispute": N_("noted a dispute"),
    "replay_event": N_("had an event of Stripe's handled once more"),
    "reverse_payout": N_("took back a payout of Stripe's"),
    "save_card_method": N_("saved a card"),
    "settle_finding": N_("settled what the books could not follow"),
}

CARD_SUBJECTS: dict[str, str] = {
    "card_findings": N_("To be looked at"),
    "card_methods": N_("Saved card"),
    "card_payments": N_("Payment by Stripe"),
    "card_payouts": N_("Payout of Stripe's"),
    "stripe_events": N_("Event of Stripe's"),
    "stripe_settings": N_("Account at Stripe"),
}

CARD_PAGES: dict[str, tuple[str, str]] = {"card_payments": ("billing.show_card_payment", "card_payment_id")}

CARD_FIELDS: dict[str, str] = {
    "brand": N_("Kind of card"),
    "fault": N_("Reason"),
    "is_on": N_("Switched on"),
    "last4": N_("Last four digits"),
    "methods": N_("Ways to pay"),
    "secret_ends": N_("Secret key ends with"),
    "type": N_("Kind"),
    "webhook_ends": N_("Webhook's secret ends with"),
    "what": N_("What"),
}

CARD_VALUES: dict[tuple[str, str], str] = {
    ("methods", "alipay"): N_("Alipay"),
    ("methods", "card"): N_("Card"),
    ("methods", "wechat_pay"): N_("WeChat Pay"),
    ("outcome", "lost"): N_("lost"),
    ("outcome", "won"): N_("won"),
}

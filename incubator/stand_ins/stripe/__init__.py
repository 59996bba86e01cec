"""A stand-in for Stripe that speaks its HTTP: it is no Stripe, no money moves, and every page says so.

What it keeps to, as far as the product relies on it: form-encoded requests, the key as bearer, idempotency keys (the
same answer for the same key; 409 while the first is under way; 400 for the same key with other parameters; kept for 24
hours of its own clock), hosted pages that can be paid, declined, paid later (Alipay) or left, saved cards charged
off-session, refunds that can't give back more than was taken, disputes, payouts, balance transactions with a fee of
2.9 % + 2.00, lists by pages, and events signed as Stripe signs them.

`account` is what there is and what becomes of it, `calls` the API over it, `pages` what people see, `server` the rest.
"""

KEY = "sk_test_standin_no_money_moves"
WEBHOOK_SECRET = "whsec_standin_no_money_moves"  # noqa: S105  says itself that it is none

"""The worker's round: what waits at Stripe, of one operator."""

from __future__ import annotations

import logging
from collections.abc import Callable

from sqlalchemy.exc import DBAPIError

from incubator.billing.card_desk import CardDesk
from incubator.billing.card_provider import Refused, Unreached
from incubator.billing.queries.card_work import list_card_work
from incubator.core.errors import Refusal

log = logging.getLogger("incubator.cards")


def do_card_work(desk: CardDesk, *, must_stop: Callable[[], bool] = lambda: False) -> int:
    """Do what waits at Stripe for an operator, each by itself; how much was taken in hand. What Stripe does not answer
    comes again by itself; the first that can't be reached ends the round."""
    now = desk.clock()
    work = desk.step(lambda s: list_card_work(s, now=now))
    done = 0
    for verb, ids in ((desk.handle_event, work.events), (desk.send_payment, work.payments),
                      (desk.send_refund, work.refunds), (desk.close_checkout, work.to_close),
                      (desk.look, work.to_look)):  # fmt: skip
        for each in ids:
            if must_stop():
                return done
            try:
                verb(each)
                done += 1
            except (Unreached, Refused) as fault:
                log.warning("Stripe does not answer as it should (%s); later again", fault)
                return done
            except Refusal as refusal:
                log.warning("a payment by Stripe waits: %s", refusal)
            except DBAPIError:
                raise
            except Exception:  # one that can't be read keeps no other waiting; it comes again by itself
                log.exception("%s %s failed", verb.__name__, each)
    return done

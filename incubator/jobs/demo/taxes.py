"""How the demo's operator is taxed: a general taxpayer, exempt of VAT on rents until the end of 2027."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.pricing.operations import set_tax_rate, set_tax_status
from incubator.pricing.rules.taxes import USUAL

EXEMPT = "财税〔2018〕120号（执行至2027年12月31日）：向在孵对象提供孵化服务的收入免征增值税"
AFTER = date(2028, 1, 1)


def enter_taxes(session: Session, actor: Actor, now: datetime, first: date) -> None:
    """The usual rates; the exemption, and what follows it."""
    set_tax_status(session, actor, now=now, status="general", valid_from=first, usual=True)
    rate, source = USUAL["general"]["rent"]
    for since, of_it, by in ((first, Decimal(0), EXEMPT), (AFTER, rate, source)):
        set_tax_rate(session, actor, now=now, status="general", charge_kind="rent", valid_from=since, rate=of_it,
                     source=by)  # fmt: skip

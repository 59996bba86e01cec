"""Reads for claims: posted decisions and the frozen report that stands on the cover."""

from __future__ import annotations

import json

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from incubator.accounts.actor import Actor
from incubator.accounts.models import Operator
from incubator.accounts.permissions import Action
from incubator.billing.queries.credit_notes import list_credited
from incubator.billing.queries.invoices import list_posted
from incubator.claims.annexes import Annex, Name, assemble_annex
from incubator.core.periods import Month
from incubator.reports.models import FrozenReport
from incubator.reports.presenting import Shown
from incubator.reports.queries import KIND
from incubator.spaces.models import Site
from incubator.spaces.queries import get_site


class MonthAnnex(Struct, frozen=True):
    """A site's month as it is claimed: the annex, and the newest frozen report (None: not frozen yet)."""

    site: Site
    month: Month
    operator: Name
    credit_code: str | None
    annex: Annex
    report: FrozenReport | None
    shown: Shown | None

    @property
    def is_complete(self) -> bool:
        """Whether it can be handed in: something is posted, and the report is frozen."""
        return self.report is not None and bool(self.annex.invoices)


def get_annex(session: Session, actor: Actor, site_id: int, month: Month) -> MonthAnnex:
    """The claim of a site and month, in seven statements however many startups there are."""
    actor.require(Action.SEE_CLAIMS)
    site = get_site(session, actor, site_id)
    operator = session.execute(select(Operator.name, Operator.name_en, Operator.credit_code)).one()
    report = session.execute(
        select(FrozenReport)
        .where(FrozenReport.kind == KIND, FrozenReport.site_id == site_id, FrozenReport.month == month.first)
        .order_by(FrozenReport.version.desc())
        .limit(1)
        .options(undefer(FrozenReport.content))
    ).scalar_one_or_none()
    return MonthAnnex(
        site,
        month,
        Name(operator.name, operator.name_en),
        operator.credit_code,
        assemble_annex(
            list_posted(session, actor, site_id, month), list_credited(session, actor, site_id, month)
        ),
        report,
        Shown(json.loads(report.content)) if report else None,
    )

"""The letter that invites a reviewer: their secret address is made here, so that only the mail's reader has it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.models import Operator
from incubator.accounts.operations.keys import issue_key
from incubator.claims.models import ClaimReviewer
from incubator.claims.operations.reviewers import KEY
from incubator.claims.queries.claims import get_claim
from incubator.core.clock import CHINA
from incubator.core.errors import N_
from incubator.documents.formats import day, named
from incubator.notices.letters import Letter
from incubator.notices.models import Notice
from incubator.notices.writing import Reader, Writer


def write_invitation(session: Session, notice: Notice, reader: Reader, now: datetime) -> Letter | None:
    """What one is asked to look at, until when, and the address; None where it was taken back meanwhile."""
    found = session.execute(select(ClaimReviewer).where(ClaimReviewer.id == notice.subject_id)).scalar_one()
    if not found.is_open(now):
        return None
    row = get_claim(session, reader.actor, found.claim_id)
    operator = session.execute(select(Operator)).scalar_one()
    token = issue_key(session, reader.actor, now=now, kind=KEY, opens_id=found.id)
    last = (found.ends_at - timedelta(seconds=1)).astimezone(CHINA).date()
    values = {"operator": named(operator, reader.locale), "number": row.number, "name": found.name,
              "scheme": named(row.scheme, reader.locale), "day": day(last, reader.locale)}  # fmt: skip
    paragraphs = [
        reader.say(N_("Hello %(name)s,"), **values),
        reader.say(N_("%(operator)s asks you to review its claim %(number)s under “%(scheme)s”. Everything that it "
                      "rests on can be read there until %(day)s: lines, invoices, agreements, allocations and "
                      "files."), **values),
    ]  # fmt: skip
    small = [
        reader.say(N_("The address is yours alone: whoever has it can read the claim. What is opened is noted.")),
        reader.say(N_("The operator can take the access back at any time.")),
    ]
    subject = reader.say(N_("Review of claim %(number)s of %(operator)s"), **values)
    button = reader.say(N_("Open the claim")), reader.link(f"/review/open/{token}")
    return Letter(reader.locale, subject, paragraphs, button, small)


WRITERS: dict[str, Writer] = {"claim_reviewers": write_invitation}

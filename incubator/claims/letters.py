"""The mail that asks a startup for the evidence that is still wanted of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.claims.models import Claim, ClaimLine, ClaimReminder
from incubator.claims.operations.reminders import missing_kinds
from incubator.claims.queries.claims import load_lines
from incubator.claims.queries.evidence import load_dossier
from incubator.claims.rules.states import INNER
from incubator.claims.words import EVIDENCE_NAMES
from incubator.core.errors import N_
from incubator.documents.formats import day, named
from incubator.notices.letters import Letter
from incubator.notices.models import Notice
from incubator.notices.writing import Reader, Writer
from incubator.startups.models import Startup
from incubator.subsidies.models import Decision, Scheme


def write_reminder(session: Session, notice: Notice, reader: Reader, now: datetime) -> Letter | None:
    """What is still missing, and until when it is wanted; None where it is all there by now, or the claim is away."""
    row = session.execute(
        select(ClaimReminder, Claim, Scheme, Startup)
        .join(Claim, Claim.id == ClaimReminder.claim_id)
        .join(Scheme, Scheme.id == Claim.scheme_id)
        .join(Startup, Startup.id == ClaimReminder.startup_id)
        .where(ClaimReminder.id == notice.subject_id)
    ).one_or_none()
    if row is None or row[1].state not in INNER:
        return None
    reminder, claim, scheme, startup = row
    lines = load_lines(session, [ClaimLine.claim_id == claim.id, ClaimLine.released_at.is_(None),
                                 Decision.startup_id == startup.id])  # fmt: skip
    kinds = missing_kinds(load_dossier(session, claim, lines, now=now).cells).get(startup.id)
    if not kinds:
        return None
    values = {
        "scheme": named(scheme, reader.locale), "startup": named(startup, reader.locale),
        "due": day(reminder.due_on, reader.locale),
        "kinds": reader.say(N_(", ")).join(reader.say(EVIDENCE_NAMES[kind]) for kind in kinds),
    }  # fmt: skip
    said = [
        reader.say(N_("Hello %(name)s,"), name=reader.actor.name),
        reader.say(N_("we claim the subsidy “%(scheme)s” for %(startup)s. Still missing: %(kinds)s. Please upload it "
                      "by %(due)s, so that the subsidy is not lost."), **values),
    ]  # fmt: skip
    return Letter(reader.locale, reader.say(N_("Evidence wanted by %(due)s: %(kinds)s"), **values), said,
                  (reader.say(N_("Upload it")), reader.link("/my/evidence")), [])  # fmt: skip


WRITERS: dict[str, Writer] = {"claim_reminders": write_reminder}

"""Freezing a period of any kind: canonical content, its statement and link in the operator's chain, the signature."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Operator
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, Refusal
from incubator.core.periods import local_instant
from incubator.database import current_operator
from incubator.documents.signing import sign
from incubator.reports.content import Report
from incubator.reports.frozen.chain import link_of, make_statement, make_token
from incubator.reports.frozen.kind import Kind, Question
from incubator.reports.frozen.queries import latest_version, names_of, zone_of
from incubator.reports.models import FIRST_LINK, FrozenReport, ReportHead, ReportSignature
from incubator.spaces.models import Site
from incubator.spaces.queries import get_site

MAX_REASON = 500


class NothingToFreeze(Refusal):
    """The period has nothing that a report of this kind could say."""


def freeze(
    session: Session, actor: Actor, *, now: datetime, kind: Kind, question: Question, reason: str = ""
) -> FrozenReport:
    """Version 1 of a period that is over; or its next version, which must say why it was made.

    Where nothing has changed since the last version there is nothing to freeze: Conflict. Who freezes takes the site
    (or the operator), reads the figures, and takes the head of the chain last, so that two kinds meet there only for
    a moment. October 2026 in Shanghai can be frozen from 1 November 00:00 there.
    """
    actor.require(Action.FREEZE_REPORTS)
    actor.require(kind.sees)
    lock(session, actor, question)
    latest = latest_version(session, kind, question)
    ends = local_instant(question.period.last, 1440, ZoneInfo(zone_of(session, question)))
    if now < ends:
        raise Refusal(N_("This period is not over yet: it can be frozen from %(at)s."), at=ends)
    reason = reason.strip()
    if latest is not None and not reason:
        raise Refusal(N_("Say why a new version is made: what was corrected?"), field="reason")
    if len(reason) > MAX_REASON:
        raise Refusal(N_("At most %(count)s characters."), field="reason", count=MAX_REASON)
    if kind.before is not None:
        kind.before(session, actor, question)
    report = kind.make(session, actor, question)
    refused = kind.refuses(report.content) if kind.refuses is not None else ""
    if refused:
        raise NothingToFreeze(refused)
    if latest is not None and latest.sha256 == report.as_defined(latest.definition).sha256:
        raise Conflict(N_("Nothing has changed since version %(version)s: it stands."), version=latest.version)
    frozen = append(session, actor, now=now, kind=kind, question=question, report=report,
                    version=latest.version + 1 if latest else 1, reason=reason if latest else "")  # fmt: skip
    after = {"kind": kind.name, "site_id": question.site_id, "period": question.period.key, "version": frozen.version,
             "number": frozen.number, "sha256": frozen.sha256.hex(), "reason": frozen.reason}  # fmt: skip
    record(session, actor, kind.audit, ("frozen_reports", frozen.id), now=now, after=after)
    if kind.after is not None:
        kind.after(session, actor, now, frozen, report)
    return frozen


def freeze_once(
    session: Session, actor: Actor, *, now: datetime, kind: Kind, question: Question
) -> tuple[FrozenReport, bool]:
    """The period's newest frozen version, made now if it had none, and whether it was made: what the job does.

    However often the job runs for a period, there is one version 1.
    """
    actor.require(Action.FREEZE_REPORTS)
    lock(session, actor, question)
    latest = latest_version(session, kind, question)
    if latest is not None:
        return latest, False
    return freeze(session, actor, now=now, kind=kind, question=question), True


def lock(session: Session, actor: Actor, question: Question) -> None:
    """One at a time freezes at a site, or what is the whole operator's; bookings and residencies go on meanwhile."""
    if question.site_id is None:
        session.execute(select(Operator.operator_id).with_for_update(key_share=True))
        return
    get_site(session, actor, question.site_id)
    session.execute(select(Site.id).where(Site.id == question.site_id).with_for_update(key_share=True))


def append(
    session: Session, actor: Actor, *, now: datetime, kind: Kind, question: Question, report: Report, version: int = 1,
    reason: str = "",
) -> FrozenReport:  # fmt: skip
    """The report as the next of the operator's chain, signed. Whoever calls it has locked what it is of, and records
    it: `freeze`, or a job that makes many."""
    actor.require(Action.FREEZE_REPORTS)
    operator, site = names_of(session, question.site_id)
    number, previous = _lock_head(session)
    content, digest = report.canonical.decode(), report.sha256
    definition: str = report.content["definition"]
    statement = make_statement(
        operator=operator, kind=kind.name, subject=question.subject, site=site, period=question.period, version=version,
        definition=definition, sha256=digest, reason=reason, frozen_at=now, number=number + 1, previous=previous,
    )  # fmt: skip
    link = link_of(statement)
    signature = sign(session, actor, now=now, message=link)
    frozen = FrozenReport(
        kind=kind.name, site_id=question.site_id, subject=question.subject, rhythm=question.period.rhythm,
        month=question.period.first, version=version, definition=definition, content=content, sha256=digest,
        reason=reason, frozen_at=now, frozen_by=actor.person_id, number=number + 1, previous=previous,
        statement=statement.decode(), link=link, public_token=make_token(),
    )  # fmt: skip
    session.add(frozen)
    session.flush()
    session.add(
        ReportSignature(report_id=frozen.id, key_id=signature.key_id, signature=signature.value, signed_at=now)
    )
    session.execute(
        update(ReportHead)
        .where(ReportHead.operator_id == current_operator(session))
        .values(number=frozen.number, link=link),
        execution_options={"synchronize_session": False},
    )
    session.flush()
    return frozen


def sign_waiting(session: Session, actor: Actor, *, now: datetime, most: int = 500) -> int:
    """Sign the reports that have no signature: those that were frozen before there were keys. How many were signed."""
    actor.require(Action.FREEZE_REPORTS)
    _lock_head(session)  # one at a time
    signed = select(ReportSignature.report_id)
    rows = session.execute(
        select(FrozenReport.id, FrozenReport.link)
        .where(FrozenReport.id.not_in(signed))
        .order_by(FrozenReport.number)
        .limit(most)
    ).all()
    for row in rows:
        signature = sign(session, actor, now=now, message=row.link)
        session.add(
            ReportSignature(report_id=row.id, key_id=signature.key_id, signature=signature.value, signed_at=now)
        )
    if rows:
        record(session, actor, "sign_reports", ("frozen_reports", rows[-1].id), now=now, after={"count": len(rows)})
    return len(rows)


def _lock_head(session: Session) -> tuple[int, bytes]:
    """The last report's number and link; made at the operator's first."""
    head = select(ReportHead.number, ReportHead.link).with_for_update()
    found = session.execute(head).one_or_none()
    if found is None:
        first = {"operator_id": current_operator(session), "number": 0, "link": FIRST_LINK}
        session.execute(insert(ReportHead).values(first).on_conflict_do_nothing())
        found = session.execute(head).one()
    return found.number, found.link

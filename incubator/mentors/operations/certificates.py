"""Certificates of hours: what a mentor has given on some days, numbered, with the evidence it is the sum of."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Operator
from incubator.accounts.permissions import Action
from incubator.accounts.queries import get_operator
from incubator.audit.operations import record
from incubator.core.canonical import canonical_json, plain
from incubator.core.clock import CHINA
from incubator.core.errors import N_, Conflict, Refusal
from incubator.mentors.models import HoursCertificate, Mentor
from incubator.mentors.queries.figures import counts, list_evidence, list_field_names
from incubator.mentors.queries.profiles import get_mentor
from incubator.pricing.rules import check_day

MOST_LINES = 2_000


def certify_hours(
    session: Session, actor: Actor, *, now: datetime, mentor_id: int, first: date, last: date
) -> HoursCertificate:
    """Certify what both sides have confirmed of some days; what is not evidence is not in it. Never changed: after a
    correction another one is made, with its own number."""
    actor.require(Action.MANAGE_MENTORS)
    mentor = get_mentor(session, actor, mentor_id)
    for each, field in ((first, "first"), (last, "last")):
        check_day(each, field)
    if last < first:
        raise Refusal(N_("The end must come after the start."), field="last")
    today = now.astimezone(CHINA).date()
    if last > today:
        raise Refusal(N_("These days are not over yet."), field="last")
    content = _content(session, actor, mentor, first, last)
    if not content["lines"]:
        raise Conflict(N_("There is no evidence of these days."), field="first")
    session.execute(select(Operator.operator_id).with_for_update(key_share=True))
    number = session.execute(
        select(func.coalesce(func.max(HoursCertificate.number), 0)).where(HoursCertificate.year == today.year)
    ).scalar_one()
    certificate = HoursCertificate(
        mentor_id=mentor.id, year=today.year, number=number + 1, days=Range(first, last + timedelta(days=1)),
        minutes=content["minutes"], content=content, sha256=hashlib.sha256(canonical_json(content)).digest(),
        made_at=now, made_by=actor.person_id,
    )  # fmt: skip
    session.add(certificate)
    session.flush()
    after = {"number": certificate.label, "mentor_id": mentor.id, "from": first, "last_on": last,
             "minutes": certificate.minutes, "sha256": certificate.sha256}  # fmt: skip
    record(session, actor, "certify_hours", ("hours_certificates", certificate.id), now=now, after=after)
    return certificate


def _content(session: Session, actor: Actor, mentor: Mentor, first: date, last: date) -> dict[str, Any]:
    page = list_evidence(session, actor, counts(first, last, mentor_id=mentor.id), size=MOST_LINES)
    if page.total > MOST_LINES:
        raise Refusal(N_("These are too many sessions for one certificate; choose fewer days."), field="last")
    fields, operator = list_field_names(session), get_operator(session)
    lines = [
        {
            "on": row.evidence.on, "startup": row.startup.name, "startup_code": row.startup.code,
            "site": row.site.name, "fields": sorted(fields[each].name for each in row.fields),
            "minutes": row.evidence.minutes, "session_id": row.evidence.session_id, "version": row.version,
            "sha256": row.evidence.sha256,
        }
        for row in page.rows
    ]  # fmt: skip
    name = page.rows[0].person.name if page.rows else ""
    return dict(plain({
        "operator": operator.name, "operator_code": operator.credit_code or "", "mentor": name,
        "mentor_number": mentor.label, "headline": mentor.headline, "first": first, "last": last, "lines": lines,
        "minutes": sum(row.evidence.minutes for row in page.rows),
    }))  # fmt: skip

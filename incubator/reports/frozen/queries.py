"""Reads of frozen reports of every kind: versions, a version with its content, states for lists, and the chain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Row, Select, and_, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, aliased

from incubator.accounts.actor import Actor
from incubator.accounts.models import Operator, Person
from incubator.accounts.permissions import Action
from incubator.core.clock import CHINA
from incubator.core.errors import N_, NotFound
from incubator.database import plan_by_values
from incubator.documents.models import SigningKey
from incubator.documents.signing import fingerprint
from incubator.reports.content import Report
from incubator.reports.frozen.chain import Link, public_code
from incubator.reports.frozen.kind import Kind, Question
from incubator.reports.models import FIRST_LINK, FrozenReport, ReportHead, ReportSignature
from incubator.spaces.models import Site
from incubator.startups.rules.periods import Period

FrozenKey = tuple[str, int | None, str, date]
"""Kind, site, subject and first day: what has versions."""


class Version(Struct, frozen=True):
    """A frozen version without its content: what a page, a file and a list say of it."""

    id: int
    operator_id: int
    kind: str
    site_id: int | None
    subject: str
    period: Period
    version: int
    definition: str
    sha256: bytes
    reason: str
    frozen_at: datetime
    frozen_by: str | None
    """The person's name; None: the scheduled job."""
    number: int
    link: bytes
    public_token: str
    public_key: bytes | None
    """Of the key that signed it first; None: it waits for its signature."""

    @property
    def code(self) -> str:
        """What the code on its paper leads to."""
        return public_code(self.operator_id, self.public_token)

    @property
    def key(self) -> str:
        """The fingerprint of the key that signed it; empty: not signed yet."""
        return fingerprint(self.public_key) if self.public_key else ""


def measure(session: Session, actor: Actor, kind: Kind, question: Question) -> Report:
    """The report as the rows stand now, whether it is frozen or not."""
    actor.require(kind.sees)
    plan_by_values(session)
    return kind.make(session, actor, question)


def names_of(session: Session, site_id: int | None) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Operator and site as a statement names them."""
    operator = session.execute(select(Operator.operator_id, Operator.name, Operator.name_en)).one()
    site = None
    if site_id is not None:
        found = session.execute(
            select(Site.id, Site.code, Site.name, Site.name_en).where(Site.id == site_id)
        ).one()
        site = {"id": found.id, "code": found.code, "name": found.name, "name_en": found.name_en}
    return {"id": operator.operator_id, "name": operator.name, "name_en": operator.name_en}, site


def heading(session: Session, question: Question, definition: str) -> dict[str, Any]:
    """How the content of a kind begins: definition, operator, site and period."""
    operator, site = names_of(session, question.site_id)
    period = question.period
    return {
        "definition": definition, "operator": {"name": operator["name"], "name_en": operator["name_en"]},
        "site": site and {**site, "zone": zone_of(session, question)},
        "period": {"rhythm": period.rhythm, "key": period.key, "first": period.first, "last": period.last},
    }  # fmt: skip


def zone_of(session: Session, question: Question) -> str:
    """Where the period's days are told: at its site; what is the operator's, at its first site."""
    query = select(Site.zone).order_by(Site.id).limit(1)
    if question.site_id is not None:
        query = query.where(Site.id == question.site_id)
    return session.execute(query).scalar_one_or_none() or CHINA.key


def latest_version(session: Session, kind: Kind, question: Question) -> FrozenReport | None:
    """The newest frozen version, without its content until it is asked for."""
    query = select(FrozenReport).where(_of(kind, question)).order_by(FrozenReport.version.desc()).limit(1)
    return session.execute(query).scalar_one_or_none()


def list_versions(session: Session, actor: Actor, kind: Kind, question: Question) -> list[Version]:
    """The frozen versions of one period, oldest first."""
    actor.require(kind.sees)
    rows = session.execute(_versions().where(_of(kind, question)).order_by(FrozenReport.version))
    return [_version(row) for row in rows]


def get_version(
    session: Session, actor: Actor, kind: Kind, question: Question, version: int | None
) -> FrozenReport:
    """One frozen version with its content, the newest where none is named; NotFound where there is none."""
    actor.require(kind.sees)
    query = select(FrozenReport).where(_of(kind, question))
    if version is not None:
        query = query.where(FrozenReport.version == version)
    found = session.execute(query.order_by(FrozenReport.version.desc()).limit(1)).scalar_one_or_none()
    if found is None:
        raise NotFound(N_("This period has no such frozen report."))
    return found


def get_stamp(session: Session, actor: Actor, report_id: int) -> Version:
    """What is said of one frozen report; NotFound for one that the operator does not have."""
    actor.require(Action.SEE_REPORTS)
    row = session.execute(_versions().where(FrozenReport.id == report_id)).one_or_none()
    if row is None:
        raise NotFound
    return _version(row)


def list_states(session: Session, actor: Actor, kinds: Iterable[str], first: date, last: date) -> dict[FrozenKey, int]:
    """The newest version of each kind, site and period that begins from `first` to `last`."""
    actor.require(Action.SEE_REPORTS)
    report = FrozenReport
    query = (
        select(report.kind, report.site_id, report.subject, report.month, report.version)
        .where(report.kind.in_(list(kinds)), report.month.between(first, last))
        .ext(distinct_on(report.kind, report.site_id, report.subject, report.month))
        .order_by(report.kind, report.site_id, report.subject, report.month, report.version.desc())
    )
    return {(row.kind, row.site_id, row.subject, row.month): row.version for row in session.execute(query)}


def get_head(session: Session) -> tuple[int, bytes]:
    """The number and the link with which the operator's chain ends."""
    found = session.execute(select(ReportHead.number, ReportHead.link)).one_or_none()
    return (found.number, found.link) if found else (0, FIRST_LINK)


def list_links(
    session: Session, *, after: int = 0, most: int | None = None, with_content: bool = False
) -> list[Link]:
    """The operator's reports by number, from the one after `after` on.

    `with_content`: the hash of each content too, computed anew by the database, which need not send it.
    """
    anew = func.sha256(func.convert_to(FrozenReport.content, "UTF8")) if with_content else FrozenReport.sha256
    query = select(FrozenReport, anew.label("anew")).where(FrozenReport.number > after).order_by(FrozenReport.number)
    rows = session.execute(query.limit(most)).all()
    signatures = _signatures(session, [report.id for report, _ in rows])
    return [_link(report, anew if with_content else None, signatures.get(report.id, ())) for report, anew in rows]


def get_link(session: Session, report_id: int) -> tuple[Link, bytes | None]:
    """One report of the chain, with its content's hash anew, and the link of the one before it: None: it is gone."""
    anew = func.sha256(func.convert_to(FrozenReport.content, "UTF8"))
    report, found = session.execute(select(FrozenReport, anew).where(FrozenReport.id == report_id)).one()
    before: bytes | None = FIRST_LINK
    if report.number > 1:
        query = select(FrozenReport.link).where(FrozenReport.number == report.number - 1)
        before = session.execute(query).scalar_one_or_none()
    return _link(report, found, _signatures(session, [report.id]).get(report.id, ())), before


def _signatures(session: Session, ids: Sequence[int]) -> dict[int, tuple[tuple[bytes, bytes], ...]]:
    found: dict[int, tuple[tuple[bytes, bytes], ...]] = {}
    rows = session.execute(
        select(ReportSignature.report_id, SigningKey.public_key, ReportSignature.signature)
        .join(SigningKey, SigningKey.id == ReportSignature.key_id)
        .where(ReportSignature.report_id.in_(ids))
        .order_by(ReportSignature.id)
    )
    for report_id, key, signature in rows:
        found[report_id] = (*found.get(report_id, ()), (key, signature))
    return found


def _link(report: FrozenReport, anew: bytes | None, signatures: tuple[tuple[bytes, bytes], ...]) -> Link:
    return Link(
        id=report.id, number=report.number, kind=report.kind, subject=report.subject, site_id=report.site_id,
        period=Period(report.rhythm, report.month), version=report.version, definition=report.definition,
        sha256=report.sha256, reason=report.reason, frozen_at=report.frozen_at, previous=report.previous,
        statement=report.statement, link=report.link, signatures=signatures, content_sha256=anew,
    )  # fmt: skip


def _of(kind: Kind, question: Question) -> ColumnElement[bool]:
    return and_(
        FrozenReport.kind == kind.name, FrozenReport.site_id.is_not_distinct_from(question.site_id),
        FrozenReport.subject == question.subject, FrozenReport.rhythm == question.period.rhythm,
        FrozenReport.month == question.period.first,
    )  # fmt: skip


def _versions() -> Select[Any]:
    report, each = FrozenReport, aliased(ReportSignature)
    first = select(func.min(each.id)).where(each.report_id == report.id).correlate(report).scalar_subquery()
    columns: list[Any] = [
        report.id, report.operator_id, report.kind, report.site_id, report.subject, report.rhythm, report.month,
        report.version, report.definition, report.sha256, report.reason, report.frozen_at,
        Person.name.label("frozen_by"), report.number, report.link, report.public_token, SigningKey.public_key,
    ]  # fmt: skip
    return (
        select(*columns)
        .select_from(report)
        .outerjoin(Person, Person.id == report.frozen_by)
        .outerjoin(ReportSignature, ReportSignature.id == first)
        .outerjoin(SigningKey, SigningKey.id == ReportSignature.key_id)
    )


def _version(row: Row[Any]) -> Version:
    return Version(
        row.id, row.operator_id, row.kind, row.site_id, row.subject, Period(row.rhythm, row.month), row.version,
        row.definition, row.sha256, row.reason, row.frozen_at, row.frozen_by, row.number, row.link, row.public_token,
        row.public_key,
    )  # fmt: skip

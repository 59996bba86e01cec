"""The cubes of what is on record by itself: what was billed, subsidies that were decided, mentoring that is evident.

A record has a day, a place in each dimension, and amounts; the database adds them up by the question's dimensions.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Subquery, Text, and_, cast, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.billing.models import Charge, CreditNote, CreditNoteLine, Invoice, InvoiceLine
from incubator.core.errors import N_
from incubator.mentors.models import HelpField, Mentor, SessionEvidence, SessionLogField
from incubator.mentors.queries.figures import latest
from incubator.reports.measuring.question import Amount, CubeAnswer, Key, Label, Question
from incubator.spaces.models import Site
from incubator.startups.models import Startup
from incubator.subsidies.models import Decision, Scheme, SchemeVersion

FEN = Decimal(100)
CHARGE_KIND_WORDS = {
    "rent": N_("Rent"), "property_fee": N_("Property fee"), "service_fee": N_("Service fee"),
    "utilities": N_("Utilities"), "booking": N_("Booking"), "mentoring": N_("Mentoring"),
    "other": N_("Other charge"), "interest": N_("Late-payment interest"),
}  # fmt: skip


def answer_billing(session: Session, actor: Actor, question: Question) -> CubeAnswer:
    """Invoice lines less what credit notes took off them, in the invoice's month; yuan."""
    actor.require(Action.SEE_BILLING)
    return _answer(session, question, _billed(), dict.fromkeys(question.measures, FEN))


def answer_subsidies(session: Session, actor: Actor, question: Question) -> CubeAnswer:
    """What each scheme gave, adjustments and what was taken back with their sign; yuan."""
    actor.require(Action.SEE_SCHEMES)
    return _answer(session, question, _decided(), dict.fromkeys(question.measures, FEN))


def answer_mentoring(session: Session, actor: Actor, question: Question) -> CubeAnswer:
    """Sessions that both sides have confirmed, each by its latest evidence."""
    actor.require(Action.SEE_MENTORING)
    return _answer(session, question, _evident(), dict.fromkeys(question.measures, Decimal(1)))


def _billed() -> Subquery:
    def lines(of: Any, sign: int) -> list[ColumnElement[Any]]:
        return [
            Invoice.site_id.label("site"), Invoice.startup_id.label("startup"), Charge.kind.label("charge_kind"),
            Invoice.month.label("on"), (sign * of.gross_minor).label("billed_gross"),
            (sign * of.subsidy_minor).label("billed_subsidy"), (sign * of.net_minor).label("billed_net"),
        ]  # fmt: skip

    posted = (
        select(*lines(InvoiceLine, 1))
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .join(Charge, Charge.id == InvoiceLine.charge_id)
    )
    taken_off = (
        select(*lines(CreditNoteLine, -1))
        .join(CreditNote, CreditNote.id == CreditNoteLine.credit_note_id)
        .join(Invoice, Invoice.id == CreditNoteLine.invoice_id)
        .join(InvoiceLine, and_(InvoiceLine.invoice_id == CreditNoteLine.invoice_id,
                                InvoiceLine.line == CreditNoteLine.invoice_line))
        .join(Charge, Charge.id == InvoiceLine.charge_id)
    )  # fmt: skip
    return union_all(posted, taken_off).subquery()


def _decided() -> Subquery:
    return (
        select(
            Decision.site_id.label("site"), Decision.startup_id.label("startup"), Charge.kind.label("charge_kind"),
            SchemeVersion.scheme_id.label("scheme"), Decision.month.label("on"),
            Decision.amount_minor.label("subsidies_decided"),
        )
        .join(SchemeVersion, SchemeVersion.id == Decision.scheme_version_id)
        .join(Charge, Charge.id == Decision.charge_id)
        .subquery()
    )  # fmt: skip


def _evident() -> Subquery:
    """Fields of a session together are one key, as programmes of a startup are: parts add up."""
    fields = (
        select(func.string_agg(cast(SessionLogField.field_id, Text), literal("+")))
        .where(SessionLogField.log_id == SessionEvidence.log_id)
        .correlate(SessionEvidence).scalar_subquery()
    )  # fmt: skip
    return (
        select(
            SessionEvidence.site_id.label("site"), SessionEvidence.startup_id.label("startup"),
            SessionEvidence.mentor_id.label("mentor"), fields.label("field"), SessionEvidence.on.label("on"),
            literal(1).label("mentor_sessions"), SessionEvidence.minutes.label("mentor_minutes"),
        )
        .where(SessionEvidence.id.in_(latest()))
        .subquery()
    )  # fmt: skip


def _answer(session: Session, question: Question, records: Subquery, per: dict[str, Decimal]) -> CubeAnswer:
    by = [_column(records, name) for name in question.dimensions]
    sums = [func.sum(records.c[name]) for name in question.measures]
    asked = select(*by, *sums).where(records.c.on.between(question.first, question.last)).group_by(*by)
    if question.site_ids:
        asked = asked.where(records.c.site.in_(question.site_ids))
    for name, keys in question.filters:
        asked = asked.where(_among(_column(records, name), keys))
    width = len(by)
    parts = {
        tuple(row[:width]): {name: Amount(Decimal(value) / per[name])
                             for name, value in zip(question.measures, row[width:], strict=True)}
        for row in session.execute(asked) if row[width] is not None
    }  # fmt: skip
    totals = {name: sum((part[name] for part in parts.values()), Amount()) for name in question.measures}
    labels = {name: _names(session, name, {key[place] for key in parts})
              for place, name in enumerate(question.dimensions)}  # fmt: skip
    return CubeAnswer(parts, totals, {name: found for name, found in labels.items() if found})


def _column(records: Subquery, dimension: str) -> ColumnElement[Any]:
    return func.to_char(records.c.on, "YYYY-MM") if dimension == "month" else records.c[dimension]


def _among(column: ColumnElement[Any], keys: Collection[Key]) -> ColumnElement[bool]:
    known = column.in_([key for key in keys if key is not None])
    return or_(known, column.is_(None)) if None in keys else known


def _names(session: Session, dimension: str, used: Iterable[Key]) -> dict[Key, Label]:
    """What keys are called, in the order in which they are read."""
    ids = [key for key in used if isinstance(key, int)]
    match dimension:
        case "charge_kind":
            return {kind: Label(word, is_word=True) for kind, word in CHARGE_KIND_WORDS.items() if kind in set(used)}
        case "site":
            rows = session.execute(select(Site.id, Site.name, Site.name_en).where(Site.id.in_(ids)).order_by(Site.code))
        case "startup":
            rows = session.execute(
                select(Startup.id, Startup.code + " " + Startup.name,
                       Startup.code + " " + func.coalesce(func.nullif(Startup.name_en, ""), Startup.name))
                .where(Startup.id.in_(ids)).order_by(Startup.code)
            )  # fmt: skip
        case "scheme":
            rows = session.execute(
                select(Scheme.id, Scheme.name, Scheme.name_en).where(Scheme.id.in_(ids)).order_by(Scheme.code)
            )
        case "mentor":
            rows = session.execute(
                select(Mentor.id, Person.name, literal("")).join(Person, Person.id == Mentor.person_id)
                .where(Mentor.id.in_(ids)).order_by(Mentor.number)
            )  # fmt: skip
        case "field":
            return _fields(session, [key for key in used if isinstance(key, str)])
        case _:
            return {}
    return {row[0]: Label(row[1], row[2]) for row in rows}


def _fields(session: Session, keys: Iterable[str]) -> dict[Key, Label]:
    names = {str(row[0]): (row[1], row[2] or row[1])
             for row in session.execute(select(HelpField.id, HelpField.name, HelpField.name_en))}  # fmt: skip
    return {
        key: Label(" + ".join(names[each][0] for each in key.split("+")),
                   " + ".join(names[each][1] for each in key.split("+")))
        for key in sorted(keys)
    }  # fmt: skip

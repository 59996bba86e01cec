"""Values stated of a year's statistics with evidence, withdrawn, and explained."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.clock import CHINA
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.core.texts import one_line
from incubator.documents.operations.documents import file_document
from incubator.reports.statistics.indicators import BY_CODE, Indicator
from incubator.reports.statistics.models import FIRST_YEAR, LAST_YEAR, StatisticNote, StatisticValue
from incubator.reports.statistics.units import UNITS
from incubator.spaces.queries import get_site

MOST = Decimal(10) ** 12
LONGEST_TEXT = 500


def state_statistic(
    session: Session, actor: Actor, *, now: datetime, site_id: int | None, year: int, code: str, figure: Decimal,
    evidence: str, file: tuple[str, bytes] | None = None,
) -> StatisticValue:  # fmt: skip
    """Say a value that no row tells, as the form writes it, with the document that proves it: a seed fund of 5,000
    (thousand yuan) is kept as 500,000,000 fen.

    What is counted from rows can be stated only of a year that is over: as it was filed then, to compare with.
    """
    actor.require(Action.MANAGE_GOALS)
    site = get_site(session, actor, site_id) if site_id is not None else None
    indicator = _indicator(code)
    _check_year(year)
    this_year = now.astimezone(ZoneInfo(site.zone) if site else CHINA).year
    if not (indicator.is_stated or indicator.or_stated) and year >= this_year:
        raise Refusal(N_("This is counted from the rows; it can't be stated."), field="code")
    unit = UNITS[indicator.unit]
    if not figure.is_finite() or not 0 <= figure < MOST:
        raise Refusal(N_("Give a number from 0 up."), field="figure")
    if figure != figure.quantize(unit.step):
        if unit.decimals:
            raise Refusal(N_("The form wants at most two decimals."), field="figure")
        raise Refusal(N_("The form wants a whole number."), field="figure")
    evidence = one_line(evidence, "evidence", LONGEST_TEXT)
    if not evidence:
        raise Refusal(N_("Say which document proves it: its kind, number and issuer."), field="evidence")
    document = None
    if file is not None:
        document = file_document(session, actor, now=now, kind="evidence", title=evidence[:100], startup_id=None,
                                 audience="staff", name=file[0], content=file[1])  # fmt: skip
    value = StatisticValue(
        site_id=site_id, year=year, code=code, figure=figure * unit.per, evidence=evidence,
        document_id=document and document.id, created_at=now, created_by=actor.person_id,
    )  # fmt: skip
    session.add(value)
    session.flush()
    after = {"site": site.code if site else "", "year": year, "code": code, "figure": figure, "unit": indicator.unit,
             "evidence": evidence}  # fmt: skip
    record(session, actor, "state_statistic", ("statistic_values", value.id), now=now, after=after)
    return value


def withdraw_statistic(
    session: Session, actor: Actor, *, now: datetime, site_id: int | None, value_id: int, reason: str
) -> StatisticValue:
    """A stated value counts no longer; the row stays, with the reason, and the one stated before it holds again."""
    actor.require(Action.MANAGE_GOALS)
    value = session.execute(
        select(StatisticValue)
        .where(StatisticValue.id == value_id, StatisticValue.site_id.is_not_distinct_from(site_id))
        .with_for_update()
    ).scalar_one_or_none()  # fmt: skip
    if value is None:
        raise NotFound(N_("There is no such statement."))
    if value.withdrawn_at is not None:
        raise Conflict(N_("This figure is withdrawn already."))
    reason = one_line(reason, "reason", LONGEST_TEXT)
    if not reason:
        raise Refusal(N_("Say why, so that others understand."), field="reason")
    value.withdrawn_at, value.withdrawn_reason = now, reason
    session.flush()
    record(session, actor, "withdraw_statistic", ("statistic_values", value.id), now=now, after={"reason": reason})
    return value


def explain_statistic(
    session: Session, actor: Actor, *, now: datetime, site_id: int | None, year: int, code: str, note: str
) -> StatisticNote:
    """Say why a field is as it is: a change, what seems not to fit. Empty: the note before it holds no longer."""
    actor.require(Action.MANAGE_GOALS)
    site = get_site(session, actor, site_id) if site_id is not None else None
    _indicator(code)
    _check_year(year)
    note = one_line(note, "note", LONGEST_TEXT)
    row = StatisticNote(site_id=site_id, year=year, code=code, note=note, created_at=now, created_by=actor.person_id)
    session.add(row)
    session.flush()
    after = {"site": site.code if site else "", "year": year, "code": code, "note": note}
    record(session, actor, "explain_statistic", ("statistic_notes", row.id), now=now, after=after)
    return row


def _indicator(code: str) -> Indicator:
    if code not in BY_CODE:
        raise Refusal(N_("The form has no such field."), field="code")
    return BY_CODE[code]


def _check_year(year: int) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise NotFound(N_("There is no such year."))

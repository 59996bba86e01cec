"""What an operator asks startups for: indicators, their rhythms with deadlines, and checks of plausibility."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.pricing.rules import check_day
from incubator.spaces.operations.words import LONGEST_NAME, LONGEST_TEXT, one_line
from incubator.startups.models import FigureCheck, FigureRhythm, Indicator
from incubator.startups.models.figures import COMPARISONS, KINDS, LEVELS
from incubator.startups.rules.default_figures import CHECKS, DUE_DAYS, INDICATORS
from incubator.startups.rules.periods import RHYTHMS, period_of

MOST_INDICATORS = 200
CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
LONGEST_UNIT = 20


def adopt_defaults(session: Session, actor: Actor, *, now: datetime, today: date) -> int:
    """Begin with the set of the Torch survey; how many indicators were added. What is there already stays as it is.

    Asked for from the period that today lies in: on 26 November 2026 the fourth quarter and the year 2026.
    """
    actor.require(Action.MANAGE_FIGURES)
    there = set(session.execute(select(Indicator.code)).scalars())
    added = [each for each in INDICATORS if each.code not in there]
    position = _last_position(session)
    for number, each in enumerate(added, start=1):
        is_count = each.kind == "count"
        session.add(Indicator(
            code=each.code, name=each.name, name_en=each.name_en, kind=each.kind, unit="人" if is_count else "",
            unit_en="people" if is_count else "", in_thousands=each.kind == "money", adds_up=each.adds_up,
            rhythm=each.rhythm, help=each.help, help_en=each.help_en, is_required=each.is_required,
            needs_evidence=each.needs_evidence, position=position + number, created_at=now,
        ))  # fmt: skip
    rhythms = set(session.execute(select(FigureRhythm.rhythm)).scalars())
    for rhythm, days in DUE_DAYS.items():
        if rhythm not in rhythms:
            session.add(FigureRhythm(rhythm=rhythm, due_days=days, asked_from=period_of(rhythm, today).first))
    codes = {each.code for each in added}
    session.add_all(
        FigureCheck(
            rhythm=each.rhythm, level=each.level, left_codes=list(each.left), comparison=each.comparison,
            right_codes=list(each.right), factor=each.factor, percent=each.percent, sentence=each.sentence,
            sentence_en=each.sentence_en, created_at=now,
        )
        for each in CHECKS
        if codes & {*each.left, *each.right}
    )  # fmt: skip
    session.flush()
    if added:
        record(session, actor, "adopt_indicators", ("operators", actor.operator_id), now=now,
               after={"codes": sorted(codes)})  # fmt: skip
    return len(added)


def add_indicator(
    session: Session, actor: Actor, *, now: datetime, today: date, code: str, kind: str, rhythm: str, **facts: Any
) -> Indicator:
    """One more thing that is asked for; its code, kind and rhythm stay. A rhythm that is new begins today."""
    actor.require(Action.MANAGE_FIGURES)
    if not CODE.fullmatch(code):
        raise Refusal(N_("A code is made of small letters, digits and _, and begins with a letter."), field="code")
    if kind not in KINDS:
        raise Refusal(N_("Choose a kind."), field="kind")
    if rhythm not in RHYTHMS:
        raise Refusal(N_("Choose how often it is asked for."), field="rhythm")
    if session.execute(select(Indicator.id).where(Indicator.code == code)).first():
        raise Conflict(N_("There is one with this code already."), field="code")
    if session.execute(select(func.count()).select_from(Indicator)).scalar_one() >= MOST_INDICATORS:
        raise Refusal(N_("There are %(count)s indicators; no sheet needs more."), count=MOST_INDICATORS)
    indicator = Indicator(code=code, kind=kind, rhythm=rhythm, position=_last_position(session) + 1, created_at=now)
    _set_facts(indicator, **facts)
    session.add(indicator)
    if not session.execute(select(FigureRhythm.id).where(FigureRhythm.rhythm == rhythm)).first():
        session.add(FigureRhythm(rhythm=rhythm, due_days=15, asked_from=period_of(rhythm, today).first))
    session.flush()
    record(session, actor, "add_indicator", ("indicators", indicator.id), now=now, after=_facts(indicator))
    return indicator


def edit_indicator(session: Session, actor: Actor, *, now: datetime, indicator_id: int, **facts: Any) -> Indicator:
    """Its words, and from when to when it is asked for; what was filled in stays."""
    actor.require(Action.MANAGE_FIGURES)
    indicator = session.execute(
        select(Indicator).where(Indicator.id == indicator_id).with_for_update()
    ).scalar_one_or_none()
    if indicator is None:
        raise NotFound(N_("There is no such indicator."))
    before = _facts(indicator)
    _set_facts(indicator, **facts)
    session.flush()
    if _facts(indicator) != before:
        record(session, actor, "edit_indicator", ("indicators", indicator.id), now=now, before=before,
               after=_facts(indicator))  # fmt: skip
    return indicator


def _set_facts(
    indicator: Indicator, *, name: str, name_en: str = "", unit: str = "", unit_en: str = "",
    in_thousands: bool = False, adds_up: bool = False, help: str = "", help_en: str = "", is_required: bool = True,
    needs_evidence: bool = False, first_on: date | None = None, last_on: date | None = None,
    position: int | None = None,
) -> None:  # fmt: skip
    indicator.name = one_line(name, "name", LONGEST_NAME)
    if not indicator.name:
        raise Refusal(N_("Give it a name."), field="name")
    counted = indicator.kind in ("count", "decimal")
    indicator.name_en = one_line(name_en, "name_en", LONGEST_NAME)
    indicator.unit = one_line(unit, "unit", LONGEST_UNIT) if counted else ""
    indicator.unit_en = one_line(unit_en, "unit_en", LONGEST_UNIT) if counted else ""
    indicator.in_thousands = in_thousands and indicator.kind == "money"
    indicator.adds_up = adds_up and indicator.kind != "percent"
    indicator.help, indicator.help_en = one_line(help, "help", LONGEST_TEXT), one_line(help_en, "help_en", LONGEST_TEXT)
    indicator.is_required, indicator.needs_evidence = is_required, needs_evidence
    check_day(first_on, "first_on")
    check_day(last_on, "last_on")
    if first_on is not None and last_on is not None and last_on < first_on:
        raise Refusal(N_("The last day comes before the first."), field="last_on")
    indicator.first_on, indicator.last_on = first_on, last_on
    if position is not None:
        if not 1 <= position <= 10_000:
            raise Refusal(N_("A place in the list is a number from 1."), field="position")
        indicator.position = position


def edit_rhythm(
    session: Session, actor: Actor, *, now: datetime, rhythm: str, due_days: int, asked_from: date,
    alumni_years: int = 0,
) -> FigureRhythm:  # fmt: skip
    """By when figures are due, from which day on they are asked for, and whether of those that have left, too.

    Sheets that were asked for already keep the deadline that was told.
    """
    actor.require(Action.MANAGE_FIGURES)
    found = session.execute(select(FigureRhythm).where(FigureRhythm.rhythm == rhythm).with_for_update()).scalar()
    if found is None:
        raise NotFound(N_("Nothing is asked for in this rhythm."))
    if not 1 <= due_days <= 180:
        raise Refusal(N_("From 1 to 180 days."), field="due_days")
    if not 0 <= alumni_years <= 10:
        raise Refusal(N_("From 0 to 10 years."), field="alumni_years")
    check_day(asked_from, "asked_from")
    before = _rhythm_facts(found)
    found.due_days, found.asked_from, found.alumni_years = due_days, asked_from, alumni_years
    session.flush()
    if _rhythm_facts(found) != before:
        record(session, actor, "edit_rhythm", ("figure_rhythms", found.id), now=now, before=before,
               after=_rhythm_facts(found))  # fmt: skip
    return found


def add_check(
    session: Session, actor: Actor, *, now: datetime, rhythm: str, level: str, left: Sequence[str],
    comparison: str | None, right: Sequence[str] = (), factor: Decimal = Decimal(1), constant: Decimal = Decimal(0),
    percent: Decimal | None = None, sentence: str, sentence_en: str = "",
) -> FigureCheck:  # fmt: skip
    """A rule of plausibility: sums of indicators of one rhythm against each other, or one against its last period.

    It is never changed, only ended: what was let pass or refused under it stays understandable.
    """
    actor.require(Action.MANAGE_FIGURES)
    if level not in LEVELS:
        raise Refusal(N_("Choose whether it refuses or asks for a remark."), field="level")
    words = one_line(sentence, "sentence", LONGEST_TEXT)
    if not words:
        raise Refusal(N_("Say what is wrong where it does not hold."), field="sentence")
    known = set(session.execute(select(Indicator.code).where(Indicator.rhythm == rhythm)).scalars())
    for field, codes in (("left", left), ("right", right)):
        if unknown := [code for code in codes if code not in known]:
            raise Refusal(N_("No such indicator in this rhythm: %(codes)s."), field=field, codes=tuple(unknown))
    if not left:
        raise Refusal(N_("Choose an indicator."), field="left")
    if comparison is None:
        if len(left) != 1 or right:
            raise Refusal(N_("Against the last period stands one indicator, and nothing on the right."), field="left")
        if percent is None or not 0 < percent < 100_000:
            raise Refusal(N_("Say by how many percent it may change."), field="percent")
    elif comparison not in COMPARISONS:
        raise Refusal(N_("Choose a comparison."), field="comparison")
    check = FigureCheck(
        rhythm=rhythm, level=level, left_codes=list(left), comparison=comparison, right_codes=list(right),
        factor=factor, constant=constant, percent=percent if comparison is None else None, sentence=words,
        sentence_en=one_line(sentence_en, "sentence_en", LONGEST_TEXT), created_at=now,
    )  # fmt: skip
    session.add(check)
    session.flush()
    record(session, actor, "add_check", ("figure_checks", check.id), now=now,
           after={"level": level, "left": list(left), "right": list(right), "sentence": words})  # fmt: skip
    return check


def end_check(session: Session, actor: Actor, *, now: datetime, check_id: int) -> FigureCheck:
    """Ask it no more."""
    actor.require(Action.MANAGE_FIGURES)
    check = session.execute(select(FigureCheck).where(FigureCheck.id == check_id).with_for_update()).scalar()
    if check is None:
        raise NotFound(N_("There is no such check."))
    if check.ended_at is not None:
        raise Conflict(N_("It is ended already."))
    check.ended_at = now
    record(session, actor, "end_check", ("figure_checks", check.id), now=now, after={"sentence": check.sentence})
    return check


def _last_position(session: Session) -> int:
    return session.execute(select(func.coalesce(func.max(Indicator.position), 0))).scalar_one()


def _facts(indicator: Indicator) -> dict[str, object]:
    names = ("code", "name", "name_en", "kind", "rhythm", "unit", "in_thousands", "adds_up", "is_required",
             "needs_evidence", "first_on", "last_on", "position")  # fmt: skip
    return {name: getattr(indicator, name) for name in names}


def _rhythm_facts(rhythm: FigureRhythm) -> dict[str, object]:
    names = ("rhythm", "due_days", "asked_from", "alumni_years")
    return {name: getattr(rhythm, name) for name in names}

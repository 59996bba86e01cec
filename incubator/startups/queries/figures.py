"""Reads of figures: what a startup is asked for, one sheet in full, and who has come how far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Protocol

from msgspec import Struct, field
from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.accounts.queries import people_with
from incubator.core.errors import N_, NotFound
from incubator.documents.queries import DocumentRow, documents_by_id
from incubator.startups.models import (
    Achievement,
    Figure,
    FigureCheck,
    FigureLock,
    FigureRhythm,
    FigureSheet,
    FigureVersion,
    Indicator,
    Startup,
)
from incubator.startups.queries.achievements import list_achievements
from incubator.startups.rules.figures import Check, Doubt, find_doubts
from incubator.startups.rules.periods import RHYTHMS, Period

STATES = ("none", "draft", "submitted", "returned", "confirmed")
"""Where a sheet stands: not begun, and the states of its last version."""
WITH_STARTUP = ("none", "draft", "returned")
"""The states in which it is the startup's turn."""


def may_fill(actor: Actor, startup_id: int) -> bool:
    """Whether the actor types in a startup's figures: its founders, and staff who manage figures."""
    return actor.can(Action.MANAGE_FIGURES) or startup_id in actor.startups_for(Action.EDIT_OWN_STARTUP)


def require_fill(actor: Actor, startup_id: int) -> None:
    """NotFound for another startup's people, Forbidden for those who may only look."""
    require_figures(actor, startup_id)
    if not may_fill(actor, startup_id):
        actor.require(Action.MANAGE_FIGURES)


def require_figures(actor: Actor, startup_id: int) -> None:
    """Whether the actor may see a startup's figures: staff who see figures, and its founders."""
    if not actor.can(Action.SEE_FIGURES):
        actor.require_for(Action.EDIT_OWN_STARTUP, startup_id)


def get_sheet(session: Session, actor: Actor, sheet_id: int, *, for_update: bool = False) -> FigureSheet:
    """A sheet, for who may see its startup's figures; NotFound for others' people. Locked, it is one at a time who
    changes anything of it."""
    query = select(FigureSheet).where(FigureSheet.id == sheet_id)
    if for_update:
        query = query.with_for_update().execution_options(populate_existing=True)
    sheet = session.execute(query).scalar_one_or_none()
    if sheet is None:
        raise NotFound(N_("There is no such sheet."))
    require_figures(actor, sheet.startup_id)
    return sheet


def confirms_own(session: Session, actor: Actor, version: FigureVersion | None) -> str:
    """Whether whoever would confirm a version submitted it themselves: "" where not, "refused" where another may do
    it, "alone" where nobody else can; one statement at most."""
    if version is None or actor.person_id is None or version.submitted_by != actor.person_id:
        return ""
    others = people_with(Action.MANAGE_FIGURES).where(Person.id != actor.person_id)
    return "alone" if session.execute(others.limit(1)).first() is None else "refused"


def last_version(session: Session, sheet_id: int) -> FigureVersion | None:
    """The newest version of a sheet."""
    return session.execute(
        select(FigureVersion).where(FigureVersion.sheet_id == sheet_id).order_by(FigureVersion.number.desc()).limit(1)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()  # fmt: skip


def list_indicators(session: Session, *, rhythm: str = "", ends_on: date | None = None) -> Sequence[Indicator]:
    """What the operator asks for, in its order; of one rhythm, in periods that end on a day."""
    query = select(Indicator).order_by(Indicator.position, Indicator.id)
    if rhythm:
        query = query.where(Indicator.rhythm == rhythm)
    if ends_on is not None:
        query = query.where(
            or_(Indicator.first_on.is_(None), Indicator.first_on <= ends_on),
            or_(Indicator.last_on.is_(None), Indicator.last_on >= ends_on),
        )
    return session.execute(query).scalars().all()


def list_rhythms(session: Session) -> list[FigureRhythm]:
    """How often the operator asks, the most frequent first."""
    found = session.execute(select(FigureRhythm)).scalars()
    return sorted(found, key=lambda each: RHYTHMS[each.rhythm])


def list_checks(session: Session, *, rhythm: str = "") -> Sequence[FigureCheck]:
    """The checks that are asked, of one rhythm or of all."""
    query = select(FigureCheck).where(FigureCheck.ended_at.is_(None)).order_by(FigureCheck.rhythm, FigureCheck.id)
    if rhythm:
        query = query.where(FigureCheck.rhythm == rhythm)
    return session.execute(query).scalars().all()


def as_check(row: FigureCheck) -> Check:
    """A check as the rules take it."""
    return Check(row.id, row.level, tuple(row.left_codes), row.comparison, tuple(row.right_codes), row.factor,
                 row.constant, row.percent)  # fmt: skip


def period_of_sheet(sheet: FigureSheet) -> Period:
    """The period that a sheet is about."""
    return Period(sheet.rhythm, sheet.starts_on)


class Typed(Protocol):
    """A value and its remark as they are being typed."""

    @property
    def value(self) -> Decimal | None: ...
    @property
    def remark(self) -> str: ...


class Line(Struct):
    """An indicator on a sheet: what stands there, last period's beside it, the doubts it is part of."""

    indicator: Indicator
    figure: Figure | None
    before: Decimal | None
    document: DocumentRow | None = None
    doubts: list[tuple[Doubt, FigureCheck]] = field(default_factory=list)
    typed: Typed | None = None
    """What is being typed and not kept yet, where that is asked about."""

    @property
    def value(self) -> Decimal | None:
        if self.typed is not None:
            return self.typed.value
        return None if self.figure is None else self.figure.value

    @property
    def remark(self) -> str:
        if self.typed is not None:
            return self.typed.remark
        return "" if self.figure is None else self.figure.remark


class Computed(Struct, frozen=True):
    """What is counted from confirmed achievements: so many, their amount, and the rows behind."""

    kind: str
    rows: list[Achievement]

    @property
    def amount_minor(self) -> int:
        return sum(row.amount_minor or 0 for row in self.rows)


class Sheet(Struct):
    """One sheet as a page shows it, in one of its versions."""

    sheet: FigureSheet
    startup: Startup
    versions: list[tuple[FigureVersion, Mapping[str, str]]]
    """The newest first, each with the names of who submitted, returned and confirmed it."""
    version: FigureVersion | None
    lines: list[Line]
    computed: list[Computed]
    locks: list[FigureLock]
    checks: dict[int, FigureCheck]

    @property
    def period(self) -> Period:
        return period_of_sheet(self.sheet)

    @property
    def state(self) -> str:
        """That of the newest version, whichever is shown."""
        return self.versions[0][0].state if self.versions else "none"

    @property
    def is_newest(self) -> bool:
        return not self.versions or self.version is self.versions[0][0]

    @property
    def hindering(self) -> list[tuple[Doubt, FigureCheck]]:
        """The doubts that keep it from being submitted, each once."""
        found = {doubt.check.id: (doubt, check) for line in self.lines for doubt, check in line.doubts if doubt.hinders}
        return list(found.values())


def load_sheet(session: Session, actor: Actor, sheet_id: int, *, number: int | None = None) -> Sheet:
    """A sheet with one of its versions (the newest, or that number); ten statements, however much is in it."""
    sheet = get_sheet(session, actor, sheet_id)
    startup = session.execute(select(Startup).where(Startup.id == sheet.startup_id)).scalar_one()
    versions = _versions(session, sheet_id)
    version = next((each for each, _ in versions if number in (None, each.number)), None)
    if number is not None and version is None:
        raise NotFound(N_("There is no such version."))
    lines, checks = list_lines(session, sheet, version)
    files = {line.figure.document_id for line in lines if line.figure is not None and line.figure.document_id}
    documents = documents_by_id(session, actor, files)
    for line in lines:
        if line.figure is not None and line.figure.document_id:
            line.document = documents.get(line.figure.document_id)
    return Sheet(sheet, startup, versions, version, lines, compute(session, sheet), _locks(session, sheet_id), checks)


def list_lines(
    session: Session, sheet: FigureSheet, version: FigureVersion | None
) -> tuple[list[Line], dict[int, FigureCheck]]:
    """A sheet's lines in a version, with their doubts, and the checks that were asked; four statements."""
    lines = _lines(session, sheet, _figures(session, version))
    checks = {row.id: row for row in list_checks(session, rhythm=sheet.rhythm)}
    put_doubts(lines, checks)
    return lines, checks


def _versions(session: Session, sheet_id: int) -> list[tuple[FigureVersion, Mapping[str, str]]]:
    people = {name: aliased(Person) for name in ("submitted", "returned", "confirmed")}
    query = select(FigureVersion, *(person.name for person in people.values())).where(
        FigureVersion.sheet_id == sheet_id
    )
    for name, person in people.items():
        query = query.outerjoin(person, person.id == getattr(FigureVersion, f"{name}_by"))
    rows = session.execute(query.order_by(FigureVersion.number.desc())).all()
    return [(row[0], dict(zip(people, (name or "" for name in row[1:]), strict=True))) for row in rows]


def _figures(session: Session, version: FigureVersion | None) -> dict[int, Figure]:
    if version is None:
        return {}
    rows = session.execute(select(Figure).where(Figure.version_id == version.id)).scalars()
    return {row.indicator_id: row for row in rows}


def _lines(session: Session, sheet: FigureSheet, figures: Mapping[int, Figure]) -> list[Line]:
    """What is asked in the period, and what was filled in though it is not asked any more."""
    asked = list_indicators(session, rhythm=sheet.rhythm, ends_on=sheet.ends_on)
    extra = set(figures) - {each.id for each in asked}
    if extra:
        asked = [*asked, *session.execute(select(Indicator).where(Indicator.id.in_(extra))).scalars()]
    before = values_before(session, sheet)
    return [Line(each, figures.get(each.id), before.get(each.id)) for each in asked]


def values_before(session: Session, sheet: FigureSheet) -> dict[int, Decimal]:
    """By indicator, what the startup reported for the period before: confirmed, or else submitted."""
    chosen = (
        select(FigureVersion.id)
        .join(FigureSheet, FigureSheet.id == FigureVersion.sheet_id)
        .where(FigureSheet.startup_id == sheet.startup_id, FigureSheet.rhythm == sheet.rhythm,
               FigureSheet.starts_on == period_of_sheet(sheet).previous.first,
               FigureVersion.submitted_at.is_not(None), FigureVersion.returned_at.is_(None))
        .order_by(FigureVersion.confirmed_at.is_(None), FigureVersion.number.desc())
        .limit(1)
        .scalar_subquery()
    )  # fmt: skip
    rows = session.execute(select(Figure.indicator_id, Figure.value).where(Figure.version_id == chosen)).all()
    return {indicator_id: value for indicator_id, value in rows if value is not None}


def put_doubts(lines: Sequence[Line], checks: Mapping[int, FigureCheck]) -> None:
    """Put at each line the checks on its left that do not hold, by what is typed or else by what is kept."""
    for line in lines:
        line.doubts = []
    by_code = {line.indicator.code: line for line in lines}
    doubts = find_doubts(
        [as_check(row) for row in checks.values()],
        {code: line.value for code, line in by_code.items()},
        {code: line.before for code, line in by_code.items()},
        {code for code, line in by_code.items() if line.remark},
    )
    for doubt in doubts:
        for code in doubt.check.left:
            by_code[code].doubts.append((doubt, checks[doubt.check.id]))


def _locks(session: Session, sheet_id: int) -> list[FigureLock]:
    query = (
        select(FigureLock)
        .join(FigureVersion, FigureVersion.id == FigureLock.version_id)
        .where(FigureVersion.sheet_id == sheet_id)
        .order_by(FigureLock.id)
    )
    return list(session.execute(query).scalars())


def compute(session: Session, sheet: FigureSheet) -> list[Computed]:
    """What the sheet's period shows by confirmed achievements: rights and rounds of its days, qualifications that
    hold on its last day. Never typed; one statement."""
    rows = list_achievements(session, [sheet.startup_id], last=sheet.ends_on)
    return computed_of(rows, period_of_sheet(sheet))


def computed_of(rows: Sequence[Achievement], period: Period) -> list[Computed]:
    """The computed lines of a period out of a startup's confirmed achievements."""
    inside = [row for row in rows if period.first <= row.happened_on <= period.last]
    holding = [row for row in rows if row.kind == "qualification" and row.happened_on <= period.last
               and (row.valid_until is None or row.valid_until >= period.last)]  # fmt: skip
    kinds = ("right_applied", "right_granted", "financing")
    return [*(Computed(kind, [row for row in inside if row.kind == kind]) for kind in kinds),
            Computed("qualification", holding)]  # fmt: skip

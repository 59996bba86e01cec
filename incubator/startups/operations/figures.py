"""The way of figures: typed in, submitted, confirmed or returned, corrected as a next version, locked by reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import IO

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.documents.operations import add_document
from incubator.notices.operations import notify
from incubator.spaces.operations.words import LONGEST_TEXT, one_line
from incubator.startups.models import Figure, FigureLock, FigureSheet, FigureVersion, Indicator
from incubator.startups.operations.figure_sheets import founders_of
from incubator.startups.queries.figures import (
    Line,
    confirms_own,
    get_sheet,
    last_version,
    list_indicators,
    list_lines,
    period_of_sheet,
    require_fill,
)

MOST_AT_ONCE = 500


class Said(Struct, frozen=True):
    """What is said of one indicator: its value as it is kept, a remark, perhaps a file that proves it."""

    value: Decimal | None
    remark: str = ""
    file: tuple[str, IO[bytes]] | None = None


def save_figures(
    session: Session, actor: Actor, *, now: datetime, sheet_id: int, said: Mapping[int, Said]
) -> FigureVersion:
    """Keep what is filled in so far, by indicator, as the sheet's draft; a returned sheet goes on in a next version.

    What was submitted or confirmed is not touched: Conflict. A file given before stays where none is given now.
    """
    sheet = get_sheet(session, actor, sheet_id, for_update=True)
    require_fill(actor, sheet.startup_id)
    asked = {each.id: each for each in list_indicators(session, rhythm=sheet.rhythm, ends_on=sheet.ends_on)}
    if set(said) - set(asked):
        raise Refusal(N_("This is not asked for any more: load the page anew."))
    version = _draft(session, actor, now, sheet)
    figures = _figures_of(session, version)
    changed = {}
    for indicator_id, each in said.items():
        figure, indicator = figures.get(indicator_id), asked[indicator_id]
        remark = one_line(each.remark, f"remark_{indicator_id}", LONGEST_TEXT)
        if figure is None:
            if each.value is None and not remark and each.file is None:
                continue
            figure = Figure(version_id=version.id, indicator_id=indicator_id)
            session.add(figure)
        before = (figure.value, figure.remark or "", figure.document_id)
        figure.value, figure.remark = each.value, remark
        if each.file is not None:
            figure.document_id = _file(session, actor, now, sheet, indicator, each.file)
        if (figure.value, figure.remark, figure.document_id) != before:
            changed[indicator.code] = figure.value
    session.flush()
    if changed:
        record(session, actor, "save_figures", ("figure_versions", version.id), now=now,
               after={**_about(sheet), "number": version.number, "figures": changed})  # fmt: skip
    return version


def submit_figures(session: Session, actor: Actor, *, now: datetime, sheet_id: int) -> FigureVersion:
    """Hand the draft to the operator: complete, with the evidence that is asked for, and plausible.

    Refusal at the first figure that is missing or breaks a check; a check that asks for a remark is answered by one.
    """
    sheet = get_sheet(session, actor, sheet_id, for_update=True)
    require_fill(actor, sheet.startup_id)
    version = last_version(session, sheet_id)
    if version is None or version.state != "draft":
        _refuse_state(version)
        raise Conflict(N_("Fill in the figures first."))
    if refusal := first_obstacle(list_lines(session, sheet, version)[0]):
        raise refusal
    version.submitted_at, version.submitted_by = now, actor.person_id
    session.flush()
    record(session, actor, "submit_figures", ("figure_versions", version.id), now=now,
           after={**_about(sheet), "number": version.number})  # fmt: skip
    return version


def first_obstacle(lines: Sequence[Line]) -> Refusal | None:
    """Why a sheet can't be submitted, at the first field at fault; None where it can."""
    for line in lines:
        field = f"value_{line.indicator.id}"
        if line.indicator.is_required and line.value is None:
            return Refusal(N_("“%(indicator)s” is missing."), field=field, indicator=line.indicator)
        if line.indicator.needs_evidence and line.value is not None and line.figure and not line.figure.document_id:
            return Refusal(N_("Add the evidence for “%(indicator)s”."), field=field, indicator=line.indicator)
        for doubt, _check in line.doubts:
            if doubt.check.level == "hard":
                return Refusal(N_("“%(indicator)s” does not fit: see the note beside it."), field=field,
                               indicator=line.indicator)  # fmt: skip
            if not doubt.is_answered:
                return Refusal(N_("Say in a remark how “%(indicator)s” comes about."), field=field,
                               indicator=line.indicator)  # fmt: skip
    return None


def return_figures(
    session: Session, actor: Actor, *, now: datetime, version_id: int, remark: str
) -> FigureVersion:
    """Give submitted figures back with a remark; the startup is told, and goes on in a next version."""
    actor.require(Action.MANAGE_FIGURES)
    sheet, version = _submitted(session, actor, version_id)
    words = one_line(remark, "remark", LONGEST_TEXT)
    if not words:
        raise Refusal(N_("Say what is to be mended."), field="remark")
    version.returned_at, version.returned_by, version.remark = now, actor.person_id, words
    session.flush()
    record(session, actor, "return_figures", ("figure_versions", version.id), now=now,
           after={**_about(sheet), "number": version.number, "remark": words})  # fmt: skip
    _tell(session, sheet, now, {"returned": version.number})
    return version


def confirm_figures(session: Session, actor: Actor, *, now: datetime, version_id: int) -> FigureVersion:
    """The figures have been looked at, and from now on they count: by another than who submitted them for the startup.

    Where the operator has nobody else who may, the same person does both, and the record says so.
    """
    actor.require(Action.MANAGE_FIGURES)
    sheet, version = _submitted(session, actor, version_id)
    own = confirms_own(session, actor, version)
    if own == "refused":
        raise Conflict(N_("You submitted these figures for the startup; somebody else confirms them."))
    _confirm(session, actor, now, sheet, version, is_alone=own == "alone")
    return version


def confirm_many(
    session: Session, actor: Actor, *, now: datetime, version_ids: Sequence[int]
) -> tuple[int, int]:
    """Confirm several at once; how many were, and how many were not, because they are not submitted any more, or are
    for another to confirm (`confirm_figures`)."""
    actor.require(Action.MANAGE_FIGURES)
    if len(version_ids) > MOST_AT_ONCE:
        raise Refusal(N_("At most %(count)s at once."), count=MOST_AT_ONCE)
    rows = session.execute(
        select(FigureVersion, FigureSheet)
        .join(FigureSheet, FigureSheet.id == FigureVersion.sheet_id)
        .where(FigureVersion.id.in_(version_ids))
        .order_by(FigureSheet.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    done = 0
    for version, sheet in rows:
        own = confirms_own(session, actor, version)
        if version.state == "submitted" and own != "refused":
            _confirm(session, actor, now, sheet, version, is_alone=own == "alone")
            done += 1
    return done, len(set(version_ids)) - done


def begin_correction(session: Session, actor: Actor, *, now: datetime, sheet_id: int, reason: str) -> FigureVersion:
    """Open confirmed figures for a correction, which is the next version; the earlier one counts until that is
    confirmed, and stays to be seen after it.

    Once a report has used them only staff may, who give their permission by it; the reports are named.
    """
    sheet = get_sheet(session, actor, sheet_id, for_update=True)
    require_fill(actor, sheet.startup_id)
    version = last_version(session, sheet_id)
    if version is None or version.state != "confirmed":
        raise Conflict(N_("Only confirmed figures are corrected; these can still be changed."))
    words = one_line(reason, "reason", LONGEST_TEXT)
    if not words:
        raise Refusal(N_("Say what is wrong with the figures."), field="reason")
    used_by = tuple(used_labels(session, sheet_id))
    if used_by and not actor.can(Action.MANAGE_FIGURES):
        raise Refusal(
            N_("Reports have used these figures: %(reports)s. Ask your operator to open them for a correction."),
            field="reason", reports=used_by,
        )  # fmt: skip
    made = _next_version(session, actor, now, sheet, version, words)
    record(session, actor, "begin_correction", ("figure_versions", made.id), now=now,
           after={**_about(sheet), "number": made.number, "reason": words, "used_by": list(used_by)})  # fmt: skip
    if actor.can(Action.MANAGE_FIGURES):
        _tell(session, sheet, now, {"correction": made.number})
    return made


def used_labels(session: Session, sheet_id: int) -> list[str]:
    """The reports that have used a version of a sheet."""
    rows = session.execute(
        select(FigureLock.label)
        .join(FigureVersion, FigureVersion.id == FigureLock.version_id)
        .where(FigureVersion.sheet_id == sheet_id)
        .order_by(FigureLock.id)
    ).scalars()
    return list(dict.fromkeys(rows))


def lock_figures(
    session: Session, actor: Actor, *, now: datetime, version_ids: Sequence[int], used_kind: str, used_id: int,
    label: str,
) -> int:  # fmt: skip
    """A report has used these confirmed versions; how many. It names itself by its row and how people know it."""
    actor.require(Action.FREEZE_REPORTS)
    rows = session.execute(
        select(FigureVersion)
        .join(FigureSheet, FigureSheet.id == FigureVersion.sheet_id)
        .where(FigureVersion.id.in_(version_ids))
        .order_by(FigureVersion.sheet_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalars().all()  # fmt: skip
    if len(rows) != len(set(version_ids)) or any(row.state != "confirmed" for row in rows):
        raise Conflict(N_("Only confirmed figures can be used in a report."))
    session.add_all(
        FigureLock(version_id=row.id, used_kind=used_kind, used_id=used_id, label=label, locked_at=now,
                   locked_by=actor.person_id)
        for row in rows
    )  # fmt: skip
    session.flush()
    if rows:
        record(session, actor, "lock_figures", (used_kind, used_id), now=now,
               after={"label": label, "versions": sorted(row.id for row in rows)})  # fmt: skip
    return len(rows)


def _draft(session: Session, actor: Actor, now: datetime, sheet: FigureSheet) -> FigureVersion:
    version = last_version(session, sheet.id)
    if version is not None and version.state == "draft":
        return version
    if version is None or version.state == "returned":
        return _next_version(session, actor, now, sheet, version, "")
    _refuse_state(version)
    return version


def _refuse_state(version: FigureVersion | None) -> None:
    if version is not None and version.state == "submitted":
        raise Conflict(N_("These figures are submitted; the operator is looking at them."))
    if version is not None and version.state == "confirmed":
        raise Conflict(N_("These figures are confirmed; to change them, begin a correction."))


def _next_version(
    session: Session, actor: Actor, now: datetime, sheet: FigureSheet, before: FigureVersion | None, reason: str
) -> FigureVersion:
    made = FigureVersion(sheet_id=sheet.id, number=before.number + 1 if before else 1, reason=reason, created_at=now,
                         created_by=actor.person_id)  # fmt: skip
    session.add(made)
    session.flush()
    if before is not None:
        session.add_all(
            Figure(version_id=made.id, indicator_id=each.indicator_id, value=each.value, remark=each.remark,
                   document_id=each.document_id)
            for each in _figures_of(session, before).values()
        )  # fmt: skip
        session.flush()
    return made


def _figures_of(session: Session, version: FigureVersion) -> dict[int, Figure]:
    rows = session.execute(select(Figure).where(Figure.version_id == version.id)).scalars()
    return {row.indicator_id: row for row in rows}


def _file(
    session: Session, actor: Actor, now: datetime, sheet: FigureSheet, indicator: Indicator, file: tuple[str, IO[bytes]]
) -> int:
    title = f"{period_of_sheet(sheet).key} {indicator.name}"
    document = add_document(session, actor, now=now, kind="figures", title=title[:100], startup_id=sheet.startup_id,
                            audience="founders", name=file[0], content=file[1])  # fmt: skip
    return document.id


def _submitted(session: Session, actor: Actor, version_id: int) -> tuple[FigureSheet, FigureVersion]:
    """A version that waits for the operator, with its sheet locked; Conflict where it does not wait any more."""
    sheet_id = session.execute(
        select(FigureVersion.sheet_id).where(FigureVersion.id == version_id)
    ).scalar_one_or_none()
    if sheet_id is None:
        raise NotFound(N_("There is no such version."))
    sheet = get_sheet(session, actor, sheet_id, for_update=True)
    version = session.execute(
        select(FigureVersion).where(FigureVersion.id == version_id).execution_options(populate_existing=True)
    ).scalar_one()
    if version.state != "submitted":
        raise Conflict(N_("These figures do not wait for you any more; somebody was quicker."))
    return sheet, version


def _confirm(
    session: Session, actor: Actor, now: datetime, sheet: FigureSheet, version: FigureVersion, *, is_alone: bool
) -> None:
    version.confirmed_at, version.confirmed_by = now, actor.person_id
    session.flush()
    alone = {"entered_and_confirmed_by_one": True} if is_alone else {}
    record(session, actor, "confirm_figures", ("figure_versions", version.id), now=now,
           after={**_about(sheet), "number": version.number, **alone})  # fmt: skip


def _tell(session: Session, sheet: FigureSheet, now: datetime, facts: Mapping[str, object]) -> None:
    people = founders_of(session, {sheet.startup_id})[sheet.startup_id]
    notify(session, now=now, kind="figures", about=("figure_sheets", sheet.id), people=people, facts=facts)


def _about(sheet: FigureSheet) -> dict[str, object]:
    return {"startup_id": sheet.startup_id, "period": period_of_sheet(sheet).key}


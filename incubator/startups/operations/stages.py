"""Stages of a call's selection, and their rubrics."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.pricing.rules import check_day
from incubator.spaces.operations.words import LONGEST_NAME, LONGEST_TEXT, one_line
from incubator.startups.models import Call, Review, ReviewScore, RubricLine, SelectionStage
from incubator.startups.queries.stages import get_criterion, get_stage, list_criteria, list_stages

MOST_STAGES, MOST_CRITERIA, MOST_REVIEWS = 20, 12, 20
LONGEST_SCALE = 10
MEANINGS = ("lowest_means", "lowest_means_en", "middle_means", "middle_means_en", "highest_means", "highest_means_en")
NAMES = ("name", "name_en", "is_blind", "reviews_wanted", "due_on")
STANDS = N_("A review by this rubric is submitted already: it stands. Make a new version of the stage instead.")


def add_stage(
    session: Session, actor: Actor, *, now: datetime, call_id: int, name: str, name_en: str = "",
    is_blind: bool = False, reviews_wanted: int = 2, due_on: date | None = None,
) -> SelectionStage:  # fmt: skip
    """One more round of a call, after those it has."""
    actor.require(Action.MANAGE_SELECTION)
    call = _lock_call(session, call_id)
    stages = list_stages(session, actor, call.id)
    if len(stages) >= MOST_STAGES:
        raise Conflict(N_("A call has at most %(most)s stages."), most=MOST_STAGES)
    stage = SelectionStage(call_id=call.id, position=len(stages) + 1, created_at=now, created_by=actor.person_id)
    _describe(stage, name, name_en, is_blind, reviews_wanted, due_on)
    session.add(stage)
    session.flush()
    record(session, actor, "add_selection_stage", ("selection_stages", stage.id), now=now, after=_facts(stage))
    return stage


def edit_stage(
    session: Session, actor: Actor, *, now: datetime, stage_id: int, name: str, name_en: str = "",
    is_blind: bool = False, reviews_wanted: int = 2, due_on: date | None = None,
) -> SelectionStage:  # fmt: skip
    """Another name, another day, more or fewer reviews; whether it is blind stands once a review was submitted."""
    stage = _lock(session, actor, stage_id)
    if is_blind != stage.is_blind:
        _refuse_begun(session, stage)
    before = _facts(stage)
    _describe(stage, name, name_en, is_blind, reviews_wanted, due_on)
    session.flush()
    if _facts(stage) != before:
        record(session, actor, "edit_selection_stage", ("selection_stages", stage.id), now=now, before=before,
               after=_facts(stage))  # fmt: skip
    return stage


def renew_stage(session: Session, actor: Actor, *, now: datetime, stage_id: int) -> SelectionStage:
    """A new version of a stage with the same rubric, to be changed: the old one is retired with its reviews.

    Whoever had an application to review has it again, to be scored anew; a declared conflict stays one.
    """
    old = _lock(session, actor, stage_id)
    old.retired_at = now
    session.flush()
    new = SelectionStage(
        call_id=old.call_id, position=old.position, version=old.version + 1, name=old.name, name_en=old.name_en,
        is_blind=old.is_blind, reviews_wanted=old.reviews_wanted, due_on=old.due_on, created_at=now,
        created_by=actor.person_id,
    )  # fmt: skip
    session.add(new)
    session.flush()
    _copy_rubric(session, list_criteria(session, old.id), new.id)
    reviews = session.execute(
        select(Review).where(Review.stage_id == old.id, Review.withdrawn_at.is_(None)).order_by(Review.id)
    ).scalars()
    for review in reviews:
        session.add(Review(
            stage_id=new.id, application_id=review.application_id, person_id=review.person_id, assigned_at=now,
            assigned_by=actor.person_id, conflict_at=review.conflict_at, conflict_reason=review.conflict_reason,
        ))  # fmt: skip
    record(session, actor, "renew_selection_stage", ("selection_stages", new.id), now=now,
           before={"version": old.version}, after=_facts(new))  # fmt: skip
    return new


def drop_stage(session: Session, actor: Actor, *, now: datetime, stage_id: int) -> SelectionStage:
    """Take back the last stage of a call, where nobody has submitted a review."""
    stage = _lock(session, actor, stage_id)
    _refuse_begun(session, stage)
    if stage.position != len(list_stages(session, actor, stage.call_id)):
        raise Conflict(N_("Only the last stage can be taken back."))
    stage.retired_at = now
    record(session, actor, "drop_selection_stage", ("selection_stages", stage.id), now=now, before=_facts(stage))
    return stage


def copy_selection(session: Session, actor: Actor, *, now: datetime, from_call_id: int, to_call_id: int) -> int:
    """Give a call the stages and rubrics of another, without their days and people; how many. Nothing where it has
    stages of its own."""
    actor.require(Action.MANAGE_SELECTION)
    _lock_call(session, to_call_id)
    if list_stages(session, actor, to_call_id):
        return 0
    stages = list_stages(session, actor, from_call_id)
    for old in stages:
        new = add_stage(session, actor, now=now, call_id=to_call_id, name=old.name, name_en=old.name_en,
                        is_blind=old.is_blind, reviews_wanted=old.reviews_wanted)  # fmt: skip
        _copy_rubric(session, list_criteria(session, old.id), new.id)
    session.flush()
    return len(stages)


def add_criterion(
    session: Session, actor: Actor, *, now: datetime, stage_id: int, label: str, label_en: str = "", weight: int = 10,
    lowest: int = 1, highest: int = 5, **meanings: str,
) -> RubricLine:  # fmt: skip
    """One more line of a rubric: what it weighs, its scale, and what its lowest, middle and highest score mean."""
    stage = _lock(session, actor, stage_id)
    _refuse_begun(session, stage)
    present = list_criteria(session, stage.id)
    if len(present) >= MOST_CRITERIA:
        raise Conflict(N_("A rubric has at most %(most)s criteria."), most=MOST_CRITERIA)
    criterion = RubricLine(stage_id=stage.id, position=max((each.position for each in present), default=0) + 1)
    _word(criterion, label, label_en, weight, lowest, highest, meanings)
    session.add(criterion)
    session.flush()
    record(session, actor, "add_criterion", ("rubric_lines", criterion.id), now=now, after=_line(criterion))
    return criterion


def edit_criterion(
    session: Session, actor: Actor, *, now: datetime, criterion_id: int, label: str, label_en: str = "",
    weight: int = 10, lowest: int = 1, highest: int = 5, **meanings: str,
) -> RubricLine:  # fmt: skip
    """Change a line of a rubric that nobody has submitted a review by; with another scale, drafts lose their score."""
    criterion = get_criterion(session, actor, criterion_id)
    _refuse_begun(session, _lock(session, actor, criterion.stage_id))
    session.refresh(criterion)
    before, scale = _line(criterion), (criterion.lowest, criterion.highest)
    _word(criterion, label, label_en, weight, lowest, highest, meanings)
    if (criterion.lowest, criterion.highest) != scale:
        session.execute(delete(ReviewScore).where(ReviewScore.criterion_id == criterion.id))
    session.flush()
    if _line(criterion) != before:
        record(session, actor, "edit_criterion", ("rubric_lines", criterion.id), now=now, before=before,
               after=_line(criterion))  # fmt: skip
    return criterion


def drop_criterion(session: Session, actor: Actor, *, now: datetime, criterion_id: int) -> int:
    """Take a line out of a rubric that nobody has submitted a review by; the stage that it was of."""
    criterion = get_criterion(session, actor, criterion_id)
    stage = _lock(session, actor, criterion.stage_id)
    _refuse_begun(session, stage)
    before = _line(criterion)
    session.execute(delete(ReviewScore).where(ReviewScore.criterion_id == criterion.id))
    session.delete(criterion)
    record(session, actor, "drop_criterion", ("rubric_lines", criterion_id), now=now, before=before)
    return stage.id


def _lock_call(session: Session, call_id: int) -> Call:
    call = session.execute(select(Call).where(Call.id == call_id).with_for_update()).scalar_one_or_none()
    if call is None:
        raise NotFound(N_("There is no such call."))
    return call


def _lock(session: Session, actor: Actor, stage_id: int) -> SelectionStage:
    """The stage, held against whoever submits a review by it at this moment; Conflict where it is retired."""
    actor.require(Action.MANAGE_SELECTION)
    stage = get_stage(session, actor, stage_id)
    session.refresh(stage, with_for_update=True)
    if stage.retired_at is not None:
        raise Conflict(N_("This version of the stage is retired; open the one that took its place."))
    return stage


def _refuse_begun(session: Session, stage: SelectionStage) -> None:
    if has_begun(session, stage.id):
        raise Conflict(STANDS)


def has_begun(session: Session, stage_id: int) -> bool:
    """Whether somebody has submitted a review by the stage's rubric."""
    submitted = select(func.count()).where(Review.stage_id == stage_id, Review.submitted_at.is_not(None))
    return session.execute(submitted).scalar_one() > 0


def _describe(
    stage: SelectionStage, name: str, name_en: str, is_blind: bool, reviews_wanted: int, due_on: date | None
) -> None:
    name = one_line(name, "name", LONGEST_NAME)
    if not name:
        raise Refusal(N_("Give it a name."), field="name")
    if not 1 <= reviews_wanted <= MOST_REVIEWS:
        raise Refusal(N_("Say a number from 1 to %(most)s."), field="reviews_wanted", most=MOST_REVIEWS)
    check_day(due_on, "due_on")
    stage.name, stage.name_en = name, one_line(name_en, "name_en", LONGEST_NAME)
    stage.is_blind, stage.reviews_wanted, stage.due_on = is_blind, reviews_wanted, due_on


def _word(
    criterion: RubricLine, label: str, label_en: str, weight: int, lowest: int, highest: int, meanings: dict[str, str]
) -> None:
    label = one_line(label, "label", LONGEST_NAME)
    if not label:
        raise Refusal(N_("Say what is scored."), field="label")
    if not 1 <= weight <= 100:
        raise Refusal(N_("A weight is a number from 1 to 100."), field="weight")
    if lowest < 0:
        raise Refusal(N_("A score is not negative."), field="lowest")
    if not lowest < highest <= lowest + LONGEST_SCALE:
        raise Refusal(N_("The highest score is above the lowest, by at most %(most)s."), field="highest",
                      most=LONGEST_SCALE)  # fmt: skip
    if unknown := set(meanings) - set(MEANINGS):
        raise TypeError(f"no meaning of a score: {min(unknown)}")
    criterion.label, criterion.label_en = label, one_line(label_en, "label_en", LONGEST_NAME)
    criterion.weight, criterion.lowest, criterion.highest = weight, lowest, highest
    for meaning in MEANINGS:
        setattr(criterion, meaning, one_line(meanings.get(meaning, ""), meaning, LONGEST_TEXT))


def _copy_rubric(session: Session, criteria: list[RubricLine], stage_id: int) -> None:
    copied = ("position", "label", "label_en", "weight", "lowest", "highest", *MEANINGS)
    for each in criteria:
        session.add(RubricLine(stage_id=stage_id, **{name: getattr(each, name) for name in copied}))


def _facts(stage: SelectionStage) -> dict[str, object]:
    return {"call_id": stage.call_id, "position": stage.position, "version": stage.version} | {
        name: getattr(stage, name) for name in NAMES
    }


def _line(criterion: RubricLine) -> dict[str, object]:
    names = ("stage_id", "label", "label_en", "weight", "lowest", "highest", *MEANINGS)
    return {name: getattr(criterion, name) for name in names}

"""Who reviews what, and what they say: assigned, declined for a conflict of interest, saved, submitted."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.accounts.queries import get_actor
from incubator.audit.operations import record
from incubator.core.canonical import canonical_json
from incubator.core.clock import CHINA
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.notices.models import Notice
from incubator.notices.operations import notify
from incubator.startups.models import Application, Review, ReviewScore, SelectionStage
from incubator.startups.operations.paragraphs import paragraphs
from incubator.startups.queries.closed import OPEN, require_no_conflict
from incubator.startups.queries.stages import in_stage, list_criteria, list_latest, list_reviewers
from incubator.startups.rules.selection import Wanted, assign_evenly

LONGEST_COMMENT, LONGEST_REASON = 5000, 500
AHEAD, BEHIND = timedelta(days=3), timedelta(days=30)
"""Reminded from three days before the day; not any more a month after it."""
MOST_AT_ONCE = 500


def assign_reviewer(
    session: Session, actor: Actor, *, now: datetime, stage_id: int, application_id: int, person_id: int
) -> Review:
    """Give somebody one application of a stage to review, by hand; never one that they have a conflict with."""
    stage = _lock_stage(session, actor, stage_id)
    application = session.execute(
        select(Application).where(Application.id == application_id, in_stage(stage)).with_for_update(of=Application)
    ).scalar_one_or_none()
    if application is None:
        raise NotFound(N_("There is no such application in this stage."))
    require_no_conflict(session, actor, application.id)
    reviewer = get_actor(session, person_id)
    if reviewer is None or not reviewer.can(Action.REVIEW):
        raise Refusal(N_("Choose somebody who may review."), field="person_id")
    _refuse_conflict(session, application.id, reviewer)
    present = _assignment(session, stage.id, application.id, person_id)
    if present is not None and present.withdrawn_at is None:
        raise Conflict(N_("%(name)s has it already."), field="person_id", name=reviewer.name)
    review = _give(session, actor, now, stage, application, person_id, present)
    _tell(session, stage, {person_id: 1}, now)
    after = {"stage_id": stage.id, "application": application.number, "reviewer": reviewer.name}
    record(session, actor, "assign_review", ("reviews", review.id), now=now, after=after)
    return review


def assign_all(
    session: Session, actor: Actor, *, now: datetime, stage_id: int, person_ids: Collection[int], limit: int
) -> int:
    """Give each undecided application of a stage the reviewers that it still wants, evenly and by chance; how many.

    Nobody gets one that they have a conflict with, or more than `limit` in this stage. The chance is in the trail: the
    same seed over the same rows decides alike.
    """
    stage = _lock_stage(session, actor, stage_id)
    if not person_ids:
        raise Refusal(N_("Choose at least one reviewer."), field="person_ids")
    if limit < 1:
        raise Refusal(N_("Say how many each may have at most."), field="limit")
    if set(person_ids) - {each.id for each in list_reviewers(session, actor)}:
        raise Refusal(N_("Choose somebody who may review."), field="person_ids")
    applications = {
        each.id: each
        for each in session.execute(
            select(Application).where(in_stage(stage)).order_by(Application.id).with_for_update(of=Application)
        ).scalars()
    }
    decided = {key for key, each in list_latest(session, applications).items() if each.stage_id == stage.id}
    reviews = session.execute(select(Review).where(Review.stage_id == stage.id)).scalars().all()
    conflicts = select(Review.application_id, Review.person_id).where(
        Review.conflict_at.is_not(None), Review.application_id.in_(applications)
    )
    barred = {(row[0], row[1]) for row in session.execute(conflicts)}
    barred |= {(each.application_id, each.person_id) for each in reviews if each.withdrawn_at is not None}
    given = {(each.application_id, each.person_id) for each in reviews if each.withdrawn_at is None} - barred
    seed = f"{stage.id}:{len(reviews)}"
    open_ones, people = sorted(set(applications) - decided), sorted(set(person_ids))
    pairs = assign_evenly(Wanted(open_ones, people, stage.reviews_wanted, limit, given, barred), seed)
    counts: dict[int, int] = {}
    for application_id, person_id in pairs:
        _give(session, actor, now, stage, applications[application_id], person_id, None)
        counts[person_id] = counts.get(person_id, 0) + 1
    _tell(session, stage, counts, now)
    if pairs:
        after = {"reviews": len(pairs), "reviewers": len(counts), "limit": limit, "seed": seed}
        record(session, actor, "assign_reviews", ("selection_stages", stage.id), now=now, after=after)
    return len(pairs)


def withdraw_review(session: Session, actor: Actor, *, now: datetime, review_id: int) -> Review:
    """Take an application from a reviewer who has not submitted their review of it."""
    actor.require(Action.MANAGE_SELECTION)
    review = _lock_review(session, review_id)
    require_no_conflict(session, actor, review.application_id)
    if review.submitted_at is not None:
        raise Conflict(N_("This review is submitted; it stands."))
    if review.withdrawn_at is None:
        review.withdrawn_at = now
        record(session, actor, "withdraw_review", ("reviews", review.id), now=now,
               before={"reviewer": _name(session, review.person_id)})  # fmt: skip
    return review


def hand_back_review(session: Session, actor: Actor, *, now: datetime, review_id: int) -> Review:
    """Let a reviewer change the review that they submitted, as long as nothing was decided about the application."""
    actor.require(Action.MANAGE_SELECTION)
    review = _lock_review(session, review_id)
    require_no_conflict(session, actor, review.application_id)
    if review.submitted_at is None or review.conflict_at is not None:
        raise Conflict(N_("This review is not submitted."))
    _refuse_retired(session, review)
    if any(each.stage_id == review.stage_id for each in list_latest(session, [review.application_id]).values()):
        raise Conflict(N_("This application is decided; its reviews stand."))
    before = {"submitted_at": review.submitted_at, "sha256": digest(session, review)}
    review.submitted_at = None
    record(session, actor, "hand_back_review", ("reviews", review.id), now=now, before=before)
    return review


def declare_conflict(session: Session, actor: Actor, *, now: datetime, review_id: int, reason: str) -> Review:
    """The reviewer has a conflict of interest: they see the application no more, are never asked about it again, and
    what they may have submitted does not count."""
    review = _own(session, actor, review_id)
    if review.conflict_at is not None:
        return review
    reason = paragraphs(reason, "reason", LONGEST_REASON)
    if not reason:
        raise Refusal(N_("Say in a few words what the conflict is."), field="reason")
    review.conflict_at, review.conflict_reason = now, reason
    was_submitted = review.submitted_at is not None
    record(session, actor, "declare_conflict", ("reviews", review.id), now=now, before={"submitted": was_submitted},
           after={"application": _number(session, review)})  # fmt: skip
    return review


def save_review(
    session: Session, actor: Actor, *, now: datetime, review_id: int, scores: Mapping[int, int], to_panel: str = "",
    to_applicant: str = "",
) -> Review:  # fmt: skip
    """Keep what the reviewer has so far; nobody else sees it."""
    review = _write(session, actor, now, review_id, scores, to_panel, to_applicant)
    record(session, actor, "save_review", ("reviews", review.id), now=now,
           after={"application": _number(session, review)})  # fmt: skip
    return review


def submit_review(
    session: Session, actor: Actor, *, now: datetime, review_id: int, scores: Mapping[int, int], to_panel: str = "",
    to_applicant: str = "",
) -> Review:  # fmt: skip
    """Submit a review: every criterion scored. It counts from now on, and its rubric stands.

    The trail keeps its hash: that it was not changed can be shown, what it says can't be read there.
    """
    review = _write(session, actor, now, review_id, scores, to_panel, to_applicant)
    criteria = list_criteria(session, review.stage_id)
    if not criteria:
        raise Conflict(N_("This stage has no criteria yet."))
    for criterion in criteria:
        if criterion.id not in scores:
            raise Refusal(N_("Choose a score."), field=f"score_{criterion.id}")
    review.submitted_at = now
    session.flush()
    after = {"application": _number(session, review), "sha256": digest(session, review)}
    record(session, actor, "submit_review", ("reviews", review.id), now=now, after=after)
    return review


def digest(session: Session, review: Review) -> str:
    """The SHA-256 of a review's scores and comments (RFC 8785)."""
    scores = session.execute(
        select(ReviewScore.criterion_id, ReviewScore.score).where(ReviewScore.review_id == review.id)
    )
    said = {"scores": {str(key): score for key, score in scores}, "to_panel": review.to_panel,
            "to_applicant": review.to_applicant}  # fmt: skip
    return hashlib.sha256(canonical_json(said)).hexdigest()


def remind_reviewers(session: Session, actor: Actor, *, now: datetime) -> int:
    """Have reviewers reminded of what is due within three days, and of what is overdue: once each for a stage and its
    day, all of a stage's applications in one mail; how many reminders."""
    actor.require(Action.MANAGE_SELECTION)
    today = now.astimezone(CHINA).date()
    due = SelectionStage.due_on
    waiting = (
        select(SelectionStage.id, due, Review.person_id, due < today)
        .join(Review, Review.stage_id == SelectionStage.id)
        .join(Application, Application.id == Review.application_id)
        .where(
            SelectionStage.retired_at.is_(None), due.between(today - BEHIND, today + AHEAD), OPEN,
            Application.withdrawn_at.is_(None), Application.admitted_at.is_(None),
        )
        .distinct()
    )  # fmt: skip
    found = [(f"review-{'overdue' if late else 'due'}:{stage}:{day}", stage, person, late)
             for stage, day, person, late in session.execute(waiting)]  # fmt: skip
    told = set(session.execute(
        select(Notice.key).where(Notice.key.in_(f"{key}:{person}" for key, _stage, person, _late in found))
    ).scalars())  # fmt: skip
    fresh = [each for each in found if f"{each[0]}:{each[2]}" not in told][:MOST_AT_ONCE]
    for key, stage_id, person_id, late in fresh:
        notify(session, now=now, kind="review", about=("selection_stages", stage_id), people=[person_id],
               facts={"what": "overdue" if late else "due"}, key=key)  # fmt: skip
    return len(fresh)


def _give(
    session: Session, actor: Actor, now: datetime, stage: SelectionStage, application: Application, person_id: int,
    present: Review | None,
) -> Review:  # fmt: skip
    """The application is being reviewed from now on: its applicant changes it no more."""
    application.taken_up_at = application.taken_up_at or now
    if present is not None:
        present.withdrawn_at, present.assigned_at, present.assigned_by = None, now, actor.person_id
        return present
    review = Review(stage_id=stage.id, application_id=application.id, person_id=person_id, assigned_at=now,
                    assigned_by=actor.person_id)  # fmt: skip
    session.add(review)
    session.flush()
    return review


def _tell(session: Session, stage: SelectionStage, counts: Mapping[int, int], now: datetime) -> None:
    for person_id, count in sorted(counts.items()):
        notify(session, now=now, kind="review", about=("selection_stages", stage.id), people=[person_id],
               facts={"what": "assigned", "count": count})  # fmt: skip


def _write(
    session: Session, actor: Actor, now: datetime, review_id: int, scores: Mapping[int, int], to_panel: str,
    to_applicant: str,
) -> Review:  # fmt: skip
    # the stage first: whoever changes its rubric waits, and holds nobody who waits for them
    stage_of = select(Review.stage_id).where(Review.id == review_id).scalar_subquery()
    session.execute(select(SelectionStage.id).where(SelectionStage.id == stage_of).with_for_update(read=True))
    review = _own(session, actor, review_id)
    if review.conflict_at is not None:
        raise Conflict(N_("You have declared a conflict of interest with this application."))
    if review.submitted_at is not None:
        raise Conflict(N_("You have submitted this review; it stands."))
    _refuse_retired(session, review)
    application = session.execute(select(Application).where(Application.id == review.application_id)).scalar_one()
    if application.withdrawn_at is not None:
        raise Conflict(N_("The applicant has withdrawn this application."))
    criteria = {each.id: each for each in list_criteria(session, review.stage_id)}
    for key, score in scores.items():
        criterion = criteria.get(key)
        if criterion is None or not criterion.lowest <= score <= criterion.highest:
            raise Refusal(N_("Choose a score of the scale."), field=f"score_{key}")
    review.to_panel = paragraphs(to_panel, "to_panel", LONGEST_COMMENT)
    review.to_applicant = paragraphs(to_applicant, "to_applicant", LONGEST_COMMENT)
    review.saved_at = now
    session.execute(
        delete(ReviewScore).where(ReviewScore.review_id == review.id, ReviewScore.criterion_id.not_in(scores))
    )
    if scores:
        put = insert(ReviewScore)
        session.execute(
            put.on_conflict_do_update(index_elements=["operator_id", "review_id", "criterion_id"],
                                      set_={"score": put.excluded.score}),
            [{"operator_id": review.operator_id, "review_id": review.id, "criterion_id": key, "score": score}
             for key, score in sorted(scores.items())],
        )  # fmt: skip
    session.flush()
    return review


def _own(session: Session, actor: Actor, review_id: int) -> Review:
    """The actor's own review, held; another's, or one that was taken from them, is not there for them."""
    actor.require(Action.REVIEW)
    review = _lock_review(session, review_id)
    if review.person_id != actor.person_id or review.withdrawn_at is not None:
        raise NotFound(N_("There is no such review."))
    return review


def _lock_review(session: Session, review_id: int) -> Review:
    review = session.execute(
        select(Review).where(Review.id == review_id).with_for_update().execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if review is None:
        raise NotFound(N_("There is no such review."))
    return review


def _lock_stage(session: Session, actor: Actor, stage_id: int) -> SelectionStage:
    actor.require(Action.MANAGE_SELECTION)
    stage = session.execute(
        select(SelectionStage).where(SelectionStage.id == stage_id).with_for_update()
    ).scalar_one_or_none()
    if stage is None:
        raise NotFound(N_("There is no such stage."))
    if stage.retired_at is not None:
        raise Conflict(RETIRED)
    if not list_criteria(session, stage.id):
        raise Conflict(N_("This stage has no criteria yet."))
    return stage


RETIRED = N_("This version of the stage is retired; open the one that took its place.")


def _refuse_retired(session: Session, review: Review) -> None:
    retired = select(SelectionStage.retired_at).where(SelectionStage.id == review.stage_id)
    if session.execute(retired).scalar_one() is not None:
        raise Conflict(RETIRED)


def _refuse_conflict(session: Session, application_id: int, reviewer: Actor) -> None:
    declared = select(literal(1)).where(
        Review.application_id == application_id, Review.person_id == reviewer.person_id,
        Review.conflict_at.is_not(None),
    )  # fmt: skip
    if session.execute(declared).first():
        raise Conflict(N_("%(name)s has declared a conflict of interest with this application."), field="person_id",
                       name=reviewer.name)  # fmt: skip


def _assignment(session: Session, stage_id: int, application_id: int, person_id: int) -> Review | None:
    return session.execute(
        select(Review).where(
            Review.stage_id == stage_id, Review.application_id == application_id, Review.person_id == person_id
        )
    ).scalar_one_or_none()


def _number(session: Session, review: Review) -> str | None:
    return session.execute(select(Application.number).where(Application.id == review.application_id)).scalar_one()


def _name(session: Session, person_id: int) -> str:
    return session.execute(select(Person.name).where(Person.id == person_id)).scalar_one()

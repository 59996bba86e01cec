"""Who from outside may look at one claim, and until when; what they look at is noted, and what they remark answered."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor, system_actor
from incubator.accounts.operations.keys import open_key
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.claims.models import ClaimLine, ClaimReviewer, ReviewRemark, ReviewVisit
from incubator.claims.operations.locking import lock_claim
from incubator.core.clock import CHINA
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.core.periods import local_day
from incubator.core.texts import one_line
from incubator.notices.operations import notify
from incubator.startups.rules.applications import check_email

KEY = "review"
LONGEST_DAYS = 90
MOST_REVIEWERS = 20
LONGEST_NAME = 100
LONGEST_REMARK = 2000
MOST_REMARKS = 200


class Review(Struct, frozen=True):
    """A reviewer in their claim: what they may read is this claim's, by the rights of the operator itself."""

    reviewer: ClaimReviewer
    actor: Actor

    @property
    def claim_id(self) -> int:
        return self.reviewer.claim_id


class ReviewEnded(NotFound):
    """The address opened a claim once; its time is over, or it was taken back."""

    def __init__(self, ends_at: datetime, is_revoked: bool) -> None:
        super().__init__()
        self.ends_at, self.is_revoked = ends_at, is_revoked


def invite_reviewer(
    session: Session, actor: Actor, *, now: datetime, claim_id: int, name: str, organisation: str, email: str,
    until: date, locale: str = "zh_Hans",
) -> ClaimReviewer:  # fmt: skip
    """Let somebody from outside look at the claim until the end of a day, at most 90 days on; they get a mail with
    their address, which is made when the mail is written: nobody else has it."""
    actor.require(Action.INVITE_REVIEWERS)
    row = lock_claim(session, actor, claim_id)
    texts = {}
    for field, text in (("name", name), ("organisation", organisation)):
        texts[field] = one_line(text, field, LONGEST_NAME)
        if not texts[field]:
            raise Refusal(N_("Say who it is."), field=field)
    address = check_email(email)
    today = now.astimezone(CHINA).date()
    if not today <= until <= today + timedelta(days=LONGEST_DAYS):
        raise Refusal(N_("The last day is from today to %(day)s: 90 days at the most."), field="until",
                      day=today + timedelta(days=LONGEST_DAYS))  # fmt: skip
    living = session.execute(
        select(func.count()).where(ClaimReviewer.claim_id == claim_id, ClaimReviewer.revoked_at.is_(None),
                                   ClaimReviewer.ends_at > now)
    ).scalar_one()  # fmt: skip
    if living >= MOST_REVIEWERS:
        raise Conflict(N_("At most %(count)s reviewers look at a claim at a time: take one's access back first."),
                       count=MOST_REVIEWERS)  # fmt: skip
    reviewer = ClaimReviewer(
        claim_id=claim_id, email=address, locale=locale, ends_at=local_day(until, CHINA).end,
        created_at=now, created_by=actor.person_id, **texts,
    )  # fmt: skip
    session.add(reviewer)
    session.flush()
    notify(session, now=now, kind="review", about=("claim_reviewers", reviewer.id), address=address, locale=locale)
    record(session, actor, "invite_reviewer", ("claims", claim_id), now=now,
           after={"number": row.number, **texts, "until": until})  # fmt: skip
    return reviewer


def revoke_reviewer(session: Session, actor: Actor, *, now: datetime, reviewer_id: int) -> ClaimReviewer:
    """Take the access back: the address opens nothing any more, and who is looking sees nothing from here on."""
    actor.require(Action.INVITE_REVIEWERS)
    reviewer = session.execute(
        select(ClaimReviewer).where(ClaimReviewer.id == reviewer_id).with_for_update()
    ).scalar_one_or_none()
    if reviewer is None:
        raise NotFound
    if not reviewer.is_open(now):
        raise Conflict(N_("This access has ended already."))
    reviewer.revoked_at, reviewer.revoked_by = now, actor.person_id
    session.flush()
    record(session, actor, "revoke_reviewer", ("claims", reviewer.claim_id), now=now,
           after={"name": reviewer.name, "organisation": reviewer.organisation})  # fmt: skip
    return reviewer


def claim_of(session: Session, actor: Actor, reviewer_id: int) -> int:
    """The claim that a reviewer is of."""
    actor.require(Action.SEE_CLAIMS)
    found = session.execute(select(ClaimReviewer.claim_id).where(ClaimReviewer.id == reviewer_id)).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


def open_review(session: Session, *, now: datetime, token: str) -> Review:
    """Whose address it is; the transaction is their operator's from here on. ReviewEnded after its end, NotFound for
    any other text."""
    opened = open_key(session, token, kind=KEY)
    reviewer = session.execute(select(ClaimReviewer).where(ClaimReviewer.id == opened.opens_id)).scalar_one()
    if not reviewer.is_open(now):
        raise ReviewEnded(reviewer.ends_at, reviewer.revoked_at is not None)
    return Review(reviewer, system_actor(opened.operator_id))


def note_visit(session: Session, review: Review, *, now: datetime, what: str, subject: tuple[int, str]) -> ReviewVisit:
    """That they opened it."""
    visit = ReviewVisit(claim_id=review.claim_id, reviewer_id=review.reviewer.id, what=what, subject_id=subject[0],
                        subject=subject[1], visited_at=now)  # fmt: skip
    session.add(visit)
    session.flush()
    return visit


def remark(session: Session, review: Review, *, now: datetime, words: str, line_id: int | None = None) -> ReviewRemark:
    """A remark on the claim, or on a line that it has."""
    if line_id is not None:
        _require_line(session, review.claim_id, line_id)
    count = session.execute(
        select(func.count()).where(ReviewRemark.reviewer_id == review.reviewer.id)
    ).scalar_one()  # fmt: skip
    if count >= MOST_REMARKS:
        raise Conflict(N_("There are %(count)s remarks already: write to the operator instead."), count=MOST_REMARKS)
    found = ReviewRemark(claim_id=review.claim_id, line_id=line_id, reviewer_id=review.reviewer.id,
                         words=_words(words), created_at=now)  # fmt: skip
    session.add(found)
    session.flush()
    record(session, review.actor, "remark_claim", ("claims", review.claim_id), now=now,
           after={"name": review.reviewer.name, "organisation": review.reviewer.organisation,
                  "remark": found.words})  # fmt: skip
    return found


def answer_remark(session: Session, actor: Actor, *, now: datetime, remark_id: int, words: str) -> ReviewRemark:
    """What staff say to it; its reviewer reads it."""
    actor.require(Action.MANAGE_CLAIMS)
    asked = session.execute(
        select(ReviewRemark).where(ReviewRemark.id == remark_id, ReviewRemark.answers_id.is_(None))
    ).scalar_one_or_none()  # fmt: skip
    if asked is None:
        raise NotFound
    found = ReviewRemark(claim_id=asked.claim_id, line_id=asked.line_id, reviewer_id=asked.reviewer_id,
                         answers_id=asked.id, words=_words(words), created_at=now,
                         created_by=actor.person_id)  # fmt: skip
    session.add(found)
    session.flush()
    record(session, actor, "answer_remark", ("claims", asked.claim_id), now=now, after={"remark": found.words})
    return found


def _words(text: str) -> str:
    words = "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").strip().split("\n"))
    if not words:
        raise Refusal(N_("Write something first."), field="words")
    if len(words) > LONGEST_REMARK:
        raise Refusal(N_("This may be at most %(longest)s characters long."), field="words", longest=LONGEST_REMARK)
    if not all(char.isprintable() or char == "\n" for char in words):
        raise Refusal(N_("This holds characters that can't be printed."), field="words")
    return words


def _require_line(session: Session, claim_id: int, line_id: int) -> None:
    found = session.execute(
        select(ClaimLine.id).where(ClaimLine.claim_id == claim_id, ClaimLine.id == line_id,
                                   ClaimLine.released_at.is_(None))
    ).scalar_one_or_none()  # fmt: skip
    if found is None:
        raise NotFound

"""Decisions about applications, with reasons; offers of a place, which one accepts in time or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person, RoleGrant
from incubator.accounts.operations.invitations import invite
from incubator.accounts.operations.people import grant_role
from incubator.accounts.permissions import Action, Role
from incubator.audit.operations import record
from incubator.core.canonical import canonical_json
from incubator.core.clock import CHINA
from incubator.core.errors import N_, Conflict, Forbidden, NotFound, Refusal
from incubator.database import current_operator
from incubator.notices.operations import notify
from incubator.pricing.rules import check_day
from incubator.spaces.operations.words import LONGEST_NAME, one_line
from incubator.startups.models import Application, PlaceOffer, SelectionDecision, SelectionStage, Startup
from incubator.startups.operations.applications import admit_application
from incubator.startups.operations.paragraphs import paragraphs
from incubator.startups.queries.closed import hidden_from, must_decide, require_no_conflict
from incubator.startups.queries.stages import get_stage, in_stage, list_stages
from incubator.startups.rules.selection import OUTCOMES

LONGEST_REASON, LONGEST_WORDS, LONGEST_TERMS = 2000, 5000, 5000
MOST_AT_ONCE = 200
LONGEST_OFFER = timedelta(days=366)
OVER = N_("This offer is over: it could be accepted until %(day)s.")
A_DAY = timedelta(days=1)


def applicant_actor(operator_id: int, name: str, locale: str = "zh_Hans") -> Actor:
    """Who acts at a secret address: the system, under the name that was typed, so that the trail has it."""
    return Actor(operator_id, None, name, frozenset(), locale=locale)


def decide(
    session: Session, actor: Actor, *, now: datetime, application_id: int, outcome: str, reason: str,
    stage_id: int | None = None, to_applicant: str = "", terms: str = "", expires_on: date | None = None,
) -> SelectionDecision:  # fmt: skip
    """Decide about one application, after a stage or beside all of them, and have the applicant told.

    A later decision stands instead of this one, which stays as it is. Who declared a conflict of interest with the
    application has no part in it, unless they are an owner and nobody else is left to decide: then the trail says so.
    An offer has terms and a last day; while it is open, nothing else is decided.
    """
    return decide_many(
        session, actor, now=now, application_ids=[application_id], outcome=outcome, reason=reason, stage_id=stage_id,
        to_applicant=to_applicant, terms=terms, expires_on=expires_on,
    )[0]  # fmt: skip


def decide_many(
    session: Session, actor: Actor, *, now: datetime, application_ids: Sequence[int], outcome: str, reason: str,
    stage_id: int | None = None, to_applicant: str = "", terms: str = "", expires_on: date | None = None,
) -> list[SelectionDecision]:  # fmt: skip
    """The same decision about many applications, with one reason: about all of them or none."""
    actor.require(Action.MANAGE_SELECTION)
    if outcome not in OUTCOMES:
        raise Refusal(N_("Choose what is decided."), field="outcome")
    reason = paragraphs(reason, "reason", LONGEST_REASON)
    if not reason:
        raise Refusal(N_("Give the reason; it stays on the record."), field="reason")
    to_applicant = paragraphs(to_applicant, "to_applicant", LONGEST_WORDS)
    ids = sorted(set(application_ids))
    if not ids:
        raise Refusal(N_("Choose at least one application."), field="application_ids")
    if len(ids) > MOST_AT_ONCE:
        raise Refusal(N_("At most %(most)s at once."), field="application_ids", most=MOST_AT_ONCE)
    stage = get_stage(session, actor, stage_id) if stage_id is not None else None
    expires_at = None
    if outcome == "offer":
        terms, expires_at = _check_offer(now, terms, expires_on)
    if outcome == "advance":
        _check_next(session, actor, stage)
    applications = _lock_applications(session, ids, stage)
    hidden, left = hidden_from(session, actor, ids), must_decide(session, actor, ids)
    decisions = []
    for application in applications:
        if hidden.get(application.id) == "conflict":
            raise Forbidden(N_("You have declared a conflict of interest with %(number)s: somebody else decides."),
                            number=application.number)  # fmt: skip
        _refuse_open_offer(session, application, now)
        decisions.append(_decide(session, actor, now, application, stage, outcome, reason, to_applicant, terms,
                                 expires_at, application.id in left))  # fmt: skip
    return decisions


def digest(decision: SelectionDecision) -> str:
    """The SHA-256 of a decision's words (RFC 8785): it is on the trail for ever, they are kept as long as needed."""
    said = {"reason": decision.reason, "to_applicant": decision.to_applicant}
    return hashlib.sha256(canonical_json(said)).hexdigest()


def withdraw_offer(session: Session, actor: Actor, *, now: datetime, offer_id: int, reason: str) -> PlaceOffer:
    """Take an offer back that nobody has answered yet, and have the applicant told."""
    actor.require(Action.MANAGE_SELECTION)
    reason = paragraphs(reason, "reason", LONGEST_REASON)
    if not reason:
        raise Refusal(N_("Give the reason; it stays on the record."), field="reason")
    offer, application = _lock_offer(session, PlaceOffer.id == offer_id)
    require_no_conflict(session, actor, application.id)
    _require_open(offer, now)
    offer.withdrawn_at, offer.withdrawn_by, offer.withdrawn_reason = now, actor.person_id, reason
    _tell(session, offer, application, "withdrawn", now)
    record(session, actor, "withdraw_offer", ("place_offers", offer.id), now=now,
           after={"application": application.number, "reason": reason})  # fmt: skip
    return offer


def accept_offer(
    session: Session, *, now: datetime, decision_id: int, name: str, address: str
) -> tuple[PlaceOffer, Startup]:
    """The applicant accepts, once and in time, with their name: they are admitted, and their founder is invited.

    Whoever comes second, or after the last day, finds a Conflict and changes nothing.
    """
    name = one_line(name, "name", LONGEST_NAME)
    if not name:
        raise Refusal(N_("Type your name."), field="name")
    offer, application = _lock_offer(session, PlaceOffer.decision_id == decision_id)
    _require_open(offer, now)
    actor = applicant_actor(current_operator(session), name, application.locale)
    offer.accepted_at, offer.accepted_name, offer.accepted_from = now, name, address[:100]
    session.flush()
    startup = admit_application(session, actor, now=now, application=application)
    _let_founder_in(session, actor, now, application, startup)
    _tell(session, offer, application, "accepted", now)
    record(session, actor, "accept_offer", ("place_offers", offer.id), now=now,
           after={"application": application.number, "startup_id": startup.id})  # fmt: skip
    return offer, startup


def decline_offer(session: Session, *, now: datetime, decision_id: int, reason: str = "") -> PlaceOffer:
    """The applicant does not want the place; they may say why."""
    reason = paragraphs(reason, "reason", LONGEST_REASON)
    offer, application = _lock_offer(session, PlaceOffer.decision_id == decision_id)
    _require_open(offer, now)
    offer.declined_at, offer.declined_reason = now, reason
    actor = applicant_actor(current_operator(session), application.number or "", application.locale)
    _tell_staff(session, offer, "declined", now)
    record(session, actor, "decline_offer", ("place_offers", offer.id), now=now,
           after={"application": application.number})  # fmt: skip
    return offer


def lapse_place_offers(session: Session, actor: Actor, *, now: datetime, most: int = 100) -> int:
    """Let offers lapse whose time is over, and have applicant and staff told; how many."""
    actor.require(Action.MANAGE_SELECTION)
    over = session.execute(
        select(PlaceOffer, Application)
        .join(Application, Application.id == PlaceOffer.application_id)
        .where(
            PlaceOffer.expires_at <= now, PlaceOffer.accepted_at.is_(None), PlaceOffer.declined_at.is_(None),
            PlaceOffer.withdrawn_at.is_(None), PlaceOffer.lapsed_at.is_(None),
        )
        .order_by(PlaceOffer.id)
        .limit(most)
        .with_for_update(of=PlaceOffer, skip_locked=True)
    ).all()  # fmt: skip
    for offer, application in over:
        offer.lapsed_at = now
        _tell(session, offer, application, "lapsed", now)
        record(session, actor, "lapse_offer", ("place_offers", offer.id), now=now,
               after={"application": application.number})  # fmt: skip
    return len(over)


def end_of(day: date) -> datetime:
    """The instant after the last one of a day in China: an offer until 31 October can be accepted at 23:59."""
    return datetime.combine(day + A_DAY, time(), CHINA)


def _decide(
    session: Session, actor: Actor, now: datetime, application: Application, stage: SelectionStage | None,
    outcome: str, reason: str, to_applicant: str, terms: str, expires_at: datetime | None, in_conflict: bool,
) -> SelectionDecision:  # fmt: skip
    decision = SelectionDecision(
        application_id=application.id, stage_id=stage.id if stage else None, outcome=outcome, reason=reason,
        to_applicant=to_applicant, decided_at=now, decided_by=actor.person_id,
    )  # fmt: skip
    session.add(decision)
    session.flush()
    if expires_at is not None:
        session.add(PlaceOffer(application_id=application.id, decision_id=decision.id, terms=terms, made_at=now,
                               expires_at=expires_at, made_by=actor.person_id))  # fmt: skip
    # given back to its applicant it can be changed; decided otherwise it is as it was decided about
    application.taken_up_at = None if outcome == "return" else application.taken_up_at or now
    notify(session, now=now, kind="selection", about=("selection_decisions", decision.id),
           address=application.contact_email, locale=application.locale, facts={"what": outcome})  # fmt: skip
    after: dict[str, object] = {
        "application": application.number, "stage": stage.name if stage else None, "outcome": outcome,
        "sha256": digest(decision), "expires_at": expires_at,
    }  # fmt: skip
    after |= {"in_conflict": True} if in_conflict else {}
    record(session, actor, "decide_application", ("selection_decisions", decision.id), now=now, after=after)
    return decision


def _check_offer(now: datetime, terms: str, expires_on: date | None) -> tuple[str, datetime]:
    terms = paragraphs(terms, "terms", LONGEST_TERMS)
    if not terms:
        raise Refusal(N_("Say what is offered, on which terms."), field="terms")
    if expires_on is None:
        raise Refusal(N_("Say until when it can be accepted."), field="expires_on")
    check_day(expires_on, "expires_on")
    expires_at = end_of(expires_on)
    if expires_at <= now:
        raise Refusal(N_("This day is over."), field="expires_on")
    if expires_at > now + LONGEST_OFFER:
        raise Refusal(N_("An offer stands for a year at most."), field="expires_on")
    return terms, expires_at


def _check_next(session: Session, actor: Actor, stage: SelectionStage | None) -> None:
    if stage is None:
        raise Refusal(N_("Choose the stage after which they go on."), field="outcome")
    if stage.position >= max(each.position for each in list_stages(session, actor, stage.call_id)):
        raise Refusal(N_("There is no stage after this one; make an offer instead."), field="outcome")


def _lock_applications(session: Session, ids: Sequence[int], stage: SelectionStage | None) -> Sequence[Application]:
    """All of them, held in the order of their ids; NotFound where one is not there (not sent, or not in the stage)."""
    which: list[ColumnElement[bool]] = [Application.id.in_(ids), Application.sent_at.is_not(None)]
    if stage is not None:
        which.append(in_stage(stage))
    found = session.execute(
        select(Application).where(*which).order_by(Application.id).with_for_update(of=Application)
        .execution_options(populate_existing=True)
    ).scalars().all()  # fmt: skip
    if len(found) != len(ids):
        raise NotFound(N_("There is no such application in this stage."))
    for application in found:
        if application.withdrawn_at is not None:
            raise Conflict(N_("%(number)s was withdrawn by its applicant."), number=application.number)
        if application.admitted_at is not None:
            raise Conflict(N_("%(number)s is admitted already."), number=application.number)
    return found


def _refuse_open_offer(session: Session, application: Application, now: datetime) -> None:
    offers = session.execute(select(PlaceOffer).where(PlaceOffer.application_id == application.id)).scalars()
    for offer in offers:
        if offer.is_open and offer.expires_at <= now:
            offer.lapsed_at = now  # the worker has not come by yet; its letter would say what is no longer so
            session.flush()
        elif offer.is_open:
            raise Conflict(N_("%(number)s has an open offer. Withdraw it first."), number=application.number)


def _lock_offer(session: Session, which: ColumnElement[bool]) -> tuple[PlaceOffer, Application]:
    """An offer and its application, held in the order in which deciding holds them."""
    application_of = select(PlaceOffer.application_id).where(which).scalar_subquery()
    application = session.execute(
        select(Application).where(Application.id == application_of).with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()  # fmt: skip
    if application is None:
        raise NotFound(N_("There is no such offer."))
    offer = session.execute(
        select(PlaceOffer).where(which).with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one()  # fmt: skip
    return offer, application


def _require_open(offer: PlaceOffer, now: datetime) -> None:
    if offer.accepted_at is not None:
        raise Conflict(N_("This offer is accepted already."))
    if offer.declined_at is not None:
        raise Conflict(N_("This offer was declined."))
    if offer.withdrawn_at is not None:
        raise Conflict(N_("This offer was withdrawn."))
    if offer.lapsed_at is not None or offer.expires_at <= now:
        raise Conflict(OVER, day=offer.last_day)


def _let_founder_in(
    session: Session, actor: Actor, now: datetime, application: Application, startup: Startup
) -> None:
    """The contact is invited as a founder; whoever is with the operator already only gets the startup."""
    email = application.contact_email.strip()
    known = session.execute(
        select(Person).where(func.lower(Person.email) == email.lower(), Person.left_at.is_(None))
    ).scalar_one_or_none()
    if known is None:
        invite(session, actor, now=now, name=application.contact_name, email=email, role=Role.FOUNDER,
               startup_id=startup.id, locale=application.locale)  # fmt: skip
        return
    has = select(RoleGrant.id).where(
        RoleGrant.person_id == known.id, RoleGrant.role == Role.FOUNDER.value, RoleGrant.startup_id == startup.id
    )
    if session.execute(has).first() is None:
        grant_role(session, actor, now=now, person=known, role=Role.FOUNDER, startup_id=startup.id)


def _tell(session: Session, offer: PlaceOffer, application: Application, what: str, now: datetime) -> None:
    notify(session, now=now, kind="selection", about=("place_offers", offer.id), address=application.contact_email,
           locale=application.locale, facts={"what": what})  # fmt: skip
    _tell_staff(session, offer, what, now)


def _tell_staff(session: Session, offer: PlaceOffer, what: str, now: datetime) -> None:
    """Whoever made the offer hears what became of it."""
    if offer.made_by is not None and what != "withdrawn":
        notify(session, now=now, kind="review", about=("place_offers", offer.id), people=[offer.made_by],
               facts={"what": what})  # fmt: skip

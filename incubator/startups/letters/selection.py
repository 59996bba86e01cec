"""Letters of the selection: to reviewers, and to applicants in the language of their application.

A decision's secret address is made here, when its letter is written: nobody but the reader of the mail has it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.models import Operator
from incubator.accounts.operations.keys import issue_key
from incubator.core.errors import N_
from incubator.database import current_operator
from incubator.documents.formats import day, named
from incubator.notices.letters import Letter
from incubator.notices.models import Notice
from incubator.notices.writing import Reader
from incubator.startups.decision_papers import GREETING, SENTENCES, TITLES, UNTIL
from incubator.startups.models import Application, Call, PlaceOffer, Review, SelectionStage
from incubator.startups.queries.closed import OPEN
from incubator.startups.queries.records import get_told

CHOOSE = N_("Which mails you get, you choose here: %(link)s")
TO_REVIEWERS = {
    "assigned": (N_("To review: %(call)s"), N_("applications of “%(call)s” (%(stage)s) are yours to review.")),
    "due": (N_("Due on %(day)s: reviews for %(call)s"), N_("your reviews for “%(call)s” (%(stage)s) are due soon.")),
    "overdue": (N_("Overdue: reviews for %(call)s"), N_("your reviews for “%(call)s” (%(stage)s) are overdue.")),
}
OFFER_ENDS = {
    "accepted": (
        N_("Welcome: %(call)s"),
        N_("thank you: the offer is accepted, and %(name)s is admitted to “%(call)s”. On the page of the offer, whose "
           "address you have, you find the letter of admission. An invitation to our system comes in its own mail."),
    ),
    "withdrawn": (
        N_("The offer is withdrawn: %(call)s"),
        N_("we have withdrawn our offer of a place in “%(call)s”. If you have questions, please ask us."),
    ),
    "lapsed": (
        N_("The offer has lapsed: %(call)s"),
        N_("our offer of a place in “%(call)s” was not accepted in time and has lapsed. If you would still like to "
           "come, please ask us."),
    ),
}  # fmt: skip
TO_STAFF = {
    "accepted": N_("%(number)s (%(name)s) has accepted the offer of a place in “%(call)s”."),
    "declined": N_("%(number)s (%(name)s) has declined the offer of a place in “%(call)s”."),
    "lapsed": N_("%(number)s (%(name)s) has not answered in time: the offer of a place in “%(call)s” has lapsed."),
    "gone": N_("%(number)s (%(name)s) has withdrawn its application to “%(call)s”; the offer ended with it."),
}


def write_to_reviewer(session: Session, notice: Notice, reader: Reader, now: datetime) -> Letter | None:
    """What somebody has to review in a stage; None where they have nothing left in it."""
    found = session.execute(
        select(SelectionStage, Call).join(Call, Call.id == SelectionStage.call_id)
        .where(SelectionStage.id == notice.subject_id, SelectionStage.retired_at.is_(None))
    ).one_or_none()  # fmt: skip
    left = session.execute(
        select(func.count())
        .select_from(Review)
        .join(Application, Application.id == Review.application_id)
        .where(Review.stage_id == notice.subject_id, Review.person_id == reader.actor.person_id, OPEN,
               Application.withdrawn_at.is_(None))
    ).scalar_one()  # fmt: skip
    if found is None or not left:
        return None
    stage, call = found
    due = day(stage.due_on, reader.locale) if stage.due_on else ""
    values = {"call": named(call, reader.locale), "stage": named(stage, reader.locale), "day": due}
    subject, sentence = TO_REVIEWERS[str(notice.facts.get("what", "assigned"))]
    paragraphs = [
        reader.say(N_("Hello %(name)s,"), name=reader.actor.name), reader.say(sentence, **values),
        reader.say(N_("Still to review: %(count)s."), count=left),
        reader.say(N_("Please submit them until %(day)s."), day=due) if due else "",
    ]  # fmt: skip
    small = [
        reader.say(N_("If you can't be impartial about one of them, say so on its page: it is taken from you.")),
        reader.say(CHOOSE, link=reader.link("/profile/mails")),
    ]
    button = (reader.say(N_("Open my reviews")), reader.link("/reviews"))
    return Letter(reader.locale, reader.say(subject, **values), [each for each in paragraphs if each], button, small)


def write_decision(session: Session, notice: Notice, reader: Reader, now: datetime) -> Letter | None:
    """What was decided, to the applicant; None where something else was decided since, or it was withdrawn."""
    told = get_told(session, notice.subject_id)
    if not told.latest or told.application.withdrawn_at is not None:
        return None
    if told.offer is not None and told.offer.state(now) != "open":
        return None
    outcome, locale = told.decision.outcome, reader.locale
    values = {"call": named(told.call, locale), "name": named(told.application, locale), "offered": ""}
    token = issue_key(session, reader.actor, now=now, kind="decision", opens_id=told.decision.id)
    paragraphs = [
        reader.say(GREETING, name=told.application.contact_name), reader.say(SENTENCES[outcome], **values),
        *[line for line in told.decision.to_applicant.split("\n") if line.strip()],
        reader.say(UNTIL, day=day(told.offer.last_day, locale)) if told.offer else "",
    ]  # fmt: skip
    button = reader.say(N_("Read and answer the offer") if told.offer else N_("Open the letter"))
    small = [
        reader.say(N_("The letter is there as a PDF, too. Whoever has this address can open it: keep it to yourself.")),
        _sender(session, reader),
    ]
    subject = f"{reader.say(TITLES[outcome])} · {values['call']}"
    link = reader.link(f"/decision/{token}")
    return Letter(locale, subject, [each for each in paragraphs if each], (button, link), small)


def write_offer(session: Session, notice: Notice, reader: Reader, now: datetime) -> Letter | None:
    """What became of an offer: to the applicant by their address, to whoever made it as a person."""
    offer, application, call = session.execute(
        select(PlaceOffer, Application, Call)
        .join(Application, Application.id == PlaceOffer.application_id)
        .join(Call, Call.id == Application.call_id)
        .where(PlaceOffer.id == notice.subject_id)
    ).one()
    what, locale = str(notice.facts.get("what", "")), reader.locale
    values = {"call": named(call, locale), "name": named(application, locale), "number": application.number}
    if reader.actor.person_id is not None:
        subject = f"{application.number} · {values['name']}"
        button = (reader.say(N_("Open the record")), reader.link(f"/selection/applications/{application.id}"))
        paragraphs = [reader.say(N_("Hello %(name)s,"), name=reader.actor.name), reader.say(TO_STAFF[what], **values)]
        if what == "declined" and offer.declined_reason:
            paragraphs.append(offer.declined_reason)
        return Letter(locale, subject, paragraphs, button, [reader.say(CHOOSE, link=reader.link("/profile/mails"))])
    subject, sentence = OFFER_ENDS[what]
    paragraphs = [reader.say(GREETING, name=application.contact_name), reader.say(sentence, **values)]
    return Letter(locale, reader.say(subject, **values), paragraphs, None, [_sender(session, reader)])


def _sender(session: Session, reader: Reader) -> str:
    operator = session.execute(select(Operator).where(Operator.operator_id == current_operator(session))).scalar_one()
    between = "，" if reader.locale == "zh_Hans" else ", "
    return between.join(each for each in (named(operator, reader.locale), operator.address) if each)

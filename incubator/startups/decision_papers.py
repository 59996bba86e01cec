"""A decision as a letter on paper, in the language of the application."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.models import Operator
from incubator.core.clock import CHINA
from incubator.core.errors import N_
from incubator.database import current_operator
from incubator.documents.formats import day, moment, named
from incubator.documents.pdf import render
from incubator.notices.languages import translations
from incubator.startups.models import PlaceOffer
from incubator.startups.queries.records import Told

TITLES = {
    "admission": N_("Letter of admission"),
    "offer": N_("Offer of a place"),
    "decline": N_("About your application"),
    "waitlist": N_("Your application is on the waitlist"),
    "advance": N_("Your application goes on to the next stage"),
    "return": N_("Your application is given back to you"),
}
SENTENCES = {
    "admission": N_(
        "%(name)s has accepted our offer of %(offered)s and is admitted to “%(call)s”. We look forward to working with "
        "you. The contact person of the application is invited by e-mail to our system, where everything else is done."
    ),
    "offer": N_(
        "we have read your application for “%(call)s” with great interest, and are glad to offer %(name)s a place on "
        "the terms below."
    ),
    "decline": N_(
        "thank you for applying for “%(call)s”, and for the work that you put into it. After careful review we can't "
        "offer %(name)s a place this time. This says nothing about later calls: you are welcome to apply again."
    ),
    "waitlist": N_(
        "thank you for applying for “%(call)s”. All places are given for now. %(name)s is on the waitlist, and we "
        "write to you when a place becomes free."
    ),
    "advance": N_(
        "thank you for applying for “%(call)s”. %(name)s goes on to the next stage of the selection. You need not do "
        "anything now."
    ),
    "return": N_(
        "thank you for applying for “%(call)s”. Before we can go on, the application of %(name)s needs another look. "
        "You can change it at its own address, which we mailed to you when you began it, and send it again."
    ),
}
UNTIL = N_("The offer can be accepted until the end of %(day)s (Beijing time), at the address in our mail.")
ACCEPTED = N_("Accepted by %(name)s on %(at)s (Beijing time).")
WITHDRAWN = N_("We have withdrawn this offer.")
LAPSED = N_("This offer was not accepted in time and has lapsed.")
GREETING = N_("Dear %(name)s,")
TERMS, COMMENTS = N_("Terms"), N_("What our reviewers would like to tell you")
NUMBER, CLOSING = N_("Application %(number)s"), N_("With kind regards")


def kind_of(told: Told) -> str:
    """Which letter it is: an accepted offer is an admission."""
    return "admission" if told.offer and told.offer.accepted_at else told.decision.outcome


def letter_name(told: Told) -> str:
    """`AP-2026-0001-offer.pdf`."""
    return f"{told.application.number}-{kind_of(told)}.pdf"


def letter_of(session: Session, told: Told, now: datetime) -> bytes:
    """The letter as a PDF."""
    return render("startups/decision.typ", letter_words(session, told, now))


def letter_words(session: Session, told: Told, now: datetime) -> dict[str, object]:
    """What stands in it."""
    locale, application, kind = told.application.locale, told.application, kind_of(told)

    def say(message: str, **values: object) -> str:
        said = translations(locale).gettext(message)
        return said % values if values else said

    operator = session.execute(select(Operator).where(Operator.operator_id == current_operator(session))).scalar_one()
    when = told.offer.accepted_at if told.offer and told.offer.accepted_at else told.decision.decided_at
    offered = day(told.decision.decided_at.astimezone(CHINA).date(), locale)
    values = {"name": named(application, locale), "call": named(told.call, locale)}
    return {
        "lang": "en" if locale == "en" else "zh",
        "operator": named(operator, locale),
        "address": operator.address,
        "title": say(TITLES[kind]),
        "number": say(NUMBER, number=application.number),
        "greeting": say(GREETING, name=application.contact_name),
        "body": say(SENTENCES[kind], **values, offered=offered),
        "words": _split(told.decision.to_applicant),
        "terms_title": say(TERMS),
        "terms": _split(told.offer.terms) if told.offer else [],
        "until": _until(say, told.offer, now, locale) if told.offer else "",
        "comments_title": say(COMMENTS),
        "comments": [_split(each) for each in told.comments],
        "closing": say(CLOSING),
        "on": day(when.astimezone(CHINA).date(), locale),
    }


def _until(say: Callable[..., str], offer: PlaceOffer, now: datetime, locale: str) -> str:
    if offer.accepted_at is not None:
        return say(ACCEPTED, name=offer.accepted_name, at=moment(offer.accepted_at, CHINA.key, locale))
    state = offer.state(now)
    if state in ("withdrawn", "lapsed"):
        return say(WITHDRAWN if state == "withdrawn" else LAPSED)
    return say(UNTIL, day=day(offer.last_day, locale))


def _split(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip()]

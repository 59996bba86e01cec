"""Mails to applicants, in the language of their application.

They are written at once and not by a notice, since only this request knows the secret address; once sent, the outbox
empties them.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from incubator.accounts.queries import get_operator
from incubator.core.errors import N_
from incubator.documents.formats import moment, named
from incubator.notices.languages import translations
from incubator.notices.letters import Letter, post_letter
from incubator.startups.models import Application, Call
from incubator.startups.queries.application_retention import get_application_months
from incubator.startups.rules.applications import DRAFT_DAYS

ZONE = "Asia/Shanghai"


def post_draft_letter(session: Session, *, now: datetime, application: Application, call: Call, link: str) -> None:
    """Where the draft is."""
    say, locale = translations(application.locale).gettext, application.locale
    until = "" if call.closes_at is None else say(N_("It can be sent until %(time)s.")) % {
        "time": moment(call.closes_at, ZONE, locale)
    }  # fmt: skip
    paragraphs = [
        say(N_("Hello,")),
        say(N_("an application to “%(call)s” of %(operator)s was begun for this address. With the button you come back "
               "to it at any time, from any device. Keep this mail: whoever has the address can read and change the "
               "application.")) % {"call": named(call, locale), "operator": _operator(session, locale)},
        until,
    ]  # fmt: skip
    small = [
        say(N_("A draft that is not sent is erased %(days)s days after its last change, with its files."))
        % {"days": DRAFT_DAYS},
        say(N_("If it was not you, do nothing: nothing is sent, and it is erased by itself.")),
    ]
    letter = Letter(locale, say(N_("Your application to “%(call)s”")) % {"call": named(call, locale)},
                    [line for line in paragraphs if line], (say(N_("Open the application")), link), small)  # fmt: skip
    _post(session, now, application, letter)


def post_sent_letter(session: Session, *, now: datetime, application: Application, call: Call, link: str) -> None:
    """That it has arrived, and its number."""
    say, locale = translations(application.locale).gettext, application.locale
    paragraphs = [
        say(N_("Hello %(name)s,")) % {"name": application.contact_name},
        say(N_("the application of %(name)s to “%(call)s” of %(operator)s has arrived. Its number is %(number)s."))
        % {"name": application.name, "call": named(call, locale), "operator": _operator(session, locale),
           "number": application.number},
        say(N_("You can read it, and until its review begins change or withdraw it, by the same address.")),
    ]  # fmt: skip
    subject = say(N_("%(number)s: your application has arrived")) % {"number": application.number}
    small = [say(N_("An application that does not lead to a place is erased %(months)s months after it ended, with its "
                    "files; number and outcome stay for statistics."))
             % {"months": get_application_months(session)}]  # fmt: skip
    letter = Letter(locale, subject, paragraphs, (say(N_("Open the application")), link), small)
    _post(session, now, application, letter)


def _post(session: Session, now: datetime, application: Application, letter: Letter) -> None:
    post_letter(session, now=now, to=application.contact_email, letter=letter, about=("applications", application.id))


def _operator(session: Session, locale: str) -> str:
    return named(get_operator(session), locale)

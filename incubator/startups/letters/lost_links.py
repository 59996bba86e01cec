"""New secret addresses of applications, for who lost them; made here, so that nobody but the mail's reader has them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.models import Operator
from incubator.accounts.operations.keys import issue_key
from incubator.core.errors import N_
from incubator.documents.formats import named
from incubator.notices.letters import Letter
from incubator.notices.models import Notice
from incubator.notices.writing import Reader
from incubator.startups.models import Application, Call

MOST_LINKS = 5
"""Whoever applied oftener gets those that matter most."""


def write_new_links(session: Session, notice: Notice, reader: Reader, now: datetime) -> Letter | None:
    """A new address for each application to the call that was begun for the reader's; None where there is none.

    The earlier ones end: what is lost may have been found.
    """
    call = session.execute(select(Call).where(Call.id == notice.subject_id)).scalar_one()
    operator = session.execute(select(Operator).where(Operator.operator_id == call.operator_id)).scalar_one()
    values = {"call": named(call, reader.locale), "operator": named(operator, reader.locale)}
    links = []
    for application in _applications_of(session, call, reader.address):
        token = issue_key(session, reader.actor, now=now, kind="application", opens_id=application.id)
        number = application.number or reader.say(N_("Draft"))
        words = f"{number} · {named(application, reader.locale)}" if application.name else number
        links.append((words, reader.link(f"/application/{token}")))
    if not links:
        return None
    paragraphs = [
        reader.say(N_("Hello,")),
        reader.say(N_("somebody, most likely you, asked for a new address of your application to “%(call)s” of "
                      "%(operator)s. Here it is; the earlier one opens nothing any more."), **values),
        *[f"{words}: {link}" for words, link in links[1:]],
    ]  # fmt: skip
    small = [
        reader.say(N_("Keep this mail: whoever has the address can read and change the application.")),
        reader.say(N_("If it was not you, nothing is lost: the new address was mailed to nobody else.")),
    ]
    button = reader.say(N_("Open the application"))
    if len(links) > 1:
        button += f" · {links[0][0]}"
    subject = reader.say(N_("The new address of your application to “%(call)s”"), **values)
    return Letter(reader.locale, subject, paragraphs, (button, links[0][1]), small)


def _applications_of(session: Session, call: Call, address: str) -> Sequence[Application]:
    """What was begun from outside for a mail address: what was sent, then drafts, then what was withdrawn."""
    return session.execute(
        select(Application)
        .where(
            Application.call_id == call.id, Application.from_startup_id.is_(None),
            func.lower(func.btrim(Application.contact_email)) == address.strip().lower(),
        )
        .order_by(Application.withdrawn_at.is_not(None), Application.sent_at.is_(None), Application.changed_at.desc(),
                  Application.id.desc())
        .limit(MOST_LINKS)
        .with_for_update()
    ).scalars().all()  # fmt: skip

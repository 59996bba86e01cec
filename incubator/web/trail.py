"""Pages of the audit trail. They stand here because `audit` is below `accounts` and can't ask who reads it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from incubator.accounts.access import requires
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.accounts.throttling import limiter, person_key
from incubator.audit.models import AuditEvent
from incubator.audit.operations import event_content
from incubator.audit.queries import WORDS, ChainCheck, Wanted, get_event, list_events, verify_chain
from incubator.core.canonical import canonical_json
from incubator.core.paging import page_number
from incubator.database import db
from incubator.documents.formats import named
from incubator.mentors.models import HelpField, Mentor
from incubator.spaces.models import Site
from incubator.startups.models import Startup
from incubator.web import trail_actions, trail_names, trail_words
from incubator.web.frame import locale

blueprint = Blueprint("audit", __name__)

MOST_PEOPLE = 500
LARGEST_ID = 2**62


@blueprint.route("/audit")
@requires(Action.SEE_AUDIT)
def trail() -> str:
    """Who did what to which thing, the newest first."""
    return _show(None)


@blueprint.route("/audit/verify")
@requires(Action.SEE_AUDIT)
@limiter.limit("10 per minute", key_func=person_key)
def verify() -> str:
    """Recompute the chain, and say whether it is whole or where it breaks. Changes nothing."""
    return _show(verify_chain(db.session()))


@blueprint.route("/audit/<int:number>")
@requires(Action.SEE_AUDIT)
def show_event(number: int) -> str:
    """One event: the state before and after, and its place in the chain."""
    event = get_event(db.session(), min(number, LARGEST_ID))
    zone = _zone()
    return render_template(
        "audit/event.html", event=event, zone=zone, words=trail_words, pages=trail_names.PAGES,
        changes=trail_words.say_changes(event, locale(), zone, _names_in(event)),
    )  # fmt: skip


@blueprint.route("/audit/<int:number>/content.json")
@requires(Action.SEE_AUDIT)
def event_bytes(number: int) -> Response:
    """What of an event is hashed, to the byte."""
    event = get_event(db.session(), min(number, LARGEST_ID))
    answer = Response(canonical_json(event_content(event)), mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="entry-{event.number}.json"'
    return answer


def _show(check: ChainCheck | None) -> str:
    wanted, zone = read_filter(request.args), _zone()
    page = list_events(db.session(), wanted, page=page_number(request.args.get("page")))
    return render_template(
        "audit/trail.html", page=page, wanted=wanted, zone=zone, words=trail_words, check=check,
        verdict=_(WORDS[check.fault], number=check.broken_number) if check and check.fault else "",
        briefs={event.number: trail_words.say_briefly(event, locale(), zone) for event in page.rows},
        actions=sorted((trail_words.say_action(action), action) for action in trail_actions.ACTIONS),
        subjects=sorted((trail_words.say_subject(kind), kind) for kind in trail_names.SUBJECTS),
        people=_people(),
    )  # fmt: skip


def read_filter(arguments: MultiDict[str, str]) -> Wanted:
    """The filter in the address; what makes no sense in it filters nothing."""
    return Wanted(
        action=_word(arguments.get("action", "")),
        person_id=_number(arguments.get("person", "")),
        subject_kind=_word(arguments.get("subject", "")),
        subject_id=_number(arguments.get("id", "")),
    )


def _word(text: str) -> str:
    return text if text.isascii() and text.replace("_", "").isalpha() else ""


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def _zone() -> str:
    """The trail is the operator's: its first site's clock, else China's."""
    return db.session.execute(select(Site.zone).order_by(Site.id).limit(1)).scalar() or "Asia/Shanghai"


def _names_in(event: AuditEvent) -> trail_words.Names:
    """The names of the sites, startups, mentors and fields of help whose ids the event holds."""
    found: dict[tuple[str, int], str] = {}
    tables = (("site_id", Site), ("startup_id", Startup), ("site_ids", Site), ("field_ids", HelpField))
    for field, table in tables:
        ids = trail_words.list_ids(event, field)
        rows: Iterable[Any] = db.session.execute(select(table).where(table.id.in_(ids))).scalars() if ids else ()
        found |= {(field, row.id): named(row, locale()) for row in rows}
    if ids := trail_words.list_ids(event, "mentor_id"):
        mentors = select(Mentor, Person.name).join(Person, Person.id == Mentor.person_id).where(Mentor.id.in_(ids))
        found |= {("mentor_id", mentor.id): f"{mentor.label} {name}" for mentor, name in db.session.execute(mentors)}
    return found


def _people() -> list[tuple[int, str]]:
    rows = db.session.execute(select(Person.id, Person.name).order_by(Person.name).limit(MOST_PEOPLE)).all()
    return [(row.id, row.name) for row in rows]

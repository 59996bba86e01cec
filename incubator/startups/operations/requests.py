"""Requests to the operator: opened, answered, resolved, rated.

The clock of a request counts the site's opening hours from when it was opened, and stands while it is the startup's
turn: `resolve_due_at` is always the opening plus what its priority allows plus what was waited.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor, system_actor
from incubator.accounts.models import Operator
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, Forbidden, Refusal
from incubator.documents.operations import store_file
from incubator.documents.pictures import MEDIA_TYPE, make_pictures
from incubator.spaces.hours_queries import get_site_calendar
from incubator.spaces.models import Site
from incubator.spaces.open_time import due_at, minutes_between
from incubator.spaces.operations.words import LONGEST_NAME, LONGEST_TEXT, one_line
from incubator.spaces.queries import get_site
from incubator.startups.models import Request, RequestCategory, RequestMessage, RequestPhoto
from incubator.startups.queries import get_startup
from incubator.startups.queries.request_settings import get_category, level_of
from incubator.startups.queries.requests import get_request, is_handler, list_places
from incubator.startups.rules.requests import CLOSE_DAYS, MOST_PHOTOS, PRIORITIES, may_reopen
from incubator.startups.rules.texts import paragraphs_of
from incubator.startups.telling import tell_handlers, tell_person, tell_startup

LONGEST_MESSAGE = 4000
CLOSED = N_("This request is closed. Open a new one.")
CLOSE_AT_ONCE = 100


def open_request(
    session: Session, actor: Actor, *, now: datetime, startup_id: int, site_id: int, title: str, text: str,
    category_id: int | None = None, priority: str | None = None, unit_id: int | None = None,
    photos: Sequence[bytes] = (), form_key: str | None = None,
) -> Request:  # fmt: skip
    """Ask something of the operator, with photos; the next number of the year, and target times of its priority.

    The same form sent twice gives the request that it has opened already.
    """
    if not actor.can(Action.HANDLE_REQUESTS):
        actor.require_for(Action.ASK, startup_id)
    get_startup(session, actor, startup_id)
    site, title, text = get_site(session, actor, site_id), one_line(title, "title", LONGEST_NAME), _words(text)
    if not title:
        raise Refusal(N_("Say in a few words what it is about."), field="title")
    pictures = _pictures(photos)
    category = None if category_id is None else get_category(session, actor, category_id)
    if category is not None and category.closed_at is not None:
        raise Refusal(N_("Choose a category."), field="category_id")
    units = list_places(session, startup_id, now).units_at(site_id) if unit_id is not None else []
    if unit_id is not None and unit_id not in {unit.id for unit in units}:
        raise Refusal(N_("Choose one of your units."), field="unit_id")
    priority = priority or (category.priority if category else "normal")
    _check_priority(priority)
    session.execute(select(Operator.operator_id).with_for_update(key_share=True))
    if form_key and (sent := _sent_before(session, actor, form_key)) is not None:
        return sent
    year = now.astimezone(ZoneInfo(site.zone)).year
    level = level_of(session, site_id, priority)
    calendar = get_site_calendar(session, site)
    request = Request(
        year=year, number=_next_number(session, year), startup_id=startup_id, site_id=site_id, unit_id=unit_id,
        category_id=category_id, priority=priority, title=title, opened_at=now, opened_by=actor.person_id,
        form_key=form_key, assigned_to=_responsible(category), last_message_at=now,
        answer_due_at=due_at(calendar, now, level.answer_minutes), resolve_target=level.resolve_minutes,
        resolve_due_at=due_at(calendar, now, level.resolve_minutes),
    )  # fmt: skip
    session.add(request)
    session.flush()
    _say(session, actor, request, now=now, kind="message", text=text, pictures=pictures)
    tell_handlers(session, actor, request, "opened", now=now)
    after = {"number": request.label, "startup_id": startup_id, "title": title, "priority": priority,
             "site_id": site_id}  # fmt: skip
    record(session, actor, "open_request", ("requests", request.id), now=now, after=after)
    return request


def reply_to_request(
    session: Session, actor: Actor, *, now: datetime, request_id: int, text: str, photos: Sequence[bytes] = ()
) -> Request:
    """The startup's word; where it was its turn, the operator's clock goes on."""
    request, site = _load(session, actor, request_id)
    actor.require_for(Action.ASK, request.startup_id)
    if request.closed_at is not None:
        raise Conflict(CLOSED)
    text, pictures = _words(text), _pictures(photos)
    if request.waiting_since is not None:
        _resume(session, request, site, request.waiting_since, now)
    _say(session, actor, request, now=now, kind="message", text=text, pictures=pictures)
    tell_handlers(session, actor, request, "replied", now=now)
    record(session, actor, "reply_to_request", ("requests", request.id), now=now, after={"number": request.label})
    return request


def answer_request(
    session: Session, actor: Actor, *, now: datetime, request_id: int, text: str, photos: Sequence[bytes] = (),
    wait: bool = False,
) -> Request:  # fmt: skip
    """The operator's word. With `wait` it is the startup's turn from now on, and the clock stands."""
    request, site = _load(session, actor, request_id, to_handle=True)
    if request.resolved_at is not None:
        raise Conflict(N_("This request is resolved already."))
    text, pictures = _words(text), _pictures(photos)
    _note_first_answer(session, request, site, now)
    _take_if_free(actor, request)
    if wait and request.waiting_since is None:
        request.waiting_since = now
    _say(session, actor, request, now=now, kind="message", text=text, pictures=pictures)
    tell_startup(session, actor, request, "answered", now=now)
    after = {"number": request.label, "waits": request.waiting_since is not None}
    record(session, actor, "answer_request", ("requests", request.id), now=now, after=after)
    return request


def note_on_request(session: Session, actor: Actor, *, now: datetime, request_id: int, text: str) -> Request:
    """A word among staff; the startup never sees it."""
    request, _site = _load(session, actor, request_id, to_handle=True)
    _say(session, actor, request, now=now, kind="note", text=_words(text), pictures=[])
    if request.assigned_to is not None:
        tell_person(session, actor, request, "noted", request.assigned_to, now=now)
    record(session, actor, "note_on_request", ("requests", request.id), now=now, after={"number": request.label})
    return request


def resolve_request(
    session: Session, actor: Actor, *, now: datetime, request_id: int, text: str, photos: Sequence[bytes] = ()
) -> Request:
    """It is done; the startup may say within seven days that it is not."""
    request, site = _load(session, actor, request_id, to_handle=True)
    if request.resolved_at is not None:
        raise Conflict(N_("This request is resolved already."))
    text, pictures = _words(text), _pictures(photos)
    _note_first_answer(session, request, site, now)
    _take_if_free(actor, request)
    _settle(session, request, site, now)
    _say(session, actor, request, now=now, kind="resolution", text=text, pictures=pictures)
    tell_startup(session, actor, request, "resolved", now=now)
    after = {"number": request.label, "minutes": request.resolve_minutes}
    record(session, actor, "resolve_request", ("requests", request.id), now=now, after=after)
    return request


def take_request(session: Session, actor: Actor, *, now: datetime, request_id: int) -> Request:
    """Look after a request that nobody has; of two who take it at once one is told that the other was first."""
    request, _site = _load(session, actor, request_id, to_handle=True)
    if request.assigned_to == actor.person_id:
        return request
    if request.assigned_to is not None:
        raise Conflict(N_("Somebody else has taken it already."))
    return _assign(session, actor, request, actor.person_id, now)


def assign_request(
    session: Session, actor: Actor, *, now: datetime, request_id: int, person_id: int | None
) -> Request:
    """Give a request to a colleague who answers requests, or to nobody; the colleague is told."""
    request, _site = _load(session, actor, request_id, to_handle=True)
    if person_id is not None and not is_handler(session, person_id):
        raise Refusal(N_("Choose somebody who answers requests."), field="person_id")
    return request if request.assigned_to == person_id else _assign(session, actor, request, person_id, now)


def change_request(
    session: Session, actor: Actor, *, now: datetime, request_id: int, category_id: int | None, priority: str,
    reason: str,
) -> Request:  # fmt: skip
    """Another category or priority, for a reason that both sides read; target times are counted anew from its start."""
    request, site = _load(session, actor, request_id, to_handle=True)
    if request.resolved_at is not None:
        raise Conflict(N_("This request is resolved already."))
    reason = one_line(reason, "reason", LONGEST_TEXT)
    if not reason:
        raise Refusal(N_("Say why."), field="reason")
    _check_priority(priority)
    if category_id is not None and category_id != request.category_id:
        get_category(session, actor, category_id)
    before = {"category": _category_name(session, request.category_id), "priority": request.priority}
    request.category_id, request.priority = category_id, priority
    after = {"category": _category_name(session, category_id), "priority": priority}
    if before == after:
        raise Refusal(N_("Nothing would change."), field="priority")
    level, calendar = level_of(session, site.id, priority), get_site_calendar(session, site)
    request.resolve_target = level.resolve_minutes
    request.resolve_due_at = due_at(calendar, request.opened_at, level.resolve_minutes + request.waited_minutes)
    if request.first_answered_at is None:
        request.answer_due_at = due_at(calendar, request.opened_at, level.answer_minutes)
    facts = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    _say(session, actor, request, now=now, kind="change", text=reason, pictures=[], facts=facts)
    after = {"number": request.label, "reason": reason} | after
    record(session, actor, "change_request", ("requests", request.id), now=now, before=before, after=after)
    return request


def confirm_request(session: Session, actor: Actor, *, now: datetime, request_id: int) -> Request:
    """The startup says that it is solved, also before the operator does; it is closed."""
    request, site = _load(session, actor, request_id)
    actor.require_for(Action.ASK, request.startup_id)
    if request.closed_at is not None:
        raise Conflict(CLOSED)
    if request.resolved_at is None:
        _settle(session, request, site, now)
    request.closed_at = now
    session.flush()
    record(session, actor, "confirm_request", ("requests", request.id), now=now, after={"number": request.label})
    return request


def reopen_request(session: Session, actor: Actor, *, now: datetime, request_id: int, text: str) -> Request:
    """It is not solved: the clock goes on where it stood. Within seven days of the resolution."""
    request, site = _load(session, actor, request_id)
    actor.require_for(Action.ASK, request.startup_id)
    if request.resolved_at is None or not may_reopen(request.resolved_at, now):
        raise Conflict(N_("Only what was resolved in the last %(days)s days can be reopened."), days=CLOSE_DAYS)
    text, resolved_at = _words(text), request.resolved_at
    request.closed_at, request.resolved_at, request.resolve_minutes = None, None, None
    request.rating, request.rating_remark = None, ""
    request.reopened += 1
    _resume(session, request, site, resolved_at, now)
    _say(session, actor, request, now=now, kind="reopening", text=text, pictures=[])
    tell_handlers(session, actor, request, "reopened", now=now)
    after = {"number": request.label, "count": request.reopened}
    record(session, actor, "reopen_request", ("requests", request.id), now=now, after=after)
    return request


def rate_request(
    session: Session, actor: Actor, *, now: datetime, request_id: int, rating: int, remark: str = ""
) -> Request:
    """How satisfied the startup is with what was done, from 1 to 5, once it is closed; the later word stands."""
    request, _site = _load(session, actor, request_id)
    actor.require_for(Action.ASK, request.startup_id)
    if request.closed_at is None:
        raise Conflict(N_("Say first that it is solved; your opinion is asked then."))
    if rating not in range(1, 6):
        raise Refusal(N_("Choose one to five stars."), field="rating")
    remark = one_line(remark, "remark", LONGEST_TEXT)
    request.rating, request.rating_remark = rating, remark
    session.flush()
    after = {"number": request.label, "rating": rating, "remark": remark}
    record(session, actor, "rate_request", ("requests", request.id), now=now, after=after)
    return request


def close_resolved(session: Session, actor: Actor, *, now: datetime) -> int:
    """Close what was resolved seven days ago and not reopened; how many. Several workers may do it at once."""
    rows = session.execute(
        select(Request)
        .where(Request.resolved_at <= now - timedelta(days=CLOSE_DAYS), Request.closed_at.is_(None))
        .order_by(Request.id)
        .limit(CLOSE_AT_ONCE)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).scalars().all()  # fmt: skip
    system = system_actor(actor.operator_id)
    for request in rows:
        request.closed_at = now
        record(session, system, "close_request", ("requests", request.id), now=now, after={"number": request.label})
    return len(rows)


def _load(session: Session, actor: Actor, request_id: int, *, to_handle: bool = False) -> tuple[Request, Site]:
    """The request, locked, with its site."""
    request = get_request(session, actor, request_id, for_update=True)
    if to_handle:
        actor.require(Action.HANDLE_REQUESTS)
    elif actor.is_staff and not actor.is_system:
        raise Forbidden(N_("This is for the startup to say."))
    return request, get_site(session, actor, request.site_id)


def _say(
    session: Session, actor: Actor, request: Request, *, now: datetime, kind: str, text: str,
    pictures: Sequence[tuple[bytes, bytes, int, int]], facts: dict[str, list[str]] | None = None,
) -> None:  # fmt: skip
    by_staff = actor.is_staff and not actor.is_system  # the system speaks for a startup: an import, the demo
    message = RequestMessage(
        request_id=request.id, person_id=actor.person_id, by_staff=by_staff, at=now, kind=kind, text=text,
        facts=facts or {},
    )  # fmt: skip
    session.add(message)
    session.flush()
    if kind != "note":
        request.last_message_at = now
    for place, (large, small, width, height) in enumerate(pictures, 1):
        stem = f"{request.label}-{message.id}-{place}"
        files = [
            store_file(session, actor, now=now, name=f"{stem}{suffix}.jpg", media_type=MEDIA_TYPE, content=content)
            for content, suffix in ((large, ""), (small, "-small"))
        ]
        session.add(RequestPhoto(request_id=request.id, message_id=message.id, file_id=files[0].id,
                                 small_file_id=files[1].id, width=width, height=height))  # fmt: skip
    session.flush()


def _pictures(photos: Sequence[bytes]) -> list[tuple[bytes, bytes, int, int]]:
    if len(photos) > MOST_PHOTOS:
        raise Refusal(N_("At most %(most)s photos at once."), field="photos", most=MOST_PHOTOS)
    made = [make_pictures(content, "photos") for content in photos]
    return [(large.content, small.content, large.width, large.height) for large, small in made]


def _words(text: str) -> str:
    words = paragraphs_of(text, "text", LONGEST_MESSAGE)
    if not words:
        raise Refusal(N_("Write a few words."), field="text")
    return words


def _check_priority(priority: str) -> None:
    if priority not in PRIORITIES:
        raise Refusal(N_("Choose a priority."), field="priority")


def _responsible(category: RequestCategory | None) -> int | None:
    return None if category is None else category.responsible_id


def _category_name(session: Session, category_id: int | None) -> str:
    if category_id is None:
        return ""
    return session.execute(select(RequestCategory.name).where(RequestCategory.id == category_id)).scalar_one()


def _note_first_answer(session: Session, request: Request, site: Site, now: datetime) -> None:
    if request.first_answered_at is None:
        request.first_answered_at = now
        request.answer_minutes = minutes_between(get_site_calendar(session, site), request.opened_at, now)


def _take_if_free(actor: Actor, request: Request) -> None:
    if request.assigned_to is None:
        request.assigned_to = actor.person_id


def _assign(session: Session, actor: Actor, request: Request, person_id: int | None, now: datetime) -> Request:
    before = {"number": request.label, "assigned_to": request.assigned_to}
    request.assigned_to = person_id
    session.flush()
    if person_id is not None:
        tell_person(session, actor, request, "assigned", person_id, now=now)
    record(session, actor, "assign_request", ("requests", request.id), now=now, before=before,
           after={"number": request.label, "assigned_to": person_id})  # fmt: skip
    return request


def _settle(session: Session, request: Request, site: Site, now: datetime) -> None:
    """It is resolved: what it took, without what was waited."""
    if request.waiting_since is not None:
        _resume(session, request, site, request.waiting_since, now)
    took = minutes_between(get_site_calendar(session, site), request.opened_at, now)
    request.resolved_at, request.resolve_minutes = now, max(0, took - request.waited_minutes)
    session.flush()


def _resume(session: Session, request: Request, site: Site, stopped_at: datetime, now: datetime) -> None:
    """The clock goes on: what was open since it stopped does not count."""
    calendar = get_site_calendar(session, site)
    request.waited_minutes += minutes_between(calendar, stopped_at, now)
    request.waiting_since = None
    request.resolve_due_at = due_at(calendar, request.opened_at, request.resolve_target + request.waited_minutes)
    session.flush()


def _sent_before(session: Session, actor: Actor, form_key: str) -> Request | None:
    return session.execute(
        select(Request).where(Request.opened_by == actor.person_id, Request.form_key == form_key)
    ).scalar_one_or_none()


def _next_number(session: Session, year: int) -> int:
    last = session.execute(select(func.max(Request.number)).where(Request.year == year)).scalar()
    return (last or 0) + 1

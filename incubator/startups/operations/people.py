"""The people of startups, their posts, and the categories that policies ask for."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.documents.models import Document
from incubator.documents.queries import get_document
from incubator.pricing.rules import check_day
from incubator.spaces.operations.words import LONGEST_NAME, LONGEST_TEXT, one_line
from incubator.startups.models import Individual, Post, Standing
from incubator.startups.queries import get_startup
from incubator.startups.queries.people import get_post
from incubator.startups.rules.people import CATEGORIES, ROLES, Identity, identify, last_day_of

A_DAY = timedelta(days=1)


def may_edit_people(actor: Actor, startup_id: int) -> bool:
    """Whether the actor keeps this startup's people: staff who manage startups, and its own founders."""
    return actor.can(Action.MANAGE_STARTUPS) or startup_id in actor.startups_for(Action.EDIT_OWN_STARTUP)


def add_post(
    session: Session, actor: Actor, *, now: datetime, secret: bytes, startup_id: int, name: str, role: str, first: date,
    last: date | None = None, name_en: str = "", title: str = "", share_bp: int | None = None, id_kind: str = "",
    id_number: str = "",
) -> Post:  # fmt: skip
    """Somebody founds or works in a startup from a day on.

    By the same document's number they are the same human, also of another startup, and are counted once; the number is
    not kept (`identify`). Without a number they are somebody new.
    """
    _require_edit(session, actor, startup_id)
    name, title = one_line(name, "name", LONGEST_NAME), one_line(title, "title", LONGEST_NAME)
    if not name:
        raise Refusal(N_("Enter a name."), field="name")
    if role not in ROLES:
        raise Refusal(N_("Choose founder or employee."), field="role")
    _check_share(role, share_bp)
    days = _days(first, last)
    identity = identify(secret, id_kind, id_number) if id_number.strip() else None
    individual = _individual(session, name, one_line(name_en, "name_en", LONGEST_NAME), identity, now)
    post = Post(startup_id=startup_id, individual_id=individual.id, role=role, title=title, share_bp=share_bp,
                days=days, created_at=now, created_by=actor.person_id)  # fmt: skip
    try:
        with session.begin_nested():
            session.add(post)
            session.flush()
    except IntegrityError as error:
        if _constraint(error) != "posts_no_overlap":
            raise
        raise Conflict(N_("They are in this startup on some of these days already."), field="first") from error
    after = {"startup_id": startup_id, "individual": individual.id, "role": role, "from": first, "last_on": last}
    record(session, actor, "add_post", ("posts", post.id), now=now, after=after)
    return post


def edit_post(
    session: Session, actor: Actor, *, now: datetime, post_id: int, name: str, name_en: str = "", title: str = "",
    share_bp: int | None = None, last: date | None = None,
) -> Post:  # fmt: skip
    """Their name, title, share, and the last day of their post; who they are and since when stays."""
    post = get_post(session, actor, post_id, for_update=True)
    _require_edit(session, actor, post.startup_id)
    individual = session.execute(select(Individual).where(Individual.id == post.individual_id)).scalar_one()
    name = one_line(name, "name", LONGEST_NAME)
    if not name:
        raise Refusal(N_("Enter a name."), field="name")
    _check_share(post.role, share_bp)
    first = post.days.lower
    assert first is not None  # a named CHECK of the table
    days, before = _days(first, last), _facts(post)
    renamed = (individual.name, individual.name_en) != (name, name_en)
    individual.name, individual.name_en = name, one_line(name_en, "name_en", LONGEST_NAME)
    post.title, post.share_bp = one_line(title, "title", LONGEST_NAME), share_bp
    try:
        with session.begin_nested():
            post.days = days
            session.flush()
    except IntegrityError as error:
        if _constraint(error) != "posts_no_overlap":
            raise
        raise Conflict(N_("They are in this startup on some of these days already."), field="last") from error
    after = _facts(post) | ({"name_changed": True} if renamed else {})
    record(session, actor, "edit_post", ("posts", post.id), now=now, before=before, after=after)
    return post


def claim_standing(
    session: Session, actor: Actor, *, now: datetime, post_id: int, category: str, first: date,
    last: date | None = None, evidence: str = "", document_id: int | None = None,
) -> Standing:  # fmt: skip
    """Say that somebody is of a category, by which evidence, from when, and until when where the evidence says so.

    The evidence is named, or is a document that the startup has here, and is then named by its title.
    It counts once it is confirmed. A category that lasts so many years ends by itself: see `CATEGORIES`.
    """
    post = get_post(session, actor, post_id)
    _require_edit(session, actor, post.startup_id)
    if category not in CATEGORIES:
        raise Refusal(N_("Choose a category."), field="category")
    document = _evidence(session, actor, document_id, post.startup_id)
    evidence = one_line(evidence, "evidence", LONGEST_TEXT) or (document.title if document else "")
    if not evidence:
        raise Refusal(N_("Name the document that proves it: what, number, issued by whom."), field="evidence")
    check_day(first, "first")
    days = _days(first, last_day_of(category, first, last))
    standing = Standing(individual_id=post.individual_id, category=category, evidence=evidence, days=days,
                        document_id=document_id, created_at=now, created_by=actor.person_id)  # fmt: skip
    session.add(standing)
    session.flush()
    upper = days.upper
    after = {"individual": post.individual_id, "category": category, "from": first,
             "last_on": None if upper is None else upper - A_DAY, "document_id": document_id}  # fmt: skip
    record(session, actor, "claim_standing", ("standings", standing.id), now=now, after=after)
    return standing


def confirm_standing(session: Session, actor: Actor, *, now: datetime, standing_id: int) -> Standing:
    """The evidence has been seen: from now on it counts, for the days that it says."""
    actor.require(Action.MANAGE_STARTUPS)
    standing = _standing(session, standing_id)
    if standing.withdrawn_at is not None:
        raise Conflict(N_("It was withdrawn; say it anew."))
    if standing.confirmed_at is not None:
        raise Conflict(N_("It is confirmed already."))
    standing.confirmed_at, standing.confirmed_by = now, actor.person_id
    record(session, actor, "confirm_standing", ("standings", standing.id), now=now)
    return standing


def withdraw_standing(
    session: Session, actor: Actor, *, now: datetime, standing_id: int, post_id: int, reason: str
) -> Standing:
    """It was wrong, and counts on no day; whoever keeps the startup's people may, and once confirmed only staff."""
    post = get_post(session, actor, post_id)
    _require_edit(session, actor, post.startup_id)
    standing = _standing(session, standing_id)
    if standing.individual_id != post.individual_id:
        raise NotFound(N_("There is no such entry."))
    if standing.confirmed_at is not None:
        actor.require(Action.MANAGE_STARTUPS)
    if standing.withdrawn_at is not None:
        raise Conflict(N_("It was withdrawn; say it anew."))
    words = one_line(reason, "reason", LONGEST_TEXT)
    if not words:
        raise Refusal(N_("Say why, so that others understand."), field="reason")
    standing.withdrawn_at, standing.withdrawn_reason = now, words
    record(session, actor, "withdraw_standing", ("standings", standing.id), now=now, after={"reason": words})
    return standing


def _require_edit(session: Session, actor: Actor, startup_id: int) -> None:
    get_startup(session, actor, startup_id)
    if not may_edit_people(actor, startup_id):
        actor.require(Action.MANAGE_STARTUPS)


def _individual(session: Session, name: str, name_en: str, identity: Identity | None, now: datetime) -> Individual:
    if identity is None:
        found = None
    else:
        found = session.execute(select(Individual).where(Individual.id_hash == identity.hash)).scalar_one_or_none()
    if found is not None:
        if _plain(found.name) != _plain(name):
            raise Conflict(N_("This number belongs to somebody of another name: check both."), field="id_number")
        return found
    made = Individual(name=name, name_en=name_en, created_at=now)
    if identity is not None:
        made.id_kind, made.id_hash, made.id_tail = identity.kind, identity.hash, identity.tail
    try:
        with session.begin_nested():
            session.add(made)
            session.flush()
    except IntegrityError as error:
        if _constraint(error) != "individuals_operator_id_id_hash_key":
            raise
        return _individual(session, name, name_en, identity, now)  # somebody else was quicker
    return made


def _standing(session: Session, standing_id: int) -> Standing:
    standing = session.execute(
        select(Standing).where(Standing.id == standing_id).with_for_update()
    ).scalar_one_or_none()
    if standing is None:
        raise NotFound(N_("There is no such entry."))
    return standing


def _evidence(session: Session, actor: Actor, document_id: int | None, startup_id: int) -> Document | None:
    """The document that proves it: one that the actor may see, of this startup, that still serves."""
    if document_id is None:
        return None
    document = get_document(session, actor, document_id)
    if document.startup_id != startup_id or document.withdrawn_at is not None:
        raise Refusal(N_("Choose one of the startup's documents."), field="document_id")
    return document


def _check_share(role: str, share_bp: int | None) -> None:
    if share_bp is not None and not 0 <= share_bp <= 10_000:
        raise Refusal(N_("A share is from 0 to 100 percent."), field="share")
    if share_bp is not None and role != "founder":
        raise Refusal(N_("Only a founder's share is kept."), field="share")


def _days(first: date, last: date | None) -> Range[date]:
    check_day(first, "first")
    check_day(last, "last")
    if last is not None and last < first:
        raise Refusal(N_("The last day comes before the first."), field="last")
    return Range(first, last and last + A_DAY)


def _facts(post: Post) -> dict[str, object]:
    upper = post.days.upper
    return {"title": post.title, "share_bp": post.share_bp, "last_on": None if upper is None else upper - A_DAY}


def _plain(name: str) -> str:
    return "".join(name.casefold().split())


def _constraint(error: IntegrityError) -> str | None:
    return getattr(getattr(error.orig, "diag", None), "constraint_name", None)

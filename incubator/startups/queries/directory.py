"""Reads of the directory: the startups that want to be seen and sit in the space today."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct, field
from sqlalchemy import ColumnElement, Text, cast, exists, func, or_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person, RoleGrant
from incubator.accounts.permissions import Action, Role
from incubator.core.errors import N_, NotFound
from incubator.core.paging import Page
from incubator.spaces.models import Site
from incubator.startups.models import DirectoryEntry, Residency, Startup
from incubator.startups.queries.startups import has_begun_and_not_ended

ENTRIES_SHOWN = 24
MOST_TAGS = 24


class Listed(Struct, frozen=True):
    """A startup in the directory, with the sites at which it sits."""

    startup: Startup
    entry: DirectoryEntry
    sites: list[Site] = field(default_factory=list)


class Contact(Struct, frozen=True):
    """Whom one writes to."""

    name: str
    email: str
    phone: str = ""


def list_entries(
    session: Session, actor: Actor, *, now: datetime, page: int = 1, search: str = "", industry: str = "",
    tag: str = "", site_id: int | None = None,
) -> Page[Listed]:  # fmt: skip
    """A page of the directory by name; by a part of name or words, by division of industry, tag and site."""
    actor.require(Action.SEE_DIRECTORY)
    wanted = [_is_listed(now, site_id), *_found_by(search)]
    if industry:
        wanted.append(Startup.industry_code.startswith(industry, autoescape=True))
    if tag:
        folded = func.array_to_string(DirectoryEntry.offers + DirectoryEntry.seeks, "\n")
        wanted.append(func.lower("\n" + folded + "\n").contains("\n" + tag.lower() + "\n", autoescape=True))
    joined = select(Startup, DirectoryEntry).join(DirectoryEntry, DirectoryEntry.startup_id == Startup.id)
    count = select(func.count()).select_from(Startup).join(DirectoryEntry, DirectoryEntry.startup_id == Startup.id)
    total = session.execute(count.where(*wanted)).scalar_one()
    rows = session.execute(
        joined.where(*wanted).order_by(Startup.name, Startup.id).limit(ENTRIES_SHOWN)
        .offset((page - 1) * ENTRIES_SHOWN)
    ).all()  # fmt: skip
    sites = _sites(session, [startup.id for startup, _ in rows], now)
    listed = [Listed(startup, entry, sites.get(startup.id, [])) for startup, entry in rows]
    return Page(listed, page, total, ENTRIES_SHOWN)


def get_listed(session: Session, actor: Actor, startup_id: int, *, now: datetime) -> Listed:
    """One that is in the directory now; NotFound for what is not, or not any more."""
    actor.require(Action.SEE_DIRECTORY)
    row = session.execute(
        select(Startup, DirectoryEntry)
        .join(DirectoryEntry, DirectoryEntry.startup_id == Startup.id)
        .where(Startup.id == startup_id, _is_listed(now, None))
    ).one_or_none()
    if row is None:
        raise NotFound(N_("This startup is not in the directory."))
    return Listed(row[0], row[1], _sites(session, [startup_id], now).get(startup_id, []))


def get_entry(session: Session, actor: Actor, startup_id: int) -> DirectoryEntry | None:
    """What one's own startup says of itself, seen by others or not; None: nothing yet."""
    actor.require(Action.SEE_OWN_STARTUP)
    actor.require_startup(startup_id)
    return session.execute(
        select(DirectoryEntry).where(DirectoryEntry.startup_id == startup_id)
    ).scalar_one_or_none()


def list_contacts(session: Session, listed: Listed) -> list[Contact]:
    """Whom the startup wants to be written to."""
    if listed.entry.contact == "contact":
        startup = listed.startup
        if startup.contact_name or startup.contact_email:
            return [Contact(startup.contact_name, startup.contact_email, startup.contact_phone)]
        return []
    if listed.entry.contact == "none":
        return []
    rows = session.execute(
        select(Person.name, Person.email)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .where(RoleGrant.startup_id == listed.startup.id, RoleGrant.role == Role.FOUNDER.value,
               Person.left_at.is_(None), Person.identity_id.is_not(None))
        .order_by(Person.name)
    ).all()  # fmt: skip
    return [Contact(name, email) for name, email in rows]


def list_directory_tags(session: Session, actor: Actor, now: datetime) -> Sequence[tuple[str, int]]:
    """What is offered and sought, with how many startups say it, the most frequent first."""
    actor.require(Action.SEE_DIRECTORY)
    word = func.unnest(DirectoryEntry.offers + DirectoryEntry.seeks).label("word")
    said = select(DirectoryEntry.startup_id, cast(word, Text).label("word")).join(
        Startup, Startup.id == DirectoryEntry.startup_id
    ).where(_is_listed(now, None)).subquery()  # fmt: skip
    count = func.count(said.c.startup_id.distinct())
    rows = session.execute(
        select(func.min(said.c.word), count).group_by(func.lower(said.c.word))
        .order_by(count.desc(), func.min(said.c.word)).limit(MOST_TAGS)
    ).all()  # fmt: skip
    return [(text, number) for text, number in rows]


def list_directory_divisions(session: Session, actor: Actor, now: datetime) -> Sequence[str]:
    """The two-digit industries of those who are in it."""
    actor.require(Action.SEE_DIRECTORY)
    division = func.substr(Startup.industry_code, 1, 2)
    rows = session.execute(
        select(division).join(DirectoryEntry, DirectoryEntry.startup_id == Startup.id)
        .where(_is_listed(now, None), Startup.industry_code != "").distinct().order_by(division)
    ).scalars()  # fmt: skip
    return list(rows)


def _is_listed(now: datetime, site_id: int | None) -> ColumnElement[bool]:
    sits = select(Residency.id).join(Site, Site.id == Residency.site_id)
    sits = sits.where(Residency.startup_id == Startup.id, has_begun_and_not_ended(now))
    if site_id is not None:
        sits = sits.where(Residency.site_id == site_id)
    return DirectoryEntry.listed & exists(sits.correlate(Startup))


def _found_by(search: str) -> list[ColumnElement[bool]]:
    if not search.strip():
        return []
    words = func.array_to_string(DirectoryEntry.offers + DirectoryEntry.seeks, " ")
    columns = (Startup.name, Startup.name_en, Startup.industry, DirectoryEntry.blurb, DirectoryEntry.blurb_en, words)
    return [or_(*(column.icontains(search.strip(), autoescape=True) for column in columns))]


def _sites(session: Session, startup_ids: Sequence[int], now: datetime) -> dict[int, list[Site]]:
    found: dict[int, list[Site]] = {}
    rows = session.execute(
        select(Residency.startup_id, Site).join(Site, Site.id == Residency.site_id)
        .where(Residency.startup_id.in_(startup_ids), has_begun_and_not_ended(now)).order_by(Site.code)
    )  # fmt: skip
    for startup_id, site in rows:
        if site not in found.setdefault(startup_id, []):
            found[startup_id].append(site)
    return found

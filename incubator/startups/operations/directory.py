"""A startup's page in the directory: its founders say what is seen, and whether anything is."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Refusal
from incubator.documents.operations import store_file
from incubator.documents.pictures import MEDIA_TYPE, make_pictures
from incubator.spaces.operations.words import LONGEST_TEXT, one_line
from incubator.startups.models import DirectoryEntry, Startup
from incubator.startups.models.directory import CONTACTS
from incubator.startups.rules.texts import paragraphs_of, tags_of

LONGEST_BLURB = 600
MOST_TAGS, LONGEST_TAG = 8, 20


def edit_entry(
    session: Session, actor: Actor, *, now: datetime, startup_id: int, listed: bool, blurb: str, blurb_en: str = "",
    website: str = "", offers: str = "", seeks: str = "", contact: str = "none", logo: bytes | None = None,
    drop_logo: bool = False,
) -> DirectoryEntry:  # fmt: skip
    """What a startup says of itself. Without `listed` nobody else sees it from this moment; the words are kept."""
    actor.require_for(Action.EDIT_OWN_STARTUP, startup_id)
    said = {
        "blurb": paragraphs_of(blurb, "blurb", LONGEST_BLURB),
        "blurb_en": paragraphs_of(blurb_en, "blurb_en", LONGEST_BLURB), "website": _address(website),
        "offers": tags_of(offers, "offers", most=MOST_TAGS, longest=LONGEST_TAG),
        "seeks": tags_of(seeks, "seeks", most=MOST_TAGS, longest=LONGEST_TAG), "contact": contact,
    }  # fmt: skip
    if contact not in CONTACTS:
        raise Refusal(N_("Choose who may be written to."), field="contact")
    if listed and not said["blurb"]:
        raise Refusal(N_("Say in a sentence or two what you do."), field="blurb")
    picture = None if logo is None else make_pictures(logo, "logo")[1]
    session.execute(select(Startup.id).where(Startup.id == startup_id).with_for_update())
    entry = session.execute(
        select(DirectoryEntry).where(DirectoryEntry.startup_id == startup_id)
    ).scalar_one_or_none()
    before = None if entry is None else _facts(entry)
    if entry is None:
        entry = DirectoryEntry(startup_id=startup_id, listed=listed, edited_at=now)
        session.add(entry)
    for name, value in said.items():
        setattr(entry, name, value)
    entry.listed, entry.edited_at = listed, now
    if picture is not None:
        file = store_file(session, actor, now=now, name="logo.jpg", media_type=MEDIA_TYPE, content=picture.content)
        entry.logo_id, entry.logo_width, entry.logo_height = file.id, picture.width, picture.height
    elif drop_logo:
        entry.logo_id = entry.logo_width = entry.logo_height = None
    session.flush()
    if _facts(entry) != before:
        record(session, actor, "edit_entry", ("startups", startup_id), now=now, before=before, after=_facts(entry))
    return entry


def _address(website: str) -> str:
    """An address of the web as one types it: example.com becomes https://example.com."""
    typed = one_line(website, "website", LONGEST_TEXT)
    if not typed:
        return ""
    address = typed if "://" in typed else f"https://{typed}"
    try:
        parts = urlsplit(address)
        good = parts.scheme in ("http", "https") and "." in (parts.hostname or "") and "@" not in parts.netloc
    except ValueError:
        good = False
    if not good or " " in address:
        raise Refusal(N_("This is not the address of a website. One looks like https://example.com."), field="website")
    return address


def _facts(entry: DirectoryEntry) -> dict[str, object]:
    return {
        "listed": entry.listed, "blurb": entry.blurb, "website": entry.website, "offers": entry.offers,
        "seeks": entry.seeks, "contact_choice": entry.contact, "logo": entry.logo_id is not None,
    }  # fmt: skip

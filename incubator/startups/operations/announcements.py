"""Announcements: published, changed, withdrawn, mailed on their first day, opened."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from msgspec import Struct
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.database import current_operator
from incubator.notices.operations import notify
from incubator.pricing.rules import check_day
from incubator.spaces.operations.words import LONGEST_NAME, one_line
from incubator.spaces.queries import list_sites
from incubator.startups.models import Announcement, AnnouncementReading, AnnouncementTarget
from incubator.startups.models.announcements import AUDIENCES
from incubator.startups.queries.announcements import get_announcement, is_shown, list_audience
from incubator.startups.queries.programmes import list_programmes
from incubator.startups.rules.texts import paragraphs_of

LONGEST_BODY = 8000
MAILED_AT_ONCE = 5


class Words(Struct, frozen=True):
    """What an announcement says, to whom, and on which days."""

    title: str
    body: str
    from_on: date
    title_en: str = ""
    body_en: str = ""
    until_on: date | None = None
    audience: str = "all"
    sites: Collection[int] = ()
    programmes: Collection[int] = ()
    pinned: bool = False
    by_mail: bool = False


def publish_announcement(session: Session, actor: Actor, *, now: datetime, words: Words) -> Announcement:
    """Tell an audience something from a day on; by mail, too, on that day, where it is wanted."""
    actor.require(Action.ANNOUNCE)
    announcement = Announcement(published_at=now, published_by=actor.person_id, **_checked(session, actor, words))
    session.add(announcement)
    session.flush()
    _aim(session, announcement, words)
    record(session, actor, "publish_announcement", ("announcements", announcement.id), now=now,
           after=_facts(announcement))  # fmt: skip
    return announcement


def edit_announcement(
    session: Session, actor: Actor, *, now: datetime, announcement_id: int, words: Words
) -> Announcement:
    """Other words, days or readers. Who has opened it has; a letter that was sent is not sent again."""
    announcement = _load(session, actor, announcement_id, now)
    before, checked = _facts(announcement), _checked(session, actor, words)
    checked["by_mail"] = checked["by_mail"] or announcement.mailed_at is not None
    for name, value in checked.items():
        setattr(announcement, name, value)
    session.flush()
    session.execute(delete(AnnouncementTarget).where(AnnouncementTarget.announcement_id == announcement_id))
    _aim(session, announcement, words)
    record(session, actor, "edit_announcement", ("announcements", announcement_id), now=now, before=before,
           after=_facts(announcement))  # fmt: skip
    return announcement


def withdraw_announcement(session: Session, actor: Actor, *, now: datetime, announcement_id: int) -> Announcement:
    """Nobody sees it any more but those who publish."""
    announcement = _load(session, actor, announcement_id, now)
    announcement.withdrawn_at = now
    session.flush()
    record(session, actor, "withdraw_announcement", ("announcements", announcement_id), now=now,
           after={"title": announcement.title})  # fmt: skip
    return announcement


def read_announcement(session: Session, actor: Actor, *, now: datetime, announcement_id: int) -> bool:
    """Note that the actor has opened it; whether that is new. Nothing that the trail keeps."""
    get_announcement(session, actor, announcement_id, now=now)
    if actor.person_id is None:
        return False
    found = session.execute(
        insert(AnnouncementReading)
        .values(operator_id=current_operator(session), announcement_id=announcement_id, person_id=actor.person_id,
                read_at=now)
        .on_conflict_do_nothing()
        .returning(AnnouncementReading.person_id)
    ).first()  # fmt: skip
    return found is not None


def mail_announcements(session: Session, _actor: Actor, *, now: datetime) -> int:
    """Have the letters written of announcements that are shown from today on and wanted by mail; how many began.

    The reader's choice is asked when the letter is written. Several workers may do it at once; each is mailed once.
    """
    rows = session.execute(
        select(Announcement)
        .where(Announcement.by_mail, Announcement.mailed_at.is_(None), is_shown(now))
        .order_by(Announcement.id)
        .limit(MAILED_AT_ONCE)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).scalars().all()  # fmt: skip
    for announcement in rows:
        people = [each for each in list_audience(session, announcement, now) if each != announcement.published_by]
        notify(session, now=now, kind="announcement", about=("announcements", announcement.id), people=people,
               key=f"announcement:{announcement.id}")  # fmt: skip
        announcement.mailed_at = now
    session.flush()
    return len(rows)


def _load(session: Session, actor: Actor, announcement_id: int, now: datetime) -> Announcement:
    actor.require(Action.ANNOUNCE)
    get_announcement(session, actor, announcement_id, now=now)
    announcement = session.execute(
        select(Announcement).where(Announcement.id == announcement_id).with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one()  # fmt: skip
    if announcement.withdrawn_at is not None:
        raise Conflict(N_("This announcement is withdrawn."))
    return announcement


def _checked(session: Session, actor: Actor, words: Words) -> dict[str, object]:
    title = one_line(words.title, "title", LONGEST_NAME)
    if not title:
        raise Refusal(N_("Give it a title."), field="title")
    body = paragraphs_of(words.body, "body", LONGEST_BODY)
    if not body:
        raise Refusal(N_("Write a few words."), field="body")
    if words.audience not in AUDIENCES:
        raise Refusal(N_("Choose whom it is for."), field="audience")
    check_day(words.from_on, "from_on")
    if words.until_on is not None:
        check_day(words.until_on, "until_on")
        if words.until_on < words.from_on:
            raise Refusal(N_("The last day is before the first one."), field="until_on")
    if words.audience == "sites":
        _check_chosen(words.sites, [site.id for site in list_sites(session, actor)], "sites")
    if words.audience == "programmes":
        _check_chosen(words.programmes, [each.id for each in list_programmes(session, actor)], "programmes")
    return {
        "audience": words.audience, "title": title, "title_en": one_line(words.title_en, "title_en", LONGEST_NAME),
        "body": body, "body_en": paragraphs_of(words.body_en, "body_en", LONGEST_BODY), "from_on": words.from_on,
        "until_on": words.until_on, "pinned": words.pinned, "by_mail": words.by_mail,
    }  # fmt: skip


def _check_chosen(chosen: Collection[int], known: Collection[int], field: str) -> None:
    if not chosen:
        raise Refusal(N_("Choose at least one."), field=field)
    if not set(chosen) <= set(known):
        raise NotFound


def _aim(session: Session, announcement: Announcement, words: Words) -> None:
    sites = sorted(set(words.sites)) if words.audience == "sites" else []
    programmes = sorted(set(words.programmes)) if words.audience == "programmes" else []
    session.add_all(AnnouncementTarget(announcement_id=announcement.id, site_id=each) for each in sites)
    session.add_all(AnnouncementTarget(announcement_id=announcement.id, programme_id=each) for each in programmes)
    session.flush()


def _facts(announcement: Announcement) -> dict[str, object]:
    return {
        "title": announcement.title, "audience": announcement.audience, "from": announcement.from_on,
        "last_on": announcement.until_on, "pinned": announcement.pinned, "by_mail": announcement.by_mail,
    }  # fmt: skip

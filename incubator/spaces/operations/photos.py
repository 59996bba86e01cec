"""Photos of a resource."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, Refusal
from incubator.documents.operations import store_file
from incubator.documents.pictures import MEDIA_TYPE, make_pictures
from incubator.spaces.models import Resource, ResourcePhoto
from incubator.spaces.operations.resource_hours import lock_resource
from incubator.spaces.operations.words import LONGEST_TEXT, one_line

MOST_PHOTOS = 8


def add_photo(
    session: Session, actor: Actor, *, now: datetime, resource: Resource, name: str, content: bytes, alt: str,
    alt_en: str = "",
) -> ResourcePhoto:  # fmt: skip
    """Another photo, the last in the order. What is kept is made of what was sent: smaller, and without metadata."""
    actor.require(Action.MANAGE_SPACES)
    alt, alt_en = _alt(alt, alt_en)
    picture, small = make_pictures(content)
    lock_resource(session, resource)
    photos = _list(session, resource)
    if len(photos) >= MOST_PHOTOS:
        raise Conflict(N_("A resource has %(most)s photos at most. Remove one first."), field="file", most=MOST_PHOTOS)
    stem = name.replace("\\", "/").rpartition("/")[2].rpartition(".")[0][:100] or resource.code
    files = [
        store_file(session, actor, now=now, name=f"{stem}{suffix}.jpg", media_type=MEDIA_TYPE, content=each.content)
        for each, suffix in ((picture, ""), (small, "-small"))
    ]
    photo = ResourcePhoto(
        resource_id=resource.id, file_id=files[0].id, small_file_id=files[1].id, place=len(photos) + 1, alt=alt,
        alt_en=alt_en, width=picture.width, height=picture.height, created_at=now,
    )  # fmt: skip
    session.add(photo)
    session.flush()
    record(session, actor, "add_photo", ("resources", resource.id), now=now,
           after=_say(resource, photo) | {"sha256": files[0].sha256})  # fmt: skip
    return photo


def describe_photo(
    session: Session, actor: Actor, *, now: datetime, resource: Resource, photo: ResourcePhoto, alt: str,
    alt_en: str = "",
) -> ResourcePhoto:  # fmt: skip
    """Say otherwise what is to be seen on a photo."""
    actor.require(Action.MANAGE_SPACES)
    before = _say(resource, photo)
    photo.alt, photo.alt_en = _alt(alt, alt_en)
    session.flush()
    if _say(resource, photo) != before:
        record(session, actor, "describe_photo", ("resources", resource.id), now=now, before=before,
               after=_say(resource, photo))  # fmt: skip
    return photo


def move_photo(
    session: Session, actor: Actor, *, now: datetime, resource: Resource, photo: ResourcePhoto, place: int
) -> None:
    """Give a photo another place in the order, from 1; the first one stands for the resource."""
    actor.require(Action.MANAGE_SPACES)
    lock_resource(session, resource)
    order = [each.id for each in _list(session, resource)]
    if photo.id not in order:
        raise Conflict(N_("This photo has been removed in the meantime."))
    before = order.index(photo.id) + 1
    place = min(max(1, place), len(order))
    if place == before:
        return
    order.insert(place - 1, order.pop(before - 1))
    _arrange(session, resource, order)
    record(session, actor, "move_photo", ("resources", resource.id), now=now,
           before=_say(resource, photo) | {"place": before}, after=_say(resource, photo))  # fmt: skip


def remove_photo(session: Session, actor: Actor, *, now: datetime, resource: Resource, photo: ResourcePhoto) -> None:
    """Show a photo no longer; removing it twice changes nothing more."""
    actor.require(Action.MANAGE_SPACES)
    lock_resource(session, resource)
    order = [each.id for each in _list(session, resource)]
    if photo.id not in order:
        return
    before = _say(resource, photo)
    photo.removed_at = now
    session.flush()
    _arrange(session, resource, [each for each in order if each != photo.id])
    record(session, actor, "remove_photo", ("resources", resource.id), now=now, before=before)


def _list(session: Session, resource: Resource) -> list[ResourcePhoto]:
    """Those that are shown, in order, as they are once the resource is locked."""
    query = (
        select(ResourcePhoto)
        .where(ResourcePhoto.resource_id == resource.id, ResourcePhoto.removed_at.is_(None))
        .order_by(ResourcePhoto.place, ResourcePhoto.id)
        .execution_options(populate_existing=True)
    )
    return list(session.execute(query).scalars())


def _arrange(session: Session, resource: Resource, order: list[int]) -> None:
    for photo in _list(session, resource):
        photo.place = order.index(photo.id) + 1
    session.flush()


def _alt(alt: str, alt_en: str) -> tuple[str, str]:
    alt = one_line(alt, "alt", LONGEST_TEXT)
    if not alt:
        raise Refusal(N_("Say in a few words what is to be seen: not everybody sees the photo."), field="alt")
    return alt, one_line(alt_en, "alt_en", LONGEST_TEXT)


def _say(resource: Resource, photo: ResourcePhoto) -> dict[str, object]:
    return {"code": resource.code, "photo": photo.id, "place": photo.place, "alt": photo.alt, "alt_en": photo.alt_en}

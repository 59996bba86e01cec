"""Reads of handover and return lists."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import groupby

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.core.errors import N_, NotFound
from incubator.spaces.models import Unit
from incubator.startups.models import Handover, HandoverItem, HandoverPhoto, Residency
from incubator.startups.queries.residencies import get_residency
from incubator.startups.rules.handovers import Compared, Seen, compare


class HandoverRow(Struct, frozen=True):
    """A list in short: how many things are on it, how many were looked at, and who signed and confirmed it."""

    handover: Handover
    things: int
    looked_at: int
    signed_by: str | None
    confirmed_by: str | None


class ItemRow(Struct, frozen=True):
    """A thing with its unit's code (None: of no unit) and its photos."""

    item: HandoverItem
    unit: str | None
    photos: list[HandoverPhoto]


def get_handover(session: Session, actor: Actor, handover_id: int) -> tuple[Handover, Residency]:
    """A list with its agreement: for staff, and once it is signed for the startup's people; NotFound for others."""
    handover = session.execute(select(Handover).where(Handover.id == handover_id)).scalar_one_or_none()
    if handover is None:
        raise NotFound(N_("There is no such list."))
    residency = get_residency(session, actor, handover.residency_id)
    if handover.signed_at is None and not actor.can(Action.SEE_STARTUPS):
        raise NotFound(N_("There is no such list."))
    return handover, residency


def list_handovers(session: Session, actor: Actor, residency_id: int) -> Sequence[HandoverRow]:
    """The lists of an agreement, the latest first; the caller has loaded the agreement through the actor."""
    signer, confirmer = aliased(Person), aliased(Person)
    query = (
        select(Handover, func.count(HandoverItem.id), func.count(HandoverItem.condition), signer.name, confirmer.name)
        .outerjoin(HandoverItem, HandoverItem.handover_id == Handover.id)
        .outerjoin(signer, signer.id == Handover.signed_by)
        .outerjoin(confirmer, confirmer.id == Handover.confirmed_by)
        .where(Handover.residency_id == residency_id)
        .group_by(Handover.operator_id, Handover.id, signer.name, confirmer.name)
        .order_by(Handover.happened_on.desc(), Handover.id.desc())
    )
    if not actor.can(Action.SEE_STARTUPS):
        query = query.where(Handover.signed_at.is_not(None))
    return [HandoverRow(*row) for row in session.execute(query).all()]


def list_items(session: Session, handover_id: int) -> list[ItemRow]:
    """The things of a list in order, with their photos; two statements."""
    rows = session.execute(
        select(HandoverItem, Unit.code)
        .outerjoin(Unit, Unit.id == HandoverItem.unit_id)
        .where(HandoverItem.handover_id == handover_id)
        .order_by(HandoverItem.place, HandoverItem.id)
    ).all()
    photos: dict[int, list[HandoverPhoto]] = {}
    for photo in session.execute(
        select(HandoverPhoto)
        .join(HandoverItem, HandoverItem.id == HandoverPhoto.item_id)
        .where(HandoverItem.handover_id == handover_id, HandoverPhoto.removed_at.is_(None))
        .order_by(HandoverPhoto.id)
    ).scalars():
        photos.setdefault(photo.item_id, []).append(photo)
    return [ItemRow(item, unit, photos.get(item.id, [])) for item, unit in rows]


def grouped(items: Sequence[ItemRow]) -> list[tuple[str, list[ItemRow]]]:
    """By unit; what belongs to none under an empty name."""
    return [(unit or "", list(mine)) for unit, mine in groupby(items, key=lambda row: row.unit)]


def get_item(session: Session, handover: Handover, item_id: int) -> HandoverItem:
    """A thing of this list."""
    found = session.execute(
        select(HandoverItem).where(HandoverItem.id == item_id, HandoverItem.handover_id == handover.id)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound(N_("There is no such thing on the list."))
    return found


def get_picture(session: Session, handover: Handover, picture_id: int) -> HandoverPhoto:
    """A photo of a thing of this list that is shown."""
    found = session.execute(
        select(HandoverPhoto)
        .join(HandoverItem, HandoverItem.id == HandoverPhoto.item_id)
        .where(
            HandoverPhoto.id == picture_id, HandoverItem.handover_id == handover.id, HandoverPhoto.removed_at.is_(None)
        )
    ).scalar_one_or_none()
    if found is None:
        raise NotFound(N_("There is no such photo."))
    return found


def handed_over(session: Session, handover: Handover) -> Handover | None:
    """The signed list of what was handed over before this return: the latest."""
    return session.execute(
        select(Handover)
        .where(
            Handover.residency_id == handover.residency_id, Handover.kind == "handover",
            Handover.signed_at.is_not(None),
        )
        .order_by(Handover.happened_on.desc(), Handover.id.desc())
        .limit(1)
    ).scalar_one_or_none()  # fmt: skip


def compare_return(session: Session, handover: Handover, items: Sequence[ItemRow]) -> list[Compared]:
    """A return beside what was handed over; nothing, where there is no such list."""
    before = handed_over(session, handover) if handover.kind == "return" else None
    return [] if before is None else compare(_seen(list_items(session, before.id)), _seen(items))


def list_waiting_handovers(
    session: Session, startup_ids: Collection[int], most: int = 10
) -> Sequence[tuple[Handover, Residency]]:
    """Signed lists that one of these startups has not confirmed, the oldest first; one statement."""
    rows = session.execute(
        select(Handover, Residency)
        .join(Residency, Residency.id == Handover.residency_id)
        .where(
            Residency.startup_id.in_(startup_ids), Handover.signed_at.is_not(None), Handover.confirmed_at.is_(None)
        )
        .order_by(Handover.signed_at, Handover.id)
        .limit(most)
    ).all()
    return [(handover, residency) for handover, residency in rows]


def _seen(items: Sequence[ItemRow]) -> list[Seen]:
    return [Seen(row.item.unit_id, row.item.name, row.item.condition, row.item.value_minor) for row in items]

"""Handing over and taking back: a list that staff walk through, sign, and a founder confirms."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, Refusal
from incubator.core.texts import one_line
from incubator.documents.operations import store_file
from incubator.documents.pictures import MEDIA_TYPE, make_pictures
from incubator.notices.operations import notify
from incubator.pricing.rules import check_day
from incubator.spaces.models import Unit
from incubator.startups.models import Handover, HandoverItem, HandoverPhoto, Residency
from incubator.startups.presenting import natural, terms_on
from incubator.startups.queries.agreements import list_founder_ids, require_founder
from incubator.startups.queries.handovers import get_handover, get_item, get_picture, handed_over, list_items
from incubator.startups.queries.residencies import get_residency, list_terms
from incubator.startups.rules import shown_day
from incubator.startups.rules.handovers import CONDITIONS, KINDS, MOST_ITEMS, MOST_PHOTOS, OF_A_UNIT, THINGS

LONGEST_NAME, LONGEST_NOTE = 60, 300
MOST_VALUE_MINOR = 10**10
MOST_METER = Decimal(10) ** 9
NAMES = {
    "key": "钥匙", "card": "门禁卡", "desk": "办公桌", "chair": "办公椅", "drawer": "活动柜", "sockets": "插座与网口",
    "walls": "墙面与涂料", "floor": "地面", "windows": "门窗与窗帘", "door": "门与门锁", "lamps": "灯具",
    "air": "空调及遥控器", "fire": "灭火器与烟感",
    "whiteboard": "白板", "screen": "屏幕或投影", "instrument": "仪器及附件", "surface": "车位地面与标线",
}  # fmt: skip
"""Each of `THINGS` as the paper has it."""


def begin_handover(
    session: Session, actor: Actor, *, now: datetime, residency_id: int, kind: str, happened_on: date
) -> Handover:
    """A new list with what usually is in the agreement's units on that day; of a return with what was handed over."""
    actor.require(Action.HAND_OVER)
    residency = get_residency(session, actor, residency_id)
    if kind not in KINDS:
        raise Refusal(N_("Choose what kind of list it is."), field="kind")
    check_day(happened_on, "happened_on")
    session.refresh(residency, with_for_update=True)
    is_open = select(Handover.id).where(
        Handover.residency_id == residency_id, Handover.kind == kind, Handover.signed_at.is_(None)
    )
    if session.execute(is_open.limit(1)).first() is not None:
        raise Conflict(N_("There is a list of this kind that is not signed yet. Go on with that one."), field="kind")
    handover = Handover(residency_id=residency_id, kind=kind, happened_on=happened_on, made_at=now,
                        made_by=actor.person_id)  # fmt: skip
    session.add(handover)
    session.flush()
    before = handed_over(session, handover) if kind == "return" else None
    things = _usual(session, residency, happened_on) if before is None else _on_list(session, before)
    session.add_all(
        HandoverItem(handover_id=handover.id, unit_id=unit_id, place=place, thing=thing, name=name, value_minor=value)
        for place, (unit_id, thing, name, value) in enumerate(list(things)[:MOST_ITEMS], 1)
    )
    session.flush()
    after = {"number": residency.number, "kind": kind, "on": happened_on}
    record(session, actor, "begin_handover", ("handovers", handover.id), now=now, after=after)
    return handover


def look_at(
    session: Session, actor: Actor, *, now: datetime, handover_id: int, item_id: int, condition: str,
    remark: str = "", value_minor: int | None = None, photo: bytes | None = None,
) -> HandoverItem:  # fmt: skip
    """Say how a thing is, with a photo where there is one; it is made smaller and loses its metadata."""
    handover = _open(session, actor, handover_id)
    item = get_item(session, handover, item_id)
    if condition not in CONDITIONS:
        raise Refusal(N_("Choose how it is."), field="condition")
    if value_minor is not None and not 0 <= value_minor <= MOST_VALUE_MINOR:
        raise Refusal(N_("This is no price that can be meant."), field="value")
    before = {"state": item.condition, "note": item.remark}
    item.condition, item.remark = condition, one_line(remark, "remark", LONGEST_NOTE)
    item.value_minor = value_minor if value_minor is not None else item.value_minor
    if photo:
        _add_photo(session, actor, now, item, photo)
    session.flush()
    after = {"name": item.name, "state": condition, "note": item.remark}
    record(session, actor, "look_at_thing", ("handovers", handover.id), now=now, before=before, after=after)
    return item


def add_thing(
    session: Session, actor: Actor, *, now: datetime, handover_id: int, name: str, unit_id: int | None = None,
    value_minor: int | None = None,
) -> HandoverItem:  # fmt: skip
    """One more thing, the last of its unit."""
    _open(session, actor, handover_id)
    name = one_line(name, "name", LONGEST_NAME)
    if not name:
        raise Refusal(N_("Say what it is."), field="name")
    items = list_items(session, handover_id)
    if len(items) >= MOST_ITEMS:
        raise Conflict(N_("At most %(most)s things are on a list."), field="name", most=MOST_ITEMS)
    if unit_id is not None and unit_id not in {row.item.unit_id for row in items}:
        raise Refusal(N_("This unit is not on the list."), field="unit_id")
    if any((row.item.unit_id, row.item.name) == (unit_id, name) for row in items):
        raise Conflict(N_("This is on the list already."), field="name")
    mine = [row.item.place for row in items if row.item.unit_id == unit_id]
    item = HandoverItem(handover_id=handover_id, unit_id=unit_id, name=name, value_minor=value_minor,
                        place=max(mine or [row.item.place for row in items] or [0]))  # fmt: skip
    session.add(item)
    session.flush()
    record(session, actor, "add_thing", ("handovers", handover_id), now=now, after={"name": name})
    return item


def remove_picture(
    session: Session, actor: Actor, *, now: datetime, handover_id: int, picture_id: int
) -> HandoverPhoto:  # fmt: skip
    """Show a photo no longer."""
    handover = _open(session, actor, handover_id)
    photo = get_picture(session, handover, picture_id)
    photo.removed_at = now
    session.flush()
    record(session, actor, "remove_photo", ("handovers", handover_id), now=now, before={"photo": photo.id})
    return photo


def sign_handover(
    session: Session, actor: Actor, *, now: datetime, handover_id: int, electricity: Decimal | None = None,
    water: Decimal | None = None, note: str = "",
) -> Handover:  # fmt: skip
    """Staff have walked through: the list stands from now on, and a founder is asked to confirm it."""
    handover = _open(session, actor, handover_id)
    for field, reading in (("electricity", electricity), ("water", water)):
        if reading is not None and not 0 <= reading < MOST_METER:
            raise Refusal(N_("This is no reading of a meter."), field=field)
    if not any(row.item.condition for row in list_items(session, handover_id)):
        raise Conflict(N_("Nothing on the list has been looked at yet."))
    handover.electricity, handover.water = electricity, water
    handover.note = one_line(note, "note", LONGEST_NOTE)
    handover.signed_at, handover.signed_by = now, actor.person_id
    session.flush()
    residency = get_residency(session, actor, handover.residency_id)
    after = {"number": residency.number, "kind": handover.kind, "on": handover.happened_on, "note": handover.note}
    record(session, actor, "sign_handover", ("handovers", handover_id), now=now, after=after)
    notify(session, now=now, kind="agreement", about=("handovers", handover_id), facts={"what": "signed"},
           people=list_founder_ids(session, residency.startup_id))  # fmt: skip
    return handover


def confirm_handover(session: Session, actor: Actor, *, now: datetime, handover_id: int, note: str = "") -> Handover:
    """A founder confirms the list for the startup, with a remark where something is seen otherwise; once."""
    _handover, residency = get_handover(session, actor, handover_id)
    require_founder(session, actor, residency.startup_id)
    handover = _locked(session, handover_id)
    if handover.signed_at is None:
        raise Conflict(N_("The operator signs the list first."))
    if handover.confirmed_at is not None:
        raise Conflict(N_("The list has been confirmed already."))
    handover.confirmed_at, handover.confirmed_by = now, actor.person_id
    handover.confirmed_note = one_line(note, "note", LONGEST_NOTE)
    session.flush()
    after = {"number": residency.number, "kind": handover.kind, "note": handover.confirmed_note}
    record(session, actor, "confirm_handover", ("handovers", handover_id), now=now, after=after)
    return handover


def _on_list(session: Session, before: Handover) -> list[tuple[int | None, str, str, int | None]]:
    items = [row.item for row in list_items(session, before.id)]
    return [(item.unit_id, item.thing, item.name, item.value_minor) for item in items if item.condition is not None]


def _usual(
    session: Session, residency: Residency, on: date
) -> Iterable[tuple[int | None, str, str, int | None]]:  # fmt: skip
    terms = terms_on(list_terms(session, [residency.id]), shown_day(residency.starts_on, residency.ends_on, on))
    units = {term.unit_id: term for term in terms}
    for term in sorted(units.values(), key=lambda each: natural(each.unit_code)):
        for thing in OF_A_UNIT[term.unit_kind]:
            yield term.unit_id, thing, NAMES[thing], THINGS[thing][1]


def _open(session: Session, actor: Actor, handover_id: int) -> Handover:
    """A list that is not signed yet, locked, for who hands over."""
    get_handover(session, actor, handover_id)
    actor.require(Action.HAND_OVER)
    handover = _locked(session, handover_id)
    if handover.signed_at is not None:
        raise Conflict(N_("The list is signed; nothing of it changes any more."))
    return handover


def _locked(session: Session, handover_id: int) -> Handover:
    query = select(Handover).where(Handover.id == handover_id).with_for_update()
    return session.execute(query.execution_options(populate_existing=True)).scalar_one()


def _add_photo(session: Session, actor: Actor, now: datetime, item: HandoverItem, content: bytes) -> None:
    picture, small = make_pictures(content, "photo")
    count = session.execute(
        select(func.count()).where(HandoverPhoto.item_id == item.id, HandoverPhoto.removed_at.is_(None))
    ).scalar_one()
    if count >= MOST_PHOTOS:
        raise Conflict(N_("At most %(most)s photos of one thing."), field="photo", most=MOST_PHOTOS)
    unit = session.execute(select(Unit.code).where(Unit.id == item.unit_id)).scalar() or "list"
    files = [
        store_file(session, actor, now=now, name=f"{unit}-{item.id}{suffix}.jpg", media_type=MEDIA_TYPE,
                   content=each.content)
        for each, suffix in ((picture, ""), (small, "-small"))
    ]  # fmt: skip
    session.add(HandoverPhoto(item_id=item.id, file_id=files[0].id, small_file_id=files[1].id, width=picture.width,
                              height=picture.height, taken_at=now, taken_by=actor.person_id))  # fmt: skip

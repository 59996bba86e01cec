"""Floor plans: a picture, and where the units are on it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, Refusal
from incubator.database import current_operator
from incubator.documents import drawings
from incubator.documents.models import StoredFile
from incubator.documents.operations import store_file
from incubator.documents.pictures import MEDIA_TYPE, make_pictures
from incubator.spaces.models import FloorPlan, Site, Unit, UnitShape
from incubator.spaces.operations.words import LONGEST_NAME, one_line, unique
from incubator.spaces.plans import Shape, canvas

MOST_PLANS = 40
SAME_NAME = "floor_plans_name_idx"


class DrawnMeanwhile(Conflict):
    """Somebody else has drawn on the plan since this page was opened; `revision` is what there is now."""

    def __init__(self, revision: int) -> None:
        super().__init__(N_("Somebody else has saved this plan in the meantime. What you drew is still here: save it "
                            "once more to replace theirs, or open the plan anew to see it."))  # fmt: skip
        self.revision = revision


def add_plan(
    session: Session, actor: Actor, *, now: datetime, site: Site, name: str, content: bytes, name_en: str = ""
) -> FloorPlan:
    """A plan of the site, by its picture: an SVG, which is kept as it is, or a photo or scan, of which one is made."""
    actor.require(Action.MANAGE_SPACES)
    name, name_en = _names(name, name_en)
    _lock_site(session, site)
    plans = session.execute(
        select(FloorPlan.id).where(FloorPlan.site_id == site.id, FloorPlan.retired_at.is_(None))
    ).all()
    if len(plans) >= MOST_PLANS:
        raise Conflict(N_("A site has %(most)s plans at most."), most=MOST_PLANS)
    with session.begin_nested():
        file, width, height = _keep(session, actor, name, content, now)
        plan = FloorPlan(site_id=site.id, name=name, name_en=name_en, file_id=file.id, width=width, height=height,
                         created_at=now)  # fmt: skip
        with _own_name(session):
            session.add(plan)
        record(session, actor, "add_plan", ("floor_plans", plan.id), now=now,
               after=_say(plan) | {"site": site.code, "sha256": file.sha256})  # fmt: skip
    return plan


def edit_plan(
    session: Session, actor: Actor, *, now: datetime, plan: FloorPlan, name: str, name_en: str = "",
    content: bytes | None = None,
) -> FloorPlan:  # fmt: skip
    """Another name for a plan, or another picture of the same floor: the shapes stay where they are on it."""
    actor.require(Action.MANAGE_SPACES)
    name, name_en = _names(name, name_en)
    _lock_plan(session, plan)
    before = _say(plan)
    with session.begin_nested():
        if content is not None:
            file, width, height = _keep(session, actor, name, content, now)
            _check_same_floor(session, plan, width, height)
            plan.file_id, plan.width, plan.height = file.id, width, height
        with _own_name(session):
            plan.name, plan.name_en = name, name_en
        if _say(plan) != before:
            record(session, actor, "edit_plan", ("floor_plans", plan.id), now=now, before=before, after=_say(plan))
    return plan


def draw_shapes(
    session: Session, actor: Actor, *, now: datetime, plan: FloorPlan, shapes: Sequence[Shape], revision: int
) -> None:
    """Put these shapes in the place of those that the plan has. `revision` is what was looked at: where another has
    drawn since, `DrawnMeanwhile`. The shapes are `plans.read_shapes` of this plan's canvas."""
    actor.require(Action.MANAGE_SPACES)
    _lock_plan(session, plan)
    if plan.revision != revision:
        raise DrawnMeanwhile(plan.revision)
    rows = session.execute(select(UnitShape.unit_id, UnitShape.points).where(UnitShape.plan_id == plan.id)).all()
    had = {unit_id: tuple(points) for unit_id, points in rows}
    now_drawn = {shape.unit_id: shape.points for shape in shapes}
    if had == now_drawn:
        return
    gone = {unit_id for unit_id, points in had.items() if now_drawn.get(unit_id) != points}
    session.execute(delete(UnitShape).where(UnitShape.plan_id == plan.id, UnitShape.unit_id.in_(gone)))
    operator_id = current_operator(session)
    new = [
        {"operator_id": operator_id, "plan_id": plan.id, "unit_id": unit_id, "points": list(points)}
        for unit_id, points in now_drawn.items() if had.get(unit_id) != points
    ]  # fmt: skip
    if new:
        session.execute(insert(UnitShape), new)
    plan.revision += 1
    session.flush()
    named = select(Unit.id, Unit.code).where(Unit.id.in_({*had, *now_drawn}))
    codes = {row.id: row.code for row in session.execute(named)}
    after = {
        "name": plan.name, "count": len(now_drawn),
        "added": sorted(codes[each] for each in now_drawn.keys() - had.keys()),
        "removed": sorted(codes[each] for each in had.keys() - now_drawn.keys()),
        "moved": sorted(codes[each] for each in gone & now_drawn.keys()),
    }  # fmt: skip
    record(session, actor, "draw_plan", ("floor_plans", plan.id), now=now, before={"count": len(had)}, after=after)


def retire_plan(session: Session, actor: Actor, *, now: datetime, plan: FloorPlan) -> None:
    """Show a plan no longer. Its units and what is booked of them stay as they are."""
    actor.require(Action.MANAGE_SPACES)
    _lock_plan(session, plan)
    if plan.retired_at is not None:
        return
    plan.retired_at = now
    session.flush()
    record(session, actor, "retire_plan", ("floor_plans", plan.id), now=now, before=_say(plan))


def _keep(session: Session, actor: Actor, name: str, content: bytes, now: datetime) -> tuple[StoredFile, int, int]:
    """The picture as a file, and its canvas."""
    if drawings.looks_like_drawing(content) or not content:
        drawing = drawings.read_drawing(content)
        width, height = canvas(drawing.width, drawing.height)
        suffix, media_type = "svg", drawings.MEDIA_TYPE
    else:
        picture, _small = make_pictures(content)
        content, suffix, media_type = picture.content, "jpg", MEDIA_TYPE
        width, height = canvas(picture.width, picture.height)
    file = store_file(session, actor, now=now, name=f"{name}.{suffix}", media_type=media_type, content=content)
    return file, width, height


def _check_same_floor(session: Session, plan: FloorPlan, width: int, height: int) -> None:
    """Refused where a shape would lie beyond the new picture: it is of another floor, or another part of it."""
    rows = session.execute(select(UnitShape.points).where(UnitShape.plan_id == plan.id)).scalars()
    if any(max(points[::2]) > width or max(points[1::2]) > height for points in rows):
        raise Refusal(N_("This picture has other proportions: some units would lie beyond it. Add it as a new plan."),
                      field="file")  # fmt: skip


def _names(name: str, name_en: str) -> tuple[str, str]:
    name = one_line(name, "name", LONGEST_NAME)
    if not name:
        raise Refusal(N_("Give the plan a name."), field="name")
    return name, one_line(name_en, "name_en", LONGEST_NAME)


def _own_name(session: Session) -> AbstractContextManager[None]:
    return unique(session, SAME_NAME, Refusal(N_("There is a plan of this name already."), field="name"))


def _lock_site(session: Session, site: Site) -> None:
    session.execute(select(Site.id).where(Site.id == site.id).with_for_update(key_share=True))


def _lock_plan(session: Session, plan: FloorPlan) -> None:
    """Let one change of the plan happen at a time, and read it as it is now."""
    session.execute(
        select(FloorPlan)
        .where(FloorPlan.id == plan.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).scalar_one()


def _say(plan: FloorPlan) -> dict[str, object]:
    return {"name": plan.name, "name_en": plan.name_en, "file_id": plan.file_id}

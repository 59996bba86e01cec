"""What the demo's places look like: drawings of resources, and plans of floors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.jobs.demo.floors import DrawnUnit, draw_floor
from incubator.jobs.demo.pictures import draw_desks, draw_hall, draw_room
from incubator.spaces.models import Resource, Site, Unit
from incubator.spaces.operations import add_photo, add_plan, draw_shapes
from incubator.spaces.plans import rectangle
from incubator.spaces.queries import list_floors


def photograph(session: Session, actor: Actor, now: datetime, resource: Resource) -> None:
    """A drawing of the resource, where there is one of its kind."""
    found: dict[str, tuple[Callable[[], bytes], str, str]] = {
        "meeting_room": (lambda: draw_room(resource.capacity), "会议桌，前方有显示屏，两侧有窗",
                         "A table with chairs, a screen at its head, windows beside it"),
        "hall": (draw_hall, "讲台、大屏幕和成排的座椅", "A stage with a large screen, and rows of chairs"),
        "desk": (draw_desks, "窗边的三张工位，各有一盏台灯", "Three desks by the window, each with a lamp"),
    }  # fmt: skip
    if resource.kind in found:
        draw, alt, alt_en = found[resource.kind]
        add_photo(session, actor, now=now, resource=resource, name=f"{resource.code}.jpg", content=draw(), alt=alt,
                  alt_en=alt_en)  # fmt: skip


def draw_plans(session: Session, actor: Actor, site: Site, units: Mapping[str, Unit], now: datetime) -> None:
    """A plan of each floor, with all of its units on it."""
    for floor in list_floors(session, actor, site.id):
        here = [unit for unit in units.values() if unit.floor_id == floor.id]
        drawn = draw_floor([DrawnUnit(unit.code, unit.kind, float(unit.area_m2)) for unit in here])
        plan = add_plan(session, actor, now=now, site=site, name=floor.name, content=drawn.svg)
        shapes = [rectangle(unit.id, *drawn.boxes[unit.code]) for unit in here]
        draw_shapes(session, actor, now=now, plan=plan, shapes=shapes, revision=plan.revision)

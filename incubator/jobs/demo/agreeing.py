"""The demo's papers: an agreement accepted by both, one that waits, one signed on paper; a handover with photos."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from PIL import Image, ImageDraw
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.queries import get_actor
from incubator.core.clock import CHINA
from incubator.jobs.demo.pictures import draw_desks, draw_room
from incubator.startups.models import Residency, Startup
from incubator.startups.operations.accepting import accept_text
from incubator.startups.operations.agreement_texts import keep_scan, keep_template, make_text
from incubator.startups.operations.deposits import move_deposit
from incubator.startups.operations.handovers import begin_handover, confirm_handover, look_at, sign_handover
from incubator.startups.queries.handovers import list_items
from incubator.startups.rules.clauses import SHIPPED, TITLES


def write_papers(session: Session, actor: Actor, startups: Sequence[Startup], now: datetime) -> None:
    """Clauses adopted; the first startup's agreement accepted, the second's waiting, the third's signed on paper."""
    for kind, clauses in SHIPPED.items():
        keep_template(session, actor, now=now, kind=kind, title=TITLES[kind], clauses=clauses)
    founder, manager = (_person(session, email) for email in ("founder@demo.example", "manager@demo.example"))
    first, second, third = (_residency(session, startup) for startup in startups[:3])
    text = make_text(session, actor, now=now - timedelta(days=9), residency_id=first.id)
    for who, side in ((founder, "startup"), (manager, "operator")):
        accept_text(session, who, now=now - timedelta(days=8), text_id=text.id, side=side, name=who.name, agrees=True,
                    sha256=text.sha256.hex(), address="203.0.113.20", agent="Mozilla/5.0")  # fmt: skip
    make_text(session, actor, now=now - timedelta(days=1), residency_id=second.id)
    keep_scan(session, actor, now=now, residency_id=third.id, amendment_id=None, signed_on=third.starts_on,
              name="签署页.jpg", content=draw_page())  # fmt: skip
    assert first.deposit_minor is not None
    for kind in ("asked", "received"):
        move_deposit(session, actor, now=now, residency_id=first.id, kind=kind, amount_minor=first.deposit_minor,
                     happened_on=first.starts_on, how="bank" if kind == "received" else "")  # fmt: skip
    _hand_over(session, manager, founder, first, now)


def _hand_over(session: Session, manager: Actor, founder: Actor, residency: Residency, now: datetime) -> None:
    day = now.astimezone(CHINA).date() - timedelta(days=7)
    handover = begin_handover(session, manager, now=now, residency_id=residency.id, kind="handover", happened_on=day)
    photos: dict[str, Callable[[], bytes]] = {
        "desk": draw_desks, "screen": partial(draw_room, 6), "walls": partial(draw_room, 4),
    }  # fmt: skip
    for number, row in enumerate(list_items(session, handover.id)):
        draw = photos.get(row.item.thing)
        is_worn = number % 5 == 3
        look_at(session, manager, now=now, handover_id=handover.id, item_id=row.item.id,
                condition="worn" if is_worn else "good", remark="轻微使用痕迹" if is_worn else "",
                photo=draw() if draw and number < 12 else None)  # fmt: skip
    sign_handover(session, manager, now=now, handover_id=handover.id, note="钥匙与门禁卡当面点清")
    confirm_handover(session, founder, now=now, handover_id=handover.id)


def draw_page() -> bytes:
    """A page with lines, a red seal and a signature: what a scan looks like from afar."""
    image = Image.new("RGB", (1240, 1754), "#fdfcf8")
    draw = ImageDraw.Draw(image)
    draw.rectangle((420, 150, 820, 190), fill="#3b3b3b")
    for line in range(28):
        draw.rectangle((150, 280 + line * 40, 1090 - (line * 53) % 260, 292 + line * 40), fill="#b9b6ae")
    draw.ellipse((220, 1430, 480, 1690), outline="#c23b33", width=12)
    draw.line((760, 1600, 820, 1520, 850, 1610, 920, 1530, 1010, 1590), fill="#24365c", width=8)
    content = io.BytesIO()
    image.save(content, "JPEG", quality=80)
    return content.getvalue()


def _person(session: Session, email: str) -> Actor:
    person = session.execute(select(Person).where(Person.email == email)).scalar_one()
    found = get_actor(session, person.id)
    assert found is not None
    return found


def _residency(session: Session, startup: Startup) -> Residency:
    return session.execute(
        select(Residency).where(Residency.startup_id == startup.id).order_by(Residency.starts_on.desc()).limit(1)
    ).scalar_one()

"""Documents of the demo's startups: valid, about to expire, expired, renewed and withdrawn."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.core.clock import CHINA
from incubator.documents.operations import add_document, add_version, withdraw_document
from incubator.documents.pdf import render
from incubator.startups.models import Startup

# kind, title, who sees it, days from today until it expires (None: it does not)
PAPERS = (
    ("licence", "营业执照（副本）", "startup", 900), ("qualification", "科技型中小企业入库证明", "startup", 21),
    ("right", "软件著作权登记证书", "startup", None), ("plan", "商业计划书", "founders", None),
    ("qualification", "ISO 9001 质量管理体系认证", "startup", -9),
    ("figures", "第三季度社保缴纳证明", "restricted", None),
)  # fmt: skip


def file_papers(session: Session, actor: Actor, startups: list[Startup], now: datetime) -> None:
    """All of them for the first startup, with one renewed and one withdrawn; licences of the next companies."""
    today = now.astimezone(CHINA).date()
    first = startups[0]
    made = {}
    for kind, title, audience, days in PAPERS:
        expires_on = None if days is None else today + timedelta(days=days)
        made[title] = add_document(
            session, actor, now=now - timedelta(days=40), kind=kind, title=title, startup_id=first.id,
            audience=audience, name=f"{title}.pdf", content=_paper(title, first), expires_on=expires_on,
        )  # fmt: skip
    add_version(
        session, actor, now=now - timedelta(days=3), document_id=made["营业执照（副本）"].id,
        name="营业执照（副本）2.pdf", content=_paper("营业执照（副本）", first),
        note="变更经营范围后换发", expires_on=today + timedelta(days=1200),
    )  # fmt: skip
    old = add_document(session, actor, now=now - timedelta(days=40), kind="other", title="场地平面图（旧）",
                       startup_id=first.id, audience="startup", name="场地平面图.pdf",
                       content=_paper("场地平面图", first))  # fmt: skip
    withdraw_document(session, actor, now=now, document_id=old.id, reason="已搬迁，不再适用")
    for startup in [each for each in startups[1:12] if each.kind == "company"]:
        add_document(session, actor, now=now - timedelta(days=30), kind="licence", title="营业执照（副本）",
                     startup_id=startup.id, audience="startup", name="营业执照（副本）.pdf",
                     content=_paper("营业执照（副本）", startup))  # fmt: skip


def _paper(title: str, startup: Startup) -> bytes:
    return render("startups/demo_paper.typ", {"title": title, "startup": startup.name})

"""Documents of the demo's startups: valid, about to expire, expired, renewed and withdrawn."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.core.clock import CHINA
from incubator.documents.operations import add_document, add_version, withdraw_document
from incubator.documents.pdf import render
from incubator.spaces.models import Site
from incubator.startups.models import Residency, Startup
from incubator.startups.operations import register_address

# kind, title, who sees it, days from today until it expires (None: it does not)
PAPERS = (
    ("licence", "营业执照（副本）", "startup", 900), ("qualification", "科技型中小企业入库证明", "startup", 21),
    ("right", "软件著作权登记证书", "startup", None), ("plan", "商业计划书", "founders", None),
    ("qualification", "ISO 9001 质量管理体系认证", "startup", -9),
    ("figures", "第三季度社保缴纳证明", "restricted", None),
)  # fmt: skip


HOUSE = (
    ("rules", "入驻企业管理制度", "everybody", None), ("rules", "会议室与公共区域使用规定", "everybody", None),
    ("letter", "创业扶持政策汇编（2026 年版）", "everybody", 300),
    ("qualification", "国家备案众创空间批复", "staff", None), ("qualification", "消防安全检查合格证", "staff", 24),
    ("agreement", "园区整租合同", "restricted", 1400),
)  # fmt: skip
"""The operator's own."""


def file_house_papers(session: Session, actor: Actor, house: str, now: datetime) -> None:
    """Rules of the house in their second version, policies for all, and what is for the team alone."""
    today = now.astimezone(CHINA).date()
    for kind, title, audience, days in HOUSE:
        made = add_document(
            session, actor, now=now - timedelta(days=60), kind=kind, title=title, startup_id=None, audience=audience,
            name=f"{title}.pdf", content=_paper(title, house),
            expires_on=None if days is None else today + timedelta(days=days),
        )  # fmt: skip
        if kind == "rules":
            add_version(session, actor, now=now - timedelta(days=6), document_id=made.id, name=f"{title}2.pdf",
                        content=_paper(f"{title}（修订）", house), note="明确夜间门禁与访客登记")  # fmt: skip


def file_papers(session: Session, actor: Actor, startups: list[Startup], now: datetime) -> None:
    """All of them for the first startup, with one renewed and one withdrawn; licences of the next companies."""
    today = now.astimezone(CHINA).date()
    first = startups[0]
    made = {}
    for kind, title, audience, days in PAPERS:
        expires_on = None if days is None else today + timedelta(days=days)
        made[title] = add_document(
            session, actor, now=now - timedelta(days=40), kind=kind, title=title, startup_id=first.id,
            audience=audience, name=f"{title}.pdf", content=_paper(title, first.name), expires_on=expires_on,
        )  # fmt: skip
    add_version(
        session, actor, now=now - timedelta(days=3), document_id=made["营业执照（副本）"].id,
        name="营业执照（副本）2.pdf", content=_paper("营业执照（副本）", first.name),
        note="变更经营范围后换发", expires_on=today + timedelta(days=1200),
    )  # fmt: skip
    old = add_document(session, actor, now=now - timedelta(days=40), kind="other", title="场地平面图（旧）",
                       startup_id=first.id, audience="startup", name="场地平面图.pdf",
                       content=_paper("场地平面图", first.name))  # fmt: skip
    withdraw_document(session, actor, now=now, document_id=old.id, reason="已搬迁，不再适用")
    companies = [each for each in startups[1:12] if each.kind == "company"]
    for startup in companies[:3]:
        _register(session, actor, startup, now)
    for startup in companies:
        add_document(session, actor, now=now - timedelta(days=30), kind="licence", title="营业执照（副本）",
                     startup_id=startup.id, audience="startup", name="营业执照（副本）.pdf",
                     content=_paper("营业执照（副本）", startup.name))  # fmt: skip


def _register(session: Session, actor: Actor, startup: Startup, now: datetime) -> None:
    """It is registered where it has its desks, with the operator's letter of consent."""
    residency, site = session.execute(
        select(Residency, Site).join(Site, Site.id == Residency.site_id).where(Residency.startup_id == startup.id)
        .order_by(Residency.starts_on).limit(1)
    ).one()  # fmt: skip
    register_address(session, actor, now=now, startup_id=startup.id, site_id=site.id, first=residency.starts_on,
                     address=f"{site.address or site.name}（集群注册）")  # fmt: skip


def _paper(title: str, whose: str) -> bytes:
    return render("startups/demo_paper.typ", {"title": title, "startup": whose})

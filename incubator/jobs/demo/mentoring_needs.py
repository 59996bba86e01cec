"""The demo's needs: urgent, old, met, and seen in a review; and where its sites lie on the map."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.mentors.operations.needs import NeedFacts, end_need, state_need
from incubator.mentors.queries.fields import read_fields
from incubator.spaces.models import Site
from incubator.spaces.operations.sites import edit_site
from incubator.startups.models import Startup

COORDINATES = {
    "NS": ("22.53332", "113.95450"), "BA": ("22.55790", "113.90420"), "WC": ("30.55120", "114.33010"),
}  # fmt: skip
A_DAY = timedelta(days=1)


class Sketch(Struct, frozen=True):
    """A need of one of the startups, by its place among them; its fields are those that its words speak of."""

    startup: int
    days_ago: int
    title: str
    description: str
    urgency: str = "normal"
    tried: str = ""
    stage: str | None = None
    times: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    after_review: bool = False
    ended_after: int | None = None
    ending: str = "met"


SKETCHES = (
    Sketch(0, 1, "下周见天使轮投资人，估值怎么谈", "对方想占 15%，我们担心股权结构以后不好调整。", "high",
           "自己改了三版商业计划书，也问过两位同行。", "seed", ("afternoon", "evening"), ("zh",)),
    Sketch(0, 40, "样机要小批量试产", "开模报价差得很远，想请懂供应链的老师看看清单。", tried="找了两家工厂报价。",
           stage="prototype"),
    Sketch(0, 120, "商标被异议", "同行对我们的商标提出异议，答辩期一个月。", "high", ended_after=18),
    Sketch(1, 5, "高企认定材料怎么准备", "研发费用归集不清楚，今年想申报高新技术企业。", times=("morning",),
           after_review=True),
    Sketch(2, 12, "想进欧洲市场，个人信息保护怎么做", "客户要求提供隐私评估，我们没有合规人员。",
           languages=("zh", "en"), stage="early"),
    Sketch(3, 70, "找不到懂大客户销售的人", "产品已有三个付费客户，销售只有创始人一个。", "low",
           "发过招聘，面试了八位。", "early"),
    Sketch(4, 3, "合伙人要退出，股权结构怎么处理", "没有签过合同，希望这周能有人指点。", "high", after_review=True),
    Sketch(5, 25, "三类医疗器械注册走哪条路", "第一次做注册证，不知道临床试验能不能豁免。", stage="prototype"),
    Sketch(6, 90, "云成本太高", "微服务拆得太细，每月费用翻倍。", ended_after=30, ending="withdrawn"),
    Sketch(7, 2, "短视频获客没有效果", "推广花了八万，转化只有千分之二。", times=("weekend",)),
)  # fmt: skip


def state_needs(
    session: Session, actor: Actor, startups: Sequence[Startup], sites: Sequence[Site], now: datetime
) -> None:
    """Once the vocabulary and the mentors are there."""
    for site in sites:
        latitude, longitude = (Decimal(degrees) for degrees in COORDINATES[site.code])
        edit_site(session, actor, now=now, site=site, name=site.name, name_en=site.name_en, address=site.address,
                  latitude=latitude, longitude=longitude)  # fmt: skip
    for sketch in SKETCHES:
        stated = now - sketch.days_ago * A_DAY
        found = read_fields(session, actor, f"{sketch.title}\n{sketch.description}")
        need = state_need(
            session, actor, now=stated, startup_id=startups[sketch.startup].id, after_review=sketch.after_review,
            facts=NeedFacts(sketch.title, sketch.description, sketch.tried, sketch.urgency, sketch.stage,
                            sketch.languages, sketch.times, field_ids=tuple(each.id for each in found)),
        )  # fmt: skip
        if sketch.ended_after is not None:
            end_need(session, actor, now=stated + sketch.ended_after * A_DAY, need_id=need.id, ending=sketch.ending)

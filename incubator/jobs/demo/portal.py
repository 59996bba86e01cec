"""The demo's portal: what startups have asked, what the operator announces, who is in the directory."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person, RoleGrant
from incubator.accounts.permissions import Role
from incubator.accounts.queries import get_actor
from incubator.core.clock import CHINA
from incubator.jobs.demo.pictures import draw_desks, draw_room
from incubator.spaces.models import Site
from incubator.startups.models import Startup
from incubator.startups.operations.announcements import Words, publish_announcement
from incubator.startups.operations.directory import edit_entry
from incubator.startups.operations.request_settings import add_category
from incubator.startups.operations.requests import (
    answer_request,
    confirm_request,
    note_on_request,
    open_request,
    rate_request,
    reply_to_request,
    resolve_request,
)

CATEGORIES = (
    ("设施报修", "Repairs", "normal"), ("网络与电话", "Network and telephone", "high"),
    ("门禁与钥匙", "Doors and keys", "normal"), ("保洁与环境", "Cleaning", "low"),
    ("证明与手续", "Letters and formalities", "normal"), ("账单咨询", "Questions on invoices", "low"),
)  # fmt: skip
ASKED: tuple[tuple[int, int, str, str, str, tuple[tuple[str, str], ...], int | None], ...] = (
    (0, 0, "", "空调不制冷", "开放办公区靠窗一侧的空调从昨天起不制冷，室温 29 度。",
     (("answer", "收到，工程师今天下午到场。"), ("resolve", "已补充制冷剂，请观察一天。")), 5),
    (1, 1, "", "办公室网络时断时续", "每隔十来分钟断一次，网线和无线都这样。",
     (("answer", "请问是所有电脑都断吗？"), ("reply", "是的，三台都断。"),
      ("resolve", "更换了楼层交换机，已恢复。")), 4),
    (2, 2, "", "补办门禁卡两张", "新同事下周一入职，需要两张门禁卡。",
     (("resolve", "已办好，请到前台领取。"),), 5),
    (4, 4, "", "开具场地使用证明", "申请高新技术企业需要一份场地使用证明。",
     (("answer", "需要写明面积和期限，明天上午给您。"), ("resolve", "证明已放在前台。")), 4),
    (6, 3, "", "茶水间垃圾未及时清理", "下午四点以后垃圾桶总是满的。",
     (("answer", "已和保洁公司沟通，下午加一次清运。"), ("resolve", "本周起每天 16:30 加清一次。")), 3),
    (9, 5, "", "上月账单的会议室费用", "有一场会议取消了，账单里还有费用，请核对。",
     (("wait", "请告诉我们是哪一天、哪个会议室。"),), None),
    (3, 0, "high", "天花板漏水", "会议室旁的天花板在滴水，地面已经湿了。照片见附件。",
     (("answer", "已关闭该处水阀，物业正在检查。"),
      ("note", "与楼上租户同一根管道，第三次漏水，需请物业更换。")), None),
    (0, 2, "", "申请周末延长开门时间", "下周六、周日要赶项目，希望开门到 22:00。", (), None),
    (5, 1, "urgent", "整层断网", "2F 全部断网，无法办公。", (), None),
    (0, 0, "", "工位插座没电", "靠近柱子的一排插座没电。", (("wait", "请问是哪几个工位号？"),), None),
    (7, 3, "", "饮水机滤芯到期", "饮水机红灯亮了三天。", (), None),
    (0, 4, "", "注册地址使用证明更新", "营业执照变更需要新的使用证明。",
     (("resolve", "已出具，可在“地址”页面下载。"),), None),
)  # fmt: skip
"""Startup, category, priority, title, words; what was said then; the rating. The last are the latest."""
OFFERS = (
    ("芯片设计", "样品测试"), ("机器视觉", "算法外包"), ("实验室共享", "动物实验"), ("无人机航拍", "飞控定制"),
    ("储能方案",),
    ("机械臂集成", "打样"), ("农业数据",), ("传感器定制", "小批量生产"), ("课程录制",), ("医疗器械注册咨询",),
)  # fmt: skip
SEEKS = (
    ("流片合作", "天使投资"), ("工业客户",), ("天使投资", "临床合作"), ("渠道伙伴",),
    ("工业客户", "天使投资"), ("结构工程师",),
    ("政府项目",), ("工业客户",), ("内容合作",), ("天使投资",),
)  # fmt: skip


def open_portal(session: Session, actor: Actor, founders: list[Startup], sites: dict[int, Site], now: datetime) -> None:
    """A dozen requests in several states with what was said, a few announcements, and some who want to be found."""
    desk = _staff(session, Role.FRONT_DESK)
    categories = [
        add_category(session, actor, now=now, name=name, name_en=name_en, priority=priority,
                     responsible_id=desk.person_id if number == 0 else None)
        for number, (name, name_en, priority) in enumerate(CATEGORIES)
    ]  # fmt: skip
    lead = _founder(session, founders[0])
    for place, (who, category, priority, title, text, said, rating) in enumerate(ASKED):
        startup = founders[who]
        asks = lead if who == 0 else actor
        hours = (len(ASKED) - place) * 26 if place < 7 else (len(ASKED) - place) * 5 - 3
        began = now - timedelta(hours=hours)
        photos = [draw_room(4)] if "照片" in text else [draw_desks()] if "插座" in title else []
        request = open_request(
            session, asks, now=began, startup_id=startup.id, site_id=sites[startup.id].id, title=title, text=text,
            category_id=categories[category].id, priority=priority or None, photos=photos,
        )  # fmt: skip
        for step, (kind, words) in enumerate(said, 1):
            then = min(began + timedelta(hours=2 * step), now)
            if kind == "reply":
                reply_to_request(session, asks, now=then, request_id=request.id, text=words)
            elif kind == "note":
                note_on_request(session, desk, now=then, request_id=request.id, text=words)
            elif kind == "resolve":
                resolve_request(session, desk, now=then, request_id=request.id, text=words)
            else:
                answer_request(session, desk, now=then, request_id=request.id, text=words, wait=kind == "wait")
        if rating is not None:
            then = min(began + timedelta(hours=9), now)
            confirm_request(session, asks, now=then, request_id=request.id)
            rate_request(session, asks, now=then, request_id=request.id, rating=rating,
                         remark="处理及时，谢谢。" if rating == 5 else "")  # fmt: skip
    _announce(session, desk, sites, now)
    _list_some(session, actor, founders, now)


def _announce(session: Session, actor: Actor, sites: dict[int, Site], now: datetime) -> None:
    today: date = now.astimezone(CHINA).date()
    first = sorted({site.id for site in sites.values()})[:1]
    told = (
        Words("元旦假期服务安排", "1 月 1 日放假一天，前台停止服务，门禁照常使用。\n\n"
              "紧急报修请拨打值班电话，或在系统中提交“紧急”诉求。",
              today - timedelta(days=2), "New Year's Day",
              "The front desk is closed on 1 January; doors work as always.\n\n"
              "For emergencies call the duty telephone, or open an urgent request.", pinned=True),
        Words("高新技术企业申报辅导会", "下周三 14:00 在路演厅举行，由税务师讲解研发费用归集。\n\n"
              "政策原文：https://www.most.gov.cn",
              today - timedelta(days=1), "Workshop on the high-tech certificate",
              "Next Wednesday at 14:00 in the hall.", until_on=today + timedelta(days=9)),
        Words("2F 东侧卫生间维修", "今明两天维修，请使用西侧卫生间。", today, "Repairs on 2F, east",
              "Please use the western side today and tomorrow.", until_on=today + timedelta(days=1), audience="sites",
              sites=first),
        Words("周五消防演练，员工请提前到岗", "周五 15:00 消防演练，前台和安保 14:30 到岗。", today, audience="staff"),
    )  # fmt: skip
    for words in told:
        publish_announcement(session, actor, now=now - timedelta(hours=3), words=words)


def _list_some(session: Session, actor: Actor, founders: list[Startup], now: datetime) -> None:
    """What the first startups say of themselves."""
    for startup, offers, seeks in zip(founders, OFFERS, SEEKS, strict=False):
        edit_entry(
            session, actor, now=now, startup_id=startup.id, listed=True,
            blurb=f"{startup.name}专注于{startup.industry}，服务大湾区的制造企业与科研院所，欢迎来我们的工位坐坐。",
            blurb_en=f"{startup.name_en} works for manufacturers and research institutes of the Greater Bay Area.",
            website=f"https://www.s{startup.id:04}.example", offers="，".join(offers), seeks="，".join(seeks),
            contact="founders" if startup is founders[0] else "contact",
        )  # fmt: skip


def _staff(session: Session, role: Role) -> Actor:
    person_id = session.execute(
        select(RoleGrant.person_id).where(RoleGrant.role == role.value).order_by(RoleGrant.id).limit(1)
    ).scalar_one()
    found = get_actor(session, person_id)
    assert found is not None
    return found


def _founder(session: Session, startup: Startup) -> Actor:
    email = session.execute(select(Person.id).where(Person.email == "founder@demo.example")).scalar_one()
    found = get_actor(session, email)
    assert found is not None and startup.id in found.startup_ids
    return found

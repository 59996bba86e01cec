"""The demo's calls: one that is open, one whose cohort is chosen, with applications in every state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from random import Random

from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor, system_actor
from incubator.core.clock import CHINA
from incubator.jobs.demo.names import credit_code, person_name, phone
from incubator.startups.models import Application, Call, Startup
from incubator.startups.operations import add_programme
from incubator.startups.operations.applications import save_draft, send_application, start_application
from incubator.startups.operations.calls import Asked, CallFacts, add_call, add_question, copy_call, publish_call
from incubator.startups.operations.draft_files import attach_file
from incubator.startups.operations.withdrawing import withdraw_application
from incubator.startups.queries.calls import QuestionRow, list_questions

A_DAY = timedelta(days=1)
QUESTIONS = (
    ("one_choice", Asked("目前处于什么阶段？", "Which stage are you at?", is_required=True, options=(
        ("想法", "Idea"), ("样机", "Prototype"), ("有付费客户", "Paying customers")))),
    ("long_text", Asked("核心技术是什么，与同类相比有何不同？", "What is your core technology, and how does it differ?",
                        "500 字以内最好。", "Best within 500 characters.", is_required=True)),
    ("number", Asked("团队现有多少人？", "How many are you?", is_required=True)),
    ("money", Asked("已获得的融资金额", "Funding raised so far", "没有请填 0。", "0 where there is none.")),
    ("several_choices", Asked("最需要哪些支持？", "What do you need most?", "可多选。", "Choose any.", options=(
        ("工位与实验室", "Desks and laboratories"), ("导师", "Mentors"), ("投资对接", "Investors"),
        ("政策申报", "Help with policies")))),
    ("yes_no", Asked("创始人是否全职？", "Are the founders full-time?", is_required=True)),
    ("web_address", Asked("网站或产品介绍", "Web site or product page")),
    ("file", Asked("商业计划书", "Business plan", "PDF 最好。", "Best a PDF.", is_required=True)),
)  # fmt: skip
APPLICANTS = (
    ("深圳市曙光触觉科技有限公司", "Dawn Haptics", "3919", "柔性触觉传感器，让机械手分得清鸡蛋和石头。"),
    ("澜舟水质监测团队", "", "77", "装在浮标上的低成本水质监测仪，实时回传。"),
    ("深圳镜湖光学有限公司", "Mirror Lake Optics", "4040", "面向内窥镜的超薄镜头模组。"),
    ("稻香机器人团队", "Paddy Robotics", "35", "能在水田里行走的除草机器人。"),
    ("深圳市回声语音技术有限公司", "Echo Speech", "6513", "方言语音识别，先做潮汕话和客家话。"),
    ("聚变材料团队", "", "73", "用于锂电池隔膜的陶瓷涂层。"),
    ("深圳青藤数字医疗有限公司", "Ivy Digital Health", "6513", "慢病患者的居家康复训练与随访。"),
)  # fmt: skip
EARLIER = (
    ("深圳市白露低空物流有限公司", "White Dew Air Logistics", "5620", "楼宇之间的无人机送件。"),
    ("拓扑编织团队", "", "17", "三维编织的复合材料结构件。"),
    ("深圳市松果教育科技有限公司", "Pinecone", "83", "乡村小学的科学实验箱。"),
    ("深圳海岬能源有限公司", "Cape Energy", "3849", "家庭储能的电池管理系统。"),
)  # fmt: skip
PLAN = "一、项目概述\n二、市场与客户\n三、技术与产品\n四、团队\n五、财务预测\n".encode()


def call_for_applications(
    session: Session, actor: Actor, *, camp_id: int, startups: Sequence[Startup], now: datetime
) -> None:
    """The accelerator's cohort of last time, whose review has begun; the next one, open; pre-incubation, all year."""
    random, today = Random(2027), now.astimezone(CHINA).date()  # noqa: S311  a demo's dice
    before, year = now - 100 * A_DAY, today.year + 1
    facts = CallFacts(
        f"{today.year} 秋季硬科技加速营", f"autumn-{today.year}", before, now - 60 * A_DAY,
        name_en=f"Deep-tech accelerator, autumn {today.year}", cohort=f"{today.year} 秋季",
        cohort_en=f"Autumn {today.year}", starts_on=today + 14 * A_DAY, ends_on=today + 194 * A_DAY,
        description="为期六个月：工位、实验室、每周一次导师辅导，结束时路演。",
        description_en="Six months of desks, laboratories and a mentor every week, with a demo day at the end.",
    )  # fmt: skip
    last = _open(session, actor, before, camp_id, facts)
    for place, who in enumerate(EARLIER):
        made = _apply(session, actor, last, who, random, now=before + (5 + place) * A_DAY)
        made.taken_up_at = now - 50 * A_DAY
    known = _apply(session, actor, last, (startups[1].name, startups[1].name_en, "65", "已在孵，申请加速营。"), random,
                   now=before + 12 * A_DAY, code=startups[1].credit_code)  # fmt: skip
    known.taken_up_at = now - 50 * A_DAY
    facts = CallFacts(
        f"{year} 春季硬科技加速营", f"spring-{year}", _midnight(today - 20 * A_DAY), _midnight(today + 26 * A_DAY),
        name_en=f"Deep-tech accelerator, spring {year}", cohort=f"{year} 春季", cohort_en=f"Spring {year}",
        starts_on=date(year, 3, 1), ends_on=date(year, 8, 31), description=facts.description,
        description_en=facts.description_en,
    )  # fmt: skip
    current = copy_call(session, actor, now=now - 21 * A_DAY, call_id=last.id, facts=facts)
    publish_call(session, actor, now=now - 20 * A_DAY, call_id=current.id)
    sent = [_apply(session, actor, current, who, random, now=now - (18 - 2 * place) * A_DAY)
            for place, who in enumerate(APPLICANTS)]  # fmt: skip
    # a founder of last time's applies again, under another name
    again = ("拓扑编织科技团队", "", "17", "三维编织的复合材料结构件，已有样件。")
    _apply(session, actor, current, again, random, now=now - 2 * A_DAY)
    withdraw_application(session, system_actor(actor.operator_id), now=now - A_DAY, application_id=sent[5].id)
    _begin(session, actor, current, now - A_DAY, "draft@applicants.example")
    early = add_programme(session, actor, now=before, kind="programme", name="预孵化计划", name_en="Pre-incubation")
    facts = CallFacts("预孵化常年招募", "pre-incubation", before, name_en="Pre-incubation, all year round",
                      description="面向尚未注册的团队：免费工位三个月，协助注册。",
                      description_en="For teams that are not registered yet: three months of free desks.")  # fmt: skip
    call = add_call(session, actor, now=before, programme_id=early.id, facts=facts)
    publish_call(session, actor, now=before, call_id=call.id)


def _open(session: Session, actor: Actor, now: datetime, programme_id: int, facts: CallFacts) -> Call:
    call = add_call(session, actor, now=now, programme_id=programme_id, facts=facts)
    for kind, asked in QUESTIONS:
        add_question(session, actor, now=now, call_id=call.id, kind=kind, asked=asked)
    publish_call(session, actor, now=now, call_id=call.id)
    return call


def _begin(session: Session, actor: Actor, call: Call, now: datetime, email: str) -> Application:
    made, _token = start_application(session, system_actor(actor.operator_id), now=now, call=call, email=email,
                                     locale="zh_Hans", base_url="https://demo.example")  # fmt: skip
    return made


def _apply(
    session: Session, actor: Actor, call: Call, who: tuple[str, str, str, str], random: Random, *, now: datetime,
    code: str | None = None,
) -> Application:  # fmt: skip
    """An application as its founder types and sends it."""
    name, name_en, industry, summary = who
    is_team = name.endswith("团队")
    system, founder = system_actor(actor.operator_id), person_name(random)
    email = f"{''.join(random.choice('abcdefghkmnpqrstuvwxyz') for _ in range(8))}@applicants.example"
    made = _begin(session, actor, call, now, email)
    rows = list_questions(session, call.id)
    typed = {
        "name": name, "name_en": name_en, "kind": "team" if is_team else "company", "industry_code": industry,
        "credit_code": "" if is_team else code or credit_code(random, "440305"),
        "registered_on": "" if is_team else (now.date() - timedelta(days=random.randrange(100, 600))).isoformat(),
        "summary": summary, "contact_name": founder, "contact_email": email, "contact_phone": phone(random),
        "founders-0-name": founder, "founders-0-title": "创始人", "founders-1-name": person_name(random),
        "founders-1-title": "技术负责人", **_answers(rows, summary, random),
    }  # fmt: skip
    save_draft(session, system, now=now, application_id=made.id, typed=typed)
    for row in rows:
        if row.question.kind == "file":
            attach_file(session, system, now=now, application_id=made.id, question_id=row.question.id,
                        name=f"{name}商业计划书.txt", content=PLAN)  # fmt: skip
    return send_application(session, system, now=now + timedelta(hours=2), application_id=made.id,
                            link="https://demo.example")  # fmt: skip


def _answers(rows: Sequence[QuestionRow], summary: str, random: Random) -> Mapping[str, str | list[str]]:
    plain = {
        "long_text": f"{summary}我们已完成第一版样机，正与两家客户试用。", "number": str(random.randrange(3, 16)),
        "money": str(random.randrange(0, 30) * 100_000), "yes_no": random.choice(("yes", "yes", "no")),
    }  # fmt: skip
    found: dict[str, str | list[str]] = {}
    for row in rows:
        options = [str(option.id) for option in row.options]
        if options:
            found[row.rule.field] = random.sample(options, 1 if row.question.kind == "one_choice" else 2)
        else:
            found[row.rule.field] = plain.get(row.question.kind, "")
    return found


def _midnight(on: date) -> datetime:
    return datetime.combine(on, time(), CHINA)

"""What the text of an agreement is made of: every figure from its rows, worded in Chinese as the paper has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from msgspec import Struct

from incubator.accounts.models import Operator
from incubator.documents.formats import day, number
from incubator.documents.rmb import rmb_capitals
from incubator.pricing.rules import price_full_month
from incubator.spaces.models import Site
from incubator.startups.models import AgreementTemplate, Residency, ResidencyAmendment, Startup
from incubator.startups.presenting import kind_order, natural
from incubator.startups.rules import ResidencyTerm
from incubator.startups.rules.agreements import GAPS, Clause, asked_for, fill, leave_out
from incubator.startups.rules.clauses import SHIPPED

ZH = "zh_Hans"
A_DAY = timedelta(days=1)
KINDS = {"desk": "工位", "office": "办公室", "room": "房间", "hall": "大厅",
         "instrument": "仪器设备", "parking": "车位"}  # fmt: skip
CHARGES = {"rent": "租金", "property_fee": "物业费", "service_fee": "服务费"}
BASES = {"m2_month": "元/㎡·月", "unit_month": "元/月"}
PARTS = {
    "calendar_days": "按当月实际天数计算", "thirty_days": "每日按月度金额的三十分之一计算，最高不超过整月金额",
    "half_months": "使用十五日以内（含）的按半个月计算，超过十五日的按一个月计算",
}  # fmt: skip
"""What is owed for a month of which days are missing: 不足整月的……"""
REASONS = {"": "", "free": "免租", "step": "递增"}

WITH_TAX = "以上价格均含税。"
WITHOUT_TAX = "以上价格均不含税，增值税按开票时适用税率另计。"


class Parties(Struct, frozen=True):
    """Whom and what an agreement is about."""

    operator: Operator
    startup: Startup
    site: Site


def draft(
    template: AgreementTemplate, parties: Parties, residency: Residency, state: Mapping[str, Any],
    amendment: ResidencyAmendment | None = None,
) -> dict[str, Any]:  # fmt: skip
    """All that the PDF says: of the same rows always the same."""
    since = date.fromisoformat(state["starts_on"]) if amendment is None else amendment.effective_on
    name = residency.number if amendment is None else f"{residency.number}/{amendment.number}"
    terms = terms_from(state, since)
    values = placeholders(parties, residency, state, terms, since, amendment)
    clauses, service = [Clause(**each) for each in template.clauses], month_of(terms, "service_fee", since)
    missing = [name for name in GAPS if not values[name]]
    return {
        "title": template.title, "number": name, "template": template.number,
        "operator": parties.operator.name, "startup": parties.startup.name,
        "clauses": [{"heading": fill(leave_out(each.heading, missing), values),
                     "text": fill(leave_out(each.text, missing), values).splitlines()} for each in clauses],
        "tax": WITH_TAX if residency.tax_included else WITHOUT_TAX,
        "units": _unit_rows(terms, since),
        "prices": [_price_row(term) for term in terms], "part_month": PARTS[residency.proration],
        "amounts": [
            {"name": "租金（整月）", **_amount(month_of(terms, "rent", since))},
            {"name": "物业费（整月）", **_amount(month_of(terms, "property_fee", since))},
            *([{"name": "服务费（整月）", **_amount(service)}] if service else []),
            *([{"name": "押金", **_amount(state["deposit_minor"])}] if state["deposit_minor"] is not None else []),
        ],
    }  # fmt: skip


def details_missing(template: AgreementTemplate | None, parties: Parties) -> list[str]:
    """Of the details that these clauses (or those that come with the product) ask for, those that nobody has filled
    in: the paper leaves them out."""
    used = asked_for(SHIPPED["agreement"] if template is None else [Clause(**each) for each in template.clauses])
    has = {
        "operator_code": parties.operator.credit_code, "operator_address": parties.operator.address,
        "address": parties.site.address, "contact": parties.startup.contact_name,
    }  # fmt: skip
    return [name for name, value in has.items() if name in used and not value]


def terms_from(state: Mapping[str, Any], since: date) -> list[ResidencyTerm]:
    """The prices of a kept state from a day on, within its term, by unit, kind and day."""
    last = _day(state["ends_on"])
    units = {unit["id"]: unit for unit in state["units"]}
    found = []
    for price in state["prices"]:
        unit, after = units[price["unit_id"]], _day(price["after"])
        ends = last if after is None else after - A_DAY if last is None else min(after - A_DAY, last)
        first = max(date.fromisoformat(price["first"]), since)
        if ends is None or first <= ends:
            found.append(ResidencyTerm(
                0, 0, "", 0, unit["id"], unit["code"], unit["kind"], Decimal(unit["area_m2"]), price["charge_kind"],
                price["basis"], Decimal(price["unit_price"]), price["currency"], first, ends, price["reason"],
            ))  # fmt: skip
    return sorted(found, key=lambda term: (natural(term.unit_code), *kind_order(term), term.starts_on))


def month_of(terms: Sequence[ResidencyTerm], charge_kind: str, on: date) -> int:
    """What a full month costs at the prices of a day, in fen; a rent-free time counts as what follows it."""
    total = 0
    for unit_id in sorted({term.unit_id for term in terms if term.runs_on(on)}):
        mine = [term for term in terms if term.unit_id == unit_id and term.charge_kind == charge_kind]
        paid = next((term for term in mine if term.reason != "free"), None)
        if paid is not None:
            total += price_full_month(unit_price=paid.unit_price, quantity=paid.quantity)
    return total


def placeholders(
    parties: Parties, residency: Residency, state: Mapping[str, Any], terms: Sequence[ResidencyTerm], since: date,
    amendment: ResidencyAmendment | None = None,
) -> dict[str, str]:  # fmt: skip
    """What each placeholder of a clause stands for."""
    operator, startup, site = parties.operator, parties.startup, parties.site
    units = _units_on(terms, since)
    last = _day(state["ends_on"])
    free = sorted({(term.starts_on, term.ends_on) for term in terms if term.reason == "free"}, key=str)
    deposit, notice = state["deposit_minor"], state["notice_days"]
    service = month_of(terms, "service_fee", since)
    return {
        "number": residency.number, "operator": operator.name, "operator_code": operator.credit_code or "",
        "operator_address": operator.address, "startup": startup.name,
        "credit_code": startup.credit_code or "（团队，尚未注册）", "contact": startup.contact_name,
        "site": site.name, "address": site.address,
        "units": "、".join(term.unit_code for term in units),
        "area": number(sum((term.area_m2 for term in units), Decimal(0)), ZH, 2),
        "term": f"{day(date.fromisoformat(state['starts_on']), ZH)}起至"
        + (f"{day(last, ZH)}止" if last else "任何一方解除之日止"),
        "rent": "每月" + yuan(month_of(terms, "rent", since)),
        "fee": "每月" + yuan(month_of(terms, "property_fee", since)),
        "service_fee": "每月" + yuan(service) if service else "零元（不收取服务费）",
        "part_month": PARTS[residency.proration],
        "rent_free": "、".join(_span(first, end) for first, end in free) or "无",
        "deposit": yuan(deposit) if deposit else "零元（免收押金）",
        "notice": "合理期限" if notice is None else f"{notice}日",
        "effective": day(since, ZH),
        "changes": "无" if amendment is None else changes_of(amendment),
    }  # fmt: skip


def changes_of(amendment: ResidencyAmendment) -> str:
    """What is different, in a sentence."""
    before, after, on = amendment.before, amendment.after, amendment.effective_on
    was = _units_on(terms_from(before, date.fromisoformat(before["starts_on"])), on - A_DAY)
    then = terms_from(after, on)
    had, has = ({term.unit_code for term in each} for each in (was, _units_on(then, on)))
    found = []
    if had - has:
        found.append("交还" + "、".join(sorted(had - has, key=natural)))
    if has - had:
        found.append("增加" + "、".join(sorted(has - had, key=natural)))
    if before["ends_on"] != after["ends_on"]:
        last = _day(after["ends_on"])
        found.append(f"期限变更为至{day(last, ZH)}止" if last else "期限变更为不定期")
    for kind in ("rent", "service_fee"):
        old, new = month_of(terms_from(before, on), kind, on), month_of(then, kind, on)
        if old != new:
            found.append(f"每月{CHARGES[kind]}变更为{yuan(new)}")
    if before["deposit_minor"] != after["deposit_minor"]:
        found.append(f"押金变更为{yuan(after['deposit_minor'] or 0)}")
    if before["notice_days"] != after["notice_days"] and after["notice_days"] is not None:
        found.append(f"提前通知期变更为{after['notice_days']}日")
    return ("；".join(found) or "价格按所附明细表执行") + "。"


def yuan(minor: int) -> str:
    """人民币4,087.50元（大写：肆仟零捌拾柒元伍角整）."""
    return f"人民币{number(Decimal(minor).scaleb(-2), ZH, 2)}元（大写：{rmb_capitals(minor)}）"


def _amount(minor: int) -> dict[str, str]:
    return {"figures": number(Decimal(minor).scaleb(-2), ZH, 2), "capitals": rmb_capitals(minor)}


def _units_on(terms: Sequence[ResidencyTerm], on: date) -> list[ResidencyTerm]:
    """One term of each unit that is there on the day."""
    found = {term.unit_id: term for term in terms if term.runs_on(on)}
    return sorted(found.values(), key=lambda term: natural(term.unit_code))


def _unit_rows(terms: Sequence[ResidencyTerm], since: date) -> list[dict[str, str]]:
    return [
        {"code": term.unit_code, "kind": KINDS.get(term.unit_kind, term.unit_kind), "area": number(term.area_m2, ZH, 2),
         **{kind: number(Decimal(month_of(_of(terms, term.unit_id), kind, since)).scaleb(-2), ZH, 2)
            for kind in CHARGES}}
        for term in _units_on(terms, since)
    ]  # fmt: skip


def _of(terms: Sequence[ResidencyTerm], unit_id: int) -> list[ResidencyTerm]:
    return [term for term in terms if term.unit_id == unit_id]


def _price_row(term: ResidencyTerm) -> dict[str, str]:
    month = price_full_month(unit_price=term.unit_price, quantity=term.quantity)
    price = term.unit_price.quantize(Decimal("0.01"))
    shown = number(price, ZH, 2) if price == term.unit_price else number(term.unit_price, ZH)
    return {
        "unit": term.unit_code, "what": CHARGES[term.charge_kind], "first": term.starts_on.isoformat(),
        "last": term.ends_on.isoformat() if term.ends_on else "协议终止", "price": shown, "basis": BASES[term.basis],
        "month": number(Decimal(month).scaleb(-2), ZH, 2), "note": REASONS[term.reason],
    }  # fmt: skip


def _span(first: date, last: date | None) -> str:
    return f"{day(first, ZH)}至{day(last, ZH) if last else '协议终止'}"


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)

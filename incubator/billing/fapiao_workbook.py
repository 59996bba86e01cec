"""The batch as a workbook in the layout of the electronic tax bureau's import template (批量开票-导入开票模板).

Sheets, columns and their order as in the version of April 2026 (V260401) that other systems fill in: sheet 1 has a row
for each paper, sheet 2 one for each line, sheet 3 one for each paper for a lease. Of sheet 3 only the columns for
leases are written. The platform refuses versions that are out of date: then the rows are copied into its current one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from msgspec import Struct

from incubator.billing.models import Fapiao, FapiaoRequest
from incubator.documents.workbook import Column, Value, Workbook

VERSION = "V260401"
LEASE = "不动产经营租赁服务"
KIND_WORDS = {"ordinary": "普通发票", "special": "增值税专用发票"}
BASIC = (
    "发票流水号", "发票类型", "特定业务类型", "是否含税", "受票方自然人标识", "购买方名称", "购买方纳税人识别号",
    "购买方证件类型", "购买方证件号码", "购买方国籍（或地区）", "购买方地址", "购买方所在地区（报废产品收购必填）",
    "购买方所在地区（报废产品收购必填）", "购买方所在地区（报废产品收购必填）", "购买方所在地区（报废产品收购必填）",
    "购买方详细地址（报废产品收购必填）", "购买方电话", "购买方开户银行", "购买方银行账号",
    "是否展示购买方地址电话银行账号", "是否开具涉税专业服务发票品目", "涉税专业服务协议编号", "备注",
    "报废产品销售类型", "每千克煤炭发热量", "干基全硫", "干燥无灰基挥发分", "销售方开户行", "销售方银行账号",
    "是否展示销售方地址电话银行账号", "购买方邮箱", "购买方经办人姓名", "购买方经办人证件类型",
    "购买方经办人证件号码", "经办人国籍(地区)", "经办人自然人纳税人识别号", "放弃享受减按1%征收率原因", "收款人",
    "复核人",
)  # fmt: skip
LINES = (
    ("发票流水号", "text"), ("项目名称", "text"), ("商品和服务税收编码", "text"), ("规格型号", "text"),
    ("单位", "text"), ("数量", "decimal"), ("单价", "decimal"), ("金额", "money"), ("税率", "decimal"),
    ("折扣金额", "money"), ("是否使用优惠政策", "text"), ("优惠政策类型", "text"), ("即征即退类型", "text"),
    ("煤炭种类", "text"),
)  # fmt: skip
PLACES = (
    "发票流水号", "房屋产权证书/不动产权证号码", "不动产地址", "不动产详细地址", "租赁期起", "租赁期止",
    "跨地（市）标志", "面积单位",
)  # fmt: skip
YES, NO = "是", "否"


class Sheets(Struct, frozen=True):
    """The rows of the three sheets."""

    basic: list[list[Value]]
    lines: list[list[Value]]
    places: list[list[Value]]


def lay_out(papers: Sequence[tuple[FapiaoRequest, Fapiao, str]]) -> Sheets:
    """The rows of papers, each with its request and its invoice's number."""
    found = Sheets([], [], [])
    for request, paper, invoice in papers:
        found.basic.append(_basic(request, paper, invoice))
        found.lines.extend(_line(paper, row) for row in paper.content["rows"])
        if paper.business == "lease":
            found.places.append(_place(paper))
    return found


def write_batch(papers: Sequence[tuple[FapiaoRequest, Fapiao, str]]) -> bytes:
    """The file as it goes to the platform."""
    sheets, book = lay_out(papers), Workbook()
    note = f"填表说明：按电子税务局批量开票模板（{VERSION}）列次生成，第4行起为数据；提示模板过期时请复制到新模板。"
    book.add_sheet("1-发票基本信息", [Column(title, "text", 20) for title in BASIC], sheets.basic, title=note)
    columns = [Column(title, kind, 20) for title, kind in LINES]  # type: ignore[arg-type] # a table of constants
    book.add_sheet("2-发票明细信息", columns, sheets.lines, title="填表说明：按发票流水号对应；金额为含税金额。")
    book.add_sheet("3-特定业务信息", [Column(title, "text", 24) for title in PLACES], sheets.places,
                   title="填表说明：仅不动产经营租赁服务填写。")  # fmt: skip
    book.add_sheet("4-附加要素信息", [Column(title) for title in ("发票流水号", "附加要素名称", "附加要素内容")], [],
                   title="填表说明：无附加要素。")  # fmt: skip
    return book.content()


def _basic(request: FapiaoRequest, paper: Fapiao, invoice: str) -> list[Value]:
    title = request.title
    said = {
        "发票流水号": paper.serial, "发票类型": KIND_WORDS[paper.kind],
        "特定业务类型": LEASE if paper.business == "lease" else "", "是否含税": YES,
        "受票方自然人标识": YES if title["buyer"] == "individual" else NO, "购买方名称": title["name"],
        "购买方纳税人识别号": title["tax_number"], "购买方地址": title["address"], "购买方电话": title["phone"],
        "购买方开户银行": title["bank"], "购买方银行账号": title["account"].replace(" ", ""),
        "是否展示购买方地址电话银行账号": _shown(title), "购买方邮箱": title["email"],
        "备注": " ".join(filter(None, (paper.serial, invoice, request.note))),
    }  # fmt: skip
    return [said.get(name) or None for name in BASIC]


def _shown(title: Mapping[str, Any]) -> str:
    contact, bank = title["address"] or title["phone"], title["bank"] or title["account"]
    if contact and bank:
        return "展示地址、电话、开户银行及银行账号"
    return "展示地址、电话" if contact else "展示开户银行、银行账号" if bank else ""


def _line(paper: Fapiao, row: Mapping[str, Any]) -> list[Value]:
    rate, is_lease = Decimal(row["rate"]), paper.business == "lease"
    quantity = Decimal(row["area_m2"]) if is_lease and row["area_m2"] else Decimal(1) if is_lease else None
    price = None if quantity is None else unit_price(row["net_minor"], quantity)
    exempt = rate == 0
    return [
        paper.serial, row["name"], row["code"], None, None, quantity, price, row["net_minor"], rate, None,
        YES if exempt else NO, "免税" if exempt else None, None, None,
    ]  # fmt: skip


def unit_price(net_minor: int, quantity: Decimal) -> Decimal:
    """What a unit costs, to 13 places as the platform takes them: 5,450.00 for 30 m² are 181.6666666666667."""
    return (Decimal(net_minor).scaleb(-2) / quantity).quantize(Decimal("1e-13"), ROUND_HALF_UP)


def _place(paper: Fapiao) -> list[Value]:
    place, rows = paper.content["place"], paper.content["rows"]
    starts = min(date.fromisoformat(row["starts_on"]) for row in rows)
    ends = max(date.fromisoformat(row["ends_on"]) for row in rows)
    return [
        paper.serial, place["certificate"], place["region"], place["address"], starts.isoformat(), ends.isoformat(),
        YES if place["is_other_city"] else NO, "平方米",
    ]  # fmt: skip

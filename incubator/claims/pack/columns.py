"""The tables of a pack: what each column is called, and what its cells are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """`money` is fen in the data and yuan in the CSV; `plain` is a number, a day or an instant as text."""

    key: str
    title: str
    kind: str = "text"


def _columns(said: str) -> tuple[Column, ...]:
    """`金额 amount money`, one after another, with `;` between them."""
    return tuple(Column(key, title, kind) for title, key, kind in (each.split() for each in said.split(";")))


COLUMNS: Mapping[str, tuple[Column, ...]] = {
    "lines": _columns(
        "序号 line integer; 企业代码 company text; 企业名称 name text; 统一社会信用代码 credit_code text;"
        "所属月份 month plain; 应收编号 charge integer; 账单编号 invoice text; 费用类别 kind text;"
        "规则版本 version text; 结果 outcome text;"
        "计算基数（元） base money; 申报金额（元） amount money; 更正的决定 adjusts integer;"
        "决定编号 decision integer; 分期编号 instalment integer; 计算过程 derivation text"
    ),
    "companies": _columns(
        "企业代码 company text; 企业名称 name text; 英文名称 name_en text; 统一社会信用代码 credit_code text;"
        "笔数 lines integer; 计算基数（元） base money; 申报金额（元） amount money"
    ),
    "versions": _columns(
        "规则版本 version text; 政策依据 source text; 起 valid_from plain; 止 valid_until plain; 笔数 lines integer;"
        "计算基数（元） base money; 申报金额（元） amount money; 规则 rule text"
    ),
    "invoices": _columns(
        "账单编号 invoice text; 企业代码 company text; 所属月份 month plain; 开具日期 issued_on plain;"
        "到期日 due_on plain; 总额（元） gross money; 补贴（元） subsidy money; 企业承担（元） net money"
    ),
    "charges": _columns(
        "应收编号 charge integer; 企业代码 company text; 账单编号 invoice text; 费用类别 kind text; 内容 what text;"
        "所属月份 month plain; 起 first plain; 止 last plain; 数量 quantity plain; 计价单位 basis text;"
        "单价（元） unit_price plain; 面积（平方米） area plain; 小时 hours plain; 总额（元） gross money;"
        "增值税率 tax_rate plain; 其中增值税（元） tax money; 协议编号 agreement text; 预订编号 booking integer;"
        "计算过程 derivation text"
    ),
    "agreements": _columns(
        "协议编号 agreement text; 企业代码 company text; 起 first plain; 止 last plain; 单元 units text;"
        "面积（平方米） area plain"
    ),
    "allocations": _columns(
        "占用编号 allocation integer; 单元 unit text; 企业代码 company text; 协议编号 agreement text;"
        "预订编号 booking integer; 起 start plain; 止 end plain"
    ),
    "sessions": _columns(
        "预订编号 booking integer; 企业代码 company text; 资源 resource text; 起 start plain; 止 end plain;"
        "签到 checked_in plain; 签退 checked_out plain; 价格（元） price money"
    ),
    "limits": _columns(
        "序号 line integer; 对象 per text; 期间 window text; 限额（元） amount money; 此前已用（元） used_before money;"
        "此前剩余（元） left_before money; 此后剩余（元） left_after money"
    ),
    "reports": _columns(
        "报告编号 report text; 种类 kind text; 期间 period plain; 版本 version integer; SHA-256 sha256 plain"
    ),
    "evidence": _columns(
        "序号 evidence integer; 类别 kind text; 企业代码 company text; 明细序号 line integer; 标题 title text;"
        "有效期起 valid_from plain; 有效期止 valid_until plain; 文件 file plain; SHA-256 sha256 plain"
    ),
}
"""In Chinese, with a short name that the verifier and a programmer read."""

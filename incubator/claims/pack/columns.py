"""The tables of a pack: what each column is called, and what its cells are."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct


class Column(Struct, frozen=True):
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
        "增值税率 tax_rate plain; 其中增值税（元） tax money; 账单行 invoice_line integer; 补贴（元） subsidy money;"
        "企业承担（元） net money; 企业承担增值税（元） net_tax money; 协议编号 agreement text;"
        "预订编号 booking integer; 计算过程 derivation text"
    ),
    "decisions": _columns(
        "决定编号 decision integer; 应收编号 charge integer; 规则版本 version text; 承担方 bearer text;"
        "受益方 goes_to text; 次序 turn integer; 结果 outcome text; 更正原因 why text; 更正的决定 adjusts integer;"
        "贷项单编号 note text; 金额（元） amount money; 暂留（元） held money; 时间 at plain"
    ),
    "credits": _columns(
        "贷项单编号 note text; 账单编号 invoice text; 账单行 invoice_line integer; 应收编号 charge integer;"
        "开具日期 issued_on plain; 原因 reason text; 此前总额（元） gross_left money; 冲减总额（元） gross money;"
        "此前补贴（元） subsidy_left money; 冲减补贴（元） subsidy money; 冲减企业承担（元） net money;"
        "此前增值税（元） tax_left money; 冲减增值税（元） tax money; 此前券承担（元） borne_left money;"
        "退回券承担（元） borne money; 时间 at plain"
    ),
    "meters": _columns(
        "应收编号 charge integer; 表号 meter text; 介质 medium text; 分摊方式 shared_by text; 起 since plain;"
        "止 until plain; 用量 consumption plain; 其中补计 carried plain; 月数 months integer;"
        "全表金额（元） total money"
    ),
    "readings": _columns(
        "应收编号 charge integer; 抄表日 read_on plain; 读数 reading plain; 换表起数 next_start plain;"
        "位数 digits integer; 倍率 factor plain"
    ),
    "differences": _columns(
        "应收编号 charge integer; 起 since plain; 止 until plain; 按现有读数 counted plain; 已计 charged plain;"
        "未补 dropped plain"
    ),
    "prices": _columns(
        "应收编号 charge integer; 价格序号 number integer; 价目表 tariff text; 起 first plain; 止 last plain;"
        "每月超过 above plain; 单价（元） unit_price plain"
    ),
    "stretches": _columns(
        "应收编号 charge integer; 起 first plain; 止 last plain; 价格序号 number integer; 本企业权重 mine plain;"
        "全部权重 whole plain"
    ),
    "quotes": _columns(
        "应收编号 charge integer; 分钟 minutes integer; 计费分钟 rounded integer; 取整分钟 step integer;"
        "半天分钟 half_day integer; 最低价（元） minimum money; 价格（元） price money;"
        "取消费率（%） fee_percent integer"
    ),
    "bases": _columns("应收编号 charge integer; 计价方式 basis text; 单价（元） unit_price plain"),
    "spans": _columns("应收编号 charge integer; 时段 span text; 起（分钟） first integer; 止（分钟） last integer"),
    "parts": _columns(
        "应收编号 charge integer; 序号 number integer; 计价方式 basis text; 分钟 minutes integer;"
        "单价（元） unit_price plain"
    ),
    "paid": _columns("应收编号 charge integer; 额度或创新券 by text; 分钟 minutes integer; 抵扣（元） value money"),
    "stays": _columns(
        "明细序号 line integer; 协议编号 agreement text; 单元 unit text; 面积（平方米） area plain; 起 first plain;"
        "止 last plain"
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

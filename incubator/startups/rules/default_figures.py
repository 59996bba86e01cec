"""The set of indicators and checks that an operator can begin with: what the Torch survey asks of incubated companies.

Amounts are in thousand yuan, as the survey has them; whatever can be counted from achievements (rights, rounds,
qualifications) is not among them, because it is never typed.
"""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

DUE_DAYS = {"quarter": 15, "year": 45}


class DefaultIndicator(Struct, frozen=True):
    """An indicator to begin with."""

    code: str
    name: str
    name_en: str
    rhythm: str
    kind: str = "money"
    adds_up: bool = True
    is_required: bool = True
    needs_evidence: bool = False
    help: str = ""
    help_en: str = ""


class DefaultCheck(Struct, frozen=True):
    """A check to begin with."""

    rhythm: str
    level: str
    left: tuple[str, ...]
    sentence: str
    sentence_en: str
    comparison: str | None = "at_most"
    right: tuple[str, ...] = ()
    factor: Decimal = Decimal(1)
    percent: Decimal | None = None


def _people(code: str, name: str, name_en: str, rhythm: str = "quarter", **more: object) -> DefaultIndicator:
    return DefaultIndicator(code, name, name_en, rhythm, "count", adds_up=False, **more)  # type: ignore[arg-type]


INDICATORS: tuple[DefaultIndicator, ...] = (
    _people("employees", "从业人员期末数", "People employed", help="期末在册并领取报酬的人员，含创始人。",
            help_en="On the payroll on the last day, founders included."),
    _people("fresh_graduates", "其中：应届高校毕业生", "of them fresh graduates",
            help="期末在册、本年毕业的高校毕业生。", help_en="Of them, who graduated from university this year."),
    _people("rd_staff", "其中：研发人员", "of them in R&D"),
    DefaultIndicator("revenue", "营业收入", "Revenue", "quarter", help="本季度发生额，不含税。",
                     help_en="Of the quarter alone, without VAT."),
    DefaultIndicator("total_cost", "总成本费用", "Total cost", "quarter", help="营业成本、税金及附加与期间费用合计。",
                     help_en="Cost of sales, taxes and expenses together."),
    DefaultIndicator("rd_spend", "其中：研发投入", "of it R&D spend", "quarter"),
    DefaultIndicator("net_profit", "净利润", "Net profit", "quarter", help="亏损以负数填写。",
                     help_en="A loss is negative."),
    DefaultIndicator("tax", "实际上缴税费", "Tax paid", "quarter", help="本季度入库的各项税费，不含代扣个人所得税。",
                     help_en="Paid in the quarter; income tax withheld from wages is not yours."),
    _people("annual_employees", "年末从业人员数", "People employed at the end of the year", "year"),
    _people("insured", "年末缴纳社会保险人数", "People insured at the end of the year", "year", needs_evidence=True,
            help="附社会保险缴费清单。", help_en="With the list of the social insurance."),
    DefaultIndicator("annual_revenue", "全年营业收入", "Revenue of the year", "year", needs_evidence=True,
                     help="附年度利润表或审计报告。", help_en="With the income statement or the audit's report."),
    DefaultIndicator("annual_rd_spend", "全年研发投入", "R&D spend of the year", "year"),
    DefaultIndicator("annual_tax", "全年实际上缴税费", "Tax paid in the year", "year", needs_evidence=True,
                     help="附完税证明。", help_en="With the certificate of taxes paid."),
    DefaultIndicator("total_assets", "年末资产总额", "Total assets", "year", adds_up=False),
)  # fmt: skip

CHECKS: tuple[DefaultCheck, ...] = (
    DefaultCheck("quarter", "hard", ("fresh_graduates",), "应届毕业生不能多于从业人员。",
                 "Fresh graduates can't be more than the people employed.", right=("employees",)),
    DefaultCheck("quarter", "hard", ("rd_staff",), "研发人员不能多于从业人员。",
                 "People in R&D can't be more than the people employed.", right=("employees",)),
    DefaultCheck("quarter", "hard", ("revenue",), "营业收入不能为负数。", "Revenue can't be negative.", "at_least"),
    DefaultCheck("quarter", "hard", ("total_cost",), "总成本费用不能为负数。", "Total cost can't be negative.",
                 "at_least"),
    DefaultCheck("quarter", "hard", ("rd_spend",), "研发投入不能高于总成本费用。",
                 "R&D spend can't be more than total cost.", right=("total_cost",)),
    DefaultCheck("quarter", "soft", ("tax",), "上缴税费高于营业收入，请说明原因。",
                 "Tax is more than revenue: say why.", right=("revenue",)),
    DefaultCheck("quarter", "soft", ("employees",), "从业人员比上期变动超过五成，请说明原因。",
                 "The people employed changed by more than half since last period: say why.", None,
                 percent=Decimal(50)),
    DefaultCheck("quarter", "soft", ("revenue",), "营业收入比上期增长超过一倍，请说明原因。",
                 "Revenue more than doubled since last period: say why.", None, percent=Decimal(100)),
    DefaultCheck("year", "soft", ("insured",), "参保人数多于从业人员，请说明原因。",
                 "More people are insured than employed: say why.", right=("annual_employees",)),
    DefaultCheck("year", "hard", ("annual_revenue",), "全年营业收入不能为负数。", "Revenue can't be negative.",
                 "at_least"),
    DefaultCheck("year", "soft", ("annual_tax",), "全年上缴税费高于营业收入，请说明原因。",
                 "Tax is more than revenue: say why.", right=("annual_revenue",)),
)  # fmt: skip

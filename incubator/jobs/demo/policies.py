"""Twelve published policies as schemes: their rules as data, with the text that each rests on.

Figures as in the texts; where a text leaves a figure to the authority's yearly notice, the source says so.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

MONTH = "residency.month_number"
FIRST_THREE_YEARS = {"fact": MONTH, "at_most": 36}
VERIFIED = {"fact": "founders.verified", "is": True}
UPLIFTED: dict[str, Any] = {
    "any": [{"fact": "founders.categories", "has": each} for each in ("student", "graduate", "returnee", "veteran")]
}
"""学生, 毕业 5 年内的高校毕业生 (含留学回国), 深圳市退役军人."""


def by_year(first: str, second: str, third: str) -> dict[str, Any]:
    """A number for each year of residence."""
    return {"steps": [[12, first], [24, second], [36, third]], "by": MONTH}


class Policy(Struct, frozen=True):
    """A policy as it is entered: its names, its text and its rule."""

    code: str
    name: str
    name_en: str
    issuer: str
    source: str
    rule: dict[str, Any]


P1 = Policy(
    "P1", "创业场租补贴（认定载体）", "Venue rent subsidy, recognised carriers", "深圳市人力资源和社会保障局",
    "深圳市创业场租补贴：认定载体内自主创业人员初创企业，第一年每月 1,200 元、第二年 1,000 元、第三年 700 元；"
    "实际租金低于标准的按实际租金；在校学生、毕业 5 年内高校毕业生（含留学回国人员）、"
    "深圳退役军人为 1,560／1,300／910 元；最长三年",
    {
        "who": {"all": [VERIFIED, FIRST_THREE_YEARS, {"fact": "site.recognised", "is": "carrier"}]},
        "covers": ["rent"], "how": {"share": "1"},
        "caps": [{"per": "startup", "window": "month", "amount": {
            "cases": [[UPLIFTED, by_year("1560", "1300", "910")]], "else": by_year("1200", "1000", "700")}}],
        "together": {"order": 20, "best_of": "venue-rent"},
        "bearer": {"kind": "government", "name": "深圳市人力资源和社会保障局"},
    },
)  # fmt: skip
"""P1 and P1a of the text: one rule with two cases."""

P1B = Policy(
    "P1b", "创业场租补贴（载体以外）", "Venue rent subsidy, outside carriers", "深圳市人力资源和社会保障局",
    "深圳市创业场租补贴：认定载体以外场地，每月不超过 500 元（每年 6,000 元）；学生、毕业生、退役军人每月不超过 650 元"
    "（每年 7,800 元）；实际租金低于标准的按实际租金；最长三年",
    {
        "who": {"all": [VERIFIED, FIRST_THREE_YEARS, {"fact": "site.recognised", "one_of": ["space", "none"]}]},
        "covers": ["rent"], "how": {"share": "1"},
        "caps": [
            {"per": "startup", "window": "month", "amount": {"cases": [[UPLIFTED, "650"]], "else": "500"}},
            {"per": "startup", "window": "year", "amount": {"cases": [[UPLIFTED, "7800"]], "else": "6000"}},
        ],
        "together": {"order": 20, "best_of": "venue-rent"},
        "bearer": {"kind": "government", "name": "深圳市人力资源和社会保障局"},
    },
)  # fmt: skip

P2 = Policy(
    "P2", "主办载体租金减免", "Rent reduction, government-run carriers", "深圳市人力资源和社会保障局",
    "深圳市创业带动就业：政府主办载体内自主创业人员初创企业，"
    "第一年减免租金不低于 80%、第二年不低于 50%、第三年不低于 20%；"
    "载体原有减免低于此标准的予以补足，高于的从其规定",
    {
        "who": {"all": [VERIFIED, FIRST_THREE_YEARS, {"fact": "site.recognised", "is": "government"}]},
        "covers": ["rent"], "how": {"top_up": by_year("0.80", "0.50", "0.20"), "over": ["operator"]},
        "together": {"order": 15},
        "bearer": {"kind": "operator", "name": "主办载体"},
    },
)  # fmt: skip

P3 = Policy(
    "P3", "众创空间房租补贴", "Rent subsidy for Zhongchuang spaces", "武汉市武昌区",
    "武昌区支持众创空间：按实际房租第一年补贴 100%，第二、三年 50%；"
    "租金按不超过每月每平方米 80 元、面积按不超过 1,000 平方米计",
    {
        "who": {"all": [{"fact": "site.approved_months", "at_most": 36}]},
        "covers": ["own_rent"],
        "counts": {"unit_price": "80", "per": "m2_month", "area": "1000"},
        "how": {"share": {"steps": [[12, "1"], [36, "0.50"]], "by": "site.approved_months"}},
        "goes_to": "operator", "together": {"order": 30},
        "bearer": {"kind": "government", "name": "武昌区"},
    },
)  # fmt: skip

P4 = Policy(
    "P4", "新建科技园区运营补贴", "Operating subsidy for new technology parks", "武汉市武昌区",
    "武昌区新建科技园区（孵化器）：自批准起两年内，按出租给入驻企业的面积，第一年每平方米每月 18 元、第二年 15 元；"
    "出租给战略性新兴产业且实缴资本 300 万元以上企业的面积加倍",
    {
        "who": {"all": [{"fact": "site.approved_months", "at_most": 24}]},
        "covers": ["tenancy"],
        "how": {"price": {"product": [
            {"steps": [[12, "18"], [24, "15"]], "by": "site.approved_months"},
            {"cases": [[{"all": [{"fact": "startup.strategic", "is": True},
                                 {"fact": "startup.paid_in_yuan", "at_least": 3_000_000}]}, "2"]], "else": "1"},
        ]}, "per": "m2_month"},
        "goes_to": "operator", "together": {"order": 30},
        "bearer": {"kind": "government", "name": "武昌区"},
    },
)  # fmt: skip

P5 = Policy(
    "P5", "孵化器房租补贴", "Incubator rent subsidy", "青岛市科学技术局",
    "青岛市孵化器房租补贴：考核合格以上的孵化器，每家在孵企业平均按 50 平方米、每平方米每天 1 元；"
    "注册企业 20 家以上的集中办公区按 300 平方米计",
    {
        "who": {"all": [{"fact": "site.assessment", "one_of": ["pass", "good", "excellent"]}]},
        "covers": ["site"],
        "how": {"sum": [
            {"price": {"product": ["1", "50", {"fact": "site.companies_outside"}]}, "per": "day"},
            {"price": {"product": ["1", "300", {"fact": "site.zones"}]}, "per": "day"},
        ]},
        "goes_to": "operator", "together": {"order": 30},
        "bearer": {"kind": "government", "name": "青岛市科学技术局"},
    },
)  # fmt: skip
"""`site.zones` are the shared office zones in which at least 20 companies are registered; those companies count by
their zone, all others by 50 m² each."""

P6 = Policy(
    "Y", "入园企业租金补贴", "Rent subsidy for tenants", "永修县（演示数据按其规则）",
    "永修县入园企业扶持政策：租金、物业费、水电费按实际缴纳额的 60% 补贴，每季度不超过 10,000 元，期限三年",
    {
        "who": {"all": [{"fact": "startup.kind", "is": "company"}, FIRST_THREE_YEARS]},
        "covers": ["rent", "property_fee", "utilities"], "how": {"share": "0.60"},
        "caps": [{"per": "startup", "window": "quarter", "amount": "10000"}],
        "bearer": {"kind": "government", "name": "永修县"},
    },
)  # fmt: skip

P7 = Policy(
    "P7", "园区孵化器贡献奖励", "Reward by tenants' contribution", "深圳市福田区",
    "福田区产业园区、孵化器：按年度贡献 10 万元以上入驻企业贡献总额的 3% 奖励，"
    "园区不超过 500 万元、孵化器不超过 200 万元；"
    "须附入驻企业名单、租赁合同、租金凭证、12 月租金发票、完税证明",
    {
        "who": {"all": [{"fact": "site.recognised", "known": True}]},
        "covers": ["contribution"], "counts": {"at_least": "100000"}, "how": {"share": "0.03"},
        "caps": [{"per": "site", "window": "year", "amount": {
            "cases": [[{"all": [{"fact": "site.recognised", "is": "incubator"}]}, "2000000"]], "else": "5000000"}}],
        "goes_to": "operator", "every": "year", "together": {"order": 30},
        "bearer": {"kind": "government", "name": "福田区"},
    },
)  # fmt: skip

P8 = Policy(
    "P8", "基本服务补贴", "Basic service subsidy", "江南区",
    "江南区创业孵化基地基本服务补贴：按服务的入驻主体计，"
    "每个主体不超过两年，每年不超过 20 万元；同一人不重复计入多个项目。"
    "每个主体每月的标准由主管部门公布，此处 300 元为演示",
    {
        "who": {"all": [{"fact": MONTH, "at_most": 24}]},
        "covers": ["tenancy"], "how": {"price": "300", "per": "item"},
        "caps": [{"per": "operator", "window": "year", "amount": "200000"}],
        "goes_to": "operator", "together": {"order": 30, "once": "person"},
        "bearer": {"kind": "government", "name": "江南区"},
    },
)  # fmt: skip

P9 = Policy(
    "P9", "空间装修补贴", "Fit-out subsidy", "武汉市",
    "武汉市众创空间装修补贴：按装修费的 50%，不超过每平方米 1,000 元、"
    "总额不超过 500 万元；分三年按 50%、30%、20% 拨付，"
    "后两期须考核合格",
    {
        "covers": ["fit_out"],
        "how": {"lesser": [{"share": "0.50"}, {"price": "1000", "per": "m2"}]},
        "caps": [{"per": "site", "window": "life", "amount": "5000000"}],
        "instalments": [{"share": "0.50"}, {"share": "0.30", "after_months": 12, "gate": "assessment"},
                        {"share": "0.20", "after_months": 24, "gate": "assessment"}],
        "goes_to": "operator", "every": "year", "together": {"order": 30},
        "bearer": {"kind": "government", "name": "武汉市"},
    },
)  # fmt: skip

P10 = Policy(
    "P10", "认定空间场地补贴", "Area subsidy for recognised spaces", "拉萨市",
    "拉萨市认定众创空间：场地按每平方米每年不超过 160 元补贴，每年不超过 200 万元",
    {
        "who": {"all": [{"fact": "site.recognised", "one_of": ["space", "carrier", "incubator"]}]},
        "covers": ["site"], "how": {"price": {"product": ["160", {"fact": "site.recognised_m2"}]}, "per": "item"},
        "caps": [{"per": "site", "window": "year", "amount": "2000000"}],
        "goes_to": "operator", "every": "year", "together": {"order": 30},
        "bearer": {"kind": "government", "name": "拉萨市"},
    },
)  # fmt: skip

P11 = Policy(
    "P11", "众创空间活动补贴", "Event subsidy for spaces", "武汉市武昌区",
    "武昌区众创空间活动（大赛、路演、论坛）：按认定活动实际支出的 30%，每个空间每年不超过 20 万元",
    {
        "covers": ["events"], "how": {"share": "0.30"},
        "caps": [{"per": "site", "window": "year", "amount": "200000"}],
        "goes_to": "operator", "every": "year", "together": {"order": 30},
        "bearer": {"kind": "government", "name": "武昌区"},
    },
)  # fmt: skip

P12 = Policy(
    "P12", "空间水电网络运行补贴", "Running cost subsidy for spaces", "武汉市武昌区",
    "武昌区众创空间：电费、网络费按实际运行成本和年度公布的比例补贴，期限三年。此处比例 50% 为演示",
    {
        "who": {"all": [{"fact": "site.approved_months", "at_most": 36}]},
        "covers": ["electricity", "network"], "how": {"share": "0.50"},
        "goes_to": "operator", "together": {"order": 30},
        "bearer": {"kind": "government", "name": "武昌区"},
    },
)  # fmt: skip

POLICIES = (P1, P1B, P2, P3, P4, P5, P6, P7, P8, P9, P10, P11, P12)

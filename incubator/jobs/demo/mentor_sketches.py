"""Who the demo's mentors are, as data."""

from __future__ import annotations

from msgspec import Struct

EARLY = ("idea", "prototype", "seed")
LATE = ("seed", "early", "growth")


class Sketch(Struct, frozen=True):
    """A mentor in a few lines; hours as weekday, from and to (hours of the clock)."""

    name: str
    kind: str
    headline: str
    headline_en: str
    biography: str
    biography_en: str
    fields: tuple[str, ...]
    industries: tuple[str, ...]
    stages: tuple[str, ...]
    hours: tuple[tuple[int, int, int], ...]
    languages: tuple[str, ...] = ("zh",)
    rate_yuan: int | None = None
    vouchers: bool = False
    capacity: int = 8
    full_time: bool = False
    place: str = ""
    link: str = ""


SKETCHES: tuple[Sketch, ...] = (
    Sketch(
        "", "entrepreneur",
        "鹏芯微电子联合创始人、前 CTO",
        "Co-founder and former CTO, Pengxin Microelectronics",
        "二十年芯片与智能硬件研发经验，带队完成三次流片和两次从 0 到百万台的量产，公司 2021 年被上市公司收购。\n"
        "\n擅长把实验室样机做成能量产的产品：选型、试产、良率和供应链。",
        "Twenty years in chips and smart hardware: three tape-outs, two products from none to a million pieces; "
        "the company was acquired in 2021.\n\nHelps to turn a prototype into something that a factory can make.",
        ("智能硬件与供应链", "芯片与电子", "商业模式"),
        ("39", "40"), ("prototype", "seed", "early"), ((2, 14, 18), (4, 19, 21)),
        languages=("zh", "en"), capacity=10, place="科技园软件大厦 B1 咖啡厅",
        link="https://meeting.example.com/p/pengxin",
    ),
    Sketch(
        "林晓岚", "investor",
        "南山创投合伙人",
        "Partner, Nanshan Ventures",
        "主投硬科技早期项目，累计投资 46 家企业，其中 5 家已上市。愿意陪创始人把故事讲清楚、把数字算明白。",
        "Invests in early hard technology: 46 companies so far, five of them listed. Helps founders to get story "
        "and numbers straight.",
        ("融资", "股权架构", "战略规划"),
        ("39", "65", "73"), LATE, ((3, 9, 12), (5, 14, 17)),
        languages=("zh", "en", "yue"), capacity=6,
    ),
    Sketch(
        "黄永健", "investor",
        "湾区天使投资联盟秘书长",
        "Secretary General, Bay Area Angels",
        "组织天使投资人对接会八年，见过两千多份商业计划书。",
        "Eight years of angel meetings, more than two thousand plans read.",
        ("融资", "商业模式", "资本运作与上市"),
        ("65", "72"), EARLY, ((1, 19, 21), (6, 10, 12)),
        capacity=8,
    ),
    Sketch(
        "Daniel Weber", "technical",
        "机器视觉工程师，前蔡司研究院",
        "Machine vision engineer, formerly Zeiss Research",
        "在德国和深圳做了十五年光学检测与机器视觉，熟悉欧盟 CE 认证与中德供应链合作。",
        "Fifteen years of optical inspection and machine vision in Germany and Shenzhen; knows CE marking and "
        "how German and Chinese suppliers work together.",
        ("人工智能", "机器人与自动化", "质量与认证", "出海"),
        ("35", "40"), ("prototype", "seed"), ((2, 16, 19), (4, 16, 19)),
        languages=("en", "de", "zh"), rate_yuan=800, vouchers=True, capacity=12,
        link="https://meeting.example.com/p/weber",
    ),
    Sketch(
        "吴思远", "technical",
        "云原生架构师，某头部云厂商",
        "Cloud architect at a leading cloud provider",
        "负责过千万级日活系统的架构演进，熟悉成本优化、等保测评和大模型应用落地。",
        "Has led the architecture of systems with ten million daily users; cost, security grading, and "
        "applications of large models.",
        ("技术架构", "人工智能", "数据安全"),
        ("65", "64"), ("prototype", "seed", "early", "growth"), ((3, 20, 22), (6, 14, 17)),
        languages=("zh", "en"), rate_yuan=600, vouchers=True, capacity=8,
    ),
    Sketch(
        "罗敏", "technical",
        "医疗器械注册顾问",
        "Consultant for the registration of medical devices",
        "十二年医疗器械注册经验，办理二类、三类注册证四十余张，熟悉 NMPA 与 FDA 510(k) 流程。",
        "Twelve years of registering medical devices: more than forty class II and III certificates, NMPA and "
        "FDA 510(k).",
        ("医疗器械注册", "质量与认证", "生物医药"),
        ("27", "35", "73"), ("prototype", "seed", "early"), ((4, 9, 12),),
        languages=("zh",), rate_yuan=1000, vouchers=True, capacity=4,
    ),
    Sketch(
        "许建国", "legal",
        "广东科合律师事务所合伙人",
        "Partner, Kehe Law Firm",
        "专注股权架构、投融资交易与劳动用工，服务过百余家科技企业。可以带着合同来聊。",
        "Equity, financing and employment for more than a hundred technology companies. Bring your contract "
        "along.",
        ("法务合规", "股权架构", "数据安全"),
        ("65", "72"), ("idea", "prototype", "seed", "early", "growth"), ((2, 9, 12), (5, 9, 12)),
        languages=("zh", "yue"), capacity=10,
    ),
    Sketch(
        "何雨桐", "legal",
        "专利代理师、深圳知产服务中心",
        "Patent attorney, Shenzhen IP Service Centre",
        "代理发明专利三百余件，办理过美国、欧洲布局和专利无效案件。",
        "More than three hundred inventions filed, with portfolios in the United States and Europe.",
        ("知识产权", "出海"),
        ("39", "40", "73"), ("idea", "prototype", "seed", "early"), ((1, 14, 17), (3, 14, 17)),
        languages=("zh", "en"), capacity=12,
    ),
    Sketch(
        "郑丽华", "finance",
        "注册会计师、税务师",
        "Certified public accountant and tax adviser",
        "十八年审计与税务经验，擅长研发费用归集、加计扣除和高新认定专项审计。",
        "Eighteen years of audit and tax: R&D expenses, super-deduction, and audits for the high-tech "
        "certificate.",
        ("财税", "高新认定", "政策申报"),
        ("65", "39", "73"), LATE, ((2, 14, 17), (4, 14, 17)),
        languages=("zh", "yue"), capacity=10,
    ),
    Sketch(
        "Sarah Lim", "finance",
        "前 CFO，跨境电商独角兽",
        "Former CFO of a cross-border e-commerce unicorn",
        "在新加坡和深圳负责财务与融资十年，熟悉 VIE、ODI 备案和海外公司治理。",
        "Ten years of finance and fundraising in Singapore and Shenzhen: VIE structures, ODI filing, governance "
        "abroad.",
        ("财税", "出海", "融资", "资本运作与上市"),
        ("51", "52", "65"), LATE, ((1, 10, 12), (3, 10, 12)),
        languages=("en", "zh"), capacity=6, link="https://meeting.example.com/p/slim",
    ),
    Sketch(
        "彭志强", "policy",
        "科技政策研究员",
        "Researcher on science and technology policy",
        "参与编写多项区级科技政策，熟悉创业场租补贴、科技型中小企业评价和专精特新申报。",
        "Has helped to write several district policies; rent subsidies, SME evaluation, and specialised-and-new "
        "status.",
        ("政策申报", "高新认定"),
        ("73", "75"), LATE, ((1, 9, 12), (2, 9, 12), (4, 9, 12)),
        languages=("zh",), capacity=16, full_time=True,
    ),
    Sketch(
        "苏文静", "entrepreneur",
        "消费品牌“初茶”创始人",
        "Founder of the consumer brand Chucha",
        "从一间工作室做到全国八十家门店，踩过渠道、定价和用人的坑。愿意毫无保留地分享。",
        "From one studio to eighty shops: has made every mistake with channels, prices and people, and shares "
        "them all.",
        ("市场营销", "销售与渠道", "人力资源", "创始人成长"),
        ("15", "52"), ("idea", "seed", "early"), ((5, 19, 21), (7, 14, 17)),
        languages=("zh",), capacity=6,
    ),
)  # fmt: skip

"""Believable names, and identifiers with their check digits."""

from __future__ import annotations

from random import Random

from incubator.bookings.visiting import Guest
from incubator.core.identifiers import complete_credit_code

SURNAMES = "陈李黄张林刘王吴郑罗谢何许邓冯曾彭苏潘钟卢蔡魏余杜叶程姚"
GIVEN = (
    "嘉怡", "志强", "雨桐", "思远", "文博", "晓峰", "子涵", "佳宁", "浩然", "静雯", "俊杰", "梦琪", "海涛", "雅婷",
    "伟豪", "诗涵", "建国", "心怡", "宇航", "婉清", "明轩", "若溪", "天佑", "书瑶", "启航", "晓琳",
)  # fmt: skip
BRANDS = (
    ("智联微芯", "Zhilian Microchip", "集成电路设计"), ("云图视觉", "Yuntu Vision", "人工智能软件"),
    ("海蓝生物", "Hailan Biotech", "生物医药研发"), ("极目无人机", "Jimu Drones", "无人机制造"),
    ("绿源储能", "Lvyuan Storage", "新能源储能"), ("灵犀机器人", "Lingxi Robotics", "工业机器人"),
    ("慧农数据", "Huinong Data", "农业信息化"), ("星河传感", "Xinghe Sensors", "传感器制造"),
    ("麦田教育", "Maitian Education", "教育软件"), ("知行医疗", "Zhixing Medical", "医疗器械"),
    ("深光光电", "Shenguang Optics", "光电子器件"), ("潮汐物联", "Chaoxi IoT", "物联网服务"),
    ("木星游戏", "Muxing Games", "数字内容"), ("青橙设计", "Qingcheng Design", "工业设计"),
    ("数澜科技", "Shulan Data", "数据处理"), ("优氪新材料", "Youke Materials", "新材料研发"),
    ("北斗导航", "Beidou Navigation", "卫星导航应用"), ("方舟安全", "Fangzhou Security", "网络安全"),
    ("蜂巢智能", "Fengchao AI", "人工智能软件"), ("晨曦照明", "Chenxi Lighting", "照明设备"),
    ("鲸落环保", "Jingluo Environment", "环保技术"), ("芯火半导体", "Xinhuo Semiconductor", "集成电路设计"),
    ("可乐出行", "Kele Mobility", "智能出行"), ("脉动健康", "Maidong Health", "健康管理"),
    ("拾光影像", "Shiguang Imaging", "数字影像"), ("原点检测", "Yuandian Testing", "检验检测"),
    ("沃土农科", "Wotu Agritech", "农业技术"), ("纸飞机文化", "Paper Plane Culture", "文化创意"),
    ("飞鱼电商", "Feiyu Commerce", "电子商务"), ("汇流支付", "Huiliu Payments", "金融科技"),
    ("山海测绘", "Shanhai Mapping", "测绘服务"), ("一米阳光能源", "Sunmeter Energy", "光伏应用"),
    ("蓝鲸音频", "Blue Whale Audio", "智能硬件"), ("问源基因", "Wenyuan Genomics", "基因检测"),
    ("火种动力", "Huozhong Power", "动力电池"), ("量子加速", "Quantum Boost", "量子计算"),
    ("小满科技", "Xiaoman Tech", "企业服务"), ("见微显微", "Jianwei Microscopy", "科学仪器"),
    ("南科智造", "Nanke Smart Making", "智能制造"), ("红杉树语言", "Redwood Language", "语言技术"),
    ("泊云停车", "Boyun Parking", "智慧停车"), ("安芯可穿戴", "Anxin Wearables", "可穿戴设备"),
    ("百草智药", "Baicao Pharma", "生物医药研发"), ("织网通信", "Zhiwang Telecom", "通信设备"),
    ("初芽母婴", "Chuya Baby", "消费品"), ("天问航天", "Tianwen Space", "商业航天"),
)  # fmt: skip
TEAMS = (
    ("深大织梦团队", "Dream Weavers"), ("南科大声学团队", "Acoustics Team"), ("极光XR团队", "Aurora XR"),
    ("小筑模块建筑团队", "Xiaozhu Modular"), ("海归光伏团队", "Returnee Solar"), ("晴空气象团队", "Clear Sky"),
    ("手语翻译团队", "Sign Language AI"), ("非遗数字化团队", "Heritage Digital"), ("碳足迹团队", "Carbon Footprint"),
    ("智能假肢团队", "Smart Prosthetics"), ("乡村快递团队", "Village Delivery"), ("微藻蛋白团队", "Microalgae Protein"),
    ("夜跑地图团队", "Night Run Maps"), ("退役军人无人机团队", "Veterans' Drones"),
)  # fmt: skip
MEETINGS = (
    "产品评审", "融资会谈", "客户演示", "周例会", "面试", "项目启动会", "路演排练", "专利讨论", "供应商洽谈", "培训",
    "董事会", "设计评审", "导师辅导", "代码评审", "财务对账",
)  # fmt: skip
OWN_USES = ("运营例会", "政策宣讲会", "创业沙龙", "消防演练说明", "参观接待")
VISITORS = {
    10: [Guest("周敏", "zhou.min@guests.example", "南山区科技创新局"), Guest("Daniel Weber", "", "Weber Optik GmbH")],
    15: [Guest("孙立", "", "鹏城创投", "粤B12345")],
}
"""Who comes today, by hour."""
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def person_name(random: Random) -> str:
    return random.choice(SURNAMES) + random.choice(GIVEN)


def phone(random: Random) -> str:
    """A mobile number of a shape that China uses."""
    return random.choice(("135", "138", "139", "150", "186", "189")) + "".join(
        str(random.randrange(10)) for _ in range(8)
    )


def credit_code(random: Random, division: str) -> str:
    """A valid unified social credit code of a company registered in `division` (GB/T 2260)."""
    return complete_credit_code(f"91{division}MA5" + "".join(random.choice(ALPHABET) for _ in range(6)))

"""The workbook's sheets and columns, as data: the template, the reader and the help all go by them.

A sheet and a column are found by their Chinese title, their English title or their key, whichever the file has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from incubator.core.errors import N_

Kind = Literal["text", "choice", "decimal", "integer", "date", "time", "codes"]

UNIT_KINDS = {"desk": "工位", "office": "办公室", "room": "房间", "hall": "大厅", "instrument": "仪器设备", "parking": "车位"}
PURPOSES = {"incubation": "孵化", "public_service": "公共服务", "operator": "自用"}
RESOURCE_KINDS = {"meeting_room": "会议室", "hall": "大厅", "desk": "工位", "instrument": "仪器设备", "parking": "车位"}
TAKES = {"all": "全部", "any": "任一"}
CALENDARS = {"CN": "法定日历", "weekdays": "周一至周五"}
STARTUP_KINDS = {"company": "企业", "team": "团队"}
CHARGES = {"rent": "租金", "property_fee": "物业费", "service_fee": "服务费", "booking": "预订"}
BASES = {"m2_month": "元/m²·月", "unit_month": "元/个·月", "hour": "元/小时"}
PRORATIONS = {"calendar_days": "按当月天数", "thirty_days": "每天三十分之一", "half_months": "按半个月"}
PRICED = UNIT_KINDS | RESOURCE_KINDS


class Column(Struct, frozen=True):
    """A column: its titles, what its cells hold, and a note for whoever fills it."""

    key: str
    zh: str
    en: str
    note: str
    examples: tuple[object, ...]
    kind: Kind = "text"
    required: bool = False
    choices: Mapping[str, str] | None = None
    """Key → Chinese word; either may be typed."""
    longest: int = 200


class Sheet(Struct, frozen=True):
    """A sheet: a thing per row."""

    key: str
    zh: str
    en: str
    columns: tuple[Column, ...]

    def column(self, key: str) -> Column:
        return next(column for column in self.columns if column.key == key)


SITE = Column("site", "场地编号", "Site", N_("Code of a site in this workbook, or of one that is there."), ("NS", "NS", "NS"),
              required=True, longest=20)  # fmt: skip

SHEETS: tuple[Sheet, ...] = (
    Sheet("sites", "场地", "Sites", (
        Column("code", "编号", "Code", N_("Short and unique."), ("NS",), required=True, longest=20),
        Column("name", "名称", "Name", N_("As people call it."), ("南山示例空间",), required=True, longest=100),
        Column("name_en", "英文名称", "English name", N_("Optional."), ("Nanshan example",), longest=100),
        Column("address", "地址", "Address", N_("Optional."), ("深圳市南山区",)),
        Column("zone", "时区", "Time zone", N_("IANA name; Asia/Shanghai when empty."), ("Asia/Shanghai",), longest=50),
        Column("calendar", "日历", "Calendar", N_("China's statutory calendar when empty."), ("CN",), "choice",
               choices=CALENDARS),
        Column("opens", "工作日开门", "Opens", N_("On working days, e.g. 09:00."), ("09:00",), "time", True),
        Column("closes", "工作日关门", "Closes", N_("On working days; 24:00 is midnight."), ("18:00",), "time", True),
        Column("rest_opens", "休息日开门", "Opens on rest days", N_("Empty: closed on rest days."), ("",), "time"),
        Column("rest_closes", "休息日关门", "Closes on rest days", N_("Empty: closed on rest days."), ("",), "time"),
        Column("open_from", "启用日期", "Open from", N_("First day of these hours."), ("2026-01-01",), "date", True),
    )),
    Sheet("units", "单元", "Units", (
        SITE,
        Column("floor", "楼层", "Floor", N_("Is made when it is not there."), ("3F", "3F", "3F"), required=True, longest=50),
        Column("code", "编号", "Code", N_("Unique within the site."), ("D1", "O1", "R1"), required=True, longest=20),
        Column("kind", "类型", "Kind", N_("Desk, office, room, hall, instrument or parking bay."),
               ("desk", "office", "room"), "choice", True, UNIT_KINDS),
        Column("purpose", "用途", "Purpose", N_("Decides in which figure of the occupancy report it counts."),
               ("incubation", "incubation", "public_service"), "choice", True, PURPOSES),
        Column("area_m2", "面积（m²）", "Area (m²)", N_("A number."), ("6.00", "30.00", "20.00"), "decimal", True),
        Column("in_service_from", "启用日期", "In service from", N_("First day on which it counts."),
               ("2026-01-01",) * 3, "date", True),
    )),
    Sheet("resources", "资源", "Resources", (
        SITE,
        Column("code", "编号", "Code", N_("Unique within the site."), ("R1",), required=True, longest=20),
        Column("name", "名称", "Name", N_("As people call it."), ("会议室一",), required=True, longest=100),
        Column("name_en", "英文名称", "English name", N_("Optional."), ("Room 1",), longest=100),
        Column("kind", "类型", "Kind", N_("Meeting room, hall, desk, instrument or parking bay."), ("meeting_room",),
               "choice", True, RESOURCE_KINDS),
        Column("units", "单元编号", "Units", N_("Codes with commas between them."), ("R1",), "codes", True, longest=2000),
        Column("takes", "占用方式", "Takes", N_("All of its units, or any one; all when empty."), ("all",), "choice",
               choices=TAKES),
        Column("capacity", "容纳人数", "Seats", N_("1 when empty."), (8,), "integer"),
        Column("granularity_minutes", "时间单位（分钟）", "Steps (minutes)", N_("15 when empty."), (15,), "integer"),
    )),
    Sheet("tariffs", "价目表", "Tariffs", (
        SITE,
        Column("name", "价目表", "Tariff", N_("Rows with the same site and name are one tariff."), ("2026",) * 3,
               required=True, longest=100),
        Column("valid_from", "生效日期", "Valid from", N_("The tariff before it ends the day before."),
               ("2026-01-01",) * 3, "date", True),
        Column("charge", "收费项目", "Charge", N_("Rent, property fee, service fee or booking."), ("rent", "property_fee", "booking"),
               "choice", True, CHARGES),
        Column("priced", "定价对象", "For", N_("A kind of unit; for bookings a kind of resource."),
               ("office", "office", "meeting_room"), "choice", True, PRICED),
        Column("basis", "计价方式", "Basis", N_("By m² and month, by unit and month, or by the hour."),
               ("m2_month", "m2_month", "hour"), "choice", True, BASES),
        Column("price", "单价（元，含税）", "Price (yuan, tax included)", N_("A number."), ("80.00", "10.00", "50.00"),
               "decimal", True),
        Column("proration", "不足整月", "Part of a month", N_("Proposed to agreements; by calendar day when empty."),
               ("calendar_days", "", ""), "choice", choices=PRORATIONS),
        Column("step_percent", "租金递增（%）", "Rent step (%)", N_("Proposed to agreements; empty: none."), ("5", "", ""), "decimal"),
        Column("step_months", "递增间隔（月）", "Step every (months)", N_("With the percentage."), (12, "", ""), "integer"),
        Column("deposit_months", "押金（月数）", "Deposit (months)", N_("Proposed: so many months' rent; empty: none."),
               ("2", "", ""), "decimal"),
    )),
    Sheet("companies", "创业企业", "Companies", (
        Column("code", "编号", "Code", N_("Your own number; the next free one when empty."), ("S-1001", "S-1002"), longest=20),
        Column("name", "名称", "Name", N_("As in the licence."), ("深圳示例科技有限公司", "示例团队"), required=True),
        Column("name_en", "英文名称", "English name", N_("Optional."), ("Example Technology", "")),
        Column("kind", "类型", "Kind", N_("Company, or team when not registered yet."), ("company", "team"), "choice", True,
               STARTUP_KINDS),
        Column("credit_code", "统一社会信用代码", "Credit code", N_("18 characters; companies only."),
               ("91110000802100433B", ""), longest=30),
        Column("registered_on", "注册日期", "Registered on", N_("Companies only."), ("2025-06-18", ""), "date"),
        Column("industry", "行业", "Industry", N_("Optional."), ("人工智能软件", ""), longest=100),
        Column("industry_code", "行业代码", "Industry code", N_("GB/T 4754, two to four digits; optional."), ("6513", ""), longest=20),
        Column("capital", "注册资本（万元）", "Registered capital (10,000 yuan)", N_("Companies only; optional."), ("100", ""), "decimal"),
        Column("paid_in", "实缴资本（万元）", "Paid-in capital (10,000 yuan)", N_("No more than is registered; optional."), ("30.5", ""),
               "decimal"),
        Column("contact_name", "联系人", "Contact", N_("Optional."), ("李雨桐", ""), longest=100),
        Column("contact_email", "电子邮箱", "E-mail", N_("Optional."), ("li@example.com", ""), longest=254),
        Column("contact_phone", "电话", "Phone", N_("Optional."), ("13800138000", ""), longest=50),
    )),
    Sheet("residencies", "入驻协议", "Residencies", (
        Column("number", "协议编号", "Agreement", N_("Rows with the same number are one agreement."), ("A-001",),
               required=True, longest=50),
        Column("company", "企业", "Company", N_("Code, credit code or name."), ("S-1001",), required=True),
        SITE,
        Column("unit", "单元编号", "Unit", N_("One row per unit."), ("O1",), required=True, longest=20),
        Column("starts_on", "起始日", "First day", N_("A date."), ("2026-08-01",), "date", True),
        Column("ends_on", "终止日", "Last day", N_("Empty: open-ended."), ("",), "date"),
        Column("rent_basis", "租金计价", "Rent basis", N_("By m² and month, or by unit and month."), ("m2_month",), "choice",
               True, {key: BASES[key] for key in ("m2_month", "unit_month")}),
        Column("rent", "租金单价（元）", "Rent (yuan)", N_("A number, tax included."), ("80.00",), "decimal", True),
        Column("property_fee", "物业费（元/m²·月）", "Property fee (yuan/m²·month)", N_("Empty: none."), ("10.00",), "decimal"),
        Column("service_fee", "服务费（元）", "Service fee (yuan)", N_("Empty: none."), ("",), "decimal"),
        Column("service_basis", "服务费计价", "Service fee basis", N_("By unit and month when empty."), ("unit_month",), "choice",
               choices={key: BASES[key] for key in ("m2_month", "unit_month")}),
        Column("proration", "不足整月", "Part of a month", N_("That of the site's tariff when empty."), ("",), "choice",
               choices=PRORATIONS),
    )),
    Sheet("bookings", "预订", "Bookings", (
        SITE,
        Column("resource", "资源编号", "Resource", N_("Its code at the site."), ("R1",), required=True, longest=20),
        Column("company", "企业", "Company", N_("Code, credit code or name; empty: your own use, free of charge."),
               ("S-1001",)),
        Column("on", "日期", "Date", N_("A date of the site."), ("2026-10-12",), "date", True),
        Column("start", "开始", "Starts", N_("A time of the site, e.g. 10:00."), ("10:00",), "time", True),
        Column("end", "结束", "Ends", N_("A time of the site; 24:00 is midnight."), ("11:30",), "time", True),
        Column("title", "主题", "Title", N_("Optional."), ("产品评审",), longest=100),
        Column("attendees", "人数", "People", N_("Optional."), (6,), "integer"),
    )),
)  # fmt: skip

BY_KEY = {sheet.key: sheet for sheet in SHEETS}

ORDER: dict[str, int] = {key: place for place, key in enumerate(BY_KEY)}
"""Where a sheet stands in the template."""

"""The demo's three sites: floors, units, resources, opening hours and prices, as data."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from incubator.pricing.rules.proposals import NOTHING_PROPOSED, Proposals


class Block(Struct, frozen=True):
    """A row of alike units: D01 … D28."""

    prefix: str
    count: int
    kind: str
    purpose: str
    areas: tuple[str, ...]
    """Areas in m², taken in turn."""


class Bookable(Struct, frozen=True):
    """A resource over units by their codes."""

    code: str
    name: str
    name_en: str
    kind: str
    units: tuple[str, ...]
    capacity: int
    takes: str = "all"
    tags: tuple[str, ...] = ()
    hours: tuple[tuple[str, int, int], ...] = ()
    """Of its own, within those of its site."""


class Place(Struct, frozen=True):
    """A site."""

    code: str
    name: str
    name_en: str
    address: str
    division: str
    hours: tuple[tuple[str, int, int], ...]
    floors: tuple[tuple[str, int, tuple[Block, ...]], ...]
    bookables: tuple[Bookable, ...]
    office_rent: Decimal
    desk_rent: Decimal
    fee: Decimal
    room_hour: Decimal
    proposals: Proposals = NOTHING_PROPOSED
    """What its tariff proposes to agreements beside prices."""
    desk_service: Decimal | None = None


ROOM_TAGS = (
    ("screen", "whiteboard", "air-conditioning", "step-free"),
    ("screen", "video-conference", "whiteboard", "air-conditioning", "step-free", "wheelchair-space"),
    ("projector", "video-conference", "phone", "sound-insulation", "air-conditioning", "step-free", "hearing-loop"),
    ("projector", "microphone", "air-conditioning", "daylight"),
)  # fmt: skip
HALL_TAGS = ("projector", "microphone", "air-conditioning", "step-free", "wheelchair-space", "accessible-toilet",
             "hearing-loop", "直播设备")  # fmt: skip


def _rooms(count: int) -> tuple[Bookable, ...]:
    seats = (6, 8, 12, 20)
    return tuple(
        Bookable(f"R{n}", f"会议室{'一二三四'[n - 1]}", f"Meeting room {n}", "meeting_room", (f"R{n}",), seats[n - 1],
                 tags=ROOM_TAGS[n - 1])
        for n in range(1, count + 1)
    )


def _hot_desks(first: int, last: int) -> Bookable:
    units = tuple(f"D{n:02}" for n in range(first, last + 1))
    return Bookable("HOT", "共享工位", "Hot desks", "desk", units, 1, "any", ("daylight", "kitchen", "adjustable-desk"))


HALL_HOURS = (("workday", 10 * 60, 17 * 60 + 30),)
WEEKDAYS = (("workday", 9 * 60, 18 * 60),)
LONG = (("workday", 8 * 60 + 30, 21 * 60), ("restday", 10 * 60, 18 * 60))

PLACES = (
    Place(
        "NS", "南山创客空间", "Nanshan Maker Space", "深圳市南山区科技园高新南七道 18 号", "440305", WEEKDAYS,
        (
            ("3F", 3, (Block("D", 26, "desk", "incubation", ("4.50",)),
                       Block("R", 3, "room", "public_service", ("14.00", "20.00", "32.00")))),
            ("4F", 4, (Block("O", 10, "office", "incubation", ("30.00", "54.50", "42.00", "68.00")),
                       Block("H", 2, "hall", "public_service", ("90.00", "90.00")))),
        ),
        (*_rooms(3), _hot_desks(21, 26),
         Bookable("HALL", "路演大厅", "Roadshow hall", "hall", ("H1", "H2"), 160, tags=HALL_TAGS, hours=HALL_HOURS),
         Bookable("HALL-E", "路演东厅", "East hall", "hall", ("H1",), 80, tags=HALL_TAGS[:4], hours=HALL_HOURS),
         Bookable("HALL-W", "路演西厅", "West hall", "hall", ("H2",), 80, tags=HALL_TAGS[:4], hours=HALL_HOURS)),
        Decimal("80"), Decimal("600"), Decimal("10"), Decimal("50"),
        Proposals(step_percent=Decimal(5), step_months=12, deposit_months=Decimal(2)),
    ),
    Place(
        "BA", "宝安硬件工场", "Bao'an Hardware Works", "深圳市宝安区新安街道创业二路 88 号", "440306", LONG,
        (
            ("1F", 1, (Block("I", 2, "instrument", "public_service", ("12.00",)),
                       Block("P", 6, "parking", "operator", ("12.50",)))),
            ("2F", 2, (Block("D", 20, "desk", "incubation", ("5.00",)),
                       Block("O", 8, "office", "incubation", ("48.00", "60.00", "36.00")),
                       Block("R", 2, "room", "public_service", ("18.00", "28.00")))),
        ),
        (*_rooms(2), _hot_desks(17, 20),
         Bookable("I1", "三维打印机", "3D printer", "instrument", ("I1",), 2),
         Bookable("I2", "频谱分析仪", "Spectrum analyser", "instrument", ("I2",), 2),
         Bookable("CAR", "访客车位", "Visitors' parking", "parking", ("P5", "P6"), 1, "any")),
        Decimal("55"), Decimal("450"), Decimal("8"), Decimal("40"),
        Proposals("half_months", deposit_months=Decimal(1)), Decimal("100"),
    ),
    Place(
        "WC", "武昌光谷孵化器", "Wuchang Optics Incubator", "武汉市武昌区中北路 66 号", "420106", WEEKDAYS,
        (
            ("5F", 5, (Block("D", 24, "desk", "incubation", ("4.00",)),
                       Block("R", 3, "room", "public_service", ("16.00", "24.00", "36.00")))),
            ("6F", 6, (Block("O", 12, "office", "incubation", ("40.00", "75.00", "52.00", "30.00")),
                       Block("I", 2, "instrument", "public_service", ("15.00",)))),
        ),
        (*_rooms(3), _hot_desks(19, 24),
         Bookable("I1", "光谱仪", "Spectrometer", "instrument", ("I1",), 2)),
        Decimal("45"), Decimal("400"), Decimal("6"), Decimal("30"),
        Proposals("thirty_days", Decimal(3), 12, Decimal("1.5")),
    ),
)  # fmt: skip

HOUR_PRICES = {"hall": Decimal("300"), "desk": Decimal("5"), "instrument": Decimal("80"), "parking": Decimal("4")}

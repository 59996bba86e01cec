"""What a resource has, in words: tags that the product knows by a name and an icon, and free ones. Pure.

A tag stays as it was typed. The known ones have a code (`screen`); who types one of their names instead ("屏幕") means
the same, for pages and for rules that hold for a tag.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from incubator.core.errors import N_


class Amenity(Struct, frozen=True):
    """Something that many rooms have: its code, its name, an icon, and how else people write it."""

    code: str
    name: str
    icon: str
    words: tuple[str, ...]
    access: bool = False
    """Whether people with a disability look for it first."""


AMENITIES: tuple[Amenity, ...] = (
    Amenity("screen", N_("Screen"), "device-tv", ("屏幕", "显示屏", "大屏", "display", "tv")),
    Amenity("projector", N_("Projector"), "presentation", ("投影", "投影仪", "投影机")),
    Amenity("whiteboard", N_("Whiteboard"), "chalkboard", ("白板",)),
    Amenity("video-conference", N_("Video conference"), "video", ("视频会议", "video")),
    Amenity("phone", N_("Conference telephone"), "phone", ("会议电话", "电话", "telephone")),
    Amenity("microphone", N_("Microphone and loudspeakers"), "microphone", ("麦克风", "音响", "扩声", "pa")),
    Amenity("air-conditioning", N_("Air conditioning"), "air-conditioning", ("空调", "aircon")),
    Amenity("sound-insulation", N_("Sound insulation"), "ear-off", ("隔音", "quiet")),
    Amenity("daylight", N_("Daylight"), "sun", ("自然采光", "采光", "window")),
    Amenity("kitchen", N_("Kitchen"), "tools-kitchen-2", ("茶水间", "厨房", "pantry")),
    Amenity("step-free", N_("Step-free access"), "stairs", ("无障碍通道",), access=True),
    Amenity("wheelchair-space", N_("Space for a wheelchair"), "wheelchair", ("轮椅空间", "轮椅", "wheelchair"),
            access=True),
    Amenity("accessible-toilet", N_("Accessible toilet nearby"), "disabled",
            ("附近有无障碍卫生间", "无障碍卫生间"), access=True),
    Amenity("hearing-loop", N_("Hearing loop"), "ear", ("助听环路", "听力环路"), access=True),
    Amenity("adjustable-desk", N_("Height-adjustable desk"), "arrows-vertical", ("升降桌", "standing desk"),
            access=True),
)  # fmt: skip
BY_CODE = {each.code: each for each in AMENITIES}
_BY_WORD = {word.casefold(): each for each in AMENITIES for word in (each.code, each.name, *each.words)}


def amenity_of(tag: str) -> Amenity | None:
    """What a tag stands for, by its code or one of its names; None for a free one."""
    return _BY_WORD.get(tag.strip().casefold())


def same_tag(tag: str) -> str:
    """The tag by which rules compare: `屏幕`, `Screen` and `screen` are one."""
    known = amenity_of(tag)
    return known.code if known else tag


class Furnishing(Struct, frozen=True):
    """The tags of one resource, sorted for a page: known ones in the order of `AMENITIES`, then free ones."""

    amenities: tuple[Amenity, ...]
    access: tuple[Amenity, ...]
    others: tuple[str, ...]


def furnish(tags: Iterable[str]) -> Furnishing:
    """What the tags say that a resource has."""
    given = list(tags)
    codes = {same_tag(tag) for tag in given}
    known = [each for each in AMENITIES if each.code in codes]
    return Furnishing(
        tuple(each for each in known if not each.access),
        tuple(each for each in known if each.access),
        tuple(tag for tag in given if amenity_of(tag) is None),
    )


def choose(tags: Iterable[str], codes: Iterable[str], free: Iterable[str]) -> list[str]:
    """The tags of a resource that had `tags`, after the boxes of `codes` were ticked and `free` ones written beside.

    What it has already stays as it was typed; a name that is written among the free ones counts as its box.
    """
    written, wanted = list(free), set(codes)
    wanted |= {known.code for tag in written if (known := amenity_of(tag))}
    kept = [tag for tag in tags if (known := amenity_of(tag)) and known.code in wanted]
    new = wanted - {same_tag(tag) for tag in kept}
    return kept + sorted(new) + [tag for tag in written if amenity_of(tag) is None]

"""What a startup has achieved: rounds, rights, qualifications and the like, as words that are counted. Pure."""

from __future__ import annotations

RIGHTS = ("invention", "utility_model", "design", "software", "layout", "plant_variety", "trademark", "other")
"""Intellectual property by kind: 发明专利, 实用新型, 外观设计, 软件著作权, 集成电路布图设计, 植物新品种, 商标."""

QUALIFICATIONS = (
    "technology_sme", "high_tech", "innovative_sme", "specialised", "little_giant", "gazelle", "unicorn", "other",
)  # fmt: skip
"""科技型中小企业, 高新技术企业, 创新型中小企业, 专精特新中小企业, 专精特新“小巨人”, 瞪羚, 独角兽."""

ROUNDS = ("seed", "angel", "pre_a", "a", "b", "c", "later", "strategic", "loan", "other")
BOARDS = ("main", "chinext", "star", "bse", "neeq", "regional", "overseas", "other")
"""主板, 创业板, 科创板, 北交所, 新三板, 区域性股权市场, 境外."""

SORTS: dict[str, tuple[str, ...]] = {
    "financing": ROUNDS, "right_applied": RIGHTS, "right_granted": RIGHTS, "qualification": QUALIFICATIONS,
    "listing": BOARDS, "acquisition": (), "award": (),
}  # fmt: skip
"""The kinds of achievement, each with what it can be of; () where nothing more is asked."""

"""What a blind reviewer may not read."""

from __future__ import annotations

import pytest

from incubator.startups.rules.blinding import HIDDEN, blinded

NAMES = ["芯翼科技有限公司", "Xinyi Tech Co., Ltd.", "张三", "Li Ming"]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("芯翼科技（www.xinyi.cn）由张三创办", "■■■（■■■）由■■■创办"),
        ("芯翼科技有限公司是一家公司", "■■■是一家公司"),
        ("XINYI  TECH is led by li ming.", "■■■ is led by ■■■."),
        ("Limited edition, Li Mingus", "Limited edition, Li Mingus"),
        ("写信到 zhang@xinyi.cn 或致电 138 0013 8000", "写信到 ■■■ 或致电 ■■■"),
        ("代码 91440300MA5ABCDE1X，注册于深圳", "代码 ■■■，注册于深圳"),
        ("2026 年营收 1,200 万元，专利 13 件", "2026 年营收 1,200 万元，专利 13 件"),
    ],
)  # fmt: skip
def test_names_and_ways_to_them_are_left_out(text: str, left: str) -> None:
    assert blinded(text, NAMES).replace("■■■ ■■■", HIDDEN) == left


def test_a_name_of_one_character_or_none_hides_nothing() -> None:
    assert blinded("我们在南山", ["", "我"]) == "我们在南山"


def test_what_looks_like_a_pattern_is_a_name() -> None:
    assert blinded("a+b (c) makes it", ["A+B (C)"]) == f"{HIDDEN} makes it"

"""Fields found in free text, and profiles as values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from incubator.core.errors import Refusal
from incubator.mentors.rules.fields import Words, find_fields
from incubator.mentors.rules.profiles import (
    Profile,
    check_complete,
    compare,
    compare_texts,
    read_profile,
    tidy_profile,
)
from incubator.mentors.rules.vocabulary import LANGUAGES, MENTOR_KINDS, STAGES

VOCABULARY = [
    Words(1, ("知识产权", "Intellectual property", "专利", "IP", "商标")),
    Words(2, ("人工智能", "Artificial intelligence", "AI", "大模型")),
    Words(3, ("医疗器械注册", "Medical device registration", "注册证")),
    Words(4, ("器械设计", "Device design", "器械")),
    Words(5, ("融资", "Fundraising", "IP", "天使轮")),
]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("想申请专利", (1,)),
        ("我们做大模型，想找天使轮", (2, 5)),
        ("ＡＩ 芯片", (2,)),
        ("做AI芯片的", (2,)),
        ("we maintain a paid service", ()),
        ("artificial   INTELLIGENCE and fundraising", (2, 5)),
        ("医疗器械注册怎么办", (3,)),
        ("器械和医疗器械注册", (4, 3)),
        ("IP", (1, 5)),
        ("IPO", ()),
        ("", ()),
        ("别的事", ()),
    ],
)
def test_fields_are_found_by_any_word(text: str, found: tuple[int, ...]) -> None:
    assert find_fields(text, VOCABULARY) == found


@given(st.text(max_size=80))
def test_any_text_can_be_read(text: str) -> None:
    assert set(find_fields(text, VOCABULARY)) <= {1, 2, 3, 4, 5}


@given(st.sampled_from(VOCABULARY), st.data())
def test_every_word_finds_its_field(words: Words, data: st.DataObject) -> None:
    word = data.draw(st.sampled_from(words.words))
    assert words.field_id in find_fields(f"…{word.swapcase()}。", VOCABULARY)


GOOD = Profile(
    kind="legal", site_id=1, headline=" 律师  ", biography="做过\n\n\n\n许多", field_ids=(3, 1, 3), industries=("6513", "65", "35"),
    stages=("growth", "idea"), languages=("en", "zh"), site_ids=(2, 1), rate_minor=500_00, takes_vouchers=True,
)  # fmt: skip


def test_a_profile_is_kept_tidy() -> None:
    assert tidy_profile(GOOD) == replace(
        GOOD, headline="律师", biography="做过\n\n许多", field_ids=(1, 3), industries=("35", "65"), stages=("idea", "growth"),
        languages=("zh", "en"), site_ids=(2,),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "wizard"}, "kind"), ({"engagement": "never"}, "engagement"), ({"rate_minor": 0}, "rate"),
        ({"rate_minor": 10_000_01}, "rate"), ({"rate_minor": None}, "takes_vouchers"), ({"stages": ("x",)}, "stages"),
        ({"languages": ("tlh",)}, "languages"), ({"industries": ("99",)}, "industries"),
        ({"field_ids": tuple(range(13))}, "field_ids"), ({"headline": "长" * 121}, "headline"),
        ({"biography": "长" * 2001}, "biography"),
    ],
)  # fmt: skip
def test_what_a_profile_can_not_say(change: dict[str, object], field: str) -> None:
    with pytest.raises(Refusal) as refused:
        tidy_profile(replace(GOOD, **change))  # type: ignore[arg-type]
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("change", "field"),
    [({"headline": ""}, "headline"), ({"biography": ""}, "biography"), ({"field_ids": ()}, "field_ids"), ({"languages": ()}, "languages")],
)
def test_what_a_profile_must_say(change: dict[str, object], field: str) -> None:
    check_complete(tidy_profile(GOOD))
    with pytest.raises(Refusal) as refused:
        check_complete(tidy_profile(replace(GOOD, **change)))  # type: ignore[arg-type]
    assert refused.value.field == field


def test_what_differs_is_named() -> None:
    changed = replace(GOOD, field_ids=(3, 4), biography="新", rate_minor=None, takes_vouchers=False)
    changes = {each.name: each for each in compare(GOOD, changed)}
    assert list(changes) == ["biography", "field_ids", "rate_minor", "takes_vouchers"]
    fields = changes["field_ids"]
    assert (fields.added, fields.removed, fields.kept, fields.is_list) == ((4,), (1,), (3,), True)


def test_texts_are_compared_by_their_pieces() -> None:
    assert compare_texts("芯片设计", "芯片与系统设计") == [("same", "芯片"), ("added", "与系统"), ("same", "设计")]
    assert compare_texts("chip design", "chips design") == [("removed", "chip"), ("added", "chips"), ("same", " design")]
    assert compare_texts("", "新") == [("added", "新")]


profiles = st.builds(
    Profile, kind=st.sampled_from(MENTOR_KINDS), site_id=st.integers(1, 9), headline=st.text(max_size=20),
    field_ids=st.lists(st.integers(1, 9), max_size=5).map(tuple), languages=st.lists(st.sampled_from(LANGUAGES)).map(tuple),
    stages=st.lists(st.sampled_from(STAGES)).map(tuple), rate_minor=st.none() | st.integers(1, 100_00),
)  # fmt: skip


@given(profiles)
def test_what_is_kept_is_read_again(profile: Profile) -> None:
    assert read_profile(profile.as_data()) == profile
    assert compare(profile, profile) == []


@given(st.text(max_size=40), st.text(max_size=40))
def test_pieces_make_up_both_texts(before: str, after: str) -> None:
    pieces = compare_texts(before, after)
    assert "".join(text for what, text in pieces if what != "added") == before
    assert "".join(text for what, text in pieces if what != "removed") == after

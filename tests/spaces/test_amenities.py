"""What a resource has: known by code or name, shown in words, compared by rules."""

from __future__ import annotations

import re

import pytest
from sqlalchemy.orm import Session

from incubator.spaces.amenities import AMENITIES, amenity_of, choose, furnish, same_tag
from incubator.web.vendor import ICONS
from tests.cast import Cast
from tests.conftest import Browser
from tests.spaces.conftest import Place
from tests.spaces.test_pages import address


@pytest.mark.parametrize(
    ("tag", "code"), [("screen", "screen"), ("Screen", "screen"), (" 屏幕 ", "screen"), ("Step-free access", "step-free"),
                      ("投影", "projector"), ("助听环路", "hearing-loop")],
)  # fmt: skip
def test_a_known_thing_has_one_code_however_it_is_written(tag: str, code: str) -> None:
    assert same_tag(tag) == code


def test_no_word_means_two_things_and_each_has_an_icon() -> None:
    words = [word.casefold() for each in AMENITIES for word in {each.code, each.name.lower(), *each.words}]
    assert len(words) == len(set(words))
    assert {each.icon for each in AMENITIES} <= set(ICONS)
    assert amenity_of("VIP") is None and same_tag("VIP") == "VIP"


def test_accessibility_is_a_group_of_its_own_and_free_tags_come_last() -> None:
    found = furnish(["VIP", "hearing-loop", "屏幕", "step-free", "白板"])
    assert [each.code for each in found.amenities] == ["screen", "whiteboard"]
    assert [each.code for each in found.access] == ["step-free", "hearing-loop"]
    assert found.others == ("VIP",)


def test_ticking_keeps_what_was_typed() -> None:
    assert choose(["屏幕", "VIP"], ["screen", "whiteboard"], ["VIP"]) == ["屏幕", "whiteboard", "VIP"]
    assert choose(["屏幕", "VIP"], [], []) == []
    assert choose([], [], ["投影仪", "a"]) == ["projector", "a"], "a name among the free words is its box"


def test_the_form_offers_boxes_and_keeps_free_tags(client: Browser, session: Session, cast: Cast, place: Place) -> None:
    client.sign_in(cast.manager)
    place.room.tags = ["屏幕", "VIP"]
    session.flush()
    form = client.get(address("/sites/{site}/resources/{resource}/edit", place)).text
    assert re.search(r'value="screen" checked', form) and not re.search(r'value="whiteboard" checked', form)
    assert 'value="VIP"' in form
    data = {"code": "R1", "name": "会议室一", "kind": "meeting_room", "units": str(place.units["R1"].id), "takes": "all",
            "capacity": "9", "granularity_minutes": "15", "tags": "VIP，靠窗", "amenities": ["screen", "step-free"]}  # fmt: skip
    answer = client.post(address("/sites/{site}/resources/{resource}/edit", place), data=data)
    assert answer.status_code == 303
    session.refresh(place.room)
    assert place.room.tags == sorted(["屏幕", "step-free", "VIP", "靠窗"]) and place.room.capacity == 9
    page = client.get(answer.location).text
    assert "显示屏" in page and "无障碍通道" in page and "靠窗" in page
    wrong = client.post(address("/sites/{site}/resources/{resource}/edit", place), data=data | {"amenities": ["jacuzzi"]})
    assert wrong.status_code == 422

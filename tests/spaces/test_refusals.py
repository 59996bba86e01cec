"""What cannot be: each form answers 4xx with its sentence at the field, keeps what was typed and changes nothing."""

from __future__ import annotations

import re
from typing import Any

import pytest
from markupsafe import escape
from sqlalchemy.orm import Session

from incubator.spaces.operations import add_floor, add_units, create_site
from incubator.web.routing import NUL, SUBSTITUTE
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.spaces.conftest import Place
from tests.spaces.test_pages import address, events

BEYOND = str(2**63)

SITE = {"code": "FT2", "name": "福田三号", "name_en": "Futian", "address": "深圳", "zone": "Asia/Shanghai",
        "calendar": "CN", "opens": "09:00", "closes": "18:00", "rest_opens": "", "rest_closes": ""}  # fmt: skip
NAME = {"name": "南山新址", "name_en": "New", "address": "科技园"}
HOURS = {"from_on": "2099-05-01", "opens": "08:00", "closes": "12:00", "opens_2": "13:00", "closes_2": "20:00",
         "rest_opens": "10:00", "rest_closes": "12:00", "rest_opens_2": "14:00", "rest_closes_2": "16:00"}  # fmt: skip
FLOOR = {"name": "2F", "level": "2"}
UNITS = {"floor_id": "{floor}", "code": "W", "count": "1", "first": "1", "kind": "desk", "purpose": "incubation",
         "area_m2": "6.00", "in_service_from": "2026-01-01", "in_service_until": ""}  # fmt: skip
UNIT = {"code": "A1", "purpose": "incubation", "area_m2": "6.00"}
RESOURCE = {"code": "HOT", "name": "共享工位", "name_en": "Hot desks", "kind": "desk", "units": "{D3}", "takes": "any",
            "capacity": "1", "granularity_minutes": "15"}  # fmt: skip
DAY = {"on": "2100-01-01", "day_kind": "closed", "note": "消防检查"}
CLOSURE = {"units": "{D4}", "start": "2101-02-01T08:30", "end": "2101-02-02T00:00", "reason": "清洁"}

FORMS: dict[str, tuple[str, dict[str, str]]] = {
    "new site": ("/sites/new", SITE),
    "edit site": ("/sites/{site}/edit", NAME),
    "hours": ("/sites/{site}/hours", HOURS),
    "new floor": ("/sites/{site}/floors/new", FLOOR),
    "rename floor": ("/sites/{site}/floors/{floor}/edit", FLOOR),
    "new units": ("/sites/{site}/units/new", UNITS),
    "edit unit": ("/sites/{site}/units/{unit}/edit", UNIT),
    "retire unit": ("/sites/{site}/units/{unit}/retire", {"last_on": "2026-12-31"}),
    "new resource": ("/sites/{site}/resources/new", RESOURCE),
    "edit resource": ("/sites/{site}/resources/{resource}/edit", RESOURCE),
    "day": ("/sites/{site}/days/new", DAY),
    "closure": ("/sites/{site}/closures/new", CLOSURE),
}

LONG, UNPRINTABLE = "最多 {} 个字符。", "其中含有无法显示的字符。"
AGE, NO_DATE, GIVE_DATE = "日期须在 1970 年至 2199 年之间。", "没有这个日期；请写成 2026-10-31。", "请填写日期。"
NO_CHOICE, NO_INTEGER = "不是有效的选择。", "不是有效的整数。"
ORDER, OVERLAP, OPENS, CLOSES = "开门时间必须早于关门时间。", "两段开放时间重叠。", "请填写开门时间。", "请填写关门时间。"
AREA, DECIMALS, NO_AREA = "面积须在 0 至 100,000 m² 之间。", "面积最多保留两位小数。", "请填写面积（m²）。"
CODE, MOST, FIRST, SEATS = "请填写单元编号。", "一次可添加 1 至 200 个单元。", "起始编号须在 0 至 9,999 之间。", "资源的座位数为 1 至 10,000。"
STRANGE = "所选单元中有不属于本场地的，请重新选择。"
CHOOSE, NOT_COERCED, COERCE = "请至少选择该场地的一个单元。", "选择无效：至少一个数据输入无法被转化类型。", "选择无效：无法转化类型。"

WRONG: list[tuple[str, dict[str, Any], str, str]] = [
    ("new site", {"code": ""}, "code", "请填写场地编号。"),
    ("new site", {"code": "N" * 21}, "code", LONG.format(20)),
    ("new site", {"code": "NS"}, "code", "已有编号为 NS 的场地。"),
    ("new site", {"code": "N\x00S"}, "code", UNPRINTABLE),
    ("new site", {"name": "  "}, "name", "请填写场地名称。"),
    ("new site", {"name": "名" * 101}, "name", LONG.format(100)),
    ("new site", {"name": "南\u200b山"}, "name", UNPRINTABLE),
    ("new site", {"name_en": "n" * 101}, "name_en", LONG.format(100)),
    ("new site", {"name_en": "a\x1bb"}, "name_en", UNPRINTABLE),
    ("new site", {"address": "a" * 201}, "address", LONG.format(200)),
    ("new site", {"address": "a\u202eb"}, "address", UNPRINTABLE),
    ("new site", {"zone": "Mars/Base"}, "zone", NO_CHOICE),
    ("new site", {"calendar": "US"}, "calendar", NO_CHOICE),
    ("new site", {"opens": ""}, "opens", OPENS),
    ("new site", {"opens": "25:00"}, "opens", "不是有效的时间值。"),
    ("new site", {"closes": ""}, "closes", CLOSES),
    ("new site", {"closes": "noon"}, "closes", "不是有效的时间值。"),
    ("new site", {"closes": "08:00"}, "closes", ORDER),
    ("new site", {"closes": "09:00"}, "closes", ORDER),
    ("new site", {"rest_opens": "10:00"}, "rest_closes", CLOSES),
    ("new site", {"rest_closes": "10:00"}, "rest_opens", OPENS),
    ("new site", {"rest_opens": "10:00", "rest_closes": "09:59"}, "rest_closes", ORDER),
    ("edit site", {"name": ""}, "name", "请填写场地名称。"),
    ("edit site", {"name": "名" * 101}, "name", LONG.format(100)),
    ("edit site", {"name_en": "\x7f"}, "name_en", UNPRINTABLE),
    ("edit site", {"address": "a" * 201}, "address", LONG.format(200)),
    ("hours", {"from_on": ""}, "from_on", GIVE_DATE),
    ("hours", {"from_on": "2026-02-30"}, "from_on", NO_DATE),
    ("hours", {"from_on": "1900-01-01"}, "from_on", AGE),
    ("hours", {"from_on": "9999-12-31"}, "from_on", AGE),
    ("hours", {"closes": "07:00"}, "closes", ORDER),
    ("hours", {"closes_2": "13:00"}, "closes_2", ORDER),
    ("hours", {"opens_2": "11:59"}, "opens_2", OVERLAP),
    ("hours", {"rest_closes": "10:00"}, "rest_closes", ORDER),
    ("hours", {"rest_closes_2": "13:59"}, "rest_closes_2", ORDER),
    ("hours", {"rest_opens_2": "09:00"}, "rest_opens_2", OVERLAP),
    ("hours", {"opens": ""}, "opens", OPENS),
    ("hours", {"closes": ""}, "closes", CLOSES),
    ("hours", {"rest_closes_2": ""}, "rest_closes_2", CLOSES),
    ("hours", {"opens": "", "closes": ""}, "opens_2", "请先填写前一段时间。"),
    ("hours", {"rest_opens": "24:00"}, "rest_opens", "不是有效的时间值。"),
    ("new floor", {"name": ""}, "name", "请填写楼层名称。"),
    ("new floor", {"name": "1F"}, "name", "南山一号 已有楼层 1F。"),
    ("new floor", {"name": "层" * 51}, "name", LONG.format(50)),
    ("new floor", {"name": "1\x07F"}, "name", UNPRINTABLE),
    ("new floor", {"level": ""}, "level", "楼层数须在 -9 至 199 之间。"),
    ("new floor", {"level": "-10"}, "level", "楼层数须在 -9 至 199 之间。"),
    ("new floor", {"level": "200"}, "level", "楼层数须在 -9 至 199 之间。"),
    ("new floor", {"level": BEYOND}, "level", "楼层数须在 -9 至 199 之间。"),
    ("new floor", {"level": "one"}, "level", NO_INTEGER),
    ("new floor", {"level": "9" * 5000}, "level", NO_INTEGER),
    ("rename floor", {"name": "3F"}, "name", "南山一号 已有楼层 3F。"),
    ("rename floor", {"name": ""}, "name", "请填写楼层名称。"),
    ("rename floor", {"level": "1.5"}, "level", NO_INTEGER),
    ("new units", {"floor_id": BEYOND}, "floor_id", NO_CHOICE),
    ("new units", {"floor_id": "{elsewhere}"}, "floor_id", NO_CHOICE),
    ("new units", {"floor_id": "x"}, "floor_id", COERCE),
    ("new units", {"code": ""}, "code", CODE),
    ("new units", {"code": "O1"}, "code", "本场地已有单元 O1。"),
    ("new units", {"code": "D", "count": "9", "first": "3"}, "code", "本场地已有单元 D03。"),
    ("new units", {"code": "W" * 21}, "code", LONG.format(20)),
    ("new units", {"code": "W" * 20, "count": "2"}, "code", LONG.format(20)),
    ("new units", {"code": "W\x00"}, "code", UNPRINTABLE),
    ("new units", {"count": "0"}, "count", MOST),
    ("new units", {"count": ""}, "count", MOST),
    ("new units", {"count": "201"}, "count", MOST),
    ("new units", {"count": "9" * 30}, "count", MOST),
    ("new units", {"count": "few"}, "count", NO_INTEGER),
    ("new units", {"first": "-1"}, "first", FIRST),
    ("new units", {"first": "10000"}, "first", FIRST),
    ("new units", {"first": ""}, "first", FIRST),
    ("new units", {"kind": "chair"}, "kind", NO_CHOICE),
    ("new units", {"purpose": "fun"}, "purpose", NO_CHOICE),
    *[("new units", {"area_m2": area}, "area_m2", AREA)
      for area in ("NaN", "sNaN", "Infinity", "-Infinity", "1e400", "-1", "-0.01", "100000.01", "9" * 400)],
    ("new units", {"area_m2": "6.005"}, "area_m2", DECIMALS),
    ("new units", {"area_m2": "1e-400"}, "area_m2", DECIMALS),
    ("new units", {"area_m2": ""}, "area_m2", NO_AREA),
    ("new units", {"area_m2": "six"}, "area_m2", "不是有效的小数。"),
    ("new units", {"in_service_from": ""}, "in_service_from", GIVE_DATE),
    ("new units", {"in_service_from": "soon"}, "in_service_from", NO_DATE),
    ("new units", {"in_service_from": "1900-01-01"}, "in_service_from", AGE),
    ("new units", {"in_service_until": "9999-12-31"}, "in_service_until", AGE),
    ("new units", {"in_service_until": "2025-12-31"}, "in_service_until", "结束必须晚于开始。"),
    ("edit unit", {"code": "D1"}, "code", "本场地已有单元 D1。"),
    ("edit unit", {"code": ""}, "code", CODE),
    ("edit unit", {"code": "A" * 21}, "code", LONG.format(20)),
    ("edit unit", {"purpose": ""}, "purpose", NO_CHOICE),
    ("edit unit", {"area_m2": "NaN"}, "area_m2", AREA),
    ("edit unit", {"area_m2": "1.234"}, "area_m2", DECIMALS),
    ("retire unit", {"last_on": "2026-12-31"}, "last_on", "O1 的占用没有截止日，请先结束该占用。"),
    ("retire unit", {"last_on": "2025-12-31"}, "last_on", "最后一天不能早于第一天 2026年1月1日。"),
    ("retire unit", {"last_on": "1900-01-01"}, "last_on", AGE),
    ("retire unit", {"last_on": "9999-12-31"}, "last_on", AGE),
    ("retire unit", {"last_on": "never"}, "last_on", NO_DATE),
    *[(form, changes, field, sentence) for form in ("new resource", "edit resource") for changes, field, sentence in [
        ({"code": ""}, "code", "请填写资源编号。"),
        ({"code": "R" * 21}, "code", LONG.format(20)),
        ({"code": "R\x00"}, "code", UNPRINTABLE),
        ({"name": ""}, "name", "请填写资源名称。"),
        ({"name": "名" * 101}, "name", LONG.format(100)),
        ({"name_en": "n" * 101}, "name_en", LONG.format(100)),
        ({"kind": "boat"}, "kind", NO_CHOICE),
        ({"takes": "some"}, "takes", NO_CHOICE),
        ({"units": "x"}, "units", NOT_COERCED),
        ({"units": []}, "units", CHOOSE),
        ({"units": ["{D3}", BEYOND]}, "units", STRANGE),
        ({"units": ["{D3}", "{other_unit}"]}, "units", STRANGE),
        ({"capacity": "0"}, "capacity", SEATS),
        ({"capacity": "10001"}, "capacity", SEATS),
        ({"capacity": BEYOND}, "capacity", SEATS),
        ({"capacity": ""}, "capacity", SEATS),
        ({"capacity": "many"}, "capacity", NO_INTEGER),
        ({"granularity_minutes": "7"}, "granularity_minutes", NO_CHOICE),
    ]],
    ("new resource", {"code": "R1"}, "code", "本场地已有资源 R1。"),
    ("day", {"on": ""}, "on", GIVE_DATE),
    ("day", {"on": "1900-01-01"}, "on", AGE),
    ("day", {"on": "9999-12-31"}, "on", AGE),
    ("day", {"on": "2026-13-01"}, "on", NO_DATE),
    ("day", {"day_kind": "holiday"}, "day_kind", NO_CHOICE),
    ("day", {"note": "n" * 201}, "note", LONG.format(200)),
    ("day", {"note": "a\x00b"}, "note", UNPRINTABLE),
    ("closure", {"units": []}, "units", CHOOSE),
    ("closure", {"units": ["{D4}", "{other_unit}"]}, "units", STRANGE),
    ("closure", {"start": ""}, "start", "请填写日期和时间。"),
    ("closure", {"start": "soon"}, "start", "不是有效的日期与时间值。"),
    ("closure", {"start": "1900-01-01T00:00"}, "start", AGE),
    ("closure", {"start": "0001-01-01T00:00"}, "start", AGE),
    ("closure", {"end": "9999-12-31T23:59"}, "end", AGE),
    ("closure", {"end": "2101-02-01T08:30"}, "end", "结束必须晚于开始。"),
    ("closure", {"end": ""}, "end", "请填写日期和时间。"),
    ("closure", {"reason": ""}, "reason", "请说明原因，便于他人了解。"),
    ("closure", {"reason": "r" * 201}, "reason", LONG.format(200)),
    ("closure", {"reason": "a\x00b"}, "reason", UNPRINTABLE),
]  # fmt: skip


def filled(value: Any, names: dict[str, int]) -> Any:
    if isinstance(value, list):
        return [filled(each, names) for each in value]
    return value.format(**names) if value.startswith("{") else value


@pytest.mark.parametrize(
    ("form", "changes", "field", "sentence"), WRONG, ids=[f"{form}-{str(changes)[:40]}" for form, changes, _, _ in WRONG]
)
def test_bad_input_gets_its_sentence_at_its_field(
    client: Browser, cast: Cast, place: Place, session: Session, form: str, changes: dict[str, Any], field: str, sentence: str
) -> None:
    add_floor(session, cast.manager, now=NOW, site=place.site, name="3F", level=3)
    if changes.get("first") == "3":
        add_units(session, cast.manager, now=NOW, floor=place.floor, codes=["D03"], kind="desk", purpose="incubation",
                  area_m2=place.units["D1"].area_m2, in_service_from=NOW.date())  # fmt: skip
    elsewhere = add_floor(session, cast.manager, now=NOW, site=place.empty, name="9F")
    (other,) = add_units(session, cast.manager, now=NOW, floor=elsewhere, codes=["Z1"], kind="desk", purpose="operator",
                         area_m2=place.units["D1"].area_m2, in_service_from=NOW.date())  # fmt: skip
    names = {code: unit.id for code, unit in place.units.items()} | {
        "floor": place.floor.id, "elsewhere": elsewhere.id, "other_unit": other.id,
    }  # fmt: skip
    path, good = FORMS[form]
    data = {name: filled(value, names) for name, value in (good | changes).items()}
    before = events(session)

    answer = client.sign_in(cast.manager).post(address(path, place), data=data)

    assert answer.status_code in (409, 422)
    at_fields = re.findall(r'class="invalid-feedback d-block" id="([^"]+)-error">([^<]+)<', answer.text)
    assert [name for name, _ in at_fields] == [field] and sentence in at_fields[0][1], at_fields
    assert "alert-danger" not in answer.text
    assert re.search(rf'aria-describedby="{field}-error"', answer.text), "the sentence is tied to its field"
    for name, value in data.items():
        assert kept(answer.text, name, value), f"{name} is not as it was typed"
    assert events(session) == before


def kept(page: str, name: str, value: str | list[str]) -> bool:
    """Whether a field shows what was typed; a choice that there never was can't be shown."""
    shown = re.findall(rf'<(?:input|select)[^>]*name="{name}"[^>]*>', page)
    if 'type="checkbox"' in shown[0]:
        ticked = {re.search(r'value="(\d+)"', box)[1] for box in shown if " checked" in box}  # type: ignore[index]
        wanted = {value} if isinstance(value, str) else set(value)
        return ticked == {each for each in wanted if any(f'value="{each}"' in box for box in shown)}
    if shown[0].startswith("<select"):
        options = page.partition(shown[0])[2].partition("</select>")[0]
        return f'<option selected value="{value}">' in options or f'value="{value}"' not in options
    typed = str(escape(value)).replace(NUL, SUBSTITUTE)
    return f'value="{typed}"' in shown[0] or not value


MAY_BE_EMPTY = {"name_en", "address", "note", "in_service_until", "last_on"}
HOURS_MAY = set(HOURS) - {"from_on"} | {"rest_opens", "rest_closes"}


@pytest.mark.parametrize("form", [form for form in FORMS if form != "retire unit"])
def test_an_empty_form_says_all_that_is_missing_at_once(
    client: Browser, cast: Cast, place: Place, session: Session, form: str
) -> None:
    path, good = FORMS[form]
    optional = MAY_BE_EMPTY | (HOURS_MAY if form == "hours" else {"rest_opens", "rest_closes"})
    before = events(session)
    empty = {name: "" for name in good if name != "units"}
    answer = client.sign_in(cast.manager).post(address(path, place), data=empty)
    faults = re.findall(r'invalid-feedback d-block" id="([^"]+)-error">', answer.text)
    assert (answer.status_code, events(session)) == (422, before)
    assert (set(faults), len(faults)) == (set(good) - optional, len(set(faults)))


@pytest.mark.parametrize("form", list(FORMS))
def test_the_sentences_of_forms_are_in_english_too(client: Browser, cast: Cast, place: Place, form: str) -> None:
    path, good = FORMS[form]
    browser = client.sign_in(cast.manager)
    browser.post("/locale", data={"locale": "en", "next": "/sites"})
    data = {name: "" for name in good if name != "units"} | ({"last_on": "never"} if form == "retire unit" else {})
    answer = browser.post(address(path, place), data=data)
    faults = re.findall(r'invalid-feedback d-block" id="[^"]+-error">([^<]+)<', answer.text)
    assert faults and not any(re.search("[\u4e00-\u9fff]", fault) for fault in faults), faults


def test_the_last_minute_there_is_has_no_instant_west_of_greenwich(
    client: Browser, cast: Cast, place: Place, session: Session
) -> None:
    # 23:59 on 31 December 9999 in Los Angeles would be in the year 10000 by UTC
    site = create_site(session, cast.manager, now=NOW, code="LA", name="LA", hours=[], open_from=NOW.date(),
                       zone="America/Los_Angeles")  # fmt: skip
    floor = add_floor(session, cast.manager, now=NOW, site=site, name="1F")
    (unit,) = add_units(session, cast.manager, now=NOW, floor=floor, codes=["D1"], kind="desk", purpose="incubation",
                        area_m2=place.units["D1"].area_m2, in_service_from=NOW.date())  # fmt: skip
    data = CLOSURE | {"units": str(unit.id), "end": "9999-12-31T23:59"}
    answer = client.sign_in(cast.manager).post(f"/sites/{site.id}/closures/new", data=data)
    assert answer.status_code == 422
    assert re.findall(r'id="([^"]+)-error">([^<]+)<', answer.text) == [("end", AGE)]

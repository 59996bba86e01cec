"""Floor plans: pictures that are read without trust, shapes that are checked, and who may draw and see them."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from incubator.audit.models import AuditEvent
from incubator.core.errors import Forbidden, NotFound, Refusal
from incubator.documents.drawings import LARGEST, looks_like_drawing, read_drawing
from incubator.spaces.models import FloorPlan, UnitShape
from incubator.spaces.operations import DrawnMeanwhile, add_plan, draw_shapes, edit_plan, retire_plan
from incubator.spaces.plan_queries import get_plan, list_drawn_units, list_placed_units, list_plans
from incubator.spaces.plans import Shape, area_of, canvas, read_shapes, rectangle, write_shapes
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.spaces.conftest import Place
from tests.spaces.test_photos import jpeg


def svg(inside: str = '<path d="M0 0h1200"/>', attributes: str = 'viewBox="0 0 1200 800"') -> bytes:
    return (f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" {attributes}>'
            f"{inside}</svg>").encode()  # fmt: skip


REUSED = "".join(f'<g id="p{n}">' + f'<use href="#p{n + 1}"/>' * 10 + "</g>" for n in range(12))

RUNS, OUTSIDE, TYPED, NONE = "holds something that runs", "from elsewhere", "DOCTYPE", "no SVG drawing"

HOSTILE = {
    "script": (svg("<script>alert(1)</script>"), RUNS),
    "script, other case": (svg("<SCRIPT>alert(1)</SCRIPT>"), RUNS),
    "script of a prefix": (svg('<s:script xmlns:s="http://www.w3.org/2000/svg">alert(1)</s:script>'), RUNS),
    "event handler": (svg('<rect onclick="alert(1)"/>'), RUNS),
    "event handler on the root": (svg(attributes='viewBox="0 0 9 9" onload="alert(1)"'), RUNS),
    "foreign object": (svg("<foreignObject/>"), RUNS),
    "a page within": (svg('<body xmlns="http://www.w3.org/1999/xhtml"/>'), RUNS),
    "javascript address": (svg('<a xlink:href="java&#10;script:alert(1)"/>'), RUNS),
    "an address that comes later": (svg('<a><set attributeName="xlink:href" to="javascript:alert(1)"/></a>'), RUNS),
    "a handler that comes later": (svg('<rect><animate attributeName="onclick" to="alert(1)"/></rect>'), RUNS),
    "picture from elsewhere": (svg('<image href="https://evil.example/x.png"/>'), OUTSIDE),
    "part of another file": (svg('<use xlink:href="other.svg#a"/>'), OUTSIDE),
    "data that is no picture": (svg('<image href="data:image/svg+xml;base64,AAAA"/>'), OUTSIDE),
    "data elsewhere than in a picture": (svg('<use href="data:image/png;base64,AAAA"/>'), OUTSIDE),
    "another base": (svg(attributes='viewBox="0 0 9 9" xml:base="https://evil.example/"'), OUTSIDE),
    "style from elsewhere": (svg("<style>@import 'https://evil.example/x.css';</style>"), OUTSIDE),
    "style written otherwise": (svg(r"<style>@im\70ort 'x.css';</style>"), OUTSIDE),
    "style with a comment": (svg("<style>a{fill:u/**/rl(https://evil.example/)}</style>"), OUTSIDE),
    "fill from elsewhere": (svg('<rect fill="url(https://evil.example/x)"/>'), OUTSIDE),
    "stylesheet before it": (b'<?xml-stylesheet href="https://evil.example/x.css"?>' + svg(), OUTSIDE),
    "entities": (b'<!DOCTYPE svg [<!ENTITY a "aaaa">]>' + svg("<text>&a;</text>"), TYPED),
    "a file of the server": (b'<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + svg("<text>&a;</text>"), TYPED),
    "only a document type": (b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://x/svg11.dtd">' + svg(), TYPED),
    "a page": (b"<html><body/></html>", NONE),
    "svg of no namespace": (b'<svg viewBox="0 0 9 9"/>', NONE),
    "half of it": (svg()[:-4], NONE),
    "no text at all": (b"\x00\x01\x02", NONE),
    "an encoding that nobody knows": (b'<?xml version="1.0" encoding="x-nonsense"?>' + svg(), NONE),
    "without a size": (svg(attributes=""), "needs a viewBox"),
    "as large as its page": (svg(attributes='width="100%" height="100%"'), "needs a viewBox"),
    "of no size": (svg(attributes='viewBox="0 0 0 10"'), "needs a viewBox"),
    "of no number": (svg(attributes='viewBox="0 0 nan inf"'), "needs a viewBox"),
    "nested without end": (svg("<g>" * 300 + "</g>" * 300), "nested too deeply"),
    "reused without end": (svg(REUSED), "reuses its own parts"),
    "reused by itself": (svg('<g id="a"><use href="#a"/></g>'), "reuses its own parts"),
    "empty": (b"", "file is empty"),
    "too large": (svg(" " * LARGEST), "larger than 2 MB"),
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_more_than_a_picture_is_refused(kind: str) -> None:
    content, said = HOSTILE[kind]
    with pytest.raises(Refusal, match=said) as refused:
        read_drawing(content)
    assert refused.value.field == "file"


@pytest.mark.parametrize("inside", [
    '<defs><linearGradient id="g"/></defs><rect fill="url(#g)"/>', '<rect fill="url(\'#g\')"/>', '<use xlink:href="#g"/>',
    '<image href="data:image/png;base64,iVBORw0KGgo="/>', "<style>.a{fill:#123;content:'\\201C'}</style>",
    '<metadata><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></metadata>', "<text>on the left</text>",
    '<g id="a"><use href="#b"/></g><g id="b"><use href="#c"/></g>',
])  # fmt: skip
def test_what_drawings_are_made_of_is_taken_as_it_is(inside: str) -> None:
    content = svg(inside)
    drawing = read_drawing(content)
    assert (drawing.content, drawing.width, drawing.height) == (content, 1200, 800)


def test_the_size_is_read() -> None:
    assert (read_drawing(svg(attributes='viewBox="-5,-5 84.5,60"')).width) == 84.5
    millimetres = read_drawing(svg(attributes='width="254mm" height="1in"'))
    assert (round(millimetres.width), round(millimetres.height)) == (960, 96)
    assert read_drawing(svg().decode().encode("utf-16")).width == 1200
    assert looks_like_drawing(svg().decode().encode("utf-16")) and not looks_like_drawing(jpeg())


def test_the_longer_side_of_a_canvas_is_1000() -> None:
    assert [canvas(1200, 800), canvas(84.1, 118.9), canvas(3, 3)] == [(1000, 667), (707, 1000), (1000, 1000)]
    with pytest.raises(Refusal, match="strip"):
        canvas(2100, 100)


def sent(*rows: object) -> str:
    return json.dumps(rows)


SQUARE = [10, 10, 60, 10, 60, 40, 10, 40]


@pytest.mark.parametrize(("text", "said"), [
    ("", "damaged"), ("{}", "damaged"), ("[1]", "damaged"), ("[" * 5000, "damaged"), ('[{"unit":"1","points":[]}]', "damaged"),
    ('[{"unit":true,"points":[1,1,2,2,3,9]}]', "damaged"), (sent({"unit": 1, "points": SQUARE[:7]}), "damaged"),
    ('[{"unit":1,"points":[NaN,1,2,2,3,9]}]', "not a number"), ('[{"unit":1,"points":[1e999,1,2,2,3,9]}]', "not a number"),
    (sent({"unit": 1, "points": ["1", 1, 2, 2, 3, 9]}), "not a number"),
    (sent({"unit": 1, "points": [True, 1, 2, 2, 3, 9]}), "not a number"),
    (sent({"unit": 1, "points": SQUARE[:4]}), "from 3 to 40"), (sent({"unit": 1, "points": SQUARE * 11}), "from 3 to 40"),
    (sent({"unit": 1, "points": [-1, *SQUARE[1:]]}), "beyond"), (sent({"unit": 1, "points": [10, 668, *SQUARE[2:]]}), "beyond"),
    (sent({"unit": 1, "points": [1, 1, 2, 1, 2, 2]}), "too small"), (sent({"unit": 1, "points": [1, 1, 9, 9, 20, 20]}), "too small"),
    (sent({"unit": 9, "points": SQUARE}), "not of this site"),
    (sent({"unit": 1, "points": SQUARE}, {"unit": 1, "points": SQUARE}), "two shapes"),
    (sent(*[{"unit": 1, "points": SQUARE}] * 501), "500 shapes"),
])  # fmt: skip
def test_shapes_that_can_t_be_are_refused(text: str, said: str) -> None:
    with pytest.raises(Refusal, match=said):
        read_shapes(text, 1000, 667, {1, 2})


def test_shapes_are_read_and_written() -> None:
    shapes = read_shapes(sent({"unit": 2, "points": [10.4, 10, 60, 10, 60, 666.6]}), 1000, 667, {1, 2})
    assert shapes == [Shape(2, (10, 10, 60, 10, 60, 667))]
    assert read_shapes(write_shapes(shapes), 1000, 667, {2}) == shapes


@given(st.integers(0, 900), st.integers(0, 900), st.integers(3, 100), st.integers(3, 100))
def test_of_a_rectangle_all_is_plain(left: int, top: int, width: int, height: int) -> None:
    shape = rectangle(1, left, top, width, height)
    assert area_of(shape.points) == width * height
    assert shape.box == (left, top, width, height)
    assert shape.middle == pytest.approx((left + width / 2, top + height / 2), abs=0.05)


@pytest.fixture
def plan(session: Session, cast: Cast, place: Place) -> FloorPlan:
    return add_plan(session, cast.manager, now=NOW, site=place.site, name="3F", content=svg())


def draw(session: Session, cast: Cast, plan: FloorPlan, *shapes: Shape) -> None:
    draw_shapes(session, cast.manager, now=NOW, plan=plan, shapes=shapes, revision=plan.revision)


def test_units_are_drawn_moved_and_taken_off(session: Session, cast: Cast, place: Place, plan: FloorPlan) -> None:
    d1, d2 = place.units["D1"].id, place.units["D2"].id
    draw(session, cast, plan, rectangle(d1, 0, 0, 50, 30), rectangle(d2, 60, 0, 50, 30))
    draw(session, cast, plan, rectangle(d2, 60, 100, 50, 30))
    event = session.execute(select(AuditEvent).order_by(AuditEvent.number.desc()).limit(1)).scalar_one()
    assert (event.action, event.after["removed"], event.after["moved"], event.after["added"]) == (
        "draw_plan", ["D1"], ["D2"], [])  # fmt: skip
    (placed,) = list_placed_units(session, plan.id)
    assert (placed.unit.code, placed.shape.box) == ("D2", (60, 100, 50, 30))
    assert list_drawn_units(session, place.site.id) == {d2} and plan.revision == 2
    draw(session, cast, plan, rectangle(d2, 60, 100, 50, 30))  # nothing is different
    assert plan.revision == 2


def test_two_who_draw_at_once_see_it(session: Session, cast: Cast, place: Place, plan: FloorPlan) -> None:
    draw(session, cast, plan, rectangle(place.units["D1"].id, 0, 0, 50, 30))
    with pytest.raises(DrawnMeanwhile) as refused:
        draw_shapes(session, cast.owner, now=NOW, plan=plan, shapes=[], revision=0)
    assert refused.value.revision == 1 and len(list_placed_units(session, plan.id)) == 1


def test_a_unit_stands_on_a_plan_once_and_inside_it(session: Session, plan: FloorPlan, place: Place) -> None:
    for points in ([[0, 0, 9, 0, 9, 9]] * 2, [[0, 0, 9, 0]], [[0, 0, 9, 0, 9]], [[0, 0, 1001, 0, 9, 9]]):
        with pytest.raises(IntegrityError, match="unit_shapes_"), session.begin_nested():
            session.add_all(UnitShape(plan_id=plan.id, unit_id=place.units["D1"].id, points=each) for each in points)
            session.flush()


def test_another_picture_keeps_the_shapes(session: Session, cast: Cast, place: Place, plan: FloorPlan) -> None:
    draw(session, cast, plan, rectangle(place.units["D1"].id, 900, 600, 50, 30))
    first = plan.file_id
    edit_plan(session, cast.manager, now=NOW, plan=plan, name="三楼", content=jpeg())
    assert (plan.name, plan.width, plan.height) == ("三楼", 1000, 667) and plan.file_id != first
    with pytest.raises(Refusal, match="other proportions"):
        edit_plan(session, cast.manager, now=NOW, plan=plan, name="三楼", content=svg(attributes='viewBox="0 0 100 50"'))
    assert len(list_placed_units(session, plan.id)) == 1


def test_names_are_their_own_until_a_plan_is_removed(session: Session, cast: Cast, place: Place, plan: FloorPlan) -> None:
    with pytest.raises(Refusal, match="of this name already"):
        add_plan(session, cast.manager, now=NOW, site=place.site, name=" 3F ", content=svg())
    with pytest.raises(Refusal, match="Give the plan a name"):
        add_plan(session, cast.manager, now=NOW, site=place.site, name=" ", content=svg())
    retire_plan(session, cast.manager, now=NOW, plan=plan)
    assert list_plans(session, cast.manager, place.site.id) == []
    with pytest.raises(NotFound):
        get_plan(session, cast.manager, place.site.id, plan.id)
    assert add_plan(session, cast.manager, now=NOW, site=place.site, name="3F", content=svg()).id != plan.id


def test_only_who_keeps_the_house_draws(session: Session, cast: Cast, place: Place, plan: FloorPlan) -> None:
    for actor in (cast.front_desk, cast.founder_a, cast.auditor):
        with pytest.raises(Forbidden):
            add_plan(session, actor, now=NOW, site=place.site, name="4F", content=svg())
        with pytest.raises(Forbidden):
            draw_shapes(session, actor, now=NOW, plan=plan, shapes=[], revision=0)
        with pytest.raises(Forbidden):
            retire_plan(session, actor, now=NOW, plan=plan)


def test_the_picture_is_served_as_one_that_does_nothing(
    client: Browser, session: Session, cast: Cast, place: Place, plan: FloorPlan
) -> None:
    address = f"/sites/{place.site.id}/plans/{plan.id}/picture"
    answer = client.sign_in(cast.founder_b).get(address)
    assert (answer.status_code, answer.mimetype, answer.data) == (200, "image/svg+xml", svg())
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "sandbox" in policy and "script" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert client.get(address, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert client.get(f"/sites/{place.empty.id}/plans/{plan.id}/picture").status_code == 404
    assert client.sign_in(cast.other_owner).get(address).status_code == 404


def test_a_plan_is_added_drawn_and_removed_on_its_pages(
    client: Browser, session: Session, cast: Cast, place: Place
) -> None:
    client.sign_in(cast.manager)
    here = f"/sites/{place.site.id}/plans"
    refused = client.post(f"{here}/new", data={"name": "3F"})
    assert refused.status_code == 422 and "请先选择文件" in refused.text
    refused = client.post(f"{here}/new", data={"name": "3F", "file": (io.BytesIO(HOSTILE["script"][0]), "a.svg")})
    assert refused.status_code == 422 and "可执行内容" in refused.text
    made = client.post(f"{here}/new", data={"name": "3F", "file": (io.BytesIO(svg()), "a.svg")})
    assert made.status_code == 303 and made.location.endswith("/draw")
    page = client.get(made.location)
    assert page.status_code == 200 and 'name="revision" type="hidden" value="0"' in page.text
    shapes = sent({"unit": place.units["D1"].id, "points": SQUARE})
    assert client.post(made.location, data={"shapes": shapes, "revision": "0"}).status_code == 303
    again = client.post(made.location, data={"shapes": "[]", "revision": "0"})
    assert again.status_code == 409 and "其间已有他人保存" in again.text
    assert 'name="revision" type="hidden" value="1"' in again.text and 'value="[]"' in again.text
    wrong = client.post(made.location, data={"shapes": sent({"unit": 2**40, "points": SQUARE}), "revision": "1"})
    assert wrong.status_code == 422 and "不属于该场地" in wrong.text
    assert client.get(f"/sites/{place.site.id}").text.count("plan-card") >= 1
    edit = made.location.replace("/draw", "/edit")
    assert client.post(edit, data={"name": "三楼"}).status_code == 303
    assert client.post(edit.replace("/edit", "/retire")).status_code == 303
    assert client.get(made.location).status_code == 404

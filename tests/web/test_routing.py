"""Addresses are read and written as Werkzeug does, and no text with NUL comes through the door."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO

import pytest
from flask import Flask, request
from werkzeug.datastructures import FileStorage
from werkzeug.routing import Map, Rule

from incubator.web.routing import Address
from tests.test_routes import path_of

PLACE = re.compile("<[^>]+>")
NO_VIEW = {404, 405}
"""No view was reached. 405 where another rule has the address for another method."""
PATTERNS = (
    ("/houses", {}, {}), ("/houses", {}, {"page": 2, "q": "a b&c", "none": None}), ("/houses/<int:id>", {}, {"id": 7}),
    ("/houses/<int:id>/<name>", {}, {"id": 7, "name": "龙华/1"}), ("/houses/<any(pdf,xlsx):form>", {}, {"form": "xlsx", "on": [1, 2]}),
    ("/pages/", {"page": 1}, {"page": 1}), ("/pages/<int:page>", {"size": 9}, {"page": 2, "size": 9}),
)  # fmt: skip


@pytest.mark.parametrize("unknown", (True, False))
@pytest.mark.parametrize(("pattern", "defaults", "values"), PATTERNS)
def test_an_address_is_written_as_by_a_rule_of_werkzeug(
    pattern: str, defaults: dict[str, object], values: dict[str, object], unknown: bool
) -> None:
    ours, theirs = (kind(pattern, defaults=defaults, endpoint="x") for kind in (Address, Rule))
    for rule in (ours, theirs):
        Map([rule])
    expected = theirs.build(values, unknown)
    assert expected
    assert [ours.build(values, unknown) for _ in range(2)] == [expected, expected]


def test_what_writes_an_address_is_made_with_the_first(shared_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    monkeypatch.setattr("builtins.compile", lambda *told, compile=compile, **named: made.append(told) or compile(*told, **named))
    Map([Rule("/houses/<int:id>", endpoint="x")])
    assert made, "Werkzeug has another way of it: look whether Address is still good for something"
    made.clear()
    houses = Map([Address("/houses/<int:id>", endpoint="x")]).bind("a.example")
    assert not made
    assert houses.build("x", {"id": 7}) == "/houses/7"
    assert made
    assert {type(rule) for rule in shared_app.url_map.iter_rules()} == {Rule, Address}, "only Flask's own is not ours"


def with_nul(rule: Rule) -> Iterator[tuple[str, str]]:
    """The rule's method and its addresses with NUL in one place that is no number."""
    method = "POST" if "POST" in (rule.methods or ()) else "GET"
    for place in PLACE.finditer(rule.rule):
        if not place[0].startswith("<int:"):
            yield method, path_of(Rule(f"{rule.rule[: place.start()]}%00{rule.rule[place.end() :]}"))


def test_no_place_of_an_address_takes_nul(shared_app: Flask) -> None:
    client, tried = shared_app.test_client(), [each for rule in shared_app.url_map.iter_rules() for each in with_nul(rule)]
    assert ("GET", "/schemes/codes/%00") in tried
    answers = {(method, path): client.open(path, method=method).status_code for method, path in tried}
    assert {asked: status for asked, status in answers.items() if status not in NO_VIEW} == {}


def test_neither_what_is_asked_nor_what_is_sent_holds_nul(shared_app: Flask) -> None:
    sent = {"na\0me": "\0智\0联", "rows": ["a\0", "b"], "paper": FileStorage(BytesIO(b"a\0b"), filename="x", content_type="text/plain")}
    with shared_app.test_request_context(method="POST", query_string="q=a%00b&q=%00&%00r=1", data=sent):
        assert request.args.to_dict(flat=False) == {"q": ["a\x1ab", "\x1a"], "\x1ar": ["1"]}
        assert request.form.to_dict(flat=False) == {"na\x1ame": ["\x1a智\x1a联"], "rows": ["a\x1a", "b"]}
        assert request.values.getlist("q") == ["a\x1ab", "\x1a"]
        assert request.files["paper"].read() == b"a\0b", "a file is its own: whoever reads it decides"


def test_no_file_has_a_name_with_nul(shared_app: Flask) -> None:
    body = (
        b'--x\r\nContent-Disposition: form-data; name="paper"; filename*=UTF-8\'\'a%00b.txt\r\n\r\nwords\r\n--x--\r\n'
    )
    with shared_app.test_request_context(method="POST", data=body, content_type="multipart/form-data; boundary=x"):
        assert request.files["paper"].filename == "a\x1ab.txt"
        assert request.files["paper"].read() == b"words"


def test_a_form_with_nul_is_read_urlencoded_too(shared_app: Flask) -> None:
    with shared_app.test_request_context(method="POST", data={"q": "a\0b"}):
        assert request.form["q"] == "a\x1ab"

"""JSON as answers carry it: what goes in, what must not, and what a page may have in an attribute."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum

import pytest
from flask import Flask, jsonify, render_template_string
from flask_babel.speaklater import LazyString
from markupsafe import Markup

from incubator.accounts.models import Person
from incubator.web.as_json import Json


class Colour(StrEnum):
    RED = "red"


@pytest.fixture
def app() -> Flask:
    app = Flask("answers")
    app.json = Json(app)
    return app


def test_values_of_every_kind_that_answers_have(app: Flask) -> None:
    with app.test_request_context():
        answer = jsonify(name="会议室", late=LazyString(lambda: "Free"), marked=Markup("<b>"), price=Decimal("75.00"),
                         on=date(2026, 10, 1), colour=Colour.RED, none=None, times=[("09:00", True)])  # fmt: skip
    assert answer.mimetype == "application/json"
    assert answer.get_data(as_text=True) == (
        '{"name":"会议室","late":"Free","marked":"<b>","price":"75.00","on":"2026-10-01","colour":"red","none":null,'
        '"times":[["09:00",true]]}'
    )


def test_a_row_does_not_get_into_an_answer(app: Flask) -> None:
    with app.test_request_context(), pytest.raises(TypeError, match="Person is not for JSON"):
        jsonify(person=Person(name="安娜"))


def test_in_an_attribute_nothing_ends_it(app: Flask) -> None:
    """What a page carries for its script: neither quotes nor tags of a booking's title are the page's."""
    with app.test_request_context():
        shown = render_template_string('<p data-x="{{ value|tojson|forceescape }}">', value={"t": "\"'<script>&"})
    assert shown == '<p data-x="{&#34;t&#34;:&#34;\\&#34;\\u0027\\u003cscript\\u003e\\u0026&#34;}">'

"""Every form speaks in our sentences: none leaves what is missing to the library's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask_wtf import FlaskForm
from wtforms import Form
from wtforms.fields.core import UnboundField
from wtforms.validators import DataRequired, Email, InputRequired


def forms() -> Iterator[type[Form]]:
    """Every form of the application, which conftest has imported."""
    waiting: list[type[Form]] = [Form, FlaskForm]
    while waiting:
        for each in waiting.pop().__subclasses__():
            waiting.append(each)
            if each.__module__.startswith("incubator."):
                yield each


@pytest.mark.usefixtures("app")
def test_what_is_missing_is_said_in_a_sentence_of_ours() -> None:
    bare, seen = set(), 0
    for form in forms():
        for name, field in vars(form).items():
            if isinstance(field, UnboundField):
                for check in field.kwargs.get("validators", ()):
                    seen += isinstance(check, DataRequired | InputRequired | Email)
                    if isinstance(check, DataRequired | InputRequired | Email) and check.message is None:
                        bare.add(f"{form.__module__}.{form.__name__}.{name}")
    assert seen > 40 and not bare

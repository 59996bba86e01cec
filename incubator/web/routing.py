"""How addresses are read and written, and what of a request is taken."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask import Flask, Request
from werkzeug.datastructures import FileStorage, ImmutableMultiDict, iter_multi_items
from werkzeug.routing import IntegerConverter, Map, Rule, UnicodeConverter, ValidationError

NUL, SUBSTITUTE = "\x00", "\x1a"
"""The one character that PostgreSQL's texts can't hold, and the one that ASCII has for what can't be shown: whatever
refuses a control character in a text refuses it, and nothing falls over where nobody thought of one."""


def init_app(app: Flask) -> None:
    """Before the first address is added."""
    app.url_rule_class = Address
    app.url_map.converters |= {"default": Word, "string": Word, "int": RowId}
    app.request_class = StorableRequest


class RowId(IntegerConverter):
    """`<int:…>` in an address: what fits a bigint; a longer number is an address that does not exist (404)."""

    def __init__(self, url_map: Map, **rule: Any) -> None:
        super().__init__(url_map, **({"max": 2**63 - 1} | rule))


class Word(UnicodeConverter):
    """`<…>` in an address; one with NUL does not exist (404)."""

    def to_python(self, value: str) -> str:
        if NUL in value:
            raise ValidationError
        return value


class Address(Rule):
    """A rule that compiles what writes its addresses when it writes the first one.

    Werkzeug compiles two functions for each of our 700 rules at the start, in 0.17 s; a process writes a tenth of them.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compile_builder, place = super()._compile_builder, "_build_unknown" if append_unknown else "_build"

        def write_first(rule: Address, /, **values: Any) -> tuple[str, str]:
            write = compile_builder(append_unknown).__get__(rule)
            setattr(rule, place, write)
            return write(**values)

        return write_first


class Parameters(ImmutableMultiDict[str, Any]):
    """What an address asks or a form sends: in names, values and the names of files NUL is substituted."""

    def __init__(self, sent: Mapping[str, Any] | Iterable[tuple[str, Any]] | None = None) -> None:
        super().__init__([(_kept(name), _kept(value)) for name, value in iter_multi_items(sent or ())])


def _kept(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace(NUL, SUBSTITUTE)
    if isinstance(value, FileStorage) and value.filename:
        value.filename = value.filename.replace(NUL, SUBSTITUTE)
    return value


class StorableRequest(Request):
    """A request whose texts PostgreSQL can hold."""

    parameter_storage_class = Parameters

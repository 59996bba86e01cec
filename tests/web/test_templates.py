"""No template carries style or script in the page: the Content-Security-Policy would refuse it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from incubator.settings import ROOT

TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
FORBIDDEN = {
    "a style attribute": re.compile(r"<[a-z][^<>]*\sstyle\s*=", re.IGNORECASE),
    "a style element": re.compile(r"<style\b", re.IGNORECASE),
    "a script with content": re.compile(r"<script\b(?![^>]*\bsrc\s*=)", re.IGNORECASE),
    "an on… attribute": re.compile(r"<[a-z][^<>]*\son[a-z]+\s*=\s*[\"']", re.IGNORECASE),
    "a javascript: address": re.compile(r"javascript:", re.IGNORECASE),
    "hx-on": re.compile(r"\shx-on[:-]", re.IGNORECASE),
    "a value evaluated by htmx": re.compile(r"hx-(?:vals|headers)\s*=\s*[\"']js:", re.IGNORECASE),
    "a file of another site": re.compile(
        r"(?:src|href)\s*=\s*[\"']https?://[^\"']*\.(?:js|css|png|jpg|svg|woff2?)", re.I
    ),
}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_template(path: Path) -> None:
    if path.parent.name == "notices":
        pytest.skip("mail has no other way to be styled")
    # {{ … }} may hold < and >: it is not markup
    text = re.sub(r"{{.*?}}|{%.*?%}|{#.*?#}", "", path.read_text(), flags=re.DOTALL)
    faults = [what for what, pattern in FORBIDDEN.items() if pattern.search(text)]
    assert not faults, f"{path.relative_to(ROOT)}: {', '.join(faults)}"


@pytest.mark.parametrize(
    ("markup", "what"),
    [
        ('<p class="a" style="color: red">', "a style attribute"),
        ("<script>alert(1)</script>", "a script with content"),
        ('<button type="button" onclick="go()">', "an on… attribute"),
        ("<style>p{}</style>", "a style element"),
    ],
)
def test_the_test_sees_them(markup: str, what: str) -> None:
    assert FORBIDDEN[what].search(markup)


def test_the_test_lets_good_markup_pass() -> None:
    good = '<script src="/static/web/shell.js" defer></script><p class="on-time" data-style="x" title="on = off">'
    assert not [what for what, pattern in FORBIDDEN.items() if pattern.search(good)]

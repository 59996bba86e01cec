"""Templates are translated once, whoever asks; what is kept is no more than a help."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from jinja2 import Environment, FileSystemLoader

from incubator.web.templating import FOLDER, Kept


def environment(templates: Path, kept: Path) -> Environment:
    templates.mkdir(exist_ok=True)
    return Environment(loader=FileSystemLoader(templates), bytecode_cache=Kept(kept), autoescape=True)


def test_the_app_keeps_its_templates(shared_app: Flask) -> None:
    shared_app.jinja_env.get_template("base.html")
    assert any(FOLDER.iterdir())


def test_another_process_does_not_translate_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (environment(tmp_path / "templates", tmp_path / "kept") for _ in range(2))
    (tmp_path / "templates" / "a.html").write_text("{{ name }}!")
    assert first.get_template("a.html").render(name="<Anna>") == "&lt;Anna&gt;!"
    assert (tmp_path / "kept").stat().st_mode & 0o777 == 0o700
    monkeypatch.setattr(Environment, "_generate", None)
    assert second.get_template("a.html").render(name="Andy") == "Andy!"


def test_a_changed_template_is_seen(tmp_path: Path) -> None:
    template = tmp_path / "templates" / "a.html"
    before = environment(tmp_path / "templates", tmp_path / "kept")
    template.write_text("before")
    assert before.get_template("a.html").render() == "before"
    template.write_text("after")
    assert environment(tmp_path / "templates", tmp_path / "kept").get_template("a.html").render() == "after"


@pytest.mark.parametrize("spoilt", [b"", b"x", None])
def test_what_is_spoilt_is_translated_again(tmp_path: Path, spoilt: bytes | None) -> None:
    """Cut off at any byte, too: a full disk keeps half a file."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "a.html").write_text("{{ 1 + 1 }}")
    environment(tmp_path / "templates", tmp_path / "kept").get_template("a.html")
    (kept,) = (tmp_path / "kept").iterdir()
    whole = kept.read_bytes()
    for content in [spoilt] if spoilt is not None else [whole[:length] for length in range(len(whole))]:
        kept.write_bytes(content)
        again = environment(tmp_path / "templates", tmp_path / "kept")
        assert again.get_template("a.html").render() == "2", content


def test_where_nothing_can_be_kept_pages_are_shown_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("a file where the folder should be")
    without = environment(tmp_path / "templates", tmp_path / "kept")
    (tmp_path / "templates" / "a.html").write_text("shown")
    assert without.get_template("a.html").render() == "shown"


def test_all_templates_ask_one_dictionary_for_the_names_of_the_app(shared_app: Flask) -> None:
    """Its 200 names in 500 dictionaries were 3 MB of each process."""
    base, page = (shared_app.jinja_env.get_template(name) for name in ("base.html", "accounts/sign_in.html"))
    assert base.globals is page.globals
    before = dict(base.globals)
    assert shared_app.jinja_env.from_string("{% set x = 1 %}{{ x }}{{ own }}", {"own": 2}).render() == "12"
    assert dict(page.globals) == before

"""Every sentence has its Chinese: nothing missing, nothing guessed, the same places for values, one word for one thing."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from babel.messages.pofile import read_po

from incubator.i18n import CATALOGUES, PACKAGES
from incubator.settings import ROOT

KEYWORDS = {**DEFAULT_KEYWORDS, "lazy_gettext": None, "lazy_ngettext": (1, 2), "_l": None}
PLACE = re.compile(r"%(?:\((\w+)\))?[sd]")
SHARED_WITH_WEB = ("", "errors")
"""Folders of templates/ that belong to no package of their own: their sentences are web's."""

Id = str | tuple[str, ...]


def sources(package: str) -> Iterator[Path]:
    """The files of a package: its Python, and its templates in every form."""
    yield from (ROOT / "incubator" / package).rglob("*.py")
    folders = [ROOT / "templates" / package]
    if package == "web":
        yield from (ROOT / "templates").glob("*.html")
        folders += [ROOT / "templates" / name for name in SHARED_WITH_WEB if name]
    for folder in folders:
        yield from folder.rglob("*.html")


def extract(package: str) -> dict[Id, str]:
    """Every sentence of the package, with the place of its first use."""
    found: dict[Id, str] = {}
    for file in sorted(sources(package)):
        method = "python" if file.suffix == ".py" else "jinja2"
        for line, message, _comments, _context in extract_from_file(method, file, keywords=KEYWORDS):
            message = tuple(message) if isinstance(message, (tuple, list)) else message
            if message:
                found.setdefault(message, f"{file.relative_to(ROOT)}:{line}")
    return found


def read(package: str) -> dict[Id, Message]:
    path = CATALOGUES / "zh_Hans" / "LC_MESSAGES" / f"{package}.po"
    if not path.exists():
        return {}
    with path.open("rb") as file:
        return {message.id: message for message in read_po(file, locale="zh_Hans") if message.id}


@cache
def all_catalogues() -> dict[Id, Message]:
    """Every catalogue, merged as they are at run time."""
    return {sentence: message for package in PACKAGES for sentence, message in read(package).items()}


def places(text: str) -> set[str]:
    """The values that a sentence takes: `%(name)s` is `name`."""
    return {match.group(1) or "" for match in PLACE.finditer(text.replace("%%", ""))}


def forms(words: Id) -> tuple[str, ...]:
    return words if isinstance(words, tuple) else (words,)


@pytest.mark.parametrize("package", PACKAGES)
def test_every_sentence_has_its_chinese(package: str) -> None:
    # its own catalogue first; where a neighbour says the same sentence already, that one serves
    catalogue = {**all_catalogues(), **read(package)}
    faults = []
    for sentence, place in extract(package).items():
        message = catalogue.get(sentence) or catalogue.get(forms(sentence)[0])
        if message is None or not all(forms(message.string or "")) or not forms(message.string or ""):
            faults.append(f"{place}: no Chinese for {sentence!r}")
            continue
        if message.fuzzy:
            faults.append(f"{place}: the Chinese for {sentence!r} is marked as a guess")
        wanted = set().union(*(places(form) for form in forms(sentence)))
        for form in forms(message.string):
            if places(form) != wanted:
                faults.append(f"{place}: {form!r} does not take the values of {sentence!r}")
    assert not faults, f"{package}.po:\n" + "\n".join(faults)


def test_one_sentence_has_one_chinese() -> None:
    # the catalogues are merged into one at run time: the later would win, on some pages
    said: dict[Id, dict[Id, list[str]]] = defaultdict(lambda: defaultdict(list))
    for package in PACKAGES:
        for sentence, message in read(package).items():
            said[sentence][message.string].append(package)
    different = {sentence: dict(words) for sentence, words in said.items() if len(words) > 1}
    assert not different, "\n".join(f"{sentence!r}: {words}" for sentence, words in different.items())


def test_no_chinese_is_kept_that_nobody_says() -> None:
    said = {form for package in PACKAGES for sentence in extract(package) for form in (sentence, forms(sentence)[0])}
    kept = {sentence: package for package in PACKAGES for sentence in read(package)}
    assert {sentence: package for sentence, package in kept.items() if sentence not in said} == {}


def test_no_sentence_hides_in_an_f_string() -> None:
    # what stands in one is not extracted, so that its Chinese would not be missed
    hidden = [
        f"{file.relative_to(ROOT)}:{call.lineno}"
        for file in sorted((ROOT / "incubator").rglob("*.py"))
        for joined in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(joined, ast.JoinedStr)
        for call in ast.walk(joined) if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
        if call.func.id in {"_", "_l", "N_", "ngettext"} and call.args and isinstance(call.args[0], ast.Constant)
    ]  # fmt: skip
    assert hidden == []


def test_the_extraction_sees_python_and_templates() -> None:
    # guards the two tests above from passing because nothing was found
    found = extract("web")
    assert found["Skip to the content"] == "templates/base.html:22"
    assert "There is no such page" in found and "Switch to" in found
    assert ("%(num)s job has failed", "%(num)s jobs have failed") in found

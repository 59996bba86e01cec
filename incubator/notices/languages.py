"""Sentences in a reader's language where there is no request: letters are written by the worker."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from babel.support import NullTranslations, Translations
from flask import Flask
from flask_babel import force_locale

from incubator import i18n
from incubator.i18n import CATALOGUES, present_catalogues


@lru_cache(maxsize=4)
def translations(locale: str) -> NullTranslations:
    """All packages' catalogues of one language as one; English is the language of the source."""
    if locale == "en":
        return NullTranslations()
    found = Translations()
    for package in present_catalogues():
        loaded = Translations.load(CATALOGUES, [locale], package)
        assert isinstance(loaded, Translations)
        found.merge(loaded)
    return found


@contextmanager
def speaking(locale: str) -> Iterator[None]:
    """Inside the block sentences are in `locale`, as they are in a request of such a reader: for papers that the worker
    makes by what makes them for a page."""
    with _nobodys().test_request_context(), force_locale(locale):
        yield


@lru_cache(maxsize=1)
def _nobodys() -> Flask:
    """An application without pages, of which only the languages are asked."""
    app = Flask(__name__)
    i18n.init_app(app)
    return app

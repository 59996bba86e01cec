"""Sentences in a reader's language where there is no request: letters are written by the worker."""

from __future__ import annotations

from functools import lru_cache

from babel.support import NullTranslations, Translations

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

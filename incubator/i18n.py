"""Languages: which one this reader gets, and the catalogues, one per package, read once per process."""

from __future__ import annotations

import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel import localedata
from babel.support import Translations
from flask import Flask, has_request_context, request, session
from flask_babel import Babel, Domain, force_locale, get_locale
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms.i18n import messages_path

LOCALES = ("zh_Hans", "en")
DEFAULT_LOCALE = "zh_Hans"
CATALOGUES = Path(__file__).parent / "translations"
PACKAGES = (
    "core", "audit", "accounts", "documents", "notices", "spaces", "pricing", "startups", "subsidies",
    "bookings", "mentors", "billing", "reports", "claims", "jobs", "web",
)  # fmt: skip


def present_catalogues() -> list[str]:
    """The packages that have a Chinese catalogue (English is the language of the source)."""
    folder = CATALOGUES / "zh_Hans" / "LC_MESSAGES"
    return [package for package in PACKAGES if (folder / f"{package}.po").exists()]


def compile_catalogues() -> None:
    """Make each .mo that is missing or older than its .po; set-up does this, the .mo are not committed."""
    folder = CATALOGUES / "zh_Hans" / "LC_MESSAGES"
    for package in present_catalogues():
        source, made = folder / f"{package}.po", folder / f"{package}.mo"
        if made.exists() and made.stat().st_mtime > source.stat().st_mtime:
            continue
        command = [sys.executable, "-m", "babel.messages.frontend", "compile", "-i", str(source), "-o", str(made),
                   "-l", "zh_Hans"]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True)


class _Babel(Babel):
    """Flask-Babel makes a Domain, and reads its catalogues, for each request; here they are read once."""

    _domain: Domain | None = None

    @property
    def domain_instance(self) -> Domain:
        if self._domain is None:
            packages = present_catalogues() or ["web"]
            self._domain = _Domain([str(CATALOGUES)] * len(packages), ";".join(packages))
        return self._domain


class _Domain(Domain):
    _last: tuple[object, Any] = (None, None)

    def get_translations_cache(self, ctx: object) -> dict[object, object]:
        return self.cache

    def get_translations(self) -> Any:
        """Those of the reader's language, by one look: a page asks a hundred times."""
        locale, (last, found) = get_locale(), self._last
        if locale is last:  # Babel's locales are slow to compare
            return found
        if locale not in self.cache:
            self.cache[locale] = super().get_translations()
        self._last = locale, self.cache[locale]
        return self.cache[locale]


def reader_locale() -> str:
    """The signed-in person's language, else the one chosen in this browser, else the browser's best match."""
    if not has_request_context():
        return DEFAULT_LOCALE
    reader = current_user._get_current_object()  # once: each name that one asks of the proxy looks anew
    if reader is not None and reader.is_authenticated:
        return str(reader.actor.locale)
    if session.get("locale") in LOCALES:
        return str(session["locale"])
    best = request.accept_languages.best_match(["zh", "zh-CN", "zh-Hans", "en"], default="zh")
    return "en" if best == "en" else DEFAULT_LOCALE


babel = _Babel()


class _FormWords:
    """WTForms' own sentences. Flask-WTF parses their catalogue for each request with a form; here it is read once."""

    def gettext(self, text: str) -> str:
        return _form_catalogue(str(get_locale())).ugettext(text)

    def ngettext(self, one: str, many: str, number: int) -> str:
        return _form_catalogue(str(get_locale())).ungettext(one, many, number)


@lru_cache
def _form_catalogue(locale: str) -> Any:
    return Translations.load(messages_path(), [locale], domain="wtforms")


def init_app(app: Flask) -> None:
    """Put Flask-Babel under the app, with our catalogues."""
    app.config["BABEL_DEFAULT_LOCALE"] = DEFAULT_LOCALE
    babel.init_app(app, locale_selector=reader_locale)
    words = _FormWords()
    FlaskForm.Meta.get_translations = lambda _meta, _form: words  # each form asks it
    catalogues = babel.domain_instance
    # most readers' language, before the processes are forked: they share it; nobody is asked for theirs, though
    # `notices/languages.py` may come here within another app's request
    with app.app_context(), force_locale(DEFAULT_LOCALE):
        catalogues.get_translations()
        localedata.load(str(get_locale()))
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # by Jinja's extension i18n
        gettext=lambda text: catalogues.get_translations().ugettext(text),
        ngettext=lambda one, many, number: catalogues.get_translations().ungettext(one, many, number),
        pgettext=lambda where, text: catalogues.get_translations().upgettext(where, text),
        npgettext=lambda where, one, many, number: catalogues.get_translations().unpgettext(where, one, many, number),
        newstyle=True,
    )

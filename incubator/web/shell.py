"""The shell around every page: filters, assets by content hash, headers, and errors as pages."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any

from flask import Flask, url_for

from incubator.core.errors import Refusal
from incubator.database import db
from incubator.documents import formats
from incubator.settings import ROOT
from incubator.web import frame
from incubator.web.frame import locale


def asset(path: str) -> str:
    """The address of a static file, with its content hash, so that browsers may keep it for ever."""
    return url_for("static", filename=path, v=_content_hash(path))


@lru_cache(maxsize=256)
def _content_hash(path: str) -> str:
    return hashlib.sha256((ROOT / "static" / path).read_bytes()).hexdigest()[:12]


def init_app(app: Flask) -> None:
    """Put the shell under the app."""
    frame.init_app(app)
    app.jinja_env.globals.update(asset=asset)
    app.jinja_env.filters.update(
        money=lambda minor, currency="CNY": formats.money(minor, currency, locale()),
        number=lambda value, places=None: formats.number(value, locale(), places),
        percent=lambda share: formats.percent(share, locale()),
        day=lambda on: formats.day(on, locale()),
        weekday=lambda on: formats.weekday(on, locale()),
        month=lambda on: formats.month(on, locale()),
        clock=formats.clock,
        moment=lambda at, zone: formats.moment(at, zone, locale()),
        named=lambda thing: formats.named(thing, locale()),
        sentence=lambda refusal: formats.sentence(refusal, locale()),
    )
    app.register_error_handler(Refusal, _show_refusal)


def _show_refusal(refusal: Refusal) -> tuple[Any, int]:
    db.session.rollback()
    return formats.sentence(refusal, locale()), refusal.status

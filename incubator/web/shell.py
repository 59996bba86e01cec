"""The shell around every page: frame, filters, headers, errors as pages, the log."""

from __future__ import annotations

from datetime import date

from flask import Flask

from incubator.documents import formats
from incubator.web import errors, frame, headers, logs
from incubator.web.frame import locale


def init_app(app: Flask) -> None:
    """Put the shell under the app. Headers come first: what is registered first runs last on the way out."""
    headers.init_app(app)
    logs.init_app(app)
    frame.init_app(app)
    errors.init_app(app)
    app.jinja_env.filters.update(
        money=lambda minor, currency="CNY": formats.money(minor, currency, locale()),
        number=lambda value, places=None: formats.number(value, locale(), places),
        percent=lambda share: formats.percent(share, locale()),
        day=lambda on: formats.day(date.fromisoformat(on) if isinstance(on, str) else on, locale()),
        weekday=lambda on: formats.weekday(on, locale()),
        month=lambda on: formats.month(on, locale()),
        clock=formats.clock,
        moment=lambda at, zone: formats.moment(at, zone, locale()),
        starting=lambda at, zone: formats.starting(at, zone, locale()),
        ending=lambda at, zone: formats.ending(at, zone, locale()),
        named=lambda thing: formats.named(thing, locale()),
        sentence=lambda refusal: formats.sentence(refusal, locale()),
    )

"""The application: settings in, a Flask app with every package's routes out."""

from __future__ import annotations

from flask import Flask
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

import incubator.models  # noqa: F401  the metadata must be whole before the first mapper is used
from incubator import i18n
from incubator.accounts.access import login_manager
from incubator.accounts.throttling import limiter
from incubator.accounts.views import blueprint as accounts_pages
from incubator.billing import card_keys
from incubator.billing.trial_views import blueprint as trial_pages
from incubator.billing.views import blueprint as billing_pages
from incubator.billing.views.card_webhook import receive_event
from incubator.bookings.feeds import FEED_SOURCES
from incubator.bookings.pages import blueprint as bookings_pages
from incubator.claims.views import blueprint as claims_pages
from incubator.connections import engine_options
from incubator.core import sealing
from incubator.database import db
from incubator.documents import stores, uploads
from incubator.jobs.packing_views import blueprint as jobs_pages
from incubator.mentors.calendars import session_entries
from incubator.mentors.views import blueprint as mentors_pages
from incubator.notices.views import blueprint as notices_pages
from incubator.pricing.views import blueprint as pricing_pages
from incubator.reports.builder.views import blueprint as builder_pages
from incubator.reports.frozen.public_views import blueprint as reports_pages
from incubator.reports.gauge.views import blueprint as gauge_pages
from incubator.reports.measuring.views import blueprint as measuring_pages
from incubator.reports.presence.api import receive_presence
from incubator.reports.presence.views import blueprint as presence_pages
from incubator.reports.statistics.views import blueprint as statistics_pages
from incubator.settings import ROOT, Settings
from incubator.spaces.views import blueprint as spaces_pages
from incubator.startups.views import blueprint as startups_pages
from incubator.subsidies.views import blueprint as subsidies_pages
from incubator.web import routing, shell
from incubator.web.as_json import Json
from incubator.web.sign_up import blueprint as web_pages
from incubator.web.templating import Pages
from incubator.web.trail import blueprint as audit_pages

MAX_UPLOAD = 20 * 1024 * 1024
"""Bytes of one request; a workbook of 20,000 bookings is about 1.5 MB."""

PAGES = (
    web_pages, accounts_pages, audit_pages, spaces_pages, pricing_pages, startups_pages, subsidies_pages,
    notices_pages, bookings_pages, mentors_pages, billing_pages, trial_pages, reports_pages, gauge_pages,
    measuring_pages, presence_pages, builder_pages, claims_pages, jobs_pages, statistics_pages,
)  # fmt: skip


def create_app(settings: Settings | None = None) -> Flask:
    """The Flask application. Makes no connection until the first request."""
    settings = settings or Settings.from_environment()
    app = Flask(
        "incubator", root_path=str(ROOT), template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static")
    )
    app.json = Json(app)
    app.jinja_environment = Pages  # type: ignore[assignment]  # declared as Flask's very own class
    routing.init_app(app)
    takes_role = settings.database_url == settings.owner_database_url
    app.config.update(
        SETTINGS=settings,
        TESTING=settings.testing,
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(takes_role),
        MAX_CONTENT_LENGTH=MAX_UPLOAD,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_ENABLED=not settings.testing,
        THROTTLING=not settings.testing,
    )
    if settings.trusted_proxies:  # whom to count, and whether it was https: as the outermost of them says
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.trusted_proxies, x_proto=settings.trusted_proxies)  # type: ignore[method-assign]
    stores.use(settings.file_store)
    sealing.use(settings.sealing_keys)
    card_keys.use(settings.stripe_api)
    db.init_app(app)
    uploads.init_app(app)
    csrf = CSRFProtect(app)
    for signed in (receive_event, receive_presence):  # Stripe and doors have no token of ours; they sign what they send
        csrf.exempt(signed)
    login_manager.init_app(app)
    limiter.init_app(app)
    i18n.init_app(app)
    shell.init_app(app)
    app.extensions[FEED_SOURCES] = (session_entries,)
    for pages in PAGES:
        app.register_blueprint(pages)
    app.url_map.bind("localhost").test("/")  # the first look orders all addresses: here once, not in each process
    return app

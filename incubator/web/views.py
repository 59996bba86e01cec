"""The home page, and what every process answers."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request, send_from_directory
from flask_login import current_user
from sqlalchemy import text

from incubator.accounts.access import current_actor, public, requires
from incubator.accounts.permissions import Action, Role
from incubator.core.clock import utc_now
from incubator.core.paging import Page, page_number, row_id
from incubator.core.periods import Month
from incubator.database import db
from incubator.settings import ROOT
from incubator.web import words
from incubator.web.queries import homes
from incubator.web.queries import today as reads
from incubator.web.queries.rows import list_units_held

blueprint = Blueprint("web", __name__)

EXAMPLE = Month(2026, 10)
"""The month that the landing page works through."""

RUN_THE_HOUSE = {Role.OWNER, Role.MANAGER, Role.FRONT_DESK}


@blueprint.route("/")
@public
def home() -> str:
    """The landing page; signed in, the home that fits what one does here most."""
    if not current_user.is_authenticated:
        return render_template("web/landing.html", example=EXAMPLE)
    actor, session, now = current_actor(), db.session(), utc_now()
    news = homes.get_news(session, actor, now)
    if actor.roles & RUN_THE_HOUSE:
        house = homes.get_house(session, actor, now, request.args.get("site", type=row_id))
        return render_template("web/house.html", house=house, words=words, news=news)
    if actor.can(Action.SEE_BILLING):
        return render_template("web/books.html", books=homes.get_books(session, actor, now), news=news)
    if actor.can(Action.SEE_OWN_STARTUP):
        return render_template("web/own.html", own=homes.get_own(session, actor, now), news=news)
    if actor.can(Action.MENTOR):
        own = homes.get_mentoring(session, actor, now)
        return render_template("web/mentor.html", mentoring=own, now=now, news=news)
    return render_template("web/guest.html", now=now, news=news)


@blueprint.route("/today/<any(desks, area):measure>")
@requires(Action.SEE_DASHBOARD)
def units_today(measure: str) -> str:
    """The units that a figure of the day is made of."""
    session, actor, now = db.session(), current_actor(), utc_now()
    day = homes.choose_day(session, actor, now, request.args.get("site", type=row_id))
    state = request.args.get("state", "")
    page = list_units_held(
        session, actor, day.days, now, measure, state=state, page=page_number(request.args.get("page"))
    )
    return render_template(
        "web/units_today.html", day=day, page=page, state=state, what=measure, rows_of=words.ROWS[measure], words=words
    )


@blueprint.route("/today/<any(arrivals, ending, overstaying, bookings):what>")
@requires(Action.SEE_DASHBOARD)
def rows_today(what: str) -> str:
    """The bookings or agreements that a figure of the day counts."""
    session, actor, now = db.session(), current_actor(), utc_now()
    day = homes.choose_day(session, actor, now, request.args.get("site", type=row_id))
    number = page_number(request.args.get("page"))
    page: Page[Any]
    if what == "bookings":
        page = reads.page_of_bookings_today(session, actor, day.days, number)
    else:
        page = reads.page_of_residencies(session, actor, what, day.days, now, number)
    return render_template("web/rows_today.html", day=day, page=page, what=what, rows_of=words.ROWS[what])


@blueprint.route("/healthz")
@public
def health() -> Response:
    """The process is up; asks nothing of the database."""
    return _word("ok")


@blueprint.route("/readyz")
@public
def ready() -> Response:
    """The process can do its work: the database answers; 503 by the error page where it does not."""
    db.session().execute(text("SELECT 1"))
    return _word("ready")


@blueprint.route("/robots.txt")
@public
def robots() -> Response:
    """Search engines may show the landing page and nothing else."""
    return _word("User-agent: *\nAllow: /$\nAllow: /static/\nDisallow: /\n")


@blueprint.route("/favicon.ico")
@public
def favicon() -> Response:
    """For browsers that ask by this name, whatever the page says."""
    return send_from_directory(ROOT / "static" / "web", "favicon.svg", max_age=86400)


def _word(text: str) -> Response:
    response = Response(text, mimetype="text/plain")
    response.headers["Cache-Control"] = "no-store"
    return response

"""The home page, and what every process answers."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, send_from_directory
from flask_login import current_user
from sqlalchemy import text

from incubator.accounts.access import public
from incubator.database import db
from incubator.settings import ROOT

blueprint = Blueprint("web", __name__)


@blueprint.route("/")
@public
def home() -> str:
    if current_user.is_authenticated:
        return render_template("web/home.html")
    return render_template("web/landing.html")


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

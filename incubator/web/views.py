"""The home page, and what every process answers."""

from flask import Blueprint, render_template
from flask_login import current_user

from incubator.accounts.access import public

blueprint = Blueprint("web", __name__)


@blueprint.route("/")
@public
def home() -> str:
    if current_user.is_authenticated:
        return render_template("web/home.html")
    return render_template("web/landing.html")

"""Pages of `accounts`."""

from flask import Blueprint

blueprint = Blueprint("accounts", __name__)


@blueprint.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> str:
    return ""

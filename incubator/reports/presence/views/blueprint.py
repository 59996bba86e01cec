"""The blueprint, and what its pages share."""

from __future__ import annotations

from flask import Blueprint, current_app
from flask.blueprints import BlueprintSetupState

from incubator.reports.presence import words

blueprint = Blueprint("presence", __name__)


@blueprint.record
def _lend_words(state: BlueprintSetupState) -> None:
    state.app.jinja_env.globals.update(presence_words=words)


def secret() -> bytes:
    """What people's marks are hashed by."""
    return str(current_app.config["SECRET_KEY"]).encode()

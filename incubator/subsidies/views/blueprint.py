"""The blueprint that every page of `subsidies` registers on."""

from __future__ import annotations

from flask import Blueprint
from flask.blueprints import BlueprintSetupState

from incubator.subsidies.wording import describe_rule

blueprint = Blueprint("subsidies", __name__)


@blueprint.record
def _lend_words(state: BlueprintSetupState) -> None:
    """What the templates of subsidies say things with."""
    state.app.jinja_env.globals.update(describe_rule=describe_rule)

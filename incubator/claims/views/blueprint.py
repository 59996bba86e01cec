"""The blueprint that every page of `claims` registers on."""

from __future__ import annotations

from flask import Blueprint
from flask.blueprints import BlueprintSetupState

from incubator.claims import words
from incubator.core.money import Money

blueprint = Blueprint("claims", __name__)


@blueprint.record
def _lend_words(state: BlueprintSetupState) -> None:
    """What the templates of claims say things with."""
    state.app.jinja_env.globals.update(claim_words=words, yuan_typed=yuan_typed)


def yuan_typed(minor: int) -> str:
    """An amount as one types it: 162,000 fen are 1620.00."""
    return format(Money(minor).major, "f")

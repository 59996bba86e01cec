"""The blueprint that every page of `subsidies` registers on."""

from __future__ import annotations

from flask import Blueprint
from flask.blueprints import BlueprintSetupState

from incubator.subsidies.fact_words import fact_name, settling_evidence, shown_value
from incubator.subsidies.wording import charge_kind, describe_rule

blueprint = Blueprint("subsidies", __name__)


@blueprint.record
def _lend_words(state: BlueprintSetupState) -> None:
    """What the templates of subsidies say things with."""
    state.app.jinja_env.globals.update(
        describe_rule=describe_rule, fact_name=fact_name, settling_evidence=settling_evidence,
        fact_value=shown_value, item_kind=charge_kind,
    )  # fmt: skip

"""The blueprint that every page of `subsidies` registers on."""

from __future__ import annotations

from flask import Blueprint
from flask.blueprints import BlueprintSetupState

from incubator.subsidies import voucher_wording
from incubator.subsidies.rules.vouchers import voucher_state
from incubator.subsidies.wording import describe_rule

blueprint = Blueprint("subsidies", __name__)


@blueprint.record
def _lend_words(state: BlueprintSetupState) -> None:
    """What the templates of subsidies say things with."""
    state.app.jinja_env.globals.update(
        describe_rule=describe_rule, voucher_words=voucher_wording, voucher_state=voucher_state
    )

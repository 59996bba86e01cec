"""The blueprint that every page of `subsidies` registers on."""

from __future__ import annotations

from flask import Blueprint
from flask.blueprints import BlueprintSetupState

from incubator.subsidies import rule_names, voucher_wording
from incubator.subsidies.fact_words import fact_name, settling_evidence, shown_value
from incubator.subsidies.forms import typed
from incubator.subsidies.rule_words import rule_sentences
from incubator.subsidies.rules import rule
from incubator.subsidies.rules.facts import COUNTED, FACTS
from incubator.subsidies.rules.items import CHARGE_KINDS, COST_KINDS, OTHER_KINDS
from incubator.subsidies.rules.vouchers import voucher_state
from incubator.subsidies.wording import charge_kind

blueprint = Blueprint("subsidies", __name__)


@blueprint.record
def _lend_words(state: BlueprintSetupState) -> None:
    """What the templates of subsidies say things with, and what the editor offers."""
    kinds = {"charges": CHARGE_KINDS, "costs": COST_KINDS, "others": OTHER_KINDS}
    state.app.jinja_env.globals.update(
        rule_sentences=rule_sentences, rule_names=rule_names, typed_in=typed, facts_known=FACTS,
        facts_counted=COUNTED, item_kinds=kinds, rule_limits=rule, item_kind=charge_kind, fact_name=fact_name,
        settling_evidence=settling_evidence, fact_value=shown_value, voucher_words=voucher_wording,
        voucher_state=voucher_state,
    )  # fmt: skip

"""The blueprint that every page of `billing` registers on."""

from __future__ import annotations

from flask import Blueprint
from flask.blueprints import BlueprintSetupState

from incubator.billing import card_wording, dunning_wording, journal_words, wording
from incubator.billing.card_keys import is_stand_in
from incubator.billing.exports import note_words, party_name
from incubator.documents.rmb import rmb_capitals
from incubator.subsidies.explain import charge_kind, explain, explain_idle, scheme_name

blueprint = Blueprint("billing", __name__)


@blueprint.record
def _lend_words(state: BlueprintSetupState) -> None:
    """What the templates of billing say things with."""
    state.app.jinja_env.globals.update(
        billing_words=wording, card_words=card_wording, dunning_words=dunning_wording,
        stripe_is_stand_in=is_stand_in, explain_decision=explain, explain_idle=explain_idle, scheme_name=scheme_name,
        charge_kind=charge_kind, party_name=party_name, rmb_capitals=rmb_capitals, tax_note=wording.tax_note,
        journal_words=journal_words, note_words=note_words, approval_words=wording.approval_words,
    )  # fmt: skip

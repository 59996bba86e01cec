"""The blueprint that every page of `billing` registers on."""

from __future__ import annotations

from flask import Blueprint
from flask.blueprints import BlueprintSetupState

from incubator.billing import card_wording, dunning_wording, journal_words, payment_wording, wording
from incubator.billing.card_keys import is_stand_in, stand_in_address
from incubator.billing.exports import note_words, party_name
from incubator.billing.operations.bank_accounts import masked, spaced
from incubator.billing.rules.standing import standing_of
from incubator.documents.formats import sentence
from incubator.documents.rmb import rmb_capitals
from incubator.i18n import reader_locale
from incubator.subsidies.explain import charge_kind, explain, explain_idle, scheme_name

blueprint = Blueprint("billing", __name__)


@blueprint.record
def _lend_words(state: BlueprintSetupState) -> None:
    """What the templates of billing say things with."""
    state.app.jinja_env.globals.update(
        billing_words=wording, card_words=card_wording, dunning_words=dunning_wording,
        stripe_is_stand_in=is_stand_in, stand_in_address=stand_in_address,
        explain_decision=explain, explain_idle=explain_idle, scheme_name=scheme_name,
        charge_kind=charge_kind, party_name=party_name, rmb_capitals=rmb_capitals, tax_note=wording.tax_note,
        pay_words=payment_wording, standing_of=standing_of, masked=masked, spaced=spaced,
        say_phrase=lambda phrase: sentence(phrase, reader_locale()),
        journal_words=journal_words, note_words=note_words, approval_words=wording.approval_words,
    )  # fmt: skip

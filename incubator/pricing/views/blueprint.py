"""The blueprint that the pages of `pricing` hang on, and what its templates ask."""

from __future__ import annotations

from flask import Blueprint
from flask.blueprints import BlueprintSetupState

from incubator.i18n import reader_locale
from incubator.pricing import wording
from incubator.pricing.queries import proposals_of

blueprint = Blueprint("pricing", __name__)


@blueprint.record
def _lend_words(state: BlueprintSetupState) -> None:
    state.app.jinja_env.globals.update(
        charge_kind_name=wording.charge_kind_name, basis_name=wording.basis_name, medium_name=wording.medium_name,
        medium_unit=wording.medium_unit, meter_words=wording, proration_name=wording.proration_name,
        proposed_words=lambda tariff: wording.proposed_words(proposals_of(tariff), reader_locale()),
        rate_text=wording.rate_text, tax_status_name=wording.tax_status_name,
    )  # fmt: skip
    state.app.jinja_env.filters["price"] = lambda price: wording.price_text(price, reader_locale())
    state.app.jinja_env.filters["reading"] = lambda value: wording.reading_text(value, reader_locale())

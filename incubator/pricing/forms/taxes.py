"""The shape of what is entered about VAT."""

from __future__ import annotations

from decimal import Decimal

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, DecimalField, SelectField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange

from incubator.accounts.forms import DayField, clean
from incubator.pricing.models import TAX_KINDS
from incubator.pricing.operations.taxes import LONGEST_SOURCE
from incubator.pricing.rules.taxes import TAX_STATUSES
from incubator.pricing.wording import charge_kind_name, tax_status_name


def _statuses() -> list[tuple[str, str]]:
    return [(status, tax_status_name(status)) for status in TAX_STATUSES]


def _kinds() -> list[tuple[str, str]]:
    return [(kind, charge_kind_name(kind)) for kind in TAX_KINDS]


class TaxStatusForm(FlaskForm):
    """How the operator is taxed from a day on."""

    status = SelectField(_l("The operator is a"), choices=_statuses)
    valid_from = DayField(_l("From this day on"), validators=[InputRequired(_l("Give the date."))])
    usual = BooleanField(_l("Enter the rates that the VAT law names for it"), default=True)


class TaxRateForm(FlaskForm):
    """The rate of a kind of charge from a day on."""

    charge_kind = SelectField(_l("Charge"), choices=_kinds)
    status = SelectField(_l("While the operator is a"), choices=_statuses)
    percent = DecimalField(_l("VAT, percent (0: exempt)"), places=None, validators=[
        InputRequired(_l("Give a percentage.")),
        NumberRange(0, Decimal("99.99"), _l("A rate is from 0 to less than 100 percent, with two decimals at most."))],
        render_kw={"inputmode": "decimal", "autocomplete": "off"})  # fmt: skip
    valid_from = DayField(_l("From this day on"), validators=[InputRequired(_l("Give the date."))])
    source = StringField(_l("Law or notice"), filters=[clean], validators=[
        DataRequired(_l("Say which law or notice sets the rate.")), Length(max=LONGEST_SOURCE)])  # fmt: skip

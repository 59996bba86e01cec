"""The shape of a deposit that pays invoices."""

from __future__ import annotations

from decimal import Decimal

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DecimalField, SelectField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange

from incubator.accounts.forms import clean
from incubator.spaces.operations.words import LONGEST_TEXT


class OffsetForm(FlaskForm):
    """Which deposit pays, how much and why."""

    residency_id = SelectField(_l("Deposit of agreement"), coerce=int)
    amount = DecimalField(_l("Amount in yuan"), places=2, validators=[
        InputRequired(_l("Give an amount.")),
        NumberRange(Decimal("0.01"), Decimal(10**9), _l("Give an amount above zero."))],
        render_kw={"inputmode": "decimal", "autocomplete": "off"})  # fmt: skip
    reason = StringField(_l("Reason"), filters=[clean], validators=[
        DataRequired(_l("Say why.")), Length(max=LONGEST_TEXT)])  # fmt: skip

"""The shape of what is typed about payments."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from incubator.accounts.forms import DayField, clean
from incubator.billing.forms.amounts import YuanField
from incubator.billing.forms.bank import AssignForm, WhyForm
from incubator.billing.operations.payments import LONGEST_REFERENCE
from incubator.billing.payment_wording import BY_HAND, WAYS
from incubator.spaces.operations.words import LONGEST_TEXT


def _line(label: Any, longest: int, **more: Any) -> StringField:
    keys = {"autocomplete": "off"}
    return StringField(label, filters=[clean], validators=[Length(max=longest)], render_kw=keys, **more)


def _way(label: Any) -> SelectField:
    return SelectField(label, choices=[(way, _l(WAYS[way])) for way in BY_HAND])


class PaymentForm(AssignForm):
    """Money that somebody takes."""

    way = _way(_l("How it was paid"))
    amount = YuanField(_l("Amount, yuan"))
    received_on = DayField(_l("Received on"), validators=[InputRequired(_l("Give the date."))])
    payer = _line(_l("Payer, where it is not the startup itself"), LONGEST_REFERENCE)
    reference = _line(_l("Reference"), LONGEST_REFERENCE, description=_l("Of the card terminal’s slip, or the bank’s."))
    note = _line(_l("Note"), LONGEST_TEXT)


class ClearForm(FlaskForm):
    """Which invoices what is left of a payment pays."""

    invoices = SelectMultipleField(_l("Invoices"), coerce=int, widget=ListWidget(prefix_label=False),
                                   option_widget=CheckboxInput())  # fmt: skip


class AskRefundForm(WhyForm):
    """Money that is to go back."""

    amount = YuanField(_l("Amount, yuan"))
    way = _way(_l("How it is given back"))


class RefundForm(AskRefundForm):
    """Money that goes back."""

    refunded_on = DayField(_l("Given back on"), validators=[InputRequired(_l("Give the date."))])
    reference = _line(_l("Reference"), LONGEST_REFERENCE)

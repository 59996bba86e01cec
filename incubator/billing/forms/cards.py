"""The shape of what one types about payments by Stripe."""

from __future__ import annotations

from decimal import Decimal

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, PasswordField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length, NumberRange
from wtforms.widgets import CheckboxInput, ListWidget

from incubator.accounts.forms import clean
from incubator.billing.operations.card_settings import LONGEST_KEY
from incubator.billing.rules.cards import MOST_MINOR
from incubator.core.money import Money
from incubator.spaces.operations.words import LONGEST_TEXT
from incubator.subsidies.forms.schemes import FiniteField, at_most_places


class StripeForm(FlaskForm):
    """An account at Stripe. A key's field that stays empty leaves the key that is kept."""

    secret_key = PasswordField(_l("Secret key"), filters=[clean], validators=[Length(max=LONGEST_KEY)],
                               render_kw={"autocomplete": "off", "spellcheck": "false"})  # fmt: skip
    webhook_secret = PasswordField(_l("Signing secret of the webhook"), filters=[clean],
                                   validators=[Length(max=LONGEST_KEY)],
                                   render_kw={"autocomplete": "off", "spellcheck": "false"})  # fmt: skip
    methods = SelectMultipleField(
        _l("Ways to pay"),
        choices=[("card", _l("Card")), ("alipay", _l("Alipay")), ("wechat_pay", _l("WeChat Pay"))],
        widget=ListWidget(prefix_label=False), option_widget=CheckboxInput(),
    )  # fmt: skip
    is_on = BooleanField(_l("Founders can pay their invoices by Stripe"))


class RefundForm(FlaskForm):
    """How much goes back, and why."""

    amount = FiniteField(_l("Amount"), places=2, validators=[
        InputRequired(_l("Enter an amount.")), NumberRange(min=Decimal("0.01"), max=Money(MOST_MINOR).major),
        at_most_places(2),
    ])  # fmt: skip
    reason = StringField(_l("Reason"), filters=[clean], validators=[
        InputRequired(_l("Say why.")), Length(max=LONGEST_TEXT),
    ])  # fmt: skip


class NoteForm(FlaskForm):
    """What became of a finding."""

    note = StringField(_l("What became of it"), filters=[clean], validators=[
        InputRequired(_l("Say what became of it.")), Length(max=LONGEST_TEXT),
    ])  # fmt: skip

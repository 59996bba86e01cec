"""The shape of what is entered about the books."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, Regexp

from incubator.accounts.forms import DayField, clean
from incubator.billing.journal_words import plain_account
from incubator.billing.rules.accounts import CHART


def _accounts() -> list[tuple[str, str]]:
    return [(account.value, f"{each.code} {plain_account(account)}") for account, each in CHART.items()]


class AccountCodeForm(FlaskForm):
    """What an account is called in the operator's own chart."""

    account = SelectField(_l("Ledger account"), choices=_accounts)
    code = StringField(_l("Code in your chart"), filters=[clean], validators=[
        DataRequired(_l("Give the code.")), Length(max=20),
        Regexp(r"^[0-9A-Za-z.\-]+$", message=_l("A code has letters, digits, points and hyphens only."))])  # fmt: skip
    name = StringField(_l("Name in your chart"), filters=[clean], validators=[
        DataRequired(_l("Give the account's name.")), Length(max=100)])  # fmt: skip
    valid_from = DayField(_l("From this day on"), validators=[InputRequired(_l("Give the date."))])

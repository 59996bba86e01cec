"""Pools, budgets and reservations as finance types them."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange

from incubator.accounts.forms import DayField, clean
from incubator.subsidies.forms.schemes import FiniteField, at_most_places

MODES = {
    "first_come": _l("Who comes first, by the order of posting"),
    "reserved": _l("Reserved for each startup at its agreement"),
    "pro_rata": _l("Shared out pro rata at the closing"),
}


class PoolForm(FlaskForm):
    """A pool by name."""

    code = StringField(_l("Code"), filters=[clean], validators=[
        DataRequired(_l("Give the pool a code.")), Length(max=20)])  # fmt: skip
    name = StringField(_l("Name"), filters=[clean], validators=[
        DataRequired(_l("Give the pool a name.")), Length(max=200)])  # fmt: skip
    name_en = StringField(_l("English name"), filters=[clean], validators=[Length(max=200)])


class AmountForm(FlaskForm):
    """Money in yuan."""

    amount = FiniteField(_l("Amount, in yuan"), places=None, validators=[
        InputRequired(_l("Give an amount above zero.")), NumberRange(0, 10**11), at_most_places(2)])  # fmt: skip


class BudgetForm(AmountForm):
    """A pool's money for some months."""

    first = DayField(_l("From the first of"), validators=[InputRequired(_l("Give the date."))])
    last = DayField(_l("To the last day of"), validators=[InputRequired(_l("Give the date."))])
    mode = SelectField(_l("How it is given out"), choices=list(MODES.items()))
    source = StringField(_l("Notice of the budget"), filters=[clean], validators=[Length(max=300)])


class ReservationForm(AmountForm):
    """A part for one startup."""

    startup = SelectField(_l("Startup"), coerce=int)


class DrawForm(FlaskForm):
    """A scheme that draws on the pool."""

    scheme = SelectField(_l("Scheme"), coerce=int)

"""The shape of a scheme, as finance types it; and of a decimal number, for whoever asks for one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DecimalField, StringField
from wtforms.validators import DataRequired, Length, ValidationError

from incubator.accounts.forms import clean
from incubator.core.money import decimal_places


class FiniteField(DecimalField):
    """A decimal number; NaN and its like are none."""

    data: Decimal | None

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        super().process_formdata(valuelist)
        if self.data is not None and not self.data.is_finite():
            self.data = None
            raise ValueError(self.gettext("Not a valid decimal value."))


def at_most_places(places: int) -> Callable[[FlaskForm, DecimalField], None]:
    """No more decimals than are kept: not even one at the thirtieth place, which arithmetic would round away."""

    def check(_form: FlaskForm, field: DecimalField) -> None:
        if field.data is not None and decimal_places(field.data) > places:
            raise ValidationError(_l("At most %(places)s decimals.", places=places))

    return check


class SchemeForm(FlaskForm):
    """A policy by name."""

    code = StringField(_l("Code"), filters=[clean], validators=[
        DataRequired(_l("Give the scheme a code.")), Length(max=20)])  # fmt: skip
    name = StringField(_l("Name"), filters=[clean], validators=[
        DataRequired(_l("Give the scheme a name.")), Length(max=200)])  # fmt: skip
    name_en = StringField(_l("English name"), filters=[clean], validators=[Length(max=200)])
    issuer = StringField(_l("Issuer"), filters=[clean], validators=[Length(max=200)])

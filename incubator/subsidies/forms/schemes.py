"""The shape of a scheme and of its versions, as finance types them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, DecimalField, IntegerField, SelectField, SelectMultipleField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from incubator.accounts.forms import DayField, clean
from incubator.core.money import decimal_places, to_minor

KINDS = [("rent", _l("Rent")), ("property_fee", _l("Property fee")), ("utilities", _l("Utilities")),
         ("booking", _l("Booking"))]  # fmt: skip
WINDOWS = [("month", _l("a month")), ("quarter", _l("a quarter")), ("year", _l("a year"))]


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


class VersionForm(FlaskForm):
    """A rule: who, what, how much, at most; and the article that says so."""

    valid_from = DayField(_l("Valid from"), validators=[InputRequired(_l("Give the date."))])
    valid_until = DayField(_l("Until (last day, optional)"), validators=[Optional()])
    site = SelectField(_l("Site"), coerce=int, default=0)
    covers = SelectMultipleField(_l("Kinds of charge"), choices=KINDS,
                                 validators=[DataRequired(_l("Choose at least one."))],
                                 validate_choice=False,  # the rule does, in the reader's language
                                 widget=ListWidget(prefix_label=False), option_widget=CheckboxInput())  # fmt: skip
    percent = FiniteField(_l("Share borne, in %"), places=None,
                          validators=[InputRequired(_l("Say what share it bears.")), NumberRange(0, 100),
                                      at_most_places(4)])  # fmt: skip
    cap_yuan = FiniteField(_l("At most, in yuan (optional)"), places=None,
                           validators=[Optional(), NumberRange(0, 100_000_000), at_most_places(2)])  # fmt: skip
    cap_window = SelectField(_l("in"), choices=WINDOWS, default="quarter")
    companies_only = BooleanField(_l("Registered companies only"), default=True)
    months = IntegerField(_l("Only in the first … months of residence (optional)"),
                          validators=[Optional(), NumberRange(1, 600)])  # fmt: skip
    source = StringField(_l("Source: title, number and article of the policy"), filters=[clean],
                         validators=[DataRequired(_l("Name the article that says so.")), Length(max=500)])  # fmt: skip

    def rule(self) -> dict[str, Any]:
        """The rule as the engine reads it."""
        who: list[dict[str, Any]] = []
        if self.companies_only.data:
            who.append({"fact": "startup.kind", "is": "company"})
        if self.months.data is not None:
            who.append({"fact": "residency.month_number", "at_most": self.months.data})
        assert self.percent.data is not None and self.covers.data is not None
        caps = []
        if self.cap_yuan.data is not None:
            amount_minor = to_minor(self.cap_yuan.data)
            caps.append({"per": "startup", "window": self.cap_window.data, "amount_minor": amount_minor})
        rate = format((self.percent.data / 100).normalize(), "f")
        return {"who": {"all": who}, "covers": list(self.covers.data), "rate": rate, "caps": caps}

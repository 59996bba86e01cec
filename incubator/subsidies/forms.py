"""The shape of a scheme and of its versions, as finance types them."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, DecimalField, IntegerField, SelectField, SelectMultipleField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from incubator.core.money import to_minor

KINDS = [("rent", _l("Rent")), ("property_fee", _l("Property fee")), ("utilities", _l("Utilities")),
         ("booking", _l("Booking"))]  # fmt: skip
WINDOWS = [("month", _l("a month")), ("quarter", _l("a quarter")), ("year", _l("a year"))]


class SchemeForm(FlaskForm):
    """A policy by name."""

    code = StringField(_l("Code"), validators=[DataRequired(), Length(max=20)])
    name = StringField(_l("Name"), validators=[DataRequired(), Length(max=200)])
    name_en = StringField(_l("English name"), validators=[Length(max=200)])
    issuer = StringField(_l("Issuer"), validators=[Length(max=200)])


class VersionForm(FlaskForm):
    """A rule: who, what, how much, at most; and the article that says so."""

    valid_from = DateField(_l("Valid from"), validators=[DataRequired()])
    valid_until = DateField(_l("Until (last day, optional)"), validators=[Optional()])
    covers = SelectMultipleField(_l("Kinds of charge"), choices=KINDS, validators=[DataRequired()])
    percent = DecimalField(_l("Share borne, in %"), validators=[InputRequired(), NumberRange(0, 100)])
    cap_yuan = DecimalField(_l("At most, in yuan (optional)"), validators=[Optional(), NumberRange(0, 100_000_000)])
    cap_window = SelectField(_l("in"), choices=WINDOWS, default="quarter")
    companies_only = BooleanField(_l("Registered companies only"), default=True)
    months = IntegerField(_l("Only in the first … months of residence (optional)"),
                          validators=[Optional(), NumberRange(1, 600)])  # fmt: skip
    source = StringField(_l("Source: title, number and article of the policy"),
                         validators=[DataRequired(), Length(max=500)])  # fmt: skip

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
            caps.append({"window": self.cap_window.data, "amount_minor": to_minor(self.cap_yuan.data)})
        rate = format((self.percent.data / 100).normalize(), "f")
        return {"who": {"all": who}, "covers": list(self.covers.data), "rate": rate, "caps": caps}

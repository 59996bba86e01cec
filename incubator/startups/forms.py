"""The shape of what one types about startups and agreements."""

from __future__ import annotations

from decimal import Decimal

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, DecimalField, SelectField, SelectMultipleField, StringField
from wtforms.validators import DataRequired, Email, InputRequired, Length, NumberRange, Optional

KIND_NAMES = {"company": _l("Company"), "team": _l("Team, not registered yet")}
STATE_NAMES = {"coming": _l("Coming"), "current": _l("In residence"), "ending": _l("Ending soon"), "ended": _l("Term over")}


class StartupForm(FlaskForm):
    """A team or a company."""

    kind = SelectField(_l("It is a"), choices=list(KIND_NAMES.items()), default="company")
    name = StringField(_l("Name"), validators=[DataRequired(), Length(max=200)])
    name_en = StringField(_l("English name"), validators=[Length(max=200)])
    credit_code = StringField(_l("Unified social credit code"), validators=[Length(max=30)])
    registered_on = DateField(_l("Registered on"), validators=[Optional()])
    industry = StringField(_l("Industry"), validators=[Length(max=100)])
    contact_name = StringField(_l("Contact"), validators=[Length(max=100)])
    contact_email = StringField(_l("E-mail"), validators=[Optional(), Email(), Length(max=254)])
    contact_phone = StringField(_l("Phone"), validators=[Length(max=50)])


class ResidencyForm(FlaskForm):
    """An agreement: units of one site at one price each; several prices are several agreements, or an import."""

    starts_on = DateField(_l("First day"), validators=[DataRequired()])
    ends_on = DateField(_l("Last day (optional)"), validators=[Optional()])
    signed_on = DateField(_l("Signed on (optional)"), validators=[Optional()])
    units = SelectMultipleField(_l("Units"), coerce=int, validators=[DataRequired()])
    rent_basis = SelectField(
        _l("Rent is"), choices=[("m2_month", _l("by m² and month")), ("unit_month", _l("by unit and month"))]
    )
    rent = DecimalField(_l("Rent, yuan"), places=2, validators=[InputRequired(), NumberRange(0, Decimal(1_000_000))])
    property_fee = DecimalField(
        _l("Property fee, yuan by m² and month (optional)"),
        places=2,
        validators=[Optional(), NumberRange(0, Decimal(1_000_000))],
    )


class EndForm(FlaskForm):
    """Ending an agreement before its term."""

    ends_on = DateField(_l("Last day"), validators=[DataRequired()])
    reason = StringField(_l("Reason"), validators=[DataRequired(), Length(max=200)])

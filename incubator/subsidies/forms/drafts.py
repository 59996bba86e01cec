"""What a draft has beside its rule, as finance types it; and the filter of the list of schemes."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from incubator.accounts.forms import DayField, clean
from incubator.subsidies.operations.drafts import LONGEST_NAME, LONGEST_SOURCE


class DraftForm(FlaskForm):
    """Its name, when and where it is to hold, and the article that says so; the rule has fields of its own."""

    name = StringField(_l("Name of the draft"), filters=[clean], validators=[
        DataRequired(_l("Give the draft a name.")),
        Length(max=LONGEST_NAME, message=_l("At most 100 characters."))])  # fmt: skip
    valid_from = DayField(_l("Valid from"), validators=[InputRequired(_l("Give the date."))])
    valid_until = DayField(_l("Until (last day, optional)"), validators=[Optional()])
    site = SelectField(_l("Site"), coerce=int, default=0)
    source = StringField(_l("Source: title, number and article of the policy"), filters=[clean],
                         validators=[Length(max=LONGEST_SOURCE)])  # fmt: skip

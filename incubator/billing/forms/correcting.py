"""The shape of what one types in billing."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField
from wtforms.validators import InputRequired, Length

from incubator.accounts.forms import clean
from incubator.spaces.operations.words import LONGEST_TEXT


class ReasonForm(FlaskForm):
    """Why corrections are written, and of which the person speaks."""

    reason = StringField(_l("What has become known, and from where"), filters=[clean], validators=[
        InputRequired(_l("Say what has become known, and from where.")), Length(max=LONGEST_TEXT),
    ])  # fmt: skip
    shown = HiddenField()

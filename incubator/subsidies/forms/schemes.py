"""The shape of a scheme, as finance types it."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import DataRequired, Length

from incubator.accounts.forms import clean


class SchemeForm(FlaskForm):
    """A policy by name."""

    code = StringField(_l("Code"), filters=[clean], validators=[
        DataRequired(_l("Give the scheme a code.")), Length(max=20)])  # fmt: skip
    name = StringField(_l("Name"), filters=[clean], validators=[
        DataRequired(_l("Give the scheme a name.")), Length(max=200)])  # fmt: skip
    name_en = StringField(_l("English name"), filters=[clean], validators=[Length(max=200)])
    issuer = StringField(_l("Issuer"), filters=[clean], validators=[Length(max=200)])

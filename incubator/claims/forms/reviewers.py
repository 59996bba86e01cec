"""Who is invited to review a claim, and what they write."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from incubator.accounts.forms import DayField, clean, email_field
from incubator.claims.operations.reviewers import LONGEST_NAME, LONGEST_REMARK

_AT_MOST = _l("At most 100 characters.")


class InviteForm(FlaskForm):
    """A person of an authority or an accountants' firm."""

    name = StringField(_l("Name"), filters=[clean], validators=[
        DataRequired(_l("Enter a name.")), Length(max=LONGEST_NAME, message=_AT_MOST)])  # fmt: skip
    organisation = StringField(_l("Organisation"), filters=[clean], validators=[
        DataRequired(_l("Say for whom they review.")), Length(max=LONGEST_NAME, message=_AT_MOST)])  # fmt: skip
    email = email_field("off")
    until = DayField(_l("Access until"), validators=[InputRequired(_l("Give the date."))])
    locale = SelectField(_l("Language"), choices=[("zh_Hans", "简体中文"), ("en", "English")])


class RemarkForm(FlaskForm):
    """A remark, or the answer to one."""

    words = TextAreaField(_l("Remark"), filters=[lambda text: (text or "").strip()], validators=[
        DataRequired(_l("Write something first.")),
        Length(max=LONGEST_REMARK, message=_l("At most 2,000 characters."))], render_kw={"rows": 3})  # fmt: skip

"""The shape of an announcement."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from incubator.accounts.forms import DayField, clean
from incubator.startups.operations.announcements import LONGEST_BODY, Words

AUDIENCE_NAMES = {
    "all": _l("Everybody"), "sites": _l("Startups at some sites"), "programmes": _l("Startups in some programmes"),
    "staff": _l("Staff only"),
}  # fmt: skip


class AnnouncementForm(FlaskForm):
    """What is said in which language, to whom, on which days."""

    title = StringField(_l("Title in Chinese"), filters=[clean],
                        validators=[DataRequired(_l("Give it a title.")), Length(max=100)])  # fmt: skip
    body = TextAreaField(
        _l("Text in Chinese"),
        description=_l("Plain text. An empty line begins a paragraph; addresses of websites become links."),
        validators=[DataRequired(_l("Write a few words.")), Length(max=LONGEST_BODY)], render_kw={"rows": 8},
    )  # fmt: skip
    title_en = StringField(_l("Title in English (optional)"), filters=[clean], validators=[Length(max=100)])
    body_en = TextAreaField(_l("Text in English (optional)"), validators=[Length(max=LONGEST_BODY)],
                            render_kw={"rows": 6})  # fmt: skip
    audience = SelectField(_l("For"), choices=list(AUDIENCE_NAMES.items()))
    sites = SelectMultipleField(_l("Sites"), coerce=int, widget=ListWidget(prefix_label=False),
                                option_widget=CheckboxInput())  # fmt: skip
    programmes = SelectMultipleField(_l("Programmes and plans"), coerce=int, widget=ListWidget(prefix_label=False),
                                     option_widget=CheckboxInput())  # fmt: skip
    from_on = DayField(_l("First day"), validators=[InputRequired(_l("Give the date."))])
    until_on = DayField(_l("Last day (optional)"), validators=[Optional()])
    pinned = BooleanField(_l("Keep it on top"))
    by_mail = BooleanField(_l("Send it by mail, too"))

    def words(self) -> Words:
        """What `publish_announcement` takes, once valid."""
        assert self.from_on.data is not None  # asked for above
        return Words(
            title=self.title.data or "", body=self.body.data or "", title_en=self.title_en.data or "",
            body_en=self.body_en.data or "", from_on=self.from_on.data, until_on=self.until_on.data,
            audience=self.audience.data, sites=self.sites.data or [], programmes=self.programmes.data or [],
            pinned=self.pinned.data, by_mail=self.by_mail.data,
        )  # fmt: skip

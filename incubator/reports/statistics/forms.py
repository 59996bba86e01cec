"""The shape of what one types about yearly statistics."""

from __future__ import annotations

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import DecimalField, IntegerField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange

from incubator.accounts.forms import clean
from incubator.reports.statistics.filings import USUAL_DAYS
from incubator.reports.statistics.indicators import FORMS, indicators_of
from incubator.reports.statistics.models import MOST_DAYS
from incubator.reports.statistics.operations import LONGEST_TEXT
from incubator.reports.statistics.units import UNITS
from incubator.reports.statistics.words import FORM_WORDS


class ValueForm(FlaskForm):
    """A value that no row tells, or one that was filed for an earlier year."""

    code = SelectField(_l("Field of the form"), choices=[])
    figure = DecimalField(_l("Value"), validators=[InputRequired(_l("Give a number from 0 up."))],
                          render_kw={"inputmode": "decimal"},
                          description=_l("In the unit that stands behind the field."))  # fmt: skip
    evidence = StringField(
        _l("Evidence"), filters=[clean], description=_l("Which document proves it: its kind, number and issuer."),
        validators=[InputRequired(_l("Say which document proves it: its kind, number and issuer.")),
                    Length(max=LONGEST_TEXT)],
    )  # fmt: skip
    file = FileField(_l("File (optional)"))

    def offer(self, form: str, *, every: bool) -> None:
        """The fields that are stated; of a year that is over every field, as it was filed."""
        self.code.choices = [
            SelectChoice(each.code, f"{gettext(each.title)} ({gettext(UNITS[each.unit].name)})")
            for each in indicators_of(form) if every or each.is_stated or each.or_stated
        ]  # fmt: skip

    def sent_file(self) -> tuple[str, bytes] | None:
        """Its name and content, where there is one."""
        sent = self.file.data
        return (sent.filename, sent.read()) if sent and sent.filename else None


class FilingForm(FlaskForm):
    """Which form is filed for a site each year."""

    form = SelectField(_l("Form"), choices=[
        SelectChoice("", _l("None")), *(SelectChoice(each, _l(FORM_WORDS[each])) for each in FORMS)])  # fmt: skip
    ripe_days = IntegerField(
        _l("Days after the year's end"), default=USUAL_DAYS,
        validators=[InputRequired(_l("Give a whole number of days.")),
                    NumberRange(1, MOST_DAYS, _l("Give a number of days from 1 to 180."))],
        description=_l("On this day the form is frozen by itself, if nothing in it is open. 60 days after 2026 is "
                       "1 March 2027."),
    )  # fmt: skip


class NoteForm(FlaskForm):
    """Why a field is as it is."""

    note = StringField(_l("Why it is so"), filters=[clean], validators=[Length(max=LONGEST_TEXT)])

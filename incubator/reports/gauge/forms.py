"""The shape of what one types about standards and goals."""

from __future__ import annotations

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DecimalField, HiddenField, SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from incubator.accounts.forms import DayField, clean
from incubator.core.paging import row_id
from incubator.reports.gauge.measures import MEASURES, STATED
from incubator.reports.gauge.words import COMPARISON_WORDS, MEASURE_WORDS
from incubator.spaces.operations.words import LONGEST_NAME


class GoalForm(FlaskForm):
    """Which qualification, and on which sites."""

    standard = SelectField(_l("Qualification"), choices=[])
    name = StringField(_l("Name (optional)"), filters=[clean], validators=[Length(max=LONGEST_NAME)])
    site_ids = SelectMultipleField(
        _l("Sites that are measured together"), coerce=int, choices=[], option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False), validators=[InputRequired(_l("Choose at least one site."))],
    )  # fmt: skip


class StatementForm(FlaskForm):
    """A figure that no row tells."""

    measure = SelectField(_l("Figure"), choices=[])
    figure = DecimalField(_l("Number"), validators=[InputRequired(_l("Give a number from 0 up."))],
                          render_kw={"inputmode": "decimal"})  # fmt: skip
    starts_on = DayField(_l("From"), validators=[InputRequired(_l("Give the date."))])
    ends_on = DayField(_l("Last day (optional)"), validators=[Optional()])
    evidence = StringField(
        _l("Evidence"), filters=[clean], description=_l("Which document proves it: its kind, number and issuer."),
        validators=[InputRequired(_l("Say which document proves it: its kind, number and issuer.")), Length(max=500)],
    )  # fmt: skip

    def offer(self) -> None:
        """The measures that are stated."""
        self.measure.choices = [(each, gettext(MEASURE_WORDS[each].title)) for each in STATED]


class WithdrawForm(FlaskForm):
    """Why something stated counts no longer."""

    reason = StringField(
        _l("Reason"), filters=[clean],
        validators=[InputRequired(_l("Say why, so that others understand.")), Length(max=500)],
    )  # fmt: skip


class CriterionForm(FlaskForm):
    """A demand from a day on."""

    measure = SelectField(_l("What is measured"), choices=[])
    comparison = SelectField(_l("Comparison"), choices=[])
    threshold = DecimalField(_l("Threshold"), validators=[InputRequired(_l("Give a number from 0 up."))],
                             render_kw={"inputmode": "decimal"})  # fmt: skip
    starts_on = DayField(_l("Holds from"), validators=[InputRequired(_l("Give the date."))])
    source = StringField(_l("Source (optional)"), filters=[clean], validators=[Length(max=500)],
                         description=_l("The text and the article in it."))  # fmt: skip
    replaces = HiddenField(filters=[lambda text: row_id(text) if text and text.isdigit() else None])

    def offer(self) -> None:
        """All that can be measured."""
        self.measure.choices = [(each, gettext(MEASURE_WORDS[each].title)) for each in MEASURES]
        self.comparison.choices = [(key, gettext(words)) for key, words in COMPARISON_WORDS.items()]

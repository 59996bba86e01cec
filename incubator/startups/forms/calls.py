"""The shape of what staff type about calls and their questions."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from incubator.accounts.forms import DayField, clean
from incubator.core.clock import CHINA
from incubator.spaces.operations.words import LONGEST_NAME, LONGEST_TEXT
from incubator.startups.models import Call
from incubator.startups.operations.calls import LONGEST_DESCRIPTION, LONGEST_SLUG, Asked, CallFacts
from incubator.startups.queries.calls import QuestionRow
from incubator.startups.rules.applications import FEWEST_MONTHS, MOST_MONTHS

QUESTION_KIND_NAMES = {
    "short_text": _l("Short text"), "long_text": _l("Long text"), "number": _l("Number"),
    "money": _l("Amount in yuan"), "date": _l("Date"), "one_choice": _l("One of several"),
    "several_choices": _l("Any of several"), "yes_no": _l("Yes or no"), "web_address": _l("Web address"),
    "file": _l("File"),
}  # fmt: skip
CALL_STATE_NAMES = {
    "unpublished": _l("Not published"), "coming": _l("Opens later"), "open": _l("Open"),
    "closed": _l("Applications closed"),
}  # fmt: skip
APPLICATION_STATE_NAMES = {
    "draft": _l("Draft"), "sent": _l("Sent"), "in_review": _l("In review"), "admitted": _l("Admitted"),
    "withdrawn": _l("Withdrawn"),
}  # fmt: skip
CLOSED_NAMES = {"conflict": _l("conflict of interest declared"), "blind": _l("you review it blind")}
REASON_NAMES = {
    "credit_code": _l("same credit code"), "name": _l("same name"), "founder": _l("same founder"),
    "email": _l("same e-mail"), "phone": _l("same telephone"),
}  # fmt: skip


def instant(on: date, *, is_last: bool = False) -> datetime:
    """A day's first instant in China, or the one after its last."""
    return datetime.combine(on + timedelta(days=1) if is_last else on, time(), CHINA)


class RetentionForm(FlaskForm):
    """How long applications that led nowhere are kept."""

    months = IntegerField(_l("Months after its end"), validators=[
        InputRequired(_l("Give a number of months.")), NumberRange(FEWEST_MONTHS, MOST_MONTHS),
    ], render_kw={"inputmode": "numeric"})  # fmt: skip


class CallForm(FlaskForm):
    """A call: its names, its address, when it is open, and its cohort."""

    programme_id = SelectField(_l("Programme"), coerce=int, choices=[])
    name = StringField(_l("Name"), filters=[clean], validators=[InputRequired(_l("Give it a name.")),
                                                                Length(max=LONGEST_NAME)])  # fmt: skip
    name_en = StringField(_l("English name (optional)"), filters=[clean], validators=[Length(max=LONGEST_NAME)])
    slug = StringField(_l("End of its address"), filters=[clean], validators=[Length(max=LONGEST_SLUG)],
                       render_kw={"autocapitalize": "none", "placeholder": "spring-2027"})  # fmt: skip
    opens_on = DayField(_l("Opens on"), validators=[InputRequired(_l("Give the date."))])
    closes_on = DayField(_l("Last day to apply (optional)"), validators=[Optional()])
    cohort = StringField(_l("Cohort (optional)"), filters=[clean], validators=[Length(max=LONGEST_NAME)])
    cohort_en = StringField(_l("Cohort in English (optional)"), filters=[clean], validators=[Length(max=LONGEST_NAME)])
    starts_on = DayField(_l("Cohort's first day (optional)"), validators=[Optional()])
    ends_on = DayField(_l("Its last day (optional)"), validators=[Optional()])
    description = TextAreaField(_l("What it is (optional)"), validators=[Length(max=LONGEST_DESCRIPTION)],
                                render_kw={"rows": 6})  # fmt: skip
    description_en = TextAreaField(_l("What it is, in English (optional)"),
                                   validators=[Length(max=LONGEST_DESCRIPTION)], render_kw={"rows": 6})  # fmt: skip

    def facts(self) -> CallFacts:
        """What the operations take, once valid."""
        texts: dict[str, Any] = {
            name: self[name].data or ""
            for name in ("name", "name_en", "slug", "cohort", "cohort_en", "description", "description_en")
        }
        closes = self.closes_on.data
        return CallFacts(
            opens_at=instant(self.opens_on.data), closes_at=None if closes is None else instant(closes, is_last=True),
            starts_on=self.starts_on.data, ends_on=self.ends_on.data, **texts,
        )  # fmt: skip


def days_of(call: Call) -> dict[str, date | None]:
    """When it is open, as the form shows it: its first and its last day."""
    closes = call.closes_at
    return {
        "opens_on": call.opens_at.astimezone(CHINA).date(),
        "closes_on": None if closes is None else (closes - timedelta(microseconds=1)).astimezone(CHINA).date(),
    }


class ReopenForm(FlaskForm):
    """Until when it is open again."""

    closes_on = DayField(_l("Last day to apply (optional)"), validators=[Optional()])


class QuestionForm(FlaskForm):
    """A question in both languages."""

    kind = SelectField(_l("What is asked for"), choices=list(QUESTION_KIND_NAMES.items()))
    label = StringField(_l("Question"), filters=[clean], validators=[InputRequired(_l("Say what is asked.")),
                                                                     Length(max=LONGEST_TEXT)])  # fmt: skip
    label_en = StringField(_l("Question in English (optional)"), filters=[clean], validators=[Length(max=LONGEST_TEXT)])
    help = StringField(_l("Explanation (optional)"), filters=[clean], validators=[Length(max=500)])
    help_en = StringField(_l("Explanation in English (optional)"), filters=[clean], validators=[Length(max=500)])
    options = TextAreaField(_l("Answers to choose from, one on a line"), validators=[Length(max=6000)],
                            description=_l("For the two kinds of choice only."), render_kw={"rows": 5})  # fmt: skip
    options_en = TextAreaField(_l("The same in English, in the same order (optional)"),
                               validators=[Length(max=6000)], render_kw={"rows": 5})  # fmt: skip
    is_required = BooleanField(_l("Has to be answered"))

    def show(self, row: QuestionRow) -> None:
        """Put the options of a question into their two boxes."""
        self.options.data = "\n".join(option.label for option in row.options)
        self.options_en.data = "\n".join(option.label_en for option in row.options).rstrip("\n")

    def asked(self) -> Asked:
        """What the operations take, once valid."""
        labels = [line.strip() for line in (self.options.data or "").splitlines() if line.strip()]
        english = [line.strip() for line in (self.options_en.data or "").splitlines()]
        english += [""] * (len(labels) - len(english))
        return Asked(
            self.label.data or "", self.label_en.data or "", self.help.data or "", self.help_en.data or "",
            self.is_required.data, list(zip(labels, english, strict=False)),
        )  # fmt: skip

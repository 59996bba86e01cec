"""The shape of a need, and of the operator's numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, IntegerField, RadioField, SelectField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from incubator.documents.formats import named
from incubator.mentors.forms.profiles import choices_of, line, several
from incubator.mentors.models import HelpField
from incubator.mentors.operations.needs import LONGEST_TITLE, LONGEST_WORDS, NeedFacts
from incubator.mentors.operations.settings import LIMITS
from incubator.mentors.suggesting import PART_HINTS, PART_NAMES
from incubator.mentors.wording import LANGUAGES, PARTS_OF_WEEK, STAGES, URGENCIES
from incubator.spaces.models import Site


def _or_none(value: Any) -> int | None:
    return int(value) if value else None


def _words(label: Any, rows: int, **more: Any) -> TextAreaField:
    return TextAreaField(label, validators=[Length(max=LONGEST_WORDS)],
                         render_kw={"rows": rows, "maxlength": LONGEST_WORDS}, **more)  # fmt: skip


class NeedForm(FlaskForm):
    """What a startup wants help with."""

    startup_id = SelectField(_l("Startup"), coerce=_or_none, validators=[DataRequired(_l("Choose a startup."))])
    title = line(_l("What do you need help with?"), LONGEST_TITLE,
                 DataRequired(_l("Say in a few words what you need help with.")))  # fmt: skip
    description = _words(_l("Tell more (optional)"), 4, description=_l("What is it about, and what would help most?"))
    field_ids = several(_l("Fields"), coerce=int)
    urgency = RadioField(_l("How soon?"), choices=choices_of(URGENCIES), default="normal")
    tried = _words(_l("What have you tried already? (optional)"), 2)
    stage = SelectField(_l("Where do you stand? (optional)"), validators=[Optional()],
                        choices=[("", _l("does not matter")), *choices_of(STAGES)])  # fmt: skip
    times = several(_l("When can you? (optional)"), choices_of(PARTS_OF_WEEK))
    languages = several(_l("In which language? (optional)"), choices_of(LANGUAGES))
    site_id = SelectField(_l("Where would you meet?"), coerce=_or_none, validators=[Optional()])
    form_key = HiddenField(validators=[Length(max=64)])

    def offer(self, fields: Sequence[HelpField], sites: Sequence[Site], locale: str) -> None:
        """What there is to choose from."""
        self.field_ids.choices = [(each.id, named(each, locale)) for each in fields]
        self.site_id.choices = [("", _l("where the startup sits")), *((each.id, named(each, locale)) for each in sites)]

    def put(self, facts: NeedFacts) -> None:
        """Show what a need says."""
        for name in ("title", "description", "urgency", "tried", "site_id"):
            self[name].data = getattr(facts, name)
        self.stage.data = facts.stage or ""
        for name in ("field_ids", "times", "languages"):
            self[name].data = list(getattr(facts, name))

    def said(self) -> NeedFacts:
        """The need that was typed."""
        return NeedFacts(
            title=self.title.data or "", description=self.description.data or "", tried=self.tried.data or "",
            urgency=self.urgency.data or "", stage=self.stage.data or None, languages=tuple(self.languages.data or ()),
            times=tuple(self.times.data or ()), site_id=self.site_id.data, field_ids=tuple(self.field_ids.data or ()),
        )  # fmt: skip


def _number(name: str, label: Any, hint: Any = "") -> IntegerField:
    least, most = LIMITS[name]
    sentence = _l("Give a number from %(least)s to %(most)s.", least=least, most=most)
    return IntegerField(
        label, description=hint, validators=[InputRequired(sentence), NumberRange(least, most, sentence)],
        render_kw={"inputmode": "numeric", "min": least, "max": most},
    )  # fmt: skip


def _weight(name: str) -> IntegerField:
    return _number(name, PART_NAMES[name], PART_HINTS[name])


class SettingsForm(FlaskForm):
    """What the parts of a suggestion weigh, and what is asked of mentors."""

    expertise, industry, stage = _weight("expertise"), _weight("industry"), _weight("stage")
    language, hours, feedback = _weight("language"), _weight("hours"), _weight("feedback")
    load, distance, exploration = _weight("load"), _weight("distance"), _weight("exploration")
    prior_count = _number("prior_count", _l("Answers of the average that feedback is mixed with"),
                          _l("With 5, six answers weigh a little more than the average of the house."))  # fmt: skip
    sessions_a_year = _number("sessions_a_year", _l("Sessions of each mentor in a year, at least"))
    companies_per_mentor = _number("companies_per_mentor", _l("Incubated companies for each mentor, at most"),
                                   _l("The criterion of incubator assessment: one mentor for each 10."))  # fmt: skip

    def numbers(self) -> dict[str, int]:
        """What `set_settings` takes, once valid."""
        return {name: self[name].data for name in LIMITS}

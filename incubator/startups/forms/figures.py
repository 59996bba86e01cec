"""The shape of what is typed about figures, indicators and achievements, and their words."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DecimalField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    ValidationError,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from incubator.accounts.forms import DayField, clean
from incubator.core.errors import Refusal
from incubator.documents.formats import sentence
from incubator.documents.forms import DocumentField
from incubator.i18n import reader_locale
from incubator.spaces.operations.words import LONGEST_NAME, LONGEST_TEXT
from incubator.startups.models import Indicator
from incubator.startups.operations.figures import Said
from incubator.startups.queries.figures import Line
from incubator.startups.rules.figures import as_typed, plain_text, read_value

RHYTHM_NAMES = {"month": _l("Monthly"), "quarter": _l("Quarterly"), "half": _l("Half-yearly"), "year": _l("Yearly")}
SHEET_STATE_NAMES = {
    "none": _l("Not begun"), "draft": _l("Draft"), "submitted": _l("Submitted"), "returned": _l("Returned"),
    "confirmed": _l("Confirmed"), "late": _l("Late"),
}  # fmt: skip
SHEET_STATE_TONES = {"none": "secondary", "draft": "azure", "submitted": "yellow", "returned": "orange",
                     "confirmed": "green", "late": "red"}  # fmt: skip
KIND_NAMES = {"count": _l("Count"), "money": _l("Amount"), "decimal": _l("Decimal number"), "percent": _l("Percent")}
LEVEL_NAMES = {"hard": _l("is refused"), "soft": _l("needs a remark")}
COMPARISON_NAMES = {"at_most": _l("at most"), "at_least": _l("at least"), "equal": _l("equal to"),
                    "": _l("against its last period")}  # fmt: skip


class ValueField(StringField):
    """A number as people type it; after validation `value` is as it is kept."""

    value: Decimal | None = None

    def __init__(self, label: Any, indicator: Indicator, **kwargs: Any) -> None:
        self.indicator = indicator
        mode = "numeric" if indicator.kind == "count" else "decimal"
        super().__init__(label, render_kw={"inputmode": mode, "autocomplete": "off", "maxlength": 30}, **kwargs)

    def post_validate(self, form: Any, validation_stopped: bool) -> None:
        """Read it, or say at the field why not."""
        try:
            self.value = read_value(self.data or "", self.indicator.kind, in_thousands=self.indicator.in_thousands)
        except Refusal as refusal:
            raise ValidationError(sentence(refusal, reader_locale())) from refusal


class SheetForm(FlaskForm):
    """A sheet: three fields for each of its lines, made by `sheet_form`."""

    lines: Sequence[Line] = ()

    def said(self) -> dict[int, Said]:
        """What `save_figures` takes."""
        found = {}
        for line in self.lines:
            number = line.indicator.id
            file = self[f"file_{number}"]
            given = (file.name_of_file, file.content) if file.data and file.name_of_file else None
            found[number] = Said(self[f"value_{number}"].value, self[f"remark_{number}"].data or "", given)
        return found


def sheet_form(lines: Sequence[Line], **kwargs: Any) -> SheetForm:
    """The form of some lines, with what stands there."""
    fields: dict[str, Any] = {"lines": lines}
    for line in lines:
        each, number = line.indicator, line.indicator.id
        typed = plain_text(as_typed(line.value, each.kind, in_thousands=each.in_thousands))
        fields[f"value_{number}"] = ValueField(each.name, each, default=typed)
        fields[f"remark_{number}"] = StringField(
            _l("Remark"), filters=[clean], validators=[Length(max=LONGEST_TEXT)], default=line.remark
        )
        fields[f"file_{number}"] = DocumentField(_l("Evidence"), required=False)
    form: SheetForm = type("SheetForm", (SheetForm,), fields)(**kwargs)
    return form


class ReasonForm(FlaskForm):
    """Why something is corrected."""

    reason = StringField(_l("What is wrong with them?"), filters=[clean], validators=[Length(max=LONGEST_TEXT)])


class DecideForm(FlaskForm):
    """What the operator says of submitted figures."""

    remark = StringField(_l("What is to be mended?"), filters=[clean], validators=[Length(max=LONGEST_TEXT)])


class IndicatorForm(FlaskForm):
    """An indicator. Code, kind and rhythm are given once."""

    code = StringField(_l("Code"), filters=[clean], validators=[InputRequired(_l("Give it a code.")), Length(max=40)])
    kind = SelectField(_l("Kind"), choices=list(KIND_NAMES.items()))
    rhythm = SelectField(_l("Asked for"), choices=list(RHYTHM_NAMES.items()), default="quarter")
    name = StringField(_l("Name"), filters=[clean], validators=[
        InputRequired(_l("Give it a name.")), Length(max=LONGEST_NAME)])  # fmt: skip
    name_en = StringField(_l("English name (optional)"), filters=[clean], validators=[Length(max=LONGEST_NAME)])
    unit = StringField(_l("Measured in (optional)"), filters=[clean], validators=[Length(max=20)])
    unit_en = StringField(_l("Measured in, in English (optional)"), filters=[clean], validators=[Length(max=20)])
    in_thousands = BooleanField(_l("In thousand yuan"))
    adds_up = BooleanField(_l("Adds up over periods: a year is the sum of its quarters"))
    help = StringField(_l("What counts (optional)"), filters=[clean], validators=[Length(max=LONGEST_TEXT)])
    help_en = StringField(_l("The same in English (optional)"), filters=[clean], validators=[Length(max=LONGEST_TEXT)])
    is_required = BooleanField(_l("Must be filled in"), default=True)
    needs_evidence = BooleanField(_l("Needs evidence"))
    first_on = DayField(_l("Asked for from (optional)"), validators=[Optional()])
    last_on = DayField(_l("until (optional)"), validators=[Optional()])
    position = IntegerField(_l("Place in the list"), validators=[Optional(), NumberRange(1, 10_000)])

    def facts(self) -> dict[str, Any]:
        """What `edit_indicator` takes, and `add_indicator` among others."""
        texts = {name: self[name].data or "" for name in ("name", "name_en", "unit", "unit_en", "help", "help_en")}
        flags = {name: bool(self[name].data) for name in ("in_thousands", "adds_up", "is_required", "needs_evidence")}
        rest = {name: self[name].data for name in ("first_on", "last_on", "position")}
        return {**texts, **flags, **rest}


class RhythmForm(FlaskForm):
    """By when figures of a rhythm are due."""

    due_days = IntegerField(_l("Days to submit"), validators=[InputRequired(_l("Say how many days.")),
                                                              NumberRange(1, 180)])  # fmt: skip
    asked_from = DayField(_l("Asked for since"), validators=[InputRequired(_l("Give the date."))])
    alumni_years = IntegerField(_l("Years after leaving"), validators=[InputRequired(_l("Say how many years.")),
                                                                       NumberRange(0, 10)])  # fmt: skip


class CheckForm(FlaskForm):
    """A rule of plausibility."""

    left = SelectMultipleField(_l("The sum of"), validators=[InputRequired(_l("Choose an indicator."))])
    comparison = SelectField(_l("is"), choices=list(COMPARISON_NAMES.items()))
    factor = DecimalField(_l("times"), default=Decimal(1), places=None, validators=[
        InputRequired(_l("Give a number such as 1200 or 12.5.")), NumberRange(-10_000, 10_000)])  # fmt: skip
    right = SelectMultipleField(_l("the sum of (none: 0)"))
    percent = DecimalField(_l("May change by percent (against its last period)"), places=None, validators=[
        Optional(), NumberRange(0, 99_999)])  # fmt: skip
    level = SelectField(_l("What does not hold"), choices=list(LEVEL_NAMES.items()))
    sentence = StringField(_l("What to say then"), filters=[clean], validators=[
        InputRequired(_l("Say what is wrong where it does not hold.")), Length(max=LONGEST_TEXT)])  # fmt: skip
    sentence_en = StringField(_l("The same in English (optional)"), filters=[clean], validators=[
        Length(max=LONGEST_TEXT)])  # fmt: skip

    def said(self) -> dict[str, Any]:
        """What `add_check` takes."""
        factor = self.factor.data
        return {
            "left": self.left.data or [], "comparison": self.comparison.data or None, "right": self.right.data or [],
            "factor": Decimal(1) if factor is None else round(factor, 4), "percent": self.percent.data,
            "level": self.level.data, "sentence": self.sentence.data or "", "sentence_en": self.sentence_en.data or "",
        }  # fmt: skip

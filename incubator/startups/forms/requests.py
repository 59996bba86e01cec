"""The shape of what one types about requests."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import MultipleFileField
from wtforms import BooleanField, HiddenField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from incubator.accounts.forms import clean
from incubator.core.errors import Refusal
from incubator.startups.operations.requests import LONGEST_MESSAGE
from incubator.startups.rules.requests import LONGEST_TARGET, MOST_PHOTOS, PRIORITIES, Level

PRIORITY_NAMES = {"low": _l("Low"), "normal": _l("Normal"), "high": _l("High"), "urgent": _l("Urgent")}
PRIORITY_TONES = {"low": "secondary", "normal": "secondary", "high": "orange", "urgent": "red"}
STATE_NAMES = {
    "open": _l("In progress"), "waiting": _l("Waits for the startup"), "resolved": _l("Resolved"),
    "closed": _l("Settled"),
}  # fmt: skip
OWN_STATE_NAMES = STATE_NAMES | {"waiting": _l("Your turn"), "resolved": _l("Resolved: is it solved?")}
STATE_TONES = {"open": "azure", "waiting": "yellow", "resolved": "green", "closed": "secondary"}
VIEW_NAMES = {
    "todo": _l("To do"), "late": _l("Late"), "today": _l("Due today"), "unassigned": _l("Nobody's"), "mine": _l("Mine"),
    "waiting": _l("Waiting"), "resolved": _l("Resolved"), "closed": _l("Settled"),
}  # fmt: skip
OWN_VIEW_NAMES = {"open": _l("Open"), "yours": _l("Your turn"), "closed": _l("Settled")}


def _or_none(value: Any) -> int | None:
    return int(value) if value else None


def _message(label: Any) -> TextAreaField:
    return TextAreaField(
        label, validators=[DataRequired(_l("Write a few words.")), Length(max=LONGEST_MESSAGE)],
        render_kw={"rows": 4, "maxlength": LONGEST_MESSAGE},
    )  # fmt: skip


def _photos() -> MultipleFileField:
    return MultipleFileField(
        _l("Photos (optional)"), description=_l("At most %(most)s, JPEG, PNG or WebP.", most=MOST_PHOTOS),
        render_kw={"accept": "image/jpeg,image/png,image/webp", "multiple": True},
    )  # fmt: skip


class PhotosForm(FlaskForm):
    """A form that photos can come with."""

    photos = _photos()

    def contents(self) -> list[bytes]:
        """What was sent, at most one more than is allowed: the operation says that it is too much."""
        sent = [each for each in self.photos.data or [] if each and each.filename]
        if len(sent) > MOST_PHOTOS:
            raise Refusal(_l("At most %(most)s photos at once.", most=MOST_PHOTOS), field="photos")
        return [each.read() for each in sent]


class RequestForm(PhotosForm):
    """A new request."""

    startup_id = SelectField(_l("Startup"), coerce=_or_none)
    title = StringField(
        _l("What is it about?"), filters=[clean],
        validators=[DataRequired(_l("Say in a few words what it is about.")), Length(max=100)],
        render_kw={"maxlength": 100, "autocomplete": "off"},
    )  # fmt: skip
    category_id = SelectField(_l("Category"), coerce=_or_none, validators=[Optional()])
    site_id = SelectField(_l("Site"), coerce=_or_none)
    unit_id = SelectField(_l("Unit (optional)"), coerce=_or_none, validators=[Optional()])
    priority = SelectField(
        _l("Priority"), choices=[("", _l("As usual for the category")), *PRIORITY_NAMES.items()],
        validators=[Optional()],
    )  # fmt: skip
    text = _message(_l("What is there to be done? Where, since when?"))
    form_key = HiddenField(validators=[Length(max=64)])


class ReplyForm(PhotosForm):
    """A word of the startup."""

    text = _message(_l("Your message"))


class AnswerForm(PhotosForm):
    """A word of the operator, and what it makes of the request."""

    text = _message(_l("Your message"))
    then = RadioField(
        _l("What then?"), default="answer",
        choices=[("answer", _l("Answer: we go on with it")), ("wait", _l("Ask back: it is the startup's turn")),
                 ("resolve", _l("Resolve: it is done")), ("note", _l("Note among colleagues only"))],
    )  # fmt: skip


class ReopenForm(FlaskForm):
    """Why it is not solved."""

    text = _message(_l("What is missing?"))


class RatingForm(FlaskForm):
    """How good it was."""

    rating = RadioField(
        _l("How satisfied are you?"), coerce=int, validators=[InputRequired(_l("Choose one to five stars."))],
        choices=[(5, _l("Very satisfied")), (4, _l("Satisfied")), (3, _l("So so")), (2, _l("Dissatisfied")),
                 (1, _l("Very dissatisfied"))],
    )  # fmt: skip
    remark = StringField(_l("A word on it (optional)"), filters=[clean], validators=[Length(max=200)],
                         render_kw={"maxlength": 200})  # fmt: skip


class AssignForm(FlaskForm):
    """Who looks after it."""

    person_id = SelectField(_l("Looked after by"), coerce=_or_none, validators=[Optional()])


class ChangeForm(FlaskForm):
    """Another category or priority, and why."""

    category_id = SelectField(_l("Category"), coerce=_or_none, validators=[Optional()])
    priority = SelectField(_l("Priority"), choices=list(PRIORITY_NAMES.items()))
    reason = StringField(_l("Reason"), filters=[clean], validators=[DataRequired(_l("Say why.")), Length(max=200)],
                         render_kw={"maxlength": 200})  # fmt: skip


class CategoryForm(FlaskForm):
    """A category of requests."""

    name = StringField(_l("Name"), filters=[clean], validators=[DataRequired(_l("Enter a name.")), Length(max=100)])
    name_en = StringField(_l("English name (optional)"), filters=[clean], validators=[Length(max=100)])
    priority = SelectField(_l("Usual priority"), choices=list(PRIORITY_NAMES.items()), default="normal")
    responsible_id = SelectField(
        _l("Looked after by (optional)"), coerce=_or_none, validators=[Optional()],
        description=_l("Has its requests from the start."),
    )  # fmt: skip
    closed = BooleanField(_l("Can't be chosen any more"))


def _minutes(label: Any) -> IntegerField:
    return IntegerField(
        label, validators=[InputRequired(_l("Give the minutes.")),
                           NumberRange(1, LONGEST_TARGET, _l("Give a time between one minute and 1,000 hours."))],
        render_kw={"inputmode": "numeric", "min": 1, "max": LONGEST_TARGET},
    )  # fmt: skip


class LevelsForm(FlaskForm):
    """The target times of a site."""

    urgent_answer, urgent_resolve = _minutes(_l("First answer")), _minutes(_l("Resolution"))
    high_answer, high_resolve = _minutes(_l("First answer")), _minutes(_l("Resolution"))
    normal_answer, normal_resolve = _minutes(_l("First answer")), _minutes(_l("Resolution"))
    low_answer, low_resolve = _minutes(_l("First answer")), _minutes(_l("Resolution"))

    def levels(self) -> dict[str, Level]:
        """What `set_levels` takes, once valid."""
        return {each: Level(self[f"{each}_answer"].data, self[f"{each}_resolve"].data) for each in PRIORITIES}


def level_fields(levels: dict[str, Level]) -> dict[str, int]:
    """Target times as the form shows them."""
    answers = {f"{name}_answer": level.answer_minutes for name, level in levels.items()}
    return answers | {f"{name}_resolve": level.resolve_minutes for name, level in levels.items()}

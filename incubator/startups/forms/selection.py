"""The shape of what one types about selection: stages and rubrics, reviews, decisions, offers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from incubator.accounts.forms import DayField, clean
from incubator.spaces.operations.words import LONGEST_NAME, LONGEST_TEXT
from incubator.startups.models import RubricLine

OUTCOME_NAMES = {
    "advance": _l("On to the next stage"), "offer": _l("Offer a place"), "waitlist": _l("Waitlist"),
    "decline": _l("Decline the application"), "return": _l("Give back to be mended"),
}  # fmt: skip
OUTCOME_TONES = {"advance": "azure", "offer": "green", "waitlist": "yellow", "decline": "secondary", "return": "yellow"}
OUTCOME_WORDS = {
    "advance": _l("goes on to the next stage"), "offer": _l("is offered a place"), "waitlist": _l("is on the waitlist"),
    "decline": _l("is declined"), "return": _l("is given back to be mended"),
}  # fmt: skip
OFFER_STATES = {
    "open": _l("Waits for an answer"), "accepted": _l("Accepted"), "declined": _l("Declined by the applicant"),
    "withdrawn": _l("Offer withdrawn"), "lapsed": _l("Lapsed"),
}  # fmt: skip
OFFER_TONES = {"open": "azure", "accepted": "green", "declined": "secondary", "withdrawn": "secondary", "lapsed": "red"}
REVIEW_STATES = {
    "waiting": _l("To be reviewed"), "begun": _l("Begun"), "overdue": _l("Overdue"), "submitted": _l("Submitted"),
    "conflict": _l("Conflict of interest"),
}  # fmt: skip
REVIEW_TONES = {"waiting": "azure", "begun": "azure", "overdue": "red", "submitted": "green", "conflict": "secondary"}

WHOLE = _l("Enter a whole number.")


class StageForm(FlaskForm):
    """A stage."""

    name = StringField(_l("Name"), filters=[clean], validators=[Length(max=LONGEST_NAME)])
    name_en = StringField(_l("English name (optional)"), filters=[clean], validators=[Length(max=LONGEST_NAME)])
    is_blind = BooleanField(_l("Blind: reviewers see neither names nor addresses"))
    reviews_wanted = IntegerField(
        _l("Reviews of each application"), default=2, validators=[InputRequired(WHOLE), NumberRange(1, 20)]
    )
    due_on = DayField(_l("Due on (optional)"), validators=[Optional()])

    def said(self) -> dict[str, Any]:
        """What the operations take."""
        return {
            "name": self.name.data or "", "name_en": self.name_en.data or "", "is_blind": self.is_blind.data,
            "reviews_wanted": self.reviews_wanted.data, "due_on": self.due_on.data,
        }  # fmt: skip


def _meaning(label: Any) -> StringField:
    return StringField(label, filters=[clean], validators=[Length(max=LONGEST_TEXT)])


class CriterionForm(FlaskForm):
    """A line of a rubric."""

    label = StringField(_l("What is scored"), filters=[clean], validators=[Length(max=LONGEST_NAME)])
    label_en = StringField(_l("The same in English (optional)"), filters=[clean], validators=[Length(max=LONGEST_NAME)])
    weight = IntegerField(_l("Weight"), default=10, validators=[InputRequired(WHOLE), NumberRange(1, 100)])
    lowest = IntegerField(_l("Lowest score"), default=1, validators=[InputRequired(WHOLE), NumberRange(0, 100)])
    highest = IntegerField(_l("Highest score"), default=5, validators=[InputRequired(WHOLE), NumberRange(1, 110)])
    lowest_means = _meaning(_l("The lowest score means"))
    lowest_means_en = _meaning(_l("In English (optional)"))
    middle_means = _meaning(_l("The middle score means"))
    middle_means_en = _meaning(_l("In English (optional)"))
    highest_means = _meaning(_l("The highest score means"))
    highest_means_en = _meaning(_l("In English (optional)"))

    def said(self) -> dict[str, Any]:
        """What the operations take."""
        texts = ("label", "label_en", "lowest_means", "lowest_means_en", "middle_means", "middle_means_en",
                 "highest_means", "highest_means_en")  # fmt: skip
        numbers = ("weight", "lowest", "highest")
        return {name: self[name].data or "" for name in texts} | {name: self[name].data for name in numbers}


class AssignForm(FlaskForm):
    """One reviewer for one application."""

    person_id = SelectField(_l("Reviewer"), coerce=int, choices=[])


class AssignAllForm(FlaskForm):
    """Reviewers for all applications of a stage."""

    person_ids = SelectMultipleField(_l("Reviewers"), coerce=int, choices=[])
    limit = IntegerField(
        _l("At most so many for each reviewer"), default=10, validators=[InputRequired(WHOLE), NumberRange(1, 1000)]
    )


class CopyForm(FlaskForm):
    """Which call's selection to take over."""

    call_id = SelectField(_l("Take stages and rubrics from"), coerce=int, choices=[])


def _score(value: Any) -> int | None:
    return int(value) if value not in (None, "", "None") else None


class ReviewForm(FlaskForm):
    """A review: a score for each criterion (added by `review_form`), and two comments."""

    to_panel = TextAreaField(_l("For the panel"), validators=[Length(max=5000)])
    to_applicant = TextAreaField(_l("For the applicant"), validators=[Length(max=5000)])

    def said(self, criteria: Sequence[RubricLine]) -> dict[str, Any]:
        """What the operations take: the scores that are given, and the comments."""
        given = {each.id: self[f"score_{each.id}"].data for each in criteria}
        return {
            "scores": {key: score for key, score in given.items() if score is not None},
            "to_panel": self.to_panel.data or "", "to_applicant": self.to_applicant.data or "",
        }  # fmt: skip


def review_form(criteria: Sequence[RubricLine], **values: Any) -> ReviewForm:
    """The form of a rubric: `score_7` for the criterion 7, a radio button for each score of its scale."""
    fields = {
        f"score_{each.id}": RadioField(
            each.label, coerce=_score, validators=[Optional()], validate_choice=False,
            choices=[(score, str(score)) for score in range(each.lowest, each.highest + 1)],
        )
        for each in criteria
    }  # fmt: skip
    form = type("RubricForm", (ReviewForm,), fields)
    return cast(ReviewForm, form(**values))


class ConflictForm(FlaskForm):
    """Why somebody can't review an application."""

    reason = StringField(_l("What is the conflict?"), filters=[clean], validators=[Length(max=500)])


class DecisionForm(FlaskForm):
    """What is decided, and why; an offer's terms and last day."""

    outcome = RadioField(
        _l("Decision"), choices=list(OUTCOME_NAMES.items()),
        validators=[InputRequired(_l("Choose what is decided."))],
    )  # fmt: skip
    reason = TextAreaField(_l("Reason, for the record"), validators=[Length(max=2000)])
    to_applicant = TextAreaField(_l("To the applicant (optional)"), validators=[Length(max=5000)])
    terms = TextAreaField(_l("What is offered, on which terms"), validators=[Length(max=5000)])
    expires_on = DayField(_l("Can be accepted until"), validators=[Optional()])

    def said(self) -> dict[str, Any]:
        """What the operations take."""
        texts = ("outcome", "reason", "to_applicant", "terms")
        return {name: self[name].data or "" for name in texts} | {"expires_on": self.expires_on.data}


class ManyForm(DecisionForm):
    """The same for many applications of a list."""

    application_ids = SelectMultipleField(coerce=int, validate_choice=False)


class WithdrawOfferForm(FlaskForm):
    """Why an offer is taken back."""

    reason = StringField(_l("Reason, for the record"), filters=[clean], validators=[Length(max=2000)])


class AcceptForm(FlaskForm):
    """Accepting an offer, with one's name."""

    name = StringField(
        _l("Your full name"), filters=[clean], validators=[Length(max=LONGEST_NAME)],
        render_kw={"autocomplete": "name"},
    )  # fmt: skip
    agreed = BooleanField(_l("I accept the offer on these terms, for the applicant."))


class DeclineForm(FlaskForm):
    """Declining an offer."""

    reason = StringField(_l("Why not? (optional)"), filters=[clean], validators=[Length(max=2000)])

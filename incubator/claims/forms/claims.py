"""The shape of what one types about claims."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from incubator.accounts.forms import DayField, clean
from incubator.billing.forms.amounts import YuanField
from incubator.claims.operations.gathering import LONGEST_NUMBER
from incubator.claims.operations.payments import LONGEST_REFERENCE
from incubator.claims.rules.completeness import EVIDENCE, PER, VALID_ON
from incubator.claims.words import EVIDENCE_NAMES, PER_NAMES, VALID_NAMES
from incubator.core.paging import row_id
from incubator.documents.forms import DocumentField
from incubator.documents.operations.documents import LONGEST_TITLE
from incubator.spaces.operations.words import LONGEST_TEXT


def line(label: Any, most: int = LONGEST_TEXT, *, required: str | None = None, **more: Any) -> StringField:
    """A line of text."""
    first = [InputRequired(required)] if required else [Optional()]
    return StringField(label, filters=[clean], validators=[*first, Length(max=most)],
                       render_kw={"maxlength": most, "autocomplete": "off"}, **more)  # fmt: skip


def day(label: Any, *, required: bool = True, **more: Any) -> DayField:
    """A day."""
    return DayField(label, validators=[InputRequired(_l("Give a day.")) if required else Optional()], **more)


def _id(value: Any) -> int | None:
    """What was chosen of a list of rows; None: nothing."""
    return row_id(str(value)) if value else None


WHY = _l("Say why, so that others understand.")


class NewClaimForm(FlaskForm):
    """What is claimed: asked by GET, so that it can be looked at before."""

    scheme = SelectField(_l("Scheme"), coerce=_id, validators=[InputRequired(_l("Choose a scheme."))])
    site = SelectField(_l("Site"), coerce=_id)
    first_on = day(_l("First day"))
    last_on = day(_l("Last day"), description=_l("Whole months. What is left of earlier months comes with it."))
    due_on = day(_l("To be handed in by (optional)"), required=False)


class StepForm(FlaskForm):
    """A step: when, and what is to be said of it."""

    on = day(_l("Day"))
    authority_number = line(_l("The authority’s number (optional)"), LONGEST_NUMBER)
    note = line(_l("Note"))
    shown = HiddenField()


class ChangeForm(FlaskForm):
    """Until when a claim is to be handed in, and what the authority calls it."""

    due_on = day(_l("To be handed in by (optional)"), required=False)
    authority_number = line(_l("The authority’s number (optional)"), LONGEST_NUMBER)


class WhyForm(FlaskForm):
    """Why something is taken back or out."""

    reason = line(_l("Reason"), required=WHY)


class RulingForm(FlaskForm):
    """The day of the authority's answer; amounts, reasons and bearers stand beside their lines."""

    on = day(_l("Day of the decision"))
    note = line(_l("Note (optional)"))


class PaymentForm(FlaskForm):
    """Money that came or went back, entered by hand."""

    amount = YuanField(_l("Amount in yuan"))
    on = day(_l("Day"))
    reference = line(_l("Reference (optional)"), LONGEST_REFERENCE)


class ClawbackForm(FlaskForm):
    """What the authority wants back, and until when; amounts and bearers stand beside their lines."""

    demanded_on = day(_l("Day of the demand"))
    due_on = day(_l("To be paid back by"))
    reason = line(_l("Reason"), required=WHY)


class RemindForm(FlaskForm):
    """Until when startups are to bring what is missing."""

    due_on = day(_l("To be uploaded by"))


class EvidenceForm(FlaskForm):
    """A file as evidence, of the whole claim, a startup or a line."""

    kind = SelectField(_l("Kind of evidence"), choices=[(kind, _l(EVIDENCE_NAMES[kind])) for kind in EVIDENCE])
    title = line(_l("Title"), LONGEST_TITLE, required=_l("Give the document a title."))
    valid_from = day(_l("Valid from (optional)"), required=False)
    expires_on = day(_l("Last day (optional)"), required=False)
    file = DocumentField()


class OwnEvidenceForm(FlaskForm):
    """A file that a founder brings."""

    title = line(_l("Title"), LONGEST_TITLE, required=_l("Give the document a title."))
    valid_from = day(_l("Valid from (optional)"), required=False)
    expires_on = day(_l("Last day (optional)"), required=False)
    file = DocumentField()


class LetterForm(FlaskForm):
    """A letter to the authority or from it."""

    way = RadioField(_l("Direction"), choices=[("in", _l("From the authority")), ("out", _l("To the authority"))],
                     default="in")  # fmt: skip
    on = day(_l("Day"))
    subject = line(_l("Subject"), LONGEST_TITLE, required=_l("Say what the letter is about."))
    number = line(_l("Number of the letter (optional)"), LONGEST_NUMBER)
    file = DocumentField(_l("File (optional)"), required=False)


class RequirementForm(FlaskForm):
    """What evidence a scheme asks for from a day on."""

    kind = SelectField(_l("Kind of evidence"), choices=[(kind, _l(EVIDENCE_NAMES[kind])) for kind in EVIDENCE])
    per = SelectField(_l("Whose"), choices=[(per, _l(PER_NAMES[per])) for per in PER], default="startup")
    valid_on = SelectField(_l("Must be valid"), choices=[(on, _l(VALID_NAMES[on])) for on in VALID_ON])
    is_required = BooleanField(_l("Required: a claim without it needs an explanation"), default=True)
    first_on = day(_l("For claims of months from"))
    note = line(_l("As the policy says it (optional)"))


class EndForm(FlaskForm):
    """From when on something is asked for no more."""

    from_on = day(_l("No more from"))

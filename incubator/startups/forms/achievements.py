"""The shape of what is typed about achievements, and their words."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DecimalField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from incubator.accounts.forms import DayField, clean
from incubator.documents.forms import DocumentField
from incubator.spaces.operations.words import LONGEST_NAME, LONGEST_TEXT
from incubator.startups.rules.achievements import SORTS

ACHIEVEMENT_NAMES = {
    "financing": _l("Financing round"), "right_applied": _l("Intellectual property applied for"),
    "right_granted": _l("Intellectual property granted"), "qualification": _l("Qualification"),
    "listing": _l("Listing"), "acquisition": _l("Acquisition"), "award": _l("Award"),
}  # fmt: skip
_RIGHTS = {
    "invention": _l("Invention patent"), "utility_model": _l("Utility model"), "design": _l("Design patent"),
    "software": _l("Software copyright"), "layout": _l("Circuit layout"), "plant_variety": _l("Plant variety"),
    "trademark": _l("Trademark"), "other": _l("Other"),
}  # fmt: skip
SORT_NAMES: dict[str, dict[str, Any]] = {
    "financing": {
        "seed": _l("Seed"), "angel": _l("Angel"), "pre_a": _l("Pre-A"), "a": _l("Series A"), "b": _l("Series B"),
        "c": _l("Series C"), "later": _l("Later round"), "strategic": _l("Strategic investment"),
        "loan": _l("Loan (no equity)"), "other": _l("Other"),
    },
    "right_applied": _RIGHTS,
    "right_granted": _RIGHTS,
    "qualification": {
        "technology_sme": _l("Technology SME"), "high_tech": _l("High-tech enterprise"),
        "innovative_sme": _l("Innovative SME"), "specialised": _l("Specialised and new SME"),
        "little_giant": _l("“Little giant”"), "gazelle": _l("Gazelle"), "unicorn": _l("Unicorn"), "other": _l("Other"),
    },
    "listing": {
        "main": _l("Main board"), "chinext": _l("ChiNext"), "star": _l("STAR Market"),
        "bse": _l("Beijing Stock Exchange"), "neeq": _l("NEEQ"), "regional": _l("Regional equity market"),
        "overseas": _l("Overseas"), "other": _l("Other"),
    },
    "acquisition": {}, "award": {},
}  # fmt: skip
ACHIEVEMENT_STATE_NAMES = {"claimed": _l("To be confirmed"), "confirmed": _l("Confirmed"),
                           "withdrawn": _l("Withdrawn")}  # fmt: skip
ACHIEVEMENT_STATE_TONES = {"claimed": "yellow", "confirmed": "green", "withdrawn": "secondary"}


def sort_choices() -> dict[Any, list[tuple[str, Any]]]:
    """What achievements can be of, by kind: one list with groups."""
    found: dict[Any, list[tuple[str, Any]]] = {}
    for kind, sorts in SORTS.items():
        if sorts:
            found[ACHIEVEMENT_NAMES[kind]] = [(f"{kind}:{sort}", SORT_NAMES[kind][sort]) for sort in sorts]
        else:
            found.setdefault(_l("Other achievements"), []).append((f"{kind}:", ACHIEVEMENT_NAMES[kind]))
    return found


class AchievementForm(FlaskForm):
    """An achievement with its evidence."""

    what = SelectField(_l("Kind"))
    title = StringField(_l("Name"), filters=[clean], validators=[
        InputRequired(_l("Give it a title.")), Length(max=LONGEST_NAME)])  # fmt: skip
    happened_on = DayField(_l("Date"), validators=[InputRequired(_l("Give the date."))])
    valid_until = DayField(_l("Valid until (optional)"), validators=[Optional()])
    amount = DecimalField(_l("Amount in yuan (financing)"), places=None, validators=[
        Optional(), NumberRange(0, 10**13)], render_kw={"inputmode": "decimal", "autocomplete": "off"})  # fmt: skip
    number = StringField(_l("Number (optional)"), filters=[clean], validators=[Length(max=LONGEST_NAME)])
    counterparty = StringField(_l("Investor, issuer or buyer (optional)"), filters=[clean], validators=[
        Length(max=LONGEST_NAME)])  # fmt: skip
    file = DocumentField(_l("Evidence"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.what.choices = {"": [("", _l("Choose"))], **sort_choices()}

    def said(self) -> dict[str, Any]:
        """What `claim_achievement` takes."""
        kind, _, sort = (self.what.data or "").partition(":")
        amount = self.amount.data
        return {
            "kind": kind, "sort": sort, "title": self.title.data or "", "happened_on": self.happened_on.data,
            "valid_until": self.valid_until.data, "amount_minor": None if amount is None else round(amount * 100),
            "number": self.number.data or "", "counterparty": self.counterparty.data or "",
        }  # fmt: skip

    def field_of(self, name: str | None) -> str | None:
        """The field of this form at which a refusal of the operation's field is shown."""
        return {"kind": "what", "sort": "what"}.get(name or "", name)


class WithdrawAchievementForm(FlaskForm):
    """Why an achievement does not count."""

    reason = StringField(_l("Reason"), filters=[clean], validators=[Length(max=LONGEST_TEXT)])

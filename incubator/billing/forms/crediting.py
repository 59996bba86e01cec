"""The shape of what one types about credit notes and approvals."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, StringField
from wtforms.validators import InputRequired, Length

from incubator.accounts.forms import clean
from incubator.billing.forms.amounts import read_yuan
from incubator.spaces.operations.words import LONGEST_TEXT

HOW = {
    "part": _l("Amounts of single lines"),
    "whole": _l("All that is left of it"),
    "anew": _l("All of it, to be billed anew"),
}


class CreditForm(FlaskForm):
    """What of an invoice is taken off, and why; it is asked by GET, so that it can be looked at before."""

    how = RadioField(_l("What is taken off"), choices=list(HOW.items()), default="part")
    reason = StringField(_l("Reason"), filters=[clean], validators=[
        InputRequired(_l("Say why, so that others understand.")), Length(max=LONGEST_TEXT),
    ], render_kw={"maxlength": LONGEST_TEXT, "autocomplete": "off"})  # fmt: skip
    shown = HiddenField()

    @property
    def is_anew(self) -> bool:
        return self.how.data == "anew"

    def amounts(self, typed: dict[str, str]) -> dict[int, int] | None:
        """By line the gross to take off; None: all. Refusal for what is no amount."""
        if self.how.data != "part":
            return None
        found = {}
        for name, text in typed.items():
            line = name.removeprefix("line_")
            if name.startswith("line_") and line.isascii() and line.isdigit() and len(line) < 6 and text.strip():
                found[int(line)] = read_yuan(text)
        return found


class DecideForm(FlaskForm):
    """What a second person says to what was asked for."""

    note = StringField(_l("Note"), filters=[clean], validators=[Length(max=LONGEST_TEXT)],
                       description=_l("Needed where it is refused."),
                       render_kw={"maxlength": LONGEST_TEXT, "autocomplete": "off"})  # fmt: skip

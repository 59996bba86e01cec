"""The shape of what one types about programmes and plans."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from incubator.accounts.forms import DayField, clean
from incubator.spaces.operations.words import LONGEST_NAME

PROGRAMME_KIND_NAMES = {"programme": _l("Programme"), "plan": _l("Membership plan")}


class ProgrammeForm(FlaskForm):
    """A programme or plan."""

    kind = SelectField(_l("Kind"), choices=list(PROGRAMME_KIND_NAMES.items()))
    name = StringField(_l("Name"), filters=[clean], validators=[Length(max=LONGEST_NAME)])
    name_en = StringField(_l("English name (optional)"), filters=[clean], validators=[Length(max=LONGEST_NAME)])
    closed = BooleanField(_l("Takes nobody new"))

    def names(self) -> dict[str, str]:
        """Both names, as the operations take them."""
        return {"name": self.name.data or "", "name_en": self.name_en.data or ""}


class EnrolForm(FlaskForm):
    """A startup's stay in a programme."""

    programme_id = SelectField(_l("Programme or plan"), coerce=int, choices=[])
    starts_on = DayField(_l("First day"), validators=[InputRequired(_l("Give the date."))])
    ends_on = DayField(_l("Last day (optional)"), validators=[Optional()])

    def stay(self) -> dict[str, Any]:
        """What `enrol` takes."""
        return {name: self[name].data for name in ("programme_id", "starts_on", "ends_on")}


class EndForm(FlaskForm):
    """The last day of a stay."""

    ends_on = DayField(_l("Last day"), validators=[InputRequired(_l("Give the date."))])

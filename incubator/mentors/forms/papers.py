"""The shape of appointments and of conflicts of interest."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, SelectField
from wtforms.validators import DataRequired, InputRequired, Optional

from incubator.accounts.forms import DayField
from incubator.mentors.forms.profiles import choices_of, line
from incubator.mentors.operations.appointments import LONGEST_TITLE
from incubator.mentors.operations.conflicts import LONGEST_NOTE
from incubator.mentors.wording import CONFLICT_KINDS


class AppointmentForm(FlaskForm):
    """As what, and from when until when."""

    title = line(_l("Appointed as"), LONGEST_TITLE, DataRequired(_l("Say as what they are appointed.")))
    first = DayField(_l("First day"), validators=[InputRequired(_l("Give the date."))])
    last = DayField(_l("Last day"), validators=[InputRequired(_l("Give the date."))])

    def said(self) -> dict[str, Any]:
        """What `appoint_mentor` takes."""
        return {"title": self.title.data or "", "first": self.first.data, "last": self.last.data}

    def propose(self, title: str, first: date, last: date) -> None:
        """A term to begin from."""
        self.title.data, self.first.data, self.last.data = title, first, last


class EndAppointmentForm(FlaskForm):
    """Until when it holds now, and why."""

    last = DayField(_l("Last day"), validators=[InputRequired(_l("Give the date."))])
    reason = line(_l("Reason"), LONGEST_NOTE, DataRequired(_l("Say why.")))


class ConflictForm(FlaskForm):
    """With which startup, and what it is."""

    startup = line(_l("Startup"), 200)
    """Its full name, or its number: who declares a conflict knows it, and learns of no other."""
    startup_id = SelectField(_l("Startup"), coerce=lambda value: int(value) if value else None,
                             validators=[Optional()])  # fmt: skip
    kind = RadioField(_l("What kind of conflict"), choices=choices_of(CONFLICT_KINDS))
    note = line(_l("More about it (optional)"), LONGEST_NOTE)

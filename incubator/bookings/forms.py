"""The shape of a booking, as a person types it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, HiddenField, IntegerField, SelectField, StringField, TimeField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

OWN_USE = 0
"""The choice by which staff book for the operator itself, free of charge."""


class BookingForm(FlaskForm):
    """A resource, a day and two wall times of the site; 00:00 as the end is the end of the day."""

    resource_id = SelectField(_l("Resource"), coerce=int)
    startup_id = SelectField(_l("For"), coerce=int)
    on = DateField(_l("Date"), validators=[DataRequired()])
    start = TimeField(_l("Starts"), validators=[InputRequired()])
    end = TimeField(_l("Ends"), validators=[InputRequired()])
    title = StringField(_l("Title (optional)"), validators=[Length(max=100)])
    attendees = IntegerField(_l("People (optional)"), validators=[Optional(), NumberRange(1, 10_000)])
    request_key = HiddenField(validators=[Length(max=64)])

    def period(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """The instants that the wall times stand for at the site."""
        assert self.on.data is not None and self.start.data is not None and self.end.data is not None
        return wall_period(self.on.data, self.start.data, self.end.data, zone)

    def holder(self) -> int | None:
        """The startup that is charged; None: the operator itself."""
        return self.startup_id.data or None


def wall_period(on: date, start: time, end: time, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From `start` to `end` of a local day; an end of 00:00 is the next midnight."""
    until = on + timedelta(days=1) if end == time(0) else on
    return datetime.combine(on, start, zone), datetime.combine(until, end, zone)


class CancelForm(FlaskForm):
    """Why a booking is cancelled; may be empty."""

    reason = StringField(_l("Reason (optional)"), validators=[Length(max=200)])

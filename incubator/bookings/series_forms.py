"""The shape of a series and of a change, as a person types them."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    Field,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
)
from wtforms.validators import NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from incubator.bookings.consent import Consent
from incubator.bookings.forms import BookingForm, seen_amount
from incubator.bookings.models import BookingSeries
from incubator.bookings.operations.series import Scope
from incubator.core.errors import N_, Refusal
from incubator.core.recurrence import Recurrence

RHYTHMS = [
    ("daily", _l("daily")), ("working", _l("every working day")), ("weekly", _l("weekly")),
    ("monthly_date", _l("monthly, on this date")), ("monthly_last", _l("monthly, on its last day")),
    ("monthly_weekday", _l("monthly, on this weekday (the second Tuesday)")),
    ("monthly_last_weekday", _l("monthly, on the last such weekday")),
]  # fmt: skip
WEEKDAY_NAMES = [(0, _l("Mon")), (1, _l("Tue")), (2, _l("Wed")), (3, _l("Thu")), (4, _l("Fri")), (5, _l("Sat")),
                 (6, _l("Sun"))]  # fmt: skip
SCOPE_NAMES = {Scope.THIS: _l("this one only"), Scope.FOLLOWING: _l("this and the following"),
               Scope.ALL: _l("all that have not begun")}  # fmt: skip
OFTENEST = 366


class Days(Field):
    """Days that were ticked in a list, by their ISO names."""

    def _value(self) -> str:
        return ""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            self.data = [date.fromisoformat(each) for each in valuelist[:OFTENEST]]
        except ValueError:
            self.data = []
            raise ValueError(_l("There is no such day; write it as 2026-10-31.")) from None


class EndingFields(FlaskForm):
    """When a series ends: on a day, or after a number of times; and the days of it that are left out."""

    until = DateField(_l("Until (last day)"), validators=[Optional()])
    count = IntegerField(_l("or so many times"), validators=[Optional(), NumberRange(1, OFTENEST)])
    leave_out = Days(_l("Leave out"), default=())

    def left_out(self) -> tuple[date, ...]:
        """The days that were ticked, in order."""
        return tuple(sorted(set(self.leave_out.data or ())))

    def ending(self) -> dict[str, Any]:
        """What `Recurrence` wants; Refusal where both are given, or none."""
        if (self.until.data is None) == (self.count.data is None):
            raise Refusal(N_("Say when the series ends: on a day, or after a number of times."), field="until")
        return {"until": self.until.data, "count": self.count.data}


class SeriesForm(BookingForm, EndingFields):
    """A booking, and the rhythm in which it comes back from its day on."""

    rhythm = SelectField(_l("Repeats"), choices=RHYTHMS, default="weekly")
    interval = IntegerField(_l("Interval"), default=1, validators=[Optional(), NumberRange(1, 99)])
    weekdays = SelectMultipleField(_l("On"), choices=WEEKDAY_NAMES, coerce=int, widget=ListWidget(prefix_label=False),
                                   option_widget=CheckboxInput())  # fmt: skip
    skip_holidays = BooleanField(_l("Not on statutory holidays"), default=True)

    def recurrence(self) -> Recurrence:
        """The rhythm that was chosen; where no weekday is ticked, that of the first day."""
        first = self.on.data
        assert first is not None  # required
        ending, interval = self.ending(), self.interval.data or 1
        calendar = "skip" if self.skip_holidays.data else "every"
        if self.rhythm.data == "working":
            return Recurrence("WEEKLY", 1, (0, 1, 2, 3, 4), calendar="working", **ending)
        if self.rhythm.data == "daily":
            return Recurrence("DAILY", interval, calendar=calendar, **ending)
        if self.rhythm.data in ("monthly_date", "monthly_last"):
            monthday = -1 if self.rhythm.data == "monthly_last" else first.day
            return Recurrence("MONTHLY", interval, monthday=monthday, calendar=calendar, **ending)
        if self.rhythm.data in ("monthly_weekday", "monthly_last_weekday"):
            nth = -1 if self.rhythm.data == "monthly_last_weekday" else nth_of(first)
            return Recurrence("MONTHLY", interval, (first.weekday(),), nth=nth, calendar=calendar, **ending)
        days = tuple(self.weekdays.data or [first.weekday()])
        return Recurrence("WEEKLY", interval, days, calendar=calendar, **ending)


def nth_of(on: date) -> int:
    """Which of its weekday in the month a date is: 12 October 2026 is the second Monday; a fifth counts as the last."""
    nth = (on.day - 1) // 7 + 1
    return -1 if nth == 5 else nth


class ExtendForm(EndingFields):
    """A later end of a series."""

    agreed_minor = HiddenField()

    def recurrence(self, series: BookingSeries) -> Recurrence:
        """The series' rhythm with the new end."""
        rhythm = Recurrence.parse(series.rrule, series.calendar)
        ending = self.ending()
        return Recurrence(rhythm.freq, rhythm.interval, rhythm.weekdays, rhythm.monthday, rhythm.nth, ending["until"],
                          ending["count"], rhythm.calendar)  # fmt: skip

    def consent(self) -> Consent:
        """The total that was seen."""
        return seen_amount(self.agreed_minor.data)


class ChangeForm(BookingForm):
    """What a booking is to be, and how much of its series with it."""

    scope = RadioField(_l("Change"), choices=[(scope.value, name) for scope, name in SCOPE_NAMES.items()],
                       default=Scope.THIS.value)  # fmt: skip


class EndSeriesForm(FlaskForm):
    """How much of a series is cancelled, and why."""

    scope = SelectField(_l("Cancel"),
                        choices=[(each.value, SCOPE_NAMES[each]) for each in (Scope.FOLLOWING, Scope.ALL)])  # fmt: skip
    agreed_minor = HiddenField()

    def consent(self) -> Consent:
        """The fees that were seen."""
        return seen_amount(self.agreed_minor.data)

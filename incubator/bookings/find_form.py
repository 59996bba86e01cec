"""What somebody looks for, as they choose it."""

from __future__ import annotations

from datetime import date, timedelta

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import IntegerField, SelectField, SelectMultipleField, ValidationError
from wtforms.validators import NumberRange, Optional

from incubator.accounts.forms import DayField
from incubator.bookings.finding import DAY, Demand
from incubator.bookings.forms import Choice
from incubator.pricing.rules import FIRST_DAY, LAST_DAY

WHEN = {
    "week": _l("This week"),
    "today": _l("Today"),
    "tomorrow": _l("Tomorrow"),
    "next_week": _l("Next week"),
    "days": _l("On days of my choice"),
}
LONGEST = timedelta(days=31)
PARTS = {
    "any": (_l("Any time"), (0, DAY)),
    "morning": (_l("Morning"), (0, 12 * 60)),
    "afternoon": (_l("Afternoon"), (12 * 60, 18 * 60)),
    "evening": (_l("Evening"), (18 * 60, DAY)),
}
"""A name, and the minutes of the day."""


class FindForm(FlaskForm):
    """A kind, seats, what it must have, how long, and when; every field has a usual value."""

    class Meta:
        csrf = False  # it changes nothing

    kind = SelectField(_l("Kind"), default="")
    people = IntegerField(_l("How many people"), validators=[Optional(), NumberRange(1, 10_000)],
                          render_kw={"inputmode": "numeric", "min": 1})  # fmt: skip
    minutes = Choice(_l("How long"), _l("Choose one from the list."), default=60)
    when = SelectField(_l("Which days"), choices=list(WHEN.items()), default="week")
    on = DayField(_l("From"), validators=[Optional()])
    until = DayField(_l("Until (optional)"), validators=[Optional()])
    part = SelectField(_l("Part of the day"), choices=[(key, name) for key, (name, _) in PARTS.items()], default="any")
    site_id = Choice(_l("Site"), _l("There is no such site."), default=0)
    tags = SelectMultipleField(_l("With"))
    startup_id = Choice(_l("For"), _l("You can't book for this one; choose from the list."))

    def validate_when(self, field: SelectField) -> None:
        """Days where days are meant, that can be, and not more than can be looked through."""
        first, last = self.on.data, self.until.data
        if field.data != "days" or self.on.process_errors or self.until.process_errors:
            return
        if first is None:
            raise ValidationError(_l("Choose a day."))
        if not FIRST_DAY <= first <= LAST_DAY - LONGEST:
            raise ValidationError(_l("Choose a day from 2000 to 2199."))
        if last is not None and last < first:
            raise ValidationError(_l("The last day must not be before the first."))
        if last is not None and last - first >= LONGEST:
            raise ValidationError(_l("At most 31 days at once."))

    def demand(self, today: date) -> Demand:
        """What it asks for, seen from `today`; "this week" ends on Sunday."""
        sunday = today + timedelta(days=6 - today.weekday())
        on = self.on.data or today
        first, last = {
            "today": (today, today),
            "tomorrow": (today + timedelta(days=1), today + timedelta(days=1)),
            "next_week": (sunday + timedelta(days=1), sunday + timedelta(days=7)),
            "days": (on, self.until.data or on),
        }.get(self.when.data, (today, sunday))
        return Demand(
            self.minutes.data, first, last, *PARTS[self.part.data][1], kind=self.kind.data or None,
            people=self.people.data, tags=tuple(self.tags.data or ()), site_id=self.site_id.data or None,
        )  # fmt: skip

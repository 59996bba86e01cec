"""The shape of weekly hours, exceptions, and where one meets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import time
from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, IntegerField, SelectField, TimeField
from wtforms.validators import InputRequired, NumberRange, Optional

from incubator.accounts.forms import DayField
from incubator.core.errors import N_, Phrase, Refusal
from incubator.core.texts import visible
from incubator.mentors.forms.profiles import line
from incubator.mentors.models import Mentor
from incubator.mentors.operations.availability import LONGEST_LINK, LONGEST_NOTE, LONGEST_PLACE, MOST_HOURS
from incubator.mentors.rules.hours import WEEKDAYS, WHOLE_DAY, Hours
from incubator.spaces.forms import ZONES, minute_of

SLOTS = 4
"""How many times a weekday can have on the page."""
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(?::00)?")


class WeekField(Field):
    """For each weekday up to four pairs of times: `opens_1_0`, `closes_1_0` …; kept as they were typed."""

    rows: dict[int, list[tuple[str, str]]]

    def put(self, hours: Sequence[Hours]) -> None:
        """Show the hours that hold."""
        self.rows = {weekday: [(clock(each.opens), clock(each.closes)) for each in hours if each.weekday == weekday]
                     for weekday in WEEKDAYS}  # fmt: skip

    def take(self) -> None:
        """What was sent, without what is empty."""
        sent = {
            weekday: [(visible(request.form.get(f"opens_{weekday}_{slot}", ""))[:8],
                       visible(request.form.get(f"closes_{weekday}_{slot}", ""))[:8]) for slot in range(SLOTS)]
            for weekday in WEEKDAYS
        }  # fmt: skip
        self.rows = {weekday: [pair for pair in pairs if any(pair)] for weekday, pairs in sent.items()}

    def hours(self) -> list[Hours]:
        """The hours that were typed; Refusal that names the day of a time which is none."""
        return [
            Hours(weekday, _minute(opens, weekday), _minute(closes, weekday) or WHOLE_DAY)
            for weekday, pairs in self.rows.items()
            for opens, closes in pairs
        ]

    def slots(self, weekday: int) -> list[tuple[int, str, str]]:
        """The pairs to show: those that are there, and empty ones."""
        pairs = self.rows.get(weekday, [])[:SLOTS]
        return [(slot, *(pairs[slot] if slot < len(pairs) else ("", ""))) for slot in range(SLOTS)]


class WeekForm(FlaskForm):
    """The hours of every week, and in which zone they are meant."""

    zone = SelectField(_l("Time zone"))
    hours = WeekField(_l("Weekly hours"))

    def offer(self, zone: str) -> None:
        """The usual zones, and the one that it is."""
        self.zone.choices = [(each, each) for each in (*ZONES, *([zone] if zone not in ZONES else []))]
        if not self.is_submitted():
            self.zone.data = zone


class DayForm(FlaskForm):
    """Other hours for one date, or none."""

    on = DayField(_l("Date"), validators=[InputRequired(_l("Give the date."))])
    opens = TimeField(_l("From"), validators=[Optional()])
    closes = TimeField(_l("To"), validators=[Optional()])
    note = line(_l("Why (optional)"), LONGEST_NOTE)

    def said(self) -> dict[str, Any]:
        """What `set_day` takes; 00:00 as an end is midnight at the end of the day."""
        opens, closes = self.opens.data, self.closes.data
        return {
            "on": self.on.data, "opens": None if opens is None else minute_of(opens),
            "closes": None if closes is None else minute_of(closes) or WHOLE_DAY, "note": self.note.data or "",
        }  # fmt: skip


class TermsForm(FlaskForm):
    """How much, and where."""

    capacity_hours = IntegerField(
        _l("Hours a month"), validators=[
            InputRequired(_l("Give a number of hours.")),
            NumberRange(0, MOST_HOURS, _l("From 0 to %(most)s hours a month.", most=MOST_HOURS)),
        ],
        description=_l("Of all sessions together; when it is used up, no more can be booked."),
        render_kw={"inputmode": "numeric", "min": 0, "max": MOST_HOURS},
    )  # fmt: skip
    meeting_place = line(_l("Meeting place outside of the house (optional)"), LONGEST_PLACE)
    meeting_link = line(_l("Link for meetings online (optional)"), LONGEST_LINK)

    def said(self) -> dict[str, Any]:
        """What `set_terms` takes."""
        return {"capacity_hours": self.capacity_hours.data, "meeting_place": self.meeting_place.data or "",
                "meeting_link": self.meeting_link.data or ""}  # fmt: skip

    def put(self, mentor: Mentor) -> None:
        """Show what holds."""
        self.capacity_hours.data, self.meeting_place.data = mentor.capacity_hours, mentor.meeting_place
        self.meeting_link.data = mentor.meeting_link


def clock(minute: int) -> str:
    """As a time field has it: 09:05; midnight at the end of the day is 00:00."""
    return time(minute // 60 % 24, minute % 60).strftime("%H:%M")


def _minute(typed: str, weekday: int) -> int:
    found = _CLOCK.fullmatch(typed)
    if found is None:
        raise Refusal(N_("%(weekday)s: give both times, such as 09:00 and 12:00."), field="hours",
                      weekday=Phrase(WEEKDAYS[weekday]))  # fmt: skip
    return int(found[1]) * 60 + int(found[2])

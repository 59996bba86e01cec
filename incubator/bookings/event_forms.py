"""The shape of what one types about events."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import MultipleFileField
from wtforms import IntegerField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from incubator.accounts.forms import DayField, clean
from incubator.bookings.event_rules import MOST_PARTICIPANTS
from incubator.bookings.forms import Choice, WallTime
from incubator.bookings.operations.events import (
    LONGEST_DESCRIPTION,
    LONGEST_PLACE,
    LONGEST_TITLE,
    LONGEST_WORDS,
    MOST_FILES,
    Came,
    Plan,
)
from incubator.bookings.rules import wall_period
from incubator.core.errors import Refusal

KIND_NAMES = {
    "competition": _l("Competition"), "roadshow": _l("Roadshow"), "forum": _l("Forum"), "training": _l("Training"),
    "salon": _l("Salon or networking"), "visit": _l("Visit"), "other": _l("Other event"),
}  # fmt: skip
AUDIENCE_NAMES = {"tenants": _l("Startups here"), "public": _l("Everybody")}
STATE_NAMES = {"planned": _l("Yet to be held"), "due": _l("To be counted"), "held": _l("Was held"),
               "cancelled": _l("Cancelled")}  # fmt: skip
STATE_TONES = {"planned": "azure", "due": "yellow", "held": "green", "cancelled": "secondary"}
ELSEWHERE = 0
"""The choice of no booking."""


class EventForm(FlaskForm):
    """What, when, where, for whom."""

    site_id = Choice(_l("Site"), _l("There is no such site."))
    kind = SelectField(_l("Kind"), choices=list(KIND_NAMES.items()))
    title = StringField(_l("Title in Chinese"), filters=[clean],
                        validators=[DataRequired(_l("Give it a title.")), Length(max=LONGEST_TITLE)])  # fmt: skip
    title_en = StringField(_l("Title in English (optional)"), filters=[clean],
                           validators=[Length(max=LONGEST_TITLE)])  # fmt: skip
    on = DayField(_l("Date"), validators=[InputRequired(_l("Choose a day."))])
    start = WallTime(_l("Starts"), validators=[InputRequired(_l("Choose when it starts."))])
    end = WallTime(_l("Ends"), validators=[InputRequired(_l("Choose when it ends."))])
    ends_on = DayField(_l("Last day, if it takes several"), validators=[Optional()])
    booking_id = Choice(_l("Booking that holds its place"), _l("There is no such booking at this site."))
    place = StringField(_l("Or where it is, if elsewhere"), filters=[clean], validators=[Length(max=LONGEST_PLACE)])
    audience = SelectField(_l("Meant for"), choices=list(AUDIENCE_NAMES.items()))
    organiser = StringField(_l("Together with (optional)"), filters=[clean], validators=[Length(max=LONGEST_WORDS)])
    description = TextAreaField(_l("What it is about (optional)"), validators=[Length(max=LONGEST_DESCRIPTION)],
                                render_kw={"rows": 5})  # fmt: skip

    def plan(self, zone: ZoneInfo) -> Plan:
        """What `plan_event` takes, once valid; Refusal for a time that the clocks skip."""
        assert self.on.data is not None and self.start.data is not None and self.end.data is not None
        starts_at, ends_at = wall_period(self.on.data, self.start.data, self.end.data, zone)
        if self.ends_on.data is not None and self.ends_on.data != self.on.data:
            ends_at = wall_period(self.ends_on.data, time(0), self.end.data, zone)[1]
        return Plan(
            site_id=self.site_id.data, kind=self.kind.data, title=self.title.data or "", starts_at=starts_at,
            ends_at=ends_at, audience=self.audience.data, booking_id=self.booking_id.data or None,
            place=self.place.data or "", title_en=self.title_en.data or "", organiser=self.organiser.data or "",
            description=self.description.data or "",
        )  # fmt: skip

    def put_times(self, starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> None:
        """As wall times of the site; an end at midnight is 00:00 of the day before."""
        start, end = starts_at.astimezone(zone), ends_at.astimezone(zone)
        self.on.data, self.start.data, self.end.data = start.date(), start.time(), end.time()
        last = end.date() - timedelta(days=1) if end.time() == time(0) else end.date()
        self.ends_on.data = last if last != start.date() else None


def _checkboxes(label: Any) -> SelectMultipleField:
    return SelectMultipleField(label, coerce=int, choices=[], widget=ListWidget(prefix_label=False),
                               option_widget=CheckboxInput())  # fmt: skip


class CountForm(FlaskForm):
    """Who came."""

    participants = IntegerField(
        _l("People who came"),
        validators=[InputRequired(_l("Give a number of people, from 1 up. An event that nobody came to is cancelled.")),
                    NumberRange(1, MOST_PARTICIPANTS,
                                _l("Give a number of people, from 1 up. An event that nobody came to is cancelled."))],
        render_kw={"inputmode": "numeric", "min": 1},
    )  # fmt: skip
    counted_from = StringField(
        _l("Basis of the count"), filters=[clean],
        description=_l("The sign-in sheet, the tickets, a count in the room."),
        validators=[DataRequired(_l("Say what it was counted from: the sign-in sheet, the tickets.")),
                    Length(max=LONGEST_WORDS)],
    )  # fmt: skip
    startups = _checkboxes(_l("Startups that took part"))
    mentors = _checkboxes(_l("Mentors who took part"))
    reason = StringField(_l("Why the count is corrected"), filters=[clean], validators=[Length(max=LONGEST_WORDS)])

    def came(self) -> Came:
        """What `confirm_event` takes, once valid."""
        assert self.participants.data is not None
        return Came(self.participants.data, self.counted_from.data or "", self.startups.data or [],
                    self.mentors.data or [])  # fmt: skip


class ProofForm(FlaskForm):
    """Photos and papers."""

    photos = MultipleFileField(
        _l("Photos"), description=_l("At most %(most)s, JPEG, PNG or WebP.", most=MOST_FILES),
        render_kw={"accept": "image/jpeg,image/png,image/webp", "multiple": True},
    )  # fmt: skip
    papers = MultipleFileField(_l("Sign-in sheet, programme, report"), render_kw={"multiple": True},
                               description=_l("PDF, Word, Excel or a scan."))  # fmt: skip

    def contents(self) -> tuple[list[tuple[str, bytes]], list[bytes]]:
        """Papers with their names, and photos; too many are refused before they are read."""
        papers = [each for each in self.papers.data or [] if each and each.filename]
        photos = [each for each in self.photos.data or [] if each and each.filename]
        if len(papers) + len(photos) > MOST_FILES:
            raise Refusal(_l("At most %(most)s files at once.", most=MOST_FILES), field="photos")
        return [(each.filename, each.read()) for each in papers], [each.read() for each in photos]


class ReasonForm(FlaskForm):
    """Why it does not take place."""

    reason = StringField(
        _l("Reason"), filters=[clean],
        validators=[DataRequired(_l("Say why, so that others understand.")), Length(max=LONGEST_WORDS)],
    )  # fmt: skip

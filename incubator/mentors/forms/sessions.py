"""The shape of what one types about sessions, their logs and what comes after."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from incubator.accounts.forms import DayField, clean
from incubator.bookings.consent import Consent
from incubator.bookings.forms import WallTime
from incubator.bookings.rules import wall_period
from incubator.core.periods import Interval
from incubator.mentors.operations.sessions import Where
from incubator.mentors.rules.feedback import LONGEST_REMARK
from incubator.mentors.rules.logs import LONGEST_ADVICE, LONGEST_NOTE, LONGEST_STEPS, LONGEST_TOPICS
from incubator.mentors.wording import WAYS

ROOM, PLACE, ONLINE = "room", "place", "online"


def _area(label: Any, longest: int, rows: int = 4, *required: Any) -> TextAreaField:
    return TextAreaField(label, validators=[*required, Length(max=longest)],
                         render_kw={"rows": rows, "maxlength": longest})  # fmt: skip


class WhereForm(FlaskForm):
    """Where one meets; a room is named with the price that is shown beside it."""

    way = RadioField(_l("Where"), choices=[(key, _l(name)) for key, name in WAYS.items()], default=ONLINE,
                     validate_choice=False)  # fmt: skip
    room = RadioField(_l("Room"), validate_choice=False)
    place = StringField(_l("Place of the meeting"), filters=[clean], validators=[Length(max=200)],
                        render_kw={"maxlength": 200})  # fmt: skip
    link = StringField(_l("Link of the meeting"), filters=[clean], validators=[Length(max=400)],
                       render_kw={"maxlength": 400, "inputmode": "url"})  # fmt: skip
    fee = HiddenField()
    """What giving the present room back costs, as it was shown."""

    def offer(self, rooms: Iterable[tuple[int, int, str]], *, with_rooms: bool) -> None:
        """The rooms that are free then, by id, price in fen and words."""
        self.room.choices = [(f"{resource_id}:{minor}", words) for resource_id, minor, words in rooms]
        if self.room.choices and not self.is_submitted():
            self.room.data = self.room.choices[0][0]
        if not with_rooms:
            self.way.choices = [(key, name) for key, name in self.way.choices if key != ROOM]
        if not self.is_submitted() and self.way.data not in [key for key, _name in self.way.choices]:
            self.way.data = ONLINE

    def where(self) -> Where:
        """As the operation takes it."""
        resource_id, minor = _pair(self.room.data) if self.way.data == ROOM else (None, None)
        return Where(self.way.data or "", self.place.data or "", self.link.data or "", resource_id, Consent(minor))

    def fee_seen(self) -> Consent:
        """What the reader had before their eyes."""
        text = self.fee.data or ""
        return Consent(int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None)


class SessionForm(WhereForm):
    """A session at a time that was chosen before."""

    title = StringField(_l("What is it about?"), filters=[clean], validators=[Length(max=100)],
                        render_kw={"maxlength": 100, "autocomplete": "off"})  # fmt: skip
    by_voucher = BooleanField(_l("Pay by voucher"))
    request_key = HiddenField()


class CancelForm(FlaskForm):
    reason = StringField(_l("Why"), filters=[clean], validators=[Length(max=200)], render_kw={"maxlength": 200})
    fee = HiddenField()

    fee_seen = WhereForm.fee_seen


class LogForm(FlaskForm):
    """What was said."""

    on = DayField(_l("Day"), validators=[InputRequired(_l("Choose a day."))])
    held_from = WallTime(_l("From"), validators=[InputRequired(_l("Give a time."))])
    held_until = WallTime(_l("Until"), validators=[InputRequired(_l("Give a time."))])
    field_ids = SelectMultipleField(_l("Fields of help"), coerce=int, widget=ListWidget(prefix_label=False),
                                    option_widget=CheckboxInput(), validate_choice=False)  # fmt: skip
    topics = _area(_l("What did you talk about?"), LONGEST_TOPICS, 3)
    advice = _area(_l("What was advised (optional)"), LONGEST_ADVICE, 4)
    next_steps = _area(_l("What happens next (optional)"), LONGEST_STEPS, 3)
    reason = StringField(_l("What is different, and why"), filters=[clean], validators=[Length(max=200)],
                         render_kw={"maxlength": 200})  # fmt: skip

    def held(self, zone: ZoneInfo) -> Interval:
        """When they met, by the wall clock of the site."""
        assert self.on.data and self.held_from.data and self.held_until.data  # it has been validated
        start, end = wall_period(self.on.data, self.held_from.data, self.held_until.data, zone)
        return Interval(start, end) if start < end else Interval(start, start + timedelta(days=1))

    def show(self, held: Interval, zone: ZoneInfo, field_ids: Sequence[int]) -> None:
        """As it was booked, or as the last version has it."""
        start, end = held.start.astimezone(zone), held.end.astimezone(zone)
        self.on.data, self.held_from.data, self.held_until.data = start.date(), start.time(), end.time()
        self.field_ids.data = list(field_ids)


class NoteForm(FlaskForm):
    text = _area(_l("Your private note"), LONGEST_NOTE, 4)


class TaskForm(FlaskForm):
    text = StringField(_l("What is to be done"), filters=[clean], validators=[Length(max=200)],
                       render_kw={"maxlength": 200, "autocomplete": "off"})  # fmt: skip
    due_on = DayField(_l("By (optional)"), validators=[Optional()])


class FeedbackForm(FlaskForm):
    rating = RadioField(_l("How was it?"), choices=[(str(each), "★" * each) for each in range(5, 0, -1)],
                        validate_choice=False)  # fmt: skip
    remark = StringField(_l("A word about it (optional)"), filters=[clean], validators=[Length(max=LONGEST_REMARK)],
                         render_kw={"maxlength": LONGEST_REMARK})  # fmt: skip

    def stars(self) -> int:
        """0 for none."""
        return int(self.rating.data) if self.rating.data in {"1", "2", "3", "4", "5"} else 0


class PeriodForm(FlaskForm):
    """Of which days figures are."""

    class Meta:
        csrf = False  # it changes nothing

    first = DayField(_l("From"), validators=[Optional()])
    last = DayField(_l("Until"), validators=[Optional()])
    site_id = SelectField(_l("Site"), coerce=int, validate_choice=False, default=0)


class CertificateForm(FlaskForm):
    first = DayField(_l("From"), validators=[InputRequired(_l("Choose a day."))])
    last = DayField(_l("Until"), validators=[InputRequired(_l("Choose a day."))])
    mentor_id = IntegerField()


def _pair(text: str | None) -> tuple[int | None, int | None]:
    """`12:7500`: a resource and its price in fen; nothing for what was not offered by us."""
    first, _, second = (text or "").partition(":")
    if not all(each.isascii() and each.isdigit() and len(each) < 16 for each in (first, second)):
        return None, None
    return int(first), int(second)


def start_of(text: str | None) -> datetime | None:
    """The instant that an address names, with its offset; None for anything else."""
    try:
        at = datetime.fromisoformat((text or "").replace(" ", "+"))
    except ValueError:
        return None
    return at if at.tzinfo is not None and 2000 <= at.year < 2200 else None

"""The shape of what one types about spaces."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    DateField,
    DateTimeLocalField,
    DecimalField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TimeField,
)
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

UNIT_KIND_NAMES = {
    "desk": _l("Desk"), "office": _l("Office"), "room": _l("Room"), "hall": _l("Hall"),
    "instrument": _l("Instrument"), "parking": _l("Parking bay"),
}  # fmt: skip
PURPOSE_NAMES = {
    "incubation": _l("Incubation"), "public_service": _l("Public service"), "operator": _l("Own use"),
}  # fmt: skip
RESOURCE_KIND_NAMES = {
    "meeting_room": _l("Meeting room"), "hall": _l("Hall"), "desk": _l("Desk"), "instrument": _l("Instrument"),
    "parking": _l("Parking bay"),
}  # fmt: skip
DAY_KIND_NAMES = {"workday": _l("Working day"), "restday": _l("Rest day"), "closed": _l("Not open")}
ZONES = ("Asia/Shanghai", "Asia/Urumqi", "Asia/Hong_Kong", "Asia/Singapore", "Europe/Berlin", "America/Los_Angeles")
CALENDARS = [("CN", _l("China's statutory calendar")), ("weekdays", _l("Monday to Friday"))]


class SiteForm(FlaskForm):
    """A new site with its opening hours."""

    code = StringField(_l("Code"), validators=[DataRequired(), Length(max=20)])
    name = StringField(_l("Name"), validators=[DataRequired(), Length(max=100)])
    name_en = StringField(_l("English name"), validators=[Length(max=100)])
    address = StringField(_l("Address"), validators=[Length(max=200)])
    zone = SelectField(_l("Time zone"), choices=[(zone, zone) for zone in ZONES], default="Asia/Shanghai")
    calendar = SelectField(_l("Working days"), choices=CALENDARS, default="CN")
    opens = TimeField(_l("Opens on working days"), validators=[InputRequired()])
    closes = TimeField(_l("Closes on working days"), validators=[InputRequired()])
    rest_opens = TimeField(_l("Opens on rest days (optional)"), validators=[Optional()])
    rest_closes = TimeField(_l("Closes on rest days (optional)"), validators=[Optional()])

    def hours(self) -> list[tuple[str, int, int]]:
        """The opening hours, as minutes after midnight; 00:00 as closing time is the end of the day."""
        found = []
        for day_kind, opens, closes in (
            ("workday", self.opens.data, self.closes.data),
            ("restday", self.rest_opens.data, self.rest_closes.data),
        ):
            if opens is not None and closes is not None:
                found.append((day_kind, opens.hour * 60 + opens.minute, closes.hour * 60 + closes.minute or 1440))
        return found


class FloorForm(FlaskForm):
    """A storey."""

    name = StringField(_l("Name"), validators=[DataRequired(), Length(max=50)])
    level = IntegerField(_l("Level"), default=1, validators=[InputRequired(), NumberRange(-9, 199)])


class UnitsForm(FlaskForm):
    """One unit, or a row of alike ones: prefix D and count 12 make D1 to D12."""

    floor_id = SelectField(_l("Floor"), coerce=int)
    code = StringField(_l("Code, or prefix of several"), validators=[DataRequired(), Length(max=20)])
    count = IntegerField(_l("How many"), default=1, validators=[InputRequired(), NumberRange(1, 200)])
    kind = SelectField(_l("Kind"), choices=list(UNIT_KIND_NAMES.items()), default="desk")
    purpose = SelectField(_l("Purpose"), choices=list(PURPOSE_NAMES.items()))
    area_m2 = DecimalField(_l("Area of each, m²"), places=2, validators=[InputRequired(), NumberRange(0, 100_000)])
    in_service_from = DateField(_l("In service from"), validators=[DataRequired()])

    def codes(self) -> list[str]:
        """The codes that are to be made."""
        prefix, count = (self.code.data or "").strip(), self.count.data or 1
        width = len(str(count))
        return [prefix] if count == 1 else [f"{prefix}{number:0{width}}" for number in range(1, count + 1)]


class ResourceForm(FlaskForm):
    """Something to book."""

    code = StringField(_l("Code"), validators=[DataRequired(), Length(max=20)])
    name = StringField(_l("Name"), validators=[DataRequired(), Length(max=100)])
    name_en = StringField(_l("English name"), validators=[Length(max=100)])
    kind = SelectField(_l("Kind"), choices=list(RESOURCE_KIND_NAMES.items()))
    units = SelectMultipleField(_l("Units"), coerce=int, validators=[DataRequired()])
    takes = SelectField(_l("A booking takes"), choices=[("all", _l("all of its units")), ("any", _l("any one unit"))])
    capacity = IntegerField(_l("Seats"), default=1, validators=[InputRequired(), NumberRange(1, 10_000)])
    granularity_minutes = SelectField(
        _l("Booked in steps of"), coerce=int, default=15,
        choices=[(minutes, _l("%(minutes)s minutes", minutes=minutes)) for minutes in (5, 10, 15, 30, 60)],
    )  # fmt: skip


class DayForm(FlaskForm):
    """A date that does not follow the calendar."""

    on = DateField(_l("Date"), validators=[DataRequired()])
    day_kind = SelectField(_l("It is a"), choices=list(DAY_KIND_NAMES.items()), default="closed")
    note = StringField(_l("Why"), validators=[Length(max=200)])


class ClosureForm(FlaskForm):
    """Units out of use for some time."""

    units = SelectMultipleField(_l("Units"), coerce=int, validators=[DataRequired()])
    start = DateTimeLocalField(_l("Closed from"), validators=[DataRequired()])
    end = DateTimeLocalField(_l("Closed until"), validators=[DataRequired()])
    reason = StringField(_l("Reason"), validators=[DataRequired(), Length(max=200)])

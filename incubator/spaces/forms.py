"""The shape of what one types about spaces. What is allowed, the operations say; here it is only understood."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from msgspec import Struct
from wtforms import (
    DateField,
    DateTimeLocalField,
    DecimalField,
    Field,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TimeField,
    ValidationError,
)
from wtforms.validators import DataRequired, InputRequired, Length, Optional
from wtforms.widgets import TextInput

from incubator.accounts.forms import DayField
from incubator.core.errors import Refusal
from incubator.core.periods import local_instant
from incubator.spaces.models import Floor, Unit
from incubator.spaces.operations import OpenSpan
from incubator.spaces.operations.hours import hours_field
from incubator.spaces.operations.sites import check_day
from incubator.spaces.operations.units import LONGEST_ZONE, MOST_AT_ONCE
from incubator.spaces.operations.words import LONGEST_CODE, LONGEST_FLOOR, LONGEST_NAME, LONGEST_TEXT
from incubator.spaces.rules import Hours

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
TAKES_NAMES = {"all": _l("all of its units"), "any": _l("any one unit")}
UNIT_STATE_NAMES = {
    "free": _l("free"), "residency": _l("let"), "booking": _l("booked"), "closure": _l("closed"),
    "buffer": _l("kept free"), "offer": _l("kept for the waitlist"), "hold": _l("held"),
    "coming": _l("not in service yet"), "retired": _l("out of service"),
}  # fmt: skip
UNIT_STATE_TONES = {"free": "green", "residency": "teal", "booking": "azure"}
HOLDER_NAMES = {"residency": _l("Residency"), "booking": _l("Booking"), "closure": _l("Closure"),
                "buffer": _l("Kept free beside a booking"),
                "offer": _l("Kept for somebody on the waitlist"),
                "hold": _l("Held before an agreement")}  # fmt: skip
STRETCH_STATE_NAMES = {
    "current": _l("now"), "coming": _l("coming"), "over": _l("over"), "voided": _l("given back"),
}  # fmt: skip
STRETCH_STATE_TONES = {"current": "teal", "coming": "azure"}
ZONES = ("Asia/Shanghai", "Asia/Urumqi", "Asia/Hong_Kong", "Asia/Singapore", "Europe/Berlin", "America/Los_Angeles")
CALENDAR_NAMES = {"CN": _l("China's statutory calendar"), "weekdays": _l("Monday to Friday")}

_AREA_SIGNS = str.maketrans("", "", ",， \u00a0㎡")


def text_field(label: Any, longest: int, missing: Any = None) -> StringField:
    """A line of at most `longest` characters; where `missing` is given, it says what to do when it is empty."""
    too_long = _l("This may be at most %(longest)s characters long.", longest=longest)
    needed = [DataRequired(missing)] if missing is not None else []
    return StringField(label, validators=[*needed, Length(max=longest, message=too_long)])


def between(low: int, high: int, sentence: Any) -> list[Callable[[Any, Any], None]]:
    """A whole number from `low` to `high`; what is no number at all has its own sentence."""

    def check(_form: FlaskForm, field: Field) -> None:
        if field.data is not None and not low <= field.data <= high:
            raise ValidationError(sentence)

    return [InputRequired(sentence), check]


class AreaField(DecimalField):
    """Square metres; "1,200.5 m²" is understood, too. Which areas there are, the operation knows."""

    widget = TextInput()

    def __init__(self, label: Any, **kwargs: Any) -> None:
        render = {"inputmode": "decimal", "autocomplete": "off"}
        super().__init__(label, places=2, validators=[InputRequired(_l("Give its area in m²."))], render_kw=render,
                         **kwargs)  # fmt: skip

    def process_formdata(self, valuelist: list[str]) -> None:
        """As typed by people, with its unit or without."""
        super().process_formdata([text.translate(_AREA_SIGNS).removesuffix("m²") for text in valuelist])


def check_moment(_form: FlaskForm, field: Field) -> None:
    """The wall time lies on a day that the operations take, and so has an instant in every zone."""
    if field.data is None:  # not understood: said already
        return
    try:
        check_day(field.data.date(), field.name)
    except Refusal as refusal:
        raise ValidationError(_l(refusal.message)) from refusal


class HoursFields(FlaskForm):
    """Opening hours: up to two stretches on working days, and up to two on rest days."""

    opens = TimeField(_l("Opens on working days"), validators=[InputRequired(_l("Say when it opens."))])
    closes = TimeField(_l("Closes on working days"), validators=[InputRequired(_l("Say when it closes."))])
    rest_opens = TimeField(_l("Opens on rest days (optional)"), validators=[Optional()])
    rest_closes = TimeField(_l("Closes on rest days (optional)"), validators=[Optional()])

    def stretches(self) -> list[tuple[str, Field, Field]]:
        """Kind of day, opening and closing field of each stretch that this form has, in order."""
        found = []
        for day_kind in ("workday", "restday"):
            for place in (1, 2):
                opens, closes = hours_field(day_kind, "opens", place), hours_field(day_kind, "closes", place)
                if opens in self:
                    found.append((day_kind, self[opens], self[closes]))
        return found

    def validate(self, extra_validators: Any = None) -> bool:
        """A stretch has both of its ends, and there is no second one without a first."""
        valid = bool(super().validate(extra_validators))
        first_is_empty: set[str] = set()
        for day_kind, opens, closes in self.stretches():
            given = opens.data is not None, closes.data is not None
            if given[0] != given[1] and not (opens.errors or closes.errors):
                valid, missing = False, closes if given[0] else opens
                missing.errors = [_l("Say when it closes.") if given[0] else _l("Say when it opens.")]
            if any(given) and day_kind in first_is_empty and not opens.errors:
                valid, opens.errors = False, [_l("Fill in the stretch before this one first.")]
            if not any(given):
                first_is_empty.add(day_kind)
        return valid

    def hours(self) -> list[OpenSpan]:
        """The opening hours as minutes after midnight; 00:00 as closing time is the end of the day."""
        return [
            (day_kind, minute_of(opens.data), minute_of(closes.data) or 1440)
            for day_kind, opens, closes in self.stretches()
            if opens.data is not None and closes.data is not None
        ]


class SiteForm(HoursFields):
    """A new site with its opening hours."""

    code = text_field(_l("Code"), LONGEST_CODE, _l("Give the site a code."))
    name = text_field(_l("Name"), LONGEST_NAME, _l("Give the site a name."))
    name_en = text_field(_l("English name (optional)"), LONGEST_NAME)
    address = text_field(_l("Address (optional)"), LONGEST_TEXT)
    zone = SelectField(_l("Time zone"), choices=[(zone, zone) for zone in ZONES], default="Asia/Shanghai")
    calendar = SelectField(_l("Working days"), choices=list(CALENDAR_NAMES.items()), default="CN")


class DegreesField(DecimalField):
    """Degrees, or nothing. How far they go, the operation knows."""

    data: Decimal | None

    def __init__(self, label: Any, **kwargs: Any) -> None:
        render = {"inputmode": "decimal", "autocomplete": "off"}
        super().__init__(label, places=None, validators=[Optional()], render_kw=render, **kwargs)

    def process_formdata(self, valuelist: list[str]) -> None:
        """NaN and its like are no degrees."""
        super().process_formdata(valuelist)
        if self.data is not None and not self.data.is_finite():
            self.data = None
            raise ValueError(self.gettext("Not a valid decimal value."))


class SiteNameForm(FlaskForm):
    """What can be corrected of a site: its days and months rest on the rest."""

    name = text_field(_l("Name"), LONGEST_NAME, _l("Give the site a name."))
    name_en = text_field(_l("English name (optional)"), LONGEST_NAME)
    address = text_field(_l("Address (optional)"), LONGEST_TEXT)
    latitude, longitude = DegreesField(_l("Latitude (optional)")), DegreesField(_l("Longitude (optional)"))


class HoursForm(HoursFields):
    """Other opening hours from a day on; all empty: not open from then on."""

    from_on = DayField(_l("From this day on"), validators=[InputRequired(_l("Give the date."))])
    opens = TimeField(_l("Opens"), validators=[Optional()])
    closes = TimeField(_l("Closes"), validators=[Optional()])
    opens_2 = TimeField(_l("Opens again"), validators=[Optional()])
    closes_2 = TimeField(_l("Closes again"), validators=[Optional()])
    rest_opens = TimeField(_l("Opens"), validators=[Optional()])
    rest_closes = TimeField(_l("Closes"), validators=[Optional()])
    rest_opens_2 = TimeField(_l("Opens again"), validators=[Optional()])
    rest_closes_2 = TimeField(_l("Closes again"), validators=[Optional()])

    def propose(self, hours: Iterable[Hours]) -> None:
        """Put the hours that hold."""
        rows = list(hours)
        for day_kind in ("workday", "restday"):
            of_kind = [each for each in rows if each.day_kind == day_kind]
            for place, each in enumerate(of_kind[:2], 1):
                self[hours_field(day_kind, "opens", place)].data = _time(each.opens_minute)
                self[hours_field(day_kind, "closes", place)].data = _time(each.closes_minute)


class FloorForm(FlaskForm):
    """A storey."""

    name = text_field(_l("Name"), LONGEST_FLOOR, _l("Give the floor a name."))
    level = IntegerField(_l("Level"), default=1, validators=[InputRequired(_l("A level is from -9 to 199."))])


class UnitForm(FlaskForm):
    """What can be corrected of a unit."""

    code = text_field(_l("Code"), LONGEST_CODE, _l("Give the unit a code."))
    purpose = SelectField(_l("Purpose"), choices=list(PURPOSE_NAMES.items()))
    area_m2 = AreaField(_l("Area, m²"))
    zone = text_field(_l("Part of the floor (optional)"), LONGEST_ZONE)


class UnitsForm(FlaskForm):
    """One unit, or a row of alike ones: prefix D and count 12 make D01 to D12."""

    floor_id = SelectField(_l("Floor"), coerce=int)
    code = text_field(_l("Code, or prefix of several"), LONGEST_CODE, _l("Give the unit a code."))
    count = IntegerField(
        _l("How many"), default=1,
        validators=between(1, MOST_AT_ONCE, _l("From 1 to %(most)s units can be added at once.", most=MOST_AT_ONCE)),
    )  # fmt: skip
    first = IntegerField(
        _l("First number"), default=1, validators=between(0, 9_999, _l("The first number is from 0 to 9,999."))
    )
    kind = SelectField(_l("Kind"), choices=list(UNIT_KIND_NAMES.items()), default="desk")
    purpose = SelectField(_l("Purpose"), choices=list(PURPOSE_NAMES.items()))
    area_m2 = AreaField(_l("Area of each, m²"))
    in_service_from = DayField(_l("In service from"), validators=[InputRequired(_l("Give the date."))])
    in_service_until = DayField(_l("In service until (optional)"), validators=[Optional()])

    def codes(self) -> list[str]:
        """The codes that are to be made, their numbers of one length."""
        prefix, count, first = (self.code.data or "").strip(), self.count.data or 1, self.first.data or 0
        width = len(str(first + count - 1))
        return [prefix] if count == 1 else [f"{prefix}{first + n:0{width}}" for n in range(count)]


class RetireForm(FlaskForm):
    """The last day of a unit."""

    last_on = DayField(_l("Last day in service (optional)"), validators=[Optional()])


class UnitChoice(Struct, frozen=True):
    """A unit that can be chosen: plain values, for they outlive a transaction that is rolled back."""

    id: int
    code: str
    kind: str


class UnitsField(SelectMultipleField):
    """Units of the site, each with its box, by floor."""

    by_floor: tuple[tuple[str, tuple[UnitChoice, ...]], ...] = ()

    def __init__(self, label: Any, **kwargs: Any) -> None:
        needed = InputRequired(_l("Choose at least one unit of the site."))
        super().__init__(label, coerce=int, validators=[needed], **kwargs)

    def pre_validate(self, form: FlaskForm) -> None:
        """Only of what there is to choose from."""
        if not set(self.data or ()) <= {value for value, _ in self.choices or ()}:
            raise ValidationError(_l("One of these is no unit of this site. Please choose again."))

    def offer(self, units: Iterable[Unit], floors: Iterable[Floor]) -> None:
        """What there is to choose from."""
        of_floor: dict[int, list[UnitChoice]] = {}
        for unit in units:
            of_floor.setdefault(unit.on_floor, []).append(UnitChoice(unit.id, unit.code, unit.kind))
        self.by_floor = tuple((floor.name, tuple(of_floor[floor.id])) for floor in floors if floor.id in of_floor)
        self.choices = [(each.id, each.code) for _, here in self.by_floor for each in here]


class DayForm(FlaskForm):
    """A date that does not follow the calendar."""

    on = DayField(_l("Date"), validators=[InputRequired(_l("Give the date."))])
    day_kind = SelectField(_l("It is a"), choices=list(DAY_KIND_NAMES.items()), default="closed")
    note = text_field(_l("Why (optional)"), LONGEST_TEXT)


class ClosureForm(FlaskForm):
    """Units out of use for some time."""

    units = UnitsField(_l("Units"))
    start = DateTimeLocalField(_l("Closed from"), validators=[InputRequired(_l("Give date and time.")), check_moment])
    end = DateTimeLocalField(_l("Closed until"), validators=[InputRequired(_l("Give date and time.")), check_moment])
    reason = text_field(_l("Reason"), LONGEST_TEXT, _l("Say why, so that others understand."))

    def period(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Start and end as instants of a site's zone."""
        return _instant(self.start.data, zone), _instant(self.end.data, zone)


def day_of(field: DateField) -> date:
    """The day of a field that needs one, once the form is valid."""
    assert field.data is not None
    return field.data


def _instant(wall: datetime | None, zone: ZoneInfo) -> datetime:
    assert wall is not None
    return local_instant(wall.date(), wall.hour * 60 + wall.minute, zone)


def minute_of(wall: time) -> int:
    """Minutes after midnight by the wall clock."""
    return wall.hour * 60 + wall.minute


def _time(minute: int) -> time:
    return time(minute // 60 % 24, minute % 60)

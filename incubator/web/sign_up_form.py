"""The shape of the sign-up wizard."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, time
from decimal import Decimal, InvalidOperation
from zoneinfo import available_timezones

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    DecimalField,
    Field,
    FieldList,
    Form,
    FormField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
    TimeField,
)
from wtforms.validators import (
    DataRequired,
    Email,
    InputRequired,
    Length,
    NumberRange,
    Optional,
    StopValidation,
    ValidationError,
)

from incubator.accounts.forms import clean, email_field, name_field
from incubator.accounts.passwords import LONGEST, SHORTEST
from incubator.accounts.permissions import Role
from incubator.accounts.words import ROLE_NAMES
from incubator.core.errors import N_
from incubator.spaces.operations.hours import OpenSpan
from incubator.web.founding import MOST_DESKS, MOST_OFFICES, Colleague, FirstFloor, FirstSite, Room

ZONES = (
    ("Asia/Shanghai", N_("China (Beijing time)")), ("Asia/Urumqi", N_("Xinjiang (Urumqi time)")),
    ("Asia/Hong_Kong", N_("Hong Kong")), ("Asia/Macau", N_("Macau")), ("Asia/Taipei", N_("Taipei")),
    ("Asia/Singapore", N_("Singapore")), ("Asia/Tokyo", N_("Tokyo")), ("Europe/London", N_("London")),
    ("Europe/Berlin", N_("Berlin")), ("America/New_York", N_("New York")), ("America/Los_Angeles", N_("Los Angeles")),
)  # fmt: skip
ROLES = (Role.MANAGER, Role.FRONT_DESK, Role.FINANCE, Role.AUDITOR)
ROOM_ROWS = 6
COLLEAGUE_ROWS = 6
LARGEST_M2 = 10_000
HIGHEST_PRICE = 100_000
EARLIEST, LATEST = date(1990, 1, 1), date(2100, 12, 31)
FLOOR_FIELDS = ("floor_name", "desks", "desk_m2", "desk_rent", "offices", "office_rent", "rooms")
_SEPARATORS = re.compile(r"[\s,，、;；]+")


def at_most_two_places(_form: Form, field: Field) -> None:
    """12.5 is fine, 12.345 is not; what is out of range was said before."""
    value = field.data
    if value is not None and value.is_finite() and abs(value) <= HIGHEST_PRICE and round(value, 2) != value:
        raise ValidationError(gettext("At most two decimals."))


def _area(label: object, default: str | None = None) -> DecimalField:
    return DecimalField(
        label, default=Decimal(default) if default else None, places=None,
        validators=[
            Optional(), NumberRange(0, LARGEST_M2, message=_l("An area is from 0 to 10,000 m².")), at_most_two_places
        ],
        render_kw={"inputmode": "decimal"},
    )  # fmt: skip


def _price(label: object, description: object = "") -> DecimalField:
    return DecimalField(
        label, description=description, places=None,
        validators=[
            Optional(), NumberRange(0, HIGHEST_PRICE, message=_l("A price is from 0 to 100,000.")), at_most_two_places
        ],
        render_kw={"inputmode": "decimal"},
    )  # fmt: skip


class RoomForm(Form):
    """One meeting room; a row without a name is no room."""

    name = StringField(_l("Name"), filters=[clean], validators=[Length(max=100, message=_l("At most 100 characters."))])
    seats = IntegerField(
        _l("Seats"), default=8, validators=[Optional(), NumberRange(1, 2000, message=_l("From 1 to 2,000."))],
        render_kw={"inputmode": "numeric"},
    )  # fmt: skip
    area_m2 = _area(_l("Area in m²"), "20")
    price = _price(_l("Yuan per hour"))


class ColleagueForm(Form):
    """One colleague; a row without an address is nobody."""

    email = StringField(
        _l("E-mail"), filters=[clean],
        validators=[
            Optional(), Email(_l("This is not an e-mail address. One looks like name@example.com.")),
            Length(max=254, message=_l("At most 254 characters.")),
        ],
        render_kw={"type": "email", "autocomplete": "off"},
    )  # fmt: skip
    role = SelectField(_l("Role"), default=Role.FRONT_DESK.value)


class SignUpForm(FlaskForm):
    """You, the site, its floor, the team."""

    name = name_field()
    email = email_field()
    password = PasswordField(
        _l("Password"),
        description=_l(
            "At least %(length)s characters. If this address has a sign-in here already, give its password.",
            length=SHORTEST,
        ),
        validators=[InputRequired(_l("Choose a password."))],
        render_kw={"autocomplete": "new-password", "minlength": SHORTEST, "maxlength": LONGEST},
    )
    operator = StringField(
        _l("Name of your company or space"), filters=[clean],
        validators=[
            DataRequired(_l("Give the operator a name.")), Length(max=100, message=_l("At most 100 characters."))
        ],
        render_kw={"autocomplete": "organization", "maxlength": 100},
    )  # fmt: skip

    site_name = StringField(
        _l("Name of the site"), filters=[clean],
        validators=[DataRequired(_l("Give the site a name.")), Length(max=100, message=_l("At most 100 characters."))],
        render_kw={"maxlength": 100},
    )  # fmt: skip
    address = StringField(
        _l("City and street"), filters=[clean], validators=[Length(max=200, message=_l("At most 200 characters."))],
        render_kw={"maxlength": 200, "autocomplete": "street-address"},
    )  # fmt: skip
    zone = SelectField(_l("Time zone"), default="Asia/Shanghai")
    calendar = SelectField(_l("Working days"), default="CN")
    opens = TimeField(_l("Opens"), default=time(9), validators=[InputRequired(_l("Say when it opens."))])
    closes = TimeField(_l("Closes"), default=time(18), validators=[InputRequired(_l("Say when it closes."))])
    on_rest_days = BooleanField(_l("Also open on rest days"))
    rest_opens = TimeField(_l("Opens"), default=time(10), validators=[Optional()])
    rest_closes = TimeField(_l("Closes"), default=time(17), validators=[Optional()])
    open_since = DateField(
        _l("In use since"), validators=[InputRequired(_l("Say since when the site is in use."))],
        description=_l("Agreements and bookings can begin on this day at the earliest."),
    )  # fmt: skip

    floor_by = RadioField(_l("How"), default="here", validators=[InputRequired(_l("Choose one."))])
    floor_name = StringField(
        _l("Name of the floor"), filters=[clean], validators=[Length(max=50, message=_l("At most 50 characters."))],
        render_kw={"maxlength": 50},
    )  # fmt: skip
    desks = IntegerField(
        _l("How many desks"), default=0,
        validators=[Optional(), NumberRange(0, MOST_DESKS, message=_l("From 0 to 300; more come from a workbook."))],
        render_kw={"inputmode": "numeric"},
    )  # fmt: skip
    desk_m2 = _area(_l("m² per desk"), "4")
    desk_rent = _price(_l("Yuan per desk and month"))
    offices = StringField(
        _l("Areas of the offices in m²"), filters=[clean],
        description=_l("One number per office, with commas between: 30, 54.5, 42"),
        validators=[Length(max=1000, message=_l("At most 1,000 characters."))], render_kw={"inputmode": "text"},
    )  # fmt: skip
    office_rent = _price(_l("Yuan per m² and month"))
    rooms = FieldList(FormField(RoomForm), min_entries=ROOM_ROWS, max_entries=ROOM_ROWS)

    colleagues = FieldList(FormField(ColleagueForm), min_entries=COLLEAGUE_ROWS, max_entries=COLLEAGUE_ROWS)

    def offer(self, *, signed_in: bool) -> None:
        """What there is to choose from; who is signed in is not asked who they are."""
        common = [(zone, gettext(label)) for zone, label in ZONES]
        known = {zone for zone, _label in ZONES}
        others = [(zone, zone) for zone in sorted(available_timezones()) if "/" in zone and zone not in known]
        self.zone.choices = {gettext("Common"): common, gettext("All"): others}
        self.calendar.choices = [
            ("CN", gettext("China's statutory calendar, with its swapped days")),
            ("weekdays", gettext("Monday to Friday")),
        ]  # fmt: skip
        self.floor_by.choices = [
            ("here", gettext("I describe a first floor here")), ("workbook", gettext("I'll import a workbook instead"))
        ]  # fmt: skip
        for row in self.colleagues:
            row.form.role.choices = [(role.value, gettext(ROLE_NAMES[role])) for role in ROLES]
        if signed_in:
            del self.name, self.email, self.password

    def validate(self, extra_validators: Mapping[str, Sequence[object]] | None = None) -> bool:
        """Where a workbook will bring the floor, what stands in the floor's fields is not looked at."""
        if super().validate(extra_validators=extra_validators):
            return True
        if self.floor_by.data == "workbook":
            for name in FLOOR_FIELDS:
                self[name].errors = []
            for row in self.rooms:
                for inner in row.form:
                    inner.errors = []
        return not self.faults()

    def validate_open_since(self, field: Field) -> None:
        if field.data is not None and not EARLIEST <= field.data <= LATEST:
            raise ValidationError(gettext("A day from 1990 to 2100."))

    def validate_closes(self, field: Field) -> None:
        _check_order(self.opens.data, field.data)

    def validate_rest_closes(self, field: Field) -> None:
        if self.on_rest_days.data:
            if self.rest_opens.data is None or field.data is None:
                raise StopValidation(gettext("Say when it opens and closes on rest days."))
            _check_order(self.rest_opens.data, field.data)

    def validate_offices(self, field: Field) -> None:
        if self.floor_by.data == "here":
            areas = parse_areas(field.data or "")
            if len(areas) > MOST_OFFICES:
                raise ValidationError(gettext("At most 100 offices; more come from a workbook."))

    def validate_floor_name(self, field: Field) -> None:
        if self.floor_by.data == "here" and not field.data:
            raise ValidationError(gettext("Give the floor a name."))

    def site(self) -> FirstSite:
        """The first site as plain values."""
        hours: list[OpenSpan] = [("workday", _minute(self.opens.data), _minute(self.closes.data, at_end=True))]
        if self.on_rest_days.data:
            hours.append(("restday", _minute(self.rest_opens.data), _minute(self.rest_closes.data, at_end=True)))
        return FirstSite(
            name=self.site_name.data, address=self.address.data or "", zone=self.zone.data,
            calendar=self.calendar.data, hours=hours, open_since=self.open_since.data,
        )  # fmt: skip

    def floor(self) -> FirstFloor | None:
        """The first floor as plain values; None where a workbook will bring it."""
        if self.floor_by.data != "here":
            return None
        return FirstFloor(
            name=self.floor_name.data, desks=self.desks.data or 0, desk_m2=self.desk_m2.data or Decimal(0),
            offices_m2=parse_areas(self.offices.data or ""), desk_rent=self.desk_rent.data,
            office_rent=self.office_rent.data,
            rooms=[_room(row.form) for row in self.rooms if row.form.name.data],
        )  # fmt: skip

    def team(self) -> list[Colleague]:
        """Whom to invite."""
        return [
            Colleague(row.form.email.data, Role(row.form.role.data)) for row in self.colleagues if row.form.email.data
        ]

    def faults(self) -> dict[str, list[str]]:
        """Every fault by the name of its input, the form's own under an empty name."""
        found = {"": list(self.form_errors)}
        for field in self:
            if isinstance(field, FieldList):
                for row in field:
                    found |= {inner.name: list(inner.errors) for inner in row.form}
            else:
                found[field.name] = [str(error) for error in field.errors]
        return {name: [str(error) for error in errors] for name, errors in found.items() if errors}


def _room(row: RoomForm) -> Room:
    return Room(row.name.data, row.seats.data or 1, row.area_m2.data or Decimal(0), row.price.data)


def parse_areas(text: str) -> list[Decimal]:
    """`30, 54.5、42` as numbers; ValidationError that names what is none, or is no area."""
    areas = []
    for word in filter(None, _SEPARATORS.split(text.strip())):
        try:
            area = Decimal(word)
        except InvalidOperation:
            raise ValidationError(gettext("%(word)s is not a number.", word=word[:20])) from None
        if not area.is_finite() or not 0 < area <= LARGEST_M2 or round(area, 2) != area:
            raise ValidationError(
                gettext("%(word)s is not an area: from 0.01 to 10,000 m², two decimals at most.", word=word[:20])
            )
        areas.append(area)
    return areas


def _minute(at: time, *, at_end: bool = False) -> int:
    """Minutes after midnight; a closing time of 00:00 is the end of the day."""
    minute = at.hour * 60 + at.minute
    return 24 * 60 if at_end and minute == 0 else minute


def _check_order(opens: time | None, closes: time | None) -> None:
    if opens is not None and closes is not None and _minute(opens) >= _minute(closes, at_end=True):
        raise ValidationError(gettext("The site must open before it closes."))

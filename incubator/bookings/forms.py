"""The shape of a booking, as a person types it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    SelectField,
    StringField,
    TimeField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional, Regexp

from incubator.accounts.forms import DayField
from incubator.bookings.consent import Consent
from incubator.bookings.rules import wall_period
from incubator.core.paging import LARGEST_ID

ANY = 0
"""The choice of no certain one of a pool."""
OWN_USE = 0
"""The choice by which staff book for the operator itself, free of charge."""
NO_VOUCHER = 0
"""The choice of no voucher."""
LONGEST_PRICE = 15
"""Digits; a price with more was not shown by us."""


class Choice(SelectField):
    """A row of the reader's own list, by its id; `missing` says it where it is none of them.

    Where no list was read (`choices` None) the operation alone looks at what was chosen.
    """

    data: Any

    def __init__(self, label: Any, missing: Any, **kwargs: Any) -> None:
        super().__init__(label, coerce=int, **kwargs)
        self.missing = missing
        self.type = "SelectField"  # what the templates look at

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(self.missing) from None
        if self.data is not None and not 0 <= self.data <= LARGEST_ID:
            self.data = None
            raise ValueError(self.missing)

    def pre_validate(self, form: Any) -> None:
        if self.choices is not None and self.data not in [value for value, _name in self.choices]:
            raise ValidationError(self.missing)


class UnitChoice(Choice):
    """Any of a pool, or one of it; what belongs to which pool is said to the browser, and asked by `book`."""

    def offer(self, pools: Iterable[tuple[int, str, Iterable[tuple[int, str]]]]) -> None:
        """The units of each pool, by the ids and names of both."""
        self.choices = [SelectChoice(str(ANY), _l("any that is free"))] + [
            SelectChoice(str(unit_id), code, {"data-resource": resource_id}, name)
            for resource_id, name, units in pools
            for unit_id, code in units
        ]

    def is_offered(self, resource_id: int | None) -> bool:
        """Whether there is something to choose of the resource."""
        return any(choice.render_kw.get("data-resource") == resource_id for choice in self.choices)

    def pre_validate(self, form: Any) -> None:
        if str(self.data) not in [choice.value for choice in self.choices]:
            raise ValidationError(self.missing)


class WallTime(TimeField):
    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(_l("There is no such time; write it as 14:30.")) from None


class HoldingForm(FlaskForm):
    """What is taken, for whom, and at the price that was seen."""

    resource_id = Choice(_l("Resource"), _l("There is no such resource here; choose one from the list."))
    startup_id = Choice(_l("For"), _l("You can't book for this one; choose from the list."))
    request_key = HiddenField(validators=[Regexp(r"[\w-]{0,64}\Z")])
    agreed_minor = HiddenField()
    """The price that was shown when the form was sent."""

    def holder(self) -> int | None:
        """The startup that is charged; None: the operator itself."""
        return self.startup_id.data or None

    def consent(self) -> Consent:
        """The price that was seen."""
        return seen_amount(self.agreed_minor.data)


class BookingForm(HoldingForm):
    """A resource, a day and two wall times of the site; 00:00 as the end is the end of the day."""

    unit_id = UnitChoice(_l("Which one"), _l("There is no such one here; choose from the list."), default=ANY,
                         choices=[SelectChoice(str(ANY))])  # fmt: skip
    on = DayField(_l("Date"), validators=[InputRequired(_l("Choose a day."))])
    start = WallTime(_l("Starts"), validators=[InputRequired(_l("Choose when it starts."))])
    end = WallTime(_l("Ends"), validators=[InputRequired(_l("Choose when it ends."))])
    title = StringField(_l("Title (optional)"), validators=[Length(max=100)])
    attendees = IntegerField(_l("People (optional)"), validators=[Optional(), NumberRange(1, 10_000)])
    voucher_id = Choice(_l("Voucher"), _l("You can't use this voucher; choose from the list."), default=NO_VOUCHER,
                        choices=[(NO_VOUCHER, "")])  # fmt: skip

    def voucher(self) -> int | None:
        """The voucher that is to bear its share; None: none."""
        return self.voucher_id.data or None

    def unit(self) -> int | None:
        """The one of a pool that is wanted; None: any."""
        return self.unit_id.data or None

    def period(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """The instants that the wall times stand for at the site."""
        assert self.on.data is not None and self.start.data is not None and self.end.data is not None
        return wall_period(self.on.data, self.start.data, self.end.data, zone)


def seen_amount(shown: str | None) -> Consent:
    """The amount that was seen; anything that is no amount counts as none."""
    shown = shown or ""
    is_amount = shown.isascii() and shown.isdigit() and len(shown) <= LONGEST_PRICE
    return Consent(int(shown) if is_amount else None)


class CancelForm(FlaskForm):
    """Why a booking is cancelled, which may be empty, and the fee that was shown."""

    reason = StringField(_l("Reason (optional)"), validators=[Length(max=200)])
    charge_fee = BooleanField(_l("Charge the fee"))
    agreed_minor = HiddenField()

    def consent(self) -> Consent:
        """The fee that was seen."""
        return seen_amount(self.agreed_minor.data)


class CheckInForm(FlaskForm):
    """Somebody has come: what shows it, and which page it was said on."""

    code = HiddenField()
    source = HiddenField()
    back = HiddenField()


class ExcuseForm(FlaskForm):
    """Why a no-show does not count."""

    excuse = StringField(_l("Why it does not count"), validators=[Length(max=200)])


class WalkUpForm(FlaskForm):
    """A booking from now on, for one of the lengths that were shown, at the price that was shown."""

    minutes = IntegerField(validators=[Optional()])
    startup_id = IntegerField(validators=[Optional()])
    agreed_minor = HiddenField()
    code = HiddenField()
    request_key = HiddenField(validators=[Regexp(r"[\w-]{0,64}\Z")])

    def consent(self) -> Consent:
        """The price that was seen."""
        return seen_amount(self.agreed_minor.data)


class WaitForm(BookingForm):
    """What one waits for: a time of a day, or any time of that length on several days."""

    until_on = DayField(_l("Until (optional)"), validators=[Optional()])
    minutes = IntegerField(_l("How long, in minutes"), validators=[Optional(), NumberRange(5, 44_640)],
                           render_kw={"inputmode": "numeric"})  # fmt: skip

    def propose(self) -> None:
        """On a first look: as long as the time that was asked for."""
        if self.start.data is not None and self.end.data is not None and self.minutes.data is None:
            start, end = (each.hour * 60 + each.minute for each in (self.start.data, self.end.data))
            self.minutes.data = max(0, (end or 1440) - start) or None


class OfferForm(FlaskForm):
    """Taking an offer at the price that was seen."""

    agreed_minor = HiddenField()

    def consent(self) -> Consent:
        """The price that was seen."""
        return seen_amount(self.agreed_minor.data)


class DeclineForm(FlaskForm):
    """Why a booking is not approved."""

    reason = StringField(_l("Why not"), validators=[Length(max=200)])

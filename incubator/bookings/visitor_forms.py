"""The shape of an invitation, as a person types it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import EmailField, FieldList, Form, FormField, HiddenField, IntegerField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from incubator.accounts.forms import DayField
from incubator.accounts.words import LOCALE_NAMES
from incubator.bookings.forms import WallTime
from incubator.bookings.operations.host import LONGEST_ADDRESS, LONGEST_NOTE
from incubator.bookings.rules import wall_period
from incubator.bookings.visiting import FEWEST_DAYS, MOST_DAYS, MOST_GUESTS, Guest
from incubator.bookings.visitor_queries import Host
from incubator.core.errors import N_, Refusal
from incubator.spaces.operations.words import LONGEST_NAME


class GuestForm(Form):
    """One visitor; a form all of whose fields are empty is nobody."""

    name = StringField(_l("Full name"), validators=[Length(max=LONGEST_NAME)], render_kw={"autocomplete": "off"})
    email = EmailField(_l("E-mail (optional)"), validators=[Length(max=LONGEST_ADDRESS)],
                       render_kw={"autocomplete": "off"})  # fmt: skip
    company = StringField(_l("Company (optional)"), validators=[Length(max=LONGEST_NAME)],
                          render_kw={"autocomplete": "off"})  # fmt: skip
    note = StringField(_l("For the front desk (optional)"), validators=[Length(max=LONGEST_NOTE)],
                       render_kw={"autocomplete": "off"})  # fmt: skip

    def guest(self) -> Guest:
        """As typed; the operation knows what may be."""
        return Guest(self.name.data or "", self.email.data or "", self.company.data or "", self.note.data or "")


class _HostedForm(FlaskForm):
    """Who receives them: a person of a startup, or of the operator (0)."""

    host = SelectField(_l("Received by"))

    def offer_hosts(self, hosts: Sequence[Host], name: Any, own: str) -> None:
        """Who there is to choose from; `name` writes a startup's name."""
        self.host.choices = [
            (f"{host.startup.id if host.startup else 0}-{host.person.id}",
             f"{host.person.name} · {name(host.startup) if host.startup else own}")
            for host in hosts
        ]  # fmt: skip

    def chosen(self) -> tuple[int | None, int]:
        """The startup (None: the operator), and the person."""
        startup, _dash, person = (self.host.data or "0-0").partition("-")
        return int(startup) or None, int(person)


class InviteForm(_HostedForm):
    """Up to twenty visitors; when and where, unless that is their booking's."""

    guests = FieldList(FormField(GuestForm), min_entries=1, max_entries=MOST_GUESTS)
    site_id = SelectField(_l("Site"), coerce=int)
    on = DayField(_l("Date"), validators=[Optional()])
    start = WallTime(_l("Starts"), validators=[Optional()])
    end = WallTime(_l("Ends"), validators=[Optional()])
    locale = SelectField(_l("Language of the letter"), choices=list(LOCALE_NAMES))

    def given(self) -> list[tuple[int, Guest]]:
        """Who was filled in, each with the place of its part of the form."""
        parts = [(place, part.form.guest()) for place, part in enumerate(self.guests.entries)]
        return [each for each in parts if each[1] != Guest("")] or parts[:1]

    def period(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """The instants that the wall times stand for at the site."""
        if self.on.data is None or self.start.data is None or self.end.data is None:
            raise Refusal(N_("Choose a day and two times."), field="on")
        return wall_period(self.on.data, self.start.data, self.end.data, zone)

    def add_guest(self) -> None:
        """One more to fill in, as long as there is room."""
        if len(self.guests.entries) < MOST_GUESTS:
            self.guests.append_entry()

    def place_refusal(self, refusal: Refusal, words: str) -> bool:
        """Show what is said to one of the guests at its field; False where it is to none of them.

        The operation counts those that were given, the form its parts: `guests-1-email` may be that of part 3.
        """
        kind, _dash, rest = (refusal.field or "").partition("-")
        number, _dash, name = rest.partition("-")
        if kind != "guests" or not number.isdigit():
            return False
        field = self.guests.entries[self.given()[int(number)][0]].form[name]
        field.errors = [*field.errors, words]
        return True


class WalkInForm(_HostedForm):
    """Somebody who just came in."""

    site_id = HiddenField()
    name = StringField(_l("Full name"), validators=[InputRequired(_l("Enter a name.")), Length(max=LONGEST_NAME)],
                       render_kw={"autocomplete": "off"})  # fmt: skip
    company = StringField(_l("Company (optional)"), validators=[Length(max=LONGEST_NAME)],
                          render_kw={"autocomplete": "off"})  # fmt: skip
    note = StringField(_l("For the front desk (optional)"), validators=[Length(max=LONGEST_NOTE)],
                       render_kw={"autocomplete": "off"})  # fmt: skip


class VisitForm(FlaskForm):
    """Something was done about a visit: what shows it, and which page it was said on."""

    source = HiddenField()
    back = HiddenField()
    token = HiddenField(validators=[Length(max=100)])


class RetentionForm(FlaskForm):
    """How long visitors' data are kept."""

    days = IntegerField(_l("Days after the visit"), validators=[
        InputRequired(_l("Give a number of days.")), NumberRange(FEWEST_DAYS, MOST_DAYS),
    ], render_kw={"inputmode": "numeric"})  # fmt: skip

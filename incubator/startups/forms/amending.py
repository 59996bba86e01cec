"""The shape of an amendment, and of a hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from incubator.accounts.forms import DayField, clean
from incubator.spaces.forms import UnitsField
from incubator.spaces.models import Unit
from incubator.startups.forms import UnitChoice, UnitsForm, day_that_is_meant, with_units
from incubator.startups.operations import UnitTerms

AMENDMENT_NAMES = {
    "renewal": _l("Renewal"), "move": _l("Move"), "enlargement": _l("Enlargement"), "return": _l("Partial return"),
    "price": _l("New prices"), "mixed": _l("Several changes"),
}  # fmt: skip
PRESETS = {
    "renew": _l("Renew"), "move": _l("Move"), "enlarge": _l("Enlarge"), "return": _l("Give back"),
    "prices": _l("Change prices"),
}  # fmt: skip
HOLD_ENDINGS = {"signed": _l("Signed"), "released": _l("Let go"), "lapsed": _l("Lapsed")}
KEEP, ANEW = "keep", "anew"


class AmendForm(UnitsForm):
    """The whole state of an agreement from a day on; made by `amend_form`."""

    effective_on = DayField(_l("From this day on"), validators=[InputRequired(_l("Give the date.")), day_that_is_meant])
    prices = RadioField(
        _l("Prices of the units that stay"), default=KEEP,
        choices=[(KEEP, _l("as agreed, with their later steps")), (ANEW, _l("anew, as they stand here"))],
    )  # fmt: skip
    note = TextAreaField(_l("Note (optional)"), filters=[clean], validators=[Length(max=500)])

    had: frozenset[int] = frozenset()
    """The units that the agreement has on the day."""

    def keeps(self, unit_id: int) -> bool:
        """Whether a chosen unit stays at the prices that it has."""
        return unit_id in self.had and self.prices.data != ANEW

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        """What stays as it is needs no price here."""
        for choice in self.choices:
            row = self.row(choice.id)
            if self.keeps(choice.id) and row["taken"].data and row["rent"].data is None:
                row["rent"].data = 0
        return super().validate(extra_validators)

    def kept(self, units: Mapping[int, Unit]) -> list[Unit]:
        """The chosen units that stay at the prices that they have."""
        return [units[choice.id] for choice in self.chosen() if self.keeps(choice.id)]

    def new_terms(self, units: Mapping[int, Unit]) -> list[UnitTerms]:
        """The other chosen ones, with their prices."""
        kept = {unit.id for unit in self.kept(units)}
        return [terms for terms in self.terms(units) if terms.unit.id not in kept]


def amend_form(choices: Iterable[UnitChoice], had: frozenset[int], **kwargs: Any) -> AmendForm:
    """The form for a site's units, of which the agreement has some."""
    form = with_units(AmendForm, choices, **kwargs)
    form.had = had
    return form


class SwapForm(UnitsForm):
    """The units of two agreements, each with what it is to cost the other; made by `with_units`."""

    effective_on = DayField(_l("From this day on"), validators=[InputRequired(_l("Give the date.")), day_that_is_meant])
    note = TextAreaField(_l("Note (optional)"), filters=[clean], validators=[Length(max=500)])


class HoldForm(FlaskForm):
    """Units to be kept for somebody."""

    startup_id = SelectField(_l("Startup"), coerce=lambda value: int(value) if value else None,
                             validators=[Optional()])  # fmt: skip
    for_whom = StringField(_l("Or for somebody else"), filters=[clean], validators=[Length(max=100)])
    first = DayField(_l("First day"), validators=[InputRequired(_l("Give the date.")), day_that_is_meant])
    last = DayField(_l("Until"), validators=[InputRequired(_l("Give the date.")), day_that_is_meant])
    reason = StringField(_l("Reason (optional)"), filters=[clean], validators=[Length(max=200)])
    units = UnitsField(_l("Units"))

    def days(self) -> tuple[date, date]:
        """First and last day, once valid."""
        assert self.first.data is not None and self.last.data is not None, "validated"
        return self.first.data, self.last.data


class ExtendHoldForm(FlaskForm):
    """A hold's later last day."""

    last = DayField(_l("Until"), validators=[InputRequired(_l("Give the date.")), day_that_is_meant])

"""What an agreement says beside its units: rent-free time, steps, deposit, notice; when signed and when amended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DecimalField, FieldList, FormField, IntegerField, SelectField
from wtforms import Form as PlainForm
from wtforms.validators import NumberRange, Optional

from incubator.accounts.forms import DayField
from incubator.pricing.forms import PriceField
from incubator.pricing.rules.proposals import STEP_MONTHS
from incubator.startups.rules.schedule import AS_IT_IS, FreeTime, Schedule, Steps

STEP_CHOICES = (("", _l("not at all")), ("percent", _l("by a percentage")), ("amount", _l("by an amount, in yuan")))
FEN = 100
MOST_FREE, MOST_STEP_ROWS = 4, 3
"""How many rent-free times and ways to step the form offers."""


class FreeRow(PlainForm):
    """A rent-free time."""

    first = DayField(_l("Rent-free from (optional)"), validators=[Optional()])
    last = DayField(_l("Rent-free until (optional)"), validators=[Optional()])

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        """Half of a time is none."""
        valid = bool(super().validate(extra_validators))
        if bool(self.first.data) == bool(self.last.data):
            return valid
        missing = self.last if self.first.data else self.first
        if not missing.errors:
            missing.errors = [_l("Give the date.")]
        return False

    @property
    def filled(self) -> bool:
        """Whether something was typed, be it wrong."""
        return any(any(each.raw_data or ()) for each in (self.first, self.last))

    def time(self) -> FreeTime | None:
        """None: nothing is filled in."""
        return FreeTime(self.first.data, self.last.data) if self.first.data and self.last.data else None


class StepRow(PlainForm):
    """How a rent steps."""

    by = SelectField(_l("The rent steps"), choices=STEP_CHOICES, default="")
    much = DecimalField(_l("By how much"), validators=[Optional()], places=None,
                        render_kw={"inputmode": "decimal", "autocomplete": "off"})  # fmt: skip
    months = IntegerField(_l("Every so many months"), default=12, validators=[Optional(), NumberRange(*STEP_MONTHS)])
    times = IntegerField(_l("How often (optional)"), validators=[Optional(), NumberRange(1, 40)])

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        """A step is by something."""
        valid = bool(super().validate(extra_validators))
        given = self.much.data is not None and self.much.data.is_finite()
        if self.by.data and not given and not self.much.errors:
            self.much.errors = [_l("Say by how much.")]
            valid = False
        return valid

    @property
    def filled(self) -> bool:
        """Whether something was typed, be it wrong."""
        return bool(self.by.data) or any(self.much.raw_data or ())

    def steps(self, then: Steps | None) -> Steps | None:
        """These, and what follows them; only that where nothing is filled in."""
        if not self.by.data or self.much.data is None:
            return then
        by = {self.by.data: self.much.data}
        return Steps(self.months.data or 12, by.get("percent"), by.get("amount"), self.times.data, then)


class AgreedForm(FlaskForm):
    """The schedule of a rent, and the facts of an agreement."""

    free = FieldList(FormField(FreeRow), min_entries=MOST_FREE, max_entries=MOST_FREE)
    steps = FieldList(FormField(StepRow), min_entries=MOST_STEP_ROWS, max_entries=MOST_STEP_ROWS)
    deposit = PriceField(_l("Deposit, in yuan (optional)"))
    notice_days = IntegerField(_l("Notice, in days (optional)"), validators=[Optional(), NumberRange(0, 730)])

    def schedule(self) -> Schedule:
        """As far as it is filled in."""
        if self.errors:
            return AS_IT_IS
        times = [entry.form.time() for entry in self.free]
        steps: Steps | None = None
        for entry in reversed(self.steps.entries):
            steps = entry.form.steps(steps)
        return Schedule(tuple(time for time in times if time is not None), steps)

    @property
    def deposit_minor(self) -> int | None:
        """The deposit in fen."""
        return None if self.deposit.data is None else int((self.deposit.data * FEN).to_integral_value())

    def show_facts(self, deposit_minor: int | None, notice_days: int | None) -> None:
        """Put what is agreed already into the form."""
        self.deposit.data = None if deposit_minor is None else Decimal(deposit_minor) / FEN
        self.notice_days.data = notice_days

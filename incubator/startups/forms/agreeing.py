"""What an agreement says beside its units: rent-free time, steps, deposit, notice; when signed and when amended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DecimalField, IntegerField, SelectField
from wtforms.validators import NumberRange, Optional

from incubator.accounts.forms import DayField
from incubator.pricing.forms import PriceField
from incubator.startups.rules.schedule import AS_IT_IS, STEP_MONTHS, FreeTime, Schedule, Steps

STEP_CHOICES = (("", _l("not at all")), ("percent", _l("by a percentage")), ("amount", _l("by an amount, in yuan")))
FEN = 100


class AgreedForm(FlaskForm):
    """The schedule of a rent, and the facts of an agreement."""

    free_first = DayField(_l("Rent-free from (optional)"), validators=[Optional()])
    free_last = DayField(_l("Rent-free until (optional)"), validators=[Optional()])
    step_by = SelectField(_l("The rent steps"), choices=STEP_CHOICES, default="")
    step = DecimalField(_l("By how much"), validators=[Optional()], places=None,
                        render_kw={"inputmode": "decimal", "autocomplete": "off"})  # fmt: skip
    step_months = IntegerField(
        _l("Every so many months"), default=12, validators=[Optional(), NumberRange(*STEP_MONTHS)]
    )
    step_times = IntegerField(_l("How often (optional)"), validators=[Optional(), NumberRange(1, 40)])
    deposit = PriceField(_l("Deposit, in yuan (optional)"))
    notice_days = IntegerField(_l("Notice, in days (optional)"), validators=[Optional(), NumberRange(0, 730)])

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        """Half of a rent-free time is none, and a step is by something."""
        valid = bool(super().validate(extra_validators))
        if bool(self.free_first.data) != bool(self.free_last.data):
            missing = self.free_last if self.free_first.data else self.free_first
            if not missing.errors:
                missing.errors = [_l("Give the date.")]
            valid = False
        if self.step_by.data and self.step.data is None and not self.step.errors:
            self.step.errors = [_l("Say by how much.")]
            valid = False
        return valid

    def schedule(self) -> Schedule:
        """As far as it is filled in."""
        if self.errors:
            return AS_IT_IS
        free: tuple[FreeTime, ...] = ()
        if self.free_first.data and self.free_last.data:
            free = (FreeTime(self.free_first.data, self.free_last.data),)
        return Schedule(free, self._steps())

    def _steps(self) -> Steps | None:
        if not self.step_by.data or self.step.data is None:
            return None
        by = {self.step_by.data: self.step.data}
        return Steps(self.step_months.data or 12, by.get("percent"), by.get("amount"), self.step_times.data)

    @property
    def deposit_minor(self) -> int | None:
        """The deposit in fen."""
        return None if self.deposit.data is None else int((self.deposit.data * FEN).to_integral_value())

    def show_facts(self, deposit_minor: int | None, notice_days: int | None) -> None:
        """Put what is agreed already into the form."""
        self.deposit.data = None if deposit_minor is None else Decimal(deposit_minor) / FEN
        self.notice_days.data = notice_days

    def free_for(self, first: date, last: date) -> None:
        """Propose a rent-free time."""
        self.free_first.data, self.free_last.data = first, last

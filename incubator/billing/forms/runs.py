"""The shape of what one types about a month's run: settings, one-off charges, exclusions."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from incubator.accounts.forms import DayField, clean
from incubator.billing.forms.amounts import YuanField, read_yuan
from incubator.billing.models import InvoicingSettings
from incubator.billing.models.runs import ONE_OFF_KINDS
from incubator.billing.operations.one_off import OneOffTerms
from incubator.core.periods import Month
from incubator.pricing.wording import charge_kind_name
from incubator.spaces.operations.words import LONGEST_TEXT

TYPED = {"maxlength": LONGEST_TEXT, "autocomplete": "off"}


class SettingsForm(FlaskForm):
    """How an operator wants its invoicing."""

    jump_percent = IntegerField(
        _l("Name changes against last month of more than, percent"),
        validators=[InputRequired(_l("Give a percentage from 1 to 1000.")),
                    NumberRange(1, 1000, _l("Give a percentage from 1 to 1000."))],
        render_kw={"inputmode": "numeric"},
    )  # fmt: skip
    approve_runs = BooleanField(_l("A month is posted only after a second person has approved its draft"))
    approve_refunds = BooleanField(_l("Money goes back only after a second person has approved it"))
    approve_credits = BooleanField(_l("Credit notes need a second person"))
    approve_credit = YuanField(_l("… above this net amount, yuan"), required=False)

    @property
    def limit_minor(self) -> int | None:
        """Above what a credit note needs a second person; None: none does."""
        return (self.approve_credit.minor or 0) if self.approve_credits.data else None

    def put(self, settings: InvoicingSettings) -> None:
        """Show what holds."""
        self.jump_percent.data, self.approve_runs.data = settings.jump_percent, settings.approve_runs
        self.approve_refunds.data = settings.approve_refunds
        self.approve_credits.data = settings.approve_credit_minor is not None
        self.approve_credit.put(settings.approve_credit_minor)


class OneOffForm(FlaskForm):
    """What is charged once."""

    startup_id = SelectField(_l("Startup"), coerce=int)
    site_id = SelectField(_l("Site"), coerce=int)
    kind = SelectField(_l("Kind of charge"), choices=lambda: [(kind, charge_kind_name(kind)) for kind in ONE_OFF_KINDS])
    description = StringField(_l("What for"), filters=[clean], validators=[
        InputRequired(_l("Say what is charged.")), Length(max=LONGEST_TEXT),
    ], description=_l("It stands on the invoice: replacement of an access card."), render_kw=TYPED)  # fmt: skip
    starts_on = DayField(_l("First day"), validators=[InputRequired(_l("Give the date."))])
    ends_on = DayField(_l("Last day"), validators=[Optional()], description=_l("Empty: the first day alone."))
    amount = YuanField(_l("Amount, yuan"))
    is_taxed_in = BooleanField(_l("The amount is with VAT"), default=True)
    is_subsidised = BooleanField(_l("Subsidy schemes apply to it"))
    month = StringField(_l("Bill it with the month"), validators=[Optional()], render_kw={"type": "month"},
                        description=_l("Empty: the month of its last day."))  # fmt: skip

    def terms(self) -> OneOffTerms:
        """What was typed. ValueError for a month that is none."""
        first = self.starts_on.data
        return OneOffTerms(
            self.kind.data, self.description.data or "", first, self.ends_on.data or first,
            read_yuan(self.amount.data or ""), Month.parse(self.month.data) if self.month.data else None,
            bool(self.is_taxed_in.data), bool(self.is_subsidised.data),
        )  # fmt: skip


class InstalmentsForm(FlaskForm):
    """In how many monthly parts, from which day on."""

    count = IntegerField(_l("Number of parts"), default=3, render_kw={"inputmode": "numeric"}, validators=[
        InputRequired(_l("Choose from 2 to 36 parts.")), NumberRange(2, 36, _l("Choose from 2 to 36 parts.")),
    ])  # fmt: skip
    first_on = DayField(_l("The first is due on"), validators=[InputRequired(_l("Give the date."))],
                        description=_l("The others follow month by month."))  # fmt: skip


class WhyForm(FlaskForm):
    """Why something is left out or withdrawn."""

    reason = StringField(_l("Reason"), filters=[clean], validators=[
        InputRequired(_l("Say why, so that others understand.")), Length(max=LONGEST_TEXT),
    ], render_kw=TYPED)  # fmt: skip

"""The shape of what is typed about vouchers."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

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
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from incubator.accounts.forms import DayField, clean
from incubator.core.money import Money, to_minor
from incubator.documents.forms import DocumentField
from incubator.spaces.operations.words import LONGEST_CODE, LONGEST_NAME, LONGEST_TEXT
from incubator.subsidies.forms.schemes import FiniteField, at_most_places
from incubator.subsidies.models import ServiceProvider
from incubator.subsidies.operations.voucher_issuing import LONGEST_PURPOSE
from incubator.subsidies.operations.voucher_series import LONGEST_SOURCE, ProviderFacts, SeriesTerms
from incubator.subsidies.rules.vouchers import LONGEST_VALIDITY, MOST_MINOR
from incubator.subsidies.voucher_wording import PAYMENT_WAYS, USES, WAYS, WHO

GIVE_AMOUNT = _l("Give an amount above zero.")


def _line(label: Any, longest: int = LONGEST_TEXT, *, required: bool = False, **more: Any) -> StringField:
    validators: list[Any] = [DataRequired(_l("Fill this in."))] if required else []
    return StringField(label, filters=[clean], validators=[*validators, Length(max=longest)],
                       render_kw={"maxlength": longest, "autocomplete": "off"}, **more)  # fmt: skip


def _yuan(label: Any, *, required: bool = True, **more: Any) -> FiniteField:
    first = InputRequired(GIVE_AMOUNT) if required else Optional()
    return FiniteField(
        label, places=2, validators=[first, NumberRange(Decimal("0.01"), Decimal(MOST_MINOR) / 100, GIVE_AMOUNT),
                                     at_most_places(2)],
        render_kw={"inputmode": "decimal", "autocomplete": "off"}, **more,
    )  # fmt: skip


def _count(label: Any, least: int, most: int, *, required: bool = True, **more: Any) -> IntegerField:
    sentence = _l("Give a number from %(least)s to %(most)s.", least=least, most=most)
    return IntegerField(label, validators=[InputRequired(sentence) if required else Optional(),
                                           NumberRange(least, most, sentence)],
                        render_kw={"inputmode": "numeric"}, **more)  # fmt: skip


def _day(label: Any, **more: Any) -> DayField:
    return DayField(label, validators=[InputRequired(_l("Give the date."))], **more)


def _uses(label: Any) -> SelectMultipleField:
    return SelectMultipleField(
        label, choices=[(use, _l(name)) for use, name in USES.items()], widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(), validators=[DataRequired(_l("Choose what it can be used for."))],
    )  # fmt: skip


class SeriesForm(FlaskForm):
    """A series as its policy has it."""

    code = _line(_l("Code"), LONGEST_CODE, required=True, description=_l("Short, for tables: CX26."))
    name = _line(_l("Name"), LONGEST_NAME, required=True)
    name_en = _line(_l("English name"), LONGEST_NAME)
    issuer = _line(_l("Issuer"), LONGEST_NAME, required=True, description=_l("Who pays: county, district, ministry."))
    source = _line(_l("Source: title, number and article of the policy"), LONGEST_SOURCE, required=True)
    budget = _yuan(_l("Budget, yuan"))
    face = _yuan(_l("Face value of a voucher, yuan"))
    share_percent = FiniteField(
        _l("Share of a price that it bears, in %"), places=None,
        validators=[InputRequired(_l("Say what share it bears.")),
                    NumberRange(Decimal("0.01"), 100), at_most_places(2)],
        render_kw={"inputmode": "decimal", "autocomplete": "off"},
    )  # fmt: skip
    yearly_limit = _yuan(_l("At most for a startup in a calendar year, yuan (optional)"), required=False)
    uses = _uses(_l("What it can be used for"))
    valid_days = _count(_l("Valid for so many days"), 1, LONGEST_VALIDITY, default=365)
    first_on, last_on = _day(_l("Issued from")), _day(_l("Issued until"))
    issued_by = RadioField(_l("How it is issued"), choices=[(way, _l(name)) for way, name in WAYS.items()],
                           default="application")  # fmt: skip
    who = RadioField(_l("Who can have it"), choices=[(who, _l(name)) for who, name in WHO.items()],
                     default="companies")  # fmt: skip
    registered_months = _count(_l("Registered at most so many months ago (optional)"), 1, 600, required=False)
    most_each = _count(_l("Vouchers for one startup, at most"), 1, 100, default=1)

    def said(self) -> SeriesTerms:
        """The series that was typed, once valid."""
        limit = self.yearly_limit.data
        return SeriesTerms(
            code=self.code.data or "", name=self.name.data or "", name_en=self.name_en.data or "",
            issuer=self.issuer.data or "", source=self.source.data or "", budget_minor=minor(self.budget),
            face_minor=minor(self.face), share_percent=self.share_percent.data or Decimal(0),
            yearly_limit_minor=None if limit is None else to_minor(limit), valid_days=self.valid_days.data or 0,
            uses=tuple(self.uses.data or ()), issued_by=self.issued_by.data, who=self.who.data,
            registered_months=self.registered_months.data, most_each=self.most_each.data or 0,
            first_on=self.first_on.data, last_on=self.last_on.data,
        )  # fmt: skip


def minor(field: FiniteField) -> int:
    """A valid amount in fen."""
    return to_minor(field.data or Decimal(0))


def put_minor(field: FiniteField, amount_minor: int) -> None:
    """Show an amount in yuan."""
    field.data = Money(amount_minor).major


class BudgetForm(FlaskForm):
    """What the budget is from now on."""

    budget = _yuan(_l("Budget, yuan"))


class ProviderForm(FlaskForm):
    """Who a provider is."""

    name = _line(_l("Name"), LONGEST_NAME, required=True)
    credit_code = _line(_l("Credit code (optional)"), 18)
    uses = _uses(_l("What it offers"))
    offers = _line(_l("In its own words (optional)"))
    contact = _line(_l("Contact (optional)"), description=_l("Name and telephone."))
    bank = _line(_l("Bank (optional)"))
    account = _line(_l("Account (optional)"), description=_l("Where settlements are paid to."))

    def put(self, provider: ServiceProvider) -> None:
        """Show what is said of it."""
        for name in ("name", "credit_code", "offers", "contact", "bank", "account"):
            self[name].data = getattr(provider, name)
        self.uses.data = list(provider.uses)

    def said(self) -> ProviderFacts:
        """The provider that was typed."""
        words = {name: self[name].data or "" for name in
                 ("name", "credit_code", "offers", "contact", "bank", "account")}  # fmt: skip
        return ProviderFacts(uses=tuple(self.uses.data or ()), **words)


class ApplyForm(FlaskForm):
    """For which of one's startups, and what for."""

    startup_id = SelectField(_l("Startup"), coerce=int)
    purpose = TextAreaField(
        _l("What do you need it for?"), validators=[DataRequired(_l("Say what you need it for.")),
                                                    Length(max=LONGEST_PURPOSE)],
        render_kw={"rows": 4, "maxlength": LONGEST_PURPOSE},
    )  # fmt: skip


class ReasonForm(FlaskForm):
    """Why."""

    reason = _line(_l("Reason"))


class OrderForm(FlaskForm):
    """What is ordered, from whom, at what price."""

    title = _line(_l("What is ordered"), LONGEST_NAME, required=True)
    use = RadioField(_l("What kind of thing it is"))
    provider_id = SelectField(_l("Provider"), coerce=int)
    gross = _yuan(_l("Price, yuan"))

    def offer(self, uses: Sequence[str], providers: Sequence[ServiceProvider]) -> None:
        """What the voucher can be used for, and with whom."""
        self.use.choices = [(use, _l(USES[use])) for use in USES if use in uses]
        self.use.data = self.use.data or (self.use.choices[0][0] if len(self.use.choices) == 1 else None)
        self.provider_id.choices = [(each.id, each.name) for each in providers]


class RedeemForm(FlaskForm):
    """What was delivered, when, and what proves it."""

    gross = _yuan(_l("Invoiced for it, yuan"))
    happened_on = _day(_l("Delivered on"))
    file = DocumentField(_l("Evidence"), description=_l("Invoice, contract or report."))
    title = _line(_l("Name of the evidence (optional)"), LONGEST_NAME)
    is_all = BooleanField(_l("That was all of it: give the rest back to the voucher"))


class ReturnForm(FlaskForm):
    """What of which redemption comes back, and why."""

    entry_id = SelectField(_l("Redemption"), coerce=int)
    amount = _yuan(_l("Comes back to the voucher, yuan"))
    reason = _line(_l("Reason"), required=True)


class SettleForm(FlaskForm):
    """With whom, for which days; `expected` is the sum that was shown."""

    provider_id = SelectField(_l("Provider"), coerce=int)
    first, last = _day(_l("First day")), _day(_l("Last day"))
    expected = HiddenField()

    @property
    def expected_minor(self) -> int:
        text = self.expected.data or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else -1


class PayForm(FlaskForm):
    """When and how a settlement was paid, and what proves it."""

    paid_on = _day(_l("Paid on"))
    way = RadioField(_l("How it was paid"), choices=[(way, _l(name)) for way, name in PAYMENT_WAYS.items()],
                     default="transfer")  # fmt: skip
    reference = _line(_l("Reference (optional)"), LONGEST_NAME, description=_l("The bank's number, the cheque's."))
    file = DocumentField(_l("Proof (optional)"), required=False, description=_l("The bank's receipt."))


class UndoForm(FlaskForm):
    """Why a payment is undone."""

    reason = _line(_l("Reason"), required=True)

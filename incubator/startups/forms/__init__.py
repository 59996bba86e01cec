"""The shape of what one types about startups and agreements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from msgspec import Struct
from wtforms import BooleanField, DateField, DecimalField, FormField, SelectField, StringField
from wtforms import Form as PlainForm
from wtforms.validators import DataRequired, Email, InputRequired, Length, NumberRange, Optional, StopValidation

from incubator.accounts.forms import DayField, clean
from incubator.core.errors import Refusal
from incubator.documents.formats import sentence
from incubator.i18n import reader_locale
from incubator.pricing.forms import (
    BASIS_CHOICES,
    TAX_CHOICES,
    TYPED,
    WITH_TAX,
    WITHOUT_TAX,
    PriceField,
    plain_number,
    put_price,
)
from incubator.pricing.rules import MonthlyPrice, check_day, price_full_month, propose_terms, usual_basis
from incubator.pricing.rules.proposals import MOST_DEPOSIT_MONTHS, Proposals
from incubator.pricing.rules.proration import CALENDAR_DAYS
from incubator.pricing.wording import PRORATION_NAMES
from incubator.spaces.models import Unit
from incubator.startups.forms.agreeing import AgreedForm
from incubator.startups.models import Residency, Startup
from incubator.startups.operations import UnitTerms
from incubator.startups.queries import HeldBy
from incubator.startups.rules import FEN_PER_WAN, ResidencyTerm
from incubator.startups.rules.deposits import deposit_of

Form = TypeVar("Form", bound="UnitsForm")

KIND_NAMES = {"company": _l("Company"), "team": _l("Team, not registered yet")}
STATE_NAMES = {
    "coming": _l("Coming"), "current": _l("In residence"), "ending": _l("Ending soon"), "ended": _l("Over"),
    "holding": _l("Over, units still held"),
}  # fmt: skip
STARTUP_STATE_NAMES = {
    "resident": _l("In residence"), "coming": _l("Coming"), "left": _l("Left"), "none": _l("No agreement"),
}  # fmt: skip


class WanField(DecimalField):
    """An amount in units of 10,000 yuan, to the fen: 100 or 12.5; kept in fen (`minor`), or nothing."""

    data: Decimal | None

    def __init__(self, label: Any, **kwargs: Any) -> None:
        super().__init__(label, validators=[Optional()], places=None,
                         render_kw={"inputmode": "decimal", "autocomplete": "off"}, **kwargs)  # fmt: skip

    @property
    def minor(self) -> int | None:
        return None if self.data is None else int(self.data * FEN_PER_WAN)

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = [text.replace(",", "").replace("，", "").strip() for text in valuelist]
        if not typed or not typed[0]:
            return
        self.data = None
        try:
            amount = Decimal(typed[0]) if len(typed[0]) <= 20 else Decimal("NaN")
        except InvalidOperation:
            amount = Decimal("NaN")
        if not amount.is_finite() or amount * FEN_PER_WAN != int(amount * FEN_PER_WAN):
            raise ValueError(_l("Give an amount such as 100 or 12.5."))
        self.data = amount


class StartupForm(FlaskForm):
    """A team or a company."""

    kind = SelectField(_l("Kind"), choices=list(KIND_NAMES.items()), default="company")
    name = StringField(_l("Name"), filters=[clean], validators=[
        DataRequired(_l("Give the startup a name.")), Length(max=200)])  # fmt: skip
    name_en = StringField(_l("English name (optional)"), filters=[clean], validators=[Length(max=200)])
    credit_code = StringField(_l("Unified social credit code"), filters=[clean], validators=[Length(max=40)])
    registered_on = DayField(_l("Registered on (optional)"), validators=[Optional()])
    industry = StringField(_l("What it does (optional)"), filters=[clean], validators=[Length(max=100)])
    industry_code = StringField(_l("Industry by GB/T 4754 (optional)"), filters=[clean], validators=[Length(max=20)],
                                render_kw={"list": "divisions"})  # fmt: skip
    capital = WanField(_l("Registered capital, in 10,000 yuan (optional)"))
    paid_in = WanField(_l("Of it paid in, in 10,000 yuan (optional)"))
    contact_name = StringField(_l("Contact (optional)"), filters=[clean], validators=[Length(max=100)])
    contact_email = StringField(
        _l("E-mail (optional)"), filters=[clean], validators=[
            Optional(), Email(_l("This is not an e-mail address. One looks like name@example.com.")), Length(max=254)
        ],
    )
    contact_phone = StringField(_l("Phone (optional)"), filters=[clean], validators=[Length(max=50)])

    def facts(self) -> dict[str, Any]:
        """What `register_startup` and `edit_startup` take."""
        texts = ("name", "name_en", "industry", "contact_name", "contact_email", "contact_phone")
        return {name: self[name].data or "" for name in texts} | {
            "kind": self.kind.data, "credit_code": self.credit_code.data or None,
            "registered_on": self.registered_on.data, "industry_code": self.industry_code.data or "",
            "capital_minor": self.capital.minor, "paid_in_minor": self.paid_in.minor,
        }  # fmt: skip


def capital_of(startup: Startup) -> dict[str, Decimal | None]:
    """Its capital as the form shows it."""
    amounts = {"capital": startup.capital_minor, "paid_in": startup.paid_in_minor}
    return {
        name: None if minor is None else (Decimal(minor) / FEN_PER_WAN).normalize() for name, minor in amounts.items()
    }


class UnitChoice(Struct, frozen=True):
    """A unit that an agreement may take: plain values, for they outlive a transaction that is rolled back."""

    id: int
    code: str
    kind: str
    area_m2: Decimal
    floor_id: int
    held: HeldBy | None
    """Who has it during the term, the first of them where there are several."""
    held_from: date | None
    held_until: date | None
    """Local dates, both inclusive; None: open-ended."""


class UnitRow(PlainForm):
    """One unit: taken or not, and at what prices."""

    taken = BooleanField(_l("Take"))
    rent = PriceField(_l("Rent"))
    basis = SelectField(_l("Rent is by"), choices=BASIS_CHOICES)
    fee = PriceField(_l("Property fee, by m²"))
    service = PriceField(_l("Service fee"))
    service_basis = SelectField(_l("Service fee is by"), choices=BASIS_CHOICES, default="unit_month")

    def validate(self, extra_validators: Mapping[str, Any] | None = None) -> bool:
        """Only what is taken needs a price."""
        if not self.taken.data:
            return True
        valid = super().validate(extra_validators)
        if valid and self.rent.data is None:
            self.rent.errors = [_l("Say what it costs; 0 where it is free.")]
        return valid and self.rent.data is not None


def day_that_is_meant(_form: FlaskForm, field: DateField) -> None:
    """A day that no agreement means is a fault of its field, and nobody reckons with it."""
    try:
        check_day(field.data)
    except Refusal as refusal:
        field.data = None
        raise StopValidation(sentence(refusal, reader_locale())) from refusal


class UnitsForm(AgreedForm):
    """An agreement with a row for each unit of the site; made by `with_units`."""

    ends_on = DayField(_l("Last day (optional)"), validators=[Optional(), day_that_is_meant])
    signed_on = DayField(_l("Signed on (optional)"), validators=[Optional()])

    choices: tuple[UnitChoice, ...] = ()

    def row(self, unit_id: int) -> Any:
        """The part of the form that is one unit's."""
        return self[f"unit_{unit_id}"]

    def chosen(self) -> list[UnitChoice]:
        """The units whose box is ticked."""
        return [choice for choice in self.choices if self.row(choice.id)["taken"].data]

    def terms(self, units: Mapping[int, Unit]) -> list[UnitTerms]:
        """The chosen units with their prices, as `sign_residency` takes them."""
        found = []
        for choice in self.chosen():
            row = self.row(choice.id)
            found.append(UnitTerms(units[choice.id], row["basis"].data, row["rent"].data, row["fee"].data,
                                   row["service"].data, row["service_basis"].data))  # fmt: skip
        return found

    def propose(self, prices: list[MonthlyPrice]) -> None:
        """Put the tariff's prices where none was typed."""
        for choice in self.choices:
            row, proposed = self.row(choice.id), propose_terms(prices, choice.kind)
            put_price(row, "rent", proposed.rent, proposed.rent_basis)
            put_price(row, "property_fee", proposed.property_fee, "m2_month")
            put_price(row, "service_fee", proposed.service_fee, proposed.service_basis)

    def copy(self, terms: Iterable[ResidencyTerm]) -> None:
        """Choose the units of an agreement that this one follows, at its prices."""
        known = {choice.id for choice in self.choices}
        for term in terms:
            if term.unit_id in known and term.reason != "free":
                row = self.row(term.unit_id)
                row["taken"].data = True
                put_price(row, term.charge_kind, term.unit_price, term.basis)


class ResidencyForm(UnitsForm):
    """A new agreement: its term, its units."""

    starts_on = DayField(_l("First day"), validators=[InputRequired(_l("Give the date.")), day_that_is_meant])
    number = StringField(_l("Number (optional)"), filters=[clean], validators=[Length(max=40)])
    tax = SelectField(_l("Its prices are"), choices=TAX_CHOICES, default=WITH_TAX)
    proration = SelectField(_l("A part of a month is charged"), choices=list(PRORATION_NAMES.items()),
                            default=CALENDAR_DAYS)  # fmt: skip
    deposit_months = DecimalField(_l("Or in months of the first full rent"), places=None, render_kw=TYPED, validators=[
        Optional(), NumberRange(0, MOST_DEPOSIT_MONTHS)])  # fmt: skip

    def propose_beside(self, proposals: Proposals) -> None:
        """What the tariff proposes beside prices: the rule for parts of a month, steps, a deposit."""
        self.proration.data, self.deposit_months.data = proposals.proration, plain_number(proposals.deposit_months)
        self.tax.data = WITH_TAX if proposals.tax_included else WITHOUT_TAX
        if proposals.step_percent is not None:
            first = self.steps[0].form
            first.by.data, first.much.data = "percent", plain_number(proposals.step_percent)
            first.months.data = proposals.step_months

    def go_on(self, follows: Residency) -> None:
        """What the agreement before this one says beside prices."""
        self.show_facts(follows.deposit_minor, follows.notice_days)
        self.proration.data = follows.proration
        self.tax.data = WITH_TAX if follows.tax_included else WITHOUT_TAX
        if follows.deposit_minor is not None:
            self.deposit_months.data = None

    @property
    def tax_included(self) -> bool:
        """Whether what is typed is with VAT."""
        return bool(self.tax.data == WITH_TAX)

    @property
    def agreed_deposit(self) -> int | None:
        """The deposit in fen: what is typed, or so many months of the first full rent of the chosen units."""
        months = None if self.deposit_months.errors else self.deposit_months.data
        if self.deposit.data is not None or months is None:
            return self.deposit_minor
        rents = []
        for choice in self.chosen():
            row = self.row(choice.id)
            quantity = choice.area_m2 if row["basis"].data == "m2_month" else Decimal(1)
            rents.append(price_full_month(unit_price=row["rent"].data or Decimal(0), quantity=quantity))
        return deposit_of(months, rents)


def residency_form(choices: Iterable[UnitChoice], **kwargs: Any) -> ResidencyForm:
    """The form of a new agreement for a site's units."""
    return with_units(ResidencyForm, choices, **kwargs)


def with_units(base: type[Form], choices: Iterable[UnitChoice], **kwargs: Any) -> Form:
    """A form with a row for each unit."""
    units = tuple(choices)
    parts: dict[str, Any] = {"choices": units}
    for unit in units:
        parts[f"unit_{unit.id}"] = FormField(UnitRow, default={"basis": usual_basis(unit.kind)})
    return type(f"Site{base.__name__}", (base,), parts)(**kwargs)


class EndForm(FlaskForm):
    """Ending an agreement before its term."""

    ends_on = DayField(_l("Its last day"), validators=[InputRequired(_l("Give the date."))])
    reason = StringField(_l("Reason"), filters=[clean], validators=[
        DataRequired(_l("Say why, so that others understand.")), Length(max=200)])  # fmt: skip

    def answers(self) -> tuple[date, str]:
        """Day and reason, once valid."""
        assert self.ends_on.data is not None, "validated"
        return self.ends_on.data, self.reason.data or ""

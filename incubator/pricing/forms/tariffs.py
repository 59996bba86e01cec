"""The shape of a price list, as a person types it: a row for each kind of thing that the site has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import time
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DecimalField, FormField, IntegerField, SelectField, StringField, TimeField
from wtforms import Form as PlainForm
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from incubator.accounts.forms import DayField, clean
from incubator.core.money import decimal_places
from incubator.pricing.models import MEDIA, Tariff, TariffItem, TariffTier
from incubator.pricing.operations.tariffs import TariffLine
from incubator.pricing.rules.compositions import Windows
from incubator.pricing.rules.proposals import Proposals
from incubator.pricing.rules.proration import CALENDAR_DAYS
from incubator.pricing.rules.tariffs import HIGHEST_PRICE, PRICE_PLACES, usual_basis
from incubator.pricing.wording import PRORATION_NAMES
from incubator.spaces.models import RESOURCE_KINDS, UNIT_KINDS, Resource

BASIS_CHOICES = [("m2_month", _l("yuan/m²·month")), ("unit_month", _l("yuan/month"))]
WITH_TAX, WITHOUT_TAX = "with", "without"
TAX_CHOICES = [(WITH_TAX, _l("with VAT")), (WITHOUT_TAX, _l("without VAT"))]
TYPED = {"inputmode": "decimal", "autocomplete": "off"}
_STRIPPED = str.maketrans("", "", ",，¥￥元 \u00a0")


class PriceField(DecimalField):
    """Yuan, from 0 to a million, four decimals at most; "1,200.00" and "¥80" are understood. Empty: no price."""

    data: Decimal | None

    def __init__(self, label: object, **kwargs: Any) -> None:
        kwargs.setdefault("render_kw", TYPED)
        super().__init__(label, places=None, validators=[Optional()], **kwargs)

    def process_formdata(self, valuelist: list[str]) -> None:
        """As typed by people: thousands separated, with the currency's sign."""
        typed = [text.translate(_STRIPPED) for text in valuelist]
        super().process_formdata(typed if typed and typed[0] else [])
        if self.data is None:
            return
        price, self.data = self.data, None
        if not price.is_finite() or not 0 <= price <= HIGHEST_PRICE:
            raise ValueError(_l("A price is from 0 to 1,000,000."))
        if decimal_places(price) > PRICE_PLACES:
            raise ValueError(_l("A price has at most four decimals."))
        self.data = price

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        if self.data is None:
            return ""
        text = format(self.data.normalize(), "f")
        return text if len(text.partition(".")[2]) >= 2 else format(self.data, ".2f")


class AboveField(PriceField):
    """A quantity a month above which another price holds."""

    def _value(self) -> str:
        if self.raw_data or self.data is None:
            return super()._value()
        return format(self.data.normalize(), "f")


PRICE_FIELDS = {"rent": ("rent", "basis"), "property_fee": ("fee", None), "service_fee": ("service", "service_basis")}
"""Of a kind of charge by the month the fields of a row: its price, and what that is by."""


def put_price(row: Any, charge_kind: str, price: Decimal | None, basis: str) -> None:
    """Put the price of a kind of charge into a unit's row."""
    name, by = PRICE_FIELDS[charge_kind]
    row[name].data = price
    if by is not None:
        row[by].data = basis


def plain_number(value: Decimal | None) -> Decimal | None:
    """Without the zeros that a column adds: 5.00 is 5."""
    return None if value is None else Decimal(format(value.normalize(), "f"))


class UnitPrices(PlainForm):
    """What a kind of unit costs a month."""

    basis = SelectField(_l("Rent is by"), choices=BASIS_CHOICES)
    rent = PriceField(_l("Rent"))
    fee = PriceField(_l("Property fee, by m²"))
    service = PriceField(_l("Service fee"))
    service_basis = SelectField(_l("Service fee is by"), choices=BASIS_CHOICES, default="unit_month")


class MeteredPrices(PlainForm):
    """What a unit of a medium costs, in three tiers at the most."""

    first = PriceField(_l("Price"))
    above_1 = AboveField(_l("Above a month"))
    then_1 = PriceField(_l("Price above"))
    above_2 = AboveField(_l("Above a month"))
    then_2 = PriceField(_l("Price above"))

    def validate(self, extra_validators: Any = None) -> bool:
        """Whole tiers, each above the one before it, and none without a first price."""
        is_right = super().validate(extra_validators)
        bounds = [(self["above_1"], self["then_1"]), (self["above_2"], self["then_2"])]
        before = Decimal(0)
        for above, then in bounds:
            if (above.data is None) != (then.data is None):
                (then if then.data is None else above).errors = [_l("A tier has a quantity and a price.")]
                is_right = False
            elif above.data is not None and above.data <= before:
                above.errors, is_right = [_l("Each tier begins above the one before it.")], False
            before = above.data or before
        if self["first"].data is None and any(above.data is not None for above, _then in bounds):
            self["first"].errors, is_right = [_l("Give the price of the first tier.")], False
        return is_right

    @property
    def tiers(self) -> tuple[tuple[Decimal, Decimal], ...]:
        """(above, price), ascending."""
        pairs = [(self["above_1"].data, self["then_1"].data), (self["above_2"].data, self["then_2"].data)]
        return tuple((above, then) for above, then in pairs if above is not None and then is not None)


MORE_BASES = ("half_day", "day", "night", "weekend", "use")


class MorePrices(PlainForm):
    """What a booking costs beside the hour; the cheapest composition is asked for."""

    half_day = PriceField(_l("Half day"))
    day = PriceField(_l("Whole day"))
    night = PriceField(_l("Night"))
    weekend = PriceField(_l("Weekend"))
    use = PriceField(_l("Each use, however long"))
    outside_hour = PriceField(_l("Outsiders, an hour"))
    outside_half_day = PriceField(_l("Outsiders, half day"))
    outside_day = PriceField(_l("Outsiders, whole day"))
    outside_night = PriceField(_l("Outsiders, night"))
    outside_weekend = PriceField(_l("Outsiders, weekend"))
    outside_use = PriceField(_l("Outsiders, each use"))
    minimum = PriceField(_l("Minimum charge"))
    round_minutes = IntegerField(_l("Time counts up to the next so many minutes"), validators=[
        Optional(), NumberRange(1, 1440, _l("Time is rounded up to from 1 to 1,440 minutes."))],
        render_kw={"inputmode": "numeric"})  # fmt: skip

    @property
    def is_empty(self) -> bool:
        """Whether nothing is set."""
        return all(field.data is None for field in self)

    def lines(self, hour: Decimal | None, **subject: Any) -> list[TariffLine]:
        """The prices of a kind or a resource, its hour among them."""
        terms = {"minimum": self["minimum"].data, "round_minutes": self["round_minutes"].data}
        members = {"hour": hour} | {basis: self[basis].data for basis in MORE_BASES}
        outsiders = {basis: self[f"outside_{basis}"].data for basis in members}
        return [
            TariffLine("booking", basis, price, outside=outside, **subject, **terms)
            for outside, prices in ((False, members), (True, outsiders))
            for basis, price in prices.items() if price is not None
        ]  # fmt: skip


class TariffForm(FlaskForm):
    """Name and first day; the prices are added by `tariff_form` for what a site has."""

    name = StringField(_l("Name"), filters=[clean], validators=[
        DataRequired(_l("Give the tariff a name.")), Length(max=100)])  # fmt: skip
    valid_from = DayField(_l("Valid from"), validators=[InputRequired(_l("Give the date."))])

    tax = SelectField(_l("Its prices are"), choices=TAX_CHOICES, default=WITH_TAX)
    half_day_hours = IntegerField(_l("Half a day has at most (hours)"), default=4, validators=[
        Optional(), NumberRange(1, 12, _l("Half a day has from 1 to 12 hours."))])  # fmt: skip
    night_from = TimeField(_l("Night begins"), default=time(22), validators=[Optional()])
    night_until = TimeField(_l("Night ends"), default=time(8), validators=[Optional()])
    proration = SelectField(_l("A part of a month is charged"), choices=list(PRORATION_NAMES.items()),
                            default=CALENDAR_DAYS)  # fmt: skip
    step_percent = DecimalField(_l("The rent steps by, in percent"), validators=[Optional()], places=None,
                                render_kw=TYPED)  # fmt: skip
    step_months = IntegerField(_l("Every so many months"), validators=[Optional()],
                               render_kw={"inputmode": "numeric"})  # fmt: skip
    deposit_months = DecimalField(_l("Deposit, in months of the first full rent"), validators=[Optional()],
                                  places=None, render_kw=TYPED)  # fmt: skip

    unit_kinds: tuple[str, ...] = ()
    resource_kinds: tuple[str, ...] = ()
    resources: tuple[Resource, ...] = ()

    def lines(self) -> list[TariffLine]:
        """The prices that were typed; what was left empty has none."""
        found = []
        for kind in self.unit_kinds:
            row = self[f"unit_{kind}"]
            if row["rent"].data is not None:
                found.append(TariffLine("rent", row["basis"].data, row["rent"].data, unit_kind=kind))
            if row["fee"].data is not None:
                found.append(TariffLine("property_fee", "m2_month", row["fee"].data, unit_kind=kind))
            if row["service"].data is not None:
                found.append(TariffLine("service_fee", row["service_basis"].data, row["service"].data, unit_kind=kind))
        for kind in self.resource_kinds:
            found += self[f"more_kind_{kind}"].form.lines(self[f"kind_{kind}"].data, resource_kind=kind)
        for resource in self.resources:
            name = f"resource_{resource.id}"
            found += self[f"more_{name}"].form.lines(self[name].data, resource=resource)
        for medium in MEDIA:
            row = self[f"medium_{medium}"]
            if row["first"].data is not None:
                found.append(TariffLine("utilities", "metered", row["first"].data, medium=medium,
                                        tiers=row.form.tiers))  # fmt: skip
        return found

    @property
    def windows(self) -> Windows:
        """Half a day and the night, as typed; what is left empty is as usual."""
        begins, ends = self.night_from.data or time(22), self.night_until.data or time(8)
        return Windows((self.half_day_hours.data or 4) * 60, begins.hour * 60 + begins.minute,
                       ends.hour * 60 + ends.minute)  # fmt: skip

    @property
    def proposals(self) -> Proposals:
        """What it proposes to agreements beside prices, as typed."""
        return Proposals(self.proration.data, self.step_percent.data, self.step_months.data, self.deposit_months.data,
                         self.tax.data == WITH_TAX)  # fmt: skip

    def propose_terms(self, tariff: Tariff) -> None:
        """VAT, half a day, the night, and what is proposed to agreements, as another tariff has them."""
        self.tax.data = WITH_TAX if tariff.tax_included else WITHOUT_TAX
        self.proration.data, self.step_months.data = tariff.proration, tariff.step_months
        self.step_percent.data = plain_number(tariff.step_percent)
        self.deposit_months.data = plain_number(tariff.deposit_months)
        self.half_day_hours.data = tariff.half_day_minutes // 60
        self.night_from.data = time(*divmod(tariff.night_from_minute, 60))
        self.night_until.data = time(*divmod(tariff.night_until_minute, 60))

    def resources_of(self, kind: str) -> list[Resource]:
        """The resources that may have a price of their own, of one kind."""
        return [resource for resource in self.resources if resource.kind == kind]

    def copy(self, items: Iterable[TariffItem], tiers: Mapping[int, Sequence[TariffTier]]) -> None:
        """Propose the prices of another tariff, as far as this site still has what they are for."""
        for item in items:
            if item.medium is not None:
                row = self[f"medium_{item.medium}"]
                row["first"].data = item.unit_price
                for number, tier in enumerate(tiers[item.id][:2], start=1):
                    row[f"above_{number}"].data, row[f"then_{number}"].data = tier.above, tier.unit_price
                continue
            if item.charge_kind in PRICE_FIELDS and item.unit_kind in self.unit_kinds:
                put_price(self[f"unit_{item.unit_kind}"], item.charge_kind, item.unit_price, item.basis)
            name = f"resource_{item.resource_id}" if item.resource_id else f"kind_{item.resource_kind}"
            if item.charge_kind == "booking" and name in self:
                field = self[name] if item.basis == "hour" else None
                more = self[f"more_{name}"]
                (more[f"outside_{item.basis}"] if item.outside else field or more[item.basis]).data = item.unit_price
                more["minimum"].data = item.minimum or more["minimum"].data
                more["round_minutes"].data = item.round_minutes or more["round_minutes"].data


def tariff_form(unit_kinds: Iterable[str], resources: Sequence[Resource]) -> TariffForm:
    """The form for a site: offices and desks always, other kinds of unit and resource where it has them."""
    wanted = {"office", "desk", *unit_kinds}
    kinds = {"meeting_room", *(resource.kind for resource in resources)}
    parts: dict[str, Any] = {
        "unit_kinds": tuple(sorted(wanted, key=lambda kind: (kind != "office", UNIT_KINDS.index(kind)))),
        "resource_kinds": tuple(kind for kind in RESOURCE_KINDS if kind in kinds),
        "resources": tuple(resources),
    }
    for kind in parts["unit_kinds"]:
        parts[f"unit_{kind}"] = FormField(UnitPrices, default={"basis": usual_basis(kind)})
    for kind in parts["resource_kinds"]:
        parts[f"kind_{kind}"] = PriceField(_l("Price an hour"))
        parts[f"more_kind_{kind}"] = FormField(MorePrices)
    for medium in MEDIA:
        parts[f"medium_{medium}"] = FormField(MeteredPrices)
    for resource in resources:
        parts[f"resource_{resource.id}"] = PriceField(_l("Own price an hour"))
        parts[f"more_resource_{resource.id}"] = FormField(MorePrices)
    return type("SiteTariffForm", (TariffForm,), parts)()

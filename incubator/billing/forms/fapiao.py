"""The shape of what is typed about fapiaos."""

from __future__ import annotations

from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, RadioField, SelectField, StringField
from wtforms.validators import DataRequired, Email, InputRequired, Length, NumberRange, Optional

from incubator.accounts.forms import DayField, clean
from incubator.billing.fapiao_wording import BUYERS, CHARGES, KINDS, PROVIDERS, RED_REASONS, TIMINGS
from incubator.billing.models import FapiaoPlace, FapiaoTitle
from incubator.billing.operations.fapiao_results import PaperFile
from incubator.billing.operations.fapiao_titles import (
    LONGEST_ADDRESS,
    LONGEST_CERTIFICATE,
    LONGEST_ITEM,
    LONGEST_REGION,
)
from incubator.billing.queries.fapiao import Settings
from incubator.billing.rules.fapiao import CHARGE_KINDS, LONGEST_NOTE, PROPOSED, Title
from incubator.core.money import Money, to_minor
from incubator.spaces.operations.words import LONGEST_TEXT
from incubator.startups.models import Startup
from incubator.subsidies.forms.schemes import FiniteField, at_most_places

GIVE_AMOUNT = _l("Give an amount above zero.")


def _line(label: Any, longest: int = LONGEST_TEXT, *, required: bool = False, **more: Any) -> StringField:
    validators: list[Any] = [DataRequired(_l("Fill this in."))] if required else []
    keys = {"maxlength": longest, "autocomplete": "off"} | more.pop("render_kw", {})
    return StringField(label, filters=[clean], validators=[*validators, Length(max=longest)], render_kw=keys, **more)


def _radio(label: Any, words: dict[str, str], default: str) -> RadioField:
    return RadioField(label, choices=[(key, _l(word)) for key, word in words.items()], default=default)


class TitleForm(FlaskForm):
    """Title data."""

    buyer = _radio(_l("Who buys"), BUYERS, "company")
    name = _line(_l("Name on the fapiao"), 100, required=True, description=_l("As in the business licence."))
    tax_number = _line(_l("Tax number"), 20,
                       description=_l("The unified social credit code. People leave it empty."))  # fmt: skip
    general_taxpayer = BooleanField(_l("We are a general VAT taxpayer"))
    kind = _radio(_l("Usually wanted"), KINDS, "ordinary")
    address = _line(_l("Address"), 100, description=_l("Address, telephone, bank and account: for special ones."))
    phone = _line(_l("Telephone"), 30, render_kw={"inputmode": "tel"})
    bank = _line(_l("Bank"), 100)
    account = _line(_l("Account"), 40, render_kw={"inputmode": "numeric"})
    email = StringField(
        _l("E-mail for delivery"), filters=[clean],
        validators=[Optional(), Length(max=72),
                    Email(_l("This is not an e-mail address. One looks like name@example.com."))],
        render_kw={"maxlength": 72, "autocomplete": "email"},
    )  # fmt: skip

    def said(self) -> Title:
        """The title that was typed, once valid."""
        return Title(
            self.buyer.data or "", self.kind.data or "", self.name.data or "", self.tax_number.data or "",
            bool(self.general_taxpayer.data), self.address.data or "", self.phone.data or "", self.bank.data or "",
            self.account.data or "", self.email.data or "",
        )  # fmt: skip

    def show(self, row: FapiaoTitle | None, startup: Startup) -> None:
        """What is there; where nothing is, what is known of the startup."""
        if row is None:
            self.name.data, self.tax_number.data = startup.name, startup.credit_code or ""
            self.buyer.data = "company" if startup.credit_code else "individual"
            self.email.data = startup.contact_email
            return
        for field in self:
            if field.name in TITLE_FIELDS:
                field.data = getattr(row, field.name)


TITLE_FIELDS = ("buyer", "kind", "name", "tax_number", "general_taxpayer", "address", "phone", "bank", "account",
                "email")  # fmt: skip


class AskForm(FlaskForm):
    """What kind is wanted."""

    kind = _radio(_l("Kind of fapiao"), KINDS, "ordinary")
    note = _line(_l("Note on the fapiao (optional)"), LONGEST_NOTE,
                 description=_l("A contract's number, say. The invoice's is printed anyway."))  # fmt: skip


class WhyForm(FlaskForm):
    """Why it goes back."""

    reason = _line(_l("What is to be mended"), required=True)


class RedForm(FlaskForm):
    """A red-letter fapiao."""

    reason = _radio(_l("Why"), RED_REASONS, "mistake")
    amount = FiniteField(
        _l("Amount with VAT, yuan"), places=2,
        validators=[InputRequired(GIVE_AMOUNT), NumberRange(Decimal("0.01"), Decimal(10**10), GIVE_AMOUNT),
                    at_most_places(2)],
        render_kw={"inputmode": "decimal", "autocomplete": "off"},
    )  # fmt: skip
    note = _line(_l("Note (optional)"))

    @property
    def amount_minor(self) -> int:
        return to_minor(self.amount.data or Decimal(0))

    def show(self, left_minor: int) -> None:
        """Propose all that is left."""
        self.amount.data = Money(left_minor).major


class ResultForm(FlaskForm):
    """A paper's number, day and file."""

    number = _line(_l("Fapiao number"), 24, required=True, description=_l("20 digits."),
                   render_kw={"inputmode": "numeric"})  # fmt: skip
    issued_on = DayField(_l("Issued on"), validators=[InputRequired(_l("Give the date."))])
    confirmation = _line(_l("Number of the confirmation form"), 32)
    file = FileField(_l("File: PDF, OFD or XML (optional)"), render_kw={"accept": ".pdf,.ofd,.xml"})

    def files(self) -> list[PaperFile]:
        """The file that was sent, if one was."""
        sent = self.file.data
        if not sent or not sent.filename:
            return []
        form = PurePosixPath(sent.filename.lower()).suffix.removeprefix(".")
        return [PaperFile(form, sent.filename, sent.stream.read())]


class ResultsForm(FlaskForm):
    """What the platform gave back."""

    file = FileField(_l("List (XLSX, CSV) or files (ZIP)"), validators=[FileRequired(_l("Choose a file first."))],
                     render_kw={"accept": ".xlsx,.csv,.zip"})  # fmt: skip
    skip_others = BooleanField(_l("Leave out rows and files that are not ours"))


class PlaceForm(FlaskForm):
    """A site's real estate."""

    region = _line(_l("Province, city, district"), LONGEST_REGION, required=True,
                   description=_l("As the platform lists it: 广东省深圳市南山区."))  # fmt: skip
    address = _line(_l("Detailed address"), LONGEST_ADDRESS, required=True,
                    description=_l("With a street, road, village or house number."))  # fmt: skip
    certificate = _line(_l("Number of the certificate of title"), LONGEST_CERTIFICATE, required=True,
                        description=_l("Where there is none, write 无."))  # fmt: skip
    is_other_city = BooleanField(_l("In another city than where the operator is registered for tax"))

    def show(self, row: FapiaoPlace | None, address: str) -> None:
        """What is there."""
        if row is None:
            self.address.data = address
            return
        self.region.data, self.address.data, self.certificate.data = row.region, row.address, row.certificate
        self.is_other_city.data = row.is_other_city


class SettingsForm(FlaskForm):
    """When, by whom, and by which codes."""

    timing = _radio(_l("When fapiaos can be asked for"), TIMINGS, "posting")
    provider = SelectField(_l("Issued through"), choices=[(key, _l(word)) for key, word in PROVIDERS.items()])

    def show(self, settings: Settings) -> None:
        """What holds; where nothing was saved yet, what is proposed."""
        self.timing.data, self.provider.data = settings.timing, settings.provider
        for kind in CHARGE_KINDS:
            code, name = PROPOSED[kind]
            found = settings.codes.get(kind, {}) if settings.saved_at else {"code": code, "name": name}
            self[f"{kind}_code"].data, self[f"{kind}_name"].data = found.get("code", ""), found.get("name", "")

    def codes(self) -> dict[str, tuple[str, str]]:
        """By kind of charge: code and name."""
        return {kind: (self[f"{kind}_code"].data or "", self[f"{kind}_name"].data or "") for kind in CHARGE_KINDS}


for _kind in CHARGE_KINDS:
    setattr(SettingsForm, f"{_kind}_code", _line(_l("Tax code"), 24, render_kw={"inputmode": "numeric"}))
    setattr(SettingsForm, f"{_kind}_name", _line(_l("Name on the fapiao"), LONGEST_ITEM))

assert set(CHARGES) == set(CHARGE_KINDS)

"""The shape of clauses, of an acceptance, of a scan, and of a deposit's movement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    FieldList,
    FormField,
    HiddenField,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms import Form as PlainForm
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from incubator.accounts.forms import DayField, clean
from incubator.documents.forms import DocumentField
from incubator.documents.models import Document
from incubator.pricing.forms import PriceField
from incubator.startups.models import Residency
from incubator.startups.operations.accepting import LONGEST_NAME
from incubator.startups.operations.agreement_texts import LONGEST_REASON
from incubator.startups.rules.agreements import LONGEST_HEADING, LONGEST_TEXT, LONGEST_TITLE, MOST_CLAUSES, Clause

STATE_WORDS = {
    "none": (_l("no text yet"), "secondary"), "startup": (_l("waits for the startup"), "yellow"),
    "operator": (_l("waits for us"), "azure"), "accepted": (_l("accepted by both"), "green"),
    "scan": (_l("signed on paper"), "green"),
}  # fmt: skip
DEPOSIT_KIND_NAMES = {
    "asked": _l("asked for"), "received": _l("received"), "withheld": _l("withheld"), "returned": _l("returned"),
    "transferred": _l("carried over to another agreement"), "taken_over": _l("taken over from another agreement"),
}  # fmt: skip
HOW_NAMES = {
    "": _l("not said"), "bank": _l("Bank transfer"), "cash": _l("Cash"), "wechat": _l("WeChat Pay"),
    "alipay": _l("Alipay"), "card": _l("Card"), "other": _l("Otherwise"),
}  # fmt: skip
ACCEPT_SCAN = ".pdf,.jpg,.jpeg"
NEW_CLAUSES = 2


def clean_text(text: str | None) -> str:
    """Lines without what has no place in a paper."""
    lines = (text or "").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    cleaned = ["".join(char for char in line if char.isprintable()).strip() for line in lines]
    return "\n".join(line for line in cleaned if line)


class ClauseForm(PlainForm):
    """One clause, and its place in the order."""

    place = IntegerField(_l("Place"), validators=[Optional(), NumberRange(1, 999)])
    heading = StringField(_l("Clause heading"), filters=[clean], validators=[Length(max=LONGEST_HEADING)])
    text = TextAreaField(_l("Text"), filters=[clean_text], validators=[Length(max=LONGEST_TEXT)])


class TemplateForm(FlaskForm):
    """A title and clauses; one that is emptied is left out."""

    title = StringField(_l("Title of the text"), filters=[clean], validators=[InputRequired(_l("Give it a title.")),
                                                                 Length(max=LONGEST_TITLE)])  # fmt: skip
    clauses = FieldList(FormField(ClauseForm), max_entries=MOST_CLAUSES + NEW_CLAUSES)

    def show(self, title: str, clauses: Sequence[Clause]) -> None:
        """Put clauses into the form, and a few empty ones behind them."""
        self.title.data = title
        for place, clause in enumerate(clauses, 1):
            self.clauses.append_entry({"place": place, "heading": clause.heading, "text": clause.text})
        for _ in range(NEW_CLAUSES):
            self.clauses.append_entry()

    def said(self) -> list[Clause]:
        """The clauses in the order of their places."""
        rows = [
            (entry.form.place.data or 1000, Clause(entry.form.heading.data or "", entry.form.text.data or ""))
            for entry in self.clauses
        ]
        return [clause for _, clause in sorted(rows, key=lambda row: row[0]) if clause.heading or clause.text]


class AcceptForm(FlaskForm):
    """A full name typed, a tick, and the hash of what stands on the screen."""

    name = StringField(_l("Your full name"), filters=[clean], validators=[InputRequired(_l("Type your full name.")),
                       Length(max=LONGEST_NAME)], render_kw={"autocomplete": "name"})  # fmt: skip
    agrees = BooleanField(_l("I have read this text and accept it."))
    sha256 = HiddenField()

    def said(self) -> dict[str, Any]:
        """What `accept_text` takes."""
        return {"name": self.name.data or "", "agrees": bool(self.agrees.data), "sha256": self.sha256.data or ""}


class VoidForm(FlaskForm):
    """Why a text does not stand any more."""

    reason = StringField(_l("Reason"), filters=[clean], validators=[Length(max=LONGEST_REASON)])


class ScanForm(FlaskForm):
    """The scan of what was signed on paper."""

    file = DocumentField(render_kw={"accept": ACCEPT_SCAN})
    signed_on = DayField(_l("Signed on"), validators=[InputRequired(_l("Give the date."))])


class DepositForm(FlaskForm):
    """A movement of the deposit."""

    kind = SelectField(_l("What has happened"), choices=[(kind, name) for kind, name in DEPOSIT_KIND_NAMES.items()
                                                         if kind != "taken_over"])  # fmt: skip
    amount = PriceField(_l("Amount, in yuan"))
    happened_on = DayField(_l("On which day"), validators=[InputRequired(_l("Give the date."))])
    how = SelectField(_l("How"), choices=list(HOW_NAMES.items()))
    reason = StringField(_l("Reason or note"), filters=[clean], validators=[Length(max=LONGEST_REASON)])
    document_id = SelectField(_l("Receipt that is kept here (optional)"), coerce=int)
    other_residency_id = SelectField(_l("Agreement that it goes to"), coerce=int)

    def offer(self, documents: Iterable[Document], others: Iterable[Residency]) -> None:
        """What the startup has to choose from."""
        self.document_id.choices = [(0, _l("none")), *((each.id, each.title) for each in documents)]
        self.other_residency_id.choices = [(0, _l("none")), *((each.id, each.number) for each in others)]

    def said(self) -> dict[str, Any]:
        """What `move_deposit` takes."""
        amount = self.amount.data or Decimal(0)
        return {
            "kind": self.kind.data, "amount_minor": int((amount * 100).to_integral_value()),
            "happened_on": self.happened_on.data, "how": self.how.data or "", "reason": self.reason.data or "",
            "document_id": self.document_id.data or None, "other_residency_id": self.other_residency_id.data or None,
        }  # fmt: skip

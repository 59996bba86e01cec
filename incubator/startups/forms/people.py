"""The shape of what one types about the people of a startup, and about where it is registered."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DecimalField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from incubator.accounts.forms import DayField, clean
from incubator.documents.models import Document
from incubator.spaces.operations.words import LONGEST_NAME, LONGEST_TEXT

ROLE_WORDS = {"founder": _l("Founder"), "employee": _l("Employee")}
ID_KIND_NAMES = {
    "": _l("none"), "resident": _l("Resident identity card"), "passport": _l("Passport"),
    "permit": _l("Residence or travel permit"),
}  # fmt: skip
CATEGORY_NAMES = {
    "student": _l("Student"), "graduate": _l("Graduate within 5 years"), "fresh_graduate": _l("Fresh graduate"),
    "returnee": _l("Returned from overseas"), "researcher": _l("Researcher on leave"),
    "serial": _l("Serial entrepreneur"), "executive": _l("From a large company's management"),
    "veteran": _l("Veteran"), "returning_migrant": _l("Returned migrant worker"),
    "unemployed": _l("Registered unemployed"), "disabled": _l("Disabled"),
    "hmt": _l("From Hong Kong, Macao or Taiwan"),
}  # fmt: skip
PER_CENT = 100


class ShareField(DecimalField):
    """A percentage with at most two decimals, or nothing."""

    data: Decimal | None

    def __init__(self, label: Any, **kwargs: Any) -> None:
        super().__init__(label, validators=[Optional()], places=None,
                         render_kw={"inputmode": "decimal", "autocomplete": "off"}, **kwargs)  # fmt: skip

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = [text.replace("%", "").replace("％", "").strip() for text in valuelist]
        if typed and len(typed[0]) > 10:
            raise ValueError(_l("Give a percentage such as 60 or 12.5."))
        try:
            super().process_formdata(typed)
        except ValueError:
            raise ValueError(_l("Give a percentage such as 60 or 12.5.")) from None
        share = self.data
        if share is not None and (not share.is_finite() or share * PER_CENT != int(share * PER_CENT)):
            self.data = None
            raise ValueError(_l("Give a percentage such as 60 or 12.5."))


class MemberForm(FlaskForm):
    """What can be changed of a post."""

    name = StringField(_l("Full name"), filters=[clean], validators=[
        InputRequired(_l("Enter a name.")), Length(max=LONGEST_NAME)])  # fmt: skip
    name_en = StringField(_l("English name (optional)"), filters=[clean], validators=[Length(max=LONGEST_NAME)])
    title = StringField(_l("Job title (optional)"), filters=[clean], validators=[Length(max=LONGEST_NAME)])
    share = ShareField(_l("Share in percent (founders, optional)"))
    last = DayField(_l("Last day (optional)"), validators=[Optional()])

    def said(self) -> dict[str, Any]:
        """What `edit_post` takes, and `add_post` among others."""
        share = self.share.data
        texts = {name: self[name].data or "" for name in ("name", "name_en", "title")}
        return {**texts, "share_bp": None if share is None else int(share * PER_CENT), "last": self.last.data}


class NewMemberForm(MemberForm):
    """Somebody new in a startup."""

    role = SelectField(_l("Role"), choices=list(ROLE_WORDS.items()))
    id_kind = SelectField(_l("Document (optional)"), choices=list(ID_KIND_NAMES.items()))
    id_number = StringField(_l("Its number"), filters=[clean], validators=[Length(max=40)],
                            render_kw={"autocomplete": "off"})  # fmt: skip
    first = DayField(_l("First day"), validators=[InputRequired(_l("Give the date."))])

    def said(self) -> dict[str, Any]:
        """What `add_post` takes."""
        more = {"role": self.role.data, "first": self.first.data, "id_kind": self.id_kind.data or ""}
        return super().said() | more | {"id_number": self.id_number.data or ""}


class StandingForm(FlaskForm):
    """A category, by its evidence."""

    category = SelectField(_l("Category"), choices=list(CATEGORY_NAMES.items()))
    standing_first = DayField(_l("First day"), validators=[InputRequired(_l("Give the date."))])
    standing_last = DayField(_l("Until (optional)"), validators=[Optional()])
    evidence = StringField(_l("Evidence"), filters=[clean], validators=[Length(max=LONGEST_TEXT)])
    document_id = SelectField(_l("Document (optional)"), coerce=int, choices=[(0, _l("none"))])

    def offer_documents(self, documents: Iterable[Document]) -> None:
        """Those of the startup that the actor may see."""
        self.document_id.choices = [(0, _l("none")), *((each.id, each.title) for each in documents)]

    def said(self) -> dict[str, Any]:
        """What `claim_standing` takes."""
        return {"category": self.category.data, "first": self.standing_first.data, "last": self.standing_last.data,
                "evidence": self.evidence.data or "", "document_id": self.document_id.data or None}  # fmt: skip

    def field_of(self, name: str | None) -> str | None:
        """The field of this form at which a refusal of the operation's field is shown."""
        return {"first": "standing_first", "last": "standing_last"}.get(name or "", name)


class WithdrawForm(FlaskForm):
    """Why something said was wrong."""

    reason = StringField(_l("Reason"), filters=[clean], validators=[Length(max=LONGEST_TEXT)])


class AddressForm(FlaskForm):
    """Where a company is registered from a day on."""

    site_id = SelectField(_l("Where"), coerce=int)
    address = StringField(_l("Address, as the licence has it"), filters=[clean], validators=[
        InputRequired(_l("Give the address as the licence has it.")), Length(max=LONGEST_TEXT)])  # fmt: skip
    first = DayField(_l("First day"), validators=[InputRequired(_l("Give the date."))])

    def said(self) -> dict[str, Any]:
        """What `register_address` takes."""
        return {"site_id": self.site_id.data or None, "address": self.address.data or "", "first": self.first.data}

"""An application's form as a page shows it: every field with what is typed, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from msgspec import Struct

from incubator.core.errors import Refusal
from incubator.documents.formats import sentence
from incubator.startups.models import DraftFile
from incubator.startups.queries.calls import QuestionRow
from incubator.startups.rules.applications import (
    LONGEST_LONG,
    LONGEST_SHORT,
    LONGEST_SUMMARY,
    MOST_FOUNDERS,
    Draft,
    chosen_of,
    founder_rows,
    text_of,
)

USUAL_FOUNDERS = 2


class Filled(Struct, frozen=True):
    """One field: its question, what is typed, what is wrong."""

    name: str
    kind: str
    label: str
    value: str = ""
    help: str = ""
    is_required: bool = False
    error: str = ""
    options: tuple[tuple[str, str], ...] = ()
    chosen: tuple[str, ...] = ()
    file: DraftFile | None = None
    longest: int = LONGEST_SHORT
    autocomplete: str = ""


class FilledForm(Struct, frozen=True):
    """The form: who applies, founders, whom to ask, and the call's own questions."""

    party: tuple[Filled, ...]
    founders: tuple[tuple[Filled, Filled], ...]
    contact: tuple[Filled, ...]
    questions: tuple[Filled, ...]
    can_add_founder: bool

    @property
    def faults(self) -> tuple[Filled, ...]:
        """The fields at fault, in their order on the page."""
        rows = (*self.party, *(field for pair in self.founders for field in pair), *self.contact, *self.questions)
        return tuple(field for field in rows if field.error)


def fill_form(
    draft: Draft, rows: Sequence[QuestionRow], files: Mapping[int, DraftFile], faults: Mapping[str, Refusal],
    locale: str, more_founders: int = 0,
) -> FilledForm:  # fmt: skip
    """The form of a draft, in a language."""

    def fact(name: str, kind: str, label: str, **more: Any) -> Filled:
        fault = faults.get(name)
        return Filled(name, kind, label, text_of(draft, name), error="" if fault is None else sentence(fault, locale),
                      **more)  # fmt: skip

    party = (
        fact("kind", "one_choice", _("You are"), is_required=True, chosen=(text_of(draft, "kind"),),
             options=(("company", _("a registered company")), ("team", _("a team, not registered yet")))),
        fact("name", "short_text", _("Name of the company or team"), is_required=True, longest=100,
             autocomplete="organization"),
        fact("name_en", "short_text", _("English name (optional)"), longest=100),
        fact("credit_code", "short_text", _("Unified social credit code"), longest=40,
             help=_("Companies only: the 18 characters on the licence.")),
        fact("registered_on", "date", _("Registered on (optional)"), help=_("Companies only.")),
        fact("industry_code", "short_text", _("Industry by GB/T 4754 (optional)"), longest=20,
             help=_("Two to four digits, such as 65 or 6513.")),
        fact("summary", "long_text", _("What you do, in a few sentences"), is_required=True, longest=LONGEST_SUMMARY),
    )  # fmt: skip
    last = max((place for place, _name, _title in founder_rows(draft)), default=-1) + 1
    shown = min(MOST_FOUNDERS, max(last + more_founders, USUAL_FOUNDERS))
    founders = tuple(
        (fact(f"founders-{place}-name", "short_text", _("Founder %(number)s: name", number=place + 1), longest=100,
              is_required=place == 0),
         fact(f"founders-{place}-title", "short_text", _("Founder %(number)s: part in it (optional)", number=place + 1),
              longest=100))
        for place in range(shown)
    )  # fmt: skip
    contact = (
        fact("contact_name", "short_text", _("Whom we may ask"), is_required=True, longest=100, autocomplete="name"),
        fact("contact_email", "email", _("E-mail"), is_required=True, longest=254, autocomplete="email"),
        fact("contact_phone", "tel", _("Telephone"), is_required=True, longest=40, autocomplete="tel"),
    )
    questions = tuple(_question(row, draft, files, faults, locale) for row in rows)
    return FilledForm(party, founders, contact, questions, shown < MOST_FOUNDERS)


def _question(
    row: QuestionRow, draft: Draft, files: Mapping[int, DraftFile], faults: Mapping[str, Refusal], locale: str
) -> Filled:
    asked, is_english = row.question, locale == "en"
    name = row.rule.field
    fault = faults.get(name)
    options = tuple(
        (str(each.id), each.label_en if is_english and each.label_en else each.label) for each in row.options
    )
    if asked.kind == "yes_no":
        options = (("yes", _("Yes")), ("no", _("No")))
    label = asked.label_en if is_english and asked.label_en else asked.label
    return Filled(
        name, asked.kind, label if asked.is_required else _("%(question)s (optional)", question=label),
        text_of(draft, name), asked.help_en if is_english and asked.help_en else asked.help, asked.is_required,
        "" if fault is None else sentence(fault, locale), options, tuple(chosen_of(draft, name)), files.get(asked.id),
        LONGEST_LONG if asked.kind == "long_text" else LONGEST_SHORT,
    )  # fmt: skip

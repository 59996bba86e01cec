"""The text of an agreement: clauses with placeholders, and where its acceptance stands. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from msgspec import Struct

from incubator.core.errors import N_, Refusal

TEMPLATE_KINDS = ("agreement", "amendment")
TEXT_KINDS = ("made", "scan")
SIDES = ("startup", "operator")
STATES = ("none", "startup", "operator", "accepted", "scan")
"""No text yet; it waits for the startup; for the operator; both have accepted it; a signed scan is kept."""

PLACEHOLDERS: dict[str, str] = {
    "number": N_("number of the agreement"), "operator": N_("the operator's name"),
    "operator_code": N_("the operator's credit code"), "operator_address": N_("the operator's address"),
    "startup": N_("the startup's name"), "credit_code": N_("the startup's credit code"),
    "contact": N_("the startup's contact"), "site": N_("the site's name"), "address": N_("the site's address"),
    "units": N_("the units"), "area": N_("the area in m²"), "term": N_("first and last day"),
    "rent": N_("the rent of a full month, in figures and capitals"),
    "fee": N_("the property fee of a full month, in figures and capitals"),
    "service_fee": N_("the service fee of a full month, in figures and capitals"),
    "part_month": N_("what is owed for a month of which days are missing"),
    "rent_free": N_("the rent-free time"), "deposit": N_("the deposit, in figures and capitals"),
    "notice": N_("how long before notice is given"), "effective": N_("the day from which an amendment holds"),
    "changes": N_("what an amendment changes"),
}  # fmt: skip
"""All that a clause can ask for, and what it stands for."""

LONGEST_TITLE, LONGEST_HEADING, LONGEST_TEXT, MOST_CLAUSES = 100, 60, 4000, 60
_PLACE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_BRACES = re.compile(r"\{\{|\}\}")


class Clause(Struct, frozen=True):
    """A heading, and plain text whose lines are paragraphs."""

    heading: str
    text: str


GAPS = {
    "operator_code": "", "operator_address": "甲方住所地", "contact": "乙方代表", "address": "上述场地",
}  # fmt: skip
"""Details that may not be filled in, and what a clause says where it can't do without."""
_SIGNS = "，,；;、"
_LABEL = rf"[^{_SIGNS}。：:（）(){{}}\n]*[：:]\s*"


def leave_out(text: str, missing: Collection[str]) -> str:
    """The text without what can't be said, in words that read well.

    Without an address `甲方：{{operator}}，地址：{{operator_address}}。` is `甲方：{{operator}}。`, and
    `位于{{address}}的{{site}}` is `{{site}}`; where a sentence needs the word, it has that of `GAPS`.
    """
    for name in missing:
        place = r"\{\{\s*" + re.escape(name) + r"\s*\}\}"
        for pattern, by in (
            (rf"[（(]{_LABEL}{place}[）)]", ""),
            (rf"[{_SIGNS}]{_LABEL}{place}(?=[{_SIGNS}。.]|$)", ""),
            (rf"(^|(?<=。)){_LABEL}{place}[{_SIGNS}。]?", ""),
            (rf"(?:位于|坐落于|坐落在)\s*{place}\s*的?", ""),
            (place, GAPS.get(name, "")),
        ):
            text = re.sub(pattern, by, text, flags=re.MULTILINE)
    return re.sub(r"（\s*）|\(\s*\)", "", text) if missing else text


def asked_for(clauses: Iterable[Clause]) -> set[str]:
    """The placeholders that clauses use."""
    return {found[1] for clause in clauses for found in _PLACE.finditer(clause.heading + clause.text)}


def fill(text: str, values: Mapping[str, str], field: str = "clauses") -> str:
    """The text with what its placeholders stand for; Refusal that names one that there is not.

    `{{startup}}租用{{units}}` with 甲公司 and D1 is 甲公司租用D1; `{{rents}}` is refused, and so is a brace left open.
    """

    def put(found: re.Match[str]) -> str:
        name = found[1]
        if name not in values:
            raise Refusal(
                N_("There is no placeholder %(name)s. There are: %(known)s."), field=field,
                name="{{" + name[:40] + "}}", known=tuple(PLACEHOLDERS),
            )  # fmt: skip
        return values[name]

    if _BRACES.search(_PLACE.sub("", text)):
        raise Refusal(N_("A placeholder is not closed: each begins with {{ and ends with }}."), field=field)
    return _PLACE.sub(put, text)


def check_clauses(title: str, clauses: Sequence[Clause]) -> None:
    """Refusal of a template that can't be made into a text, at the clause at fault."""
    if not title:
        raise Refusal(N_("Give it a title."), field="title")
    if not clauses:
        raise Refusal(N_("There must be at least one clause."), field="title")
    if len(clauses) > MOST_CLAUSES:
        raise Refusal(N_("At most %(most)s clauses."), field="title", most=MOST_CLAUSES)
    known = dict.fromkeys(PLACEHOLDERS, "")
    for place, clause in enumerate(clauses, 1):
        field = f"clause-{place}"
        if not clause.heading or not clause.text:
            raise Refusal(N_("A clause has a heading and a text."), field=field)
        fill(clause.heading, known, field)
        fill(clause.text, known, field)


def text_state(*, has_text: bool, by_startup: bool, by_operator: bool, has_scan: bool) -> str:
    """Where the acceptance of an agreement or amendment stands, one of `STATES`."""
    if by_startup and by_operator:
        return "accepted"
    if has_scan:
        return "scan"
    if not has_text:
        return "none"
    return "operator" if by_startup else "startup"

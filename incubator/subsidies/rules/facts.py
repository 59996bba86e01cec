"""The facts that a rule may ask for: what each is, and what settles it where it is not known. Pure."""

from __future__ import annotations

from msgspec import Struct

from incubator.core.errors import N_
from incubator.startups.rules.achievements import QUALIFICATIONS
from incubator.startups.rules.people import CATEGORIES


class Held(Struct, frozen=True):
    """What somebody has of a kind: qualifications, categories. `claimed` is said and waits for its evidence."""

    confirmed: tuple[str, ...] = ()
    claimed: tuple[str, ...] = ()

    def as_data(self) -> dict[str, list[str]]:
        """As JSON data, kept with a decision."""
        return {"confirmed": sorted(self.confirmed), "claimed": sorted(self.claimed)}


Fact = str | int | bool | Held | None
"""What is known of a party in a month; None: not known."""

MOST = 10**13


class FactKind(Struct, frozen=True):
    """A fact by what its value is, and how it comes to be known."""

    type: type
    settles: str
    """Which evidence would settle it, as a sentence's part to be translated."""
    choices: tuple[str, ...] = ()
    recorded: bool = False
    """Whether finance enters it with its evidence; else it follows from what is kept elsewhere."""
    of_site: bool = False
    is_day: bool = False


_LICENCE, _AGREEMENT = N_("the business licence"), N_("the incubation agreement")
_DECISION = N_("the authority's decision")

FACTS: dict[str, FactKind] = {
    "startup.kind": FactKind(str, _LICENCE, ("company", "team")),
    "startup.industry": FactKind(str, _LICENCE),
    "startup.industry_section": FactKind(str, _LICENCE, tuple("ABCDEFGHIJKLMNOPQRST")),
    "startup.industry_division": FactKind(str, _LICENCE),
    "startup.registered_on": FactKind(str, _LICENCE, is_day=True),
    "startup.registered_months": FactKind(int, _LICENCE),
    "startup.registered_here": FactKind(bool, N_("the consent to the registered address")),
    "startup.paid_in_yuan": FactKind(int, N_("the capital verification report")),
    "startup.people": FactKind(int, N_("the social-insurance list")),
    "startup.qualifications": FactKind(Held, N_("the certificate"), QUALIFICATIONS),
    "startup.first_time": FactKind(bool, N_("the founders' own declaration"), recorded=True),
    "startup.strategic": FactKind(bool, _DECISION, recorded=True),
    "startup.credit": FactKind(str, N_("the public credit report"), ("good", "poor"), recorded=True),
    "startup.excluded": FactKind(bool, N_("the exclusion list")),
    "startup.contribution_yuan": FactKind(int, N_("the tax certificate"), recorded=True),
    "founders.categories": FactKind(Held, N_("the founder's certificate"), tuple(CATEGORIES)),
    "founders.verified": FactKind(bool, N_("the check of the founder's identity")),
    "residency.month_number": FactKind(int, _AGREEMENT),
    "residency.first_day": FactKind(str, _AGREEMENT, is_day=True),
    "site.recognised": FactKind(str, _DECISION, ("carrier", "government", "incubator", "space", "none"),
                                recorded=True, of_site=True),
    "site.assessment": FactKind(str, _DECISION, ("fail", "pass", "good", "excellent"), recorded=True, of_site=True),
    "site.approved_on": FactKind(str, _DECISION, recorded=True, of_site=True, is_day=True),
    "site.approved_months": FactKind(int, _DECISION, of_site=True),
    "site.recognised_m2": FactKind(int, _DECISION, recorded=True, of_site=True),
    "site.companies": FactKind(int, _AGREEMENT, of_site=True),
    "site.companies_outside": FactKind(int, _AGREEMENT, of_site=True),
    "site.zones": FactKind(int, N_("the list of companies registered in the shared office zones"), recorded=True,
                           of_site=True),
    "site.zone_companies": FactKind(int, N_("the list of companies registered in the shared office zones"),
                                    recorded=True, of_site=True),
}  # fmt: skip
"""Every fact that a rule may ask for."""

LISTED = "startup.excluded"
"""Of this one, silence is an answer: who is not on the list is not excluded. So it is of shared office zones: none."""

COUNTED = tuple(name for name, kind in FACTS.items() if kind.type is int)
"""Those that a number can be."""

RECORDED = (*(name for name, kind in FACTS.items() if kind.recorded), LISTED)
"""Those that are entered with their evidence."""

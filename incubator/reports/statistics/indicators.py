"""The indicators of the yearly statistics: as data, each with its unit and where its value comes from.

The forms of the Torch survey change from year to year; what stands here is what POLICIES.md names, with the form's own
units. An indicator is computed from rows, or stated by staff with evidence. Pure.
"""

from __future__ import annotations

from msgspec import Struct

from incubator.core.errors import N_

INCUBATOR, SPACE = "incubator", "space"
FORMS = (INCUBATOR, SPACE)
DEFINITION = "statistics/2"
"""Names the indicators and their formulas; another number where one of them changes its meaning. In `statistics/1` the
two subsidies that the books tell now were stated."""

SECTIONS: dict[str, str] = {
    "space": N_("Space"),
    "served": N_("Teams and companies"),
    "founders": N_("Founders"),
    "people": N_("Employment"),
    "rights": N_("Intellectual property"),
    "finance": N_("Financing"),
    "mentors": N_("Mentors and staff"),
    "events": N_("Events and training"),
    "graduates": N_("Graduates"),
    "income": N_("Income and subsidies"),
}


class Indicator(Struct, frozen=True):
    """One field of the form. `title` and `formula` are translatable."""

    code: str
    section: str
    title: str
    unit: str
    formula: str
    is_stated: bool = False
    """Staff state it: no row of the product tells."""
    part_of: str = ""
    """The indicator that it is a part of, with which its siblings add up to it."""
    forms: tuple[str, ...] = FORMS
    or_stated: bool = False
    """Told by the books where they have something of it; where not, as staff state it."""

    @property
    def is_within(self) -> bool:
        """Whether it says a part of the field above it: “of them teams”."""
        return self.title.startswith(("of them", "of it"))


_STATED = N_("Stated by staff, with evidence.")
_BOOKS = N_("The books of the year, without VAT.")
_OF_CONFIRMED = N_("The last figures of the year that startups have confirmed.")


def _i(code: str, section: str, title: str, unit: str, formula: str, part_of: str = "",
       forms: tuple[str, ...] = FORMS) -> Indicator:  # fmt: skip
    return Indicator(code, section, title, unit, formula, part_of=part_of, forms=forms)


def _stated(code: str, section: str, title: str, unit: str, part_of: str = "",
            forms: tuple[str, ...] = FORMS) -> Indicator:  # fmt: skip
    return Indicator(code, section, title, unit, _STATED, True, part_of, forms)


INDICATORS: tuple[Indicator, ...] = (
    _i("area_total", "space", N_("Total usable area"), "m2", N_("Area of the units in service on the last day.")),
    _i("area_used", "space", N_("Area used by tenants"), "m2",
       N_("Area of the units that agreements hold on the last day.")),
    _i("area_public", "space", N_("Area of public service"), "m2",
       N_("Area of the units of public service on the last day.")),
    _i("area_share", "space", N_("Share of area used by tenants"), "percent",
       N_("Area used by tenants ÷ total usable area.")),
    _i("desks", "space", N_("Desks"), "desks", N_("Desks in service on the last day.")),
    _i("served", "served", N_("Teams and companies served in the year"), "items",
       N_("Who had an agreement here on a day of the year, each once.")),
    _i("served_teams", "served", N_("of them teams"), "items", N_("Not registered as companies by now."), "served"),
    _i("served_companies", "served", N_("of them companies"), "items", N_("Registered companies."), "served"),
    _i("served_new", "served", N_("of them new in the year"), "items",
       N_("Whose first agreement with the operator began in the year.")),
    _i("registered_new", "served", N_("Companies newly registered in the year"), "items",
       N_("Served companies whose licence is of the year.")),
    _i("resident", "served", N_("Teams and companies at the year's end"), "items",
       N_("Whose agreement runs on the last day.")),
    _i("resident_companies", "served", N_("of them companies"), "items", N_("Registered companies.")),
    _i("incubated", "served", N_("Incubated companies at the year's end"), "items",
       N_("Companies in residence that fulfil the definition on the last day: registered here, within time and area."),
       forms=(INCUBATOR,)),
    _i("founders", "founders", N_("Founders"), "people",
       N_("Humans who founded startups served in the year, each once.")),
    _i("founders_students", "founders", N_("of them students and graduates within five years"), "people",
       N_("By confirmed category on a day of the year.")),
    _i("founders_returnees", "founders", N_("of them returned from overseas"), "people",
       N_("By confirmed category on a day of the year.")),
    _i("founders_researchers", "founders", N_("of them researchers"), "people",
       N_("By confirmed category on a day of the year.")),
    _i("founders_serial", "founders", N_("of them serial entrepreneurs"), "people",
       N_("By confirmed category on a day of the year.")),
    _i("founders_executives", "founders", N_("of them managers of large companies"), "people",
       N_("By confirmed category on a day of the year.")),
    _i("team_people", "people", N_("People in teams"), "people",
       N_("Founders and members of the teams served in the year.")),
    _i("company_people", "people", N_("People employed by companies"), "people", _OF_CONFIRMED),
    _i("incubated_people", "people", N_("People employed by incubated companies"), "people", _OF_CONFIRMED,
       forms=(INCUBATOR,)),
    _i("fresh_graduates", "people", N_("Fresh graduates employed"), "people", _OF_CONFIRMED),
    _i("rights_applied", "rights", N_("Rights applied for in the year"), "rights",
       N_("Confirmed applications of startups served in the year.")),
    _i("rights_granted", "rights", N_("Rights granted in the year"), "rights",
       N_("Confirmed rights of startups served in the year.")),
    _i("rights_held", "rights", N_("Valid rights held"), "rights",
       N_("Confirmed rights of startups in residence that are valid on the last day.")),
    _i("inventions_held", "rights", N_("of them invention patents"), "rights", N_("Invention patents among them.")),
    _i("financed", "finance", N_("Startups financed in the year"), "items",
       N_("Startups served in the year with a confirmed round in it.")),
    _i("financed_amount", "finance", N_("Amount financed in the year"), "thousand_yuan",
       N_("Sum of their confirmed rounds of the year.")),
    _stated("seed_fund", "finance", N_("Seed fund"), "thousand_yuan"),
    _i("mentors", "mentors", N_("Mentors"), "people", N_("Appointed on the last day, each by a numbered letter.")),
    _i("mentors_entrepreneur", "mentors", N_("of them entrepreneurs"), "people", N_("By the kind of their profile."),
       "mentors"),
    _i("mentors_investor", "mentors", N_("of them investors"), "people", N_("By the kind of their profile."),
       "mentors"),
    _i("mentors_technical", "mentors", N_("of them technical experts"), "people", N_("By the kind of their profile."),
       "mentors"),
    _i("mentors_advisers", "mentors", N_("of them advisers on law, finance and policy"), "people",
       N_("By the kind of their profile."), "mentors"),
    _i("mentor_sessions", "mentors", N_("Mentor sessions in the year"), "sessions",
       N_("Sessions of the operator's mentors that both sides have confirmed.")),
    _i("staff", "mentors", N_("Staff who serve startups"), "people",
       N_("Owner, managers, front desk and finance on the last day.")),
    _i("events", "events", N_("Events in the year"), "sessions",
       N_("Events of the register that were held, training apart.")),
    _i("trainings", "events", N_("Trainings in the year"), "sessions", N_("Trainings of the register that were held.")),
    _i("participants", "events", N_("People at events and trainings"), "visits",
       N_("Sum of the counts of all that were held; who came twice counts twice.")),
    _i("graduates", "graduates", N_("Graduates of the year"), "items", N_("Startups that graduated in the year."),
       forms=(INCUBATOR,)),
    _i("graduates_all", "graduates", N_("Graduates in all"), "items", N_("Startups that have graduated so far."),
       forms=(INCUBATOR,)),
    _i("income", "income", N_("Income of the operator here"), "thousand_yuan", N_("Sum of its sources.")),
    _i("income_services", "income", N_("of it services"), "thousand_yuan", _BOOKS, "income"),
    _i("income_rent", "income", N_("of it rent, property fees and utilities"), "thousand_yuan", _BOOKS, "income"),
    _stated("income_investment", "income", N_("of it investment"), "thousand_yuan", "income"),
    Indicator("income_subsidies", "income", N_("of it subsidies of the operator's own"), "thousand_yuan",
              N_("What policies granted the operator itself, by the books; where they have none, as staff state it."),
              part_of="income", or_stated=True),
    _i("income_other", "income", N_("of it other"), "thousand_yuan", _BOOKS, "income"),
    Indicator("subsidies_received", "income", N_("Subsidies received"), "thousand_yuan",
              N_("What authorities paid of claims in the year, less what was paid back, by the books; where they have "
                 "none, as staff state it."), or_stated=True),
    _i("subsidies_passed_on", "income", N_("Subsidies passed on to startups"), "thousand_yuan",
       N_("What government bears of invoices and credit notes of the year.")),
)  # fmt: skip

SUMS = frozenset({"area_total", "area_used", "area_public", "desks", "events", "trainings", "participants", "income",
                  "income_services", "income_rent", "income_investment", "income_subsidies", "income_other",
                  "subsidies_received", "subsidies_passed_on"})
"""Where what the sites have adds up to what the operator has. Startups, mentors and staff, who can be at several sites,
are counted anew, each once; a seed fund can be of all sites together."""

BY_CODE: dict[str, Indicator] = {each.code: each for each in INDICATORS}


def indicators_of(form: str) -> list[Indicator]:
    """The fields of a form, in their order."""
    return [each for each in INDICATORS if form in each.forms]

"""What the gauge's measures are called, what they are counted in, and where their numbers come from."""

from __future__ import annotations

from msgspec import Struct

from incubator.core.errors import N_


class MeasureWords(Struct, frozen=True):
    """Translatable: title, how it is counted and from what, and the unit (empty: a bare count)."""

    title: str
    formula: str
    unit: str = ""


MEASURE_WORDS: dict[str, MeasureWords] = {
    "operating_months": MeasureWords(
        N_("Months in operation"), N_("Full months since the first unit of the sites was in service."), N_("months")),
    "statistics_years": MeasureWords(
        N_("Years of statistics filed in a row"), N_("Stated by the operator, with the filed forms."), N_("years")),
    "usable_area": MeasureWords(
        N_("Usable area"), N_("Sum of the areas of all units in service on the day."), N_("m²")),
    "desks": MeasureWords(N_("Desks"), N_("Units of kind desk in service on the day.")),
    "incubation_share": MeasureWords(
        N_("Share of area for incubation"),
        N_("Area let by agreements on the whole day, and of public service, of the usable area. Allocation ledger."),
        "%"),
    "service_share": MeasureWords(
        N_("Share of offices, desks and public service"),
        N_("Area of units that are offices, desks or of public service, of the usable area."), "%"),
    "under_agreement": MeasureWords(
        N_("Teams and companies under agreement"), N_("Startups whose agreement holds a unit on the day.")),
    "incubated_companies": MeasureWords(
        N_("Incubated companies"),
        N_("Companies in residence, registered at the site, within the limits of months, area and age of the day.")),
    "companies_per_1000_m2": MeasureWords(
        N_("Incubated companies per 1,000 m²"), N_("Incubated companies × 1,000 / usable area.")),
    "new_registrations": MeasureWords(
        N_("New registrations in 12 months"),
        N_("Companies registered within the 12 months that end on the day, with an agreement in them.")),
    "financed_year": MeasureWords(
        N_("Startups financed in 12 months"),
        N_("Startups with an agreement in the 12 months and a confirmed round of financing within them.")),
    "financed_share": MeasureWords(
        N_("Share of companies financed"),
        N_("Incubated companies with a confirmed round since they entered, of all incubated companies."), "%"),
    "financing_cases": MeasureWords(
        N_("Cases of financing"), N_("Confirmed rounds of startups since they entered, each of them.")),
    "seed_fund": MeasureWords(N_("Seed fund"), N_("Stated by the operator, with the fund's documents."), N_("yuan")),
    "staff": MeasureWords(
        N_("Staff for services"), N_("Owner, managers, front desk and finance in the team on the day.")),
    "professional_share": MeasureWords(
        N_("Share of professional staff"), N_("Stated by the operator, with certificates of training."), "%"),
    "mentors": MeasureWords(N_("Mentors"), N_("Mentors who are appointed on the day, each by a numbered letter.")),
    "mentors_per_10": MeasureWords(
        N_("Mentors per 10 incubated companies"), N_("Mentors × 10 / incubated companies.")),
    "mentor_sessions": MeasureWords(
        N_("Sessions of each mentor in a year"),
        N_("The fewest confirmed sessions of a mentor appointed on the day, in the 12 months until it.")),
    "events_year": MeasureWords(
        N_("Events in 12 months"),
        N_("Held events of the register; where it has none in the 12 months, what the operator states with evidence.")),
    "ip_applied_share": MeasureWords(
        N_("Share of companies that applied for rights"),
        N_("Incubated companies with a confirmed application for intellectual property, of all of them."), "%"),
    "ip_valid_share": MeasureWords(
        N_("Share of companies with valid rights"),
        N_("Incubated companies with a confirmed right that is valid on the day, of all of them."), "%"),
    "graduates": MeasureWords(N_("Graduates"), N_("Startups that have graduated until the day.")),
}  # fmt: skip

LEVEL_WORDS = {"national": N_("national"), "local": N_("local")}
STATUS_WORDS = {
    "seen": N_("read in the published text"),
    "recalled": N_("to be confirmed"),
    "own": N_("entered by yourselves"),
}
COMPARISON_WORDS = {"at_least": N_("at least"), "at_most": N_("at most")}

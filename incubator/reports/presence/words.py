"""What presence says: kinds of sources, findings and what each of them means."""

from __future__ import annotations

from incubator.core.errors import N_, Phrase
from incubator.reports.presence.rules import Finding

KIND_WORDS: dict[str, str] = {
    "door": N_("Door events"),
    "wifi": N_("Wi-Fi sign-ins"),
    "desk": N_("Desk check-ins"),
    "sensor": N_("Sensor counts"),
    "social_insurance": N_("Social-insurance headcounts"),
    "badges": N_("Badges of startups"),
}

FINDING_WORDS: dict[str, str] = {
    "never_present": N_("Never present"),
    "over_capacity": N_("More people than places"),
    "sensor_over": N_("Sensor above capacity"),
    "one_in_many": N_("One person in several startups"),
    "out_of_hours": N_("Sessions outside opening hours"),
}

FINDING_RULES: dict[str, str] = {
    "never_present": N_("Registered at the site or holding places by an agreement, and in the whole month nobody of "
                        "theirs was seen, though others were."),
    "over_capacity": N_("Most people at once, above desks held plus area held by the square metres of one person."),
    "sensor_over": N_("The sensor counted more people than its area holds."),
    "one_in_many": N_("The same card or the same insured person stands for several startups within the month."),
    "out_of_hours": N_("Sessions that lie wholly outside the site's opening hours. Working late is none."),
}  # fmt: skip

EVIDENCE_WORDS: dict[str, str] = {"seen": N_("by card or telephone"), "insured": N_("by social insurance")}
WAY_WORDS: dict[str, str] = {"api": N_("Post"), "file": N_("File")}


def say(finding: Finding) -> Phrase:
    """The finding's figures in a sentence."""
    facts = finding.facts
    match finding.kind:
        case "never_present":
            message = N_("Nobody was seen. Registered here: %(registered)s; desks held: %(desks)s; other area held: "
                         "%(area)s m².")  # fmt: skip
            registered = Phrase(N_("yes")) if facts["registered"] else Phrase(N_("no"))
            return Phrase(message, {"registered": registered, "desks": facts["desks"], "area": facts["area_m2"]})
        case "over_capacity":
            return Phrase(N_("%(peak)s people at once; what is let is for %(places)s."), dict(facts))
        case "sensor_over":
            return Phrase(N_("%(name)s: %(most)s counted on %(on)s; the area holds %(capacity)s. Days above it: "
                             "%(days)s."), dict(facts))  # fmt: skip
        case "one_in_many":
            startups = facts["startups"]
            assert isinstance(startups, list)
            named = "、".join(f"{code} {name}" for code, name in startups)
            evidence = Phrase(EVIDENCE_WORDS[str(facts["evidence"])])
            return Phrase(N_("One person %(evidence)s in %(count)s startups: %(startups)s."),
                          {"evidence": evidence, "count": len(startups), "startups": named})  # fmt: skip
        case _:
            return Phrase(N_("%(sessions)s sessions on %(days)s days, wholly while the site was closed."), dict(facts))

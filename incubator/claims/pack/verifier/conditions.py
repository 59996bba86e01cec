"""Conditions over facts, asked anew: as a derivation has them, with its answers, and as a rule has them."""

from __future__ import annotations

from typing import Any

from incubator.claims.pack.verifier.report import Facts, NotKnown
from incubator.claims.pack.verifier.values import same


def ask(part: Any, facts: Facts, field: str = "who") -> str:
    """A condition or a group, asked anew of the facts; every answer that is written in it is compared."""
    if "fact" in part:
        found = facts.get(part["fact"])
        same("{}: {}".format(field, part["fact"]), found, part.get("found"))
        answer = compare(part["comparison"], part["value"], found)
    else:
        kinds = [kind for kind in ("all", "any", "none") if kind in part]
        if len(kinds) != 1:
            raise NotKnown("{}: {}".format(field, ", ".join(sorted(part))))
        answers = [ask(each, facts, field) for each in part[kinds[0]]]
        answer = group_answer(kinds[0], answers)
    same(f"{field}: answer", answer, part.get("answer"))
    return answer


def group_answer(kind: str, answers: list[str]) -> str:
    """All, any or none, by three-valued logic."""
    if kind == "all":
        return next((each for each in ("not_met", "unknown") if each in answers), "met")
    found = next((each for each in ("met", "unknown") if each in answers), "not_met")
    return found if kind == "any" else {"met": "not_met", "not_met": "met"}.get(found, "unknown")


def compare(comparison: str, value: Any, found: Any) -> str:
    """A fact compared with a value; what is not known is neither met nor not."""
    if found is None:
        return "unknown"
    if comparison == "known":
        return "met"
    if isinstance(found, dict):
        if comparison != "has":
            raise NotKnown(comparison)
        return "met" if value in found["confirmed"] else "unknown" if value in found["claimed"] else "not_met"
    if comparison in ("is", "one_of"):
        return "met" if found == value or (comparison == "one_of" and found in value) else "not_met"
    if comparison in ("at_most", "until"):
        return "met" if found <= value else "not_met"
    if comparison in ("at_least", "from"):
        return "met" if found >= value else "not_met"
    raise NotKnown(comparison)


def answer(part: Any, facts: Facts) -> str:
    """A condition or a group as a rule has it."""
    if "fact" in part:
        ((comparison, value),) = ((key, each) for key, each in part.items() if key != "fact")
        return compare(comparison, value, facts.get(part["fact"]))
    ((kind, parts),) = part.items()
    return group_answer(kind, [answer(each, facts) for each in parts])

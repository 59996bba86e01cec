"""What became of a charge's subsidies: given on the invoice, corrected later, taken back by credit notes; in order."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from incubator.claims.pack.verifier.charges import tax_within
from incubator.claims.pack.verifier.report import Differs
from incubator.claims.pack.verifier.values import exact, round_half_up, same

Row = Any
AMOUNTS = ("gross", "subsidy", "net", "tax", "borne")


class History:
    """The decisions on one charge and the credit notes that took of it, each in the order of their writing."""

    def __init__(self, charge: Row, decisions: list[Row], credits: list[Row]) -> None:
        self.charge, self.decisions, self.credits = charge, decisions, credits
        self.firsts = [each for each in decisions if each["adjusts"] is None]

    def borne_before(self, decision: Row) -> dict[str, int]:
        """What schemes whose turn was before have given on the charge, by bearer."""
        found: dict[str, int] = {}
        for each in self.firsts:
            if each["goes_to"] == "startup" and each["turn"] < decision["turn"] and each["amount"]:
                found[each["bearer"]] = found.get(each["bearer"], 0) + each["amount"]
        return found

    def standing_before(self, decision: Row) -> int:
        """What a decision and all that changed it came to, until this one changed it."""
        return sum(each["amount"] for each in self._until(decision))

    def ruled_before(self, decision: Row) -> Fraction:
        """What share of a decision the authority has left where the startup bears the rest: of 1,620.00 of which 620.00
        were refused, and of the rest 250.00 wanted back, 75/162."""
        share, amount = Fraction(1), 0
        for each in self._until(decision):
            if each["why"] == "ruling" and amount:
                share *= Fraction(amount + each["amount"], amount)
            amount += each["amount"]
        return share

    def _until(self, decision: Row) -> list[Row]:
        first, before = decision["adjusts"], decision["decision"]
        return [each for each in self.decisions
                if each["decision"] < before and first in (each["decision"], each["adjusts"])]  # fmt: skip

    def kept_at(self, decision: Row) -> Fraction:
        """What share of the charge the credit notes until then have left."""
        taken = sum(each["gross"] for each in self.credits if each["at"] <= decision["at"])
        return 1 - Fraction(taken, self.charge["gross"]) if self.charge["gross"] else Fraction(1)

    def shared_before(self, decision: Row) -> tuple[int, int] | None:
        """Of a budget that was shared out: what was given of what had been held; None where nothing was."""
        shares = [each for each in self.decisions if each["why"] == "closing" and each["adjusts"] == decision["adjusts"]
                  and each["decision"] < decision["decision"]]  # fmt: skip
        if not shares:
            return None
        return sum(each["amount"] for each in shares), -sum(each["held"] for each in shares)

    def on_invoice(self) -> dict[str, int | None]:
        """What stands on the invoice's line: the subsidies that were decided then, the net, and the VAT in it."""
        charge = self.charge
        subsidy = sum(each["amount"] for each in self.firsts)
        net, tax = charge["gross"] - subsidy, charge["tax"]
        if charge["tax_rate"] is not None and subsidy:
            tax = tax_within(net, exact(charge["tax_rate"], "VAT"))
        return {"subsidy": subsidy, "net": net, "net_tax": tax}

    def left_by_notes(self, borne: int) -> list[tuple[dict[str, int | None], dict[str, int | None]]]:
        """For each credit note what was left of the line before it, and what follows from its gross: subsidy and VAT in
        proportion, rounded once; all that is left where it takes all."""
        line = self.on_invoice()
        left = {"gross": self.charge["gross"], "subsidy": line["subsidy"], "net": line["net"], "tax": line["net_tax"],
                "borne": borne}  # fmt: skip
        found = []
        for note in self.credits:
            taken = dict(left)
            if note["gross"] != left["gross"]:
                share = Fraction(note["gross"], left["gross"])
                subsidy = round_half_up(left["subsidy"] * share)
                net = note["gross"] - subsidy
                tax = None if left["tax"] is None else round_half_up(Fraction(left["tax"] * net, left["net"] or 1))
                taken = {"gross": note["gross"], "subsidy": subsidy, "net": net, "tax": tax,
                         "borne": round_half_up(left["borne"] * share)}  # fmt: skip
            found.append((dict(left), taken))
            for key in AMOUNTS:
                left[key] = None if left[key] is None else left[key] - taken[key]
        return found

    def taken_back(self, note: Row, left: Any, taken: Any) -> dict[int, tuple[int, int]]:
        """By first decision what a note takes back of it, given and held: the subsidy by largest remainder."""
        mine = [each["decision"] for each in self.decisions if each["note"] == note["note"]]
        before = [each for each in self.decisions
                  if (each["decision"] < min(mine) if mine else each["at"] < note["at"])]  # fmt: skip
        asked = [each for each in self.firsts if each["amount"] or each["held"]]
        given, held = [], []
        for first in asked:
            later = [each for each in before if each["adjusts"] == first["decision"]]
            given.append(first["amount"] + sum(each["amount"] for each in later if each["note"]))
            held.append(first["held"] + sum(each["held"] for each in later))
        if taken["gross"] != left["gross"]:
            share = Fraction(taken["gross"], left["gross"])
            given, held = split(taken["subsidy"], given), [round_half_up(each * share) for each in held]
        return {first["decision"]: (one, other) for first, one, other in zip(asked, given, held) if one or other}

    def check_note(self, note: Row, left: Any, taken: Any) -> None:
        """The decisions that a note wrote are those that follow from it, each with its sign."""
        wanted = self.taken_back(note, left, taken)
        found = {each["adjusts"]: (-each["amount"], -each["held"])
                 for each in self.decisions if each["note"] == note["note"]}  # fmt: skip
        for first in sorted({*wanted, *found}):
            same(f"decision {first}", wanted.get(first), found.get(first))


def split(total: int, weights: list[int]) -> list[int]:
    """An amount in parts by largest remainder: 100 over (1, 1, 1) is 34, 33, 33."""
    whole = sum(weights)
    if any(each < 0 for each in weights) or total < 0 or (whole == 0 and total):
        raise Differs("parts", "amounts above zero", weights)
    if not whole:
        return [0 for _ in weights]
    parts = [divmod(total * weight, whole) for weight in weights]
    found = [part[0] for part in parts]
    for at in sorted(range(len(parts)), key=lambda at: (-parts[at][1], at))[: total - sum(found)]:
        found[at] += 1
    return found

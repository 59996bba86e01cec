"""Lines that change earlier ones: by what is known since, by a share of a budget, by a credit note; and instalments."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from incubator.claims.pack.verifier.conditions import ask
from incubator.claims.pack.verifier.derivations import recompute
from incubator.claims.pack.verifier.histories import History, split
from incubator.claims.pack.verifier.report import Differs, NotKnown
from incubator.claims.pack.verifier.rules import follow_who
from incubator.claims.pack.verifier.values import round_half_up, same


def recompute_later(record: Any, rule: Any, history: History | None = None, decision: Any = None) -> int:
    """A line that changes an earlier one; of a charge with its history, of a grant to the operator without."""
    derivation = record["derivation"]
    if "closing" in derivation:
        return _shared_out(record, derivation["closing"])
    if "credit_note_number" in derivation and history is not None:
        same("credit note", decision["note"], derivation["credit_note_number"])
        return int(decision["amount"])  # where the note itself is recomputed, this is, too
    if "now" not in derivation:
        raise NotKnown(", ".join(sorted(derivation)))
    now = derivation["now"]
    found = derivation["now_minor"] - derivation["was_minor"]
    same("amount", found, record["amount_minor"])
    if history is not None:
        same("was", history.standing_before(decision), derivation["was_minor"])
    given, held = by_now(now, record, rule)
    if history is not None:
        shared = history.shared_before(decision)
        if shared is not None:
            within = min(given + held, shared[1])
            given = round_half_up(Fraction(shared[0] * within, shared[1])) if shared[1] else 0
        given = round_half_up(given * history.ruled_before(decision) * history.kept_at(decision))
    same("now", given, derivation["now_minor"])
    return int(found)


def why_of(derivation: Any) -> str:
    """What changed an earlier decision."""
    return "credit" if "credit_note_number" in derivation else "closing" if "closing" in derivation else "facts"


def by_now(now: Any, record: Any, rule: Any) -> tuple[int, int]:
    """What would be given and held by what is known now; nothing by a rule that isn't met."""
    derivation = now["derivation"]
    if now["outcome"] in ("granted", "capped", "held", "nothing"):
        return recompute(derivation, record["item"], rule)
    if now["outcome"] == "refused":
        follow_who(rule, derivation)
        answer = ask(derivation["who"], derivation["facts"])
        if answer == "met" and not {"counted_already", "missing"} & set(derivation):
            raise Differs("now: refused", "granted", answer)
        return 0, 0
    if now["outcome"] in ("not_covered", "displaced"):
        return 0, 0
    raise NotKnown("now: {}".format(now["outcome"]))


def _shared_out(record: Any, said: Any) -> int:
    """A share of what a budget has left, by what each was held: by largest remainder the fen below or above."""
    share = Fraction(min(said["left"], said["waiting"]) * said["mine"], said["waiting"])
    if not share // 1 <= said["share"] <= -(-share // 1):
        raise Differs("closing: share", share, said["share"])
    same("amount", said["share"], record["amount_minor"])
    return int(said["share"])


def instalment(amount_minor: int, shares: list[str], position: int) -> int:
    """One part of an amount that is split by largest remainder: 50 / 30 / 20 of 80,000.00."""
    return split(amount_minor, [int(Fraction(share) * 10**6) for share in shares])[position - 1]

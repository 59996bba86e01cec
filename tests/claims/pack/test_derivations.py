"""Decisions of the engine, recomputed by the verifier from their derivations alone; a fen more or less is named."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from incubator.claims.pack.verifier.charges import recompute_charge
from incubator.claims.pack.verifier.derivations import recompute
from incubator.claims.pack.verifier.figures import FAULTS
from incubator.claims.pack.verifier.later import instalment, recompute_later
from incubator.claims.pack.verifier.report import Differs, NotKnown
from incubator.core.canonical import canonical_json
from incubator.core.money import split_by_largest_remainder
from incubator.core.periods import Month
from incubator.subsidies.rules.engine import Budget, DecisionDraft, rate
from incubator.subsidies.rules.state import Tally
from tests.claims.pack.sample import item_data
from tests.subsidies.sample import party, scheme
from tests.subsidies.test_months import Dice

SEEDS = 3_000


def given_in(seed: int) -> list[tuple[DecisionDraft, dict[str, Any], dict[str, Any], Any]]:
    """What random rules give in a random month: each with its derivation and item as a pack has them."""
    dice = Dice(seed)
    rules = {code: dice.rule() for code in "ABC"[: dice.random.randrange(1, 4)]}
    schemes = [scheme(rule, code, budget=Budget(1, "b", "first_come", dice.random.randrange(200_000)) if dice.maybe(0.3) else None)
               for code, rule in rules.items()]  # fmt: skip
    month = Month(2026, dice.random.randrange(1, 13))
    items = dice.items(month)
    borne: dict[int, dict[str, int]] = {item.key: {} for item in items}
    found = []
    for draft in rate(party(dice.facts(), month), items, schemes, Tally()):
        item = items[draft.key]
        if draft.amount_minor:
            said = item_data(item, dict(borne[item.key]))
            found.append((draft, said, json.loads(canonical_json(draft.derivation)), rules[draft.by.code]))
        if draft.by.rule.goes_to == "startup":
            bearer = draft.by.rule.bearer.kind
            borne[item.key][bearer] = borne[item.key].get(bearer, 0) + draft.amount_minor
    return found


def test_what_random_rules_give_is_recomputed() -> None:
    seen: dict[str, int] = {}
    for seed in range(SEEDS):
        for draft, item, derivation, rule in given_in(seed):
            assert recompute(derivation, item, rule) == (draft.amount_minor, 0), seed
            for key in ("share", "price", "above", "top_up", "sum", "lesser", "greater", "counted", "cases"):
                seen[key] = seen.get(key, 0) + (f'"{key}"' in json.dumps([rule["how"], derivation.get("counted") and {"counted": 1}]))
    assert all(count > 20 for count in seen.values()), seen


def numbers_in(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The place of every number in a derivation, those in text as well."""
    if isinstance(data, dict | list):
        pairs = data.items() if isinstance(data, dict) else enumerate(data)
        return [place for key, value in pairs for place in numbers_in(value, (*path, key))]
    is_number = (isinstance(data, int) and not isinstance(data, bool)) or (isinstance(data, str) and data.replace(".", "").isdigit())
    return [path] if is_number else []


IDLE = {("caps", "used_before_minor")}
"""A cap that was overdrawn leaves nothing, by how much it was doesn't matter."""


def test_one_digit_more_is_found_wherever_it_stands() -> None:
    tried = 0
    for seed in range(600):
        for _, item, derivation, rule in given_in(seed):
            for path in numbers_in(derivation):
                changed = copy.deepcopy(derivation)
                *way, last = path
                place = changed
                for key in way:
                    place = place[key]
                value = place[last]
                place[last] = value + 1 if isinstance(value, int) else value + "1" if "." in value else str(int(value) + 1)
                if "facts" in path and not is_asked(path[1], rule):
                    continue
                assert is_refused(changed, item, rule), (seed, path, value, place[last])
                tried += 1
    assert tried > 2_500


def is_refused(derivation: Any, item: Any, rule: Any) -> bool:
    try:
        recompute(derivation, item, rule)
    except (Differs, NotKnown, *FAULTS):
        return True
    return False


def is_asked(fact: str, rule: Any) -> bool:
    """Whether the rule's condition has it; others change nothing where their case is not reached."""
    return f'"{fact}"' in json.dumps(rule.get("who", {}))


def test_a_form_that_it_does_not_know_is_said() -> None:
    _, item, derivation, rule = given_in(next(seed for seed in range(99) if given_in(seed)))[0]
    for key, value in (("rounding", "bankers"), ("how", {"guess": "1"}), ("who", {"most": []})):
        with pytest.raises((NotKnown, Differs)):
            recompute(derivation | {key: value}, item, rule)
    with pytest.raises(NotKnown):
        recompute({"amount_minor": 5}, item, rule)


def test_instalments_as_the_product_splits_them() -> None:
    shares = ["0.333333", "0.333333", "0.333334"]
    for total in (0, 1, 2, 100, 8_000_000, 9_999_999):
        parts = split_by_largest_remainder(total, [333_333, 333_333, 333_334])
        assert [instalment(total, shares, number) for number in (1, 2, 3)] == parts


def test_a_correction_is_the_difference() -> None:
    draft, item, derivation, rule = given_in(next(seed for seed in range(99) if given_in(seed)))[0]
    now = draft.amount_minor
    said = {"was_minor": now + 500, "now_minor": now, "now": {"outcome": draft.outcome.value, "derivation": derivation}}
    record = {"amount_minor": -500, "item": item, "derivation": said}
    assert recompute_later(record, rule) == -500
    with pytest.raises(Differs):
        recompute_later(record | {"amount_minor": -501}, rule)
    with pytest.raises(Differs):  # without a credit note that took a part
        recompute_later({**record, "derivation": said | {"now_minor": now - 1, "was_minor": now + 499}}, rule)
    with pytest.raises(NotKnown):
        recompute_later({**record, "derivation": {"credit_note": 7}}, rule)


def test_a_share_of_a_budget_that_was_shared_out() -> None:
    record = {"amount_minor": 3_333, "item": None, "derivation": {"closing": {"left": 10_000, "waiting": 30_000, "mine": 10_000, "share": 3_333}}}
    assert recompute_later(record, {}) == 3_333
    record["derivation"]["closing"]["share"] = 3_335  # type: ignore[index]
    with pytest.raises(Differs):
        recompute_later(record, {})


@pytest.mark.parametrize(
    ("proration", "days", "gross"),
    [("calendar_days", 16, 210_968), ("thirty_days", 16, 218_000), ("half_months", 16, 408_750)],
)
def test_a_charge_of_54_50_m2_at_75_00_from_16_october(proration: str, days: int, gross: int) -> None:
    derivation = {"unit_price": "75.00", "quantity": "54.50", "days": days, "days_in_month": 31, "charged_days": days,
                  "proration": proration, "starts_on": "2026-10-16", "ends_on": "2026-10-31"}  # fmt: skip
    row = {"kind": "rent", "first": "2026-10-16", "last": "2026-10-31", "month": "2026-10-01", "unit_price": "75.00",
           "quantity": "54.50", "basis": "m2_month"}  # fmt: skip
    assert recompute_charge(derivation, row) == gross
    on_top = derivation | {"tax": {"rate": "0.09", "on_minor": gross}}
    assert recompute_charge(on_top, row) == gross + (gross * 9 + 50) // 100
    with pytest.raises(Differs):
        recompute_charge(derivation | {"days": days - 1}, row)

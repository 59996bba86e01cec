"""One step in the editor of a rule: a row more, a row less, a row elsewhere; every step works without a script. Pure.

A step is a verb and the name of what it is done to: `add_condition:who-parts-1`, `drop:caps-0`, `years:how-number`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from incubator.subsidies.forms.typed import BETWEEN, Typed, branch, rows_of, text_of
from incubator.subsidies.rules import conditions
from incubator.subsidies.rules.amounts import MONTH_NUMBER, PLURAL
from incubator.subsidies.rules.conditions import GROUPS
from incubator.subsidies.rules.facts import FACTS

YEARS = ("12", "24", "36")
PARTS = "parts"


def condition() -> Typed:
    """One that is not chosen yet."""
    return {"kind": "fact", "fact": "", "compare": ""}


def group() -> Typed:
    """A group of one condition."""
    return {"kind": "any", PARTS: [condition()]}


def number(text: str = "") -> Typed:
    """A plain number."""
    return {"kind": "plain", "plain": text}


def case() -> Typed:
    """Another number for some."""
    return {"who": {"kind": "all", PARTS: [condition()]}, "number": number()}


def amount() -> Typed:
    """A share."""
    return {"kind": "share", "number": number()}


ROWS: dict[str, tuple[str, Callable[[], Typed]]] = {
    "add_condition": (PARTS, condition),
    "add_group": (PARTS, group),
    "add_number": (PARTS, number),
    "add_amount": (PARTS, amount),
    "add_step": ("steps", lambda: {"until": "", "value": ""}),
    "add_case": ("cases", case),
    "add_cap": ("caps", lambda: {"per": "startup", "window": "month", "number": number()}),
    "add_instalment": ("instalments", lambda: {"share": "", "after_months": "", "gate": "none"}),
}
"""By verb: to which list of the place, and what is added to it."""


def take_step(typed: Typed, step: str) -> str:
    """Do a step to what is typed; the name of the field to go on at, "" where there is none.

    What a step means nothing to stays as it is: it may come from a page that stood open for long.
    """
    verb, _, name = step.partition(":")
    place = find(typed, name)
    after = ""
    if verb in ROWS and isinstance(place, dict):
        key, blank = ROWS[verb]
        rows = place[key] = [*rows_of(place, key), blank()]
        after = _first_field(f"{name}{BETWEEN}{key}" if name else key, len(rows) - 1, rows[-1])
    elif verb == "years" and isinstance(place, dict):
        _by_years(place)
        after = f"{name}-steps-0-value"
    elif verb in ("drop", "up", "down", "out", "into"):
        after = _move(typed, verb, name)
    complete(typed)
    return after


def _first_field(name: str, row: int, blank: Typed) -> str:
    at = f"{name}{BETWEEN}{row}"
    if "who" in blank:
        return f"{at}-who-parts-0-fact"
    if PARTS in blank:
        return f"{at}-parts-0-fact"
    return f"{at}-{'fact' if 'fact' in blank else 'per' if 'per' in blank else next(iter(blank))}"


def find(typed: Any, name: str) -> Any:
    """What stands in the tree by that name; None where nothing does."""
    for key in name.split(BETWEEN) if name else ():
        if isinstance(typed, dict):
            typed = typed.get(key)
        elif isinstance(typed, list) and key.isascii() and key.isdigit() and int(key) < len(typed):
            typed = typed[int(key)]
        else:
            return None
    return typed


def _move(typed: Typed, verb: str, name: str) -> str:
    """Take a row away or put it elsewhere: up, down, out of its group, into the group before it."""
    of, _, last = name.rpartition(BETWEEN)
    rows = find(typed, of)
    if not isinstance(rows, list) or find(typed, name) is None:
        return ""
    row = int(last)
    if verb == "drop":
        del rows[row]
        return of.rpartition(BETWEEN)[0] + "-kind" if of.endswith(PARTS) else ""
    if verb in ("up", "down"):
        to = row + (1 if verb == "down" else -1)
        if 0 <= to < len(rows):
            rows[row], rows[to] = rows[to], rows[row]
            return f"{of}-{to}-{'kind' if rows[to].get('kind') in GROUPS else 'fact'}"
        return name
    if verb == "into" and row > 0 and rows[row - 1].get("kind") in GROUPS:
        inner = rows[row - 1].setdefault(PARTS, [])
        inner.append(rows.pop(row))
        return f"{of}-{row - 1}-parts-{len(inner) - 1}-fact"
    parent, _, _ = of.rpartition(BETWEEN)  # the group that it is in
    around, _, place = parent.rpartition(BETWEEN)
    siblings = find(typed, around)
    if verb == "out" and isinstance(siblings, list) and around.endswith(PARTS):
        siblings.insert(int(place) + 1, rows.pop(row))
        return f"{around}-{int(place) + 1}-fact"
    return name


def _by_years(place: Typed) -> None:
    values = [text_of(step, "value") for step in rows_of(place, "steps")] or [text_of(place, "plain")]
    place |= {"kind": "steps", "by": MONTH_NUMBER, "steps": [
        {"until": until, "value": values[year] if year < len(values) else ""} for year, until in enumerate(YEARS)
    ]}  # fmt: skip


def complete(typed: Typed) -> None:
    """Give what was chosen newly the fields that it needs: a number in steps its first step, a fact its comparison."""
    _complete_part(_own(typed, "who", lambda: {"kind": "all"}))
    _complete_amount(_own(typed, "how", amount))
    counts = _own(typed, "counts", dict)
    for key in ("unit_price", "area", "at_least"):
        _complete_number(_own(counts, key, number))
    for cap in rows_of(typed, "caps"):
        _complete_number(_own(cap, "number", number))


def _own(typed: Typed, key: str, blank: Callable[[], Typed]) -> Typed:
    if not isinstance(typed.get(key), dict):
        typed[key] = blank()
    found: Typed = typed[key]
    return found


def _complete_part(part: Typed) -> None:
    if text_of(part, "kind") in GROUPS:
        for each in rows_of(part, PARTS):
            _complete_part(each)
        return
    fact = text_of(part, "fact")
    if fact in FACTS and text_of(part, "compare") not in conditions.comparisons_of(fact):
        part["compare"] = conditions.comparisons_of(fact)[0]
        part["value"] = ""


def _complete_amount(typed: Typed) -> None:
    kind = text_of(typed, "kind")
    if kind in PLURAL:
        if not rows_of(typed, PARTS):
            before = {key: typed[key] for key in ("number", "per", "over") if key in typed}
            typed[PARTS] = [amount() | before, amount()]
        for each in rows_of(typed, PARTS):
            _complete_amount(each)
        return
    first = next(iter(rows_of(typed, PARTS)), {})
    _complete_number(_own(typed, "number", lambda: branch(first, "number") or number()))


def _complete_number(typed: Typed) -> None:
    kind, before = text_of(typed, "kind"), text_of(typed, "plain")
    if kind == "steps" and not rows_of(typed, "steps"):
        typed |= {"by": text_of(typed, "by") or MONTH_NUMBER, "steps": [{"until": "", "value": before}]}
    if kind == "cases":
        if not rows_of(typed, "cases"):
            typed |= {"cases": [case()], "other": number(before)}
        for each in rows_of(typed, "cases"):
            _complete_part(_own(each, "who", lambda: {"kind": "all", PARTS: [condition()]}))
            _complete_number(_own(each, "number", number))
        _complete_number(_own(typed, "other", number))
    if kind == "product":
        if not rows_of(typed, PARTS):
            typed[PARTS] = [number(before), number()]
        for each in rows_of(typed, PARTS):
            _complete_number(each)

"""The checks across the fields of the form: what can't be true, and what has to be explained. Pure.

A finding names the fields that don't fit. An error stands in the way of freezing; a warning does until a note at its
first field explains it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from msgspec import Struct

from incubator.core.errors import N_, Phrase
from incubator.reports.statistics.indicators import BY_CODE
from incubator.reports.statistics.sheet import Row
from incubator.reports.statistics.units import UNITS

ERROR, WARNING = "error", "warning"
MOST_CHANGE = Decimal(50)
"""Percent, up or down, beyond which a note says why."""


class AtMost(Struct, frozen=True):
    """One field is not more than another."""

    left: str
    right: str
    sentence: str
    """Translatable."""
    level: str = ERROR


class Finding(Struct, frozen=True):
    """What does not fit, at which fields, and whether a note explains it."""

    level: str
    codes: tuple[str, ...]
    says: Phrase
    is_explained: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it stands in the way of freezing."""
        return not self.is_explained


AT_MOST: tuple[AtMost, ...] = (
    AtMost("area_used", "area_total", N_("More area is used than there is.")),
    AtMost("area_public", "area_total", N_("There is more area of public service than there is area.")),
    AtMost("served_teams", "team_people", N_("There are fewer people in teams than teams: each has one at the least.")),
    AtMost("resident_companies", "company_people",
           N_("Fewer people are employed than there are companies at the year's end."), WARNING),
    AtMost("incubated", "incubated_people",
           N_("Fewer people are employed by incubated companies than there are such companies."), WARNING),
    AtMost("incubated_people", "company_people",
           N_("Incubated companies employ more people than all companies together.")),
    AtMost("fresh_graduates", "company_people", N_("More fresh graduates are employed than people.")),
    AtMost("served_new", "served", N_("More are new than were served.")),
    AtMost("registered_new", "served_companies", N_("More companies were newly registered than were served.")),
    AtMost("resident", "served", N_("More are here at the year's end than were served in the year.")),
    AtMost("resident_companies", "resident", N_("More companies are here at the year's end than startups.")),
    AtMost("incubated", "resident_companies", N_("There are more incubated companies than companies.")),
    AtMost("inventions_held", "rights_held", N_("More invention patents are held than rights.")),
    AtMost("financed", "served", N_("More were financed than were served.")),
    AtMost("graduates", "served", N_("More graduated than were served.")),
    AtMost("graduates", "graduates_all", N_("More graduated this year than ever.")),
    *(AtMost(code, "founders", N_("A category of founders has more than there are founders.")) for code in (
        "founders_students", "founders_returnees", "founders_researchers", "founders_serial", "founders_executives")),
    AtMost("served", "founders", N_("There are fewer founders than teams and companies."), WARNING),
    AtMost("subsidies_passed_on", "subsidies_received",
           N_("More subsidies were passed on than were received: the rest is still to come, or is the operator's own."),
           WARNING),
    AtMost("income_subsidies", "subsidies_received",
           N_("The operator's own subsidies are more than all that were received: say what is still to come."),
           WARNING),
)  # fmt: skip
TOGETHER = (("financed", "financed_amount"), ("events", "participants"))
"""Where the first is not 0 the second is not either."""


def check(rows: Sequence[Row]) -> list[Finding]:
    """All that does not fit, errors first, each in the order of the form."""
    by_code = {row.indicator.code: row for row in rows}
    found = [*_unknown(rows), *_not_whole(rows), *_compared(by_code), *_not_adding_up(by_code), *_together(by_code),
             *_differing(rows), *_partly_known(rows), *_changed(rows)]  # fmt: skip
    order = list(by_code)
    return sorted(found, key=lambda each: (each.level != ERROR, order.index(each.codes[0])))


def open_findings(findings: Iterable[Finding]) -> list[Finding]:
    """What has to be mended or explained before the year can be frozen."""
    return [each for each in findings if each.is_open]


def _finding(level: str, rows: Sequence[Row], says: Phrase) -> Finding:
    return Finding(level, tuple(row.indicator.code for row in rows), says,
                   is_explained=level == WARNING and bool(rows[0].note))  # fmt: skip


def _unknown(rows: Iterable[Row]) -> Iterable[Finding]:
    for row in rows:
        if row.value is None:
            yield _finding(ERROR, [row], Phrase(_why_unknown(row)))


def _why_unknown(row: Row) -> str:
    if row.indicator.is_stated or row.indicator.or_stated:
        return N_("Not known: state it with its evidence.")
    if any(each.part_of == row.indicator.code for each in BY_CODE.values()):
        return N_("Not known, because a part of it is not.")
    return N_("Not known: the rows that it is counted from are missing.")


def _not_whole(rows: Iterable[Row]) -> Iterable[Finding]:
    """What the form wants as a whole number of what is counted: 12.5 people are none."""
    for row in rows:
        unit = UNITS[row.indicator.unit]
        counted = row.figure.value
        if counted is not None and not unit.is_money and not unit.decimals and counted != counted.to_integral_value():
            yield _finding(ERROR, [row], Phrase(N_("The form wants a whole number.")))


def _compared(by_code: Mapping[str, Row]) -> Iterable[Finding]:
    for rule in AT_MOST:
        left, right = by_code.get(rule.left), by_code.get(rule.right)
        if left is None or right is None or left.value is None or right.value is None:
            continue
        if left.value > right.value:
            yield _finding(rule.level, [left, right], Phrase(rule.sentence))


def _not_adding_up(by_code: Mapping[str, Row]) -> Iterable[Finding]:
    for whole in dict.fromkeys(each.part_of for each in BY_CODE.values() if each.part_of):
        parts = [row for row in by_code.values() if row.indicator.part_of == whole]
        if whole not in by_code or not parts:
            continue
        values, total = [row.value for row in parts], by_code[whole].value
        known = [value for value in values if value is not None]
        if total is not None and len(known) == len(values) and sum(known, Decimal(0)) != total:
            yield _finding(ERROR, [by_code[whole], *parts], Phrase(N_("The parts do not add up to the whole.")))


def _together(by_code: Mapping[str, Row]) -> Iterable[Finding]:
    for first, second in TOGETHER:
        if first in by_code and second in by_code and by_code[first].value and by_code[second].value == 0:
            yield _finding(WARNING, [by_code[first], by_code[second]],
                           Phrase(N_("One of the two is 0, and the other is not.")))  # fmt: skip


def _differing(rows: Iterable[Row]) -> Iterable[Finding]:
    """The books say 812 thousand yuan, and staff state 860: the books stand, and a note says why."""
    for row in rows:
        if row.told is not None:
            yield _finding(WARNING, [row], Phrase(
                N_("The books say %(books)s, and staff state %(stated)s: say why."),
                {"books": str(row.value), "stated": str(row.told)}))  # fmt: skip


def _partly_known(rows: Iterable[Row]) -> Iterable[Finding]:
    """Companies that have confirmed nothing, and rounds without an amount: counted as nothing, so they are named."""
    for row in rows:
        missing = [line for line in row.figure.lines if not line.counts]
        if row.value is not None and missing and row.indicator.code in PARTLY:
            says = Phrase(N_("Without %(count)s that have not been confirmed or told: %(names)s"), {
                "count": len(missing), "names": ", ".join(line.label.split(" ")[0] for line in missing[:5])
                + ("…" if len(missing) > 5 else "")})  # fmt: skip
            yield _finding(WARNING, [row], says)


PARTLY = frozenset({"company_people", "incubated_people", "fresh_graduates", "financed_amount"})


def _changed(rows: Iterable[Row]) -> Iterable[Finding]:
    for row in rows:
        if row.value is None or row.last is None:
            continue
        if row.last == 0 and row.value != 0:
            yield _finding(WARNING, [row], Phrase(N_("It was 0 last year: say why it is not now.")))
        elif row.change is not None and abs(row.change) > MOST_CHANGE:
            yield _finding(WARNING, [row], Phrase(N_("Changed by %(percent)s %% against last year: say why."),
                                                  {"percent": f"{row.change:+}"}))  # fmt: skip

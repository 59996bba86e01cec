"""The qualification gauge of a month's last day as a kind of report: every criterion with its figure, its threshold,
its state and the rows behind it, of all qualifications that the operator holds or aims at."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.core.canonical import plain
from incubator.core.errors import N_, Phrase
from incubator.documents import formats
from incubator.documents.workbook import Column
from incubator.reports.content import Content, Report, exact
from incubator.reports.frozen.kind import Figure, Kind, Presented, Question, Table
from incubator.reports.frozen.queries import heading
from incubator.reports.gauge import queries
from incubator.reports.gauge.rules import Verdict, stand
from incubator.reports.gauge.words import COMPARISON_WORDS, MEASURE_WORDS, STATUS_WORDS
from incubator.reports.gauge.world import Line

DEFINITION = "qualification/1"
STATE_WORDS = {
    "met": N_("met"), "not_met": N_("not met"), "unknown": N_("not known"), "spared": N_("met by another"),
}  # fmt: skip


def _make(session: Session, actor: Actor, question: Question) -> Report:
    """Every goal on the period's last day; a dozen statements for each."""
    actor.require(Action.SEE_REPORTS)
    on = question.period.last
    goals, rows = [], []
    for goal in queries.list_goals(session, actor):
        criteria = {each.id: each for each in queries.list_criteria(session, goal.standard.id)}
        standing = stand(queries.demands_of(list(criteria.values()), on), queries.observe(session, actor, goal), on)
        goals.append({
            "key": goal.goal.id, "name": goal.goal.name, "name_en": goal.goal.name_en,
            "standard": {"code": goal.standard.code, "name": goal.standard.name, "name_en": goal.standard.name_en,
                         "level": goal.standard.level, "source": goal.standard.source},
            "sites": [{"id": site.id, "code": site.code, "name": site.name, "name_en": site.name_en}
                      for site in goal.sites],
        })  # fmt: skip
        for verdict in standing.verdicts:
            criterion = criteria[verdict.demand.id]
            rows.append({
                "key": f"{goal.goal.id}-{criterion.id}", "goal": goal.goal.id, "measure": verdict.demand.measure,
                "comparison": verdict.demand.comparison, "threshold": exact(verdict.demand.threshold),
                "alternative": verdict.demand.alternative, "source": criterion.source, "status": criterion.status,
                "figure": None if verdict.figure.value is None else exact(verdict.figure.value),
                "state": _state(verdict), "lines": [_line(line) for line in verdict.figure.lines],
            })  # fmt: skip
    content: Content = plain({**heading(session, question, DEFINITION), "on": on, "goals": goals, "rows": rows})
    content["figures"] = figures_of(content)
    return Report(content)


def _state(verdict: Verdict) -> str:
    if verdict.is_met:
        return "met"
    if verdict.is_spared:
        return "spared"
    return "unknown" if verdict.is_met is None else "not_met"


def _line(line: Line) -> dict[str, Any]:
    note = line.note
    said = {"message": note.message, "values": dict(note.values)} if isinstance(note, Phrase) else note
    return {"label": line.label, "label_en": line.label_en, "note": said, "amount": exact(line.amount),
            "counts": line.counts}  # fmt: skip


def state_of(row: Mapping[str, Any]) -> str:
    """A criterion judged anew, by its own figure and threshold: 19 of at least 20 is not met."""
    if row["figure"] is None:
        return "unknown"
    figure, threshold = Decimal(row["figure"]), Decimal(row["threshold"])
    return "met" if (figure >= threshold if row["comparison"] == "at_least" else figure <= threshold) else "not_met"


def figures_of(content: Content) -> list[dict[str, Any]]:
    """Of each goal how many criteria are asked, met and not known; alternatives count as one."""
    found = []
    for goal in content["goals"]:
        groups: dict[Any, set[str]] = {}
        for row in content["rows"]:
            if row["goal"] == goal["key"]:
                groups.setdefault(row["alternative"] or row["key"], set()).add(state_of(row))
        met = sum("met" in states for states in groups.values())
        unknown = sum("met" not in states and "unknown" in states for states in groups.values())
        found.append({"key": goal["key"], "asked": len(groups), "met": met, "unknown": unknown})
    return found


def adds_up(content: Content) -> bool:
    """Each state follows from figure and threshold, and the counts from the states."""
    return figures_of(content) == content["figures"] and all(
        row["state"] == state_of(row) or (row["state"] == "spared" and state_of(row) != "met" and row["alternative"])
        for row in content["rows"]
    )


def present(content: Content, locale: str) -> Presented:
    """How many criteria of each qualification are met, every criterion, and the rows behind each figure."""
    counts = {each["key"]: each for each in content["figures"]}
    goals = {goal["key"]: goal for goal in content["goals"]}
    figures = [
        Figure(_named(goal, locale), f"{counts[key]['met']} / {counts[key]['asked']}", "text",
               gettext("%(count)s not known", count=counts[key]["unknown"]) if counts[key]["unknown"] else "")
        for key, goal in goals.items()
    ]  # fmt: skip
    day = formats.day(date.fromisoformat(content["on"]), locale)
    return Presented(
        figures=figures, tables=[_criteria(content, goals, locale), _evidence(content, goals, locale)],
        facts=[(gettext("Day"), day), *((_named(goal, locale), _sites(goal, locale)) for goal in goals.values())],
        notes=[] if goals else [gettext("The operator has set no qualification as its goal.")],
    )  # fmt: skip


def _criteria(content: Content, goals: Mapping[int, Mapping[str, Any]], locale: str) -> Table:
    rows = content["rows"]
    return Table(
        "rows", gettext("Criteria"),
        [Column(gettext("Qualification"), width=24), Column(gettext("Criterion of a standard"), width=28),
         Column(gettext("Comparison"), width=10), Column(gettext("Threshold"), "decimal", 12),
         Column(gettext("Figure"), "decimal", 12), Column(gettext("Unit"), width=8), Column(gettext("State"), width=12),
         Column(gettext("Source"), width=34)],
        [[_named(goals[row["goal"]], locale), _measure(row),
          _word(COMPARISON_WORDS, row, "comparison"), Decimal(row["threshold"]),
          None if row["figure"] is None else Decimal(row["figure"]), _unit(row), _word(STATE_WORDS, row, "state"),
          " · ".join(part for part in (row["source"], _word(STATUS_WORDS, row, "status")) if part)] for row in rows],
        links=[("gauge.show_rows", {"goal_id": row["goal"], "measure": row["measure"], "on": content["on"]})
               for row in rows],
    )  # fmt: skip


def _evidence(content: Content, goals: Mapping[int, Mapping[str, Any]], locale: str) -> Table:
    rows = [(row, line) for row in content["rows"] for line in row["lines"]]
    return Table(
        "evidence", gettext("The rows behind the figures"),
        [Column(gettext("Qualification"), width=24), Column(gettext("Criterion of a standard"), width=28),
         Column(gettext("Row"), width=34), Column(gettext("Remark"), width=34),
         Column(gettext("Quantity"), "decimal", 12), Column(gettext("Counts"), width=8)],
        [[_named(goals[row["goal"]], locale), _measure(row),
          (locale == "en" and line["label_en"]) or line["label"], _note(line["note"], locale), Decimal(line["amount"]),
          gettext("yes") if line["counts"] else gettext("no")] for row, line in rows],
    )  # fmt: skip


def _note(note: Any, locale: str) -> str:
    if isinstance(note, str):
        return note
    values = {key: _typed(value) for key, value in note["values"].items()}
    return formats.sentence(Phrase(note["message"], values), locale)


def _typed(value: Any) -> object:
    """A day of the content as a day again, so that it is written as the reader writes days."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else value
    except ValueError:
        return value


def _sites(goal: Mapping[str, Any], locale: str) -> str:
    return ("、" if locale == "zh_Hans" else ", ").join(_named(site, locale) for site in goal["sites"])


def _measure(row: Mapping[str, Any]) -> str:
    words = MEASURE_WORDS[row["measure"]]
    return gettext(words.title)


def _word(words: Mapping[str, str], row: Mapping[str, Any], field: str) -> str:
    word = words[row[field]]
    return gettext(word)


def _unit(row: Mapping[str, Any]) -> str:
    unit = MEASURE_WORDS[row["measure"]].unit
    return gettext(unit) if unit else ""


def _named(thing: Mapping[str, Any], locale: str) -> str:
    found: str = (locale == "en" and thing["name_en"]) or thing["name"]
    return found


QUALIFICATION = Kind(
    name="qualification",
    title=N_("Qualification report"),
    about=N_("Every criterion of the qualifications that the operator holds or aims at, on the last day of the month."),
    job=N_("Freeze the qualification report"),
    rhythm="month",
    make=_make,
    present=present,
    adds_up=adds_up,
    of_site=False,
    parts={"rows": N_("Criterion of a standard"), "goals": N_("Qualification"), "figure": N_("Figure")},
)

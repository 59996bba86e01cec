"""Ask anything that the catalogue has: each subject's cube answers for its measures; the parts are laid together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from msgspec.structs import replace
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.core.errors import N_, Refusal
from incubator.database import plan_by_values
from incubator.reports.measuring.catalogue import BILLING, MEASURES, MENTORING, OCCUPANCY, SUBSIDIES
from incubator.reports.measuring.occupancy_cube import answer_occupancy
from incubator.reports.measuring.question import (
    MOST_LINES,
    Amount,
    Answer,
    CubeAnswer,
    Key,
    Label,
    Line,
    Question,
    check,
)
from incubator.reports.measuring.record_cubes import answer_billing, answer_mentoring, answer_subsidies

Cube = Callable[[Session, Actor, Question], CubeAnswer]
"""Answers a checked question that has only its subject's measures."""

CUBES: dict[str, Cube] = {
    OCCUPANCY: answer_occupancy, BILLING: answer_billing, SUBSIDIES: answer_subsidies, MENTORING: answer_mentoring,
}  # fmt: skip
"""By subject."""


def ask(session: Session, actor: Actor, question: Question) -> Answer:
    """The answer, exact. Refusal where the question makes no sense or would have more than 20,000 lines."""
    actor.require(Action.SEE_REPORTS)
    check(question)
    plan_by_values(session)
    subjects = dict.fromkeys(MEASURES[name].subject for name in question.measures)
    parts: dict[tuple[Key, ...], dict[str, Amount]] = {}
    totals: dict[str, Amount] = {}
    labels: dict[str, dict[Key, Label]] = {}
    for subject in subjects:
        mine = tuple(name for name in question.measures if MEASURES[name].subject == subject)
        found = CUBES[subject](session, actor, replace(question, measures=mine))
        totals.update(found.totals)
        for key, amounts in found.parts.items():
            parts.setdefault(key, {}).update(amounts)
        for dimension, names in found.labels.items():
            labels.setdefault(dimension, {}).update(names)
    if len(parts) > MOST_LINES:
        raise Refusal(N_("That would be more than %(count)s lines: ask by fewer dimensions, or of fewer days."),
                      field="dimensions", count=MOST_LINES)  # fmt: skip
    empty = {name: Amount(Decimal(0), Decimal(0) if MEASURES[name].is_share else None) for name in question.measures}
    lines = [Line(key, {**empty, **amounts}) for key, amounts in parts.items()]
    order = _Order(question, labels)
    return Answer(question, tuple(sorted(lines, key=order)), {**empty, **totals}, labels)


class _Order:
    """By name where keys have names, else by the key; nobody's part last."""

    def __init__(self, question: Question, labels: Mapping[str, Mapping[Key, Label]]) -> None:
        self.places = [
            {key: nth for nth, key in enumerate(labels.get(dimension, {}))} for dimension in question.dimensions
        ]

    def __call__(self, line: Line) -> tuple[tuple[bool, int, int, str], ...]:
        return tuple(
            (key is None, places.get(key, len(places)), key if isinstance(key, int) else 0, str(key))
            for key, places in zip(line.key, self.places, strict=True)
        )

"""Achievements: claimed with evidence, counted once confirmed and while they hold; never typed as numbers."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy.orm import Session

from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.startups.models import Achievement
from incubator.startups.operations.achievements import claim_achievement, confirm_achievement, withdraw_achievement
from incubator.startups.queries.achievements import (
    list_achievement_rows,
    list_achievements,
    list_rights,
    sum_financing,
)
from incubator.startups.queries.figures import load_sheet
from tests.cast import NOW, Cast
from tests.startups.figures_world import found_world

TODAY = date(2026, 10, 1)


def claim(session: Session, cast: Cast, confirmed: bool = True, **more: Any) -> Achievement:
    said: dict[str, Any] = {"startup_id": cast.startup_a, "kind": "right_applied", "sort": "invention", "title": "一种方法",
                            "happened_on": date(2026, 8, 1)} | more  # fmt: skip
    made = claim_achievement(session, said.pop("actor", cast.founder_a), now=NOW, today=TODAY, **said)
    if confirmed:
        confirm_achievement(session, cast.manager, now=NOW, achievement_id=made.id)
    return made


def test_it_counts_once_it_is_confirmed_and_while_it_holds(session: Session, cast: Cast) -> None:
    made = claim(session, cast, confirmed=False, kind="qualification", sort="high_tech", title="高新技术企业",
                 happened_on=date(2023, 12, 1), valid_until=date(2026, 11, 30))  # fmt: skip
    ids = [cast.startup_a, cast.startup_b]

    def holding(on: date) -> int:
        return len(list_achievements(session, ids, kinds=["qualification"], sorts=["high_tech"], valid_on=on))

    assert holding(TODAY) == 0
    confirm_achievement(session, cast.manager, now=NOW, achievement_id=made.id)
    days = (date(2023, 11, 30), date(2023, 12, 1), date(2026, 11, 30), date(2026, 12, 1))
    assert [holding(on) for on in days] == [0, 1, 1, 0]
    withdraw_achievement(session, cast.manager, now=NOW, achievement_id=made.id, reason="证书被撤销")
    assert holding(TODAY) == 0


def test_money_raised_is_summed_without_loans(session: Session, cast: Cast) -> None:
    for sort, amount, on in (("angel", 300_000_000, date(2026, 3, 1)), ("a", 250_000_000, date(2026, 9, 30)),
                             ("loan", 100_000_000, date(2026, 9, 1))):  # fmt: skip
        claim(session, cast, kind="financing", sort=sort, title="融资", happened_on=on, amount_minor=amount)
    found = sum_financing(session, [cast.startup_a, cast.startup_b], None, TODAY)
    assert {key: (each.amount_minor, len(each.rounds)) for key, each in found.items()} == {
        cast.startup_a: (550_000_000, 2)
    }
    assert sum_financing(session, [cast.startup_a], None, date(2026, 9, 29))[cast.startup_a].amount_minor == 300_000_000
    with_loans = sum_financing(session, [cast.startup_a], date(2026, 9, 1), TODAY, with_loans=True)
    assert with_loans[cast.startup_a].amount_minor == 350_000_000


def test_a_sheet_shows_what_is_counted(session: Session, cast: Cast) -> None:
    world = found_world(session, cast)
    claim(session, cast)
    claim(session, cast, title="另一种方法", happened_on=date(2026, 6, 30))  # of the quarter before
    claim(session, cast, title="未确认", confirmed=False)
    claim(session, cast, kind="right_granted", sort="software", title="软件 V1.0", happened_on=date(2026, 9, 30))
    claim(session, cast, kind="qualification", sort="technology_sme", title="入库", happened_on=date(2026, 3, 1),
          valid_until=date(2026, 9, 29))  # fmt: skip
    computed = {each.kind: len(each.rows) for each in load_sheet(session, cast.founder_a, world.sheet().id).computed}
    assert computed == {"right_applied": 1, "right_granted": 1, "financing": 0, "qualification": 0}
    assert len(list_rights(session, [cast.startup_a], "right_applied")[cast.startup_a]) == 2


@pytest.mark.parametrize(("more", "says"), [
    ({"kind": "patent"}, "what it is"), ({"sort": "angel"}, "which"), ({"title": " "}, "title"),
    ({"happened_on": date(2026, 10, 2)}, "to come"), ({"valid_until": date(2026, 7, 31)}, "before"),
    ({"kind": "financing", "sort": "angel"}, "raised"),
    ({"kind": "financing", "sort": "angel", "amount_minor": 10**16}, "amount"),
])  # fmt: skip
def test_what_is_wrong_is_refused(session: Session, cast: Cast, more: dict[str, Any], says: str) -> None:
    with pytest.raises(Refusal, match=says):
        claim(session, cast, **more)


def test_who_may(session: Session, cast: Cast) -> None:
    made = claim(session, cast, confirmed=False)
    with pytest.raises(NotFound):
        claim(session, cast, actor=cast.founder_b)
    with pytest.raises(Forbidden):
        claim(session, cast, actor=cast.member_a)
    with pytest.raises(NotFound):
        withdraw_achievement(session, cast.founder_b, now=NOW, achievement_id=made.id, reason="x")
    with pytest.raises(Forbidden):
        confirm_achievement(session, cast.founder_a, now=NOW, achievement_id=made.id)
    with pytest.raises((NotFound, Forbidden)):
        list_achievement_rows(session, cast.founder_b, startup_id=cast.startup_a)
    with pytest.raises(Forbidden):
        list_achievement_rows(session, cast.founder_b)
    confirm_achievement(session, cast.manager, now=NOW, achievement_id=made.id)
    with pytest.raises(Conflict, match="already"):
        confirm_achievement(session, cast.manager, now=NOW, achievement_id=made.id)
    with pytest.raises(Forbidden):
        withdraw_achievement(session, cast.founder_a, now=NOW, achievement_id=made.id, reason="x")
    page, counts = list_achievement_rows(session, cast.auditor, state="confirmed", search="一种")
    assert [row.achievement.id for row in page.rows] == [made.id] and counts["confirmed"] == 1

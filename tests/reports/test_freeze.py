"""Freezing: once, unchangeable, a next version with its reason, and a check that notices one digit."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import func, select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from incubator.audit.models import AuditEvent
from incubator.core.errors import Conflict, Forbidden, Refusal
from incubator.jobs.freezing import FREEZE_OCCUPANCY
from incubator.jobs.job import Run
from incubator.jobs.operations import enqueue
from incubator.reports.content import figures_from_rows
from incubator.reports.frozen import freezing
from incubator.reports.frozen.kind import Question
from incubator.reports.frozen.occupancy import OCCUPANCY
from incubator.reports.frozen.proving import check_content
from incubator.reports.measuring.catalogue import MEASURES
from incubator.reports.models import FrozenReport
from incubator.reports.operations import freeze_occupancy, freeze_once
from incubator.reports.queries import get_frozen, list_latest, list_versions, measure_occupancy
from incubator.reports.verification import Verification
from incubator.startups.rules.periods import Period
from tests.cast import Cast
from tests.reports.world import NOVEMBER_FIRST, OCTOBER, World, book

NOW = NOVEMBER_FIRST


def freeze(session: Session, cast: Cast, world: World, reason: str = "") -> FrozenReport:
    return freeze_occupancy(session, cast.finance, now=NOW, site_id=world.site_id, month=OCTOBER, reason=reason)


def check(session: Session, cast: Cast, world: World) -> Verification:
    frozen = get_frozen(session, cast.auditor, world.site_id, OCTOBER, None)
    live = measure_occupancy(session, cast.auditor, world.site_id, OCTOBER)
    return check_content(OCCUPANCY, frozen.content, frozen.sha256, live)


def test_frozen_it_holds_the_figures_and_their_hash(session: Session, cast: Cast, world: World) -> None:
    frozen = freeze(session, cast, world)
    live = measure_occupancy(session, cast.finance, world.site_id, OCTOBER)
    assert (frozen.version, frozen.sha256, frozen.content) == (1, live.sha256, live.canonical.decode())
    session.expire_all()
    assert frozen.figures == live.content["figures"]  # taken out of the content by the database
    event = session.execute(select(AuditEvent).order_by(AuditEvent.number.desc()).limit(1)).scalar_one()
    assert (event.action, event.after["sha256"]) == ("freeze_occupancy", live.sha256.hex())


def test_a_month_that_is_not_over_cannot_be_frozen(session: Session, cast: Cast, world: World) -> None:
    before = NOVEMBER_FIRST.replace(minute=0) - timedelta(seconds=1)
    with pytest.raises(Refusal, match="not over"):
        freeze_occupancy(session, cast.finance, now=before, site_id=world.site_id, month=OCTOBER)
    at_midnight = before + timedelta(seconds=1)
    assert freeze_occupancy(session, cast.finance, now=at_midnight, site_id=world.site_id, month=OCTOBER).version == 1


def test_a_next_version_needs_a_change_and_a_reason(session: Session, cast: Cast, world: World) -> None:
    freeze(session, cast, world)
    with pytest.raises(Conflict, match="Nothing has changed"):
        freeze(session, cast, world, "again")
    book(session, world, "A", "2026-10-23 09:00", "2026-10-23 10:00")
    with pytest.raises(Refusal, match="Say why") as refused:
        freeze(session, cast, world, "   ")
    assert refused.value.field == "reason"
    second = freeze(session, cast, world, "补录一次线下登记的会议")
    assert (second.version, second.reason) == (2, "补录一次线下登记的会议")
    versions = list_versions(session, cast.auditor, world.site_id, OCTOBER)
    assert [(v.version, v.figures[2]["numerator"], v.frozen_by) for v in versions] == [
        (1, "330", "fiona"), (2, "390", "fiona"),
    ]  # fmt: skip
    latest = list_latest(session, cast.auditor, OCTOBER - 1, OCTOBER + 1)
    assert {key: frozen.version for key, frozen in latest.items()} == {(world.site_id, OCTOBER): 2}


def test_who_may_freeze(session: Session, cast: Cast, world: World) -> None:
    for actor in (cast.auditor, cast.front_desk, cast.founder_a, cast.mentor):
        with pytest.raises(Forbidden):
            freeze_occupancy(session, actor, now=NOW, site_id=world.site_id, month=OCTOBER)


@pytest.mark.parametrize("statement", ["UPDATE frozen_reports SET reason = 'x'", "DELETE FROM frozen_reports"])
def test_the_database_refuses_to_change_or_delete_it(
    session: Session, cast: Cast, world: World, statement: str
) -> None:
    freeze(session, cast, world)
    with pytest.raises(ProgrammingError, match="permission denied"), session.begin_nested():
        session.execute(text(statement))


def test_the_check_says_that_all_is_well(session: Session, cast: Cast, world: World) -> None:
    freeze(session, cast, world)
    answer = check(session, cast, world)
    assert answer.intact and answer.current and answer.figures_hold and not answer.differences


def test_the_check_names_what_differs_from_the_ledger_now(session: Session, cast: Cast, world: World) -> None:
    freeze(session, cast, world)
    extra = book(session, world, "A", "2026-10-23 09:00", "2026-10-23 10:00")
    answer = check(session, cast, world)
    assert answer.intact and not answer.current and not answer.figures_hold
    first, *_ = answer.differences
    assert (first.kind, first.subject, first.field, first.before, first.after) == (
        "figure", "time", "numerator", "330", "390",
    )  # fmt: skip
    assert [d.subject for d in answer.differences if d.kind == "row"] == [str(extra)]


def test_a_name_that_changed_leaves_the_figures_standing(session: Session, cast: Cast, world: World) -> None:
    freeze(session, cast, world)
    session.execute(text("UPDATE sites SET name = '新名' WHERE id = :id"), {"id": world.site_id})
    session.expire_all()
    answer = check(session, cast, world)
    assert answer.intact and not answer.current and answer.figures_hold
    assert [(d.kind, d.field, d.before, d.after) for d in answer.differences] == [
        ("heading", "name", "南山园区", "新名"),
    ]  # fmt: skip


def test_one_changed_digit_is_noticed(session: Session, cast: Cast, world: World) -> None:
    frozen = freeze(session, cast, world)
    live = measure_occupancy(session, cast.finance, world.site_id, OCTOBER)
    digits = [position for position, character in enumerate(frozen.content) if character.isdigit()]
    for position in digits[:: len(digits) // 60]:
        other = str((int(frozen.content[position]) + 1) % 10)
        changed = frozen.content[:position] + other + frozen.content[position + 1 :]
        assert not check_content(OCCUPANCY, changed, frozen.sha256, live).intact


def test_a_hash_made_to_fit_does_not_hide_a_changed_figure(session: Session, cast: Cast, world: World) -> None:
    frozen = freeze(session, cast, world)
    live = measure_occupancy(session, cast.finance, world.site_id, OCTOBER)
    content = json.loads(frozen.content)
    content["figures"][1]["numerator"] = "120"
    forged = type(live)(content)
    answer = check_content(OCCUPANCY, forged.canonical.decode(), forged.sha256, live)
    assert answer.stored == answer.recomputed and not answer.adds_up and not answer.intact


def test_the_job_makes_version_one_once(session: Session, cast: Cast, world: World) -> None:
    row = enqueue(session, cast.system, now=NOW, job="freeze_occupancy", period="2026-10", site_id=world.site_id)
    run = Run(row.id, cast.operator_id, row.job, row.site_id, row.period, {}, 1, None, "w", NOW)
    outcomes = [FREEZE_OCCUPANCY.run(session, cast.system, run, lambda _d, _t: None)["outcome"] for _ in range(3)]
    assert outcomes == ["frozen", "stands", "stands"]
    book(session, world, "A", "2026-10-23 09:00", "2026-10-23 10:00")
    assert FREEZE_OCCUPANCY.run(session, cast.system, run, lambda _d, _t: None)["outcome"] == "stands"
    count = session.execute(select(func.count()).select_from(FrozenReport)).scalar_one()
    assert count == 1
    frozen, made = freeze_once(session, cast.system, now=NOW, site_id=world.site_id, month=OCTOBER)
    assert (frozen.version, made, frozen.frozen_by) == (1, False, None)


def test_what_the_first_definition_froze_still_verifies(session: Session, cast: Cast, world: World) -> None:
    live = measure_occupancy(session, cast.finance, world.site_id, OCTOBER)
    first = live.as_defined("occupancy/1")
    assert "measures" not in first.content and first.sha256 != live.sha256
    answer = check_content(OCCUPANCY, first.canonical.decode(), first.sha256, live)
    assert answer.intact and answer.current
    former = replace(OCCUPANCY, make=lambda *_: first)
    freezing.freeze(session, cast.finance, now=NOVEMBER_FIRST, kind=former,
                    question=Question(Period("month", OCTOBER.first), world.site_id))  # fmt: skip
    with pytest.raises(Conflict):  # nothing has changed but the definition
        freeze_occupancy(session, cast.finance, now=NOVEMBER_FIRST, site_id=world.site_id, month=OCTOBER, reason="口径")


def test_the_second_definition_has_every_measure(session: Session, cast: Cast, world: World) -> None:
    content = measure_occupancy(session, cast.finance, world.site_id, OCTOBER).content
    assert content["definition"] == "occupancy/2"
    assert [each["measure"] for each in content["measures"]] == [name for name, each in MEASURES.items() if each.subject == "occupancy"]
    by_name = {each["measure"]: each for each in content["measures"]}
    for figure in content["figures"]:  # the same from the cells and, added up, from the rows
        assert (by_name[figure["measure"]]["numerator"], by_name[figure["measure"]]["denominator"]) == (
            figure["numerator"], figure["denominator"])  # fmt: skip
    assert figures_from_rows(content) == content["figures"]

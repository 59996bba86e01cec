"""Rounds before they are proposed: opened, who is in them, how many each is to have, and which pairs are wished."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import Range, insert
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.clock import CHINA
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.core.texts import one_line
from incubator.database import current_operator
from incubator.mentors.models import (
    Mentor,
    MentorConflict,
    MentoringRound,
    RoundMentor,
    RoundPair,
    RoundStartup,
    RoundWish,
)
from incubator.mentors.queries.candidates import MOST_IN_A_ROUND, can_mentor
from incubator.mentors.queries.rounds import get_round, round_state
from incubator.mentors.rules.assignment import Limits
from incubator.mentors.rules.vocabulary import WISHES
from incubator.pricing.rules import check_day
from incubator.spaces.operations.words import LONGEST_NAME
from incubator.startups.models import Startup

A_DAY = timedelta(days=1)
LONGEST_TERM = timedelta(days=3 * 366)
LONGEST_REASON = 200
MOST = 1000
DEFAULT_LIMITS = {"startups": Limits(1, 2), "mentors": Limits(0, 3)}
"""What somebody new in a round is to have, where nothing else is said."""


def open_round(
    session: Session, actor: Actor, *, now: datetime, name: str, first: date, last: date, name_en: str = ""
) -> MentoringRound:
    """A round whose mentorships are meant from the first to the last day (inclusive); nobody is in it yet."""
    actor.require(Action.MANAGE_MENTORS)
    a_round = MentoringRound(created_at=now, created_by=actor.person_id, days=_days(first, last), figures={},
                             **_names(name, name_en))  # fmt: skip
    session.add(a_round)
    session.flush()
    record(session, actor, "open_round", ("mentoring_rounds", a_round.id), now=now, after=_facts(a_round))
    return a_round


def edit_round(
    session: Session, actor: Actor, *, now: datetime, round_id: int, name: str, first: date, last: date,
    name_en: str = "",
) -> MentoringRound:  # fmt: skip
    """Another name, other days, until it is published."""
    a_round = lock_round(session, actor, round_id)
    before = _facts(a_round)
    for column, value in (_names(name, name_en) | {"days": _days(first, last)}).items():
        setattr(a_round, column, value)
    if _facts(a_round) != before:
        record(session, actor, "edit_round", ("mentoring_rounds", round_id), now=now, before=before,
               after=_facts(a_round))  # fmt: skip
    return a_round


def discard_round(session: Session, actor: Actor, *, now: datetime, round_id: int) -> MentoringRound:
    """Nothing comes of it; what was proposed stays to be read."""
    a_round = lock_round(session, actor, round_id)
    a_round.discarded_at = now
    record(session, actor, "discard_round", ("mentoring_rounds", round_id), now=now, after={"name": a_round.name})
    return a_round


def add_to_round(
    session: Session, actor: Actor, *, now: datetime, round_id: int, side: str, ids: Collection[int],
    limits: Limits | None = None,
) -> int:  # fmt: skip
    """Have startups or mentors in a round, each with these limits; how many are new. Who is in it stays as they are.

    Mentors: those who could have a score today (`can_mentor`). NotFound for who is not there.
    """
    lock_round(session, actor, round_id)
    limits = limits or DEFAULT_LIMITS[side]
    table, column = _table(side)
    wanted = sorted(set(ids))
    if not wanted:
        raise Refusal(N_("Choose at least one."), field="ids")
    known = select(Startup.id).where(Startup.id.in_(wanted))
    if side == "mentors":
        known = select(Mentor.id).where(Mentor.id.in_(wanted), *can_mentor(now.astimezone(CHINA).date()))
    if len(session.execute(known).all()) != len(wanted):
        raise NotFound
    common = {"operator_id": current_operator(session), "round_id": round_id, "least": limits.least,
              "most": limits.most}  # fmt: skip
    added = session.execute(
        insert(table).on_conflict_do_nothing().returning(getattr(table, column)),
        [common | {column: each} for each in wanted],
    ).scalars().all()  # fmt: skip
    in_it = session.execute(select(func.count()).select_from(table).where(table.round_id == round_id)).scalar_one()
    if in_it > MOST_IN_A_ROUND:
        raise Refusal(N_("A round has at most %(count)s of each side."), field="ids", count=MOST_IN_A_ROUND)
    if added:
        record(session, actor, "add_to_round", ("mentoring_rounds", round_id), now=now,
               after={side: _labels(session, side, added), "least": limits.least, "most": limits.most})  # fmt: skip
    return len(added)


def set_round_limits(
    session: Session, actor: Actor, *, now: datetime, round_id: int, side: str, limits: Mapping[int, Limits],
    dropped: Collection[int] = (),
) -> None:  # fmt: skip
    """Let some of a round have these limits, and take others out of it, with their pairs and wishes.

    Refused where somebody is pinned to more than their most. NotFound for who is not in it.
    """
    lock_round(session, actor, round_id)
    table, column = _table(side)
    rows = {getattr(each, column): each for each in
            session.execute(select(table).where(table.round_id == round_id)).scalars()}  # fmt: skip
    if not set(limits) | set(dropped) <= set(rows):
        raise NotFound
    before, after = [], []
    changed = {key: each for key, each in sorted(limits.items())
               if key not in dropped and (rows[key].least, rows[key].most) != (each.least, each.most)}  # fmt: skip
    for label, (key, each) in zip(_labels(session, side, changed), changed.items(), strict=True):
        row = rows[key]
        before.append(f"{label}: {row.least}–{row.most}")
        after.append(f"{label}: {each.least}–{each.most}")
        row.least, row.most = each.least, each.most
    gone = _labels(session, side, dropped)
    if dropped:
        for of_one in (RoundPair, RoundWish, table):
            session.execute(delete(of_one).where(of_one.round_id == round_id, getattr(of_one, column).in_(dropped)))
    session.flush()
    _check_pins(session, round_id)
    if after or dropped:
        record(session, actor, "set_round_limits", ("mentoring_rounds", round_id), now=now, before={side: before},
               after={side: after, "dropped": gone})  # fmt: skip


def wish_pair(
    session: Session, actor: Actor, *, now: datetime, round_id: int, startup_id: int, mentor_id: int, wish: str,
    reason: str = "",
) -> RoundWish:  # fmt: skip
    """Want a pair in any case (`pin`), or never (`exclude`), and say why; the later word holds.

    A pair in conflict of interest can't be pinned, nor more pairs of one than its most.
    """
    a_round = lock_round(session, actor, round_id)
    if wish not in WISHES:
        raise Refusal(N_("Choose whether the pair is to be, or not to be."), field="wish")
    reason = one_line(reason, "reason", LONGEST_REASON)
    if not reason:
        raise Refusal(N_("Say why: whoever reads this later wants to know."), field="reason")
    _check_in_round(session, round_id, startup_id, mentor_id)
    if wish == "pin" and _conflicts(session, [(startup_id, mentor_id)]):
        raise Refusal(N_("They have a conflict of interest, and can't be a pair."), field="mentor_id")
    key = {"operator_id": current_operator(session), "round_id": round_id, "startup_id": startup_id,
           "mentor_id": mentor_id}  # fmt: skip
    keep = insert(RoundWish).values(**key, wish=wish, reason=reason)
    session.execute(keep.on_conflict_do_update(index_elements=list(key), set_={"wish": wish, "reason": reason}))
    _check_pins(session, round_id)
    row = session.execute(
        select(RoundWish)
        .where(*(getattr(RoundWish, name) == value for name, value in key.items()))
        .execution_options(populate_existing=True)
    ).scalar_one()
    record(session, actor, "wish_pair", ("mentoring_rounds", a_round.id), now=now,
           after={"startup_id": startup_id, "mentors": _labels(session, "mentors", [mentor_id]), "wish": wish,
                  "reason": reason})  # fmt: skip
    return row


def drop_wish(
    session: Session, actor: Actor, *, now: datetime, round_id: int, startup_id: int, mentor_id: int
) -> None:
    """Take a pin or an exclusion back; NotFound."""
    lock_round(session, actor, round_id)
    dropped = session.execute(
        delete(RoundWish)
        .where(RoundWish.round_id == round_id, RoundWish.startup_id == startup_id, RoundWish.mentor_id == mentor_id)
        .returning(RoundWish.wish)
    ).scalar_one_or_none()  # fmt: skip
    if dropped is None:
        raise NotFound(N_("There is no such wish."))
    record(session, actor, "drop_wish", ("mentoring_rounds", round_id), now=now,
           before={"startup_id": startup_id, "mentors": _labels(session, "mentors", [mentor_id]),
                   "wish": dropped})  # fmt: skip


def lock_round(session: Session, actor: Actor, round_id: int) -> MentoringRound:
    """The round, until the transaction ends nobody else's to change; NotFound; Conflict where it is over."""
    actor.require(Action.MANAGE_MENTORS)
    a_round = get_round(session, actor, round_id)
    session.refresh(a_round, with_for_update=True)
    state = round_state(a_round)
    if state == "published":
        raise Conflict(N_("This round is published already."))
    if state == "discarded":
        raise Conflict(N_("This round was discarded."))
    return a_round


def _table(side: str) -> tuple[Any, str]:
    return (RoundStartup, "startup_id") if side == "startups" else (RoundMentor, "mentor_id")


def _labels(session: Session, side: str, ids: Collection[int]) -> list[str]:
    """What the trail calls them, by their ids: S-0042, M-007."""
    if side == "startups":
        return list(session.execute(
            select(Startup.code).where(Startup.id.in_(ids)).order_by(Startup.id)
        ).scalars())  # fmt: skip
    mentors = session.execute(select(Mentor).where(Mentor.id.in_(ids)).order_by(Mentor.id)).scalars()
    return [each.label for each in mentors]


def _check_in_round(session: Session, round_id: int, startup_id: int, mentor_id: int) -> None:
    found = session.execute(
        select(RoundStartup.startup_id)
        .join(RoundMentor, RoundMentor.round_id == RoundStartup.round_id)
        .where(RoundStartup.round_id == round_id, RoundStartup.startup_id == startup_id,
               RoundMentor.mentor_id == mentor_id)
    ).first()  # fmt: skip
    if found is None:
        raise NotFound(N_("They are not both in this round."))


def _conflicts(session: Session, pairs: Collection[tuple[int, int]]) -> set[tuple[int, int]]:
    """Which of the pairs are in conflict of interest now."""
    return live_conflicts(session, {pair[0] for pair in pairs}) & set(pairs)


def live_conflicts(session: Session, startup_ids: Collection[int]) -> set[tuple[int, int]]:
    """The (startup, mentor) of these startups that are in conflict of interest now."""
    rows = session.execute(
        select(MentorConflict.startup_id, MentorConflict.mentor_id)
        .where(MentorConflict.startup_id.in_(startup_ids), MentorConflict.ended_at.is_(None))
    )  # fmt: skip
    return {(startup_id, mentor_id) for startup_id, mentor_id in rows}


def _check_pins(session: Session, round_id: int) -> None:
    pins = session.execute(
        select(RoundWish.startup_id, RoundWish.mentor_id).where(RoundWish.round_id == round_id, RoundWish.wish == "pin")
    ).all()
    for place, side in enumerate(DEFAULT_LIMITS):
        table, column = _table(side)
        rows = session.execute(select(getattr(table, column), table.most).where(table.round_id == round_id))
        most: dict[int, int] = {row[0]: row[1] for row in rows}
        for key, count in sorted(Counter(pin[place] for pin in pins).items()):
            if count > most[key]:
                raise Refusal(
                    N_("Pinned to %(count)s, where at most %(most)s are wanted: allow more, or take a pin back."),
                    count=count, most=most[key],
                )  # fmt: skip


def _days(first: date, last: date) -> Range[date]:
    check_day(first, "first")
    check_day(last, "last")
    if last < first:
        raise Refusal(N_("The last day comes before the first."), field="last")
    if last - first > LONGEST_TERM:
        raise Refusal(N_("A round is for three years at most."), field="last")
    return Range(first, last + A_DAY)


def _names(name: str, name_en: str) -> dict[str, Any]:
    name = one_line(name, "name", LONGEST_NAME)
    if not name:
        raise Refusal(N_("Give it a name."), field="name")
    return {"name": name, "name_en": one_line(name_en, "name_en", LONGEST_NAME)}


def _facts(a_round: MentoringRound) -> dict[str, object]:
    after_last = a_round.days.upper
    assert after_last is not None  # a named CHECK of the table
    return {"name": a_round.name, "name_en": a_round.name_en, "starts_on": a_round.days.lower,
            "ends_on": after_last - A_DAY}  # fmt: skip

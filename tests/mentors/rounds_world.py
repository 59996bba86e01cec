"""What tests of rounds share: mentors with names, startups beside the cast's, and scores that are said."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Role
from incubator.mentors.models import Mentor, MentorAppointment, MentoringRound
from incubator.mentors.operations.assigning import PairScore
from incubator.mentors.operations.rounds import add_to_round, open_round
from incubator.mentors.queries.candidates import can_mentor
from incubator.mentors.rules.assignment import Limits, Pair
from incubator.mentors.rules.vocabulary import SCORE_PARTS
from incubator.spaces.models import MENTOR, Site, Unit
from incubator.spaces.operations import create_site
from incubator.startups.models import Startup
from tests.cast import NOW, Cast, join

FIRST, LAST = date(2026, 10, 1), date(2027, 3, 31)
NAMES = ("陈志远", "林晓岚", "王海峰", "Alexandra Montgomery-Whitfield", "赵敏")


@dataclass(frozen=True)
class Score:
    """A score of one pair, all of it expertise."""

    total: int

    @property
    def parts(self) -> dict[str, int]:
        return {name: self.total if name == "expertise" else 0 for name in SCORE_PARTS}


@dataclass(frozen=True)
class Rank:
    """Ranking that says what the test says."""

    scores: Mapping[Pair, int]

    def __call__(
        self, _session: Session, _actor: Actor, *, startup_ids: Collection[int], mentor_ids: Collection[int],
        now: datetime,
    ) -> Mapping[Pair, PairScore]:  # fmt: skip
        return {pair: Score(score) for pair, score in self.scores.items()
                if pair[0] in startup_ids and pair[1] in mentor_ids}  # fmt: skip


def make_site(session: Session, cast: Cast) -> Site:
    found = session.execute(select(Site).limit(1)).scalar_one_or_none()
    return found or create_site(session, cast.manager, now=NOW, code="NS", name="南山一号", name_en="Nanshan One",
                                hours=[("workday", 540, 1080)], open_from=date(2026, 1, 1))  # fmt: skip


def make_mentor(session: Session, cast: Cast, number: int, person_id: int | None = None) -> Mentor:
    """An approved mentor of the next name, appointed for two years; `person_id`: of somebody who is there already."""
    site = make_site(session, cast)
    if person_id is None:
        name = NAMES[(number - 1) % len(NAMES)]
        person_id = join(session, cast.operator_id, f"mentor{number}", Role.MENTOR).person_id
        assert person_id is not None
        _rename(session, person_id, name)
    unit = Unit(site_id=site.id, floor_id=None, code=f"M-{number:03}", kind=MENTOR, purpose="public_service", area_m2=0,
                in_service=Range(date(2026, 1, 1), None))  # fmt: skip
    session.add(unit)
    session.flush()
    mentor = Mentor(
        person_id=person_id, number=number, unit_id=unit.id, site_id=site.id, kind="entrepreneur",
        headline="深圳某某科技有限公司 创始人", headline_en="Founder of a company in Shenzhen", languages=["zh"], created_at=NOW, approved_at=NOW,
    )  # fmt: skip
    session.add(mentor)
    session.flush()
    years = Range(date(2026, 1, 1), date(2028, 1, 1))
    session.add(MentorAppointment(mentor_id=mentor.id, year=2025, number=number, title="创业导师", made_at=NOW, term=years,
                                  days=years))  # fmt: skip
    session.flush()
    return mentor


def _rename(session: Session, person_id: int, name: str) -> None:
    session.get_one(Person, (session.info["operator_id"], person_id)).name = name
    session.flush()


def make_startup(session: Session, code: str, name: str, name_en: str = "") -> Startup:
    startup = Startup(code=code, name=name, name_en=name_en, kind="team")
    session.add(startup)
    session.flush()
    return startup


@dataclass(frozen=True)
class World:
    """A round with the cast's two startups and a third, and with three mentors; the first is the cast's."""

    round: MentoringRound
    startups: tuple[int, int, int]
    mentors: tuple[int, int, int]

    def rank(self, *rows: Collection[int | None]) -> Rank:
        """Scores as a table: a row for each startup, a column for each mentor; None: they can't be a pair."""
        return Rank({
            (startup, mentor): score
            for startup, row in zip(self.startups, rows, strict=True)
            for mentor, score in zip(self.mentors, row, strict=True)
            if score is not None
        })  # fmt: skip


def make_world(
    session: Session, cast: Cast, startups: Limits | None = None, mentors: Limits | None = None, name: str = "2026 秋季",
    with_others: bool = False,
) -> World:  # fmt: skip
    """The cast's startups and three mentors in an open round of half a year: the cast's mentor and two who are there
    already or are made; `with_others`: three new ones."""
    c = session.execute(select(Startup.id).where(Startup.code == "S-C")).scalar_one_or_none()
    c = c or make_startup(session, "S-C", "丙智能装备", "C Intelligent Equipment").id
    there = {} if with_others else _those_there(session, cast)
    number = 1 + (session.execute(select(func.max(Mentor.number))).scalar_one() or 0)
    first = there.pop(cast.mentor.person_id or 0, None)
    if first is None:
        first, number = make_mentor(session, cast, number, None if with_others else cast.mentor.person_id).id, number + 1
    ids = [first, *there.values()][:3]
    ids += [make_mentor(session, cast, number + more).id for more in range(3 - len(ids))]
    a_round = open_round(session, cast.manager, now=NOW, name=name, name_en="Autumn 2026", first=FIRST, last=LAST)
    world = World(a_round, (cast.startup_a, cast.startup_b, c), (ids[0], ids[1], ids[2]))
    for side, of_side, limits in (("startups", world.startups, startups), ("mentors", world.mentors, mentors)):
        add_to_round(session, cast.manager, now=NOW, round_id=a_round.id, side=side, ids=of_side, limits=limits)
    return world


def _those_there(session: Session, cast: Cast) -> dict[int, int]:
    """The mentors who can be in a round, by their people; the cast's, whoever they are."""
    rows = session.execute(
        select(Mentor.person_id, Mentor.id)
        .where(or_(Mentor.person_id == cast.mentor.person_id, and_(*can_mentor(FIRST))))
        .order_by(Mentor.number)
    )
    return {row[0]: row[1] for row in rows}

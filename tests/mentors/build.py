"""Mentors for tests: approved, appointed, with hours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Role
from incubator.mentors.models import HelpField, Mentor
from incubator.mentors.operations.appointments import appoint_mentor
from incubator.mentors.operations.availability import set_hours, set_terms
from incubator.mentors.operations.fields import add_field
from incubator.mentors.operations.mentors import add_mentor
from incubator.mentors.operations.proposals import send_profile
from incubator.mentors.rules.hours import Hours
from incubator.mentors.rules.profiles import Profile
from incubator.spaces.models import Site
from incubator.spaces.operations import create_site
from tests.cast import NOW, Cast, join

WORKDAYS = tuple(Hours(weekday, 9 * 60, 18 * 60) for weekday in range(1, 6))
FIRST, LAST = date(2026, 9, 1), date(2027, 8, 31)
"""Days of an appointment, around all that tests do."""


def make_site(session: Session, cast: Cast, code: str = "NS1", name: str = "南山一号") -> Site:
    """A site that is open on workdays from 9 to 18."""
    spans = [("workday", 9 * 60, 18 * 60)]
    return create_site(session, cast.owner, now=NOW, code=code, name=name, hours=spans, open_from=date(2026, 1, 1))


def make_field(session: Session, cast: Cast, name: str = "知识产权", name_en: str = "", synonyms: str = "") -> HelpField:
    """A field of help."""
    return add_field(session, cast.manager, now=NOW, name=name, name_en=name_en, synonyms=synonyms)


def make_mentor(
    session: Session, cast: Cast, site: Site, *, name: str | None = None, kind: str = "legal", now: datetime = NOW
) -> tuple[Mentor, Actor]:
    """Somebody new who can sign in (or, without a name, the cast's mentor), with nothing said yet."""
    actor = cast.mentor if name is None else join(session, cast.operator_id, name, Role.MENTOR)
    mentor = add_mentor(session, cast.manager, now=now, site_id=site.id, kind=kind, person_id=actor.person_id)
    return mentor, actor


def add_mentor_at(
    session: Session, cast: Cast, site: Site, *, fields: Sequence[HelpField] = (), name: str | None = None,
    kind: str = "legal", hours: Sequence[Hours] = WORKDAYS, capacity_hours: int = 8, industries: tuple[str, ...] = (),
    stages: tuple[str, ...] = (), languages: tuple[str, ...] = ("zh",), site_ids: tuple[int, ...] = (),
    rate_minor: int | None = None, takes_vouchers: bool = False, appointed: bool = True, now: datetime = NOW,
) -> tuple[Mentor, Actor]:  # fmt: skip
    """A mentor of a site, approved, appointed from September 2026 to August 2027 and met on workdays from 9 to 18, and
    who they are when they sign in: the cast's mentor, or with a name somebody new.

    Without `fields` it helps with a field of its own, made for it.
    """
    mentor, actor = make_mentor(session, cast, site, name=name, kind=kind, now=now)
    own = fields or [make_field(session, cast, name=f"领域{mentor.number}")]
    profile = Profile(
        kind=kind, site_id=site.id, headline=f"{actor.name}，合伙人", biography="二十年经验。",
        field_ids=tuple(each.id for each in own), industries=industries, stages=stages, languages=languages,
        site_ids=site_ids, rate_minor=rate_minor, takes_vouchers=takes_vouchers,
    )  # fmt: skip
    send_profile(session, cast.manager, now=now, mentor_id=mentor.id, profile=profile)
    set_hours(session, cast.manager, now=now, mentor_id=mentor.id, hours=hours, zone=site.zone)
    set_terms(session, cast.manager, now=now, mentor_id=mentor.id, capacity_hours=capacity_hours)
    if appointed:
        appoint_mentor(session, cast.manager, now=now, mentor_id=mentor.id, title="创业导师", first=FIRST, last=LAST)
    return mentor, actor

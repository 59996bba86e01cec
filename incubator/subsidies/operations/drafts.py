"""Versions that are not in force: begun, changed, tried, discarded, and put in force."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.core.periods import Month
from incubator.core.texts import one_line
from incubator.pricing.rules import check_day
from incubator.spaces.models import Site
from incubator.subsidies.models import Scheme, SchemeDraft, SchemeVersion
from incubator.subsidies.operations.schemes import add_scheme_version
from incubator.subsidies.rules.rule import Rule

LONGEST_NAME = 100
LONGEST_SOURCE = 500


class Terms(Struct, frozen=True):
    """All that a draft says: its name among the drafts, the rule, when and where it is to hold, and by which policy."""

    name: str
    rule: dict[str, Any]
    valid_from: date
    valid_until: date | None = None
    site: Site | None = None
    source: str = ""


class PostedMonth(Struct, frozen=True):
    """A month of which something is posted at a site."""

    site: Site
    month: Month


Posted = Callable[[date], Iterable[PostedMonth]]
"""Asks for the posted months from a day on: billing knows them, which stands further on."""


def create_draft(session: Session, actor: Actor, *, now: datetime, scheme: Scheme, terms: Terms) -> SchemeDraft:
    """A draft of a scheme's next version; it gives nothing."""
    actor.require(Action.MANAGE_SCHEMES)
    draft = SchemeDraft(scheme_id=scheme.id, created_at=now, created_by=actor.person_id, **_checked(terms, now))
    session.add(draft)
    session.flush()
    record(session, actor, "create_scheme_draft", ("scheme_drafts", draft.id), now=now,
           after={"scheme": scheme.code, **_said(draft)})  # fmt: skip
    return draft


def change_draft(session: Session, actor: Actor, *, now: datetime, draft_id: int, terms: Terms) -> SchemeDraft:
    """Say it otherwise, as long as it is neither in force nor discarded."""
    actor.require(Action.MANAGE_SCHEMES)
    draft = _lock_open(session, draft_id)
    before = _said(draft)
    for name, value in _checked(terms, now).items():
        setattr(draft, name, value)
    session.flush()
    record(session, actor, "change_scheme_draft", ("scheme_drafts", draft.id), now=now, before=before,
           after=_said(draft))  # fmt: skip
    return draft


def discard_draft(session: Session, actor: Actor, *, now: datetime, draft_id: int) -> SchemeDraft:
    """It is done with; what it said stays on record."""
    actor.require(Action.MANAGE_SCHEMES)
    draft = _lock_open(session, draft_id)
    draft.discarded_at = now
    session.flush()
    record(session, actor, "discard_scheme_draft", ("scheme_drafts", draft.id), now=now, before={"name": draft.name})
    return draft


def put_in_force(session: Session, actor: Actor, *, now: datetime, draft_id: int, posted: Posted) -> SchemeVersion:
    """Make it the scheme's next version, which nobody can change; the draft stays as it is from then on.

    It may not decide on a month that is posted already: with October posted at one of its sites it can begin on
    1 November. The scheme is locked as a posting locks it, so that no month is posted between the question and the
    answer.
    """
    actor.require(Action.MANAGE_SCHEMES)
    draft = _lock_open(session, draft_id)
    Rule.parse(draft.rule)
    scheme = session.execute(
        select(Scheme).where(Scheme.id == draft.scheme_id).with_for_update(key_share=True)
    ).scalar_one()
    first, last = draft.valid.lower, draft.valid.upper
    assert first is not None, "a draft has a first day"
    late = [each for each in posted(first) if first <= each.month.first and (last is None or each.month.first < last)
            and draft.site_id in (None, each.site.id)]  # fmt: skip
    if late:
        latest = max(late, key=lambda each: each.month.first)
        raise Refusal(
            N_("%(month)s is posted already at %(site)s, and what is posted stays as it was decided. "
               "Let it begin on %(day)s or later."),
            field="valid_from", month=str(latest.month), site=latest.site.name, day=(latest.month + 1).first,
        )  # fmt: skip
    site = session.execute(select(Site).where(Site.id == draft.site_id)).scalar_one_or_none()
    version = add_scheme_version(
        session, actor, now=now, scheme=scheme, valid_from=first, source=draft.source, rule=draft.rule, site=site,
        valid_until=None if last is None else last - timedelta(days=1),
    )  # fmt: skip
    draft.version_id = version.id
    session.flush()
    record(session, actor, "put_in_force", ("scheme_drafts", draft.id), now=now,
           after={"scheme": scheme.code, "version": version.version})  # fmt: skip
    return version


def _lock_open(session: Session, draft_id: int) -> SchemeDraft:
    draft = session.execute(
        select(SchemeDraft)
        .where(SchemeDraft.id == draft_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if draft is None:
        raise NotFound(N_("There is no such draft."))
    if draft.version_id is not None:
        raise Conflict(N_("This draft is in force: begin a new one from it to say something else."))
    if draft.discarded_at is not None:
        raise Conflict(N_("This draft is discarded: begin a new one from it."))
    return draft


def _checked(terms: Terms, now: datetime) -> dict[str, Any]:
    """The columns of what a draft says; Refusal for what can't be. A source may still be missing."""
    name = one_line(terms.name, "name", LONGEST_NAME)
    if not name:
        raise Refusal(N_("Give the draft a name."), field="name")
    check_day(terms.valid_from, "valid_from")
    check_day(terms.valid_until, "valid_until")
    if terms.valid_until is not None and terms.valid_until < terms.valid_from:
        raise Refusal(N_("The end must come after the start."), field="valid_until")
    Rule.parse(terms.rule)
    until = None if terms.valid_until is None else terms.valid_until + timedelta(days=1)
    return {
        "name": name, "valid": Range(terms.valid_from, until), "site_id": terms.site.id if terms.site else None,
        "source": one_line(terms.source, "source", LONGEST_SOURCE), "rule": terms.rule, "changed_at": now,
    }  # fmt: skip


def _said(draft: SchemeDraft) -> dict[str, Any]:
    last = draft.valid.upper
    return {
        "name": draft.name, "valid_from": draft.valid.lower,
        "valid_until": None if last is None else last - timedelta(days=1), "site_id": draft.site_id,
        "source": draft.source, "rule": draft.rule,
    }  # fmt: skip

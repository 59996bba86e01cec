"""Reads of drafts, and of anything that has a rule: a version or a draft, by the word that pages know it by."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, row_id
from incubator.spaces.models import Site
from incubator.subsidies.models import Scheme, SchemeDraft, SchemeVersion


class Text(Struct, frozen=True):
    """A version or a draft: what it says, when and where, and by which policy."""

    scheme: Scheme
    kind: str
    """`version` or `draft`."""
    id: int
    number: int | None
    """A version's number."""
    name: str
    """A draft's name."""
    rule: dict[str, Any]
    first: date
    until: date | None
    """Inclusive; None: until further notice."""
    site: Site | None
    source: str
    is_open: bool = False
    """A draft that can still be changed."""

    @property
    def word(self) -> str:
        """What pages and addresses know it by: draft-7."""
        return f"{self.kind}-{self.id}"


def get_draft(session: Session, actor: Actor, draft_id: int) -> SchemeDraft:
    """A draft of the operator; NotFound otherwise."""
    actor.require(Action.SEE_SCHEMES)
    draft = session.execute(select(SchemeDraft).where(SchemeDraft.id == draft_id)).scalar_one_or_none()
    if draft is None:
        raise NotFound(N_("There is no such draft."))
    return draft


def list_drafts(session: Session, actor: Actor, scheme_id: int) -> Sequence[SchemeDraft]:
    """The drafts of a scheme that are still open, those changed last first; at most a page of them."""
    actor.require(Action.SEE_SCHEMES)
    return (
        session.execute(
            select(SchemeDraft)
            .where(SchemeDraft.scheme_id == scheme_id, SchemeDraft.version_id.is_(None),
                   SchemeDraft.discarded_at.is_(None))
            .order_by(SchemeDraft.changed_at.desc(), SchemeDraft.id.desc())
            .limit(PAGE_SIZE)
        )
        .scalars()
        .all()
    )  # fmt: skip


def get_text(session: Session, actor: Actor, word: str) -> Text:
    """The version or draft that a word means, in one statement; NotFound for any other."""
    actor.require(Action.SEE_SCHEMES)
    kind, _, number = word.partition("-")
    try:
        which = row_id(number)
    except ValueError:
        raise NotFound from None
    if kind == "version":
        return _version(session, which)
    if kind != "draft":
        raise NotFound
    row = session.execute(
        select(SchemeDraft, Scheme, Site)
        .join(Scheme, Scheme.id == SchemeDraft.scheme_id)
        .outerjoin(Site, Site.id == SchemeDraft.site_id)
        .where(SchemeDraft.id == which)
    ).one_or_none()
    if row is None:
        raise NotFound(N_("There is no such draft."))
    draft, scheme, site = row
    first, until = _days(draft)
    is_open = draft.version_id is None and draft.discarded_at is None
    return Text(scheme, "draft", draft.id, None, draft.name, draft.rule, first, until, site, draft.source, is_open)


def _version(session: Session, version_id: int) -> Text:
    row = session.execute(
        select(SchemeVersion, Scheme, Site)
        .join(Scheme, Scheme.id == SchemeVersion.scheme_id)
        .outerjoin(Site, Site.id == SchemeVersion.site_id)
        .where(SchemeVersion.id == version_id)
    ).one_or_none()
    if row is None:
        raise NotFound(N_("There is no such version."))
    version, scheme, site = row
    first, until = _days(version)
    return Text(scheme, "version", version.id, version.version, "", version.rule, first, until, site, version.source)


def list_words(session: Session, actor: Actor, scheme_id: int) -> list[tuple[str, int | None, str]]:
    """The versions and open drafts of a scheme, the latest first: the word for each, and its number or its name."""
    versions = session.execute(
        select(SchemeVersion.id, SchemeVersion.version)
        .where(SchemeVersion.scheme_id == scheme_id)
        .order_by(SchemeVersion.version.desc())
        .limit(PAGE_SIZE)
    ).all()
    drafts = list_drafts(session, actor, scheme_id)
    return [*((f"draft-{each.id}", None, each.name) for each in drafts),
            *((f"version-{version_id}", number, "") for version_id, number in versions)]  # fmt: skip


def _days(row: SchemeVersion | SchemeDraft) -> tuple[date, date | None]:
    assert row.valid.lower is not None, "what holds has a first day"
    return row.valid.lower, None if row.valid.upper is None else row.valid.upper - timedelta(days=1)

"""Sources made, given another secret, retired; findings explained; how long events are kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Operator
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, Refusal
from incubator.core.periods import Month
from incubator.core.sealing import last_four
from incubator.reports.presence.keys import new_secret, new_token, seal_secret
from incubator.reports.presence.models import PresenceNote, PresenceSettings, PresenceSource
from incubator.reports.presence.queries import get_finding, get_presence_settings, get_source
from incubator.reports.presence.rules import FEWEST_DAYS, KINDS, MOST_DAYS
from incubator.spaces.operations.words import LONGEST_NAME, one_line, unique
from incubator.spaces.queries import get_site

LONGEST_NOTE = 500
MOST_CAPACITY = 100_000


def add_source(
    session: Session, actor: Actor, *, now: datetime, sealing_keys: Sequence[str], site_id: int, kind: str, name: str,
    capacity: int | None = None,
) -> tuple[PresenceSource, str]:  # fmt: skip
    """A source of evidence of one site, and the secret that it signs by: told now and never again."""
    actor.require(Action.MANAGE_PRESENCE)
    site = get_site(session, actor, site_id)
    name = one_line(name, "name", LONGEST_NAME)
    if not name:
        raise Refusal(N_("Give it a name."), field="name")
    if kind not in KINDS:
        raise Refusal(N_("Choose what it is."), field="kind")
    if (kind == "sensor") != (capacity is not None):
        raise Refusal(N_("A sensor has an area that holds so many people; other sources have none."), field="capacity")
    if capacity is not None and not 1 <= capacity <= MOST_CAPACITY:
        raise Refusal(N_("From %(low)s to %(high)s."), field="capacity", low=1, high=MOST_CAPACITY)
    secret = new_secret()
    source = PresenceSource(
        site_id=site.id, name=name, kind=kind, capacity=capacity, token=new_token(actor.operator_id),
        secret=seal_secret(secret, sealing_keys), secret_ends=last_four(secret), created_at=now,
        created_by=actor.person_id,
    )  # fmt: skip
    taken = Conflict(N_("The site has a source of this name already."), field="name")
    with unique(session, "presence_sources_operator_id_site_id_name_key", taken):
        session.add(source)
    after = {"site": site.code, "name": name, "presence_kind": kind, "capacity": capacity}
    record(session, actor, "add_presence_source", ("presence_sources", source.id), now=now, after=after)
    return source, secret


def renew_secret(
    session: Session, actor: Actor, *, now: datetime, sealing_keys: Sequence[str], source_id: int
) -> str:
    """Another secret; what is signed by the former one is refused from now on."""
    actor.require(Action.MANAGE_PRESENCE)
    source = _living(session, actor, source_id)
    secret, before = new_secret(), source.secret_ends
    source.secret, source.secret_ends = seal_secret(secret, sealing_keys), last_four(secret)
    session.flush()
    record(session, actor, "renew_presence_secret", ("presence_sources", source.id), now=now,
           before={"secret_ends": before}, after={"secret_ends": source.secret_ends})  # fmt: skip
    return secret


def retire_source(session: Session, actor: Actor, *, now: datetime, source_id: int) -> PresenceSource:
    """It can post no more; what it said stays."""
    actor.require(Action.MANAGE_PRESENCE)
    source = _living(session, actor, source_id)
    source.retired_at = now
    session.flush()
    record(session, actor, "retire_presence_source", ("presence_sources", source.id), now=now,
           after={"name": source.name})  # fmt: skip
    return source


def _living(session: Session, actor: Actor, source_id: int) -> PresenceSource:
    source = get_source(session, actor, source_id, for_update=True)
    if source.retired_at is not None:
        raise Conflict(N_("This source is retired."))
    return source


def explain_finding(
    session: Session, actor: Actor, *, now: datetime, site_id: int, month: Month, kind: str, key: str, note: str,
) -> PresenceNote:  # fmt: skip
    """Say why a finding is as it is. It is explained as long as it says the same; NotFound where there is none."""
    actor.require(Action.MANAGE_PRESENCE)
    found = get_finding(session, actor, site_id, month, kind, key, now=now)
    note = one_line(note, "note", LONGEST_NOTE)
    if not note:
        raise Refusal(N_("Say why, so that others understand."), field="note")
    said = PresenceNote(site_id=site_id, month=month.first, kind=kind, key=key, sha256=found.finding.sha256, note=note,
                        created_at=now, created_by=actor.person_id)  # fmt: skip
    session.add(said)
    session.flush()
    after = {"finding": kind, "month": month.first, "note": note}
    record(session, actor, "explain_presence_finding", ("presence_notes", said.id), now=now, after=after)
    return said


def set_presence(
    session: Session, actor: Actor, *, now: datetime, keep_days: int, m2_per_person: Decimal
) -> PresenceSettings:  # fmt: skip
    """How many days events are kept, and how many square metres of an office are one person's."""
    actor.require(Action.MANAGE_PRESENCE)
    if not FEWEST_DAYS <= keep_days <= MOST_DAYS:
        raise Refusal(N_("From %(low)s to %(high)s."), field="keep_days", low=FEWEST_DAYS, high=MOST_DAYS)
    if not (m2_per_person.is_finite() and 1 <= m2_per_person <= 100):
        raise Refusal(N_("From %(low)s to %(high)s."), field="m2_per_person", low=1, high=100)
    if m2_per_person != m2_per_person.quantize(Decimal("0.01")):
        raise Refusal(N_("At most two decimal places."), field="m2_per_person")
    # the operator's row keeps apart two who set it first at once
    session.execute(select(Operator.operator_id).where(Operator.operator_id == actor.operator_id).with_for_update())
    settings = session.execute(select(PresenceSettings).with_for_update()).scalar_one_or_none()
    said = get_presence_settings(session)
    before = {"keep_days": said.keep_days, "m2_per_person": said.m2_per_person}
    after = {"keep_days": keep_days, "m2_per_person": m2_per_person}
    if settings is None:
        settings = PresenceSettings(**after, changed_at=now, changed_by=actor.person_id)
        session.add(settings)
    settings.keep_days, settings.m2_per_person = keep_days, m2_per_person
    settings.changed_at, settings.changed_by = now, actor.person_id
    session.flush()
    if before != after:
        record(session, actor, "set_presence", ("presence_settings", settings.id), now=now, before=before, after=after)
    return settings

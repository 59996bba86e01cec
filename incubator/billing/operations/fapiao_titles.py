"""A startup's title data, and how the operator has its fapiaos: each change a new row, the newest holds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec.structs import asdict
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.billing.models import FapiaoPlace, FapiaoSettings, FapiaoTitle
from incubator.billing.queries.fapiao import get_settings, newest_title, require_ask
from incubator.billing.rules.fapiao import CHARGE_KINDS, PROVIDERS, TIMINGS, Title, check_code
from incubator.core.errors import N_, Conflict, Refusal
from incubator.core.texts import one_line
from incubator.spaces.operations.words import unique
from incubator.spaces.queries import get_site
from incubator.startups.queries import get_startup

LONGEST_ITEM, LONGEST_REGION, LONGEST_ADDRESS, LONGEST_CERTIFICATE = 60, 30, 90, 40
STREET = ("街", "路", "村", "乡", "镇", "道", "巷", "号")
"""The platform takes no address of real estate without one of these."""


def save_title(session: Session, actor: Actor, *, now: datetime, startup_id: int, title: Title) -> FapiaoTitle:
    """The startup's title from now on: for its founders, and for staff who bill. The same once more changes nothing.

    What was asked for already keeps the title that it was asked for with.
    """
    require_ask(actor, startup_id)
    startup = get_startup(session, actor, startup_id)
    checked, before = title.checked(), newest_title(session, startup.id)
    if before is not None and title_of(before) == checked:
        return before
    row = FapiaoTitle(startup_id=startup.id, version=1 + (before.version if before else 0), created_at=now,
                      created_by=actor.person_id, **asdict(checked))  # fmt: skip
    first = Conflict(N_("Somebody has just changed this title. Look at it again."))
    with unique(session, "fapiao_titles_operator_id_startup_id_version_key", first):
        session.add(row)
    record(session, actor, "save_fapiao_title", ("startups", startup.id), now=now,
           before=None if before is None else asdict(title_of(before)), after=asdict(checked))  # fmt: skip
    return row


def title_of(row: FapiaoTitle) -> Title:
    """A version as a value."""
    return Title(row.buyer, row.kind, row.name, row.tax_number, row.general_taxpayer, row.address, row.phone, row.bank,
                 row.account, row.email)  # fmt: skip


def save_settings(
    session: Session, actor: Actor, *, now: datetime, timing: str, provider: str,
    codes: Mapping[str, tuple[str, str]],
) -> FapiaoSettings:  # fmt: skip
    """When fapiaos can be asked for, who issues them, and by kind of charge the tax code and the name on the paper."""
    actor.require(Action.MANAGE_BILLING)
    if timing not in TIMINGS:
        raise Refusal(N_("Choose when."), field="timing")
    if provider not in PROVIDERS:
        raise Refusal(N_("Choose how they are issued."), field="provider")
    kept = {}
    for kind in CHARGE_KINDS:
        code, name = codes.get(kind, ("", ""))
        try:
            code, name = check_code(code), one_line(name, f"{kind}_name", LONGEST_ITEM)
        except Refusal as refusal:
            raise Refusal(refusal.message, field=refusal.field or f"{kind}_code", **refusal.values) from refusal
        if code and not name:
            raise Refusal(N_("Give the name that stands on the paper."), field=f"{kind}_name")
        kept[kind] = {"code": code, "name": name}
    before = get_settings(session)
    row = FapiaoSettings(timing=timing, provider=provider, codes=kept, created_at=now, created_by=actor.person_id)
    session.add(row)
    session.flush()
    after = {"timing": timing, "provider": provider, **{f"{kind}_code": kept[kind]["code"] for kind in kept}}
    was = {"timing": before.timing, "provider": before.provider,
           **{f"{kind}_code": before.codes[kind]["code"] for kind in before.codes}}  # fmt: skip
    record(session, actor, "set_fapiao_settings", ("operators", actor.operator_id), now=now, before=was, after=after)
    return row


def save_place(
    session: Session, actor: Actor, *, now: datetime, site_id: int, region: str, address: str, certificate: str,
    is_other_city: bool,
) -> FapiaoPlace:  # fmt: skip
    """What papers for leases say of a site's real estate."""
    actor.require(Action.MANAGE_BILLING)
    site = get_site(session, actor, site_id)
    said = {"region": one_line(region, "region", LONGEST_REGION), "address": one_line(address, "address",
            LONGEST_ADDRESS), "certificate": one_line(certificate, "certificate", LONGEST_CERTIFICATE)}  # fmt: skip
    for name, value in said.items():
        if not value:
            raise Refusal(N_("Fill this in."), field=name)
    if not any(mark in said["address"] for mark in STREET):
        raise Refusal(N_("The platform wants a street, road, village or house number in it, in Chinese."),
                      field="address")  # fmt: skip
    row = FapiaoPlace(site_id=site.id, is_other_city=is_other_city, created_at=now, created_by=actor.person_id, **said)
    session.add(row)
    session.flush()
    record(session, actor, "set_fapiao_place", ("sites", site.id), now=now, after={**said, "other_city": is_other_city})
    return row

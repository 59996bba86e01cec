"""Vouchers are asked for, granted or refused, and given to whoever meets a series' rule."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.clock import CHINA
from incubator.core.errors import N_, Conflict, Phrase, Refusal
from incubator.core.texts import one_line
from incubator.notices.operations import notify
from incubator.spaces.operations.words import LONGEST_TEXT, unique
from incubator.startups.models import Startup
from incubator.startups.queries import get_startup
from incubator.subsidies.models import Voucher, VoucherApplication, VoucherSeries
from incubator.subsidies.operations.voucher_ledger import next_number, write_entry
from incubator.subsidies.queries.voucher_people import list_users, list_voucher_keepers
from incubator.subsidies.queries.vouchers import get_application, get_series, get_voucher, list_candidates
from incubator.subsidies.rules.vouchers import last_day

LONGEST_PURPOSE = 1000
REASONS = {
    "team": N_("is not a registered company"),
    "unknown_registration": N_("has no day of registration on record"),
    "registered_long_ago": N_("was registered too long ago"),
    "not_here": N_("is not in residence"),
    "has_enough": N_("has had as many of this series as there are for one"),
}
"""What keeps a startup from a voucher, as part of a sentence."""


def apply_for_voucher(
    session: Session, actor: Actor, *, now: datetime, series_id: int, startup_id: int, purpose: str
) -> VoucherApplication:
    """A founder asks for a voucher of a series that is issued on application; one at a time."""
    actor.require_for(Action.USE_VOUCHERS, startup_id)
    series, startup = get_series(session, actor, series_id), get_startup(session, actor, startup_id)
    today = now.astimezone(CHINA).date()
    if series.issued_by != "application":
        raise Refusal(N_("Vouchers of this series are not applied for; the operator issues them."))
    _check_open(series, today)
    words = " ".join(purpose.split("\r")).strip()
    if not words:
        raise Refusal(N_("Say what you need it for."), field="purpose")
    if len(words) > LONGEST_PURPOSE:
        raise Refusal(N_("This may be at most %(longest)s characters long."), field="purpose", longest=LONGEST_PURPOSE)
    _check_candidate(session, series, startup, today)
    application = VoucherApplication(series_id=series.id, startup_id=startup.id, purpose=words, sent_at=now,
                                     sent_by=actor.person_id)  # fmt: skip
    waits = Conflict(N_("You have applied for this already; it waits for a decision."))
    with unique(session, "voucher_applications_open_key", waits):
        session.add(application)
    notify(session, now=now, kind="voucher", about=("voucher_applications", application.id),
           people=list_voucher_keepers(session), facts={"what": "sent"})  # fmt: skip
    after = {"series": series.code, "startup_id": startup.id, "purpose": words}
    record(session, actor, "apply_for_voucher", ("voucher_applications", application.id), now=now, after=after)
    return application


def decide_application(
    session: Session, actor: Actor, *, now: datetime, application_id: int, outcome: str, reason: str = ""
) -> Voucher | None:
    """Approve it, and the voucher is issued in the same moment; or refuse it, and say why."""
    actor.require(Action.MANAGE_SCHEMES)
    row = get_application(session, actor, application_id)
    words = one_line(reason, "reason", LONGEST_TEXT)
    if outcome not in ("approved", "refused"):
        raise Refusal(N_("Approve or refuse it."), field="reason")
    if outcome == "refused" and not words:
        raise Refusal(N_("Say why, so that others understand."), field="reason")
    series = get_series(session, actor, row.series.id, for_update=True)
    application = row.application
    session.refresh(application, with_for_update=True)
    if application.decided_at is not None:
        raise Conflict(N_("This application was decided already."))
    voucher = None
    if outcome == "approved":
        _check_candidate(session, series, row.startup, now.astimezone(CHINA).date())
        voucher = _issue(session, actor, series, row.startup.id, now, application_id=application.id)
    application.outcome, application.reason = outcome, words
    application.decided_at, application.decided_by = now, actor.person_id
    session.flush()
    notify(session, now=now, kind="voucher", about=("voucher_applications", application.id),
           people=list_users(session, row.startup.id), facts={"what": outcome})  # fmt: skip
    after = {"outcome": outcome, "reason": words, "startup_id": row.startup.id, "number": voucher and voucher.label}
    record(session, actor, "decide_voucher_application", ("voucher_applications", application.id), now=now, after=after)
    return voucher


def withdraw_application(session: Session, actor: Actor, *, now: datetime, application_id: int) -> None:
    """The startup wants it no more, while it waits."""
    row = get_application(session, actor, application_id)
    actor.require_for(Action.USE_VOUCHERS, row.startup.id)
    application = row.application
    session.refresh(application, with_for_update=True)
    if application.decided_at is not None:
        raise Conflict(N_("This application was decided already."))
    application.outcome, application.decided_at, application.decided_by = "withdrawn", now, actor.person_id
    session.flush()
    record(session, actor, "withdraw_voucher_application", ("voucher_applications", application.id), now=now)


def issue_by_rule(
    session: Session, actor: Actor, *, now: datetime, series_id: int, startup_ids: Collection[int]
) -> list[Voucher]:
    """Give a voucher of the series to each of these startups, all or none of them: each must meet the rule.

    Of 500,000.00 with 480,000.00 issued, three of 10,000.00 are one too many: none is issued.
    """
    actor.require(Action.MANAGE_SCHEMES)
    series = get_series(session, actor, series_id, for_update=True)
    if series.issued_by != "rule":
        raise Refusal(N_("Vouchers of this series are applied for."))
    today = now.astimezone(CHINA).date()
    _check_open(series, today)
    candidates = list_candidates(session, series, today, list(startup_ids))
    if not candidates:
        raise Refusal(N_("Choose at least one startup."), field="startups")
    for each in candidates:
        if each.why_not:
            raise Conflict(N_("%(startup)s %(reason)s."), field="startups", startup=each.startup,
                           reason=Phrase(REASONS[each.why_not[0]]))  # fmt: skip
    found = []
    for each in candidates:
        voucher = _issue(session, actor, series, each.startup.id, now)
        notify(session, now=now, kind="voucher", about=("vouchers", voucher.id),
               people=list_users(session, each.startup.id), facts={"what": "issued"})  # fmt: skip
        found.append(voucher)
    after = {"numbers": [voucher.label for voucher in found], "face_minor": series.face_minor}
    record(session, actor, "issue_vouchers", ("voucher_series", series.id), now=now, after=after)
    return found


def renew_code(session: Session, actor: Actor, *, now: datetime, voucher_id: int) -> None:
    """The voucher's code is another from now on; the one before opens nothing any more."""
    voucher = get_voucher(session, actor, voucher_id)
    if not actor.can(Action.MANAGE_SCHEMES):
        actor.require_for(Action.USE_VOUCHERS, voucher.startup_id)
    voucher.code_salt = secrets.token_bytes(16)
    session.flush()
    record(session, actor, "renew_voucher_code", ("vouchers", voucher.id), now=now, after={"number": voucher.label})


def _check_open(series: VoucherSeries, today: date) -> None:
    if series.closed_at is not None or today > series.last_on:
        raise Conflict(N_("No more of this series are issued."))
    if today < series.first_on:
        raise Conflict(N_("This series is issued from %(day)s on."), day=series.first_on)


def _check_candidate(session: Session, series: VoucherSeries, startup: Startup, today: date) -> None:
    (candidate,) = list_candidates(session, series, today, [startup.id])
    if candidate.why_not:
        raise Conflict(N_("%(startup)s %(reason)s."), startup=startup, reason=Phrase(REASONS[candidate.why_not[0]]))


def _issue(
    session: Session, actor: Actor, series: VoucherSeries, startup_id: int, now: datetime,
    application_id: int | None = None,
) -> Voucher:  # fmt: skip
    """Out of the budget of a series that is locked."""
    if series.committed_minor + series.face_minor > series.budget_minor:
        raise Conflict(N_("The budget of %(series)s is not enough for that."), field="startups", series=series)
    series.committed_minor += series.face_minor
    today = now.astimezone(CHINA).date()
    voucher = Voucher(
        year=today.year, number=next_number(session, Voucher, today.year), series_id=series.id, startup_id=startup_id,
        application_id=application_id, face_minor=series.face_minor, valid_from=today,
        valid_until=last_day(today, series.valid_days), code_salt=secrets.token_bytes(16), issued_at=now,
        issued_by=actor.person_id,
    )  # fmt: skip
    session.add(voucher)
    session.flush()
    write_entry(session, actor, voucher, "issue", series.face_minor, now=now)
    return voucher

"""Series of vouchers are opened, their budget is set anew, and no more are issued; providers are kept."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, Refusal
from incubator.core.identifiers import normalise_credit_code
from incubator.core.money import Money, decimal_places
from incubator.core.texts import one_line
from incubator.pricing.rules import check_day
from incubator.spaces.operations.words import LONGEST_CODE, LONGEST_NAME, LONGEST_TEXT, unique
from incubator.subsidies.models import ServiceProvider, VoucherSeries
from incubator.subsidies.queries.vouchers import get_provider, get_series
from incubator.subsidies.rules.vouchers import LONGEST_VALIDITY, MOST_MINOR, WAYS, WHO, check_uses

LONGEST_SOURCE = 500


class SeriesTerms(Struct, frozen=True):
    """What a series is: who issues it by which policy, for how much, for what, for whom, and when."""

    code: str
    name: str
    issuer: str
    source: str
    budget_minor: int
    face_minor: int
    share_percent: Decimal
    valid_days: int
    uses: Collection[str]
    first_on: date
    last_on: date
    name_en: str = ""
    yearly_limit_minor: int | None = None
    issued_by: str = "application"
    who: str = "companies"
    registered_months: int | None = None
    most_each: int = 1


def open_series(session: Session, actor: Actor, *, now: datetime, terms: SeriesTerms) -> VoucherSeries:
    """Enter a series as its policy has it; its terms stand from here on."""
    actor.require(Action.MANAGE_SCHEMES)
    words = {
        "code": one_line(terms.code, "code", LONGEST_CODE), "name": one_line(terms.name, "name", LONGEST_NAME),
        "name_en": one_line(terms.name_en, "name_en", LONGEST_NAME),
        "issuer": one_line(terms.issuer, "issuer", LONGEST_NAME),
        "source": one_line(terms.source, "source", LONGEST_SOURCE),
    }  # fmt: skip
    for field in ("code", "name", "issuer", "source"):
        if not words[field]:
            raise Refusal(N_("Fill this in."), field=field)
    _check_terms(terms)
    series = VoucherSeries(**asdict(terms) | words | {"uses": check_uses(terms.uses)}, created_at=now,
                           created_by=actor.person_id)  # fmt: skip
    taken = Conflict(N_("There is a series %(code)s already."), field="code", code=words["code"])
    with unique(session, "voucher_series_operator_id_code_key", taken):
        session.add(series)
    after = asdict(terms) | words | {"uses": series.uses}
    record(session, actor, "open_series", ("voucher_series", series.id), now=now, after=after)
    return series


def set_budget(session: Session, actor: Actor, *, now: datetime, series_id: int, budget_minor: int) -> VoucherSeries:
    """The issuer gives more, or takes back; never below what is issued.

    Of 500,000.00, 200,000.00 are issued: it can become 200,000.00 and not a fen less.
    """
    actor.require(Action.MANAGE_SCHEMES)
    series = get_series(session, actor, series_id, for_update=True)
    if not 0 < budget_minor <= MOST_MINOR:
        raise Refusal(N_("Give an amount above zero."), field="budget")
    if budget_minor < series.committed_minor:
        raise Conflict(N_("%(issued)s of it are issued already."), field="budget", issued=Money(series.committed_minor))
    before = {"budget_minor": series.budget_minor}
    series.budget_minor = budget_minor
    session.flush()
    record(session, actor, "set_voucher_budget", ("voucher_series", series.id), now=now, before=before,
           after={"budget_minor": budget_minor})  # fmt: skip
    return series


def close_series(session: Session, actor: Actor, *, now: datetime, series_id: int) -> VoucherSeries:
    """No more of it are issued; what is issued stays good."""
    actor.require(Action.MANAGE_SCHEMES)
    series = get_series(session, actor, series_id, for_update=True)
    if series.closed_at is not None:
        raise Conflict(N_("No more of this series are issued already."))
    series.closed_at = now
    session.flush()
    record(session, actor, "close_series", ("voucher_series", series.id), now=now)
    return series


def _check_terms(terms: SeriesTerms) -> None:
    for field, minor in (("budget", terms.budget_minor), ("face", terms.face_minor),
                         ("yearly_limit", terms.yearly_limit_minor)):  # fmt: skip
        if minor is not None and not 0 < minor <= MOST_MINOR:
            raise Refusal(N_("Give an amount above zero."), field=field)
    if terms.face_minor > terms.budget_minor:
        raise Refusal(N_("The budget is not enough for one voucher."), field="budget")
    if not 0 < terms.share_percent <= 100 or decimal_places(terms.share_percent) > 2:
        raise Refusal(N_("A share is a number above 0 and at most 100, with two decimals."), field="share_percent")
    if not 1 <= terms.valid_days <= LONGEST_VALIDITY:
        raise Refusal(N_("A voucher is valid from 1 to %(most)s days."), field="valid_days", most=LONGEST_VALIDITY)
    if terms.registered_months is not None and not 1 <= terms.registered_months <= 600:
        raise Refusal(N_("Give a number from 1 to 600."), field="registered_months")
    if not 1 <= terms.most_each <= 100:
        raise Refusal(N_("Give a number from 1 to 100."), field="most_each")
    if terms.issued_by not in WAYS:
        raise Refusal(N_("Choose how it is issued."), field="issued_by")
    if terms.who not in WHO:
        raise Refusal(N_("Choose who can have it."), field="who")
    check_day(terms.first_on, "first_on")
    check_day(terms.last_on, "last_on")
    if terms.last_on < terms.first_on:
        raise Refusal(N_("The last day comes before the first."), field="last_on")


class ProviderFacts(Struct, frozen=True):
    """Who a provider is, what it does, and where it is paid."""

    name: str
    uses: Collection[str]
    credit_code: str = ""
    offers: str = ""
    bank: str = ""
    account: str = ""
    contact: str = ""


def add_provider(session: Session, actor: Actor, *, now: datetime, facts: ProviderFacts) -> ServiceProvider:
    """Somebody startups can order from by voucher."""
    actor.require(Action.MANAGE_SCHEMES)
    said = _read_facts(facts)
    provider = ServiceProvider(**said, created_at=now)
    _write_provider(session, provider)
    record(session, actor, "add_provider", ("service_providers", provider.id), now=now, after=said)
    return provider


def edit_provider(
    session: Session, actor: Actor, *, now: datetime, provider_id: int, facts: ProviderFacts
) -> ServiceProvider:
    """What is said of it from now on; settlements that were made stay as they are."""
    actor.require(Action.MANAGE_SCHEMES)
    provider = get_provider(session, actor, provider_id)
    said = _read_facts(facts)
    before = {name: getattr(provider, name) for name in said}
    with session.no_autoflush:
        for name, value in said.items():
            setattr(provider, name, value)
    _write_provider(session, provider)
    record(session, actor, "edit_provider", ("service_providers", provider.id), now=now, before=before, after=said)
    return provider


def end_provider(session: Session, actor: Actor, *, now: datetime, provider_id: int, again: bool = False) -> None:
    """Nothing more can be ordered from it, or (`again`) it can once more; what was ordered is redeemed and settled."""
    actor.require(Action.MANAGE_SCHEMES)
    provider = get_provider(session, actor, provider_id)
    if (provider.ended_at is None) == again:
        raise Conflict(N_("It is so already."))
    provider.ended_at = None if again else now
    session.flush()
    record(session, actor, "end_provider", ("service_providers", provider.id), now=now, after={"again": again})


def _write_provider(session: Session, provider: ServiceProvider) -> None:
    named = Conflict(N_("There is a provider of this name already."), field="name")
    coded = Conflict(N_("There is a provider with this credit code already."), field="credit_code")
    with (
        unique(session, "service_providers_operator_id_credit_code_key", coded),
        unique(session, "service_providers_operator_id_name_key", named),
    ):
        session.add(provider)


def _read_facts(facts: ProviderFacts) -> dict[str, object]:
    name = one_line(facts.name, "name", LONGEST_NAME)
    if not name:
        raise Refusal(N_("Fill this in."), field="name")
    said: dict[str, object] = {
        each: one_line(getattr(facts, each), each, LONGEST_TEXT) for each in ("offers", "bank", "account", "contact")
    }
    typed = facts.credit_code.strip()
    code = normalise_credit_code(typed) if typed else None
    if typed and code is None:
        raise Refusal(N_("This is not a valid credit code: 18 characters, the last one checks the others."),
                      field="credit_code")  # fmt: skip
    return said | {"name": name, "uses": check_uses(facts.uses), "credit_code": code}

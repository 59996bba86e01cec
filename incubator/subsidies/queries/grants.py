"""What policies would give the operator for a site's period, and what was recorded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.core.periods import Month
from incubator.spaces.models import Site
from incubator.spaces.queries import get_site
from incubator.startups.models import Residency, Startup
from incubator.startups.queries import list_residency_terms
from incubator.startups.rules import ResidencyTerm
from incubator.subsidies.models import GrantInstalment, OperatorGrant, Scheme, SchemeVersion, SiteCost
from incubator.subsidies.queries.active import list_scheme_rules
from incubator.subsidies.queries.facts import load_parties, load_site_facts
from incubator.subsidies.queries.used import load_tally
from incubator.subsidies.rules.engine import DecisionDraft, Outcome, Party, SchemeRule, asked_of, groups, rate
from incubator.subsidies.rules.grants import Stay, cost_item, is_over, months_of, stays_in, tenancy_item
from incubator.subsidies.rules.items import COST_KINDS, Item
from incubator.subsidies.rules.state import Tally


class Subject(Struct, frozen=True):
    """An item with the party that it is asked of; `item_id` is the cost's, the startup's or the site's."""

    item: Item
    item_id: int
    party: Party
    title: str = ""
    stays: tuple[Stay, ...] = ()
    """What the area of a tenancy is made of."""

    @property
    def key(self) -> tuple[str, int]:
        return self.item.kind, self.item_id


class GrantDraft(Struct, frozen=True):
    """What one scheme would give for one item."""

    subject: Subject
    draft: DecisionDraft


class GrantsDraft(Struct, frozen=True):
    """What recording the period now would write."""

    site: Site
    every: str
    months: tuple[Month, ...]
    grants: list[GrantDraft]

    @property
    def amount_minor(self) -> int:
        return sum(each.draft.amount_minor for each in self.grants)

    def is_over(self, today: date) -> bool:
        """Whether the period has ended on the site's local date: it can be recorded."""
        return is_over(self.months, today)


def draft_grants(session: Session, actor: Actor, site_id: int, every: str, month: Month) -> GrantsDraft:
    """Every scheme for the operator that is granted by such a period, asked for each item that it has not been
    recorded for; about a dozen statements, however many tenants there are."""
    actor.require(Action.SEE_SCHEMES)
    site = get_site(session, actor, site_id)
    months = months_of(every, month)
    last = months[-1]
    schemes = [each for each in list_scheme_rules(session, site.id, last, "operator") if each.rule.every == every]
    if not schemes:
        return GrantsDraft(site, every, months, [])
    subjects = list_subjects(session, site, months, schemes)
    tally = load_tally(session, schemes, parties_of(subjects), site.id, last)
    done = _recorded(session, site.id, every, months[0].first)
    return GrantsDraft(site, every, months, rate_subjects(subjects, schemes, tally, done))


def rate_subjects(
    subjects: Sequence[Subject], schemes: Sequence[SchemeRule], tally: Tally,
    done: Mapping[int, Collection[tuple[str, int]]],
) -> list[GrantDraft]:  # fmt: skip
    """What the schemes give for each item that they cover, group by group and party by party; `done` by scheme: the
    items that are left out. Adds to the tally."""
    grants: list[GrantDraft] = []
    for group in groups(schemes):
        taken = {key for scheme in group for key in done.get(scheme.scheme_id, ())}
        for mine in _by_party(each for each in subjects if each.key not in taken):
            items = [replace(each.item, key=number) for number, each in enumerate(mine)]
            found = rate(mine[0].party, items, group, tally)
            grants += [GrantDraft(mine[each.key], each) for each in found if each.outcome is not Outcome.NOT_COVERED]
    return grants


def parties_of(subjects: Iterable[Subject]) -> list[Party]:
    """Who is asked about, each once."""
    return list({id(each.party): each.party for each in subjects}.values())


def _by_party(subjects: Iterable[Subject]) -> list[list[Subject]]:
    found: dict[int, list[Subject]] = defaultdict(list)
    for each in subjects:
        found[id(each.party)].append(each)
    return list(found.values())


def _recorded(session: Session, site_id: int, every: str, period: date) -> dict[int, set[tuple[str, int]]]:
    """By scheme: the items that it was recorded for."""
    rows = session.execute(
        select(SchemeVersion.scheme_id, OperatorGrant.item_kind, OperatorGrant.item_id)
        .join(SchemeVersion, SchemeVersion.id == OperatorGrant.scheme_version_id)
        .where(OperatorGrant.site_id == site_id, OperatorGrant.every == every, OperatorGrant.period == period)
    ).all()
    found: dict[int, set[tuple[str, int]]] = defaultdict(set)
    for scheme_id, kind, item_id in rows:
        found[scheme_id].add((kind, item_id))
    return found


def list_subjects(
    session: Session, site: Site, months: Sequence[Month], schemes: Sequence[SchemeRule]
) -> list[Subject]:
    """The items of the kinds that are asked for: costs and the site first, then tenants by code."""
    kinds = frozenset().union(*(scheme.rule.covers for scheme in schemes))
    last = months[-1]
    facts = load_site_facts(session, site.id, last)
    whole = Party(None, site.id, last, facts)
    subjects = []
    if kinds & set(COST_KINDS):
        subjects += [Subject(cost_item(row.kind, row.amount_minor, row.first_on, row.last_on, row.area_m2, months),
                             row.id, whole, row.title) for row in _costs(session, site.id, months, kinds)]  # fmt: skip
    if "site" in kinds:
        subjects.append(Subject(Item(0, "site", 0, last, last.first, last.last), site.id, whole))
    if kinds & {"tenancy", "contribution"}:
        subjects += _tenants(session, site, last, kinds, asked_of(schemes) | {"startup.contribution_yuan"})
    return subjects


def _costs(session: Session, site_id: int, months: Sequence[Month], kinds: frozenset[str]) -> Sequence[SiteCost]:
    return (
        session.execute(
            select(SiteCost)
            .where(SiteCost.site_id == site_id, SiteCost.kind.in_(sorted(kinds)), SiteCost.withdrawn_at.is_(None),
                   SiteCost.last_on >= months[0].first, SiteCost.last_on <= months[-1].last)
            .order_by(SiteCost.first_on, SiteCost.id)
        )
        .scalars()
        .all()
    )  # fmt: skip


def _tenants(session: Session, site: Site, month: Month, kinds: frozenset[str], names: set[str]) -> list[Subject]:
    terms = [each for each in list_residency_terms(session, site.id, month) if each.charge_kind == "rent"]
    by_startup: dict[int, list[ResidencyTerm]] = defaultdict(list)
    for term in terms:
        by_startup[term.startup_id].append(term)
    startups = session.execute(
        select(Startup).where(Startup.id.in_(_resident_ids(session, site.id, month))).order_by(Startup.code)
    ).scalars().all()  # fmt: skip
    parties = load_parties(session, site.id, month, [each.id for each in startups], names)
    subjects = []
    for startup in startups:
        party = parties[startup.id]
        stays = stays_in(by_startup[startup.id], month)
        tenancy = tenancy_item(stays, month)
        if "tenancy" in kinds and tenancy is not None:
            subjects.append(Subject(tenancy, startup.id, party, startup.name, tuple(stays)))
        given = party.facts.get("startup.contribution_yuan")
        if "contribution" in kinds and isinstance(given, int):
            item = Item(0, "contribution", given * 100, month, month.first, month.last)
            subjects.append(Subject(item, startup.id, party, startup.name))
    return subjects


def _resident_ids(session: Session, site_id: int, month: Month) -> list[int]:
    running = or_(Residency.ends_on.is_(None), Residency.ends_on >= month.first)
    touches = and_(Residency.starts_on <= month.last, running)
    return list(
        session.execute(select(Residency.startup_id).where(Residency.site_id == site_id, touches).distinct()).scalars()
    )


class RecordedGrant(Struct, frozen=True):
    """A grant with its scheme and whom it is for."""

    grant: OperatorGrant
    version: SchemeVersion
    scheme: Scheme
    startup: Startup | None
    cost: SiteCost | None


def list_recorded(session: Session, actor: Actor, site_id: int, every: str, period: date) -> list[RecordedGrant]:
    """What was recorded for a site's period, by scheme; one statement."""
    actor.require(Action.SEE_SCHEMES)
    rows = session.execute(
        select(OperatorGrant, SchemeVersion, Scheme, Startup, SiteCost)
        .join(SchemeVersion, SchemeVersion.id == OperatorGrant.scheme_version_id)
        .join(Scheme, Scheme.id == SchemeVersion.scheme_id)
        .outerjoin(Startup, Startup.id == OperatorGrant.startup_id)
        .outerjoin(SiteCost, and_(OperatorGrant.item_kind.in_(COST_KINDS), SiteCost.id == OperatorGrant.item_id))
        .where(OperatorGrant.site_id == site_id, OperatorGrant.every == every, OperatorGrant.period == period)
        .order_by(Scheme.code, OperatorGrant.id)
    ).all()
    return [RecordedGrant(*row) for row in rows]


def list_instalments(session: Session, grant_ids: Sequence[int]) -> list[tuple[GrantInstalment, OperatorGrant]]:
    """The instalments of some grants, in the order in which they are due; one statement."""
    rows = session.execute(
        select(GrantInstalment, OperatorGrant)
        .join(OperatorGrant, OperatorGrant.id == GrantInstalment.grant_id)
        .where(GrantInstalment.grant_id.in_(grant_ids))
        .order_by(GrantInstalment.grant_id, GrantInstalment.number)
    ).all()
    return [(instalment, grant) for instalment, grant in rows]

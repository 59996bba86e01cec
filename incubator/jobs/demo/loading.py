"""Loading the demo: once, in one transaction, with `now` travelling through the year."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct, field
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor, system_actor
from incubator.accounts.models import Person, Tenant
from incubator.accounts.operations import add_person, affiliate, found_operator, grant_role
from incubator.accounts.operations.identities import create_identity
from incubator.accounts.permissions import Role
from incubator.bookings.operations import add_rule, grant_allowance, invite_visitors
from incubator.core.clock import CHINA
from incubator.core.periods import Month
from incubator.database import INSTALLATION, as_operator, set_operator
from incubator.jobs.demo.agreeing import write_papers
from incubator.jobs.demo.amending import amend_some
from incubator.jobs.demo.banking import import_statements
from incubator.jobs.demo.booking_year import book_the_year
from incubator.jobs.demo.cards import pay_by_card
from incubator.jobs.demo.claiming import make_claims
from incubator.jobs.demo.correcting import correct_some
from incubator.jobs.demo.crediting import credit_some
from incubator.jobs.demo.fapiaos import issue_fapiaos
from incubator.jobs.demo.figures import report_figures
from incubator.jobs.demo.freezing import freeze_the_rest
from incubator.jobs.demo.furnishing import draw_plans, photograph
from incubator.jobs.demo.gathering import gather
from incubator.jobs.demo.goals import set_goals
from incubator.jobs.demo.happenings import hold_events
from incubator.jobs.demo.leaving import let_some_leave
from incubator.jobs.demo.mentor_rounds import match_mentors
from incubator.jobs.demo.mentor_sessions import hold_sessions
from incubator.jobs.demo.mentoring_needs import state_needs
from incubator.jobs.demo.mentors import settle_mentors
from incubator.jobs.demo.metering import METERED, dear_room, read_the_year
from incubator.jobs.demo.names import BRANDS, TEAMS, VISITORS, credit_code, person_name, phone
from incubator.jobs.demo.packing import pack_claims
from incubator.jobs.demo.papers import file_house_papers, file_papers
from incubator.jobs.demo.paying import pay_the_year
from incubator.jobs.demo.places import HOUR_PRICES, PLACES, Place
from incubator.jobs.demo.portal import open_portal
from incubator.jobs.demo.posting import post_the_year
from incubator.jobs.demo.presence import watch_doors
from incubator.jobs.demo.reminding import remind_some
from incubator.jobs.demo.saving import save_reports
from incubator.jobs.demo.subsidising import enter_policies, pay_and_be_granted, record_what_is_asked
from incubator.jobs.demo.surveys import complete_teams, file_statistics, state_statistics
from incubator.jobs.demo.taxes import enter_taxes
from incubator.jobs.demo.vouchers import give_vouchers
from incubator.jobs.demo.vouchers_used import use_vouchers
from incubator.pricing.operations import TariffLine, create_tariff
from incubator.pricing.rules import price_full_month
from incubator.spaces.models import Resource, Site, Unit
from incubator.spaces.operations import (
    add_floor,
    add_resource,
    add_unit,
    create_site,
    set_resource_hours,
)
from incubator.startups.models import Startup
from incubator.startups.operations import (
    UnitTerms,
    end_residency,
    register_startup,
    sign_residency,
)
from incubator.startups.rules.deposits import deposit_of
from incubator.startups.rules.limits import add_months
from incubator.startups.rules.schedule import FreeTime, Schedule, Steps

NAME, NAME_EN = "湾区创孵运营有限公司", "Bay Area Incubation"
SECOND, SECOND_EN = "江城众创", "River City Makers"
PASSWORD = "demo-Incubator-2026"  # noqa: S105  of the demo's made-up people, printed at its start
SEED = 20151
ROLES = (Role.MANAGER, Role.FRONT_DESK, Role.FINANCE, Role.AUDITOR, Role.MENTOR)


class Loaded(Struct):
    """What is there after loading: a site with its units by code and its resources."""

    site: Site
    place: Place
    units: dict[str, Unit]
    resources: list[Resource]
    free_from: dict[str, date] = field(default_factory=dict)
    residents: list[tuple[Startup, date, date]] = field(default_factory=list)
    """Who was here, from when to when: they book its rooms."""


def is_loaded(session: Session) -> bool:
    """Whether the demo operator is there already."""
    with as_operator(session, INSTALLATION):
        return session.execute(select(Tenant.tenant_id).where(Tenant.name == NAME)).first() is not None


def load_demo(session: Session, *, now: datetime, seed: int = SEED) -> dict[str, str]:
    """Make the demo's operators; the same seed and day give the same rows. Returns role → e-mail address.

    One year back from the first of this month: what was then is done with the `now` of then.
    """
    random = Random(seed)  # noqa: S311  a demo's dice
    first = (Month.of(now.astimezone(CHINA).date()) - 12).first
    began = datetime.combine(first, datetime.min.time(), CHINA) + timedelta(hours=9)
    actor, sign_ins = _found(session, began, random)
    loaded = [_open(session, actor, place, began) for place in PLACES]
    enter_policies(session, actor, [each.site for each in loaded], began, first)
    enter_taxes(session, actor, began, first)
    _set_rules(session, actor, began)
    founders = _settle(session, actor, loaded, random, first, now)
    sign_ins |= _let_founders_in(session, actor, founders, began)
    _expect_visitors(session, actor, founders[0], loaded[0].site, now)
    for each in loaded:
        book_the_year(session, actor, each.site, each.resources, each.residents, random, first=first, now=now)
    gather(session, actor, founders, now)
    report_figures(session, actor, founders, [each.site for each in loaded], first=first, now=now)
    set_goals(session, actor, [each.site for each in loaded], now=began, first=first)
    open_portal(session, actor, founders, {each.id: loaded[number % len(loaded)].site
                                           for number, each in enumerate(founders)}, now)  # fmt: skip
    mentors = settle_mentors(session, actor, [each.site for each in loaded], founders, began=began, now=now)
    state_needs(session, actor, founders, [each.site for each in loaded], now)
    hold_sessions(session, actor, founders, random, now)
    match_mentors(session, actor, founders, now)
    file_papers(session, actor, founders, now)
    file_house_papers(session, actor, NAME, now)
    for each in loaded:
        amend_some(session, actor, each.site, (each.place.office_rent, each.place.desk_rent, each.place.fee), now)
    write_papers(session, actor, founders, now)
    let_some_leave(session, actor, founders, now)
    give_vouchers(session, actor, founders, now)
    use_vouchers(session, actor, now)
    read_the_year(session, actor, loaded[0].site, loaded[0].units, first=first, now=now)
    sites = [each.site for each in loaded]
    record_what_is_asked(session, actor, sites, founders, began, first)
    post_the_year(session, actor, sites, Month.of(first), now)
    pay_and_be_granted(session, actor, sites, Month.of(first), now)
    correct_some(session, actor, now)
    pay_the_year(session, actor, founders[0].id, now)
    credit_some(session, actor, now)
    pay_by_card(session, actor, founders[0].id, now)
    import_statements(session, actor, NAME, founders[0].id, now)
    remind_some(session, actor, sites, founders, now)
    issue_fapiaos(session, actor, founders, sites, now)
    hold_events(session, actor, sites, mentors, first=began, now=now)
    complete_teams(session, actor, founders, now)
    file_statistics(session, actor, sites, now)
    state_statistics(session, actor, sites[0], now)
    watch_doors(session, actor, sites, now)
    make_claims(session, founders, Month.of(first), now)
    freeze_the_rest(session, actor, sites, now)
    save_reports(session, now)
    pack_claims(session, now)
    set_operator(session, None)
    return sign_ins


def _found(session: Session, now: datetime, random: Random) -> tuple[Actor, dict[str, str]]:
    email = "owner@demo.example"
    identity = create_identity(session, now=now, email=email, password=PASSWORD, locale="zh_Hans")
    # the first is the one that the owner sees when signing in
    operator, _owner = found_operator(session, now=now, name=NAME, name_en=NAME_EN, owner_name="陈启航",
                                      owner_identity=identity)  # fmt: skip
    found_operator(session, now=now, name=SECOND, name_en=SECOND_EN, owner_name="陈启航", owner_identity=identity)
    set_operator(session, operator.operator_id)
    operator.credit_code = credit_code(random, "440305")
    operator.address = "深圳市南山区科技园高新南七道 18 号"
    actor, sign_ins = system_actor(operator.operator_id), {Role.OWNER.value: email}
    for role in ROLES:
        sign_ins[role.value] = f"{role.value.replace('_', '-')}@demo.example"
        _let_in(session, actor, now, person_name(random), sign_ins[role.value], role)
    return actor, sign_ins


def _let_in(
    session: Session, actor: Actor, now: datetime, name: str, email: str, role: Role, startup_id: int | None = None
) -> None:
    with as_operator(session, INSTALLATION):
        identity = create_identity(session, now=now, email=email, password=PASSWORD, locale="zh_Hans")
        identity_id = identity.id
    person = add_person(session, actor, now=now, name=name, email=email)
    grant_role(session, actor, now=now, person=person, role=role, startup_id=startup_id)
    affiliate(session, person, identity_id)


def _open(session: Session, actor: Actor, place: Place, now: datetime) -> Loaded:
    since = now.date() - timedelta(days=540)
    site = create_site(session, actor, now=now, code=place.code, name=place.name, name_en=place.name_en,
                       address=place.address, hours=place.hours, open_from=since)  # fmt: skip
    units: dict[str, Unit] = {}
    for name, level, blocks in place.floors:
        floor = add_floor(session, actor, now=now, site=site, name=name, level=level)
        for block in blocks:
            width = 2 if block.count > 9 else 1
            for number in range(block.count):
                code = f"{block.prefix}{number + 1:0{width}}"
                units[code] = add_unit(
                    session, actor, now=now, floor=floor, code=code, kind=block.kind, purpose=block.purpose,
                    area_m2=Decimal(block.areas[number % len(block.areas)]), in_service_from=since,
                )  # fmt: skip
                if block.kind == "desk":
                    units[code].zone = "东区" if 2 * number < block.count else "西区"
    resources = [
        add_resource(session, actor, now=now, site=site, code=each.code, name=each.name, name_en=each.name_en,
                     kind=each.kind, takes=each.takes, capacity=each.capacity,
                     units=[units[code] for code in each.units], tags=each.tags)
        for each in place.bookables
    ]  # fmt: skip
    for bookable, resource in zip(place.bookables, resources, strict=True):
        if bookable.hours:
            set_resource_hours(session, actor, now=now, resource=resource, hours=bookable.hours, from_on=since)
        photograph(session, actor, now, resource)
    _price(session, actor, site, place, resources, now, since)
    draw_plans(session, actor, site, units, now)
    return Loaded(site, place, units, resources)


def _price(
    session: Session, actor: Actor, site: Site, place: Place, resources: list[Resource], now: datetime, since: date
) -> None:
    hours = HOUR_PRICES | {"meeting_room": place.room_hour}
    lines = [
        TariffLine("rent", "m2_month", place.office_rent, unit_kind="office"),
        TariffLine("rent", "unit_month", place.desk_rent, unit_kind="desk"),
        TariffLine("property_fee", "m2_month", place.fee, unit_kind="office"),
        *(TariffLine("booking", "hour", price, resource_kind=kind) for kind, price in hours.items()),
        *METERED,
        *dear_room(resources, place.room_hour),
    ]
    if place.desk_service is not None:
        lines.append(TariffLine("service_fee", "unit_month", place.desk_service, unit_kind="desk"))
    create_tariff(session, actor, now=now, site=site, name="标准价目", valid_from=since, items=lines,
                  proposals=place.proposals)  # fmt: skip


def _set_rules(session: Session, actor: Actor, now: datetime) -> None:
    """What a space of this size asks: four hours at most, eight a week, and the hall by approval."""
    rules: list[dict[str, Any]] = [
        {"name": "会议室每次最长四小时", "name_en": "Meeting rooms: four hours at most", "longest_minutes": 240,
         "resource_kind": "meeting_room"},
        {"name": "每周会议配额", "name_en": "Weekly meeting quota", "resource_kind": "meeting_room",
         "quota_most": 8 * 60, "quota_measure": "minutes", "quota_window": "week", "quota_of": "startup"},
        {"name": "路演厅须批准", "name_en": "The hall needs approval", "resource_kind": "hall", "approval_hours": 48,
         "notice_minutes": 24 * 60, "buffer_before_minutes": 30, "buffer_after_minutes": 30},
        {"name": "临近取消", "name_en": "Cancelling late", "fee_percent": 50, "fee_within_minutes": 120},
        {"name": "访客人数", "name_en": "Visitors", "visitors_most": 20},
    ]  # fmt: skip
    for rule in rules:
        add_rule(session, actor, now=now, **rule)


def _settle(
    session: Session, actor: Actor, loaded: list[Loaded], random: Random, first: date, now: datetime
) -> list[Startup]:
    """Sixty startups with their agreements; the first company and the first team stay all the year."""
    kinds = [("company", brand) for brand in BRANDS] + [("team", (*team, "")) for team in TEAMS]
    settled: list[Startup] = []
    for number, (kind, (name, name_en, industry)) in enumerate(kinds):
        place = loaded[number % len(loaded)]
        starts_on = first + timedelta(days=-120 if number < 18 else random.randrange(-150, 330))
        units = _pick_units(place, kind, starts_on, random)
        if not units:
            starts_on = max(place.free_from.values(), default=starts_on) + timedelta(days=1)
            units = _pick_units(place, kind, starts_on, random)
        entered = datetime.combine(max(starts_on, first), datetime.min.time(), CHINA)
        startup = _register(session, actor, random, entered, place, kind, name, name_en, industry, starts_on)
        settled.append(startup)
        if units and starts_on <= now.date():
            _sign(session, actor, place, startup, units, random, starts_on, now, stays=number < 3)
    return settled


def _register(
    session: Session, actor: Actor, random: Random, now: datetime, place: Loaded, kind: str, name: str, name_en: str,
    industry: str, starts_on: date,
) -> Startup:  # fmt: skip
    city = "深圳" if place.place.division.startswith("44") else "武汉"
    company = kind == "company"
    return register_startup(
        session, actor, now=now, kind=kind, name=f"{city}{name}有限公司" if company else name,
        name_en=f"{name_en} Co., Ltd." if company else name_en,
        credit_code=credit_code(random, place.place.division) if company else None,
        registered_on=starts_on - timedelta(days=random.randrange(30, 700)) if company else None,
        industry=industry, contact_name=person_name(random), contact_phone=phone(random),
        contact_email=f"contact{random.randrange(1000, 9999)}@startup.example",
    )  # fmt: skip


def _pick_units(place: Loaded, kind: str, starts_on: date, random: Random) -> list[Unit]:
    hot = {code for bookable in place.place.bookables if bookable.kind == "desk" for code in bookable.units}
    wanted = "office" if kind == "company" and random.random() < 0.72 else "desk"
    for unit_kind in (wanted, "desk"):
        free = [
            unit
            for code, unit in place.units.items()
            if unit.kind == unit_kind and code not in hot and place.free_from.get(code, date.min) <= starts_on
        ]
        count = 1 if unit_kind == "office" else random.choice((1, 2, 2, 3))
        if len(free) >= count:
            return free[:count]
    return []


def _sign(
    session: Session, actor: Actor, place: Loaded, startup: Startup, units: list[Unit], random: Random,
    starts_on: date, now: datetime, *, stays: bool,
) -> None:  # fmt: skip
    zone = ZoneInfo(place.site.zone)
    signed = datetime.combine(starts_on, datetime.min.time(), zone)
    months = random.choice((12, 24, 24, 36))
    ends_on = (Month.of(starts_on) + months).first - timedelta(days=1)
    if ends_on < now.date() and (stays or random.random() < 0.6):
        ends_on = (Month.of(now.date()) + random.randrange(1, 12)).first - timedelta(days=1)
    terms = [
        UnitTerms(unit, "m2_month", place.place.office_rent, place.place.fee) if unit.kind == "office"
        else UnitTerms(unit, "unit_month", place.place.desk_rent, service_fee=place.place.desk_service)
        for unit in units
    ]  # fmt: skip
    number = len(place.residents)
    residency = sign_residency(
        session, actor, now=signed, startup=startup, site=place.site, starts_on=starts_on, ends_on=ends_on,
        units=terms, signed_on=starts_on, schedule=_schedule(number, starts_on, ends_on), notice_days=30,
        deposit_minor=_deposit(terms, place.place),
    )  # fmt: skip
    grant_allowance(session, actor, now=signed, startup_id=startup.id, name="协议含会议室每月 10 小时", minutes=600,
                    repeats="month", valid_from=starts_on, resource_kind="meeting_room",
                    residency_id=residency.id)  # fmt: skip
    leaves = starts_on + timedelta(days=random.randrange(90, 300))
    if not stays and random.random() < 0.2 and leaves < min(ends_on, now.date() - timedelta(days=20)):
        left = datetime.combine(leaves, datetime.min.time(), zone)
        end_residency(session, actor, now=left, residency=residency, ends_on=leaves, reason="提前退租")
        ends_on = leaves
    for unit in units:
        place.free_from[unit.code] = ends_on + timedelta(days=1 + random.randrange(10))
    place.residents.append((startup, starts_on, ends_on))


def _deposit(terms: list[UnitTerms], place: Place) -> int:
    """As many months of the full rent as the tariff proposes."""
    rents = [
        price_full_month(unit_price=each.rent,
                         quantity=each.unit.area_m2 if each.rent_basis == "m2_month" else Decimal(1))
        for each in terms
    ]  # fmt: skip
    return deposit_of(place.proposals.deposit_months or Decimal(0), rents)


def _schedule(number: int, starts_on: date, ends_on: date) -> Schedule:
    """Every fifth agreement begins with a month without rent, every fourth steps by 5 % a year."""
    free = FreeTime(starts_on, add_months(starts_on, 1) - timedelta(days=1))
    is_free = number % 5 == 2 and free.last <= ends_on
    return Schedule((free,) if is_free else (), Steps(12, percent=Decimal(5)) if number % 4 == 1 else None)


def _expect_visitors(session: Session, actor: Actor, startup: Startup, site: Site, now: datetime) -> None:
    """Three who come to the first founder today."""
    founder = session.execute(select(Person).where(Person.email == "founder@demo.example")).scalar_one()
    midnight = datetime.combine(now.astimezone(ZoneInfo(site.zone)).date(), datetime.min.time(), ZoneInfo(site.zone))
    for hour, guests in VISITORS.items():
        invite_visitors(
            session, actor, now=midnight, guests=guests, host_id=founder.id, startup_id=startup.id, site_id=site.id,
            start=midnight + timedelta(hours=hour), end=midnight + timedelta(hours=hour + 1),
        )  # fmt: skip


def _let_founders_in(session: Session, actor: Actor, settled: list[Startup], now: datetime) -> dict[str, str]:
    startup = settled[0]
    _let_in(session, actor, now, startup.contact_name, "founder@demo.example", Role.FOUNDER, startup.id)
    _let_in(session, actor, now, "林书瑶", "member@demo.example", Role.MEMBER, startup.id)
    return {Role.FOUNDER.value: "founder@demo.example", Role.MEMBER.value: "member@demo.example"}

"""Startup A with one row of everything that a startup can have, and where each stands in an address.

Whoever adds a route with a place of a new name gives the place a value here: in `OF_A` where it is a row of startup A's,
in `OF_THE_HOUSE` where it is the operator's own and concerns no startup, in `WORDS` where it is no row at all. A route
whose places have no value fails `test_isolation.py`. Where one name means different things on different routes, the
endpoint says which in `ON_THIS_ROUTE`. What a row of A's says of A goes into `MARKS`: it may stand in nobody else's
answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Affiliation, RoleGrant, SignInSession
from incubator.accounts.operations.sessions import start_session
from incubator.accounts.permissions import Role
from incubator.audit.models import AuditEvent
from incubator.billing.models import Invoice, JournalEntry
from incubator.billing.operations.posting import post_month
from incubator.bookings.operations import (
    add_rule,
    book_series,
    grant_allowance,
    include_allowance,
    invite_visitors,
    join_waitlist,
)
from incubator.bookings.operations.series import SeriesTerms
from incubator.bookings.visiting import Guest
from incubator.core.clock import utc_now
from incubator.core.recurrence import Recurrence
from incubator.database import INSTALLATION, as_operator, set_operator
from incubator.documents.models import SigningKey
from incubator.documents.operations import add_document
from incubator.jobs.operations import enqueue
from incubator.spaces.models import Floor
from incubator.spaces.operations import add_photo, add_plan, close_units
from incubator.startups.models import Residency
from incubator.startups.operations import (
    add_post,
    add_programme,
    claim_standing,
    enrol,
    hold_units,
    register_address,
)
from incubator.startups.operations.accepting import accept_text
from incubator.startups.operations.agreement_texts import keep_template, make_text
from incubator.startups.operations.deposits import move_deposit
from incubator.startups.operations.handovers import begin_handover, look_at, sign_handover
from incubator.startups.queries.handovers import list_items
from incubator.startups.rules.agreements import Clause
from incubator.subsidies.models import Scheme
from incubator.subsidies.operations.drafts import Terms, create_draft
from tests.cast import NOW, Cast, join
from tests.documents.test_filetypes import picture
from tests.scenarios import (
    banked,
    carded,
    claimed,
    fapiaoed,
    gathered,
    incubated,
    invoiced,
    matched,
    mentored,
    present,
    reminded,
    reviewed,
    subsidised,
    vouchered,
)
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER, October, at, tell_october
from tests.scenarios.priced import furnish_meters

MARKS = {
    "startup": "甲科技有限公司", "credit code": "91440300MA5ABCDE1", "booking": "产品评审", "series": "甲的例会", "visitor": "来访者甲",
    "post": "成员甲", "evidence": "甲的学位证", "document": "甲的商业计划", "allowance": "甲的额度", "address": "甲的住所",
    "wait": "甲在等", "text": "甲的入驻协议", "thing": "甲的桌角缺口", "deposit": "甲的押金", **incubated.MARKS,
    **mentored.MARKS,
    **matched.MARKS,
    **vouchered.MARKS, **invoiced.MARKS, **reminded.MARKS, **banked.MARKS, **fapiaoed.MARKS,
    **claimed.MARKS,
}  # fmt: skip
"""What only A's own rows say."""

PLAN = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 50"/>'


@dataclass(frozen=True)
class Belongings:
    """The rows by the names of their places."""

    cast: Cast
    member_b: Actor
    of_a: dict[str, object]
    of_the_house: dict[str, object]

    def value(self, endpoint: str, place: str) -> object:
        """What stands there on that route; KeyError where nobody has said."""
        if (endpoint, place) in ON_THIS_ROUTE:
            return ON_THIS_ROUTE[endpoint, place](self)
        for values in (self.of_a, self.of_the_house, WORDS):
            if place in values:
                return values[place]
        raise KeyError(f"{endpoint}: say in tests/scenarios/belongings.py what stands in <{place}>")

    def is_of_a(self, endpoint: str, places: set[str]) -> bool:
        """Whether an address of that route names a row of A's."""
        return any((endpoint, place) in OF_A_ON_THIS_ROUTE or
                   (place in self.of_a and (endpoint, place) not in ON_THIS_ROUTE) for place in places)  # fmt: skip


WORDS: dict[str, object] = {
    "month": "2026-10", "extension": "csv", "measure": "area", "what": "bookings", "on": "2026-10-20", "verb": "cancel",
    "token": "x" * 43, "kind": "startup", "number": 1, "form": "csv", "rhythm": "quarter", "key": "2026-Q3",
    "survey": "incubator", "year": 2026, "indicator": "area_total",
    "slug": "autumn-2026", "every": "month", "layout": "kingdee", "code": "1-" + "x" * 32,
}  # fmt: skip
"""What is no row. A secret address opens what it opens to whoever has it: here is one that nobody was given."""

FAPIAO_ROUTES = ("show_fapiao", "withdraw_fapiao_request", "return_fapiao_request", "release_fapiao_request")
Values = Callable[[Belongings], object]
ON_THIS_ROUTE: dict[tuple[str, str], Values] = {
    ("web.units_today", "measure"): lambda _: "desks",
    ("billing.fapiao_file", "form"): lambda _: "pdf",
    **{(f"billing.{name}", "request_id"): lambda b: b.of_a["request_id_of_fapiao"] for name in FAPIAO_ROUTES},
    ("web.rows_today", "what"): lambda _: "arrivals",
    ("bookings.receive", "verb"): lambda _: "arrived",
    ("startups.change_question", "verb"): lambda _: "later",
    ("startups.change_call", "verb"): lambda _: "close",
    ("startups.change_stage", "verb"): lambda _: "renew",
    ("startups.change_review", "verb"): lambda _: "withdraw",
    ("startups.request_photo", "photo_id"): lambda b: b.of_a["request_photo"],
    ("startups.settle_exit_item", "item_id"): lambda b: b.of_a["exit_item"],
    ("startups.reopen_exit_item", "item_id"): lambda b: b.of_a["exit_item"],
    ("startups.end_graduation_rule", "rule_id"): lambda b: b.of_the_house["graduation_rule"],
    ("gauge.show_rows", "measure"): lambda _: "desks",
    **{(f"reports.{name}", place): value for name in ("show_report", "freeze_report", "download_report")
       for place, value in (("name", lambda _: "subsidies"), ("scope", lambda b: b.of_the_house["site_id"]),
                            ("key", lambda _: "2026-10"))},
    **{(f"statistics.{name}", "scope"): lambda b: b.of_the_house["site_id"]
       for name in ("show_year", "show_rows", "state_values", "withdraw_value", "explain_value", "set_filing")},
    ("jobs.show_job", "name"): lambda _: "freeze_occupancy",
    ("presence.show_finding", "kind"): lambda _: "out_of_hours",
    ("presence.show_finding", "key"): lambda b: f"s{b.of_a['startup_id']}",
    **{(f"builder.{name}", "report_id"): lambda b: b.of_the_house["saved_report"]
       for name in ("show_saved", "remove_saved", "show_run", "download_run")},
    **{(f"builder.{name}", "run_id"): lambda b: b.of_the_house["saved_run"] for name in ("show_run", "download_run")},
    ("presence.presence_template", "kind"): lambda _: "door",
    ("bookings.event_photo", "document_id"): lambda b: b.of_the_house["event_photo"],
    ("mentors.show_side", "side"): lambda _: "startups",
    ("mentors.add_to_round", "side"): lambda _: "mentors",
    ("audit.show_event", "number"): lambda b: b.of_a["event"],
    ("audit.event_bytes", "number"): lambda b: b.of_a["event"],
    ("billing.edit_bank_account", "account_id"): lambda b: b.of_the_house["bank_account"],
    **{(f"billing.{name}", "file_id"): lambda b: b.of_the_house["bank_file"]
       for name in ("show_statement_file", "import_statement_file", "discard_statement_file")},
    ("billing.payments_file", "extension"): lambda _: "csv",
    ("billing.show_account", "name"): lambda _: "receivable",
    ("claims.upload_own", "kind"): lambda _: "licence",
    ("claims.take_step", "state"): lambda _: "checked",
    ("claims.pay", "kind"): lambda _: "paid",
    **{(f"claims.{name}", "line_id"): lambda b: b.of_a["claim_line"] for name in ("show_line", "remove_line")},
    ("subsidies.issue_vouchers", "series_id"): lambda b: b.of_the_house["rule_series"],
    **{(f"subsidies.{name}", "series_id"): lambda b: b.of_the_house["voucher_series"]
       for name in ("show_series", "edit_series_budget", "close_series", "apply_for_voucher")},
    **{(f"subsidies.{name}", "application_id"): lambda b: b.of_a["voucher_application"]
       for name in ("show_voucher_application", "withdraw_voucher_application")},
    **reviewed.ON_THIS_ROUTE,
}  # fmt: skip
OF_A_ON_THIS_ROUTE = {
    *((f"billing.{name}", "request_id") for name in FAPIAO_ROUTES),
    ("audit.show_event", "number"), ("audit.event_bytes", "number"),
    ("subsidies.show_voucher_application", "application_id"), ("subsidies.withdraw_voucher_application", "application_id"),
}  # fmt: skip

SHARED_WHILE_LISTED = {"startups.show_entry", "startups.entry_logo"}
"""What startups write of themselves for their neighbours to read. A's is not listed; one test lists it. The other
shared thing, an announcement, is the house's: it names no startup."""


def assemble_belongings(session: Session, cast: Cast) -> Belongings:
    """October, and everything else of A's."""
    october = tell_october(session, cast)
    member_b = join(session, cast.operator_id, "bella", Role.MEMBER, cast.startup_b)
    set_operator(session, cast.operator_id)
    of_the_house = _of_the_house(session, cast, october)
    of_a = _of_a(session, cast, october, int(str(of_the_house["programme_id"])))
    of_a |= incubated.incubate(session, cast, october.site.id, of_the_house)
    rounds, mentorships = matched.match(session, cast)
    of_the_house, of_a = of_the_house | rounds, of_a | mentorships
    series, vouchers = vouchered.give_vouchers(session, cast)
    of_the_house, of_a = of_the_house | series, of_a | vouchers
    of_a |= mentored.be_mentored(session, cast, of_the_house)
    batches, fapiaos = fapiaoed.give_fapiaos(session, cast, october.site.id, int(str(of_a["invoice_id"])))
    of_the_house, of_a = of_the_house | batches, of_a | fapiaos
    house, billed = invoiced.invoice(session, cast, session.get_one(Invoice, (cast.operator_id, of_a["invoice_id"])))
    of_the_house, of_a = of_the_house | house, of_a | billed
    invoice_a = session.get_one(Invoice, (cast.operator_id, of_a["invoice_id"]))
    seen = present.be_seen(session, cast, october.site.id)
    of_the_house |= {"source_id": seen["presence_source"], "saved_report": seen["saved_report"],
                     "saved_run": seen["saved_run"], "key_id": session.execute(select(SigningKey.id)).scalar_one()}
    of_a |= {"action_id": reminded.remind(session, cast, invoice_a)["letter_id"]}
    funds, its_own = subsidised.subsidise(session, cast, october.site)
    of_the_house, of_a = of_the_house | funds, of_a | its_own
    of_the_house |= gathered.belongings(session, cast, october.site.id)
    house, its_own = banked.belongings(session, cast)
    of_the_house, of_a = of_the_house | house, of_a | its_own
    house, its_own = carded.belongings(session, cast, invoice_a)
    of_the_house, of_a = of_the_house | house, of_a | its_own
    house, its_own = claimed.claim(session, cast)
    of_the_house, of_a = of_the_house | house, of_a | its_own
    entry_id = session.execute(select(JournalEntry.id).where(JournalEntry.source_id == invoice_a.id,
                                                             JournalEntry.kind == "invoice")).scalar_one()  # fmt: skip
    of_the_house |= {"entry_id": entry_id} | reviewed.belongings(session, cast)
    return Belongings(cast, member_b, of_a, of_the_house)


def _of_a(session: Session, cast: Cast, october: October, programme_id: int) -> dict[str, object]:
    founder, a, room, now = cast.founder_a, cast.startup_a, october.room.id, AFTER_OCTOBER
    later = utc_now().replace(minute=0, second=0, microsecond=0) + timedelta(days=7)
    series = book_series(session, founder, now=NOW, terms=SeriesTerms(
        room, a, Recurrence("DAILY", count=2), date(2026, 10, 22), time(9), time(10), title=MARKS["series"]))  # fmt: skip
    wait = join_waitlist(session, founder, now=NOW, resource_id=room, start=at(10, 10), end=at(10, 11), minutes=60, startup_id=a,
                         title=MARKS["wait"])  # fmt: skip
    (visitor,) = invite_visitors(session, founder, now=now, guests=[Guest(MARKS["visitor"], "v@corp.example")],
                                 host_id=founder.person_id or 0, startup_id=a, site_id=october.site.id, start=later,
                                 end=later + timedelta(hours=1))  # fmt: skip
    post = add_post(session, founder, now=now, secret=b"s", startup_id=a, name=MARKS["post"], role="founder",
                    first=date(2026, 10, 1))  # fmt: skip
    standing = claim_standing(session, founder, now=now, post_id=post.id, category="graduate", first=date(2025, 6, 30),
                              evidence=MARKS["evidence"])  # fmt: skip
    document = add_document(session, founder, now=now, kind="plan", title=MARKS["document"], startup_id=a, audience="startup",
                            name="a.txt", content=MARKS["document"].encode())  # fmt: skip
    address = register_address(session, cast.manager, now=now, startup_id=a, address=MARKS["address"], first=date(2026, 1, 5),
                               site_id=october.site.id)  # fmt: skip
    allowance = grant_allowance(session, cast.manager, now=now, startup_id=a, name=MARKS["allowance"], minutes=600,
                                repeats="month", valid_from=date(2026, 11, 1))  # fmt: skip
    enrolment = enrol(session, cast.manager, now=now, programme_id=programme_id, startup_id=a, starts_on=date(2026, 10, 1))
    invoices = post_month(session, cast.finance, now=now, site_id=october.site.id, month=OCTOBER)
    (invoice,) = [each for each in invoices if each.startup_id == a]
    papers = _papers(session, cast)
    residency_id = session.execute(select(Residency.id).where(Residency.startup_id == a)).scalar_one()
    grant_id = session.execute(select(RoleGrant.id).where(RoleGrant.person_id == founder.person_id)).scalar_one()
    event = session.execute(
        select(func.max(AuditEvent.number)).where(AuditEvent.subject_kind == "startups", AuditEvent.subject_id == a)
    ).scalar_one()
    return {
        "startup_id": a, "booking_id": october.bookings["A"].id, "series_id": series.id, "wait_id": wait.id,
        "visitor_id": visitor.id, "post_id": post.id, "standing_id": standing.id, "document_id": document.id,
        "address_id": address.id, "allowance_id": allowance.id, "enrolment_id": enrolment.id, "invoice_id": invoice.id,
        "residency_id": residency_id, "person_id": founder.person_id, "grant_id": grant_id, "opens_id": a,
        "browser_id": _browser(session, founder), "event": event or 1, **papers,
    }  # fmt: skip


def _papers(session: Session, cast: Cast) -> dict[str, object]:
    """The text of A's agreement, accepted by its founder; a list with a photo that is signed; a deposit."""
    manager, now = cast.manager, AFTER_OCTOBER
    residency_id = session.execute(select(Residency.id).where(Residency.startup_id == cast.startup_a)).scalar_one()
    keep_template(session, manager, now=now, kind="agreement", title=MARKS["text"], clauses=[Clause("一", "{{startup}}")])
    text = make_text(session, manager, now=now, residency_id=residency_id)
    accept_text(session, cast.founder_a, now=now, text_id=text.id, side="startup", name="安娜", agrees=True,
                sha256=text.sha256.hex(), address="::1", agent="")  # fmt: skip
    handover = begin_handover(session, manager, now=now, residency_id=residency_id, kind="handover", happened_on=date(2026, 10, 1))
    item = list_items(session, handover.id)[0].item
    look_at(session, manager, now=now, handover_id=handover.id, item_id=item.id, condition="worn", remark=MARKS["thing"],
            photo=picture("PNG"))  # fmt: skip
    sign_handover(session, manager, now=now, handover_id=handover.id)
    move_deposit(session, manager, now=now, residency_id=residency_id, kind="asked", amount_minor=100,
                 happened_on=date(2026, 10, 1), reason=MARKS["deposit"])  # fmt: skip
    picture_id = list_items(session, handover.id)[0].photos[0].id
    return {"text_id": text.id, "handover_id": handover.id, "item_id": item.id, "picture_id": picture_id}


def _of_the_house(session: Session, cast: Cast, october: October) -> dict[str, object]:
    manager, site = cast.manager, october.site
    far = datetime(2027, 3, 1, 1, tzinfo=NOW.tzinfo)
    closure = close_units(session, manager, now=NOW, site=site, units=[october.units["D3"]], start=far,
                          end=far + timedelta(days=1), reason="粉刷墙面")  # fmt: skip
    hold = hold_units(session, manager, now=NOW, site=site, units=[october.units["D3"]], first=date(2027, 5, 1),
                      last=date(2027, 5, 31), for_whom="某团队")  # fmt: skip
    photo = add_photo(session, manager, now=NOW, resource=october.room, name="a.png", content=picture("PNG"), alt="桌子")
    plan = add_plan(session, manager, now=NOW, site=site, name="1F", content=PLAN)
    rule = add_rule(session, manager, now=NOW, name="周末", approval_hours=24, resource_kind="hall")
    programme = add_programme(session, manager, now=NOW, kind="plan", name="流动工位套餐")
    included = include_allowance(session, manager, now=NOW, programme_id=programme.id, name="会议室 5 小时", minutes=300,
                                 repeats="month", valid_from=date(2026, 10, 1))  # fmt: skip
    run = enqueue(session, manager, now=NOW, job="import_workbook", period="1", arguments={"file_id": 1, "name": "a.xlsx"})
    policy = session.execute(select(Scheme).order_by(Scheme.id).limit(1)).scalar_one()
    draft = create_draft(session, cast.finance, now=NOW, scheme=policy,
                         terms=Terms("试", {"covers": ["rent"], "rate": "0.5"}, date(2027, 1, 1)))  # fmt: skip
    tariff, scheme = (
        session.connection().exec_driver_sql(f"SELECT min(id) FROM {table}").scalar_one() for table in ("tariffs", "schemes")
    )
    return {
        **furnish_meters(session, cast, site, october.units["O1"]),
        **incubated.furnish(session, cast, site.id), **mentored.open_mentoring(session, cast, site),
        "operator": f"{cast.operator_id:x}",
        "site_id": site.id, "resource_id": october.room.id, "unit_id": october.units["O1"].id,
        "floor_id": session.execute(select(Floor.id).where(Floor.site_id == site.id)).scalar_one(),
        "closure_id": closure.id, "hold_id": hold.id, "photo_id": photo.id, "plan_id": plan.id, "rule_id": rule.id,
        "programme_id": programme.id, "included_id": included.id, "run_id": run.id, "tariff_id": tariff, "scheme_id": scheme,
        "draft_id": draft.id, "word": f"draft-{draft.id}",
    }  # fmt: skip


def _browser(session: Session, actor: Actor) -> int:
    """A browser that the person is signed in with."""
    with as_operator(session, INSTALLATION):
        identity_id = session.execute(
            select(Affiliation.identity_id).where(Affiliation.person_id == actor.person_id,
                                                  Affiliation.tenant_id == actor.operator_id)
        ).scalar_one()  # fmt: skip
        start_session(session, now=utc_now(), identity_id=identity_id, tenant_id=actor.operator_id)
        return session.execute(
            select(func.max(SignInSession.id)).where(SignInSession.identity_id == identity_id)
        ).scalar_one()


def queries_of_a(belongings: Belongings) -> dict[str, Any]:
    """Every name under which an address's query or a form may ask for a row, with A's."""
    asked: dict[str, Any] = {}
    for place, value in belongings.of_a.items():
        asked[place] = value
        asked[place.removesuffix("_id")] = value
    return asked

"""Every page against the whole cast: who may open it, who is told that they may not, who must not know of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from sqlalchemy import Connection, event, select
from sqlalchemy.orm import Session

from incubator.billing.operations.checkouts import add_card_payment
from incubator.billing.operations.posting import post_month
from incubator.bookings.operations import grant_allowance, invite_visitors
from incubator.bookings.visiting import Guest
from incubator.core.clock import utc_now
from incubator.documents.operations import add_document
from incubator.spaces.operations import add_plan
from incubator.startups.models import RequestPhoto
from incubator.startups.operations import add_post, add_programme
from incubator.startups.operations.announcements import Words, publish_announcement
from incubator.startups.operations.calls import CallFacts, add_call
from incubator.startups.operations.directory import edit_entry
from incubator.startups.operations.request_settings import add_category
from incubator.startups.operations.requests import open_request
from incubator.subsidies.models import Scheme
from incubator.subsidies.operations.drafts import Terms, create_draft
from tests.cast import Cast, Peopled
from tests.conftest import Browser
from tests.database import Databases
from tests.documents.test_pictures import picture
from tests.mentors.build import make_mentor
from tests.scenarios import (
    banked,
    booked,
    claimed,
    fapiaoed,
    gathered,
    invoiced,
    present,
    priced,
    reminded,
    reported,
    reviewed,
    subsidised,
    vouchered,
)
from tests.scenarios.access_pages import EVERYBODY, PAGES
from tests.scenarios.matched import match
from tests.scenarios.mentored import be_mentored, open_mentoring
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER, tell_october
from tests.worlds import Built, build

PLAN = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 50"/>'

NONE = 2**40
"""No row's id: sequences go on from test to test."""

UNKNOWN = (
    "/sites/{none}", "/bookings/{none}", "/startups/{none}", "/allowances/{none}", "/programmes/{none}", "/startups/{none}/programmes", "/allowances?startup={none}", "/allowances/new?startup={none}", "/residencies/{none}", "/tariffs/{none}", "/meters/{none}", "/meters/{none}/exchange", "/readings/{none}/photo", "/readings/{none}/correct", "/meters?site={none}", "/invoices/{none}",
    "/sites/{none}/plan", "/sites/{site}/plans/{none}/picture", "/sites/{site}/plans/{none}/draw",
    "/resources/{none}", "/resources/{none}/photos/1", "/resources/{room}/photos/{none}",
    "/sites/{site}/resources/{none}/hours", "/sites/{site}/resources/{room}/photos/{none}", "/billing/{none}/2026-10", "/billing/{site}/2026-13", "/billing/{site}/2026-10/export.exe", "/timeline?date=tomorrow",
    "/invoices/99999999999999999999", "/card-payments/{none}", "/visitors/{none}", "/visitors/new?booking={none}", "/desk/visitors?date=tomorrow",
    "/requests/{none}", "/requests/{request_a}/photos/{none}", "/requests/new?startup={none}", "/requests/categories/{none}",
    "/mentors/{none}", "/mentors/{none}/profile", "/mentors/{none}/hours", "/mentors/{none}/conflicts", "/mentors/proposals/{none}",
    "/mentors/appointments/{none}/letter.pdf", "/mentors/conflicts/{none}/end", "/mentors/fields/{none}",
    "/announcements/{none}", "/directory/{none}", "/sites/{none}/service-levels",
    "/needs/{none}", "/needs/{none}/edit", "/needs/new?startup={none}",
    "/rounds/{none}", "/rounds/{none}/wishes", "/rounds/{round}/change?startup={none}", "/rounds/{round}/nobody", "/mentorships/{none}/end",
    *booked.UNKNOWN, *reported.UNKNOWN, *subsidised.UNKNOWN, *vouchered.UNKNOWN, *invoiced.UNKNOWN, *reminded.UNKNOWN, *banked.UNKNOWN,
    *fapiaoed.UNKNOWN, *gathered.UNKNOWN, *present.UNKNOWN, *claimed.UNKNOWN, *reviewed.UNKNOWN,
)  # fmt: skip


def furnish(session: Session, cast: Cast) -> dict[str, int]:
    """October, and one row of everything that a page can show; the ids by their names in `PAGES`."""
    october = tell_october(session, cast)
    invoices = post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    allowance = grant_allowance(
        session, cast.manager, now=AFTER_OCTOBER, startup_id=cast.startup_a, name="每月 10 小时", minutes=600, repeats="month",
        valid_from=date(2026, 11, 1),
    )  # fmt: skip
    (visitor,) = invite_visitors(
        session, cast.founder_a, now=AFTER_OCTOBER, guests=[Guest("王小明", "wang@corp.example")], host_id=cast.founder_a.person_id or 0,
        startup_id=cast.startup_a, site_id=october.site.id, start=AFTER_OCTOBER + timedelta(days=5), end=AFTER_OCTOBER + timedelta(days=5, hours=1),
    )  # fmt: skip
    post = add_post(session, cast.founder_a, now=AFTER_OCTOBER, secret=b"s", startup_id=cast.startup_a, name="王小明",
                    role="founder", first=date(2026, 10, 1))  # fmt: skip
    programme = add_programme(session, cast.manager, now=AFTER_OCTOBER, kind="plan", name="流动工位套餐")
    call = add_call(session, cast.manager, now=AFTER_OCTOBER, programme_id=programme.id,
                    facts=CallFacts("招募", "call", AFTER_OCTOBER))  # fmt: skip
    plan = add_plan(session, cast.manager, now=AFTER_OCTOBER, site=october.site, name="1F", content=PLAN)
    request = open_request(session, cast.founder_a, now=utc_now(), startup_id=cast.startup_a, site_id=october.site.id,
                           title="空调不制冷", text="三楼。", photos=[picture("PNG")])  # fmt: skip
    photo = session.execute(select(RequestPhoto.id).where(RequestPhoto.request_id == request.id)).scalar_one()
    category = add_category(session, cast.manager, now=AFTER_OCTOBER, name="网络")
    told = [publish_announcement(session, cast.manager, now=utc_now(), words=Words(title="停水通知", body="今晚停水。", from_on=date(2026, 1, 1), audience=who))
            for who in ("all", "staff")]  # fmt: skip
    edit_entry(session, cast.founder_a, now=utc_now(), startup_id=cast.startup_a, listed=True, blurb="做传感器。")
    documents = {
        name: add_document(session, cast.founder_a, now=AFTER_OCTOBER, kind="letter", title=name, startup_id=cast.startup_a, audience=audience,
                           name="a.txt", content=b"of A").id
        for name, audience in (("document_a", "startup"), ("letter_to_founders_a", "founders"))
    }  # fmt: skip
    documents |= {
        name: add_document(session, cast.manager, now=AFTER_OCTOBER, kind="rules", title=name, startup_id=None, audience=audience,
                           name="a.txt", content=b"of the house").id
        for name, audience in (("house_rules", "everybody"), ("for_the_team", "staff"))
    }  # fmt: skip
    (of_a,) = [invoice for invoice in invoices if invoice.startup_id == cast.startup_a]
    by_card = add_card_payment(session, cast.founder_a, now=AFTER_OCTOBER, kind="checkout", startup_id=cast.startup_a, parts={of_a.id: of_a.net_minor},
                               site_id=of_a.site_id, currency="CNY")  # fmt: skip
    mentoring = open_mentoring(session, cast, october.site)
    unapproved, _ = make_mentor(session, cast, october.site, name="new")
    rounds, mentorships = match(session, cast)
    mentored = be_mentored(session, cast, mentoring)
    series, vouchers = vouchered.give_vouchers(session, cast)
    funds, _ = subsidised.subsidise(session, cast, october.site)
    batches, fapiaos = fapiaoed.give_fapiaos(session, cast, october.site.id, of_a.id)
    house, its = invoiced.invoice(session, cast, of_a)
    letter = reminded.remind(session, cast, of_a)
    gathering = gathered.belongings(session, cast, october.site.id)
    claims, its_evidence = claimed.claim(session, cast)
    draft = create_draft(session, cast.finance, now=AFTER_OCTOBER, scheme=session.execute(select(Scheme).where(Scheme.code == "Y")).scalar_one(),
                         terms=Terms("试", {"covers": ["rent"], "rate": "0.5"}, date(2027, 1, 1)))  # fmt: skip
    meters = priced.furnish_meters(session, cast, october.site, october.units["O1"])
    first = {
        name: session.connection().exec_driver_sql(f"SELECT min(id) FROM {table}").scalar_one()
        for name, table in (("residency_a", "residencies"), ("tariff", "tariffs"), ("scheme", "schemes"))
    }
    return {
        **first, **present.be_seen(session, cast, october.site.id), **reviewed.review(session, cast),
        **banked.bank(session, cast, of_a), "claim": claims["claim_id"], "requirement": claims["requirement_id"],
        "claim_line": its_evidence["claim_line"], "letter_a": letter["letter_id"],
        "note_a": its["note_id"], "one_off_a": its["one_off_id"], "approval": house["approval_id"],
        "event": int(str(gathering["event_id"])), "event_photo": int(str(gathering["event_photo"])),
        "meter": meters["meter_id"], "reading": meters["reading_id"], "draft": draft.id,
        "budget": int(str(funds["budget_id"])), "pool": int(str(funds["pool_id"])),
        "site": october.site.id, "booking_a": october.bookings["A"].id, "startup_a": cast.startup_a,
        "room": october.room.id, "invoice_a": of_a.id, "card_payment_a": by_card.id,
        "allowance_a": allowance.id, "visitor_a": visitor.id, "plan": plan.id, "programme": programme.id, "post": post.id,
        "request_a": request.id, "photo_a": photo, "category": category.id, "announcement": told[0].id,
        "announcement_staff": told[1].id,
        "mentor": int(str(mentoring["mentor_id"])), "proposal": int(str(mentoring["proposal_id"])),
        "appointment": int(str(mentoring["appointment_id"])), "help_field": int(str(mentoring["field_id"])),
        "mentor_unapproved": unapproved.id, "conflict_a": int(str(mentored["conflict_id"])), "need_a": int(str(mentored["need_id"])),
        "session_a": int(str(mentored["session_id"])), "certificate": int(str(mentored["certificate_id"])),
        **documents, "round": int(str(rounds["round_id"])), "mentorship_a": int(str(mentorships["mentorship_id"])),
        "call": call.id, **series, "provider": series["provider_id"], "settlement": series["settlement_id"],
        "fapiao_batch": int(str(batches["batch_id"])), "fapiao_a": int(str(fapiaos["request_id_of_fapiao"])),
        "paper_a": int(str(fapiaos["fapiao_id"])),
        "voucher_a": vouchers["voucher_id"], "order_a": vouchers["order_id"], "voucher_application_a": vouchers["voucher_application"],
    }  # fmt: skip


@pytest.fixture(scope="session")
def ids_built(databases: Databases, peopled: Peopled) -> Iterator[Built[dict[str, int]]]:
    with build(databases, peopled, furnish) as built:
        yield built


@pytest.fixture
def here(ids_built: Built[dict[str, int]]) -> dict[str, int]:
    return ids_built.world


@pytest.mark.parametrize("person", sorted(EVERYBODY))
def test_who_opens_what(client: Browser, cast: Cast, here: dict[str, int], person: str) -> None:
    client.sign_in(getattr(cast, person))
    found, expected = {}, {}
    for page, (may, must_not_know) in PAGES.items():
        found[page] = client.get(page.format(**here)).status_code
        expected[page] = 200 if person in may else 404 if person in must_not_know else 403
    assert found == expected


def test_another_operator_knows_of_nothing(client: Browser, cast: Cast, here: dict[str, int]) -> None:
    client.sign_in(cast.other_owner)
    for page in PAGES:
        if "{" in page:
            # what is for a startup's people alone says nothing of any startup to an owner
            assert client.get(page.format(**here)).status_code == (403 if page.startswith(("/my/", "/pay/")) else 404), page


def test_without_signing_in_one_is_sent_to_sign_in(client: Browser, here: dict[str, int]) -> None:
    for page in set(PAGES) - {"/"}:
        answer = client.get(page.format(**here))
        assert (answer.status_code, answer.location.split("?")[0]) == (302, "/sign-in"), page


def test_what_is_not_there_is_not_found(client: Browser, cast: Cast, here: dict[str, int]) -> None:
    client.sign_in(cast.owner)
    for page in UNKNOWN:
        assert client.get(page.format(none=NONE, **here)).status_code == 404, page


@contextmanager
def counting(session: Session) -> Iterator[list[str]]:
    """The statements that run inside the block, savepoints and settings left out."""
    statements: list[str] = []
    engine = session.get_bind().engine

    def note(_connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.split()[0] not in ("SAVEPOINT", "RELEASE", "ROLLBACK", "SET"):
            statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize(
    ("page", "most"),
    [
        ("/timeline?site={site}&date=2026-10-20", 13), ("/timeline/events?site={site}&date=2026-10-20", 4),
        ("/resources/{room}?month=2026-10", 18),
        ("/sites/{site}/plan?date=2026-10-20", 18),
        ("/sites", 8),
        ("/sites/{site}", 17),
        ("/requests", 12),
        ("/requests/{request_a}", 12),
        ("/requests/figures", 10),
        ("/announcements", 7),
        ("/directory", 12),
        ("/startups", 9),
        ("/startups/{startup_a}", 13),
        ("/rent-control?site={site}", 14),
        ("/bookings", 8),
        ("/reports/use?m=area&m=time&by=startup&beside=year", 50), ("/reports/use/maps?m=time&site={site}", 55),
        ("/reports/use/rows?m=time&from=2026-10&to=2026-10", 32),
        ("/billing", 20), ("/billing/{site}/2026-10", 40),
        ("/invoices", 8), ("/invoices/{invoice_a}", 17),
        ("/tariffs", 10), ("/meters", 12), ("/meters/{meter}", 10), ("/meters/read", 11),
        ("/allowances", 9),
        ("/visitors", 8),
        ("/desk/visitors?site={site}&date=2026-11-06", 10),
        ("/allowances/{allowance_a}", 10),
        ("/startups/{startup_a}/documents", 9),
        ("/documents", 8),
        ("/documents/{document_a}", 9),
        ("/rounds", 8), ("/rounds/{round}", 13),
        ("/rounds/{round}/change?startup={startup_a}", 11),
        ("/mentorships", 8),
        ("/mentoring/sessions?view=all", 8), ("/mentoring/sessions/{session_a}", 14), ("/mentoring/figures", 18),
        ("/needs", 10), ("/needs/{need_a}", 14), *booked.STATEMENTS, *reported.STATEMENTS, *subsidised.STATEMENTS, *vouchered.STATEMENTS,
        *invoiced.STATEMENTS, *reminded.STATEMENTS, *banked.STATEMENTS, *fapiaoed.STATEMENTS,
        *gathered.STATEMENTS, *present.STATEMENTS, *claimed.STATEMENTS, *reviewed.STATEMENTS,
    ],
)  # fmt: skip
def test_a_page_takes_a_bounded_number_of_statements(
    client: Browser, session: Session, cast: Cast, here: dict[str, int], page: str, most: int
) -> None:
    client.sign_in(cast.owner)
    with counting(session) as statements:
        assert client.get(page.format(**here)).status_code == 200
    assert len(statements) <= most, "\n".join(statements)

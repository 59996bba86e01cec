"""A draft tried on past months: what it would have given, who gains and who loses, and nothing is written.

October 2026: A pays 2,400.00 rent and 300.00 property fee, B 2,109.68 and 281.29, team C 1,200.00; scheme Y gives
companies 60 % of it, at most 10,000.00 a quarter: A 1,620.00, B 1,265.81 + 168.77 = 1,434.58, C nothing.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from incubator.billing.operations.posting import post_month, rerate_startup
from incubator.billing.trials import Trial, try_text
from incubator.core.errors import Forbidden, NotFound, Refusal
from incubator.core.periods import Month
from incubator.database import Base
from incubator.startups.operations import add_post, edit_startup
from incubator.subsidies.models import Budget, BudgetPool, Decision, Scheme, SchemeDraft
from incubator.subsidies.operations.budgets import add_budget, create_pool, draw_on
from incubator.subsidies.operations.drafts import Terms, create_draft
from incubator.subsidies.operations.schemes import add_scheme_version, create_scheme
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER, SCHEME_Y, October

DECEMBER_3 = datetime(2026, 12, 3, 1, tzinfo=UTC)
COMPANIES = {"all": [{"fact": "startup.kind", "is": "company"}]}


def begin(session: Session, cast: Cast, rule: dict[str, Any], scheme: Scheme | None = None) -> str:
    """A draft of scheme Y, or of another; the word for it."""
    scheme = scheme or session.execute(select(Scheme).where(Scheme.code == "Y")).scalar_one()
    draft = create_draft(session, cast.finance, now=NOW, scheme=scheme, terms=Terms("试", rule, date(2026, 11, 1)))
    return f"draft-{draft.id}"


def tried(
    session: Session, cast: Cast, october: October, word: str, first: Month = OCTOBER, last: Month = OCTOBER
) -> Trial:
    return try_text(
        session, cast.auditor, now=AFTER_OCTOBER, word=word, site_id=october.site.id, first=first, last=last
    )


def changes(trial: Trial) -> dict[str, tuple[int, int]]:
    return {each.startup.name_en or each.startup.name: (each.before_minor, each.after_minor) for each in trial.effects}


def names(october: October) -> dict[str, str]:
    return {
        key: startup.name_en or startup.name for key, startup in (("a", october.a), ("b", october.b), ("c", october.c))
    }


EIGHTY_OF_RENT = {"who": COMPANIES, "covers": ["rent"], "how": {"share": "0.8"},
                  "caps": [{"per": "startup", "window": "quarter", "amount": "1500"}]}  # fmt: skip


@pytest.mark.parametrize("is_posted", [False, True])
def test_eighty_per_cent_of_rent_up_to_1500_a_quarter(
    session: Session, cast: Cast, october: October, is_posted: bool
) -> None:
    # A: 80 % of 2,400.00 are 1,920.00, cut to 1,500.00, and no fee: 120.00 less than now
    # B: 80 % of 2,109.68 are 1,687.74, cut to 1,500.00: 65.42 more than now; whether the month is posted or not
    if is_posted:
        post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    trial = tried(session, cast, october, begin(session, cast, EIGHTY_OF_RENT))
    by = names(october)
    assert changes(trial) == {by["a"]: (162_000, 150_000), by["b"]: (143_458, 150_000), by["c"]: (0, 0)}
    assert [each.startup.id for each in trial.gaining] == [october.b.id]
    assert [each.startup.id for each in trial.losing] == [october.a.id]
    assert [each.startup.id for each in trial.not_eligible] == [october.c.id]
    assert (trial.before_minor, trial.after_minor) == (305_458, 300_000)
    (refused,) = trial.not_eligible[0].refused
    assert refused.derivation["who"]["answer"] == "not_met"


def test_the_version_in_force_changes_nothing(session: Session, cast: Cast, october: October) -> None:
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    trial = tried(session, cast, october, begin(session, cast, SCHEME_Y))
    assert (trial.before_minor, trial.after_minor) == (305_458, 305_458)
    assert not trial.gaining and not trial.losing


def test_a_scheme_beside_the_others_gets_what_they_leave(session: Session, cast: Cast, october: October) -> None:
    more = create_scheme(session, cast.finance, now=NOW, code="Z", name="补足")
    word = begin(session, cast, {"who": COMPANIES, "covers": ["rent"], "how": {"share": "1"}}, more)
    trial = tried(session, cast, october, word)
    # A: 2,400.00 - 1,440.00 = 960.00 more; B: 2,109.68 - 1,265.81 = 843.87 more
    assert [each.change_minor for each in trial.gaining] == [96_000, 84_387]


def test_months_count_together_up_to_the_cap(session: Session, cast: Cast, october: October) -> None:
    # A in August and September: 2,700.00 each; a cap of 3,000.00 a quarter, and October is another quarter
    rule = {"who": COMPANIES, "covers": ["rent", "property_fee"], "how": {"share": "0.6"},
            "caps": [{"per": "startup", "window": "quarter", "amount": "3000"}]}  # fmt: skip
    for number in (8, 9):
        post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=Month(2026, number))
    trial = tried(session, cast, october, begin(session, cast, rule), Month(2026, 8), OCTOBER)
    given = [after for _, after in trial.by_month.values()]
    assert given == [162_000, 300_000 - 162_000, 162_000 + 143_458]
    assert [before for before, _ in trial.by_month.values()] == [162_000, 162_000, 305_458]


def test_a_budget_is_as_if_the_month_had_not_used_it(session: Session, cast: Cast, october: October) -> None:
    pool = BudgetPool(code="B", name="预算", created_at=NOW)
    session.add(pool)
    session.flush()
    scheme = session.execute(select(Scheme)).scalar_one()
    scheme.pool_id = pool.id
    days = func.daterange(date(2026, 1, 1), date(2027, 1, 1))
    session.add(Budget(pool_id=pool.id, days=days, mode="first_come", amount_minor=200_000, created_at=NOW))
    session.flush()
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    trial = tried(session, cast, october, begin(session, cast, SCHEME_Y))
    assert (trial.before_minor, trial.after_minor) == (200_000, 200_000)


ONCE = {"covers": ["rent"], "how": {"share": "0.5"}, "together": {"once": "person"}}
"""1,200.00 of A's rent, 1,054.84 of B's and 600.00 of C's; but no founder under two startups."""


def found_both(session: Session, cast: Cast, october: October) -> Scheme:
    """A scheme that counts each person once; one person founds A and B, another C."""
    scheme = create_scheme(session, cast.finance, now=NOW, code="P8", name="每人一次")
    both, other = ("赵两家", "E12345678"), ("钱一家", "E87654321")
    for startup, (name, passport) in ((october.a, both), (october.b, both), (october.c, other)):
        add_post(session, cast.manager, now=NOW, secret=b"x" * 32, startup_id=startup.id, name=name, role="founder",
                 first=date(2026, 9, 1), id_kind="passport", id_number=passport)  # fmt: skip
    return scheme


def test_a_posted_month_does_not_count_its_people_against_its_own_try(
    session: Session, cast: Cast, october: October
) -> None:
    """Posted by a version for those who came in October, it counted the founder of both for B; the draft is for all, and
    A comes first: 1,200.00, and by scheme Y 60 % of the 1,200.00 left and of 300.00. B had 1,054.84, 632.90, 168.77."""
    scheme = found_both(session, cast, october)
    version = add_scheme_version(session, cast.finance, now=NOW, scheme=scheme, valid_from=date(2026, 1, 1), source="办法",
                                 rule=ONCE | {"who": {"all": [{"fact": "residency.first_day", "from": "2026-10-01"}]}})  # fmt: skip
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    given = session.execute(select(Decision.startup_id).where(
        Decision.scheme_version_id == version.id, Decision.amount_minor > 0)).scalars().all()  # fmt: skip
    assert set(given) == {october.b.id, october.c.id}
    by = names(october)
    assert changes(tried(session, cast, october, begin(session, cast, ONCE, scheme))) == {
        by["a"]: (162_000, 120_000 + 72_000 + 18_000), by["b"]: (105_484 + 63_290 + 16_877, 143_458), by["c"]: (60_000, 60_000),
    }  # fmt: skip


def test_what_waits_for_its_budget_counts_its_person_too(session: Session, cast: Cast, october: October) -> None:
    scheme = found_both(session, cast, october)
    add_scheme_version(
        session, cast.finance, now=NOW, scheme=scheme, valid_from=date(2026, 1, 1), source="办法", rule=ONCE
    )
    pool = create_pool(session, cast.finance, now=NOW, code="P", name="分配")
    draw_on(session, cast.finance, now=NOW, scheme_id=scheme.id, pool_id=pool.id)
    add_budget(session, cast.finance, now=NOW, pool_id=pool.id, first=date(2026, 1, 1), last=date(2026, 12, 31),
               mode="pro_rata", amount_minor=100_000)  # fmt: skip
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    waits = select(Decision.startup_id, func.sum(Decision.held_minor)).group_by(Decision.startup_id)
    held = dict(session.execute(waits).all())
    assert held == {october.a.id: 120_000, october.b.id: 0, october.c.id: 60_000}


def test_what_corrects_an_earlier_invoice_is_not_tried(session: Session, cast: Cast, october: October) -> None:
    """A's October was corrected, and November's draft, then invoice, carries it: a line that costs nothing."""
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    edit_startup(session, cast.manager, now=DECEMBER_3, startup=october.a, name=october.a.name, kind="company",
                 credit_code=october.a.credit_code, registered_on=date(2026, 11, 2))  # fmt: skip
    rerate_startup(session, cast.finance, now=DECEMBER_3, startup_id=october.a.id, reason="登记日期有误")
    november = OCTOBER + 1
    word = begin(session, cast, SCHEME_Y)
    for is_posted in (False, True):
        if is_posted:
            made = post_month(session, cast.finance, now=DECEMBER_3, site_id=october.site.id, month=november)
            assert any(each.startup_id == october.a.id and each.subsidy_minor == 0 for each in made), "it carries them"
        trial = try_text(
            session, cast.auditor, now=DECEMBER_3, word=word, site_id=october.site.id, first=november, last=november
        )
        (effect,) = [each for each in trial.effects if each.startup.id == october.a.id]
        assert [line.charge.source_kind for line in effect.months[0].after.lines] == ["residency_price"] * 2
        assert effect.after_minor == 162_000


def test_nothing_is_written_in_a_bounded_number_of_statements(session: Session, cast: Cast, october: October) -> None:
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    word = begin(session, cast, EIGHTY_OF_RENT)
    counts = {name: session.execute(select(func.count()).select_from(table)).scalar_one()
              for name, table in Base.metadata.tables.items()}  # fmt: skip
    said: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    engine = session.connection().engine
    event.listen(engine, "before_cursor_execute", listen)
    try:
        tried(session, cast, october, word)
    finally:
        event.remove(engine, "before_cursor_execute", listen)
    assert not [each for each in said if each.lstrip().split()[0] in ("INSERT", "UPDATE", "DELETE")]
    assert len(said) <= 60
    after = {name: session.execute(select(func.count()).select_from(table)).scalar_one()
             for name, table in Base.metadata.tables.items()}  # fmt: skip
    assert after == counts


def test_what_can_not_be_tried(session: Session, cast: Cast, october: October) -> None:
    word = begin(session, cast, EIGHTY_OF_RENT)
    for first, last in ((OCTOBER, Month(2026, 9)), (Month(2025, 10), OCTOBER), (Month(2026, 11), Month(2026, 11))):
        with pytest.raises(Refusal):
            tried(session, cast, october, word, first, last)
    of_operator = begin(session, cast, {"covers": ["own_rent"], "how": {"share": "0.5"}, "goes_to": "operator"})
    with pytest.raises(AssertionError):  # the page asks for its costs, not for charges
        tried(session, cast, october, of_operator)
    with pytest.raises(NotFound):
        tried(session, cast, october, "draft-999999")
    with pytest.raises(Forbidden):
        try_text(
            session, cast.front_desk, now=AFTER_OCTOBER, word=word, site_id=october.site.id, first=OCTOBER, last=OCTOBER
        )


# pages


def test_the_page_says_who_gains_and_unfolds_to_lines(
    client: Browser, cast: Cast, october: October, session: Session
) -> None:
    word = begin(session, cast, EIGHTY_OF_RENT)
    browser = client.sign_in(cast.auditor)
    assert "试算" in browser.get(f"/schemes/try/{word}").text
    here = f"/schemes/try/{word}?site={october.site.id}&first=2026-10&last=2026-10"
    page = browser.get(here).text
    assert "¥3,054.58" in page and "¥3,000.00" in page and "+¥65.42" in page and october.b.name in page
    assert "-¥120.00" in browser.get(here + "&show=losing").text
    page = browser.get(here + "&show=not_eligible").text
    assert october.c.name in page and "未注册为企业，不符合条件" in page


@pytest.mark.parametrize(
    "query", ["first=2026-10&last=2026-08", "first=2020-01&last=2026-10", "first=2199-01&last=2199-01"]
)
def test_wrong_months_get_a_sentence(
    client: Browser, cast: Cast, october: October, session: Session, query: str
) -> None:
    word = begin(session, cast, EIGHTY_OF_RENT)
    page = client.sign_in(cast.finance).get(f"/schemes/try/{word}?site={october.site.id}&{query}")
    assert page.status_code == 422 and 'id="try-error"' in page.text


def test_who_sees_the_page(client: Browser, cast: Cast, october: October, session: Session) -> None:
    word = begin(session, cast, EIGHTY_OF_RENT)
    for role, status in (("owner", 200), ("finance", 200), ("auditor", 200), ("front_desk", 403), ("founder_a", 403)):
        assert client.sign_in(getattr(cast, role)).get(f"/schemes/try/{word}").status_code == status, role


def test_a_version_can_be_tried_too(session: Session, cast: Cast, october: October) -> None:
    more = create_scheme(session, cast.finance, now=NOW, code="Z", name="明年")
    version = add_scheme_version(session, cast.finance, now=NOW, scheme=more, valid_from=date(2027, 1, 1), source="办法",
                                 rule={"who": COMPANIES, "covers": ["property_fee"], "how": {"share": "0.1"}})  # fmt: skip
    trial = tried(session, cast, october, f"version-{version.id}")
    assert [each.change_minor for each in trial.gaining] == [
        1_200,
        1_125,
    ]  # 10 % of the 120.00 and 112.52 that Y leaves
    assert session.execute(select(func.count()).select_from(SchemeDraft)).scalar_one() == 0

"""Amending by its pages, and by hand-worked numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.billing.rules.invoicing import charge_terms
from incubator.core.errors import Refusal
from incubator.core.periods import Month
from incubator.pricing.rules.taxes import NO_TAXES
from incubator.spaces.models import Allocation, Site, Unit
from incubator.spaces.operations import Taken, add_floor, add_unit, create_site
from incubator.startups.models import Residency, ResidencyAmendment, ResidencyPrice
from incubator.startups.operations import (
    AgreedFacts,
    Amendment,
    UnitTerms,
    amend_residencies,
    amend_residency,
    edit_startup,
    end_residency,
    hold_units,
    lapse_holds,
    release_hold,
    sign_residency,
)
from incubator.startups.queries import check_agreement, get_startup, list_residency_terms
from incubator.startups.rules.schedule import FreeTime, Schedule, Steps
from tests.cast import NOW, Cast
from tests.conftest import Browser


@dataclass
class Place:
    site: Site
    units: dict[str, Unit]


@pytest.fixture
def place(session: Session, cast: Cast) -> Place:
    site = create_site(session, cast.manager, now=NOW, code="NS", name="南山", hours=[("workday", 540, 1080)],
                       open_from=date(2026, 1, 1))  # fmt: skip
    floor = add_floor(session, cast.manager, now=NOW, site=site, name="1F")
    units = {
        code: add_unit(session, cast.manager, now=NOW, floor=floor, code=code, kind=kind, purpose="incubation",
                       area_m2=Decimal(area), in_service_from=date(2026, 1, 1))
        for code, kind, area in (("D1", "desk", "4.50"), ("D2", "desk", "4.50"), ("D3", "desk", "4.50"), ("O1", "office", "54.50"))
    }  # fmt: skip
    return Place(site, units)


def sign(session: Session, cast: Cast, place: Place, codes: str = "D1", **changes: object) -> Residency:
    whose = changes.pop("whose", cast.startup_a)
    price = changes.pop("price", Decimal(600))
    values: dict[str, object] = {
        "now": NOW, "startup": get_startup(session, cast.manager, whose), "site": place.site,  # type: ignore[arg-type]
        "starts_on": date(2026, 10, 1), "ends_on": date(2026, 12, 31),
        "units": [UnitTerms(place.units[code], "m2_month" if code == "O1" else "unit_month", price) for code in codes.split()],  # type: ignore[arg-type]
    } | changes  # fmt: skip
    return sign_residency(session, cast.manager, **values)  # type: ignore[arg-type]  # one helper for all


def charged(session: Session, place: Place, month: Month) -> list[tuple[str, int, str, str]]:
    drafts = charge_terms(list_residency_terms(session, place.site.id, month), month, NO_TAXES)
    return [(each.description["unit"], each.gross_minor, each.starts_on.isoformat(), each.ends_on.isoformat()) for each in drafts]


def test_a_rent_free_time_and_a_step_are_charged_by_the_day(session: Session, cast: Cast, place: Place) -> None:
    """54.50 m² at 75.00 from 16 October, free until 15 November, +5 % every 12 months: November 4,087.50 × 15/30 =
    2,043.75; October 2027 half at 75.00 and half at 78.75: 4,087.50 × 15/31 = 1,977.82, 4,291.875 × 16/31 = 2,215.16."""
    free = FreeTime(date(2026, 10, 16), date(2026, 11, 15))
    sign(session, cast, place, "O1", price=Decimal(75), starts_on=date(2026, 10, 16), ends_on=date(2028, 10, 15),
         schedule=Schedule((free,), Steps(12, percent=Decimal(5))))  # fmt: skip
    assert charged(session, place, Month(2026, 10)) == []
    assert charged(session, place, Month(2026, 11)) == [("O1", 204_375, "2026-11-16", "2026-11-30")]
    assert charged(session, place, Month(2026, 12)) == [("O1", 408_750, "2026-12-01", "2026-12-31")]
    assert charged(session, place, Month(2027, 10)) == [
        ("O1", 197_782, "2027-10-01", "2027-10-15"), ("O1", 221_516, "2027-10-16", "2027-10-31"),
    ]  # fmt: skip
    assert charged(session, place, Month(2028, 11)) == []


def test_a_desk_changed_in_the_middle_of_a_month(session: Session, cast: Cast, place: Place) -> None:
    """D1 at 600.00 until 15 November, D2 at 700.00 from the 16th: 300.00 and 350.00."""
    residency = sign(session, cast, place)
    amended = amend_residency(session, cast.manager, now=NOW, residency=residency, effective_on=date(2026, 11, 16),
                              ends_on=date(2026, 12, 31), units=[UnitTerms(place.units["D2"], "unit_month", Decimal(700))])  # fmt: skip
    assert amended.kind == "move"
    assert charged(session, place, Month(2026, 11)) == [
        ("D1", 30_000, "2026-11-01", "2026-11-15"), ("D2", 35_000, "2026-11-16", "2026-11-30"),
    ]  # fmt: skip
    other = sign(session, cast, place, whose=cast.startup_b, starts_on=date(2026, 11, 16))
    assert other.starts_on == date(2026, 11, 16)  # D1 is free from that midnight on


def test_an_agreement_ended_early_is_charged_no_longer_and_goes_on_where_it_is_renewed(
    session: Session, cast: Cast, place: Place
) -> None:
    residency = sign(session, cast, place, "D1 D2")
    amend_residency(session, cast.manager, now=NOW, residency=residency, effective_on=date(2026, 12, 1),
                    ends_on=date(2026, 12, 31), as_before=[place.units["D1"]])  # fmt: skip
    end_residency(session, cast.manager, now=NOW, residency=residency, ends_on=date(2026, 11, 15), reason="退租")
    assert [line[1] for line in charged(session, place, Month(2026, 11))] == [30_000, 30_000]
    assert charged(session, place, Month(2026, 12)) == []
    again = amend_residency(session, cast.manager, now=NOW, residency=residency, effective_on=date(2026, 11, 16),
                            ends_on=None, as_before=[place.units["D1"], place.units["D2"]])  # fmt: skip
    assert (again.kind, residency.ended_at, residency.end_reason) == ("renewal", None, None)
    assert [line[0] for line in charged(session, place, Month(2027, 6))] == ["D1", "D2"]
    held = select(func.count()).where(Allocation.voided_at.is_(None), func.upper_inf(Allocation.period))
    assert session.execute(held).scalar_one() == 2


def test_two_swap_their_desks_on_one_day(session: Session, cast: Cast, place: Place) -> None:
    a, b = sign(session, cast, place, "D1"), sign(session, cast, place, "D2", whose=cast.startup_b)

    def to(residency: Residency, code: str) -> Amendment:
        terms = [UnitTerms(place.units[code], "unit_month", Decimal(600))]
        return Amendment(residency, date(2026, 11, 1), date(2026, 12, 31), terms)

    with pytest.raises(Taken, match="D2 is taken"), session.begin_nested():
        amend_residencies(session, cast.manager, now=NOW, amendments=[to(a, "D2")])
    made = amend_residencies(session, cast.manager, now=NOW, amendments=[to(a, "D2"), to(b, "D1")])
    assert [each.kind for each in made] == ["move", "move"]
    on = select(Allocation.unit_id, Allocation.holder_id).where(
        Allocation.voided_at.is_(None), Allocation.period.contains(func.make_timestamptz(2026, 11, 10, 0, 0, 0))
    )
    assert dict(session.execute(on).all()) == {place.units["D2"].id: a.id, place.units["D1"].id: b.id}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"effective_on": date(2026, 9, 30)}, "The agreement begins on 2026-10-01, not before."),
        ({"effective_on": date(2027, 1, 2), "ends_on": date(2027, 6, 30)}, "The agreement ends on 2026-12-31; it can go on from the next day at the latest."),
        ({"ends_on": date(2026, 10, 31)}, "The last day must not come before that on which the change begins."),
        ({"ends_on": date(2026, 12, 30)}, "To let it end before 2026-12-31, end the agreement early."),
        ({"codes": ""}, "An agreement is for at least one unit; to give back all of them, end it."),
        ({"codes": "D1"}, "Nothing is different from that day on."),
        ({"codes": "D1 D3"}, "Say what D3 costs: the agreement has not got it yet."),
    ],
)  # fmt: skip
def test_refusals(session: Session, cast: Cast, place: Place, changes: dict[str, object], sentence: str) -> None:
    residency = sign(session, cast, place)
    codes = str(changes.pop("codes", "D1")).split()
    values: dict[str, object] = {"effective_on": date(2026, 11, 1), "ends_on": date(2026, 12, 31)} | changes
    with pytest.raises(Refusal) as refused:
        amend_residency(session, cast.manager, now=NOW, residency=residency,
                        as_before=[place.units[code] for code in codes], **values)  # type: ignore[arg-type]  # fmt: skip
    assert str(refused.value) == sentence


def test_not_before_what_was_amended_later(session: Session, cast: Cast, place: Place) -> None:
    residency = sign(session, cast, place)
    both = [place.units["D1"]]
    amend_residency(session, cast.manager, now=NOW, residency=residency, effective_on=date(2026, 12, 1), ends_on=None,
                    as_before=both)  # fmt: skip
    with pytest.raises(Refusal, match="amended from 2026-12-01 on already"):
        amend_residency(session, cast.manager, now=NOW, residency=residency, effective_on=date(2026, 11, 1),
                        ends_on=None, units=[UnitTerms(place.units["D1"], "unit_month", Decimal(650))])  # fmt: skip
    facts = AgreedFacts(120_000, 30)
    made = amend_residency(session, cast.manager, now=NOW, residency=residency, effective_on=date(2026, 12, 1),
                           ends_on=None, as_before=both, facts=facts)  # fmt: skip
    assert (made.number, made.kind, residency.deposit_minor, residency.notice_days) == (2, "mixed", 120_000, 30)


def test_a_hold_keeps_others_away_and_goes_over_to_the_agreement(session: Session, cast: Cast, place: Place) -> None:
    units = [place.units["D1"], place.units["D2"]]
    hold = hold_units(session, cast.manager, now=NOW, site=place.site, units=units, first=date(2026, 10, 1),
                      last=date(2026, 10, 31), for_whom="丙团队")  # fmt: skip
    with pytest.raises(Taken, match="D1 is taken from 2026-10-01 to 2026-10-31"), session.begin_nested():
        sign(session, cast, place)
    residency = sign(session, cast, place, starts_on=date(2026, 10, 15), hold=hold)
    assert (hold.ending, hold.residency_id) == ("signed", residency.id)
    sign(session, cast, place, "D2", whose=cast.startup_b, starts_on=date(2026, 10, 2))  # free from this moment on
    own = hold_units(session, cast.manager, now=NOW, site=place.site, units=[place.units["D3"]], first=date(2026, 10, 1),
                     last=date(2026, 10, 31), startup=get_startup(session, cast.manager, cast.startup_b))  # fmt: skip
    with pytest.raises(Refusal, match="held for another startup"):
        sign(session, cast, place, "D3", hold=own)
    release_hold(session, cast.manager, now=NOW, hold=own)
    with pytest.raises(Refusal, match="over already"):
        release_hold(session, cast.manager, now=NOW, hold=own)


def test_an_agreement_is_enlarged_from_its_hold_by_the_page(client: Browser, session: Session, cast: Cast, place: Place) -> None:
    """D2 and D3 are held for A from 1 to 31 October; from the 15th D2 is A's: 650.00 × 17/31 = 356.45."""
    residency = sign(session, cast, place)
    hold = hold_units(session, cast.manager, now=NOW, site=place.site, units=[place.units["D2"], place.units["D3"]],
                      first=date(2026, 10, 1), last=date(2026, 10, 31), startup=get_startup(session, cast.manager, cast.startup_a))  # fmt: skip
    client.sign_in(cast.manager)
    page = client.get(f"/holds/{hold.id}").text
    assert residency.number in page and f"/holds/{hold.id}/enlarge" in page
    address = client.get(f"/holds/{hold.id}/enlarge?residency_id={residency.id}").location
    assert address == f"/residencies/{residency.id}/amend?kind=enlarge&hold={hold.id}"
    assert "2026-10-31" not in (page := client.get(address).text) and "甲科技有限公司" in page
    d2, d3 = (place.units[code].id for code in ("D2", "D3"))
    for unit in (d2, d3):
        assert f'checked class="form-check-input" data-unit="{unit}"' in page
    typed = amendment(place, effective_on="2026-10-15")
    preview = client.post(address.replace("/amend?", "/amend/preview?"), data=typed).text
    assert "summary-taken" not in preview, "its own hold is in nobody's way"
    assert client.post(address, data=typed).status_code == 303
    assert (hold.ending, hold.residency_id) == ("signed", residency.id)
    assert charged(session, place, Month(2026, 10))[1] == ("D2", 35_645, "2026-10-15", "2026-10-31")


def test_until_it_is_enlarged_the_hold_keeps_the_unit_and_lets_the_others_go(session: Session, cast: Cast, place: Place) -> None:
    residency = sign(session, cast, place)
    hold = hold_units(session, cast.manager, now=NOW, site=place.site, units=[place.units["D2"], place.units["D3"]],
                      first=date(2026, 10, 1), last=date(2026, 10, 31), for_whom="甲")  # fmt: skip
    amend_residency(session, cast.manager, now=NOW, residency=residency, effective_on=date(2026, 10, 15), ends_on=date(2026, 12, 31),
                    as_before=[place.units["D1"]], units=[UnitTerms(place.units["D2"], "unit_month", Decimal(650))], hold=hold)  # fmt: skip
    sign(session, cast, place, "D3", whose=cast.startup_b, starts_on=date(2026, 10, 2))
    with pytest.raises(Taken, match="D2 is taken from 2026-10-01 to 2026-10-14"):
        sign(session, cast, place, "D2", whose=cast.startup_b, starts_on=date(2026, 10, 14), ends_on=date(2026, 10, 14))


def test_a_hold_of_which_nothing_is_taken_or_of_another_is_not_used(client: Browser, session: Session, cast: Cast, place: Place) -> None:
    residency = sign(session, cast, place)
    values = {"first": date(2026, 10, 1), "last": date(2026, 10, 31), "now": NOW, "site": place.site}
    mine = hold_units(session, cast.manager, units=[place.units["D3"]], for_whom="某团队", **values)  # type: ignore[arg-type]
    theirs = hold_units(session, cast.manager, units=[place.units["D2"]], startup=get_startup(session, cast.manager, cast.startup_b), **values)  # type: ignore[arg-type]
    client.sign_in(cast.manager)
    for hold in (mine, theirs):
        answer = client.post(f"/residencies/{residency.id}/amend?hold={hold.id}", data=amendment(place, effective_on="2026-10-15"))
        assert answer.status_code in (409, 422) and hold.released_at is None
    assert client.get(f"/holds/{mine.id}/enlarge").location == f"/holds/{mine.id}"
    assert session.execute(select(ResidencyAmendment)).first() is None


def test_a_hold_lapses_after_its_last_day(session: Session, cast: Cast, place: Place) -> None:
    hold = hold_units(session, cast.manager, now=NOW, site=place.site, units=[place.units["D1"]], first=date(2026, 10, 1),
                      last=date(2026, 10, 31), for_whom="丙团队")  # fmt: skip
    assert lapse_holds(session, cast.system, now=NOW.replace(day=31, hour=15)) == 0  # 23:00 on the 31st there
    assert lapse_holds(session, cast.system, now=NOW.replace(day=31, hour=16)) == 1
    assert hold.ending == "lapsed"


def test_limits_are_watched_when_one_signs_and_amends(session: Session, cast: Cast, place: Place) -> None:
    startup = get_startup(session, cast.manager, cast.startup_a)
    sign(session, cast, place, starts_on=date(2026, 10, 1), ends_on=date(2027, 9, 30))
    def crossed(ends_on: date | None, area: str) -> list[str]:
        return [each.kind for each in check_agreement(session, startup, on=date(2027, 1, 1), ends_on=ends_on, area_m2=Decimal(area))]

    assert crossed(date(2030, 9, 30), "995.50") == [] and crossed(date(2030, 10, 1), "995.50") == ["time"]
    assert crossed(None, "995.51") == ["open", "area"]
    facts = {"name": startup.name, "kind": startup.kind, "credit_code": startup.credit_code}
    edit_startup(session, cast.manager, now=NOW, startup=startup, registered_on=date(2024, 9, 30), **facts)
    assert crossed(date(2030, 9, 30), "10") == ["early"]


def test_only_who_manages_agreements_amends_them(client: Browser, session: Session, cast: Cast, place: Place) -> None:
    residency = sign(session, cast, place)
    for actor, status in ((cast.front_desk, 403), (cast.founder_a, 403), (cast.manager, 200)):
        client.sign_in(actor)
        assert client.get(f"/residencies/{residency.id}/amend").status_code == status


def amendment(place: Place, **changes: str) -> dict[str, str]:
    d1, d2 = place.units["D1"].id, place.units["D2"].id
    typed = {"effective_on": "2026-11-01", "ends_on": "2026-12-31", "prices": "keep", f"unit_{d1}-taken": "y",
             f"unit_{d1}-rent": "600", f"unit_{d1}-basis": "unit_month", f"unit_{d2}-taken": "y", f"unit_{d2}-rent": "650",
             f"unit_{d2}-basis": "unit_month", "note": "增租一个工位"}  # fmt: skip
    return {key: value for key, value in (typed | changes).items() if value}


def test_the_page_enlarges_and_keeps_the_history(client: Browser, session: Session, cast: Cast, place: Place) -> None:
    residency = sign(session, cast, place)
    client.sign_in(cast.manager)
    page = client.get(f"/residencies/{residency.id}/amend?kind=enlarge")
    assert page.status_code == 200 and "扩租" in page.text
    preview = client.post(f"/residencies/{residency.id}/amend/preview?kind=enlarge", data=amendment(place)).text
    assert "1,250.00" in preview and "600.00" in preview and "D2" in preview
    answer = client.post(f"/residencies/{residency.id}/amend?kind=enlarge", data=amendment(place), follow_redirects=True)
    assert answer.status_code == 200 and f"{residency.number}/1" in answer.text and "增租一个工位" in answer.text
    made = session.execute(select(ResidencyAmendment)).scalar_one()
    assert made.kind == "enlargement" and made.effective_on == date(2026, 11, 1)
    client.sign_in(cast.founder_a)
    assert f"{residency.number}/1" in client.get(f"/residencies/{residency.id}").text


def test_who_stands_in_the_way_is_named(client: Browser, session: Session, cast: Cast, place: Place) -> None:
    residency = sign(session, cast, place)
    sign(session, cast, place, "D2", whose=cast.startup_b)
    client.sign_in(cast.manager)
    preview = client.post(f"/residencies/{residency.id}/amend/preview", data=amendment(place)).text
    assert "乙科技" in preview
    answer = client.post(f"/residencies/{residency.id}/amend", data=amendment(place))
    assert answer.status_code in (409, 422) and "增租一个工位" in answer.text
    assert session.execute(select(func.count()).select_from(ResidencyPrice)).scalar_one() == 2


@pytest.mark.parametrize(("field", "typed"), [
    ("effective_on", "soon"), ("effective_on", ""), ("ends_on", "2026-13-01"), ("free-0-first", "2026-11-05"), ("steps-0-by", "percent"),
    ("free-2-last", "2026-11-05"), ("steps-1-by", "amount"), ("steps-0-much", "NaN"), ("steps-0-months", "0"), ("steps-2-times", "41"),
    ("free-0-last", "tomorrow"),
    ("deposit", "-1"), ("notice_days", "many"), ("note", "n" * 501), ("prices", "free"),
])  # fmt: skip
def test_bad_input_changes_nothing(client: Browser, session: Session, cast: Cast, place: Place, field: str, typed: str) -> None:
    residency = sign(session, cast, place)
    client.sign_in(cast.manager)
    more = {"steps-0-by": "percent"} if field == "steps-0-much" else {}
    answer = client.post(f"/residencies/{residency.id}/amend", data=amendment(place) | more | {field: typed})
    assert answer.status_code == 422 and "invalid-feedback" in answer.text
    assert session.execute(select(ResidencyAmendment)).first() is None


def test_a_rent_by_something_made_up_is_no_price(client: Browser, session: Session, cast: Cast, place: Place) -> None:
    residency = sign(session, cast, place)
    client.sign_in(cast.manager)
    typed = amendment(place, effective_on="2026-11-15") | {f"unit_{place.units['D2'].id}-basis": "furlong"}
    assert client.post(f"/residencies/{residency.id}/amend", data=typed).status_code == 422
    assert client.post(f"/residencies/{residency.id}/amend/preview", data=typed).status_code == 200


def test_several_free_times_and_steps_are_typed(client: Browser, session: Session, cast: Cast, place: Place) -> None:
    """650.00 for D2 from 1 November 2026 to 31 October 2030: free in November and in May, +5 % after a year, then +8 %
    every year: 682.50, 737.10, 796.07."""
    residency = sign(session, cast, place, ends_on=date(2030, 10, 31))
    client.sign_in(cast.manager)
    typed = amendment(place, ends_on="2030-10-31") | {
        "free-0-first": "2026-11-01", "free-0-last": "2026-11-30", "free-1-first": "2027-05-01", "free-1-last": "2027-05-31",
        "steps-0-by": "percent", "steps-0-much": "5", "steps-0-months": "12", "steps-0-times": "1",
        "steps-1-by": "percent", "steps-1-much": "8", "steps-1-months": "12",
    }  # fmt: skip
    assert client.post(f"/residencies/{residency.id}/amend", data=typed).status_code == 303
    rows = session.execute(select(ResidencyPrice).where(ResidencyPrice.unit_id == place.units["D2"].id).order_by(ResidencyPrice.days))
    assert [(row.days.lower, row.unit_price, row.reason) for row in rows.scalars()] == [
        (date(2026, 11, 1), Decimal(0), "free"), (date(2026, 12, 1), Decimal(650), ""), (date(2027, 5, 1), Decimal(0), "free"),
        (date(2027, 6, 1), Decimal(650), ""), (date(2027, 11, 1), Decimal("682.5"), "step"), (date(2028, 11, 1), Decimal("737.1"), "step"),
        (date(2029, 11, 1), Decimal("796.07"), "step"),
    ]  # fmt: skip


@pytest.mark.parametrize(("typed", "sentence"), [
    ({"free-0-first": "2026-11-01", "free-0-last": "2026-11-30", "free-1-first": "2026-11-30", "free-1-last": "2026-12-05"}, "两段免租期重叠。"),
    ({"steps-0-by": "percent", "steps-0-much": "5", "steps-1-by": "amount", "steps-1-much": "20"}, "请填写先递增几次，之后才改用其他方式递增。"),
])  # fmt: skip
def test_times_over_one_another_and_steps_without_an_end(
    client: Browser, session: Session, cast: Cast, place: Place, typed: dict[str, str], sentence: str
) -> None:
    residency = sign(session, cast, place)
    client.sign_in(cast.manager)
    answer = client.post(f"/residencies/{residency.id}/amend", data=amendment(place) | typed)
    assert answer.status_code == 422 and sentence in answer.text and 'class="more-rows" open' in answer.text
    assert session.execute(select(ResidencyAmendment)).first() is None


def test_signing_with_a_schedule_and_what_is_agreed_beside_it(client: Browser, session: Session, cast: Cast, place: Place) -> None:
    client.sign_in(cast.manager)
    unit = place.units["O1"].id
    answer = client.post(f"/startups/{cast.startup_a}/residencies/new?site={place.site.id}", data={
        "starts_on": "2026-11-01", "ends_on": "2028-10-31", f"unit_{unit}-taken": "y", f"unit_{unit}-rent": "80",
        f"unit_{unit}-basis": "m2_month", f"unit_{unit}-fee": "10", "free-0-first": "2026-11-01", "free-0-last": "2026-11-30",
        "steps-0-by": "percent", "steps-0-much": "5", "steps-0-months": "12", "deposit": "8,720", "notice_days": "30",
    }, follow_redirects=True)  # fmt: skip
    assert answer.status_code == 200 and "8,720.00" in answer.text
    residency = session.execute(select(Residency)).scalar_one()
    assert (residency.deposit_minor, residency.notice_days) == (872_000, 30)
    rows = session.execute(select(ResidencyPrice).order_by(ResidencyPrice.charge_kind.desc(), ResidencyPrice.days)).scalars()
    assert [(row.unit_price, row.reason, row.days.lower) for row in rows] == [
        (Decimal(0), "free", date(2026, 11, 1)), (Decimal(80), "", date(2026, 12, 1)), (Decimal(84), "step", date(2027, 11, 1)),
        (Decimal(10), "", date(2026, 11, 1)),
    ]  # fmt: skip

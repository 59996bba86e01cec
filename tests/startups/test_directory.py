"""The directory: only who wants to and sits here, gone at once, found by words, industry, tag and site."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.core.errors import Forbidden, NotFound, Refusal
from incubator.spaces.models import Site
from incubator.spaces.operations import add_floor, add_unit, create_site
from incubator.startups.models import Residency, Startup
from incubator.startups.operations import UnitTerms, end_residency, sign_residency
from incubator.startups.operations.directory import edit_entry
from incubator.startups.queries.directory import (
    get_entry,
    get_listed,
    list_contacts,
    list_directory_tags,
    list_entries,
)
from incubator.startups.rules.texts import paragraphs_of, tags_of
from tests.cast import Cast
from tests.conftest import Browser
from tests.documents.test_pictures import picture

NOW = datetime(2026, 11, 10, 2, tzinfo=UTC)


@pytest.fixture
def sites(session: Session, cast: Cast) -> list[Site]:
    """A sits at the first, B at the second."""
    found = []
    for code, startup_id in (("NS", cast.startup_a), ("FT", cast.startup_b)):
        site = create_site(session, cast.manager, now=NOW, code=code, name=code, hours=[("workday", 540, 1080)],
                           open_from=date(2026, 1, 1))  # fmt: skip
        floor = add_floor(session, cast.manager, now=NOW, site=site, name="1F", level=1)
        desk = add_unit(session, cast.manager, now=NOW, floor=floor, code="D1", kind="desk", purpose="incubation",
                        area_m2=Decimal("6.00"), in_service_from=date(2026, 1, 1))  # fmt: skip
        startup = session.execute(select(Startup).where(Startup.id == startup_id)).scalar_one()
        sign_residency(session, cast.manager, now=NOW, startup=startup, site=site, starts_on=date(2026, 11, 1),
                       ends_on=None, units=[UnitTerms(desk, "unit_month", Decimal("900"))])  # fmt: skip
        found.append(site)
    return found


def write(session: Session, cast: Cast, **more: object) -> None:
    said = {"listed": True, "blurb": "做传感器。", "offers": "样品测试，传感器", "seeks": "天使投资"} | more
    edit_entry(session, cast.founder_a, now=NOW, startup_id=cast.startup_a, **said)  # type: ignore[arg-type]


def seen(session: Session, cast: Cast, **how: object) -> list[int]:
    return [each.startup.id for each in list_entries(session, cast.founder_b, now=NOW, **how).rows]  # type: ignore[arg-type]


def test_out_at_once_when_opted_out_or_moved_out(session: Session, cast: Cast, sites: list[Site]) -> None:
    write(session, cast)
    assert seen(session, cast) == [cast.startup_a]
    write(session, cast, listed=False)
    assert seen(session, cast) == []
    entry = get_entry(session, cast.founder_a, cast.startup_a)
    assert entry is not None and entry.blurb == "做传感器。", "what was written is kept"
    write(session, cast)
    residency = session.execute(select(Residency).where(Residency.startup_id == cast.startup_a)).scalar_one()
    end_residency(session, cast.manager, now=NOW, residency=residency, ends_on=date(2026, 11, 9), reason="搬走")
    assert seen(session, cast) == []
    with pytest.raises(NotFound):
        get_listed(session, cast.founder_b, cast.startup_a, now=NOW)


def test_found_by_word_industry_tag_and_site(session: Session, cast: Cast, sites: list[Site]) -> None:
    write(session, cast)
    startup = session.execute(select(Startup).where(Startup.id == cast.startup_a)).scalar_one()
    startup.industry_code = "3983"
    session.flush()
    for how in ({"search": "传感"}, {"search": "甲科技"}, {"industry": "39"}, {"tag": "样品测试"}, {"site_id": sites[0].id}):
        assert seen(session, cast, **how) == [cast.startup_a], how
    for how in ({"search": "x%"}, {"industry": "65"}, {"tag": "样品"}, {"site_id": sites[1].id}, {"tag": "%"}):
        assert seen(session, cast, **how) == [], how
    assert dict(list_directory_tags(session, cast.auditor, NOW)) == {"样品测试": 1, "传感器": 1, "天使投资": 1}


def test_whom_it_shows_as_contact_is_its_choice(session: Session, cast: Cast, sites: list[Site]) -> None:
    startup = session.execute(select(Startup).where(Startup.id == cast.startup_a)).scalar_one()
    startup.contact_name, startup.contact_phone = "王经理", "13800000000"
    found = {}
    for choice in ("none", "founders", "contact"):
        write(session, cast, contact=choice)
        listed = get_listed(session, cast.founder_b, cast.startup_a, now=NOW)
        found[choice] = [(each.name, each.email) for each in list_contacts(session, listed)]
    assert found == {"none": [], "founders": [("anna", "anna@example.com")], "contact": [("王经理", "")]}


def test_only_its_founders_write_it(session: Session, cast: Cast) -> None:
    for actor, refusal in ((cast.member_a, Forbidden), (cast.founder_b, NotFound)):
        with pytest.raises(refusal):
            edit_entry(session, actor, now=NOW, startup_id=cast.startup_a, listed=True, blurb="x")
    with pytest.raises(NotFound):
        get_entry(session, cast.founder_b, cast.startup_a)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"blurb": ""}, "blurb"), ({"website": "javascript:alert(1)"}, "website"), ({"website": "https://a@b.example"}, "website"),
        ({"website": "ftp://x.example"}, "website"), ({"website": "localhost"}, "website"), ({"contact": "all"}, "contact"),
        ({"offers": "甲,乙,丙,丁,戊,己,庚,辛,壬"}, "offers"), ({"seeks": "长" * 21}, "seeks"), ({"logo": b"%PDF"}, "logo"),
    ],
)  # fmt: skip
def test_what_is_refused(session: Session, cast: Cast, more: dict[str, object], field: str) -> None:
    with pytest.raises(Refusal) as refused:
        write(session, cast, **more)
    assert refused.value.field == field


def test_the_logo_is_seen_while_the_page_is(session: Session, cast: Cast, sites: list[Site], client: Browser) -> None:
    write(session, cast, logo=picture("PNG"), website="example.com")
    address = f"/directory/{cast.startup_a}/logo"
    assert client.sign_in(cast.founder_b).get(address).mimetype == "image/jpeg"
    write(session, cast, listed=False)
    assert client.get(address).status_code == 404
    assert client.sign_in(cast.member_a).get(address).status_code == 200
    write(session, cast, drop_logo=True)
    assert client.get(address).status_code == 404


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), max_size=8))
def test_tags_are_short_single_and_never_empty(words: list[str]) -> None:
    tags = tags_of("，".join(words), "x", most=1000, longest=1000)
    assert all(tag and tag == " ".join(tag.split()) and tag.isprintable() for tag in tags)
    assert len({tag.casefold() for tag in tags}) == len(tags)
    assert tags_of("，".join(tags), "x", most=1000, longest=1000) == tags


def test_paragraphs_are_tidied() -> None:
    assert paragraphs_of(" 甲 \r\n\n\n\n乙\x00\n丙  ", "x", 100) == "甲\n\n乙\n丙"

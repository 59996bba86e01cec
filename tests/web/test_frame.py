"""The frame: whose page it is, in which language and light, and where else one can go."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incubator.accounts.actor import system_actor
from incubator.accounts.models import Affiliation, Person
from incubator.accounts.operations import add_person, affiliate, grant_role
from incubator.accounts.permissions import Role
from incubator.database import INSTALLATION, as_operator
from tests.cast import NOW, Cast
from tests.conftest import Browser


def html_tag(page: str) -> str:
    found = re.search(r"<html[^>]*>", page)
    assert found
    return found[0]


@pytest.mark.parametrize(("theme", "drawn"), [("auto", "auto"), ("light", "light"), ("dark", "dark")])
def test_the_persons_theme_is_on_the_document(
    client: Browser, session: Session, cast: Cast, theme: str, drawn: str
) -> None:
    session.execute(update(Person).where(Person.id == cast.manager.person_id).values(theme=theme))
    tag = html_tag(client.sign_in(cast.manager).get("/").text)
    assert f'data-bs-theme="{drawn}"' in tag and f'data-theme="{theme}"' in tag


def test_the_language_is_the_persons_and_else_the_browsers(client: Browser, session: Session, cast: Cast) -> None:
    assert 'lang="zh-Hans"' in html_tag(client.get("/").text)
    assert 'lang="en"' in html_tag(client.get("/", headers={"Accept-Language": "en-GB"}).text)
    session.execute(update(Person).where(Person.id == cast.manager.person_id).values(locale="en"))
    assert 'lang="en"' in html_tag(client.sign_in(cast.manager).get("/", headers={"Accept-Language": "zh-CN"}).text)


def test_operators_name_person_and_role_stand_in_the_sidebar(client: Browser, cast: Cast) -> None:
    page = client.sign_in(cast.finance).get("/").text
    sidebar = page[page.index("<aside") : page.index("</aside>")]
    assert "南山创客空间" in sidebar and "fiona" in sidebar and "财务" in sidebar
    assert 'name="csrf-token"' in page


def test_one_operator_is_nothing_to_switch(client: Browser, cast: Cast) -> None:
    assert 'action="/switch"' not in client.sign_in(cast.manager).get("/").text


def test_somebody_of_two_operators_can_switch(client: Browser, session: Session, cast: Cast) -> None:
    with as_operator(session, INSTALLATION):
        identity_id = session.execute(
            select(Affiliation.identity_id).where(
                Affiliation.tenant_id == cast.operator_id, Affiliation.person_id == cast.manager.person_id
            )
        ).scalar_one()
    with as_operator(session, cast.other_operator_id):
        system = system_actor(cast.other_operator_id)
        person = add_person(session, system, now=NOW, name="mia", email="mia@example.com")
        grant_role(session, system, now=NOW, person=person, role=Role.AUDITOR)
        affiliate(session, person, identity_id)
    page = client.sign_in(cast.manager).get("/").text
    assert 'action="/switch"' in page and f'value="{cast.other_operator_id}"' in page
    client.post("/switch", data={"tenant_id": cast.other_operator_id})
    page = client.get("/").text
    assert "审计员" in page and f'value="{cast.operator_id}"' in page


def test_a_name_is_shown_as_text(client: Browser, session: Session, cast: Cast) -> None:
    session.execute(update(Person).where(Person.id == cast.manager.person_id).values(name="<b>mia</b>"))
    page = client.sign_in(cast.manager).get("/").text
    assert "<b>mia</b>" not in page and "&lt;b&gt;mia" in page


def test_the_small_forms_come_back_to_the_page(client: Browser, cast: Cast) -> None:
    page = client.sign_in(cast.manager).get("/today/desks?state=free").text
    assert 'name="next" value="/today/desks?state=free"' in page


def test_the_landing_page_is_worked_by_the_products_own_rules(client: Browser) -> None:
    # 2,400.00 + 300.00 − 1,620.00 + 75.00, as tests/scenarios/test_october_2026.py posts it
    page = client.get("/").text
    amounts = [int(text.replace(",", "").replace(".", "").replace("−", "-")) for text in
               re.findall(r'<td class="num">(−?[\d,]+\.\d\d)</td>', page)]  # fmt: skip
    assert amounts == [240000, 30000, -162000, 7500]
    assert sum(amounts) == 115500 and "¥1,155.00" in page
    assert round(2174 / 3363.5, 4) == 0.6464 and "64.64%" in page
    assert 62 / 124 == 0.5 and "50.00%" in page
    assert round(5.5 / (18 * 9), 4) == 0.0340 and "3.40%" in page

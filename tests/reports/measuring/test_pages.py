"""The pages of use: what stands on them, who sees them, and what bad addresses come to."""

from __future__ import annotations

import io
import re

import openpyxl
import pytest
from sqlalchemy.orm import Session

from incubator.reports.measuring.catalogue import DIMENSIONS, MEASURES
from incubator.spaces.models import Site
from incubator.spaces.operations import add_plan, draw_shapes
from incubator.spaces.plans import rectangle
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.reports.world import World, make_october
from tests.spaces.test_plans import svg

OCTOBER = "from=2026-10&to=2026-10"
PATHS = ("/reports/use", "/reports/use/maps", f"/reports/use/rows?m=area&{OCTOBER}", "/reports/use/export.xlsx",
         "/reports/use/export.csv")  # fmt: skip


@pytest.mark.parametrize("who", ["owner", "manager", "finance", "auditor"])
def test_seen_by(session: Session, cast: Cast, client: Browser, world: World, who: str) -> None:
    client.sign_in(getattr(cast, who))
    for path in PATHS:
        assert client.get(path).status_code == 200, path


@pytest.mark.parametrize("who", ["front_desk", "founder_a", "member_a", "mentor"])
def test_not_seen_by(session: Session, cast: Cast, client: Browser, world: World, who: str) -> None:
    client.sign_in(getattr(cast, who))
    for path in PATHS:
        assert client.get(path).status_code == 403, path


def test_the_example_and_from_a_figure_to_its_rows(session: Session, cast: Cast, client: Browser, world: World) -> None:
    client.sign_in(cast.finance)
    page = client.get(f"/reports/use?{OCTOBER}").text
    assert all(figure in page for figure in ("64.64%", "50.00%", "3.40%", "2,174 / 3,363.5", "330 / 9,720"))
    (link, *_) = re.findall(r'href="(/reports/use/rows\?[^"]*m=area[^"]*)"', page)
    rows = client.get(link.replace("&amp;", "&")).text
    assert "XY-" in rows and "930" in rows and ">2,174</td>" in rows  # each row, and their sum
    only_b = client.get(f"/reports/use/rows?m=time&{OCTOBER}&f.startup={world.startups['B']}").text
    assert ">60</td>" in only_b and ">90</td>" not in only_b
    assert ">3</td>" in client.get(f"/reports/use/rows?m=bookings&{OCTOBER}").text


@pytest.mark.parametrize("by", ["", *DIMENSIONS])
def test_by_every_dimension(session: Session, cast: Cast, client: Browser, world: World, by: str) -> None:
    client.sign_in(cast.finance)
    for name, measure in MEASURES.items():
        answer = client.get(f"/reports/use?m={name}&{OCTOBER}&by={by}&beside=before")
        assert answer.status_code == (200 if not by or by in measure.dimensions else 422), (name, by)


def test_beside_another_time(session: Session, cast: Cast, client: Browser, world: World) -> None:
    client.sign_in(cast.finance)
    page = client.get(f"/reports/use?m=area&{OCTOBER}&beside=before").text
    assert "64.64%" in page and "27.65%" in page  # in September O1 only: 30 / 108.5
    assert "+36.99" in page
    assert "+36.99" in client.get(f"/reports/use?m=area&{OCTOBER}&by=&beside=2026-09").text
    assert client.get(f"/reports/use?m=area&{OCTOBER}&by=month&beside=year").status_code == 200


def test_files_say_what_the_measures_are(session: Session, cast: Cast, client: Browser, world: World) -> None:
    client.sign_in(cast.finance)
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"/reports/use/export.xlsx?{OCTOBER}").data))
    cells = [cell for row in book.worksheets[0].iter_rows(values_only=True) for cell in row]
    assert 2174 in cells and 3363.5 in cells and 0.6464 in cells
    definitions = [cell for row in book.worksheets[1].iter_rows(values_only=True) for cell in row]
    assert "工位出租率" in definitions
    table = client.get(f"/reports/use/export.csv?{OCTOBER}&by=startup").text
    assert "S-A" in table and "930" in table and "3363.5" in table


def test_two_sites_side_by_side(session: Session, cast: Cast, client: Browser, world: World) -> None:
    other = make_october(session, cast, code="XX")
    client.sign_in(cast.finance)
    both = client.get(f"/reports/use?{OCTOBER}").text
    assert both.count("64.64%") == 3  # each, and both together
    assert client.get(f"/reports/use?{OCTOBER}&site={other.site_id}").text.count("64.64%") == 2


@pytest.mark.parametrize(
    "query",
    ["m=nothing", "from=2026-13", "from=abc", "from=2026-10&to=2026-09", "from=2020-01&to=2026-10", "by=colour",
     "m=area&by=hour", "beside=soon", "beside=month", "beside=month&beside_from=soon", "site=x", "f.startup=x", "m=area&f.hour=3"],
)  # fmt: skip
def test_nonsense_gets_a_sentence(session: Session, cast: Cast, client: Browser, world: World, query: str) -> None:
    client.sign_in(cast.finance)
    for path in ("/reports/use", "/reports/use/maps"):
        answer = client.get(f"{path}?{query}")
        if path == "/reports/use" or not ("by=" in query or "f.hour" in query):  # the maps don't ask for that
            assert answer.status_code == 422, path
            assert 'role="alert"' in answer.text


def test_what_is_not_there(session: Session, cast: Cast, client: Browser, world: World) -> None:
    client.sign_in(cast.finance)
    for path in ("/reports/use?site=999999999", "/reports/use/maps?site=999999999", "/reports/use/export.pdf",
                 f"/reports/use/rows?{OCTOBER}"):  # fmt: skip
        assert client.get(path).status_code == 404, path


def test_maps_show_hours_days_and_a_table(session: Session, cast: Cast, client: Browser, world: World) -> None:
    client.sign_in(cast.finance)
    page = client.get(f"/reports/use/maps?m=time&{OCTOBER}").text
    assert 'class="heat-table heat-week"' in page and "heat-5" in page
    assert 'id="by-week"' not in client.get(f"/reports/use/maps?m=area&{OCTOBER}").text


def test_another_time_is_chosen_in_the_form(session: Session, cast: Cast, client: Browser, world: World) -> None:
    """October beside August: the address of the form and that of a link show the same."""
    client.sign_in(cast.finance)
    page = client.get(f"/reports/use?m=area&{OCTOBER}&beside=month&beside_from=2026-08").text
    assert 'value="2026-08"' in page and "2026年8月" in page and "beside=2026-08" in page
    assert client.get(f"/reports/use?m=area&{OCTOBER}&beside=2026-08").text.count("2026年8月") == page.count("2026年8月")
    without = client.get(f"/reports/use?m=area&{OCTOBER}&beside=before&beside_from=2026-08").text
    assert "2026年9月" in without and "2026年8月" not in without


def test_the_map_begins_on_the_first_floor_with_something_to_measure(session: Session, cast: Cast, client: Browser, world: World) -> None:
    """A room on 1F, offices on 2F: of the area, 2F is shown first; whoever asks for 1F gets it."""
    site = session.get_one(Site, (cast.operator_id, world.site_id))
    plans = []
    for name, code in (("1F", "R1"), ("2F", "O1")):
        plan = add_plan(session, cast.manager, now=NOW, site=site, name=name, content=svg())
        draw_shapes(session, cast.manager, now=NOW, plan=plan, revision=0, shapes=[rectangle(world.unit(code), 10, 10, 90, 90)])
        plans.append(plan.id)
    client.sign_in(cast.finance)

    def shown(query: str) -> str:
        page = client.get(f"/reports/use/maps?{OCTOBER}&site={site.id}&{query}").text
        found = re.search(r'plan=(\d+)[^>]*aria-current="page"', page)
        assert found is not None
        return found[1]

    assert shown("m=area") == str(plans[1]) and shown("m=time") == str(plans[0])
    assert shown(f"m=area&plan={plans[0]}") == str(plans[0]) and shown("m=bookings") == str(plans[0])

"""The pages: a month side by side, a finding explained, files, sources, what is kept when events go."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import openpyxl
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.reports.presence.erasing import erase_presence
from incubator.reports.presence.models import PresenceBadge, PresenceEvent, PresenceMonth
from incubator.reports.presence.operations import add_source, explain_finding, set_presence
from incubator.reports.presence.queries import measure_presence
from incubator.reports.presence.receiving import load_badges, load_events
from incubator.reports.presence.tables import COLUMNS, EXAMPLES, FILES, FileRefused, Row, read_table, template
from tests.cast import Cast
from tests.conftest import Browser
from tests.reports.presence.test_sums import NOW, OCTOBER, put, source_of
from tests.reports.world import World

AT = datetime(2026, 10, 20, 2, 0, tzinfo=UTC)


@pytest.fixture
def seen(session: Session, cast: Cast, world: World) -> World:
    """A, in its office of 30 m² for five people, has six there at once; B holds an office and nobody comes."""
    batch = source_of(session, cast, world)
    for number in range(6):
        put(session, world, batch, AT, 60, bytes([number]) * 32, world.startups["A"])
    put(session, world, batch, AT, 60, bytes([77]) * 32)
    session.commit()
    return world


def test_a_month_side_by_side(client: Browser, cast: Cast, seen: World) -> None:
    page = client.sign_in(cast.auditor).get(f"/reports/presence?site={seen.site_id}&month=2026-10")
    text = page.get_data(as_text=True)
    assert page.status_code == 200
    assert "甲公司" in text or "S-A" in text
    assert "Add a source" not in text
    found = client.get(f"/reports/presence/findings?site={seen.site_id}&month=2026-10").get_data(as_text=True)
    assert found.count('class="row-name"') == 3, "A over its places; B and C never present"
    for show in ("found", "absent", "present", "registered", "nonsense"):
        assert client.get(f"/reports/presence?site={seen.site_id}&month=2026-10&show={show}").status_code == 200
    unknown = client.get(f"/reports/presence/{seen.site_id}/2026-10/unknown").get_data(as_text=True)
    assert "4d4d4d4d4d4d" in unknown
    day = client.get(f"/reports/presence/{seen.site_id}/2026-10/startups/{cast.startup_a}?on=2026-10-20")
    assert day.get_data(as_text=True).count("<td class=\"hash\">") == 6


def test_the_figures_of_the_month(session: Session, cast: Cast, seen: World) -> None:
    """October 2026 has 18 working days (the 10th is one, for the holiday): A was there on one, 5.56 %."""
    report = measure_presence(session, cast.auditor, seen.site_id, OCTOBER, now=NOW)
    party = report.party(cast.startup_a)
    assert (party.present_days, party.people, party.peak, party.let.area_m2) == (1, 6, 6, 30)
    share = party.share(report.sums.workdays)
    assert len(report.sums.workdays) == 18 and share is not None and f"{share:.4f}" == "0.0556"
    assert [(each.finding.kind, each.finding.startup_id) for each in report.found] == [
        ("never_present", seen.startups["B"]), ("never_present", seen.startups["C"]), ("over_capacity", cast.startup_a),
    ]  # fmt: skip
    with pytest.raises(NotFound):
        report.party(10**9)


def test_a_finding_is_explained_until_its_figures_change(session: Session, cast: Cast, seen: World) -> None:
    def state() -> list[bool]:
        report = measure_presence(session, cast.manager, seen.site_id, OCTOBER, now=NOW)
        return [each.is_open for each in report.of(cast.startup_a)]

    key = f"s{cast.startup_a}"
    with pytest.raises(Forbidden):
        explain_finding(session, cast.auditor, now=NOW, site_id=seen.site_id, month=OCTOBER, kind="over_capacity",
                        key=key, note="x")  # fmt: skip
    with pytest.raises(NotFound):
        explain_finding(session, cast.manager, now=NOW, site_id=seen.site_id, month=OCTOBER, kind="over_capacity",
                        key="s0", note="x")  # fmt: skip
    with pytest.raises(Refusal):
        explain_finding(session, cast.manager, now=NOW, site_id=seen.site_id, month=OCTOBER, kind="over_capacity",
                        key=key, note=" ")  # fmt: skip
    assert state() == [True]
    explain_finding(session, cast.manager, now=NOW, site_id=seen.site_id, month=OCTOBER, kind="over_capacity", key=key,
                    note="新员工培训")  # fmt: skip
    assert state() == [False]
    put(session, seen, source_of(session, cast, seen, name="西门"), AT, 60, bytes([9]) * 32, cast.startup_a)
    session.flush()
    assert state() == [True], "seven at once are not what was explained"


def test_a_finding_on_its_page(client: Browser, cast: Cast, seen: World) -> None:
    address = f"/reports/presence/{seen.site_id}/2026-10/findings/over_capacity/s{cast.startup_a}"
    client.sign_in(cast.manager)
    assert client.get(address).get_data(as_text=True).count('<td class="hash">') == 6
    assert client.post(address, data={"note": ""}).status_code == 422
    assert client.post(address, data={"note": "新员工培训"}).status_code == 303
    listed = client.get(f"/reports/presence/findings?site={seen.site_id}&month=2026-10&state=explained")
    assert "新员工培训" in listed.get_data(as_text=True)
    assert client.get(address.replace("over_capacity", "sensor_over")).status_code == 404
    assert client.sign_in(cast.finance).post(address, data={"note": "x"}).status_code == 403


def test_files_of_the_month(client: Browser, cast: Cast, seen: World) -> None:
    client.sign_in(cast.auditor)
    base = f"/reports/presence/{seen.site_id}/2026-10/export"
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"{base}.xlsx").data))
    assert [sheet.max_row for sheet in book] == [8, 4, 2]
    assert len(client.get(f"{base}.csv").get_data(as_text=True).splitlines()) == 4
    assert client.get(f"{base}.pdf").status_code == 404


def upload(client: Browser, what: object, content: bytes) -> tuple[int, str]:
    data = {"what": str(what), "file": (io.BytesIO(content), "file.csv")}
    answer = client.post("/reports/presence/upload", data=data, content_type="multipart/form-data")
    return answer.status_code, answer.get_data(as_text=True)


def test_a_file_is_taken_whole_or_not_at_all(client: Browser, session: Session, cast: Cast, world: World) -> None:
    source = source_of(session, cast, world).source_id
    session.commit()
    client.sign_in(cast.manager)
    on = (datetime.now(UTC) - timedelta(days=2)).date()
    good = f"编号,开始时间,结束时间,卡号\nD1,{on} 09:00,{on} 18:00,0042\n".encode("gb18030")
    bad = good + f"D2,{on} 09:00,{on} 08:00,0042\nD3,gestern,,0042\n".encode()
    status, page = upload(client, source, bad)
    assert status == 422 and "结束时间" in page and "开始时间" in page
    assert session.execute(select(func.count()).select_from(PresenceEvent)).scalar_one() == 0
    assert upload(client, source, good)[0] == 303
    assert upload(client, source, good)[0] == 303
    assert session.execute(select(func.count()).select_from(PresenceEvent)).scalar_one() == 1
    for wrong in (b"", b"a,b\n1,2\n", b"\x00\x01", b"PK\x03\x04", "编号\n".encode(), "编号,卡号\n".encode() + b'"' * 99):
        assert upload(client, source, wrong)[0] == 422
    assert upload(client, "10" * 12, good)[0] == 422
    assert client.sign_in(cast.auditor).get("/reports/presence/upload").status_code == 403


def test_badges_say_whose_events_are(client: Browser, session: Session, cast: Cast, world: World) -> None:
    """Events that came before the badge was known count as soon as it is."""
    source = source_of(session, cast, world).source_id
    secret = str(client.application.config["SECRET_KEY"]).encode()
    rows = [Row(2, {"id": "1", "at": "2026-10-20 10:00", "person": "0042"}, {})]
    load_events(session, cast.manager, now=NOW, secret=secret, source_id=source, content=b"", rows=rows)
    assert measure_presence(session, cast.manager, world.site_id, OCTOBER, now=NOW).sums.unknown == 1
    session.commit()
    client.sign_in(cast.manager)
    assert upload(client, "badges", "卡号,企业编号,起始日期,截止日期\n00-42,S-A,2026-10-01,2026-10-31\n".encode())[0] == 303
    report = measure_presence(session, cast.manager, world.site_id, OCTOBER, now=NOW)
    assert (report.sums.unknown, report.party(cast.startup_a).people) == (0, 1)
    status, page = upload(client, "badges", "卡号,企业编号,起始日期\n1,S-Z,2026-10-01\n,S-A,2026-10-01\n2,S-A,x\n3,S-A,\n".encode())
    assert status == 422 and page.count("企业编号") >= 1
    with pytest.raises(FileRefused) as refused:
        load_badges(session, cast.manager, now=NOW, secret=secret, rows=read_table(
            "badges", b"person,startup,from,until\n1,S-Z,2026-10-01,\n2,S-A,x,\n3,S-A,2026-10-02,2026-10-01\n"))
    assert [(each.row, each.column) for each in refused.value.faults] == [(2, "startup"), (3, "from"), (4, "until")]
    assert session.execute(select(func.count()).select_from(PresenceBadge)).scalar_one() == 1


@pytest.mark.parametrize("kind", FILES)
def test_a_template_can_be_read_again(client: Browser, cast: Cast, kind: str) -> None:
    rows = read_table(kind, template(kind))
    assert len(rows) == 1 and [rows[0].text(name) for name in COLUMNS[kind]] == list(EXAMPLES[kind][0])
    assert client.sign_in(cast.auditor).get(f"/reports/presence/templates/{kind}.csv").status_code == 200
    assert client.get("/reports/presence/templates/secrets.csv").status_code == 404


def test_a_source_shows_its_secret_once(client: Browser, session: Session, cast: Cast, world: World) -> None:
    client.sign_in(cast.owner)
    sent = {"site": world.site_id, "kind": "sensor", "name": "大厅", "capacity": ""}
    assert client.post("/reports/presence/sources/new", data=sent).status_code == 422, "a sensor's area holds so many"
    made = client.post("/reports/presence/sources/new", data=sent | {"capacity": "80"}).get_data(as_text=True)
    assert "ps_" in made
    listed = client.get("/reports/presence/sources").get_data(as_text=True)
    assert "大厅" in listed and "ps_" not in listed
    again = client.post("/reports/presence/sources/new", data=sent | {"capacity": "80"})
    assert again.status_code == 409
    source_id = int(listed.split("/reports/presence/sources/")[2].split('"')[0])
    assert "ps_" not in client.get(f"/reports/presence/sources/{source_id}").get_data(as_text=True)
    assert "ps_" in client.post(f"/reports/presence/sources/{source_id}/renew").get_data(as_text=True)
    assert client.post(f"/reports/presence/sources/{source_id}/retire").status_code == 303
    assert client.post(f"/reports/presence/sources/{source_id}/renew").status_code == 409
    with pytest.raises(Conflict):
        load_events(session, cast.manager, now=NOW, secret=b"s", source_id=source_id, content=b"", rows=[])
    with pytest.raises(Forbidden):
        add_source(session, cast.finance, now=NOW, sealing_keys=["k"], site_id=world.site_id, kind="door", name="x")


def test_when_events_are_erased_the_sums_and_findings_stay(
    client: Browser, session: Session, cast: Cast, seen: World
) -> None:
    before = measure_presence(session, cast.manager, seen.site_id, OCTOBER, now=NOW)
    explain_finding(session, cast.manager, now=NOW, site_id=seen.site_id, month=OCTOBER, kind="over_capacity",
                    key=f"s{cast.startup_a}", note="培训")  # fmt: skip
    later = datetime(2027, 1, 3, tzinfo=UTC)
    assert erase_presence(session, cast.system, now=later) == 0, "400 days are not over"
    set_presence(session, cast.manager, now=NOW, keep_days=62, m2_per_person=before.settings.m2_per_person)
    assert erase_presence(session, cast.system, now=datetime(2026, 12, 31, tzinfo=UTC)) == 0, "29 October is 62 days ago"
    assert erase_presence(session, cast.system, now=later) == 7
    assert erase_presence(session, cast.system, now=later) == 0
    assert session.execute(select(PresenceMonth.erased)).scalar_one() == 7
    after = measure_presence(session, cast.manager, seen.site_id, OCTOBER, now=later)
    assert after.sums == before.sums and after.kept_at == later
    assert [each.is_open for each in after.of(cast.startup_a)] == [False]
    session.commit()
    client.sign_in(cast.auditor)
    for path in (f"?site={seen.site_id}&month=2026-10", f"/findings?site={seen.site_id}&month=2026-10&state=",
                 f"/{seen.site_id}/2026-10/findings/over_capacity/s{cast.startup_a}",
                 f"/{seen.site_id}/2026-10/startups/{cast.startup_a}"):  # fmt: skip
        assert client.get(f"/reports/presence{path}").status_code == 200


def test_settings_have_limits(client: Browser, cast: Cast) -> None:
    client.sign_in(cast.manager)
    good = {"keep_days": "365", "m2_per_person": "4.5"}
    assert client.post("/reports/presence/settings", data=good).status_code == 303
    for wrong in ({"keep_days": "61"}, {"keep_days": "9999"}, {"keep_days": ""}, {"m2_per_person": "0"},
                  {"m2_per_person": "4.555"}, {"m2_per_person": "NaN"}):  # fmt: skip
        assert client.post("/reports/presence/settings", data=good | wrong).status_code == 422
    assert 'value="365"' in client.get("/reports/presence/settings").get_data(as_text=True)


def test_another_operators_site_and_month_out_of_range(client: Browser, cast: Cast, seen: World) -> None:
    client.sign_in(cast.other_owner)
    for path in (f"?site={seen.site_id}", f"/{seen.site_id}/2026-10/unknown",
                 f"/{seen.site_id}/2026-10/export.csv"):  # fmt: skip
        assert client.get(f"/reports/presence{path}").status_code == 404
    client.sign_in(cast.owner)
    assert client.get(f"/reports/presence?site={seen.site_id}&month=2026-13").status_code == 404
    assert client.get("/reports/presence?month=2199-12").status_code == 404

"""Posts: signed by their source, once for each id, each item for itself; the documented example as it stands."""

from __future__ import annotations

import json
import re
import subprocess
import time
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.core.clock import utc_now
from incubator.reports.presence.models import PresenceBatch, PresenceEvent, PresenceSource
from incubator.reports.presence.operations import add_source, renew_secret, retire_source
from incubator.reports.presence.rules import sign
from incubator.settings import ROOT
from tests.browser import Live
from tests.cast import Cast
from tests.conftest import Browser
from tests.reports.world import World, make_october


@pytest.fixture
def keys(client: Browser) -> list[str]:
    return list(client.application.config["SETTINGS"].sealing_keys)


def add(session: Session, cast: Cast, world: World, keys: list[str], kind: str = "door") -> tuple[PresenceSource, str]:
    source = add_source(session, cast.manager, now=utc_now(), sealing_keys=keys, site_id=world.site_id, kind=kind,
                        name=kind, capacity=10 if kind == "sensor" else None)  # fmt: skip
    session.commit()
    return source


def post(client: Browser, source: PresenceSource, key: str, body: bytes, **more: str) -> tuple[int, dict[str, object]]:
    stamp = more.pop("stamp", str(int(time.time())))
    headers = {"X-Presence-Timestamp": stamp, "X-Presence-Signature": more.pop("signature", sign(key, stamp, body))}
    answer = client.post(f"/api/presence/{source.token}", data=body, headers=headers, content_type="application/json")
    return answer.status_code, answer.get_json()


def item(number: int, **more: object) -> dict[str, object]:
    at = (utc_now() - timedelta(days=3, minutes=number)).isoformat()
    return {"id": f"d{number}", "at": at, "person": "0042"} | more


def test_what_is_right_is_kept_once_and_what_is_wrong_named(
    client: Browser, session: Session, cast: Cast, world: World, keys: list[str]
) -> None:
    source, key = add(session, cast, world, keys)
    events = [item(1), item(2, startup="S-9"), item(3), "four", item(1)]
    body = json.dumps({"events": events}).encode()
    status, said = post(client, source, key, body)
    assert (status, said["accepted"], said["known"]) == (200, 2, 1), "the same id twice in one post, too"
    assert said["refused"] == [
        {"index": 1, "why": "There is no startup with this code.", "field": "startup"},
        {"index": 3, "why": "An item is an object with names and values.", "field": None},
    ]
    assert post(client, source, key, body)[1]["accepted"] == 0
    rows = session.execute(select(PresenceEvent).where(PresenceEvent.source_id == source.id)).scalars().all()
    assert {row.external_id for row in rows} == {"d1", "d3"}
    assert b"0042" not in b"".join(row.person_hash or b"" for row in rows)
    counts = session.execute(
        select(PresenceBatch.accepted, PresenceBatch.known, PresenceBatch.refused).order_by(PresenceBatch.id)
    ).all()
    assert [tuple(row) for row in counts] == [(2, 1, 2), (0, 3, 2)]


def test_what_is_not_signed_by_the_source_now_is_refused(
    client: Browser, session: Session, cast: Cast, world: World, keys: list[str]
) -> None:
    source, key = add(session, cast, world, keys)
    other, other_key = add(session, cast, world, keys, "wifi")
    body = json.dumps({"events": [item(1)]}).encode()
    old = str(int(time.time()) - 301)
    assert post(client, source, other_key, body)[0] == 401
    assert post(client, source, key, body, stamp=old)[0] == 401
    assert post(client, source, key, body, signature="")[0] == 401
    assert post(client, source, key, body + b" ", signature=sign(key, str(int(time.time())), body))[0] == 401
    assert session.execute(select(PresenceBatch)).first() is None
    new = renew_secret(session, cast.owner, now=utc_now(), sealing_keys=keys, source_id=source.id)
    session.commit()
    assert post(client, source, key, body)[0] == 401
    assert post(client, source, new, body)[0] == 200
    retire_source(session, cast.manager, now=utc_now(), source_id=other.id)
    session.commit()
    assert post(client, other, other_key, body)[0] == 404


@pytest.mark.parametrize(("body", "status"), [
    (b"", 400), (b"[]", 400), (b'{"events": {}}', 400), (b"\xff", 400), (b"[" * 100_000, 400),
    (json.dumps({"events": [{}] * 2001}).encode(), 400), (b" " * (1024 * 1024 + 1), 413),
    (json.dumps({"events": [{"id": "\\u0000", "at": {}}, None, [[]], {"id": 10**400}]}).encode(), 200),
])  # fmt: skip
def test_no_body_makes_it_fall_over(
    client: Browser, session: Session, cast: Cast, world: World, keys: list[str], body: bytes, status: int
) -> None:
    source, key = add(session, cast, world, keys)
    assert post(client, source, key, body)[0] == status


@pytest.mark.parametrize("token", ["x", "1-", "0-x", "ffffffffffffffffff-x", "1-" + "x" * 200, "１-x", "2-%00"])
def test_no_address_opens_what_is_not_there(client: Browser, token: str) -> None:
    assert client.post(f"/api/presence/{token}", data=b"{}").status_code == 404


@pytest.mark.browser
def test_the_documented_example_is_taken(live: Live) -> None:
    """The commands of docs/presence-api.md, run by a shell with curl and openssl against the running product."""
    example = re.search(r"```sh\n(.*?)```", (ROOT / "docs" / "presence-api.md").read_text(encoding="utf-8"), re.DOTALL)
    answer = re.search(r"```json\n(.*?)```", (ROOT / "docs" / "presence-api.md").read_text(encoding="utf-8"), re.DOTALL)
    assert example and answer
    with live.session() as session:
        world = make_october(session, live.cast)
        keys = list(live.app.config["SETTINGS"].sealing_keys)
        source, key = add_source(session, live.cast.manager, now=utc_now(), sealing_keys=keys, site_id=world.site_id,
                                 kind="door", name="东门")  # fmt: skip
        session.commit()
        lines = example[1].splitlines()
        lines[0], lines[1] = f"ADDRESS='{live.url}/api/presence/{source.token}'", f"SECRET='{key}'"
    done = subprocess.run(["sh", "-c", "\n".join(lines)], capture_output=True, check=True, timeout=30, text=True)
    assert json.loads(done.stdout) == json.loads(answer[1])

"""Content in a folder, in a bucket over HTTP, and what becomes of pages when a store is slow, dead or has lost something."""

from __future__ import annotations

import io
import logging
import os
import socket
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from urllib.request import Request, urlopen

import psutil
import pytest
from moto.server import ThreadedMotoServer
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.core.errors import NotFound, Refusal
from incubator.documents import buckets, stores
from incubator.documents.models import StoredFile
from incubator.documents.operations import (
    add_document,
    content_of,
    contents_of,
    erase_files,
    get_file,
    open_content,
    store_file,
)
from incubator.documents.operations.files import SMALL, DamagedFile
from incubator.documents.stores import StoreAway, store_at
from tests.cast import NOW, Cast
from tests.conftest import Browser

SECRET = "sekret-never-logged"
LARGE = b"%PDF-1.7\n" + os.urandom(SMALL)


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    yield
    stores.use("")


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """A server that speaks S3 over HTTP, with a bucket."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    urlopen(Request(f"http://{host}:{port}/papers", method="PUT")).close()
    yield f"s3://papers/incubator?endpoint=http://{host}:{port}&region=us-east-1&style=path"
    server.stop()


@pytest.fixture
def silent() -> Iterator[str]:
    """Something that takes connections and says nothing."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(50)
        yield f"s3://papers?endpoint=http://127.0.0.1:{listening.getsockname()[1]}&region=us-east-1&style=path"


@pytest.fixture
def dead() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"s3://papers?endpoint=http://127.0.0.1:{free.getsockname()[1]}&region=us-east-1&style=path"


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return request.getfixturevalue("s3") if request.param == "bucket" else f"file://{tmp_path}/a%20folder"


def keep(session: Session, cast: Cast, content: bytes = LARGE) -> StoredFile:
    return store_file(session, cast.manager, now=NOW, name="a.pdf", media_type="application/pdf", content=content)


def in_database(session: Session, file: StoredFile) -> bool:
    return session.execute(select(StoredFile.content.is_not(None)).where(StoredFile.id == file.id)).scalar_one()


def test_kept_and_read(session: Session, cast: Cast, store: str) -> None:
    stores.use(store)
    file, twice = keep(session, cast), keep(session, cast)
    assert not in_database(session, file)
    assert content_of(session, file) == LARGE == content_of(session, twice)
    small = keep(session, cast, b"x" * SMALL)
    assert in_database(session, small) and content_of(session, small) == b"x" * SMALL
    stores.use("")
    assert content_of(session, small), "what lies in the database needs no store"
    with pytest.raises(DamagedFile):
        content_of(session, file)


def test_what_was_kept_before_there_was_a_store_stays(session: Session, cast: Cast, store: str) -> None:
    file = keep(session, cast)
    assert in_database(session, file)
    stores.use(store)
    assert content_of(session, file) == LARGE


def test_what_may_have_to_be_erased_leaves_nothing_in_a_store(session: Session, cast: Cast, tmp_path: Path) -> None:
    """A draft's file is gone with its row: no copy of it was ever put elsewhere."""
    stores.use(f"file://{tmp_path}")
    file = store_file(session, cast.manager, now=NOW, name="a.pdf", media_type="application/pdf", content=LARGE, may_be_erased=True)
    assert in_database(session, file) and content_of(session, file) == LARGE
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    erase_files(session, [file.id])
    with pytest.raises(NotFound):
        get_file(session, file.id)


def test_erasing_a_draft_leaves_the_same_content_of_others(session: Session, cast: Cast, tmp_path: Path) -> None:
    """A licence that is kept, and the same scan in a draft: the draft's is erased, the licence is read on. What lies in
    the store is refused, and the object stays with its row."""
    stores.use(f"file://{tmp_path}")
    kept = keep(session, cast)
    draft = store_file(session, cast.manager, now=NOW, name="a.pdf", media_type="application/pdf", content=LARGE, may_be_erased=True)
    assert contents_of(session, [kept.id, draft.id]) == {kept.id: LARGE, draft.id: LARGE}
    erase_files(session, [draft.id])
    assert content_of(session, kept) == LARGE
    with pytest.raises(RuntimeError, match="may be erased"):
        erase_files(session, [kept.id])
    assert get_file(session, kept.id) and content_of(session, kept) == LARGE


def test_an_operators_content_lies_under_its_own_hash(session: Session, cast: Cast, tmp_path: Path) -> None:
    stores.use(f"file://{tmp_path}")
    file = keep(session, cast)
    (written,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    name = sha256(LARGE).hexdigest()
    assert written == tmp_path / str(cast.operator_id) / name[:2] / name and written.read_bytes() == LARGE
    written.write_bytes(LARGE[:-1] + b"!")
    with pytest.raises(DamagedFile):
        open_content(session, file)
    written.unlink()
    with pytest.raises(DamagedFile):
        open_content(session, file)
    keep(session, cast)
    assert content_of(session, file) == LARGE, "sending it again mends it"


def test_no_row_without_its_object(session: Session, cast: Cast, dead: str) -> None:
    stores.use(dead)
    before = session.execute(select(StoredFile.id)).all()
    with pytest.raises(StoreAway):
        keep(session, cast)
    assert session.execute(select(StoredFile.id)).all() == before


@pytest.mark.parametrize("trouble", ["dead", "silent"])
def test_a_store_that_does_not_answer_is_said_in_time_and_all_else_goes_on(
    client: Browser, session: Session, cast: Cast, trouble: str, request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch, s3: str, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    stores.use(s3)
    document = add_document(session, cast.founder_a, now=NOW, kind="plan", title="P", startup_id=cast.startup_a, audience="startup",
                            name="a.pdf", content=LARGE)  # fmt: skip
    monkeypatch.setattr(buckets, "READ_SECONDS", 0.5)
    monkeypatch.setattr(buckets, "TRIES_MORE", 1)
    stores.use(request.getfixturevalue(trouble))
    client.sign_in(cast.founder_a)
    started = time.monotonic()
    answer = client.get(f"/documents/{document.id}/versions/1")
    assert (answer.status_code, time.monotonic() - started < 5) == (503, True)
    assert "文件存储暂时没有响应" in answer.get_data(as_text=True)
    started = time.monotonic()
    data = {"file": (io.BytesIO(LARGE), "b.pdf"), "kind": "plan", "audience": "startup"}
    answer = client.post(f"/startups/{cast.startup_a}/documents/new", data=data, content_type="multipart/form-data")
    assert (answer.status_code, time.monotonic() - started < 2) == (503, True), "it is not asked again at once"
    assert "文件存储暂时没有响应" in answer.get_data(as_text=True)
    assert client.get(f"/documents/{document.id}").status_code == 200
    assert client.get("/my/documents").status_code == 200
    assert "does not answer" in caplog.text and SECRET not in caplog.text and "AKIAEXAMPLE" not in caplog.text


def test_it_is_asked_again_after_a_rest(session: Session, cast: Cast, dead: str, monkeypatch: pytest.MonkeyPatch) -> None:
    guarded = store_at(dead)
    assert guarded is not None
    asked = []
    monkeypatch.setattr(guarded._store, "put", lambda *_: asked.append(1) or (_ for _ in ()).throw(OSError))
    for _ in range(3):
        with pytest.raises(StoreAway):
            guarded.put("a", io.BytesIO(b"x"), 1)
    assert len(asked) == 1
    guarded._away_until = 0
    with pytest.raises(StoreAway):
        guarded.put("a", io.BytesIO(b"x"), 1)
    assert len(asked) == 2


def test_a_bucket_that_is_not_there_is_the_same_trouble(session: Session, cast: Cast, s3: str) -> None:
    stores.use(s3.replace("papers", "other"))
    with pytest.raises(StoreAway):
        keep(session, cast)


def test_large_files_are_read_by_pieces(session: Session, cast: Cast, store: str) -> None:
    """50 MB are never in memory at once: neither on their way to the store nor back."""
    stores.use(store)
    content = io.BytesIO(b"%PDF-" + bytes(50 * 2**20 - 5))
    size = len(content.getvalue())
    process = psutil.Process()
    before = process.memory_info().rss
    file = store_file(session, cast.manager, now=NOW, name="a.pdf", media_type="x", content=content, largest=size)
    with open_content(session, file) as stream:
        assert sum(len(piece) for piece in iter(lambda: stream.read(2**20), b"")) == size
    if store.startswith("file"):  # the S3 server of these tests lives in this process
        assert process.memory_info().rss - before < 20 * 2**20


@pytest.mark.parametrize(
    "url",
    ["ftp://x/y", "/srv/files", "file://host/files", "file://relative", "s3://", "s3:///folder", "s3://b?endpoint=nonsense",
     "s3://b?password=1", "s3://b?style=other", f"s3://AKIAEXAMPLE:{SECRET}@b"],
)  # fmt: skip
def test_a_setting_that_names_no_store_stops_the_start_and_repeats_no_secret(url: str) -> None:
    with pytest.raises(RuntimeError, match="FILE_STORE") as refused:
        store_at(url)
    assert SECRET not in str(refused.value)


def test_without_a_setting_there_is_none() -> None:
    assert store_at("") is None and stores.current() is None


def test_what_can_not_be_read_has_a_page(client: Browser, session: Session, cast: Cast, tmp_path: Path) -> None:
    stores.use(f"file://{tmp_path}")
    document = add_document(session, cast.founder_a, now=NOW, kind="plan", title="P", startup_id=cast.startup_a, audience="startup",
                            name="a.pdf", content=LARGE)  # fmt: skip
    for path in tmp_path.rglob("*"):
        if path.is_file():
            path.unlink()
    answer = client.sign_in(cast.founder_a).get(f"/documents/{document.id}/versions/1")
    assert answer.status_code == 500 and "与存入时不一致" in answer.get_data(as_text=True)
    with pytest.raises(Refusal):
        get_file(session, 2**40)

"""Photos of a resource: kept, put in order, described, removed, and shown to whoever may see the resource."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from incubator.audit.models import AuditEvent
from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.documents.models import StoredFile
from incubator.spaces.models import ResourcePhoto
from incubator.spaces.operations import add_photo, describe_photo, move_photo, remove_photo
from incubator.spaces.operations.photos import MOST_PHOTOS
from incubator.spaces.resource_queries import get_photo, list_photos
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.spaces.conftest import Place
from tests.spaces.test_pages import address


def jpeg(size: tuple[int, int] = (900, 600)) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size, (40, 90, 80)).save(written, "JPEG")
    return written.getvalue()


def add(session: Session, cast: Cast, place: Place, alt: str = "长桌") -> ResourcePhoto:
    return add_photo(session, cast.manager, now=NOW, resource=place.room, name="C:\\pics\\桌子.png", content=jpeg(), alt=alt)


def order(session: Session, place: Place) -> list[str]:
    return [each.name for each in list_photos(session, place.room.id)]


def test_both_sizes_are_kept_as_files(session: Session, cast: Cast, place: Place) -> None:
    photo = add(session, cast, place)
    files = session.execute(select(StoredFile.name, StoredFile.media_type).order_by(StoredFile.id)).all()
    assert [tuple(each) for each in files[-2:]] == [("桌子.jpg", "image/jpeg"), ("桌子-small.jpg", "image/jpeg")]
    assert (photo.width, photo.height, photo.place) == (900, 600, 1)
    event = session.execute(select(AuditEvent).order_by(AuditEvent.number.desc()).limit(1)).scalar_one()
    assert (event.action, event.after["alt"], event.after["code"]) == ("add_photo", "长桌", "R1")


def test_they_are_put_in_order(session: Session, cast: Cast, place: Place) -> None:
    photos = {alt: add(session, cast, place, alt) for alt in "abc"}
    assert order(session, place) == ["a", "b", "c"]
    move_photo(session, cast.manager, now=NOW, resource=place.room, photo=photos["c"], place=1)
    assert order(session, place) == ["c", "a", "b"]
    move_photo(session, cast.manager, now=NOW, resource=place.room, photo=photos["c"], place=99)
    assert order(session, place) == ["a", "b", "c"]
    remove_photo(session, cast.manager, now=NOW, resource=place.room, photo=photos["a"])
    assert order(session, place) == ["b", "c"] and [photos[each].place for each in "bc"] == [1, 2]
    remove_photo(session, cast.manager, now=NOW, resource=place.room, photo=photos["a"])  # once more changes nothing
    with pytest.raises(Conflict, match="removed in the meantime"):
        move_photo(session, cast.manager, now=NOW, resource=place.room, photo=photos["a"], place=1)
    add(session, cast, place, "d")
    assert order(session, place) == ["b", "c", "d"]


def test_a_ninth_is_refused_until_one_is_removed(session: Session, cast: Cast, place: Place) -> None:
    photos = [add(session, cast, place, f"照片{n}") for n in range(MOST_PHOTOS)]
    with pytest.raises(Conflict, match="8 photos at most"):
        add(session, cast, place)
    remove_photo(session, cast.manager, now=NOW, resource=place.room, photo=photos[0])
    add(session, cast, place, "新")
    assert order(session, place)[-1] == "新"


def test_a_photo_says_what_is_to_be_seen(session: Session, cast: Cast, place: Place) -> None:
    with pytest.raises(Refusal, match="what is to be seen") as refused:
        add(session, cast, place, "  ")
    assert refused.value.field == "alt"
    photo = add(session, cast, place)
    describe_photo(session, cast.manager, now=NOW, resource=place.room, photo=photo, alt=" 圆桌 ", alt_en="Round table")
    (shown,) = list_photos(session, place.room.id)
    assert (shown.name, shown.name_en) == ("圆桌", "Round table")
    with pytest.raises(IntegrityError, match="resource_photos_alt_check"), session.begin_nested():
        photo.alt = ""
        session.flush()


def test_only_who_manages_spaces_changes_them(session: Session, cast: Cast, place: Place) -> None:
    photo = add(session, cast, place)
    for actor in (cast.front_desk, cast.founder_a, cast.mentor):
        for change in (
            lambda: add_photo(session, actor, now=NOW, resource=place.room, name="x", content=jpeg(), alt="x"),  # noqa: B023
            lambda: move_photo(session, actor, now=NOW, resource=place.room, photo=photo, place=1),  # noqa: B023
            lambda: remove_photo(session, actor, now=NOW, resource=place.room, photo=photo),  # noqa: B023
            lambda: describe_photo(session, actor, now=NOW, resource=place.room, photo=photo, alt="x"),  # noqa: B023
        ):
            with pytest.raises(Forbidden):
                change()


def upload(content: bytes, name: str = "room.jpg", alt: str = "会议桌") -> dict[str, object]:
    return {"file": (io.BytesIO(content), name), "alt": alt}


def test_a_photo_is_uploaded_and_seen_by_all_who_see_the_timeline(
    client: Browser, session: Session, cast: Cast, place: Place
) -> None:
    here = address("/sites/{site}/resources/{resource}/photos", place)
    client.sign_in(cast.manager)
    assert client.post(here, data=upload(jpeg((3000, 2000)))).location == here
    page = client.get(here).text
    found = re.search(rf'src="(/resources/{place.room.id}/photos/\d+\?v=[0-9a-f]{{12}}&amp;size=small)"', page)
    assert found and "会议桌" in page
    source = found[1].replace("&amp;", "&")
    for actor, size in ((cast.founder_b, 480), (cast.mentor, 480)):
        answer = client.sign_in(actor).get(source)
        assert (answer.status_code, answer.content_type) == (200, "image/jpeg")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'"
        assert Image.open(io.BytesIO(answer.data)).width == size
        again = client.get(source, headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
    assert Image.open(io.BytesIO(client.get(source.split("?")[0]).data)).width == 1600
    assert client.sign_in(cast.other_owner).get(source).status_code == 404
    signed_out = client.application.test_client()
    assert signed_out.get(source).status_code == 302


def test_a_removed_photo_and_one_of_another_resource_are_not_found(
    client: Browser, session: Session, cast: Cast, place: Place
) -> None:
    photo = add(session, cast, place)
    client.sign_in(cast.manager)
    here = f"/resources/{place.room.id}/photos/{photo.id}"
    assert client.get(here).status_code == 200
    assert client.get(f"/resources/{place.room.id + 1}/photos/{photo.id}").status_code == 404
    assert client.post(f"{address('/sites/{site}/resources/{resource}/photos', place)}/{photo.id}/remove").status_code == 303
    assert client.get(here).status_code == 404
    with pytest.raises(NotFound):
        get_photo(session, cast.manager, place.room.id, photo.id)


def test_pages_move_describe_and_refuse(client: Browser, session: Session, cast: Cast, place: Place) -> None:
    first, second = add(session, cast, place, "a"), add(session, cast, place, "b")
    client.sign_in(cast.manager)
    here = address("/sites/{site}/resources/{resource}/photos", place)
    assert client.post(f"{here}/{first.id}/move", data={"way": "later"}).status_code == 303
    assert order(session, place) == ["b", "a"]
    assert client.post(f"{here}/{first.id}/move", data={"way": "earlier"}).status_code == 303
    assert order(session, place) == ["a", "b"]
    assert client.get(f"{here}/{second.id}").status_code == 200
    assert client.post(f"{here}/{second.id}", data={"alt": "c"}).location == here
    assert order(session, place) == ["a", "c"]
    for data, sentence in (
        ({"alt": "x"}, "请先选择照片"), (upload(b"GIF89a"), "这不是可以读取的图片"), (upload(jpeg(), alt=""), "请用几个字说明照片内容"),
    ):  # fmt: skip
        answer = client.post(here, data=data)
        assert answer.status_code == 422 and sentence in answer.text
    assert order(session, place) == ["a", "c"]

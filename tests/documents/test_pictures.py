"""Pictures that people send: read by content, made smaller, without what the camera wrote into them."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image

from incubator.core.errors import Refusal
from incubator.documents.pictures import LARGEST, MOST_PIXELS, make_pictures

ORIENTATION, GPS, MAKE = 0x0112, 0x8825, 0x010F
RED, BLUE = (200, 30, 30), (30, 30, 200)


def picture(kind: str, size: tuple[int, int] = (400, 300), mode: str = "RGB", **options: object) -> bytes:
    image = Image.new(mode, size, {"RGB": RED, "L": 90, "RGBA": (*RED, 0), "CMYK": (0, 90, 90, 0), "P": 1}[mode])
    written = io.BytesIO()
    image.save(written, kind, **options)
    return written.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("JPEG", "RGB"), ("JPEG", "L"), ("JPEG", "CMYK"), ("PNG", "RGB"), ("PNG", "RGBA"), ("PNG", "P"), ("WEBP", "RGBA")],
)
def test_what_is_kept_is_a_jpeg_of_ours(kind: str, mode: str) -> None:
    kept, small = make_pictures(picture(kind, (4000, 3000), mode))
    assert ((kept.width, kept.height), (small.width, small.height)) == ((1600, 1200), (480, 360))
    for each in (kept, small):
        image = opened(each.content)
        assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (each.width, each.height))


def test_a_small_picture_is_not_blown_up() -> None:
    kept, small = make_pictures(picture("PNG", (300, 200)))
    assert (kept.width, kept.height, small.width, small.height) == (300, 200, 300, 200)


def test_it_stands_upright_and_tells_nothing_of_where_it_was_taken() -> None:
    image = Image.new("RGB", (400, 300), RED)
    image.paste(BLUE, (0, 0, 400, 150))  # the sky is above, before the camera was turned
    exif = Image.Exif()
    exif[ORIENTATION], exif[MAKE] = 6, "SpyCam"
    exif.get_ifd(GPS)[1] = "N"
    exif.get_ifd(GPS)[2] = (22.0, 32.0, 0.0)
    written = io.BytesIO()
    image.save(written, "JPEG", exif=exif.tobytes(), comment=b"secret")
    assert b"SpyCam" in written.getvalue()
    for each in make_pictures(written.getvalue()):
        kept = opened(each.content)
        assert kept.size == (300, 400), "turned by a quarter"
        right, left = kept.getpixel((280, 200)), kept.getpixel((20, 200))
        assert right[2] > right[0] and left[0] > left[2], "what was above is at the right"
        assert not dict(kept.getexif()) and "exif" not in kept.info and "comment" not in kept.info
        assert b"SpyCam" not in each.content and b"secret" not in each.content


def test_what_is_transparent_is_white() -> None:
    kept, _ = make_pictures(picture("PNG", mode="RGBA"))
    assert min(opened(kept.content).getpixel((10, 10))) > 250


def png_head(width: int, height: int) -> bytes:
    """A PNG that says it is huge, and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("width", "height"), [(7072, 7072), (50_000, 50_000), (200_000, 200_000)])
def test_a_bomb_is_refused_by_its_head(width: int, height: int) -> None:
    assert width * height > MOST_PIXELS
    with pytest.raises(Refusal, match="more than 50 million pixels") as refused:
        make_pictures(png_head(width, height))
    assert refused.value.field == "file"


@pytest.mark.parametrize(
    "content",
    [
        b"not a picture at all", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        picture("GIF", mode="P"), picture("BMP"), picture("TIFF"), picture("JPEG")[:200], picture("PNG")[:80],
        b"\xff\xd8\xff" + b"\0" * 50, b"%PDF-1.7\n", b"PK\x03\x04" + b"\0" * 30, png_head(3000, 3000), b"RIFF\0\0\0\0WEBPVP8 ",
    ],
)  # fmt: skip
def test_what_is_no_picture_or_half_of_one_is_refused(content: bytes) -> None:
    with pytest.raises(Refusal, match="no picture that can be read") as refused:
        make_pictures(content)
    assert refused.value.field == "file"


def test_an_empty_or_large_file_is_refused() -> None:
    with pytest.raises(Refusal, match="empty"):
        make_pictures(b"")
    with pytest.raises(Refusal, match="larger than 8 MB"):
        make_pictures(b"\xff\xd8" + b"\0" * LARGEST)

"""Pictures that people send: looked at by their content, and made anew without anything but what is to be seen."""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image, ImageOps

from incubator.core.errors import N_, Refusal

LARGEST = 8 * 1024 * 1024
MOST_PIXELS = 50_000_000
"""More than any telephone's camera gives by itself; asked of the picture's head, before anything is unpacked."""
SIDE, SMALL_SIDE = 1600, 480
FORMATS = ("JPEG", "PNG", "WEBP")
MEDIA_TYPE = "image/jpeg"
GROUND = (255, 255, 255)
"""What shows through where a picture is transparent."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG of ours."""

    content: bytes
    width: int
    height: int


def make_pictures(content: bytes, field: str = "file") -> tuple[Picture, Picture]:
    """The picture with its longest side at most 1600 px, and a small one of 480 px; both upright, without metadata.

    A photo of 4000 × 3000 px from a telephone becomes 1600 × 1200 and 480 × 360; where it was taken is not in it.
    """
    if not content:
        raise Refusal(N_("The file is empty."), field=field)
    if len(content) > LARGEST:
        raise Refusal(N_("The file is larger than %(size)s MB."), field=field, size=LARGEST // (1024 * 1024))
    image = _open(content, field)
    return _write(image, SIDE), _write(image, SMALL_SIDE)


def _open(content: bytes, field: str) -> Image.Image:
    """The picture upright, no larger than what is kept; Refusal for what is none, or would be too large to decode."""
    try:
        image = Image.open(io.BytesIO(content), formats=FORMATS)
        if image.width * image.height > MOST_PIXELS:
            raise Image.DecompressionBombError
        image.draft("RGB", (SIDE, SIDE))  # a large JPEG is read at half or a quarter of its size
        image.load()
        plain = image if image.mode in ("RGB", "L", "CMYK") else image.convert("RGBA")
        plain.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
        return _flatten(ImageOps.exif_transpose(plain))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refusal(N_("The picture has more than %(most)s million pixels."), field=field,
                      most=MOST_PIXELS // 1_000_000) from None  # fmt: skip
    except Exception as error:  # a decoder's faults are of many kinds, and all mean the same
        raise Refusal(N_("This is no picture that can be read. Choose a JPEG, PNG or WebP."), field=field) from error


def _flatten(image: Image.Image) -> Image.Image:
    """Plain colours; what is transparent on a white ground. Nothing else of the picture is carried over."""
    ground = Image.new("RGB", image.size, GROUND)
    if image.mode == "RGBA":
        ground.paste(image, mask=image.getchannel("A"))
    else:
        ground.paste(image.convert("RGB"))
    return ground


def _write(image: Image.Image, side: int) -> Picture:
    small = image.copy()
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    written = io.BytesIO()
    small.save(written, "JPEG", quality=82, optimize=True, progressive=True)
    return Picture(written.getvalue(), *small.size)

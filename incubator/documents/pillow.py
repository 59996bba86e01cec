"""Pictures by Pillow, which `pictures` reads with the first of them: decoding what is sent, writing what is kept."""

from __future__ import annotations

import io

from PIL import Image, ImageOps

from incubator.core.errors import N_, Refusal
from incubator.documents.pictures import MOST_PIXELS, SIDE

FORMATS = ("JPEG", "PNG", "WEBP")
GROUND = (255, 255, 255)
"""What shows through where a picture is transparent."""


def read(content: bytes, field: str) -> Image.Image:
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


def write(image: Image.Image, side: int) -> tuple[bytes, int, int]:
    """A JPEG whose longest side is at most `side`, and its width and height."""
    small = image.copy()
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    written = io.BytesIO()
    small.save(written, "JPEG", quality=82, optimize=True, progressive=True)
    return written.getvalue(), *small.size

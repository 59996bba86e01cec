"""Pictures that people send: looked at by their content, and made anew without anything but what is to be seen."""

from __future__ import annotations

from msgspec import Struct

from incubator.core.errors import N_, Refusal

LARGEST = 8 * 1024 * 1024
MOST_PIXELS = 50_000_000
"""More than any telephone's camera gives by itself; asked of the picture's head, before anything is unpacked."""
SIDE, SMALL_SIDE = 1600, 480
MEDIA_TYPE = "image/jpeg"


class Picture(Struct, frozen=True):
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
    from incubator.documents.pillow import read, write  # noqa: PLC0415  few requests need it

    image = read(content, field)
    return Picture(*write(image, SIDE)), Picture(*write(image, SMALL_SIDE))

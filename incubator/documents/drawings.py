"""Drawings that people send (SVG): read without trust, kept as they came, refused where they are more than a picture.

They are shown as pictures, in which a browser runs nothing and fetches nothing; what is refused here is refused all the
same, since a file that is opened by itself is a page.
"""

from __future__ import annotations

import re
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser
from msgspec import Struct

from incubator.core.errors import N_, Refusal

LARGEST = 2 * 1024 * 1024
DEEPEST = 200
"""Elements within each other; drawings that people make have a dozen."""
MOST_USED = 5
"""How often a reused part may itself reuse others: ten parts that each use the next ten times are ten thousand
million."""
MEDIA_TYPE = "image/svg+xml"

SVG = "http://www.w3.org/2000/svg"
XHTML = "http://www.w3.org/1999/xhtml"
RUNS = {"script", "handler", "listener", "foreignobject", "iframe", "object", "embed", "audio", "video"}
"""Elements that run something, or bring a page with them."""
CHANGES = {"set", "animate"}
"""Elements that give an attribute another value later."""
ADDRESSES = {"href", "src", "base", "action", "formaction"}
PICTURE = re.compile(r"data:image/(?:png|jpeg)[;,]", re.IGNORECASE)
REFERENCE = re.compile(r"url\(\s*[\"']?\s*([^\"')]*)", re.IGNORECASE)
ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|(.))", re.DOTALL)
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
LENGTH = re.compile(r"\s*([0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?)\s*(px|pt|pc|mm|cm|in|)\s*\Z")
NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\Z")
UNITS = {"": 1.0, "px": 1.0, "pt": 4 / 3, "pc": 16.0, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0}

NOT_SVG = N_("This is no SVG drawing that can be read.")
RUNNING = N_("The drawing holds something that runs (%(what)s). Save it as a plain SVG without scripts.")
OUTSIDE = N_("The drawing fetches something from elsewhere (%(what)s). Save it with its pictures and styles inside.")


class Drawing(Struct, frozen=True):
    """An SVG that is only a picture, and the size of its canvas in units of its own."""

    content: bytes
    width: float
    height: float


def looks_like_drawing(content: bytes) -> bool:
    """Whether somebody meant this to be an SVG: text that begins with a tag."""
    return content[:64].lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n").startswith(b"<")


def read_drawing(content: bytes, field: str = "file") -> Drawing:
    """The drawing, or a Refusal that says what of it can't be taken; nothing of it is changed.

    `viewBox="0 0 1200 800"` is a canvas of 1200 by 800; without one `width` and `height` are asked.
    """
    if not content:
        raise Refusal(N_("The file is empty."), field=field)
    if len(content) > LARGEST:
        raise Refusal(N_("The file is larger than %(size)s MB."), field=field, size=LARGEST // (1024 * 1024))
    reader = _Reader(field)
    parser = DefusedXMLParser(target=reader, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    try:
        parser.feed(content)
        parser.close()
    except Refusal:
        raise
    except DefusedXmlException:
        typed = N_("The drawing has a document type or entities (<!DOCTYPE …>). Save it as a plain SVG without them.")
        raise Refusal(typed, field=field) from None
    except (ParseError, ValueError, LookupError) as error:
        raise Refusal(NOT_SVG, field=field) from error
    reader.check_reuse()
    return Drawing(content, *reader.size)


class _Reader:
    """What the parser tells of, looked at one by one: no tree is built."""

    def __init__(self, field: str) -> None:
        self.field = field
        self.size = (0.0, 0.0)
        self._open: list[tuple[str, str]] = []
        """Name and id of the elements that are open."""
        self._style: list[str] = []
        self._uses: dict[str, set[str]] = {}
        """The parts that each part with an id reuses."""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        space, name = _split(tag)
        if not self._open:
            if (space, name) != (SVG, "svg"):
                raise self._refuse(NOT_SVG)
            self.size = self._measure(attributes)
        if len(self._open) >= DEEPEST:
            raise self._refuse(N_("The drawing is nested too deeply to be shown."))
        if name in RUNS or space == XHTML:
            raise self._refuse(RUNNING, what=f"<{name}>")
        for key, value in attributes.items():
            self._look_at(name, _split(key)[1], value)
        self._open.append((name, attributes.get("id", "")))

    def end(self, _tag: str) -> None:
        name, _ = self._open.pop()
        if name == "style":
            self._look_at_style("".join(self._style))
            self._style.clear()

    def data(self, text: str) -> None:
        if self._open and self._open[-1][0] == "style":
            self._style.append(text)

    def pi(self, target: str, _text: str | None = None) -> None:
        """`<?xml-stylesheet …?>` brings a style from elsewhere; others say nothing to a browser."""
        if target.lower().startswith("xml-"):
            raise self._refuse(OUTSIDE, what=f"<?{target}?>")

    def close(self) -> None:
        if not self.size[0]:
            raise self._refuse(NOT_SVG)

    def _look_at(self, element: str, name: str, value: str) -> None:
        if name.startswith("on"):
            raise self._refuse(RUNNING, what=name)
        if name == "attributename" and (value.strip().lower().startswith("on") or _split(value)[1] in ADDRESSES):
            raise self._refuse(RUNNING, what=f"{element} {value.strip()}"[:60])
        if name in ADDRESSES:
            address = "".join(value.split())
            if not (address.startswith("#") or (element in ("image", "feimage") and PICTURE.match(address))):
                raise self._refuse(OUTSIDE if "script:" not in address.lower() else RUNNING, what=address[:60])
            for _, id_ in self._open:
                if id_ and element == "use":
                    self._uses.setdefault(id_, set()).add(address[1:])
        self._look_at_style(value)

    def _look_at_style(self, text: str) -> None:
        plain = COMMENT.sub("", ESCAPE.sub(_unescape, text))
        if "@import" in plain.lower():
            raise self._refuse(OUTSIDE, what="@import")
        for address in REFERENCE.findall(plain):
            if not (address.startswith("#") or PICTURE.match(address)):
                raise self._refuse(OUTSIDE, what=address[:60])

    def _measure(self, attributes: dict[str, str]) -> tuple[float, float]:
        """The canvas; one without a size has no place for anything."""
        box = attributes.get("viewBox", "").replace(",", " ").split()
        if len(box) == 4 and all(NUMBER.match(each) for each in box):
            width, height = float(box[2]), float(box[3])
        else:
            width, height = (_length(attributes.get(side, "")) for side in ("width", "height"))
        if not (0 < width < 1e7 and 0 < height < 1e7):
            raise self._refuse(
                N_("The drawing needs a viewBox, or a width and a height: it doesn't say how large it is.")
            )
        return width, height

    def check_reuse(self) -> None:
        """Refuse parts that reuse parts that reuse parts …: a small file that is endless to draw."""
        depth = dict.fromkeys(self._uses, 0)
        for _ in range(MOST_USED + 1):
            deeper = {id_: 1 + max(depth.get(each, 0) for each in used) for id_, used in self._uses.items()}
            if deeper == depth:
                return
            depth = deeper
        raise self._refuse(N_("The drawing reuses its own parts too often to be shown."))

    def _refuse(self, message: str, **values: Any) -> Refusal:
        return Refusal(message, field=self.field, **values)


def _split(name: str) -> tuple[str, str]:
    """The namespace of a name, and what it is called there in small letters; of `xlink:href` the latter."""
    space, _, local = name.rpartition("}")
    return space.lstrip("{"), local.strip().rpartition(":")[2].lower()


def _length(text: str) -> float:
    found = LENGTH.match(text)
    return float(found[1]) * UNITS[found[2]] if found else 0.0


def _unescape(found: re.Match[str]) -> str:
    if found[1] is None:
        return str(found[2])
    code = int(found[1], 16)
    return chr(code) if 0 < code < 0x110000 else "\ufffd"

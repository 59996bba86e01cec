"""What a blind reviewer may not read in the words of an application. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from incubator.startups.rules.duplicates import name_key

HIDDEN = "■■■"
_SHORTEST = 2
_TELLING = re.compile(
    r"(?:https?://|www\.)[!-~]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|(?<![0-9])(?:\+?86[ -]?)?1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}(?![0-9])"
    r"|(?<![0-9A-Za-z])[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}(?![0-9A-Za-z])",
    re.ASCII,
)
"""Web and mail addresses, mobile numbers, unified social credit codes."""
_FORM = re.compile(
    r"(?:[\s,.]+(?:co|company|corp|corporation|gmbh|inc|incorporated|limited|llc|ltd)\b\.?)+\s*$", re.IGNORECASE
)
"""A legal form at the end of a Latin name."""


def blinded(text: str, names: Iterable[str]) -> str:
    """`text` without the names (of the party, also without its legal form, and of its people) and without what leads to
    them.

    “芯翼科技（www.xinyi.cn）由张三创办” by 芯翼科技有限公司 and 张三 is “■■■（■■■）由■■■创办”. What else tells who
    writes, only a human can find.
    """
    given = [each.strip() for each in names]
    found = {*given, *(name_key(each) for each in given), *(_FORM.sub("", each) for each in given)}
    words = sorted((each for each in found if len(each) >= _SHORTEST), key=lambda each: (-len(each), each))
    text = _TELLING.sub(HIDDEN, text)
    return re.sub("|".join(map(_pattern, words)), HIDDEN, text, flags=re.IGNORECASE) if words else text


def _pattern(word: str) -> str:
    """A Latin word only where it stands by itself: Li is not hidden in Limited."""
    edge = r"(?<![A-Za-z0-9])", r"(?![A-Za-z0-9])"
    start = edge[0] if word[0].isascii() and word[0].isalnum() else ""
    end = edge[1] if word[-1].isascii() and word[-1].isalnum() else ""
    return start + r"\s+".join(re.escape(part) for part in word.split()) + end

"""Who may be the same party: by credit code, name, founder, e-mail or telephone. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from unicodedata import category, normalize

from msgspec import Struct, field

REASONS = ("credit_code", "name", "founder", "email", "phone")
"""Why two parties may be one, the strongest first."""
_ENDING = re.compile("(?:股份有限公司|有限责任公司|有限公司|公司|有限合伙|普通合伙|合伙企业|个体工商户)$")
_WORDS = frozenset({"co", "company", "corp", "corporation", "gmbh", "inc", "incorporated", "limited", "llc", "ltd"})
"""Legal forms: as a Chinese name ends in them, and as words of their own at the end of another."""
SHORTEST_PHONE, PHONE = 7, 11


def name_key(name: str) -> str:
    """What is left of a party's name without width, case, blanks, marks and legal form.

    “芯 翼科技（深圳）有限公司” and “芯翼科技(深圳)” are one; so are “Xinyi Ltd.” and “XINYI Co., Ltd”. A name that is
    nothing but a legal form stays as it is.
    """
    words = _words(name)
    while len(words) > 1 and words[-1] in _WORDS:
        words.pop()
    plain = "".join(words)
    while (shorter := _ENDING.sub("", plain)) != plain and shorter:
        plain = shorter
    return plain


def person_key(name: str) -> str:
    """A human's name without width, case, blanks and marks: “张 三” is 张三, “LI, Ming” is liming."""
    return "".join(_words(name))


def phone_key(phone: str) -> str:
    """The last eleven digits, which a mobile number has; empty where there are fewer than seven."""
    digits = "".join(char for char in normalize("NFKC", phone) if char.isascii() and char.isdigit())
    return digits[-PHONE:] if len(digits) >= SHORTEST_PHONE else ""


def email_key(email: str) -> str:
    """An address without its case."""
    return email.strip().lower()


def _words(text: str) -> list[str]:
    """Its runs of letters and digits."""
    plain = normalize("NFKC", normalize("NFKC", text).casefold())
    return "".join(char if category(char)[0] in "LN" else " " for char in plain).split()


class Party(Struct, frozen=True):
    """Whom an application or a startup is about, as far as it tells who they are."""

    name: str
    credit_code: str | None = None
    founders: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = field(default=())

    def keys(self) -> set[tuple[str, str]]:
        """By what it can be known: the reason, and the key. What is empty tells nothing."""
        return {(reason, key) for reason, key in self._keys() if key}

    def _keys(self) -> Iterator[tuple[str, str]]:
        yield "credit_code", self.credit_code or ""
        yield "name", name_key(self.name)
        yield from (("founder", person_key(each)) for each in self.founders)
        yield from (("email", email_key(each)) for each in self.emails)
        yield from (("phone", phone_key(each)) for each in self.phones)


def why_same(one: Party, other: Party) -> tuple[str, ...]:
    """The reasons for which two parties may be one, the strongest first; none: nothing says so."""
    shared = {reason for reason, _key in one.keys() & other.keys()}
    return tuple(reason for reason in REASONS if reason in shared)


def list_same(one: Party, others: Iterable[Party]) -> list[tuple[Party, tuple[str, ...]]]:
    """Those of the others that may be the same, with why, in their order."""
    return [(each, reasons) for each in others if (reasons := why_same(one, each))]

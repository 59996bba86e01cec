"""What is true of the people of startups: who counts in which category when, and once. Pure."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from datetime import date, timedelta
from unicodedata import normalize

from msgspec import Struct
from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from incubator.core.errors import N_, Refusal

ROLES = ("founder", "employee")
ID_KINDS = ("resident", "passport", "permit")
"""A resident identity card; a passport; a permit (of Hong Kong, Macao and Taiwan residents, or of foreigners)."""
CATEGORIES: dict[str, int | None] = {
    "student": None, "graduate": 5, "fresh_graduate": 1, "returnee": None, "researcher": None, "serial": None,
    "executive": None, "veteran": None, "returning_migrant": None, "unemployed": None, "disabled": None,
    "hmt": None,
}  # fmt: skip
"""What policies ask of founders and employees, with the years that it lasts from its first day; None: as the evidence
says. A graduate of 30 June 2024 counts until 29 June 2029."""


class Identity(Struct, frozen=True):
    """What tells one human from another without keeping their number: its kind, its keyed hash, its last digits."""

    kind: str
    hash: bytes
    tail: str


def identify(secret: bytes, kind: str, number: str) -> Identity:
    """A number as it is kept. Refusal where a resident's number is none (GB 11643: 18 characters, a date, a check
    character), or another one has characters that no document has.

    The hash is keyed with the instance's secret: who reads the table alone can't try all numbers.
    """
    if kind not in ID_KINDS:
        raise Refusal(N_("Choose a kind of document."), field="id_kind")
    plain = "".join(normalize("NFKC", number).upper().split())
    if kind == "resident":
        try:
            plain = ric.validate(plain)
        except ValidationError:
            raise Refusal(
                N_("This is no resident identity number: 18 characters, of which the last checks the others."),
                field="id_number",
            ) from None
    elif not (plain.isascii() and plain.isalnum() and 5 <= len(plain) <= 20):
        raise Refusal(N_("A document's number has 5 to 20 letters and digits."), field="id_number")
    return Identity(kind, hmac.digest(secret, f"{kind}:{plain}".encode(), "sha256"), plain[-4:])


def last_day_of(category: str, first: date, last: date | None) -> date | None:
    """The last day on which it counts: as the evidence says, and no longer than the category lasts."""
    years = CATEGORIES[category]
    if years is None:
        return last
    end = _years_later(first, years) - timedelta(days=1)
    return end if last is None else min(end, last)


def _years_later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return date(day.year + years, 3, 1)


class Post(Struct, frozen=True):
    """Somebody's part in a startup on some days (inclusive; None: until further notice)."""

    individual_id: int
    startup_id: int
    role: str
    first: date
    last: date | None

    def runs_on(self, on: date) -> bool:
        return self.first <= on and (self.last is None or on <= self.last)


class Standing(Struct, frozen=True):
    """That somebody is of a category on some days, confirmed by evidence or only said."""

    individual_id: int
    category: str
    first: date
    last: date | None
    is_confirmed: bool

    def holds_on(self, on: date) -> bool:
        return self.first <= on and (self.last is None or on <= self.last)


def count_people(posts: Iterable[Post], on: date, role: str | None = None) -> int:
    """Humans with a post on the day, each once, in however many startups they stand."""
    return len({post.individual_id for post in posts if post.runs_on(on) and role in (None, post.role)})


def count_category(
    posts: Iterable[Post], standings: Iterable[Standing], category: str, on: date, role: str | None = None
) -> int:
    """Humans with a post on the day who are of a category by confirmed evidence then, each once."""
    there = {post.individual_id for post in posts if post.runs_on(on) and role in (None, post.role)}
    return len({
        each.individual_id for each in standings
        if each.category == category and each.is_confirmed and each.holds_on(on) and each.individual_id in there
    })  # fmt: skip

"""What others see of a mentor, as a value: tidied, compared, and kept as data. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from incubator.core.errors import N_, Refusal
from incubator.core.texts import one_line
from incubator.mentors.rules.vocabulary import ENGAGEMENTS, LANGUAGES, MENTOR_KINDS, STAGES
from incubator.startups.rules.industries import check_industry, division_of
from incubator.startups.rules.texts import paragraphs_of

LONGEST_HEADLINE, LONGEST_BIOGRAPHY = 120, 2_000
MOST_FIELDS, MOST_INDUSTRIES, MOST_SITES = 12, 12, 20
HIGHEST_RATE = 10_000_00
"""Fen an hour."""
_PIECES = re.compile(r"[A-Za-z0-9]+|\s+|.", re.DOTALL)


class Profile(Struct, frozen=True):
    """What a mentor says of themselves and staff approve; lists are kept in an order of their own."""

    kind: str
    site_id: int
    """Where they are based."""
    engagement: str = "part_time"
    headline: str = ""
    headline_en: str = ""
    biography: str = ""
    biography_en: str = ""
    field_ids: tuple[int, ...] = ()
    industries: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    languages: tuple[str, ...] = ("zh",)
    site_ids: tuple[int, ...] = ()
    """To which other sites they come."""
    rate_minor: int | None = None
    """Fen an hour; None: pro bono."""
    takes_vouchers: bool = False

    def as_data(self) -> dict[str, Any]:
        """As JSON data, kept with a proposal."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


def read_profile(data: Mapping[str, Any]) -> Profile:
    """The profile that `as_data` has kept."""
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in data.items() if name in Profile.__struct_fields__
    }  # fmt: skip
    return Profile(**values)


def tidy_profile(profile: Profile) -> Profile:
    """The same as it is kept: texts without stray blanks, each entry of a list once and in order; Refusal by field."""
    if profile.kind not in MENTOR_KINDS:
        raise Refusal(N_("Choose what kind of mentor this is."), field="kind")
    if profile.engagement not in ENGAGEMENTS:
        raise Refusal(N_("Choose part-time or full-time."), field="engagement")
    rate = profile.rate_minor
    if rate is not None and not 0 < rate <= HIGHEST_RATE:
        raise Refusal(N_("An hour costs from 0.01 to 10,000.00; leave it empty for pro bono."), field="rate")
    if profile.takes_vouchers and rate is None:
        raise Refusal(N_("Vouchers pay a rate: give one."), field="takes_vouchers")
    return Profile(
        kind=profile.kind, site_id=profile.site_id, engagement=profile.engagement,
        headline=one_line(profile.headline, "headline", LONGEST_HEADLINE),
        headline_en=one_line(profile.headline_en, "headline_en", LONGEST_HEADLINE),
        biography=paragraphs_of(profile.biography, "biography", LONGEST_BIOGRAPHY),
        biography_en=paragraphs_of(profile.biography_en, "biography_en", LONGEST_BIOGRAPHY),
        field_ids=_at_most(tuple(sorted(set(profile.field_ids))), "field_ids", MOST_FIELDS),
        industries=_at_most(_divisions(profile.industries), "industries", MOST_INDUSTRIES),
        stages=_of(STAGES, profile.stages, "stages"), languages=_of(LANGUAGES, profile.languages, "languages"),
        site_ids=_at_most(tuple(sorted(set(profile.site_ids) - {profile.site_id})), "site_ids", MOST_SITES),
        rate_minor=rate, takes_vouchers=profile.takes_vouchers,
    )  # fmt: skip


def check_complete(profile: Profile) -> None:
    """Refusal unless it says what a startup must know: who this is, and what they help with, in which language."""
    if not (profile.headline or profile.headline_en):
        raise Refusal(N_("Give post and company in a line."), field="headline")
    if not (profile.biography or profile.biography_en):
        raise Refusal(N_("Say in a few sentences who you are and what you have done."), field="biography")
    if not profile.field_ids:
        raise Refusal(N_("Choose at least one field in which you can help."), field="field_ids")
    if not profile.languages:
        raise Refusal(N_("Choose at least one language."), field="languages")


def _divisions(codes: Iterable[str]) -> tuple[str, ...]:
    """Divisions, two digits each: of a class its first two."""
    found = set()
    for code in codes:
        try:
            division = division_of(check_industry(code))
        except Refusal as refusal:
            raise Refusal(refusal.message, field="industries", **refusal.values) from refusal
        if division is not None:
            found.add(division.digits)
    return tuple(sorted(found))


def _of(words: tuple[str, ...], chosen: Iterable[str], field: str) -> tuple[str, ...]:
    """What is chosen of a vocabulary, in its order."""
    wanted = set(chosen)
    if wanted - set(words):
        raise Refusal(N_("There is no such choice."), field=field)
    return tuple(word for word in words if word in wanted)


def _at_most(values: tuple[Any, ...], field: str, most: int) -> tuple[Any, ...]:
    if len(values) > most:
        raise Refusal(N_("At most %(most)s of them."), field=field, most=most)
    return values


class Change(Struct, frozen=True):
    """One thing that a profile says otherwise than another."""

    name: str
    before: Any
    after: Any

    @property
    def added(self) -> tuple[Any, ...]:
        """Of a list: what is new in it."""
        return tuple(each for each in self.after if each not in self.before)

    @property
    def removed(self) -> tuple[Any, ...]:
        return tuple(each for each in self.before if each not in self.after)

    @property
    def kept(self) -> tuple[Any, ...]:
        return tuple(each for each in self.after if each in self.before)

    @property
    def is_list(self) -> bool:
        return isinstance(self.after, tuple)


def compare(before: Profile, after: Profile) -> list[Change]:
    """What `after` says otherwise, in the order of the profile."""
    pairs = ((name, getattr(before, name), getattr(after, name)) for name in Profile.__struct_fields__)
    return [Change(*each) for each in pairs if each[1] != each[2]]


def compare_texts(before: str, after: str) -> list[tuple[str, str]]:
    """The pieces of two texts in order: `same`, `removed` or `added`; by word, and by character in Chinese.

    "芯片设计" to "芯片与系统设计": same 芯片, added 与系统, same 设计.
    """
    old, new = _PIECES.findall(before), _PIECES.findall(after)
    found: list[tuple[str, str]] = []
    for what, start, end, start_new, end_new in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            found.append(("same", "".join(old[start:end])))
            continue
        found += [("removed", "".join(old[start:end]))] if end > start else []
        found += [("added", "".join(new[start_new:end_new]))] if end_new > start_new else []
    return found

"""Which invoices a transfer pays: suggested from numbers, names and amounts, with a confidence and the reasons. Pure.

Nothing is booked by a suggestion; who confirms it sees the sentences.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from unicodedata import category, normalize

from msgspec import Struct, field
from msgspec.structs import replace

from incubator.billing.rules.clearing import Open, pay_oldest
from incubator.core.errors import N_, Phrase
from incubator.core.money import Money

THRESHOLD = 90
"""From which on suggestions are confirmed together."""

MOST_SUMMED = 12
"""Of how many of a startup's open invoices, those due first, sums are tried: 4,095 at most."""


class Incoming(Struct, frozen=True):
    """A line of a statement by which money came in."""

    line_id: int
    on: date
    amount_minor: int
    payer_key: str = ""
    payer_account: str = ""
    text: str = ""
    """Purpose and reference."""


class Owed(Struct, frozen=True):
    """An open invoice."""

    invoice_id: int
    year: int
    number: int
    startup_id: int
    open_minor: int
    due_on: date

    @property
    def label(self) -> str:
        """As printed."""
        return f"INV-{self.year}-{self.number:06}"


class Payers(Struct, frozen=True):
    """Who is known to pay for whom: by company name, and by what finance has confirmed before."""

    names: Mapping[str, frozenset[int]] = field(default_factory=dict)
    """Startups by their own names, as they are compared."""
    known_names: Mapping[str, frozenset[int]] = field(default_factory=dict)
    known_accounts: Mapping[str, frozenset[int]] = field(default_factory=dict)
    called: Mapping[int, str] = field(default_factory=dict)
    """How startups are shown."""


class Payout(Struct, frozen=True):
    """What Stripe says it has paid into the bank; booked already."""

    payout_id: int
    name: str
    """Stripe's."""
    amount_minor: int
    on: date


PAYOUT_DAYS = 5
"""How many days a bank's line may lie before or after the day on which Stripe says that a payout arrives."""


class Share(Struct, frozen=True):
    """What of a line is one startup's, and what it pays; `parts` may come to less, then the rest is kept as an
    advance."""

    startup_id: int
    amount_minor: int
    parts: tuple[tuple[int, int], ...]
    """Invoice and fen."""


class Suggestion(Struct, frozen=True):
    """Whose money a line is, startup by startup; or that it is a payout of Stripe, and nobody's."""

    line_id: int
    shares: tuple[Share, ...]
    confidence: int
    reasons: tuple[Phrase, ...]
    payout_id: int | None = None

    @property
    def startup_ids(self) -> tuple[int, ...]:
        """Whose it is."""
        return tuple(share.startup_id for share in self.shares)

    @property
    def parts(self) -> tuple[tuple[int, int], ...]:
        """Invoice and fen, of all of them."""
        return tuple(part for share in self.shares for part in share.parts)

    @property
    def cleared_minor(self) -> int:
        """What of the line pays invoices."""
        return sum(minor for _, minor in self.parts)

    @property
    def fingerprint(self) -> str:
        """Of what would be booked: whoever confirms it says by this what they saw."""
        return hashlib.sha256(f"{self.line_id} {self.shares} {self.payout_id}".encode()).hexdigest()[:16]


_FORMS = re.compile(r"(有限责任公司|股份有限公司|有限公司|股份公司|公司|个体工商户|有限合伙|普通合伙|合伙企业)")
_FOREIGN = re.compile(r"\b(co|ltd|limited|inc|llc|company)\b\.?")


def plain_name(name: str) -> str:
    """A company's name as it is compared: 深圳（南山）智联 有限责任公司, 深圳(南山)智联有限公司 → 深圳南山智联."""
    text = normalize("NFKC", name).casefold()
    text = _FOREIGN.sub("", text)
    text = "".join(char for char in text if category(char)[0] in "LN")
    return _FORMS.sub("", text) or text


_TAGGED = re.compile(r"INV[\W_]*?(20\d\d)[\W_]{0,3}?(\d{1,6})(?!\d)")
_BARE = re.compile(r"(?<!\d)(20\d\d)[\s\-_/.]{0,2}(\d{6})(?!\d)")
_MORE = re.compile(r"\s*(?:[、,;/&+和及]|AND)\s*(\d{6})(?!\d)")


def find_numbers(text: str) -> list[tuple[int, int]]:
    """The invoice numbers in a purpose, however they are written: INV-2026-000042, in full width, inv 2026 42,
    2026000042, 2026-000042; and further ones after them: INV-2026-000042、000043."""
    plain = normalize("NFKC", text).upper()
    plain = re.sub("[‐-―−﹣－]", "-", plain)
    found: dict[tuple[int, int], None] = {}
    taken: list[tuple[int, int]] = []
    for pattern in (_TAGGED, _BARE):
        for match in pattern.finditer(plain):
            if any(start < match.end() and match.start() < end for start, end in taken):
                continue
            year, end = int(match[1]), match.end()
            found[year, int(match[2])] = None
            while more := _MORE.match(plain, end):
                found[year, int(more[1])] = None
                end = more.end()
            taken.append((match.start(), end))
    return list(found)


def find_sums(owed: Sequence[Owed], amount_minor: int) -> list[tuple[Owed, ...]]:
    """Up to two sets of the invoices that come to exactly `amount_minor`: a second one says that the first is a guess.

    Of those due first, `MOST_SUMMED` are tried. The first set has the fewest invoices, and of as many those due first.
    """
    rows = sorted(owed, key=_due)[:MOST_SUMMED]
    by_sum: dict[int, list[tuple[int, ...]]] = {0: [()]}
    for index, row in enumerate(rows):
        for total in sorted(by_sum, reverse=True):  # so that no set takes one invoice twice
            reached = total + row.open_minor
            if reached <= amount_minor:
                by_sum.setdefault(reached, []).extend([(*each, index) for each in by_sum[total]])
    found = sorted(by_sum.get(amount_minor, []), key=lambda each: (len(each), each))[:2]
    return [tuple(rows[index] for index in each) for each in found if each]


def _due(row: Owed) -> tuple[date, int]:
    return row.due_on, row.invoice_id


def spread(owed: Iterable[Owed], amount_minor: int) -> tuple[tuple[int, int], ...]:
    """`amount_minor` over the invoices, the one due first first, none more than is open of it."""
    items = [Open(row.invoice_id, row.due_on, row.open_minor) for row in owed]
    return tuple(pay_oldest(amount_minor, items).items())


def suggest_all(
    lines: Sequence[Incoming], owed: Sequence[Owed], payers: Payers, payouts: Sequence[Payout] = ()
) -> dict[int, Suggestion]:
    """What each line may pay, by line: payouts of Stripe before all; then those that name invoices, then those whose
    payer is known, then by amount alone; the earlier line first among those. What one takes is no longer open for the
    next.

    Stripe pays nobody's invoice: a line of its that no payout is known for yet waits until Stripe reports it.
    """
    left = {row.invoice_id: row for row in owed}
    in_order = sorted(lines, key=lambda line: (line.on, line.line_id))
    found = _payouts(in_order, payouts)
    ordered = [line for line in in_order if not is_stripe(line)]
    for look in (_by_number, _by_payer, _by_amount):
        for line in ordered:
            if line.line_id in found:
                continue
            suggestion = look(line, [row for row in left.values() if row.open_minor > 0], payers)
            if suggestion is None:
                continue
            found[line.line_id] = suggestion
            for invoice_id, minor in suggestion.parts:
                row = left[invoice_id]
                left[invoice_id] = replace(row, open_minor=row.open_minor - minor)
    return found


def is_stripe(line: Incoming) -> bool:
    """Whether it says that Stripe paid it."""
    return "stripe" in normalize("NFKC", f"{line.payer_key} {line.text}").casefold()


def _payouts(lines: Sequence[Incoming], payouts: Sequence[Payout]) -> dict[int, Suggestion]:
    """The lines that are payouts: named by Stripe's own number, or of the same amount around the same day. Of several
    that fit, the one nearest in days. Where the payer is not Stripe by its name, it is for a person to say."""
    left, found = {each.payout_id: each for each in payouts}, dict[int, Suggestion]()
    for line in lines:
        fitting = [each for each in left.values() if each.amount_minor == line.amount_minor
                   and abs((each.on - line.on).days) <= PAYOUT_DAYS]  # fmt: skip
        named = [each for each in fitting if each.name.casefold() in line.text.casefold()]
        if not fitting:
            continue
        best = min(named or fitting, key=lambda each: (abs((each.on - line.on).days), each.payout_id))
        about: dict[str, Any] = {"payout": best.name, "day": best.on}
        if named:
            reasons, confidence = [Phrase(N_("It names Stripe’s payout %(payout)s of %(day)s."), about)], 99
        else:
            fits = N_("The amount is exactly Stripe’s payout %(payout)s of %(day)s.")
            reasons, confidence = [Phrase(fits, about)], 95 if len(fitting) == 1 else 90
            if not is_stripe(line):
                reasons.append(Phrase(N_("But the bank does not name Stripe as the payer.")))
                confidence = 60
        if confidence >= THRESHOLD or not find_numbers(line.text):
            found[line.line_id] = Suggestion(line.line_id, (), confidence, tuple(reasons), best.payout_id)
            del left[best.payout_id]
    return found


def _one(
    line: Incoming, startup_id: int, chosen: Iterable[Owed], confidence: int, reasons: Iterable[Phrase]
) -> Suggestion:
    """All of it is one startup's."""
    share = Share(startup_id, line.amount_minor, spread(chosen, line.amount_minor))
    return Suggestion(line.line_id, (share,), confidence, tuple(reasons))


def _known(line: Incoming, payers: Payers) -> tuple[frozenset[int], Phrase | None]:
    """The startups that the payer can stand for, and how that is known."""
    if line.payer_account and (by_account := payers.known_accounts.get(line.payer_account)):
        return by_account, Phrase(N_("Transfers from this account were confirmed for it before."))
    if not line.payer_key:
        return frozenset(), None
    if by_name := payers.names.get(line.payer_key):
        return by_name, Phrase(N_("The payer’s name is the startup’s."))
    if by_past := payers.known_names.get(line.payer_key):
        return by_past, Phrase(N_("Transfers from this payer were confirmed for it before."))
    return frozenset(), None


def _by_number(line: Incoming, owed: Sequence[Owed], payers: Payers) -> Suggestion | None:
    numbers = set(find_numbers(line.text))
    named = [row for row in owed if (row.year, row.number) in numbers]
    startups = {row.startup_id for row in named}
    if not named:
        return None
    known, how = _known(line, payers)
    if len(startups) > 1:
        if sum(row.open_minor for row in named) == line.amount_minor:
            return _of_several(line, named, known, how)
        startups &= known
        if len(startups) != 1:
            return None
        named = [row for row in named if row.startup_id in startups]
    (startup_id,) = startups
    total = sum(row.open_minor for row in named)
    labels = tuple(row.label for row in sorted(named, key=_due))
    reasons = [Phrase(N_("The purpose names %(numbers)s."), {"numbers": labels})]
    fits, confidence = _fit(line.amount_minor, total)
    reasons.append(fits)
    if startup_id in known and how is not None:
        reasons.append(how)
        confidence += 4
    elif known:
        called = tuple(payers.called.get(each, "") for each in sorted(known))
        reasons.append(Phrase(N_("But the payer is known to pay for %(others)s."), {"others": called}))
        confidence = min(confidence, 60)
    return _one(line, startup_id, named, confidence, reasons)


def _of_several(line: Incoming, named: Sequence[Owed], known: frozenset[int], how: Phrase | None) -> Suggestion:
    """One transfer that names invoices of several startups and comes to exactly what is open of them: a share for each.

    A parent company pays 2,000.00 for INV-2026-000001 of one of its companies and 1,000.00 for 000002 of another.
    """
    labels = tuple(row.label for row in sorted(named, key=_due))
    reasons = [Phrase(N_("The purpose names %(numbers)s."), {"numbers": labels}),
               Phrase(N_("They are of several companies, and come to exactly the amount."))]  # fmt: skip
    of_each: dict[int, list[Owed]] = defaultdict(list)
    for row in sorted(named, key=_due):
        of_each[row.startup_id].append(row)
    shares = tuple(
        Share(startup_id, sum(row.open_minor for row in rows), tuple((row.invoice_id, row.open_minor) for row in rows))
        for startup_id, rows in of_each.items()
    )
    if how is not None and known >= of_each.keys():
        return Suggestion(line.line_id, shares, 97, (*reasons, how))
    return Suggestion(line.line_id, shares, 88, tuple(reasons))


def _fit(amount_minor: int, total_minor: int) -> tuple[Phrase, int]:
    if amount_minor == total_minor:
        return Phrase(N_("The amount is exactly what is open of that.")), 95
    if amount_minor < total_minor:
        return Phrase(N_("The amount is a part: %(left)s stays open."), {"left": Money(total_minor - amount_minor)}), 84
    return Phrase(N_("%(left)s is left over and kept as an advance."), {"left": Money(amount_minor - total_minor)}), 80


def _by_payer(line: Incoming, owed: Sequence[Owed], payers: Payers) -> Suggestion | None:
    known, how = _known(line, payers)
    if not known or how is None:
        return None
    if len(known) > 1:  # a payer for several: only what fits exactly tells whose it is
        fitting = [each for each in sorted(known) if _exact(line, [row for row in owed if row.startup_id == each])]
        if len(fitting) != 1:
            return None
        found = _of_startup(line, fitting[0], owed, how)
        return replace(found, confidence=min(found.confidence, 80))
    return _of_startup(line, next(iter(known)), owed, how)


def _exact(line: Incoming, owed: Sequence[Owed]) -> bool:
    return bool(find_sums(owed, line.amount_minor)) or sum(row.open_minor for row in owed) == line.amount_minor


def _of_startup(line: Incoming, startup_id: int, owed: Sequence[Owed], how: Phrase) -> Suggestion:
    """What a payer's transfer pays of one startup's open invoices."""
    rows = [row for row in owed if row.startup_id == startup_id]
    total, amount = sum(row.open_minor for row in rows), line.amount_minor

    def made(chosen: Iterable[Owed], confidence: int, why: Phrase) -> Suggestion:
        return _one(line, startup_id, chosen, confidence, (how, why))

    if not rows:
        return made((), 60, Phrase(N_("Nothing of it is open: the whole is kept as an advance.")))
    alone = [row for row in rows if row.open_minor == amount]
    if len(alone) == 1:
        why = Phrase(N_("The amount is exactly what is open of %(number)s."), {"number": alone[0].label})
        return made(alone, 95, why)
    if total == amount:
        return made(rows, 95, Phrase(N_("The amount is exactly all that is open of it.")))
    sums = find_sums(rows, amount)
    if sums:
        labels = tuple(row.label for row in sums[0])
        why = Phrase(N_("The amount is exactly what is open of %(number)s."), {"number": labels})
        if len(sums) == 1:
            return made(sums[0], 90, why)
        guessed = N_("Several of its invoices come to this amount; those due first are %(number)s.")
        return made(sums[0], 70, Phrase(guessed, {"number": labels}))
    if amount > total:
        over = N_("It pays all that is open of it; %(left)s is left over and kept as an advance.")
        return made(rows, 70, Phrase(over, {"left": Money(amount - total)}))
    return made(rows, 60, Phrase(N_("It is a part of what is open of it, and pays the one due first first.")))


def _by_amount(line: Incoming, owed: Sequence[Owed], payers: Payers) -> Suggestion | None:
    """For a payer whom nobody knows: one invoice, or all of one startup, of exactly the amount, and no other."""
    numbers = set(find_numbers(line.text))
    if _known(line, payers)[0] or any((row.year, row.number) in numbers for row in owed):
        return None
    alone = [row for row in owed if row.open_minor == line.amount_minor]
    totals: dict[int, list[Owed]] = defaultdict(list)
    for row in owed:
        totals[row.startup_id].append(row)
    whole = [
        rows for rows in totals.values()
        if len(rows) > 1 and sum(row.open_minor for row in rows) == line.amount_minor
    ]  # fmt: skip
    if len(alone) + len(whole) != 1:
        return None
    rows = alone or whole[0]
    labels = tuple(row.label for row in sorted(rows, key=_due))
    why = Phrase(N_("The payer is not known; but of all that is open only %(number)s comes to this amount."),
                 {"number": labels})  # fmt: skip
    return _one(line, rows[0].startup_id, rows, 50, (why,))

"""Which steps a debt has come to, what makes them wait, and what has become of a promise. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from msgspec import Struct, field
from msgspec.structs import replace

MEASURES = ("mail", "call", "letter", "booking", "access")
"""Mail to founders, a call by staff, a notice letter, no more bookings, no more access."""
TELLING = ("mail", "call", "letter")
"""Of several that are due at once only the latest is taken: nobody gets a week's mails in one morning."""
PAUSES = ("pause", "dispute")
ENTRY_KINDS = ("pause", "dispute", "resume", "promise", "kept", "broken", "reached", "no_answer", "restricted",
               "restored", "lifted")  # fmt: skip
PROMISE_STATES = ("stands", "kept", "broken", "replaced")


class Step(Struct, frozen=True, order=True):
    """What is done `after_days` days after the oldest due day (0 and less: before anything is overdue), where at least
    `least_minor` is owed."""

    after_days: int
    measure: str
    least_minor: int = 0

    @property
    def key(self) -> tuple[str, int]:
        """What makes it the same step in another version of the settings."""
        return self.measure, self.after_days

    @property
    def tells(self) -> bool:
        return self.measure in TELLING


DEFAULT_STEPS = (
    Step(-3, "mail"), Step(3, "mail"), Step(10, "call", 50_000), Step(20, "letter", 100_000),
    Step(30, "booking", 100_000), Step(45, "access", 300_000),
)  # fmt: skip
"""Proposed to an operator that has none: nothing of it happens before it is saved and turned on."""


class DuePart(Struct, frozen=True):
    """What is open of one invoice and by when it is to be paid."""

    invoice_id: int
    number: str
    site_id: int
    due_on: date
    open_minor: int


class Owed(Struct, frozen=True):
    """The parts that a startup owes, the one due first first."""

    startup_id: int
    parts: tuple[DuePart, ...]

    def overdue_on(self, today: date) -> tuple[DuePart, ...]:
        """Those whose day is over: what is due on the 5th is overdue from the 6th on."""
        return tuple(part for part in self.parts if part.due_on < today)


class Overdue(Struct, frozen=True):
    """What of it is overdue."""

    since: date
    """The oldest due day."""
    minor: int
    parts: tuple[DuePart, ...]

    def days(self, today: date) -> int:
        """Since the oldest due day: due on 5 November, it is 3 days on the 8th."""
        return (today - self.since).days


def overdue(owed: Owed | None, today: date) -> Overdue | None:
    """What is overdue on a day; None where nothing is."""
    parts = owed.overdue_on(today) if owed else ()
    if not parts:
        return None
    return Overdue(min(part.due_on for part in parts), sum(part.open_minor for part in parts), parts)


class Done(Struct, frozen=True):
    """A step that was taken or passed over already."""

    measure: str
    after_days: int

    @property
    def key(self) -> tuple[str, int]:
        return self.measure, self.after_days


class Picked(Struct, frozen=True):
    """What is to be done now, and what is not done any more since a later step speaks."""

    now: tuple[Step, ...] = ()
    passed_over: tuple[Step, ...] = ()


def pick_steps(steps: Iterable[Step], days: int, minor: int, done: Collection[Done]) -> Picked:
    """The steps that a debt has come to, `days` after its oldest due day.

    With mails at 3 and 7 days and a call at 14: on day 3 the mail; found on day 15 with nothing done, the call alone,
    and the mails are passed over. Limits come into force in any case, also such as were missed.
    """
    keys = {each.key for each in done}
    due = [step for step in sorted(steps)
           if 0 < step.after_days <= days and step.least_minor <= minor and step.key not in keys]  # fmt: skip
    told = [each.after_days for each in done if each.measure in TELLING]
    latest = max([*told, *(step.after_days for step in due if step.tells)], default=0)
    return Picked(
        tuple(step for step in due if not step.tells or step.after_days == latest),
        tuple(step for step in due if step.tells and step.after_days < latest),
    )


def pick_reminder(steps: Iterable[Step], due_on: date, minor: int, today: date, done: Collection[int]) -> Step | None:
    """The reminder that a due day which is not over has come to: the latest one only, and none after a later one."""
    days = (today - due_on).days
    found = [step for step in steps if step.after_days <= min(days, 0) and step.least_minor <= minor and days <= 0]
    latest = max(found, default=None)
    return None if latest is None or any(each >= latest.after_days for each in done) else latest


def next_step(steps: Iterable[Step], owed: Overdue, today: date, done: Collection[Done],
              hold: Hold | None = None) -> tuple[Step, date] | None:  # fmt: skip
    """The next step and its day, if nothing is paid; a pause or promise puts it off to the day after its last."""
    days = owed.days(today)
    picked = pick_steps(steps, days, owed.minor, done).now
    keys = {each.key for each in done}
    told = max((each.after_days for each in done if each.measure in TELLING), default=0)
    coming = [
        step for step in sorted(steps)
        if step.after_days > days and step.least_minor <= owed.minor and step.key not in keys
        and not (step.tells and step.after_days < told)
    ]  # fmt: skip
    step = picked[0] if picked else coming[0] if coming else None
    if step is None:
        return None
    on = max(owed.since + timedelta(days=step.after_days), today)
    return step, max(on, hold.until + timedelta(days=1)) if hold else on


class Entry(Struct, frozen=True):
    """What was entered in a story, as the rules read it."""

    id: int
    kind: str
    until: date | None = None
    amount_minor: int = 0
    at: datetime | None = None
    on: date = date.min
    """The local day of `at`."""
    by_startup: bool = False
    reason: str = ""


class Hold(Struct, frozen=True):
    """What makes the steps wait, up to and including a day."""

    kind: str
    until: date
    entry_id: int


class Paid(Struct, frozen=True):
    """A payment: when the money came, and when it was entered."""

    on: date
    minor: int
    at: datetime


class Promise(Struct, frozen=True):
    """A promise and what has become of it."""

    entry: Entry
    state: str
    """One of PROMISE_STATES."""
    paid_minor: int = 0


def judge_promise(entry: Entry, payments: Iterable[Paid], today: date) -> Promise:
    """Kept, as soon as so much as was promised has come by the day; broken when the day is over without.

    Of 5,000.00 promised by the 20th, 3,000.00 on the 18th and 2,000.00 on the 20th keep it, entered on the 22nd too;
    2,000.00 on the 21st do not.
    """
    assert entry.until is not None and entry.at is not None  # named CHECKs of the table
    paid = sum(each.minor for each in payments if each.at > entry.at and each.on <= entry.until)
    state = "kept" if paid >= entry.amount_minor else "stands" if today <= entry.until else "broken"
    return Promise(entry, state, paid)


class Standing(Struct, frozen=True):
    """How a story stands on a day."""

    hold: Hold | None
    promises: tuple[Promise, ...] = field(default=())
    """The latest first."""

    @property
    def promise(self) -> Promise | None:
        """The latest one; an earlier one is replaced by it."""
        return self.promises[0] if self.promises else None


def stand(entries: Sequence[Entry], payments: Sequence[Paid], today: date) -> Standing:
    """What holds the steps on a day: the last pause or dispute that was not ended, or the last promise while it
    stands. Where both do, what lasts longer."""
    ordered = sorted(entries, key=lambda each: each.id)
    promises = _judge_all([each for each in ordered if each.kind == "promise"], payments, today)
    holds = []
    last = next((each for each in reversed(ordered) if each.kind in (*PAUSES, "resume")), None)
    if last is not None and last.until is not None and today <= last.until:
        holds.append(Hold(last.kind, last.until, last.id))
    if promises and promises[0].state == "stands" and promises[0].entry.until is not None:
        holds.append(Hold("promise", promises[0].entry.until, promises[0].entry.id))
    return Standing(max(holds, key=lambda each: each.until, default=None), promises)


def _judge_all(entries: Sequence[Entry], payments: Sequence[Paid], today: date) -> tuple[Promise, ...]:
    """The latest first. One that another took the place of before its day was over is neither kept nor broken."""
    found: list[Promise] = []
    for number, entry in enumerate(entries, start=1):
        later = entries[number] if number < len(entries) else None
        promise = judge_promise(entry, payments, today)
        if later is not None and promise.state != "kept" and later.on <= (entry.until or later.on):
            promise = replace(promise, state="replaced")
        found.append(promise)
    return tuple(reversed(found))


def may_promise(standing: Standing) -> bool:
    """Whether a startup can promise by itself: once, and again when it has kept that; all else staff take."""
    return all(each.state == "kept" for each in standing.promises if each.entry.by_startup)


class Decided(Struct, frozen=True):
    """What a day brings for one startup."""

    startup_id: int
    steps: tuple[Step, ...] = ()
    passed_over: tuple[Step, ...] = ()
    reminder: Step | None = None
    due_on: date | None = None
    """The day that the steps go by."""
    minor: int = 0
    parts: tuple[DuePart, ...] = ()
    """What is overdue, or due on the reminded day."""
    hold: Hold | None = None

    @property
    def is_nothing(self) -> bool:
        return not (self.steps or self.passed_over or self.reminder)


def decide(
    owed: Owed, steps: Sequence[Step], today: date, done: Collection[Done], hold: Hold | None,
    reminded: Mapping[date, Collection[int]],
) -> Decided:  # fmt: skip
    """What is done today. Who owes something too long is reminded of nothing that is not due yet; while a pause or a
    promise stands nothing is done at all."""
    late = overdue(owed, today)
    if late is not None:
        found = Picked() if hold else pick_steps(steps, late.days(today), late.minor, done)
        return Decided(owed.startup_id, found.now, found.passed_over, None, late.since, late.minor, late.parts, hold)
    for due_on in sorted({part.due_on for part in owed.parts}):
        parts = tuple(part for part in owed.parts if part.due_on == due_on)
        minor = sum(part.open_minor for part in parts)
        step = pick_reminder(steps, due_on, minor, today, reminded.get(due_on, ()))
        if step is not None:
            return Decided(owed.startup_id, (), (), step, due_on, minor, parts)
    return Decided(owed.startup_id)

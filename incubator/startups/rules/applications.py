"""What is true of calls, of their questions, and of what applicants answer: pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from unicodedata import normalize
from urllib.parse import urlsplit

from msgspec import Struct, field

from incubator.core.clock import CHINA
from incubator.core.errors import N_, Refusal
from incubator.startups.rules import check_identity
from incubator.startups.rules.emails import normalise_email
from incubator.startups.rules.industries import check_industry
from incubator.startups.rules.limits import add_months

QUESTION_KINDS = (
    "short_text", "long_text", "number", "money", "date", "one_choice", "several_choices", "yes_no", "web_address",
    "file",
)  # fmt: skip
CHOICES = ("one_choice", "several_choices")
CALL_STATES = ("unpublished", "coming", "open", "closed")
LONGEST_SHORT, LONGEST_LONG, LONGEST_SUMMARY = 200, 5000, 1000
MOST_FOUNDERS, MOST_FILES = 10, 10
LARGEST_FILE, LARGEST_TOGETHER = 20 * 1024 * 1024, 60 * 1024 * 1024
MOST_AMOUNT = Decimal(10**12)
DRAFT_DAYS = 90
"""How long a draft that was never sent is kept after its last change."""
FEWEST_MONTHS, MOST_MONTHS = 1, 120
"""How long an application that led nowhere may be kept."""
FACTS = (
    "name", "name_en", "kind", "credit_code", "registered_on", "industry_code", "summary", "contact_name",
    "contact_email", "contact_phone",
)  # fmt: skip
"""What everybody is asked, as a draft names it. Founders are `founders-0-name`, `founders-0-title` …; the answer to
question 12 is `q12`."""

Draft = Mapping[str, str | Sequence[str]]


def call_state(
    opens_at: datetime, closes_at: datetime | None, published_at: datetime | None, closed_at: datetime | None,
    now: datetime,
) -> str:  # fmt: skip
    """`unpublished`, `coming`, `open` or `closed`: open from its first instant to before its last, unless closed."""
    if published_at is None:
        return "unpublished"
    if closed_at is not None or (closes_at is not None and closes_at <= now):
        return "closed"
    return "coming" if now < opens_at else "open"


def may_change(is_open: bool, taken_up_at: datetime | None, withdrawn_at: datetime | None) -> bool:
    """Whether its applicant may still change or send it: while the call is open, before review, not withdrawn."""
    return is_open and taken_up_at is None and withdrawn_at is None


def erased_from(now: datetime) -> datetime:
    """A draft last changed before this instant is erased, if it was never sent."""
    return now - timedelta(days=DRAFT_DAYS)


def kept_from(now: datetime, months: int) -> datetime:
    """An application that led nowhere and ended before this instant is emptied: on 26 November 2026 (China's) with 24
    months, what ended before 26 November 2024."""
    return datetime.combine(add_months(now.astimezone(CHINA).date(), -months), time(), CHINA)


class Question(Struct, frozen=True):
    """A question as an answer is checked against it."""

    id: int
    kind: str
    is_required: bool
    option_ids: tuple[int, ...] = ()

    @property
    def field(self) -> str:
        return f"q{self.id}"


class Answer(Struct, frozen=True):
    """A checked answer: a text, or the options chosen."""

    value: str = ""
    option_ids: tuple[int, ...] = ()


class Sent(Struct, frozen=True):
    """An application whose every part is as it should be."""

    name: str
    name_en: str
    kind: str
    credit_code: str | None
    registered_on: date | None
    industry_code: str
    summary: str
    contact_name: str
    contact_email: str
    contact_phone: str
    founders: tuple[tuple[str, str], ...]
    """Name and title of each."""
    answers: Mapping[int, Answer]
    """By question; files aside."""


class _Reading(Struct):
    """Reads a draft part by part, and keeps every fault at its field."""

    draft: Draft
    faults: dict[str, Refusal] = field(default_factory=dict)

    def fault(self, name: str, message: str, **values: object) -> None:
        self.faults.setdefault(name, Refusal(message, field=name, **values))

    def text(self, name: str, longest: int, *, missing: str = "") -> str:
        """One line, or several; at most so long; wanted where `missing` says what is said otherwise."""
        text = text_of(self.draft, name)
        if missing and not text:
            self.fault(name, missing)
        if len(text) > longest:
            self.fault(name, N_("This may be at most %(longest)s characters long; it has %(count)s."),
                       longest=longest, count=len(text))  # fmt: skip
        return text

    def attempt(self, name: str, check: Callable[[], object]) -> object:
        """What a rule of another page says, at this page's field."""
        try:
            return check()
        except Refusal as refusal:
            self.faults.setdefault(refusal.field if refusal.field in FACTS else name, refusal)
            return None


def text_of(draft: Draft, name: str) -> str:
    """A text of a draft, without blanks around it."""
    value = draft.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def chosen_of(draft: Draft, name: str) -> list[str]:
    """What was ticked."""
    value = draft.get(name, "")
    return [value] if isinstance(value, str) and value else list(value)


def founder_rows(draft: Draft) -> list[tuple[int, str, str]]:
    """The rows of the draft that name a founder or a title: place, name, title."""
    rows = [(place, text_of(draft, f"founders-{place}-name"), text_of(draft, f"founders-{place}-title"))
            for place in range(MOST_FOUNDERS)]  # fmt: skip
    return [row for row in rows if row[1] or row[2]]


def read_application(
    draft: Draft, questions: Sequence[Question], attached: Collection[int], today: date
) -> Sent | dict[str, Refusal]:
    """What a draft says once it is sent; or every fault of it, each at its field.

    `attached` are the questions that have a file.
    """
    reading = _Reading(draft)
    kind = text_of(draft, "kind")
    if kind not in ("team", "company"):
        reading.fault("kind", N_("Say whether you are a registered company or a team."))
    is_company = kind == "company"  # what a team typed while it thought itself a company is not held against it
    registered_on = _day(reading, "registered_on") if is_company else None
    if registered_on is not None and registered_on > today:
        reading.fault("registered_on", N_("%(day)s is still to come."), day=registered_on)
    code = None
    if is_company:
        given = text_of(draft, "credit_code")
        code = reading.attempt("credit_code", lambda: check_identity("company", given, None))
    sent = Sent(
        name=reading.text("name", 100, missing=N_("Give the name of your company or team.")),
        name_en=reading.text("name_en", 100), kind=kind, credit_code=None if code is None else str(code),
        registered_on=registered_on,
        industry_code=str(reading.attempt("industry_code", lambda: check_industry(text_of(draft, "industry_code")))
                          or ""),
        summary=reading.text("summary", LONGEST_SUMMARY, missing=N_("Say in a few sentences what you do.")),
        contact_name=reading.text("contact_name", 100, missing=N_("Say whom we may ask.")),
        contact_email=_email(reading), contact_phone=_phone(reading), founders=_founders(reading),
        answers={each.id: answer for each in questions if (answer := _answer(reading, each, attached)) is not None},
    )  # fmt: skip
    return reading.faults or sent


def check_email(text: str, name: str = "email") -> str:
    """An address that mail can be sent to; Refusal."""
    email = normalise_email(text)
    if email is None:
        raise Refusal(N_("This is not an e-mail address. One looks like name@example.com."), field=name)
    return email


def _email(reading: _Reading) -> str:
    given = text_of(reading.draft, "contact_email")
    if not given:
        reading.fault("contact_email", N_("Enter an e-mail address."))
        return ""
    return str(reading.attempt("contact_email", lambda: check_email(given, "contact_email")) or "")


def _phone(reading: _Reading) -> str:
    phone = normalize("NFKC", reading.text("contact_phone", 40, missing=N_("Give a telephone number.")))
    digits = sum(char.isdigit() for char in phone)
    if phone and (digits < 7 or not all(char.isdigit() or char in "+-() " for char in phone)):
        reading.fault("contact_phone", N_("A telephone number has at least seven digits, and + ( ) - only."))
    return phone


def _founders(reading: _Reading) -> tuple[tuple[str, str], ...]:
    rows = founder_rows(reading.draft)
    if not rows:
        reading.fault("founders-0-name", N_("Name at least one founder."))
    for place, name, title in rows:
        if not name:
            reading.fault(f"founders-{place}-name", N_("Enter a name."))
        for part, text in (("name", name), ("title", title)):
            if len(text) > 100:
                reading.fault(f"founders-{place}-{part}", N_("This may be at most %(longest)s characters long; it has "
                                                             "%(count)s."), longest=100, count=len(text))  # fmt: skip
    return tuple((name, title) for _place, name, title in rows)


def _answer(reading: _Reading, question: Question, attached: Collection[int]) -> Answer | None:
    """The checked answer; None where there is none, where it is faulty, or where it is a file."""
    name, kind = question.field, question.kind
    if kind == "file":
        if question.is_required and question.id not in attached:
            reading.fault(name, N_("Choose a file."))
        return None
    if kind in CHOICES:
        return _choice(reading, question)
    text = text_of(reading.draft, name)
    if not text:
        if question.is_required:
            reading.fault(name, N_("This is asked of everybody: please answer it."))
        return None
    value = _READERS[kind](reading, name)
    return None if value is None else Answer(value)


def _choice(reading: _Reading, question: Question) -> Answer | None:
    """The options chosen, in the question's order; one that is not offered any more is not counted."""
    ticked = set(chosen_of(reading.draft, question.field))
    chosen = tuple(each for each in question.option_ids if str(each) in ticked)
    if not chosen:
        if question.is_required:
            reading.fault(question.field, N_("Choose an answer."))
        return None
    if question.kind == "one_choice" and len(chosen) > 1:
        reading.fault(question.field, N_("Choose one answer only."))
        return None
    return Answer(option_ids=chosen)


def _short(reading: _Reading, name: str) -> str | None:
    return " ".join(reading.text(name, LONGEST_SHORT).split())


def _long(reading: _Reading, name: str) -> str | None:
    return reading.text(name, LONGEST_LONG)


def _decimal(reading: _Reading, name: str, places: int, message: str) -> Decimal | None:
    typed = normalize("NFKC", text_of(reading.draft, name)).replace(",", "").replace(" ", "")
    try:
        amount = Decimal(typed) if len(typed) <= 30 else Decimal("NaN")
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or abs(amount) > MOST_AMOUNT or amount != round(amount, places):
        reading.fault(name, message)
        return None
    return amount


def _number(reading: _Reading, name: str) -> str | None:
    amount = _decimal(reading, name, 4, N_("Give a plain number such as 12 or 3.5."))
    return None if amount is None else format(amount.normalize() + 0, "f")


def _money(reading: _Reading, name: str) -> str | None:
    amount = _decimal(reading, name, 2, N_("Give an amount in yuan such as 500000 or 1280.50."))
    return None if amount is None else str(int(amount * 100))


def _day(reading: _Reading, name: str) -> date | None:
    text = text_of(reading.draft, name)
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not 1900 <= day.year <= 2200:
        reading.fault(name, N_("There is no such day; write it as 2026-10-31."))
        return None
    return day


def _date(reading: _Reading, name: str) -> str | None:
    day = _day(reading, name)
    return None if day is None else day.isoformat()


def _yes_no(reading: _Reading, name: str) -> str | None:
    text = text_of(reading.draft, name)
    if text not in ("yes", "no"):
        reading.fault(name, N_("Choose an answer."))
        return None
    return text


def _web_address(reading: _Reading, name: str) -> str | None:
    """An address that a browser opens by http or https; without a scheme it is taken as https."""
    text = reading.text(name, 500)
    full = text if "://" in text else f"https://{text}"
    try:
        parts = urlsplit(full)
        host = parts.hostname or ""
    except ValueError:
        parts, host = urlsplit(""), ""
    plain = not any(char.isspace() or not char.isprintable() for char in full)
    if parts.scheme not in ("http", "https") or "." not in host.strip(".") or not plain or parts.username is not None:
        reading.fault(name, N_("Give an address such as https://example.com."))
        return None
    return full


_READERS: Mapping[str, Callable[[_Reading, str], str | None]] = {
    "short_text": _short, "long_text": _long, "number": _number, "money": _money, "date": _date, "yes_no": _yes_no,
    "web_address": _web_address,
}  # fmt: skip

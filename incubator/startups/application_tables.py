"""Applications of a call as a table: what everybody is asked, then the call's own questions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from flask_babel import gettext as _

from incubator.core.clock import CHINA
from incubator.documents.csvs import write_csv
from incubator.documents.formats import named
from incubator.documents.workbook import Column, Value, Workbook
from incubator.startups.forms import KIND_NAMES
from incubator.startups.forms.calls import APPLICATION_STATE_NAMES
from incubator.startups.models import Application, Call, CallQuestion
from incubator.startups.queries.applications import AnswerRow, ApplicationRow

KINDS = {"number": "decimal", "money": "decimal"}
Answers = Mapping[int, Sequence[AnswerRow]]


def as_workbook(call: Call, rows: Sequence[ApplicationRow], answers: Answers, locale: str) -> bytes:
    """The table for Excel."""
    book = Workbook()
    questions = _questions(answers)
    columns = [Column(title, width=20) for title in _titles()]
    columns += [Column(_label(each, locale), "decimal" if each.kind in KINDS else "text", 24) for each in questions]
    book.add_sheet(named(call, locale), columns, _cells(rows, answers, questions, locale), title=named(call, locale))
    return book.content()


def as_csv(call: Call, rows: Sequence[ApplicationRow], answers: Answers, locale: str) -> bytes:
    """The table as plain text."""
    questions = _questions(answers)
    titles = [*_titles(), *(_label(each, locale) for each in questions)]
    return write_csv(titles, _cells(rows, answers, questions, locale))


def _titles() -> list[str]:
    return [_("Number"), _("State"), _("Sent on"), _("Name"), _("English name"), _("Kind"), _("Credit code"),
            _("Registered on"), _("Industry"), _("Founders"), _("Contact"), _("E-mail"), _("Phone"),
            _("What it does")]  # fmt: skip


def _questions(answers: Answers) -> list[CallQuestion]:
    """Every question that one of them answers or could have, in order."""
    found: dict[int, CallQuestion] = {}
    for rows in answers.values():
        for row in rows:
            found.setdefault(row.question.id, row.question)
    return sorted(found.values(), key=lambda each: (each.retired_at is not None, each.position, each.id))


def _cells(
    rows: Sequence[ApplicationRow], answers: Answers, questions: Sequence[CallQuestion], locale: str
) -> Iterator[list[Value]]:
    between = "、" if locale == "zh_Hans" else ", "
    for row in rows:
        sent, state = row.application, str(APPLICATION_STATE_NAMES[row.state])
        if row.closed:
            shut: list[Value] = [sent.number, state, _sent_on(sent), _("closed to you")]
            yield shut + [None] * (len(_titles()) - len(shut) + len(questions))
            continue
        given = {each.question.id: each for each in answers[sent.id]}
        founders = [f"{each.name} ({each.title})" if each.title else each.name for each in row.founders]
        plain: list[Value] = [
            sent.number, state, _sent_on(sent), sent.name, sent.name_en,
            str(KIND_NAMES[sent.kind or "team"]), sent.credit_code or "",
            "" if sent.registered_on is None else sent.registered_on.isoformat(), sent.industry_code,
            between.join(founders), sent.contact_name, sent.contact_email, sent.contact_phone, sent.summary,
        ]  # fmt: skip
        yield plain + [_cell(given.get(each.id), between, locale) for each in questions]


def _sent_on(application: Application) -> str | None:
    return None if application.sent_at is None else f"{application.sent_at.astimezone(CHINA):%Y-%m-%d %H:%M}"


def _cell(row: AnswerRow | None, between: str, locale: str) -> Value:
    if row is None or row.answer is None:
        return None
    kind, value = row.question.kind, row.answer.value
    if row.options:
        return between.join(option.label_en if locale == "en" and option.label_en else option.label
                            for option in row.options)  # fmt: skip
    if kind == "money":
        return Decimal(value) / 100
    if kind == "number":
        return Decimal(value)
    return (_("Yes") if value == "yes" else _("No")) if kind == "yes_no" else value


def _label(question: CallQuestion, locale: str) -> str:
    return question.label_en if locale == "en" and question.label_en else question.label

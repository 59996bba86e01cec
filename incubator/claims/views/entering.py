"""A page on which something is entered for some lines of a claim: found, added, changed, taken out; the rest stays."""

from __future__ import annotations

from collections.abc import Callable

from flask import request
from flask_babel import gettext as _
from msgspec import Struct, field
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.claims.answers import MOST_PROBLEMS, Problem, read_answers
from incubator.claims.forms.entries import Entries
from incubator.claims.queries.claims import LineRow
from incubator.claims.queries.entries import Numbered, find_lines, list_some_lines, number_lines
from incubator.core.errors import N_, Refusal
from incubator.core.paging import Page, row_id
from incubator.documents.formats import sentence
from incubator.i18n import reader_locale

SHOWN = 20
"""Entries on a page as fields; the others travel packed."""
ASKS = ("find", "add", "drop", "turn", "read")
"""Buttons that change the page and nothing else."""


class Desk(Struct):
    """The entries with the lines that are found and shown."""

    session: Session
    actor: Actor
    claim_id: int
    entries: Entries
    numbers: dict[int, Numbered]
    search: str = ""
    number: int = 1
    problems: dict[int, str] = field(default_factory=dict)
    """By line what is wrong with its entry."""
    file_problems: list[Problem] = field(default_factory=list)
    message: str = ""
    status: int = 200

    @classmethod
    def open(
        cls, session: Session, actor: Actor, claim_id: int, names: tuple[str, ...],
        counts: Callable[[Numbered], bool] = lambda each: True,
    ) -> Desk:  # fmt: skip
        """What came with the request, and what its button asks of it; only lines that count can be entered."""
        every = number_lines(session, actor, claim_id)
        numbers = {each: line for each, line in every.items() if counts(line)}
        found = cls(session, actor, claim_id, Entries.read(names, request.form), numbers,
                    request.form.get("search", "").strip()[:100])  # fmt: skip
        found.number = (request.form.get("turn") and _id("turn")) or request.form.get("at", 1, type=row_id) or 1
        if _id("drop") is not None:
            found.entries.rows.pop(_id("drop") or 0, None)
        return found

    @property
    def is_asking(self) -> bool:
        """Whether a button only changes the page."""
        return any(each in request.form for each in ASKS)

    def add(self, **typed: str) -> None:
        """The line that its button adds, as it stands at first."""
        number = _id("add")
        if number in self.numbers and number is not None:
            self.entries.rows.setdefault(number, typed)
            self.number = LAST

    @property
    def is_searching(self) -> bool:
        """Whether what is found stands on the page: not where it says what is wrong with an entry."""
        return bool(self.search) and ("find" in request.form or "add" in request.form)

    @property
    def found(self) -> list[LineRow]:
        """What is searched for, without what is entered already."""
        waiting = {each: line for each, line in self.numbers.items() if each not in self.entries.rows}
        return find_lines(self.session, self.actor, self.claim_id, self.search, waiting)

    def read_file(self) -> None:
        """Take the rows of a file as entries, or say what is wrong with them and take none."""
        sent = request.files.get("file")
        if sent is None or not sent.filename:
            self._refuse(_("Choose a file first."))
            return
        try:
            rows, problems = read_answers(sent.filename, sent.stream.read(), self.numbers, reader_locale())
        except Refusal as refusal:
            self._refuse(sentence(refusal, reader_locale()))
            return
        if problems:
            self.file_problems, self.status = problems[:MOST_PROBLEMS], 422
            self.message = _("Nothing of the file was taken: %(count)s of its rows are not right.", count=len(problems))
            return
        self.entries.rows.update(rows)

    def check(self, of: Callable[[Numbered, dict[str, str]], object]) -> None:
        """Each entry by itself; a Refusal where one can't be, which the page says beside it."""
        for line_id, typed in self.entries.rows.items():
            line = self.numbers.get(line_id)
            try:
                if line is None:
                    raise Refusal(N_("There is no such line in this claim."))
                of(line, typed)
            except Refusal as refusal:
                self.problems[line_id] = sentence(refusal, reader_locale())
        if self.problems:
            first = next(place for place, each in enumerate(self.entries.rows) if each in self.problems)
            self.number = first // SHOWN + 1
            raise Refusal(N_("%(count)s of the entered lines need another look; the first is shown."),
                          count=len(self.problems))  # fmt: skip

    @property
    def page(self) -> Page[LineRow]:
        """The entries that are shown as fields, with their lines."""
        cut = Page.cut([each for each in self.entries.rows if each in self.numbers], self.number, SHOWN)
        lines = {each.line.id: each
                 for each in list_some_lines(self.session, self.actor, self.claim_id, cut.rows)}  # fmt: skip
        return Page([lines[each] for each in cut.rows], cut.number, cut.total, cut.size)

    def _refuse(self, words: str) -> None:
        self.message, self.status = words, 422


LAST = 10**6


def _id(name: str) -> int | None:
    return request.form.get(name, type=row_id)

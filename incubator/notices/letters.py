"""Letters: what a mail says, as data, written in its reader's language as plain text and as simple HTML."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from jinja2 import Environment, FileSystemLoader, select_autoescape
from msgspec import Struct
from sqlalchemy import delete
from sqlalchemy.orm import Session

from incubator.accounts.models import SingleUseLink, Tenant
from incubator.accounts.operations.links import Link, take_unmailed_link
from incubator.core.errors import N_
from incubator.database import INSTALLATION, as_operator
from incubator.notices.languages import translations
from incubator.notices.operations import send_mail
from incubator.settings import ROOT

LINKS_KEPT = timedelta(days=90)
PATHS = {"reset": "/reset/", "invitation": "/invitation/", "confirmation": "/address/"}

_pages = Environment(
    loader=FileSystemLoader(ROOT / "templates" / "notices"),
    autoescape=select_autoescape(["html"]),
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


class Letter(Struct, frozen=True):
    """One letter, in one language: paragraphs, perhaps a button in their middle, and small print."""

    locale: str
    subject: str
    paragraphs: Sequence[str]
    button: tuple[str, str] | None = None
    small_print: Sequence[str] = ()
    calendar: str = ""
    """An iCalendar file that goes with it."""
    pdf: tuple[str, bytes] | None = None
    """A paper that goes with it, by the name of its file."""

    def as_text(self) -> str:
        return _pages.get_template("mail_letter.txt").render(letter=self, sign=self._sign())

    def as_html(self) -> str:
        return _pages.get_template("mail_letter.html").render(letter=self, sign=self._sign())

    def _sign(self) -> str:
        return translations(self.locale).gettext(N_("Incubator · written by the system; nobody reads answers."))


def post_letter(
    session: Session, *, now: datetime, to: str, letter: Letter, about: tuple[str, int] | None = None
) -> None:
    """Put a letter into the outbox of the transaction's operator; `about`: the row that it is written about."""
    send_mail(session, now=now, to=to, subject=letter.subject, text=letter.as_text(), html=letter.as_html(),
              calendar=letter.calendar, pdf=letter.pdf, about=about)  # fmt: skip


def write_link_letters(session: Session, *, now: datetime, base_url: str, most: int = 50) -> int:
    """Write the letters of links that were asked for, into the installation's outbox. Returns how many.

    Who calls commits: link and letter stand together or not at all.
    """
    with as_operator(session, INSTALLATION):
        session.execute(
            delete(SingleUseLink)
            .where(SingleUseLink.expires_at < now - LINKS_KEPT)
            .execution_options(synchronize_session=False)
        )
        for count in range(most):
            taken = take_unmailed_link(session, now=now)
            if taken is None:
                return count
            link, token = taken
            letter = _write(session, link, base_url + PATHS[link.purpose] + token)
            post_letter(session, now=now, to=link.email, letter=letter)
    return most


def _write(session: Session, link: Link, address: str) -> Letter:
    if link.purpose == "invitation":
        return _invitation(session, link, address)
    return _reset(link, address) if link.purpose == "reset" else _confirmation(link, address)


def _reset(link: Link, address: str) -> Letter:
    say = translations(link.locale).gettext
    return Letter(
        link.locale,
        say(N_("Choose a new password")),
        [
            say(N_("Hello,")),
            say(N_("somebody, most likely you, asked for a new password for %(email)s.")) % {"email": link.email},
        ],
        (say(N_("Choose a new password")), address),
        [
            say(N_("The link works once, for two hours. With the new password all your browsers are signed out.")),
            say(N_("If it was not you, do nothing: your password stays as it is.")),
        ],
    )


def _invitation(session: Session, link: Link, address: str) -> Letter:
    say = translations(link.locale).gettext
    tenant = session.get_one(Tenant, (INSTALLATION, link.tenant_id))
    operator = tenant.name_en if link.locale == "en" and tenant.name_en else tenant.name
    inviter, name = link.payload.get("inviter", ""), link.payload.get("name", "")
    invited = (
        say(N_("%(inviter)s invites you to work with %(operator)s in Incubator."))
        if inviter
        else say(N_("%(operator)s invites you to work with it in Incubator."))
    )
    return Letter(
        link.locale,
        say(N_("Your invitation to %(operator)s")) % {"operator": operator},
        [
            say(N_("Hello %(name)s,")) % {"name": name} if name else say(N_("Hello,")),
            invited % {"inviter": inviter, "operator": operator},
        ],
        (say(N_("Take up the invitation")), address),
        [
            say(N_("The link works once, for seven days.")),
            say(N_("If you do not know what this is about, do nothing: nobody gets in without the link.")),
        ],
    )


def _confirmation(link: Link, address: str) -> Letter:
    say = translations(link.locale).gettext
    operator = link.payload.get("operator", "")
    if operator:
        return Letter(
            link.locale,
            say(N_("Welcome: %(operator)s is set up")) % {"operator": operator},
            [
                say(N_("Hello %(name)s,")) % {"name": link.payload.get("name", "")},
                say(N_("%(operator)s is set up, and you are its owner. You can work at once."))
                % {"operator": operator},
                say(N_("Please confirm that this address is yours, so that a forgotten password can be mended.")),
            ],
            (say(N_("This is my address")), address),
            [
                say(N_("The link works once, for seven days.")),
                say(N_("If you did not sign up, do nothing, or answer to whoever runs this site.")),
            ],
        )
    return Letter(
        link.locale,
        say(N_("Confirm your address")),
        [say(N_("Hello,")), say(N_("please confirm that %(email)s is your address.")) % {"email": link.email}],
        (say(N_("This is my address")), address),
        [say(N_("The link works once, for seven days."))],
    )

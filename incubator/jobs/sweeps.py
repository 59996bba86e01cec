"""Every sweep of the product. Those of one wake share a thread: a slow one keeps only its neighbours waiting."""

from __future__ import annotations

from msgspec import Struct

from incubator.billing.card_desk import CardDesk
from incubator.billing.card_rounds import do_card_work
from incubator.billing.fapiao_calls import call_due, demo_provider_of
from incubator.bookings.operations import (
    erase_visitors,
    expire_holds,
    give_included,
    lapse_offers,
    offer_all,
    release_missed,
    remind,
    settle_due,
)
from incubator.core.clock import utc_now
from incubator.core.errors import N_
from incubator.jobs.alerts import alert
from incubator.jobs.groups import BILLING, LETTERS, RELEASES, REMINDERS, REPORTS, RETENTION
from incubator.jobs.job_letters import job_writers
from incubator.jobs.letters import WRITERS
from incubator.jobs.performing import database_now, in_steps, operator_session
from incubator.jobs.registry import JOBS
from incubator.jobs.sweep import Surroundings, Sweep, once, until_nothing
from incubator.mentors.operations.appointments import file_letters, remind_of_appointments
from incubator.mentors.operations.remind import remind_of_sessions
from incubator.notices.delivery import deliver_due
from incubator.notices.writing import write_notices
from incubator.reports.presence.erasing import erase_presence
from incubator.startups.operations import lapse_holds, remind_of_documents
from incubator.startups.operations.addresses import file_consents
from incubator.startups.operations.announcements import mail_announcements
from incubator.startups.operations.application_retention import erase_ended_applications
from incubator.startups.operations.decisions import lapse_place_offers
from incubator.startups.operations.draft_files import erase_stale_drafts
from incubator.startups.operations.exit_access import ask_alumni, end_exited_access, remind_of_exits
from incubator.startups.operations.figure_sheets import open_due_sheets, remind_of_figures
from incubator.startups.operations.limit_notices import remind_of_limits
from incubator.startups.operations.requests import close_resolved
from incubator.startups.operations.reviews import remind_reviewers
from incubator.subsidies.operations.voucher_ledger import expire_vouchers
from incubator.subsidies.operations.voucher_reminders import remind_of_vouchers


class Wake(Struct, frozen=True):
    """Sweeps that follow one another in one thread, for each operator in turn, as often as the most eager of them."""

    sweeps: tuple[Sweep, ...]

    @property
    def every(self) -> int:
        return min(each.every for each in self.sweeps)


def _send(at: Surroundings, operator_id: int) -> int:
    """What is due in the outbox of one operator, or of the installation."""
    return deliver_due(at.engine, at.settings, [operator_id], clock=utc_now, must_stop=at.must_stop)


def _write(at: Surroundings, operator_id: int) -> int:
    titles = {name: job.title for name, job in JOBS.items()} | {name: sweep.title for name, sweep in SWEEPS.items()}
    with operator_session(at.engine, operator_id) as session:
        return write_notices(session, now=database_now(session), base_url=at.settings.base_url,
                             writers=WRITERS | job_writers(titles))  # fmt: skip


def _see_to_cards(at: Surroundings, operator_id: int) -> int:
    desk = CardDesk(in_steps(at.engine, operator_id), operator_id, utc_now, at.settings.base_url)
    return do_card_work(desk, must_stop=at.must_stop)


def _issue_fapiaos(at: Surroundings, operator_id: int) -> int:
    return call_due(at.engine, operator_id, demo_provider_of(at.engine, utc_now), utc_now)


SEND = Sweep(
    "send_mail", N_("Send mail"), N_("Sends what waits in the outbox; a server that is away is asked again for days."),
    LETTERS, 5, _send, of_installation=True,
)  # fmt: skip

WRITE = (
    Sweep("write_letters", N_("Write letters"), N_("Makes mails of what people are to be told, each in their "
          "language, with their papers."), LETTERS, 5, _write),
    Sweep("file_consents", N_("File address consents"), N_("Makes the letters of consent for registered addresses."),
          LETTERS, 5, once(file_consents)),
    Sweep("file_appointments", N_("File letters of appointment"), N_("Makes mentors’ letters of appointment."),
          LETTERS, 5, once(file_letters)),
    Sweep("mail_announcements", N_("Mail announcements"), N_("Tells everybody whom a published announcement is for."),
          LETTERS, 5, once(mail_announcements)),
    Sweep("remind_of_bookings", N_("Remind of bookings"), N_("Reminds who booked, before it begins."),
          REMINDERS, 5, once(remind)),
    Sweep("remind_of_sessions", N_("Remind of mentor sessions"), N_("Reminds both sides, before it begins."),
          REMINDERS, 5, once(remind_of_sessions)),
    Sweep("remind_of_documents", N_("Remind of documents"), N_("Tells founders of documents that end in 30 days."),
          REMINDERS, 5, once(remind_of_documents)),
    Sweep("remind_of_appointments", N_("Remind of appointments"), N_("Tells of mentors’ terms that end in 30 days."),
          REMINDERS, 5, once(remind_of_appointments)),
    Sweep("remind_reviewers", N_("Remind reviewers"), N_("Reminds who has an application to review that is due soon."),
          REMINDERS, 5, once(remind_reviewers)),
)  # fmt: skip

LET_GO = (
    Sweep("expire_holds", N_("End bookings without approval"), N_("What was not approved in time is given back."),
          RELEASES, 15, once(expire_holds)),
    Sweep("release_missed", N_("Release what nobody came to"), N_("Gives back bookings without check-in after the time "
          "that the rules allow."), RELEASES, 15, once(release_missed)),
    Sweep("lapse_offers", N_("End waitlist offers"), N_("What was not taken in time goes to the next who waits."),
          RELEASES, 15, once(lapse_offers)),
    Sweep("lapse_unit_holds", N_("End holds of units"), N_("Gives back units that were held until a day."),
          RELEASES, 15, once(lapse_holds)),
    Sweep("offer_places", N_("Offer what is free to who waits"), N_("Asks the next of each waitlist."),
          RELEASES, 15, once(offer_all)),
    Sweep("close_requests", N_("Close resolved requests"), N_("Closes what nobody has answered to for some days."),
          RELEASES, 15, once(close_resolved)),
    Sweep("lapse_place_offers", N_("End offers of places"), N_("Ends offers to applicants whose last day is over."),
          RELEASES, 15, once(lapse_place_offers)),
)  # fmt: skip

ALLOW = (
    Sweep("give_allowances", N_("Give the month’s allowances"), N_("Gives each agreement what it includes, as its "
          "month begins."), BILLING, 15, once(give_included)),
    Sweep("settle_allowances", N_("Settle allowances"), N_("Lets what is left of ended allowances lapse."),
          RELEASES, 15, once(settle_due)),
)  # fmt: skip

FORGET = (
    Sweep("erase_visitors", N_("Erase visitors"), N_("Erases names and numbers of visitors after the time that the "
          "operator keeps them."), RETENTION, 3600, until_nothing(erase_visitors)),
    Sweep("erase_drafts", N_("Erase unsent drafts"), N_("Erases applications that nobody sent, with their files."),
          RETENTION, 3600, until_nothing(erase_stale_drafts)),
    Sweep("erase_applications", N_("Erase ended applications"), N_("Empties applications that led nowhere, when their "
          "time is over."), RETENTION, 3600, until_nothing(erase_ended_applications)),
    Sweep("erase_presence", N_("Erase events of presence"), N_("Erases a month's events of presence when its time is "
          "over, and keeps its sums."), RETENTION, 3600, until_nothing(erase_presence)),
)  # fmt: skip

FIGURES = (
    Sweep("ask_for_figures", N_("Ask for figures"), N_("Opens the sheets of periods that are over."),
          REPORTS, 1800, once(open_due_sheets)),
    Sweep("remind_of_figures", N_("Remind of figures"), N_("Tells founders what they have not submitted."),
          REMINDERS, 1800, once(remind_of_figures)),
)  # fmt: skip

EXITS = (
    Sweep("remind_of_limits", N_("Remind of the end of incubation"), N_("Tells startups and staff whose time comes to "
          "its end."), REMINDERS, 1800, once(remind_of_limits)),
    Sweep("end_access", N_("End access of who has left"), N_("Whose last day is over signs in no more."),
          RELEASES, 1800, once(end_exited_access)),
    Sweep("remind_of_exits", N_("Remind of exits"), N_("Tells of what is still to be settled."),
          REMINDERS, 1800, once(remind_of_exits)),
    Sweep("ask_alumni", N_("Ask alumni"), N_("Asks graduated companies for their yearly figures."),
          REMINDERS, 1800, once(ask_alumni)),
)  # fmt: skip

VOUCHERS = (
    Sweep("expire_vouchers", N_("End vouchers"), N_("Lets what is left of a voucher lapse after its last day."),
          RELEASES, 1800, once(expire_vouchers)),
    Sweep("remind_of_vouchers", N_("Remind of vouchers"), N_("Tells of vouchers that end in 30 and in 7 days."),
          REMINDERS, 1800, once(remind_of_vouchers)),
)  # fmt: skip

CARDS = Sweep(
    "card_payments", N_("Payments by Stripe"), N_("Books what Stripe has told, and asks of it what is to be asked."),
    BILLING, 3, _see_to_cards,
)  # fmt: skip

ISSUE = Sweep(
    "issue_fapiaos", N_("Issue fapiaos"), N_("Sends what a provider is to issue, and asks what became of it."),
    BILLING, 5, _issue_fapiaos,
)  # fmt: skip

ALERT = Sweep(
    "alert", N_("Tell of failed and late runs"), N_("Tells staff by mail of runs that failed for good or that wait for "
                                                    "too long."),
    REMINDERS, 60, once(alert),
)  # fmt: skip

WAKES: tuple[Wake, ...] = (
    Wake((SEND,)), Wake(WRITE), Wake(LET_GO), Wake(ALLOW), Wake(FORGET), Wake(FIGURES), Wake(EXITS), Wake(VOUCHERS),
    Wake((CARDS,)), Wake((ISSUE,)), Wake((ALERT,)),
)  # fmt: skip

SWEEPS: dict[str, Sweep] = {each.name: each for wake in WAKES for each in wake.sweeps}

"""Applications: begun without an account, kept as typed, checked when they are sent, admitted in the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Operator
from incubator.accounts.operations.keys import issue_key
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.clock import CHINA
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.documents.operations.files import erase_files
from incubator.spaces.operations.words import unique
from incubator.startups.letters.applications import post_draft_letter, post_sent_letter
from incubator.startups.models import Application, ApplicationAnswer, ApplicationFounder, Call, DraftFile, Startup
from incubator.startups.operations.people import add_post
from incubator.startups.operations.programmes import enrol
from incubator.startups.operations.startups import register_startup
from incubator.startups.queries.applications import get_own_application, list_draft_files
from incubator.startups.queries.calls import list_questions, state_of
from incubator.startups.queries.people import list_founders
from incubator.startups.rules.applications import Sent, check_email, may_change, read_application

ONE_CODE = "applications_one_code_key"
LONGEST_VALUE, MOST_VALUES = 10_000, 400


class Faulty(Refusal):
    """An application that can't be sent: `faults` has a refusal for each field at fault."""

    def __init__(self, faults: Mapping[str, Refusal]) -> None:
        super().__init__(N_("Nothing is sent yet: some answers need another look."))
        self.faults = dict(faults)


def start_application(
    session: Session, actor: Actor, *, now: datetime, call: Call, email: str, locale: str, base_url: str
) -> tuple[Application, str]:
    """Begin a draft for an address; the token of its secret address, which is mailed to it, too.

    Nobody is asked who they are, and what is answered is the same whether the address is known or not.
    """
    _require_open(call, now)
    address = check_email(email)
    application = Application(
        call_id=call.id, locale=locale, contact_email=address, draft={"contact_email": address}, created_at=now,
        changed_at=now,
    )  # fmt: skip
    session.add(application)
    session.flush()
    record(session, actor, "start_application", ("applications", application.id), now=now, after={"call": call.name})
    token = issue_key(session, actor, now=now, kind="application", opens_id=application.id)
    post_draft_letter(session, now=now, application=application, call=call, link=f"{base_url}/application/{token}")
    return application, token


def start_for_startup(session: Session, actor: Actor, *, now: datetime, call: Call, startup: Startup) -> Application:
    """A founder applies with their startup: what the house knows of it is filled in. One draft for each call."""
    actor.require_for(Action.EDIT_OWN_STARTUP, startup.id)
    _require_open(call, now)
    session.execute(select(Startup.id).where(Startup.id == startup.id).with_for_update())
    known = session.execute(
        select(Application).where(Application.call_id == call.id, Application.from_startup_id == startup.id,
                                  Application.withdrawn_at.is_(None))
        .order_by(Application.id.desc()).limit(1)
    ).scalar_one_or_none()  # fmt: skip
    if known is not None:
        return known
    draft = {
        "name": startup.name, "name_en": startup.name_en, "kind": startup.kind,
        "credit_code": startup.credit_code or "",
        "registered_on": startup.registered_on.isoformat() if startup.registered_on else "",
        "industry_code": startup.industry_code, "summary": startup.industry,
        "contact_name": startup.contact_name or actor.name, "contact_email": startup.contact_email,
        "contact_phone": startup.contact_phone,
    }  # fmt: skip
    for place, (post, individual) in enumerate(list_founders(session, startup.id, now.astimezone(CHINA).date())[:10]):
        draft |= {f"founders-{place}-name": individual.name, f"founders-{place}-title": post.title}
    application = Application(
        call_id=call.id, locale=actor.locale, contact_email=startup.contact_email, from_startup_id=startup.id,
        draft=draft, created_at=now, changed_at=now,
    )  # fmt: skip
    session.add(application)
    session.flush()
    record(session, actor, "start_application", ("applications", application.id), now=now,
           after={"call": call.name, "startup_id": startup.id})  # fmt: skip
    return application


def save_draft(
    session: Session, actor: Actor, *, now: datetime, application_id: int, typed: Mapping[str, str | Sequence[str]]
) -> Application:
    """Keep what is typed as it is, whole or not, right or not; what was sent stands until it is sent again."""
    application, call = get_own_application(session, actor, application_id, for_update=True)
    require_changeable(application, call, now)
    if len(typed) > MOST_VALUES:
        raise Refusal(N_("These are more answers than the form has questions."))
    draft = {name[:40]: _plain(value) for name, value in typed.items()}
    if draft != application.draft:
        application.draft, application.changed_at = draft, now
        session.flush()
    return application


def send_application(session: Session, actor: Actor, *, now: datetime, application_id: int, link: str) -> Application:
    """Send what the draft says, if all of it is as it should be; `Faulty` with every fault otherwise.

    The first sending gives it the next number of the operator's year (AP-2026-0001), without gaps. What was sent
    before is replaced. `link` is where its applicant reads it, for the mail.
    """
    application, call = get_own_application(session, actor, application_id, for_update=True)
    require_changeable(application, call, now)
    rows, files = list_questions(session, call.id), list_draft_files(session, application.id)
    found = read_application(application.draft, [row.rule for row in rows], files.keys(), now.astimezone(CHINA).date())
    if not isinstance(found, Sent):
        raise Faulty(found)
    twice = Refusal(
        N_("An application with this credit code was sent for this call already."), field="credit_code"
    )
    with unique(session, ONE_CODE, Faulty({"credit_code": twice})):
        for name in ("name", "name_en", "kind", "credit_code", "registered_on", "industry_code", "summary",
                     "contact_name", "contact_email", "contact_phone"):  # fmt: skip
            setattr(application, name, getattr(found, name))
        application.number = application.number or _next_number(session, now)
        application.sent_at = now
    _replace_parts(session, application, found, [row.question.id for row in rows], files)
    record(session, actor, "send_application", ("applications", application.id), now=now,
           after={"number": application.number, "call": call.name})  # fmt: skip
    post_sent_letter(session, now=now, application=application, call=call, link=link)
    return application


def admit_application(
    session: Session, actor: Actor, *, now: datetime, application: Application, startup: Startup | None = None
) -> Startup:
    """Make the applicant a startup of the house, or take the one that it is known to be, and let it into the programme.

    Known is: `startup`, where staff chose it; the one whose founder applied; the one with its credit code. A new one
    gets the facts and founders of the application. Of a known one only what is missing is filled in, and founders whom
    it does not have by name are added. The cohort's days are its days in the programme; without, from today on.
    """
    actor.require(Action.MANAGE_APPLICATIONS)
    locked = session.execute(
        select(Application).where(Application.id == application.id).with_for_update().execution_options(
            populate_existing=True)
    ).scalar_one_or_none()  # fmt: skip
    if locked is None or locked.sent_at is None:
        raise NotFound(N_("There is no such application."))
    if locked.admitted_at is not None:
        raise Conflict(N_("It is admitted already."))
    if locked.withdrawn_at is not None:
        raise Conflict(N_("It is withdrawn already."))
    today = now.astimezone(CHINA).date()
    made = startup or _known(session, locked)
    made = _register(session, actor, now, locked) if made is None else _complete(session, actor, now, locked, made)
    _copy_founders(session, actor, now, locked, made, today)
    call = session.execute(select(Call).where(Call.id == locked.call_id)).scalar_one()
    enrol(session, actor, now=now, programme_id=call.programme_id, startup_id=made.id,
          starts_on=call.starts_on or today, ends_on=call.ends_on)  # fmt: skip
    locked.startup_id, locked.admitted_at = made.id, now
    session.flush()
    record(session, actor, "admit_application", ("applications", locked.id), now=now,
           after={"number": locked.number, "startup_id": made.id, "code": made.code})  # fmt: skip
    return made


def _require_open(call: Call, now: datetime) -> None:
    if state_of(call, now) != "open":
        raise Conflict(N_("This call takes no applications at the moment."))


def require_changeable(application: Application, call: Call, now: datetime) -> None:
    if not may_change(state_of(call, now) == "open", application.taken_up_at, application.withdrawn_at):
        raise Conflict(N_("It can't be changed any more: the call is closed, or its review has begun."))


def _plain(value: str | Sequence[str]) -> str | list[str]:
    """Text that the database can keep; cut where nothing sensible is so long."""
    if isinstance(value, str):
        return "".join(char for char in value if char.isprintable() or char in "\n\t")[:LONGEST_VALUE]
    return [str(_plain(each))[:100] for each in value][:100]


def _next_number(session: Session, now: datetime) -> str:
    """AP-2026-0001, AP-2026-0002 …: the year is China's; the operator's row is locked, so that no two get one."""
    session.execute(select(Operator.operator_id).with_for_update(key_share=True))
    stem = f"AP-{now.astimezone(CHINA).year}-"
    last = session.execute(
        select(func.max(func.cast(func.substr(Application.number, len(stem) + 1), Application.id.type)))
        .where(Application.number.startswith(stem))
    ).scalar()  # fmt: skip
    return f"{stem}{(last or 0) + 1:04}"


def _replace_parts(
    session: Session, application: Application, found: Sent, asked: Sequence[int], files: Mapping[int, DraftFile]
) -> None:
    """Founders and answers as sent now; files that are in neither draft nor answers any more are erased."""
    old = session.execute(
        select(ApplicationAnswer.file_id).where(
            ApplicationAnswer.application_id == application.id, ApplicationAnswer.file_id.is_not(None)
        )
    ).scalars().all()  # fmt: skip
    for table in (ApplicationFounder, ApplicationAnswer):
        gone_parts = delete(table).where(table.application_id == application.id)
        session.execute(gone_parts, execution_options={"synchronize_session": False})
    session.add_all(
        ApplicationFounder(application_id=application.id, position=position, name=name, title=title)
        for position, (name, title) in enumerate(found.founders, start=1)
    )
    session.add_all(
        ApplicationAnswer(application_id=application.id, question_id=question_id, value=answer.value,
                          option_ids=list(answer.option_ids))
        for question_id, answer in found.answers.items()
    )  # fmt: skip
    session.add_all(
        ApplicationAnswer(application_id=application.id, question_id=file.question_id, value=file.name,
                          file_id=file.file_id)
        for file in files.values() if file.question_id in asked
    )  # fmt: skip
    session.flush()
    gone = {each for each in old if each is not None} - {file.file_id for file in files.values()}
    erase_files(session, gone)


def _known(session: Session, application: Application) -> Startup | None:
    if application.from_startup_id is not None:
        return session.execute(select(Startup).where(Startup.id == application.from_startup_id)).scalar_one()
    if application.credit_code is None:
        return None
    return session.execute(
        select(Startup).where(Startup.credit_code == application.credit_code)
    ).scalar_one_or_none()


def _register(session: Session, actor: Actor, now: datetime, application: Application) -> Startup:
    return register_startup(
        session, actor, now=now, name=application.name, kind=application.kind or "", name_en=application.name_en,
        credit_code=application.credit_code, registered_on=application.registered_on,
        industry_code=application.industry_code, contact_name=application.contact_name,
        contact_email=application.contact_email, contact_phone=application.contact_phone,
    )  # fmt: skip


def _complete(
    session: Session, actor: Actor, now: datetime, application: Application, startup: Startup
) -> Startup:
    """Fill in what is not known of it yet; a team that applied as a company becomes one."""
    session.refresh(startup, with_for_update=True)
    before = {name: getattr(startup, name) for name in ("kind", "credit_code", "registered_on", "industry_code")}
    if startup.kind == "team" and application.kind == "company":
        other = session.execute(
            select(Startup.id).where(Startup.credit_code == application.credit_code, Startup.id != startup.id)
        ).first()
        if other is not None:
            raise Conflict(N_("Another startup has this credit code already: choose that one."))
        startup.kind, startup.credit_code = "company", application.credit_code
    if startup.kind == "company" and startup.credit_code == application.credit_code:
        startup.registered_on = startup.registered_on or application.registered_on
    for name in ("name_en", "industry_code", "contact_name", "contact_email", "contact_phone"):
        if not getattr(startup, name):
            setattr(startup, name, getattr(application, name))
    session.flush()
    after = {name: getattr(startup, name) for name in before}
    if after != before:
        record(session, actor, "edit_startup", ("startups", startup.id), now=now, before=before, after=after)
    return startup


def _copy_founders(
    session: Session, actor: Actor, now: datetime, application: Application, startup: Startup, today: date
) -> None:
    known = {individual.name_key for _post, individual in list_founders(session, startup.id, today)}
    founders = session.execute(
        select(ApplicationFounder)
        .where(ApplicationFounder.application_id == application.id)
        .order_by(ApplicationFounder.position)
    ).scalars().all()  # fmt: skip
    for founder in founders:
        if founder.name_key not in known:
            known.add(founder.name_key)
            add_post(session, actor, now=now, secret=b"", startup_id=startup.id, name=founder.name, role="founder",
                     first=today, title=founder.title)  # fmt: skip

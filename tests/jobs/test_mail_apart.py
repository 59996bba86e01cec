"""The worker's mail leaves while letters are being written: a link that was asked for waits for no month's invoices."""

from __future__ import annotations

import dataclasses
import threading
from pathlib import Path

from msgspec.structs import replace
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from incubator.core.clock import utc_now
from incubator.database import set_operator
from incubator.jobs.sweep import Surroundings
from incubator.jobs.sweeps import WAKES
from incubator.jobs.worker import Pace, Worker
from incubator.notices.models import OutboxMail
from incubator.notices.operations import send_mail
from tests.cast import Peopled
from tests.database import TestDatabase


def test_it_leaves_while_letters_are_written(
    peopled: Peopled, peopled_database: TestDatabase, tmp_path: Path
) -> None:
    settings = dataclasses.replace(peopled_database.settings(), smtp_url="", mail_folder=tmp_path)
    engine = create_engine(settings.database_url)
    with Session(engine) as session:
        set_operator(session, peopled.cast.operator_id)
        send_mail(session, now=utc_now(), to="anna@example.com", subject="Link", text="here")
        session.commit()
    worker, begun, done = Worker(settings, {}, Pace()), threading.Event(), threading.Event()

    def write_for_long(_at: Surroundings, _operator_id: int) -> int:
        begun.set()
        assert done.wait(60)
        return 0

    send, write = (next(wake for wake in WAKES if wake.sweeps[0].name == name) for name in ("send_mail", "write_letters"))
    slow = replace(write.sweeps[0], look=write_for_long)
    writing = threading.Thread(target=worker._look, args=(replace(write, sweeps=(slow,)),))
    writing.start()
    assert begun.wait(60)
    sending = threading.Thread(target=worker._look, args=(send,), daemon=True)
    sending.start()
    sending.join(60)
    with Session(engine) as session:
        set_operator(session, peopled.cast.operator_id)
        sent = session.execute(select(OutboxMail.sent_at)).scalar_one()
    done.set()
    writing.join()
    worker.engine.dispose()
    engine.dispose()
    assert sent is not None

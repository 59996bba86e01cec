"""A day's dunning by the real workers, two of them on one database: each step once, and its mail."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from sqlalchemy import func, select

from incubator.billing.models import DunningAction, DunningStory
from incubator.core.clock import CHINA, utc_now
from incubator.jobs.models import JobRun
from incubator.jobs.operations import enqueue
from tests.billing.dunning.debts import Debts
from tests.jobs.test_worker import Workshop, workshop  # noqa: F401  fixture

pytestmark = pytest.mark.xdist_group("workers")


def test_two_workers_take_each_step_of_the_day_once(workshop: Workshop) -> None:  # noqa: F811  fixture
    """3,000.00 are due since 10 days: the mail of the 7th day is sent, that of the 3rd passed over, the call of the 14th
    waits."""
    today = utc_now().astimezone(CHINA).date()
    with workshop.session() as session:
        debts = Debts.at_a_site(session, workshop.cast)
        debts.remind(on=today - timedelta(days=20))
        debts.owe(workshop.cast.startup_a, 300_000, today - timedelta(days=10))
        run = enqueue(session, workshop.cast.system, now=utc_now() - timedelta(seconds=5), job="dun",
                      period=today.isoformat(), site_id=debts.site.id)  # fmt: skip
        session.commit()
        run_id = run.id
    for _each in range(2):
        workshop.start(registry="")
    workshop.wait(lambda: workshop.get(run_id).state == "done", 90)
    assert workshop.get(run_id).result == {"outcome": "done", "steps": 1, "begun": 1, "ended": 0}
    with workshop.session() as session:
        taken = session.execute(select(DunningAction.measure, DunningAction.after_days, DunningAction.outcome)
                                .order_by(DunningAction.after_days)).all()  # fmt: skip
        assert [tuple(each) for each in taken] == [("mail", 3, "passed_over"), ("mail", 7, "done")]
        assert session.execute(select(func.count()).select_from(DunningStory)).scalar_one() == 1
        assert session.execute(select(func.count()).where(JobRun.job == "dun", JobRun.period == today.isoformat())).scalar_one() == 1

    def mails() -> list[str]:
        found = [message_from_bytes(each.read_bytes(), policy=default) for each in workshop.mail.glob("*.eml")]
        texts = [mail.get_body(("plain",)) for mail in found]
        return [text.get_content() for text in texts if text is not None and "3,000.00" in text.get_content()]

    workshop.wait(mails, 60)
    [text] = mails()
    assert "7559 0000 1234" in text and "招商银行深圳科苑支行" in text

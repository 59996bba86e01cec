"""The pages of the selection: for staff, for reviewers, and by a secret address for the applicant."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.operations.keys import issue_key
from incubator.startups.models import PlaceOffer, Review, SelectionStage
from incubator.startups.operations import decisions as deciding
from incubator.startups.operations import reviews as reviewing
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.scenarios.test_access import counting
from tests.startups.choosing import DUE, apply, make_call, make_stage, review


def text(client: Browser, path: str, status: int = 200) -> str:
    answer = client.get(path, follow_redirects=True)
    assert answer.status_code == status, (path, answer.status_code)
    return answer.get_data(as_text=True)


def test_a_manager_sets_it_up_by_pages(client: Browser, session: Session, cast: Cast) -> None:
    call = make_call(session, cast)
    apply(session, call, 3)
    client.sign_in(cast.manager)
    assert "No stage yet" in text(client, f"/calls/{call.id}/selection") or "还没有" in text(client, f"/calls/{call.id}/selection")
    assert client.post(f"/calls/{call.id}/selection/new", data={"name": "", "reviews_wanted": "2"}).status_code == 422
    made = client.post(f"/calls/{call.id}/selection/new", data={"name": "书面评审", "reviews_wanted": "2", "is_blind": "y"})
    assert made.status_code == 303
    stage = session.execute(select(SelectionStage)).scalar_one()
    line = {"label": "团队", "weight": "50", "lowest": "1", "highest": "5", "highest_means": "突出"}
    assert client.post(f"/selection/stages/{stage.id}/rubric/new", data=line | {"highest": "1"}).status_code == 422
    assert client.post(f"/selection/stages/{stage.id}/rubric/new", data=line).status_code == 303
    assert "突出" in text(client, f"/selection/stages/{stage.id}/rubric")
    mentor = cast.mentor.person_id
    assert client.post(f"/selection/stages/{stage.id}/assign", data={"person_ids": [str(mentor)], "limit": "2"}).status_code == 303
    assert len(session.execute(select(Review)).scalars().all()) == 2
    page = text(client, f"/selection/stages/{stage.id}")
    assert page.count("AP-2026-") >= 3 and "max" in page


def test_a_reviewer_scores_saves_and_submits(client: Browser, session: Session, cast: Cast) -> None:
    call = make_call(session, cast)
    stage, lines = make_stage(session, cast, call, is_blind=True)
    (a,) = apply(session, call, 1)
    mine = reviewing.assign_reviewer(session, cast.manager, now=NOW, stage_id=stage.id, application_id=a.id,
                                     person_id=cast.mentor.person_id or 0)  # fmt: skip
    client.sign_in(cast.mentor)
    for path in ("/reviews", f"/reviews/{mine.id}"):
        page = text(client, path)
        assert "AP-2026-0001" in page
        for telling in ("芯翼", "张三丰", "Applicant 1", "applicant1@", "xinyi"):
            assert telling not in page, (path, telling)
    given = {f"score_{line.id}": "4" for line in lines}
    assert client.post(f"/reviews/{mine.id}", data={f"score_{lines[0].id}": "4", "do": "submit"}).status_code == 422
    assert client.post(f"/reviews/{mine.id}", data={f"score_{lines[0].id}": "four", "do": "save"}).status_code == 422
    assert client.post(f"/reviews/{mine.id}", data={f"score_{lines[0].id}": "4", "do": "save"}).status_code == 303
    assert client.post(f"/reviews/{mine.id}", data=given | {"do": "submit"}).status_code == 303
    assert session.get_one(Review, (cast.operator_id, mine.id)).submitted_at is not None
    text(client, f"/reviews/{mine.id}")
    text(client, "/reviews?show=done")
    client.sign_in(cast.front_desk)
    assert client.get(f"/reviews/{mine.id}").status_code == 404
    assert client.get(f"/selection/stages/{stage.id}/ranking").status_code == 403
    client.sign_in(cast.founder_a)
    assert client.get("/reviews").status_code == 403


def test_the_ranking_and_the_record(client: Browser, session: Session, cast: Cast) -> None:
    call = make_call(session, cast)
    stage, lines = make_stage(session, cast, call)
    a, b, c = apply(session, call)
    for application, scores in ((a, (4, 3, 5)), (b, (3, 3, 3)), (c, (2, 2, 2))):
        review(session, cast, stage, lines, application, cast.mentor, scores, to_panel="见<b>附件</b>")
    client.sign_in(cast.manager)
    page = text(client, f"/selection/stages/{stage.id}/ranking")
    assert "72.50" in page and f"/selection/applications/{a.id}#stage-{stage.id}" in page
    ranking = f"/selection/stages/{stage.id}/ranking"
    apply(session, call, 1, first=4)
    with counting(session) as few:
        text(client, ranking)
    apply(session, call, 20, first=5)
    with counting(session) as many:
        text(client, ranking)
    assert len(many) == len(few)
    data = {"application_ids": [str(b.id), str(c.id)], "outcome": "decline", "reason": ""}
    assert client.post(f"/selection/stages/{stage.id}/ranking", data=data).status_code == 422
    assert client.post(f"/selection/stages/{stage.id}/ranking", data=data | {"reason": "排名靠后"}).status_code == 303
    record = text(client, f"/selection/applications/{b.id}")
    assert "排名靠后" in record and "见&lt;b&gt;附件" in record
    letter = re.search(r"/selection/applications/\d+/decisions/\d+/letter.pdf", record)
    assert letter is not None
    assert client.get(letter[0]).data.startswith(b"%PDF")
    assert client.get(letter[0].replace(f"/{b.id}/", f"/{a.id}/")).status_code == 404
    offer = {"outcome": "offer", "reason": "第一名", "terms": "两个工位", "expires_on": "2099-01-01"}
    assert client.post(f"/selection/applications/{a.id}", data=offer).status_code == 422
    client.sign_in(cast.auditor)
    assert "72.50" in text(client, f"/selection/stages/{stage.id}/ranking")
    assert client.post(f"/selection/applications/{a.id}", data=offer).status_code == 403


@pytest.mark.parametrize("locale", ["zh_Hans", "en"])
def test_an_applicant_answers_by_the_secret_address(client: Browser, session: Session, cast: Cast, locale: str) -> None:
    call = make_call(session, cast)
    (a,) = apply(session, call, 1, first=1 if locale == "zh_Hans" else 2)
    decision = deciding.decide(session, cast.manager, now=NOW, application_id=a.id, outcome="offer", reason="第一名",
                               terms="两个工位\n首年免租", expires_on=DUE.replace(year=2027, month=9))  # fmt: skip
    token = issue_key(session, cast.system, now=NOW, kind="decision", opens_id=decision.id)
    page = text(client, f"/decision/{token}")
    assert "首年免租" in page and "第一名" not in page
    assert client.get(f"/decision/{token}/letter.pdf").data.startswith(b"%PDF")
    assert client.get(f"/decision/{token}x").status_code == 404
    assert client.post(f"/decision/{token}", data={"name": "张三丰"}).status_code == 422
    assert client.post(f"/decision/{token}", data={"name": " ", "agreed": "y"}).status_code == 422
    assert client.post(f"/decision/{token}", data={"name": "张三丰", "agreed": "y"}).status_code == 303
    offer = session.execute(select(PlaceOffer)).scalar_one()
    assert (offer.accepted_name, offer.accepted_from) == ("张三丰", "127.0.0.1")
    assert client.post(f"/decision/{token}", data={"name": "李四", "agreed": "y"}).status_code == 409
    client.post(f"/decision/{token}/decline", data={"reason": "x"})
    assert session.execute(select(PlaceOffer.declined_at)).scalar_one() is None
    assert "张三丰" in text(client, f"/decision/{token}")
    assert client.get(f"/decision/{token}/letter.pdf").headers["Content-Disposition"].endswith(f"{a.number}-admission.pdf")


def test_another_operator_reaches_nothing(client: Browser, session: Session, cast: Cast) -> None:
    call = make_call(session, cast)
    stage, lines = make_stage(session, cast, call)
    (a,) = apply(session, call, 1)
    mine = review(session, cast, stage, lines, a, cast.mentor, (1, 1, 1))
    client.sign_in(cast.other_owner)
    for path in (f"/calls/{call.id}/selection", f"/selection/stages/{stage.id}", f"/selection/stages/{stage.id}/ranking",
                 f"/selection/stages/{stage.id}/rubric", f"/selection/applications/{a.id}", f"/reviews/{mine.id}",
                 f"/selection/criteria/{lines[0].id}/edit"):  # fmt: skip
        assert client.get(path).status_code == 404, path

"""The pages of needs: the form that reads one's words, why somebody is suggested, the weights tried before they hold."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.mentors.models import HelpField, MentoringNeed, MentoringSettings
from incubator.mentors.operations.needs import NeedFacts, end_need, state_need
from incubator.mentors.operations.settings import LIMITS
from incubator.mentors.queries.settings import defaults
from incubator.mentors.rules.vocabulary import SCORE_PARTS
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.mentors.build import add_mentor_at, make_field, make_site


@pytest.fixture
def fields(session: Session, cast: Cast) -> list[HelpField]:
    return [make_field(session, cast, "融资", "Financing", "天使轮, 投资人"), make_field(session, cast, "法务", "Law", "合同")]


def need_of_a(session: Session, cast: Cast, fields: list[HelpField], title: str = "找天使投资人") -> MentoringNeed:
    facts = NeedFacts(title, field_ids=tuple(each.id for each in fields))
    return state_need(session, cast.founder_a, now=NOW, startup_id=cast.startup_a, facts=facts)


def only_need(session: Session) -> MentoringNeed:
    return session.execute(select(MentoringNeed)).scalar_one()


def test_a_founder_states_a_need(client: Browser, session: Session, cast: Cast, fields: list[HelpField]) -> None:
    client.sign_in(cast.founder_a)
    assert "还没有已结束的需求" in client.get("/my/needs?view=ended").text
    page = client.get("/needs/new")
    assert page.status_code == 200 and "用自己的话说就好" in page.text
    sent = {"title": "想找投资人", "urgency": "high", "field_ids": [fields[1].id], "seen": fields[0].id,
            "times": ["weekend"], "languages": ["zh"], "stage": "seed", "form_key": "k"}  # fmt: skip
    answer = client.post("/needs/new", data=sent)
    need = only_need(session)
    assert answer.status_code == 303 and answer.location == f"/needs/{need.id}"
    assert (need.startup_id, need.source, need.urgency, need.times) == (cast.startup_a, "startup", "high", ["weekend"])
    client.post("/needs/new", data=sent)
    assert only_need(session).id == need.id, "sent twice, it is one"
    assert "想找投资人" in client.get("/my/needs").text


def test_without_a_script_the_words_are_read_when_they_are_sent(
    client: Browser, session: Session, cast: Cast, fields: list[HelpField]
) -> None:
    client.sign_in(cast.founder_a)
    sent = {"title": "天使轮怎么谈", "description": "合同条款看不懂", "urgency": "normal"}
    assert client.post("/needs/new", data=sent).status_code == 303
    assert f"/mentors?field={fields[0].id}" in client.get(f"/needs/{only_need(session).id}").text
    assert f"/mentors?field={fields[1].id}" in client.get(f"/needs/{only_need(session).id}").text
    # who has seen what was found, and taken all away, is asked to choose
    answer = client.post("/needs/new", data=sent | {"seen": fields[0].id})
    assert answer.status_code == 422 and "请至少选择一个辅导领域" in answer.text


def test_fields_are_found_while_one_types(client: Browser, cast: Cast, fields: list[HelpField]) -> None:
    client.sign_in(cast.founder_a)
    finance, law = (each.id for each in fields)

    def checked(**data: object) -> set[int]:
        text = client.post("/needs/fields", data=data).text
        return {each for each in (finance, law)
                if f'<input checked class="form-check-input" id="field_ids-{int(each == law)}"' in text}  # fmt: skip

    assert checked(title="想找投资人") == {finance}
    assert checked(title="想找投资人，看合同", seen=[finance]) == {law}, "what was taken away stays away"
    assert checked(title="想找投资人", seen=[finance], field_ids=[finance, law]) == {finance, law}
    assert checked(title="别的") == set()


def test_staff_add_a_need_after_a_review(
    client: Browser, session: Session, cast: Cast, fields: list[HelpField]
) -> None:
    client.sign_in(cast.manager)
    assert "还没有辅导需求" in client.get("/needs").text
    sent = {"title": "股权结构", "urgency": "normal", "field_ids": [fields[1].id]}
    assert client.post("/needs/new", data=sent).status_code == 422, "for whom?"
    assert client.post("/needs/new", data=sent | {"startup_id": cast.startup_b}).status_code == 303
    assert (only_need(session).source, only_need(session).startup_id) == ("review", cast.startup_b)
    assert "评估后登记" in client.get("/needs?view=without").text
    assert "股权结构" not in client.get("/needs?view=urgent").text
    assert "股权结构" in client.get(f"/needs?view=nobody&field={fields[1].id}&q=乙科技").text


def test_a_need_is_changed_and_ends(client: Browser, session: Session, cast: Cast, fields: list[HelpField]) -> None:
    need = need_of_a(session, cast, fields[:1])
    client.sign_in(cast.member_a)
    assert "找天使投资人" in client.get(f"/needs/{need.id}/edit").text
    sent = {"title": "找战略投资人", "urgency": "low", "field_ids": [fields[0].id]}
    assert client.post(f"/needs/{need.id}/edit", data=sent).status_code == 303
    assert client.post(f"/needs/{need.id}/edit", data=sent | {"field_ids": []}).status_code == 422
    assert "找战略投资人" in client.get(f"/needs/{need.id}").text
    assert client.post(f"/needs/{need.id}/end", data={"ending": "met"}).status_code == 303
    page = client.get(f"/needs/{need.id}").text
    assert "这条需求已解决" in page and "最合适的导师" not in page
    assert client.post(f"/needs/{need.id}/edit", data=sent).status_code == 409


def test_each_card_says_why(client: Browser, session: Session, cast: Cast, fields: list[HelpField]) -> None:
    site = make_site(session, cast)
    best, _ = add_mentor_at(session, cast, site, fields=fields, name="lea")
    add_mentor_at(session, cast, site, fields=fields[1:], name="ben", rate_minor=50_000)
    need = need_of_a(session, cast, fields)
    client.sign_in(cast.founder_a)
    page = client.get(f"/needs/{need.id}").text
    assert page.index(">lea</a>") < page.index(">ben</a>")
    assert "所需领域全部擅长：融资、法务。" in page and "2 个领域中擅长 1 个：法务。" in page
    assert "+400" in page and "+200" in page, "40 of 100 for two of two fields, half of it for one"
    assert "评价还不多，按全体平均水平计。" in page and "新来的导师，给一个机会。" in page
    assert "¥500.00" in page
    assert "未推荐" not in page and f"/mentors/{best.id}" in page


def test_staff_see_who_is_missing(client: Browser, session: Session, cast: Cast, fields: list[HelpField]) -> None:
    add_mentor_at(session, cast, make_site(session, cast), fields=fields, name="lea", appointed=False)
    need = need_of_a(session, cast, fields)
    for actor, told in ((cast.auditor, True), (cast.founder_a, False)):
        client.sign_in(actor)
        page = client.get(f"/needs/{need.id}").text
        assert "暂时没有可推荐的导师" in page
        assert ("未来两周没有聘任" in page) is told


def test_only_who_may_change_it_sees_the_buttons(
    client: Browser, session: Session, cast: Cast, fields: list[HelpField]
) -> None:
    need = need_of_a(session, cast, fields)
    for actor, may in ((cast.founder_a, True), (cast.manager, True), (cast.auditor, False)):
        client.sign_in(actor)
        assert ("已经解决" in client.get(f"/needs/{need.id}").text) is may
    client.sign_in(cast.auditor)
    assert client.post(f"/needs/{need.id}/end", data={"ending": "met"}).status_code == 403
    client.sign_in(cast.founder_b)
    for address in (f"/needs/{need.id}", f"/needs/{need.id}/edit"):
        assert client.get(address).status_code == 404


def test_weights_are_tried_before_they_hold(
    client: Browser, session: Session, cast: Cast, fields: list[HelpField]
) -> None:
    site = make_site(session, cast)
    add_mentor_at(session, cast, site, fields=fields, name="lea", languages=("zh",))
    add_mentor_at(session, cast, site, fields=fields[1:], name="ben", stages=("seed",))
    need = need_of_a(session, cast, fields)
    need.stage = "seed"
    client.sign_in(cast.manager)
    assert "谁会上升，谁会下降" in client.get("/mentoring/settings").text
    typed = defaults() | {"expertise": 0, "need": need.id}
    page = client.get("/mentoring/settings/preview", query_string=typed).text
    assert page.index("ben") < page.index("lea") and "上升 1 位，原第 2" in page and "下降 1 位，原第 1" in page
    for nonsense in ({"expertise": ""}, {"expertise": 101}, {"expertise": "x"}, dict.fromkeys(SCORE_PARTS, 0)):
        assert "试算" not in client.get("/mentoring/settings/preview", query_string=typed | nonsense).text
    assert client.get("/mentoring/settings/preview", query_string=typed | {"need": 2**40}).status_code == 404
    assert session.execute(select(MentoringSettings)).first() is None, "nothing is kept by looking"
    answer = client.post("/mentoring/settings", data=defaults() | {"exploration": 20})
    assert answer.status_code == 303
    assert session.execute(select(MentoringSettings.exploration)).scalar_one() == 20
    refused = client.post("/mentoring/settings", data=defaults() | dict.fromkeys(SCORE_PARTS, 0))
    assert refused.status_code == 422 and "至少要有一项的权重大于 0" in refused.text
    for name, (least, most) in LIMITS.items():
        for value in (least - 1, most + 1, ""):
            assert client.post("/mentoring/settings", data=defaults() | {name: value}).status_code == 422, (name, value)


def test_an_ended_need_of_another_day_is_shown_in_english(
    client: Browser, session: Session, cast: Cast, fields: list[HelpField]
) -> None:
    need = need_of_a(session, cast, fields, "A" * 100)
    end_need(session, cast.manager, now=NOW, need_id=need.id, ending="withdrawn")
    client.sign_in(cast.manager)
    client.post("/profile/locale", data={"locale": "en", "next": "/needs"})
    page = client.get("/needs?view=ended").text
    assert "A" * 100 in page

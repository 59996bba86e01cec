"""Why this much, or why nothing: the sentences in both languages, and none missing for anything the engine can say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incubator.jobs.demo.policies import POLICIES
from incubator.subsidies.explain import explain, scheme_name
from incubator.subsidies.rule_words import rule_sentences
from incubator.subsidies.rules.conditions import Known
from incubator.subsidies.rules.facts import Fact
from incubator.subsidies.rules.rule import Rule
from tests.scenarios.october import SCHEME_Y
from tests.subsidies.rules import facts, groups, lines, rules
from tests.subsidies.sample import ChargeLine, cap, decide

LOCALES = ("zh_Hans", "en")
COMPANY = {"fact": "startup.kind", "is": "company"}
TEAM = {"fact": "startup.kind", "is": "team"}
FIRST_36 = {"fact": "residency.month_number", "at_most": 36}
FROM_13 = {"fact": "residency.month_number", "at_least": 13}
SOFTWARE = {"fact": "startup.industry", "is": "软件"}
YOUNG = {"fact": "startup.registered_months", "at_most": 24}
OLD = {"fact": "startup.registered_months", "at_least": 12}
KNOWN: dict[str, Fact] = {"startup.kind": "team", "residency.month_number": 40, "startup.industry": "生物",
                          "startup.registered_months": 30}  # fmt: skip
NAMES = {"scheme": "Y", "scheme_name": "租金补贴", "scheme_name_en": "Rent subsidy", "version": 1, "source": "办法"}


@contextmanager
def speaking(app: Flask, locale: str) -> Iterator[None]:
    with app.app_context(), force_locale(locale):
        yield


def said(
    app: Flask, rule: dict[str, Any], known: dict[str, Fact], locale: str, kind: str = "rent", base: int = 240_000,
    used: int = 0,
) -> list[str]:  # fmt: skip
    read = Rule.parse(rule)
    (draft,) = decide(read, [ChargeLine(1, kind, base)], known, dict.fromkeys(read.caps, used))
    with speaking(app, locale):
        return explain(draft.outcome.value, base, draft.amount_minor, "CNY", NAMES | draft.derivation, locale)


def for_whom(who: dict[str, Any]) -> dict[str, Any]:
    return {"who": who, "covers": ["rent"], "rate": "0.6"}


IN: dict[str, Fact] = {"startup.kind": "company", "residency.month_number": 3}


@pytest.mark.parametrize(
    ("locale", "sentences"),
    [
        ("zh_Hans", ["按租金 ¥2,400.00 的 60% 补贴 ¥1,440.00。", "本季度上限 ¥10,000.00：此前已用 ¥0.00，本项 ¥1,440.00，之后尚余 ¥8,560.00。"]),
        ("en", ["60% of the rent of CN¥2,400.00: CN¥1,440.00 subsidised.",
                "Cap of the quarter CN¥10,000.00: CN¥0.00 used before, CN¥1,440.00 by this, CN¥8,560.00 left then."]),
    ],
)  # fmt: skip
def test_granted(app: Flask, locale: str, sentences: list[str]) -> None:
    assert said(app, SCHEME_Y, IN, locale) == sentences


@pytest.mark.parametrize(
    ("locale", "sentences"),
    [
        ("zh_Hans", ["按物业费 ¥6,500.00 的 60% 应补贴 ¥3,900.00，因上限所限，实际补贴 ¥2,200.00。",
                     "本季度上限 ¥10,000.00：此前已用 ¥7,800.00，本项 ¥2,200.00，之后尚余 ¥0.00。"]),
        ("en", ["60% of the property fee of CN¥6,500.00 would be CN¥3,900.00; the cap leaves CN¥2,200.00.",
                "Cap of the quarter CN¥10,000.00: CN¥7,800.00 used before, CN¥2,200.00 by this, CN¥0.00 left then."]),
    ],
)  # fmt: skip
def test_capped(app: Flask, locale: str, sentences: list[str]) -> None:
    assert said(app, SCHEME_Y, IN, locale, "property_fee", 650_000, 780_000) == sentences


def test_each_window_of_a_cap_has_its_sentence_and_no_cap_none(app: Flask) -> None:
    rule = {"covers": ["utilities"], "rate": "0.125"}
    caps = [{"window": window, "amount_minor": amount} for window, amount in
            (("month", 10_000), ("quarter", 20_000), ("year", 30_000))]  # fmt: skip
    assert said(app, rule | {"caps": caps}, {}, "zh_Hans", "utilities", 8_000, 500) == [
        "按水电费 ¥80.00 的 12.5% 补贴 ¥10.00。", "当月上限 ¥100.00：此前已用 ¥5.00，本项 ¥10.00，之后尚余 ¥85.00。",
        "本季度上限 ¥200.00：此前已用 ¥5.00，本项 ¥10.00，之后尚余 ¥185.00。", "本年度上限 ¥300.00：此前已用 ¥5.00，本项 ¥10.00，之后尚余 ¥285.00。",
    ]  # fmt: skip
    assert said(app, rule, {}, "en", "utilities", 8_000) == ["12.5% of the utilities of CN¥80.00: CN¥10.00 subsidised."]


@pytest.mark.parametrize(
    ("locale", "sentence"),
    [("zh_Hans", "《租金补贴》不涵盖此类收费。"), ("en", "Rent subsidy does not cover this kind of charge.")],
)
def test_not_covered(app: Flask, locale: str, sentence: str) -> None:
    assert said(app, SCHEME_Y, IN, locale, "booking") == [sentence]


REFUSED: list[tuple[dict[str, Any], dict[str, Fact], list[str], list[str]]] = [
    (
        {"all": [COMPANY]}, KNOWN,
        ["未注册为企业，不符合条件；完成工商登记后可享受补贴。"],
        ["Not registered as a company, so not eligible; once registered, it can be subsidised."],
    ),
    (
        {"all": [COMPANY, FIRST_36]}, KNOWN,
        ["未注册为企业，不符合条件；完成工商登记后可享受补贴。", "已入驻第 40 个月：仅前 36 个月符合条件。"],
        ["Not registered as a company, so not eligible; once registered, it can be subsidised.",
         "In month 40 of its residence: only the first 36 months are eligible."],
    ),
    (
        {"all": [FROM_13]}, KNOWN | {"residency.month_number": 2},
        ["已入驻第 2 个月：自第 13 个月起符合条件。"], ["In month 2 of its residence: eligible from month 13 on."],
    ),
    (
        {"all": [YOUNG]}, KNOWN,
        ["注册已满 30 个月：仅注册后 24 个月内符合条件。"],
        ["Registered 30 months ago: eligible in the first 24 months only."],
    ),
    (
        {"all": [OLD]}, KNOWN | {"startup.registered_months": 3},
        ["注册已满 3 个月：满 12 个月后符合条件。"], ["Registered 3 months ago: eligible after 12 months."],
    ),
    (
        {"all": [SOFTWARE]}, KNOWN,
        ["不符合条件：该政策面向“软件”行业。"], ["Not eligible: the scheme is for the industry 软件."],
    ),
    (
        {"all": [TEAM]}, IN,
        ["不符合条件：该政策面向未注册团队。"], ["Not eligible: the scheme is for teams not yet registered."],
    ),
    (
        {"any": [COMPANY, SOFTWARE, FIRST_36]}, KNOWN,
        ["仅限：已注册企业、“软件”行业或入驻前 36 个月。"],
        ["Eligible are only: registered companies, the industry 软件 or the first 36 months of residence."],
    ),
    (
        {"any": [COMPANY, {"all": [SOFTWARE, YOUNG]}]}, KNOWN | {"startup.industry": None, "startup.registered_months": 3},
        ["仅限：已注册企业或（“软件”行业和注册不超过 24 个月的企业）。", "暂无法认定：尚未登记行业，补交营业执照即可认定。"],
        ["Eligible are only: registered companies or (the industry 软件 and startups registered at most 24 months ago).",
         "Not decided yet: the industry is not on record; the business licence settles it."],
    ),
    (
        {"none": [TEAM, SOFTWARE]}, KNOWN,
        ["属于排除范围（未注册团队），不符合条件。"],
        ["Not eligible, because excluded: teams not yet registered."],
    ),
    (
        {"all": [COMPANY, {"none": [SOFTWARE, FIRST_36]}]}, IN | {"startup.industry": "软件"},
        ["属于排除范围（“软件”行业或入驻前 36 个月），不符合条件。"],
        ["Not eligible, because excluded: the industry 软件 or the first 36 months of residence."],
    ),
    (
        {"none": [SOFTWARE]}, {},
        ["暂无法认定：尚未登记行业，补交营业执照即可认定。"],
        ["Not decided yet: the industry is not on record; the business licence settles it."],
    ),
    (
        {"all": [COMPANY, FIRST_36]}, {"startup.kind": "company"},
        ["暂无法认定：尚未登记入驻起始日，补交入驻协议即可认定。"],
        ["Not decided yet: the start of residence is not on record; the incubation agreement settles it."],
    ),
    (
        {"all": [FROM_13, FIRST_36]}, {},
        ["暂无法认定：尚未登记入驻起始日，补交入驻协议即可认定。"],
        ["Not decided yet: the start of residence is not on record; the incubation agreement settles it."],
    ),
    (
        {"all": [YOUNG, {"fact": "startup.registered_on", "is": "2026-01-05"}]}, {},
        ["暂无法认定：尚未登记注册日期，补交营业执照即可认定。"],
        ["Not decided yet: the day of registration is not on record; the business licence settles it."],
    ),
    (  # no paper would change these two: what is missing is not asked for
        {"all": [COMPANY, FIRST_36]}, {"startup.kind": "team"},
        ["未注册为企业，不符合条件；完成工商登记后可享受补贴。"],
        ["Not registered as a company, so not eligible; once registered, it can be subsidised."],
    ),
    (
        {"any": [{"all": [COMPANY, SOFTWARE]}, FROM_13]}, {"startup.kind": "team", "residency.month_number": 1},
        ["仅限：（已注册企业和“软件”行业）或入驻第 13 个月起。"],
        ["Eligible are only: (registered companies and the industry 软件) or month 13 of residence and later."],
    ),
    (
        {"any": [{"fact": "startup.industry", "known": True}]}, {},
        ["仅限：已登记行业的创业企业。", "暂无法认定：尚未登记行业，补交营业执照即可认定。"],
        ["Eligible are only: startups whose industry is on record.",
         "Not decided yet: the industry is not on record; the business licence settles it."],
    ),
    (
        {"none": [{"fact": "startup.kind", "known": True}]}, IN,
        ["属于排除范围（已登记企业性质的创业企业），不符合条件。"],
        ["Not eligible, because excluded: startups whose legal form is on record."],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("who", "known", "zh", "en"), REFUSED, ids=[str(n) for n in range(len(REFUSED))])
def test_refused(app: Flask, who: dict[str, Any], known: dict[str, Fact], zh: list[str], en: list[str]) -> None:
    assert said(app, for_whom(who), known, "zh_Hans") == zh
    assert said(app, for_whom(who), known, "en") == en


def test_a_scheme_without_an_english_name_keeps_its_own() -> None:
    assert scheme_name(NAMES | {"scheme_name_en": ""}, "en") == "租金补贴"
    assert (scheme_name(NAMES, "en"), scheme_name(NAMES, "zh_Hans")) == ("Rent subsidy", "租金补贴")


uses = st.integers(0, 3_500)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rules(), lines, facts, uses)
def test_everything_that_can_be_decided_can_be_said(
    app: Flask, data: dict[str, Any], charges: list[tuple[str, int]], known: dict[str, Fact], used: int
) -> None:
    rule = Rule.parse(data)
    drafts = decide(rule, [ChargeLine(n, *line) for n, line in enumerate(charges)], known, dict.fromkeys(rule.caps, used))
    for locale in LOCALES:
        with speaking(app, locale):
            for draft in drafts:
                found = explain(draft.outcome.value, draft.base_minor, draft.amount_minor, "CNY",
                                NAMES | draft.derivation, locale)  # fmt: skip
                stop = "。" if locale == "zh_Hans" else "."
                assert found and all(sentence.endswith(stop) for sentence in found), (found, draft)
                assert len(found) == len(set(found)), "nothing is said twice"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(groups(), facts)
def test_a_fact_is_asked_for_exactly_where_it_is_not_decided(
    app: Flask, who: dict[str, Any], known: dict[str, Fact]
) -> None:
    answer = Rule.parse(for_whom(who)).who.ask(known)
    if answer is not Known.MET:
        asked_for = any("暂无法认定" in sentence for sentence in said(app, for_whom(who), known, "zh_Hans"))
        assert asked_for == (answer is Known.UNKNOWN)


# the rule itself in words


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("zh_Hans", [("补给谁", "已注册企业；入驻前 36 个月。"), ("补什么", "租金、物业费和水电费。"),
                     ("补多少", "按实际收取金额的 60% 补贴。"), ("上限", "每家企业每季度最高 10,000 元。")]),
        ("en", [("For whom", "Registered companies; the first 36 months of residence."),
                ("For what", "Rent, property fee and utilities."), ("How much", "60% of what is charged."),
                ("At most", "For each startup, at most 10,000 yuan a quarter.")]),
    ],
)  # fmt: skip
def test_scheme_y_in_words(app: Flask, locale: str, words: list[tuple[str, str]]) -> None:
    with speaking(app, locale):
        assert rule_sentences(SCHEME_Y, locale)[:4] == words


def test_a_rule_for_everybody_without_a_cap_in_words(app: Flask) -> None:
    with speaking(app, "zh_Hans"):
        words = dict(rule_sentences({"covers": ["rent"], "rate": "0.3333"}, "zh_Hans"))
    assert (words["补给谁"], words["补多少"], words["上限"]) == ("全部创业企业。", "按实际收取金额的 33.33% 补贴。", "不设上限。")


POLICY_WORDS = {
    "P1": ("上限", "每家企业：在校大学生、毕业 5 年内高校毕业生、留学归国人员或退役军人：第一年每月最高 1,560 元，第二年 1,300 元，第三年 910 元；"
                   "其他：第一年每月最高 1,200 元，第二年 1,000 元，第三年 700 元；实际租金较低的，按实际租金。"),
    "P2": ("补多少", "第一年将运营方承担的比例补足至 80%，第二年 50%，第三年 20%；已达到或高于该比例的，不再补贴。"),
    "P3": ("补什么", "空间自付租金。单价最高按每平方米每月 80 元计算。面积最高按 1,000 平方米计算。"),
    "P9": ("补多少", "以下各项中较低者（按实际支出的 50% 补贴；每平方米 1,000 元）。"),
}  # fmt: skip
"""As the policies read."""


@pytest.mark.parametrize("code", sorted(POLICY_WORDS))
def test_policies_in_words(app: Flask, code: str) -> None:
    (policy,) = [each for each in POLICIES if each.code == code]
    name, words = POLICY_WORDS[code]
    with speaking(app, "zh_Hans"):
        assert dict(rule_sentences(policy.rule, "zh_Hans"))[name] == words


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rules())
def test_every_rule_can_be_described(app: Flask, data: dict[str, Any]) -> None:
    assert Rule.parse(data).caps == tuple(cap(each["window"], each["amount_minor"]) for each in data["caps"])
    for locale in LOCALES:
        with speaking(app, locale):
            assert all(name and words.endswith(("。", ".")) for name, words in rule_sentences(data, locale))

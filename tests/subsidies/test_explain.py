"""Decisions in words, in both languages; what a scheme says of itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from hypothesis import HealthCheck, given, settings

from incubator.subsidies.engine import ChargeLine, decide
from incubator.subsidies.explain import explain
from incubator.subsidies.rule import Rule
from incubator.subsidies.wording import describe_rule
from tests.scenarios.october import SCHEME_Y
from tests.subsidies.rules import facts, lines, rules

NAMES = {"scheme_name": "租金补贴", "scheme_name_en": "Rent subsidy"}


@pytest.fixture(params=["zh_Hans", "en"])
def language(request: pytest.FixtureRequest, shared_app: Flask) -> Iterator[str]:
    with shared_app.test_request_context(), force_locale(request.param):
        yield request.param


def said(locale: str, rule: dict[str, Any], line: ChargeLine, known: dict[str, Any], used: int = 0) -> str:
    parsed = Rule.parse(rule)
    (draft,) = decide(parsed, [line], known, dict.fromkeys(parsed.caps, used))
    derivation = NAMES | draft.derivation
    return " ".join(explain(draft.outcome.value, draft.base_minor, draft.amount_minor, "CNY", derivation, locale))


COMPANY = {"startup.kind": "company", "residency.month_number": 3}
RENT = ChargeLine(1, "rent", 240_000)


@pytest.mark.parametrize(
    ("line", "known", "used", "chinese", "english"),
    [
        (RENT, COMPANY, 0,
         "按租金 ¥2,400.00 的 60% 补贴 ¥1,440.00。 本季度上限 ¥10,000.00：此前已用 ¥0.00，尚余 ¥8,560.00。",
         "60% of the rent of CN¥2,400.00: CN¥1,440.00 subsidised. "
         "Cap of the quarter CN¥10,000.00: CN¥0.00 used before, CN¥8,560.00 left."),
        (RENT, COMPANY, 900_000,
         "按租金 ¥2,400.00 的 60% 应补贴 ¥1,440.00，受上限所限补贴 ¥1,000.00。 "
         "本季度上限 ¥10,000.00：此前已用 ¥9,000.00，尚余 ¥0.00。",
         "60% of the rent of CN¥2,400.00 would be CN¥1,440.00; the cap leaves CN¥1,000.00. "
         "Cap of the quarter CN¥10,000.00: CN¥9,000.00 used before, CN¥0.00 left."),
        (RENT, COMPANY | {"startup.kind": "team"}, 0,
         "未注册为企业，不符合条件；完成工商登记后可享受补贴。",
         "Not registered as a company, so not eligible; once registered, it can be subsidised."),
        (RENT, COMPANY | {"residency.month_number": 37}, 0,
         "已入驻第 37 个月：仅前 36 个月符合条件。",
         "In month 37 of its residence: only the first 36 months are eligible."),
        (RENT, {"startup.kind": "company"}, 0,
         "暂无法认定：尚未登记入驻起始日，补交入驻协议即可认定。",
         "Not decided yet: the start of residence is not on record; the incubation agreement settles it."),
        (ChargeLine(1, "booking", 5_000), COMPANY, 0,
         "《租金补贴》不涵盖此类收费。", "Rent subsidy does not cover this kind of charge."),
    ],
)  # fmt: skip
def test_every_outcome_says_why(
    language: str, line: ChargeLine, known: dict[str, Any], used: int, chinese: str, english: str
) -> None:
    assert said(language, SCHEME_Y, line, known, used) == (chinese if language == "zh_Hans" else english)


ANY_OF = {"who": {"any": [{"fact": "startup.industry", "is": "集成电路设计"}, {"fact": "startup.registered_months", "at_most": 24}]},
          "covers": ["rent"], "rate": "0.5"}  # fmt: skip
NONE_OF = {"who": {"none": [{"fact": "startup.kind", "is": "team"}]}, "covers": ["rent"], "rate": "0.5"}


@pytest.mark.parametrize(
    ("rule", "known", "chinese", "english"),
    [
        (ANY_OF, {"startup.industry": "文化创意", "startup.registered_months": 30},
         "仅限：“集成电路设计”行业或注册不超过 24 个月的企业。",
         "Eligible are only: the industry 集成电路设计 or startups registered at most 24 months ago."),
        (ANY_OF, {"startup.industry": "文化创意"},
         "仅限：“集成电路设计”行业或注册不超过 24 个月的企业。 暂无法认定：尚未登记注册日期，补交营业执照即可认定。",
         "Eligible are only: the industry 集成电路设计 or startups registered at most 24 months ago. "
         "Not decided yet: the day of registration is not on record; the business licence settles it."),
        (NONE_OF, {"startup.kind": "team"},
         "属于排除范围（未注册团队），不符合条件。", "Not eligible, because excluded: teams not yet registered."),
        (NONE_OF, {},
         "暂无法认定：尚未登记企业性质，补交营业执照即可认定。",
         "Not decided yet: the legal form is not on record; the business licence settles it."),
    ],
)  # fmt: skip
def test_trees_of_conditions(language: str, rule: dict[str, Any], known: dict[str, Any], chinese: str, english: str) -> None:
    assert said(language, rule, RENT, known) == (chinese if language == "zh_Hans" else english)


def test_a_rule_in_four_sentences(language: str) -> None:
    chinese = [("补给谁", "已注册企业；入驻前 36 个月。"), ("补什么", "租金、物业费和水电费。"),
               ("补多少", "按实际收取金额的 60% 补贴。"), ("上限", "每家每季度 ¥10,000.00。")]  # fmt: skip
    english = [("For whom", "Registered companies; the first 36 months of residence."),
               ("For what", "Rent, property fee and utilities."), ("How much", "60% of what is charged."),
               ("At most", "CN¥10,000.00 a quarter for each startup.")]  # fmt: skip
    assert describe_rule(SCHEME_Y, "CNY", language) == (chinese if language == "zh_Hans" else english)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rule=rules, charges=lines, known=facts)
def test_whatever_is_decided_can_be_said(language: str, rule: Rule, charges: list[ChargeLine], known: dict[str, Any]) -> None:
    for draft in decide(rule, charges, known, {}):
        words = explain(draft.outcome.value, draft.base_minor, draft.amount_minor, "CNY", NAMES | draft.derivation, language)
        assert words and all(sentence and "%(" not in sentence for sentence in words)

"""The blueprint that the pages of `startups` hang on, and what its templates ask."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from flask import Blueprint
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from incubator.documents import formats
from incubator.documents import words as document_words
from incubator.documents.filetypes import ACCEPT
from incubator.documents.formats import duration
from incubator.documents.models import Document
from incubator.documents.rmb import rmb_capitals
from incubator.documents.rules import state_on
from incubator.i18n import reader_locale
from incubator.pricing import wording
from incubator.pricing.rules import Derivation
from incubator.spaces.models import Site
from incubator.spaces.operations.sites import today_at
from incubator.startups import decision_papers, figure_words, forms, selection_wording
from incubator.startups.forms import achievements as achievement_forms
from incubator.startups.forms import agreements as agreement_forms
from incubator.startups.forms import amending as amending_forms
from incubator.startups.forms import announcements as announcement_forms
from incubator.startups.forms import calls as call_forms
from incubator.startups.forms import figures as figure_forms
from incubator.startups.forms import graduation as graduation_forms
from incubator.startups.forms import handovers as handover_forms
from incubator.startups.forms import people as people_forms
from incubator.startups.forms import programmes as programme_forms
from incubator.startups.forms import requests as request_forms
from incubator.startups.forms import selection as selection_forms
from incubator.startups.models import Residency, Startup
from incubator.startups.presenting import Agreement, MonthLine, terms_by_residency
from incubator.startups.queries import list_terms
from incubator.startups.queries.addresses import consent_words
from incubator.startups.queries.exits import letter_number
from incubator.startups.rules import ResidencyTerm
from incubator.startups.rules import graduation as graduation_rules
from incubator.startups.rules.exits import RESTARTS_AFTER
from incubator.startups.rules.industries import DIVISIONS, division_of
from incubator.startups.views.choosing import warning_words

blueprint = Blueprint("startups", __name__)

Answer = str | Response | tuple[str, int]


def agreements_of(
    session: Session, rows: Sequence[tuple[Residency, Startup, Site]], now: datetime
) -> list[Agreement]:
    """Agreements with their terms, in one statement."""
    terms = terms_by_residency(list_terms(session, [residency.id for residency, _, _ in rows]))
    return [
        Agreement(residency, startup, site, terms.get(residency.id, ()), today_at(site, now))
        for residency, startup, site in rows
    ]


def full_formula(line: MonthLine) -> str:
    """54.50 m² × 75.00 元/m²·月 = 4,087.50."""
    return wording.full_month_formula(line.quantity, line.basis, line.unit_price, line.full_minor, reader_locale())


def part_formula(derivation: Derivation, basis: str) -> str:
    """54.50 m² × 75.00 元/m²·月 × 16/31 天 = 2,109.68."""
    return wording.month_formula(derivation, basis, reader_locale())


def iso_day(text: str) -> str:
    """2026-10-31 as its reader writes it."""
    return formats.day(date.fromisoformat(text), reader_locale())
def unit_price_words(term: ResidencyTerm) -> str:
    """80.00 元/m²·月."""
    return f"{wording.price_text(term.unit_price, reader_locale())} {wording.basis_name(term.basis)}"


def state_of_document(document: Document, day: date) -> str:
    """valid, soon, expired …"""
    return state_on(day, document.valid_from, document.expires_on, document.withdrawn_at is not None)


def file_size(size: int) -> str:
    """1.5 MB."""
    return formats.file_size(size, reader_locale())


@blueprint.record
def _lend_figures(state: BlueprintSetupState) -> None:
    words = figure_words
    state.app.jinja_env.globals.update(
        rhythm_names=figure_forms.RHYTHM_NAMES, sheet_states=figure_forms.SHEET_STATE_NAMES,
        sheet_tones=figure_forms.SHEET_STATE_TONES, figure_kinds=figure_forms.KIND_NAMES,
        check_levels=figure_forms.LEVEL_NAMES, achievement_names=achievement_forms.ACHIEVEMENT_NAMES,
        sort_names=achievement_forms.SORT_NAMES, achievement_states=achievement_forms.ACHIEVEMENT_STATE_NAMES,
        achievement_tones=achievement_forms.ACHIEVEMENT_STATE_TONES,
        period_name=words.period_name,
        figure_unit=lambda indicator: words.unit_of(indicator, reader_locale()),
        written_value=lambda indicator, value: words.written_value(indicator, value, reader_locale()),
        figure_change=words.change_of, check_sentence=lambda check: words.check_sentence(check, reader_locale()),
        check_formula=lambda check, indicators: words.check_formula(check, indicators, reader_locale()),
    )  # fmt: skip


def open_time(minutes: int) -> str:
    """Minutes of opening time in hours, which are no days of the calendar: 1,500 → 25 hours."""
    return duration(timedelta(minutes=minutes), reader_locale(), in_days=False)
def demand_words(measure: str, threshold: int, sort: str, years: int | None) -> str:
    """High-tech enterprise, valid on the day; ¥5,000,000.00 or more raised in all."""
    locale = reader_locale()
    amount = formats.money(threshold, "CNY", locale) if measure in graduation_rules.MONEY else ""
    what = achievement_forms.SORT_NAMES["qualification"].get(sort, "")
    values = {"what": str(what), "amount": amount, "years": years, "count": threshold}
    words = graduation_forms.DEMAND_WORDS[measure]
    return gettext(words, **{name: value for name, value in values.items() if f"%({name})s" in words})


def measured_words(measure: str, value: int | None) -> str:
    """An amount, or a number; – where it is not known."""
    if value is None:
        return "–"
    locale = reader_locale()
    return formats.money(value, "CNY", locale) if measure in graduation_rules.MONEY else formats.number(value, locale)


@blueprint.record
def _lend_exits(state: BlueprintSetupState) -> None:
    words = graduation_forms
    state.app.jinja_env.globals.update(
        exit_kinds=words.EXIT_KIND_NAMES, exit_tones=words.EXIT_KIND_TONES, exit_states=words.EXIT_STATE_NAMES,
        exit_state_tones=words.EXIT_STATE_TONES, task_names=words.TASK_NAMES, finding_names=words.FINDING_NAMES,
        finding_tones=words.FINDING_TONES, rule_statuses=words.RULE_STATUS_NAMES, demand_words=demand_words,
        measured_words=measured_words, letter_number=letter_number, restarts_after=RESTARTS_AFTER,
    )  # fmt: skip


@blueprint.record
def _lend_words(state: BlueprintSetupState) -> None:
    state.app.jinja_env.filters["open_time"] = open_time
    state.app.jinja_env.globals.update(
        startup_kinds=forms.KIND_NAMES, programme_kinds=programme_forms.PROGRAMME_KIND_NAMES,
        post_roles=people_forms.ROLE_WORDS, category_names=people_forms.CATEGORY_NAMES,
        id_kinds=people_forms.ID_KIND_NAMES, consent_words=consent_words, division_of=division_of,
        divisions=list(DIVISIONS.values()), residency_states=forms.STATE_NAMES,
        startup_states=forms.STARTUP_STATE_NAMES, call_states=call_forms.CALL_STATE_NAMES,
        question_kinds=call_forms.QUESTION_KIND_NAMES, application_states=call_forms.APPLICATION_STATE_NAMES,
        same_reasons=call_forms.REASON_NAMES, closed_reasons=call_forms.CLOSED_NAMES,
        file_endings=ACCEPT, iso_day=iso_day,
        document_kinds=document_words.KIND_NAMES,
        audience_names=document_words.AUDIENCE_NAMES, document_states=document_words.STATE_NAMES,
        state_of_document=state_of_document, file_size=file_size,
        announcement_audiences=announcement_forms.AUDIENCE_NAMES,
        priority_names=request_forms.PRIORITY_NAMES, priority_tones=request_forms.PRIORITY_TONES,
        request_states=request_forms.STATE_NAMES, own_request_states=request_forms.OWN_STATE_NAMES,
        request_tones=request_forms.STATE_TONES,
        amendment_names=amending_forms.AMENDMENT_NAMES, amendment_presets=amending_forms.PRESETS,
        hold_endings=amending_forms.HOLD_ENDINGS, limit_words=warning_words, unit_price_words=unit_price_words,
        text_states=agreement_forms.STATE_WORDS, deposit_kinds=agreement_forms.DEPOSIT_KIND_NAMES,
        deposit_hows=agreement_forms.HOW_NAMES, handover_kinds=handover_forms.KIND_NAMES,
        conditions=handover_forms.CONDITION_NAMES,
        full_month_formula=full_formula, part_month_formula=part_formula, amount_in_capitals=rmb_capitals,
    )  # fmt: skip


@blueprint.record
def _lend_words_of_selection(state: BlueprintSetupState) -> None:
    words, papers = selection_forms, decision_papers
    state.app.jinja_env.globals.update(
        outcome_names=words.OUTCOME_NAMES, outcome_tones=words.OUTCOME_TONES, offer_states=words.OFFER_STATES,
        offer_tones=words.OFFER_TONES, review_states=words.REVIEW_STATES, review_tones=words.REVIEW_TONES,
        letter_titles=papers.TITLES, letter_sentences=papers.SENTENCES, letter_greeting=papers.GREETING,
        in_words=selection_wording.in_words, meaning_of=selection_wording.meaning_of,
        answer_words=selection_wording.answer_words, step_words=selection_wording.step_words,
        spread_of=selection_wording.spread_of,
    )  # fmt: skip

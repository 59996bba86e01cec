"""Mentors: profiles, needs, rounds, sessions; their units in the ledger; coordinates of sites.

Revision ID: 0024
Revises: 0023
"""

import re

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

ROLE = "incubator_app"
MINE = "operator_id = nullif(current_setting('app.operator_id', true), '')::bigint"
GRANTS = {
    "help_fields": "SELECT, INSERT, UPDATE",
    "mentoring_settings": "SELECT, INSERT, UPDATE",
    "mentoring_needs": "SELECT, INSERT, UPDATE",
    "mentoring_rounds": "SELECT, INSERT, UPDATE",
    "need_fields": "SELECT, INSERT, UPDATE, DELETE",
    "round_startups": "SELECT, INSERT, UPDATE, DELETE",
    "mentors": "SELECT, INSERT, UPDATE",
    "hours_certificates": "SELECT, INSERT",
    "mentor_appointments": "SELECT, INSERT, UPDATE",
    "mentor_conflicts": "SELECT, INSERT, UPDATE",
    "mentor_days": "SELECT, INSERT, UPDATE, DELETE",
    "mentor_fields": "SELECT, INSERT, UPDATE, DELETE",
    "mentor_hours": "SELECT, INSERT, UPDATE, DELETE",
    "mentor_proposals": "SELECT, INSERT, UPDATE",
    "mentor_sites": "SELECT, INSERT, UPDATE, DELETE",
    "mentorships": "SELECT, INSERT, UPDATE",
    "round_mentors": "SELECT, INSERT, UPDATE, DELETE",
    "round_pairs": "SELECT, INSERT, UPDATE, DELETE",
    "round_wishes": "SELECT, INSERT, UPDATE, DELETE",
    "mentor_sessions": "SELECT, INSERT, UPDATE",
    "session_feedback": "SELECT, INSERT",
    "session_logs": "SELECT, INSERT",
    "session_notes": "SELECT, INSERT, UPDATE",
    "session_tasks": "SELECT, INSERT, UPDATE",
    "log_confirmations": "SELECT, INSERT",
    "session_evidence": "SELECT, INSERT",
    "session_log_fields": "SELECT, INSERT",
}
NO_OVERLAP = {
    "mentor_appointments": (("mentor_id",), "days"),
    "mentorships": (("startup_id", "mentor_id"), "days"),
}
KINDS = {"notices": ("session", "mentoring"), "notice_choices": ("session", "mentoring")}
"""What these tables' kinds can be from here on, beside what they could be."""


def upgrade() -> None:
    op.add_column("sites", sa.Column("latitude", sa.Numeric(precision=8, scale=5), nullable=True))
    op.add_column("sites", sa.Column("longitude", sa.Numeric(precision=8, scale=5), nullable=True))
    op.create_check_constraint(
        op.f("sites_both_coordinates_check"), "sites", "(latitude IS NULL) = (longitude IS NULL)"
    )
    op.create_check_constraint(op.f("sites_coordinates_check"), "sites",
                               "latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180")  # fmt: skip
    _set("units", "kind", [*_kinds("units"), "mentor"])
    op.alter_column("units", "floor_id", nullable=True)
    op.create_check_constraint(op.f("units_on_a_floor_check"), "units", "(kind = 'mentor') = (floor_id IS NULL)")
    op.create_check_constraint(
        op.f("units_only_places_have_area_check"), "units", "floor_id IS NOT NULL OR area_m2 = 0"
    )
    _set("allocations", "holder_kind", [*_kinds("allocations", "holder_kind"), "session"])
    for table, added in KINDS.items():
        _set(table, "kind", [*_kinds(table), *added])
    op.create_table(
        "help_fields",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), server_default="", nullable=False),
        sa.Column("synonyms", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("name <> ''", name=op.f("help_fields_name_check")),
        sa.CheckConstraint("cardinality(synonyms) <= 40", name=op.f("help_fields_synonyms_check")),
        sa.UniqueConstraint("operator_id", "name", name=op.f("help_fields_operator_id_name_key")),
        *_keys("help_fields"),
    )
    op.create_table(
        "mentoring_settings",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("expertise", sa.Integer(), server_default="40", nullable=False),
        sa.Column("industry", sa.Integer(), server_default="12", nullable=False),
        sa.Column("stage", sa.Integer(), server_default="8", nullable=False),
        sa.Column("language", sa.Integer(), server_default="8", nullable=False),
        sa.Column("hours", sa.Integer(), server_default="10", nullable=False),
        sa.Column("feedback", sa.Integer(), server_default="8", nullable=False),
        sa.Column("load", sa.Integer(), server_default="5", nullable=False),
        sa.Column("distance", sa.Integer(), server_default="4", nullable=False),
        sa.Column("exploration", sa.Integer(), server_default="5", nullable=False),
        sa.Column("prior_count", sa.Integer(), server_default="5", nullable=False),
        sa.Column("sessions_a_year", sa.Integer(), server_default="2", nullable=False),
        sa.Column("companies_per_mentor", sa.Integer(), server_default="10", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "companies_per_mentor BETWEEN 1 AND 1000", name=op.f("mentoring_settings_companies_per_mentor_check")
        ),
        sa.CheckConstraint(
            "expertise + industry + stage + language + hours + feedback + load + distance + exploration > 0",
            name=op.f("mentoring_settings_some_weight_check"),
        ),
        sa.CheckConstraint(
            "least(expertise, industry, stage, language, hours, feedback, load, distance, exploration) >= 0 AND greatest(expertise, industry, stage, language, hours, feedback, load, distance, exploration) <= 100",
            name=op.f("mentoring_settings_weights_check"),
        ),
        sa.CheckConstraint("prior_count BETWEEN 0 AND 100", name=op.f("mentoring_settings_prior_count_check")),
        sa.CheckConstraint("sessions_a_year BETWEEN 0 AND 366", name=op.f("mentoring_settings_sessions_a_year_check")),
        sa.UniqueConstraint("operator_id", name=op.f("mentoring_settings_operator_id_key")),
        *_keys("mentoring_settings"),
    )
    op.create_table(
        "mentoring_needs",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("tried", sa.Text(), server_default="", nullable=False),
        sa.Column("urgency", sa.Text(), server_default="normal", nullable=False),
        sa.Column("stage", sa.Text(), nullable=True),
        sa.Column("languages", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("times", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.Text(), server_default="startup", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("form_key", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.BigInteger(), nullable=True),
        sa.Column("ending", sa.Text(), nullable=True),
        sa.CheckConstraint("ending IN ('met', 'withdrawn')", name=op.f("mentoring_needs_ending_check")),
        sa.CheckConstraint(
            "languages <@ ARRAY['zh', 'yue', 'en', 'ja', 'ko', 'de', 'fr', 'ru', 'es', 'pt', 'ar']::text[]",
            name=op.f("mentoring_needs_languages_check"),
        ),
        sa.CheckConstraint("source IN ('startup', 'review')", name=op.f("mentoring_needs_source_check")),
        sa.CheckConstraint(
            "stage IN ('idea', 'prototype', 'seed', 'early', 'growth')", name=op.f("mentoring_needs_stage_check")
        ),
        sa.CheckConstraint(
            "times <@ ARRAY['morning', 'afternoon', 'evening', 'weekend']::text[]",
            name=op.f("mentoring_needs_times_check"),
        ),
        sa.CheckConstraint("title <> ''", name=op.f("mentoring_needs_title_check")),
        sa.CheckConstraint("urgency IN ('low', 'normal', 'high')", name=op.f("mentoring_needs_urgency_check")),
        sa.CheckConstraint("(ended_at IS NULL) = (ending IS NULL)", name=op.f("mentoring_needs_ended_check")),
        sa.UniqueConstraint(
            "operator_id", "created_by", "form_key", name=op.f("mentoring_needs_operator_id_created_by_form_key_key")
        ),
        *_keys("mentoring_needs", created_by="people", ended_by="people", site_id="sites", startup_id="startups"),
    )
    op.create_index(
        "mentoring_needs_open_idx",
        "mentoring_needs",
        ["operator_id", "created_at"],
        postgresql_where="ended_at IS NULL",
    )
    op.create_index(
        op.f("mentoring_needs_operator_id_startup_id_idx"), "mentoring_needs", ["operator_id", "startup_id"]
    )
    op.create_table(
        "mentoring_rounds",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), server_default="", nullable=False),
        sa.Column("days", postgresql.DATERANGE(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("figures", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_by", sa.BigInteger(), nullable=True),
        sa.Column("discarded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("name <> ''", name=op.f("mentoring_rounds_name_check")),
        sa.CheckConstraint(
            "NOT isempty(days) AND NOT lower_inf(days) AND NOT upper_inf(days)",
            name=op.f("mentoring_rounds_days_check"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(published_at, discarded_at) <= 1", name=op.f("mentoring_rounds_one_end_check")
        ),
        sa.CheckConstraint(
            "published_at IS NULL OR proposed_at IS NOT NULL",
            name=op.f("mentoring_rounds_published_was_proposed_check"),
        ),
        *_keys("mentoring_rounds", created_by="people", published_by="people"),
    )
    op.create_table(
        "need_fields",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("need_id", sa.BigInteger(), nullable=False),
        sa.Column("field_id", sa.BigInteger(), nullable=False),
        *_keys(
            "need_fields",
            primary=("operator_id", "need_id", "field_id"),
            field_id="help_fields",
            need_id="mentoring_needs",
        ),
    )
    op.create_index(op.f("need_fields_operator_id_field_id_idx"), "need_fields", ["operator_id", "field_id"])
    op.create_table(
        "round_startups",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("round_id", sa.BigInteger(), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("least", sa.Integer(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.CheckConstraint("0 <= least AND least <= most AND most <= 1000", name=op.f("round_startups_counts_check")),
        *_keys(
            "round_startups",
            primary=("operator_id", "round_id", "startup_id"),
            round_id="mentoring_rounds",
            startup_id="startups",
        ),
    )
    op.create_index(op.f("round_startups_operator_id_startup_id_idx"), "round_startups", ["operator_id", "startup_id"])
    op.create_table(
        "mentors",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("engagement", sa.Text(), server_default="part_time", nullable=False),
        sa.Column("headline", sa.Text(), server_default="", nullable=False),
        sa.Column("headline_en", sa.Text(), server_default="", nullable=False),
        sa.Column("biography", sa.Text(), server_default="", nullable=False),
        sa.Column("biography_en", sa.Text(), server_default="", nullable=False),
        sa.Column("industries", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("stages", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("languages", postgresql.ARRAY(sa.Text()), server_default="{zh}", nullable=False),
        sa.Column("rate_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), server_default="CNY", nullable=False),
        sa.Column("takes_vouchers", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("zone", sa.Text(), server_default="Asia/Shanghai", nullable=False),
        sa.Column("capacity_hours", sa.Integer(), server_default="8", nullable=False),
        sa.Column("meeting_place", sa.Text(), server_default="", nullable=False),
        sa.Column("meeting_link", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("engagement IN ('part_time', 'full_time')", name=op.f("mentors_engagement_check")),
        sa.CheckConstraint(
            "kind IN ('entrepreneur', 'investor', 'technical', 'legal', 'finance', 'policy')",
            name=op.f("mentors_kind_check"),
        ),
        sa.CheckConstraint(
            "languages <@ ARRAY['zh', 'yue', 'en', 'ja', 'ko', 'de', 'fr', 'ru', 'es', 'pt', 'ar']::text[] AND cardinality(languages) > 0",
            name=op.f("mentors_languages_check"),
        ),
        sa.CheckConstraint(
            "stages <@ ARRAY['idea', 'prototype', 'seed', 'early', 'growth']::text[]", name=op.f("mentors_stages_check")
        ),
        sa.CheckConstraint("capacity_hours BETWEEN 0 AND 200", name=op.f("mentors_capacity_check")),
        sa.CheckConstraint("cardinality(industries) <= 20", name=op.f("mentors_industries_check")),
        sa.CheckConstraint("number > 0", name=op.f("mentors_number_check")),
        sa.CheckConstraint("rate_minor > 0", name=op.f("mentors_rate_check")),
        sa.CheckConstraint(
            "rate_minor IS NOT NULL OR NOT takes_vouchers", name=op.f("mentors_vouchers_pay_a_rate_check")
        ),
        sa.UniqueConstraint("operator_id", "number", name=op.f("mentors_operator_id_number_key")),
        sa.UniqueConstraint("operator_id", "person_id", name=op.f("mentors_operator_id_person_id_key")),
        sa.UniqueConstraint("operator_id", "unit_id", name=op.f("mentors_operator_id_unit_id_key")),
        *_keys("mentors", person_id="people", site_id="sites", unit_id="units"),
    )
    op.create_index(op.f("mentors_operator_id_site_id_idx"), "mentors", ["operator_id", "site_id"])
    op.create_table(
        "hours_certificates",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("mentor_id", sa.BigInteger(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("days", postgresql.DATERANGE(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "NOT isempty(days) AND NOT lower_inf(days) AND NOT upper_inf(days)",
            name=op.f("hours_certificates_days_check"),
        ),
        sa.CheckConstraint("minutes >= 0", name=op.f("hours_certificates_minutes_check")),
        sa.CheckConstraint("number > 0", name=op.f("hours_certificates_number_check")),
        sa.CheckConstraint("octet_length(sha256) = 32", name=op.f("hours_certificates_sha256_check")),
        sa.UniqueConstraint(
            "operator_id", "year", "number", name=op.f("hours_certificates_operator_id_year_number_key")
        ),
        *_keys("hours_certificates", made_by="people", mentor_id="mentors"),
    )
    op.create_index(
        op.f("hours_certificates_operator_id_mentor_id_idx"), "hours_certificates", ["operator_id", "mentor_id"]
    )
    op.create_table(
        "mentor_appointments",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("mentor_id", sa.BigInteger(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("days", postgresql.DATERANGE(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=True),
        sa.Column("document_id", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("(ended_at IS NULL) = (end_reason = '')", name=op.f("mentor_appointments_end_reason_check")),
        sa.CheckConstraint("title <> ''", name=op.f("mentor_appointments_title_check")),
        sa.CheckConstraint(
            "NOT isempty(days) AND NOT lower_inf(days) AND NOT upper_inf(days)",
            name=op.f("mentor_appointments_days_check"),
        ),
        sa.CheckConstraint("number > 0", name=op.f("mentor_appointments_number_check")),
        sa.UniqueConstraint(
            "operator_id", "year", "number", name=op.f("mentor_appointments_operator_id_year_number_key")
        ),
        *_keys("mentor_appointments", document_id="documents", made_by="people", mentor_id="mentors"),
    )
    op.create_table(
        "mentor_conflicts",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("mentor_id", sa.BigInteger(), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("declared_by", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.BigInteger(), nullable=True),
        sa.Column("end_reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("(ended_at IS NULL) = (end_reason = '')", name=op.f("mentor_conflicts_end_reason_check")),
        sa.CheckConstraint("kind <> 'other' OR note <> ''", name=op.f("mentor_conflicts_other_says_what_check")),
        sa.CheckConstraint(
            "kind IN ('invested', 'employed', 'competes', 'family', 'other')", name=op.f("mentor_conflicts_kind_check")
        ),
        *_keys("mentor_conflicts", declared_by="people", ended_by="people", mentor_id="mentors", startup_id="startups"),
    )
    op.create_index(
        "mentor_conflicts_live_key",
        "mentor_conflicts",
        ["operator_id", "mentor_id", "startup_id", "kind"],
        unique=True,
        postgresql_where="ended_at IS NULL",
    )
    op.create_index(
        op.f("mentor_conflicts_operator_id_startup_id_idx"), "mentor_conflicts", ["operator_id", "startup_id"]
    )
    op.create_table(
        "mentor_days",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("mentor_id", sa.BigInteger(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("opens_minute", sa.Integer(), nullable=True),
        sa.Column("closes_minute", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("(opens_minute IS NULL) = (closes_minute IS NULL)", name=op.f("mentor_days_both_check")),
        sa.CheckConstraint(
            "0 <= opens_minute AND opens_minute < closes_minute AND closes_minute <= 1440",
            name=op.f("mentor_days_order_check"),
        ),
        sa.UniqueConstraint(
            "operator_id", "mentor_id", "on_date", name=op.f("mentor_days_operator_id_mentor_id_on_date_key")
        ),
        *_keys("mentor_days", mentor_id="mentors"),
    )
    op.create_table(
        "mentor_fields",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("mentor_id", sa.BigInteger(), nullable=False),
        sa.Column("field_id", sa.BigInteger(), nullable=False),
        *_keys(
            "mentor_fields",
            primary=("operator_id", "mentor_id", "field_id"),
            field_id="help_fields",
            mentor_id="mentors",
        ),
    )
    op.create_index(op.f("mentor_fields_operator_id_field_id_idx"), "mentor_fields", ["operator_id", "field_id"])
    op.create_table(
        "mentor_hours",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("mentor_id", sa.BigInteger(), nullable=False),
        sa.Column("weekday", sa.SmallInteger(), nullable=False),
        sa.Column("opens_minute", sa.Integer(), nullable=False),
        sa.Column("closes_minute", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "0 <= opens_minute AND opens_minute < closes_minute AND closes_minute <= 1440",
            name=op.f("mentor_hours_order_check"),
        ),
        sa.CheckConstraint("weekday BETWEEN 1 AND 7", name=op.f("mentor_hours_weekday_check")),
        sa.UniqueConstraint(
            "operator_id",
            "mentor_id",
            "weekday",
            "opens_minute",
            name=op.f("mentor_hours_operator_id_mentor_id_weekday_opens_minute_key"),
        ),
        *_keys("mentor_hours", mentor_id="mentors"),
    )
    op.create_table(
        "mentor_proposals",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("mentor_id", sa.BigInteger(), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_by", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("remark", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "outcome <> 'returned' OR remark <> ''", name=op.f("mentor_proposals_returned_says_why_check")
        ),
        sa.CheckConstraint(
            "outcome IN ('approved', 'returned', 'withdrawn', 'replaced')", name=op.f("mentor_proposals_outcome_check")
        ),
        sa.CheckConstraint("(decided_at IS NULL) = (outcome IS NULL)", name=op.f("mentor_proposals_decided_check")),
        *_keys("mentor_proposals", decided_by="people", mentor_id="mentors", sent_by="people"),
    )
    op.create_index(
        "mentor_proposals_open_key",
        "mentor_proposals",
        ["operator_id", "mentor_id"],
        unique=True,
        postgresql_where="decided_at IS NULL",
    )
    op.create_index(
        op.f("mentor_proposals_operator_id_mentor_id_idx"), "mentor_proposals", ["operator_id", "mentor_id"]
    )
    op.create_table(
        "mentor_sites",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("mentor_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        *_keys("mentor_sites", primary=("operator_id", "mentor_id", "site_id"), mentor_id="mentors", site_id="sites"),
    )
    op.create_index(op.f("mentor_sites_operator_id_site_id_idx"), "mentor_sites", ["operator_id", "site_id"])
    op.create_table(
        "mentorships",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("mentor_id", sa.BigInteger(), nullable=False),
        sa.Column("round_id", sa.BigInteger(), nullable=True),
        sa.Column("days", postgresql.DATERANGE(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("(ended_at IS NULL) = (end_reason = '')", name=op.f("mentorships_end_reason_check")),
        sa.CheckConstraint(
            "NOT isempty(days) AND NOT lower_inf(days) AND NOT upper_inf(days)", name=op.f("mentorships_days_check")
        ),
        *_keys(
            "mentorships", made_by="people", mentor_id="mentors", round_id="mentoring_rounds", startup_id="startups"
        ),
    )
    op.create_index(op.f("mentorships_operator_id_mentor_id_idx"), "mentorships", ["operator_id", "mentor_id"])
    op.create_table(
        "round_mentors",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("round_id", sa.BigInteger(), nullable=False),
        sa.Column("mentor_id", sa.BigInteger(), nullable=False),
        sa.Column("least", sa.Integer(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.CheckConstraint("0 <= least AND least <= most AND most <= 1000", name=op.f("round_mentors_counts_check")),
        *_keys(
            "round_mentors",
            primary=("operator_id", "round_id", "mentor_id"),
            mentor_id="mentors",
            round_id="mentoring_rounds",
        ),
    )
    op.create_index(op.f("round_mentors_operator_id_mentor_id_idx"), "round_mentors", ["operator_id", "mentor_id"])
    op.create_table(
        "round_pairs",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("round_id", sa.BigInteger(), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("mentor_id", sa.BigInteger(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("parts", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("in_proposal", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("in_greedy", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("chosen", sa.Boolean(), server_default="false", nullable=False),
        sa.CheckConstraint("cardinality(parts) = 9", name=op.f("round_pairs_parts_check")),
        sa.CheckConstraint("score BETWEEN 0 AND 1000", name=op.f("round_pairs_score_check")),
        *_keys(
            "round_pairs",
            primary=("operator_id", "round_id", "startup_id", "mentor_id"),
            mentor_id="mentors",
            round_id="mentoring_rounds",
            startup_id="startups",
        ),
    )
    op.create_table(
        "round_wishes",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("round_id", sa.BigInteger(), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("mentor_id", sa.BigInteger(), nullable=False),
        sa.Column("wish", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("wish IN ('pin', 'exclude')", name=op.f("round_wishes_wish_check")),
        *_keys(
            "round_wishes",
            primary=("operator_id", "round_id", "startup_id", "mentor_id"),
            mentor_id="mentors",
            round_id="mentoring_rounds",
            startup_id="startups",
        ),
    )
    op.create_table(
        "mentor_sessions",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("mentor_id", sa.BigInteger(), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("need_id", sa.BigInteger(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("period", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), server_default="", nullable=False),
        sa.Column("link", sa.Text(), server_default="", nullable=False),
        sa.Column("booking_id", sa.BigInteger(), nullable=True),
        sa.Column("payer", sa.Text(), server_default="nobody", nullable=False),
        sa.Column("rate_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), server_default="CNY", nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("booked_by", sa.BigInteger(), nullable=True),
        sa.Column("request_key", sa.Text(), nullable=True),
        sa.Column("revision", sa.Integer(), server_default="0", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by", sa.BigInteger(), nullable=True),
        sa.Column("cancel_reason", sa.Text(), nullable=True),
        sa.Column("missed_by", sa.Text(), nullable=True),
        sa.Column("missed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("missed_said_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(payer = 'nobody') = (rate_minor IS NULL)", name=op.f("mentor_sessions_rate_is_paid_check")
        ),
        sa.CheckConstraint("booking_id IS NULL OR way = 'room'", name=op.f("mentor_sessions_room_check")),
        sa.CheckConstraint("missed_by IN ('mentor', 'startup')", name=op.f("mentor_sessions_missed_by_check")),
        sa.CheckConstraint("payer IN ('nobody', 'startup', 'voucher')", name=op.f("mentor_sessions_payer_check")),
        sa.CheckConstraint("title <> ''", name=op.f("mentor_sessions_title_check")),
        sa.CheckConstraint("way IN ('room', 'place', 'online')", name=op.f("mentor_sessions_way_check")),
        sa.CheckConstraint(
            "(cancelled_at IS NULL) = (cancel_reason IS NULL)", name=op.f("mentor_sessions_cancel_reason_check")
        ),
        sa.CheckConstraint("(missed_by IS NULL) = (missed_at IS NULL)", name=op.f("mentor_sessions_missed_check")),
        sa.CheckConstraint(
            "NOT isempty(period) AND NOT lower_inf(period) AND NOT upper_inf(period)",
            name=op.f("mentor_sessions_period_check"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(cancelled_at, missed_at) <= 1", name=op.f("mentor_sessions_one_outcome_check")
        ),
        sa.CheckConstraint("rate_minor > 0", name=op.f("mentor_sessions_rate_check")),
        sa.UniqueConstraint(
            "operator_id",
            "booked_by",
            "request_key",
            name=op.f("mentor_sessions_operator_id_booked_by_request_key_key"),
        ),
        *_keys(
            "mentor_sessions",
            booked_by="people",
            booking_id="bookings",
            cancelled_by="people",
            mentor_id="mentors",
            missed_said_by="people",
            need_id="mentoring_needs",
            site_id="sites",
            startup_id="startups",
        ),
    )
    op.create_index(
        "mentor_sessions_mentor_idx",
        "mentor_sessions",
        ["operator_id", "mentor_id", sa.literal_column("lower(period)")],
    )
    op.create_index(
        op.f("mentor_sessions_operator_id_booking_id_idx"), "mentor_sessions", ["operator_id", "booking_id"]
    )
    op.create_index(op.f("mentor_sessions_operator_id_need_id_idx"), "mentor_sessions", ["operator_id", "need_id"])
    op.create_index("mentor_sessions_start_idx", "mentor_sessions", ["operator_id", sa.literal_column("lower(period)")])
    op.create_index(
        "mentor_sessions_startup_idx",
        "mentor_sessions",
        ["operator_id", "startup_id", sa.literal_column("lower(period)")],
    )
    op.create_table(
        "session_feedback",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("rating", sa.SmallInteger(), nullable=False),
        sa.Column("remark", sa.Text(), server_default="", nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("side IN ('mentor', 'startup')", name=op.f("session_feedback_side_check")),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name=op.f("session_feedback_rating_check")),
        sa.UniqueConstraint(
            "operator_id", "session_id", "side", name=op.f("session_feedback_operator_id_session_id_side_key")
        ),
        *_keys("session_feedback", person_id="people", session_id="mentor_sessions"),
    )
    op.create_table(
        "session_logs",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("held", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("topics", sa.Text(), nullable=False),
        sa.Column("advice", sa.Text(), server_default="", nullable=False),
        sa.Column("next_steps", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_by", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("topics <> ''", name=op.f("session_logs_topics_check")),
        sa.CheckConstraint("version = 1 OR reason <> ''", name=op.f("session_logs_reason_check")),
        sa.CheckConstraint(
            "NOT isempty(held) AND NOT lower_inf(held) AND NOT upper_inf(held)", name=op.f("session_logs_held_check")
        ),
        sa.CheckConstraint("octet_length(sha256) = 32", name=op.f("session_logs_sha256_check")),
        sa.CheckConstraint("version >= 1", name=op.f("session_logs_version_check")),
        sa.UniqueConstraint(
            "operator_id", "session_id", "version", name=op.f("session_logs_operator_id_session_id_version_key")
        ),
        *_keys("session_logs", session_id="mentor_sessions", written_by="people"),
    )
    op.create_table(
        "session_notes",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint(
            "operator_id", "session_id", "person_id", name=op.f("session_notes_operator_id_session_id_person_id_key")
        ),
        *_keys("session_notes", person_id="people", session_id="mentor_sessions"),
    )
    op.create_table(
        "session_tasks",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.BigInteger(), nullable=True),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("task <> ''", name=op.f("session_tasks_task_check")),
        sa.CheckConstraint("num_nonnulls(done_at, dropped_at) <= 1", name=op.f("session_tasks_one_end_check")),
        *_keys(
            "session_tasks", created_by="people", done_by="people", session_id="mentor_sessions", startup_id="startups"
        ),
    )
    op.create_index(
        "session_tasks_open_idx",
        "session_tasks",
        ["operator_id", "startup_id"],
        postgresql_where="done_at IS NULL AND dropped_at IS NULL",
    )
    op.create_index(op.f("session_tasks_operator_id_session_id_idx"), "session_tasks", ["operator_id", "session_id"])
    op.create_table(
        "log_confirmations",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("log_id", sa.BigInteger(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("side IN ('mentor', 'startup')", name=op.f("log_confirmations_side_check")),
        sa.UniqueConstraint(
            "operator_id", "log_id", "confirmed_by", name=op.f("log_confirmations_operator_id_log_id_confirmed_by_key")
        ),
        sa.UniqueConstraint(
            "operator_id", "log_id", "side", name=op.f("log_confirmations_operator_id_log_id_side_key")
        ),
        *_keys("log_confirmations", confirmed_by="people", log_id="session_logs"),
    )
    op.create_table(
        "session_evidence",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("log_id", sa.BigInteger(), nullable=False),
        sa.Column("mentor_id", sa.BigInteger(), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("evident_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("minutes BETWEEN 1 AND 1440", name=op.f("session_evidence_minutes_check")),
        sa.CheckConstraint("octet_length(sha256) = 32", name=op.f("session_evidence_sha256_check")),
        sa.UniqueConstraint("operator_id", "log_id", name=op.f("session_evidence_operator_id_log_id_key")),
        *_keys(
            "session_evidence",
            log_id="session_logs",
            mentor_id="mentors",
            session_id="mentor_sessions",
            site_id="sites",
            startup_id="startups",
        ),
    )
    op.create_index(
        op.f("session_evidence_operator_id_mentor_id_on_date_idx"),
        "session_evidence",
        ["operator_id", "mentor_id", "on_date"],
    )
    op.create_index(op.f("session_evidence_operator_id_on_date_idx"), "session_evidence", ["operator_id", "on_date"])
    op.create_index(
        op.f("session_evidence_operator_id_session_id_id_idx"), "session_evidence", ["operator_id", "session_id", "id"]
    )
    op.create_index(
        op.f("session_evidence_operator_id_startup_id_on_date_idx"),
        "session_evidence",
        ["operator_id", "startup_id", "on_date"],
    )
    op.create_table(
        "session_log_fields",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("log_id", sa.BigInteger(), nullable=False),
        sa.Column("field_id", sa.BigInteger(), nullable=False),
        *_keys(
            "session_log_fields",
            primary=("operator_id", "log_id", "field_id"),
            field_id="help_fields",
            log_id="session_logs",
        ),
    )
    op.create_index(
        op.f("session_log_fields_operator_id_field_id_idx"), "session_log_fields", ["operator_id", "field_id"]
    )
    for table, (columns, days) in NO_OVERLAP.items():
        _refuse_overlap(table, columns, days)
    for table, rights in GRANTS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_operator ON {table} USING ({MINE}) WITH CHECK ({MINE})")
        op.execute(f"GRANT {rights} ON {table} TO {ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")


def downgrade() -> None:
    for table in reversed(GRANTS):
        op.drop_table(table)
    for table in ("allocations", "units", *KINDS):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute("DELETE FROM allocations WHERE holder_kind = 'session'")
    op.execute("DELETE FROM units WHERE kind = 'mentor'")
    for table in KINDS:
        op.execute(f"DELETE FROM {table} WHERE kind IN ('session', 'mentoring')")
    for table in ("allocations", "units", *KINDS):
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    for table, added in KINDS.items():
        _set(table, "kind", [kind for kind in _kinds(table) if kind not in added])
    _set("allocations", "holder_kind", [kind for kind in _kinds("allocations", "holder_kind") if kind != "session"])
    op.drop_constraint(op.f("units_only_places_have_area_check"), "units")
    op.drop_constraint(op.f("units_on_a_floor_check"), "units")
    op.alter_column("units", "floor_id", nullable=False)
    _set("units", "kind", [kind for kind in _kinds("units") if kind != "mentor"])
    op.drop_constraint(op.f("sites_coordinates_check"), "sites")
    op.drop_constraint(op.f("sites_both_coordinates_check"), "sites")
    op.drop_column("sites", "longitude")
    op.drop_column("sites", "latitude")


def _keys(table: str, primary: tuple[str, ...] = ("operator_id", "id"), **targets: str) -> list[sa.Constraint]:
    return [
        *(
            sa.ForeignKeyConstraint(
                ["operator_id", column],
                [f"{target}.operator_id", f"{target}.id"],
                name=op.f(f"{table}_operator_id_{column}_fkey"),
            )
            for column, target in targets.items()
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f(f"{table}_operator_id_fkey")),
        sa.PrimaryKeyConstraint(*primary, name=op.f(f"{table}_pkey")),
    ]


def _refuse_overlap(table: str, columns: tuple[str, ...], days: str) -> None:
    connection = op.get_bind()
    equal = connection.execute(sa.text("SELECT 1 FROM pg_extension WHERE extname = 'btree_gist'")).scalar()
    same = [
        f"{each} WITH =" if equal else f"int8range({each}, {each}, '[]') WITH &&" for each in ("operator_id", *columns)
    ]
    op.execute(
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_no_overlap EXCLUDE USING gist ({', '.join(same)}, {days} WITH &&)"
    )


def _kinds(table: str, column: str = "kind") -> list[str]:
    """What the column can be now, whichever migration said so."""
    condition = op.get_bind().execute(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"),
        {"name": f"{table}_{column}_check"},
    ).scalar_one()  # fmt: skip
    return re.findall(r"'(\w+)'", condition)


def _set(table: str, column: str, words: list[str]) -> None:
    name = op.f(f"{table}_{column}_check")
    op.drop_constraint(name, table, type_="check")
    op.create_check_constraint(name, table, f"{column} IN ({', '.join(repr(word) for word in words)})")

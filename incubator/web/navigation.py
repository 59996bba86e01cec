"""Where one can go: the navigation as one table, cut down to what the reader may open."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from msgspec import Struct

from incubator.accounts.permissions import Action
from incubator.core.errors import N_


class Place(Struct, frozen=True):
    """One entry: shown to whoever may do one of `actions`, if the application has the page.

    It is the current one on its own endpoint and on those that `covers` names, where `billing.` stands for
    all of that blueprint's; the longest name that fits wins.
    """

    label: str
    endpoint: str
    icon: str
    actions: tuple[Action, ...]
    covers: tuple[str, ...] = ()


class Section(Struct, frozen=True):
    """A titled group of places; the first one has no title."""

    title: str
    places: tuple[Place, ...]


_A = Action
SECTIONS: tuple[Section, ...] = (
    Section("", (
        Place(N_("Home"), "web.home", "home", (_A.SEE_HOME,)),
        Place(N_("Timeline"), "bookings.timeline", "calendar", (_A.SEE_TIMELINE,),
              ("bookings.timeline", "bookings.show_plan")),
        Place(N_("Find"), "bookings.find", "search", (_A.BOOK,)),
        Place(N_("Bookings"), "bookings.list_bookings", "calendar-event", (_A.SEE_ALL_BOOKINGS, _A.BOOK),
              ("bookings.",)),
        Place(N_("Front desk"), "bookings.desk", "door", (_A.BOOK_FOR_OTHERS,),
              ("bookings.desk", "bookings.desk_visitors", "bookings.walk_in", "bookings.visitor_retention")),
        Place(N_("Visitors"), "bookings.visitors", "users", (_A.BOOK,),
              ("bookings.visitors", "bookings.invite", "bookings.show_visitor")),
        Place(N_("Waitlist"), "bookings.waitlist", "hourglass", (_A.BOOK,),
              ("bookings.waitlist", "bookings.join_waitlist", "bookings.show_wait")),
        Place(N_("Requests"), "startups.list_requests", "lifebuoy", (_A.SEE_REQUESTS,),
              ("startups.show_request", "startups.new_request", "startups.request_figures",
               "startups.request_settings", "startups.new_category", "startups.edit_category",
               "startups.set_levels")),
        Place(N_("My requests"), "startups.my_requests", "lifebuoy", (_A.ASK,),
              ("startups.show_request", "startups.new_request")),
        Place(N_("Announcements"), "startups.list_announcements", "speakerphone", (_A.SEE_HOME,),
              ("startups.show_announcement", "startups.new_announcement", "startups.edit_announcement")),
        Place(N_("Events"), "bookings.list_events", "presentation", (_A.SEE_HOME,),
              ("bookings.list_events", "bookings.show_event", "bookings.new_event", "bookings.edit_event",
               "bookings.count_event")),
        Place(N_("House documents"), "startups.house_documents", "note", (_A.SEE_HOME,),
              ("startups.house_documents", "startups.new_house_document")),
        Place(N_("Directory"), "startups.list_directory", "address-book", (_A.SEE_DIRECTORY,),
              ("startups.show_entry", "startups.edit_entry")),
    )),
    Section(N_("Space"), (
        Place(N_("Sites"), "spaces.list_sites", "building-community", (_A.SEE_SPACES,), ("spaces.",)),
        Place(N_("Rent-control chart"), "startups.rent_control", "list-details", (_A.SEE_STARTUPS,),
              ("startups.rent_control", "startups.new_hold", "startups.show_hold", "startups.extend_hold")),
        Place(N_("Booking rules"), "bookings.list_rules", "clipboard-list", (_A.SEE_SPACES,),
              ("bookings.list_rules", "bookings.new_rule", "bookings.edit_rule")),
    )),
    Section(N_("Incubation"), (
        Place(N_("Applications"), "startups.list_calls", "clipboard-list", (_A.SEE_APPLICATIONS,),
              ("startups.list_calls", "startups.application_retention", "startups.new_call", "startups.edit_call",
               "startups.show_call", "startups.new_question", "startups.edit_question", "startups.list_applications",
               "startups.show_application", "startups.show_selection", "startups.new_stage", "startups.edit_stage",
               "startups.show_rubric", "startups.new_criterion", "startups.edit_criterion", "startups.show_stage",
               "startups.show_ranking", "startups.show_record")),
        Place(N_("My reviews"), "startups.my_reviews", "list-details", (_A.REVIEW,),
              ("startups.my_reviews", "startups.show_review")),
        Place(N_("Startups"), "startups.list_startups", "rocket", (_A.SEE_STARTUPS,), ("startups.",)),
        Place(N_("Entrepreneurs"), "startups.list_humans", "users", (_A.SEE_PEOPLE,)),
        Place(N_("Programmes"), "startups.list_programmes", "certificate", (_A.MANAGE_STARTUPS,),
              ("startups.list_programmes", "startups.show_programme", "startups.new_programme",
               "startups.edit_programme", "startups.graduation_rules")),
        Place(N_("Reported figures"), "startups.figures_overview", "report-analytics", (_A.SEE_FIGURES,),
              ("startups.indicators", "startups.new_indicator", "startups.edit_indicator", "startups.edit_rhythm",
               "startups.new_check", "startups.list_all_achievements", "startups.show_figures",
               "startups.decide_figures", "startups.correct_figures")),
        Place(N_("Graduation"), "startups.list_graduation", "presentation", (_A.SEE_FIGURES,),
              ("startups.graduation", "startups.list_graduation")),
        Place(N_("Exits"), "startups.list_exits", "logout", (_A.SEE_STARTUPS,),
              ("startups.list_exits", "startups.show_exit", "startups.new_exit")),
        Place(N_("Alumni"), "startups.list_alumni", "users-group", (_A.SEE_FIGURES,)),
    )),
    Section(N_("Mentoring"), (
        Place(N_("Mentors"), "mentors.list_mentors", "users-group", (_A.SEE_MENTORS,), ("mentors.",)),
        Place(N_("My profile as a mentor"), "mentors.my_profile", "address-book", (_A.MENTOR,),
              ("mentors.my_profile", "mentors.edit_profile", "mentors.edit_hours")),
        Place(N_("Needs"), "mentors.list_needs", "lifebuoy", (_A.SEE_MENTORING,),
              ("mentors.list_needs", "mentors.show_need", "mentors.new_need", "mentors.edit_need")),
        Place(N_("What we need help with"), "mentors.my_needs", "lifebuoy", (_A.SEEK_MENTORS,),
              ("mentors.my_needs", "mentors.show_need", "mentors.new_need", "mentors.edit_need")),
        Place(N_("Sessions"), "mentors.list_sessions", "calendar-event",
              (_A.SEE_MENTORING, _A.MENTOR, _A.SEEK_MENTORS),
              ("mentors.list_sessions", "mentors.show_session", "mentors.new_session", "mentors.move_session",
               "mentors.cancel_session",
               "mentors.write_log")),
        Place(N_("Rounds"), "mentors.list_rounds", "list-details", (_A.SEE_MENTORING,),
              ("mentors.list_rounds", "mentors.show_round", "mentors.new_round", "mentors.edit_round",
               "mentors.show_side", "mentors.add_to_round", "mentors.list_wishes", "mentors.change_pair",
               "mentors.publish_round")),
        Place(N_("Mentorships"), "mentors.list_mentorships", "switch-horizontal",
              (_A.SEE_MENTORING, _A.MENTOR, _A.SEEK_MENTORS),
              ("mentors.list_mentorships", "mentors.end_mentorship")),
        Place(N_("Mentoring figures"), "mentors.figures", "report-analytics", (_A.SEE_MENTORING,),
              ("mentors.figures", "mentors.list_certificates", "mentors.list_evidence", "mentors.new_certificate")),
        Place(N_("Mentoring settings"), "mentors.settings", "clipboard-list", (_A.MANAGE_MENTORS,),
              ("mentors.settings", "mentors.list_fields", "mentors.edit_field", "mentors.new_field")),
    )),
    Section(N_("My startup"), (
        Place(N_("My startup"), "startups.mine", "rocket", (_A.SEE_OWN_STARTUP,), ("startups.",)),
        Place(N_("My figures"), "startups.my_figures", "report-analytics", (_A.EDIT_OWN_STARTUP,),
              ("startups.list_figures", "startups.show_figures", "startups.achievements", "startups.correct_figures")),
        Place(N_("My documents"), "startups.my_documents", "file-text", (_A.SEE_OWN_STARTUP,),
              ("startups.documents", "startups.new_document", "startups.show_document")),
        Place(N_("Evidence for subsidies"), "claims.my_evidence", "upload", (_A.EDIT_OWN_STARTUP,),
              ("claims.my_evidence", "claims.upload_own")),
        Place(N_("My applications"), "startups.my_applications", "clipboard-list", (_A.EDIT_OWN_STARTUP,)),
        Place(N_("Team and rights"), "accounts.own_teams", "users-group", (_A.SEE_OWN_STARTUP,),
              ("accounts.own_team", "accounts.own_member", "accounts.invite_member")),
        Place(N_("My allowances"), "bookings.my_allowances", "hourglass", (_A.SEE_OWN_STARTUP,)),
        Place(N_("My fapiaos"), "billing.my_fapiaos", "receipt", (_A.SEE_OWN_INVOICES,),
              ("billing.my_fapiaos", "billing.show_fapiao", "billing.edit_fapiao_title", "billing.ask_fapiao_of")),
        Place(N_("My vouchers"), "subsidies.my_vouchers", "ticket", (_A.SEE_OWN_INVOICES,),
              ("subsidies.show_voucher", "subsidies.new_order", "subsidies.show_order", "subsidies.apply_for_voucher")),
    )),
    Section(N_("Money"), (
        Place(N_("Finance's desk"), "billing.desk", "layout-dashboard", (_A.SEE_BILLING,)),
        Place(N_("Books"), "billing.books", "coin-yuan", (_A.SEE_BILLING,),
              ("billing.books", "billing.show_account", "billing.list_journal", "billing.show_entry", "billing.chart",
               "billing.new_account_code", "billing.ageing", "billing.deferred_income",
               "billing.show_company", "billing.offset_a_deposit")),
        Place(N_("Monthly billing"), "billing.months", "receipt", (_A.SEE_BILLING,), ("billing.",)),
        Place(N_("One-off charges"), "billing.list_one_offs", "receipt", (_A.SEE_BILLING,),
              ("billing.list_one_offs", "billing.new_one_off", "billing.withdraw_one_off")),
        Place(N_("Credit notes"), "billing.list_credit_notes", "file-invoice", (_A.SEE_BILLING, _A.SEE_OWN_INVOICES),
              ("billing.list_credit_notes", "billing.show_credit_note")),
        Place(N_("Invoices"), "billing.list_invoices", "file-invoice", (_A.SEE_BILLING, _A.SEE_OWN_INVOICES),
              ("billing.show_invoice", "billing.invoice_pdf", "billing.list_invoices", "billing.credit",
               "billing.show_write_off", "billing.instalments", "billing.my_overdue", "billing.promise_payment_day")),
        Place(N_("Payments"), "billing.list_payments", "coin-yuan", (_A.SEE_BILLING,),
              ("billing.list_payments", "billing.show_payment", "billing.new_payment", "billing.undo_clearing",
               "billing.refund_payment", "billing.undo_refund")),
        Place(N_("Bank matching"), "billing.list_lines", "building-bank", (_A.SEE_BILLING,),
              ("billing.list_lines", "billing.show_line", "billing.ignore_line", "billing.undo_line",
               "billing.list_bank_accounts", "billing.new_bank_account", "billing.edit_bank_account",
               "billing.import_statement", "billing.show_statement_file", "billing.import_statement_file")),
        Place(N_("Pay"), "billing.to_pay", "coin-yuan", (_A.PAY_OWN_INVOICES,),
              ("billing.to_pay", "billing.go_and_pay", "billing.show_paying", "billing.saved_card")),
        Place(N_("Payments by Stripe"), "billing.list_card_payments", "receipt", (_A.SEE_BILLING,),
              ("billing.list_card_payments", "billing.show_card_payment", "billing.list_card_findings",
               "billing.stripe_settings")),
        Place(N_("Dunning"), "billing.list_dunning", "clock", (_A.SEE_BILLING,),
              ("billing.show_dunning", "billing.list_notice_letters", "billing.list_interest",
               "billing.dunning_settings", "billing.pause_dunning", "billing.resume_dunning", "billing.take_promise",
               "billing.lift_booking_limit", "billing.record_call", "billing.save_dunning",
               "billing.preview_dunning")),
        Place(N_("Access tasks"), "billing.list_access", "key", (_A.HANDLE_REQUESTS,)),
        Place(N_("Fapiaos"), "billing.list_fapiaos", "receipt", (_A.SEE_BILLING,),
              ("billing.list_fapiao_batches", "billing.show_fapiao_batch", "billing.import_fapiao_results",
               "billing.fapiao_settings", "billing.edit_fapiao_place", "billing.show_fapiao", "billing.ask_fapiao_of",
               "billing.enter_fapiao_result", "billing.ask_fapiao_red", "billing.edit_fapiao_title")),
        Place(N_("Tariffs"), "pricing.list_tariffs", "coin-yuan", (_A.SEE_PRICES,), ("pricing.",)),
        Place(N_("Meters"), "pricing.list_site_meters", "gauge", (_A.SEE_PRICES,),
              ("pricing.list_site_meters", "pricing.new_meter", "pricing.show_meter", "pricing.exchange_meter",
               "pricing.read_meters", "pricing.correct_reading", "jobs.import_readings")),
        Place(N_("Allowances"), "bookings.list_allowances", "hourglass", (_A.SEE_PRICES,),
              ("bookings.new_allowance", "bookings.show_allowance", "bookings.end_an_allowance",
               "bookings.list_included", "bookings.new_included")),
        Place(N_("Subsidy schemes"), "subsidies.list_schemes", "certificate", (_A.SEE_SCHEMES,),
              ("subsidies.", "trials.")),
        Place(N_("Budgets"), "subsidies.list_budgets", "coin-yuan", (_A.SEE_SCHEMES,),
              ("subsidies.new_pool", "subsidies.new_budget", "subsidies.show_budget", "subsidies.reserve_budget",
               "subsidies.draw_on_pool")),
        Place(N_("Grants to the operator"), "subsidies.list_grants", "building-community", (_A.SEE_SCHEMES,),
              ("subsidies.list_facts", "subsidies.new_fact", "subsidies.list_costs", "subsidies.new_cost")),
        Place(N_("Vouchers"), "subsidies.list_vouchers", "ticket", (_A.SEE_SCHEMES, _A.TAKE_VOUCHERS),
              ("subsidies.show_voucher", "subsidies.present", "subsidies.list_series", "subsidies.new_series",
               "subsidies.show_series", "subsidies.edit_series_budget", "subsidies.issue_vouchers",
               "subsidies.list_voucher_applications", "subsidies.show_voucher_application", "subsidies.list_providers",
               "subsidies.new_provider", "subsidies.edit_provider", "subsidies.new_order", "subsidies.show_order",
               "subsidies.redeem_order", "subsidies.release_order", "subsidies.return_order",
               "subsidies.list_settlements", "subsidies.new_settlement", "subsidies.make_list",
               "subsidies.pay_settlement", "subsidies.undo_payment",
               "subsidies.show_settlement")),
    )),
    Section(N_("Proof"), (
        Place(N_("Reports"), "reports.list_reports", "report-analytics", (_A.SEE_REPORTS,), ("reports.",)),
        Place(N_("Occupancy reports"), "reports.list_occupancy", "chart-bar", (_A.SEE_REPORTS,),
              ("reports.occupancy", "reports.rows", "reports.freeze", "reports.download")),
        Place(N_("Use of spaces"), "measuring.use", "gauge", (_A.SEE_REPORTS,), ("measuring.",)),
        Place(N_("Reports of figures"), "reports.list_figures", "file-spreadsheet", (_A.SEE_REPORTS,),
              ("reports.figures", "reports.freeze_figures_report", "reports.download_figures")),
        Place(N_("Yearly statistics"), "statistics.list_years", "file-spreadsheet", (_A.SEE_REPORTS,),
              ("statistics.",)),
        Place(N_("Report builder"), "builder.build", "report-analytics", (_A.SEE_REPORTS,), ("builder.",)),
        Place(N_("Presence"), "presence.show_presence", "door", (_A.SEE_PRESENCE,), ("presence.",)),
        Place(N_("Qualifications"), "gauge.list_goals", "gauge", (_A.SEE_REPORTS,), ("gauge.",)),
        Place(N_("Claims"), "claims.list_claims", "building-bank", (_A.SEE_CLAIMS,), ("claims.",)),
        Place(N_("Audit trail"), "audit.trail", "fingerprint", (_A.SEE_AUDIT,), ("audit.",)),
    )),
    Section(N_("House"), (
        Place(N_("Import"), "jobs.imports", "table-import", (_A.IMPORT,),
              ("jobs.imports", "jobs.show_import", "jobs.import_template")),
        Place(N_("Run book"), "jobs.list_runs", "clock-play", (_A.SEE_JOBS,), ("jobs.",)),
        Place(N_("Team"), "accounts.team", "users-group", (_A.SEE_TEAM,),
              ("accounts.invite", "accounts.show_person", "accounts.edit_operator")),
    )),
)  # fmt: skip


def places_for(actions: Collection[Action], exists: Callable[[str], bool]) -> list[Section]:
    """The sections with the places that who may do `actions` may open; a section left without any is left out."""
    found = []
    for section in SECTIONS:
        places = tuple(
            place
            for place in section.places
            if exists(place.endpoint) and any(action in actions for action in place.actions)
        )
        if places:
            found.append(Section(section.title, places))
    return found


def current_place(sections: Iterable[Section], endpoint: str | None) -> Place | None:
    """The place that the page `endpoint` belongs to: `spaces.show_site` is in Sites, the profile nowhere."""
    best, length = None, 0
    for section in sections:
        for place in section.places:
            for name in (place.endpoint, *place.covers):
                fits = endpoint == name or (name.endswith(".") and (endpoint or "").startswith(name))
                # an exact name outweighs a blueprint's
                weight = len(name) + (1000 if endpoint == name else 0)
                if fits and weight > length:
                    best, length = place, weight
    return best

"""Sessions by voucher: ordered before they begin, redeemed by the log that both sides have confirmed."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import RadioField

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import CHINA, utc_now
from incubator.core.errors import Refusal
from incubator.database import db
from incubator.documents.answering import Answer, answer, press
from incubator.documents.formats import day, money, named
from incubator.i18n import reader_locale
from incubator.mentors.operations import vouchers as operations
from incubator.mentors.queries.sessions import MeetingRow, get_meeting_row
from incubator.mentors.views.blueprint import blueprint
from incubator.subsidies.queries.voucher_sources import (
    SourceOrder,
    foresee_borne,
    list_bookable,
    list_source_orders,
)


class OrderForm(FlaskForm):
    """Which voucher is to bear its share."""

    voucher_id = RadioField(_l("Voucher"), coerce=int)


@blueprint.route("/mentoring/sessions/<int:session_id>/voucher", methods=["GET", "POST"])
@requires(Action.USE_VOUCHERS)
def order_session(session_id: int) -> Answer:
    """Which of the startup's vouchers is to bear its share of the session; or that none can."""
    session, actor, form, now = db.session(), current_actor(), OrderForm(), utc_now()
    row = get_meeting_row(session, actor, session_id)
    is_open = operations.can_be_ordered(row, now)
    form.voucher_id.choices = _choices(row) if is_open else []

    def order() -> str:
        operations.order_session(session, actor, now=now, session_id=session_id, voucher_id=form.voucher_id.data)
        return url_for("mentors.show_session", session_id=session_id)

    return answer(form, "mentors/order_session.html", order, _("Ordered. The voucher keeps its part for it."),
                  row=row, price=operations.price_of(row.meeting), is_open=is_open)  # fmt: skip


@blueprint.route("/mentoring/sessions/<int:session_id>/redeem", methods=["POST"])
@requires(Action.TAKE_VOUCHERS)
def redeem_session(session_id: int) -> Response:
    """It took place, as both sides say: the voucher's part is redeemed."""
    return press(
        lambda: operations.redeem_session(db.session(), current_actor(), now=utc_now(), session_id=session_id),
        _("Redeemed by the confirmed log."), url_for("mentors.show_session", session_id=session_id),
    )  # fmt: skip


def _choices(row: MeetingRow) -> list[tuple[int, str]]:
    """The startup's vouchers that can be used for it, each with what it would bear."""
    session, actor, locale = db.session(), current_actor(), reader_locale()
    today, price, found = utc_now().astimezone(CHINA).date(), operations.price_of(row.meeting), []
    for each in list_bookable(session, actor, today, [operations.USE])[:10]:
        if each.startup.id != row.meeting.startup_id:
            continue
        try:
            borne = foresee_borne(session, each.voucher.id, each.startup.id, use=operations.USE, gross_minor=price,
                                  today=today)  # fmt: skip
        except Refusal:
            continue
        words = _("%(voucher)s · %(series)s: bears %(value)s; %(left)s left until %(day)s", voucher=each.voucher.label,
                  series=named(each.series, locale), value=money(borne.value_minor, "CNY", locale),
                  left=money(each.balance.left, "CNY", locale),
                  day=day(each.voucher.valid_until, locale))  # fmt: skip
        found.append((each.voucher.id, words))
    return found


@blueprint.context_processor
def session_voucher() -> dict[str, object]:
    """What a session's page asks of vouchers."""
    return {"voucher_of": voucher_of, "can_be_ordered": operations.can_be_ordered}


def voucher_of(session_id: int) -> SourceOrder | None:
    """The order by which a voucher bears a part of the session; one statement."""
    return next(iter(list_source_orders(db.session(), operations.SOURCE, [session_id])), None)

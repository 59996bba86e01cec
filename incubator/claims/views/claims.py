"""The list of claims, a new one, and the page of one."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.accounts.queries import get_operator
from incubator.billing.views.parts import local_today
from incubator.claims.forms.claims import ChangeForm, NewClaimForm
from incubator.claims.operations import gathering
from incubator.claims.operations.letters import change_claim
from incubator.claims.queries import claims as reads
from incubator.claims.queries import lists
from incubator.claims.queries import money as moneys
from incubator.claims.queries.evidence import load_dossier
from incubator.claims.queries.fingerprints import fingerprint, late_decisions
from incubator.claims.queries.gathering import Found, Scope, list_unclaimed, preview
from incubator.claims.rules.completeness import matrix
from incubator.claims.rules.states import INNER, follows
from incubator.claims.views.blueprint import blueprint
from incubator.claims.views.shared import next_step, title_of
from incubator.core.clock import utc_now
from incubator.core.paging import Page, page_number, row_id
from incubator.core.periods import Month
from incubator.database import db
from incubator.documents.answering import Answer, answer, press
from incubator.i18n import reader_locale
from incubator.spaces.queries import list_sites


@blueprint.route("/claims")
@requires(Action.SEE_CLAIMS)
def list_claims() -> str:
    """Every claim with its money and deadline; what is not claimed yet stands above."""
    session, actor, today = db.session(), current_actor(), local_today()
    group = request.args.get("group", "")
    group, scheme_id = group if group in lists.GROUPS else "", request.args.get("scheme_id", type=row_id)
    number, last = page_number(request.args.get("page")), (Month.of(today) - 1).last
    return render_template(
        "claims/list_claims.html", asked={"group": group, "scheme_id": scheme_id},
        schemes=lists.list_schemes_claimed(session, actor), deadlines=lists.count_deadlines(session, actor, today),
        page=lists.list_claims(session, actor, today=today, group=group, scheme_id=scheme_id, page=number),
        sums=lists.total_claims(session, actor, group=group, scheme_id=scheme_id),
        unclaimed=list_unclaimed(session, actor, last), last_on=last,
    )  # fmt: skip


@blueprint.route("/claims/new")
@requires(Action.MANAGE_CLAIMS)
def new_claim() -> Answer:
    """What would be gathered, company by company, before the claim is made."""
    form = NewClaimForm(formdata=request.args or None, meta={"csrf": False})
    _offer(form)
    if request.args and form.validate():
        return _new(form)
    if not request.args:
        last = Month.of(local_today()) - 1
        form.first_on.data, form.last_on.data = last.first, last.last
    return render_template("claims/new_claim.html", form=form, found=None), 422 if request.args else 200


@blueprint.route("/claims", methods=["POST"])
@requires(Action.MANAGE_CLAIMS)
def create_claim() -> Answer:
    """Make it, with what there is now."""
    session, actor, form = db.session(), current_actor(), NewClaimForm()
    _offer(form)

    def make() -> str:
        made = gathering.create_claim(
            session, actor, now=utc_now(), scheme_id=form.scheme.data, site_id=form.site.data,
            first_on=form.first_on.data, last_on=form.last_on.data, due_on=form.due_on.data,
        )  # fmt: skip
        return url_for("claims.show_claim", claim_id=made.id)

    return answer(form, "claims/new_claim.html", make, _("The claim is made: now see to its evidence."), found=None)


def _offer(form: NewClaimForm) -> None:
    session, actor, locale = db.session(), current_actor(), reader_locale()
    form.scheme.choices = [(each.id, f"{each.code} · {_named(each, locale)}")
                           for each in lists.list_schemes_claimed(session, actor)]  # fmt: skip
    sites = [(each.id, _named(each, locale)) for each in list_sites(session, actor)]
    form.site.choices = [("", _("All sites")), *sites]


def _named(each: object, locale: str) -> str:
    name_en = getattr(each, "name_en", "")
    return str(name_en if locale == "en" and name_en else getattr(each, "name", ""))


def _new(form: NewClaimForm) -> Answer:
    session, actor = db.session(), current_actor()
    currency = get_operator(session).currency
    found: list[Found] = preview(session, actor, Scope(form.scheme.data, form.site.data, form.last_on.data, currency))
    return render_template("claims/new_claim.html", form=form, found=found)


@blueprint.route("/claims/<int:claim_id>")
@requires(Action.SEE_CLAIMS)
def show_claim(claim_id: int) -> str:
    """A claim: its lines by company, how complete it is, its steps, money and letters, and what is to be done next."""
    session, actor, now = db.session(), current_actor(), utc_now()
    row = reads.get_claim(session, actor, claim_id)
    lines = reads.list_lines(session, actor, claim_id, released=True)
    living = [each for each in lines if not each.is_released]
    dossier, steps = load_dossier(session, row.claim, living, now=now), reads.list_steps(session, actor, claim_id)
    digest = fingerprint(session, row.claim, dossier)
    seen = next((each.step.fingerprint for each in reversed(steps) if each.step.state == row.claim.state), digest)
    stale = row.claim.state in ("checked", "approved") and seen != digest
    sums = moneys.load_sums(session, [claim_id])[claim_id]
    shown = living or [each for each in lines if row.claim.state == "rejected"]
    return render_template(
        "claims/show_claim.html", row=row, dossier=dossier, steps=steps,
        page=Page.cut(reads.group_lines(shown), page_number(request.args.get("page"))),
        released=[each for each in lines if each.is_released and each not in shown], stale=stale, sums=sums,
        late=late_decisions(session, row.claim, dossier) if row.claim.state in INNER else [],
        squares=matrix(dossier.cells), next=next_step(row.claim.state, sums, is_stale=stale),
        others=list(follows(row.claim.state)), pressing=lists.pressing(row.claim, local_today()),
        payments=moneys.list_payments(session, actor, claim_id), title_of=title_of,
        clawbacks=moneys.list_clawbacks(session, actor, claim_id), lines_by_id={each.line.id: each for each in lines},
        letters=lists.list_letters(session, actor, claim_id),
    )  # fmt: skip


@blueprint.route("/claims/<int:claim_id>/edit", methods=["GET", "POST"])
@requires(Action.MANAGE_CLAIMS)
def edit_claim(claim_id: int) -> Answer:
    """Its deadline, and what the authority calls it."""
    session, actor, form = db.session(), current_actor(), ChangeForm()
    row = reads.get_claim(session, actor, claim_id)
    if request.method == "GET":
        form.due_on.data, form.authority_number.data = row.claim.due_on, row.claim.authority_number

    def change() -> str:
        change_claim(session, actor, now=utc_now(), claim_id=claim_id, due_on=form.due_on.data,
                     authority_number=form.authority_number.data or "")  # fmt: skip
        return url_for("claims.show_claim", claim_id=claim_id)

    return answer(form, "claims/form.html", change, _("The change is kept."), row=row,
                  title=_("Deadline and number"), button=_("Keep it"))  # fmt: skip


@blueprint.route("/claims/<int:claim_id>/gather", methods=["POST"])
@requires(Action.MANAGE_CLAIMS)
def gather_again(claim_id: int) -> Response:
    """Take what has come since into it."""

    def gather() -> None:
        gathering.gather_again(db.session(), current_actor(), now=utc_now(), claim_id=claim_id)

    return press(gather, _("What has come since is in the claim now."), url_for("claims.show_claim", claim_id=claim_id))

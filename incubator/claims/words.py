"""The words for claims: states, evidence, who bears what."""

from __future__ import annotations

from incubator.core.errors import N_

STATE_NAMES: dict[str, tuple[str, str]] = {
    "draft": (N_("Being prepared"), "secondary"), "checked": (N_("Checked"), "azure"),
    "approved": (N_("Approved"), "azure"), "submitted": (N_("Handed in"), "yellow"),
    "publicised": (N_("On public view"), "yellow"), "granted": (N_("Granted by the authority"), "green"),
    "paid": (N_("Paid out"), "green"), "audited": (N_("Audited"), "green"),
    "clawed_back": (N_("Clawed back"), "red"), "rejected": (N_("Rejected"), "red"),
    "withdrawn": (N_("Withdrawn"), "secondary"),
}  # fmt: skip
"""Of a claim: its name and colour."""

STEP_NAMES: dict[str, str] = {
    "draft": N_("Back to a draft"), "checked": N_("Check"), "approved": N_("Approve"), "submitted": N_("Hand in"),
    "publicised": N_("Note the public view"), "granted": N_("Note what was granted"), "paid": N_("Note a payment"),
    "audited": N_("Note the audit"), "clawed_back": N_("Note a clawback"), "rejected": N_("Note the rejection"),
    "withdrawn": N_("Withdraw"),
}  # fmt: skip
"""What leads to a state, as a button says it."""

STEP_SAYS: dict[str, str] = {
    "draft": N_("Its lines and evidence are worked on again; it is checked and approved anew."),
    "checked": N_("You say that lines, amounts and evidence are right. Another person approves just that."),
    "approved": N_("You approve exactly what was checked. Where anything changes afterwards, the approval is void."),
    "submitted": N_("From then on its lines stay as they are."),
    "publicised": N_("The authority has put what it means to grant on public view."),
    "audited": N_("Say by whom it was audited, and with what result."),
    "rejected": N_("The authority takes nothing of it. All its lines are free for another claim; nothing is booked."),
    "withdrawn": N_("It is given up before the authority decides. All its lines are free for another claim."),
}  # fmt: skip

DONE: dict[str, str] = {
    "draft": N_("The claim is a draft again."), "checked": N_("The claim is checked: now another person approves it."),
    "approved": N_("The claim is approved: it can be handed in."), "submitted": N_("The claim is handed in."),
    "publicised": N_("The public view is noted."), "audited": N_("The audit is noted."),
    "rejected": N_("The rejection is noted; its lines are free."),
    "withdrawn": N_("The claim is withdrawn; its lines are free."),
}  # fmt: skip

EVIDENCE_NAMES: dict[str, str] = {
    "agreement": N_("Agreement"), "licence": N_("Business licence"), "payment_proof": N_("Proof of payment"),
    "fapiao": N_("Fapiao"), "photograph": N_("Photographs"), "social_insurance": N_("Social-insurance list"),
    "mentor_log": N_("Mentor’s log"), "tax_certificate": N_("Tax certificate"), "other": N_("Other evidence"),
}  # fmt: skip

PER_NAMES: dict[str, str] = {
    "claim": N_("Once for the claim"), "startup": N_("For each startup"), "line": N_("For each line"),
}  # fmt: skip

VALID_NAMES: dict[str, str] = {
    "period": N_("On the last day of its months"), "submission": N_("On the day of handing in"),
}  # fmt: skip

CELL_NAMES: dict[str, tuple[str, str, str]] = {
    "present": (N_("There"), "green", "check"), "not_valid": (N_("Not valid on its day"), "yellow", "alert-triangle"),
    "missing": (N_("Not there"), "red", "x"),
}  # fmt: skip
"""Of a piece of evidence: its name, colour and sign."""

LEFT_NAMES: dict[str, str] = {
    "operator": N_("The operator bears it"), "startup": N_("The startup bears it, on its next invoice"),
    "again": N_("To be claimed again"),
}  # fmt: skip

PAYMENT_NAMES: dict[str, str] = {"paid": N_("Paid by the authority"), "returned": N_("Paid back to the authority")}

OUTCOME_NAMES: dict[str, str] = {
    "granted": N_("Subsidy"), "capped": N_("Subsidy, up to its cap"), "adjusted": N_("Correction of an earlier month"),
    "credited": N_("Taken back by a credit note"), "ruled": N_("Not borne by the authority"),
}  # fmt: skip

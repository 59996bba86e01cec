"""What the trail says of claims."""

from __future__ import annotations

from incubator.core.errors import N_

CLAIM_ACTIONS: dict[str, str] = {
    "answer_remark": N_("answered a reviewer’s remark"),
    "approve_claim": N_("approved a claim"),
    "attach_evidence": N_("attached evidence to a claim"),
    "audit_claim": N_("noted the audit of a claim"),
    "change_claim": N_("changed the deadline or number of a claim"),
    "check_claim": N_("checked a claim"),
    "claw_back": N_("noted that an authority wants money back"),
    "create_claim": N_("made a claim"),
    "detach_evidence": N_("took evidence off a claim"),
    "file_claim_letter": N_("filed a letter of a claim"),
    "gather_claim": N_("gathered what came since into a claim"),
    "invite_reviewer": N_("invited a reviewer to a claim"),
    "make_pack": N_("made the pack of a claim"),
    "pay_claim": N_("noted a payment of an authority"),
    "publicise_claim": N_("noted that a claim was publicised"),
    "reject_claim": N_("noted that a claim was rejected"),
    "remark_claim": N_("noted a reviewer’s remark"),
    "remind_evidence": N_("reminded startups of missing evidence"),
    "remove_claim_line": N_("took a line out of a claim"),
    "reopen_claim": N_("took a claim back to a draft"),
    "require_evidence": N_("said which evidence a scheme asks for"),
    "return_subsidy": N_("noted that a subsidy was paid back"),
    "revoke_reviewer": N_("took back a reviewer’s access"),
    "rule_claim": N_("noted what an authority granted"),
    "submit_claim": N_("handed in a claim"),
    "undo_claim_payment": N_("undid a payment of a claim"),
    "unrequire_evidence": N_("ended what evidence a scheme asks for"),
    "withdraw_claim": N_("withdrew a claim"),
}

CLAIM_SUBJECTS: dict[str, str] = {
    "claims": N_("Claim"),
    "claim_requirements": N_("Required evidence"),
}

CLAIM_PAGES: dict[str, tuple[str, str]] = {"claims": ("claims.show_claim", "claim_id")}

CLAIM_FIELDS: dict[str, str] = {
    "authority_number": N_("The authority's number"),
    "clawed_back_minor": N_("Wanted back"),
    "evidence_kind": N_("Evidence"),
    "granted_minor": N_("Granted"),
    "refused_minor": N_("Not granted"),
    "startups": N_("Startups"),
}

CLAIM_VALUES: dict[tuple[str, str], str] = {}

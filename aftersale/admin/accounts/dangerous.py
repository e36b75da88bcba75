"""The dangerous steps of SPEC P5: each asks for a confirmation that is no older than 10 minutes.

By the names of their addresses, so that one list says them all (gate.py asks it).
"""

DANGEROUS = {
    # A token, a webhook's address and secret, platform credentials
    "desk:shop-token-add",
    "desk:shop-webhook-add",
    "desk:shop-webhook-change",
    "desk:shop-webhook-rotate",
    # Its address may be a token's, which no person has confirmed.
    "desk:shop-webhook-on",
    "monitoring:robot-add",
    "monitoring:robot-change",
    "desk:shop-platform-connect",
    "desk:shop-platform-authorise",
    "desk:shop-platform-confirm",
    "desk:shop-platform-replace",
    # A buyer's data
    "desk:shop-buyer-give",
    "desk:shop-buyer-erase",
    # A member's role
    "desk:shop-invite",
    "desk:shop-member-role",
    "desk:shop-member-remove",
    # Somebody's password or factor; those of one's own are asked for by django-allauth
    "account_password",
    "desk:user-change",
    "desk:user-password-link",
    "desk:user-forget-factors",
    # Amounts that roles approve alone
    "desk:shop-second-person-change",
    # Enabling a strategy
    "automation:strategy-enable",
    # The same for files: what fresh ones say is decided without a person
    "desk:files-approve",
    # A correction of a ledger
    "desk:fund-correct",
    # Lifting a pause
    "desk:automation-resume",
    "admin:aftersale_paymentstop_lift",
}

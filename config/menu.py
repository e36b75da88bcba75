"""The menu of the admin. Who sees an entry is asked of the desk and said by name here: the
settings import no app.
"""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

MEMBER = "aftersale.admin.kit.access.is_member"
STRATEGIES = "aftersale.admin.kit.access.changes_strategies"
TRAIL_READER = "aftersale.admin.kit.access.reads_trail"


def is_operator(request: HttpRequest) -> bool:
    return request.user.is_active and request.user.is_superuser


def page(title: Any, icon: str, name: str, permission: Any = MEMBER) -> dict[str, Any]:
    """A link to a page of the desk that belongs to no model, named "desk:windows"."""
    return {"title": title, "icon": icon, "link": reverse_lazy(name), "permission": permission}


def entry(title: Any, icon: str, page: str, permission: Any = MEMBER) -> dict[str, Any]:
    """A link to the list of a model, named "app_model"."""
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{page}_changelist"),
        "permission": permission,
    }


NAVIGATION: list[dict[str, Any]] = [
    {
        "items": [
            {
                "title": _("Overview"),
                "icon": "space_dashboard",
                "link": reverse_lazy("admin:index"),
            },
            page(_("Alerts"), "notifications", "monitoring:alerts"),
        ]
    },
    {
        "title": _("Desk"),
        "items": [
            {
                "title": _("Workbench"),
                "icon": "inbox_customize",
                "link": reverse_lazy("desk:workbench"),
                "permission": MEMBER,
                "badge": "aftersale.admin.kit.badges.to_handle",
            },
            entry(_("Tickets"), "assignment_return", "aftersale_ticket"),
            entry(_("Orders"), "receipt_long", "aftersale_order"),
            entry(_("Refunds"), "payments", "aftersale_refund"),
            {
                "title": _("Shipping alerts"),
                "icon": "local_shipping",
                "link": reverse_lazy("desk:shipping-alerts"),
                "permission": MEMBER,
                "badge": "aftersale.admin.kit.badges.parcels",
            },
            page(_("Files from the back office"), "upload_file", "desk:files"),
            entry(_("Refund attempts"), "sync_alt", "aftersale_refundattempt"),
            entry(_("Ticket history"), "history", "aftersale_ticketevent"),
            page(_("Re-opened windows"), "lock_open_right", "desk:windows"),
            page(_("Wallet and deposit"), "account_balance_wallet", "desk:funds"),
            entry(_("Fund entries"), "list_alt", "aftersale_fundentry"),
        ],
    },
    {
        "title": _("Automation"),
        "items": [
            page(_("Strategies"), "rule", "automation:board"),
            page(_("Advice"), "lightbulb", "automation:advice", STRATEGIES),
            page(_("Suggestions to take over"), "approval_delegation", "automation:suggestions"),
            {
                "title": _("Trial runs"),
                "icon": "science",
                "link": reverse_lazy("automation:trials"),
                "permission": MEMBER,
            },
            entry(_("Decisions"), "fact_check", "strategies_decision"),
            entry(_("Cap use"), "data_usage", "strategies_strategyusage"),
            entry(_("Strategy revisions"), "difference", "strategies_strategyrevision"),
            entry(_("Rulebook revisions"), "menu_book", "strategies_rulebookrevision"),
        ],
    },
    {
        "title": _("Shops"),
        "items": [
            entry(_("Shops"), "storefront", "aftersale_shop"),
            page(_("Shop settings"), "settings", "desk:shop-settings-chooser"),
            entry(_("Members"), "group", "aftersale_membership"),
            entry(_("Blocked buyers"), "block", "aftersale_blockedbuyer"),
            {
                "title": _("Texts for buyers"),
                "icon": "quick_phrases",
                "link": reverse_lazy("desk:reject-texts"),
                "permission": MEMBER,
            },
            page(_("Audit trail"), "policy", "desk:trail", TRAIL_READER),
            entry(_("Sandbox instructions"), "science", "aftersale_sandboxinstruction"),
            entry(_("Sandbox payments"), "toll", "aftersale_sandboxpayment"),
        ],
    },
    {
        "title": _("Operations"),
        "items": [
            entry(_("Users"), "manage_accounts", "auth_user", is_operator),
            entry(_("Payment stops"), "front_hand", "aftersale_paymentstop", is_operator),
            entry(_("Fast-refund rules"), "bolt", "strategies_fastrefundrule", is_operator),
            entry(_("Evaluator lanes"), "conveyor_belt", "strategies_evaluatorlane", is_operator),
            entry(_("Heartbeats"), "monitor_heart", "strategies_heartbeat", is_operator),
            entry(_("Queue"), "inbox", "django_q_ormq", is_operator),
            entry(_("Failed tasks"), "error", "django_q_failure", is_operator),
            entry(_("Finished tasks"), "task_alt", "django_q_success", is_operator),
            entry(_("Schedules"), "schedule", "django_q_schedule", is_operator),
        ],
    },
]

"""The menu of the admin: at most nine entries for customer service, more for whoever decides more.

Each page stands here once. `opens` says who may open it, `menu` who has it among the entries of
the menu; whoever may open it and has it not there finds it under "More pages". Raw tables stand
under one entry for operators and owners. Rights are asked of the desk and said by name here: the
settings import no app.
"""

from typing import Any

from django.utils.translation import gettext_lazy as _

MEMBER = "aftersale.admin.kit.access.is_member"
STAFF = "aftersale.admin.kit.access.handles_tickets"
LEAD = "aftersale.admin.kit.access.opens_windows"
ADMINISTRATOR = "aftersale.admin.kit.access.changes_strategies"
OWNER = "aftersale.admin.kit.access.reads_trail"
OPERATOR = "aftersale.admin.kit.access.is_operator"
ANYBODY, NOBODY = "anybody", "nobody"


def page(
    title: Any,
    icon: str,
    name: str,
    *,
    menu: str = NOBODY,
    opens: str = MEMBER,
    about: Any = "",
    badge: str = "",
) -> dict[str, Any]:
    """A link to the page of that address name; `about` says in a sentence what is on it."""
    return {
        "title": title,
        "icon": icon,
        "page": name,
        "menu": menu,
        "opens": opens,
        "about": about,
        "badge": badge,
    }


def table(title: Any, icon: str, model: str, **more: Any) -> dict[str, Any]:
    """A link to the list of a model, named "app_model"."""
    return page(title, icon, f"admin:{model}_changelist", **more)


GROUPS: list[dict[str, Any]] = [
    {
        "items": [
            page(_("Overview"), "space_dashboard", "admin:index", menu=ANYBODY, opens=ANYBODY),
            page(_("Alerts"), "notifications", "monitoring:alerts", menu=MEMBER),
        ],
    },
    {
        "title": _("Desk"),
        "items": [
            page(
                _("Workbench"),
                "inbox_customize",
                "desk:workbench",
                menu=MEMBER,
                badge="aftersale.admin.kit.badges.to_handle",
            ),
            table(_("Tickets"), "assignment_return", "aftersale_ticket", menu=MEMBER),
            table(_("Orders"), "receipt_long", "aftersale_order", menu=MEMBER),
            table(_("Refunds"), "payments", "aftersale_refund", menu=MEMBER),
            page(
                _("Shipping alerts"),
                "local_shipping",
                "desk:shipping-alerts",
                menu=MEMBER,
                badge="aftersale.admin.kit.badges.parcels",
            ),
            page(
                _("Suggestions to take over"),
                "approval_delegation",
                "automation:suggestions",
                menu=STAFF,
                about=_("What automation would do with tickets from files, to take over."),
            ),
            page(
                _("Re-opened windows"),
                "lock_open_right",
                "desk:windows",
                menu=LEAD,
                about=_("After-sale entries re-opened for orders past their after-sale period."),
            ),
            page(
                _("Files from the back office"),
                "upload_file",
                "desk:files",
                menu=LEAD,
                about=_("Orders and tickets exported from the platform, brought in as files."),
            ),
            page(
                _("Wallet and deposit"),
                "account_balance_wallet",
                "desk:funds",
                menu=ADMINISTRATOR,
                about=_("Balances and movements of both accounts."),
            ),
        ],
    },
    {
        "title": _("Automation"),
        "items": [
            page(
                _("Strategies"),
                "rule",
                "automation:board",
                menu=LEAD,
                about=_("What is refunded automatically, and in which order it is asked."),
            ),
            page(
                _("Trial runs"),
                "science",
                "automation:trials",
                menu=ADMINISTRATOR,
                about=_("What strategies would have done with the shop's past."),
            ),
            table(
                _("Decisions"),
                "fact_check",
                "strategies_decision",
                menu=ADMINISTRATOR,
                about=_("Each answer of automation, with its reasons."),
            ),
            page(
                _("Advice"),
                "lightbulb",
                "automation:advice",
                opens=ADMINISTRATOR,
                about=_("Strategies found in the shop's own past, within limits that you set."),
            ),
        ],
    },
    {
        "title": _("Shops"),
        "items": [
            page(
                _("Shop settings"),
                "settings",
                "desk:shop-settings-chooser",
                menu=ADMINISTRATOR,
                about=_("Hours, members, platform, guards and limits of a shop."),
            ),
            page(
                _("Texts for buyers"),
                "quick_phrases",
                "desk:reject-texts",
                menu=LEAD,
                about=_("What rejections and offers begin with."),
            ),
            table(
                _("Shops"),
                "storefront",
                "aftersale_shop",
                menu=OWNER,
                about=_("All your shops; owners make new ones there."),
            ),
            page(_("Audit trail"), "policy", "desk:trail", menu=OWNER, opens=OWNER),
            table(
                _("Members"),
                "group",
                "aftersale_membership",
                about=_("Who belongs to which shop, with which role."),
            ),
            table(
                _("Blocked buyers"),
                "block",
                "aftersale_blockedbuyer",
                about=_("Buyers whose requests always come to people."),
            ),
        ],
    },
    {
        "title": _("Operations"),
        "items": [
            table(_("Users"), "manage_accounts", "auth_user", menu=OPERATOR, opens=OPERATOR),
            table(
                _("Payment stops"),
                "front_hand",
                "aftersale_paymentstop",
                menu=OPERATOR,
                opens=OPERATOR,
            ),
            table(
                _("Fast-refund rules"),
                "bolt",
                "strategies_fastrefundrule",
                menu=OPERATOR,
                opens=OPERATOR,
            ),
            page(
                _("How the machine does"),
                "health_and_safety",
                "monitoring:machine",
                menu=OPERATOR,
                opens=OPERATOR,
            ),
        ],
    },
    {
        "items": [
            page(_("More pages"), "apps", "desk:more-pages", menu=MEMBER),
            page(_("Raw tables"), "table", "desk:raw-tables", menu=OWNER, opens=OWNER),
        ],
    },
]

RAW_TABLES: list[dict[str, Any]] = [
    {
        "title": _("Money"),
        "items": [
            table(
                _("Refund attempts"),
                "sync_alt",
                "aftersale_refundattempt",
                about=_("Each try to pay a refund, and what came back."),
            ),
            table(
                _("Fund entries"),
                "list_alt",
                "aftersale_fundentry",
                about=_("Each movement of wallet and deposit, of all shops."),
            ),
            table(
                _("Cap use"),
                "data_usage",
                "strategies_strategyusage",
                about=_("How much of each strategy's cap was used, day by day."),
            ),
        ],
    },
    {
        "title": _("History"),
        "items": [
            table(
                _("Ticket history"),
                "history",
                "aftersale_ticketevent",
                about=_("Each step of each ticket, in the order in which it happened."),
            ),
            table(
                _("Strategy revisions"),
                "difference",
                "strategies_strategyrevision",
                about=_("Each state that a strategy has had."),
            ),
            table(
                _("Rulebook revisions"),
                "menu_book",
                "strategies_rulebookrevision",
                about=_("All that a shop's decisions depended on, as of each change."),
            ),
        ],
    },
    {
        "title": _("Sandbox of demo shops"),
        "items": [
            table(
                _("Sandbox instructions"),
                "science",
                "aftersale_sandboxinstruction",
                about=_("What the simulated platform answers to payments."),
            ),
            table(
                _("Sandbox payments"),
                "toll",
                "aftersale_sandboxpayment",
                about=_("What was paid in it."),
            ),
        ],
    },
    {
        "title": _("Operations"),
        "items": [
            table(
                _("Evaluator lanes"),
                "conveyor_belt",
                "strategies_evaluatorlane",
                opens=OPERATOR,
                about=_("Which shop is being decided, and by which process."),
            ),
            table(
                _("Heartbeats"),
                "monitor_heart",
                "strategies_heartbeat",
                opens=OPERATOR,
                about=_("When each process last showed that it works."),
            ),
            table(
                _("Queue"),
                "inbox",
                "django_q_ormq",
                opens=OPERATOR,
                about=_("Tasks that wait for a process."),
            ),
            table(
                _("Failed tasks"),
                "error",
                "django_q_failure",
                opens=OPERATOR,
                about=_("Tasks that ended in an error."),
            ),
            table(
                _("Finished tasks"),
                "task_alt",
                "django_q_success",
                opens=OPERATOR,
                about=_("Tasks that were done."),
            ),
            table(
                _("Schedules"),
                "schedule",
                "django_q_schedule",
                opens=OPERATOR,
                about=_("What is run by itself, and when next."),
            ),
        ],
    },
]

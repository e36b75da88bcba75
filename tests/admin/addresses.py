"""Every address under /admin/, and which right of SPEC P1 each needs.

The resolver says which addresses there are. What a page needs is one line in PAGES: a name that
is in neither it nor among the admin's own kinds fails the walk (test_roles.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Model
from django.urls import URLPattern, get_resolver, reverse

from aftersale.models import (
    AccountLink,
    ApiToken,
    BlockedBuyer,
    EvidenceFile,
    FileImport,
    Fund,
    Membership,
    Order,
    PlatformProblem,
    SavedFilter,
    ShippingAlert,
    Shop,
    Ticket,
    WebhookEndpoint,
    WebhookMessage,
)
from aftersale.services.access.rights import Right
from monitoring.models import Robot
from strategies.models import AdviceRun, Strategy, TrialRun

from .scene import Scene
from .test_scope import SCOPED

SEE, HANDLE, STRATEGIES = Right.SEE, Right.HANDLE_TICKETS, Right.CHANGE_STRATEGIES
FILES = Right.BRING_FILES
TEXTS, WINDOWS, SHOP = Right.EDIT_TEMPLATES, Right.OPEN_WINDOWS, Right.CHANGE_SHOP
INVITE, ROBOTS = Right.INVITE, Right.MANAGE_ROBOTS
BUYERS = Right.SEE_BUYERS
OPERATOR, NOBODY = "operator", "nobody"
Needs = Right | str

# SPEC P1's table.
MAY: dict[Needs, set[str]] = {
    SEE: {"owner", "admin", "cs_manager", "cs_agent", "viewer"},
    HANDLE: {"owner", "admin", "cs_manager", "cs_agent"},
    BUYERS: {"owner", "admin", "cs_manager", "cs_agent"},
    TEXTS: {"owner", "admin", "cs_manager"},
    WINDOWS: {"owner", "admin", "cs_manager"},
    FILES: {"owner", "admin", "cs_manager"},
    STRATEGIES: {"owner", "admin"},
    INVITE: {"owner", "admin"},
    ROBOTS: {"owner", "admin"},
    SHOP: {"owner"},
    OPERATOR: set(),
    NOBODY: set(),
}


@dataclass(frozen=True)
class Page:
    """The requirements to be shown the page and to send to it, and the parts of its address.

    `sends` is None where a page only shows. Of the arguments a model stands for the key of the
    scene's row of it. `lists`: the objects are named in the data sent, so that those of another
    shop are answered for, not refused as a whole.
    """

    shows: Needs
    sends: Needs | None = None
    arguments: tuple[Any, ...] = ()
    lists: bool = False
    # Which shop it is about is asked for in the query.
    of_shop: bool = False
    # Its subject is in the dialog's sealed field; without that there is none.
    sealed: bool = False
    # A fragment that htmx puts into a page.
    part: bool = False
    # To the one page that there is to choose.
    leads_on: bool = False


def shown(*arguments: Any) -> Page:
    """A page that only shows, to every member."""
    return Page(SEE, None, arguments)


def step(right: Right, *arguments: Any, shows: Right | None = None, **more: bool) -> Page:
    """A dialog or form: who may not send it is not shown it, unless `shows` says otherwise."""
    return Page(shows or right, right, arguments, **more)


OCTOBER = ("2026-10-01", "2026-10-01")
PAGES: dict[str, Page] = {
    # Tickets
    "desk:batch": step(HANDLE, "approve", lists=True),
    "desk:batch-reading": step(HANDLE, Ticket),
    "desk:workbench": shown(),
    "desk:workbench-rows": Page(SEE, part=True),
    "desk:workbench-keys": Page(SEE, part=True),
    "desk:workbench-count": Page(SEE, part=True),
    "desk:workbench-handlers": Page(SEE, part=True),
    "desk:case": shown(Ticket),
    "desk:case-pulse": step(SEE, Ticket),
    "desk:approve": step(HANDLE, Ticket),
    "desk:confirm-return": step(HANDLE, Ticket),
    "desk:retry": step(HANDLE, Ticket),
    "desk:paid": step(HANDLE, Ticket),
    "desk:not-paid": step(HANDLE, Ticket),
    "desk:was-paid": step(HANDLE, Ticket),
    "desk:second-confirm": step(HANDLE, Ticket),
    "desk:second-decline": step(HANDLE, Ticket),
    "desk:close": step(HANDLE, Ticket),
    "desk:internal-note": step(HANDLE, Ticket),
    "desk:hand-over": step(HANDLE, Ticket),
    "desk:take": step(HANDLE, Ticket),
    "desk:hand-back": step(HANDLE, Ticket),
    "desk:list-export": Page(HANDLE, None, ("tickets", "csv")),
    "desk:filter-save": step(SEE),
    "desk:filter-delete": step(SEE, SavedFilter, lists=True),
    # Replies
    "desk:reject": step(HANDLE, Ticket),
    "desk:negotiate": step(HANDLE, Ticket),
    "desk:dispute-evidence": step(HANDLE, Ticket),
    "desk:note": step(HANDLE, Ticket),
    "desk:enter-return": step(HANDLE, Ticket),
    "desk:send-new-goods": step(HANDLE, Ticket),
    "desk:more-time": step(HANDLE, Ticket),
    "desk:stop-parcels": step(HANDLE, Ticket),
    "desk:return-freight": step(HANDLE, Ticket),
    "desk:price-difference": step(HANDLE, Order),
    "desk:open-request": step(HANDLE, Order),
    "desk:negotiate-outcome": Page(HANDLE, None, (Ticket,)),
    "desk:evidence": shown(EvidenceFile),
    # The scene's ticket has none: who sees one is in tests/platforms.
    "desk:platform-picture": Page(NOBODY, None, (Ticket, "none")),
    "desk:fresh-picture": Page(NOBODY, None, (Ticket, 0)),
    "desk:reject-texts": shown(),
    "desk:sheet": step(STRATEGIES, Shop, "blocked-buyers"),
    "desk:sheet-export": Page(STRATEGIES, None, (Shop, "blocked-buyers", "csv")),
    "desk:reject-text": step(TEXTS, Shop, "reason_mismatch"),
    "desk:text-preview": step(TEXTS, Shop),
    "desk:offer-texts": shown(),
    "desk:offer-text": step(TEXTS, Shop, "new_goods"),
    # Parcels, windows, funds
    "desk:shipping-alerts": shown(),
    "desk:shipping-alert-step": step(HANDLE, ShippingAlert),
    "desk:windows": shown(),
    "desk:window-open": step(WINDOWS, Order, shows=SEE),
    "desk:funds": shown(),
    "desk:fund-correct": step(SHOP, Fund),
    # Files of back offices
    "desk:files": step(FILES, shows=SEE, of_shop=True),
    "desk:file": step(FILES, FileImport, shows=SEE),
    "desk:file-progress": Page(SEE, None, (FileImport,), part=True),
    "desk:file-refused": Page(FILES, None, (FileImport,)),
    "desk:file-mapping": step(FILES, FileImport),
    "desk:files-approve": Page(SHOP, SHOP, (Shop,)),
    "automation:suggestions": step(HANDLE, shows=SEE, of_shop=True),
    "automation:suggestions-file": Page(HANDLE, None, of_shop=True),
    # Dashboard
    "monitoring:drilldown": shown(),
    # For operators
    "monitoring:machine": Page(OPERATOR),
    # Alerts
    "monitoring:alerts": shown(),
    "monitoring:alerts-acknowledge": step(HANDLE, lists=True),
    "monitoring:alert-mails": step(SEE),
    "monitoring:bell": Page(SEE, part=True),
    # Refunds
    "admin:aftersale_refund_record_paid": step(HANDLE),
    "admin:aftersale_refund_record_failed": step(HANDLE),
    "admin:aftersale_refund_try_again": step(HANDLE),
    "admin:aftersale_refund_settled": step(HANDLE),
    "admin:aftersale_refund_release": step(HANDLE),
    "admin:aftersale_refund_take_back": step(HANDLE),
    # Strategies, priorities, guards
    "admin:aftersale_blockedbuyer_add": step(STRATEGIES, lists=True),
    "admin:aftersale_blockedbuyer_delete": step(STRATEGIES),
    "desk:notices": Page(SEE, part=True),
    "desk:demo-remove": Page(OPERATOR, OPERATOR),
    "desk:automation-pause": step(STRATEGIES, shows=SEE, lists=True),
    "desk:automation-resume": step(STRATEGIES, Shop),
    "desk:automation-evaluate": step(STRATEGIES, Shop),
    "automation:strategy-new": step(STRATEGIES, of_shop=True),
    "automation:strategy-add": step(STRATEGIES, "off_hours", of_shop=True),
    "automation:strategy-sentence": step(STRATEGIES, lists=True),
    "automation:goods-seen": Page(STRATEGIES, None, (Shop, "products"), part=True),
    "automation:what-if": step(STRATEGIES, lists=True),
    "automation:what-if-caps": step(STRATEGIES, lists=True),
    "automation:what-if-order": step(STRATEGIES, Shop, "pre_ship_refund"),
    "automation:what-if-pause": Page(STRATEGIES, None, (Shop,), part=True),
    "automation:strategy-edit": step(STRATEGIES, Strategy),
    "automation:strategy-duplicate": step(STRATEGIES, Strategy),
    "automation:strategy-enable": step(STRATEGIES, Strategy),
    "automation:strategy-disable": step(STRATEGIES, Strategy),
    "automation:strategy-delete": step(STRATEGIES, Strategy),
    "automation:board": shown(),
    "automation:review": shown(),
    "automation:explain-now": shown(Ticket),
    "automation:decisions-export": Page(BUYERS, None, ("csv",), lists=True),
    "automation:board-order": step(STRATEGIES, Shop, "pre_ship_refund"),
    "automation:revisions": shown(Strategy),
    "automation:advice": Page(STRATEGIES),
    "automation:advice-begin": step(STRATEGIES, Shop),
    "automation:advice-one": Page(STRATEGIES, None, (AdviceRun,)),
    "automation:advice-progress": Page(STRATEGIES, None, (AdviceRun,), part=True),
    "automation:advice-cancel": step(STRATEGIES, AdviceRun),
    "automation:advice-drafts": step(STRATEGIES, AdviceRun),
    "automation:advice-try": step(STRATEGIES, AdviceRun),
    "automation:advice-change": step(STRATEGIES, AdviceRun, Strategy),
    "automation:advice-try-change": step(STRATEGIES, AdviceRun, Strategy),
    "automation:trials": shown(),
    "automation:trials-as-a-model": Page(SEE, leads_on=True),
    "automation:trial": shown(TrialRun),
    "automation:trial-progress": Page(SEE, None, (TrialRun,), part=True),
    "automation:trial-tickets": shown(TrialRun),
    "automation:trial-cancel": step(STRATEGIES, TrialRun),
    "automation:trial-switch": step(STRATEGIES, Strategy),
    "automation:trial-pause": step(STRATEGIES),
    "automation:trial-present": step(STRATEGIES),
    "automation:trial-order": step(STRATEGIES, Shop, "pre_ship_refund"),
    "desk:shop-guards": step(STRATEGIES, Shop, shows=SEE),
    "desk:shop-guards-off": step(STRATEGIES, Shop),
    "desk:shop-block": step(STRATEGIES, Shop),
    "desk:shop-unblock": step(STRATEGIES, Shop, BlockedBuyer),
    # What is beyond the menu
    "desk:more-pages": shown(),
    "desk:raw-tables": Page(SHOP),
    # Audit trail
    "desk:trail": Page(SHOP),
    "desk:trail-export": Page(SHOP, None, ("csv",)),
    # Shops
    "desk:shop-settings-chooser": Page(SEE, leads_on=True),
    # Operators too; what is made is in test_making_shops.py.
    "desk:shop-new": step(SHOP),
    "desk:shop-first-steps": Page(INVITE, None, (Shop,)),
    "desk:shop-settings": step(SHOP, Shop, shows=SEE),
    "desk:shop-hours-draft": step(SHOP, Shop),
    "desk:shop-special-days": shown(Shop),
    "desk:shop-special-day-add": step(SHOP, Shop),
    "desk:shop-special-day-change": step(SHOP, Shop, *OCTOBER, sealed=True),
    "desk:shop-special-day-remove": step(SHOP, Shop, *OCTOBER, sealed=True),
    "desk:shop-holidays": step(SHOP, Shop),
    "desk:shop-fast-refund": shown(Shop),
    "desk:shop-fast-refund-in": step(SHOP, Shop),
    "desk:shop-fast-refund-out": step(SHOP, Shop),
    "desk:shop-second-person": shown(Shop),
    "desk:shop-second-person-change": step(SHOP, Shop),
    "desk:shop-services": step(SHOP, Shop, shows=SEE),
    "desk:shop-platform": shown(Shop),
    "desk:shop-platform-connect": step(SHOP, Shop, "wechat"),
    "desk:shop-platform-authorise": step(SHOP, Shop, "kuaishou"),
    "desk:shop-platform-confirm": step(SHOP, Shop),
    "desk:shop-platform-drop": step(SHOP, Shop),
    # A callback without a state of one's own is refused.
    "desk:platform-authorised": Page(NOBODY, None, ("kuaishou",)),
    "desk:shop-platform-replace": step(SHOP, Shop),
    "desk:shop-platform-disconnect": step(SHOP, Shop),
    "desk:shop-platform-test": step(SHOP, Shop),
    "desk:shop-platform-again": step(SHOP, Shop, PlatformProblem),
    "desk:shop-deadlines": shown(Shop),
    "desk:shop-members": shown(Shop),
    "desk:shop-invite": step(INVITE, Shop),
    "desk:shop-invitation-withdraw": step(INVITE, Shop, AccountLink),
    "desk:shop-member-role": step(INVITE, Shop, Membership),
    "desk:shop-member-remove": step(INVITE, Shop, Membership),
    "desk:user-change": Page(OPERATOR, OPERATOR, (User,)),
    "desk:user-password-link": Page(OPERATOR, OPERATOR, (User,)),
    "desk:user-forget-factors": Page(OPERATOR, OPERATOR, (User,)),
    "desk:shop-personal-data": Page(SHOP, SHOP, (Shop,)),
    "desk:shop-retention": Page(SHOP, SHOP, (Shop,)),
    "desk:shop-buyer-give": Page(SHOP, SHOP, (Shop,)),
    "desk:shop-buyer-erase": Page(SHOP, SHOP, (Shop,)),
    "desk:shop-tokens": shown(Shop),
    "desk:shop-token-add": step(SHOP, Shop),
    "desk:shop-token-revoke": step(SHOP, Shop, ApiToken),
    "monitoring:weekly": Page(STRATEGIES, STRATEGIES, (Shop,), part=True),
    "monitoring:robots": Page(ROBOTS, None, (Shop,)),
    "monitoring:robot-add": step(ROBOTS, Shop),
    "monitoring:robot-change": step(ROBOTS, Shop, Robot),
    "monitoring:robot-test": step(ROBOTS, Shop, Robot),
    "monitoring:robot-on": step(ROBOTS, Shop, Robot),
    "monitoring:robot-off": step(ROBOTS, Shop, Robot),
    "monitoring:robot-remove": step(ROBOTS, Shop, Robot),
    "desk:shop-webhooks": Page(SHOP, None, (Shop,)),
    "desk:shop-webhook-add": step(SHOP, Shop),
    "desk:shop-webhook": Page(SHOP, None, (Shop, WebhookEndpoint)),
    "desk:shop-webhook-change": step(SHOP, Shop, WebhookEndpoint),
    "desk:shop-webhook-rotate": step(SHOP, Shop, WebhookEndpoint),
    "desk:shop-webhook-on": step(SHOP, Shop, WebhookEndpoint),
    "desk:shop-webhook-off": step(SHOP, Shop, WebhookEndpoint),
    "desk:shop-webhook-remove": step(SHOP, Shop, WebhookEndpoint),
    "desk:shop-webhook-test": step(SHOP, Shop, WebhookEndpoint),
    "desk:shop-webhook-again": step(SHOP, Shop, WebhookEndpoint),
    "desk:shop-webhook-message-again": step(SHOP, Shop, WebhookEndpoint, WebhookMessage),
    "admin:aftersale_sandboxinstruction_add": step(SHOP, lists=True),
    "admin:aftersale_sandboxinstruction_change": step(SHOP, shows=SEE),
    "admin:aftersale_sandboxinstruction_delete": step(SHOP),
    # Operators
    "admin:aftersale_paymentstop_stop": Page(OPERATOR, OPERATOR),
    "admin:aftersale_paymentstop_lift": Page(OPERATOR, OPERATOR),
    "admin:strategies_fastrefundrule_add_rule": Page(OPERATOR, OPERATOR),
}
# Open to every user who may log in; they show no shop's data.
OF_EVERYBODY = {
    "admin:index", "admin:search", "admin:jsi18n", "admin:login", "admin:logout", "account_login",
    "admin:password_change", "admin:password_change_done",
}  # fmt: skip
# They take a query or a word that the tests of their own give (test_scope.py).
BY_THEMSELVES = {"admin:autocomplete", "admin:view_on_site", "admin:app_list"}
# Django's pages of each model: shown, and whether they write.
KINDS = {"changelist": None, "change": None, "history": None, "add": NOBODY, "delete": NOBODY}


@dataclass(frozen=True)
class Address:
    name: str
    page: Page
    # The model whose admin it belongs to; None for one of the desk's own pages.
    model: Any = None
    of_object: bool = False

    def of(self, scene: Scene) -> str:
        arguments = [
            scene.row(part).pk if isinstance(part, type) and issubclass(part, Model) else part
            for part in self.page.arguments
        ]
        if self.of_object:
            arguments.insert(0, scene.row(self.model).pk if self.model in SCOPED else 1)
        query = f"?shop={scene.shop.pk}" if self.page.of_shop else ""
        return reverse(self.name, args=arguments) + query

    @property
    def names_a_shop(self) -> bool:
        """Whether it is another address for another shop."""
        by_row = any(isinstance(part, type) for part in self.page.arguments)
        return (self.of_object and self.model in SCOPED) or self.page.of_shop or by_row


def addresses() -> Iterator[Address]:
    """Every address with a name; raises for one that PAGES doesn't know."""
    models = {
        f"admin:{model._meta.app_label}_{model._meta.model_name}": model
        for model in admin.site._registry
    }
    for name, pattern in _named():
        if name in OF_EVERYBODY | BY_THEMSELVES:
            continue
        model = next((models[prefix] for prefix in _prefixes(name) if prefix in models), None)
        of_object = model is not None and bool(pattern.pattern.regex.groupindex)
        kind = name.rpartition("_")[2]
        if name in PAGES:
            yield Address(name, PAGES[name], model, of_object)
        elif model is not None and model not in SCOPED:
            yield Address(name, Page(OPERATOR, OPERATOR), model, of_object)
        elif model is not None and kind in KINDS:
            sends = KINDS[kind]
            yield Address(name, Page(sends or SEE, sends), model, of_object)
        else:
            raise AssertionError(f"Which right does {name} need? One line in PAGES says it.")


def _named() -> Iterator[tuple[str, URLPattern]]:
    def walk(patterns: Any, route: str, namespace: str) -> Iterator[tuple[str, URLPattern]]:
        for pattern in patterns:
            here = route + str(pattern.pattern)
            if isinstance(pattern, URLPattern):
                # Django's own without a name: old addresses of objects, and whatever is left.
                if here.startswith("admin/") and pattern.name:
                    yield f"{namespace}{pattern.name}", pattern
            else:
                inner = f"{pattern.namespace}:" if pattern.namespace else ""
                yield from walk(pattern.url_patterns, here, namespace + inner)

    yield from walk(get_resolver().url_patterns, "", "")


def _prefixes(name: str) -> Iterator[str]:
    """admin:app_model_some_step belongs to admin:app_model."""
    parts = name.split("_")
    for length in range(len(parts) - 1, 1, -1):
        yield "_".join(parts[:length])

"""SPEC P5, P6: every dangerous step has its entry, which says who did what, when and from where."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from aftersale.admin.accounts.dangerous import DANGEROUS
from aftersale.models import AuditEntry, Fund, Membership, Ticket, WebhookEndpoint
from aftersale.services.refunds import payment_stop
from aftersale.services.shops import shops
from monitoring.models import Robot
from strategies.models import Strategy
from strategies.services import strategies
from tests.api.program import Program, program
from tests.factories import NOON

from .clients import client_in
from .scene import Scene

HTMX: Any = {"headers": {"HX-Request": "true"}}
ADDRESS = "203.0.113.7"
# Steps that are taken at a platform: their entries are compared in tests/syncing.
AT_PLATFORMS = {
    "desk:shop-platform-connect",
    "desk:shop-platform-authorise",
    "desk:shop-platform-confirm",
    "desk:shop-platform-replace",
}


@dataclass(frozen=True)
class Step:
    """The arguments of its address, what is sent, and what the entry says then."""

    kind: str
    says: str
    args: Callable[[Scene], list[Any]] = lambda scene: [scene.shop.pk]
    sent: Callable[[Scene], dict[str, Any]] = lambda scene: {}
    before: Callable[[Scene, User], object] = lambda scene, operator: None
    by: str = "owner"
    about: str = ""


def seat(scene: Scene) -> Membership:
    return Membership.objects.get(shop=scene.shop, user=scene.people["viewer"])


def agent(scene: Scene) -> list[Any]:
    return [scene.people["cs_agent"].pk]


def stopped(scene: Scene, operator: User) -> None:
    payment_stop.start(user=operator, reason="fraud", now=NOON)


def paused(scene: Scene, operator: User) -> None:
    shops.pause(shop_id=scene.shop.pk, user=operator, now=NOON)


def disabled(scene: Scene, operator: User) -> None:
    strategies.disable(strategy_id=scene.row(Strategy).pk, user=operator, now=NOON)


def given_by_a_token(scene: Scene, operator: User) -> None:
    WebhookEndpoint.objects.filter(pk=scene.row(WebhookEndpoint).pk).update(enabled=False)


def enabling(scene: Scene) -> dict[str, Any]:
    return {"read": "1", "revision": Strategy.objects.get(pk=scene.row(Strategy).pk).revision}


def limits(scene: Scene) -> dict[str, Any]:
    change = reverse("desk:shop-second-person-change", args=[scene.shop.pk])
    seen = client_in("en", scene.people["owner"]).get(change).context["seen"]
    return {"seen": seen, "owner": "500", "admin": "500", "cs_manager": "500", "cs_agent": "21"}


def buyer(scene: Scene) -> dict[str, Any]:
    return {"buyer": scene.row(Ticket).buyer}


def endpoint(scene: Scene) -> list[Any]:
    return [scene.shop.pk, scene.row(WebhookEndpoint).pk]


def robot(scene: Scene) -> list[Any]:
    return [scene.shop.pk, scene.row(Robot).pk]


GROUP = {
    "name": "Night shift",
    "address": "https://open.feishu.cn/open-apis/bot/v2/hook/7a8b-9c",
    "kinds": ["deadline"],
    "language": "en",
}
ERP = {"url": "https://erp.example.com/x", "description": "ERP", "types": ["ticket.arrived"]}
STEPS: dict[str, Step] = {
    "desk:shop-token-add": Step(
        "token", "Made: ERP", sent=lambda scene: {"name": "ERP", "scopes": ["read"]}
    ),
    "desk:shop-webhook-add": Step("webhook", "erp.example.com", sent=lambda scene: ERP),
    "desk:shop-webhook-change": Step(
        "webhook", "erp.example.com", args=endpoint, sent=lambda scene: ERP
    ),
    "desk:shop-webhook-rotate": Step("webhook", "secret", args=endpoint),
    "desk:shop-webhook-on": Step("webhook", "switched on", args=endpoint, before=given_by_a_token),
    "monitoring:robot-add": Step(
        "changed",
        "Group robot Night shift (Feishu): made, tells of: Deadline",
        sent=lambda scene: GROUP,
    ),
    "monitoring:robot-change": Step(
        "changed", "(Feishu): new address; changed", args=robot, sent=lambda scene: GROUP
    ),
    "desk:shop-invite": Step(
        "member",
        "Invited: Mei, Read only",
        sent=lambda scene: {"whom": "Mei", "role": "viewer", "shops": [scene.shop.pk]},
    ),
    "desk:shop-member-role": Step(
        "member",
        "mine-viewer: Read only → Customer service",
        args=lambda scene: [scene.shop.pk, seat(scene).pk],
        sent=lambda scene: {"seen": "viewer", "role": "cs_agent"},
        about="viewer",
    ),
    "desk:shop-member-remove": Step(
        "member",
        "mine-viewer: Read only → –",
        args=lambda scene: [scene.shop.pk, seat(scene).pk],
        about="viewer",
    ),
    "account_password": Step(
        "password",
        "",
        args=lambda scene: [],
        sent=lambda scene: {"password": "lamps-4-river", "again": "lamps-4-river"},
        about="owner",
    ),
    "desk:user-change": Step(
        "access",
        "shut out, mail address: – → a@example.com",
        args=agent,
        sent=lambda scene: {"name": "", "email": "a@example.com"},
        by="operator",
        about="cs_agent",
    ),
    "desk:user-password-link": Step(
        "password_link", "", args=agent, by="operator", about="cs_agent"
    ),
    "desk:user-forget-factors": Step(
        "factors_forgotten", "", args=agent, by="operator", about="cs_agent"
    ),
    "automation:strategy-enable": Step(
        "strategy_enabled",
        "revision",
        args=lambda scene: [scene.row(Strategy).pk],
        sent=enabling,
        before=disabled,
    ),
    "desk:files-approve": Step(
        "changed", "Fresh exports are decided", sent=lambda scene: {"on": "1"}
    ),
    "desk:fund-correct": Step(
        "correction",
        "Wallet · ¥1.00 · interest",
        args=lambda scene: [scene.row(Fund).pk],
        sent=lambda scene: {"direction": "in", "amount": "1", "note": "interest"},
    ),
    "desk:shop-second-person-change": Step(
        "changed", "Customer service approves alone up to", sent=limits
    ),
    "desk:shop-buyer-give": Step("buyer_exported", "", sent=buyer),
    "desk:shop-buyer-erase": Step(
        "buyer_erased", "1 tickets", sent=lambda scene: buyer(scene) | {"sure": "1"}
    ),
    "desk:automation-resume": Step("resumed", "", before=paused),
    "admin:aftersale_paymentstop_lift": Step(
        "payments_resumed",
        "",
        args=lambda scene: [],
        sent=lambda scene: {"step-_form_submitted": "on"},
        before=stopped,
        by="operator",
    ),
}
OF_NO_SHOP = {
    "account_password",
    "desk:user-change",
    "desk:user-password-link",
    "desk:user-forget-factors",
    "admin:aftersale_paymentstop_lift",
}


def test_every_dangerous_step_is_compared() -> None:
    assert STEPS.keys() | AT_PLATFORMS == DANGEROUS


@pytest.mark.parametrize("name", STEPS)
def test_what_it_did_is_its_entry(own: Scene, operator: User, name: str) -> None:
    step = STEPS[name]
    step.before(own, operator)
    person = operator if step.by == "operator" else own.people[step.by]
    client = client_in("en", person)
    client.defaults["REMOTE_ADDR"] = ADDRESS
    last = AuditEntry.objects.order_by("pk").last()
    answer = client.post(reverse(name, args=step.args(own)), step.sent(own), **HTMX)
    assert answer.status_code in (200, 204, 302), answer.content.decode()[:500]
    [entry] = AuditEntry.objects.filter(pk__gt=last.pk if last else 0)
    assert (entry.kind, entry.user, entry.token, entry.address, entry.request_id) == (
        step.kind, person, None, ADDRESS, answer["Request-Id"],
    )  # fmt: skip
    assert entry.shop == (None if name in OF_NO_SHOP else own.shop)
    assert entry.whom == (own.people[step.about] if step.about else None)
    assert step.says in str(entry.note), entry.note


def test_a_refused_one_is_an_entry_and_moves_nothing(own: Scene) -> None:
    cache.clear()
    client = client_in("en", own.people["cs_agent"])
    address = reverse("desk:fund-correct", args=[own.row(Fund).pk])
    sent = {"direction": "in", "amount": "1", "note": "x"}
    refused = [client.post(address, sent), client.post(address)]
    assert [one.status_code for one in refused] == [403, 403]
    # The same in ten minutes is one entry; it names the page, and no number of the address.
    entry = AuditEntry.objects.get(kind="refused")
    assert entry.subject == "POST /admin/funds/<int:pk>/correct/"
    assert (entry.user, entry.whom) == (own.people["cs_agent"],) * 2
    assert entry.request_id == refused[0]["Request-Id"]


@pytest.fixture
def erp(own: Scene) -> Program:
    cache.clear()
    return program(own.shop, own.people["owner"])


def test_no_token_takes_one_and_each_try_is_an_entry(own: Scene, erp: Program) -> None:
    webhook = f"/webhooks/{own.row(WebhookEndpoint).pk}"
    tries = {
        "POST /api/v1/shop/resume": erp.post("/shop/resume"),
        "PATCH /api/v1/webhooks/<int:pk>": erp.call("PATCH", webhook, {"enabled": True}),
    }
    for step, answer in tries.items():
        assert (answer.status, answer.content["code"]) == (403, "needs_person")
        entry = AuditEntry.objects.get(kind="refused", subject=step)
        assert (entry.note, entry.shop) == ("needs_person", own.shop)
        assert entry.token is not None and entry.request_id == answer.response["Request-Id"]
        assert erp.token not in str(list(AuditEntry.objects.values()))


def test_strangers_get_no_entry_and_no_page(own: Scene) -> None:
    before = AuditEntry.objects.count()
    assert Client().get(reverse("desk:trail")).status_code == 302
    assert AuditEntry.objects.count() == before

"""A program's step names its token, and not the person who made it, wherever it is shown (P6)."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from aftersale.models import (
    ApiToken,
    ApprovalLimit,
    ApprovalRequest,
    AuditEntry,
    Fund,
    Refund,
    Shop,
    Ticket,
    TicketEvent,
)
from aftersale.services.refunds import second_person
from monitoring.models import Alert
from strategies.models import Strategy
from tests.admin.clients import client_of
from tests.api.program import Program, program
from tests.factories import make_order, make_shop, make_ticket, make_user

pytestmark = pytest.mark.django_db

# Who made a token is said of the token, who is a member of the shop; pages show none of the others.
NOT_OF_A_STEP = {
    "aftersale.ApiToken.created_by",
    "aftersale.Membership.user",
    "aftersale.OrderShipping.changed_by",
    "aftersale.PlatformStep.user",
    "aftersale.Shipment.reported_by",
}


@pytest.fixture
def shop() -> Shop:
    return make_shop(code="s1", platform="kuaishou")


@pytest.fixture
def maker(shop: Shop) -> User:
    return make_user(shop, first_name="Mei", last_name="Maker")


@pytest.fixture
def erp(shop: Shop, maker: User) -> Program:
    made = program(shop, maker)
    ApiToken.objects.update(name="Storehouse")
    return made


def took(caller: Program, method: str, path: str, content: object = None) -> object:
    answer = caller.call(method, path, content)
    assert answer.status < 300, (path, answer.content)
    return answer.content


def took_every_step(erp: Program, shop: Shop) -> None:
    """Whatever a program writes that pages show with a name."""
    now = timezone.now()
    Fund.objects.filter(shop=shop, kind="wallet").update(balance=100_000)
    make_order(shop, order_no="done", status="completed", completed_at=now - timedelta(days=2))
    late = {"applied_at": now, "updated_at": now}
    for number in ("T1", "T2", "T3", "T4"):
        status = "shipped" if number == "T2" else "pending_shipment"
        order = make_order(shop, order_no=f"O{number}", status=status)
        make_ticket(order, ticket_no=number, **late)
    alert = Alert.objects.create(
        shop=shop, kind="token", subject=1, day=now.date(), raised_at=now,
        facts={"name": "x", "scopes": [], "user": "x", "at": now.isoformat()},
    )  # fmt: skip
    strategy = {"scenario": "pre_ship_refund", "name": "small", "single_amount_cap": "20.00"}
    day = now.date().isoformat()
    took(erp, "POST", "/tickets/T1/approve")
    took(erp, "POST", "/tickets/T2/reject", {"reason": "shipped_on_time"})
    took(erp, "POST", "/tickets/T3/negotiate", {"message": "half?", "amount": "50.00"})
    took(erp, "POST", "/orders/OT1/shipments", {"shipped_at": now.isoformat()})
    took(erp, "POST", "/orders/OT1/parcel-intercepted")
    took(erp, "POST", "/orders/done/window", {"note": "as agreed"})
    took(erp, "PUT", "/blocked-buyers/b-9")
    took(erp, "POST", "/strategies", strategy)
    own = Strategy.objects.get()
    took(erp, "PATCH", f"/strategies/{own.pk}", {"revision": own.revision, "name": "smaller"})
    took(erp, "POST", "/strategies/trial", {"kind": "present", "first": day, "last": day})
    took(erp, "POST", "/webhooks", {"url": "https://erp.example/", "types": ["refund.sent"]})
    took(erp, "POST", f"/alerts/{alert.pk}/acknowledge")
    took(erp, "POST", "/shop/pause")
    ApprovalLimit.objects.create(shop=shop, role="owner", amount=1_000)
    took(erp, "POST", "/tickets/T4/approve")


def test_each_row_of_a_step_has_its_token(erp: Program, shop: Shop, maker: User) -> None:
    by_the_maker = set(AuditEntry.objects.values_list("pk", flat=True))  # the token was made
    took_every_step(erp, shop)
    named = set()
    for model in [model for app in OURS for model in apps.get_app_config(app).get_models()]:
        for field in model._meta.fields:
            column = f"{model._meta.label}.{field.name}"
            if field.related_model is not User or column in NOT_OF_A_STEP:
                continue
            for row in model._default_manager.filter(**{field.name: maker}):
                if isinstance(row, AuditEntry) and row.pk in by_the_maker:
                    continue
                beside = "token" if field.name == "user" else f"{field.name[:-3]}_token"
                token = getattr(row, beside)
                assert token is not None and token.name == "Storehouse", column
                named.add(column)
    assert named == {
        "aftersale.AfterSaleWindow.opened_by",
        "aftersale.ApprovalRequest.requested_by",
        "aftersale.AuditEntry.user",
        "aftersale.BlockedBuyer.created_by",
        "aftersale.Negotiation.user",
        "aftersale.Refund.requested_by",
        "aftersale.Rejection.user",
        "aftersale.ShippingAlert.changed_by",
        "aftersale.Shop.automation_paused_by",
        "aftersale.TicketEvent.user",
        "aftersale.WebhookEndpoint.created_by",
        "monitoring.Alert.acknowledged_by",
        "strategies.RulebookRevision.created_by",
        "strategies.StrategyRevision.created_by",
        "strategies.TrialRun.created_by",
    }


OURS = ("aftersale", "strategies", "monitoring")


def test_pages_name_the_token(erp: Program, shop: Shop) -> None:
    took_every_step(erp, shop)
    reader = client_of(make_user(shop))
    strategy = Strategy.objects.get()
    tickets = {ticket.ticket_no: ticket.pk for ticket in Ticket.objects.all()}
    pages = [
        reverse("desk:workbench"),  # the notice of the pause
        reverse("desk:shop-guards", args=[shop.pk]),
        reverse("desk:shop-webhooks", args=[shop.pk]),
        reverse("desk:windows"),
        reverse("desk:shipping-alerts") + "?state=intercepted",
        reverse("desk:case", args=[tickets["T4"]]),
        reverse("monitoring:alerts") + "?state=acknowledged",
        reverse("automation:revisions", args=[strategy.pk]),
        reverse("automation:trials"),
        reverse("admin:aftersale_blockedbuyer_changelist"),
        reverse("admin:aftersale_refund_change", args=[Refund.objects.get().pk]),
        reverse("admin:strategies_strategy_change", args=[strategy.pk]),
        reverse("admin:strategies_rulebookrevision_changelist"),
        reverse("admin:strategies_strategyrevision_changelist"),
        *(reverse("admin:aftersale_ticket_change", args=[tickets[f"T{n}"]]) for n in (1, 2, 3)),
    ]
    for page in pages:
        text = reader.get(page, follow=True).content.decode()
        assert "Storehouse" in text and "Mei Maker" not in text, page


def test_what_a_second_person_confirms_is_still_the_programs(erp: Program, shop: Shop) -> None:
    """SPEC G4: it is taken in the name of whoever asked."""
    ApprovalLimit.objects.create(shop=shop, role="owner", amount=1_000)
    now = timezone.now()
    ticket = make_ticket(make_order(shop), ticket_no="T1", applied_at=now, updated_at=now)
    assert erp.post("/tickets/T1/approve").status == 202
    ApprovalLimit.objects.all().delete()
    second_person.confirm(
        request_id=ApprovalRequest.objects.get().pk, user=make_user(shop), now=timezone.now()
    )
    token = ApiToken.objects.get()
    assert Refund.objects.get().requested_token == token
    moved = TicketEvent.objects.get(ticket=ticket, to_status="refunding")
    confirmed = TicketEvent.objects.filter(ticket=ticket, kind="note").order_by("-pk")[0]
    assert (moved.token, confirmed.token) == (token, None)


def test_a_persons_step_after_it_names_the_person(erp: Program, shop: Shop, maker: User) -> None:
    took(erp, "POST", "/shop/pause")
    page = client_of(maker)
    assert page.post(reverse("desk:automation-resume", args=[shop.pk])).status_code < 400
    shop.refresh_from_db()
    assert (shop.automation_paused, shop.automation_paused_token) == (False, None)
    assert AuditEntry.objects.filter(token=None).exists()

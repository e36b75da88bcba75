"""`/alerts`: what people are told, and that somebody has seen to it (SPEC M4)."""

from datetime import timedelta
from typing import Any, get_args

import pytest
from django.contrib.auth.models import User

from aftersale.models import Membership, Refund, Shop
from monitoring.api.alerts import KindName
from monitoring.models import Alert, AlertKind
from monitoring.services import alerts
from tests.factories import NOON, make_shop, make_user
from tests.monitoring.scene import one_of_each

from .program import Program, program


@pytest.fixture(autouse=True)
def raised(shop: Shop) -> None:
    one_of_each(shop)
    alerts.raise_alerts(now=NOON)


def test_every_kind(erp: Program, shop: Shop) -> None:
    status, found, _response = erp.get("/alerts")
    assert status == 200
    rows = {(row["kind"], row["threshold"]): row for row in found["results"]}
    assert set(rows) == {
        ("cap", 80), ("cap", 100), ("breaker", 0), ("refund_failed", 0), ("deadline", 6),
        ("shipping", 0),
    }  # fmt: skip
    assert [row["id"] for row in found["results"]] == sorted(
        (row["id"] for row in found["results"]), reverse=True
    )
    empty = {
        "day": "2026-03-11",
        "raised_at": "2026-03-11T12:00:00+08:00",
        "ended_at": None,
        "acknowledged_at": None,
        "acknowledged_by": None,
        "strategy_id": None,
        "strategy": None,
        "ticket_no": None,
        "order_no": None,
        "refund_id": None,
        "amount": None,
        "used": None,
        "cap": None,
        "hits": None,
        "due_at": None,
        "about": None,
        "because": None,
        "refunds": None,
    }
    failed = dict(Refund.objects.values_list("pk", "public_number"))
    for kind, row in rows.items():
        alert = Alert.objects.get(pk=row["id"])
        name, subject = alert.facts["name"], alert.subject
        more = {
            "cap": {
                "strategy_id": subject, "strategy": name, "used": "100.00", "cap": "100.00",
                "hits": 3,
            },
            "breaker": {
                "strategy_id": subject, "strategy": name, "hits": 21, "amount": "1234.00",
            },
            "refund_failed": {
                "refund_id": failed.get(subject), "ticket_no": name, "amount": "59.90",
            },
            "deadline": {"ticket_no": name, "due_at": row["due_at"], "amount": row["amount"]},
            "shipping": {
                "order_no": name, "ticket_no": row["ticket_no"], "amount": row["amount"],
            },
        }[kind[0]]  # fmt: skip
        assert row == {"id": alert.pk, "kind": kind[0], "threshold": kind[1], **empty, **more}
    assert None not in (
        rows["refund_failed", 0]["refund_id"],
        rows["deadline", 6]["due_at"],
        rows["shipping", 0]["ticket_no"],
    )


@pytest.mark.parametrize(
    ("kind", "facts", "because"),
    [
        ("webhook", {"name": "ERP", "because": "gone", "failing_since": None}, "gone"),
        ("platform", {"name": "Shop", "reason": "no", "since": "2026-03-11T12:00:00Z"}, None),
        ("to_pay", {"name": "Shop", "refunds": 2, "amount": 6_990, "since": ""}, None),
    ],
)
def test_what_is_wrong_with_connections(
    erp: Program, shop: Shop, kind: str, facts: dict[str, Any], because: str | None
) -> None:
    alert = Alert.objects.create(
        shop=shop, kind=kind, subject=1, threshold=0, day=NOON.date(), raised_at=NOON, facts=facts
    )
    (row,) = erp.get(f"/alerts?kind={kind}").content["results"]
    assert (row["id"], row["about"], row["because"]) == (alert.pk, facts["name"], because)
    assert {row["kind"] for row in erp.get("/alerts").content["results"]} > {kind}
    assert erp.post(f"/alerts/{alert.pk}/acknowledge").status == 200


def test_every_kind_has_its_name() -> None:
    assert list(get_args(KindName)) == AlertKind.values


def test_acknowledged_once(erp: Program, shop: Shop, owner: User) -> None:
    alert = Alert.objects.get(kind="deadline")
    first = erp.post(f"/alerts/{alert.pk}/acknowledge")
    assert (first.status, first.content["acknowledged_by"]) == (200, owner.username)
    assert first.content["acknowledged_at"]
    other = program(shop, make_user(shop))
    assert other.post(f"/alerts/{alert.pk}/acknowledge", key="k").content == first.content
    ids = {row["id"] for row in erp.get("/alerts?acknowledged=false").content["results"]}
    assert (len(ids), alert.pk in ids) == (5, False)
    (row,) = erp.get("/alerts?acknowledged=true&kind=deadline").content["results"]
    assert row == first.content
    assert erp.get("/alerts?acknowledged=true&kind=cap").content["results"] == []
    page = erp.get("/alerts?page_size=4").content
    rest = erp.get(page["next"].removeprefix("http://testserver/api/v1")).content
    assert (len(page["results"]), len(rest["results"]), rest["next"]) == (4, 2, None)
    assert erp.get("/alerts?kind=x").status == erp.get("/alerts?acknowledged=x").status == 422


def test_who_may(erp: Program, shop: Shop, owner: User) -> None:
    """SPEC P1."""
    address = f"/alerts/{Alert.objects.filter(kind='cap').earliest('pk').pk}/acknowledge"
    assert Program("").get("/alerts").status == Program("").post(address).status == 401
    assert program(shop, owner, "tickets").get("/alerts").status == 403
    assert program(shop, owner, "read", "strategies").post(address).status == 403
    elsewhere = make_shop()
    Membership.objects.create(shop=elsewhere, user=owner, role="owner")
    for other in (program(elsewhere, owner), program(elsewhere, make_user(elsewhere))):
        assert other.get("/alerts").content["results"] == []
        assert other.post(address).status == 404
    Membership.objects.filter(user=owner, shop=shop).update(role="viewer")
    assert erp.post(address).status == 403
    assert erp.get("/alerts").status == 200
    assert not Alert.objects.exclude(acknowledged_at=None).exists()


def test_an_alert_of_another_role_is_seen_and_not_acknowledged(
    erp: Program, shop: Shop, owner: User
) -> None:
    """SPEC P1, M4: caps are for whoever may change strategies. A token has its maker's role."""
    agent = erp
    Membership.objects.filter(user=owner, shop=shop).update(role="cs_agent")
    assert len(agent.get("/alerts").content["results"]) == 6
    for alert in Alert.objects.order_by("pk"):
        allowed = alert.kind not in ("cap", "breaker")
        answer = agent.post(f"/alerts/{alert.pk}/acknowledge")
        assert answer.status == (200 if allowed else 403), alert.kind
        alert.refresh_from_db()
        assert (alert.acknowledged_at is not None) is allowed


def test_what_is_over_says_so(erp: Program) -> None:
    """SPEC O5."""
    alerts.end_alerts(now=NOON + timedelta(hours=12))  # another day: both caps
    over = erp.get("/alerts?ended=true").content["results"]
    assert [(row["kind"], row["ended_at"]) for row in over] == [
        ("cap", "2026-03-12T00:00:00+08:00")
    ] * 2
    rest = erp.get("/alerts?ended=false&acknowledged=false").content["results"]
    assert len(rest) == 4 and {row["ended_at"] for row in rest} == {None}
    assert erp.get("/alerts?ended=x").status == 422

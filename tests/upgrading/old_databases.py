"""Databases of landed versions are brought up to date with their rows (docs/operations.md,
"Upgrading"): nothing is lost, the audits find nothing, and automation goes on.

One database on its way through the versions, since migrating is what takes the time: each version
adds rows of its own, as it wrote them. Half a minute of migrations: `make old-databases`, and CI,
but not `make test`.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Model

from config import first_schema
from tests.database import _connected_to, _create, _drop, _server

AT = datetime(2026, 11, 20, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
# 0.1.0, and what landed on the way to 0.2.0: the latest migrations of each app.
LANDED = {
    "old-1": ("0017_waits_since", "0005_decided", "0008_mail_language"),
    "old-2": ("0021_platform_facts", "0007_clean_identifiers", "0010_alert_ended"),
    "old-3": ("0029_open_differences_are_decided", "0010_skip_risky", "0012_to_pay_alerts"),
}
STATES = ("pending_review", "refunding", "refunded", "refund_failed")


@pytest.fixture
def empty_database(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    name = f"{connection.settings_dict['NAME']}_old"
    with django_db_blocker.unblock():
        with _server() as server:
            _drop(server, name)
            _create(server, name)
        with _connected_to(name):
            yield
        with _server() as server:
            _drop(server, name)


def migrate_to(version: str) -> Any:
    """The models as they were then."""
    targets = list(zip(("aftersale", "strategies", "monitoring"), LANDED[version], strict=True))
    executor = MigrationExecutor(connection)
    state = executor.migrate(targets)
    return state.apps


def as_it_was(apps: Any, model: str, **fields: Any) -> Any:
    """A row with those of the fields that its version knew."""
    found = apps.get_model(*model.split("."))
    names = {field.name: field.attname for field in found._meta.local_fields}
    return found.objects.create(
        **{
            names[name]: value.pk if isinstance(value, Model) else value
            for name, value in fields.items()
            if name in names
        }
    )


def make_rows(apps: Any, code: str) -> None:
    """A strategy with an order and a ticket in each state, decided and paid as far as that says."""
    shop = as_it_was(apps, "aftersale.Shop", code=code, name=code, platform="kuaishou")
    for kind in ("wallet", "deposit"):
        as_it_was(apps, "aftersale.Fund", shop=shop, kind=kind)
    strategy = as_it_was(
        apps, "strategies.Strategy", shop=shop, scenario="pre_ship_refund", name="all",
        enabled=True, enabled_at=AT - HOUR, priority=1, single_amount_cap=20_000,
        daily_cap=100_000, revision=1,
    )  # fmt: skip
    content = {
        "scenario": "pre_ship_refund", "name": "all", "remark": "", "enabled": True, "priority": 1,
        "valid_from": None, "valid_until": None, "execution_time": "all_day", "windows": [],
        "paid_time": "off_hours", "order_statuses": ["shipped", "delivered"], "buyer_reasons": [],
        "single_amount_cap": 20_000, "daily_cap": 100_000, "time_limit_hours": None,
        "skip_label_printed": True, "product_condition": "all", "products": [], "categories": [],
        "refund_reason": "", "breaker": None,
    }  # fmt: skip
    as_it_was(
        apps, "strategies.StrategyRevision", strategy=strategy, number=1, content=content,
        created_at=AT - HOUR,
    )  # fmt: skip
    rulebook = as_it_was(
        apps, "strategies.RulebookRevision", shop=shop, number=1, created_at=AT - HOUR,
        content={
            "timezone": "Asia/Shanghai", "working_hours": {}, "special_days": {},
            "fast_refund_periods": [], "fast_refund_rules": [], "buyer_limit": None,
            "strategies": [{"id": strategy.pk, "revision": 1, **content}],
        },
    )  # fmt: skip
    as_it_was(apps, "strategies.EvaluatorLane", shop=shop, rulebook=rulebook, decided_until=AT)
    for number, status in enumerate(STATES):
        make_case(apps, shop, strategy, rulebook, number, status)
    as_it_was(
        apps, "strategies.StrategyUsage", strategy=strategy, day=AT.date(), hits=3, used=30_000,
        cap=100_000,
    )  # fmt: skip


def make_case(apps: Any, shop: Any, strategy: Any, rulebook: Any, number: int, status: str) -> None:
    waits, paid = status == "pending_review", status == "refunded"
    held = 10_000 if status in ("refunding", "refunded") else 0
    order = as_it_was(
        apps, "aftersale.Order", shop=shop, order_no=f"O{number}", status="pending_shipment",
        buyer=f"b{number}", paid_at=AT - HOUR, updated_at=AT - HOUR, paid_amount=10_000,
        committed=held,
    )  # fmt: skip
    as_it_was(
        apps, "aftersale.OrderLine", order=order, line_no=1, product="p1", category="c1",
        paid_amount=10_000,
    )  # fmt: skip
    ticket = as_it_was(
        apps, "aftersale.Ticket", shop=shop, order=order, order_no=order.order_no,
        ticket_no=f"T{number}", buyer=order.buyer, type="refund_only",
        requested_type="refund_only", reason="other", amount=10_000, applied_at=AT, updated_at=AT,
        status=status, status_at=AT, products=["p1"], categories=["c1"], committed=held,
        waits=waits, awaiting_evaluation=waits, spent=not waits, scenarios_hit=0 if waits else 1,
    )  # fmt: skip
    if waits:
        return
    decision = as_it_was(
        apps, "strategies.Decision", shop=shop, ticket=ticket, order=order, rulebook=rulebook,
        strategy=strategy, decided_at=AT, outcome="refund", source="strategy",
        scenario="pre_ship_refund", type="refund_only", amount=10_000, reason="other",
        applied_at=AT, buyer=order.buyer, order_status="pending_shipment", paid_at=AT - HOUR,
        paid_amount=10_000, refundable_amount=10_000, labels=[], products=["p1"],
        categories=["c1"], has_virtual=False, buyer_blocked=False, spent=False,
    )  # fmt: skip
    refund = as_it_was(
        apps, "aftersale.Refund", shop=shop, order=order, ticket=ticket, amount=10_000,
        source="strategy", decision=decision.pk, requested_at=AT,
        ever_sent=status != "refunding",
        status={"refunding": "requested", "refunded": "succeeded"}.get(status, "failed"),
        needs_people=status == "refund_failed", settled_at=None if status == "refunding" else AT,
        next_step_at=None,
    )  # fmt: skip
    if status != "refunding":
        as_it_was(
            apps, "aftersale.RefundAttempt", refund=refund, number=1, key=f"{shop.code}-{number}",
            amount=10_000, connector="manual", fingerprint="", created_at=AT, settled_at=AT,
            state="succeeded" if paid else "failed",
        )  # fmt: skip


def made_by(script: str, name: str) -> str:
    """The tables that a script makes, as it would be written of them again."""
    with _server() as server:
        _drop(server, name)
        _create(server, name)
    with _connected_to(name):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(script)
        found = first_schema.written()
    with _server() as server:
        _drop(server, name)
    return found


def test_a_new_database_is_as_all_migrations_make_it(empty_database: None) -> None:
    """Migrations newer than the file of the first tables run on top of it."""
    first_schema.load(connection)
    call_command("migrate", interactive=False, verbosity=0)
    own = connection.settings_dict["NAME"]
    at_once, one_by_one = first_schema.written(), f"{own}_one"
    with _server() as server:
        _drop(server, one_by_one)
        _create(server, one_by_one)
    with _connected_to(one_by_one):
        call_command("migrate", one_by_one=True, interactive=False, verbosity=0)
        migrated = first_schema.written()
    with _server() as server:
        _drop(server, one_by_one)
    # PostgreSQL writes some conditions in another way once they were written out and read in.
    assert made_by(at_once, one_by_one) == made_by(migrated, one_by_one)


def test_rows_of_landed_versions_come_along(empty_database: None) -> None:
    for code in LANDED:
        make_rows(migrate_to(code), code)
        connection.check_constraints()
    call_command("migrate", interactive=False, verbosity=0)

    from aftersale.models import Refund, Shop, Ticket
    from strategies.models import Decision, StrategyUsage
    from strategies.services.evaluator import Tally, decide_shop

    for command in ("audit_money", "audit_figures"):
        call_command(command)  # ends with 1 where it finds a difference
    for shop in Shop.objects.order_by("code"):
        found = Ticket.objects.filter(shop=shop).order_by("ticket_no")
        assert tuple(found.values_list("status", flat=True)) == STATES
        assert all(ticket.changed_at for ticket in found)
        numbers = Refund.objects.filter(shop=shop).values_list("public_number", "pk")
        assert [number for number, pk in numbers if number != str(pk)] == []
        assert StrategyUsage.objects.get(strategy__shop=shop).taken == 0
        decide_shop(shop.pk, tally=Tally())
        decision = Decision.objects.filter(shop=shop).latest("pk")
        assert (decision.outcome, decision.ticket.ticket_no) == ("refund", "T0"), decision.why
    call_command("audit_money")

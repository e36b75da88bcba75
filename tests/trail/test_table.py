"""SPEC P6: the audit trail is append-only, kept for 400 days, and holds what came before it."""

import importlib
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import InternalError, ProgrammingError, connection, transaction
from django.utils import timezone

from aftersale.domain.multilingual import MultilingualText
from aftersale.models import AuditEntry, AuditKind
from aftersale.services.access import audit_trail
from aftersale.services.shared import trail
from config.acting import acting, by_token
from tests.factories import NOON, make_shop, make_user

pytestmark = pytest.mark.django_db

MIGRATION = importlib.import_module("aftersale.migrations.0045_audit_trail")


def entry(**fields: Any) -> AuditEntry:
    trail.record(fields.pop("kind", AuditKind.CHANGED), **{"now": timezone.now(), **fields})
    return AuditEntry.objects.latest("pk")


def refused(sql: str, *values: Any) -> None:
    with (
        pytest.raises((InternalError, ProgrammingError), match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql, values)


def test_an_entry_says_in_which_request_from_where_and_with_which_token() -> None:
    with acting(address="203.0.113.9") as request_id:
        by_token(7)
        inside = entry()
    outside = entry()
    assert (inside.request_id, inside.address, inside.token_id) == (request_id, "203.0.113.9", 7)
    assert len(request_id) == 32
    assert (outside.request_id, outside.address, outside.token_id) == ("", "", None)


def test_whose_entry_it_is() -> None:
    shop, user = make_shop(), make_user()
    scopes = [entry(shop_id=shop.pk, whom=user), entry(whom=user), entry()]
    for one in scopes:
        one.refresh_from_db()
    assert [one.scope for one in scopes] == [shop.pk, -user.pk, 0]


def test_nobody_changes_or_deletes_it() -> None:
    one = entry(note="a", filters={"buyer": "b-7"})
    for column, value in (("note", "b"), ("filters", "{}"), ("user_id", 1)):
        refused(f"UPDATE aftersale_auditentry SET {column} = %s WHERE id = {one.pk}", value)
    refused("DELETE FROM aftersale_auditentry")
    kept = AuditEntry.objects.get()
    assert (kept.note, kept.filters, kept.user) == ("a", {"buyer": "b-7"}, None)


def test_erasing_rewrites_filters_and_nothing_else() -> None:
    """SPEC P7."""
    one = entry(note="a", filters={"buyer": "b-7"})
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL afterdesk.erasing = 'on'")
        cursor.execute("UPDATE aftersale_auditentry SET filters = '{}' WHERE id = %s", [one.pk])
    refused("UPDATE aftersale_auditentry SET filters = '{}', note = 'b'")
    refused("DELETE FROM aftersale_auditentry")
    kept = AuditEntry.objects.get()
    assert (kept.note, kept.filters) == ("a", {})


def test_kept_for_400_days() -> None:
    now = timezone.now()
    young = entry(now=now - timedelta(days=399, hours=23))
    old = entry(now=now - timedelta(days=400, seconds=1))
    assert audit_trail.forget(now=now) == 1
    assert list(AuditEntry.objects.values_list("pk", flat=True)) == [young.pk]
    assert old.pk != young.pk and audit_trail.forget(now=now) == 0


def test_blocked_buyers_in_old_notes_become_entries_of_their_own() -> None:
    """Shops' events named them in the words of a change, where nothing could erase them."""
    shop, both = make_shop(), "name: a → b\nblocked buyers: +b-79, -b-77"
    entry(shop_id=shop.pk, note="blocked buyers: +b-1", now=NOON)
    texts = {"en": both, "zh-hans": "名称：a → b\n买家黑名单: +b-79, -b-77"}
    entry(shop_id=shop.pk, note=MultilingualText(texts), now=NOON)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE aftersale_auditentry DISABLE TRIGGER aftersale_audit_stays")
        MIGRATION.buyers_apart(apps, None)
        cursor.execute("ALTER TABLE aftersale_auditentry ENABLE TRIGGER aftersale_audit_stays")
    found = AuditEntry.objects.order_by("pk").values_list("kind", "note", "filters")
    assert [(kind, str(note), filters) for kind, note, filters in found] == [
        ("changed", "", {}),
        ("changed", "name: a → b", {}),
        ("buyer_blocked", "", {"buyer": "b-1"}),
        ("buyer_blocked", "", {"buyer": "b-79"}),
        ("buyer_unblocked", "", {"buyer": "b-77"}),
    ]
    assert AuditEntry.objects.filter(at=NOON, shop=shop).count() == 5

"""Where archiving is switched on, and where it is told that it fails (SPEC O12)."""

import pytest
from django.urls import reverse

from aftersale import tasks
from aftersale.admin.shop_settings.frame import seal
from aftersale.models import Archive, AuditEntry, Role, Shop, Ticket
from aftersale.services.shared.shown import format_time
from monitoring.admin import machine
from tests.admin.clients import english_client, text_of
from tests.factories import make_shop, make_user

from .past import NOW, old

pytestmark = pytest.mark.django_db
OFF = seal({"archive_months": None})


def saved(shop: Shop, role: str | None, months: str, seen: str = OFF) -> int:
    user = make_user(shop, role) if role else make_user(make_shop())
    sent = {"archive_months": months, "seen": seen}
    address = reverse("desk:shop-archive", args=[shop.pk])
    answer = english_client(user).post(address, sent, headers={"HX-Request": "true"})
    shop.refresh_from_db()
    return answer.status_code


def test_owners_switch_it_on_and_off() -> None:
    shop = make_shop()
    assert shop.archive_months is None
    assert saved(shop, Role.OWNER, "14") == 204 and shop.archive_months == 14
    assert AuditEntry.objects.get(kind="changed").note == (
        "Old tickets go to files, after months: off → 14"
    )
    assert saved(shop, Role.OWNER, "24") == 409 and shop.archive_months == 14  # seen before
    assert saved(shop, Role.OWNER, "", seal({"archive_months": 14})) == 204
    assert shop.archive_months is None
    for months in ("13", "121", "x", "-1"):
        assert saved(shop, Role.OWNER, months) == 422 and shop.archive_months is None


@pytest.mark.parametrize("role", [Role.ADMIN, Role.CS_MANAGER, Role.CS_AGENT, Role.VIEWER, None])
def test_nobody_else(role: str | None) -> None:
    shop = make_shop()
    assert saved(shop, role, "14") == (403 if role else 404)
    assert shop.archive_months is None and not AuditEntry.objects.filter(kind="changed").exists()


def test_a_failure_shows_in_the_settings_and_to_operators() -> None:
    shop = make_shop(code="s1", archive_months=14, archive_failure="The disk is full.")
    page = english_client(make_user(shop)).get(reverse("desk:shop-personal-data", args=[shop.pk]))
    assert "The disk is full." in text_of(page)
    (row,) = machine._archives()
    assert (row.name, row.found, row.state) == ("Archive of s1", "The disk is full.", machine.BAD)
    assert "ARCHIVE_ROOT" in row.todo
    Shop.objects.update(archive_failure="")
    assert list(machine._archives()) == []
    Archive.objects.create(
        shop=shop, name="a", before=NOW, began_at=NOW, state="done", done_at=NOW, orders=3, kept=2,
    )  # fmt: skip
    Shop.objects.update(timezone="America/New_York")
    shop.refresh_from_db()
    (row,) = machine._archives()
    assert (row.name, row.state) == ("Last archive", machine.WELL)
    page = english_client(make_user(shop)).get(reverse("desk:shop-personal-data", args=[shop.pk]))
    assert f"In files: 1 order, the latest since {format_time(NOW, shop)}." in text_of(page)


def test_the_task_archives_what_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the database's clock; enqueues itself again while something is left."""
    shop, off = make_shop(archive_months=14), make_shop()
    old(shop), old(off)
    woken: list[str] = []
    monkeypatch.setattr(tasks, "wake", lambda task, **_: woken.append(task))
    monkeypatch.setattr(tasks, "database_moment", lambda: NOW)
    monkeypatch.setattr(tasks, "ARCHIVING_SECONDS", -1)
    tasks.archive_old()
    assert Ticket.objects.get().shop == off and woken == ["aftersale.tasks.archive_old"]
    tasks.archive_old()
    assert len(woken) == 1 and Archive.objects.get().state == "done"

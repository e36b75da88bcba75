"""Demo shops go with one button; what is a merchant's own stays (SPEC P1)."""

import io

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from aftersale.models import AuditEntry, ConnectorKind, Membership, Order, Shop, Ticket
from aftersale.services.access import second_factor
from aftersale.services.shared.errors import NotAllowed
from aftersale.services.shops import demo
from strategies.demo.people import make_members, make_people, mark
from strategies.services.evaluator import Tally, decide_shop
from tests.admin.clients import client_of
from tests.admin.scene import make as make_scene
from tests.admin.scene import person
from tests.factories import NOON

pytestmark = pytest.mark.django_db


def rows() -> dict[str, int]:
    found = {}
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            cursor.execute(f'SELECT count(*) FROM "{model._meta.db_table}"')
            found[model._meta.label] = cursor.fetchone()[0]
    return found


@pytest.fixture
def shop() -> Shop:
    """One with a row of every kind, people of the demo, and a merchant's own beside it."""
    before = rows()
    people = make_people()
    scene = make_scene("trial", "owner")
    Shop.objects.filter(pk=scene.shop.pk).update(is_demo=True)
    make_members(people, [scene.shop])
    mark()
    assert sum(rows().values()) > sum(before.values()) + 50
    return scene.shop


def test_every_row_of_theirs_goes_and_no_other(shop: Shop) -> None:
    own = make_scene("own", "owner")
    Shop.objects.filter(pk=own.shop.pk).update(is_demo=False, connector=ConnectorKind.MANUAL)
    operator = person("real", is_superuser=True)
    with_both = rows()
    alone = dict.fromkeys(with_both, 0)
    for model in apps.get_models(include_auto_created=True):
        names = [field.name for field in model._meta.concrete_fields]
        if "shop" in names and model is not AuditEntry:
            alone[model._meta.label] = model._base_manager.exclude(shop=shop).count()
    assert demo.remove(user=operator, now=NOON) == 1
    left = rows()
    assert list(Shop.objects.values_list("code", flat=True)) == [own.shop.code]
    for label, number in alone.items():
        if number:
            assert left[label] == number, label
    connection.check_constraints()
    assert Order.objects.exists() and Ticket.objects.exists()
    of_demo = User.objects.filter(groups__name=second_factor.DEMO)
    assert set(of_demo.values_list("is_active", flat=True)) == {False}
    assert not Membership.objects.filter(user__in=of_demo).exists()
    entry = AuditEntry.objects.filter(user=operator).latest("pk")
    assert (str(entry.note), entry.subject) == (f"Demo shop removed: {shop.name}", shop.code)
    # A worker that was woken for it finds nothing; removing again finds none.
    decide_shop(shop.pk, tally=Tally())
    assert demo.remove(user=operator, now=NOON) == 0


def test_nobody_else_may(shop: Shop) -> None:
    people = (User.objects.get(username="demo-owner"), person("nobody"))
    before = rows()
    for user in people:
        with pytest.raises(NotAllowed):
            demo.remove(user=user, now=NOON)
    assert rows() == before


def test_the_button_leads_on_and_the_demo_does_not_come_back(shop: Shop) -> None:
    client: Client = client_of(User.objects.get(username="demo"))
    assert reverse("desk:demo-remove") in client.get("/admin/").content.decode()
    asked = client.get(reverse("desk:demo-remove"))
    assert shop.name in asked.content.decode()
    done = client.post(reverse("desk:demo-remove"))
    # Nobody is an operator any more: the next page is the one on which somebody becomes it.
    assert done["HX-Redirect"].startswith("/account/first/")
    assert Client().get(done["HX-Redirect"]).status_code == 200
    assert client.get("/admin/").status_code == 302
    out = io.StringIO()
    call_command("seed_demo", stdout=out)
    assert out.getvalue() == "The demo shops were removed; they don't come back.\n"
    assert not Shop.objects.exists()

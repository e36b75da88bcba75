"""Queries whose SQL is made once, and parts of pages that are rendered once (PERFORMANCE)."""

from datetime import timedelta

import pytest
from django.db.models import QuerySet
from django.template import Context, Template
from django.utils import translation

from aftersale.models import Shop, Ticket
from aftersale.services.shared.prepared import Slot, Slots, prepared
from tests.factories import NOON, make_order, make_shop, make_ticket
from tests.queries import counted_queries

pytestmark = pytest.mark.django_db


def test_each_run_has_its_own_values_and_the_sql_of_the_first() -> None:
    made: list[tuple[object, ...]] = []

    @prepared
    def later(newest_first: bool, *, shops: Slots, since: Slot) -> QuerySet[Ticket]:
        made.append((newest_first, len(shops.places)))
        found = Ticket.objects.filter(shop__in=shops, applied_at__gt=since - timedelta(hours=1))
        return found.select_related("shop").order_by("-pk" if newest_first else "pk")

    one, other = make_shop(), make_shop()
    first = make_ticket(make_order(one))
    second = make_ticket(make_order(other), applied_at=NOON + timedelta(hours=2))
    third = make_ticket(make_order(other), applied_at=NOON + timedelta(hours=3))
    with counted_queries() as asked:
        assert later(False, shops=[one.pk], since=NOON) == [first]
        found = later(False, shops=[other.pk], since=NOON)
        assert found == [second, third]
        assert [ticket.shop for ticket in found] == [other, other]
        assert later(False, shops=[other.pk], since=NOON + timedelta(hours=3)) == [third]
    assert len(asked) == 3
    assert made == [(False, 1)]
    assert later(True, shops=[one.pk, other.pk], since=NOON) == [third, second, first]
    assert made == [(False, 1), (True, 2)]


def test_a_prepared_query_gives_values_too() -> None:
    @prepared
    def codes(*, key: Slot) -> QuerySet:
        return Shop.objects.filter(pk=key).values_list("code", flat=True)

    one, other = make_shop(code="one"), make_shop(code="other")
    assert codes(key=one.pk) == ["one"]
    assert codes(key=other.pk) == ["other"]
    # Larger than any key: as for the ORM, nothing is found.
    assert codes(key=10**30) == []


def test_a_constant_part_is_kept_by_language_and_shows_nothing_of_the_page() -> None:
    page = Template(
        "{% load constant i18n %}{{ who }}:"
        '{% constant %}{% translate "Close" %}{{ who }}{% for one in rows %}x{% endfor %}'
        "{% endconstant %}"
    )
    for _again in range(2):
        for who in ("owner", "viewer"):
            context = {"who": who, "rows": [1, 2]}
            with translation.override("en"):
                assert page.render(Context(context)) == f"{who}:Close"
            with translation.override("zh-hans"):
                assert page.render(Context(context)) == f"{who}:关闭"

"""Steps are offered only where the shop's platform takes them (SPEC P3, PLATFORMS e8)."""

import pytest
from django.test import Client
from django.urls import reverse

from aftersale.admin.workbench import case
from aftersale.models import ConnectorKind
from aftersale.platforms import registry
from aftersale.platforms.capabilities import Can
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("platform", "offers", "amounts", "without_goods"),
    [
        ("kuaishou", True, False, True),
        ("wechat", True, True, True),
        ("douyin", False, False, True),
        ("xiaohongshu", False, False, False),
        ("by hand", True, True, True),
    ],
)
def test_the_workbench_offers_what_the_platform_takes(
    client: Client, platform: str, offers: bool, amounts: bool, without_goods: bool
):
    connected = platform != "by hand"
    shop = factories.make_shop(
        connector=ConnectorKind.PLATFORM if connected else ConnectorKind.MANUAL,
        platform=platform if connected else "kuaishou",
    )
    order = factories.make_order(shop, status="delivered")
    asked = factories.make_ticket(order, type="return_refund")
    waits = factories.make_ticket(
        order, type="return_refund", status="awaiting_return", awaiting_evaluation=False
    )
    agent = factories.make_user(shop, "cs_agent")
    assert ("negotiate" in case.steps(asked, agent, now=NOON)) is offers
    assert ("confirm_return" in case.steps(waits, agent, now=NOON)) is without_goods
    waits.status = "returning"
    assert "confirm_return" in case.steps(waits, agent, now=NOON)
    client.force_login(agent)
    page = client.get(reverse("desk:negotiate", args=[asked.pk])).content.decode()
    assert ('name="amount"' in page) is amounts
    assert ('value="refund_only"' in page) is offers


def test_every_connector_declares_words_of_the_list():
    for code in registry.PLATFORMS:
        assert registry.capabilities(code) <= set(Can)
    assert registry.capabilities("no such platform") == frozenset()

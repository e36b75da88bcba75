"""Webhooks by API: as on the page, but a person switches a new address on (SPEC P5)."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from aftersale.models import AuditEntry, Shop, WebhookEndpoint
from aftersale.services.webhooks import endpoints
from tests.factories import NOON, make_shop

from .program import Program, program

NEW = {"url": "http://127.0.0.1:9/a", "types": ["refund.sent"], "description": "ERP"}


def test_made_by_a_program_and_switched_on_by_a_person(
    erp: Program, shop: Shop, owner: User
) -> None:
    made = erp.post("/webhooks", NEW, key="k")
    secret = made.content.pop("secret")
    pk = made.content["id"]
    assert (made.status, made.response["Location"]) == (201, f"/api/v1/webhooks/{pk}")
    assert secret.startswith("whsec_")
    assert {**NEW, "enabled": False, "off_because": "needs_person"}.items() <= made.content.items()
    assert erp.get("/webhooks").content["results"] == [made.content]
    refused = erp.call("PATCH", f"/webhooks/{pk}", {"enabled": True})
    assert (refused.status, refused.content["code"]) == (403, "needs_person")
    assert erp.post("/webhooks", NEW, key="k").content["secret"] == secret
    assert WebhookEndpoint.objects.count() == 1

    endpoints.switch_on(endpoint_id=pk, user=owner, now=NOON)
    kept = erp.call("PATCH", f"/webhooks/{pk}", {"types": ["refund.failed", "refund.sent"]})
    assert (kept.content["enabled"], kept.content["off_because"]) == (True, None)
    moved = erp.call("PATCH", f"/webhooks/{pk}", {"url": "http://127.0.0.1:9/b"})
    assert (moved.content["enabled"], moved.content["off_because"]) == (False, "needs_person")
    endpoints.switch_on(endpoint_id=pk, user=owner, now=NOON)
    off = erp.call("PATCH", f"/webhooks/{pk}", {"enabled": False})
    assert (off.content["enabled"], off.content["off_because"]) == (False, "by_hand")
    assert erp.call("DELETE", f"/webhooks/{pk}").status == 204
    assert erp.call("DELETE", f"/webhooks/{pk}").status == 404
    assert AuditEntry.objects.filter(shop=shop, kind="webhook", user=owner).count() == 7


@pytest.mark.parametrize(
    ("content", "pointer"),
    [
        ({"url": "ftp://127.0.0.1/"}, "#/url"),
        ({"url": "https://10.0.0.1/"}, "#/url"),
        ({"types": []}, "#/types"),
        ({"types": ["other"]}, "#/types/0"),
        ({"secret": "mine"}, "#/secret"),
    ],
)
def test_what_is_refused(erp: Program, content: dict[str, Any], pointer: str) -> None:
    found = erp.post("/webhooks", {**NEW, **content})
    assert (found.status, found.content["errors"][0]["pointer"]) == (422, pointer)
    assert not WebhookEndpoint.objects.exists()


def test_only_owners_see_addresses(shop: Shop, owner: User) -> None:
    """And only those of the token's shop, whatever else its maker owns."""
    other = make_shop()
    other.memberships.create(user=owner, role="owner")
    endpoint, _secret = endpoints.create(shop_id=other.pk, **NEW, user=owner, now=NOON)
    erp = program(shop, owner, "read")
    assert erp.get("/webhooks").content["results"] == []
    assert erp.call("PATCH", f"/webhooks/{endpoint.pk}", {"enabled": False}).status == 404
    endpoint.refresh_from_db()
    assert endpoint.enabled

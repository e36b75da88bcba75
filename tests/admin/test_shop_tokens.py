"""API tokens in the settings of a shop: made by owners, shown once, revoked (SPEC P1)."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from aftersale.models import ApiToken, AuditEntry, Role
from aftersale.services.access import tokens
from tests.factories import NOON, make_user

from .clients import client_of, english_client
from .scene import Scene

HTMX = {"HTTP_HX_REQUEST": "true"}
SENT = {"name": "ERP", "scopes": ["read", "orders"]}


def address(own: Scene, name: str, *args: object) -> str:
    return reverse(f"desk:{name}", args=[own.shop.pk, *args])


def made(client: Client, own: Scene, sent: Any = SENT) -> str:
    answer = client.post(address(own, "shop-token-add"), sent, **HTMX)
    assert (answer.status_code, answer["HX-Trigger-After-Settle"]) == (200, "desk:refresh")
    assert "no-store" in answer["Cache-Control"]
    (text,) = re.findall(r'value="(ad_[^"]+)"', answer.content.decode())
    return text


def test_made_and_shown_once(own: Scene) -> None:
    owner = english_client(own.people["owner"])
    text = made(owner, own)
    token = ApiToken.objects.get(name="ERP")
    assert (token.shop, token.scopes, token.created_by) == (
        own.shop,
        ["read", "orders"],
        own.people["owner"],
    )
    use = tokens.use(text=text, address=None, now=NOON)
    assert use is not None and use.token == token
    for page in (address(own, "shop-tokens"), address(own, "shop-token-revoke", token.pk)):
        shown = owner.get(page).content.decode()
        assert text not in shown and token.beginning in shown
        assert "Read orders, tickets, decisions and figures" in shown
    assert text not in str(AuditEntry.objects.filter(kind="token").values())


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"name": " ", "scopes": ["read"]}, "This field is required."),
        ({"name": "n" * 65, "scopes": ["read"]}, "at most 64 characters"),
        ({"name": "a\0b", "scopes": ["read"]}, "Null characters are not allowed."),
        ({"name": "ERP"}, "This field is required."),
        ({"name": "ERP", "scopes": ["root"]}, "Select a valid choice."),
    ],
)
def test_what_is_refused(own: Scene, sent: Any, said: str) -> None:
    answer = english_client(own.people["owner"]).post(address(own, "shop-token-add"), sent, **HTMX)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not ApiToken.objects.filter(name="ERP").exists()


def test_revoked(own: Scene) -> None:
    owner = english_client(own.people["owner"])
    text = made(owner, own)
    token = ApiToken.objects.get(name="ERP")
    dialog = owner.get(address(own, "shop-token-revoke", token.pk)).content.decode()
    assert "refused from their next call on" in dialog and "It was never used." in dialog
    answer = owner.post(address(own, "shop-token-revoke", token.pk), **HTMX)
    assert answer.status_code == 204
    assert tokens.use(text=text, address=None, now=NOON) is None
    token.refresh_from_db()
    assert token.revoked_by == own.people["owner"]
    page = owner.get(address(own, "shop-tokens")).content.decode()
    assert "revoked" in page and f"Revoke {token}" not in page


def test_a_token_whose_maker_has_left(own: Scene) -> None:
    """It does nothing any more, and the list says so."""
    leaver = make_user(own.shop, "owner")
    tokens.create(shop_id=own.shop.pk, name="old", scopes=["read"], user=leaver, now=NOON)
    leaver.memberships.all().delete()
    page = english_client(own.people["owner"]).get(address(own, "shop-tokens")).content.decode()
    assert "without power" in page and "no member any more" in page


@pytest.mark.parametrize("role", Role.values)
def test_who_may(own: Scene, foreign: Scene, role: str) -> None:
    member, token = client_of(own.people[role]), own.row(ApiToken)
    before = ApiToken.objects.count()
    assert member.get(address(own, "shop-tokens")).status_code == 200
    allowed = role == "owner"
    for page in (address(own, "shop-token-add"), address(own, "shop-token-revoke", token.pk)):
        assert member.get(page).status_code == (200 if allowed else 403)
    if not allowed:
        assert member.post(address(own, "shop-token-add"), SENT).status_code == 403
        assert member.post(address(own, "shop-token-revoke", token.pk)).status_code == 403
    theirs = foreign.row(ApiToken)
    assert member.post(address(own, "shop-token-revoke", theirs.pk)).status_code == (
        404 if allowed else 403
    )
    for name, args in (("tokens", ()), ("token-add", ()), ("token-revoke", (theirs.pk,))):
        assert member.get(address(foreign, f"shop-{name}", *args)).status_code == 404
    assert ApiToken.objects.filter(revoked_at=None).count() == before


def test_the_documents_of_the_api_are_for_everybody() -> None:
    """They say what there is to call, and nothing of any shop."""
    assert Client().get("/api/v1/schema/").status_code == 200
    page = Client().get("/api/v1/docs/")
    assert page.status_code == 200
    assert "<script>" not in page.content.decode()

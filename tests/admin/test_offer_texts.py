"""The page of texts for negotiating, its dialog, and the texts in the dialog that negotiates
(SPEC P1, P3)."""

import html
import re

from django.contrib.auth.models import User
from django.urls import reverse

from aftersale.models import OfferText
from aftersale.offer_texts import CANNED_OFFERS
from tests.factories import make_order, make_ticket

from .clients import chinese_client, client_of, english_client
from .scene import AT, Scene
from .test_languages import english

PAGE = "desk:offer-texts"


def address(scene: Scene, key: str = "new") -> str:
    return reverse("desk:offer-text", args=[scene.shop.pk, key])


def test_all_members_read_them_and_managers_edit(own: Scene, foreign: Scene) -> None:
    for role, may in (("viewer", False), ("cs_agent", False), ("cs_manager", True)):
        page = english_client(own.people[role]).get(reverse(PAGE)).content.decode()
        assert page.count('class="reply-example"') == len(CANNED_OFFERS)
        assert "Hello Xiaolin" in page and "theirs" not in page
        assert (address(own) in page) == may == (address(own, "new_goods") in page), role
    for user, status in (
        (own.people["viewer"], 403),
        (own.people["cs_agent"], 403),
        (foreign.people["owner"], 404),
    ):
        client = client_of(user)
        for key in ("new", "new_goods"):
            assert client.get(address(own, key)).status_code == status
            assert client.post(address(own, key), {"name": "x", "text": "x"}).status_code == status
    there = client_of(foreign.people["owner"]).get(reverse(PAGE) + f"?shop={own.shop.pk}")
    assert there.status_code == 404
    nobody = client_of(User.objects.create_user("nobody", is_staff=True))
    assert nobody.get(reverse(PAGE)).status_code == 403
    assert not OfferText.objects.exists()


def test_added_mended_and_removed(own: Scene) -> None:
    client = english_client(own.people["cs_manager"])
    wrong = client.post(address(own), {"name": " ", "text": "Hi <{buyer}>"})
    assert wrong.status_code == 422
    page = wrong.content.decode()
    assert "Give it a name" in page and "Hi &lt;{buyer}&gt;</textarea>" in page
    wrong = client.post(address(own), {"name": "Mine", "text": "Hi {byer}"})
    assert wrong.status_code == 422 and "There is no placeholder {byer}" in wrong.content.decode()
    assert client.post(address(own), {"name": "Mine", "text": "Hi {buyer}"}).status_code == 204
    key = str(OfferText.objects.get().pk)
    page = client.get(reverse(PAGE)).content.decode()
    assert "Mine" in page and "Hi Xiaolin" in page
    assert "Remove the text" in client.get(address(own, key)).content.decode()
    assert client.post(address(own, key), {"reset": "1"}).status_code == 204
    assert not OfferText.objects.exists()
    for gone in (key, "nonsense"):
        assert client.get(address(own, gone)).status_code == 404


def test_the_dialog_offers_them_with_the_tickets_facts(own: Scene) -> None:
    order = make_order(own.shop, buyer="mine-b", status="delivered", lines=[{"title": "mine-cup"}])
    ticket = make_ticket(order, ticket_no="mine-t", applied_at=AT, awaiting_evaluation=False)
    OfferText.objects.create(shop=own.shop, name="Mine", text='<b> "{product}"', updated_at=AT)
    client = english_client(own.people["cs_agent"])
    negotiate = reverse("desk:negotiate", args=[ticket.pk])
    page = client.get(negotiate).content.decode()
    texts = [html.unescape(text) for text in re.findall(r'data-text="([^"]*)"', page)]
    assert len(texts) == len(CANNED_OFFERS) + 1
    assert texts[-1] == '<b> "mine-cup"' and not any("{" in text for text in texts)
    again = client.post(negotiate, {"text": "new_goods", "message": ""}).content.decode()
    assert re.search(r'value="new_goods"[^>]*checked', again)


def test_all_of_it_is_chinese(own: Scene) -> None:
    client = chinese_client(own.people["owner"])
    placeholders = {"ticket", "order", "amount", "product", "shop", "buyer", "applied", "reason"}
    for where in (reverse(PAGE), address(own), address(own, "new_goods")):
        assert english(client.get(where).content.decode()) - placeholders == set(), where

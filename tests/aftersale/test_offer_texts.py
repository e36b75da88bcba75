"""Texts for negotiating: the catalogue's, in a shop's own words, and those it adds (SPEC P3)."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.utils.translation import override

from aftersale.domain.placeholders import problem
from aftersale.models import AuditEntry, OfferText, Shop
from aftersale.offer_texts import CANNED_OFFERS
from aftersale.services.desk import offer_texts
from aftersale.services.desk.reject_templates import LONGEST
from aftersale.services.shared.errors import NotAllowed, NotFound, Refused
from tests.factories import NOON, make_order, make_shop, make_ticket, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(db: None) -> Shop:
    return make_shop(name="Lantern")


@pytest.fixture
def manager(shop: Shop) -> User:
    return make_user(shop, "cs_manager")


def save(shop: Shop, user: User, key: str, text: str = "Hi {buyer}", name: str = "") -> None:
    offer_texts.save(shop_id=shop.pk, key=key, name=name, text=text, user=user, now=NOON)


def names(shop: Shop) -> list[str]:
    return [text.name for text in offer_texts.texts_of(shop)]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_catalogue_can_be_sent_as_it_is(language: str) -> None:
    with override(language):
        for offer in CANNED_OFFERS:
            assert not problem(str(offer.text)) and len(str(offer.text)) <= LONGEST


def test_with_the_tickets_facts_in_their_places(shop: Shop, manager: User) -> None:
    ticket = make_ticket(make_order(shop), ticket_no="t-7")
    save(shop, manager, "show_the_fault", "{ticket_no}, {shop}")
    save(shop, manager, "new", "Any {product}", name="Mine")
    filled = [(text.name, said) for text, said in offer_texts.filled(ticket)]
    assert len(filled) == 6
    assert ("Pictures of the problem, please", "t-7, Lantern") in filled
    assert filled[-1][0] == "Mine" and "{" not in filled[-1][1]


def test_own_words_and_back(shop: Shop, manager: User) -> None:
    default = names(shop)
    save(shop, manager, "new_goods", " Hi {buyer}\r\nbye ", name="ignored")
    save(shop, manager, "new_goods", "Hi {buyer}\nbye")
    row = OfferText.objects.get()
    assert (row.code, row.name, row.text, row.updated_by) == (
        "new_goods", "", "Hi {buyer}\nbye", manager,
    )  # fmt: skip
    assert names(shop) == default and not OfferText.objects.exclude(shop=shop).exists()
    for _ in range(2):
        offer_texts.reset(shop_id=shop.pk, key="new_goods", user=manager, now=NOON)
    assert not OfferText.objects.exists()
    entries = AuditEntry.objects.filter(kind="template", shop=shop, user=manager)
    assert [str(entry.note).splitlines()[0] for entry in entries] == ["New goods instead"] * 2


def test_added_changed_and_removed(shop: Shop, manager: User) -> None:
    save(shop, manager, "new", name=" Mine ")
    key = str(OfferText.objects.get().pk)
    save(shop, manager, key, "Other", name="Ours")
    assert names(shop)[-1] == "Ours" and len(names(shop)) == len(CANNED_OFFERS) + 1
    offer_texts.reset(shop_id=shop.pk, key=key, user=manager, now=NOON)
    assert len(names(shop)) == len(CANNED_OFFERS)
    assert AuditEntry.objects.filter(kind="template").count() == 3


def test_nine_in_all(shop: Shop, manager: User) -> None:
    for number in range(offer_texts.MOST_OWN):
        save(shop, manager, "new", name=f"own {number}")
    assert len(names(shop)) == 9
    with pytest.raises(Refused, match="at most 4"):
        save(shop, manager, "new", name="one more")
    assert OfferText.objects.count() == 4


@pytest.mark.parametrize(
    ("key", "name", "text", "pointer"),
    [
        ("new", "", "Hi", "name"),
        ("new", "x" * 41, "Hi", "name"),
        ("new", "M\0ine", "Hi", "name"),
        ("new", "Mine", " ", "text"),
        ("new", "Mine", "H\0i", "text"),
        ("new", "Mine", "x" * 1001, "text"),
        ("new_goods", "", "Hi {nobody}", "text"),
    ],
)
def test_what_cannot_be_saved(
    shop: Shop, manager: User, key: str, name: str, text: str, pointer: str
) -> None:
    with pytest.raises(Refused) as refused:
        save(shop, manager, key, text, name=name)
    assert refused.value.pointer == pointer
    assert not OfferText.objects.exists() and not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("role", "error"),
    [("cs_agent", NotAllowed), ("viewer", NotAllowed), (None, NotFound)],
)
def test_who_may_not(shop: Shop, role: str | None, error: type[Exception]) -> None:
    """SPEC P1, like reject texts."""
    user = make_user(shop, role) if role else make_user(make_shop())
    calls: list[Callable[[], None]] = [
        lambda: save(shop, user, "new", name="Mine"),
        lambda: save(shop, user, "new_goods"),
        lambda: offer_texts.reset(shop_id=shop.pk, key="new_goods", user=user, now=NOON),
    ]
    for call in calls:
        with pytest.raises(error):
            call()
    assert not OfferText.objects.exists()


def test_a_text_of_another_shop_is_not_there(shop: Shop, manager: User) -> None:
    other = make_shop()
    save(other, make_user(other), "new", name="Theirs")
    key = str(OfferText.objects.get().pk)
    for call in (lambda: save(shop, manager, key), lambda: save(shop, manager, "nonsense")):
        with pytest.raises(NotFound):
            call()
    assert OfferText.objects.get().text == "Hi {buyer}"

"""A shop's texts for negotiating: those of the catalogue, in its own words, and some of its own
(SPEC P3)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from aftersale.domain.identifiers import is_visible
from aftersale.domain.multilingual import joined
from aftersale.domain.placeholders import fill
from aftersale.models import AuditKind, OfferText, Shop, Ticket
from aftersale.offer_texts import CANNED_BY_CODE, CANNED_OFFERS
from aftersale.services.access.rights import Right, require, shops_of
from aftersale.services.desk.reject_templates import facts_of, text_problem
from aftersale.services.shared import locks, trail
from aftersale.services.shared.errors import NotFound, Refused

# With those of the catalogue nine: a digit chooses one.
MOST_OWN = 9 - len(CANNED_OFFERS)
LONGEST_NAME = 40
NEW = "new"


@dataclass(frozen=True)
class ShopText:
    """A text as the shop has it; `row` is None where the catalogue's default stands.

    `key` is the catalogue's code, or the row's key for one that the shop added.
    """

    key: str
    name: str
    text: str
    row: OfferText | None

    @property
    def is_added(self) -> bool:
        return self.key not in CANNED_BY_CODE


def texts_of(shop: Shop) -> list[ShopText]:
    """The catalogue's in its order, then the shop's own."""
    rows = list(shop.offer_texts.select_related("updated_by").order_by("pk"))
    own = {row.code: row for row in rows if row.code}
    texts = [
        ShopText(
            offer.code,
            str(offer.label),
            own[offer.code].text if offer.code in own else str(offer.text),
            own.get(offer.code),
        )
        for offer in CANNED_OFFERS
    ]
    return texts + [ShopText(str(row.pk), row.name, row.text, row) for row in rows if not row.code]


def texts_for(tickets: Iterable[Ticket]) -> list[ShopText]:
    """The texts of the shop that all the tickets are of; the defaults where they are of several."""
    shops = {ticket.shop_id: ticket.shop for ticket in tickets}
    if len(shops) == 1:
        return texts_of(*shops.values())
    return [ShopText(one.code, str(one.label), str(one.text), None) for one in CANNED_OFFERS]


def filled(ticket: Ticket) -> list[tuple[ShopText, str]]:
    """Each text, and how it reads with the ticket's facts in it."""
    facts = facts_of(ticket)
    return [(text, fill(text.text, facts)) for text in texts_of(ticket.shop)]


def find(*, shop_id: int, key: str, user: User) -> ShopText:
    """For those who may edit the shop's texts. `NEW` is an empty one."""
    shop = shops_of(user).filter(pk=shop_id).first()
    if shop is None:
        raise NotFound(_("There is no such shop."))
    require(user, shop_id, Right.EDIT_TEMPLATES)
    return _find(shop, key)


@transaction.atomic
def save(*, shop_id: int, key: str, name: str, text: str, user: User, now: datetime) -> None:
    """Gives a text other words; adds one where the key is `NEW`. `name` is for added ones alone."""
    find(shop_id=shop_id, key=key, user=user)
    # Two people's changes come one after the other, each with its event.
    shop = locks.lock_shop(shop_id)
    before = _find(shop, key)
    # As browsers send them: \r\n.
    text, name = text.replace("\r\n", "\n").strip(), name.strip()
    if before.is_added and (not is_visible(name) or len(name) > LONGEST_NAME or "\0" in name):
        raise Refused(
            _("Give it a name of at most %(most)d characters.") % {"most": LONGEST_NAME},
            pointer="name",
        )
    if wrong := text_problem(text):
        raise Refused(wrong, pointer="text")
    name = name if before.is_added else before.name
    if (before.name, before.text) == (name, text):
        return
    if key == NEW and shop.offer_texts.filter(code="").count() >= MOST_OWN:
        raise Refused(_("A shop adds at most %(most)d texts.") % {"most": MOST_OWN})
    row = before.row or OfferText(shop=shop, code="" if before.is_added else key)
    row.name, row.text = name if before.is_added else "", text
    row.updated_at, row.updated_by = now, user
    row.save()
    _event(shop, name, before.text, text, user=user, now=now)


@transaction.atomic
def reset(*, shop_id: int, key: str, user: User, now: datetime) -> None:
    """Back to the default text; one that the shop added goes."""
    find(shop_id=shop_id, key=key, user=user)
    shop = locks.lock_shop(shop_id)
    before = _find(shop, key)
    if before.row is None:
        return
    before.row.delete()
    after = "" if before.is_added else str(CANNED_BY_CODE[key].text)
    _event(shop, before.name, before.text, after, user=user, now=now)


def _find(shop: Shop, key: str) -> ShopText:
    if key == NEW:
        return ShopText(NEW, "", "", None)
    for text in texts_of(shop):
        if text.key == key:
            return text
    raise NotFound(_("There is no such text."))


def _event(shop: Shop, name: str, before: str, after: str, *, user: User, now: datetime) -> None:
    note = joined("\n", [name, before or "–", "→", after or "–"])
    trail.record(AuditKind.TEMPLATE, shop_id=shop.pk, user=user, now=now, note=note)

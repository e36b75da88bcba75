"""The catalogue of texts for negotiating (SPEC P3), beside which a shop has texts of its own."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class CannedOffer:
    """One text; `text` is the default, with placeholders (domain/placeholders.py)."""

    code: str
    label: Any
    text: Any


CANNED_OFFERS: tuple[CannedOffer, ...] = (
    CannedOffer(
        "part_of_the_money",
        _("Part of the money, the goods stay"),
        _(
            "Hello {buyer}, sorry for the trouble with {product}. May we refund part of the money,"
            " and you keep the goods? If you agree, please accept the offer and the money is on"
            " its way; if not, tell {shop} what would suit you."
        ),
    ),
    CannedOffer(
        "goods_back_first",
        _("The goods come back first"),
        _(
            "Hello {buyer}, please send {product} back to us first; we refund as soon as it has"
            " arrived. Accept the offer, and you see the address to send it to. {shop} is there for"
            " you with any question."
        ),
    ),
    CannedOffer(
        "new_goods",
        _("New goods instead"),
        _(
            "Hello {buyer}, sorry that {product} does not please you. May we exchange it for a new"
            " one? If you agree, please accept the offer, and we send it as soon as yours is back."
        ),
    ),
    CannedOffer(
        "show_the_fault",
        _("Pictures of the problem, please"),
        _(
            "Hello {buyer}, we want to settle request {ticket_no} quickly. Please send us pictures"
            " or a short video of {product} that show the problem, and we decide at once."
        ),
    ),
    CannedOffer(
        "parcel_on_its_way",
        _("The parcel is on its way"),
        _(
            "Hello {buyer}, order {order_no} is on its way and we are asking the carrier to hurry."
            " Could you wait a little? If it does not arrive, or does not please you, {shop} will"
            " refund it."
        ),
    ),
)
CANNED_BY_CODE = {offer.code: offer for offer in CANNED_OFFERS}

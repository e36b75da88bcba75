"""The steps that people can take from the desk on each platform: each connector declares them as
`can`. Screens offer a step only where the shop's platform has it; the table in docs/platforms.md
and the list on the page of the connection are made of the same words.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Can(models.TextChoices):
    """A step that a platform takes by a call, or a fact that it tells; in the order in which people
    are shown them."""

    OFFER_TYPE = "offer_type", _("Offer another type to the buyer")
    OFFER_AMOUNT = "offer_amount", _("Offer another amount to the buyer")
    OFFER_MESSAGE = "offer_message", _("Ask the buyer something without an offer")
    REJECT_PICTURES = "reject_pictures", _("Pictures with a refusal")
    REFUND_WITHOUT_GOODS = "refund_without_goods", _("Refund a return without waiting for goods")
    RETURN_ADDRESS = "return_address", _("Choice of the return address")
    ENTER_RETURN = "enter_return", _("The buyer's return parcel, entered for the buyer")
    SEND_NEW_GOODS = "send_new_goods", _("New goods of an exchange, with their parcel")
    MORE_TIME = "more_time", _("More time to receive the goods of a return")
    STOP_PARCELS = "stop_parcels", _("Parcels stopped on their way to the buyer")
    RETURN_FREIGHT = "return_freight", _("Return freight paid or refused")
    OPEN_REQUEST = "open_request", _("Requests opened in the buyer's name")
    PRICE_DIFFERENCE = "price_difference", _("Refund of a price difference")
    NOTE = "note", _("Notes and flags on the order")
    OPEN_WINDOW = "open_window", _("Re-open the after-sale entry of an order")
    EVIDENCE = "evidence", _("Evidence in a dispute")
    SEE_NOTES = "see_notes", _("Seller's notes and flags are shown")
    SEE_INSURANCE = "see_insurance", _("Freight insurance is shown")


# Where no platform is told anything, whoever pays agrees with the buyer elsewhere.
BY_HAND = frozenset(
    {Can.OFFER_TYPE, Can.OFFER_AMOUNT, Can.OFFER_MESSAGE, Can.REFUND_WITHOUT_GOODS, Can.OPEN_WINDOW}
)

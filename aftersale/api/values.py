"""The values in answers: money in yuan, times with an offset (INTERFACES, Values)."""

from datetime import datetime
from typing import Annotated

from django.contrib.auth.models import User
from django.utils import timezone
from pydantic import PlainSerializer, WithJsonSchema

from aftersale.domain.money import plain_yuan
from aftersale.records.values import SIGNED_MONEY_PATTERN
from aftersale.services.access.masks import shown_buyer

Yuan = Annotated[
    int,
    PlainSerializer(plain_yuan, return_type=str),
    WithJsonSchema({"type": "string", "format": "money", "pattern": SIGNED_MONEY_PATTERN}),
]


def _iso_time(value: datetime) -> str:
    return timezone.localtime(value).isoformat()


Moment = Annotated[
    datetime,
    PlainSerializer(_iso_time, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


# Masked for a token whose maker is a viewer (SPEC P1).
Buyer = Annotated[
    str,
    PlainSerializer(shown_buyer, return_type=str),
    WithJsonSchema({"type": "string"}),
]


def username(user: User | None) -> str | None:
    """The user's login; null for the program itself, and for a user who is gone."""
    return None if user is None else user.get_username()

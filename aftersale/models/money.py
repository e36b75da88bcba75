"""Money in tables: an integer number of fen (SPEC section 1)."""

from django.db import models


class FenField(models.BigIntegerField):
    """An amount in fen. Pages show it in yuan because of this type, whatever its name."""

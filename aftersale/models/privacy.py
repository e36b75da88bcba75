"""Erased buyers, recognised by a keyed hash where their platform sends them again (SPEC P7)."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .shop import Shop


class ErasedBuyer(models.Model):
    """A buyer of a shop whose number was replaced by `stand_in`, which is random.

    `digest` is an HMAC of the number under the shop's own key (`Shop.erasure_key`), so that neither
    a copy of the database nor a list of numbers leads back to the buyer.
    """

    shop = models.ForeignKey(
        Shop, models.CASCADE, related_name="erased_buyers", db_index=False, verbose_name=_("shop")
    )
    digest = models.CharField(max_length=64, editable=False)
    stand_in = models.CharField(_("stand-in"), max_length=64)
    erased_at = models.DateTimeField(_("erased at"))
    erased_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("erased by"),
    )

    class Meta:
        verbose_name = _("erased buyer")
        verbose_name_plural = _("erased buyers")
        constraints = [
            models.UniqueConstraint(fields=["shop", "digest"], name="erased_buyer_once"),
            models.UniqueConstraint(fields=["shop", "stand_in"], name="erased_buyer_stand_in_once"),
        ]

    def __str__(self) -> str:
        return self.stand_in

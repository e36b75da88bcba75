"""Which snapshots of a shop's past still hold."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from aftersale.models import Shop


class PastEdition(models.Model):
    """Counts how often a shop's snapshot was thrown away (strategies/services/past/snapshot.py):
    files of another number are not read, on whichever machine they are. Without a row it is 0.
    """

    shop = models.OneToOneField(
        Shop, models.CASCADE, primary_key=True, related_name="+", verbose_name=_("shop")
    )
    number = models.PositiveIntegerField(_("edition"))

    class Meta:
        verbose_name = _("edition of a shop's past")
        verbose_name_plural = _("editions of shops' pasts")

    def __str__(self) -> str:
        return f"{self.shop_id}: {self.number}"

"""The feed of a shop's events, which `GET /events` reads and webhooks are filled from."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Func
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from .shop import Shop

_CURRENT = Cast(
    Cast(Func(function="pg_current_xact_id"), models.TextField()), models.BigIntegerField()
)


class FeedEvent(models.Model):
    """One thing that happened, in the body of a webhook (docs/webhooks.md).

    Written by the database itself, in the transaction of the change (triggers that call
    `aftersale_tell`), for shops that a program listens to: by a webhook that is switched on, or a
    token that may read. `transaction` is PostgreSQL's number of the transaction that wrote it: in
    the order of (transaction, id), cut off at the oldest transaction under way, nothing appears
    behind an event that was read already (docs/adr/0007).
    """

    shop = models.ForeignKey(Shop, models.CASCADE, related_name="+", db_index=False)
    transaction = models.BigIntegerField(db_default=_CURRENT, editable=False)
    type = models.CharField(_("event"), max_length=32)
    subject = models.CharField(_("about"), max_length=40)
    at = models.DateTimeField(_("at"))
    data = models.JSONField(_("data"))

    class Meta:
        verbose_name = _("event of the feed")
        verbose_name_plural = _("events of the feed")
        indexes = [
            models.Index(fields=["shop", "transaction", "id"], name="feed_in_order"),
            BrinIndex(fields=["at"], name="feed_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.subject}"

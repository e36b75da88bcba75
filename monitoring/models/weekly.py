"""The weekly note of advice, and who wants it (SPEC M6)."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from aftersale.models import Shop
from strategies.models import AdviceRun


class WeeklyNote(models.Model):
    """A shop's note about the week before the Monday `week`, made once.

    `advice` is the search that was begun for it. `facts` are figures, names and codes, from which
    texts are made in the reader's language; empty where there was nothing to say.
    """

    shop = models.ForeignKey(
        Shop, models.CASCADE, related_name="+", db_index=False, verbose_name=_("shop")
    )
    week = models.DateField(_("week"))
    begun_at = models.DateTimeField(_("begun at"))
    advice = models.ForeignKey(
        AdviceRun, models.SET_NULL, null=True, related_name="+", verbose_name=_("advice")
    )
    made_at = models.DateTimeField(_("made at"), null=True)
    facts = models.JSONField(_("facts"), default=dict)

    class Meta:
        verbose_name = _("weekly note")
        verbose_name_plural = _("weekly notes")
        constraints = [models.UniqueConstraint(fields=["shop", "week"], name="weekly_note_once")]

    def __str__(self) -> str:
        return f"{self.shop_id} {self.week}"


class WeeklyReader(models.Model):
    """A user wants a shop's weekly note by mail, as long as the role may act on it."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="+",
        db_index=False,
        verbose_name=_("user"),
    )
    shop = models.ForeignKey(Shop, models.CASCADE, related_name="+", verbose_name=_("shop"))
    # The language of the mails.
    language = models.CharField(
        _("language"), max_length=8, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    since = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("reader of weekly notes")
        verbose_name_plural = _("readers of weekly notes")
        constraints = [
            models.UniqueConstraint(fields=["user", "shop"], name="weekly_reader_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} – {self.shop_id}"

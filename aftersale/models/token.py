"""API tokens with their scopes, and calls with an Idempotency-Key (SPEC P1)."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from .choices import Scope
from .shop import Shop


class ApiToken(models.Model):
    """A program's key to one shop (SPEC P1); stored as a hash, shown once when it is made."""

    shop = models.ForeignKey(
        Shop, models.CASCADE, related_name="api_tokens", verbose_name=_("shop")
    )
    name = models.CharField(_("name"), max_length=64)
    # SHA-256 of a random text of 256 bits: nothing to guess, so no slow hash is needed.
    digest = models.CharField(max_length=64, editable=False)
    # The first characters, for people to tell tokens apart.
    beginning = models.CharField(_("begins with"), max_length=16)
    scopes = ArrayField(
        models.CharField(max_length=16, choices=Scope), verbose_name=_("may"), default=list
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("made by")
    )
    created_at = models.DateTimeField(_("made at"))
    expires_at = models.DateTimeField(_("ends at"), null=True)
    # Networks that it may be used from, as 203.0.113.0/24; none: from anywhere.
    networks = ArrayField(
        models.CharField(max_length=43), default=list, db_default=[], verbose_name=_("used from")
    )
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("revoked by"),
    )
    revoked_at = models.DateTimeField(_("revoked at"), null=True)
    last_used_at = models.DateTimeField(_("last used at"), null=True)
    # Calls in `minute` (minutes since the epoch): the rate limit, shared by all processes.
    minute = models.BigIntegerField(default=0, editable=False)
    calls = models.IntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        constraints = [models.UniqueConstraint(fields=["digest"], name="api_token_once")]

    def __str__(self) -> str:
        return f"{self.name} ({self.beginning}…)"


class IdempotentCall(models.Model):
    """A write with an Idempotency-Key and its answer, kept for 24 hours.

    Written in the call's transaction: after a crash there is neither the work nor the row.
    """

    token = models.ForeignKey(ApiToken, models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=128)
    # SHA-256 of method, address and body.
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    answer = models.BinaryField(default=b"")
    content_type = models.CharField(max_length=64, default="")
    location = models.CharField(max_length=200, default="", db_default="")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("idempotent call")
        verbose_name_plural = _("idempotent calls")
        constraints = [
            models.UniqueConstraint(fields=["token", "key"], name="idempotent_call_once")
        ]
        indexes = [models.Index(fields=["at"], name="idempotent_call_at")]

    def __str__(self) -> str:
        return self.key

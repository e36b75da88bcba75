"""A shop's connection to its platform: credentials, reading marks, messages."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from aftersale.domain.multilingual import SaidField

from .shop import Shop

# The longest time span that one request for changes covers.
WIDEST_SLICE = timedelta(hours=6)


class PlatformSubject(models.TextChoices):
    ORDER = "order", _("Order")
    TICKET = "ticket", _("Ticket")


class PlatformAccount(models.Model):
    """A shop's account; one a shop. `sealed` holds the secrets as JSON, encrypted (config.secrets).

    A round reads all changes up to `round_until`, orders first, slice by slice; `orders_until` and
    `tickets_until` move once a whole slice is saved, so that a round that dies goes on from there.
    `leased_until` is the reader's lease, and the lease's token.
    """

    shop = models.OneToOneField(
        Shop, models.CASCADE, related_name="platform_account", verbose_name=_("shop")
    )
    platform = models.CharField(_("platform"), max_length=32)
    address = models.CharField(_("address"), max_length=200, blank=True, default="")
    sealed = models.TextField(editable=False)
    # The platform pays fast refunds by itself: recorded, never sent (SPEC F2).
    pays_fast_refunds = models.BooleanField(_("pays fast refunds itself"), default=False)
    connected_at = models.DateTimeField(_("connected at"))
    connected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("connected by"),
    )
    orders_until = models.DateTimeField(_("orders read up to"))
    tickets_until = models.DateTimeField(_("tickets read up to"))
    round_until = models.DateTimeField(null=True)
    # Halved when a slice takes too long, doubled when it was saved.
    slice_seconds = models.PositiveIntegerField(default=int(WIDEST_SLICE.total_seconds()))
    # End of the first round; tickets that it found open are for people (SPEC E1).
    first_read_at = models.DateTimeField(_("first read at"), null=True)
    last_read_at = models.DateTimeField(_("last read at"), null=True)
    # Seconds by which the platform's clock was ahead of the database's, by its answers' Date.
    clock_ahead = models.FloatField(_("clock ahead by (s)"), null=True)
    # Start of the next round; null: people have to check the credentials first.
    next_round_at = models.DateTimeField(null=True)
    # No calls until then: the platform throttled us, or something failed.
    paused_until = models.DateTimeField(_("paused until"), null=True)
    leased_until = models.DateTimeField(null=True)
    renewing_until = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(_("failing since"), null=True)
    failures = models.PositiveSmallIntegerField(default=0)
    failure = SaidField(_("reason"), blank=True, default="")

    class Meta:
        verbose_name = _("platform account")
        verbose_name_plural = _("platform accounts")
        constraints = [
            models.CheckConstraint(
                condition=Q(slice_seconds__gte=1), name="platform_account_slice_not_empty"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.shop} – {self.platform}"

    @property
    def stopped(self) -> bool:
        """True after a refusal of the credentials: people must check them before the next try."""
        return self.next_round_at is None


class PlatformProblem(models.Model):
    """A record of the platform that can't be saved yet; holds no buyer's data."""

    account = models.ForeignKey(
        PlatformAccount, models.CASCADE, related_name="problems", db_index=False
    )
    subject = models.CharField(_("what"), max_length=8, choices=PlatformSubject)
    number = models.CharField(_("number"), max_length=64)
    at = models.DateTimeField(_("at"))
    reason = SaidField(_("reason"))
    # It can be taken over later as it is: dated ahead of the clock, say (SPEC O6).
    ask_again = models.BooleanField(_("asked for again"), default=False)

    class Meta:
        verbose_name = _("record not taken over")
        verbose_name_plural = _("records not taken over")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "subject", "number"], name="platform_problem_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_subject_display()} {self.number}"


class PlatformFacts(models.Model):
    """Shown beside an order or ticket, and decided on by nobody: [name, value, moment or null]
    each, with the names of aftersale.domain.platform_facts. No buyer's data."""

    shop = models.ForeignKey(Shop, models.CASCADE, related_name="+", db_index=False)
    subject = models.CharField(max_length=8, choices=PlatformSubject)
    number = models.CharField(max_length=64)
    facts = models.JSONField(default=list)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("facts of the platform")
        verbose_name_plural = _("facts of the platform")
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "subject", "number"], name="platform_facts_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.number}"


class PlatformMessage(models.Model):
    """The platform's message that a record has changed; a task fetches the record itself."""

    account = models.ForeignKey(
        PlatformAccount, models.CASCADE, related_name="messages", db_index=False
    )
    # The platform's id for recognising repetitions; the hash of a longer one.
    message_id = models.CharField(max_length=128)
    subject = models.CharField(max_length=8, choices=PlatformSubject)
    number = models.CharField(max_length=64)
    received_at = models.DateTimeField()
    followed_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("platform message")
        verbose_name_plural = _("platform messages")
        constraints = [
            models.UniqueConstraint(fields=["account", "message_id"], name="platform_message_once"),
        ]
        indexes = [
            models.Index(
                fields=["account", "id"],
                condition=Q(followed_at=None),
                name="platform_message_to_follow",
            ),
            # For deleting old messages.
            models.Index(fields=["received_at"], name="platform_message_age"),
        ]

    def __str__(self) -> str:
        return self.message_id

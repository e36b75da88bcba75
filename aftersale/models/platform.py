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
    # The app's own credentials are those of the settings, and not among the sealed ones.
    installations_app = models.BooleanField(default=False)
    # The shop there: its number, empty until the platform has told it, and its name.
    shop_there = models.CharField(_("shop on the platform"), max_length=128, blank=True, default="")
    name_there = models.CharField(_("its name there"), max_length=200, blank=True, default="")
    # The app's permissions, in the platform's words; when an owner has to authorise it again, and
    # from when people are told so (SPEC P1, M4).
    scopes = models.JSONField(default=list)
    authorised_until = models.DateTimeField(_("authorised until"), null=True)
    warned_from = models.DateTimeField(null=True)
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
    # Up to where this round reads orders, where a platform wants their list asked for less often.
    orders_round_until = models.DateTimeField(null=True)
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
            # Two shops here for one there would both answer its buyers.
            models.UniqueConstraint(
                fields=["platform", "address", "shop_there"],
                condition=~Q(shop_there=""),
                name="platform_account_one_shop_there",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.shop} – {self.platform}"

    @property
    def stopped(self) -> bool:
        """True after a refusal of the credentials: people must check them before the next try."""
        return self.next_round_at is None


class PlatformAuthorisation(models.Model):
    """An owner's way to the platform's page and back: one state, used once, for one person and
    shop. `sealed` holds the app's own credentials, then all that the platform granted, encrypted;
    the row goes with the answer to it, or at `expires_at`."""

    shop = models.ForeignKey(Shop, models.CASCADE, related_name="+", verbose_name=_("shop"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("user")
    )
    platform = models.CharField(_("platform"), max_length=32)
    address = models.CharField(_("address"), max_length=200, blank=True, default="")
    # The state itself is known to the browser and the platform alone.
    state_hash = models.CharField(max_length=64, unique=True)
    installations_app = models.BooleanField(default=False)
    sealed = models.TextField(editable=False)
    expires_at = models.DateTimeField()
    # Its state was used: another answer with it is refused.
    used_at = models.DateTimeField(null=True)
    # The platform has granted the access, and it works: the owner is asked whether it is the shop.
    granted_at = models.DateTimeField(null=True)
    name_there = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        verbose_name = _("authorisation under way")
        verbose_name_plural = _("authorisations under way")

    def __str__(self) -> str:
        return f"{self.shop} – {self.platform}"


class PlatformProblem(models.Model):
    """A record of the platform that can't be saved yet; holds no buyer's data."""

    account = models.ForeignKey(
        PlatformAccount, models.CASCADE, related_name="problems", db_index=False
    )
    subject = models.CharField(_("what"), max_length=8, choices=PlatformSubject)
    number = models.CharField(_("number"), max_length=64)
    at = models.DateTimeField(_("at"))
    reason = SaidField(_("reason"))
    # The platform's answer without what may be a buyer's (aftersale.platforms.unread).
    raw = models.TextField(_("as the platform sent it"), blank=True, default="")
    # It can be taken over later as it is: dated ahead of the clock, say (SPEC O6).
    ask_again = models.BooleanField(_("asked for again"), default=False)
    # Not a record but a whole list, of which nothing was read from then on.
    unread_since = models.DateTimeField(_("not read since"), null=True, blank=True)

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
    """A platform's facts shown beside an order or ticket; no decision reads them.

    [name, value, moment or null] each, with the names of aftersale.domain.platform_facts. No
    buyer's data.
    """

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


class PlatformRead(models.Model):
    """A record as a round last read it: it is fetched again only where it may have changed."""

    account = models.ForeignKey(
        PlatformAccount, models.CASCADE, related_name="reads", db_index=False
    )
    subject = models.CharField(max_length=8, choices=PlatformSubject)
    number = models.CharField(max_length=64)
    # The record's update time, and the platform's time when it was fetched or found unchanged.
    version = models.DateTimeField()
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("record as it was read")
        verbose_name_plural = _("records as they were read")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "subject", "number"], name="platform_read_once"
            ),
        ]
        indexes = [
            models.Index(fields=["account", "subject", "version"], name="platform_read_version"),
            # For deleting old ones.
            models.Index(fields=["at"], name="platform_read_age"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.number}"


class PlatformCalls(models.Model):
    """How many calls an app made for a shop on a day of the platforms, which is China's."""

    shop = models.ForeignKey(Shop, models.CASCADE, related_name="+", db_index=False)
    # A hash that tells the apps apart: shops of the same app share its quota.
    app = models.CharField(max_length=32)
    day = models.DateField()
    calls = models.PositiveIntegerField(default=0)
    # When the platform said that the day's calls are used up.
    spent_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("calls of a day")
        verbose_name_plural = _("calls of a day")
        constraints = [
            models.UniqueConstraint(fields=["shop", "app", "day"], name="platform_calls_once"),
        ]
        indexes = [models.Index(fields=["app", "day"], name="platform_calls_of_app")]

    def __str__(self) -> str:
        return f"{self.day}: {self.calls}"


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

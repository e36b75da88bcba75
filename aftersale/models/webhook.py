"""Webhooks: endpoints of a shop, and the outbox of messages to them (docs/webhooks.md)."""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from config import acting

from .public_number import PublicNumberField
from .shop import Shop
from .token_of_step import TokenOfStep


class WebhookType(models.TextChoices):
    """The types of events. The triggers that write the outbox use the same names."""

    TICKET_ARRIVED = "ticket.arrived", _("Ticket arrived")
    TICKET_UPDATED = "ticket.updated", _("Ticket changed")
    TICKET_DECIDED = "ticket.decided", _("Ticket decided by the automation")
    REFUND_REQUESTED = "refund.requested", _("Refund approved")
    REFUND_SENT = "refund.sent", _("Refund sent to the platform")
    REFUND_SUCCEEDED = "refund.succeeded", _("Refund paid")
    REFUND_FAILED = "refund.failed", _("Refund failed")
    REFUND_TAKEN_BACK = "refund.taken_back", _("Refund taken back")
    WINDOW_OPENED = "window.opened", _("After-sale window re-opened")
    WINDOW_CLOSED = "window.closed", _("After-sale window closed")
    ALERT_RAISED = "alert.raised", _("Alert raised")


# Sent by hand only, to test an endpoint.
TEST_TYPE = "webhook.test"
# Sent to every endpoint, whatever its chosen events are: a backup was restored (SPEC G6).
RESTORED_TYPE = "history.restored"


class SwitchedOff(models.TextChoices):
    """Why an endpoint is switched off."""

    BY_HAND = "by_hand", pgettext_lazy("webhook", "Switched off by hand")
    FAILING = "failing", pgettext_lazy("webhook", "Switched off: nothing arrived for days")
    NEEDS_PERSON = (
        "needs_person",
        pgettext_lazy("webhook", "Off: a program gave its address, an owner must switch it on"),
    )
    GONE = "gone", pgettext_lazy("webhook", "Switched off: it answered 410 Gone")


class WebhookEndpoint(models.Model):
    """An address of another program that gets a shop's events. Its secrets are encrypted.

    `failures` counts failed tries in a row, of any message; `next_try_at` keeps Afterdesk from
    trying every message at an address that does not answer.
    """

    shop = models.ForeignKey(
        Shop, models.CASCADE, related_name="webhook_endpoints", verbose_name=_("shop")
    )
    url = models.CharField(_("address"), max_length=1000)
    description = models.CharField(_("description"), max_length=200, blank=True)
    types = ArrayField(
        models.CharField(max_length=32, choices=WebhookType), verbose_name=_("events")
    )
    enabled = models.BooleanField(_("switched on"), default=True)
    off_because = models.CharField(
        _("off because"), max_length=16, choices=SwitchedOff, blank=True, default=""
    )
    off_at = models.DateTimeField(_("off since"), null=True)
    secret = models.TextField(editable=False)
    # Signs as well, after a rotation, until `old_secret_until`.
    old_secret = models.TextField(editable=False, default="", blank=True)
    old_secret_until = models.DateTimeField(_("the old secret signs until"), null=True)
    created_at = models.DateTimeField(_("made at"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("made by"),
    )
    created_token = TokenOfStep(default=acting.token)
    last_success_at = models.DateTimeField(_("last delivered at"), null=True)
    failing_since = models.DateTimeField(_("failing since"), null=True)
    failures = models.PositiveIntegerField(default=0, editable=False)
    next_try_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("webhook endpoint")
        verbose_name_plural = _("webhook endpoints")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(enabled=True, off_because="") | ~Q(off_because="") & Q(enabled=False),
                name="webhook_off_says_why",
            ),
        ]

    def __str__(self) -> str:
        return self.description or self.host

    @property
    def host(self) -> str:
        """The address's host; the rest of the address may be secret."""
        return urlsplit(self.url).netloc


class MessageState(models.TextChoices):
    WAITING = "waiting", pgettext_lazy("webhook", "Waiting")
    DELIVERED = "delivered", pgettext_lazy("webhook", "Delivered")
    FAILED = "failed", pgettext_lazy("webhook", "Given up")


class Trouble(models.TextChoices):
    """Why a try failed without an answer."""

    NO_NAME = "no_name", pgettext_lazy("webhook", "The name leads to no address")
    NOT_PUBLIC = "not_public", pgettext_lazy("webhook", "The name leads to a private address")
    NO_CONNECTION = "no_connection", pgettext_lazy("webhook", "No connection")
    TLS = "tls", pgettext_lazy("webhook", "No secure connection (certificate)")
    TIMEOUT = "timeout", pgettext_lazy("webhook", "No answer in time")
    BROKEN = "broken", pgettext_lazy("webhook", "The connection broke off")
    REDIRECT = "redirect", pgettext_lazy("webhook", "Redirects are not followed")
    SECRET = "secret", pgettext_lazy("webhook", "The secret can't be read: rotate it")


class WebhookMessage(models.Model):
    """One event for one endpoint: outbox and log in one (docs/adr/0007).

    Written by the database itself, in the transaction of the change (triggers that call
    `aftersale_tell`). Messages of one `subject` go out in the order of their ids. The foreign key
    has no constraint: removing an endpoint at that moment must not make a decision fail.
    """

    public_number = PublicNumberField(_("public number"))
    endpoint = models.ForeignKey(
        WebhookEndpoint,
        models.CASCADE,
        related_name="messages",
        db_constraint=False,
        db_index=False,
        verbose_name=_("webhook endpoint"),
    )
    type = models.CharField(_("event"), max_length=32)
    subject = models.CharField(_("about"), max_length=40)
    at = models.DateTimeField(_("at"))
    data = models.JSONField(_("data"))
    state = models.CharField(
        _("state"), max_length=16, choices=MessageState, default=MessageState.WAITING
    )
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    # Null: try at once.
    next_try_at = models.DateTimeField(_("next try at"), null=True)
    leased_until = models.DateTimeField(null=True, editable=False)
    tried_at = models.DateTimeField(_("last tried at"), null=True)
    answer = models.PositiveSmallIntegerField(_("answer"), null=True)
    failure = models.CharField(
        _("reason of failure"), max_length=16, choices=Trouble, blank=True, default=""
    )
    finished_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("webhook message")
        verbose_name_plural = _("webhook messages")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["public_number"], name="webhook_message_public_number_once"
            ),
        ]
        indexes = [
            # Due messages, and the log.
            models.Index(
                fields=["endpoint", "id"],
                condition=Q(state=MessageState.WAITING),
                name="webhook_waiting",
            ),
            models.Index(fields=["endpoint", "-id"], name="webhook_log"),
            # Messages of an endpoint that are being sent.
            models.Index(
                fields=["endpoint", "leased_until"],
                condition=Q(state=MessageState.WAITING, leased_until__isnull=False),
                name="webhook_under_way",
            ),
            # True if an earlier message of the same subject is waiting.
            models.Index(
                fields=["endpoint", "subject", "id"],
                condition=Q(state=MessageState.WAITING),
                name="webhook_first_of_subject",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.subject}"

    @property
    def name(self) -> str:
        """Its `webhook-id`, by which receivers recognise repetitions."""
        return f"msg_{self.public_number}"

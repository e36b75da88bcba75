"""The kinds of alerts (SPEC M4, M8)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class AlertKind(models.TextChoices):
    CAP = "cap", _("Daily cap")
    BREAKER = "breaker", _("Circuit breaker")
    REFUND_FAILED = "refund_failed", _("Refund failed")
    DEADLINE = "deadline", _("Deadline")
    SHIPPING = "shipping", _("Shipping alert")
    PLATFORM = "platform", _("Platform connection")
    WEBHOOK = "webhook", _("Webhook switched off")
    TO_PAY = "to_pay", _("To pay by hand")
    TIME_AHEAD = "time_ahead", _("Automation stands still")
    TICKETS_LATE = "tickets_late", _("Tickets wait for automation")
    REFUNDS_LATE = "refunds_late", _("Refunds are not sent")
    READING_LATE = "reading_late", _("Reading lags behind")
    CLOCKS = "clocks", _("Clocks differ")
    TOKEN = "token", _("New API token")
    WEEKLY = "weekly", _("Weekly note")

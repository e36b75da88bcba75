"""Group robots that tell a shop's people of alerts where they are (SPEC M4)."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from aftersale.models import Shop, Trouble

from .alert_kind import AlertKind


class Service(models.TextChoices):
    """The platforms whose group robots are known."""

    WECOM = "wecom", _("WeCom")
    DINGTALK = "dingtalk", _("DingTalk")
    FEISHU = "feishu", _("Feishu")


class Refusal(models.TextChoices):
    """Why a platform took no message, although it answered."""

    GONE = "gone", pgettext_lazy("robot", "The platform knows no such robot")
    SECURITY = (
        "security",
        pgettext_lazy("robot", "The robot's security settings refuse the message"),
    )
    TOO_OFTEN = "too_often", pgettext_lazy("robot", "The platform takes no more for now")
    REFUSED = "refused", pgettext_lazy("robot", "The platform refused the message")
    NOT_THE_PLATFORM = (
        "not_the_platform",
        pgettext_lazy("robot", "The answer is none of the platform's"),
    )
    UNREADABLE = (
        "unreadable",
        pgettext_lazy("robot", "The stored address can't be read any more: enter it again"),
    )


class Robot(models.Model):
    """A robot of one group. The key of its address, and its secret, are encrypted.

    One message to it is under way at a time: `leased_until` is the lease and its token. `sent_at`
    are the moments of its messages within the last minute. `failures` counts tries in a row that
    failed, `failure` and `answer` say how the last one did.
    """

    shop = models.ForeignKey(Shop, models.CASCADE, related_name="robots", verbose_name=_("shop"))
    service = models.CharField(_("service"), max_length=16, choices=Service)
    name = models.CharField(_("name"), max_length=60)
    key = models.TextField(editable=False)
    # DingTalk's signature; empty where the robot asks for a keyword.
    secret = models.TextField(editable=False, default="", blank=True)
    kinds = ArrayField(
        models.CharField(max_length=16, choices=AlertKind), verbose_name=_("kinds of alerts")
    )
    # Hours of the shop's day, past midnight where they end before they begin; null: all day.
    told_from = models.TimeField(_("told from"), null=True, blank=True)
    told_until = models.TimeField(_("told until"), null=True, blank=True)
    language = models.CharField(
        _("language"), max_length=8, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    enabled = models.BooleanField(_("switched on"), default=True)
    created_at = models.DateTimeField(_("made at"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("made by"),
    )
    leased_until = models.DateTimeField(null=True, editable=False)
    sent_at = ArrayField(models.DateTimeField(), default=list, editable=False)
    # A person waits for a test message since then.
    test_asked_at = models.DateTimeField(null=True, editable=False)
    last_success_at = models.DateTimeField(_("last told at"), null=True)
    failing_since = models.DateTimeField(_("failing since"), null=True)
    failures = models.PositiveIntegerField(default=0, editable=False)
    next_try_at = models.DateTimeField(null=True, editable=False)
    failure = models.CharField(
        _("reason of failure"),
        max_length=16,
        choices=[*Trouble.choices, *Refusal.choices],
        blank=True,
        default="",
    )
    # The platform's own words.
    answer = models.CharField(_("answer"), max_length=200, blank=True, default="")

    class Meta:
        verbose_name = _("group robot")
        verbose_name_plural = _("group robots")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(told_from=None, told_until=None)
                | Q(told_from__isnull=False, told_until__isnull=False),
                name="robot_hours_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.name

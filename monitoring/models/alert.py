"""Alerts, and who is told of them outside the admin (SPEC M4)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from aftersale.models import Shop
from aftersale.models.token_of_step import TokenOfStep

from .alert_kind import AlertKind
from .robot import Robot


class Alert(models.Model):
    """An event that people are told of once per subject, threshold and day (SPEC M4).

    `subject` is the key of a strategy, refund, ticket, shipping alert, platform account, webhook
    endpoint or shop. `threshold` is the share of a cap in percent, the hours before a deadline,
    else 0. `day` is the shop-local day of the event, not of the run that found it: a late run
    raises nothing twice. `facts` are names, keys and figures (amounts in fen) of that moment;
    texts are made from them in the reader's language. `ended_at`: since when it is over, because
    what it warned of has ended (SPEC O5).
    """

    shop = models.ForeignKey(
        Shop, models.PROTECT, related_name="alerts", db_index=False, verbose_name=_("shop")
    )
    kind = models.CharField(_("kind"), max_length=16, choices=AlertKind)
    subject = models.BigIntegerField(_("subject"))
    threshold = models.PositiveSmallIntegerField(_("threshold"), default=0)
    day = models.DateField(_("day"))
    raised_at = models.DateTimeField(_("raised at"))
    facts = models.JSONField(_("facts"))
    ended_at = models.DateTimeField(_("over since"), null=True)
    acknowledged_at = models.DateTimeField(_("acknowledged at"), null=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("acknowledged by"),
    )
    acknowledged_token = TokenOfStep()

    class Meta:
        verbose_name = pgettext_lazy("monitoring", "alert")
        verbose_name_plural = pgettext_lazy("monitoring", "alerts")
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "kind", "subject", "threshold", "day"], name="alert_once"
            ),
            models.CheckConstraint(
                condition=Q(acknowledged_at__isnull=False) | Q(acknowledged_by=None),
                name="alert_acknowledged_by_with_time",
            ),
        ]
        indexes = [
            # For the bell and the page: newest first.
            models.Index(
                fields=["shop", "-raised_at", "-id"],
                condition=Q(acknowledged_at=None, ended_at=None),
                name="alert_open",
            ),
            # Over before anybody acknowledged it.
            models.Index(
                fields=["shop", "-raised_at", "-id"],
                condition=Q(acknowledged_at=None, ended_at__isnull=False),
                name="alert_ended",
            ),
            models.Index(fields=["shop", "-raised_at", "-id"], name="alert_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.facts.get('name', '')}"


class AlertSubscription(models.Model):
    """A user wants mails of a kind of alert, from all shops where the role may act on it."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="alert_subscriptions",
        db_index=False,
        verbose_name=_("user"),
    )
    kind = models.CharField(_("kind"), max_length=16, choices=AlertKind)
    # The language of the mails.
    language = models.CharField(
        _("language"), max_length=8, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )

    class Meta:
        verbose_name = _("alert subscription")
        verbose_name_plural = _("alert subscriptions")
        constraints = [
            models.UniqueConstraint(fields=["user", "kind"], name="alert_subscription_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} – {self.get_kind_display()}"


class AlertNotice(models.Model):
    """One alert to be told to one receiver: a user by mail, or a robot in its group.

    Written with the alert, in one statement. `leased_until` keeps a second task from mailing it
    too; after a failure it is the moment of the next try. A robot has a lease of its own.
    """

    alert = models.ForeignKey(
        Alert,
        models.CASCADE,
        related_name="notices",
        db_index=False,
        verbose_name=pgettext_lazy("monitoring", "alert"),
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("user"),
    )
    robot = models.ForeignKey(
        Robot,
        models.CASCADE,
        null=True,
        related_name="notices",
        db_index=False,
        verbose_name=_("robot"),
    )
    leased_until = models.DateTimeField(_("leased until"), null=True)
    told_at = models.DateTimeField(_("told at"), null=True)

    class Meta:
        verbose_name = _("alert notice")
        verbose_name_plural = _("alert notices")
        constraints = [
            models.UniqueConstraint(fields=["alert", "user"], name="alert_notice_once"),
            models.UniqueConstraint(fields=["alert", "robot"], name="alert_notice_once_by_robot"),
            models.CheckConstraint(
                condition=Q(user=None, robot__isnull=False) | Q(user__isnull=False, robot=None),
                name="alert_notice_has_one_receiver",
            ),
        ]
        indexes = [
            models.Index(
                fields=["user", "alert"],
                condition=Q(told_at=None, user__isnull=False),
                name="alert_notice_to_mail",
            ),
            # To find out whether the user got a mail just now.
            models.Index(fields=["user", "told_at"], name="alert_notice_mailed"),
            models.Index(
                fields=["robot", "alert"],
                condition=Q(told_at=None, robot__isnull=False),
                name="alert_notice_to_tell",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user or self.robot} – {self.alert}"

"""Links that are used once (SPEC P1, P5)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .choices import Role
from .shop import Shop


class AccountLink(models.Model):
    """A link that is used once: an invitation to shops, or a new password for its user.

    Stored as a hash; the link itself is shown once, to whoever made it.
    """

    # None for an invitation.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        related_name="+",
        verbose_name=_("new password for"),
    )
    whom = models.CharField(_("for whom"), max_length=64, blank=True)
    role = models.CharField(_("role"), max_length=16, choices=Role, blank=True)
    shops = models.ManyToManyField(Shop, related_name="invitations", verbose_name=_("shops"))
    # SHA-256 of a random text of 256 bits: nothing to guess, so no slow hash is needed.
    digest = models.CharField(max_length=64, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("made by")
    )
    made_at = models.DateTimeField(_("made at"))
    expires_at = models.DateTimeField(_("expires at"))
    used_at = models.DateTimeField(_("used at"), null=True)
    used_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("used by"),
    )
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True)
    # User names that were taken: whoever holds a link must not try out many.
    names_refused = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("account link")
        verbose_name_plural = _("account links")
        constraints = [
            models.UniqueConstraint(fields=["digest"], name="account_link_once"),
            models.CheckConstraint(
                condition=Q(used_at=None) | Q(withdrawn_at=None), name="account_link_one_end"
            ),
            models.CheckConstraint(
                condition=Q(user=None, role__gt="") | Q(user__isnull=False, role=""),
                name="account_link_one_purpose",
            ),
        ]

    def __str__(self) -> str:
        return self.whom or str(self.user)

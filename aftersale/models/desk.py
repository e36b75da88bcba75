"""A person's saved filters on the workbench, and the case that they have open."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .ticket import Ticket


class SavedFilter(models.Model):
    """A named view of the workbench; `query` is the query of its address."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_filters", db_index=False
    )
    name = models.CharField(_("name"), max_length=64)
    query = models.CharField(max_length=1000)

    class Meta:
        verbose_name = _("saved filter")
        verbose_name_plural = _("saved filters")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["user", "name"], name="saved_filter_once"),
        ]

    def __str__(self) -> str:
        return self.name


class CaseVisit(models.Model):
    """The case that a person has open on the workbench, so that colleagues see it."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="case_visit")
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="visits")
    seen_at = models.DateTimeField(_("seen at"))

    class Meta:
        verbose_name = _("case visit")
        verbose_name_plural = _("case visits")

    def __str__(self) -> str:
        return f"{self.user} {self.ticket}"

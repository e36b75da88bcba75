"""Signs of work of the programs, and what their clocks said."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Heartbeat(models.Model):
    """When a program last carried out a task, machine by machine (SPEC E1).

    `at` is the database's moment; health looks at it, not at processes. `clock_ahead`: seconds by
    which the machine's clock was ahead of it.
    """

    worker = models.CharField(_("worker"), max_length=32)
    host = models.CharField(_("machine"), max_length=255)
    at = models.DateTimeField(_("at"))
    clock_ahead = models.FloatField(_("clock ahead by (s)"))

    class Meta:
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")
        constraints = [
            models.UniqueConstraint(fields=["worker", "host"], name="heartbeat_once_a_machine")
        ]

    def __str__(self) -> str:
        return f"{self.worker}@{self.host}"

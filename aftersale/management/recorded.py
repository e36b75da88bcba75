"""Commands that change something are entries of the audit trail (SPEC P5, P6)."""

import getpass
import socket
from typing import Any, ClassVar

from django.contrib.auth.models import User
from django.utils import timezone

from aftersale.domain.identifiers import clean_identifier
from aftersale.models import AuditKind, Shop
from aftersale.services.shared import trail
from config.acting import acting
from config.terminal import TerminalCommand

_OF_DJANGO = {
    "verbosity", "settings", "pythonpath", "traceback", "no_color", "force_color", "skip_checks",
    "stdout", "stderr", "args",
}  # fmt: skip


class RecordedCommand(TerminalCommand):
    """Writes an entry before it begins, so that one that breaks off has its entry too."""

    # The option with the user who does it.
    doer: ClassVar[str] = "user"

    def changes_something(self, options: dict[str, Any]) -> bool:
        """False where these options only show."""
        return True

    def execute(self, *args: Any, **options: Any) -> str | None:
        with acting():
            if self.changes_something(options):
                self._record(options)
            return super().execute(*args, **options)

    def _record(self, options: dict[str, Any]) -> None:
        code = options.get("resume") or options.get("shop") or ""
        shop = Shop.objects.filter(code=clean_identifier(code)).first()
        name = options.get(self.doer) or ""
        said = [
            f"{key}={value}"
            for key, value in options.items()
            if key not in _OF_DJANGO and value not in (None, False, "")
        ]
        account = f"({getpass.getuser()}@{socket.gethostname()})"
        trail.record(
            AuditKind.COMMAND,
            user=User.objects.filter(username=name).first(),
            shop_id=shop.pk if shop else None,
            subject=type(self).__module__.rpartition(".")[2],
            # The database keeps no NUL; the command itself says what is wrong with one.
            note=" ".join([*said, account]).replace("\0", ""),
            now=timezone.now(),
        )

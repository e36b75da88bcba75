"""`manage.py apply_strategies FILE`: strategies kept under version control (INTERFACES)."""

import json
import sys
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from aftersale.domain.identifiers import show_invisible
from aftersale.management.recorded import RecordedCommand
from aftersale.services.shared.errors import Refused
from aftersale.services.shared.outcomes import Outcome
from strategies.services import export_strategies
from strategies.services.export_strategies import Applied


class Command(RecordedCommand):
    help = "Makes and changes strategies as a JSON file has them; enables none (SPEC O7)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", help=_('{"strategies": […]} as export_strategies writes it, or - for input')
        )
        parser.add_argument("--dry-run", action="store_true", help=_("only say what would change"))
        parser.add_argument(
            "--as", dest="user", metavar="USER", help=_("act as this user, with its rights")
        )

    def changes_something(self, options: dict[str, Any]) -> bool:
        return not options["dry_run"]

    def handle(self, *args: Any, **options: Any) -> None:
        given = _read(options["file"])
        user = None
        if options["user"]:
            user = User.objects.filter(username=options["user"], is_active=True).first()
            if user is None:
                name = show_invisible(options["user"])
                raise CommandError(_("There is no user “%(name)s”.") % {"name": name})
        try:
            answers = export_strategies.apply(
                given, user=user, now=timezone.now(), dry_run=options["dry_run"]
            )
        except Refused as refused:
            raise CommandError(refused.message) from refused
        for number, answer in enumerate(answers, start=1):
            self._tell(number, answer)
        if options["dry_run"]:
            self.stdout.write(_("Nothing was written."))
        if any(answer.outcome is Outcome.REFUSED for answer in answers):
            sys.exit(1)

    def _tell(self, number: int, answer: Applied) -> None:
        if answer.errors:
            for error in answer.errors:
                self.stderr.write(f"{number}: {show_invisible(answer.name)}: {error}")
            return
        note = f" ({answer.note})" if answer.note else ""
        self.stdout.write(f"{answer.name}: {answer.outcome.value}{note}")
        for key, before, after in answer.changes:
            self.stdout.write(f"  {key}: {_json(before)} -> {_json(after)}")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _read(name: str) -> list[Any]:
    try:
        raw = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        content = json.loads(raw.decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or error
        raise CommandError(
            _("%(file)s cannot be read: %(reason)s") % {"file": name, "reason": reason}
        ) from None
    listed = content.get("strategies") if isinstance(content, dict) else None
    if not isinstance(listed, list):
        raise CommandError(_('%s: expected an object with the list "strategies"') % name)
    return listed

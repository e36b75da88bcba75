"""Takes files of a platform's back office in (INTERFACES, Commands; SPEC O11)."""

import json
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from tqdm import tqdm

from aftersale.models import FileImport, RowOutcome, Shop
from aftersale.services.exports import run
from aftersale.services.exports.bring import bring
from aftersale.services.exports.plan import Planned
from aftersale.services.exports.reading.limits import WrongFile
from aftersale.services.shared.errors import Refused
from config.terminal import TerminalCommand


class Command(TerminalCommand):
    help = "Takes in orders and after-sale requests as a platform's back office exports them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--shop", required=True, metavar="CODE")
        parser.add_argument("--kind", choices=["orders", "after-sales"], default="")
        parser.add_argument("--map", metavar="FILE", help=_("columns mapped by hand, as JSON"))
        parser.add_argument("--exported-at", metavar="TIME")
        parser.add_argument("--password", default="")
        parser.add_argument("--dry-run", action="store_true", help=_("write nothing"))
        parser.add_argument("files", nargs="+", metavar="FILE", help=_("xlsx, xls, csv or zip"))

    def handle(self, *args: Any, files: list[str], **options: Any) -> None:
        shop = Shop.objects.filter(code=options["shop"]).first()
        if shop is None:
            raise CommandError(_("There is no shop with the code %s.") % options["shop"])
        with ExitStack() as stack:
            try:
                brought = bring(
                    shop=shop,
                    files=[(Path(path).name, stack.enter_context(_file(path))) for path in files],
                    user=None,
                    now=timezone.now(),
                    kind=options["kind"],
                    mapping=_json(options["map"]) if options["map"] else None,
                    exported_at=_moment(options["exported_at"]),
                    password=options["password"],
                )
            except Refused as refused:
                raise CommandError(refused.message) from None
        try:
            with run.alone(shop.pk):
                taken = self._run(brought, dry_run=options["dry_run"])
        except (Refused, WrongFile) as refused:
            brought.delete()
            raise CommandError(str(refused)) from None
        finally:
            if options["dry_run"] and brought.pk:
                brought.delete()
        if not taken:
            sys.exit(1)

    def _run(self, brought: FileImport, *, dry_run: bool) -> bool:
        run.read(brought)
        self._recognised(brought)
        progress = tqdm(total=brought.total, disable=not sys.stderr.isatty(), file=sys.stderr)

        def told(planned: Sequence[Planned]) -> None:
            progress.update(sum(len(one.rows) for one in planned))
            for one in planned:
                self._refusals(brought, one)

        step = run.preview if dry_run else run.take_in
        step(brought, clock=timezone.now, told=told)
        progress.close()
        for line in _summary(brought):
            self.stdout.write(line)
        refused = RowOutcome.REFUSED.value
        return not any(outcomes.get(refused) for outcomes in brought.counts.values())

    def _recognised(self, brought: FileImport) -> None:
        for table in brought.tables:
            platform = brought.shop.platform
            if table["platform"] not in (platform, "other") and platform != "other":
                warning = _("%(file)s: a file of %(platform)s, and the shop is of %(shop)s.")
                values = {"file": table["file"], "platform": table["platform"], "shop": platform}
                self.stderr.write(warning % values)
        if not brought.tables:
            self.stderr.write(_("The file holds no rows."))

    def _refusals(self, brought: FileImport, one: Planned) -> None:
        if one.outcome != RowOutcome.REFUSED:
            return
        for row in one.rows:
            if row.note:
                file = brought.tables[row.table]["file"]
                self.stderr.write(f"{file}:{row.row}: {one.kind} {one.number}: {row.note}")


def _summary(brought: FileImport) -> list[str]:
    lines = []
    total: Counter[str] = Counter()
    for kind, outcomes in sorted(brought.counts.items()):
        total.update(outcomes)
        lines.append(_line(kind, outcomes))
    line = _line(_("total"), total)
    if closing := sum(table["totals"] for table in brought.tables):
        line += "; " + _("%d closing rows passed by") % closing
    return [*lines, line]


def _line(name: str, outcomes: dict[str, int] | Counter[str]) -> str:
    def count(outcome: RowOutcome) -> int:
        return outcomes.get(outcome.value, 0)

    unchanged = str(count(RowOutcome.UNCHANGED) + count(RowOutcome.OLDER))
    if older := count(RowOutcome.OLDER):
        unchanged += _(" (%(count)d older than stored)") % {"count": older}
    line = _(
        "%(name)s: new %(new)d, changed %(changed)d, unchanged %(unchanged)s, refused %(refused)d"
    ) % {
        "name": name,
        "new": count(RowOutcome.NEW),
        "changed": count(RowOutcome.CHANGED),
        "unchanged": unchanged,
        "refused": count(RowOutcome.REFUSED),
    }
    if left_out := count(RowOutcome.LEFT_OUT):
        line += "; " + _("%d left out") % left_out
    return line


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        at = parse_datetime(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise CommandError(_('expected a time with an offset, e.g. "2026-11-21T23:05:00+08:00"'))
    return at


def _file(path: str) -> IO[bytes]:
    try:
        return Path(path).open("rb")
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from None


def _json(path: str) -> Any:
    try:
        with _file(path) as file:
            return json.load(file)
    except ValueError:
        raise CommandError(_("%s is no JSON.") % path) from None

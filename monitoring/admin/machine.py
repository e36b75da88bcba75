"""How the machine does, in words: each check with a sentence for what to do. For operators."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aftersale.admin.kit.access import is_operator
from aftersale.admin.kit.pages import desk_page, show
from aftersale.models import Archive, ArchiveState, Shop
from config import replica
from config.queue import BEATS_WITHIN, DECIDE, PAY, PULL, SLOW, TELL
from config.version import VERSION
from monitoring.admin.dashboard.wording import length
from monitoring.services import clocks, health, machine

WELL, LOOK, BAD = "success", "warning", "danger"
GB = 1024**3
LITTLE_DISK, TOO_LITTLE_DISK = 5 * GB, 1 * GB
LITTLE_MEMORY, TOO_LITTLE_MEMORY = 0.10, 0.05
MANY_CONNECTIONS, TOO_MANY_CONNECTIONS = 0.8, 0.95
LONG_TRANSACTION = 3_600
OLD_BACKUP = 26 * 3_600
# Longer than a cluster's heartbeat may take; a machine that was taken away is forgotten after this.
SILENT, FORGOTTEN = 900, 7 * 86_400


@dataclass(frozen=True)
class Row:
    """One check; `todo` only where there is something to do."""

    name: str
    found: str
    state: str = WELL
    todo: str = ""

    @property
    def word(self) -> str:
        return {WELL: _("Well"), LOOK: _("Look"), BAD: _("Bad")}[self.state]


@dataclass(frozen=True)
class Part:
    title: str
    rows: list[Row]


@desk_page
def page(request: HttpRequest) -> HttpResponse:
    if not is_operator(request):
        raise PermissionDenied
    found = parts()
    wrong = sum(row.state != WELL for part in found for row in part.rows)
    return show(
        request,
        "monitoring/machine.html",
        _("How the machine does"),
        parts=found,
        wrong=wrong,
        summary=_("All is well.")
        if not wrong
        else ngettext("%d thing wants a look.", "%d things want a look.", wrong) % wrong,
        version=VERSION,
    )


def parts() -> list[Part]:
    found = health.checks()
    return [
        Part(_("Programs"), [*_clusters(found), *_programs()]),
        Part(_("What waits"), [*_waiting(found), *_queues()]),
        Part(_("Database"), list(_database(found))),
        Part(_("This machine"), list(_machine())),
        Part(_("Clocks"), list(_clocks(found))),
    ]


def _ago(seconds: float) -> str:
    return _("%s ago") % length(int(seconds))


def _clusters(found: dict[str, health.Check]) -> Iterator[Row]:
    does = {
        DECIDE: _("decides tickets and raises alerts"),
        PAY: _("carries out refunds and steps at platforms"),
        PULL: _("reads orders and tickets from platforms"),
        TELL: _("delivers webhooks"),
        SLOW: _("trial runs, mails, figures"),
    }
    for cluster in BEATS_WITHIN:
        check = found[cluster]
        name = _("%(cluster)s: %(does)s") % {"cluster": cluster, "does": does[cluster]}
        if check.ok and check.seconds is not None:
            yield Row(name, _("Last sign of work: %s.") % _ago(check.seconds))
            continue
        said = (
            _("It has never given a sign of work.")
            if check.seconds is None
            else _("Last sign of work: %s.") % _ago(check.seconds)
        )
        start = "python -m config.run " + cluster
        todo = _("Start it (%s); one that is frozen is started again by its watch.") % start
        yield Row(name, said, BAD, todo)


def _programs() -> Iterator[Row]:
    """Those of several machines, each: a cluster may be well while one of its machines is not. The
    web server gives its signs to /readyz, which may be asked of one machine alone."""
    known = [one for one in machine.programs() if one.seconds <= FORGOTTEN and one.worker != "web"]
    machines = Counter(one.worker for one in known)
    for one in known:
        if machines[one.worker] == 1 and one.worker in BEATS_WITHIN:
            continue
        silent = one.seconds > SILENT
        yield Row(
            f"{one.worker}@{one.host}",
            _("Last sign of work: %s.") % _ago(one.seconds),
            LOOK if silent else WELL,
            _("See whether it is meant to run on that machine; a week later it is left out here.")
            if silent
            else "",
        )


def _waiting(found: dict[str, health.Check]) -> Iterator[Row]:
    def row(name: str, title: str, waits: str, nothing: str, todo: str) -> Row:
        check = found[name]
        said = nothing if check.seconds is None else waits % length(int(check.seconds))
        return Row(title, said) if check.ok else Row(title, said, BAD, todo)

    yield row(
        "waiting_tickets",
        _("Tickets for automation"),
        _("One has waited for %s."),
        _("None waits."),
        _("See whether decide works; `manage.py evaluate` decides them from the command line."),
    )
    yield row(
        "due_refunds",
        _("Refunds to be sent"),
        _("One has been due for %s."),
        _("None is due."),
        _("See whether pay works, and what the latest refund attempts say."),
    )
    yield row(
        "reading",
        _("Reading from platforms"),
        _("The shop that waits longest was read %s ago."),
        _("No shop is read from a platform."),
        _("See whether pull works, and the platform connection in the shops' settings."),
    )
    yield row(
        "queue",
        _("Tasks"),
        _("The oldest has waited for %s."),
        _("None waits."),
        _("Its cluster does not run or has too much to do: see the programs above."),
    )


def _queues() -> Iterator[Row]:
    for queue in machine.queues():
        said = ngettext(
            "%(number)d task; the oldest has waited for %(time)s.",
            "%(number)d tasks; the oldest has waited for %(time)s.",
            queue.tasks,
        ) % {"number": queue.tasks, "time": length(int(queue.seconds or 0))}
        yield Row(_("Queue of %s") % queue.cluster, said)


def _database(found: dict[str, health.Check]) -> Iterator[Row]:
    if found["database"].ok:
        yield Row(_("Changes"), _("It answers and takes changes."))
    else:
        todo = _("Promote a replica, or see who set it read-only (docs/operations.md).")
        yield Row(_("Changes"), _("It takes no changes: nothing is decided or paid."), BAD, todo)
    facts = machine.database()
    yield Row(_("Size"), filesizeformat(facts.size))
    share = facts.connections / facts.most_connections
    used = _("%(used)d of %(most)d are open.") % {
        "used": facts.connections,
        "most": facts.most_connections,
    }
    todo = _("Raise max_connections, or put PgBouncer in front (docs/scaling.md).")
    yield _graded(_("Connections"), used, share, (MANY_CONNECTIONS, TOO_MANY_CONNECTIONS), todo)
    oldest = _("The oldest runs for %s.") % length(int(facts.oldest_transaction))
    if facts.oldest_transaction > LONG_TRANSACTION:
        todo = _("Find it in pg_stat_activity and end it: until then dead rows are not cleared.")
        yield Row(_("Transactions"), oldest, LOOK, todo)
    else:
        yield Row(_("Transactions"), oldest)
    yield _backup()
    yield from _archives()
    yield from _replica()
    if facts.replicas:
        follow = ngettext("%d server follows.", "%d servers follow.", facts.replicas)
        yield Row(_("Replication"), follow % facts.replicas)


def _backup() -> Row:
    age = machine.backup_age()
    if age is None:
        todo = _("Run `manage.py backup FILE` each night, unless you back up by other means.")
        return Row(_("Last backup"), _("None by `manage.py backup` is known."), LOOK, todo)
    if age > OLD_BACKUP:
        todo = _("See why last night's was not made: its timer, and the room on its disk.")
        return Row(_("Last backup"), _ago(age), LOOK, todo)
    return Row(_("Last backup"), _ago(age))


def _archives() -> Iterator[Row]:
    """Nothing where no shop archives (SPEC O12)."""
    shops = Shop.objects.filter(archive_months__isnull=False)
    for shop in shops.exclude(archive_failure="").order_by("code"):
        name = _("Archive of %s") % shop.code
        todo = _("Make room under ARCHIVE_ROOT or put its files back; `manage.py archive` goes on.")
        yield Row(name, str(shop.archive_failure), BAD, todo)
    newest = Archive.objects.filter(state=ArchiveState.DONE).aggregate(at=Max("done_at"))["at"]
    if shops and newest:
        seconds = (timezone.now() - newest).total_seconds()
        yield Row(_("Last archive"), _ago(max(0, seconds)))


def _replica() -> Iterator[Row]:
    if not replica.is_set():
        return
    seen = replica.look()
    if seen.why:
        todo = _("The primary answers what the replica would: nothing is lost, it has more to do.")
        yield Row(_("Replica for reading"), replica.why_not(seen), LOOK, todo)
    else:
        behind = _("It is %s behind.") % length(int(seen.behind or 0))
        yield Row(_("Replica for reading"), behind)


def _machine() -> Iterator[Row]:
    for folder, room in machine.disks().items():
        state = BAD if room.free < TOO_LITTLE_DISK else LOOK if room.free < LITTLE_DISK else WELL
        todo = _(
            "Make room, or give it a larger disk: a full one refuses pictures and large files."
        )
        said = _free(room)
        yield Row(_("Disk of %s") % folder, said, state, "" if state == WELL else todo)
    room = machine.memory()
    yield _graded(
        _("Memory"),
        _free(room),
        1 - room.free / room.total,
        (1 - LITTLE_MEMORY, 1 - TOO_LITTLE_MEMORY),
        _("Give it more memory, or fewer programs: the system ends one where none is left."),
    )


def _free(room: machine.Room) -> str:
    return _("%(free)s of %(total)s are free.") % {
        "free": filesizeformat(room.free),
        "total": filesizeformat(room.total),
    }


def _graded(name: str, said: str, share: float, limits: tuple[float, float], todo: str) -> Row:
    many, too_many = limits
    state = BAD if share >= too_many else LOOK if share >= many else WELL
    return Row(name, said, state, "" if state == WELL else todo)


def _clocks(found: dict[str, health.Check]) -> Iterable[Row]:
    todo = _("Set it right by NTP; where all differ alike, the database's own is wrong.")
    for clock in clocks.seen(here="web"):
        ahead = abs(clock.ahead)
        said = (
            _("It agrees with the database's.")
            if ahead < 1
            else _("%s ahead of the database's.") % length(int(ahead))
            if clock.ahead > 0
            else _("%s behind the database's.") % length(int(ahead))
        )
        wrong = ahead >= clocks.MOST_SECONDS
        yield Row(clock.of, said, BAD if wrong else WELL, todo if wrong else "")

"""Records as a round last read them: what has not changed since is not fetched again."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from functools import partial

from aftersale.models import PlatformAccount, PlatformRead, Ticket, TicketStatus
from aftersale.platforms.known import Known, Read
from aftersale.services.tickets import lifecycle

# A round looks back for minutes, after a stop for as long as that took; longer ones read anew.
KEPT = timedelta(days=2)
# How long a refund that the platform makes by itself is looked after: the slowest ways of paying
# take some days.
FOLLOWED = timedelta(days=15)
OPEN = sorted(set(TicketStatus) - lifecycle.FINAL)


def known(account: PlatformAccount, subject: str, *, since: datetime) -> Known:
    """Versions read before, of records that changed since then."""
    rows = PlatformRead.objects.filter(account=account, subject=subject, version__gte=since)
    found = rows.values_list("number", "version", "at")
    unread = account.problems.filter(subject=subject, unread_since__isnull=False)
    return Known(
        {number: Read(version, at) for number, version, at in found},
        are_over=partial(_are_over, account.shop_id),
        under_way=partial(_under_way, account.shop_id, since - FOLLOWED),
        unread_since={one.number: one.unread_since for one in unread if one.unread_since},
    )


def _are_over(shop_pk: int, beginning: str) -> bool:
    """True if there are tickets whose numbers begin so, and all of them have ended for good."""
    # The range is for the index, which does not serve a beginning alone.
    after = beginning[:-1] + chr(ord(beginning[-1]) + 1)
    found = Ticket.objects.filter(
        shop=shop_pk,
        ticket_no__gte=beginning,
        ticket_no__lt=after,
        ticket_no__startswith=beginning,
    )
    statuses = set(found.values_list("status", flat=True))
    return bool(statuses) and statuses <= set(lifecycle.FINAL)


def _under_way(shop_pk: int, since: datetime) -> set[str]:
    """The beginnings of the numbers of tickets that are several of a request, and not over."""
    found = Ticket.objects.filter(shop=shop_pk, ticket_no__contains="-", applied_at__gte=since)
    numbers = found.filter(status__in=OPEN).values_list("ticket_no", flat=True)
    return {number.partition("-")[0] for number in numbers}


def keep(
    account: PlatformAccount,
    subject: str,
    versions: Mapping[str, datetime],
    *,
    without: Collection[str],
    known: Known,
) -> None:
    """Records that were saved, by number; those `without` are fetched again the next time."""
    _write(
        account,
        subject,
        {
            number: Read(version, known.asked_at[number])
            for number, version in versions.items()
            if number in known.asked_at and number not in without
        },
    )
    gone = [number for number in without if number in known.reads]
    if gone:
        rows = PlatformRead.objects.filter(account=account, subject=subject)
        rows.filter(number__in=gone).delete()


def renew(account: PlatformAccount, subject: str, known: Known) -> None:
    """Records that the list showed to be as they were read, and lists that were refused before."""
    account.problems.filter(
        subject=subject, number__in=known.caught_up, unread_since__isnull=False
    ).delete()
    _write(
        account,
        subject,
        {
            number: Read(known.reads[number].version, at)
            for number, at in known.unchanged_at.items()
            if number not in known.asked_at
        },
    )


def forget(*, now: datetime) -> None:
    PlatformRead.objects.filter(at__lt=now - KEPT).delete()


def _write(account: PlatformAccount, subject: str, reads: Mapping[str, Read]) -> None:
    PlatformRead.objects.bulk_create(
        [
            PlatformRead(account=account, subject=subject, number=number, **one._asdict())
            for number, one in reads.items()
        ],
        update_conflicts=True,
        unique_fields=["account", "subject", "number"],
        update_fields=["version", "at"],
    )

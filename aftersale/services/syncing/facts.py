"""A platform's facts beyond a record, kept beside it for people."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from aftersale.domain.digits import whole_number
from aftersale.models import PlatformFacts, Ticket
from aftersale.platforms.protocol import Fact

MOST_URGES = 999


def keep(shop_pk: int, subject: str, told: Mapping[str, Sequence[Fact]], *, now: datetime) -> None:
    """Writes changed facts of these numbers; deletes those that the platform no longer gives."""
    rows = PlatformFacts.objects.filter(shop=shop_pk, subject=subject, number__in=list(told))
    stored = dict(rows.values_list("number", "facts"))
    wanted = {number: [_stored(fact) for fact in facts] for number, facts in told.items()}
    gone = [number for number in stored if not wanted[number]]
    changed = [
        PlatformFacts(shop_id=shop_pk, subject=subject, number=number, facts=facts, at=now)
        for number, facts in wanted.items()
        if facts and facts != stored.get(number)
    ]
    if gone:
        rows.filter(number__in=gone).delete()
    PlatformFacts.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["shop", "subject", "number"],
        update_fields=["facts", "at"],
    )


def keep_urges(shop_pk: int, told: Mapping[str, Sequence[Fact]]) -> None:
    """How often buyers have urged the shop on these tickets: the queues show those first."""
    wanted = {number: _urges(facts) for number, facts in told.items()}
    stored = Ticket.objects.filter(shop=shop_pk, ticket_no__in=list(wanted))
    for number, urged in stored.values_list("ticket_no", "urged"):
        if urged != wanted[number]:
            Ticket.objects.filter(shop=shop_pk, ticket_no=number).update(urged=wanted[number])


def _urges(facts: Sequence[Fact]) -> int:
    told = max((whole_number(fact.value) or 0 for fact in facts if fact.name == "urged"), default=0)
    return min(told, MOST_URGES)


def _stored(fact: Fact) -> list[str | None]:
    return [fact.name, fact.value, fact.at.isoformat() if fact.at else None]

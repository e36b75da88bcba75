"""A platform's facts beyond a record, kept beside it for people."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import F, Q

from aftersale.domain.digits import whole_number
from aftersale.models import Order, PlatformFacts, PlatformSubject, Ticket
from aftersale.platforms.protocol import Fact
from aftersale.services.buyers.erased import PREFIX

MOST_URGES = 999


def keep(shop_pk: int, subject: str, told: Mapping[str, Sequence[Fact]], *, now: datetime) -> None:
    """Writes changed facts of these numbers; deletes those that the platform no longer gives, and
    those from before their buyer was erased: they hold texts and pictures (SPEC P7)."""
    told = {**told, **dict.fromkeys(_of_erased(shop_pk, subject, list(told)), ())}
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


def _of_erased(shop_pk: int, subject: str, numbers: Sequence[str]) -> list[str]:
    model, number, since = (
        (Order, "order_no", "created_at")
        if subject == PlatformSubject.ORDER
        else (Ticket, "ticket_no", "applied_at")
    )
    before = Q(**{f"{since}__lte": F("shop__erased_buyers__erased_at")}) | Q(**{since: None})
    found = model._default_manager.filter(
        before,
        shop=shop_pk,
        buyer__startswith=PREFIX,
        shop__erased_buyers__stand_in=F("buyer"),
        **{f"{number}__in": numbers},
    )
    return list(found.values_list(number, flat=True))


def _stored(fact: Fact) -> list[str | None]:
    return [fact.name, fact.value, fact.at.isoformat() if fact.at else None]

"""A platform's facts beyond a record, kept beside it for people."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from aftersale.models import PlatformFacts
from aftersale.platforms.protocol import Fact


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


def _stored(fact: Fact) -> list[str | None]:
    return [fact.name, fact.value, fact.at.isoformat() if fact.at else None]

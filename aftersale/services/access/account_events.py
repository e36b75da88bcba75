"""The record of an account: whose, by whom, when, from where (SPEC P5)."""

from datetime import datetime

from django.contrib.auth.models import User

from aftersale.models import AccountEvent, AccountEventKind


def record(
    kind: AccountEventKind,
    *,
    user: User,
    by: User | None,
    now: datetime,
    note: str = "",
    address: str | None = None,
) -> None:
    AccountEvent.objects.create(
        kind=kind, user=user, by=by, at=now, note=note, address=address or ""
    )

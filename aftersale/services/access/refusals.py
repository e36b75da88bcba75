"""Refused steps in the audit trail (SPEC P6). A program that tries in a loop does not flood it: the
same refusal, to the same person or token, is one entry in ten minutes."""

import hashlib
from datetime import datetime

from django.contrib.auth.models import User
from django.core.cache import cache

from aftersale.models import ApiToken, AuditKind
from aftersale.services.shared import trail

_AGAIN_AFTER = 10 * 60


def of_person(*, user: User, step: str, now: datetime) -> None:
    """`step` is a method and the pattern of an address: addresses themselves hold numbers."""
    if _is_news(f"user {user.pk}", step):
        trail.record(AuditKind.REFUSED, user=user, whom=user, subject=step, now=now)


def of_token(*, token: ApiToken, step: str, why: str, now: datetime) -> None:
    if _is_news(f"token {token.pk}", step, why):
        trail.record(
            AuditKind.REFUSED,
            shop_id=token.shop_id,
            user=token.created_by,
            subject=step,
            note=why,
            now=now,
        )


def _is_news(*parts: str) -> bool:
    key = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return cache.add(f"refused:{key}", True, _AGAIN_AFTER)

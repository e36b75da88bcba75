"""Calls to platforms are counted by shop, app and day, against the quotas of the apps."""

from collections.abc import Mapping
from hashlib import blake2b

import structlog
from django.db import DatabaseError, connection

log = structlog.get_logger(__name__)

# The quotas' day is China's.
_ONE_MORE = """
    INSERT INTO aftersale_platformcalls AS c (shop_id, app, day, calls)
    VALUES (%s, %s, (now() AT TIME ZONE 'Asia/Shanghai')::date, 1)
    ON CONFLICT (shop_id, app, day) DO UPDATE SET calls = c.calls + 1
"""


def app_of(platform: str, secrets: Mapping[str, str]) -> str:
    """A hash that tells apps apart: the app's own key is entered with the secrets."""
    key = secrets.get("app_key") or secrets.get("app_id") or ""
    return blake2b(f"{platform}:{key}".encode(), digest_size=16).hexdigest()


def count(shop_pk: int, app: str) -> None:
    """One call more. A call that could not be counted was made all the same."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(_ONE_MORE, [shop_pk, app])
    except DatabaseError as error:
        log.warning("platform_call_not_counted", shop=shop_pk, error=type(error).__name__)

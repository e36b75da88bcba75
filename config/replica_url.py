"""REPLICA_URL: Django's settings for a connection to a replica."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured

from config import database_url

ALIAS = "replica"
# Two seconds until another database is asked instead; whatever replica it is, nothing is written.
_PATIENCE = {"connect_timeout": 2, "options": "-c default_transaction_read_only=on"}


def settings_of(url: str) -> dict[str, Any]:
    found = database_url.settings_of(url)
    if found["ENGINE"] != database_url.ENGINE:
        raise ImproperlyConfigured("REPLICA_URL must name a PostgreSQL database (postgresql://…).")
    return {
        **found,
        # The project's own would leave a server that takes no changes.
        "ENGINE": "django.db.backends.postgresql",
        "OPTIONS": {**found["OPTIONS"], **_PATIENCE},
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "TEST": {"MIRROR": "default"},
    }

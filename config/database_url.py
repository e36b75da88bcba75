"""DATABASE_URL: one host or several, of which libpq takes the one that fits.

A dead machine answers nothing at all, so every wait for one has an end.
"""

from typing import Any

import environ
from psycopg import conninfo

ENGINE = "config.backend"
# Seconds, and milliseconds for the last one: a dead machine is noticed within 15 s.
PATIENCE = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 10_000,
}


def settings_of(url: str) -> dict[str, Any]:
    """Django's settings for the database; the URL's own options win over PATIENCE."""
    found = environ.Env.db_url_config(url)
    if "," in str(found.get("HOST", "")):
        # django-environ gives the only port to all hosts, and loses addresses' brackets.
        parts = conninfo.conninfo_to_dict(url.partition("?")[0])
        found.update(HOST=parts["host"], PORT=parts.get("port", ""))
    if found["ENGINE"] == "django.db.backends.postgresql":
        found["ENGINE"] = ENGINE
        found["OPTIONS"] = PATIENCE | found.get("OPTIONS", {})
    return found

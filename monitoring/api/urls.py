"""The monitoring's part of /api/v1/."""

from typing import Any

app_name = "monitoring-api"
urlpatterns: list[Any] = []

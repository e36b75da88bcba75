"""The automation's part of /api/v1/."""

from typing import Any

app_name = "automation-api"
urlpatterns: list[Any] = []

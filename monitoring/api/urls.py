"""The monitoring's part of /api/v1/."""

from django.urls import path

from .alerts import AcknowledgeCall, AlertsCall

app_name = "monitoring-api"
urlpatterns = [
    path("alerts", AlertsCall.as_view(), name="alerts"),
    path("alerts/<int:pk>/acknowledge", AcknowledgeCall.as_view(), name="acknowledge"),
]

"""Monitoring's pages in the admin."""

from django.urls import path

from . import alert_pages, bell
from .dashboard.behind import behind

app_name = "monitoring"
urlpatterns = [
    path("dashboard/rows/", behind, name="behind"),
    path("alerts/", alert_pages.alerts, name="alerts"),
    path("alerts/bell/", bell.bell, name="bell"),
    path("alerts/acknowledge/", alert_pages.acknowledge, name="alerts-acknowledge"),
    path("alerts/mails/", alert_pages.mails, name="alert-mails"),
]

"""Monitoring's pages in the admin."""

from django.urls import path

from monitoring.admin import alerts, bell, machine
from monitoring.admin.dashboard.drilldown import drilldown

app_name = "monitoring"
urlpatterns = [
    path("dashboard/rows/", drilldown, name="drilldown"),
    path("machine/", machine.page, name="machine"),
    path("alerts/", alerts.alerts, name="alerts"),
    path("alerts/bell/", bell.bell, name="bell"),
    path("alerts/acknowledge/", alerts.acknowledge, name="alerts-acknowledge"),
    path("alerts/mails/", alerts.mails, name="alert-mails"),
]

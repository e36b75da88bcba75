"""Monitoring's pages in the admin."""

from django.urls import path

from monitoring.admin import alerts, bell, machine, robots, weekly
from monitoring.admin.dashboard.drilldown import drilldown

app_name = "monitoring"
_ROBOTS = "shops/<int:pk>/settings/robots/"
urlpatterns = [
    path("dashboard/rows/", drilldown, name="drilldown"),
    path("machine/", machine.page, name="machine"),
    path("alerts/", alerts.alerts, name="alerts"),
    path("alerts/bell/", bell.bell, name="bell"),
    path("alerts/acknowledge/", alerts.acknowledge, name="alerts-acknowledge"),
    path("alerts/mails/", alerts.mails, name="alert-mails"),
    path("shops/<int:pk>/weekly/", weekly.card, name="weekly"),
    path(_ROBOTS, robots.robots, name="robots"),
    path(f"{_ROBOTS}add/", robots.add, name="robot-add"),
    path(f"{_ROBOTS}<int:robot>/change/", robots.change, name="robot-change"),
    path(f"{_ROBOTS}<int:robot>/test/", robots.test, name="robot-test"),
    path(f"{_ROBOTS}<int:robot>/on/", robots.switch_on, name="robot-on"),
    path(f"{_ROBOTS}<int:robot>/off/", robots.switch_off, name="robot-off"),
    path(f"{_ROBOTS}<int:robot>/remove/", robots.remove, name="robot-remove"),
]

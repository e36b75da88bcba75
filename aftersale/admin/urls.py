"""The desk's pages that belong to no model (pages.py)."""

from django.urls import URLPattern, URLResolver, path

from . import shipping_alerts

app_name = "desk"
urlpatterns: list[URLPattern | URLResolver] = [
    path("shipping-alerts/", shipping_alerts.list_page, name="shipping-alerts"),
    path("shipping-alerts/<int:alert_id>/", shipping_alerts.step, name="shipping-alert-step"),
]

"""Addresses for machines: health and metrics."""

from django.urls import path

from monitoring.probes.health import healthz, readyz
from monitoring.probes.metrics import metrics

urlpatterns = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", metrics),
]

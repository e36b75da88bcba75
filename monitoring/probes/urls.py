"""What machines ask: whether all is well, and figures."""

from django.urls import path

from monitoring.probes.health import healthz, readyz
from monitoring.probes.metrics import metrics

urlpatterns = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", metrics),
]

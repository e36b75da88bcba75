"""What machines ask: whether all is well, and figures."""

from django.urls import path

from .health import healthz, readyz
from .metrics import metrics

urlpatterns = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", metrics),
]

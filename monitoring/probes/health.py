"""Health for machines: `/healthz`, `/readyz`."""

from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from monitoring.services import health, heartbeats


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 as long as the web process answers; checks nothing else."""
    return HttpResponse("ok\n", content_type="text/plain", headers={"Cache-Control": "no-store"})


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 if all checks pass, else 503; the answer names each check.

    Writes what this machine's clock says, for the alert about clocks.
    """
    try:
        heartbeats.beat("web")
    except Error:
        connection.close()
    found = health.checks()
    ready = all(check.ok for check in found.values())
    return JsonResponse(
        {"ready": ready, "checks": {name: check.as_json() for name, check in found.items()}},
        status=200 if ready else 503,
        headers={"Cache-Control": "no-store"},
    )

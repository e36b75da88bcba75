"""The bell at the top of every page: how many alerts nobody has acknowledged (SPEC M4)."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from aftersale.admin import access
from aftersale.services import rights
from monitoring.alert_words import told
from monitoring.models import Alert

# More are not counted: "99+".
MOST = 99


def shown(request: HttpRequest) -> dict[str, Any]:
    """What the bell says; of members and operators alone. One query along an index."""
    opened = rights.scoped(Alert.objects.filter(acknowledged_at=None), access.person(request))
    newest = opened.order_by("-raised_at", "-pk").values_list("pk", flat=True)
    keys = list(newest[: MOST + 1])
    return {
        "shown": True,
        "count": f"{MOST}+" if len(keys) > MOST else len(keys),
        "latest": max(keys, default=0),
        "keys": keys,
    }


@require_safe
@never_cache
def bell(request: HttpRequest) -> HttpResponse:
    """The bell of a page that is open, with a word on what came since it last asked.

    Nobody is sent to the log-in page from here: that would be put in the bell's place.
    """
    if not request.user.is_authenticated or not access.is_member(request):
        return HttpResponse(status=403)
    context = shown(request)
    response = render(request, "monitoring/bell.html", context)
    since = request.GET.get("since", "")
    if since.isascii() and since.isdigit():
        new = [key for key in context["keys"] if key > int(since)]
        if new:
            said = {"desk:told": {"message": _announced(new), "kind": "warning"}}
            response.headers["HX-Trigger"] = json.dumps(said)
    return response


def _announced(keys: list[int]) -> str:
    if len(keys) > 1:
        return _("%(count)d new alerts") % {"count": len(keys)}
    return told(Alert.objects.select_related("shop").get(pk=keys[0])).text

"""The bell at the top of every page: how many alerts nobody has acknowledged (SPEC M4)."""

import json

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


@require_safe
@never_cache
def bell(request: HttpRequest) -> HttpResponse:
    """The bell with its figure, and a word on what came since the page last asked (`since`).

    Pages ask once they are shown, so that no page waits for it. Nobody is sent to the log-in page
    from here: that would be put in the bell's place.
    """
    if not request.user.is_authenticated or not access.is_member(request):
        return HttpResponse(status=204)
    opened = rights.scoped(Alert.objects.filter(acknowledged_at=None), access.person(request))
    newest = opened.order_by("-raised_at", "-pk").values_list("pk", flat=True)
    keys = list(newest[: MOST + 1])
    count = f"{MOST}+" if len(keys) > MOST else len(keys)
    # Of what was acknowledged meanwhile nothing is said again.
    given = request.GET.get("since", "")
    since = int(given) if given.isascii() and given.isdigit() else None
    known = {"known": True, "count": count, "latest": max([*keys, since or 0])}
    response = render(request, "monitoring/bell.html", known)
    new = [key for key in keys if since is not None and key > since]
    if new:
        said = {"desk:told": {"message": _announced(new), "kind": "warning"}}
        response.headers["HX-Trigger"] = json.dumps(said)
    return response


def _announced(keys: list[int]) -> str:
    if len(keys) > 1:
        return _("%(count)d new alerts") % {"count": len(keys)}
    return told(Alert.objects.select_related("shop").get(pk=keys[0])).text

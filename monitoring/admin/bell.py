"""The bell at the top of every page: alerts that wait for the person's role (SPEC M4, O5)."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from aftersale.admin.kit import access
from aftersale.admin.kit.pages import desk_page
from aftersale.domain.digits import whole_number
from monitoring.models import Alert
from monitoring.services.alert_rights import NOTES, acted_on_by
from monitoring.services.alert_texts import alert_text

# Counted up to here; more are shown as "99+".
MOST = 99


@desk_page
@require_safe
def bell(request: HttpRequest) -> HttpResponse:
    """The figure for bell.js, and a text about alerts raised since it last asked (`since`).

    One query along an index.
    """
    person = access.person(request)
    opened = Alert.objects.filter(acted_on_by(person), acknowledged_at=None, ended_at=None)
    opened = opened.exclude(kind__in=NOTES)
    newest = opened.order_by("-raised_at", "-pk").values_list("pk", flat=True)
    keys = list(newest[: MOST + 1])
    count = f"{MOST}+" if len(keys) > MOST else str(len(keys) or "")
    since = whole_number(request.GET.get("since", ""))
    new = [key for key in keys if since is not None and key > since]
    # Alerts that were acknowledged meanwhile are not announced again.
    latest = max([*keys, since or 0])
    return JsonResponse(
        {
            "count": count,
            "label": _("Alerts: %(count)s not acknowledged") % {"count": count}
            if count
            else _("Alerts: nothing new"),
            "announced": _announced(new),
            "ask": f"{reverse('monitoring:bell')}?since={latest}",
        }
    )


def _announced(keys: list[int]) -> str:
    if len(keys) == 1:
        return alert_text(Alert.objects.select_related("shop").get(pk=keys[0])).text
    return _("%(count)d new alerts") % {"count": len(keys)} if keys else ""

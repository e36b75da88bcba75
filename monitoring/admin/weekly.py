"""The weekly note on the page of advice: the last one, and who is told of it (SPEC M6)."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods

from aftersale.admin.kit import access
from aftersale.admin.kit.pages import desk_page
from aftersale.models import Membership
from aftersale.services.access.rights import Right
from aftersale.services.shared.shown import format_time
from monitoring.models import AlertKind, Robot
from monitoring.services import weekly
from monitoring.services.weekly import wording
from strategies.admin.editor.permitted import shop_for


@desk_page
@require_http_methods(["GET", "POST"])
def card(request: HttpRequest, pk: int) -> HttpResponse:
    """Each person chooses for themselves; the answer is the card as it is then."""
    shop, person = shop_for(request, str(pk)), access.person(request)
    if request.method == "POST":
        wanted = request.POST.get("wanted") == "yes"
        weekly.choose(shop_id=shop.pk, wanted=wanted, user=person, now=timezone.now())
    note = weekly.newest(shop.pk)
    robots = Robot.objects.filter(shop=shop, enabled=True).order_by("pk")
    return render(
        request,
        "monitoring/weekly.html",
        {
            "shop": shop,
            "member": Membership.objects.filter(shop=shop, user=person).exists(),
            "reads": weekly.reads(shop_id=shop.pk, user=person),
            "address": person.email,
            "mails_sent": bool(settings.EMAIL_URL) or not settings.PRODUCTION,
            "groups": pgettext("between the names of strategies", ", ").join(
                robot.name for robot in robots if AlertKind.WEEKLY in robot.kinds
            ),
            "may_change_robots": access.may(request, shop.pk, Right.MANAGE_ROBOTS),
            "heading": wording.heading(note.facts) if note else "",
            "sentences": wording.sentences(note.facts) if note else [],
            "made_at": format_time(note.made_at, shop) if note and note.made_at else "",
        },
    )

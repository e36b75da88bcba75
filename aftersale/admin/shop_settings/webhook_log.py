"""Log of a webhook's messages, and sending them again. For owners only (SPEC P1)."""

from datetime import timedelta
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from aftersale.admin.kit import access
from aftersale.admin.kit.dialogs import ask, attempt, caller, posted
from aftersale.admin.kit.pages import desk_page, done
from aftersale.models import (
    TEST_TYPE,
    MessageState,
    Shop,
    WebhookEndpoint,
    WebhookMessage,
    WebhookType,
)
from aftersale.services.shared.errors import NotFound, Refused
from aftersale.services.shared.shown import format_time
from aftersale.services.webhooks.log import (
    messages_of,
    send_again,
    send_failed_again,
    send_test,
)

from .frame import SettingsForm, owned_shop, section
from .webhooks import endpoint_of, row

_PER_PAGE = 50
_WATCHED = timedelta(seconds=30)
_COLOURS = {
    MessageState.WAITING: "info",
    MessageState.DELIVERED: "success",
    MessageState.FAILED: "danger",
}


class SinceForm(SettingsForm):
    days = forms.TypedChoiceField(
        label=gettext_lazy("Given up within"),
        choices=[
            (1, gettext_lazy("the last 24 hours")),
            (7, gettext_lazy("the last 7 days")),
            (30, gettext_lazy("the last 30 days")),
        ],
        coerce=int,
        initial=7,
    )


@desk_page
def log(request: HttpRequest, pk: int, endpoint: int) -> HttpResponse:
    shop = owned_shop(request, pk)
    found = endpoint_of(shop, endpoint)
    state = request.GET.get("state", "")
    messages = messages_of(found, state=state)
    page = Paginator(messages, _PER_PAGE).get_page(request.GET.get("page"))
    return section(
        request,
        shop,
        "shop-webhook",
        tab="shop-webhooks",
        endpoint=row(shop, found),
        state=state,
        states=[("", _("All")), *MessageState.choices],
        page=page,
        rows=[_row(shop, found, message) for message in page],
        look_again=any(_on_its_way(message) for message in page),
    )


@require_POST
@desk_page
def test(request: HttpRequest, pk: int, endpoint: int) -> HttpResponse:
    found = endpoint_of(owned_shop(request, pk), endpoint)

    def act() -> HttpResponse:
        send_test(endpoint_id=found.pk, **caller(request))
        return done(_("A test event is on its way; the log shows what was answered."))

    return attempt(act, _not_sent)


@require_POST
@desk_page
def again(request: HttpRequest, pk: int, endpoint: int, message: int) -> HttpResponse:
    found = endpoint_of(owned_shop(request, pk), endpoint)
    if not found.messages.filter(pk=message).exists():
        raise NotFound(_("There is no such message."))

    def act() -> HttpResponse:
        send_again(message_id=message, **caller(request))
        return done(_("It is sent again."))

    return attempt(act, _not_sent)


def _not_sent(refused: Refused) -> HttpResponse:
    return done(refused.message, kind="danger")


@desk_page
def failed_again(request: HttpRequest, pk: int, endpoint: int) -> HttpResponse:
    found = endpoint_of(owned_shop(request, pk), endpoint)
    form = SinceForm(posted(request))
    return ask(
        request,
        "aftersale/shop_settings/webhook_again.html",
        act=lambda: done(_failed_again(request, found, form.cleaned_data["days"])),
        form=form,
        title=_("Send again what failed"),
        submit=_("Send again"),
    )


def _failed_again(request: HttpRequest, endpoint: WebhookEndpoint, days: int) -> str:
    now = timezone.now()
    count = send_failed_again(
        endpoint_id=endpoint.pk,
        since=now - timedelta(days=days),
        user=access.person(request),
        now=now,
    )
    if not count:
        return _("Nothing was given up in this time.")
    return ngettext("%d message is sent again.", "%d messages are sent again.", count) % count


def _on_its_way(message: WebhookMessage) -> bool:
    """A test just sent by somebody who waits for its answer."""
    recent = message.type == TEST_TYPE and timezone.now() - message.at < _WATCHED
    return recent and message.state == MessageState.WAITING and not message.attempts


def _row(shop: Shop, endpoint: WebhookEndpoint, message: WebhookMessage) -> dict[str, Any]:
    data = message.data
    about = next(
        (data[key] for key in ("ticket_no", "order_no", "strategy", "about") if data.get(key)), ""
    )
    due = None
    if message.state == MessageState.WAITING and message.next_try_at and endpoint.enabled:
        # An address that keeps failing waits longer than its messages.
        due = max(message.next_try_at, endpoint.next_try_at or message.next_try_at)
    known = message.type in WebhookType.values
    return {
        "pk": message.pk,
        "name": message.name,
        "type": message.type,
        "title": WebhookType(message.type).label if known else _("Test"),
        "about": about,
        "at": format_time(message.at, shop),
        "state": message.get_state_display(),
        "colour": _COLOURS[MessageState(message.state)],
        "attempts": message.attempts,
        "answer": message.answer or "",
        "failure": message.get_failure_display(),
        "tried_at": format_time(message.tried_at, shop) if message.tried_at else "",
        "next_try_at": format_time(due, shop) if due else "",
    }

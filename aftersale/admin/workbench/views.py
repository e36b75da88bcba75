"""The workbench's page, its list, and the cases that it opens."""

import hashlib
from datetime import datetime
from typing import Any

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from aftersale.admin.kit import access, badges
from aftersale.admin.kit.pages import desk_page, show
from aftersale.domain.labels import REASONS
from aftersale.models import (
    CaseMark,
    ConnectorKind,
    OrderStatus,
    TicketType,
)
from aftersale.services.access.rights import Right
from aftersale.services.desk import assignment, find_cases, presence, queues, saved_filters
from aftersale.services.desk.queues import MOST_COUNTED, Queue, Sort
from aftersale.services.refunds import approval_limits
from aftersale.services.tickets.cases import changes_since

from . import address, case
from .address import Address
from .countdown import TEXTS
from .list_row import list_rows
from .unstarted import unstarted

# Buyers' pictures are shown from where the platform keeps them.
shows_pictures = csp_update({"img-src": ["https:"]})


@shows_pictures
@desk_page
@require_GET
def workbench(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    at = address.read(request)
    return show(
        request,
        "aftersale/workbench/page.html",
        _("Workbench"),
        is_fullwidth=1,
        shops=[(shop.pk, shop.name) for shop in access.shops(request)],
        types=TicketType.choices,
        reasons=REASONS.items(),
        order_statuses=OrderStatus.choices,
        handlers=assignment.handlers(shop_ids=at.shop_ids) if at.filters.handler else [],
        marks=CaseMark.choices,
        sorts=Sort.choices,
        countdown_texts=TEXTS,
        saved_filters=saved_filters.saved_by(access.person(request)),
        opened=request.GET.get("case", ""),
        **_counts(request, at, now),
        **_list(request, at, now),
    )


@desk_page
@require_GET
def rows(request: HttpRequest) -> HttpResponse:
    """The list anew with its counts; or, with `after`, the rows that come next."""
    now = timezone.now()
    at = address.read(request)
    found = _list(request, at, now)
    if "after" in request.GET:
        return render(request, "aftersale/workbench/rows.html", found)
    counted = _counts(request, at, now)
    version = _version(found, counted)
    if request.GET.get("version") == version:
        return HttpResponse(status=204)
    return render(
        request, "aftersale/workbench/refresh.html", {**found, **counted, "version": version}
    )


@shows_pictures
@desk_page
@require_GET
def open_case(request: HttpRequest, ticket_id: int) -> HttpResponse:
    """A case for the workbench's pane; asked for by itself, a page of its own."""
    now = timezone.now()
    ticket = case.find(request, ticket_id)
    shown = case.show(request, ticket, now)
    if request.headers.get("HX-Request"):
        return render(request, "aftersale/workbench/case.html", shown)
    return show(
        request,
        "aftersale/workbench/case_page.html",
        _("Ticket %s") % ticket.ticket_no,
        countdown_texts=TEXTS,
        **shown,
    )


@desk_page
@require_POST
def pulse(request: HttpRequest, ticket_id: int) -> HttpResponse:
    """An open case reports itself, and learns who else has it open and whether it has changed."""
    now = timezone.now()
    ticket = case.find(request, ticket_id)
    user = access.person(request)
    if access.may(request, ticket.shop_id, Right.HANDLE_TICKETS):
        presence.visit(ticket=ticket, user=user, now=now)
    seen = request.POST.get("seen", "")
    return render(
        request,
        "aftersale/workbench/pulse.html",
        {
            "ticket": ticket,
            "others": presence.others(ticket=ticket, user=user, now=now),
            "changes": changes_since(ticket, ticket.order, seen),
        },
    )


@desk_page
@require_GET
def count(request: HttpRequest) -> HttpResponse:
    """How many cases wait, for a tab that is out of sight."""
    shop_ids = [shop.pk for shop in access.shops(request)]
    found = queues.waiting(shop_ids=shop_ids, user=access.person(request), now=timezone.now())
    return JsonResponse({"waiting": found.tickets})


@desk_page
@require_GET
def handlers(request: HttpRequest) -> HttpResponse:
    """The people to filter by, once somebody opens the filters."""
    at = address.read(request)
    people = assignment.handlers(shop_ids=[shop.pk for shop in access.shops(request)])
    return render(request, "aftersale/workbench/handlers.html", {"at": at, "handlers": people})


@desk_page
@require_GET
def keys(request: HttpRequest) -> HttpResponse:
    """The keys of the workbench, and the switch that turns them off (WCAG 2.1.4)."""
    return render(request, "aftersale/workbench/keys.html")


def _list(request: HttpRequest, at: Address, now: datetime) -> dict[str, Any]:
    user = access.person(request)
    limit = address.PAGE if "after" in request.GET else address.shown(request)
    missing: list[str] = []
    after = ""
    if at.term:
        hits = find_cases.search_all(
            term=at.term,
            shop_ids=at.shop_ids,
            named_in=[pk for pk in at.shop_ids if access.may(request, pk, Right.SEE_BUYERS)],
            filters=at.filters,
        )
        pks, missing = hits.keys, hits.missing
    elif at.sort != Sort.DUE:
        pks = queues.sorted_by(
            at.sort, queue=at.queue, shop_ids=at.shop_ids, user=user, now=now, filters=at.filters
        )
    else:
        found = queues.page(
            queue=at.queue,
            shop_ids=at.shop_ids,
            user=user,
            now=now,
            filters=at.filters,
            limit=limit + 1,
            after=address.place(request),
        )
        pks = [one.ticket for one in found[:limit]]
        after = address.name_place(found[limit - 1].place) if len(found) > limit else ""
    tickets = queues.rows(pks)
    several = len(access.shops(request)) > 1
    return {
        "at": at,
        "may": access.has_somewhere(request, Right.HANDLE_TICKETS),
        "rows": list_rows(tickets, at, now, several=several),
        "unstarted": unstarted(request, at.shop_ids) if not (tickets or at.term) else None,
        "queue_label": Queue(at.queue).label,
        "after": after,
        "missing": missing,
        "cut": len(pks) if len(pks) == queues.MOST_FOUND and not after else 0,
        "rows_url": f"{reverse('desk:workbench-rows')}?{at.query()}",
        "clear_url": f"?{at.query(**dict.fromkeys(address.NARROWING, ''))}",
    }


def _counts(request: HttpRequest, at: Address, now: datetime) -> dict[str, Any]:
    found, waiting = queues.counts(
        shop_ids=at.shop_ids, user=access.person(request), now=now, filters=at.filters
    )
    # The menu's figure is that of all shops, without filters.
    whole = not at.narrowed
    if whole:
        badges.keep(request, waiting)
    return {
        "waiting": capped(waiting.tickets) if whole else None,
        "tabs": [
            {
                "queue": queue.value,
                "label": queue.label,
                "count": capped(found[queue.value]),
                "href": f"?{at.query(queue=queue.value, q='')}",
                "current": queue == at.queue and not at.term,
            }
            for queue in Queue
            if found[queue.value] or _is_used(request, queue, at)
        ],
    }


def _is_used(request: HttpRequest, queue: Queue, at: Address) -> bool:
    """False for a queue that none of the shops can fill as they are set up."""
    if queue == Queue.TO_PAY:
        return _pays_by_hand(request)
    if queue == Queue.SECOND_PERSON:
        return bool(approval_limits.are_set(at.shop_ids))
    return True


def _pays_by_hand(request: HttpRequest) -> bool:
    return any(shop.connector == ConnectorKind.MANUAL for shop in access.shops(request))


def capped(count: int) -> str:
    return f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count)


def _version(found: dict[str, Any], counted: dict[str, Any]) -> str:
    """Digest of the list: while it stays the same, nothing is sent and nothing moves."""
    tickets = [row["ticket"] for row in found["rows"]]
    figures = [
        (
            t.pk,
            t.status,
            t.due_at,
            t.amount,
            t.type,
            t.flags,
            t.awaiting_evaluation,
            t.handler_id,
            t.mark,
        )
        for t in tickets
    ]
    text = repr(
        (
            figures,
            found["unstarted"],
            found["after"] != "",
            [tab["count"] for tab in counted["tabs"]],
        )
    )
    return hashlib.sha256(text.encode()).hexdigest()[:16]

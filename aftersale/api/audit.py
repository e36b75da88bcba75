"""Steps of programs in the audit trail: those taken, and those refused (SPEC P6).

Calls that only bring facts in (orders, tickets, parcels, fund entries) are no steps; what they
change is in the history of the ticket, with the token.
"""

import json

from django.contrib.auth.models import User
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from aftersale.models import ApiToken, AuditKind
from aftersale.services.access import refusals
from aftersale.services.shared import trail


def step_of(request: Request) -> str:
    """Method and pattern of the address: addresses themselves hold buyers' numbers."""
    match = request._request.resolver_match
    return f"{request.method} /{match.route if match else '?'}"


def note_refusal(request: Request, token: ApiToken, response: HttpResponse) -> None:
    why = json.loads(response.content)["code"]
    refusals.of_token(token=token, step=step_of(request), why=why, now=timezone.now())


def note_step(request: Request, token: ApiToken, user: User, told: str) -> None:
    """Of a call whose address has the numbers of orders, tickets and refunds only."""
    trail.record(
        AuditKind.CALL,
        shop_id=token.shop_id,
        user=user,
        subject=f"{request.method} {request._request.path}",
        note=told,
        now=timezone.now(),
    )

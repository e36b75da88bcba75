"""`GET /tickets/{ticket_no}`: a ticket with what the automation decided on it (SPEC E8)."""

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from pydantic import Field
from rest_framework.request import Request

from aftersale.api.call import Call, answer
from aftersale.api.finding import ticket_id
from aftersale.api.ticket_record import ShownTicket, ticket_content
from aftersale.models import Scope
from strategies.models import Decision

from .decisions import ShownDecision, shown


class DecidedTicket(ShownTicket):
    decision: ShownDecision | None = Field(description="The latest one; null before the first")


class TicketCall(Call):
    scopes = {"GET": Scope.READ}

    @extend_schema(
        operation_id="get_ticket", summary="A ticket", responses=DecidedTicket, tags=["tickets"]
    )
    def get(self, request: Request, ticket_no: str) -> HttpResponse:
        """With its decision and the decision's trace, its events, and its refund with every
        attempt."""
        pk = ticket_id(shop_id=self.shop_id, ticket_no=ticket_no)
        decisions = Decision.objects.filter(ticket=pk).select_related("ticket", "rulebook")
        latest = shown(list(decisions.defer("rulebook__content").order_by("-pk")[:1]))
        content = ticket_content(pk)
        found = DecidedTicket.model_validate({**content, "decision": latest[0] if latest else None})
        return answer(found, facts=found.seen)

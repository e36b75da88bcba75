"""`/tickets`: a shop's tickets, and more of them as the platform has them (SPEC O3 to O7)."""

from functools import partial

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from pydantic import BaseModel, RootModel
from rest_framework.request import Request

from aftersale.api.parse_request import query
from aftersale.models import CameBy, Scope
from aftersale.records.schemas import TicketRecord
from aftersale.records.values import Code
from aftersale.services.ingest import lock_for_tickets, save_tickets

from . import schema
from .call import Call
from .ingest import Kind, RecordResult, UpTo1000, ingest
from .ticket_list import TicketPage, TicketQuery, ticket_page


class SentTicket(TicketRecord):
    """The shop is the token's, and may be left out."""

    shop: Code | None = None  # type: ignore[assignment]


class TicketResult(RecordResult):
    ticket_no: str | None


class TicketResults(BaseModel):
    """One for each record, in the sequence of the list."""

    results: list[TicketResult]


class SentTickets(RootModel[SentTicket | UpTo1000[SentTicket]]):
    """One ticket, or a list of up to 1,000."""


class TicketsAnswer(RootModel[TicketResult | TicketResults]):
    """Of one ticket its result, of a list all of them."""


def _keys(ticket: SentTicket) -> int:
    count = len(ticket.model_fields_set)
    if ticket.return_shipment is not None:
        count += len(ticket.return_shipment.model_fields_set)
    if ticket.refund_result is not None:
        count += len(ticket.refund_result.model_fields_set)
    return count


KIND = Kind(
    SentTicket,
    number="ticket_no",
    keys=_keys,
    save=partial(save_tickets, came_by=CameBy.PROGRAM),
    lock=lock_for_tickets,
    result=TicketResult,
    results=TicketResults,
)


class TicketsCall(Call):
    scopes = {"GET": Scope.READ, "POST": Scope.ORDERS}

    @extend_schema(
        operation_id="list_tickets",
        summary="Tickets",
        parameters=schema.parameters(TicketQuery),
        responses=TicketPage,
        tags=["tickets"],
    )
    def get(self, request: Request) -> HttpResponse:
        """The newest first. Open ones by status and deadline are found wherever they are; with
        any other filter a call looks through the newest 20,000, and `next` goes on from there: a
        page may be short, and even empty, while there is more."""
        asked = query(request, TicketQuery)
        return ticket_page(request, asked, shop_id=self.shop_id, now=self.now)

    @extend_schema(
        operation_id="send_tickets",
        summary="Send tickets",
        request=SentTickets,
        responses={200: TicketsAnswer, 201: TicketResult},
        tags=["tickets"],
    )
    def post(self, request: Request) -> HttpResponse:
        """One ticket or a list of up to 1,000, each with a result of its own: one that is refused
        never loses the others. A list is answered with 200; a single ticket with 201 where it is
        new, 200 where it is not, 422 where it is refused. A ticket may come before its order."""
        return ingest(self, request, KIND)

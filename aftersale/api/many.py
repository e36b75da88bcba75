"""Up to 100 tickets or orders in one call, a result for each: approvals and ship checks."""

from typing import Annotated, Literal

from django.db import transaction
from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from pydantic import BaseModel, Field
from rest_framework.request import Request

from aftersale.api.parse_request import read
from aftersale.models import Scope, Ticket, TicketStatus
from aftersale.records.schemas import Record
from aftersale.records.values import Code
from aftersale.services.refunds import approvals
from aftersale.services.shared import locks
from aftersale.services.shared.errors import NotAllowed, Refused
from aftersale.services.shipping import ship_checks
from aftersale.services.tickets import waiting_approvals

from .call import Call, answer
from .finding import ticket_id
from .problem_codes import ProblemCode
from .ship_check import ShipCheck, shown
from .ticket_steps import Approval

MOST = 100


class TicketApproval(Approval):
    ticket_no: Code


class Approvals(Record):
    tickets: Annotated[list[TicketApproval], Field(min_length=1, max_length=MOST)]


class ApprovalResult(BaseModel):
    ticket_no: str
    result: Literal["approved", "waiting", "refused"] = Field(
        description="`waiting`: for a second person (SPEC G4)"
    )
    status: TicketStatus | None = Field(description="Of one that was not refused: its status then")
    code: ProblemCode | None = Field(description="Of a refused one, as in a problem")
    detail: str | None


class ApprovalResults(BaseModel):
    """One for each ticket, in the sequence of the list."""

    results: list[ApprovalResult]


class ApproveTicketsCall(Call):
    scopes = {"POST": Scope.TICKETS}
    is_step = True

    @extend_schema(
        operation_id="approve_tickets",
        summary="Approve up to 100 tickets",
        request=Approvals,
        responses=ApprovalResults,
        tags=["tickets"],
    )
    def post(self, request: Request) -> HttpResponse:
        """Each as `POST /tickets/{ticket_no}/approve` would: one that is refused stops no other,
        and its result has the code and the text of the problem."""
        sent = read(request, Approvals)

        def work() -> HttpResponse:
            # All of it is one transaction: orders first, for whoever holds one goes on to lock its
            # tickets (docs/locking.md).
            numbers = [one.ticket_no for one in sent.tickets]
            tickets = Ticket.objects.filter(shop=self.shop_id, ticket_no__in=numbers)
            locks.lock_orders_of(tickets)
            results = [self._approve(one) for one in sent.tickets]
            response = answer(ApprovalResults(results=results))
            done = [one.ticket_no for one in results if one.result == "approved"]
            response.told = ", ".join(done)
            response.changed_nothing = all(one.result == "refused" for one in results)
            return response

        return self.once(work)

    def _approve(self, one: TicketApproval) -> ApprovalResult:
        try:
            with transaction.atomic():
                ticket = approvals.approve(
                    ticket_id=ticket_id(shop_id=self.shop_id, ticket_no=one.ticket_no),
                    amount=one.amount,
                    above_line=one.above_line,
                    user=self.user,
                    now=self.now,
                    seen=one.seen,
                )
        except NotAllowed:
            raise
        except Refused as refused:
            return ApprovalResult(
                ticket_no=one.ticket_no,
                result="refused",
                status=None,
                code=ProblemCode(refused.code),
                detail=refused.message,
            )
        return ApprovalResult(
            ticket_no=one.ticket_no,
            result="waiting" if waiting_approvals.is_waiting(ticket) else "approved",
            status=TicketStatus(ticket.status),
            code=None,
            detail=None,
        )


class OrdersToShip(Record):
    orders: Annotated[list[Code], Field(min_length=1, max_length=MOST)]


class ShipCheckOf(BaseModel):
    order_no: str
    check: ShipCheck | None = Field(description="Null where the shop has no such order")
    code: ProblemCode | None = Field(description="`not_found` where the shop has no such order")
    detail: str | None


class ShipChecks(BaseModel):
    """One for each order, in the sequence of the list."""

    results: list[ShipCheckOf]


class ShipChecksCall(Call):
    scopes = {"POST": (Scope.SHIPPING, Scope.READ)}

    @extend_schema(
        operation_id="check_shipping_of_many",
        summary="May these orders be shipped?",
        request=OrdersToShip,
        responses=ShipChecks,
        tags=["orders"],
    )
    def post(self, request: Request) -> HttpResponse:
        """Up to 100 orders. Writes nothing; an Idempotency-Key is not needed, and not kept."""
        numbers = read(request, OrdersToShip).orders
        found = ship_checks.ship_checks(shop_id=self.shop_id, order_nos=numbers, user=self.user)
        return answer(
            ShipChecks(
                results=[
                    ShipCheckOf(
                        order_no=number,
                        check=shown(found[number]) if number in found else None,
                        code=None if number in found else ProblemCode.NOT_FOUND,
                        detail=None
                        if number in found
                        else _("There is no order %s in this shop.") % number,
                    )
                    for number in numbers
                ]
            )
        )

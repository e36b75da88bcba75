"""Steps of the desk on a ticket, taken by a program (SPEC O4, P2, P3)."""

import base64
import binascii
from collections.abc import Callable
from typing import Annotated, Literal

from django.core.files.base import ContentFile
from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from pydantic import Field
from rest_framework.request import Request

from aftersale.api.parse_request import read, read_optional
from aftersale.models import Refund, Scope, Ticket, TicketFlag
from aftersale.records.errors import FieldError
from aftersale.records.schemas import Record, TicketType
from aftersale.records.values import NO_NUL, Amount, Code, Text
from aftersale.services.desk import beside, evidence, replies
from aftersale.services.refunds import approvals, lost_payments, refund_results
from aftersale.services.refunds.payment_claim import PaymentClaim
from aftersale.services.shared.errors import NeedsPerson, NotFound
from aftersale.services.tickets import snapshot
from aftersale.services.tickets.cases import find_case

from .call import Call
from .finding import ticket_id
from .problems import Invalid
from .ticket_record import ShownTicket, answer_ticket, locked_facts

Seen = Annotated[
    str | None,
    Field(
        default=None,
        max_length=snapshot.MOST_CHARACTERS,
        description="`seen` of the ticket as it was read. If type, amount, reason, note, pictures, "
        "status, or the order's status or money have changed since, nothing is done: 409 names the "
        "difference (SPEC O10)",
    ),
]
Told = Annotated[str, Field(max_length=replies.LONGEST, pattern=NO_NUL)]


class Step(Record):
    seen: Seen = None


class MoneyStep(Step):
    above_line: bool = Field(
        default=False,
        description="Go above what is left of the ticket's line, up to what can be refunded of"
        " the order. Without it such a call is refused with the line's figures.",
    )


class Approval(MoneyStep):
    amount: Amount | None = Field(default=None, description="At most, and else, the ticket's own")


class OneApproval(Approval):
    return_address: Code | None = Field(
        default=None,
        description="Where the goods of a return or exchange go: a `number` of"
        " `GET /return-addresses`; else the shop's default",
    )


class Picture(Record):
    name: Text
    content: str = Field(description="JPEG, PNG or WebP in base64")

    def file(self, number: int) -> ContentFile:
        try:
            return ContentFile(base64.b64decode(self.content, validate=True), name=self.name)
        except (binascii.Error, ValueError):
            pointer = f"evidence[{number}].content"
            raise Invalid([FieldError(pointer, _("expected a picture in base64"))]) from None


class Rejection(Step):
    reason: Code = Field(description="A code of `GET /reject-reasons?ticket_no=…`")
    explanation: Told | None = Field(
        default=None, description="What the buyer is told; else the shop's text for the reason"
    )
    evidence: list[Picture] = Field(default=[], max_length=evidence.MOST_FILES)


class Offer(MoneyStep):
    """Another type, a smaller amount, or a message only."""

    type: TicketType | None = None
    amount: Amount | None = None
    message: Told


class RefundOutcome(Step):
    status: Literal["succeeded", "failed"]
    reason: Text = Field(default="", description="Needed for a failed one")
    reference: Annotated[
        str, Field(max_length=refund_results.LONGEST_REFERENCE, pattern=NO_NUL)
    ] = Field(default="", description="The payment's number elsewhere, of a refund that was paid")
    ticket_no: Code | None = Field(
        default=None, description="The ticket that was paid; of another one: 409 `other_payment`"
    )
    attempt: int | None = Field(
        default=None,
        ge=1,
        description="The refund's `attempt` that was paid; of another one: 409 `other_payment`",
    )
    amount: Amount | None = Field(
        default=None, description="What was paid; another amount: 409 `other_payment`"
    )


class TicketStep(Call):
    """A step on the ticket of the address, answered with the ticket as it is then: by 202 where it
    waits for a second person now (SPEC G4)."""

    scopes = {"POST": Scope.TICKETS}
    guarded = ("POST",)
    is_step = True

    def step(self, ticket_no: str, take: Callable[[int], object]) -> HttpResponse:
        def work() -> HttpResponse:
            pk = ticket_id(shop_id=self.shop_id, ticket_no=ticket_no)
            take(pk)
            return _answer(pk)

        return self.once(
            work, facts=lambda: locked_facts(shop_id=self.shop_id, ticket_no=ticket_no)
        )


def _answer(pk: int) -> HttpResponse:
    # While a request waits every other step is refused: so it was this one that asked.
    waits = Ticket.objects.filter(pk=pk, flags__contains=[TicketFlag.SECOND_PERSON]).exists()
    return answer_ticket(pk, status=202 if waits else 200)


# 202: above what the token's maker approves alone; `second_person` says what waits (SPEC G4).
MONEY_ANSWERS = {200: ShownTicket, 202: ShownTicket}


class ApproveCall(TicketStep):
    @extend_schema(
        operation_id="approve_ticket",
        summary="Approve a ticket",
        request=OneApproval,
        responses=MONEY_ANSWERS,
        tags=["tickets"],
    )
    def post(self, request: Request, ticket_no: str) -> HttpResponse:
        """Starts its refund, or lets the buyer send the goods back first. Never more than can
        still be refunded of the order (SPEC O2)."""
        sent = read_optional(request, OneApproval)

        def take(pk: int) -> Ticket:
            ticket = find_case(ticket_id=pk, user=self.user)
            return approvals.approve(
                ticket_id=pk,
                amount=sent.amount,
                above_line=sent.above_line,
                user=self.user,
                now=self.now,
                seen=sent.seen,
                return_address=beside.chosen_address(ticket, sent.return_address or ""),
            )

        return self.step(ticket_no, take)


class RejectCall(TicketStep):
    @extend_schema(
        operation_id="reject_ticket",
        summary="Reject a ticket",
        request=Rejection,
        responses=ShownTicket,
        tags=["tickets"],
    )
    def post(self, request: Request, ticket_no: str) -> HttpResponse:
        """For a reason of the catalogue that fits the ticket's type and stage, or one of its
        platform's own where it has any: then 422 names those. Some need pictures (SPEC P2)."""
        sent = read(request, Rejection)
        pictures = [picture.file(number) for number, picture in enumerate(sent.evidence)]
        return self.step(
            ticket_no,
            lambda pk: replies.reject(
                ticket_id=pk,
                reason=sent.reason,
                explanation=sent.explanation,
                evidence=pictures,
                user=self.user,
                now=self.now,
                seen=sent.seen,
            ),
        )


class NegotiateCall(TicketStep):
    @extend_schema(
        operation_id="negotiate_ticket",
        summary="Negotiate a ticket",
        request=Offer,
        responses=MONEY_ANSWERS,
        tags=["tickets"],
    )
    def post(self, request: Request, ticket_no: str) -> HttpResponse:
        """Begins a round: the buyer is offered another type or amount, or sent a message
        (SPEC P3)."""
        sent = read(request, Offer)
        return self.step(
            ticket_no,
            lambda pk: replies.negotiate(
                ticket_id=pk,
                type=sent.type or "",
                amount=sent.amount,
                message=sent.message,
                above_line=sent.above_line,
                user=self.user,
                now=self.now,
                seen=sent.seen,
            ),
        )


class ConfirmReturnCall(TicketStep):
    @extend_schema(
        operation_id="confirm_return",
        summary="Confirm a return",
        request=MoneyStep,
        responses=MONEY_ANSWERS,
        tags=["tickets"],
    )
    def post(self, request: Request, ticket_no: str) -> HttpResponse:
        """The goods are in hand, or not wanted back: the refund of the approved return starts.
        Where the buyer asks for return freight, that is answered before (`return-freight`)."""
        sent = read_optional(request, MoneyStep)

        def take(pk: int) -> Ticket:
            return approvals.confirm_return(
                ticket_id=pk,
                above_line=sent.above_line,
                user=self.user,
                now=self.now,
                seen=sent.seen,
            )

        return self.step(ticket_no, take)


class RetryRefundCall(TicketStep):
    @extend_schema(
        operation_id="retry_refund",
        summary="Try a failed refund again",
        request=MoneyStep,
        responses=MONEY_ANSWERS,
        tags=["tickets"],
    )
    def post(self, request: Request, ticket_no: str) -> HttpResponse:
        """After a new check of the order's money (SPEC O2)."""
        sent = read_optional(request, MoneyStep)
        return self.step(
            ticket_no,
            lambda pk: approvals.retry(
                ticket_id=pk,
                above_line=sent.above_line,
                user=self.user,
                now=self.now,
                seen=sent.seen,
            ),
        )


class ConfirmApprovalCall(Call):
    scopes = {"POST": Scope.TICKETS}

    @extend_schema(
        operation_id="confirm_approval",
        summary="Confirm as a second person",
        request=None,
        responses={204: None},
        tags=["tickets"],
    )
    def post(self, request: Request, ticket_no: str) -> HttpResponse:
        """Always 403 `needs_person`: the second person is one (SPEC G4, P5)."""
        raise _needs_person(self.shop_id, ticket_no)


class DeclineApprovalCall(Call):
    scopes = {"POST": Scope.TICKETS}

    @extend_schema(
        operation_id="decline_approval",
        summary="Decline as a second person",
        request=None,
        responses={204: None},
        tags=["tickets"],
    )
    def post(self, request: Request, ticket_no: str) -> HttpResponse:
        """Always 403 `needs_person`: the second person is one (SPEC G4, P5)."""
        raise _needs_person(self.shop_id, ticket_no)


def _needs_person(shop_id: int, ticket_no: str) -> NeedsPerson:
    ticket_id(shop_id=shop_id, ticket_no=ticket_no)  # 404 where the shop has no such ticket
    return NeedsPerson(_("A second person confirms or declines it, in the admin."))


class RefundResultCall(Call):
    scopes = {"POST": Scope.TICKETS}
    is_step = True

    @extend_schema(
        operation_id="report_refund_result",
        summary="Say what became of a refund",
        request=RefundOutcome,
        responses=MONEY_ANSWERS,
        tags=["tickets"],
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Of a shop whose refunds are paid elsewhere, or of a refund that nobody can be asked
        about. What Afterdesk sends by itself is not for others to settle: 409. Name ticket,
        attempt and amount, so that a result never counts for another payment.

        After a backup was restored, send all results since its time again: one of a ticket that
        may have been paid (flag `may_be_paid`) counts although its refund is not known here."""
        sent = read(request, RefundOutcome)

        def work() -> HttpResponse:
            refund = Refund.objects.filter(shop=self.shop_id, public_number=number).first()
            claim = PaymentClaim(sent.ticket_no, sent.attempt, sent.amount)
            lost = lost_payments.ticket_of(shop_id=self.shop_id, refund=refund, claim=claim)
            if lost is not None:
                self._lost(lost, number, sent, claim)
                return _answer(lost.pk)
            if refund is None:
                raise NotFound(_("There is no such refund."))
            refund_results.record_result(
                refund_id=refund.pk,
                succeeded=sent.status == "succeeded",
                reason=sent.reason,
                reference=sent.reference,
                user=self.user,
                now=self.now,
                seen=sent.seen,
                claim=claim,
            )
            return _answer(refund.ticket_id)

        return self.once(work)

    def _lost(self, ticket: Ticket, number: str, sent: RefundOutcome, claim: PaymentClaim) -> None:
        """A payment that a restored backup does not know (SPEC G6)."""
        if sent.status == "failed":
            lost_payments.attempt_failed(
                ticket_id=ticket.pk, claim=claim, reason=sent.reason, user=self.user, now=self.now
            )
            return
        assert claim.amount is not None
        lost_payments.was_paid(
            ticket_id=ticket.pk,
            amount=claim.amount,
            reference=sent.reference,
            number=number,
            user=self.user,
            now=self.now,
            seen=sent.seen,
        )

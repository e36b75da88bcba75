"""Steps that a program tells the shop's platform beside a ticket's own course (SPEC P3): the
buyer's return parcel, new goods of an exchange, a note on the order, the answer to return
freight."""

from collections.abc import Callable, Sequence
from typing import Annotated, Literal

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from pydantic import BaseModel, Field
from rest_framework.request import Request

from aftersale.api.parse_request import read
from aftersale.models import Scope, Shop, Ticket
from aftersale.records.schemas import Record
from aftersale.records.values import NO_NUL, Amount, Code
from aftersale.services.desk import beside, evidence, return_freight

from .call import Call, answer
from .ticket_record import ShownTicket
from .ticket_steps import Picture, Step, TicketStep


class Parcel(Step):
    carrier: Code = Field(description="As the platform calls it: a code of its own, as a rule")
    tracking_no: Code


class Note(Record):
    text: Annotated[str, Field(max_length=1_000, pattern=NO_NUL)] = Field(
        description="Staff read it on the platform, the buyer does not"
    )
    flag: str = Field(
        default="", max_length=16, description="A colour of the platform's, such as `red`"
    )


class FreightAnswer(Step):
    answer: Literal["pay", "refuse"]
    amount: Amount = Field(description="What the buyer asks for; no other amount is taken")
    explanation: Annotated[str, Field(max_length=return_freight.LONGEST, pattern=NO_NUL)] = Field(
        default="", description="Needed for a refusal, and told to the buyer"
    )
    evidence: list[Picture] = Field(
        default=[], max_length=evidence.MOST_FILES, description="Needed for a refusal"
    )


class ShownAddress(BaseModel):
    """An address of the shop's to which goods may be sent back."""

    number: str = Field(description="For `return_address` of an approval")
    words: str
    is_default: bool


class ShownAddresses(BaseModel):
    results: Sequence[ShownAddress]


class ReturnAddressesCall(Call):
    scopes = {"GET": Scope.READ}

    @extend_schema(
        operation_id="list_return_addresses",
        summary="Return addresses of the shop",
        responses=ShownAddresses,
        tags=["tickets"],
    )
    def get(self, request: Request) -> HttpResponse:
        """As the shop's platform has them now; none where it takes no choice, or can't say."""
        found = beside.addresses_of(Shop.objects.get(pk=self.shop_id))
        return answer(ShownAddresses(results=[ShownAddress(**one._asdict()) for one in found]))


class ParcelCall(TicketStep):
    """One of the two steps that take a parcel."""

    take: Callable[..., Ticket]

    def _post(self, request: Request, ticket_no: str) -> HttpResponse:
        sent = read(request, Parcel)
        return self.step(
            ticket_no,
            lambda pk: type(self).take(
                ticket_id=pk,
                carrier=sent.carrier,
                tracking_no=sent.tracking_no,
                user=self.user,
                now=self.now,
                seen=sent.seen,
            ),
        )


class ReturnParcelCall(ParcelCall):
    take = staticmethod(beside.enter_return)

    @extend_schema(
        operation_id="enter_return_parcel",
        summary="Enter the buyer's return parcel",
        request=Parcel,
        responses=ShownTicket,
        tags=["tickets"],
    )
    def post(self, request: Request, ticket_no: str) -> HttpResponse:
        """For a buyer who can't enter it there; only where the shop's platform takes it, else 422
        `not_offered`. What the platform answers comes with the ticket's events."""
        return self._post(request, ticket_no)


class NewGoodsCall(ParcelCall):
    take = staticmethod(beside.send_new_goods)

    @extend_schema(
        operation_id="send_new_goods",
        summary="New goods of an exchange are sent",
        request=Parcel,
        responses=ShownTicket,
        tags=["tickets"],
    )
    def post(self, request: Request, ticket_no: str) -> HttpResponse:
        """The goods are back, and the new ones on their way; else as `return-parcel`."""
        return self._post(request, ticket_no)


class NoteCall(TicketStep):
    @extend_schema(
        operation_id="write_note",
        summary="Write a note on the order",
        request=Note,
        responses=ShownTicket,
        tags=["tickets"],
    )
    def post(self, request: Request, ticket_no: str) -> HttpResponse:
        """On the order of the ticket, at its platform; only where that takes notes, else 422
        `not_offered`."""
        sent = read(request, Note)
        return self.step(
            ticket_no,
            lambda pk: beside.write_note(
                ticket_id=pk, text=sent.text, flag=sent.flag, user=self.user, now=self.now
            ),
        )


class ReturnFreightCall(TicketStep):
    @extend_schema(
        operation_id="answer_return_freight",
        summary="Answer the return freight that the buyer asks for",
        request=FreightAnswer,
        responses=ShownTicket,
        tags=["tickets"],
    )
    def post(self, request: Request, ticket_no: str) -> HttpResponse:
        """It goes to the platform with `confirm-return`, which is refused before with
        `return_freight_unanswered`. What is paid comes besides the refund (SPEC P3)."""
        sent = read(request, FreightAnswer)
        pictures = [picture.file(number) for number, picture in enumerate(sent.evidence)]
        return self.step(
            ticket_no,
            lambda pk: return_freight.answer(
                ticket_id=pk,
                amount=sent.amount,
                pays=sent.answer == "pay",
                text=sent.explanation,
                evidence=pictures,
                user=self.user,
                now=self.now,
                seen=sent.seen,
            ),
        )

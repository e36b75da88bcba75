"""`GET /reject-reasons`: the catalogue with the shop's texts, or a ticket's own (SPEC P2)."""

from collections.abc import Mapping

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from pydantic import BaseModel, Field
from rest_framework.request import Request

from aftersale.api.parse_request import query
from aftersale.models import Scope, Ticket
from aftersale.records.schemas import TicketType
from aftersale.records.values import Code
from aftersale.reject_reasons import REASONS, RejectReason, Stage, fitting
from aftersale.services.desk import platform_reasons
from aftersale.services.desk.reject_templates import own_texts

from . import schema
from .call import Call, answer
from .finding import ticket_id


class ReasonsQuery(BaseModel):
    type: TicketType | None = Field(default=None, description="Those that fit this ticket type")
    stage: Stage | None = Field(default=None, description="Those that fit this stage")
    ticket_no: Code | None = Field(
        default=None,
        description="Those that this ticket can be rejected for: its platform's own where it has"
        " any (asked there), else those of the catalogue that fit it",
    )

    model_config = {"extra": "forbid"}


class ShownReason(BaseModel):
    """A reason for which a ticket may be rejected."""

    code: str = Field(description="`platform:` before one of the platform's own")
    label: str
    text: str = Field(description="With placeholders such as {ticket_no}")
    own_text: bool = Field(description="Whether the shop has put its own text over the default")
    types: list[TicketType]
    stages: list[Stage]
    needs_evidence: bool
    negotiate_first: bool
    hint: str = Field(description="The platform's words on when it takes its own reason")


class ShownReasons(BaseModel):
    results: list[ShownReason]


class RejectReasonsCall(Call):
    scopes = {"GET": Scope.READ}

    @extend_schema(
        operation_id="list_reject_reasons",
        summary="Reasons for a rejection",
        parameters=schema.parameters(ReasonsQuery),
        responses=ShownReasons,
        tags=["tickets"],
    )
    def get(self, request: Request) -> HttpResponse:
        """The catalogue with the shop's texts, or the reasons for one ticket; labels in the
        language that was asked for, a platform's own as it words them."""
        asked = query(request, ReasonsQuery)
        texts = own_texts(self.token.shop)
        found = [
            _reason_record(reason, texts, hint)
            for reason, hint in self._reasons(asked.ticket_no)
            if (asked.type is None or asked.type in reason.types)
            and (asked.stage is None or asked.stage in reason.stages)
        ]
        return answer(ShownReasons(results=found))

    def _reasons(self, ticket_no: str | None) -> list[tuple[RejectReason, str]]:
        if ticket_no is None:
            return [(reason, "") for reason in REASONS]
        pk = ticket_id(shop_id=self.shop_id, ticket_no=ticket_no)
        ticket = Ticket.objects.select_related("shop", "order").get(pk=pk)
        if own := platform_reasons.of_ticket(ticket):
            return [(platform_reasons.as_reason(offered), offered.hint) for offered in own]
        return [(reason, "") for reason in fitting(ticket)]


def _reason_record(reason: RejectReason, texts: Mapping[str, str], hint: str) -> ShownReason:
    return ShownReason(
        code=reason.code,
        label=str(reason.label),
        text=texts.get(reason.code) or str(reason.text),
        own_text=reason.code in texts,
        types=sorted(reason.types),  # type: ignore[arg-type]
        stages=sorted(reason.stages),
        needs_evidence=reason.needs_evidence,
        negotiate_first=reason.negotiate_first,
        hint=hint,
    )

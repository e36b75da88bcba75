"""`GET /reject-reasons`: the catalogue, with the shop's texts (SPEC P2)."""

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from pydantic import BaseModel, Field
from rest_framework.request import Request

from aftersale.api.parse_request import query
from aftersale.models import Scope
from aftersale.records.schemas import TicketType
from aftersale.reject_reasons import REASONS, Stage
from aftersale.services.desk.reject_templates import own_texts

from . import schema
from .call import Call, answer


class ReasonsQuery(BaseModel):
    type: TicketType | None = Field(default=None, description="Those that fit this ticket type")
    stage: Stage | None = Field(default=None, description="Those that fit this stage")

    model_config = {"extra": "forbid"}


class ShownReason(BaseModel):
    """A reason for which a ticket may be rejected."""

    code: str
    label: str
    text: str = Field(description="With placeholders such as {ticket_no}")
    own_text: bool = Field(description="Whether the shop has put its own text over the default")
    types: list[TicketType]
    stages: list[Stage]
    needs_evidence: bool
    negotiate_first: bool


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
        """The catalogue with the shop's texts; labels in the language that was asked for."""
        asked = query(request, ReasonsQuery)
        own = own_texts(self.token.shop)
        found = [
            ShownReason(
                code=reason.code,
                label=str(reason.label),
                text=own.get(reason.code) or str(reason.text),
                own_text=reason.code in own,
                types=sorted(reason.types),  # type: ignore[arg-type]
                stages=sorted(reason.stages),
                needs_evidence=reason.needs_evidence,
                negotiate_first=reason.negotiate_first,
            )
            for reason in REASONS
            if (asked.type is None or asked.type in reason.types)
            and (asked.stage is None or asked.stage in reason.stages)
        ]
        return answer(ShownReasons(results=found))

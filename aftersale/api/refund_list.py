"""`GET /refunds`: a shop's refunds, newest first."""

from collections.abc import Sequence

from django.db.models import Q
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from pydantic import Field
from rest_framework.request import Request

from aftersale.api.parse_request import query
from aftersale.models import Refund, RefundSource, RefundStatus, Scope
from aftersale.records.values import NO_NUL

from . import schema
from .call import Call
from .lists import Page
from .newest_first import ChangesQuery, Several, newest_page
from .ticket_record import ShownRefund, refund_content


class RefundsQuery(ChangesQuery):
    """Filters of the list, joined by AND."""

    status: Several[RefundStatus] = []
    source: RefundSource | None = None
    order: str | None = Field(default=None, max_length=64, pattern=NO_NUL)
    ticket: str | None = Field(default=None, max_length=64, pattern=NO_NUL)
    buyer: str | None = Field(default=None, max_length=64, pattern=NO_NUL)
    needs_people: bool | None = None


class RefundRow(ShownRefund):
    """A refund in a list, with what it is for."""

    ticket_no: str
    order_no: str


class RefundPage(Page[RefundRow]):
    """Newest first. A page may be short, or empty, and `next` not null: there is more to look
    through. `previous` is always null."""


class RefundsCall(Call):
    scopes = {"GET": Scope.READ}

    @extend_schema(
        operation_id="list_refunds",
        summary="Refunds",
        parameters=schema.parameters(RefundsQuery),
        responses=RefundPage,
        tags=["refunds"],
    )
    def get(self, request: Request) -> HttpResponse:
        """The newest first; with `changed_after` the latest change first. Those of an order, a
        ticket or a buyer, and those that need people, are found wherever they are; with any other
        filter a call looks through the newest 20,000, and `next` goes on from there."""
        asked = query(request, RefundsQuery)
        named = {
            "ticket__order_no": asked.order,
            "ticket__ticket_no": asked.ticket,
            "ticket__buyer": asked.buyer,
            "needs_people": asked.needs_people,
            "source": asked.source,
        }
        conditions = Q(**{key: value for key, value in named.items() if value is not None})
        if asked.status:
            conditions &= Q(status__in=asked.status)
        refunds = Refund.objects.filter(shop=self.shop_id)
        return newest_page(
            request,
            refunds.select_related("ticket", "requested_by").prefetch_related("attempts"),
            conditions,
            _rows,
            page=RefundPage,
            asked=asked,
            indexed=asked.needs_people is True
            or any(value is not None for value in (asked.order, asked.ticket, asked.buyer)),
        )


def _rows(refunds: Sequence[Refund]) -> list[RefundRow]:
    return [
        RefundRow.model_validate(
            {
                **refund_content(refund),
                "ticket_no": refund.ticket.ticket_no,
                "order_no": refund.ticket.order_no,
            }
        )
        for refund in refunds
    ]

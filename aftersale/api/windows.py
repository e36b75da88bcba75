"""`/orders/{order_no}/window`: re-opening an expired after-sale window (SPEC W1, W2)."""

from collections.abc import Sequence
from typing import Annotated

from django.db.models import Q
from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from pydantic import BaseModel, Field
from rest_framework.request import Request

from aftersale.api.parse_request import query, read
from aftersale.models import AfterSaleWindow, Order, Scope
from aftersale.records.schemas import Record
from aftersale.records.values import FILLED, NO_NUL
from aftersale.services.access.masks import shown_text_of
from aftersale.services.shared.errors import NotFound
from aftersale.services.windows import opening

from . import schema
from .call import CONTENT_TYPE, Call, answer
from .lists import Page
from .newest_first import ChangesQuery, newest_page
from .problem_codes import ProblemCode
from .problems import Problem, answer_with
from .values import Moment, username


class Opening(Record):
    note: Annotated[str, Field(max_length=opening.MOST_LETTERS, pattern=FILLED)] = Field(
        description="What was agreed with the buyer"
    )


class ShownWindow(BaseModel):
    opened_at: Moment
    opened_by: str | None
    note: str
    closes_at: Moment


class ShownCondition(BaseModel):
    """One requirement of SPEC W1 in words: the condition, and the present state."""

    name: str
    title: str
    figure: str
    holds: bool


class Openable(BaseModel):
    may_open: bool = Field(description="Whether every condition holds")
    conditions: list[ShownCondition]
    window: ShownWindow | None = Field(description="The one that is open")


class NotOpened(Problem):
    """Conditions that do not hold; the window was not opened."""

    conditions: list[ShownCondition]


class WindowsQuery(ChangesQuery):
    """Filters of the list, joined by AND."""

    open: bool | None = Field(default=None, description="Open at this moment, or not any more")
    order: str | None = Field(default=None, max_length=64, pattern=NO_NUL)
    buyer: str | None = Field(default=None, max_length=64, pattern=NO_NUL)


class WindowRow(ShownWindow):
    """A window in a list."""

    id: int
    order_no: str
    closed_at: Moment | None


class WindowPage(Page[WindowRow]):
    """Newest first. A page may be short, or empty, and `next` not null: there is more to look
    through. `previous` is always null."""


class WindowsCall(Call):
    scopes = {"GET": Scope.READ}

    @extend_schema(
        operation_id="list_windows",
        summary="Re-opened after-sale windows",
        parameters=schema.parameters(WindowsQuery),
        responses=WindowPage,
        tags=["orders"],
    )
    def get(self, request: Request) -> HttpResponse:
        """The newest first; with `changed_after` the latest change first."""
        asked, now = query(request, WindowsQuery), self.now
        conditions = Q()
        if asked.open is not None:
            is_open = Q(closed_at=None, closes_at__gt=now)
            conditions &= is_open if asked.open else ~is_open
        if asked.order is not None:
            conditions &= Q(order__order_no=asked.order)
        if asked.buyer is not None:
            conditions &= Q(order__buyer=asked.buyer)
        windows = AfterSaleWindow.objects.filter(shop=self.shop_id)
        return newest_page(
            request,
            windows.select_related("order", "opened_by"),
            conditions,
            _window_rows,
            page=WindowPage,
            asked=asked,
            # Few: a window is opened by hand.
            indexed=True,
        )


def _window_rows(windows: Sequence[AfterSaleWindow]) -> list[WindowRow]:
    return [
        WindowRow(
            id=window.pk,
            order_no=window.order.order_no,
            closed_at=window.closed_at,
            **_window(window).model_dump(),
        )
        for window in windows
    ]


class WindowCall(Call):
    scopes = {"GET": Scope.READ, "POST": Scope.WINDOWS}
    is_step = True

    @extend_schema(
        operation_id="get_window",
        summary="May the after-sale window be re-opened?",
        responses=Openable,
        tags=["orders"],
    )
    def get(self, request: Request, order_no: str) -> HttpResponse:
        """Every condition with its figure, in the language that was asked for (SPEC W1)."""
        order, now = self._order(order_no), self.now
        found = opening.conditions(order=order, user=self.user, now=now)
        window = opening.open_on(order, now=now)
        return answer(
            Openable(
                may_open=all(condition.holds for condition in found),
                conditions=_shown_conditions(found),
                window=None if window is None else _window(window),
            )
        )

    @extend_schema(
        operation_id="open_window",
        summary="Re-open the after-sale window for 72 hours",
        request=Opening,
        responses={
            201: ShownWindow,
            (409, CONTENT_TYPE): OpenApiResponse(NotOpened, "What does not hold"),
        },
        tags=["orders"],
    )
    def post(self, request: Request, order_no: str) -> HttpResponse:
        """Refused, naming each condition of SPEC W1 that does not hold."""
        note = read(request, Opening).note
        order = self._order(order_no)

        def work() -> HttpResponse:
            try:
                window = opening.open_window(
                    order_id=order.pk, agreement=note, user=self.user, now=self.now
                )
            except opening.NotOpened as refused:
                return answer_with(
                    NotOpened.of(
                        409,
                        ProblemCode.NOT_OPENED,
                        refused.message,
                        conditions=_shown_conditions(refused.failed),
                    )
                )
            return answer(_window(window), 201, location=self.request.path)

        return self.once(work)

    def _order(self, order_no: str) -> Order:
        orders = Order.objects.select_related("shop")
        order = orders.filter(shop=self.shop_id, order_no=order_no).first()
        if order is None:
            raise NotFound(_("There is no order %s in this shop.") % order_no)
        return order


def _shown_conditions(conditions: Sequence[opening.Condition]) -> list[ShownCondition]:
    return [
        ShownCondition(name=one.name, title=one.title, figure=one.figure, holds=one.holds)
        for one in conditions
    ]


def _window(window: AfterSaleWindow) -> ShownWindow:
    return ShownWindow(
        opened_at=window.opened_at,
        opened_by=username(window.opened_by),
        note=shown_text_of(window, window.agreement),
        closes_at=window.closes_at,
    )

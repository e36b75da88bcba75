"""Lists by cursor: pages that stay right while rows are added (INTERFACES)."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _
from pydantic import BaseModel, Field
from rest_framework.exceptions import NotFound as NoSuchPage
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

from aftersale.records.errors import FieldError

from .call import answer
from .problems import Invalid

T = TypeVar("T", bound=BaseModel)
PAGE = 50
LONGEST_PAGE = 200


class Page(BaseModel, Generic[T]):
    """`next` is the address of the page that follows; null on the last one."""

    next: str | None
    previous: str | None
    results: list[T]


class PageQuery(BaseModel):
    """The keys of every list."""

    cursor: str | None = Field(default=None, max_length=400, description="From `next`, as it is.")
    page_size: int = Field(default=PAGE, ge=1, le=LONGEST_PAGE)

    model_config = {"extra": "forbid"}


class _Cursor(CursorPagination):
    page_size = PAGE
    page_size_query_param = "page_size"
    max_page_size = LONGEST_PAGE
    # No two rows have the same position, since the order ends with the key.
    offset_cutoff = 1_000

    def __init__(self, ordering: tuple[str, ...]) -> None:
        self.ordering = ordering

    def get_ordering(self, request: Any, queryset: Any, view: Any) -> tuple[str, ...]:
        return self.ordering


def wrong_cursor(key: str = "cursor") -> Invalid:
    return Invalid([FieldError(key, _("expected a cursor from a page"))])


def page_of(
    request: Request,
    queryset: QuerySet,
    shown: Callable[[list[Model]], list[T]],
    *,
    page: type[Page[T]],
    newest_by: str = "-pk",
) -> HttpResponse:
    """One page of the rows, newest first; `newest_by` is one unique field with an index."""
    cursor = _Cursor((newest_by,))
    try:
        rows = cursor.paginate_queryset(queryset, request)
    except NoSuchPage:
        raise wrong_cursor() from None
    content = page(
        next=cursor.get_next_link(), previous=cursor.get_previous_link(), results=shown(rows or [])
    )
    return answer(content)

"""Lists ordered by a moment that any number of rows may share."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from django.db.models import Model, Q, QuerySet
from django.http import HttpResponse
from pydantic import BaseModel
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from aftersale.domain.digits import whole_number

from .call import answer
from .lists import Page, PageQuery, wrong_cursor

T = TypeVar("T", bound=BaseModel)
M = TypeVar("M", bound=Model)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def page_by_moment(
    request: Request,
    queryset: QuerySet[M],
    shown: Callable[[list[M]], list[T]],
    *,
    page: type[Page[T]],
    asked: PageQuery,
    moment: str,
) -> HttpResponse:
    """One page of the rows, newest first, along an index that ends with `moment`."""
    if asked.cursor is not None:
        at, pk = _position(asked.cursor)
        before = Q(**{f"{moment}__lt": at}) | Q(pk__lt=pk)
        queryset = queryset.filter(before, **{f"{moment}__lte": at})
    rows = list(queryset.order_by(f"-{moment}", "-pk")[: asked.page_size + 1])
    following = None
    if len(rows) > asked.page_size:
        rows.pop()
        passed = (getattr(rows[-1], moment) - _EPOCH) // _MICROSECOND
        following = replace_query_param(
            request.build_absolute_uri(), "cursor", f"{passed}-{rows[-1].pk}"
        )
    return answer(page(next=following, previous=None, results=shown(rows)))


def _position(cursor: str) -> tuple[datetime, int]:
    passed, _, pk = cursor.partition("-")
    microseconds, key = whole_number(passed), whole_number(pk)
    if microseconds is None or key is None:
        raise wrong_cursor()
    try:
        return _EPOCH + microseconds * _MICROSECOND, key
    except OverflowError:
        raise wrong_cursor() from None

"""Lists of a shop's rows, newest first, fast with any filter at a million of them.

A filter that an index answers looks at all rows. Any other looks through a bounded number of the
newest rows in one call, and `next` goes on from there: a page may be short, and even empty, while
there is more.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, TypeVar

from django.db.models import Model, Q, QuerySet
from django.http import HttpResponse
from pydantic import BaseModel, BeforeValidator, Field
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from aftersale.domain.digits import whole_number
from aftersale.records.values import Time

from .by_moment import page_by_moment
from .call import answer
from .lists import Page, PageQuery, wrong_cursor

V = TypeVar("V")
Several = Annotated[
    list[V],
    BeforeValidator(lambda value: value if isinstance(value, list) else [value]),
    Field(max_length=20, description="Given several times: any of them"),
]
T = TypeVar("T", bound=BaseModel)
M = TypeVar("M", bound=Model)
# Rows that one call looks through for a filter without an index.
MOST_READ = 20_000
_LARGEST_KEY = 2**63 - 1


class ChangesQuery(PageQuery):
    """The keys of lists that may be asked for what has changed."""

    changed_after: Time | None = Field(
        default=None,
        description="Changed here at or after; the latest change first. Ask with a minute's overlap"
        " (a change shows once it is committed), or read `GET /events`",
    )
    changed_before: Time | None = Field(default=None, description="Changed here before")


def newest_page(
    request: Request,
    rows: QuerySet[M],
    conditions: Q,
    shown: Callable[[list[M]], list[T]],
    *,
    page: type[Page[T]],
    asked: ChangesQuery,
    indexed: bool,
) -> HttpResponse:
    """One page of a shop's `rows`; `indexed`: an index answers the conditions."""
    if asked.changed_after is not None:
        found = rows.filter(conditions, _changed(asked))
        return page_by_moment(request, found, shown, page=page, asked=asked, moment="changed_at")
    conditions &= _changed(asked)
    rows = rows.filter(pk__lt=_position(asked.cursor))
    found = rows.filter(conditions)
    nothing_asked = not asked.model_fields_set - {"cursor", "page_size"}
    oldest = None if indexed or nothing_asked else _oldest_read(rows)
    if oldest is not None:
        found = found.filter(pk__gte=oldest)
    # Keys first: thousands of rows are sorted from the index alone.
    keys = found.order_by("-pk").values("pk")[: asked.page_size + 1]
    read = list(rows.filter(pk__in=keys).order_by("-pk"))
    position = oldest
    if len(read) > asked.page_size:
        read.pop()
        position = read[-1].pk
    following = None
    if position is not None:
        address = request.build_absolute_uri()
        following = replace_query_param(address, "cursor", str(position))
    return answer(page(next=following, previous=None, results=shown(read)))


def between(field: str, after: datetime | None, before: datetime | None) -> Q:
    """At or after, and before."""
    found = Q()
    if after is not None:
        found &= Q(**{f"{field}__gte": after})
    if before is not None:
        found &= Q(**{f"{field}__lt": before})
    return found


def _changed(asked: ChangesQuery) -> Q:
    return between("changed_at", asked.changed_after, asked.changed_before)


def _position(cursor: str | None) -> int:
    if cursor is None:
        return _LARGEST_KEY
    position = whole_number(cursor)
    if position is None:
        raise wrong_cursor()
    return position


def _oldest_read(rows: QuerySet[M]) -> int | None:
    """The last row that this call looks through; None where it reaches all of them."""
    keys = rows.order_by("-pk").values_list("pk", flat=True)
    return next(iter(keys[MOST_READ - 1 : MOST_READ]), None)

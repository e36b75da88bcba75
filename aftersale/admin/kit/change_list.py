"""Reads and counts no further than people page (PERFORMANCE, Lists)."""

import sys
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ALL_VAR, ORDER_VAR, PAGE_VAR
from django.core.paginator import Page, Paginator
from django.db.models import Count, QuerySet, Window
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from unfold.views import ChangeList

from aftersale.admin.kit import access, search
from aftersale.admin.kit.index_reads import FAR, FURTHEST, PageKeys, ReadPlan, far, read, share
from aftersale.services.shared import index_only

MOST = 1_000
# Rows of each shop that a filter without an index looks through at first, and where rows are known
# to exist.
MOST_READ = 1_500
MOST_READ_FOR_KNOWN = 200_000
SHOP = "shop"  # the filter's name
# Up to this many index reads each read that much; more of them share it.
SHARED, SHARED_FILTERED = 4, 2


class CountedOnce(ChangeList):
    """The pages say how many there are; nothing is counted a second time, without the filters.

    Of a large table (its admin says by `read_plan` how it is read) a filter that no index answers
    looks through the newest rows of each shop; the page says so, and offers to look further.
    """

    # Rows looked through of each shop, where some were left out; and the link to more.
    looked_through = ""
    further = ""

    def get_queryset(
        self, request: HttpRequest, exclude_parameters: list[str] | None = None
    ) -> QuerySet:
        found = self.all_found(request, exclude_parameters)
        if request.method != "POST" or self.query or self._read_plan(request) is None:
            return found
        # A step on "all rows" is taken on the rows that the page has counted.
        return found.filter(pk__in=self._read(request, found).keys)

    def all_found(
        self, request: HttpRequest, exclude_parameters: list[str] | None = None
    ) -> QuerySet:
        """All rows that the filters find, without the page's bounds: for exports."""
        return super().get_queryset(request, exclude_parameters)

    def get_filters_params(self, params: Any = None) -> Any:
        kept = super().get_filters_params(params)
        kept.pop(FAR, None)
        return kept

    def get_query_string(self, new_params: Any = None, remove: Any = None) -> str:
        """Changing a filter begins with the newest rows again; changing the page does not."""
        if not {PAGE_VAR, FAR} & set(new_params or ()):
            remove = [*(remove or ()), FAR]
        return super().get_query_string(new_params, remove)

    def get_ordering(self, request: HttpRequest, queryset: QuerySet) -> list[Any]:
        plan = self._read_plan(request)
        if plan is not None and plan.ordering and ORDER_VAR not in self.params:
            return self._get_deterministic_ordering(list(plan.ordering))
        return super().get_ordering(request, queryset)

    def get_results(self, request: HttpRequest) -> None:
        if self._read_plan(request) is None:
            super().get_results(request)
            if self.page_num == 1 and self.result_count <= self.list_per_page:
                self.result_list = self.paginator.first
        else:
            self._get_bounded(request)
        self.full_result_count = self.result_count

    def _read_plan(self, request: HttpRequest) -> ReadPlan | None:
        if "plan" not in self.__dict__:
            params = {name: str(value) for name, value in self.params.items()}
            self.plan = self.model_admin.read_plan(request, params)
        return self.plan

    def _get_bounded(self, request: HttpRequest) -> None:
        """Sets the attributes of Django's own and reads no more rows than the bounds allow."""
        size = self.list_max_show_all if self.show_all else self.list_per_page
        start = 0 if self.show_all else (self.page_num - 1) * size
        if not 0 <= start < sys.maxsize // 2:
            raise IncorrectLookupParameters
        known = None
        if self.query:
            count, most, rows = self._searched(request, start, size)
        else:
            found = self._read(request, self.queryset, start, size)
            by_key = self.root_queryset.in_bulk(found.keys)
            rows = [by_key[key] for key in found.keys if key in by_key]
            plan = self._read_plan(request)
            count, most, known = found.number, self.most, plan.number if plan else None
        if start and not rows:
            raise IncorrectLookupParameters
        self.paginator = Counted(count, self.list_per_page, most=most, known=known)
        self.result_count: int = self.paginator.count
        self.multi_page = self.result_count > self.list_per_page
        self.can_show_all = self.result_count <= self.list_max_show_all
        self.result_list = rows if self.can_show_all else rows[: self.list_per_page]
        self.show_full_result_count, self.show_admin_actions = False, True

    def _searched(self, request: HttpRequest, start: int, size: int) -> tuple[int, int, list[Any]]:
        """A search has a bound of its own, small enough to count and read in one query."""
        counted = self.queryset.annotate(found_in_all=Window(Count("pk")))
        with index_only.by_keys():
            rows = list(counted[start : start + size])
        self._say_how_far(request, search.left_out(request))
        return rows[0].found_in_all if rows else 0, sys.maxsize, rows

    def _read(
        self, request: HttpRequest, found: QuerySet, start: int = 0, size: int | None = None
    ) -> PageKeys:
        """The keys of a page, and how many there are up to `self.most`."""
        plan = self._read_plan(request)
        assert plan is not None
        shop_ids, shops = self._shops(request)
        shares = shops * len(plan.reads)
        if self.params.keys() <= plan.answers | {SHOP, ALL_VAR}:
            filtered, self.most = False, share(MOST, shares, shared=SHARED)
            each = self.most + 1
        else:
            filtered, self.most = True, sys.maxsize
            each = share(MOST_READ, shares, shared=SHARED_FILTERED) * 10 ** far(request)
        wanted = 0
        if plan.number is not None:
            wanted = min(plan.number - start, MOST if size is None else size)
        while True:
            result = read(
                found,
                shop_ids=shop_ids,
                reads=plan.reads,
                each=each,
                look_behind=filtered,
                offset=start,
                limit=size,
            )
            short = len(result.keys) < wanted
            if not short or not result.left or each >= MOST_READ_FOR_KNOWN:
                break
            each *= 10
        # With a known number of rows, a full page proves itself complete.
        all_there = plan.number is not None and not short
        self._say_how_far(request, each if result.left and not all_there else 0)
        return result

    def _say_how_far(self, request: HttpRequest, looked_through: int) -> None:
        if looked_through:
            self.looked_through = f"{looked_through:,}"
            self.further = self.get_query_string({FAR: min(far(request) + 1, FURTHEST)})

    def _shops(self, request: HttpRequest) -> tuple[list[int] | None, int]:
        """Shops of the list and their number; None for an operator, who sees all."""
        seen = [shop.pk for shop in access.shops(request)]
        wanted = str(self.params.get(SHOP, ""))
        plan = self._read_plan(request)
        only = None if plan is None else plan.shop
        if wanted or only is not None:
            chosen = [pk for pk in seen if wanted in ("", str(pk)) and only in (None, pk)]
            return chosen, 1
        if request.user.is_superuser:
            return None, len(seen)
        return seen, len(seen)


class CappedPaginator(Paginator):
    """A count of a million rows reads them all; this one stops after MOST.

    Filters and searches reach the rest. Rows that fit on one page are read and not counted.
    """

    # A later page can be asked for only where more than one exists.
    on_first_page = True

    @property
    def most(self) -> int:
        return MOST

    @cached_property
    def first(self) -> list[Any]:
        """The rows of the first page, and one more where there is one."""
        return list(self.object_list[: self.per_page + 1])

    def page(self, number: int | str) -> Page:
        found = super().page(number)
        if found.number == 1:
            found.object_list = self.first[: self.per_page]
        return found

    @cached_property
    def count(self) -> int:
        if self.on_first_page and len(self.first) <= self.per_page:
            return len(self.first)
        found: Any = self.object_list
        # In the rows' own order, so that the count stops as early as the page does.
        return min(found.values("pk")[: MOST + 1].count(), MOST + 1)

    @property
    def shown_count(self) -> str:
        if self.count > self.most:
            return _("more than %(count)s") % {"count": f"{self.most:,}"}
        return f"{self.count:,}"


class Counted(CappedPaginator):
    """For rows that were counted already, up to `most` and one more; `known` is their real number,
    with pages up to MOST."""

    def __init__(self, found: int, per_page: int, *, most: int, known: int | None = None) -> None:
        super().__init__([], per_page)
        self.count = min(found, most + 1) if known is None else min(known, MOST)
        self.counted_to = most
        self.known = known

    @property
    def most(self) -> int:
        return self.counted_to

    @property
    def shown_count(self) -> str:
        return super().shown_count if self.known is None else f"{self.known:,}"

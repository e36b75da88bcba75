"""Reading and counting as far as anybody pages, and no further (docs: PERFORMANCE, lists)."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from unfold.views import ChangeList

MOST = 5_000
# How many of the newest rows a filter without an index looks through.
MOST_READ = 20_000


class CountedOnce(ChangeList):
    """The pages say how many there are; nothing is counted a second time, without the filters.

    A filter on a column without an index, or another order, would read a million rows to find
    the few that fit; it looks through the newest ones of the user's shops, and the page says so.
    """

    # How many were looked through, as text; empty where all were.
    looked_through = ""

    def get_queryset(
        self, request: HttpRequest, exclude_parameters: list[str] | None = None
    ) -> QuerySet:
        found = self.all_found(request, exclude_parameters)
        if not self._reads_much():
            return found
        self.looked_through = f"{MOST_READ:,}"
        newest = self.root_queryset.select_related(None).order_by("-pk")
        shop = str(self.params.get("shop", ""))
        if shop.isdecimal():
            newest = newest.filter(**{self.model_admin.shop_path: int(shop)})
        oldest = Subquery(newest.values("pk")[MOST_READ - 1 : MOST_READ])
        return found.filter(pk__gte=Coalesce(oldest, Value(0)))

    def all_found(
        self, request: HttpRequest, exclude_parameters: list[str] | None = None
    ) -> QuerySet:
        """Everything that the filters find, for whoever has the time: an export."""
        return super().get_queryset(request, exclude_parameters)

    def _reads_much(self) -> bool:
        if self.query or not self.model_admin.filters_newest:
            return False
        params = {name: str(value) for name, value in self.params.items()}
        return bool(params.keys() - {"shop"}) and not self.model_admin.is_quick(params)

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if self.page_num == 1 and self.result_count <= self.list_per_page:
            self.result_list = self.paginator.first
        self.full_result_count = self.result_count


class CappedPaginator(Paginator):
    """A count of a million rows reads them all; this one stops after MOST.

    What lies beyond is reached by a filter or a search. What fits on one page is read and not
    counted.
    """

    # Whoever opens a later page knows that there is more than one.
    on_first_page = True

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
        # In the rows' own order: it stops as early as the page itself does.
        return min(found.values("pk")[: MOST + 1].count(), MOST + 1)

    @property
    def shown_count(self) -> str:
        if self.count > MOST:
            return _("more than %(count)s") % {"count": f"{MOST:,}"}
        return f"{self.count:,}"

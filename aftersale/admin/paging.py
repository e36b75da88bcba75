"""Counting as far as anybody pages, and no further (docs: PERFORMANCE, lists)."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from unfold.views import ChangeList

MOST = 5_000


class CountedOnce(ChangeList):
    """The pages say how many there are; nothing is counted a second time, without the filters."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.full_result_count = self.result_count


class CappedPaginator(Paginator):
    """A count of a million rows reads them all; this one stops after MOST.

    What lies beyond is reached by a filter or a search.
    """

    @cached_property
    def count(self) -> int:
        found: Any = self.object_list
        rows = found.order_by().values("pk")[: MOST + 1]
        return min(rows.count(), MOST + 1)

    @property
    def shown_count(self) -> str:
        if self.count > MOST:
            return _("more than %(count)s") % {"count": f"{MOST:,}"}
        return f"{self.count:,}"

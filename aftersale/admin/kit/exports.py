"""Exports are entries of the audit trail, with their filters and number of rows (SPEC P6)."""

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, TypeVar

from django.http import HttpRequest
from django.utils.functional import Promise

from aftersale.admin.kit import access
from aftersale.admin.kit.model_admin import ReadOnlyAdmin
from aftersale.domain.multilingual import said
from aftersale.models import Shop
from aftersale.services.access.rights import Right
from aftersale.services.shared import trail

_LONGEST = 200
Row = TypeVar("Row")


class ExportedList(ReadOnlyAdmin):
    """A list that says where its files are, to those who may have them (SPEC P1)."""

    list_before_template = "aftersale/desk/list_export.html"
    # Its name in addresses (desk/list_export.py).
    exported: ClassVar[str]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        may = {"may_export": access.has_somewhere(request, Right.HANDLE_TICKETS)}
        return super().changelist_view(request, {**(extra_context or {}), **may})


def exported(
    request: HttpRequest, rows: Iterable[Row], what: str | Promise, *, shop: Shop | None = None
) -> Iterator[Row]:
    """The rows, counted for their entry as they are read.

    Without a shop it is the one that the person has, or has chosen in the filters; an export of
    several shops is in the trail of each owner whose shop the person is a member of.
    """
    user = access.person(request)
    if shop is None:
        shops, wanted = access.shops(request), request.GET.get("shop", "")
        listed = [one for one in shops if not wanted or str(one.pk) == wanted]
        shop = listed[0] if len(listed) == 1 else None
    return trail.exported(
        rows,
        said(what),
        user=user,
        shop_id=shop.pk if shop else None,
        whom=None if shop else user,
        filters={name: value[:_LONGEST] for name, value in request.GET.items() if value},
    )

"""Filters that offer nothing from other people's shops.

Django's own filter on a foreign key offers every row of the other table.
"""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from aftersale.admin.kit import access
from aftersale.domain.digits import whole_number
from aftersale.services.access import rights

MOST_CHOICES = 200


class ShopFilter(admin.SimpleListFilter):
    title = _("shop")
    parameter_name = "shop"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        self.path = model_admin.shop_path
        seen = access.shops(request)
        # With one shop there is nothing to choose.
        return [(str(shop.pk), shop.name) for shop in seen] if len(seen) > 1 else []

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() is None:
            return queryset
        if self.value() not in {key for key, _name in self.lookup_choices}:
            return queryset.none()
        return queryset.filter(**{self.path: self.value()})


def scoped_filter(
    model: type[Model], *, field: str, shop_path: str, label: Any
) -> type[admin.SimpleListFilter]:
    """A filter on a foreign key that offers the rows of the user's shops only."""

    class ScopedFilter(admin.SimpleListFilter):
        title = label
        parameter_name = field

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
            rows = rights.scoped(model._default_manager.all(), request.user, shop_path)
            offered = {str(row.pk): row for row in rows.order_by("pk")[:MOST_CHOICES]}
            # A link may filter by a shop or row beyond those offered.
            asked = self.value()
            if len(offered) == MOST_CHOICES and asked and asked not in offered:
                offered |= {str(row.pk): row for row in rows.filter(pk=whole_number(asked))}
            _chosen(request)[field] = offered.get(asked or "")
            return [(key, str(row)) for key, row in offered.items()]

        def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
            if self.value() is None:
                return queryset
            if self.value() not in {key for key, _name in self.lookup_choices}:
                return queryset.none()
            return queryset.filter(**{field: self.value()})

    return ScopedFilter


def chosen(request: HttpRequest, field: str) -> Any:
    """The row that a scoped filter of the page is set to, within the user's shops; else None.
    Available once the page has its filters."""
    return _chosen(request).get(field)


def _chosen(request: HttpRequest) -> dict[str, Any]:
    if not hasattr(request, "_chosen"):
        request._chosen = {}  # type: ignore[attr-defined]
    return request._chosen  # type: ignore[attr-defined]

"""Base of every page of the admin: the user's shops only, read-only unless said.

Django's permissions play no role: a member of a shop needs `is_staff` to come in, and the role in
the shop says the rest (SPEC P1). Nobody sees or touches anything of another shop.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from django.contrib.admin import ShowFacets
from django.contrib.admin.views.main import PAGE_VAR
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db.models import Model, QuerySet
from django.forms import Media
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from aftersale.admin.kit import access, columns
from aftersale.admin.kit.change_list import CappedPaginator, CountedOnce
from aftersale.admin.kit.index_reads import ReadPlan
from aftersale.admin.kit.lookups import OwnLookups
from aftersale.admin.kit.sections import Section
from aftersale.services.access import rights
from aftersale.services.access.rights import Right

_PREPOPULATES = ("/urlify.js", "/prepopulate.js", "/xregexp.js", "/xregexp.min.js")


class ReadOnlyAdmin(OwnLookups, ModelAdmin):
    """Shows records as people read them; only fields in `editable` can be edited."""

    # From the model to its shop; "" where it has none.
    shop_path: ClassVar[str] = ""
    # Followed on every page; named, because True leaves nullable keys out.
    related: ClassVar[Sequence[str]] = ()
    # Choice fields shown as labels: field -> value -> colour.
    colours: ClassVar[dict[str, dict[str, str]]] = {}
    editable: ClassVar[Sequence[str]] = ()
    # Tables under the page, also those that other apps add: (request, object) -> Section.
    sections: ClassVar[list[Callable[[HttpRequest, Any], Section]]] = []

    # Nothing is done to many records at once, unless an admin says what.
    actions: Any = None
    show_full_result_count = False
    # Counting the rows of each filter's choices would read the table once for each.
    show_facets = ShowFacets.NEVER
    paginator = CappedPaginator
    list_per_page = 40
    ordering: Sequence[Any] = ("-pk",)
    change_list_template = "aftersale/kit/list.html"
    change_form_after_template = "aftersale/kit/sections.html"

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._columns: dict[str, Any] = {}

    @property
    def media(self) -> Media:
        """Without the script that fills one field from another: 50 KB that no form needs."""
        media = super().media
        kept = [path for path in media._js if not str(path).endswith(_PREPOPULATES)]
        return Media(css=media._css, js=kept)

    def column(self, name: str) -> Any:
        """The function that shows the field or computed value of that name."""
        if name not in self._columns:
            self._columns[name] = self._make_column(name)
        return self._columns[name]

    def _make_column(self, name: str) -> Any:
        fields = {field.name: field for field in self.opts.concrete_fields}
        if name not in fields:
            return getattr(self, name)
        return columns.column(
            fields[name], shop_path=self.shop_path, colours=self.colours.get(name)
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related(*self.related)

    def read_plan(self, request: HttpRequest, params: Mapping[str, str]) -> ReadPlan | None:
        """Plan for reading a table that grows for ever; None reads it as a whole."""
        return None

    def get_paginator(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        paginator = super().get_paginator(request, *args, **kwargs)
        paginator.on_first_page = request.GET.get(PAGE_VAR, "1") == "1"
        return paginator

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[CountedOnce]:
        return CountedOnce

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        names = list(self.list_display)
        if "shop" in names[1:] and len(access.shops(request)) == 1:
            names.remove("shop")  # the same in every row
        return [self.column(name) for name in names]

    def get_sortable_by(self, request: HttpRequest) -> list[Any]:
        names = self.list_display if self.sortable_by is None else self.sortable_by
        return [self.column(name) for name in names]

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        """Fields that can't be edited are read-only; an add form leaves them out."""
        shown = []
        for title, options in self.fieldsets or [(None, {"fields": self.fields or ()})]:
            fields = [self._line(line, request, obj) for line in options["fields"]]
            fields = [line for line in fields if line]
            if fields:
                shown.append((title, {**options, "fields": fields}))
        return shown

    def _line(self, line: Any, request: HttpRequest, obj: Model | None) -> Any:
        if isinstance(line, tuple):
            return tuple(part for name in line if (part := self._line(name, request, obj)))
        if line in self.editable and self._may_write(request, obj):
            return line
        return self.column(line) if obj is not None else None

    def _may_write(self, request: HttpRequest, obj: Model | None) -> bool:
        if obj is None:
            return self.has_add_permission(request)
        return self.has_change_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        lines = [
            line
            for _title, options in self.get_fieldsets(request, obj)
            for line in options["fields"]
        ]
        names = [name for line in lines for name in (line if isinstance(line, tuple) else [line])]
        return [name for name in names if callable(name)]

    def get_sections(self, request: HttpRequest, obj: Model) -> list[Section]:
        """The sections under the page that are not empty."""
        sections = [make(request, obj) for make in self.sections]
        return [section for section in sections if section.rows or section.note]

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Model | None = None,
    ) -> Any:
        if obj is not None:
            context["sections"] = self.get_sections(request, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class OperatorAdmin(ReadOnlyAdmin):
    """Records of no shop, or of all, for operators (superusers) alone."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.is_active and request.user.is_superuser


class ScopedAdmin(ReadOnlyAdmin):
    """Records of a shop, for its members."""

    shop_path = "shop"
    # Rights needed to add, change and delete; None: nobody does it here.
    add_right: ClassVar[Right | None] = None
    change_right: ClassVar[Right | None] = None
    delete_right: ClassVar[Right | None] = None
    # When a step is offered: name -> whether it fits the object.
    step_fits: ClassVar[Mapping[str, Callable[[Any], bool]]] = {}

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return access.scoped(request, super().get_queryset(request), self.shop_path)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return access.is_member(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None:
            return access.is_member(request)
        return self.has_right(request, obj, Right.SEE)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        right = self.add_right
        return right is not None and access.has_somewhere(request, right)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._has(request, obj, self.change_right)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._has(request, obj, self.delete_right)

    def has_handle_tickets_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._has(request, obj, Right.HANDLE_TICKETS)

    def has_change_strategies_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._has(request, obj, Right.CHANGE_STRATEGIES)

    def has_change_shop_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._has(request, obj, Right.CHANGE_SHOP)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """The steps that fit the object as it is now; the service decides when one is taken."""
        steps = super().get_actions_detail(request, object_id)
        if not steps:
            return []
        found = self.found(request, object_id)
        return [
            step
            for step in steps
            if (fits := self.step_fits.get(step.method.original_function_name)) is None
            or (found is not None and fits(found))
        ]

    def _has(self, request: HttpRequest, obj: Any, right: Right | None) -> bool:
        if right is None:
            return False
        if obj is None:
            return access.has_somewhere(request, right)
        return self.has_right(request, obj, right)

    def has_right(self, request: HttpRequest, obj: Any, right: Right) -> bool:
        """True if the user has the right in the object's shop.

        Unfold passes the key of an object where Django passes the object.
        """
        found = obj if isinstance(obj, Model) else self.found(request, obj)
        if found is None:
            return False
        path = "pk" if self.shop_path == "pk" else f"{self.shop_path}_id"
        return access.may(request, columns.follow(found, path), right)

    def found(self, request: HttpRequest, object_id: Any) -> Any:
        """The object of that key, if the user may see it; read once a request."""
        known = request.__dict__.setdefault("_found", {})
        key = (self.opts.label, str(object_id))
        if key not in known:
            known[key] = self.get_object(request, str(object_id))
        return known[key]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Forms offer rows to choose from, without links to change them."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offers only shops where the user has the right."""
        if db_field.name == "shop":
            right = self.add_right or Right.SEE
            kwargs["queryset"] = rights.shops_of(request.user, right).order_by("name")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

"""The table of a list. Unfold's own tag makes the table's head anew for every row, which takes
longer than all else of the page (PERFORMANCE, Lists); here it is made once."""

from collections.abc import Callable
from typing import Any

from django import template
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.db.models import Model
from django.template import Context
from django.urls import NoReverseMatch
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from unfold.templatetags.unfold_list import (
    CHECKBOX_CLASSES,
    LINK_CLASSES,
    ROW_CLASSES,
    result_headers,
)
from unfold.utils import display_for_value

register = template.Library()

_CHECKBOX = "action_checkbox"
_ANY_KEY = "0"
# On a phone each value has its column's name before it, Capitalised Like This by Unfold.
_ROW_CLASSES = [name for name in ROW_CLASSES if name != "before:capitalize"]

Cell = Callable[[Any], str]


@register.inclusion_tag("aftersale/kit/list_rows.html", takes_context=True)
def list_rows(context: Context, cl: Any) -> dict[str, Any]:
    headers = list(result_headers(cl))
    cells = [
        _checkbox(cl) if column == _CHECKBOX else _cell(cl, column, head)
        for column, head in zip(cl.list_display, headers, strict=True)
    ]
    return {
        "cl": cl,
        "result_headers": headers,
        "num_sorted_fields": sum(bool(head.get("sorted")) for head in headers),
        # Each cell is escaped by itself.
        "rows": [mark_safe("".join(cell(row) for cell in cells)) for row in cl.result_list],  # noqa: S308
        "has_add_permission": cl.model_admin.has_add_permission(context["request"]),
    }


def _cell(cl: Any, column: Callable[[Any], Any], head: dict[str, Any]) -> Cell:
    tag = "th" if column in (cl.list_display_links or ()) else "td"
    classes = " ".join([f"field-{column.__name__}", *_ROW_CLASSES])
    start = format_html('<{} class="{}" data-label="{}">', tag, classes, capfirst(head["text"]))
    end = f"</{tag}>"
    if tag == "td":
        return lambda row: f"{start}{_escaped_value(column(row))}{end}"
    link = _linked(cl)
    return lambda row: f"{start}{link(row, _escaped_value(column(row)))}{end}"


def _escaped_value(value: Any) -> SafeString:
    return conditional_escape(display_for_value(value, "-"))


def _linked(cl: Any) -> Callable[[Model, SafeString], str]:
    """To the page of a row, and from there back to the list as it is filtered."""
    classes = " ".join(LINK_CLASSES)
    back = add_preserved_filters({"preserved_filters": cl.preserved_filters, "opts": cl.opts}, "")

    def link(row: Model, shown: SafeString) -> str:
        try:
            path = cl.url_for_result(row)
        except NoReverseMatch:
            return shown
        opener = format_html(' data-popup-opener="{}"', row.pk) if cl.is_popup else ""
        return format_html('<a href="{}" class="{}"{}>{}</a>', path + back, classes, opener, shown)

    return link


def _checkbox(cl: Any) -> Cell:
    class AnyRow:
        pk = _ANY_KEY

    box = cl.model_admin.action_checkbox(AnyRow)
    before, after = box.split(f'value="{_ANY_KEY}"')
    classes = " ".join(CHECKBOX_CLASSES)
    start = format_html('<td class="{}" data-label="{}">', classes, _("Select record")) + before
    return lambda row: f'{start}value="{row.pk}"{after}</td>'

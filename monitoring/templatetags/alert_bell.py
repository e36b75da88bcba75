"""The bell for the frame of every page: the frame belongs to no app."""

from typing import Any

from django import template

register = template.Library()


@register.inclusion_tag("monitoring/bell.html", takes_context=True)
def alert_bell(context: dict[str, Any]) -> dict[str, Any]:
    # Template libraries are loaded while the admin's own modules still are.
    from aftersale.admin import access
    from monitoring import bell

    request = context["request"]
    if not request.user.is_authenticated or not access.is_member(request):
        return {}
    return bell.shown(request)

"""The frames of account pages: the desk's for whoever is in, the log-in page's for others."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.functional import Promise
from django.views.generic.base import ContextMixin

View = Callable[..., HttpResponseBase]


class Framed(ContextMixin):
    """A view of django-allauth with a template of the desk."""

    request: HttpRequest
    title: str | Promise = ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        frame = admin.site.each_context(self.request)
        return frame | {"title": self.title} | super().get_context_data(**kwargs)


def inside(view: View) -> View:
    """For whoever is logged in."""
    return admin.site.admin_view(view)

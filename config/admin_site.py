"""The admin's site: Unfold's, without what no page of ours shows."""

from typing import Any

from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest
from django.utils.module_loading import import_string
from unfold.sites import UnfoldAdminSite


class DeskSite(UnfoldAdminSite):
    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Of one app only, for its page: Django asks for all apps on every page, with the rights
        of each model, and the menu (kit/menu.py) shows none of it."""
        return super().get_app_list(request, app_label) if app_label else []

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        """The menu as it is: Unfold copies it for each page, to mark what is marked already."""
        return import_string(self._get_config("SIDEBAR", request)["navigation"])(request)


class DeskAdmin(AdminConfig):
    """In the place of `django.contrib.admin`."""

    default_site = "config.admin_site.DeskSite"

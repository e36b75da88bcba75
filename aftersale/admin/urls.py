"""The desk's pages that belong to no model (pages.py)."""

from django.urls import URLPattern, URLResolver, include, path

app_name = "desk"
urlpatterns: list[URLPattern | URLResolver] = [
    path("workbench/", include("aftersale.admin.workbench.urls")),
]

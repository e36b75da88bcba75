"""The automation's pages that belong to no model (aftersale/admin/pages.py)."""

from django.urls import URLPattern, URLResolver

app_name = "automation"
urlpatterns: list[URLPattern | URLResolver] = []

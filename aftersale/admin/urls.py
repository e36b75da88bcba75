"""The desk's pages that belong to no model (pages.py)."""

from django.urls import URLPattern, URLResolver, path

from . import batch, saved_filters

app_name = "desk"
urlpatterns: list[URLPattern | URLResolver] = [
    path("desk/batch/<str:step>/", batch.batch, name="batch"),
    path("desk/filters/save/", saved_filters.save, name="filter-save"),
    path("desk/filters/<int:filter_id>/delete/", saved_filters.delete, name="filter-delete"),
]

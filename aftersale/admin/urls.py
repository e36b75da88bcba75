"""The desk's pages that belong to no model (pages.py)."""

from django.urls import URLPattern, URLResolver, path

from . import reject_texts, replies

app_name = "desk"
urlpatterns: list[URLPattern | URLResolver] = [
    path("replies/<int:pk>/reject/", replies.reject, name="reject"),
    path("replies/<int:pk>/negotiate/", replies.negotiate, name="negotiate"),
    path("replies/<int:pk>/outcome/", replies.negotiate_outcome, name="negotiate-outcome"),
    path("evidence/<int:pk>/", replies.picture, name="evidence"),
    path("reject-texts/", reject_texts.page, name="reject-texts"),
    path("reject-texts/<int:shop>/<slug:reason>/", reject_texts.edit, name="reject-text"),
    path(
        "reject-texts/<int:shop>/<slug:reason>/preview/",
        reject_texts.preview,
        name="reject-text-preview",
    ),
]

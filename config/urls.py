"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", include("aftersale.admin.urls")),
    path("admin/", include("strategies.admin.urls")),
    path("admin/", include("monitoring.admin_urls")),
    path("admin/", admin.site.urls),
    path("", include("monitoring.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
]

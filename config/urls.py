"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from aftersale.admin.accounts.log_in import LogIn
from aftersale.api.call import NoSuchCall

handler500 = "aftersale.api.problems.server_error"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/login/", LogIn.as_view(), name="account_login"),
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_password")),
    path("account/", include("aftersale.admin.accounts.urls")),
    path("admin/", include("aftersale.admin.urls")),
    path("admin/", include("strategies.admin.urls")),
    path("admin/", include("monitoring.admin.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("aftersale.api.urls")),
    path("api/v1/", include("strategies.api.urls")),
    path("api/v1/", include("monitoring.api.urls")),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path(
        "api/v1/docs/", SpectacularSwaggerSplitView.as_view(url_name="api-schema"), name="api-docs"
    ),
    # All other paths with this beginning, even with a line break in them.
    re_path("^api/v1/", NoSuchCall.as_view()),
    path("platforms/", include("aftersale.api.platform_urls")),
    path("", include("monitoring.probes.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
]

"""The addresses of accounts, under /account/. Names with an underscore are django-allauth's."""

from django.urls import URLPattern, path

from . import account, confirm, factors, links, log_in
from .frames import inside

urlpatterns: list[URLPattern] = [
    path("", inside(account.overview), name="account"),
    path("", inside(account.overview), name="mfa_index"),
    path("", inside(account.overview), name="mfa_list_webauthn"),
    path("confirm/", inside(confirm.page), name="account_reauthenticate"),
    path("password/", inside(account.change_password), name="account_password"),
    path("sessions/end/", inside(account.end_sessions), name="account_sessions_end"),
    path("app/", inside(factors.AddApp.as_view()), name="mfa_activate_totp"),
    path("app/remove/", inside(factors.RemoveApp.as_view()), name="mfa_deactivate_totp"),
    path("codes/", inside(factors.RecoveryCodes.as_view()), name="mfa_view_recovery_codes"),
    path(
        "codes/new/", inside(factors.NewRecoveryCodes.as_view()), name="mfa_generate_recovery_codes"
    ),
    path("passkeys/add/", inside(factors.AddPasskey.as_view()), name="mfa_add_webauthn"),
    path(
        "passkeys/<int:pk>/remove/",
        inside(factors.RemovePasskey.as_view()),
        name="mfa_remove_webauthn",
    ),
    # Without a session.
    path("first/<str:text>/", links.first_operator, name="account_first"),
    path("links/<str:text>/", links.follow, name="account_link"),
    path("code/", log_in.Code.as_view(), name="mfa_authenticate"),
    path("passkeys/log-in/", log_in.LogInByPasskey.as_view(), name="mfa_login_webauthn"),
    path("log-out/", log_in.LogOut.as_view(), name="account_logout"),
]

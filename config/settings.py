"""Settings of the project, read from the environment (.env.example lists every variable).

Nothing set at all means a trial on this machine: localhost only, the embedded PostgreSQL. Setting
one of a real installation's variables makes it one, and all are needed then; DEBUG=True says that
it is development all the same.
"""

from importlib.util import find_spec
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from config import replica_url
from config.api import REST_FRAMEWORK, SPECTACULAR_SETTINGS  # noqa: F401
from config.database_url import ENGINE, settings_of
from config.logs import logging_config
from config.postgres import Server
from config.queue import Q_CLUSTER  # noqa: F401
from config.unfold import UNFOLD  # noqa: F401

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

REQUIRED = {
    "SECRET_KEY": "a long random text that nobody else knows",
    "DATABASE_URL": "postgresql://USER:PASSWORD@HOST:5432/NAME",
    "ALLOWED_HOSTS": "the host names under which it is reached, separated by commas",
}

DEBUG = env.bool("DEBUG", default=False)
PRODUCTION = not DEBUG and any(name in env.ENVIRON for name in ("DEBUG", *REQUIRED))
if PRODUCTION:
    missing = [name for name in REQUIRED if not env.str(name, default="").strip()]
    if missing:
        raise ImproperlyConfigured(
            "This is a production start (DEBUG is off), so set "
            + " and ".join(f"{name} ({REQUIRED[name]})" for name in missing)
            + " in the environment or in .env; or set DEBUG=True on a machine for development."
        )

_TRIAL_KEY = "not-secret-for-trials-on-this-machine-only"
SECRET_KEY = env.str("SECRET_KEY", default="") or _TRIAL_KEY
_SHORTEST_KEY, _FEWEST_LETTERS = 32, 8
if PRODUCTION and (
    SECRET_KEY == _TRIAL_KEY
    or len(SECRET_KEY) < _SHORTEST_KEY
    or len(set(SECRET_KEY)) < _FEWEST_LETTERS
):
    raise ImproperlyConfigured(
        "SECRET_KEY can be guessed: sessions and stored secrets rest on it. Set a random text of"
        f" {_SHORTEST_KEY} or more characters, as `openssl rand -base64 48` prints one, and put the"
        " old one into SECRET_KEY_FALLBACKS."
    )
# Earlier keys: with them sessions go on, and secrets at rest can still be opened.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

DATABASE_URL = env.str("DATABASE_URL", default="").strip()
EMBEDDED_POSTGRES = not DATABASE_URL
DATABASES = {
    "default": {
        **settings_of(DATABASE_URL or Server().url()),
        # Workers wait for their tasks on their connection; pages need not connect anew each time.
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
    }
}
if DATABASES["default"]["ENGINE"] != ENGINE:
    raise ImproperlyConfigured("DATABASE_URL must name a PostgreSQL database (postgresql://…).")
# A replica for exports, the overview and trial runs, as long as it is not far behind.
REPLICA_URL = env.str("REPLICA_URL", default="").strip()
if REPLICA_URL:
    DATABASES[replica_url.ALIAS] = replica_url.settings_of(REPLICA_URL)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "config.admin_site.DeskAdmin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_q",
    "aftersale",
    "strategies",
    "monitoring",
]

MIDDLEWARE = [
    "config.request_id.RequestId",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.script_policy.EvalOnUnfoldsPages",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.logged_out.LoggedOut",
    "aftersale.admin.accounts.refusals.Refusals",
    "config.uploads.Uploads",
    "aftersale.admin.accounts.looking.Looking",
    "aftersale.admin.accounts.gate.SessionGate",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "config.obvious_passwords.ObviousPasswordValidator"},
]

# Log-in, second factors and sessions: django-allauth, with our own count of wrong passwords
# (aftersale/admin/accounts/limits.py). What strangers could use to shut others out is off.
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
LOGIN_URL = "admin:login"
# For a log-in page that was opened by itself.
LOGIN_REDIRECT_URL = "admin:index"
ACCOUNT_LOGOUT_REDIRECT_URL = "admin:login"
ACCOUNT_ADAPTER = "aftersale.admin.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_RATE_LIMITS = {"login": "", "login_failed": "10/15m/key"}
MFA_ADAPTER = "aftersale.admin.accounts.adapter.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RATE_LIMITS = {"webauthn_login": ""}
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = "Afterdesk"
# Codes of the half minute before and after too: phones' clocks differ.
MFA_TOTP_TOLERANCE = 1
# The end of a session in any case; aftersale/admin/accounts/session.py has the idle time.
SESSION_COOKIE_AGE = 12 * 60 * 60

# Counts of guesses, and codes that were used: one for all processes on all machines.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Chinese")), ("en", _("English"))]
LOCALE_PATHS = [
    BASE_DIR / "config" / "locale",  # the project's own words win over
    BASE_DIR / "config" / "locale_unfold",  # texts that Unfold and django-q2 lack
]

STATIC_URL = "static/"
# Only production collects them; elsewhere they come straight from the packages.
STATIC_ROOT = BASE_DIR / "static" if PRODUCTION else None
WHITENOISE_USE_FINDERS = not PRODUCTION
# Pictures that people attach to cases. No web server serves this folder; a page checks the right.
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default="") or BASE_DIR / "var" / "media")
# Copies of shops' past decisions in columns, a folder a machine; thrown away and made anew at will.
PAST_ROOT = Path(env.str("PAST_ROOT", default="") or BASE_DIR / "var" / "past")
STORAGES = {
    "default": {
        "BACKEND": "config.whole_files.WholeFiles",
        "OPTIONS": {
            "location": MEDIA_ROOT,
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# No inline scripts. Alpine, which Unfold's pages run on, sets styles, and evaluates expressions:
# script_policy.py lets it on these pages.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
X_FRAME_OPTIONS = "DENY"

# HTTPS_ONLY=False is for an installation that is reached through a private network only.
HTTPS_ONLY = PRODUCTION and env.bool("HTTPS_ONLY", default=True)
SECURE_SSL_REDIRECT = HTTPS_ONLY
# Supervisors on the machine ask these without HTTPS; programs of the API are told (authentication).
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz)$", r"^api/v1/(?!schema/|docs/)"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS_ONLY
if HTTPS_ONLY:
    # Browsers take such names from this host over HTTPS only: no other host under the same domain
    # can put one in.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
# Browsers take http at localhost for safe, and nothing else over http.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS_ONLY
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=31_536_000) if HTTPS_ONLY else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS_ONLY
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
if BEHIND_PROXY:
    # Only where a proxy sets this header itself: otherwise anyone could claim HTTPS.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# The REST API: larger bodies are refused unread, more calls of one token in a minute too.
DATA_UPLOAD_MAX_MEMORY_SIZE = 5_000_000
API_CALLS_PER_MINUTE = env.int("API_CALLS_PER_MINUTE", default=1200)

# Prometheus' token for /metrics; empty: nobody can read them.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

# The installation's own app on each platform, with which owners connect their shops by one button.
# Without one an owner enters an app's credentials for the shop.
_APPS = {
    "kuaishou": ("app_key", "app_secret", "sign_secret", "message_secret"),
    "douyin": ("app_key", "app_secret", "service_id"),
    "xiaohongshu": ("app_id", "app_secret", "push_key"),
}
PLATFORM_APPS = {
    platform: {name: env.str(f"{platform}_{name}".upper(), default="") for name in names}
    for platform, names in _APPS.items()
}

# Where alerts are mailed through; a trial prints them, and an installation without it mails none.
EMAIL_URL = env.str("EMAIL_URL", default="")
vars().update(
    environ.Env.email_url_config(EMAIL_URL or ("dummymail://" if PRODUCTION else "consolemail://"))
)
# A mail server that hangs must not hold a worker for long.
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Afterdesk <afterdesk@localhost>")
# Without a slash at its end; mails link to pages under it, and platforms lead back to one.
SITE_URL = env.str("SITE_URL", default="").rstrip("/")

# OpenTelemetry traces go there; empty: nothing is traced.
TRACES_ENDPOINT = env.str("OTEL_EXPORTER_OTLP_ENDPOINT", default="").strip()
if TRACES_ENDPOINT:
    if not TRACES_ENDPOINT.startswith(("http://", "https://")):
        raise ImproperlyConfigured(
            "OTEL_EXPORTER_OTLP_ENDPOINT must be an address that begins with http:// or https://,"
            " as http://localhost:4318."
        )
    if find_spec("opentelemetry") is None:
        raise ImproperlyConfigured(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, and the packages for traces are missing: install"
            " constraints-traces.txt (docs/operations.md), or unset it."
        )
    MIDDLEWARE.insert(0, "config.traces.Traced")

LOGGING = logging_config(json=PRODUCTION)

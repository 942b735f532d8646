"""All settings in one file, from the environment; anything missing in production stops the start with its name."""

import os
import sys
from pathlib import Path

import environ
import structlog

from .database import REPLICA, ROLES, connection_settings
from .policy.parameters import IDLE_LOCK, RECORDS_KEPT, SESSION_LIMIT

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = "0.1.0"

env = environ.Env()
ENVIRONMENT = env.str("ENVIRONMENT", "development")
if ENVIRONMENT not in {"development", "demo", "test", "production"}:
    raise SystemExit("ENVIRONMENT must be development, demo, test or production.")
PRODUCTION = ENVIRONMENT == "production"
DEBUG = False
DATA_DIR = Path(env.str("DATA_DIR", str(BASE_DIR / "var")))


def required(name: str, otherwise: str) -> str:
    """The environment's value; in production a missing one stops the start."""
    if PRODUCTION and not os.environ.get(name):
        raise SystemExit(f"{name} is not set: production does not start without it (see .env.example).")
    return env.str(name, otherwise)


SECRET_KEY = required("SECRET_KEY", "not-secret:development-demo-and-test-only-never-production")
ALLOWED_HOSTS = required("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1],testserver").split(",")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
PORTAL_URL = required("PORTAL_URL", "http://localhost:8000")  # where letters lead
EVENTS_URL = env.str("EVENTS_URL", "")  # where open pages hear of news; "" is /events/hits/ behind the same proxy
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", 1 if PRODUCTION else 0)
IMAGE_KEYS_DIR = Path(required("IMAGE_KEYS_DIR", str(DATA_DIR / "image-keys")))
ERASURES_DIR = Path(required("ERASURES_DIR", str(DATA_DIR / "erasures")))  # the journal of what was erased
RECORDS_KEPT_YEARS = env.int("RECORDS_KEPT_YEARS", RECORDS_KEPT.now)  # in force from the next migrate; never under two
IMAGE_KEY = required("IMAGE_KEY", "bm90LXNlY3JldC1kZXZlbG9wbWVudC1vbmx5LTMyLWI=")
# Fernet keys for secrets of second factors, newest first: the first encrypts, all decrypt (manage.py rotate_secrets).
DEVELOPMENT_KEY = "bm90LXNlY3JldC1kZXZlbG9wbWVudC1vbmx5LTMyLWI="
SECOND_FACTOR_KEYS = required("SECOND_FACTOR_KEYS", DEVELOPMENT_KEY).split(",")
# Seed of the Ed25519 key that signs the list files of vehicles, in base64 (manage.py verify_pack).
PACK_KEY = required("PACK_KEY", DEVELOPMENT_KEY)
# Backups lie in BACKUP_DIR, sealed under BACKUP_KEY (32 bytes in base64), which only whoever makes and restores them has.
BACKUP_DIR = Path(env.str("BACKUP_DIR", str(DATA_DIR / "backups")))
BACKUP_KEY = env.str("BACKUP_KEY", "" if PRODUCTION else DEVELOPMENT_KEY)

# --- PostgreSQL: one log-in per role; every connection sets its role ------------------------------------------------
# Nothing but `bootstrap_database` and the embedded server ever holds a superuser's address.
DATABASE_URL = required("DATABASE_URL", "") or "embedded:"
DATABASES = {
    alias: connection_settings(env.str(role.variable, "") or DATABASE_URL, role) for alias, role in ROLES.items()
}
DATABASE_ROUTERS = ["alpr_portal.database.OwnerMigrates", "reads.replica.SearchesReadFromReplica"]
SEARCH_REPLICA = bool(env.str(REPLICA.variable, ""))
if SEARCH_REPLICA:
    DATABASES["replica"] = connection_settings(env.str(REPLICA.variable), REPLICA)
    DATABASES["replica"]["OPTIONS"].setdefault("connect_timeout", 2)  # seconds; searches have the primary
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- deliveries: the other threads of a web process stay free for pages ---------------------------------------------
WEB_THREADS = env.int("WEB_THREADS", 8)
INGEST_PLACES = env.int("INGEST_PLACES", max(1, WEB_THREADS * 3 // 8))
INGEST_QUEUE = env.int("INGEST_QUEUE", WEB_THREADS // 4)

# --- Redis: broker, cache, rate limits; may vanish ------------------------------------------------------------------
REDIS_URL = required("REDIS_URL", "") or "embedded:"
CACHES = {"default": {"BACKEND": "alpr_portal.cache.PortalCache", "LOCATION": REDIS_URL, "TIMEOUT": 300}}
SESSION_ENGINE = "django.contrib.sessions.backends.db"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "guardian",
    "simple_history",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_filters",
    "django_tables2",
    "django_htmx",
    "csp",
    "alpr_portal",
    "training",
    "reads",
    "hotlists",
    "audits",
]
MIDDLEWARE = [
    "alpr_portal.middleware.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "alpr_portal.middleware.Headers",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "training.sessions.SessionClock",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "training.access.Wall",
]
ROOT_URLCONF = "alpr_portal.urls"
ASGI_APPLICATION = "alpr_portal.asgi.application"
WSGI_APPLICATION = "alpr_portal.wsgi.application"
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
                "alpr_portal.context.portal",
            ],
            "builtins": ["alpr_portal.templatetags.portal"],
        },
    }
]
CRISPY_TEMPLATE_PACK = CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
FILTERS_EMPTY_CHOICE_LABEL = "Any"
DJANGO_TABLES2_TEMPLATE = "django_tables2/portal_table.html"

# --- people ---------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "training.Member"
AUTHENTICATION_BACKENDS = [
    "allauth.account.auth_backends.AuthenticationBackend",
    "training.loans.LoanBackend",
    "guardian.backends.ObjectPermissionBackend",
]
ANONYMOUS_USER_NAME = None  # guardian would otherwise create a live account
GUARDIAN_MONKEY_PATCH_USER = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "training.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_FORMS = {"change_password": "training.factor_forms.ChangePassword"}
# For an address only, and for the load: what locks an account is counted in the records (training/locks.py).
ACCOUNT_RATE_LIMITS = {"login": "60/m/ip", "login_failed": None, "reauthenticate": "10/m/user"}
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT
MFA_ADAPTER = "training.second_factor.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "training.factor_forms.SignInCode",
    "reauthenticate": "training.factor_forms.ConfirmCode",
    "activate_totp": "training.factor_forms.AddCodeApp",
    "authenticate_webauthn": "training.factor_forms.SignInPasskey",
    "login_webauthn": "training.factor_forms.PasskeyAlone",
    "reauthenticate_webauthn": "training.factor_forms.ConfirmPasskey",
    "add_webauthn": "training.factor_forms.AddPasskey",
    "edit_webauthn": "training.factor_forms.RenamePasskey",
}
MFA_RATE_LIMITS = {"webauthn_login": "60/m/ip"}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"  # a passkey alone signs in: it must know its owner
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION  # http://localhost, for tests and the demo
MFA_ALLOW_UNVERIFIED_EMAIL = True  # addresses come from personnel, nobody confirms one here
MFA_TOTP_ISSUER = "OPD ALPR Portal"
MFA_TOTP_TOLERANCE = 1  # a clock may be half a minute off
MFA_RECOVERY_CODES_SHOW_ONCE = True
ACCOUNT_EMAIL_NOTIFICATIONS = False  # our own letters tell what changed (training/letters/account_changed.md)
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "public"

# --- sessions and headers -------------------------------------------------------------------------------------------
SESSION_COOKIE_NAME = "__Host-alpr" if PRODUCTION else "alpr"
SESSION_COOKIE_AGE = int(SESSION_LIMIT.now.total_seconds())
SESSION_IDLE_SECONDS = int(IDLE_LOCK.now.total_seconds())
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Strict"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
CSRF_USE_SESSIONS = True
CSRF_FAILURE_VIEW = "alpr_portal.views.csrf_failure"
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 63_072_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXY_COUNT else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000  # every camera ticked must reach the form, which then says what to narrow
DATA_UPLOAD_MAX_NUMBER_FILES = 5
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'", *([EVENTS_URL.split("/events/")[0]] if EVENTS_URL else [])],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
    }
}

# --- language, time, static -----------------------------------------------------------------------------------------
LANGUAGE_CODE = "en-us"
TIME_ZONE = "America/Los_Angeles"
USE_TZ = True
USE_I18N = True
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static" if PRODUCTION else None
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": DATA_DIR / "media"}},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not PRODUCTION
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "ALPR Portal <alpr-portal@localhost>")

# --- Celery: ids only, no results; PostgreSQL knows every due job ---------------------------------------------------

CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

# --- logs: JSON lines with the route of a request, never its path or a plate ----------------------------------------------------
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.JSONRenderer(),
    ],
    logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    cache_logger_on_first_use=False,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"()": "alpr_portal.quiet_log.Quiet", "format": "%(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", "WARNING")},
    # Django would log the path of every 4xx, and a path is whatever somebody typed.
    "loggers": {"django.db.backends": {"level": "ERROR"}, "django.request": {"level": "ERROR"}},
}

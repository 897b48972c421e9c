"""All settings, read from `WANLLMDB_*` variables (docs/operation.md lists them) with defaults for one machine."""

import contextlib
import os
import secrets
import socket
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import dj_database_url
from csp.constants import NONCE
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from wanllmdb import env, ldap_sign_in, sign_in

VERSION = "0.1.0"
BASE_DIR = Path(__file__).resolve().parent.parent

# --- Where it runs -----------------------------------------------------------------------------
HOST = env.text("WANLLMDB_HOST", "127.0.0.1")
PORT = env.integer("WANLLMDB_PORT", 8080, 1, 65535)
DATA_DIR = env.directory("WANLLMDB_DATA_DIR", BASE_DIR / "data")
TESTING = "pytest" in sys.modules
if TESTING:
    # One for each test process, gone when it ends; never the developer's own.
    SCRATCH = tempfile.TemporaryDirectory(prefix="wanllmdb-tests-", ignore_cleanup_errors=True)
    DATA_DIR = Path(SCRATCH.name)
# The URL people and clients use, when a proxy stands before the server; used in links that leave it (mail, SDK).
BASE_URL = env.url("WANLLMDB_BASE_URL", ("http", "https"))
DEBUG = env.flag("WANLLMDB_DEBUG", False)


def own_host_names() -> list[str]:
    """Name the hosts that a request may ask for when nobody configured them.

    A loopback server answers to loopback names only, which is what stops DNS rebinding.
    """
    names = ["localhost", "127.0.0.1", "[::1]"]
    if BASE_URL:
        names.append(urlsplit(BASE_URL).hostname or "")
    if HOST not in {"127.0.0.1", "localhost", "::1"}:
        hostname = socket.gethostname()
        names += [HOST, hostname, socket.getfqdn()]
        with contextlib.suppress(OSError):  # A host without a resolvable name has the others.
            names += [str(info[4][0]) for info in socket.getaddrinfo(hostname, None)]
    every = {"0.0.0.0", "::"}  # noqa: S104 - excluded, not bound  # nosec B104
    return sorted({name for name in names if name} - every)


ALLOWED_HOSTS = env.words("WANLLMDB_ALLOWED_HOSTS", own_host_names())
if TESTING:
    ALLOWED_HOSTS = [*ALLOWED_HOSTS, "testserver"]


def stored_secret() -> str:
    """Return the installation's secret, made at the first start and kept beside the data (mode 0600)."""
    path = DATA_DIR / "secret_key"
    try:
        if not path.exists():
            DATA_DIR.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(48), encoding="ascii")
        return path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise SystemExit(
            f"The data folder {DATA_DIR} cannot be written ({error.strerror}): "
            "make it writable or point WANLLMDB_DATA_DIR at another folder."
        ) from None


SECRET_KEY = env.secret("WANLLMDB_SECRET_KEY") or stored_secret()
if len(SECRET_KEY) < 32:
    raise ImproperlyConfigured("WANLLMDB_SECRET_KEY is too short: it needs at least 32 characters.")
# Former secrets, which still open sessions and read second factors.
SECRET_KEY_FALLBACKS = env.words("WANLLMDB_SECRET_KEY_FALLBACKS", [])

# --- Applications ------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.github",
    "allauth.socialaccount.providers.google",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.socialaccount.providers.saml",
    "auditlog",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
    "channels",
    "csp",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "guardian",
    "rest_framework",
    "rest_framework_simplejwt.token_blacklist",
    "template_partials",
    "apps.core",
    "apps.orgs",
    "apps.audit",
    "apps.projects",
    "apps.runs",
    "apps.metrics",
    "wanllmdb",
]
MIDDLEWARE = [
    "wanllmdb.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "wanllmdb.middleware.PrivateAnswersMiddleware",
    "wanllmdb.middleware.StorableAddressMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "wanllmdb.middleware.PreferredLocaleMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "wanllmdb.middleware.FirstAdministratorMiddleware",
    "apps.audit.middleware.OriginMiddleware",
    "wanllmdb.middleware.SignInMiddleware",
    "wanllmdb.middleware.ActorMiddleware",
    "wanllmdb.middleware.AppErrorMiddleware",
]
ROOT_URLCONF = "wanllmdb.urls"
ASGI_APPLICATION = "wanllmdb.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "wanllmdb.context.page_context",
            ],
        },
    }
]

# --- Data --------------------------------------------------------------------------------------
DATABASE_URL = env.url("WANLLMDB_DATABASE_URL", ("postgresql", "postgres", "sqlite"))
SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL;"
    "PRAGMA synchronous=FULL;"  # An acknowledged point survives a power cut.
    "PRAGMA cache_size=-32768;"
    "PRAGMA temp_store=MEMORY;"
    "PRAGMA mmap_size=268435456;"
    "PRAGMA journal_size_limit=67108864;"
)
if TESTING:
    SQLITE_PRAGMAS = SQLITE_PRAGMAS.replace("synchronous=FULL", "synchronous=OFF")


def database() -> dict[str, Any]:
    """Return the one database: PostgreSQL by URL, else SQLite in the data folder."""
    if DATABASE_URL and not DATABASE_URL.startswith("sqlite"):
        config: dict[str, Any] = dict(dj_database_url.parse(DATABASE_URL))
        # JIT compilation doubles the time of first queries and helps none of ours.
        options = {"options": "-c jit=off -c synchronous_commit=on -c lock_timeout=15s"}
        config["OPTIONS"] = {**config.get("OPTIONS", {}), **options}
        if not TESTING:
            config["OPTIONS"]["pool"] = {"min_size": 1, "max_size": 32, "timeout": 15}
        return config
    path = Path(urlsplit(DATABASE_URL).path) if DATABASE_URL else DATA_DIR / "wanllmdb.sqlite3"
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE", "init_command": SQLITE_PRAGMAS},
        # A file, as in production: threads share an in-memory database by other rules.
        "TEST": {"NAME": DATA_DIR / "test.sqlite3"},
    }


DATABASES = {"default": database()}
REDIS_URL = env.url("WANLLMDB_REDIS_URL", ("redis", "rediss"))
CACHES = {
    "default": (
        {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
        if REDIS_URL
        else {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "OPTIONS": {"MAX_ENTRIES": 100_000},
        }
    )
}
CHANNEL_LAYERS = {
    "default": (
        {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [REDIS_URL]}}
        if REDIS_URL
        else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
    )
}
CELERY_BROKER_URL = REDIS_URL or "memory://localhost"
CELERY_BROKER_TRANSPORT = None if REDIS_URL else "wanllmdb.serving.broker:Transport"
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "celerybeat-schedule")
# Tests see the outcome of background work at once; tests/contract has real workers.
CELERY_TASK_ALWAYS_EAGER = TESTING
# Without Redis there is no broker between processes, so the server works its own queue.
EMBEDDED_WORKER = env.flag("WANLLMDB_EMBEDDED_WORKER", REDIS_URL is None)
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DATA_DIR / "files"},
    },
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEBUG or TESTING
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}
STATIC_URL = "/static/"
# Beside the code, where several servers share them; where that is read-only, with the data.
STATIC_ROOT = (BASE_DIR if os.access(BASE_DIR, os.W_OK) else DATA_DIR) / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = DEBUG or TESTING
WHITENOISE_AUTOREFRESH = DEBUG
# Pages name files by their hash only. Source maps are for developers, who have the sources.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (
    "woff2",
    "woff",
    "png",
    "jpg",
    "webp",
    "gz",
    "br",
    "map",
    "whl",
)
# The stream route has its own limit (metrics); everything else is small.
DATA_UPLOAD_MAX_MEMORY_SIZE = 34 * 1024 * 1024

# --- People ------------------------------------------------------------------------------------
AUTH_USER_MODEL = "orgs.User"
# One that looks at passwords, by username or e-mail: a second would hash each twice. The other makes guessers wait.
PASSWORD_BACKEND = "apps.orgs.federation.passwords.PasswordBackend"  # noqa: S105 - no password  # nosec B105
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", PASSWORD_BACKEND]
# Grants on single objects: found by our own predicates, so nothing of it patches or joins a model.
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = GUARDIAN_MONKEY_PATCH_GROUP = False
# That guardian's backend, a second rule, and the middleware of axes, whose answer is not ours, are not in use.
SILENCED_SYSTEM_CHECKS = ["guardian.W001", "axes.W002"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "apps.orgs.passwords.GuessableValidator"},
]
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ADMIN_EMAIL = env.text("WANLLMDB_ADMIN_EMAIL")
ADMIN_PASSWORD = env.secret("WANLLMDB_ADMIN_PASSWORD")
# May strangers make themselves an account, and may anonymous visitors see public projects?
SIGNUP_OPEN = env.flag("WANLLMDB_SIGNUP_OPEN", False)
ANONYMOUS_ACCESS = env.flag("WANLLMDB_ANONYMOUS_ACCESS", False)
# Who else vouches for people (docs/single-sign-on.md), and what their word is good for here.
SIGN_IN_SOURCES, SOCIALACCOUNT_PROVIDERS = sign_in.configured()
LDAP_SOURCE, LDAP_SETTINGS = ldap_sign_in.configured()
if LDAP_SOURCE is not None:
    SIGN_IN_SOURCES["ldap"] = LDAP_SOURCE
    AUTHENTICATION_BACKENDS.append(ldap_sign_in.BACKEND)
    globals().update(LDAP_SETTINGS)
SIGN_IN_EMAIL_DOMAINS = env.words("WANLLMDB_SIGN_IN_EMAIL_DOMAINS", [])
SIGN_IN_CREATES_ACCOUNTS = env.flag("WANLLMDB_SIGN_IN_CREATES_ACCOUNTS", True)
SIGN_IN_LINKS_BY_EMAIL = env.flag("WANLLMDB_SIGN_IN_LINKS_BY_EMAIL", False)
# What a directory that provisions people over SCIM shows.
SCIM_TOKEN = env.secret("WANLLMDB_SCIM_TOKEN")
if SCIM_TOKEN is not None and len(SCIM_TOKEN) < 32:
    raise ImproperlyConfigured("WANLLMDB_SCIM_TOKEN is too short: it needs at least 32 characters.")
PASSWORD_SIGN_IN = env.flag("WANLLMDB_PASSWORD_SIGN_IN", True)
SOCIALACCOUNT_ADAPTER = "apps.orgs.federation.social.SocialAccountAdapter"
SOCIALACCOUNT_EMAIL_REQUIRED, SOCIALACCOUNT_QUERY_EMAIL = False, True
SOCIALACCOUNT_REQUESTS_TIMEOUT = 10
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "apps.orgs.accounts.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "apps.orgs.forms.LoginForm",
    "signup": "apps.orgs.forms.SignupForm",
}
ACCOUNT_PRESERVE_USERNAME_CASING = False
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[wanLLMDB] "
PASSWORD_RESET_TIMEOUT = 24 * 3600
# Whom the installation asks for a second factor. Addresses aren't verified here, so that is no condition.
REQUIRE_TWO_FACTOR = env.text("WANLLMDB_REQUIRE_TWO_FACTOR", "off", ("off", "admins", "all"))
MFA_ADAPTER = "apps.orgs.two_factor.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = MFA_ALLOW_UNVERIFIED_EMAIL = True
# Who tries out passwords waits (apps.orgs.guessing). A day without a failure, and nothing is remembered.
AXES_HANDLER = "apps.orgs.guessing.FailureCount"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "apps.orgs.guessing.name_of"
AXES_CLIENT_IP_CALLABLE = "apps.orgs.guessing.address_of"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(days=1)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_ENABLE_ADMIN = False  # apps.orgs.admin has it, with an action.
# Names of our own: servers on other ports of one machine share their cookies.
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "wanllmdb_session", "wanllmdb_csrf"
LANGUAGE_COOKIE_NAME = "wanllmdb_language"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600

# --- Audit -------------------------------------------------------------------------------------
AUDITLOG_LOGENTRY_MODEL = "audit.Entry"
# Its own migrations would make the table that ours stands in for.
MIGRATION_MODULES = {"auditlog": None}
# Values as they are, and names for what is referred to: an entry must be readable when those are gone.
AUDITLOG_STORE_JSON_CHANGES = AUDITLOG_USE_FK_STRING_REPRESENTATION = True
# What the chain over the log is keyed with; another secret than this one cannot verify it.
AUDIT_KEY = env.secret("WANLLMDB_AUDIT_KEY") or SECRET_KEY
AUDIT_DAYS = env.integer("WANLLMDB_AUDIT_DAYS", 0, 0, 36_500)
AUDIT_SYSLOG_URL = env.url("WANLLMDB_AUDIT_SYSLOG_URL", ("udp", "tcp"))

# --- Mail --------------------------------------------------------------------------------------
SMTP_URL = env.url("WANLLMDB_SMTP_URL", ("smtp", "smtp+starttls", "smtps"))
MAIL_IS_SENT = ACCOUNT_EMAIL_NOTIFICATIONS = SMTP_URL is not None
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("WANLLMDB_MAIL_FROM", "wanllmdb@localhost")
EMAIL_TIMEOUT = 10
if SMTP_URL is None:
    EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
else:
    smtp = urlsplit(SMTP_URL)
    EMAIL_HOST = smtp.hostname or "localhost"
    EMAIL_PORT = smtp.port or {"smtp": 25, "smtp+starttls": 587, "smtps": 465}[smtp.scheme]
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = (
        unquote(smtp.username or ""),
        unquote(smtp.password or ""),
    )
    EMAIL_USE_TLS, EMAIL_USE_SSL = smtp.scheme == "smtp+starttls", smtp.scheme == "smtps"

# --- Security ----------------------------------------------------------------------------------
HTTPS = BASE_URL is not None and BASE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = env.integer("WANLLMDB_HSTS_SECONDS", 0, 0, 63_072_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_HSTS_SECONDS > 0
SECURE_SSL_REDIRECT = env.flag("WANLLMDB_SSL_REDIRECT", True) and HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
CSRF_TRUSTED_ORIGINS = [BASE_URL.rstrip("/")] if BASE_URL else []
CSRF_FAILURE_VIEW = "wanllmdb.error_pages.csrf_failure"
# Whose address a request has, for rate limits: X-Forwarded-For is believed only where a proxy writes it.
BEHIND_PROXY = env.flag("WANLLMDB_BEHIND_PROXY", False)
ALLAUTH_TRUSTED_PROXY_COUNT = int(BEHIND_PROXY)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    USE_X_FORWARDED_HOST = True
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        # The nonce is for the import map in base.html, the one inline script of a page.
        "script-src": ["'self'", NONCE],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

# --- REST --------------------------------------------------------------------------------------
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.orgs.authentication.ApiKeyAuthentication",
        "apps.orgs.authentication.BrowserAuthentication",
    ],
    # Permission is decided by access.get_project and its like, on the object, never here.
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_RENDERER_CLASSES": ["apps.core.renderers.StrictJSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apps.core.parsers.JSONBodyParser"],
    # Our parser reads NaN and our renderer writes none; this lets the fields between them pass it.
    "STRICT_JSON": False,
    "NUM_PROXIES": int(BEHIND_PROXY),
    # `?format=` belongs to the routes: metrics have formats of their own.
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "apps.core.renderers.OneAnswer",
    "URL_FORMAT_OVERRIDE": None,
    "DEFAULT_SCHEMA_CLASS": "apps.core.schema.Schema",
    "DEFAULT_THROTTLE_CLASSES": ["apps.core.throttles.ActorRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {
        "anonymous": env.rate("WANLLMDB_RATE_ANONYMOUS", "300/min"),
        "actor": env.rate("WANLLMDB_RATE_ACTOR", "6000/min"),
        "credentials": env.rate("WANLLMDB_RATE_CREDENTIALS", "20/min"),
    },
    "EXCEPTION_HANDLER": "apps.core.rest.answer_error",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=15),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=14),
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
    # What else may be signed with the installation's secret is no token of ours.
    "ALGORITHM": "HS256",
    "AUDIENCE": "wanllmdb",
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "wanLLMDB",
    "DESCRIPTION": "Log, read, search and manage machine-learning runs.",
    "VERSION": VERSION,
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    # Swagger's badge would ask a server elsewhere.
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},
    "COMPONENT_SPLIT_REQUEST": True,
    "SERVE_AUTHENTICATION": [],
    "ENUM_NAME_OVERRIDES": {
        "RunState": "apps.runs.models.Run.State",
        "RunEndState": "apps.runs.serializers.END_STATES",
        "KeyScope": "apps.orgs.models.ApiKey.Scope",
        "Theme": "apps.orgs.models.User.Theme",
        "Visibility": "apps.projects.models.Project.Visibility",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "apps.metrics.schema.describe_stream",
        "apps.core.schema.describe_errors",
    ],
}

# --- Language and time -------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = "UTC"

# --- Runs --------------------------------------------------------------------------------------
# A running run that has not been heard of for this long is taken as crashed.
HEARTBEAT_TIMEOUT_S = env.integer("WANLLMDB_HEARTBEAT_TIMEOUT_S", 300, 10, 86_400)
# After so many days in the trash, runs and projects are deleted for good.
TRASH_DAYS = env.integer("WANLLMDB_TRASH_DAYS", 30, 0, 36_500)

# --- Log ---------------------------------------------------------------------------------------
LOG_LEVEL = env.text("WANLLMDB_LOG_LEVEL", "WARNING", ("DEBUG", "INFO", "WARNING", "ERROR"))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    # A client that is refused has been told; only what breaks here is worth a warning.
    "loggers": {"django.request": {"level": "ERROR" if LOG_LEVEL == "WARNING" else LOG_LEVEL}},
}

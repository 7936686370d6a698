"""Django's settings: the embedded default (SQLite, no server), or PostgreSQL and Redis where their URLs are set."""

import os
from datetime import timedelta
from pathlib import Path

import django_stubs_ext

from maac_contract import contract
from maac_sim import __version__, server_path
from maac_sim.checked_env import LOG_LEVELS, CheckedEnv
from maac_sim.data_folder import DATABASE, prepare_folder
from maac_sim.start_faults import StartFault

# Lets class definitions name the type arguments that mypy reads, such as ModelAdmin[Account].
django_stubs_ext.monkeypatch()

env = CheckedEnv()

DATA_DIR = Path(os.path.realpath(env.str("MAAC_SIM_DATA", default=str(server_path.DATA))))

EMBEDDED = not env.str("DATABASE_URL", default="")
"""One process with SQLite and an in-memory broker; otherwise web, worker and beat are separate processes."""

_own = prepare_folder(DATA_DIR) if EMBEDDED else {}
SECRET_KEY = env.str("MAAC_SIM_SECRET_KEY", default=_own.get("MAAC_SIM_SECRET_KEY", CheckedEnv.NOTSET))
_keys = env.str("MAAC_SIM_ENCRYPTION_KEYS", default=_own.get("MAAC_SIM_ENCRYPTION_KEYS", CheckedEnv.NOTSET))
ENCRYPTION_KEYS = [key.strip() for key in _keys.split(",") if key.strip()]
if not ENCRYPTION_KEYS:
    raise StartFault("MAAC_SIM_ENCRYPTION_KEYS is empty: it takes at least one key, any long random text.")
API_TOKEN = env.str("MAAC_SIM_API_TOKEN", default="") or _own.get("MAAC_SIM_API_TOKEN")
ADMIN_PASSWORD = env.str("MAAC_SIM_ADMIN_PASSWORD", default="") or _own.get("MAAC_SIM_ADMIN_PASSWORD")
ADMIN_PASSWORD_IS_PRESET = bool(env.str("MAAC_SIM_ADMIN_PASSWORD", default=""))
DEBUG = False
ALLOWED_HOSTS = [
    "localhost",
    "127.0.0.1",
    "[::1]",
    "host.docker.internal",
    *env.list("MAAC_SIM_ALLOWED_HOSTS", default=[]),
]
CSRF_TRUSTED_ORIGINS = env.origins("MAAC_SIM_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "maac_sim.apps.ConsoleConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "axes",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "accounts",
    "events",
    "webhooks",
    "console.apps.ConsoleConfig",
    "modules.contacts",
    "modules.binding",
    "modules.messages",
    "modules.notifications",
    "modules.openapi",
    "modules.links",
    "modules.points",
    "modules.receipts",
    "modules.surveys",
    "modules.traffic",
    "modules.try_it",
]
MIDDLEWARE = [
    "maac_sim.middleware.protect_answers",
    "django.middleware.security.SecurityMiddleware",
    "maac_sim.middleware.refuse_unreadable",
    "maac_sim.middleware.complete_api_paths",
    "maac_sim.middleware.serve_api_directly",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "maac_sim.urls"
WSGI_APPLICATION = "maac_sim.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [server_path.ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# django-axes counts failed log-ins per user name and address.

AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
TRUSTED_PROXIES = env.int("MAAC_SIM_TRUSTED_PROXIES", default=0)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=5)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "accounts.log_ins.client_address"
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
# The middleware of django-axes would respond with its own page; our form says when to try again.
SILENCED_SYSTEM_CHECKS = ["axes.W002"]

# Data

if EMBEDDED:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": DATA_DIR / DATABASE,
            "CONN_MAX_AGE": None,
            "TEST": {"NAME": DATA_DIR / "test.sqlite3"},
            # Every other combination gave lock errors under sixteen threads.
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    }
else:
    _database = {**env.database("DATABASE_URL"), "CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}
    # The rows of a statement are in memory or on flash, so an index lookup costs no more than a scan.
    _database["OPTIONS"] = {"options": "-c random_page_cost=1.1", "connect_timeout": 10, **_database.get("OPTIONS", {})}
    DATABASES = {"default": _database}

# A Celery message only wakes a worker; the queue is the rows in the database.

CELERY_BROKER_URL = env.broker("REDIS_URL", default="memory://localhost")
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {"polling_interval": 0.05}
    if CELERY_BROKER_URL == "memory://localhost"
    else {"socket_connect_timeout": 2, "socket_timeout": 5, "retry_on_timeout": False}
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "maac-sim"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CONCURRENCY = 13
"""A thread for each run that the tasks may have at once (see maac_sim.tasks)."""
CELERY_DB_REUSE_MAX = 1_000_000
"""Celery's Django fixup would otherwise close the database connection around every task. See maac_sim.tasks."""
SWEEP_SECONDS = 1.0
CHECK_SECONDS = 5.0
UPKEEP_SECONDS = 60.0
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "webhooks.tasks.deliver", "schedule": SWEEP_SECONDS, "options": {"expires": 2 * SWEEP_SECONDS}},
    "check": {"task": "webhooks.tasks.check", "schedule": CHECK_SECONDS, "options": {"expires": CHECK_SECONDS}},
    "prune": {"task": "webhooks.tasks.prune", "schedule": UPKEEP_SECONDS, "options": {"expires": UPKEEP_SECONDS}},
    "modules": {"task": "modules.tasks.prune", "schedule": UPKEEP_SECONDS, "options": {"expires": UPKEEP_SECONDS}},
    "sandboxes": {
        "task": "webhooks.tasks.sandboxes",
        "schedule": UPKEEP_SECONDS,
        "options": {"expires": UPKEEP_SECONDS},
    },
    "roll_up": {"task": "webhooks.tasks.roll_up", "schedule": UPKEEP_SECONDS, "options": {"expires": UPKEEP_SECONDS}},
    "notices": {"task": "webhooks.tasks.notices", "schedule": UPKEEP_SECONDS, "options": {"expires": UPKEEP_SECONDS}},
    "notifications": {
        "task": "modules.notifications.tasks.advance",
        "schedule": SWEEP_SECONDS,
        "options": {"expires": 2 * SWEEP_SECONDS},
    },
    "imports": {
        "task": "modules.contacts.tasks.store_imports",
        "schedule": SWEEP_SECONDS,
        "options": {"expires": 2 * SWEEP_SECONDS},
    },
    "segments": {
        "task": "modules.contacts.tasks.count_segments",
        "schedule": SWEEP_SECONDS,
        "options": {"expires": 2 * SWEEP_SECONDS},
    },
    "plays": {
        "task": "modules.traffic.tasks.play",
        "schedule": SWEEP_SECONDS,
        "options": {"expires": 2 * SWEEP_SECONDS},
    },
}

# Webhooks: MAAC's behaviour, and this simulator's choices where it is undocumented (maac_contract/contract.py)

WEBHOOK_RETRY_WAITS = tuple(env.list("WEBHOOK_RETRY_WAITS", cast=float, default=list(contract.RETRY_WAITS)))
WEBHOOK_RETRY_TESTS = env.bool("WEBHOOK_RETRY_TESTS", default=False)
WEBHOOK_ACCEPT_ANY_2XX = env.bool("WEBHOOK_ACCEPT_ANY_2XX", default=True)
WEBHOOK_CONNECT_TIMEOUT = env.float("WEBHOOK_CONNECT_TIMEOUT", default=contract.CONNECT_TIMEOUT)
WEBHOOK_ATTEMPT_TIMEOUT = env.float("WEBHOOK_ATTEMPT_TIMEOUT", default=contract.ATTEMPT_TIMEOUT)
WEBHOOK_ALLOW_PRIVATE_NETWORKS = env.bool("WEBHOOK_ALLOW_PRIVATE_NETWORKS", default=EMBEDDED)
WEBHOOK_REQUIRE_HTTPS = env.bool("WEBHOOK_REQUIRE_HTTPS", default=False)
WEBHOOK_CA_FILE = env.certificates("WEBHOOK_CA_FILE")
WEBHOOK_USER_AGENT = env.header("WEBHOOK_USER_AGENT", default=f"maac-sim/{__version__}")
WEBHOOK_PAUSED_ENDPOINTS = env.int("WEBHOOK_PAUSED_ENDPOINTS", default=100)
WEBHOOK_IN_FLIGHT = env.int("WEBHOOK_IN_FLIGHT", default=512)
WEBHOOK_IN_FLIGHT_PER_ENDPOINT = env.int("WEBHOOK_IN_FLIGHT_PER_ENDPOINT", default=64)

# Notifications: seconds between steps, and the fraction of a template's fallback minutes that is waited (1.0: all)

NOTIFICATION_STEP_SECONDS = env.float("NOTIFICATION_STEP_SECONDS", default=0.2)
NOTIFICATION_FALLBACK_SCALE = env.float("NOTIFICATION_FALLBACK_SCALE", default=1 / 300)

# Messages: seconds until a multicast has the status sent

MESSAGE_SEND_SECONDS = env.float("MESSAGE_SEND_SECONDS", default=0.5)

# MAAC's Open API: calls per second (imports: per minute) and account; 0: no limit

OPENAPI_RATE_LIMITS = {
    "push": env.int("OPENAPI_PUSH_PER_SECOND", default=170),
    "multicast": env.int("OPENAPI_MULTICAST_PER_SECOND", default=10),
    "enhanced_multicast": env.int("OPENAPI_ENHANCED_MULTICAST_PER_SECOND", default=170),
    "pnp_push": env.int("OPENAPI_PNP_PUSH_PER_SECOND", default=170),
    "pnp_multicast": env.int("OPENAPI_PNP_MULTICAST_PER_SECOND", default=10),
    "import": env.int("OPENAPI_IMPORT_PER_MINUTE", default=15),
}
OPENAPI_SEGMENTS = env.int("OPENAPI_SEGMENTS", default=30)
OPENAPI_SEGMENT_SECONDS = env.float("OPENAPI_SEGMENT_SECONDS", default=1.0)

OPENAPI_LOG_CALLS = env.int("OPENAPI_LOG_CALLS", default=100_000)

# Operation: retention of events, notices about failing endpoints, measurements

WEBHOOK_RETENTION_DAYS = env.float("WEBHOOK_RETENTION_DAYS", default=30.0)
WEBHOOK_RETENTION_EVENTS = env.int("WEBHOOK_RETENTION_EVENTS", default=1_000_000)
AUDIT_RETENTION_DAYS = env.float("AUDIT_RETENTION_DAYS", default=365.0)
WEBHOOK_NOTICE_IN_A_ROW = env.int("WEBHOOK_NOTICE_IN_A_ROW", default=5)
WEBHOOK_NOTICE_RATE = env.float("WEBHOOK_NOTICE_RATE", default=0.5)
WEBHOOK_NOTICE_EMAIL = env.addresses("WEBHOOK_NOTICE_EMAIL")
WEBHOOK_AUTO_PAUSE = env.bool("WEBHOOK_AUTO_PAUSE", default=False)
SANDBOXES = env.bool("MAAC_SIM_SANDBOXES", default=EMBEDDED)
METRICS_HOST = env.str("MAAC_SIM_METRICS_HOST", default="127.0.0.1")
METRICS_PORT = env.int("MAAC_SIM_METRICS_PORT", default=0)

globals().update(env.mail("EMAIL_URL", default="consolemail://"))
EMAIL_TIMEOUT = 5
DEFAULT_FROM_EMAIL = env.str("MAAC_SIM_EMAIL_FROM", default="maac-sim@localhost")

# REST

OWN_URL = env.address("MAAC_SIM_OWN_URL")
"""Address at which workers reach the web process, for the built-in receiver; empty: as the browser called it."""
API_BODY_LIMIT = 4 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = API_BODY_LIMIT
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest.base.authentication.BearerToken"],
    "DEFAULT_PERMISSION_CLASSES": ["rest.base.authentication.HasToken"],
    "DEFAULT_PARSER_CLASSES": ["rest.base.fields.LimitedJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "rest.base.paging.NewestFirst",
    "DEFAULT_SCHEMA_CLASS": "rest.base.schema.Schema",
    "EXCEPTION_HANDLER": "rest.base.errors.handle",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "maac-sim",
    "DESCRIPTION": "A simulated MAAC: create webhook endpoints, make events happen, and see every delivery.",
    "VERSION": __version__,
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "LinkKindEnum": "modules.links.models.Link.Kind",
        "AutoReplyActKindEnum": "modules.links.models.AutoReplyAct.Kind",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "rest.base.schema.add_errors",
    ],
}

# Pages

VERSION = __version__
LANGUAGE_CODE = "en"
LANGUAGES = [("ja", "日本語"), ("zh-hant", "繁體中文"), ("en", "English")]
LOCALE_PATHS = [server_path.ROOT / "locale"]
LANGUAGE_COOKIE_NAME = "maac_sim_language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 60 * 60
LANGUAGE_COOKIE_SAMESITE = "Lax"
TIME_ZONE = "UTC"
USE_TZ = True
LOGIN_URL = "/console/login/"
LOGIN_REDIRECT_URL = "/console/"
STATIC_URL = "/static/"
STATICFILES_DIRS = [server_path.ROOT / "static"]
WHITENOISE_USE_FINDERS = True
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_NAME = "maac_sim_session"
CSRF_COOKIE_NAME = "maac_sim_csrf"
CSRF_FAILURE_VIEW = "maac_sim.error_pages.csrf_failure"
HTTPS_ONLY = env.bool("MAAC_SIM_HTTPS_ONLY", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS_ONLY
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS_ONLY else None

# Log

DEFAULT_EXCEPTION_REPORTER_FILTER = "webhooks.secrets.ReportFilter"
LOG_LEVEL = env.one_of("MAAC_SIM_LOG_LEVEL", LOG_LEVELS, default="WARNING")
ATTEMPT_LOG = env.bool("MAAC_SIM_ATTEMPT_LOG", default=LOG_LEVEL in ("INFO", "DEBUG"))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
        "bare": {"format": "{message}", "style": "{"},
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line"},
        "json": {"class": "logging.StreamHandler", "formatter": "bare"},
    },
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "django.request": {"level": "ERROR"},
        # accounts.log_ins says the same in one line.
        "axes": {"level": "ERROR"},
        "webhooks.attempt": {
            "handlers": ["json"],
            "level": "INFO" if ATTEMPT_LOG else "WARNING",
            "propagate": False,
        },
    },
}

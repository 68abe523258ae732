"""Settings, all from the environment (django-environ).

PORTAL_MODE is "production" unless set: "demo" is used by ``make run`` (invented people, stand-ins
for external services), "test" by the tests. Production refuses to start without its secrets:
kaga_portal.checks says which and how to make them.
"""

from pathlib import Path

import environ

from apps.core.languages import PageLanguage
from apps.core.limit_table import account_rates
from apps.core.time_zone import JST
from apps.signin import myna_issuers
from kaga_portal import app_list, browser_policy, row_owners
from kaga_portal.across_municipalities import COMMANDS, FUNCTIONS, TASKS
from kaga_portal.celery_settings import *  # noqa: F403
from kaga_portal.data_folders import own_url
from kaga_portal.database_settings import connection_settings, owner_settings
from kaga_portal.layout import LAYOUT
from kaga_portal.log_settings import logging_settings
from kaga_portal.redis_urls import broker_ssl, broker_url, redis_database
from kaga_portal.schedule import beat_schedule
from kaga_portal.storage_settings import file_storages
from kaga_portal.task_queues import LEAST_URGENT, QUEUES, ROUTES

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

PORTAL_MODE = env.str("PORTAL_MODE", "production")
IS_PRODUCTION = PORTAL_MODE == "production"
IS_DEMO = PORTAL_MODE == "demo"
DEBUG = False

SECRET_KEY = env.str("SECRET_KEY", "") or ("" if IS_PRODUCTION else "not-for-production")
# Former values, newest first: what they signed or sealed still counts, nothing new does.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[] if IS_PRODUCTION else ["*"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
CARD_UNUSED_DAYS = env.int("CARD_UNUSED_DAYS", 30)  # a card not used by then expires
# as printed on cards and letters; a path follows, which begins with a slash
PORTAL_URL = env.str("PORTAL_URL", "http://localhost:8000").rstrip("/")

# -- apps and middleware ---------------------------------------------------------------------

INSTALLED_APPS = list(app_list.INSTALLED_APPS)
if not IS_PRODUCTION:
    INSTALLED_APPS.append("apps.sandbox")

MIDDLEWARE = app_list.MIDDLEWARE
SESSIONLESS_PATHS = {  # no session, no cookie: see apps.core.middleware.SessionlessPaths
    "/blank/",
    "/checkin/deliver/",
    "/healthz",
    "/lti/keys/",
    "/manifest.webmanifest",
    "/not-sent/",
    "/offline/",
    "/outbox/help-requests/",
    "/readyz",
    "/self-info/notify/",
    "/sw.js",
}
# What scripts and other systems ask: never redirected from http, see apps.core.middleware.RedirectPlainHttp.
HTTPS_ONLY_PATHS = r"/(?:checkin/deliver|lti/keys|outbox|push|self-info/notify|leave/proved|sw\.js|manifest\.webmanifest)"
HTTP_PATHS = {"healthz", "readyz"}
ROOT_URLCONF = "kaga_portal.urls"
WSGI_APPLICATION = "kaga_portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "django.template.loaders.cached.Loader",
                            [
                                "apps.core.template_loaders.Filesystem",
                                "apps.core.template_loaders.AppDirectories",
                            ],
                        )
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "apps.core.context_processors.portal",
                "apps.signin.context_processors.session_expiry",
            ],
            "builtins": [
                "apps.core.templatetags.fixed_pieces",
                "django.templatetags.i18n",
                "apps.core.templatetags.japanese",
                "template_partials.templatetags.partials",
            ],
        },
    }
]
FORM_RENDERER = "apps.core.forms.FormRenderer"
IMPORT_EXPORT_IMPORT_IGNORE_BLANK_LINES = True

# -- PostgreSQL and the Redis protocol (kaga_portal.embedded sets the two when nobody else did) --

DATABASE_URL = env.str("DATABASE_URL", "")  # of the role that owns nothing
OWNER_DATABASE_URL = env.str("OWNER_DATABASE_URL", "")  # of the role that migrates
REDIS_URL = env.str("REDIS_URL", "")
DATABASE_LAYOUT = LAYOUT
DATABASES = {"default": connection_settings(env, DATABASE_URL)}
APP_DATABASE_ROLE = DATABASES["default"].get("USER", "")
OWNER_DATABASE = owner_settings(env, OWNER_DATABASE_URL)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHE_URL = env.str("CACHE_URL", "") or redis_database(REDIS_URL, 1)
CACHES = {
    "default": {
        "BACKEND": "apps.core.cache.RedisCache",
        "LOCATION": CACHE_URL,
        "KEY_PREFIX": "kaga",
        "OPTIONS": {"socket_timeout": 3, "socket_connect_timeout": 3},
    }
}
SESSION_ENGINE = "apps.core.sessions"
SESSION_SERIALIZER = "apps.vault.sealed_text.SessionSerializer"
TEXT_SEALER = "apps.vault.sealed_text.TextSealer"
SESSION_COOKIE_AGE = 60 * 60  # since its last renewal: see apps.signin.session_lifetime
SESSION_SAVE_EVERY_REQUEST = False
SESSION_EXPIRE_AT_BROWSER_CLOSE = True

ACROSS_MUNICIPALITIES = {**FUNCTIONS, **TASKS, **COMMANDS}
NATIONAL_TABLES, ROWS_BELONG_THROUGH = row_owners.NATIONAL, row_owners.THROUGH

# -- periodic tasks -----------------------------------------------------------------------------

CELERY_BROKER_URL, CELERY_BROKER_USE_SSL = broker_url(REDIS_URL), broker_ssl(REDIS_URL)
CELERY_TASK_QUEUES = {name: {} for name in QUEUES}  # a worker without -Q takes from all of them
CELERY_TASK_DEFAULT_QUEUE = LEAST_URGENT
CELERY_TASK_ROUTES = ROUTES
CELERY_TIMEZONE = JST.key
CELERY_BEAT_SCHEDULE_FILENAME = str(BASE_DIR / "var" / f"beat-{env.str('KAGA_INSTANCE', 'portal')}")
CELERY_BEAT_SCHEDULE = beat_schedule(is_quick=IS_DEMO)

# -- sign-in ------------------------------------------------------------------------------------

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = [
    "apps.signin.backends.AccountBackend",
    "apps.signin.backends.CardBackend",
    "apps.signin.backends.SchoolAccountBackend",
    "apps.signin.backends.LtiBackend",
]
PASSWORD_HASHERS = [
    "apps.signin.hashers.PortalArgon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "apps.signin.password_validators.NotBreached"},
    {"NAME": "apps.signin.password_validators.NotOwnWords"},
]
LOGIN_URL = "/"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_FORMS = {
    name: f"apps.signin.account_forms.{name.title().replace('_', '')}Form"
    for name in ("login", "signup", "reset_password", "add_email")
}
ACCOUNT_ADAPTER = "apps.registration.adapters.LetterAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = 10 * 60
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True  # before every change: see apps.signin.account_pages
ACCOUNT_REAUTHENTICATION_TIMEOUT = 5 * 60
ACCOUNT_EMAIL_NOTIFICATIONS = True  # of every change, to the old address too
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_USER_MODEL_USERNAME_FIELD = "username"
ACCOUNT_USER_DISPLAY = "apps.signin.adapters.user_display"
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if IS_PRODUCTION else "http"
ACCOUNT_RATE_LIMITS = account_rates()  # the table of all limits: apps.core.limit_table
# Unset is refused in production (kaga_portal.backend_checks): 0 has to be written.
TRUSTED_PROXY_COUNT = env.str("TRUSTED_PROXY_COUNT", "" if IS_PRODUCTION else "0")
ALLAUTH_TRUSTED_PROXY_COUNT = int(TRUSTED_PROXY_COUNT) if TRUSTED_PROXY_COUNT.isdecimal() else 0
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_FORMS = {
    "add_webauthn": "apps.signin.passkey_forms.AddPasskeyForm",
    "reauthenticate_webauthn": "apps.signin.passkey_forms.ProvePasskeyForm",
}
MYNA_ISSUERS = env.json("MYNA_ISSUERS", myna_issuers.KNOWN)
MFA_TOTP_ISSUER = "加賀ポータル"  # no sentence: a name in an app of the person's
MFA_ADAPTER = "apps.signin.adapters.MFAAdapter"
# Accounts of other services: nothing is linked, made or kept by allauth itself (apps.signin.oidc).
SOCIALACCOUNT_ADAPTER = "apps.signin.oidc.social_adapter.SocialAccountAdapter"
SOCIALACCOUNT_AUTO_SIGNUP = SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_STORE_TOKENS = SOCIALACCOUNT_LOGIN_ON_GET = False
SCHOOL_ACCOUNT_ISSUERS = {
    "google": env.str("GOOGLE_ISSUER", "https://accounts.google.com"),
    "microsoft": env.str("MICROSOFT_ISSUER", "https://login.microsoftonline.com/{tenant}/v2.0"),
}
# Hosts of sign-in services that staff may name: "login.example.jp". No other is asked.
SIGN_IN_HOSTS = env.list(
    "SIGN_IN_HOSTS",
    default=[
        "accounts.google.com", "oauth2.googleapis.com", "www.googleapis.com",
        "openidconnect.googleapis.com", "login.microsoftonline.com", "graph.microsoft.com",
        "auth-and-sign.go.jp", "sb-auth-and-sign.go.jp",
    ],
)  # fmt: skip

# -- secrets of our own mechanisms ------------------------------------------------------------

VAULT_KEYS = env.str("VAULT_KEYS", "")  # "id:base64url32,older:…": the first seals, all open
KEY_SHARES_URL = env.str("KEY_SHARES_URL", "" if IS_PRODUCTION else own_url("key-shares"))
# Ed25519 seeds, written like VAULT_KEYS: they sign receipts and checkpoints and key the ledger.
SIGNING_KEYS = env.str("SIGNING_KEYS", "")
# Places for files, file:/folder or s3://bucket/prefix?endpoint=…: see apps.core.storage_aliases.
LEDGER_URL = env.str("LEDGER_URL", "" if IS_PRODUCTION else own_url("ledger"))
LEDGER_COPY_URL = env.str("LEDGER_COPY_URL", "")
UPLOAD_URL = env.str("UPLOAD_URL", own_url("uploads"))
SOURCE_URL = env.str("SOURCE_URL", f"file:{BASE_DIR / 'var' / 'inbox'}")
LEDGER_COPY_MAIL = env.list("LEDGER_COPY_MAIL", default=[])  # who is mailed the newest each day
BACKUP_FOLDER = env.str("BACKUP_FOLDER", "")
BACKUP_PUBLIC_KEYS = env.list("BACKUP_PUBLIC_KEYS", default=[])  # age1…: backups open elsewhere
# Staff and monitoring are told of a backup older than this; 0: none is expected.
BACKUP_EVERY_HOURS = env.int("BACKUP_EVERY_HOURS", 26 if BACKUP_PUBLIC_KEYS else 0)
VAPID_PRIVATE_KEY = env.str("VAPID_PRIVATE_KEY", "")
VAPID_PUBLIC_KEY = env.str("VAPID_PUBLIC_KEY", "")
VAPID_SUBJECT = env.str("VAPID_SUBJECT", "")
PUSH_HOSTS = env.list(
    "PUSH_HOSTS",
    default=[
        "fcm.googleapis.com",
        "*.push.apple.com",
        "*.notify.windows.com",
        "updates.push.services.mozilla.com",
        "jmt17.google.com",
    ],
)
# Only the stand-in push service of the demo is spoken to without TLS and on loopback.
PUSH_SANDBOX_ORIGIN = "" if IS_PRODUCTION else env.str("PUSH_SANDBOX_ORIGIN", "")
PUSH_CA_FILE = env.str("PUSH_CA_FILE", "")  # certificate authorities; empty: those of certifi
# Push messages a second to one push service: at the start, and at most (doubled after a clean
# minute).
PUSH_START_RATE = env.float("PUSH_START_RATE", 1500)
PUSH_LANE = env.bool("PUSH_LANE", PORTAL_MODE != "test")  # a second thread for the database
PUSH_MAX_RATE = env.float("PUSH_MAX_RATE", 5000)
LRS_SANDBOX_URL = "" if IS_PRODUCTION else env.str("LRS_SANDBOX_URL", "")
# マイナポータル わたしの情報: URLs and client; all of it, or the feature is off.
SELF_INFO_URL = env.str("SELF_INFO_URL", "")  # what stands before /oauth/token, /request, /result
SELF_INFO_AUTHORISE_URL = env.str("SELF_INFO_AUTHORISE_URL", "")
SELF_INFO_CLIENT_ID = env.str("SELF_INFO_CLIENT_ID", "")  # SP12345678_AB1234
SELF_INFO_CERTIFICATE = env.str("SELF_INFO_CERTIFICATE", "")  # the client's, PEM (mutual TLS)
SELF_INFO_CERTIFICATE_KEY = env.str("SELF_INFO_CERTIFICATE_KEY", "")
SELF_INFO_CA_FILE = env.str("SELF_INFO_CA_FILE", "")  # empty: those of certifi
SELF_INFO_NOTIFY = env.bool("SELF_INFO_NOTIFY", True)  # the result is polled anyway
SELF_INFO_SANDBOX_URL = "" if IS_PRODUCTION else env.str("SELF_INFO_SANDBOX_URL", "")
# In schools' private networks, that staff may name: "sis.city.lan", "10.0.0.5:8443".
PRIVATE_SERVERS = env.list("PRIVATE_SERVERS", default=[])
# Public hosts that staff may name: "lrs.example.jp", "*.c4th.example". No other host is contacted.
SOURCE_HOSTS = env.list("SOURCE_HOSTS", default=[] if IS_PRODUCTION else ["*"])
# Servers that need no encryption, and why: "database=unix socket of this machine; mail=…".
PLAIN_BACKENDS = env.str("PLAIN_BACKENDS", "")
# Searched after the installed one; missing ones are skipped.
EXTRA_FONTS = env.list("EXTRA_FONTS", default=["/usr/share/fonts/truetype/ipamj/ipamjm.ttf"])
SECURITY_EVENT_DAYS = env.int("SECURITY_EVENT_DAYS", 365)  # never fewer than 90
DEMO_SEED = env.str("DEMO_SEED", "mihon")

# -- language, files, mail ------------------------------------------------------------------------

LANGUAGE_CODE = "ja"  # the language of the sentences in the code
LANGUAGES = PageLanguage.choices
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = JST.key
USE_TZ = True
USE_I18N = True
STATIC_URL = "static/"
STATIC_ROOT = env.str("STATIC_ROOT", str(BASE_DIR / "staticfiles"))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "whitenoise.storage.CompressedManifestStaticFilesStorage"
            if IS_PRODUCTION or env.bool("STATIC_MANIFEST", False)
            else "django.contrib.staticfiles.storage.StaticFilesStorage"
        )
    },
    **file_storages(
        sources=SOURCE_URL, uploads=UPLOAD_URL, ledger=LEDGER_URL, ledger_copy=LEDGER_COPY_URL
    ),
}
WHITENOISE_USE_FINDERS = not IS_PRODUCTION and not env.bool("STATIC_MANIFEST", False)
env.EMAIL_SCHEMES |= {
    s: "apps.core.email_addresses.QuotingEmailBackend" for s in env.EMAIL_SCHEMES if "smtp" in s
}
vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
EMAIL_URL = env.str("EMAIL_URL", "")
MAIL_TRANSPORT = EMAIL_BACKEND  # noqa: F405 - set by the line above: what the workers send through
if PORTAL_MODE == "test" and not EMAIL_URL:
    MAIL_TRANSPORT = "django.core.mail.backends.locmem.EmailBackend"
EMAIL_BACKEND = "apps.mail.backend.QueueBackend"  # no request waits for a mail server
EMAIL_TIMEOUT = 20  # of each step: a mail server that hangs must not block a worker
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "portal@example.com")
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024

# -- browser policy --------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = browser_policy.CONTENT_SECURITY_POLICY
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # they may name a child
CSRF_FAILURE_VIEW = "apps.signin.views.csrf.csrf_failure"
if IS_PRODUCTION:
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_NAME = "__Host-csrf"
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", True)
    SECURE_REDIRECT_EXEMPT = [f"^{path}$" for path in sorted(HTTP_PATHS)]
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
HTMX_CONFIG = browser_policy.HTMX_CONFIG

LOGGING = logging_settings(env.str("LOG_LEVEL", "INFO"))

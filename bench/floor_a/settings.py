"""Settings of floor A. The same database as the portal, in a schema of its own."""

from urllib.parse import unquote

import environ

from kaga_portal.embedded_roles import SUPERUSER

env = environ.Env()
SECRET_KEY = "floor"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "bench.floor_a.urls"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "bench.floor_a",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
DATABASES = {"default": env.db_url("DATABASE_URL")}
DATABASES["default"]["HOST"] = unquote(DATABASES["default"]["HOST"])
DATABASES["default"]["USER"] = SUPERUSER
DATABASES["default"]["OPTIONS"] = {"options": "-c search_path=floor_a"}
DATABASES["default"]["CONN_MAX_AGE"] = 60
SESSION_ENGINE = "django.contrib.sessions.backends.db"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
USE_TZ = True

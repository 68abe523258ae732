"""What must be true before the portal serves anybody: settings, and what the servers really do.

``check_settings`` runs with every management command (Django's system checks);
``refuse_if_unsafe`` runs when a web process or a worker starts and reads the effective values
from PostgreSQL, the broker and Celery, because a setting that was not applied looks like one
that was.
"""

import redis
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.core.checks import Error
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from apps.vault.crypto import BadKeyRing, KeyRing
from kaga_portal.secrets_file import b64decode

GENERATE = "python -m kaga_portal.secrets_file prints a fresh set."


def check_settings(app_configs=None, **kwargs):
    """The system check: each Error says what is missing and what to do."""
    problems = [*_secrets(), *_engine()]
    if settings.IS_PRODUCTION:
        problems += _production()
    return problems


def refuse_if_unsafe(celery_app):
    """Raise ImproperlyConfigured with every reason not to start. Needs the servers up."""
    problems = [error.msg for error in check_settings()]
    problems += [*_database_really(), *_broker_really(), *_celery_really(celery_app)]
    if problems:
        raise ImproperlyConfigured("The portal does not start:\n- " + "\n- ".join(problems))


def _secrets():
    try:
        secret_key = settings.SECRET_KEY
    except ImproperlyConfigured:
        secret_key = ""
    if not secret_key:
        yield Error(
            "SECRET_KEY is not set.",
            hint=f"Set it to a long random text. {GENERATE}",
            id="kaga.E001",
        )
    try:
        KeyRing.parse(settings.VAULT_KEYS)
    except BadKeyRing as error:
        yield Error(f"VAULT_KEYS is not usable: {error}", hint=GENERATE, id="kaga.E002")
    for name in ("VAPID_PRIVATE_KEY", "VAPID_PUBLIC_KEY", "VAPID_SUBJECT"):
        if not getattr(settings, name):
            yield Error(f"{name} is not set.", hint=GENERATE, id="kaga.E003")
    if settings.VAPID_PRIVATE_KEY and settings.VAPID_PUBLIC_KEY and not _is_vapid_pair():
        yield Error(
            "VAPID_PUBLIC_KEY does not belong to VAPID_PRIVATE_KEY: every push would be refused.",
            hint=GENERATE,
            id="kaga.E004",
        )
    if settings.VAPID_SUBJECT and not settings.VAPID_SUBJECT.startswith(("mailto:", "https:")):
        yield Error(
            "VAPID_SUBJECT must be a mailto: or https: address (RFC 8292, section 2.1).",
            id="kaga.E005",
        )


def _is_vapid_pair():
    try:
        scalar = int.from_bytes(b64decode(settings.VAPID_PRIVATE_KEY), "big")
        numbers = ec.derive_private_key(scalar, ec.SECP256R1()).public_key().public_numbers()
        point = b"\x04" + numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")
        return point == b64decode(settings.VAPID_PUBLIC_KEY)
    except ValueError:
        return False


def _engine():
    if not settings.DATABASE_URL.startswith(("postgres://", "postgresql://")):
        yield Error(
            "The portal runs on PostgreSQL only: row locks, triggers and one transaction for "
            "consent, key and record depend on it.",
            hint="Set DATABASE_URL=postgres://…, or start through manage.py without it.",
            id="kaga.E006",
        )
    if not settings.REDIS_URL:
        yield Error(
            "REDIS_URL is not set.",
            hint="Set it to a Redis-protocol server, or start through manage.py without it.",
            id="kaga.E007",
        )


def _production():
    if not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS:
        yield Error(
            "ALLOWED_HOSTS must name the portal's host names.",
            hint="For example ALLOWED_HOSTS=portal.city.example",
            id="kaga.E008",
        )
    if not settings.PORTAL_URL.startswith("https://"):
        yield Error(
            "PORTAL_URL must be the https:// address printed on cards and letters.",
            hint="For example PORTAL_URL=https://portal.city.example",
            id="kaga.E009",
        )


def _database_really():
    with connection.cursor() as cursor:
        for name, wanted in (("synchronous_commit", "on"), ("fsync", "on")):
            cursor.execute(f"SHOW {name}")
            (found,) = cursor.fetchone()
            if found != wanted:
                yield f"PostgreSQL runs with {name}={found}: an answered check-in could be lost."


def _broker_really():
    server = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5)
    for name, wanted in (("maxmemory-policy", "noeviction"), ("appendonly", "yes")):
        found = server.config_get(name).get(name)
        if found != wanted:
            yield f"The broker runs with {name}={found}, not {wanted}: queued work could be lost."


def _celery_really(app):
    wanted = {
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "worker_prefetch_multiplier": 1,
        "task_ignore_result": True,
    }
    for name, value in wanted.items():
        if app.conf[name] != value:
            yield f"Celery runs with {name}={app.conf[name]!r}, not {value!r}."
    visible = app.conf.broker_transport_options.get("visibility_timeout", 0)
    if visible < 5 * app.conf.task_time_limit:
        yield f"visibility_timeout={visible} s is too short: a long task would run twice."

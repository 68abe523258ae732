"""Checks that run when a web process or a worker starts.

The effective values are read from PostgreSQL, the broker and Celery, because a setting that was not
applied looks like one that was; and the keys are tried before any data needs them.
"""

import redis
from django.conf import settings
from django.core.checks import ERROR
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from apps.consent.services import erasures, ledger_verification
from apps.core.municipality_scope import across_municipalities
from apps.vault.services import environment_keys, rotation
from kaga_portal.backend_checks import check_database_role
from kaga_portal.checks import check_settings
from kaga_portal.key_checks import secrets_needed


@across_municipalities
def refuse_if_unsafe(celery_app):
    """Raise ImproperlyConfigured with every reason not to start. Needs the servers up."""
    problems = [each.msg for each in check_settings() if each.level >= ERROR]
    problems += [*_database_really(), *_broker_really(), *_celery_really(celery_app)]
    problems += [each.msg for each in check_database_role() if each.level >= ERROR]
    if not problems:
        erasures.replay_erasures()  # before anybody could read data of a restored database
        problems += [
            *rotation.environment_problems(),
            *ledger_verification.signing_key_problems(),
            *secrets_needed(),
        ]
    if not problems:
        environment_keys.record_environment_keys()
    if problems:
        raise ImproperlyConfigured("The portal does not start:\n- " + "\n- ".join(problems))


def _database_really():
    if settings.PORTAL_MODE == "test":
        return  # nothing of a test outlives the machine
    with connection.cursor() as cursor:
        for name, wanted in (("synchronous_commit", "on"), ("fsync", "on")):
            cursor.execute(f"SHOW {name}")
            (found,) = cursor.fetchone()
            if found != wanted:
                yield f"PostgreSQL runs with {name}={found}: an answered check-in could be lost."


def _broker_really():
    """Check the broker with INFO: a worker needs no account that may change the configuration."""
    info = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5).info("everything")
    found = {
        "maxmemory-policy": info.get("maxmemory_policy"),
        "appendonly": "yes" if info.get("aof_enabled") else "no",
    }
    for name, wanted in (("maxmemory-policy", "noeviction"), ("appendonly", "yes")):
        if found[name] != wanted:
            yield (
                f"The broker runs with {name}={found[name]}, not {wanted}: queued work could be "
                "lost."
            )


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
    unread = {route["queue"] for route in app.conf.task_routes.values()} - set(app.conf.task_queues)
    for queue in sorted(unread):
        yield f"Tasks are sent to the queue {queue!r}, which no worker reads."
    if app.conf.broker_transport_options.get("queue_order_strategy") != "priority":
        yield "A worker would take from its queues in turn: a help request could wait for a sweep."
    visible = app.conf.broker_transport_options.get("visibility_timeout", 0)
    if visible < 5 * app.conf.task_time_limit:
        yield f"visibility_timeout={visible} s is too short: a long task would run twice."

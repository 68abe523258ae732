"""The Celery application. Tasks are in each app's tasks.py; the beat schedule in settings."""

import gc
import logging
import logging.config
import os

from celery import Celery
from celery.signals import setup_logging, worker_init, worker_process_init, worker_ready
from django.core.exceptions import ImproperlyConfigured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kaga_portal.settings")

app = Celery("kaga_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_scheduler = "kaga_portal.beat:Scheduler"
app.autodiscover_tasks()


@setup_logging.connect
def _configure_logging(loglevel=None, **_):
    """Configure logging of workers and beat like the web processes'; ``--loglevel`` is Celery's."""
    from django.conf import settings  # noqa: PLC0415 - read once Celery is set up

    logging.config.dictConfig(settings.LOGGING)
    logging.getLogger("celery").setLevel(loglevel or logging.INFO)


@worker_process_init.connect
@worker_ready.connect
def _spare_what_is_loaded(**_):
    """Take the code and settings out of the garbage collector's rounds."""
    gc.collect()
    gc.freeze()


@worker_init.connect
def _refuse_if_unsafe(**_):
    from kaga_portal.startup_checks import refuse_if_unsafe  # noqa: PLC0415 - needs Django set up

    try:
        refuse_if_unsafe(app)
    except ImproperlyConfigured as error:  # Celery only logs an Exception raised in a signal
        raise SystemExit(str(error)) from error

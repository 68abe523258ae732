"""Settings, URLs, schedule, admin site, embedded servers, demo data."""

from kaga_portal.celery import app as celery_app

__all__ = ("celery_app",)
